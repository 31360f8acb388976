/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Covariance estimators: Ledoit and Wolf 2004 (lwf), Chen et al. 2010 in
 * scikit-learn's variant (oas), Schaefer and Strimmer 2005 (sch), M-estimators
 * (hub, stu, tyl; mestimate.c).
 */
#include "plugins/common/cov.h"
#include "plugins/common/clones.h"
#include "plugins/common/linalg.h"
#include "plugins/common/mestimate.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *const cov_names[COV_N + 1] = { "scm", "cov", "corr", "oas", "lwf", "sch", "hub", "stu", "tyl", NULL };

CLONES (centre, (const double *restrict x, size_t p, size_t T, double *restrict out), (x, p, T, out))
{
  for (size_t c = 0; c < p; c++, x += T, out += T) {
    double part[8] = { 0 }, sum = 0; /* eight running sums: one vectorises, one does not */
    size_t t = 0;
    for (; t + 8 <= T; t += 8)
      for (size_t k = 0; k < 8; k++)
        part[k] += x[t + k];
    for (; t < T; t++)
      sum += x[t];
    for (size_t k = 0; k < 8; k++)
      sum += part[k];
    double mean = sum / (double)T;
    for (t = 0; t < T; t++)
      out[t] = x[t] - mean;
  }
}

void
cov_centre (const double *x, size_t p, size_t T, double *out)
{
  centre (x, p, T, out);
}

/* power[t] += x[t]^2 */
CLONES (add_squares, (const double *restrict x, size_t T, double *restrict power), (x, T, power))
{
  for (size_t t = 0; t < T; t++)
    power[t] += x[t] * x[t];
}

static double
trace (const double *s, size_t p)
{
  double sum = 0;
  for (size_t i = 0; i < p; i++)
    sum += s[i * p + i];
  return sum;
}

/* (1 - rho) S + rho mu I */
static void
shrink (double *s, size_t p, double rho, double mu)
{
  la_scale (s, 1 - rho, p * p);
  for (size_t i = 0; i < p; i++)
    s[i * p + i] += rho * mu;
}

static int
from_scm (double *s, size_t p, double T)
{
  (void)s, (void)p, (void)T;
  return 0;
}

static int
from_cov (double *s, size_t p, double T)
{
  la_scale (s, T / (T - 1), p * p);
  return 0;
}

static int
from_corr (double *s, size_t p, double T)
{
  (void)T;
  for (size_t i = 0; i < p; i++)
    if (!(s[i * p + i] > 0))
      return -1;
  for (size_t i = 0; i < p; i++)
    for (size_t j = i + 1; j < p; j++)
      s[i * p + j] = s[j * p + i] = fmax (-1, fmin (1, s[i * p + j] / sqrt (s[i * p + i] * s[j * p + j])));
  for (size_t i = 0; i < p; i++)
    s[i * p + i] = 1;
  return 0;
}

static int
from_oas (double *s, size_t p, double T)
{
  double P = (double)p, mu = trace (s, p) / P, alpha = la_dot (s, s, p * p) / (P * P);
  double num = alpha + mu * mu, den = (T + 1) * (alpha - mu * mu / P);
  double rho = den == 0 ? 1 : fmin (num / den, 1);
  shrink (s, p, rho, mu);
  return 0;
}

/* xc: the centred samples; power: T doubles of work.  The sum of all entries
 * of (Xc.Xc)(Xc.Xc)^T is that of squared instantaneous powers. */
static int
from_lwf (double *s, size_t p, size_t T, const double *xc, double *rows, double *power, double *square)
{
  (void)rows, (void)square;
  double P = (double)p, n = (double)T, tr = trace (s, p), mu = tr / P, all = la_dot (s, s, p * p);
  memset (power, 0, T * sizeof *power);
  for (size_t i = 0; i < p; i++)
    add_squares (xc + i * T, T, power);
  double beta = (la_dot (power, power, T) / n - all) / (P * n);
  double delta = (all - 2 * mu * tr + P * mu * mu) / P;
  beta = fmin (beta, delta);
  shrink (s, p, beta == 0 ? 0 : beta / delta, mu);
  return 0;
}

