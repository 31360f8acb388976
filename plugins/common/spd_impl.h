/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of spd.h share: how spd_work (n) doubles are divided.
 */
#ifndef FNX_COMMON_SPD_IMPL_H
#define FNX_COMMON_SPD_IMPL_H

#include "plugins/common/spd.h"

/* v and t (n^2 each) of a decomposition, a spare matrix s1 that the matrix
 * functions leave alone, w and f (n each), LAPACK's; and at the end what one
 * reference or one geodesic keeps. */
typedef struct spd_area {
  double *v, *t, *s1, *w, *f, *eig;
} spd_area;

static inline spd_area
spd_area_of (double *work, int n)
{
  size_t s = (size_t)n, q = s * s;
  return (spd_area){
    .v = work, .t = work + q, .s1 = work + 2 * q, .w = work + 3 * q, .f = work + 3 * q + s, .eig = work + 3 * q + 2 * s
  };
}

#endif
