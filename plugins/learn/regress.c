/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * regress: a number of each trial from its features, linearly, with a penalty
 * on the weights (ridge regression, Hoerl and Kennard 1970; scikit-learn 1.2's
 * Ridge).
 *
 * min_w sum_i c_i (y_i - x_i w - b)^2 + alpha |w|^2 is solved in closed form:
 * over features, or over trials where these are fewer.
 */
#include "plugins/common/linalg.h"
#include "plugins/learn/learn.h"

#include <float.h>
#include <math.h>

struct fnx_step {
  double alpha;
  bool intercept;
};

struct fnx_model {
  size_t p;
  double *w; /* p */
  double b;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->alpha = c->param->real (p, "alpha");
  s->intercept = c->param->integer (p, "intercept");
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->w);
  free (m);
}

static fnx_status
singular (fnx_call *c, size_t n, size_t p)
{
  return c->fail (c, FNX_E_NUMERIC,
                  "%zu features of %zu trials are not independent, and alpha= is too small for them\n"
                  "use a larger alpha, or alpha=0: the shortest of all solutions",
                  p, n);
}

/* w of x[n,p], y[n], both centred and times the root of the weights. */
static fnx_status
solve (fnx_call *c, double alpha, size_t n, size_t p, const double *x, const double *y, double *w)
{
  size_t q = n < p ? n : p;
  int rank, in = (int)n, ip = (int)p;
  if (alpha == 0) {
    int bad = la_lstsq (x, y, in, ip, 1, DBL_EPSILON * (double)(n > p ? n : p), w, &rank);
    return bad < 0 ? c->fail (c, FNX_E_NOMEM, "no memory for %zu trials of %zu features", n, p)
           : bad   ? singular (c, n, p)
                   : FNX_OK;
  }
  double *g = c->scratch (c, q * q * sizeof *g), *a = c->scratch (c, q * sizeof *a);
  if (!g || !a)
    return FNX_E_NOMEM;
  if (p <= n) {
    la_gram_t (g, x, ip, in, 1, 0);
    la_mul_tn (a, x, y, ip, 1, in, 1, 0);
  } else {
    la_gram (g, x, in, ip, 1, 0);
    memcpy (a, y, n * sizeof *a);
  }
  for (size_t i = 0; i < q; i++)
    g[i * q + i] += alpha;
  if (la_spd_solve (g, a, (int)q, 1))
    return singular (c, n, p);
  if (p <= n)
    memcpy (w, a, p * sizeof *w);
  else
    la_mul_tn (w, x, a, ip, 1, in, 1, 0);
  return FNX_OK;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const fnx_buf *b, const rows *x, fnx_model *m)
{
  const double *weight;
  double *mean = c->scratch (c, x->p * sizeof *mean), *y = c->scratch (c, x->n * sizeof *y);
  double *packed = c->scratch (c, x->n * x->p * sizeof *packed);
  double total = 0, centre = 0;
  m->p = x->p;
  m->w = learn_alloc (c, x->p, sizeof *m->w);
  if (!mean || !y || !packed || !m->w)
    return FNX_E_NOMEM;
  fnx_status st = rows_weights (c, b, &weight);
  if (st || (st = numbers_of (c, b, "regress", "svm", y)))
    return st;
  for (size_t i = 0; i < x->n; i++) {
    total += weight ? weight[i] : 1;
    centre += (weight ? weight[i] : 1) * y[i];
  }
  centre = s->intercept ? centre / total : 0;
  if (s->intercept)
    rows_mean (x, weight, mean);
  rows_pack (x, mean, packed);
  for (size_t i = 0; i < x->n; i++) {
    double root = weight ? sqrt (weight[i]) : 1;
    y[i] = root * (y[i] - centre);
    if (weight)
      la_scale (packed + i * x->p, root, x->p);
  }
  if ((st = solve (c, s->alpha, x->n, x->p, packed, y, m->w)))
    return st;
  m->b = centre - la_dot (mean, m->w, x->p);
  return FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  (void)start;
  fnx_status st = rows_of (c, in[0], 2, &x);
  if (st)
    return st;
  if (x.n > INT32_MAX || x.p > INT32_MAX || x.p > SIZE_MAX / 16 / (x.n + 1))
    return c->fail (c, FNX_E_NOMEM, "%zu trials of %zu features are too many for one regression", x.n, x.p);
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  return m ? fitted (learn (c, s, in[0], &x, m), m, model_free, out) : FNX_E_NOMEM;
}

static const fnx_spec *
predictions_spec (fnx_call *c, const fnx_axis *trial)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  const fnx_axis **axes = c->scratch (c, sizeof *axes);
  if (!s || !axes)
    return NULL;
  axes[0] = trial;
  *s = (fnx_spec){
    .struct_size = sizeof *s, .ndim = 1, .kind = "predictions", .unit = "1", .dtype = FNX_F8, .axes = axes
  };
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = predictions_spec (c, in[0]->axes[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  (void)s;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  const fnx_spec *spec = predictions_spec (c, c->buf->spec (in[0])->axes[0]);
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (!v) {
    c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < x.n; i++)
    v[i] = la_dot (x.at[i], m->w, m->p) + m->b;
  *out = b;
  return FNX_OK;
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->p);
  state_put_f64s (o, m->w, m->p);
  state_put_f64s (o, &m->b, 1);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->p = state_count (in, 8, INT32_MAX);
  in->bad |= m->p == 0;
  m->w = state_matrix (in, 1, m->p);
  state_f64s (in, &m->b, 1);
  return m->w != NULL;
}

ESTIMATOR ("regress", 1, put, get, NULL, fit, model_free, .apply = apply, .flags = FNX_EST_SUPERVISED,
           .learns = "weights");

static const fnx_param_desc alpha_param = {
  .struct_size = sizeof alpha_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "alpha",
  .doc = "penalty on the squares of the weights; 0: least squares, the shortest weights where many fit alike",
  .fallback = "1",
  .min = 0,
  .max = 1e15,
};
static const fnx_param_desc intercept_param = {
  .struct_size = sizeof intercept_param,
  .type = FNX_T_BOOL,
  .name = "intercept",
  .doc = "a constant beside the weights, which is not penalised",
  .fallback = "yes",
};
static const fnx_param_desc *const params[] = { &alpha_param, &intercept_param, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "features[trial,feature]",
                                       .doc = "one row of features a trial; the column target is its number" };
static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port, .name = "out", .what = "predictions[trial]", .doc = "a number a trial" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc regress_step = {
  .struct_size = sizeof regress_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.regress",
  .name = "regress",
  .title = "a number of each trial, linearly from its features",
  .doc = "Ridge regression: the weights w and the constant b for which sum_i c_i (y_i - x_i w - b)^2 + alpha |w|^2 is"
         " least, y_i being the target of trial i and c_i its weight (1 where there is none). Put scale before it when"
         " features differ in unit.\n\n"
         "The targets are the column target of the trials: numbers, or texts that are numbers (events called 0.35,"
         " 0.41); two classes count as 0 and 1 in the order of the alphabet. evaluate then measures r, r2 or mse.\n\n"
         "With alpha=0 it is scikit-learn's LinearRegression. For many targets at once, as voxels are, see ridge.",
  .cite = "Hoerl and Kennard, Technometrics 12:55, 1970",
  .equals = "scikit-learn 1.2 Ridge to 1e-9",
  .example = "fornix run sim:effort ! band range=8..32Hz ! epoch on=all from=0s to=3s"
             " ! evaluate folds=5 metric=r,r2 begin cov estimator=oas ! spoc ! regress end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
