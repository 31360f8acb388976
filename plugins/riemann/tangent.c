/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tangent: matrices seen from the mean of the training set, as vectors
 * (Barachant et al. 2012, pyRiemann's TangentSpace).
 */
#include "plugins/common/linalg.h"
#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"

#include <math.h>

/* The maps there are; the first three of spd_mean_names. */
enum { MAPS = 3 };

struct fnx_step {
  spd_metric metric;
  cov_kind kind;
  bool peer;
};

struct fnx_model {
  spd_metric metric;
  int n;
  double *mean; /* n x n */
  /* Of the mean, not saved: riemann: its inverse root; logeuclid: its log,
   * eigenvectors and the divided differences of exp. */
  double *root, *vectors, *slopes;
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
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static const fnx_spec *
features_spec (fnx_call *c, const fnx_spec *in)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  int64_t n = in->axes[1]->size;
  if (!feature || !axes || !s)
    return NULL;
  *feature = (fnx_axis){ .struct_size = sizeof *feature,
                         .name = "feature",
                         .size = n == FNX_UNKNOWN ? FNX_UNKNOWN : n * (n + 1) / 2 };
  axes[0] = in->axes[0];
  axes[1] = feature;
  *s = (fnx_spec){
    .struct_size = sizeof *s, .ndim = 2, .kind = "features", .unit = "1", .dtype = FNX_F8, .axes = axes
  };
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = features_spec (c, in[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->mean);
  free (m->root);
  free (m->vectors);
  free (m->slopes);
  free (m);
}

/* Fill in what follows from the mean. */
static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  size_t n = (size_t)m->n, q = n * n;
  double *work = c->scratch (c, (spd_work (m->n) + n) * sizeof *work);
  if (!work || !(m->root = learn_alloc (c, q, sizeof *m->root)))
    return FNX_E_NOMEM;
  int bad = 0;
  if (m->metric == SPD_RIEMANN)
    bad = spd_invsqrt (m->mean, m->n, m->root, work);
  else if (m->metric == SPD_LOGEUCLID) {
    double *w = work + spd_work (m->n);
    m->vectors = learn_alloc (c, q, sizeof *m->vectors);
    m->slopes = learn_alloc (c, q, sizeof *m->slopes);
    if (!m->vectors || !m->slopes)
      return FNX_E_NOMEM;
    bad = spd_log (m->mean, m->n, m->root, work) || la_eig (m->root, m->n, m->vectors, w, work);
    for (size_t a = 0; !bad && a < n; a++)
      for (size_t b = 0; b < n; b++) {
        double gap = w[a] - w[b], mid = exp (0.5 * (w[a] + w[b]));
        m->slopes[a * n + b] = mid * (fabs (gap) < 1e-5 ? 1 + gap * gap / 24 : 2 * sinh (0.5 * gap) / gap);
      }
  }
  return bad ? c->fail (c, FNX_E_NUMERIC, "the mean of the training set is not positive definite\nuse estimator=oas")
             : FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  const double *w;
  fnx_status status = matrices_of_any (c, in[0], s->kind, 1, &x);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m || !(m->mean = learn_alloc (c, (size_t)x.n * (size_t)x.n, sizeof *m->mean))) {
    model_free (m);
    return FNX_E_NOMEM;
  }
  m->metric = s->metric;
  m->n = x.n;
  bool usable = start && start->n == x.n && start->metric == s->metric;
  status = matrices_mean (c, &x, s->metric, w, NULL, 0, s->peer, usable ? start->mean : NULL, m->mean);
  if (status == FNX_OK)
    status = complete (c, m);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

/* ---- the maps ------------------------------------------------------------- */

typedef struct plan {
  const fnx_model *m;
  const matrices *x;
  double *out;
  size_t width; /* features of a trial */
} plan;

/* log (M^-1/2 X M^-1/2) */
static int
map_riemann (const plan *p, const double *x, double *y, double *work)
{
  return spd_log_at (x, p->m->root, p->m->n, y, NULL, work);
}

/* Derivative of exp at log M in the direction log X - log M. */
static int
map_logeuclid (const plan *p, const double *x, double *y, double *work)
{
  const fnx_model *m = p->m;
  int n = m->n;
  size_t q = (size_t)n * (size_t)n;
  double *t = work + spd_work (n);
  if (spd_log (x, n, y, work))
    return -1;
  la_axpy (y, -1, m->root, q);
  la_mul (t, m->vectors, y, n, n, n, 1, 0);
  la_mul_nt (y, t, m->vectors, n, n, n, 1, 0);
  for (size_t i = 0; i < q; i++)
    y[i] *= m->slopes[i];
  la_mul_tn (t, m->vectors, y, n, n, n, 1, 0);
  la_mul (y, t, m->vectors, n, n, n, 1, 0);
  return 0;
}

static int
map_euclid (const plan *p, const double *x, double *y, double *work)
{
  (void)work;
  size_t q = (size_t)p->m->n * (size_t)p->m->n;
  for (size_t i = 0; i < q; i++)
    y[i] = x[i] - p->m->mean[i];
  return 0;
}

static int (*const maps[MAPS]) (const plan *, const double *x, double *y, double *work)
    = { [SPD_RIEMANN] = map_riemann, [SPD_LOGEUCLID] = map_logeuclid, [SPD_EUCLID] = map_euclid };

static int
map_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->m->n * (size_t)p->m->n;
  double *y = work, *rest = y + q;
  if (maps[p->m->metric](p, p->x->x[i], y, rest))
    return -1;
  spd_vec (y, p->m->n, p->out + i * p->width);
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
  const fnx_spec *spec = features_spec (c, c->buf->spec (in[0]));
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  size_t n = (size_t)m->n;
  plan p = { m, &x, b ? c->buf->write (c, b) : NULL, n * (n + 1) / 2 };
  status = p.out ? matrices_each (c, &x, spd_work (m->n) + 2 * n * n, map_one, &p, NULL) : FNX_E_NOMEM;
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

/* ---- saved models: metric, n, the mean ------------------------------------- */

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  state_out o = { put, to, FNX_OK };
  (void)c;
  state_put_u64 (&o, (uint64_t)m->metric);
  state_put_u64 (&o, (uint64_t)m->n);
  state_put_f64s (&o, m->mean, (size_t)m->n * (size_t)m->n);
  return o.status;
}

