/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The common covariance of lsqr is diagonal plus a factor of n rows,
 *   Sigma = diag (d) + A^T A,   A[i] = sqrt (pi_k (1 - s_k) / n_k) (x_i - mean_k),
 * so with more features than samples it is solved through n x n (Woodbury)
 * instead of p x p: tangent vectors have thousands of features.
 */
#include "plugins/common/discriminant.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/linalg.h"

typedef struct problem {
  const double *const *row;
  const int32_t *code;
  size_t n, p, k;
  double *count; /* k */
  double *mean;  /* k x p */
  double *a;     /* n x p: samples less the mean of their class; then the factor A */
  double *d;     /* p: the diagonal */
} problem;

static void
close_problem (problem *q)
{
  free (q->count);
  free (q->mean);
  free (q->a);
  free (q->d);
}

static int
open_problem (problem *q)
{
  q->count = calloc (q->k, sizeof *q->count);
  q->mean = calloc (q->k * q->p, sizeof *q->mean);
  q->a = calloc (q->n * q->p, sizeof *q->a);
  q->d = calloc (q->p, sizeof *q->d);
  if (!q->count || !q->mean || !q->a || !q->d)
    return -1;
  for (size_t i = 0; i < q->n; i++) {
    q->count[q->code[i]] += 1;
    la_axpy (q->mean + (size_t)q->code[i] * q->p, 1, q->row[i], q->p);
  }
  for (size_t k = 0; k < q->k; k++)
    for (size_t j = 0; j < q->p; j++)
      q->mean[k * q->p + j] /= q->count[k];
  for (size_t i = 0; i < q->n; i++) {
    const double *m = q->mean + (size_t)q->code[i] * q->p;
    for (size_t j = 0; j < q->p; j++)
      q->a[i * q->p + j] = q->row[i][j] - m[j];
  }
  return 0;
}

/* Standard deviation of every feature within class k; 1 where it is 0. */
static void
class_scale (const problem *q, size_t k, double *scale)
{
  memset (scale, 0, q->p * sizeof *scale);
  for (size_t i = 0; i < q->n; i++)
    for (size_t j = 0; (size_t)q->code[i] == k && j < q->p; j++)
      scale[j] += q->a[i * q->p + j] * q->a[i * q->p + j];
  for (size_t j = 0; j < q->p; j++)
    scale[j] = scale[j] > 0 ? sqrt (scale[j] / q->count[k]) : 1;
}

/* Ledoit and Wolf's shrinkage of class k, features divided by `scale`; *mu is
 * the mean variance.  |Z^T Z|_F = |Z Z^T|_F keeps it at the samples' size. */
static int
ledoit_wolf (const problem *q, size_t k, const double *scale, double *shrinkage, double *mu)
{
  size_t m = 0;
  double n = q->count[k], p = (double)q->p, beta = 0, delta = 0, trace = 0;
  double *z = malloc ((size_t)n * q->p * sizeof *z), *g = malloc ((size_t)n * (size_t)n * sizeof *g);
  if (!z || !g) {
    free (z);
    free (g);
    return -1;
  }
  for (size_t i = 0; i < q->n; i++)
    if ((size_t)q->code[i] == k) {
      double sum = 0;
      for (size_t j = 0; j < q->p; j++) {
        double v = q->a[i * q->p + j] / scale[j];
        z[m * q->p + j] = v;
        sum += v * v;
      }
      trace += sum / n;
      beta += sum * sum;
      m++;
    }
  la_gram (g, z, (int)m, (int)q->p, 1, 0);
  delta = la_dot (g, g, m * m) / (n * n);
  *mu = trace / p;
  beta = (beta / n - delta) / (p * n);
  delta = (delta - 2 * *mu * trace + p * *mu * *mu) / p;
  *shrinkage = beta == 0 || q->p == 1 ? 0 : beta < delta ? beta / delta : 1;
  free (z);
  free (g);
  return 0;
}

