/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/paired.h"

static double
mean_of (const double *d, size_t n)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += d[i];
  return sum / (double)n;
}

static double
variance_of (const double *d, size_t n)
{
  double mean = mean_of (d, n), sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += (d[i] - mean) * (d[i] - mean);
  return sum / (double)(n - 1);
}

/* ---- Wilcoxon ------------------------------------------------------------------- */

static int
by_size (const void *a, const void *b)
{
  double x = fabs (*(const double *)a), y = fabs (*(const double *)b);

  return (x > y) - (x < y);
}

/* P (W+ >= w) for n differences: subsets of 1..n by their sum, 2^-n each. */
static double
exact_tail (size_t n, size_t w)
{
  size_t most = n * (n + 1) / 2;
  double *share = calloc (most + 1, sizeof *share), p = 0;

  if (!share)
    return NAN;
  share[0] = 1;
  for (size_t rank = 1; rank <= n; rank++)
    for (size_t s = most + 1; s-- > 0;)
      share[s] = share[s] / 2 + (s >= rank ? share[s - rank] / 2 : 0);
  for (size_t s = most + 1; s-- > w;)
    p += share[s];
  free (share);
  return p;
}

double
paired_wilcoxon (const double *d, size_t n)
{
  double *x = calloc (n + 1, sizeof *x), plus = 0, ties = 0, m, p;
  size_t k = 0;

  if (!x)
    return NAN;
  for (size_t i = 0; i < n; i++)
    if (d[i] != 0)
      x[k++] = d[i];
  qsort (x, k, sizeof *x, by_size);
  for (size_t i = 0, j; i < k; i = j) { /* equal sizes share the mean of their ranks */
    double t;

    for (j = i; j < k && fabs (x[j]) == fabs (x[i]);)
      j++;
    t = (double)(j - i);
    ties += t * t * t - t;
    for (size_t l = i; l < j; l++)
      plus += x[l] > 0 ? (double)(i + j + 1) / 2 : 0;
  }
  m = (double)k;
  if (k == 0)
    p = 1;
  else if (k == n && k <= 50 && ties == 0)
    p = exact_tail (k, (size_t)plus);
  else
    p = gsl_cdf_ugaussian_Q ((plus - m * (m + 1) / 4) / sqrt (m * (m + 1) * (2 * m + 1) / 24 - ties / 48));
  free (x);
  return p;
}

/* ---- signs ------------------------------------------------------------------------ */

/* Sums of all 2^n choices of signs. */
static void
signed_sums (const double *d, size_t n, double *sum)
{
  sum[0] = 0;
  for (size_t i = 0; i < n; i++) {
    size_t have = (size_t)1 << i;

    for (size_t k = have; k-- > 0;) {
      sum[k + have] = sum[k] - d[i];
      sum[k] += d[i];
    }
  }
}

double
paired_permutation (const double *d, size_t n)
{
  /* The signs of the first half, and those of the second: every sum is one of
   * each, so rounding does not pile up. */
  size_t a = n / 2, b = n - a, n_a = (size_t)1 << a, n_b = (size_t)1 << b, count = 0;
  double first[1 << (PAIRED_WILCOXON_FROM / 2)], second[1 << (PAIRED_WILCOXON_FROM / 2)], all = 0, size = 0;

  if (n == 0 || n >= PAIRED_WILCOXON_FROM)
    return NAN;
  signed_sums (d, a, first);
  signed_sums (d + a, b, second);
  for (size_t i = 0; i < n; i++) {
    all += d[i];
    size += fabs (d[i]);
  }
  for (size_t i = 0; i < n_a; i++)
    for (size_t k = 0; k < n_b; k++)
      count += first[i] + second[k] >= all - 1e-12 * size ? 1 : 0; /* equal sums, added in another order */
  return (double)count / (double)n_a / (double)n_b;
}

/* ---- folds -------------------------------------------------------------------------- */

double
paired_corrected_t (const double *d, size_t n, double test_by_train)
{
  double mean, variance;

  if (n < 2)
    return NAN;
  mean = mean_of (d, n);
  variance = variance_of (d, n);
  if (variance == 0)
    return mean > 0 ? 0 : mean < 0 ? 1 : 0.5;
  return gsl_cdf_tdist_Q (mean / sqrt ((1 / (double)n + test_by_train) * variance), (double)(n - 1));
}

double
paired_effect (const double *d, size_t n)
{
  double sd = n < 2 ? NAN : sqrt (variance_of (d, n));

  return sd > 0 ? mean_of (d, n) / sd : NAN;
}

/* ---- several ------------------------------------------------------------------------- */

double
paired_stouffer (const double *p, const double *weight, size_t n)
{
  double z = 0, squares = 0;

  for (size_t i = 0; i < n; i++) {
    z += weight[i] * gsl_cdf_ugaussian_Qinv (p[i]);
    squares += weight[i] * weight[i];
  }
  return gsl_cdf_ugaussian_Q (z / sqrt (squares));
}

void
paired_holm (double *p, size_t n)
{
  bool *done = calloc (n + 1, sizeof *done);
  size_t left = 0;
  double least = 0;

  for (size_t i = 0; i < n; i++)
    left += isnan (p[i]) ? 0 : 1;
  for (; done && left > 0; left--) {
    size_t at = n;

    for (size_t i = 0; i < n; i++)
      if (!done[i] && !isnan (p[i]) && (at == n || p[i] < p[at]))
        at = i;
    least = fmax (least, fmin (1, (double)left * p[at]));
    p[at] = least;
    done[at] = true;
  }
  for (size_t i = 0; i < n && !done; i++)
    p[i] = NAN;
  free (done);
}
