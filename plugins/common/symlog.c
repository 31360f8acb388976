/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The logarithm of a positive definite matrix by way of its tridiagonal form:
 * A = Q T Q^T by Householder, F = log T, log A = Q F Q^T.
 *
 * Half of an eigen-decomposition is spent on the eigenvectors of T, which the
 * logarithm does not need.  With poles s_k on the negative axis,
 *   log x = int_0^inf 1/(s+1) - 1/(s+x) ds ~ sum_k w_k (1/(s_k+1) - 1/(s_k+x)),
 * and the inverse of a tridiagonal T + s is known entry by entry: its diagonal
 * from the pivots of both eliminations, and along a column each entry from its
 * neighbour by a ratio that is the same for all columns (Meurant 1992).  A pole
 * costs n^2/2 multiplications; twenty do for spectra over a factor 300.
 *
 * The substitution s = a (e^z - 1) / (1 - e^(z-Z)), Z = log 2b/a, maps (0, inf) to
 * (0, Z) and leaves the integrand analytic in |Im z| < pi for every x in [a, b]:
 * Gauss-Legendre in z converges geometrically, and all weights are positive.
 */
#include "plugins/common/symlog.h"
#include "plugins/common/clones.h"
#include "plugins/common/linalg.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
  LANES = 8,  /* poles at a time */
  BLOCK = 24, /* reflectors at a time */
};

/* How many nodes serve a spectrum within [a, b] to 1e-14, by b / a. */
static const struct rule {
  double ratio;
  size_t nodes;
} rules[] = { { 13, 12 }, { 66, 16 }, { 330, 20 }, { 3.6e4, 32 }, { 7e9, 64 }, { 1.5e15, SYMLOG_NODES } };
enum { RULES = sizeof rules / sizeof *rules };

/* Four columns. */
typedef double four __attribute__ ((vector_size (32), aligned (8)));

/* Node i of m and its weight, of Gauss-Legendre quadrature over [0, 1]: the root
 * of the Legendre polynomial near Tricomi's guess, by Newton. */
static double
legendre (size_t m, size_t i, double *weight)
{
  double x = cos (M_PI * ((double)i + 0.75) / ((double)m + 0.5)), slope = 1;
  for (int k = 0; k < 4; k++) {
    double before = 1, p = x;
    for (size_t l = 2; l <= m; l++) {
      double next = ((double)(2 * l - 1) * x * p - (double)(l - 1) * before) / (double)l;
      before = p;
      p = next;
    }
    slope = (double)m * (x * p - before) / (x * x - 1);
    x -= p / slope;
  }
  *weight = 1 / ((1 - x * x) * slope * slope);
  return 0.5 * (1 - x);
}

size_t
symlog_nodes (double ratio)
{
  size_t r = 0;
  while (r < RULES && !(ratio <= rules[r].ratio))
    r++;
  return r < RULES ? rules[r].nodes : 0;
}

void
symlog_rule (size_t nodes, double *node, double *weight)
{
  for (size_t i = 0, j = nodes - 1; i <= j; i++, j--) { /* symmetric about 1/2 */
    node[i] = legendre (nodes, i, &weight[i]);
    node[j] = 1 - node[i];
    weight[j] = weight[i];
  }
}

void
symlog_pole (double a, double b, double node, double weight, double *s, double *w)
{
  double Z = log (2 * b / a), up = expm1 (Z * node), down = -expm1 (Z * node - Z);
  *s = a * up / down;
  *w = a * Z * weight * ((up + 1) * down + up * (1 - down)) / (down * down);
}

/* ---- tridiagonal ------------------------------------------------------------ */

/* Is sign (T - shift) positive definite? */
static bool
definite (const double *d, const double *e, size_t n, double shift, double sign)
{
  double pivot = sign * (d[0] - shift);
  for (size_t i = 1; i < n && pivot > 0; i++)
    pivot = sign * (d[i] - shift) - e[i - 1] * e[i - 1] / pivot;
  return pivot > 0;
}

