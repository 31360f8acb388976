/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * With A = (I - W W^T)^1/2 and B = (I - W^T W)^1/2 the map
 *   psi (X) = A^-1 (X - W) (I - W^T X)^-1 B
 * moves W to 0 and keeps distances.  At 0 the logarithm is V = artanh (Y) Y^-1
 * psi with Y = (psi psi^T)^1/2, and the vector at W is A V B.
 */
#include "plugins/riemann/siegel.h"
#include "plugins/common/linalg.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

size_t
siegel_work (int n)
{
  size_t q = (size_t)n * (size_t)n;
  return 6 * q + 4 * (size_t)n + spd_work (n) + la_eig_work (n) + 16;
}

double
siegel_size (const double *x, int n, double *work)
{
  double *gram = work, *w = gram + (size_t)n * (size_t)n, *rest = w + n;
  la_gram (gram, x, n, n, 1, 0);
  for (size_t i = 0; i < (size_t)n * (size_t)n; i++)
    if (!isfinite (gram[i]))
      return NAN;
  return la_eigvals (gram, n, w, rest) ? NAN : sqrt (fmax (0, w[n - 1]));
}

/* I - x x^T (right: I - x^T x). */
static void
defect (const double *x, int n, int right, double *out)
{
  (right ? la_gram_t : la_gram) (out, x, n, n, -1, 0);
  for (int i = 0; i < n; i++)
    out[i * n + i] += 1;
}

/* A reference is W, A, A^-1, B, B^-1. */
size_t
siegel_ref_size (int n)
{
  return 5 * (size_t)n * (size_t)n;
}

int
siegel_ref (const double *w, int n, double *ref, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *d = work, *rest = work + q;
  memcpy (ref, w, q * sizeof *ref);
  for (size_t i = 0; i < q; i++)
    if (!isfinite (w[i]))
      return -1;
  for (int right = 0; right < 2; right++) {
    double *root = ref + (right ? 3 : 1) * q;
    defect (w, n, right, d);
    if (spd_roots (d, n, root, root + q, rest))
      return -1;
  }
  return 0;
}

/* x <- x a^-1 for a[n,n], destroyed: LAPACK sees both transposed, a^T y = x^T. */
static int
divide (double *x, double *a, int n)
{
  lapack_int pivot[64], *p = n <= 64 ? pivot : malloc ((size_t)n * sizeof *p);
  int bad = !p || LAPACKE_dgesv_work (LAPACK_COL_MAJOR, n, n, a, n, p, x, n);
  if (p != pivot)
    free (p);
  return bad;
}

/* psi (x) into out; work: 2 n^2. */
static int
to_origin (const double *x, const double *ref, int n, double *out, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *between = work, *d = work + q;
  la_mul_tn (between, ref, x, n, n, n, -1, 0);
  for (int i = 0; i < n; i++)
    between[i * n + i] += 1;
  for (size_t i = 0; i < q; i++)
    d[i] = x[i] - ref[i];
  if (divide (d, between, n))
    return -1;
  la_mul (between, ref + 2 * q, d, n, n, n, 1, 0);
  la_mul (out, between, ref + 3 * q, n, n, n, 1, 0);
  return 0;
}

/* f (s) / s as a function of s^2: smooth at 0, so that small singular values
 * need not be known to their last digit. */
static double
artanh_ratio (double s2)
{
  double s = sqrt (s2);
  return s < 1e-4 ? 1 + s2 / 3 : atanh (s) / s;
}

static double
tanh_ratio (double s2)
{
  double s = sqrt (s2);
  return s < 1e-4 ? 1 - s2 / 3 : tanh (s) / s;
}

/* out = f (x x^T) x; work: 2 n^2 + n + la_eig_work. */
static int
stretch (const double *x, int n, double (*f) (double), double below, double *out, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *gram = work, *t = gram + q, *w = t + q, *rest = w + n;
  la_gram (gram, x, n, n, 1, 0);
  for (size_t i = 0; i < q; i++)
    if (!isfinite (gram[i]))
      return -1;
  if (la_eig (gram, n, gram, w, rest) || !(w[n - 1] < below))
    return -1;
  for (int i = 0; i < n; i++)
    w[i] = f (fmax (0, w[i]));
  spd_compose (gram, w, n, t, rest);
  la_mul (out, t, x, n, n, n, 1, 0);
  return 0;
}

int
siegel_log (const double *x, const double *ref, int n, double *out, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *psi = work, *v = work + q, *rest = v + q;
  if (to_origin (x, ref, n, psi, rest) || stretch (psi, n, artanh_ratio, 1, v, rest))
    return -1;
  la_mul (psi, ref + q, v, n, n, n, 1, 0);
  la_mul (out, psi, ref + 3 * q, n, n, n, 1, 0);
  return 0;
}