/* Shrinks correlations towards zero and leaves variances: with v = diag S,
 * var R_ij = n / ((n-1)^3 v_i v_j) (sum_t x_i^2 x_j^2 - n S_ij^2). */
static int
from_sch (double *s, size_t p, size_t T, const double *xc, double *square, double *row, double *gram)
{
  (void)row;
  double n = (double)T, of_r = 0, of_var = 0;
  for (size_t i = 0; i < p; i++)
    if (!(s[i * p + i] > 0))
      return -1;
  for (size_t i = 0; i < p * T; i++)
    square[i] = xc[i] * xc[i];
  la_gram (gram, square, (int)p, (int)T, 1, 0);
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++) {
      double sij = s[i * p + j], vv = s[i * p + i] * s[j * p + j];
      if (i == j)
        continue;
      of_r += sij * sij / vv * (n / (n - 1)) * (n / (n - 1));
      of_var += n / ((n - 1) * (n - 1) * (n - 1) * vv) * (gram[i * p + j] - n * sij * sij);
    }
  double gamma = of_r > 0 ? fmax (0, fmin (1, of_var / of_r)) : 1;
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++)
      s[i * p + j] *= n / (n - 1) * (i == j ? 1 : 1 - gamma);
  return 0;
}

static const struct {
  bool shrinks, unitless;
  int (*scm) (double *s, size_t p, double T);
  /* rows: p T doubles of work, row: T, square: p^2 */
  int (*samples) (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square);
} estimators[COV_N] = {
  [COV_SCM] = { .scm = from_scm },
  [COV_COV] = { .scm = from_cov },
  [COV_CORR] = { .unitless = true, .scm = from_corr },
  [COV_OAS] = { .shrinks = true, .scm = from_oas },
  [COV_LWF] = { .shrinks = true, .samples = from_lwf },
  [COV_SCH] = { .shrinks = true, .samples = from_sch },
  [COV_HUB] = { .samples = mestimate_huber },
  [COV_STU] = { .samples = mestimate_student },
  [COV_TYL] = { .unitless = true, .samples = mestimate_tyler },
};

bool
cov_shrinks (cov_kind k)
{
  return estimators[k].shrinks;
}

bool
cov_unitless (cov_kind k)
{
  return estimators[k].unitless;
}

bool
cov_of_scm (cov_kind k)
{
  return estimators[k].scm != NULL;
}

/* Centred samples, and the work space of estimators that need them. */
size_t
cov_work (int p, int T)
{
  size_t P = (size_t)p, n = (size_t)T;
  return 2 * P * n + n + P * P;
}

static int
all_finite (const double *s, size_t n)
{
  return isfinite (la_dot (s, s, n)) ? 0 : -1;
}

int
cov_from_scm (cov_kind k, double *s, int p, int T)
{
  size_t P = (size_t)p;
  if (all_finite (s, P * P))
    return -1;
  return estimators[k].scm (s, P, T) || all_finite (s, P * P) ? -1 : 0;
}

int
cov_estimate (cov_kind k, const double *x, int p, int T, double *out, double *work)
{
  size_t P = (size_t)p, n = (size_t)T;
  double *xc = work, *rows = xc + P * n, *row = rows + P * n, *square = row + n;
  if (p < 1 || T < 2)
    return -1;
  centre (x, P, n, xc);
  la_gram (out, xc, p, T, 1.0 / T, 0);
  if (estimators[k].scm)
    return cov_from_scm (k, out, p, T);
  if (all_finite (out, P * P))
    return -1;
  return estimators[k].samples (out, P, n, xc, rows, row, square) || all_finite (out, P * P) ? -1 : 0;
}

double
cov_pivot_floor (int p)
{
  return 4 * p * DBL_EPSILON;
}

/* l_ii^2 / s_ii is the share of channel i that those before it do not explain. */
int
cov_spd (const double *s, int p, double *work)
{
  size_t P = (size_t)p;
  memcpy (work, s, P * P * sizeof *work);
  if (la_chol (work, p))
    return -1;
  for (size_t i = 0; i < P; i++) {
    double pivot = work[i * P + i];
    if (!(pivot * pivot > cov_pivot_floor (p) * s[i * P + i]) || !isfinite (pivot))
      return -1;
  }
  return 0;
}
