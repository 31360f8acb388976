/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The geodesics of pyRiemann 0.9 (its utils/geodesic.py) from one matrix: what
 * depends on it alone is kept in two matrices.
 */
#include "plugins/common/linalg.h"
#include "plugins/common/spd_impl.h"

#include <math.h>
#include <string.h>

size_t
spd_origin_size (int n)
{
  return 2 * (size_t)n * (size_t)n;
}

/* a^1/2 and a^-1/2; the logarithm; a. */
int
spd_origin (spd_metric metric, const double *a, int n, double *origin, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  switch (metric) {
  case SPD_RIEMANN:
  case SPD_WASSERSTEIN:
    return spd_roots (a, n, origin, origin + q, work);
  case SPD_LOGEUCLID:
    return spd_log (a, n, origin, work);
  case SPD_EUCLID:
    memcpy (origin, a, q * sizeof *a);
    return 0;
  default:
    return -1;
  }
}

static void
blend (const double *a, const double *b, size_t n, double t, double *out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = (1 - t) * a[i] + t * b[i];
}

/* a^1/2 (a^-1/2 b a^-1/2)^t a^1/2 */
static int
along_riemann (const double *origin, const double *b, int n, double t, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  size_t q = (size_t)n * (size_t)n;
  la_congruence (b, origin + q, n, g.s1, g.t);
  if (spd_power (g.s1, n, t, out, work))
    return -1;
  la_congruence (out, origin, n, g.s1, g.t);
  memcpy (out, g.s1, q * sizeof *out);
  return 0;
}

static int
along_logeuclid (const double *origin, const double *b, int n, double t, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  if (spd_log (b, n, out, work))
    return -1;
  blend (origin, out, (size_t)n * (size_t)n, t, g.s1);
  return spd_exp (g.s1, n, out, work);
}

/* (1-t)^2 a + t^2 b + t (1-t) (ab + ab^T), ab = a^1/2 (a^1/2 b a^1/2)^1/2 a^-1/2;
 * a is the square of its root. */
static int
along_wasserstein (const double *origin, const double *b, int n, double t, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  size_t s = (size_t)n, q = s * s;
  la_congruence (b, origin, n, g.s1, g.t);
  if (spd_sqrt (g.s1, n, out, work))
    return -1;
  la_mul (g.t, origin, out, n, n, n, 1, 0);
  la_mul (g.s1, g.t, origin + q, n, n, n, 1, 0);
  la_gram (g.t, origin, n, n, 1, 0);
  for (size_t i = 0; i < s; i++)
    for (size_t j = 0; j < s; j++)
      out[i * s + j] = (1 - t) * (1 - t) * g.t[i * s + j] + t * t * b[i * s + j]
                       + t * (1 - t) * (g.s1[i * s + j] + g.s1[j * s + i]);
  return 0;
}

int
spd_along (spd_metric metric, const double *origin, const double *b, int n, double t, double *out, double *work)
{
  switch (metric) {
  case SPD_RIEMANN:
    return along_riemann (origin, b, n, t, out, work);
  case SPD_LOGEUCLID:
    return along_logeuclid (origin, b, n, t, out, work);
  case SPD_WASSERSTEIN:
    return along_wasserstein (origin, b, n, t, out, work);
  case SPD_EUCLID:
    blend (origin, b, (size_t)n * (size_t)n, t, out);
    return 0;
  default:
    return -1;
  }
}

int
spd_geodesic (spd_metric metric, const double *a, const double *b, int n, double t, double *out, double *work)
{
  double *origin = work + spd_work (n) - spd_origin_size (n);
  return spd_origin (metric, a, n, origin, work) || spd_along (metric, origin, b, n, t, out, work) ? -1 : 0;
}