/* With Q = A psi B^-1: X = (I + Q W^T)^-1 (Q + W), here transposed for divide. */
int
siegel_exp (const double *z, const double *ref, int n, double *out, double *work)
{
  size_t q = (size_t)n * (size_t)n, N = (size_t)n;
  double *v = work, *psi = work + q, *rest = psi + q;
  la_mul (psi, ref + 2 * q, z, n, n, n, 1, 0);
  la_mul (v, psi, ref + 4 * q, n, n, n, 1, 0);
  if (stretch (v, n, tanh_ratio, INFINITY, psi, rest))
    return -1;
  la_mul (v, ref + q, psi, n, n, n, 1, 0);
  la_mul (psi, v, ref + 4 * q, n, n, n, 1, 0); /* Q */
  double *sum = v, *between = rest;
  la_mul_nt (between, ref, psi, n, n, n, 1, 0); /* W Q^T = (Q W^T)^T */
  for (size_t i = 0; i < N; i++)
    between[i * N + i] += 1;
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      sum[j * N + i] = psi[i * N + j] + ref[i * N + j];
  if (divide (sum, between, n))
    return -1;
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      out[j * N + i] = sum[i * N + j];
  return 0;
}

int
siegel_dist2 (const double *x, const double *ref, int n, double *d2, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *psi = work, *gram = work + q, *w = gram + q, *rest = w + n;
  if (to_origin (x, ref, n, psi, gram))
    return -1;
  la_gram (gram, psi, n, n, 1, 0);
  for (size_t i = 0; i < q; i++)
    if (!isfinite (gram[i]))
      return -1;
  if (la_eigvals (gram, n, w, rest) || !(w[n - 1] < 1))
    return -1;
  *d2 = 0;
  for (int i = 0; i < n; i++) {
    double a = atanh (sqrt (fmax (0, w[i])));
    *d2 += a * a;
  }
  return 0;
}

/* ---- coefficients ------------------------------------------------------------- */

size_t
siegel_coefficients_work (int n, int order)
{
  return (2 * (size_t)order + 9) * (size_t)n * (size_t)n + siegel_work (n);
}

/* c -= a b or so, through blocks: out[k] = x[k] - g y[k]. */
static void
take_off (double *out, const double *x, const double *g, const double *y, int n)
{
  memmove (out, x, (size_t)n * (size_t)n * sizeof *out);
  la_mul (out, g, y, n, n, n, -1, 1);
}

/* Whittle's recursion, Levinson's with matrices: F predicts a sample from the l
 * after it, G from the l before it; L and K are the covariances of what they
 * leave, D that of both remainders, and Omega = L^-1/2 D K^-1/2. */
int
siegel_coefficients (const double *r, int n, int order, double *out, double *size, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *F = work, *G = F + (size_t)order * q, *L = G + (size_t)order * q, *K = L + q, *D = K + q, *t = D + q;
  double *root = t + q, *u = root + q, *gain = u + q, *back = gain + q, *rest = back + q;
  memcpy (out, r, q * sizeof *out);
  memcpy (L, r, q * sizeof *L);
  memcpy (K, r, q * sizeof *K);
  *size = NAN;
  for (int l = 0; l + 1 < order; l++) {
    double *omega = out + (size_t)(l + 1) * q;
    memcpy (D, r + (size_t)(l + 1) * q, q * sizeof *D);
    for (int j = 0; j < l; j++)
      la_mul (D, F + (size_t)j * q, r + (size_t)(l - j) * q, n, n, n, -1, 1);
    if (spd_invsqrt (L, n, root, rest))
      return l ? l : order;
    la_mul (t, root, D, n, n, n, 1, 0);
    la_mul (u, root, t, n, n, n, 1, 0); /* L^-1 D */
    if (spd_invsqrt (K, n, root, rest))
      return l ? l : order;
    la_mul (omega, t, root, n, n, n, 1, 0);
    *size = siegel_size (omega, n, rest);
    if (!(*size < 1 - 1e-12))
      return l + 1;
    la_mul (t, D, root, n, n, n, 1, 0);
    la_mul (gain, t, root, n, n, n, 1, 0); /* D K^-1 */
    for (size_t i = 0; i < (size_t)n; i++)
      for (size_t j = 0; j < (size_t)n; j++)
        back[j * (size_t)n + i] = u[i * (size_t)n + j]; /* D^T L^-1 */
    la_mul_nt (L, gain, D, n, n, n, -1, 1);
    la_mul (K, back, D, n, n, n, -1, 1);
    la_mirror (L, n);
    la_mirror (K, n);
    /* F <- [F - gain G, gain], G <- [back, G - back F] */
    memmove (G + q, G, (size_t)l * q * sizeof *G);
    for (int j = 0; j < l; j++) {
      double *f = F + (size_t)j * q, *g = G + (size_t)(j + 1) * q;
      memcpy (t, f, q * sizeof *t);
      take_off (f, f, gain, g, n);
      take_off (g, g, back, t, n);
    }
    memcpy (F + (size_t)l * q, gain, q * sizeof *gain);
    memcpy (G, back, q * sizeof *back);
  }
  return order == 1 && spd_invsqrt (L, n, root, rest) ? order : 0;
}
