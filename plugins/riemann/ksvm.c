/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ksvm: a support vector machine whose kernel is an inner product of matrices
 * (Barachant et al. 2013, pyRiemann's SVC).
 *
 * Each kernel is that of a map into a flat space, so the machine is kept as
 * planes there: a trial costs one map, however many support vectors there are.
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/common/machine.h"
#include "plugins/riemann/riemann.h"

#include <math.h>

/* The kernels there are; the first three of spd_mean_names. */
enum { KERNELS = 3 };

/* The peer adds this to the diagonal of the training kernel. */
static const double DIAGONAL = 1e-10;

struct fnx_step {
  spd_metric metric;
  cov_kind kind;
  bool peer;
  machine_how how;
};

struct fnx_model {
  classes cls;
  spd_metric metric;
  int n;
  size_t n_pair;
  double *mean; /* n x n, the reference C */
  double *rho;  /* n_pair */
  double *w;    /* n_pair x n (n + 1) / 2 */
  double *root; /* not saved: C^-1/2, log C, or C */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->peer = c->param->integer (p, "peer") == 1;
  s->how = machine_how_of (c, p);
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->mean);
  free (m->rho);
  free (m->w);
  free (m->root);
  free (m);
}

/* ---- the maps phi of K (X, Y) = tr (phi (X) phi (Y)) --------------------------- */

/* log (C^-1/2 X C^-1/2) */
static int
map_riemann (const fnx_model *m, const double *x, double *y, double *work)
{
  return spd_log_at (x, m->root, m->n, y, work);
}

/* log X - log C */
static int
map_logeuclid (const fnx_model *m, const double *x, double *y, double *work)
{
  int bad = spd_log (x, m->n, y, work);
  la_axpy (y, -1, m->root, (size_t)m->n * (size_t)m->n);
  return bad;
}

/* X - C */
static int
map_euclid (const fnx_model *m, const double *x, double *y, double *work)
{
  (void)work;
  for (size_t i = 0; i < (size_t)m->n * (size_t)m->n; i++)
    y[i] = x[i] - m->root[i];
  return 0;
}

static int
root_euclid (const double *mean, int n, double *out, double *work)
{
  (void)work;
  memcpy (out, mean, (size_t)n * (size_t)n * sizeof *out);
  return 0;
}

static const struct {
  int (*root) (const double *mean, int n, double *out, double *work);
  int (*map) (const fnx_model *, const double *x, double *y, double *work);
} kernels[KERNELS] = { [SPD_RIEMANN] = { spd_invsqrt, map_riemann },
                       [SPD_LOGEUCLID] = { spd_log, map_logeuclid },
                       [SPD_EUCLID] = { root_euclid, map_euclid } };

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  size_t n = (size_t)m->n;
  double *work = c->scratch (c, spd_work (m->n) * sizeof *work);
  matrices like = { .n = m->n };
  if (!work || !(m->root = learn_alloc (c, n, n * sizeof *m->root)))
    return FNX_E_NOMEM;
  if (kernels[m->metric].root (m->mean, m->n, m->root, work))
    return matrices_refuse (c, &like, m->mean, "the mean of the training set");
  return FNX_OK;
}

typedef struct plan {
  const fnx_model *m;
  const matrices *x;
  size_t p;
  double *out; /* a trial's features, or its decisions */
} plan;

static int
map_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  if (kernels[p->m->metric].map (p->m, p->x->x[i], work, work + (size_t)p->m->n * (size_t)p->m->n))
    return -1;
  spd_vec (work, p->m->n, p->out + i * p->p);
  return 0;
}

/* ---- fit ------------------------------------------------------------------------ */

static size_t
width (int n)
{
  return (size_t)n * ((size_t)n + 1) / 2;
}

static size_t
room (int n)
{
  return spd_work (n) + (size_t)n * (size_t)n + width (n);
}

