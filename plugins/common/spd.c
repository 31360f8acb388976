/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions of SPD matrices by symmetric eigen-decomposition; distances and
 * geodesics of pyRiemann 0.9 (its utils/distance.py and utils/geodesic.py).
 */
#include "plugins/common/spd.h"
#include "plugins/common/fourlog.h"
#include "plugins/common/linalg.h"
#include "plugins/common/symlog.h"

#include <math.h>
#include <string.h>

const char *const spd_metric_names[SPD_N_METRIC + 1]
    = { "riemann",      "logeuclid", "euclid",   "harmonic",       "logdet", "wasserstein",
        "kullback_sym", "logchol",   "kullback", "kullback_right", "chol",   NULL };
const char *const spd_mean_names[SPD_N_MEAN + 1]
    = { "riemann", "logeuclid", "euclid", "harmonic", "logdet", "wasserstein", "kullback_sym", "logchol", NULL };

/* Work space: v and t (n^2 each) of a decomposition, a spare matrix s1 that
 * the matrix functions leave alone, w and f (n each), LAPACK's; and at the end
 * what one reference or one geodesic keeps. */
typedef struct area {
  double *v, *t, *s1, *w, *f, *eig;
} area;

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

static area
area_of (double *work, int n)
{
  size_t s = (size_t)n, q = s * s;
  return (area){
    .v = work, .t = work + q, .s1 = work + 2 * q, .w = work + 3 * q, .f = work + 3 * q + s, .eig = work + 3 * q + 2 * s
  };
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

void
spd_congruence (const double *a, const double *p, int n, double *out, double *t)
{
  la_mul (t, p, a, n, n, n, 1, 0);
  la_mul (out, t, p, n, n, n, 1, 0);
  la_mirror (out, n);
}

/* Decompose into g.v, g.w; non-zero unless the least eigenvalue exceeds `above`. */
static int
decompose (const double *a, int n, const area *g, double above)
{
  int info = la_eig (a, n, g->v, g->w, g->eig);
  if (info)
    return info;
  return g->w[0] > above && isfinite (g->w[n - 1]) ? 0 : -1;
}

int
spd_log (const double *a, int n, double *out, double *work)
{
  area g = area_of (work, n);
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
  area g = area_of (work, n);
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
  area g = area_of (work, n);
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
  area g = area_of (work, n);
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
  area g = area_of (work, n);
  la_lower_congruence (a, l, n, g.s1);
  return spd_log (g.s1, n, out, work);
}

int
spd_log_at (const double *a, const double *p, int n, double *out, double *work)
{
  area g = area_of (work, n);
  spd_congruence (a, p, n, g.s1, g.t);
  return spd_log (g.s1, n, out, work);
}

static int
logs (const double *const *a, size_t count, const double *p, bool lower, int n, double *out, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  unsigned left = (1U << count) - 1;
  if (n <= FOURLOG_MAX)
    left = fourlog (a, count, p, lower, n, out, area_of (work, n).eig);
  for (size_t k = 0; k < count; k++)
    if ((left >> k & 1) && (lower ? spd_log_lower : spd_log_at) (a[k], p, n, out + k * q, work))
      return (int)k + 1;
  return 0;
}

int
spd_logs_lower (const double *const *a, size_t count, const double *l, int n, double *out, double *work)
{
  return logs (a, count, l, true, n, out, work);
}

int
spd_logs_at (const double *const *a, size_t count, const double *p, int n, double *out, double *work)
{
  return logs (a, count, p, false, n, out, work);
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

/* ---- distances ------------------------------------------------------------
 * ref holds up to two matrices of b and three numbers behind them. */

typedef struct ref_view {
  double *m, *m2, *num;
} ref_view;

size_t
spd_ref_size (int n)
{
  return 2 * (size_t)n * (size_t)n + 3;
}

static ref_view
view_of (double *ref, int n)
{
  size_t q = (size_t)n * (size_t)n;
  return (ref_view){ ref, ref + q, ref + 2 * q };
}

static double
square_gap (const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/* Cholesky factor of a with a clean upper triangle. */
static int
factor (const double *a, int n, double *l)
{
  size_t s = (size_t)n;
  memcpy (l, a, s * s * sizeof *l);
  if (la_chol (l, n))
    return -1;
  for (size_t i = 0; i < s; i++) {
    if (!isfinite (l[i * s + i]))
      return -1;
    memset (l + i * s + i + 1, 0, (s - i - 1) * sizeof *l);
  }
  return 0;
}

static int
inverse (const double *a, int n, double *out)
{
  memcpy (out, a, (size_t)n * (size_t)n * sizeof *out);
  return la_spd_inv (out, n) || !isfinite (la_norm (out, (size_t)n * (size_t)n)) ? -1 : 0;
}

/* Affine-invariant: the spectrum of the pencil (a, b) is that of the
 * whitened matrix b^-1/2 a b^-1/2. */
static int
riemann_ref (const double *b, int n, ref_view r, double *work)
{
  return spd_invsqrt (b, n, r.m, work);
}

static int
riemann_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  double sum = 0;
  spd_congruence (a, r.m, n, g.s1, g.t);
  if (la_eigvals (g.s1, n, g.w, g.eig) || !(g.w[0] > 0))
    return -1;
  for (int i = 0; i < n; i++)
    sum += log (g.w[i]) * log (g.w[i]);
  *dist = sqrt (sum);
  return 0;
}

static int
logeuclid_ref (const double *b, int n, ref_view r, double *work)
{
  return spd_log (b, n, r.m, work);
}

static int
logeuclid_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  if (spd_log (a, n, g.s1, g.v))
    return -1;
  *dist = sqrt (square_gap (g.s1, r.m, (size_t)n * (size_t)n));
  return 0;
}

static int
euclid_ref (const double *b, int n, ref_view r, double *work)
{
  (void)work;
  memcpy (r.m, b, (size_t)n * (size_t)n * sizeof *b);
  return 0;
}

static int
euclid_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  (void)g;
  *dist = sqrt (square_gap (a, r.m, (size_t)n * (size_t)n));
  return isfinite (*dist) ? 0 : -1;
}

