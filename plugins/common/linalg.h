/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dense double matrices in C order over CBLAS and LAPACKE, for small and
 * middle sizes: no allocation inside loops (each caller brings work space), a
 * status that is always looked at, and one thread (parallelism is the host's).
 *
 * All functions return 0, or LAPACK's positive info where the numbers fail.
 */
#ifndef FNX_COMMON_LINALG_H
#define FNX_COMMON_LINALG_H

#include <stddef.h>
#include <stdint.h>

/* OpenBLAS to one thread: call it from the load() of every module that links
 * OpenBLAS, so that results do not depend on the number of processors. */
void la_serial (void);

/* c[m,n] = alpha a[m,k] b[k,n] + beta c; _nt: b is b[n,k], _tn: a is a[k,m]. */
void la_mul (double *c, const double *a, const double *b, int m, int n, int k, double alpha, double beta);
void la_mul_nt (double *c, const double *a, const double *b, int m, int n, int k, double alpha, double beta);
void la_mul_tn (double *c, const double *a, const double *b, int m, int n, int k, double alpha, double beta);
/* c[m,m] = alpha a[m,k] a^T + beta c, both triangles written; _t: a^T a of a[k,m]. */
void la_gram (double *c, const double *a, int m, int k, double alpha, double beta);
void la_gram_t (double *c, const double *a, int m, int k, double alpha, double beta);
/* Copy the upper triangle onto the lower one. */
void la_mirror (double *a, int n);
/* Largest |a_ij - a_ji|; NaN if a holds one that is not finite. */
double la_asymmetry (const double *a, int n);

/* Eigenvalues ascending in w[n]; row k of v is the eigenvector of w[k], so
 * a = v^T diag(w) v.  a and v may be the same memory.  work: la_eig_work(n) doubles. */
size_t la_eig_work (int n);
int la_eig (const double *a, int n, double *v, double *w, double *work);
/* Eigenvalues only; a is destroyed. */
int la_eigvals (double *a, int n, double *w, double *work);
/* Generalised a x = lambda b x, b SPD; ascending, row k of v with v b v^T = 1.
 * a and b are destroyed, v receives the vectors. */
int la_eig_pair (double *a, double *b, int n, double *v, double *w, double *work);

/* Cholesky a = l l^T in place, lower triangle (the upper one is left alone). */
int la_chol (double *a, int n);
/* Inverse of an SPD matrix in place, both triangles. */
int la_spd_inv (double *a, int n);
/* x[n,m] <- l^-1 x. */
void la_lower_solve (const double *l, double *x, int n, int m);
/* l^-1 in place; l must be lower, with zeros above the diagonal. */
int la_lower_inv (double *l, int n);
/* out = l a l^T for a lower l and a symmetric a; both triangles. */
void la_lower_congruence (const double *a, const double *l, int n, double *out);
/* out = p a p for symmetric p and a, all n x n; t: n x n of work space. */
void la_congruence (const double *a, const double *p, int n, double *out, double *t);
/* Log-determinant from a Cholesky factor. */
double la_chol_logdet (const double *l, int n);
/* Solve the SPD system a x = b, b[n,m] in C order; a and b are overwritten. */
int la_spd_solve (double *a, double *b, int n, int m);
/* Minimum-norm least squares a[m,n] x = b[m,k] by SVD (LAPACK gelsd), singular
 * values below rcond times the largest dropped; x[n,k].  Allocates. -1: no memory. */
int la_lstsq (const double *a, const double *b, int m, int n, int k, double rcond, double *x, int *rank);
/* Thin SVD a[m,n] = u[m,r] diag(s) vt[r,n], r = min(m,n), s descending; u may
 * be NULL.  a is destroyed.  Allocates. -1: no memory. */
int la_svd (double *a, int m, int n, double *u, double *s, double *vt);

double la_norm (const double *a, size_t n); /* Euclidean, or Frobenius */
double la_dot (const double *a, const double *b, size_t n);
void la_axpy (double *y, double alpha, const double *x, size_t n);
void la_scale (double *x, double alpha, size_t n);

#endif
