/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logistic regression under the elastic net (Zou and Hastie 2005) by Newton's
 * method for non-smooth penalties (Lee, Sun and Saunders 2014): the loss is
 * replaced by its second-order expansion, that problem is solved by coordinate
 * descent (Friedman, Hastie and Tibshirani 2010, glmnet), and a line search
 * along the way there keeps the objective falling.  Nothing is random, so the
 * answer is the minimum itself; scikit-learn's saga comes as near to it as its
 * tol= says.
 */
#include "plugins/common/linalg.h"
#include "plugins/learn/logloss.h"

#define KKT 1e-9 /* largest violation of the optimality conditions */

typedef struct problem {
  fnx_call *call;
  size_t n, p, k;   /* trials, features, planes */
  const double *xt; /* p x n: features by rows */
  const int32_t *code;
  const double *weight; /* or NULL */
  double c, l1, l2;
  double *w, *b;   /* k x p, k */
  double *dw, *db; /* the step of Newton's method */
  double *d;       /* k x n: decisions */
  double *prob;    /* k x n: probabilities */
  double *slope;   /* k x n: of the loss in d, moved along by the step */
  double *change;  /* k x n: what the step adds to d */
  double *curve;   /* n: one column of the curvature */
  double *diag;    /* k x p: curvature along each weight, then k of the intercepts */
} problem;

static double
weight_of (const problem *s, size_t i)
{
  return s->c * (s->weight ? s->weight[i] : 1);
}

static double
penalty (const problem *s, const double *w, const double *dw, double t)
{
  double one = 0, two = 0;
  for (size_t j = 0; j < s->k * s->p; j++) {
    double v = w[j] + t * dw[j];
    one += fabs (v);
    two += v * v;
  }
  return s->l1 * one + s->l2 * two / 2;
}

/* The loss at d + t change; with `keep`, slopes and probabilities there too. */
static double
loss_at (problem *s, double t, double *row, bool keep)
{
  double f = 0;
  for (size_t i = 0; i < s->n; i++) {
    double w = weight_of (s, i);
    for (size_t l = 0; l < s->k; l++)
      row[l] = s->d[l * s->n + i] + t * s->change[l * s->n + i];
    f += w * logloss (row, s->k, s->code[i]);
    for (size_t l = 0; keep && l < s->k; l++) {
      s->slope[l * s->n + i] = w * row[l];
      s->prob[l * s->n + i] = row[l] + (s->k == 1 ? s->code[i] == 1 : s->code[i] == (int32_t)l);
    }
  }
  return f;
}

/* How far a weight is from where its slope g would have it stay. */
static double
violation (const problem *s, double w, double g)
{
  g += s->l2 * w;
  if (w != 0)
    return fabs (g + (w > 0 ? s->l1 : -s->l1));
  return fmax (0, fabs (g) - s->l1);
}

static double
sum (const double *x, size_t n)
{
  double s = 0;
  for (size_t i = 0; i < n; i++)
    s += x[i];
  return s;
}

/* Largest violation at the point where `slope` was taken. */
static double
optimality (const problem *s)
{
  double most = 0;
  for (size_t l = 0; l < s->k; l++) {
    const double *g = s->slope + l * s->n;
    most = fmax (most, fabs (sum (g, s->n)));
    for (size_t j = 0; j < s->p; j++)
      most = fmax (most, violation (s, s->w[l * s->p + j], la_dot (s->xt + j * s->n, g, s->n)));
  }
  return most;
}

/* Curvature of the loss along every coordinate. */
static void
curvatures (problem *s)
{
  for (size_t l = 0; l < s->k; l++) {
    const double *p = s->prob + l * s->n;
    for (size_t i = 0; i < s->n; i++)
      s->curve[i] = weight_of (s, i) * p[i] * (1 - p[i]);
    s->diag[s->k * s->p + l] = sum (s->curve, s->n);
    for (size_t j = 0; j < s->p; j++) {
      const double *x = s->xt + j * s->n;
      double h = 0;
      for (size_t i = 0; i < s->n; i++)
        h += s->curve[i] * x[i] * x[i];
      s->diag[l * s->p + j] = h;
    }
  }
}

/* Move plane l by `by` along x (NULL: its intercept): the expansion's slopes follow. */
static void
move (problem *s, size_t l, const double *x, double by)
{
  const double *pl = s->prob + l * s->n;
  for (size_t i = 0; i < s->n; i++) {
    s->curve[i] = by * weight_of (s, i) * pl[i] * (x ? x[i] : 1);
    s->change[l * s->n + i] += by * (x ? x[i] : 1);
  }
  for (size_t m = 0; m < s->k; m++) {
    const double *pm = s->prob + m * s->n;
    double *g = s->slope + m * s->n, own = m == l;
    for (size_t i = 0; i < s->n; i++)
      g[i] += s->curve[i] * (own - pm[i]);
  }
}

/* One coordinate of the expansion, exactly; the violation that it had. */
static double
settle (problem *s, size_t l, size_t j)
{
  size_t at = l * s->p + j;
  const double *x = s->xt + j * s->n;
  double w = s->w[at] + s->dw[at], g = la_dot (x, s->slope + l * s->n, s->n), h = s->diag[at];
  double far = violation (s, w, g), target = h * w - g, best = fabs (target) - s->l1;
  if (far == 0 || h + s->l2 <= 0)
    return far;
  best = best > 0 ? (target > 0 ? best : -best) / (h + s->l2) : 0;
  if (best != w) {
    s->dw[at] += best - w;
    if (best == 0)
      s->dw[at] = -s->w[at]; /* exactly none, so that it counts as unused */
    move (s, l, x, best - w);
  }
  return far;
}

