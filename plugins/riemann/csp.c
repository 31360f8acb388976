/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csp: common spatial patterns on covariances (Koles 1990, Blankertz et al.
 * 2008; pyRiemann's CSP), with joint diagonalisation beyond two classes
 * (Grosse-Wentrup and Buss 2008).
 */
#include "plugins/common/linalg.h"
#include "plugins/common/trials.h"
#include "plugins/riemann/ajd.h"
#include "plugins/riemann/riemann.h"

#include <math.h>
#include <stdio.h>

struct fnx_step {
  int filters;
  spd_metric metric;
};

struct fnx_model {
  int n;        /* channels */
  size_t count; /* filters */
  double *w;    /* count x n, best first */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->filters = (int)c->param->integer (p, "nfilter");
  s->metric = (spd_metric)c->param->integer (p, "metric");
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static void
model_free (fnx_model *m)
{
  if (m)
    free (m->w);
  free (m);
}

static const fnx_spec *
features_spec (fnx_call *c, const fnx_spec *in, int64_t filters)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  const char **labels = c->scratch (c, (size_t)filters * sizeof *labels);
  char *text = c->scratch (c, (size_t)filters * 16);
  if (!feature || !axes || !s || !labels || !text)
    return NULL;
  for (int64_t k = 0; k < filters; k++, text += 16) {
    snprintf (text, 16, "csp%d", (int)k + 1);
    labels[k] = text;
  }
  *feature = (fnx_axis){ .struct_size = sizeof *feature, .name = "feature", .size = filters, .labels = labels };
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
  int64_t n = in[0]->axes[1]->size;
  out[0] = features_spec (c, in[0], n == FNX_UNKNOWN || n > s->filters ? s->filters : n);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* All filters as rows of v, and the merit of each. */
typedef struct ranking {
  double *v, *merit;
} ranking;

/* Two classes: C_1 v = lambda (C_0 + C_1) v; merit |lambda - 1/2|. */
static int
two_classes (const double *mean, int n, ranking *r, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *a = work, *b = a + q, *eig = b + q;
  memcpy (a, mean + q, q * sizeof *a);
  for (size_t i = 0; i < q; i++)
    b[i] = mean[i] + mean[q + i];
  if (la_eig_pair (a, b, n, r->v, r->merit, eig))
    return -1;
  for (int k = 0; k < n; k++)
    r->merit[k] = fabs (r->merit[k] - 0.5);
  return 0;
}

/* More: joint diagonaliser of the class means, each filter scaled to variance
 * one under their mean; merit is an estimate of mutual information,
 * -(sum_k P_k log sqrt t_k + 3/16 (sum_k P_k (t_k^2 - 1))^2), t_k = v C_k v^T. */
static bool
more_classes (const double *mean, const double *share, int n_class, int n, ranking *r, double *work)
{
  size_t s = (size_t)n, q = s * s;
  double *copy = work, *total = copy + (size_t)n_class * q, *row = total + q;
  memcpy (copy, mean, (size_t)n_class * q * sizeof *copy);
  bool done = ajd_pham (copy, n_class, n, r->v);
  memset (total, 0, q * sizeof *total);
  for (size_t k = 0; k < (size_t)n_class; k++)
    la_axpy (total, 1.0 / n_class, mean + k * q, q);
  for (size_t f = 0; f < s; f++) {
    double *v = r->v + f * s, a = 0, b = 0;
    la_mul (row, v, total, 1, n, n, 1, 0);
    la_scale (v, 1 / sqrt (la_dot (row, v, s)), s);
    for (size_t k = 0; k < (size_t)n_class; k++) {
      la_mul (row, v, mean + k * q, 1, n, n, 1, 0);
      double t = la_dot (row, v, s);
      a += share[k] * log (sqrt (t));
      b += share[k] * (t * t - 1);
    }
    r->merit[f] = -(a + 3.0 / 16 * b * b);
  }
  return done;
}

/* The best filters into m->w; of equals the later one first, as numpy's
 * reversed argsort. */
static fnx_status
keep_best (fnx_call *c, fnx_model *m, ranking *r, size_t count)
{
  size_t n = (size_t)m->n;
  m->count = count;
  if (!(m->w = learn_alloc (c, count * n, sizeof *m->w)))
    return FNX_E_NOMEM;
  for (size_t k = 0; k < count; k++) {
    size_t best = SIZE_MAX;
    for (size_t f = 0; f < n; f++)
      if (!isnan (r->merit[f]) && (best == SIZE_MAX || r->merit[f] >= r->merit[best]))
        best = f;
    if (best == SIZE_MAX)
      return c->fail (c, FNX_E_NUMERIC, "spatial filter %zu of %zu came out without a value", k + 1, count);
    memcpy (m->w + k * n, r->v + best * n, n * sizeof *m->w);
    r->merit[best] = NAN;
  }
  return FNX_OK;
}

static fnx_status
filters (fnx_call *c, const fnx_step *s, fnx_model *m, const matrices *x, const int32_t *code, int32_t n_class)
{
  const double *w;
  size_t n = (size_t)x->n, q = n * n, classes_n = (size_t)n_class;
  double *mean = c->scratch (c, classes_n * q * sizeof *mean), *share = c->scratch (c, classes_n * sizeof *share);
  double *work = c->scratch (c, ((classes_n + 3) * q + n + la_eig_work (x->n)) * sizeof *work);
  ranking r = { c->scratch (c, q * sizeof (double)), c->scratch (c, n * sizeof (double)) };
  if (!mean || !share || !work || !r.v || !r.merit)
    return FNX_E_NOMEM;
  fnx_status status = rows_weights (c, x->of, &w);
  for (int32_t k = 0; k < n_class && status == FNX_OK; k++)
    status = matrices_mean (c, x, s->metric, w, code, k, false, NULL, mean + (size_t)k * q);
  if (status != FNX_OK)
    return status;
  for (size_t i = 0; i < x->count; i++)
    share[code[i]] += 1 / (double)x->count;
  if (n_class == 2) {
    if (two_classes (mean, x->n, &r, work))
      return c->fail (c, FNX_E_NUMERIC,
                      "the class means of %s have no spatial filters: they are singular\n"
                      "use estimator=oas",
                      c->recording);
  } else if (!more_classes (mean, share, n_class, x->n, &r, work))
    c->log (c, FNX_LOG_NOTE, "joint diagonalisation of %d classes stopped after 100 sweeps", (int)n_class);
  return keep_best (c, m, &r, s->filters < x->n ? (size_t)s->filters : n);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  const int32_t *code;
  classes cls = { 0, NULL };
  (void)start;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status == FNX_OK)
    status = classes_of (c, in[0], &code, &cls);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (m) {
    m->n = x.n;
    status = filters (c, s, m, &x, code, cls.n);
  } else if (status == FNX_OK)
    status = FNX_E_NOMEM;
  classes_free (&cls);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

typedef struct plan {
  const fnx_model *m;
  const matrices *x;
  double *out;
} plan;

/* log of the variance that each filter lets through: diag (W X W^T) */
static int
power_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t n = (size_t)p->m->n, count = p->m->count;
  la_mul (work, p->m->w, p->x->x[i], (int)count, p->m->n, p->m->n, 1, 0);
  for (size_t k = 0; k < count; k++) {
    double v = la_dot (work + k * n, p->m->w + k * n, n);
    if (!(v > 0))
      return -1;
    p->out[i * count + k] = log (v);
  }
  return 0;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  (void)s;
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->n);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = features_spec (c, c->buf->spec (in[0]), (int64_t)m->count);
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  plan p = { m, &x, b ? c->buf->write (c, b) : NULL };
  status = p.out ? matrices_each (c, &x, m->count * (size_t)m->n, power_one, &p, NULL) : FNX_E_NOMEM;
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  state_out o = { put, to, FNX_OK };
  (void)c;
  state_put_u64 (&o, (uint64_t)m->n);
  state_put_u64 (&o, m->count);
  state_put_f64s (&o, m->w, m->count * (size_t)m->n);
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
  m->n = (int)state_count (&in, 8, 20000);
  m->count = state_count (&in, 8, (size_t)m->n);
  in.bad |= m->n == 0 || m->count == 0;
  m->w = state_matrix (&in, m->count, (size_t)m->n);
  fnx_status status = learn_state (c, "csp", &in, m->w != NULL);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,
                                             .flags = FNX_EST_SUPERVISED,
                                             .fit = fit,
                                             .apply = apply,
                                             .model_free = model_free,
                                             .state_version = 1,
                                             .save = save,
                                             .load = load,
                                             .learns = "spatial filters" };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? &estimator : NULL;
}

