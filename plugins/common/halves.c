/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Triangles by halves: their inverses and products split into those of two
 * triangles half as large and full products of the square between them, which is
 * where BLAS is fast.  (OpenBLAS 0.3.21's dtrtri takes vector by vector below 240
 * rows or so; an inverse of 220 rows goes from 0.53 to 0.37 ms.)
 */
#include "plugins/common/linalg.h"

#include <cblas.h>
#include <lapacke.h>
#include <string.h>

enum { LEAF = 48 };

/* The lower triangle onto the upper one. */
static void
mirror (double *a, int n)
{
  for (size_t i = 0, s = (size_t)n; i < s; i++)
    for (size_t j = 0; j < i; j++)
      a[j * s + i] = a[i * s + j];
}

/* l^-1 of rows ld apart: l21 becomes -l22^-1 l21 l11^-1. */
static int
inverse (double *l, int n, int ld)
{
  if (n <= LEAF)
    return LAPACKE_dtrtri_work (LAPACK_COL_MAJOR, 'U', 'N', n, l, ld);
  int h = n / 2, k = n - h;
  double *l21 = l + (size_t)h * (size_t)ld, *l22 = l21 + h;
  int info = inverse (l, h, ld);
  if (info)
    return info;
  if ((info = inverse (l22, k, ld)))
    return info + h;
  cblas_dtrmm (CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, k, h, -1, l, ld, l21, ld);
  cblas_dtrmm (CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, k, h, 1, l22, ld, l21, ld);
  return 0;
}

int
la_lower_inv (double *l, int n)
{
  return inverse (l, n, n);
}

/* The lower triangle of l^T l in the place of l. */
static void
gram (double *l, int n, int ld)
{
  if (n <= LEAF) {
    LAPACKE_dlauum_work (LAPACK_COL_MAJOR, 'U', n, l, ld);
    return;
  }
  int h = n / 2, k = n - h;
  double *l21 = l + (size_t)h * (size_t)ld, *l22 = l21 + h;
  gram (l, h, ld);
  cblas_dsyrk (CblasRowMajor, CblasLower, CblasTrans, h, k, 1, l21, ld, 1, l, ld);
  cblas_dtrmm (CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, k, h, 1, l22, ld, l21, ld);
  gram (l22, k, ld);
}

int
la_spd_inv (double *a, int n)
{
  int info = la_chol (a, n);
  if (info == 0)
    info = inverse (a, n, n);
  if (info)
    return info;
  gram (a, n, n);
  mirror (a, n);
  return 0;
}

/* The lower triangle of l a l^T, rows of n numbers ld apart, by halves:
 *   w11 = l11 a11 l11^T,  g = l21 a11,  t = l22 a21 + g/2,
 *   w21 = (t + g/2) l11^T,  w22 = l22 a22 l22^T + t l21^T + l21 t^T,
 * which is n^3 multiplications and additions where two products of a triangle take
 * twice as many.  t waits in the upper triangle of w. */
static void
congruence (const double *a, const double *l, int n, int ld, double *w)
{
  size_t s = (size_t)ld;
  if (n <= LEAF) {
    for (int i = 0; i < n; i++)
      memcpy (w + (size_t)i * s, a + (size_t)i * s, (size_t)n * sizeof *w);
    cblas_dtrmm (CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, n, 1, l, ld, w, ld);
    cblas_dtrmm (CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, n, 1, l, ld, w, ld);
    return;
  }
  int k = n / 2, h = n - k;
  size_t low = (size_t)h * s, corner = low + (size_t)h;
  const double *a21 = a + low, *l21 = l + low;
  double *w21 = w + low, *t = w + k;
  congruence (a + corner, l + corner, k, ld, w + corner);
  for (int i = 0; i < k; i++)
    memcpy (t + (size_t)i * s, a21 + (size_t)i * s, (size_t)h * sizeof *t);
  cblas_dtrmm (CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, k, h, 1, l + corner, ld, t, ld);
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, k, h, h, 0.5, l21, ld, a, ld, 0, w21, ld);
  for (size_t i = 0; i < (size_t)k; i++)
    for (size_t j = 0; j < (size_t)h; j++) {
      double g = w21[i * s + j];
      w21[i * s + j] = (t[i * s + j] += g) + g;
    }
  cblas_dsyr2k (CblasRowMajor, CblasLower, CblasNoTrans, k, h, 1, t, ld, l21, ld, 1, w + corner, ld);
  cblas_dtrmm (CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, k, h, 1, l, ld, w21, ld);
  congruence (a, l, h, ld, w);
}

void
la_lower_congruence (const double *a, const double *l, int n, double *out)
{
  congruence (a, l, n, n, out);
  mirror (out, n);
}

/* The lower triangle of a[n,k] b[k,n], where that is known to be symmetric. */
static void
product (const double *a, const double *b, int n, int k, int ld, double *out)
{
  if (n <= LEAF) {
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, k, 1, a, ld, b, ld, 0, out, ld);
    return;
  }
  int h = n / 2;
  size_t low = (size_t)h * (size_t)ld;
  product (a, b, h, k, ld, out);
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n - h, h, k, 1, a + low, ld, b, ld, 0, out + low, ld);
  product (a + low, b + h, n - h, k, ld, out + low + h);
}

void
la_congruence (const double *a, const double *p, int n, double *out, double *t)
{
  la_mul (t, p, a, n, n, n, 1, 0);
  product (t, p, n, n, n, out);
  mirror (out, n);
}