static double
settle_intercepts (problem *s)
{
  double most = 0;
  for (size_t l = 0; l < s->k; l++) {
    double g = sum (s->slope + l * s->n, s->n), h = s->diag[s->k * s->p + l];
    most = fmax (most, fabs (g));
    if (g == 0 || !(h > 0))
      continue;
    s->db[l] -= g / h;
    move (s, l, NULL, -g / h);
  }
  return most;
}

/* Minimise the expansion until `tol`: all weights, then those in use until
 * they have settled, and again. */
static void
expansion (problem *s, double tol, int max_pass)
{
  memset (s->dw, 0, s->k * s->p * sizeof *s->dw);
  memset (s->db, 0, s->k * sizeof *s->db);
  memset (s->change, 0, s->k * s->n * sizeof *s->change);
  curvatures (s);
  for (int pass = 0; pass < max_pass;) {
    double most = settle_intercepts (s);
    for (size_t l = 0; l < s->k; l++)
      for (size_t j = 0; j < s->p; j++)
        most = fmax (most, settle (s, l, j));
    pass++;
    if (most <= tol)
      return;
    for (double used = INFINITY; used > tol && pass < max_pass; pass++) {
      used = settle_intercepts (s);
      for (size_t l = 0; l < s->k; l++)
        for (size_t j = 0; j < s->p; j++)
          if (s->w[l * s->p + j] + s->dw[l * s->p + j] != 0)
            used = fmax (used, settle (s, l, j));
    }
  }
}

/* Go along the step as far as the objective falls enough. */
static double
search (problem *s, double f, double slope, double *row)
{
  double t = 1;
  for (int k = 0; k < 50; k++, t /= 2) {
    double now = loss_at (s, t, row, false) + penalty (s, s->w, s->dw, t);
    if (now <= f + 1e-4 * t * slope + 1e-15 * fabs (f))
      return t;
  }
  return 0;
}

static fnx_status
newton (problem *s, int max_iter, double *row)
{
  double f = loss_at (s, 0, row, true) + penalty (s, s->w, s->dw, 0), left = optimality (s);
  for (int it = 0; it < max_iter && left > KKT; it++) {
    if (s->call->progress (s->call, (uint64_t)it, 0))
      return FNX_E_CANCELLED;
    double slope = -penalty (s, s->w, s->dw, 0);
    expansion (s, fmax (0.1 * KKT, 1e-2 * fmin (left, left * left)), 1000);
    slope += penalty (s, s->w, s->dw, 1);
    loss_at (s, 0, row, true); /* slopes where the step begins */
    slope += la_dot (s->slope, s->change, s->k * s->n);
    double t = search (s, f, slope, row);
    if (t == 0)
      break; /* rounding hides whatever is left to gain */
    for (size_t j = 0; j < s->k * s->p; j++)
      s->w[j] = t == 1 && s->dw[j] == -s->w[j] ? 0 : s->w[j] + t * s->dw[j];
    la_axpy (s->b, t, s->db, s->k);
    la_axpy (s->d, t, s->change, s->k * s->n);
    memset (s->change, 0, s->k * s->n * sizeof *s->change);
    memset (s->dw, 0, s->k * s->p * sizeof *s->dw);
    f = loss_at (s, 0, row, true) + penalty (s, s->w, s->dw, 0);
    left = optimality (s);
  }
  if (left <= 1e-6)
    return FNX_OK;
  return s->call->fail (s->call, FNX_E_NUMERIC,
                        "no minimum after %d iterations (optimality %.1e)\nput  ! scale  before it, or allow more:  "
                        "logistic max_iter=%d",
                        max_iter, left, 10 * max_iter);
}

fnx_status
elasticnet (fnx_call *c, const rows *x, const int32_t *code, const double *weight, double price, double l1,
            int max_iter, fnx_model *m)
{
  size_t n = x->n, p = x->p, k = m->cls.n == 2 ? 1 : (size_t)m->cls.n;
  problem s = { .call = c,
                .n = n,
                .p = p,
                .k = k,
                .code = code,
                .weight = weight,
                .c = price,
                .l1 = l1,
                .l2 = 1 - l1,
                .w = m->w,
                .b = m->b };
  double *xt = c->scratch (c, n * p * sizeof *xt), *row = c->scratch (c, k * sizeof *row);
  s.dw = c->scratch (c, (2 * k * p + 2 * k) * sizeof *s.dw);
  s.d = c->scratch (c, (4 * k + 1) * n * sizeof *s.d);
  if (!xt || !row || !s.dw || !s.d)
    return FNX_E_NOMEM;
  s.diag = s.dw + k * p;
  s.db = s.diag + k * p + k;
  s.prob = s.d + k * n;
  s.slope = s.prob + k * n;
  s.change = s.slope + k * n;
  s.curve = s.change + k * n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < p; j++)
      xt[j * n + i] = x->at[i][j];
  s.xt = xt;
  fnx_status status = newton (&s, max_iter, row);
  double middle = k > 1 ? sum (m->b, k) / (double)k : 0; /* all alike changes nothing */
  for (size_t l = 0; l < k; l++)
    m->b[l] -= middle;
  return status;
}
