/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tangent: matrices seen from the mean of the training set, as vectors
 * (Barachant et al. 2012, pyRiemann's TangentSpace).
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
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
  size_t sets;  /* of a reference: 1, or one for each frequency */
  double *mean; /* sets x n x n */
  /* Of each mean, not saved: riemann: its inverse root; logeuclid: its log,
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

static const fnx_spec *
features_spec (fnx_call *c, const fnx_spec *in)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  int64_t n = in->axes[1]->size, sets = 1;
  if (in->ndim == 4) {
    sets = n;
    n = in->axes[2]->size;
  }
  if (!feature || !axes || !s)
    return NULL;
  *feature = (fnx_axis){ .struct_size = sizeof *feature,
                         .name = "feature",
                         .size = n == FNX_UNKNOWN || sets == FNX_UNKNOWN ? FNX_UNKNOWN : sets * (n * (n + 1) / 2) };
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

/* What follows from the mean of one set. */
static int
complete_set (fnx_model *m, size_t set, double *w, double *work)
{
  size_t n = (size_t)m->n, q = n * n;
  double *mean = m->mean + set * q, *root = m->root + set * q;
  if (m->metric == SPD_RIEMANN)
    return spd_invsqrt (mean, m->n, root, work);
  if (m->metric == SPD_EUCLID)
    return 0;
  double *slopes = m->slopes + set * q;
  int bad = spd_log (mean, m->n, root, work) || la_eig (root, m->n, m->vectors + set * q, w, work);
  for (size_t a = 0; !bad && a < n; a++)
    for (size_t b = 0; b < n; b++) {
      double gap = w[a] - w[b], mid = exp (0.5 * (w[a] + w[b]));
      slopes[a * n + b] = mid * (fabs (gap) < 1e-5 ? 1 + gap * gap / 24 : 2 * sinh (0.5 * gap) / gap);
    }
  return bad;
}

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  size_t n = (size_t)m->n, q = n * n;
  double *work = c->scratch (c, (spd_work (m->n) + n) * sizeof *work);
  if (!work || !(m->root = learn_alloc (c, m->sets * q, sizeof *m->root)))
    return FNX_E_NOMEM;
  if (m->metric == SPD_LOGEUCLID) {
    m->vectors = learn_alloc (c, m->sets * q, sizeof *m->vectors);
    m->slopes = learn_alloc (c, m->sets * q, sizeof *m->slopes);
    if (!m->vectors || !m->slopes)
      return FNX_E_NOMEM;
  }
  matrices like = { .n = m->n };
  for (size_t k = 0; k < m->sets; k++)
    if (complete_set (m, k, work + spd_work (m->n), work))
      return matrices_refuse (c, &like, m->mean + k * q, "the mean of the training set");
  return FNX_OK;
}

/* The matrices of one set: of all, or at one frequency. */
static fnx_status
set_of (fnx_call *c, const fnx_step *s, const fnx_buf *b, size_t set, size_t need, matrices *x)
{
  if (c->buf->spec (b)->ndim == 4)
    return matrices_of_bin (c, b, (int64_t)set, need, x);
  return matrices_of_any (c, b, s->kind, need, x);
}

static size_t
sets_of (const fnx_spec *s)
{
  return s->ndim == 4 ? (size_t)s->axes[1]->size : 1;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const fnx_buf *b, const fnx_model *start, fnx_model *m)
{
  matrices x;
  const double *w;
  fnx_status status = rows_weights (c, b, &w);
  m->metric = s->metric;
  m->sets = sets_of (c->buf->spec (b));
  if (status == FNX_OK && m->sets == 0)
    return c->fail (c, FNX_E_DATA, "the spectra of %s have no frequencies", c->recording);
  for (size_t k = 0; k < m->sets && status == FNX_OK; k++) {
    if ((status = set_of (c, s, b, k, 1, &x)) != FNX_OK)
      break;
    size_t q = (size_t)x.n * (size_t)x.n;
    bool usable = start && start->n == x.n && start->metric == s->metric && start->sets == m->sets;
    m->n = x.n;
    if (!m->mean && !(m->mean = learn_alloc (c, m->sets, q * sizeof *m->mean)))
      return FNX_E_NOMEM;
    status
        = matrices_mean (c, &x, s->metric, w, NULL, 0, s->peer, usable ? start->mean + k * q : NULL, m->mean + k * q);
  }
  return status == FNX_OK ? complete (c, m) : status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  return m ? fitted (learn (c, s, in[0], start, m), m, model_free, out) : FNX_E_NOMEM;
}

/* ---- the maps ------------------------------------------------------------- */