static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  state_in in = { bytes, n, version != 1 };
  (void)s;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  m->metric = (spd_metric)state_count (&in, 0, MAPS - 1);
  m->n = (int)state_count (&in, 8, 20000);
  in.bad |= m->n == 0;
  m->mean = state_matrix (&in, (size_t)m->n, (size_t)m->n);
  fnx_status status = learn_state (c, "tangent", &in, m->mean != NULL);
  if (status == FNX_OK && !(la_asymmetry (m->mean, m->n) == 0))
    status = c->fail (c, FNX_E_STATE, "the saved tangent model is damaged: its mean is no covariance\ntrain it again");
  if (status == FNX_OK && complete (c, m) != FNX_OK)
    status = FNX_E_STATE;
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,
                                             .fit = fit,
                                             .apply = apply,
                                             .model_free = model_free,
                                             .state_version = 1,
                                             .save = save,
                                             .load = load,
                                             .learns = "reference mean" };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? &estimator : NULL;
}

static const char *const map_names[] = { "riemann", "logeuclid", "euclid", NULL };
static const fnx_param_desc map_param = {
  .struct_size = sizeof map_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the mean and of the map",
  .fallback = "riemann",
  .choices = map_names,
};
static const fnx_param_desc *const params[] = { &map_param, &either_estimator_param, &peer_param, NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "features[trial,feature]",
  .doc = "n(n+1)/2 numbers a trial: the upper triangle by rows, off-diagonals times the root of 2",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc tangent_step = {
  .struct_size = sizeof tangent_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.tangent",
  .name = "tangent",
  .title = "covariance matrices as vectors around their mean",
  .doc = "Positive definite matrices form a curved space. This step learns their mean M on the training set and gives"
         " log(M^-1/2 X M^-1/2) of each matrix X: in that flat picture any linear method applies, and distances to the"
         " mean are kept. The mean is learned again inside each fold; it needs no targets.\n\n"
         "Epochs may come in directly: their covariances are then estimated with estimator=oas. Other metrics:"
         " logeuclid maps differences of matrix logarithms, euclid plain differences.",
  .cite = "Barachant et al., IEEE TBME 59:920, 2012",
  .equals = "pyRiemann 0.9 TangentSpace to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! svm end",
  .inputs = either_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .extension = extension,
};