/* Sorted trials to planes. */
static fnx_status
train (fnx_call *c, const fnx_step *s, const rows *x, double *y, fnx_model *m)
{
  machine found = { 0 };
  double *k = malloc (x->n * x->n * sizeof *k);
  fnx_status status
      = k ? products (c, x, x, NULL, k) : c->fail (c, FNX_E_NOMEM, "no memory for the kernel of %zu trials", x->n);
  for (size_t i = 0; status == FNX_OK && i < x->n; i++)
    k[i * x->n + i] += DIAGONAL;
  if (status == FNX_OK)
    status = machine_of_kernel (c, &s->how, k, x->n, y, &found);
  if (status == FNX_OK && !(m->w = machine_planes (c, &found, x)))
    status = FNX_E_NOMEM;
  m->n_pair = found.n_pair;
  m->rho = found.rho;
  found.rho = NULL;
  machine_free (&found);
  free (k);
  return status;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const matrices *x, const fnx_model *start, fnx_model *m)
{
  rows v = { x->count, width (x->n), NULL }, sorted;
  const double *weight;
  const int32_t *code;
  const double *near = start && start->n == x->n && start->metric == s->metric ? start->mean : NULL;
  m->metric = s->metric;
  m->n = x->n;
  m->mean = learn_alloc (c, (size_t)x->n, (size_t)x->n * sizeof *m->mean);
  double *y = c->scratch (c, x->count * sizeof *y), *phi = c->scratch (c, x->count * v.p * sizeof *phi);
  v.at = c->scratch (c, x->count * sizeof *v.at);
  if (!m->mean || !y || !phi || !v.at)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < v.n; i++)
    v.at[i] = phi + i * v.p;
  fnx_status status = rows_weights (c, x->of, &weight);
  if (status == FNX_OK)
    status = classes_of (c, x->of, &code, &m->cls);
  if (status == FNX_OK)
    status = matrices_mean (c, x, s->metric, weight, NULL, 0, s->peer, near, m->mean);
  if (status == FNX_OK)
    status = complete (c, m);
  plan p = { m, x, v.p, phi };
  if (status == FNX_OK)
    status = matrices_each (c, x, room (x->n), map_one, &p, NULL);
  if (status == FNX_OK)
    status = rows_kept (c, x->of, "ksvm", &m->cls, &v, &code);
  if (status == FNX_OK)
    status = machine_sort (c, code, m->cls.n, &v, &sorted, y);
  return status == FNX_OK ? train (c, s, &sorted, y, m) : status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  fnx_status status = matrices_of_any (c, in[0], s->kind, 2, &x);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (status != FNX_OK)
    return status;
  return m ? fitted (learn (c, s, &x, start, m), m, model_free, out) : FNX_E_NOMEM;
}

/* ---- apply ---------------------------------------------------------------------- */

static int
decide_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const fnx_model *m = p->m;
  plan one = { m, p->x, 0, work }; /* the map of this trial goes where work begins */
  if (map_one (&one, i, work + p->p))
    return -1;
  for (size_t k = 0; k < m->n_pair; k++)
    p->out[i * m->n_pair + k] = la_dot (work, m->w + k * p->p, p->p) - m->rho[k];
  return 0;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  fnx_status status = matrices_of_any (c, in[0], s->kind, 0, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->n);
  if (status != FNX_OK)
    return status;
  double *dec = c->scratch (c, (x.count * m->n_pair + 1) * sizeof *dec);
  plan p = { m, &x, width (m->n), dec };
  status = dec ? matrices_each (c, &x, room (m->n), decide_one, &p, NULL) : FNX_E_NOMEM;
  return status == FNX_OK ? machine_scores (c, in[0], &m->cls, dec, x.count, out) : status;
}

/* ---- saved models ----------------------------------------------------------------- */

static void
put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, (uint64_t)m->metric);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_f64s (o, m->mean, (size_t)m->n * (size_t)m->n);
  state_put_f64s (o, m->rho, m->n_pair);
  state_put_f64s (o, m->w, m->n_pair * width (m->n));
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  if (!classes_get (in, &m->cls))
    return false;
  m->n_pair = (size_t)m->cls.n * (size_t)(m->cls.n - 1) / 2;
  m->metric = (spd_metric)state_count (in, 0, KERNELS - 1);
  m->n = (int)state_count (in, 8, 20000);
  in->bad |= m->n == 0;
  size_t n = (size_t)m->n;
  m->mean = state_matrix (in, n, n);
  m->rho = state_matrix (in, 1, m->n_pair);
  m->w = state_matrix (in, m->n_pair, width (m->n));
  in->bad |= m->mean && !in->bad && !(la_asymmetry (m->mean, m->n) == 0);
  return m->mean && m->rho && m->w;
}

ESTIMATOR ("ksvm", 1, put, get, complete, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "support vectors");

static const char *const kernel_names[] = { "riemann", "logeuclid", "euclid", NULL };
static const fnx_param_desc kernel_param = {
  .struct_size = sizeof kernel_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the mean C and of the kernel",
  .fallback = "riemann",
  .choices = kernel_names,
};
static const fnx_param_desc *const params[]
    = { &kernel_param, &machine_c_param, &machine_tol_param, &either_estimator_param, &peer_param, NULL };

const fnx_step_desc ksvm_step = {
  .struct_size = sizeof ksvm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.ksvm",
  .name = "ksvm",
  .title = "support vector machine on matrices",
  .doc
  = "libsvm's C-SVC with a kernel of matrices around C, the mean of the training set:\n\n"
    "metric=riemann: tr (log (C^-1/2 X C^-1/2) log (C^-1/2 Y C^-1/2)); metric=logeuclid:"
    " tr ((log X - log C) (log Y - log C)); metric=euclid: tr ((X - C) (Y - C)). As in pyRiemann, 1e-10 is added to"
    " the diagonal of the training kernel.\n\n"
    "riemann and euclid are  tangent ! svm  in one step. logeuclid is a machine of its own: the tangent map of that"
    " metric is the derivative of exp at log C, the kernel takes differences of logarithms as they are.\n\n"
    "Class order, votes and scores are as in svm. pyRiemann takes every trial for C; here trials of weight 0"
    " (artefacts, from potato) count neither there nor in the machine, which itself weighs no trials.",
  .cite = "Barachant et al., Neurocomputing 112:172, 2013",
  .equals = "pyRiemann 0.9 SVC",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! ksvm end",
  .inputs = either_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