/* Turn the centred samples into the factor A and fill the diagonal. */
static int
shrink (problem *q, double shrinkage)
{
  double *scale = malloc (q->p * sizeof *scale), s = shrinkage, mu = 0;
  if (!scale)
    return -1;
  for (size_t k = 0; k < q->k; k++) {
    double prior = q->count[k] / (double)q->n, square = 0;
    if (shrinkage < 0) {
      class_scale (q, k, scale);
      if (ledoit_wolf (q, k, scale, &s, &mu)) {
        free (scale);
        return -1;
      }
    }
    for (size_t i = 0; shrinkage >= 0 && i < q->n; i++)
      if ((size_t)q->code[i] == k)
        square += la_dot (q->a + i * q->p, q->a + i * q->p, q->p);
    for (size_t j = 0; j < q->p; j++)
      q->d[j] += prior * s * (shrinkage < 0 ? mu * scale[j] * scale[j] : square / q->count[k] / (double)q->p);
    for (size_t i = 0; i < q->n; i++)
      if ((size_t)q->code[i] == k)
        la_scale (q->a + i * q->p, sqrt (prior * (1 - s) / q->count[k]), q->p);
  }
  free (scale);
  return 0;
}

/* coef = mean (diag (d) + A^T A)^-1 as a p x p problem of least squares. */
static int
solve_dense (const problem *q, double *coef)
{
  size_t p = q->p;
  int rank, st = -1;
  double *sigma = malloc (p * p * sizeof *sigma), *rhs = malloc (2 * p * q->k * sizeof *rhs), *x = rhs + p * q->k;
  if (sigma && rhs) {
    la_gram_t (sigma, q->a, (int)p, (int)q->n, 1, 0);
    for (size_t j = 0; j < p; j++) {
      sigma[j * p + j] += q->d[j];
      for (size_t k = 0; k < q->k; k++)
        rhs[j * q->k + k] = q->mean[k * p + j];
    }
    st = la_lstsq (sigma, rhs, (int)p, (int)p, (int)q->k, DBL_EPSILON, x, &rank);
    for (size_t j = 0; st == 0 && j < p; j++)
      for (size_t k = 0; k < q->k; k++)
        coef[k * p + j] = x[j * q->k + k];
  }
  free (sigma);
  free (rhs);
  return st;
}

/* The same through n x n: with B = A d^-1/2 and m = d^-1/2 mean^T,
 * coef^T = d^-1/2 (m - B^T (I + B B^T)^-1 B m). */
static int
solve_wide (problem *q, double *coef)
{
  size_t n = q->n, p = q->p, k = q->k;
  int st = -1;
  double *g = malloc (n * n * sizeof *g), *r = malloc (n * k * sizeof *r);
  if (g && r) {
    for (size_t j = 0; j < p; j++)
      q->d[j] = 1 / sqrt (q->d[j]);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < p; j++)
        q->a[i * p + j] *= q->d[j];
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < p; j++)
        coef[i * p + j] = q->mean[i * p + j] * q->d[j];
    la_gram (g, q->a, (int)n, (int)p, 1, 0);
    for (size_t i = 0; i < n; i++)
      g[i * n + i] += 1;
    la_mul_nt (r, q->a, coef, (int)n, (int)k, (int)p, 1, 0);
    st = la_spd_solve (g, r, (int)n, (int)k);
    la_mul_tn (coef, r, q->a, (int)k, (int)p, (int)n, -1, 1);
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < p; j++)
        coef[i * p + j] *= q->d[j];
  }
  free (g);
  free (r);
  return st;
}

/* No shrinkage, fewer samples than features: the minimum-norm solution from
 * the singular values of A, those whose squares pass lstsq's limit. */
static int
solve_thin (problem *q, double *coef)
{
  size_t p = q->p, r = q->n < p ? q->n : p;
  double *s = malloc ((r + r * p + r) * sizeof *s), *vt = s + r, *t = vt + r * p;
  if (!s)
    return -1;
  int st = la_svd (q->a, (int)q->n, (int)p, NULL, s, vt);
  memset (coef, 0, q->k * p * sizeof *coef);
  for (size_t k = 0; st == 0 && k < q->k; k++)
    for (size_t i = 0; i < r && s[i] * s[i] > DBL_EPSILON * s[0] * s[0]; i++) {
      t[i] = la_dot (vt + i * p, q->mean + k * p, p) / (s[i] * s[i]);
      la_axpy (coef + k * p, t[i], vt + i * p, p);
    }
  free (s);
  return st;
}

