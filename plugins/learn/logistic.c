/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * logistic: regression of classes, scikit-learn 1.2's LogisticRegression:
 *   min |W|^2 / 2 + C sum_i weight_i log-loss (x_i W + b),
 * or another penalty (elasticnet.c),
 * the intercepts b unpenalised, two classes by one plane, more by softmax.
 *
 * W lies in the span of the trials.  With more features than trials the
 * problem is turned into their coordinates (X = Z Q with orthonormal rows Q,
 * so |W| stays what it is) and L-BFGS never sees the p features.  It runs until
 * rounding hides the objective's fall (slopes below 1e-7); scikit-learn stops at
 * slopes of 1e-4, and decisions agree to about that.
 */
#include "plugins/learn/learn.h"

#include <float.h>
#include <lbfgs.h>
#include <math.h>

#include "plugins/common/linalg.h"
#include "plugins/learn/logloss.h"

enum { STOPPED = 77 }; /* none of liblbfgs's own codes */

struct fnx_step {
  double c, l1; /* l1: share of the absolute values in the penalty */
  int max_iter;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->c = c->param->real (p, "c");
  s->l1 = c->param->integer (p, "penalty") == 1 ? c->param->real (p, "l1_ratio") : 0;
  s->max_iter = (int)c->param->integer (p, "max_iter");
  *out = s;
  return FNX_OK;
}

/* n trials of r coordinates, and unknowns u = [W: k x r | b: k]. */
typedef struct loss {
  fnx_call *call;
  size_t n, r, k; /* k = 1 for two classes */
  const double *z;
  const int32_t *code;
  const double *weight; /* n, or NULL */
  double c;
  double *d; /* n x k: decisions, then the loss's slope in them */
} loss;

static double
value (void *arg, const double *u, double *g, const int size, const double step)
{
  loss *l = arg;
  size_t n = l->n, r = l->r, k = l->k;
  const double *b = u + k * r;
  double f = 0, *gb = g + k * r;
  (void)step;
  la_mul_nt (l->d, l->z, u, (int)n, (int)k, (int)r, 1, 0);
  memset (gb, 0, k * sizeof *gb);
  for (size_t i = 0; i < n; i++) {
    double *d = l->d + i * k, w = l->c * (l->weight ? l->weight[i] : 1);
    for (size_t j = 0; j < k; j++)
      d[j] += b[j];
    f += w * logloss (d, k, l->code[i]);
    for (size_t j = 0; j < k; j++) {
      d[j] *= w;
      gb[j] += d[j];
    }
  }
  memcpy (g, u, k * r * sizeof *g);
  la_mul_tn (g, l->d, l->z, (int)k, (int)r, (int)n, 1, 1);
  (void)size;
  return f + la_dot (u, u, k * r) / 2;
}

static int
progress (void *arg, const double *u, const double *g, const double f, const double un, const double gn,
          const double step, int n, int i, int e)
{
  loss *l = arg;
  (void)u, (void)g, (void)f, (void)un, (void)gn, (void)step, (void)n, (void)e;
  return l->call->progress (l->call, (uint64_t)i, 0) ? STOPPED : 0;
}

/* Coordinates of the trials in an orthonormal basis of their span.  q: r x p
 * rows of the basis; z: n x r. */
static fnx_status
coordinates (fnx_call *c, const rows *x, double **z, double **q, size_t *r)
{
  size_t n = x->n, p = x->p;
  double *a = c->scratch (c, n * p * sizeof *a), *s = c->scratch (c, n * sizeof *s);
  *z = c->scratch (c, n * n * sizeof **z);
  *q = c->scratch (c, n * p * sizeof **q);
  if (!a || !s || !*z || !*q)
    return FNX_E_NOMEM;
  rows_pack (x, NULL, a);
  int info = la_svd (a, (int)n, (int)p, *z, s, *q);
  if (info)
    return c->fail (c, info < 0 ? FNX_E_NOMEM : FNX_E_NUMERIC, "the %zu trials of %s have no singular values", n,
                    c->recording);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      (*z)[i * n + j] *= s[j];
  *r = n;
  return FNX_OK;
}

/* Largest slope of the objective at u, over what its terms add up to. */
static double
residual (loss *l, const double *u, double *g)
{
  size_t m = l->k * (l->r + 1);
  double most = 0, scale = 1;
  value (l, u, g, (int)m, 0);
  for (size_t i = 0; i < m; i++) {
    most = fmax (most, fabs (g[i]));
    scale = fmax (scale, fabs (u[i]));
  }
  return most / scale;
}

static fnx_status
minimise (loss *l, int max_iter, double *u)
{
  fnx_call *c = l->call;
  size_t m = l->k * (l->r + 1);
  double *x = lbfgs_malloc ((int)m), *g = c->scratch (c, m * sizeof *g), f;
  lbfgs_parameter_t how;
  if (!x || !g) {
    lbfgs_free (x);
    return c->fail (c, FNX_E_NOMEM, "no memory for %zu unknowns", m);
  }
  memset (x, 0, m * sizeof *x);
  lbfgs_parameter_init (&how);
  how.m = 20;
  how.epsilon = 1e-13;
  how.max_iterations = max_iter;
  how.max_linesearch = 60;
  int end = lbfgs ((int)m, x, &f, value, progress, l, &how);
  memcpy (u, x, m * sizeof *x);
  lbfgs_free (x);
  if (end == LBFGSERR_OUTOFMEMORY)
    return c->fail (c, FNX_E_NOMEM, "no memory for %zu unknowns", m);
  if (end == STOPPED)
    return FNX_E_CANCELLED;
  /* The line search gives up where doubles end; what counts is the slope left. */
  double left = residual (l, u, g);
  if (!(left < 1e-6))
    return c->fail (c, FNX_E_NUMERIC,
                    "no minimum after %d iterations (slope %.1e)\nput  ! scale  before it, or allow more:  "
                    "logistic max_iter=%d",
                    max_iter, left, 10 * max_iter);
  return FNX_OK;
}

