/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of mean.h share.
 */
#ifndef FNX_COMMON_MEAN_IMPL_H
#define FNX_COMMON_MEAN_IMPL_H

#include "plugins/common/mean.h"

enum { MEAN_PASSES = 50 }; /* at most, as pyRiemann */

/* One mean in the making: the sum over matrices, its tiles and work space. */
typedef struct mean_job {
  fnx_call *c;
  const mean_in *in;
  size_t n, q;  /* q = n^2 */
  double total; /* of the weights */
  double p;     /* of a power mean */
  size_t per_tile, tiles;
  double *sums;  /* tiles x q */
  double *extra; /* tiles: sums of a number that goes with each term */
  int64_t *bad;  /* tiles */
  double *work;  /* max_threads x room */
  size_t room;
  /* what is summed: term (x, work) -> out, non-zero if x will not do */
  int (*term) (const struct mean_job *, const double *x, double *out, double *extra, double *work);
  /* instead, if set: of 1 to SPD_TOGETHER matrices; 1 + index of the one that will not do */
  int (*terms) (const struct mean_job *, const double *const *x, size_t count, double *out, double *extra,
                double *work);
  const double *a, *b; /* matrices that the term refers to */
  bool rough;          /* six digits will do */
} mean_job;

/* sum[q] = sum_i w_i term (x_i), w summing to one; extra likewise, or NULL.  Then
 * terms is NULL again. */
fnx_status mean_sum (mean_job *, double *sum, double *extra, mean_note *note);
/* Scratch for `count` matrices of the caller's size. */
double *mean_scratch (mean_job *, size_t count);
/* fail() for a mean that is not positive definite. */
fnx_status mean_lost (mean_job *);
fnx_status mean_euclid (mean_job *, double *m, mean_note *note);
fnx_status mean_kullback_sym (mean_job *, double *m, mean_note *note);
fnx_status mean_riemann (mean_job *, double *m, mean_note *note);

#endif
