/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Eigen-decomposition of a small symmetric matrix: Householder to tridiagonal
 * form, then implicit QL with Wilkinson's shift (Martin and Wilkinson 1968,
 * "tred2" and "tql2").  LAPACK's dsyevd spends most of 70 us at n = 22 outside
 * the arithmetic; here everything runs along rows of length n that stay in the
 * first-level cache, the eigenvectors are rows (so that a rotation touches two
 * contiguous rows), and the compiler vectorises each loop.
 */
#include "plugins/common/eigsmall.h"
#include "plugins/common/clones.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Couplings below this are rounding of rounding (the matrix is of order one);
 * followed up, their squares would sink into denormals. */
#define NOISE 1e-30

#define INLINE static inline __attribute__ ((always_inline))

/* Rows padded to whole vectors of four: no remainder loops. */
INLINE size_t
padded (size_t n)
{
  return (n + 3) & ~(size_t)3;
}

size_t
eig_small_work (int n)
{
  size_t s = (size_t)n;
  return 2 * s * padded (s) + 5 * padded (s);
}

/* Reduce t (n rows of ld, full symmetric) to d, e: e[k] couples k and k+1.
 * Row k of t keeps the reflector I - tau v v^T of step k in columns k+1.. */
INLINE void
reduce (double *restrict t, size_t n, size_t ld, double *restrict d, double *restrict e, double *restrict tau,
        double *restrict p)
{
  for (size_t k = 0; k + 2 < n; k++) {
    double *restrict v = t + k * ld;
    double alpha = v[k + 1], rest = 0;
    for (size_t j = k + 2; j < n; j++)
      rest += v[j] * v[j];
    d[k] = v[k];
    tau[k] = 0;
    e[k] = alpha;
    if (!(rest > NOISE * NOISE))
      continue;
    double beta = -copysign (sqrt (alpha * alpha + rest), alpha), scale = 1 / (alpha - beta);
    tau[k] = (beta - alpha) / beta;
    e[k] = beta;
    v[k + 1] = 1;
    for (size_t j = k + 2; j < n; j++)
      v[j] *= scale;
    /* p = tau A v, then w = p - tau/2 (p.v) v, and A -= v w^T + w v^T: over
     * whole aligned rows, where the columns before k+1 are of no interest. */
    size_t from = (k + 1) & ~(size_t)3;
    for (size_t j = from; j < ld; j++)
      p[j] = 0;
    for (size_t i = k + 1; i < n; i++) {
      double f = tau[k] * v[i];
      const double *restrict row = t + i * ld;
      for (size_t j = from; j < ld; j++)
        p[j] += f * row[j];
    }
    double dot = 0;
    for (size_t j = k + 1; j < n; j++)
      dot += p[j] * v[j];
    double half = 0.5 * tau[k] * dot;
    for (size_t j = k + 1; j < n; j++)
      p[j] -= half * v[j];
    for (size_t i = k + 1; i < n; i++) {
      double *restrict row = t + i * ld, vi = v[i], pi = p[i];
      for (size_t j = from; j < ld; j++)
        row[j] -= vi * p[j] + pi * v[j];
    }
  }
  if (n > 1) {
    d[n - 2] = t[(n - 2) * ld + n - 2];
    e[n - 2] = t[(n - 2) * ld + n - 1];
  }
  d[n - 1] = t[(n - 1) * ld + n - 1];
  e[n - 1] = 0;
}

/* q = H_0 H_1 ... from the last to the first, each on the block it touches. */
INLINE void
accumulate (const double *restrict t, size_t n, size_t ld, const double *restrict tau, double *restrict q,
            double *restrict p)
{
  memset (q, 0, n * ld * sizeof *q);
  for (size_t i = 0; i < n; i++)
    q[i * ld + i] = 1;
  for (size_t k = n > 2 ? n - 2 : 0; k-- > 0;) {
    const double *restrict v = t + k * ld;
    size_t from = (k + 1) & ~(size_t)3;
    if (tau[k] == 0)
      continue;
    for (size_t j = from; j < ld; j++)
      p[j] = 0;
    for (size_t i = k + 1; i < n; i++) {
      const double *restrict row = q + i * ld;
      for (size_t j = from; j < ld; j++)
        p[j] += v[i] * row[j];
    }
    for (size_t i = k + 1; i < n; i++) {
      double *restrict row = q + i * ld, f = tau[k] * v[i];
      for (size_t j = from; j < ld; j++)
        row[j] -= f * p[j];
    }
  }
}

