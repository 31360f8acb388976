/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The maps of pyRiemann's utils/tangentspace.py:
 *   riemann    log (M^-1/2 X M^-1/2)                  X = M^1/2 exp (Y) M^1/2
 *   logeuclid  D exp at log M [log X - log M]         X = exp (log M + (D exp)^-1 [Y])
 *   euclid     X - M                                  X = M + Y
 */
#include "plugins/riemann/plane.h"
#include "plugins/common/cov.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <string.h>

size_t
plane_room (spd_metric metric, int n)
{
  size_t q = (size_t)n * (size_t)n;
  return metric == SPD_LOGEUCLID ? 3 * q : metric == SPD_RIEMANN ? q : 0;
}

size_t
plane_work (int n)
{
  return spd_work (n) + 2 * (size_t)n * (size_t)n;
}

int
plane_make (plane *p, spd_metric metric, int n, const double *m, bool back, double *room, double *work)
{
  size_t s = (size_t)n, q = s * s;
  double *w = work + spd_work (n);
  *p = (plane){ .metric = metric, .n = n, .m = m, .root = room, .vectors = room + q, .slopes = room + 2 * q };
  if (metric == SPD_RIEMANN)
    return (back ? spd_sqrt : spd_invsqrt) (m, n, p->root, work);
  if (metric == SPD_EUCLID)
    return 0;
  if (spd_log (m, n, p->root, work) || la_eig (p->root, n, p->vectors, w, work))
    return -1;
  for (size_t a = 0; a < s; a++)
    for (size_t b = 0; b < s; b++) {
      double gap = w[a] - w[b], mid = exp (0.5 * (w[a] + w[b]));
      p->slopes[a * s + b] = mid * (fabs (gap) < 1e-5 ? 1 + gap * gap / 24 : 2 * sinh (0.5 * gap) / gap);
    }
  return 0;
}

/* y <- V^T ((V y V^T) times, or over, the divided differences) V, entry by entry. */
static void
differentiate (const plane *p, bool inverse, double *y, double *t)
{
  int n = p->n;
  size_t q = (size_t)n * (size_t)n;
  la_mul (t, p->vectors, y, n, n, n, 1, 0);
  la_mul_nt (y, t, p->vectors, n, n, n, 1, 0);
  for (size_t i = 0; i < q; i++)
    y[i] = inverse ? y[i] / p->slopes[i] : y[i] * p->slopes[i];
  la_mul_tn (t, p->vectors, y, n, n, n, 1, 0);
  la_mul (y, t, p->vectors, n, n, n, 1, 0);
}

static int
to_logeuclid (const plane *p, const double *x, double *y, double *work)
{
  if (spd_log (x, p->n, y, work))
    return -1;
  la_axpy (y, -1, p->root, (size_t)p->n * (size_t)p->n);
  differentiate (p, false, y, work + spd_work (p->n));
  return 0;
}

int
plane_to (const plane *p, const double *const *x, size_t count, double *y, double *work)
{
  size_t q = (size_t)p->n * (size_t)p->n;
  if (p->metric == SPD_RIEMANN)
    return spd_logs_at (x, count, p->root, p->n, y, work);
  for (size_t k = 0; k < count; k++, y += q)
    if (p->metric == SPD_LOGEUCLID) {
      if (to_logeuclid (p, x[k], y, work))
        return (int)k + 1;
    } else
      for (size_t i = 0; i < q; i++)
        y[i] = x[k][i] - p->m[i];
  return 0;
}

int
plane_back (const plane *p, const double *y, double *x, double *work)
{
  int n = p->n;
  size_t q = (size_t)n * (size_t)n;
  double *e = work + spd_work (n), *t = e + q;
  if (p->metric == SPD_RIEMANN) {
    if (spd_exp (y, n, e, work))
      return -1;
    la_congruence (e, p->root, n, x, t);
  } else if (p->metric == SPD_LOGEUCLID) {
    memcpy (e, y, q * sizeof *e);
    differentiate (p, true, e, t);
    la_axpy (e, 1, p->root, q);
    la_mirror (e, n);
    if (spd_exp (e, n, x, work))
      return -1;
  } else
    for (size_t i = 0; i < q; i++)
      x[i] = p->m[i] + y[i];
  return cov_spd (x, n, t);
}
