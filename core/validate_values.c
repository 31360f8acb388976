/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values for the validator's inputs: those of a recording, or all that a number
 * can be.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/validate_impl.h"

uint64_t
dice_next (dice *x)
{
  uint64_t z = (x->state += 0x9e3779b97f4a7c15u);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t
dice_below (dice *x, uint64_t n)
{
  return dice_next (x) % n;
}

double
dice_real (dice *x)
{
  return (double)(dice_next (x) >> 11) * 0x1p-53;
}

double
dice_normal (dice *x)
{
  double u = 1 - dice_real (x);

  return sqrt (-2 * log (u)) * cos (6.283185307179586 * dice_real (x));
}

/* ---- values ----------------------------------------------------------------------------- */

static double
wild_value (dice *x, uint64_t mood)
{
  static const double odd[]
      = { 0, -0.0, 1, NAN, INFINITY, -INFINITY, 5e-324, 1e-310, 1.7e308, -1e300, 1e-300, 1e15, -1, 0.5, 1e-8, 3 };

  switch (mood) {
  case 0:
    return 0;
  case 1:
    return NAN;
  case 2:
    return 42;
  case 3:
    return odd[dice_below (x, 16)];
  case 4:
    return dice_below (x, 10) ? dice_normal (x) : NAN;
  default:
    return dice_normal (x) * (mood == 5 ? 1e-310 : mood == 6 ? 1e150 : 10);
  }
}

/* Recordings: noise of 10 uV on an alpha rhythm, stronger in every other trial.
 * Triangles are tangent vectors, of no unit and near 0. */
static double
sound_value (dice *x, bool near_zero, size_t i, size_t inner, size_t item)
{
  double t = (double)(i % inner) / 160, scale = near_zero ? 0.05 : 1;

  return scale * (10 * dice_normal (x) * (item && i / item % 2 ? 1.6 : 1) + 5 * sin (6.283185307179586 * 10 * t));
}

/* B B' / n + 0.1 I in each matrix: what every covariance is. */
static void
make_spd (dice *x, double *v, size_t n, size_t count)
{
  double *b = malloc ((n * (n + 3) + 1) * sizeof *b);

  for (size_t k = 0; k < count && b; k++, v += n * n) {
    for (size_t i = 0; i < n * (n + 3); i++)
      b[i] = dice_normal (x) * (k % 2 && i < n ? 2 : 1);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) {
        double sum = i == j ? 0.1 : 0;
        for (size_t l = 0; l < n + 3; l++)
          sum += b[i * (n + 3) + l] * b[j * (n + 3) + l] / (double)(n + 3);
        v[i * n + j] = sum;
      }
  }
  free (b);
}

static void
store (void *values, fnx_dtype t, size_t i, double v)
{
  if (t.code == FNX_DT_FLOAT && t.bits == 64)
    ((double *)values)[i] = v;
  else if (t.code == FNX_DT_FLOAT && t.bits == 32)
    ((float *)values)[i] = (float)v;
  else if (t.code == FNX_DT_INT && t.bits == 16)
    ((int16_t *)values)[i] = (int16_t)(isfinite (v) && fabs (v) < 30000 ? v : 0);
  else if (t.code == FNX_DT_INT && t.bits == 32)
    ((int32_t *)values)[i] = (int32_t)(isfinite (v) && fabs (v) < 2e9 ? v : 0);
}

void
values_make (fnx_buf *b, dice *x, int how, bool triangles)
{
  const fnx_spec *s = buffer_spec (b);
  size_t n = spec_count (s), inner = s->ndim ? (size_t)s->axes[s->ndim - 1]->size : 1;
  size_t item = s->ndim > 1 && s->axes[0]->size ? n / (size_t)s->axes[0]->size : 0;
  void *v = buffer_write (b, NULL);
  uint64_t mood = dice_below (x, 12);
  bool near_zero = triangles && !strcmp (s->kind, "features");
  bool matrix = s->ndim >= 2 && !strcmp (s->axes[s->ndim - 1]->name, s->axes[s->ndim - 2]->name);

  if (!strcmp (s->kind, "table"))
    for (size_t i = 0; i < n; i++)
      store (v, s->dtype, i, NAN);
  else if (matrix && inner && s->dtype.bits == 64 && (how == MAKE_SOUND || mood > 5))
    make_spd (x, v, inner, n / (inner * inner));
  else
    for (size_t i = 0; i < n; i++)
      store (v, s->dtype, i, how == MAKE_SOUND ? sound_value (x, near_zero, i, inner, item) : wild_value (x, mood));
}
