/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Thin wrappers over CBLAS and LAPACKE.  LAPACK is called in column order
 * everywhere: a symmetric matrix is the same in both orders, and a column of
 * eigenvectors becomes a row, so nothing is ever transposed on the way.
 */
#include "plugins/common/linalg.h"
#include "plugins/common/eigsmall.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void
la_serial (void)
{
  openblas_set_num_threads (1);
}

void
la_mul (double *c, const double *a, const double *b, int m, int n, int k, double alpha, double beta)
{
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, k, b, n, beta, c, n);
}

void
la_mul_nt (double *c, const double *a, const double *b, int m, int n, int k, double alpha, double beta)
{
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, alpha, a, k, b, k, beta, c, n);
}

void
la_mul_tn (double *c, const double *a, const double *b, int m, int n, int k, double alpha, double beta)
{
  cblas_dgemm (CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, alpha, a, m, b, n, beta, c, n);
}

void
la_mirror (double *a, int n)
{
  size_t s = (size_t)n;
  for (size_t i = 1; i < s; i++)
    for (size_t j = 0; j < i; j++)
      a[i * s + j] = a[j * s + i];
}

void
la_gram (double *c, const double *a, int m, int k, double alpha, double beta)
{
  cblas_dsyrk (CblasRowMajor, CblasUpper, CblasNoTrans, m, k, alpha, a, k, beta, c, m);
  la_mirror (c, m);
}

void
la_gram_t (double *c, const double *a, int m, int k, double alpha, double beta)
{
  cblas_dsyrk (CblasRowMajor, CblasUpper, CblasTrans, m, k, alpha, a, m, beta, c, m);
  la_mirror (c, m);
}

double
la_asymmetry (const double *a, int n)
{
  size_t s = (size_t)n;
  double worst = 0;
  for (size_t i = 0; i < s * s; i++)
    if (!isfinite (a[i]))
      return NAN;
  for (size_t i = 1; i < s; i++)
    for (size_t j = 0; j < i; j++)
      worst = fmax (worst, fabs (a[i * s + j] - a[j * s + i]));
  return worst;
}

/* dsyevd wants 1 + 6n + 2n^2 doubles and, kept behind them, 3 + 5n integers;
 * dsygvd the same and eig_small less than this. */
size_t
la_eig_work (int n)
{
  size_t s = (size_t)n;
  return 2 * s * s + 12 * s + 64;
}

static int
syevd (char job, double *a, int n, double *w, double *work)
{
  size_t s = (size_t)n, lwork = 1 + 6 * s + 2 * s * s;
  return LAPACKE_dsyevd_work (LAPACK_COL_MAJOR, job, 'L', n, a, n, w, work, (lapack_int)lwork,
                              (lapack_int *)(void *)(work + lwork), 3 + 5 * n);
}

int
la_eig (const double *a, int n, double *v, double *w, double *work)
{
  if (n <= EIG_SMALL_MAX)
    return eig_small (a, n, v, w, work);
  if (a != v)
    memcpy (v, a, (size_t)n * (size_t)n * sizeof *v);
  return syevd ('V', v, n, w, work);
}

int
la_eigvals (double *a, int n, double *w, double *work)
{
  if (n <= EIG_SMALL_MAX)
    return eig_small (a, n, NULL, w, work);
  return syevd ('N', a, n, w, work);
}

int
la_eig_pair (double *a, double *b, int n, double *v, double *w, double *work)
{
  size_t s = (size_t)n;
  int info
      = LAPACKE_dsygvd_work (LAPACK_COL_MAJOR, 1, 'V', 'L', n, a, n, b, n, w, work, (lapack_int)(1 + 6 * s + 2 * s * s),
                             (lapack_int *)(void *)(work + 1 + 6 * s + 2 * s * s), 3 + 5 * n);
  if (info == 0)
    memcpy (v, a, s * s * sizeof *v);
  return info;
}

int
la_chol (double *a, int n)
{
  return LAPACKE_dpotrf_work (LAPACK_COL_MAJOR, 'U', n, a, n);
}

void
la_lower_solve (const double *l, double *x, int n, int m)
{
  cblas_dtrsm (CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, m, 1, l, n, x, m);
}

double
la_chol_logdet (const double *l, int n)
{
  double sum = 0;
  for (size_t i = 0; i < (size_t)n; i++)
    sum += log (l[i * (size_t)n + i]);
  return 2 * sum;
}

int
la_spd_solve (double *a, double *b, int n, int m)
{
  int info = la_chol (a, n);
  if (info == 0) {
    la_lower_solve (a, b, n, m);
    cblas_dtrsm (CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, n, m, 1, a, n, b, m);
  }
  return info;
}

int
la_lstsq (const double *a, const double *b, int m, int n, int k, double rcond, double *x, int *rank)
{
  size_t big = (size_t)(m > n ? m : n), M = (size_t)m, N = (size_t)n, K = (size_t)k;
  size_t least = (size_t)(m < n ? m : n);
  lapack_int r = 0;
  int info = -1;
  /* zeros: LAPACKE looks for NaN in the rows of b that x alone has, too */
  double *ac = calloc (M * N + big * K + least + 1, sizeof *ac);
  if (!ac)
    return -1;
  double *bc = ac + M * N, *s = bc + big * K;
  for (size_t i = 0; i < M; i++) {
    for (size_t j = 0; j < N; j++)
      ac[j * M + i] = a[i * N + j];
    for (size_t j = 0; j < K; j++)
      bc[j * big + i] = b[i * K + j];
  }
  info = LAPACKE_dgelsd (LAPACK_COL_MAJOR, m, n, k, ac, m, bc, (lapack_int)big, s, rcond, &r);
  if (info == 0)
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < K; j++)
        x[i * K + j] = bc[j * big + i];
  if (rank)
    *rank = r;
  free (ac);
  return info < 0 ? -1 : info;
}

int
la_svd (double *a, int m, int n, double *u, double *s, double *vt)
{
  /* A in C order is A^T in column order: A^T = V S U^T, so that LAPACK's left
   * vectors, read in C order, are our vt, and its right ones our u. */
  int r = m < n ? m : n;
  double *spare = NULL;
  if (!u && !(u = spare = malloc ((size_t)m * (size_t)r * sizeof *u + 1)))
    return -1;
  int info = LAPACKE_dgesdd (LAPACK_COL_MAJOR, 'S', n, m, a, n, s, vt, n, u, r);
  free (spare);
  return info < 0 ? -1 : info;
}

double
la_norm (const double *a, size_t n)
{
  return cblas_dnrm2 ((blasint)n, a, 1);
}

double
la_dot (const double *a, const double *b, size_t n)
{
  return cblas_ddot ((blasint)n, a, 1, b, 1);
}

void
la_axpy (double *y, double alpha, const double *x, size_t n)
{
  cblas_daxpy ((blasint)n, alpha, x, 1, y, 1);
}

void
la_scale (double *x, double alpha, size_t n)
{
  cblas_dscal ((blasint)n, alpha, x, 1);
}
