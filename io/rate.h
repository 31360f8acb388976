/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sampling intervals as written in files (float32, decimal text) to the exact
 * rational rates of an axis: the simplest fraction within the precision of
 * what was written, by continued fractions.  1.35f gives 20/27, 0.72 gives
 * 25/18, so that sample positions do not drift over a day.
 */
#ifndef FNX_IO_RATE_H
#define FNX_IO_RATE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* rate = *num / *den close to x > 0 within relative `tol`. */
static inline bool
rate_of (double x, double tol, int64_t *num, int64_t *den)
{
  double p0 = 0, q0 = 1, p1 = 1, q1 = 0, r = x;
  if (!(x > 0) || !isfinite (x) || x > 1e15 || x < 1e-15)
    return false;
  for (int k = 0; k < 64; k++) {
    double a = floor (r), p = a * p1 + p0, q = a * q1 + q0;
    if (p > 9e15 || q > 9e15)
      return false;
    p0 = p1, q0 = q1, p1 = p, q1 = q;
    if (q1 > 0 && p1 > 0 && fabs (p1 / q1 - x) <= tol * x)
      break;
    if (r == a)
      break;
    r = 1 / (r - a);
  }
  *num = (int64_t)p1, *den = (int64_t)q1;
  return p1 > 0 && q1 > 0;
}

#endif
