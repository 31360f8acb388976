/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Series to unit vectors: r_ij = z_i . z_j with z = (x - mean) / |x - mean|.
 */
#include <math.h>
#include <string.h>

#include "plugins/network/network.h"

const char *const net_signs[] = { "positive", "absolute", "negative", NULL };

enum { ROWS = 256 }; /* in one job */

typedef struct unit_job {
  const void *x;
  bool f4;
  int64_t n, t;
  double *z;
  uint8_t *state;
} unit_job;

static uint8_t
unit_row (double *z, int64_t t)
{
  double min = z[0], max = z[0], sum = 0, square = 0;
  for (int64_t k = 0; k < t; k++) {
    if (!isfinite (z[k]))
      return ROW_MISSING;
    min = z[k] < min ? z[k] : min;
    max = z[k] > max ? z[k] : max;
    sum += z[k];
  }
  if (max == min)
    return ROW_CONSTANT;
  double mean = sum / (double)t;
  for (int64_t k = 0; k < t; k++) {
    z[k] -= mean;
    square += z[k] * z[k];
  }
  double norm = sqrt (square);
  if (!(norm > 0) || !isfinite (norm))
    return norm > 0 ? ROW_MISSING : ROW_CONSTANT;
  for (int64_t k = 0; k < t; k++)
    z[k] /= norm;
  return ROW_GOOD;
}

static fnx_status
unit_rows (void *arg, size_t job, uint32_t worker)
{
  (void)worker;
  const unit_job *u = arg;
  int64_t first = (int64_t)job * ROWS, last = first + ROWS < u->n ? first + ROWS : u->n;
  for (int64_t i = first; i < last; i++) {
    double *z = u->z + i * u->t;
    if (u->f4)
      for (int64_t k = 0; k < u->t; k++)
        z[k] = (double)((const float *)u->x)[i * u->t + k];
    else
      memcpy (z, (const double *)u->x + i * u->t, (size_t)u->t * sizeof *z);
    if ((u->state[i] = unit_row (z, u->t)) != ROW_GOOD)
      memset (z, 0, (size_t)u->t * sizeof *z);
  }
  return FNX_OK;
}

fnx_status
net_unit_rows (fnx_call *c, const void *x, bool f4, int64_t n, int64_t t, double *z, uint8_t *state)
{
  unit_job u = { x, f4, n, t, z, state };
  return c->parallel (c, (size_t)((n + ROWS - 1) / ROWS), unit_rows, &u);
}
