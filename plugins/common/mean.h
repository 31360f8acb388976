/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means of SPD matrices under the metrics of spd.h, over the host's threads.
 * Sums run over fixed tiles that are added in order: the bits of a result do
 * not depend on the number of threads.
 */
#ifndef FNX_COMMON_MEAN_H
#define FNX_COMMON_MEAN_H

#include "fornix/plugin.h"
#include "plugins/common/spd.h"

#include <stdbool.h>

typedef struct mean_in {
  int n;                  /* matrices are n x n */
  size_t count;           /* at least one */
  const double *const *x; /* count matrices; borrowed */
  const double *w;        /* weights >= 0, not all zero; NULL: equal */
  bool peer;              /* pyRiemann's own iteration, start and stop included */
  const double *start;    /* where to begin (metric riemann, not peer); or NULL */
} mean_in;

typedef struct mean_note {
  int passes;     /* over the matrices, eigen-decompositions each */
  double crit;    /* norm of the last gradient, where there is one */
  bool converged; /* false: ended at the floor of rounding, or after 50 passes */
  int64_t bad;    /* the matrix that is not positive definite; -1: none */
} mean_note;

/* m[n,n] receives the mean.  FNX_E_NUMERIC with note->bad >= 0: the caller says
 * which trial that is (fail() was not called); any other failure was told. */
fnx_status mean_spd (fnx_call *, spd_metric, const mean_in *, double *m, mean_note *note);
/* The power mean, p in [-1, 1]: -1 harmonic, 0 riemann, 1 euclid, and all between. */
fnx_status mean_power (fnx_call *, double p, const mean_in *, double *m, mean_note *note);

#endif
