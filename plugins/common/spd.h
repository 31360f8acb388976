/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions of symmetric positive definite (SPD) matrices, and the distances
 * and geodesics between them, as pyRiemann 0.9 defines them.
 *
 * Matrices are n x n in C order, both triangles filled.  Functions return 0,
 * or non-zero when a matrix is not positive definite (or not finite): nothing
 * ever comes out as NaN.  work: spd_work (n) doubles; inputs stay as they are,
 * and outputs must not be inputs.
 */
#ifndef FNX_COMMON_SPD_H
#define FNX_COMMON_SPD_H

#include <stdbool.h>
#include <stddef.h>

size_t spd_work (int n);

/* f(a) = v^T f(w) v for f = log, sqrt, x^p, and exp (of any symmetric a). */
int spd_log (const double *a, int n, double *out, double *work);
int spd_exp (const double *a, int n, double *out, double *work);
int spd_sqrt (const double *a, int n, double *out, double *work);
int spd_invsqrt (const double *a, int n, double *out, double *work);
int spd_power (const double *a, int n, double p, double *out, double *work);
/* Both roots from one decomposition. */
int spd_roots (const double *a, int n, double *sqrt_a, double *invsqrt_a, double *work);
/* log (l a l^T) for a lower triangular l: the map at a reference m if l = chol(m)^-1,
 * which differs from the one below by a rotation that is the same for all a. */
int spd_log_lower (const double *a, const double *l, int n, double *out, double *work);
/* log (p a p) for a symmetric p: the log map at a reference m if p = m^-1/2. */
int spd_log_at (const double *a, const double *p, int n, double *out, double *work);
/* Both of `count` matrices, 1 to SPD_TOGETHER, which for small n is quicker:
 * out[count,n,n].  Return 0, or 1 + the index of the first that will not do. */
enum { SPD_TOGETHER = 4 };
int spd_logs_lower (const double *const *a, size_t count, const double *l, int n, double *out, double *work);
int spd_logs_at (const double *const *a, size_t count, const double *p, int n, double *out, double *work);
/* spd_logs_lower to about six digits, in less time where n is large (symlog_single). */
int spd_logs_roughly (const double *const *a, size_t count, const double *l, int n, double *out, double *work);
/* v^T diag (f) v. */
void spd_compose (const double *v, const double *f, int n, double *out, double *work);

/* The upper triangle in row order, off-diagonals times sqrt 2 (so that the
 * vector's norm is the matrix's), and back.  n (n + 1) / 2 numbers. */
void spd_vec (const double *a, int n, double *vec);
void spd_unvec (const double *vec, int n, double *a);

/* A metric.  The numbers of the enum are written into model files: append only. */
typedef enum spd_metric {
  SPD_RIEMANN,
  SPD_LOGEUCLID,
  SPD_EUCLID,
  SPD_HARMONIC,
  SPD_LOGDET,
  SPD_WASSERSTEIN,
  SPD_KULLBACK_SYM,
  SPD_LOGCHOL,
  SPD_N_MEAN, /* those above have a mean too */
  SPD_KULLBACK = SPD_N_MEAN,
  SPD_KULLBACK_RIGHT,
  SPD_CHOL,
  SPD_N_METRIC
} spd_metric;
extern const char *const spd_metric_names[SPD_N_METRIC + 1]; /* NULL-terminated */
extern const char *const spd_mean_names[SPD_N_MEAN + 1];

/* Distances to one matrix b: what depends on b alone is computed once, into
 * ref[spd_ref_size (n)]. */
size_t spd_ref_size (int n);
int spd_ref (spd_metric, const double *b, int n, double *ref, double *work);
int spd_ref_dist (spd_metric, const double *a, const double *ref, int n, double *dist, double *work);
/* The same of `count` matrices, 1 to SPD_TOGETHER, which for small n is quicker;
 * work: spd_work (n) + SPD_TOGETHER n^2 doubles.  Returns 0, or 1 + the index of
 * the first that will not do. */
int spd_ref_dists (spd_metric, const double *const *a, size_t count, const double *ref, int n, double *dist,
                   double *work);
/* Flat metrics: the distance is the Frobenius norm of the gap between the
 * places out[n,n] of both matrices. */
bool spd_flat (spd_metric);
int spd_place (spd_metric, const double *a, int n, double *out, double *work);
double spd_gap (const double *place_a, const double *place_b, int n);
/* d(a, b) of one pair. */
int spd_dist (spd_metric, const double *a, const double *b, int n, double *dist, double *work);

/* The point at t on the geodesic from a (0) to b (1); metrics riemann,
 * logeuclid, euclid and wasserstein. */
int spd_geodesic (spd_metric, const double *a, const double *b, int n, double t, double *out, double *work);
/* The same from one a to many b: what depends on a alone goes into
 * origin[spd_origin_size (n)]. */
size_t spd_origin_size (int n);
int spd_origin (spd_metric, const double *a, int n, double *origin, double *work);
int spd_along (spd_metric, const double *origin, const double *b, int n, double t, double *out, double *work);

#endif
