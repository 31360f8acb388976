/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances between SPD matrices, those of pyRiemann 0.9 (its
 * utils/distance.py).  Half of them are flat: a map of each matrix alone after
 * which the distance is that of Frobenius.
 */
#include "plugins/common/clones.h"
#include "plugins/common/fourlog.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd_impl.h"

#include <math.h>
#include <string.h>

const char *const spd_metric_names[SPD_N_METRIC + 1]
    = { "riemann",      "logeuclid", "euclid",   "harmonic",       "logdet", "wasserstein",
        "kullback_sym", "logchol",   "kullback", "kullback_right", "chol",   NULL };
const char *const spd_mean_names[SPD_N_MEAN + 1]
    = { "riemann", "logeuclid", "euclid", "harmonic", "logdet", "wasserstein", "kullback_sym", "logchol", NULL };

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

/* ---- flat metrics -----------------------------------------------------------
 * place (a, n, out, work): work leaves out alone where that is s1 of its area. */

static int
euclid_place (const double *a, int n, double *out, double *work)
{
  (void)work;
  memcpy (out, a, (size_t)n * (size_t)n * sizeof *out);
  return isfinite (la_norm (out, (size_t)n * (size_t)n)) ? 0 : -1;
}

static int
harmonic_place (const double *a, int n, double *out, double *work)
{
  (void)work;
  return inverse (a, n, out);
}

static int
chol_place (const double *a, int n, double *out, double *work)
{
  (void)work;
  return factor (a, n, out);
}

static int
logchol_place (const double *a, int n, double *out, double *work)
{
  (void)work;
  if (factor (a, n, out))
    return -1;
  for (size_t i = 0, s = (size_t)n; i < s; i++)
    out[i * s + i] = log (out[i * s + i]);
  return 0;
}

static int (*const places[SPD_N_METRIC]) (const double *a, int n, double *out, double *work) = {
  [SPD_LOGEUCLID] = spd_log,     [SPD_EUCLID] = euclid_place, [SPD_HARMONIC] = harmonic_place,
  [SPD_LOGCHOL] = logchol_place, [SPD_CHOL] = chol_place,
};

bool
spd_flat (spd_metric metric)
{
  return places[metric] != NULL;
}

int
spd_place (spd_metric metric, const double *a, int n, double *out, double *work)
{
  return places[metric](a, n, out, work);
}

