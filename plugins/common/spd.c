/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions of SPD matrices by symmetric eigen-decomposition; logarithms without
 * one (fourlog.c, symlog.c) where that serves.
 */
#include "plugins/common/fourlog.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd_impl.h"
#include "plugins/common/symlog.h"

#include <math.h>
#include <string.h>

static size_t
eig_room (int n)
{
  size_t eig = la_eig_work (n), log = n <= FOURLOG_MAX ? fourlog_work (n) : n >= SYMLOG_MIN ? symlog_work (n) : 0;
  return eig > log ? eig : log;
}

size_t
spd_work (int n)
{
  size_t s = (size_t)n;
  return 3 * s * s + 2 * s + eig_room (n) + spd_ref_size (n);
}

void
spd_compose (const double *v, const double *f, int n, double *out, double *t)
{
  size_t s = (size_t)n;
  for (size_t i = 0; i < s; i++)
    for (size_t j = 0; j < s; j++)
      t[i * s + j] = f[i] * v[i * s + j];
  la_mul_tn (out, t, v, n, n, n, 1, 0);
  la_mirror (out, n);
}

/* Decompose into g.v, g.w; non-zero unless the least eigenvalue exceeds `above`. */
static int
decompose (const double *a, int n, const spd_area *g, double above)
{
  int info = la_eig (a, n, g->v, g->w, g->eig);
  if (info)
    return info;
  return g->w[0] > above && isfinite (g->w[n - 1]) ? 0 : -1;
}

int
spd_log (const double *a, int n, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  if (n >= SYMLOG_MIN && symlog (a, n, out, g.eig) == 0)
    return 0;
  if (decompose (a, n, &g, 0))
    return -1;
  for (int i = 0; i < n; i++)
    g.f[i] = log (g.w[i]);
  spd_compose (g.v, g.f, n, out, g.t);
  return 0;
}

int
spd_exp (const double *a, int n, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  if (decompose (a, n, &g, -INFINITY))
    return -1;
  for (int i = 0; i < n; i++)
    g.f[i] = exp (g.w[i]);
  if (!isfinite (g.f[n - 1]))
    return -1;
  spd_compose (g.v, g.f, n, out, g.t);
  return 0;
}

int
spd_power (const double *a, int n, double p, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  if (decompose (a, n, &g, 0))
    return -1;
  for (int i = 0; i < n; i++)
    g.f[i] = p == 0.5 ? sqrt (g.w[i]) : p == -0.5 ? 1 / sqrt (g.w[i]) : pow (g.w[i], p);
  spd_compose (g.v, g.f, n, out, g.t);
  return 0;
}

int
spd_sqrt (const double *a, int n, double *out, double *work)
{
  return spd_power (a, n, 0.5, out, work);
}

int
spd_invsqrt (const double *a, int n, double *out, double *work)
{
  return spd_power (a, n, -0.5, out, work);
}

int
spd_roots (const double *a, int n, double *sqrt_a, double *invsqrt_a, double *work)
{
  spd_area g = spd_area_of (work, n);
  if (decompose (a, n, &g, 0))
    return -1;
  for (int i = 0; i < n; i++)
    g.f[i] = sqrt (g.w[i]);
  spd_compose (g.v, g.f, n, sqrt_a, g.t);
  for (int i = 0; i < n; i++)
    g.f[i] = 1 / g.f[i];
  spd_compose (g.v, g.f, n, invsqrt_a, g.t);
  return 0;
}

int
spd_log_lower (const double *a, const double *l, int n, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  la_lower_congruence (a, l, n, g.s1);
  return spd_log (g.s1, n, out, work);
}

int
spd_log_at (const double *a, const double *p, int n, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  la_congruence (a, p, n, g.s1, g.t);
  return spd_log (g.s1, n, out, work);
}

static unsigned
rest_of (size_t count)
{
  return (1U << count) - 1;
}

/* 1 + the first of those in `left` that will not do. */
static int
logs (const double *const *a, size_t count, unsigned left, const double *p, bool lower, int n, double *out,
      double *work)
{
  size_t q = (size_t)n * (size_t)n;
  if (n <= FOURLOG_MAX)
    left = fourlog (a, count, p, lower, n, out, spd_area_of (work, n).eig);
  for (size_t k = 0; k < count; k++)
    if ((left >> k & 1) && (lower ? spd_log_lower : spd_log_at) (a[k], p, n, out + k * q, work))
      return (int)k + 1;
  return 0;
}

int
spd_logs_lower (const double *const *a, size_t count, const double *l, int n, double *out, double *work)
{
  return logs (a, count, rest_of (count), l, true, n, out, work);
}

int
spd_logs_at (const double *const *a, size_t count, const double *p, int n, double *out, double *work)
{
  return logs (a, count, rest_of (count), p, false, n, out, work);
}

int
spd_logs_roughly (const double *const *a, size_t count, const double *l, int n, double *out, double *work)
{
  spd_area g = spd_area_of (work, n);
  size_t q = (size_t)n * (size_t)n;
  unsigned left = rest_of (count);
  for (size_t k = 0; n >= SYMLOG_MIN && k < count; k++) {
    la_lower_congruence (a[k], l, n, g.s1);
    if (symlog_single (g.s1, n, out + k * q, g.eig) == 0)
      left &= ~(1U << k);
  }
  return logs (a, count, left, l, true, n, out, work);
}

void
spd_vec (const double *a, int n, double *vec)
{
  for (size_t i = 0, s = (size_t)n; i < s; i++) {
    *vec++ = a[i * s + i];
    for (size_t j = i + 1; j < s; j++)
      *vec++ = M_SQRT2 * a[i * s + j];
  }
}

void
spd_unvec (const double *vec, int n, double *a)
{
  for (size_t i = 0, s = (size_t)n; i < s; i++) {
    a[i * s + i] = *vec++;
    for (size_t j = i + 1; j < s; j++)
      a[i * s + j] = a[j * s + i] = M_SQRT1_2 * *vec++;
  }
}