static fnx_status
ridge (fnx_call *c, const fnx_step *s, fnx_model *m, const rows *x, const int32_t *code, const double *weight)
{
  size_t k = m->cls.n == 2 ? 1 : (size_t)m->cls.n, r = x->p;
  double *z, *q = NULL;
  fnx_status st = FNX_OK;
  if (x->p > x->n)
    st = coordinates (c, x, &z, &q, &r);
  else if (!(z = c->scratch (c, x->n * x->p * sizeof *z)))
    st = FNX_E_NOMEM;
  else
    rows_pack (x, NULL, z);
  if (st)
    return st;
  double *u = c->scratch (c, k * (r + 1) * sizeof *u);
  loss l = { c, x->n, r, k, z, code, weight, s->c, c->scratch (c, x->n * k * sizeof *u) };
  if (!u || !l.d)
    return FNX_E_NOMEM;
  if ((st = minimise (&l, s->max_iter, u)))
    return st;
  if (q)
    la_mul (m->w, u, q, (int)k, (int)x->p, (int)r, 1, 0);
  else
    memcpy (m->w, u, k * r * sizeof *u);
  memcpy (m->b, u + k * r, k * sizeof *u);
  return FNX_OK;
}

static fnx_status
solve (fnx_call *c, const fnx_step *s, fnx_model *m, const rows *x, const int32_t *code, const double *weight)
{
  size_t k = m->cls.n == 2 ? 1 : (size_t)m->cls.n;
  m->p = x->p;
  m->w = learn_alloc (c, k, x->p * sizeof *m->w);
  m->b = learn_alloc (c, k, sizeof *m->b);
  if (!m->w || !m->b)
    return FNX_E_NOMEM;
  return s->l1 > 0 ? elasticnet (c, x, code, weight, s->c, s->l1, s->max_iter, m) : ridge (c, s, m, x, code, weight);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  const int32_t *code;
  const double *weight;
  (void)start;
  fnx_status st = rows_of (c, in[0], 2, &x);
  if (st || (st = rows_weights (c, in[0], &weight)))
    return st;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  st = classes_of (c, in[0], &code, &m->cls);
  if (st == FNX_OK)
    st = solve (c, s, m, &x, code, weight);
  return fitted (st, m, linear_free, out);
}

LINEAR_ESTIMATOR ("weights");

static const fnx_param_desc c_param = {
  .struct_size = sizeof c_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE | FNX_P_LOG,
  .name = "c",
  .doc = "weight of the trials against the penalty; smaller is smoother",
  .fallback = "1",
  .min = 1e-12,
  .max = 1e12,
};
static const fnx_param_desc max_iter_param = {
  .struct_size = sizeof max_iter_param,
  .type = FNX_T_INT,
  .name = "max_iter",
  .doc = "iterations before it is given up",
  .fallback = "10000",
  .min = 1,
  .max = 1e9,
};
static const char *const penalties[] = { "l2", "elasticnet", NULL };
static const fnx_param_desc penalty_param = {
  .struct_size = sizeof penalty_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "penalty",
  .doc = "of the weights w: l2: |w|^2 / 2; elasticnet: l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2",
  .fallback = "l2",
  .choices = penalties,
};
static const fnx_param_desc l1_ratio_param = {
  .struct_size = sizeof l1_ratio_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "l1_ratio",
  .doc = "share of the absolute values in the penalty; more of it leaves more weights at exactly 0",
  .fallback = "0.5",
  .min = 0,
  .max = 1,
  .when = "penalty=elasticnet",
};
static const fnx_param_desc *const params[] = { &c_param, &penalty_param, &l1_ratio_param, &max_iter_param, NULL };

static const fnx_port_desc *const inputs[] = { &learn_in_target, NULL };
static const fnx_port_desc *const outputs[] = { &learn_out_scores, NULL };

const fnx_step_desc logistic_step = {
  .struct_size = sizeof logistic_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.logistic",
  .name = "logistic",
  .title = "logistic regression",
  .doc
  = "Separates classes by planes whose distance gives the odds of a class (log-odds are the scores; of two classes"
    " they are -d/2 and d/2). The squared weights are penalised, the intercepts are not. The column weight of the"
    " trials is used.\n\n"
    "It is solved until rounding ends it; scikit-learn's default stops at a slope of 1e-4, and its"
    " weights differ from these by about as much.\n\n"
    "penalty=elasticnet l1_ratio=try:0.2,0.3,0.45,0.65,0.75 behind tangent is MOABB's TS+EL. The intercepts are not"
    " penalised there either: scikit-learn's saga has no use for the intercept_scaling that MOABB sets. It is"
    " solved to the minimum (Newton's method over coordinate descent), where saga stops at its tol=.",
  .cite
  = "Nocedal, Mathematics of Computation 35:773, 1980 (L-BFGS); Zou and Hastie, J R Stat Soc B 67:301, 2005 (elastic"
    " net); Friedman, Hastie and Tibshirani, J Stat Softw 33:1, 2010 (coordinate descent)",
  .equals = "scikit-learn 1.2 LogisticRegression (newton-cg, tol=1e-14) to 1e-7, elastic net (saga, tol=1e-12) to 1e-6",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! logistic end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