static const fnx_param_desc filters_param = {
  .struct_size = sizeof filters_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "nfilter",
  .doc = "spatial filters to keep, best first; at most one for each channel",
  .fallback = "4",
  .min = 1,
  .max = 1000,
};
static const fnx_param_desc csp_metric_param = {
  .struct_size = sizeof csp_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the class means",
  .fallback = "euclid",
  .choices = spd_mean_names,
};
static const fnx_param_desc *const params[] = { &filters_param, &csp_metric_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "features[trial,feature]",
                                        .doc = "log variance behind each filter" };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc csp_step = {
  .struct_size = sizeof csp_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.csp",
  .name = "csp",
  .title = "common spatial patterns",
  .doc
  = "Finds the weighted sums of channels whose variance differs most between the classes, and gives the logarithm of"
    " that variance for each trial. Filters come in order of their distance from equal variance; with three"
    " classes or more they are the joint diagonaliser of the class means, ranked by mutual information.\n\n"
    "As in pyRiemann, covariances come in and the same (shrunk) covariance gives the variance: put"
    "  cov estimator=oas  before it, and lda behind.",
  .cite
  = "Blankertz et al., IEEE Signal Process Mag 25:41, 2008; Grosse-Wentrup and Buss, IEEE TBME 55:1991, 2008; Pham,"
    " SIAM J Matrix Anal Appl 22:1136, 2001",
  .equals = "pyRiemann 0.9 CSP to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! csp nfilter=6 ! lda end",
  .inputs = cov_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .extension = extension,
};
