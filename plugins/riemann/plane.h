/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The flat picture of positive definite matrices around one of them, M: the
 * maps there (step tangent) and back (step untangent).
 */
#ifndef FNX_RIEMANN_PLANE_H
#define FNX_RIEMANN_PLANE_H

#include "plugins/common/spd.h"

enum { PLANE_MAPS = 3 }; /* the first three of spd_mean_names have one */

typedef struct plane {
  spd_metric metric;
  int n;
  const double *m; /* n x n; borrowed */
  /* in the room: riemann M^-1/2, and of the way back M^1/2; logeuclid log M, its
   * eigenvectors and the divided differences of exp */
  double *root, *vectors, *slopes;
} plane;

/* Doubles that a plane keeps. */
size_t plane_room (spd_metric, int n);
/* Non-zero: M is not positive definite.  work: plane_work (n). */
int plane_make (plane *, spd_metric, int n, const double *m, bool back, double *room, double *work);
size_t plane_work (int n);
/* y[count,n,n] of 1 to SPD_TOGETHER matrices x: symmetric, 0 at M.  Returns 0,
 * or 1 + the index of the first that will not do. */
int plane_to (const plane *, const double *const *x, size_t count, double *y, double *work);
/* The matrix x[n,n] whose picture is y; non-zero: there is none (its exp is not
 * finite, M + y is not positive definite). */
int plane_back (const plane *, const double *y, double *x, double *work);

#endif