/* Implicit QL on d, e; the rotations act on rows of z (NULL: values only). */
INLINE int
ql (double *restrict d, double *restrict e, size_t n, double *restrict z, size_t ld)
{
  for (size_t l = 0; l < n; l++)
    for (int iter = 0;; iter++) {
      size_t m = l;
      for (; m + 1 < n; m++) {
        double dd = fabs (d[m]) + fabs (d[m + 1]);
        if (fabs (e[m]) <= DBL_EPSILON / 2 * dd + NOISE)
          break;
      }
      if (m == l)
        break;
      if (iter == 60)
        return (int)l + 1;
      double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt (g * g + 1);
      g = d[m] - d[l] + e[l] / (g + copysign (r, g));
      double s = 1, c = 1, p = 0;
      bool split = false;
      size_t i = m;
      while (i-- > l) {
        double f = s * e[i], b = c * e[i], rr = f * f + g * g;
        r = sqrt (rr);
        e[i + 1] = r;
        if (!(rr > 1e-290)) { /* split here; the matrix is of order one */
          d[i + 1] -= p;
          e[m] = 0;
          split = true;
          break;
        }
        double inv = r * (1 / rr); /* beside the root, not after it */
        s = f * inv;
        c = g * inv;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (z) {
          double *restrict lo = z + i * ld, *restrict hi = lo + ld;
          for (size_t j = 0; j < ld; j++) {
            double h = hi[j], o = lo[j];
            hi[j] = s * o + c * h;
            lo[j] = c * o - s * h;
          }
        }
      }
      if (split)
        continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  return 0;
}

CLONES (solve, (const double *a, size_t n, double *v, double *w, double *work, int *info), (a, n, v, w, work, info))
{
  size_t ld = padded (n);
  double *t = work, *q = t + n * ld, *d = q + n * ld, *e = d + ld, *tau = e + ld, *p = tau + ld;
  double most = 0, odd = 0;
  for (size_t i = 0; i < n * n; i++) {
    most = fmax (most, fabs (a[i]));
    odd += 0 * a[i]; /* NaN as soon as one is not finite */
  }
  *info = 1;
  if (odd != 0 || n == 0)
    return;
  /* Scaled to order one, squares neither overflow nor vanish. */
  double scale = most > 0 ? ldexp (1, -ilogb (most)) : 1;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++)
      t[i * ld + j] = scale * a[i * n + j];
    for (size_t j = n; j < ld; j++)
      t[i * ld + j] = 0;
  }
  memset (d, 0, 5 * ld * sizeof *d);
  reduce (t, n, ld, d, e, tau, p);
  double *z = NULL;
  if (v) {
    accumulate (t, n, ld, tau, q, p);
    z = t;
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        z[i * ld + j] = q[j * ld + i];
  }
  *info = ql (d, e, n, z, ld);
  if (*info)
    return;
  for (size_t i = 0; i < n; i++) { /* ascending: n passes over values, one copy of each vector */
    size_t least = i;
    for (size_t j = i + 1; j < n; j++)
      if (d[j] < d[least])
        least = j;
    double value = d[least];
    d[least] = d[i];
    d[i] = value;
    w[i] = value / scale;
    if (v && least != i)
      for (size_t j = 0; j < ld; j++) {
        double x = z[i * ld + j];
        z[i * ld + j] = z[least * ld + j];
        z[least * ld + j] = x;
      }
    if (v)
      memcpy (v + i * n, z + i * ld, n * sizeof *v);
  }
}

int
eig_small (const double *a, int n, double *v, double *w, double *work)
{
  int info;
  solve (a, (size_t)n, v, w, work, &info);
  return info;
}