static int
harmonic_ref (const double *b, int n, ref_view r, double *work)
{
  (void)work;
  return inverse (b, n, r.m);
}

static int
harmonic_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  if (inverse (a, n, g.s1))
    return -1;
  *dist = sqrt (square_gap (g.s1, r.m, (size_t)n * (size_t)n));
  return 0;
}

static int
logdet_ref (const double *b, int n, ref_view r, double *work)
{
  memcpy (r.m, b, (size_t)n * (size_t)n * sizeof *b);
  if (factor (b, n, work))
    return -1;
  r.num[0] = la_chol_logdet (work, n);
  return 0;
}

static int
logdet_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  size_t q = (size_t)n * (size_t)n;
  if (factor (a, n, g.s1))
    return -1;
  double of_a = la_chol_logdet (g.s1, n);
  for (size_t i = 0; i < q; i++)
    g.s1[i] = 0.5 * (a[i] + r.m[i]);
  if (factor (g.s1, n, g.t))
    return -1;
  *dist = sqrt (fmax (0, la_chol_logdet (g.t, n) - 0.5 * (of_a + r.num[0])));
  return 0;
}

static double
trace (const double *a, int n)
{
  double sum = 0;
  for (size_t i = 0; i < (size_t)n; i++)
    sum += a[i * (size_t)n + i];
  return sum;
}

static int
wasserstein_ref (const double *b, int n, ref_view r, double *work)
{
  r.num[0] = trace (b, n);
  return spd_sqrt (b, n, r.m, work);
}

static int
wasserstein_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  double sum = 0;
  spd_congruence (a, r.m, n, g.s1, g.t);
  if (la_eigvals (g.s1, n, g.w, g.eig) || !(g.w[0] > 0))
    return -1;
  for (int i = 0; i < n; i++)
    sum += sqrt (g.w[i]);
  *dist = sqrt (fmax (0, trace (a, n) + r.num[0] - 2 * sum));
  return 0;
}

/* KL(a, b) = (tr b^-1 a - n + log det b - log det a) / 2. */
static int
kullback_ref (const double *b, int n, ref_view r, double *work)
{
  memcpy (r.m2, b, (size_t)n * (size_t)n * sizeof *b);
  if (factor (b, n, work))
    return -1;
  r.num[0] = la_chol_logdet (work, n);
  return inverse (b, n, r.m);
}

static int
kullback_either (const double *a, ref_view r, int n, double *dist, area g, int there, int back)
{
  size_t q = (size_t)n * (size_t)n;
  if (factor (a, n, g.t) || inverse (a, n, g.s1))
    return -1;
  double gap = r.num[0] - la_chol_logdet (g.t, n);
  *dist = (there ? 0.5 * (la_dot (r.m, a, q) - n + gap) : 0) + (back ? 0.5 * (la_dot (g.s1, r.m2, q) - n - gap) : 0);
  return 0;
}

static int
kullback_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  return kullback_either (a, r, n, dist, g, 1, 0);
}

static int
kullback_right_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  return kullback_either (a, r, n, dist, g, 0, 1);
}

static int
kullback_sym_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  return kullback_either (a, r, n, dist, g, 1, 1);
}

static int
chol_ref (const double *b, int n, ref_view r, double *work)
{
  (void)work;
  return factor (b, n, r.m);
}

static int
chol_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  if (factor (a, n, g.s1))
    return -1;
  *dist = sqrt (square_gap (g.s1, r.m, (size_t)n * (size_t)n));
  return 0;
}

static int
log_factor (const double *a, int n, double *l)
{
  if (factor (a, n, l))
    return -1;
  for (size_t i = 0, s = (size_t)n; i < s; i++)
    l[i * s + i] = log (l[i * s + i]);
  return 0;
}

static int
logchol_ref (const double *b, int n, ref_view r, double *work)
{
  (void)work;
  return log_factor (b, n, r.m);
}

