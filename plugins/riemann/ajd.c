/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Approximate joint diagonalisation of SPD matrices (Pham, SIAM J Matrix Anal
 * Appl 22:1136, 2001), as pyRiemann's ajd_pham: sweeps of 2 x 2 updates, each
 * lowering sum_k log det diag (V C_k V^T) - log det (V C_k V^T).
 */
#include "plugins/riemann/ajd.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* rows i, j of m[n,n] <- [1 a; b 1] times them */
static void
turn_rows (double *m, size_t n, size_t i, size_t j, double a, double b)
{
  for (size_t k = 0; k < n; k++) {
    double x = m[i * n + k], y = m[j * n + k];
    m[i * n + k] = x + a * y;
    m[j * n + k] = b * x + y;
  }
}

static void
turn_columns (double *m, size_t n, size_t i, size_t j, double a, double b)
{
  for (size_t k = 0; k < n; k++) {
    double x = m[k * n + i], y = m[k * n + j];
    m[k * n + i] = x + a * y;
    m[k * n + j] = b * x + y;
  }
}

/* One pair; gives what it lowers the criterion by. */
static double
turn (double *c, size_t count, size_t n, size_t i, size_t j, double *v)
{
  double g12 = 0, g21 = 0, w21 = 0, w12 = 0, one = 1 / (double)count;
  for (size_t k = 0; k < count; k++) {
    const double *m = c + k * n * n;
    double ci = m[i * n + i], cj = m[j * n + j], cij = m[i * n + j];
    g12 += one * cij / ci;
    g21 += one * cij / cj;
    w21 += one * ci / cj;
    w12 += one * cj / ci;
  }
  double omega = sqrt (w12 * w21), ratio = sqrt (w21 / w12);
  double sum = (ratio * g12 + g21) / (omega + 1), gap = (ratio * g12 - g21) / fmax (omega - 1, 1e-9);
  double h12 = sum + gap, h21 = (sum - gap) / ratio;
  double scale = 1 + sqrt (fmax (0, 1 - h12 * h21));
  for (size_t k = 0; k < count; k++) {
    turn_rows (c + k * n * n, n, i, j, -h12 / scale, -h21 / scale);
    turn_columns (c + k * n * n, n, i, j, -h12 / scale, -h21 / scale);
  }
  turn_rows (v, n, i, j, -h12 / scale, -h21 / scale);
  return (double)count * (g12 * h12 + g21 * h21) / 2;
}

bool
ajd_pham (double *c, int count, int n, int sweeps, double *v)
{
  size_t s = (size_t)n;
  memset (v, 0, s * s * sizeof *v);
  for (size_t i = 0; i < s; i++)
    v[i * s + i] = 1;
  for (int sweep = 0; sweep < sweeps; sweep++) {
    double crit = 0;
    for (size_t i = 1; i < s; i++)
      for (size_t j = 0; j < i; j++)
        crit += turn (c, (size_t)count, s, i, j, v);
    if (crit < 1e-6 * (double)n * (n - 1))
      return true;
  }
  return false;
}