/* Eight sums at a time: one would wait for each addition. */
CLONES (square_gap, (const double *a, const double *b, size_t n, double *out), (a, b, n, out))
{
  double sum[8] = { 0 };
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      sum[k] += (a[i + k] - b[i + k]) * (a[i + k] - b[i + k]);
  for (; i < n; i++)
    sum[0] += (a[i] - b[i]) * (a[i] - b[i]);
  *out = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

double
spd_gap (const double *a, const double *b, int n)
{
  double sum;
  square_gap (a, b, (size_t)n * (size_t)n, &sum);
  return sqrt (sum);
}

/* ---- curved metrics --------------------------------------------------------
 * ref holds up to two matrices of b and three numbers behind them; of a flat
 * metric b's place. */

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

/* Affine-invariant: the spectrum of the pencil (a, b) is that of l^-1 a l^-T,
 * b = l l^T. */
static int
riemann_ref (const double *b, int n, ref_view r, double *work)
{
  (void)work;
  return factor (b, n, r.m) || la_lower_inv (r.m, n) || !isfinite (la_norm (r.m, (size_t)n * (size_t)n)) ? -1 : 0;
}

static int
riemann_dist (const double *a, ref_view r, int n, double *dist, spd_area g)
{
  double sum = 0;
  la_lower_congruence (a, r.m, n, g.s1);
  if (la_eigvals (g.s1, n, g.w, g.eig) || !(g.w[0] > 0))
    return -1;
  for (int i = 0; i < n; i++)
    sum += log (g.w[i]) * log (g.w[i]);
  *dist = sqrt (sum);
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
logdet_dist (const double *a, ref_view r, int n, double *dist, spd_area g)
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
wasserstein_dist (const double *a, ref_view r, int n, double *dist, spd_area g)
{
  double sum = 0;
  la_congruence (a, r.m, n, g.s1, g.t);
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
kullback_either (const double *a, ref_view r, int n, double *dist, spd_area g, int there, int back)
{
  size_t q = (size_t)n * (size_t)n;
  if (factor (a, n, g.t) || inverse (a, n, g.s1))
    return -1;
  double gap = r.num[0] - la_chol_logdet (g.t, n);
  *dist = (there ? 0.5 * (la_dot (r.m, a, q) - n + gap) : 0) + (back ? 0.5 * (la_dot (g.s1, r.m2, q) - n - gap) : 0);
  return 0;
}

static int
kullback_dist (const double *a, ref_view r, int n, double *dist, spd_area g)
{
  return kullback_either (a, r, n, dist, g, 1, 0);
}

static int
kullback_right_dist (const double *a, ref_view r, int n, double *dist, spd_area g)
{
  return kullback_either (a, r, n, dist, g, 0, 1);
}

static int
kullback_sym_dist (const double *a, ref_view r, int n, double *dist, spd_area g)
{
  return kullback_either (a, r, n, dist, g, 1, 1);
}

static const struct {
  int (*ref) (const double *b, int n, ref_view, double *work);
  int (*dist) (const double *a, ref_view, int n, double *dist, spd_area);
} distances[SPD_N_METRIC] = {
  [SPD_RIEMANN] = { riemann_ref, riemann_dist },
  [SPD_LOGDET] = { logdet_ref, logdet_dist },
  [SPD_WASSERSTEIN] = { wasserstein_ref, wasserstein_dist },
  [SPD_KULLBACK_SYM] = { kullback_ref, kullback_sym_dist },
  [SPD_KULLBACK] = { kullback_ref, kullback_dist },
  [SPD_KULLBACK_RIGHT] = { kullback_ref, kullback_right_dist },
};

int
spd_ref (spd_metric metric, const double *b, int n, double *ref, double *work)
{
  if (spd_flat (metric))
    return spd_place (metric, b, n, ref, work);
  return distances[metric].ref (b, n, view_of (ref, n), work);
}

int
spd_ref_dist (spd_metric metric, const double *a, const double *ref, int n, double *dist, double *work)
{
  spd_area g = spd_area_of (work, n);
  if (spd_flat (metric)) {
    if (spd_place (metric, a, n, g.s1, work))
      return -1;
    *dist = spd_gap (g.s1, ref, n);
  } else if (distances[metric].dist (a, view_of ((double *)ref, n), n, dist, g))
    return -1;
  return isfinite (*dist) ? 0 : -1;
}

/* From here to FOURLOG_MAX four logarithms take less than eigenvalues in turn. */
enum { FEW = 8 };

int
spd_ref_dists (spd_metric metric, const double *const *a, size_t count, const double *ref, int n, double *dist,
               double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *logs = work + spd_work (n);
  if (metric == SPD_RIEMANN && n >= FEW && n <= FOURLOG_MAX) {
    int bad = spd_logs_lower (a, count, ref, n, logs, work);
    for (size_t k = 0; !bad && k < count; k++)
      dist[k] = la_norm (logs + k * q, q);
    return bad;
  }
  for (size_t k = 0; k < count; k++)
    if (spd_ref_dist (metric, a[k], ref, n, &dist[k], work))
      return (int)k + 1;
  return 0;
}

int
spd_dist (spd_metric metric, const double *a, const double *b, int n, double *dist, double *work)
{
  double *ref = work + spd_work (n) - spd_ref_size (n);
  return spd_ref (metric, b, n, ref, work) || spd_ref_dist (metric, a, ref, n, dist, work) ? -1 : 0;
}