/* a below and b above all eigenvalues, each within a third of them. */
static bool
bounds (const double *d, const double *e, size_t n, double *a, double *b)
{
  double least = INFINITY, most = 0;
  for (size_t i = 0; i < n; i++) {
    least = fmin (least, d[i]);
    most = fmax (most, d[i] + (i ? fabs (e[i - 1]) : 0) + (i + 1 < n ? fabs (e[i]) : 0));
  }
  if (!isfinite (most) || !(least > 0))
    return false;
  for (*b = most; definite (d, e, n, *b / 1.4, -1); *b /= 1.4)
    ;
  for (*a = 0.9 * least; !definite (d, e, n, *a, 1); *a *= 0.25)
    if (!(*a > 1e-15 * most))
      return false;
  for (int k = 0; k < 3 && definite (d, e, n, *a * 1.4, 1); k++)
    *a *= 1.4;
  return true;
}

/* Pivots of T + s from both ends for LANES poles at once: diag[i] receives
 * w (T+s)^-1_ii, ratio[j] the factor from entry (j-1, i) to (j, i), i < j. */
static inline __attribute__ ((always_inline)) void
pivots (const double *restrict d, const double *restrict e, size_t n, const double *restrict s,
        const double *restrict w, double (*restrict diag)[LANES], double (*restrict ratio)[LANES])
{
  double forth[LANES], back[LANES];
  for (size_t k = 0; k < LANES; k++)
    forth[k] = back[k] = 1;
  for (size_t i = 0; i < n; i++) {
    double c = i ? e[i - 1] : 0;
    for (size_t k = 0; k < LANES; k++) {
      forth[k] = d[i] + s[k] - c * c / forth[k];
      diag[i][k] = forth[k] - d[i] - s[k];
    }
  }
  for (size_t i = n; i-- > 0;) {
    double c = i ? e[i - 1] : 0, after = i + 1 < n ? e[i] : 0;
    for (size_t k = 0; k < LANES; k++) {
      back[k] = d[i] + s[k] - after * after / back[k];
      diag[i][k] = w[k] / (diag[i][k] + back[k]);
      ratio[i][k] = -c / back[k];
    }
  }
}

/* Columns whose entries are so small that no ratio brings them back: these
 * grow by the root of the condition at most. */
#define GONE 1e-30

/* f -= sum of w (T+s)^-1 over LANES poles, lower triangle (rows of ld, padded:
 * what is written right of the diagonal is without meaning). */
CLONES (subtract,
        (const double *d, const double *e, size_t n, size_t ld, const double *s, const double *w, double *restrict f,
         double *restrict work),
        (d, e, n, ld, s, w, f, work))
{
  double (*restrict diag)[LANES] = (void *)work, (*restrict ratio)[LANES] = diag + n;
  four (*restrict g)[LANES] = (void *)(work + 2 * LANES * ld); /* four columns each */
  pivots (d, e, n, s, w, diag, ratio);
  memset (g, 0, LANES * ld * sizeof (double));
  for (size_t j = 0, from = 0; j < n; j++) {
    four *restrict row = (four *)(void *)(f + j * ld);
    const double *r = ratio[j];
    for (size_t i = from; i <= j / 4; i++) {
      four *x = g[i], a = (x[0] *= r[0]) + (x[1] *= r[1]), b = (x[2] *= r[2]) + (x[3] *= r[3]);
      four c = (x[4] *= r[4]) + (x[5] *= r[5]), h = (x[6] *= r[6]) + (x[7] *= r[7]);
      row[i] -= (a + b) + (c + h);
    }
    double own = 0, most = 0;
    for (size_t k = 0; k < LANES; k++) {
      g[j / 4][k][j % 4] = diag[j][k];
      own += diag[j][k];
      for (size_t l = 0; l < 4; l++)
        most = fabs (g[from][k][l]) > most ? fabs (g[from][k][l]) : most;
    }
    row[j / 4][j % 4] -= own;
    from += most < GONE && from < j / 4;
  }
}

/* ---- back ------------------------------------------------------------------- */

/* H_0 H_1 .. = I - V^T t V, the reflectors being the k rows of V. */
static void
factor_of (const double *v, size_t ld, size_t k, size_t m, const double *tau, double *t, double *gram)
{
  cblas_dsyrk (CblasRowMajor, CblasUpper, CblasNoTrans, (int)k, (int)m, 1, v, (int)ld, 0, gram, BLOCK);
  memset (t, 0, BLOCK * BLOCK * sizeof *t);
  for (size_t i = 0; i < k; i++) {
    for (size_t j = 0; j < i; j++) {
      double sum = 0;
      for (size_t l = j; l < i; l++)
        sum += t[j * BLOCK + l] * gram[l * BLOCK + i];
      t[j * BLOCK + i] = -tau[i] * sum;
    }
    t[i * BLOCK + i] = tau[i];
  }
}