typedef struct plan {
  const fnx_model *m;
  const matrices *x;
  size_t at;    /* of the set's n x n in the model */
  double *out;  /* the set's first feature */
  size_t width; /* features of a trial */
} plan;

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
  la_axpy (y, -1, m->root + p->at, q);
  la_mul (t, m->vectors + p->at, y, n, n, n, 1, 0);
  la_mul_nt (y, t, m->vectors + p->at, n, n, n, 1, 0);
  for (size_t i = 0; i < q; i++)
    y[i] *= m->slopes[p->at + i];
  la_mul_tn (t, m->vectors + p->at, y, n, n, n, 1, 0);
  la_mul (y, t, m->vectors + p->at, n, n, n, 1, 0);
  return 0;
}

static int
map_euclid (const plan *p, const double *x, double *y, double *work)
{
  (void)work;
  size_t q = (size_t)p->m->n * (size_t)p->m->n;
  for (size_t i = 0; i < q; i++)
    y[i] = x[i] - p->m->mean[p->at + i];
  return 0;
}

static int
map_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->m->n * (size_t)p->m->n;
  double *y = work, *rest = y + q;
  if ((p->m->metric == SPD_LOGEUCLID ? map_logeuclid : map_euclid) (p, p->x->x[i], y, rest))
    return -1;
  spd_vec (y, p->m->n, p->out + i * p->width);
  return 0;
}

/* log (M^-1/2 X M^-1/2) of some trials together */
static int
map_riemann (void *arg, size_t first, size_t count, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->m->n * (size_t)p->m->n;
  double *y = work, *rest = y + SPD_TOGETHER * q;
  int bad = spd_logs_at (p->x->x + first, count, p->m->root + p->at, p->m->n, y, rest);
  for (size_t k = 0; !bad && k < count; k++)
    spd_vec (y + k * q, p->m->n, p->out + (first + k) * p->width);
  return bad;
}

static fnx_status
map_all (fnx_call *c, plan *p)
{
  size_t q = (size_t)p->m->n * (size_t)p->m->n, work = spd_work (p->m->n);
  return p->m->metric == SPD_RIEMANN ? matrices_some (c, p->x, work + SPD_TOGETHER * q, map_riemann, p)
                                     : matrices_each (c, p->x, work + 2 * q, map_one, p, NULL);
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  const fnx_spec *from = c->buf->spec (in[0]);
  size_t n = (size_t)m->n, each = n * (n + 1) / 2;
  if (sets_of (from) != m->sets)
    return c->fail (c, FNX_E_SPEC,
                    "%s has matrices at %zu frequencies; the model was fitted on %zu\n"
                    "run it through the same steps as the recordings of the training",
                    c->recording, sets_of (from), m->sets);
  fnx_status status = FNX_OK;
  fnx_buf *b = NULL;
  double *v = NULL;
  for (size_t k = 0; k < m->sets && status == FNX_OK; k++) {
    if ((status = set_of (c, s, in[0], k, 0, &x)) == FNX_OK)
      status = matrices_fit (c, &x, m->n);
    if (status == FNX_OK && !b) { /* after the first look: nothing is made of what does not fit */
      const fnx_spec *spec = features_spec (c, from);
      b = spec ? c->buf->like (c, in[0], spec) : NULL;
      v = b ? c->buf->write (c, b) : NULL;
    }
    plan p = { m, &x, k * n * n, v ? v + k * each : NULL, m->sets * each };
    if (status == FNX_OK)
      status = v ? map_all (c, &p) : FNX_E_NOMEM;
  }
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

/* ---- saved models: metric, n, sets, the means ------------------------------ */

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, (uint64_t)m->metric);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_u64 (o, m->sets);
  state_put_f64s (o, m->mean, m->sets * (size_t)m->n * (size_t)m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->metric = (spd_metric)state_count (in, 0, MAPS - 1);
  m->n = (int)state_count (in, 8, 20000);
  m->sets = state_count (in, 8, INT32_MAX);
  in->bad |= m->n == 0 || m->sets == 0;
  size_t n = (size_t)m->n;
  m->mean = state_matrix (in, m->sets * n, n);
  for (size_t k = 0; m->mean && !in->bad && k < m->sets; k++)
    in->bad |= !(la_asymmetry (m->mean + k * n * n, m->n) == 0);
  return m->mean != NULL;
}

ESTIMATOR ("tangent", 2, put, get, complete, fit, model_free, .apply = apply, .learns = "reference mean");

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

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port,
  .name = "in",
  .what = "cov[trial,channel,channel] or epochs[trial,channel,time] or spectrum[trial,freq,channel,channel]",
  .doc = "positive definite matrices; of epochs the covariance is taken first",
};
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "features[trial,feature]",
  .doc = "n(n+1)/2 numbers a trial: the upper triangle by rows, off-diagonals times the root of 2",
};
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
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
         " logeuclid gives the derivative of exp at log M in the direction log X - log M (pyRiemann's map; the plain"
         " difference of logarithms is what ksvm metric=logeuclid takes products of), euclid X - M.\n\n"
         "Spectra of crossspec gives=each have a mean at every frequency, and the features of one frequency stand"
         " behind those of the one before.",
  .cite = "Barachant et al., IEEE TBME 59:920, 2012",
  .equals = "pyRiemann 0.9 TangentSpace to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