int
discriminant_lsqr (const double *const *row, const int32_t *code, size_t n, size_t p, int n_class, double shrinkage,
                   double *coef, double *intercept)
{
  problem q = { .row = row, .code = code, .n = n, .p = p, .k = (size_t)n_class };
  int st = open_problem (&q);
  if (st == 0)
    st = shrink (&q, shrinkage);
  if (st == 0) {
    double least = INFINITY;
    for (size_t j = 0; j < p; j++)
      least = fmin (least, q.d[j]);
    st = p <= n ? solve_dense (&q, coef) : least > 0 ? solve_wide (&q, coef) : solve_thin (&q, coef);
  }
  for (size_t k = 0; st == 0 && k < q.k; k++)
    intercept[k] = log (q.count[k] / (double)n) - la_dot (q.mean + k * p, coef + k * p, p) / 2;
  close_problem (&q);
  return st;
}

/* Whiten the within-class scatter, then keep the directions in which the means
 * differ; scaling[p,m] holds both. */
static int
svd_scaling (problem *q, double tol, const double *centre, double **scaling, size_t *m)
{
  size_t n = q->n, p = q->p, k = q->k, r = n < p ? n : p, rank = 0, kr;
  double *std = calloc (p, sizeof *std), *s = malloc (r * sizeof *s), *vt = malloc (r * p * sizeof *vt);
  double *b = NULL, *bs = NULL;
  int st = -1;
  if (!std || !s || !vt)
    goto out;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < p; j++)
      std[j] += q->a[i * p + j] * q->a[i * p + j] / (double)n;
  for (size_t j = 0; j < p; j++)
    std[j] = std[j] > 0 ? sqrt (std[j]) : 1;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < p; j++)
      q->a[i * p + j] /= std[j] * sqrt ((double)(n - k));
  if ((st = la_svd (q->a, (int)n, (int)p, NULL, s, vt)))
    goto out;
  while (rank < r && s[rank] > tol)
    rank++;
  kr = k < rank ? k : rank;
  st = -1;
  b = calloc (k * rank + 1, sizeof *b);
  bs = calloc (kr + kr * rank + 1, sizeof *bs);
  *scaling = calloc (p * kr + 1, sizeof **scaling);
  if (!b || !bs || !*scaling)
    goto out;
  for (size_t i = 0; i < rank; i++)
    for (size_t j = 0; j < p; j++)
      vt[i * p + j] /= std[j] * s[i];
  for (size_t c = 0; c < k; c++)
    for (size_t i = 0; i < rank; i++)
      for (size_t j = 0; j < p; j++)
        b[c * rank + i] += sqrt (q->count[c] / (double)(k - 1)) * (q->mean[c * p + j] - centre[j]) * vt[i * p + j];
  st = kr ? la_svd (b, (int)k, (int)rank, NULL, bs, bs + kr) : 0;
  for (*m = 0; *m < kr && bs[*m] > tol * bs[0];)
    ++*m;
  for (size_t i = 0; st == 0 && i < *m; i++)
    for (size_t l = 0; l < rank; l++)
      la_axpy (*scaling + i * p, bs[kr + i * rank + l], vt + l * p, p);
out:
  free (std);
  free (s);
  free (vt);
  free (b);
  free (bs);
  return st;
}

int
discriminant_svd (const double *const *row, const int32_t *code, size_t n, size_t p, int n_class, double tol,
                  double *coef, double *intercept)
{
  problem q = { .row = row, .code = code, .n = n, .p = p, .k = (size_t)n_class };
  double *centre = calloc (p, sizeof *centre), *scaling = NULL; /* scaling: m x p */
  size_t m = 0;
  int st = centre ? open_problem (&q) : -1;
  for (size_t k = 0; st == 0 && k < q.k; k++)
    la_axpy (centre, q.count[k] / (double)n, q.mean + k * p, p);
  if (st == 0)
    st = svd_scaling (&q, tol, centre, &scaling, &m);
  for (size_t k = 0; st == 0 && k < q.k; k++) {
    double *w = coef + k * p, square = 0;
    memset (w, 0, p * sizeof *w);
    la_axpy (q.mean + k * p, -1, centre, p);
    for (size_t i = 0; i < m; i++) {
      double t = la_dot (q.mean + k * p, scaling + i * p, p);
      square += t * t;
      la_axpy (w, t, scaling + i * p, p);
    }
    intercept[k] = log (q.count[k] / (double)n) - square / 2 - la_dot (centre, w, p);
  }
  free (centre);
  free (scaling);
  close_problem (&q);
  return st;
}