/* f <- Q f Q^T (lower triangle, rows of ld): reflector i is row i of v, from column
 * i + 1 on. */
static void
back (double *v, size_t n, const double *tau, double *f, size_t ld, double *work)
{
  double *t = work, *small = t + BLOCK * BLOCK, *y = small + BLOCK * BLOCK;
  size_t count = n - 1;
  for (size_t end = count; end > 0;) {
    size_t first = (end - 1) / BLOCK * BLOCK, k = end - first, m = n - first - 1, left = first + 1;
    double *b = v + first * n + left, *sub = f + left * ld + left, *side = f + left * ld;
    for (size_t i = 0; i < k; i++) {
      memset (b + i * n, 0, i * sizeof *b);
      b[i * n + i] = 1;
    }
    factor_of (b, n, k, m, tau + first, t, small);
    /* columns on the left: side -= V^T t (V side) */
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, (int)left, (int)m, 1, b, (int)n, side, (int)ld, 0,
                 y, (int)ld);
    cblas_dtrmm (CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, (int)k, (int)left, 1, t, BLOCK, y,
                 (int)ld);
    cblas_dgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)left, (int)k, -1, b, (int)n, y, (int)ld, 1, side,
                 (int)ld);
    /* both sides: sub -= V^T z + z^T V, z = t y - (t y V^T t^T) V / 2, y = V sub */
    cblas_dsymm (CblasRowMajor, CblasRight, CblasLower, (int)k, (int)m, 1, sub, (int)ld, b, (int)n, 0, y, (int)ld);
    cblas_dtrmm (CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, (int)k, (int)m, 1, t, BLOCK, y,
                 (int)ld);
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)k, (int)k, (int)m, 1, y, (int)ld, b, (int)n, 0, small,
                 BLOCK);
    cblas_dtrmm (CblasRowMajor, CblasRight, CblasUpper, CblasTrans, CblasNonUnit, (int)k, (int)k, 1, t, BLOCK, small,
                 BLOCK);
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, (int)m, (int)k, -0.5, small, BLOCK, b, (int)n, 1, y,
                 (int)ld);
    cblas_dsyr2k (CblasRowMajor, CblasLower, CblasTrans, (int)m, (int)k, -1, b, (int)n, y, (int)ld, 1, sub, (int)ld);
    end = first;
  }
}

static size_t
padded (size_t n)
{
  return (n + 7) & ~(size_t)7;
}

size_t
symlog_work (int n)
{
  size_t s = (size_t)n, ld = padded (s);
  return s * s + s * ld + 3 * s + (3 * LANES + BLOCK) * ld + 2 * BLOCK * BLOCK + 64;
}

int
symlog (const double *a, int order, double *out, double *work)
{
  size_t n = (size_t)order, ld = padded (n);
  double *v = work, *f = v + n * n, *d = f + n * ld, *e = d + n, *tau = e + n, *rest = tau + n, low, high;
  double node[SYMLOG_NODES], weight[SYMLOG_NODES], s[SYMLOG_NODES + LANES], w[SYMLOG_NODES + LANES];
  memcpy (v, a, n * n * sizeof *v);
  if (LAPACKE_dsytrd_work (LAPACK_COL_MAJOR, 'L', order, v, order, d, e, tau, rest,
                           (lapack_int)((3 * LANES + BLOCK) * ld)))
    return -1;
  size_t count = bounds (d, e, n, &low, &high) ? symlog_nodes (high / low) : 0;
  if (count == 0)
    return -1;
  symlog_rule (count, node, weight);
  memset (f, 0, n * ld * sizeof *f);
  double centre = sqrt (low * high), whole = log (centre);
  for (size_t k = 0; k < count; k++) {
    symlog_pole (low, high, node[k], weight[k], &s[k], &w[k]);
    whole += w[k] / (s[k] + centre);
  }
  for (size_t k = count; k % LANES; k++) { /* a pole that weighs nothing */
    s[k] = high;
    w[k] = 0;
  }
  for (size_t i = 0; i < n; i++)
    f[i * ld + i] = whole;
  for (size_t k = 0; k < count; k += LANES)
    subtract (d, e, n, ld, s + k, w + k, f, rest);
  back (v, n, tau, f, ld, rest);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++)
      out[i * n + j] = out[j * n + i] = f[i * ld + j];
  return 0;
}
