/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Siegel disk: real n x n matrices whose singular values are below 1, and
 * the coefficients of a block-Toeplitz covariance that live in it (Carrara and
 * Papadopoulo, arXiv 2406.16909; Jeuris and Vandebril, SIAM J Matrix Anal Appl
 * 37:1151, 2016).
 *
 * Matrices are in C order.  Functions return 0, or non-zero where a matrix is
 * not inside the disk (or not finite).  work: siegel_work (n) doubles.
 */
#ifndef FNX_RIEMANN_SIEGEL_H
#define FNX_RIEMANN_SIEGEL_H

#include "plugins/riemann/riemann.h"

size_t siegel_work (int n);
/* Largest singular value; NaN if it cannot be had. */
double siegel_size (const double *x, int n, double *work);
/* What maps and distances need of a point w, in siegel_ref_size (n) doubles. */
size_t siegel_ref_size (int n);
int siegel_ref (const double *w, int n, double *ref, double *work);
/* The tangent vector at the reference that leads to x, and back. */
int siegel_log (const double *x, const double *ref, int n, double *out, double *work);
int siegel_exp (const double *z, const double *ref, int n, double *out, double *work);
/* Squared distance from the reference: sum artanh (s)^2 over the singular values
 * s of x moved to where the reference is 0. */
int siegel_dist2 (const double *x, const double *ref, int n, double *d2, double *work);

/* r[order,n,n] holds R_0, R_1 .. of a block-Toeplitz covariance (R_d = E x_t
 * x_{t+d}^T); out[order,n,n] receives P_0 = R_0 and Omega_1 ..., the correlations
 * of what the samples between leave unexplained.  Returns 0, or the number of the
 * first block that is out of the disk (order: R_0 is not positive definite), whose
 * largest singular value *size receives. */
size_t siegel_coefficients_work (int n, int order);
int siegel_coefficients (const double *r, int n, int order, double *out, double *size, double *work);

/* ---- siegel[trial,block,channel,channel] as it travels ---- */
typedef struct blocks {
  int n, order;
  size_t count;
  const double *const *x; /* order matrices of n x n each */
  const fnx_buf *of;
} blocks;

/* Each tested: P_0 positive definite, the others inside the disk. */
fnx_status blocks_of (fnx_call *, const fnx_buf *, size_t need, blocks *);
fnx_status blocks_fit (fnx_call *, const blocks *, int n, int order);
/* The block-wise means of the trials of code k (codes NULL: all), mean[order,n,n]. */
fnx_status blocks_mean (fnx_call *, const blocks *, const double *w, const int32_t *codes, int32_t k, double *mean);
/* References of count means one after the other: spd_ref of P_0, siegel_ref of the rest. */
size_t blocks_ref_size (int n, int order);
fnx_status blocks_ref (fnx_call *, const double *mean, int n, int order, double *ref);
/* Say that a mean is out of the disk. */
fnx_status blocks_refuse (fnx_call *, const char *what);
/* Are the saved means of a model what means can be? */
bool blocks_sound (const double *mean, int n, int order);
/* Matrices of block k alone. */
fnx_status blocks_matrices (fnx_call *, const blocks *, int k, matrices *);

extern const fnx_port_desc *const blocks_inputs[];

#endif