static int
logchol_dist (const double *a, ref_view r, int n, double *dist, area g)
{
  if (log_factor (a, n, g.s1))
    return -1;
  *dist = sqrt (square_gap (g.s1, r.m, (size_t)n * (size_t)n));
  return 0;
}

static const struct {
  int (*ref) (const double *b, int n, ref_view, double *work);
  int (*dist) (const double *a, ref_view, int n, double *dist, area);
} distances[SPD_N_METRIC] = {
  [SPD_RIEMANN] = { riemann_ref, riemann_dist },
  [SPD_LOGEUCLID] = { logeuclid_ref, logeuclid_dist },
  [SPD_EUCLID] = { euclid_ref, euclid_dist },
  [SPD_HARMONIC] = { harmonic_ref, harmonic_dist },
  [SPD_LOGDET] = { logdet_ref, logdet_dist },
  [SPD_WASSERSTEIN] = { wasserstein_ref, wasserstein_dist },
  [SPD_KULLBACK_SYM] = { kullback_ref, kullback_sym_dist },
  [SPD_LOGCHOL] = { logchol_ref, logchol_dist },
  [SPD_KULLBACK] = { kullback_ref, kullback_dist },
  [SPD_KULLBACK_RIGHT] = { kullback_ref, kullback_right_dist },
  [SPD_CHOL] = { chol_ref, chol_dist },
};

int
spd_ref (spd_metric metric, const double *b, int n, double *ref, double *work)
{
  return distances[metric].ref (b, n, view_of (ref, n), work);
}

int
spd_ref_dist (spd_metric metric, const double *a, const double *ref, int n, double *dist, double *work)
{
  return distances[metric].dist (a, view_of ((double *)ref, n), n, dist, area_of (work, n)) || !isfinite (*dist) ? -1
                                                                                                                 : 0;
}

int
spd_dist (spd_metric metric, const double *a, const double *b, int n, double *dist, double *work)
{
  double *ref = work + spd_work (n) - spd_ref_size (n);
  return spd_ref (metric, b, n, ref, work) || spd_ref_dist (metric, a, ref, n, dist, work) ? -1 : 0;
}

/* ---- geodesics ------------------------------------------------------------ */

static void
blend (const double *a, const double *b, size_t n, double t, double *out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = (1 - t) * a[i] + t * b[i];
}

/* a^1/2 (a^-1/2 b a^-1/2)^t a^1/2 */
static int
geodesic_riemann (const double *a, const double *b, int n, double t, double *out, area g, double *more)
{
  double *root = more, *power = more + (size_t)n * (size_t)n;
  if (spd_roots (a, n, root, out, g.v))
    return -1;
  spd_congruence (b, out, n, g.s1, g.t);
  if (spd_power (g.s1, n, t, power, g.v))
    return -1;
  spd_congruence (power, root, n, out, g.t);
  return 0;
}

static int
geodesic_logeuclid (const double *a, const double *b, int n, double t, double *out, area g, double *more)
{
  double *la = more, *lb = more + (size_t)n * (size_t)n;
  if (spd_log (a, n, la, g.v) || spd_log (b, n, lb, g.v))
    return -1;
  blend (la, lb, (size_t)n * (size_t)n, t, g.s1);
  return spd_exp (g.s1, n, out, g.v);
}

/* (1-t)^2 a + t^2 b + t (1-t) (ab + ab^T), ab = a^1/2 (a^1/2 b a^1/2)^1/2 a^-1/2 */
static int
geodesic_wasserstein (const double *a, const double *b, int n, double t, double *out, area g, double *more)
{
  size_t s = (size_t)n, q = s * s;
  double *root = more, *ab = more + q;
  if (spd_roots (a, n, root, ab, g.v))
    return -1;
  spd_congruence (b, root, n, g.s1, g.t);
  if (spd_sqrt (g.s1, n, out, g.v))
    return -1;
  la_mul (g.t, root, out, n, n, n, 1, 0);
  la_mul (g.s1, g.t, ab, n, n, n, 1, 0);
  for (size_t i = 0; i < s; i++)
    for (size_t j = 0; j < s; j++)
      out[i * s + j]
          = (1 - t) * (1 - t) * a[i * s + j] + t * t * b[i * s + j] + t * (1 - t) * (g.s1[i * s + j] + g.s1[j * s + i]);
  return 0;
}

int
spd_geodesic (spd_metric metric, const double *a, const double *b, int n, double t, double *out, double *work)
{
  area g = area_of (work, n);
  double *more = work + spd_work (n) - 2 * (size_t)n * (size_t)n;
  switch (metric) {
  case SPD_RIEMANN:
    return geodesic_riemann (a, b, n, t, out, g, more);
  case SPD_LOGEUCLID:
    return geodesic_logeuclid (a, b, n, t, out, g, more);
  case SPD_WASSERSTEIN:
    return geodesic_wasserstein (a, b, n, t, out, g, more);
  case SPD_EUCLID:
    blend (a, b, (size_t)n * (size_t)n, t, out);
    return 0;
  default:
    return -1;
  }
}
