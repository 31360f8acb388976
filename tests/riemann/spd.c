/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SPD functions, distances and geodesics: against pyRiemann's golden vectors
 * where they are there, and against what theory demands everywhere.
 */
#include "golden.h"
#include "plugins/common/cov.h"
#include "plugins/common/distribution.h"
#include "plugins/common/eigsmall.h"
#include "plugins/common/fourlog.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"
#include "plugins/common/symlog.h"

#include <lapacke.h>

/* A random SPD matrix of n rows. */
static void
random_spd (double *a, int n, uint64_t seed)
{
  double *x = malloc ((size_t)n * (size_t)n * 2 * sizeof *x);
  t_random (x, (size_t)n * (size_t)n * 2, seed);
  la_gram (a, x, n, 2 * n, 1.0 / n, 0);
  free (x);
}

/* ---- eigen-decomposition --------------------------------------------------- */

/* Worst of |a - v^T w v| and |v v^T - 1|, relative to |a|; and of the values
 * against LAPACK's. */
static double
eig_error (const double *a, int n)
{
  size_t s = (size_t)n, q = s * s;
  double *v = malloc (q * 8), *w = malloc (s * 8), *b = malloc (q * 8), *t = malloc (q * 8), *l = malloc (s * 8);
  double *work = malloc (eig_small_work (n) * 8), worst = 0, scale = la_norm (a, q);
  if (eig_small (a, n, v, w, work))
    worst = INFINITY;
  spd_compose (v, w, n, b, t);
  for (size_t i = 0; i < q; i++)
    worst = fmax (worst, fabs (b[i] - a[i]) / fmax (scale, 1e-300));
  la_mul_nt (b, v, v, n, n, n, 1, 0);
  for (size_t i = 0; i < s; i++)
    for (size_t j = 0; j < s; j++)
      worst = fmax (worst, fabs (b[i * s + j] - (i == j)));
  memcpy (t, a, q * 8);
  if (LAPACKE_dsyev (LAPACK_COL_MAJOR, 'N', 'L', n, t, n, l))
    worst = INFINITY;
  for (size_t i = 0; i < s; i++)
    worst = fmax (worst, fabs (w[i] - l[i]) / fmax (scale, 1e-300));
  free (v);
  free (w);
  free (b);
  free (t);
  free (l);
  free (work);
  return worst;
}

static void
eigen (void)
{
  enum { BIG = EIG_SMALL_MAX };
  static double a[BIG * BIG];
  double worst = 0, v[9], w[3], work[200];
  for (int n = 1; n <= BIG; n++) {
    random_spd (a, n, (uint64_t)n);
    worst = fmax (worst, eig_error (a, n));
    for (int i = 0; i < n * n; i++) /* a constant: one value, n-1 zeros */
      a[i] = 3;
    worst = fmax (worst, eig_error (a, n));
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        a[i * n + j] = i == j ? (i % 2 ? 1e-300 : 1e280) : 0;
    worst = fmax (worst, eig_error (a, n));
    for (int i = 0; i < n; i++) /* Wilkinson's: pairs of nearly equal values */
      for (int j = 0; j < n; j++)
        a[i * n + j] = i == j ? abs (n / 2 - i) : abs (i - j) == 1;
    worst = fmax (worst, eig_error (a, n));
    memset (a, 0, sizeof a);
    worst = fmax (worst, eig_error (a, n));
  }
  t_ok (worst < 1e-13, "small eigenproblems of 1 to %d rows: error %.2g", BIG, worst);
  double bad[9] = { 1, 0, NAN, 0, 1, 0, NAN, 0, 1 };
  t_ok (eig_small (bad, 3, v, w, work) != 0, "NaN is refused");
  bad[2] = bad[6] = INFINITY;
  t_ok (eig_small (bad, 3, v, w, work) != 0, "infinity is refused");
}

/* ---- logarithm through the tridiagonal form ---------------------------------- */

/* Worst entry of symlog's error on q^T diag (w) q, relative to what rounding of
 * the matrix itself does to its logarithm: the condition. */
static double
log_error (const double *q, const double *w, int n)
{
  size_t s = (size_t)n, size = s * s;
  double *x = malloc (size * 8), *l = malloc (size * 8), *got = malloc (size * 8), *f = malloc (s * 8);
  double *room = malloc ((symlog_work (n) + size) * 8), low = w[0], high = w[0], worst = 0;
  for (size_t i = 0; i < s; i++) {
    f[i] = log (w[i]);
    low = fmin (low, w[i]);
    high = fmax (high, w[i]);
  }
  spd_compose (q, w, n, x, room);
  spd_compose (q, f, n, l, room);
  if (symlog (x, n, got, room))
    worst = INFINITY;
  for (size_t i = 0; i < size; i++)
    worst = fmax (worst, fabs (got[i] - l[i]) / (fabs (log (low)) + fabs (log (high)) + 1));
  free (x);
  free (l);
  free (got);
  free (f);
  free (room);
  return worst / (high / low);
}

static void
logarithm (void)
{
  enum { BIG = 131 };
  static double a[BIG * BIG], q[BIG * BIG], w[BIG], room[4 * BIG * BIG + 40000];
  static const double spans[] = { 0, 1, 6, 14, 23, 30 }; /* of the logarithms of the eigenvalues */
  double worst = 0;
  for (int n = 1; n <= BIG; n = n < 10 ? n + 1 : n + 11)
    for (size_t k = 0; k < sizeof spans / sizeof *spans; k++) {
      random_spd (a, n, (uint64_t)n);
      t_ok (la_eig (a, n, q, w, room) == 0, "an orthogonal matrix of %d rows", n);
      for (int i = 0; i < n; i++)
        w[i] = exp (spans[k] * ((n > 1 ? (double)i / (n - 1) : 0) - 0.3));
      worst = fmax (worst, log_error (q, w, n));
      for (int i = 0; i < n; i++) /* two values only, many times each */
        w[i] = exp (spans[k] * (i % 2));
      worst = fmax (worst, log_error (q, w, n));
      memset (q, 0, sizeof q); /* diagonal */
      for (int i = 0; i < n; i++)
        q[i * n + i] = 1;
      worst = fmax (worst, log_error (q, w, n));
    }
  t_ok (worst < 2e-14, "logarithms over conditions up to e^30: error %.2g of the condition", worst);
  random_spd (a, 50, 1);
  for (int i = 0; i < 50; i++) /* one channel twice */
    a[3 * 50 + i] = a[i * 50 + 3] = a[i * 50 + 4];
  a[3 * 50 + 3] = a[4 * 50 + 4];
  a[3 * 50 + 3] -= 1e-9;
  t_ok (symlog (a, 50, q, room) != 0, "a matrix that is not positive definite is refused");
  a[7] = NAN;
  t_ok (symlog (a, 50, q, room) != 0, "NaN is refused");
  memset (a, 0, sizeof a);
  t_ok (symlog (a, 50, q, room) != 0, "zero is refused");
}

/* In single precision: an error of 1e-7 times the condition, and no answer where that
 * is no digit.  Neither precision minds the unit that the numbers come in. */
static void
rough (void)
{
  enum { BIG = 90 };
  static double a[BIG * BIG], x[BIG * BIG], q[BIG * BIG], w[BIG], want[BIG * BIG], got[BIG * BIG],
      room[4 * BIG * BIG + 20000];
  static const double spans[] = { 0, 2, 5, 9, 11 }; /* of the logarithms of the eigenvalues */
  double worst = 0, scaled = 0;
  for (int n = 1; n <= BIG; n = n < 20 ? n + 1 : n + 10)
    for (size_t k = 0; k < sizeof spans / sizeof *spans; k++) {
      size_t size = (size_t)n * (size_t)n;
      random_spd (a, n, (uint64_t)n);
      la_eig (a, n, q, w, room);
      for (int i = 0; i < n; i++)
        w[i] = exp (spans[k] * (n > 1 ? (double)i / (n - 1) : 0));
      spd_compose (q, w, n, a, room);
      t_ok (symlog (a, n, want, room) == 0 && symlog_single (a, n, got, room) == 0, "%d rows, condition e^%g", n,
            spans[k]);
      for (size_t i = 0; i < size; i++)
        worst = fmax (worst, fabs (got[i] - want[i]) / exp (spans[k]));
      for (int power = -300; power <= 300; power += 600) {
        for (size_t i = 0; i < size; i++)
          x[i] = a[i] * pow (10, power);
        t_ok (symlog (x, n, got, room) == 0 && symlog_single (x, n, x, room) == 0, "the same at 1e%d", power);
        for (int i = 0; i < n; i++)
          got[i * n + i] -= power * log (10);
        for (size_t i = 0; i < size; i++)
          scaled = fmax (scaled, fabs (got[i] - want[i]) / exp (spans[k]));
      }
    }
  t_ok (worst < 2e-6, "in single precision: error %.2g of the condition", worst);
  t_ok (scaled < 1e-12, "in units 1e-300 and 1e300: %.2g of the condition", scaled);
  for (int i = 0; i < BIG; i++)
    w[i] = i ? 1 : 1e-7;
  spd_compose (q, w, BIG, a, room);
  t_ok (symlog_single (a, BIG, got, room) != 0 && symlog (a, BIG, got, room) == 0,
        "a condition of 1e7 takes double precision");
}

/* Four in step: the same logarithms as one by one, whatever the other lanes hold;
 * a lane that will not do is named, and the others come out as before. */
static void
in_step (void)
{
  enum { BIG = FOURLOG_MAX, MOST = BIG * BIG };
  static double a[SPD_TOGETHER][MOST], l[MOST], want[MOST], got[SPD_TOGETHER * MOST], again[MOST], room[40 * MOST];
  double worst = 0;
  bool same = true, named = true, kept = true;
  for (int n = 1; n <= BIG; n++) {
    size_t q = (size_t)(n * n);
    const double *x[SPD_TOGETHER] = { a[0], a[1], a[2], a[3] };
    for (int k = 0; k < SPD_TOGETHER; k++) {
      random_spd (a[k], n, (uint64_t)(100 * n + k));
      for (int i = 0; i < n; i++)
        a[k][i * n + i] += k; /* conditions of all sizes */
    }
    random_spd (l, n, (uint64_t)n);
    la_chol (l, n);
    for (int i = 0; i < n; i++)
      for (int j = i + 1; j < n; j++)
        l[i * n + j] = 0;
    if (fourlog (x, SPD_TOGETHER, l, true, n, got, room))
      worst = INFINITY;
    for (size_t k = 0; k < SPD_TOGETHER; k++) {
      if (spd_log_lower (x[k], l, n, want, room))
        worst = INFINITY;
      for (size_t i = 0; i < q; i++)
        worst = fmax (worst, fabs (want[i] - got[k * q + i]));
      same &= !fourlog (&x[k], 1, l, true, n, again, room) && memcmp (again, got + k * q, q * sizeof *again) == 0;
    }
    memcpy (again, got, q * sizeof *again);
    a[1][0] = -1;
    a[3][q - 1] = NAN;
    named &= fourlog (x, SPD_TOGETHER, l, true, n, got, room) == 10;
    kept &= memcmp (again, got, q * sizeof *again) == 0;
    named &= spd_logs_lower (x, SPD_TOGETHER, l, n, got, room) == 2;
  }
  t_ok (worst < 1e-9, "four logarithms of 1 to %d rows in step: %.2g from one by one", BIG, worst);
  t_ok (same, "a lane does not depend on the others");
  /* Conditions across the last rule's reach: an answer, or named; never beyond the tables. */
  for (double low = 1e-14; low > 1e-17; low *= 0.7) {
    const double *x[1] = { a[0] };
    memset (a[0], 0, sizeof a[0]);
    memset (l, 0, sizeof l);
    for (int i = 0; i < 5; i++) {
      a[0][i * 5 + i] = i ? 1 : low;
      l[i * 5 + i] = 1;
    }
    unsigned left = fourlog (x, 1, l, true, 5, got, room);
    kept &= left ? low < 2e-15 : fabs (got[0] - log (low)) < 1e-9;
  }
  t_ok (named && kept, "a matrix that will not do is named, and spoils no other");
}

/* ---- theory ----------------------------------------------------------------- */

enum { N = 7, Q = N * N };
static double a[Q], b[Q], g[Q], ga[Q], gb[Q], t[Q], u[Q], work[2000];

/* out = g x g^T */
static void
congruence (const double *x, double *out)
{
  double half[Q];
  la_mul (half, g, x, N, N, N, 1, 0);
  la_mul_nt (out, half, g, N, N, N, 1, 0);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < i; j++)
      out[i * N + j] = out[j * N + i] = 0.5 * (out[i * N + j] + out[j * N + i]);
}

static double
dist (spd_metric m, const double *x, const double *y)
{
  double d = NAN;
  t_ok (spd_dist (m, x, y, N, &d, work) == 0 && isfinite (d), "distance %s is finite", spd_metric_names[m]);
  return d;
}

static void
one_near (double x, double want, double tol, const char *what)
{
  t_near (&x, &want, 1, tol, what);
}

static void
theory (void)
{
  random_spd (a, N, 1);
  random_spd (b, N, 2);
  t_random (g, Q, 3);
  congruence (a, ga);
  congruence (b, gb);
  one_near (dist (SPD_RIEMANN, ga, gb), dist (SPD_RIEMANN, a, b), 1e-10, "riemann distance under any mixing");
  one_near (dist (SPD_LOGDET, ga, gb), dist (SPD_LOGDET, a, b), 1e-10, "logdet distance under any mixing");
  one_near (dist (SPD_KULLBACK_SYM, ga, gb), dist (SPD_KULLBACK_SYM, a, b), 1e-10, "kullback_sym under any mixing");
  t_ok (spd_log (a, N, t, work) == 0 && spd_exp (t, N, u, work) == 0, "log and exp");
  t_near (u, a, Q, 1e-13, "exp log a = a");
  t_ok (spd_power (a, N, 1.0 / 3, t, work) == 0 && spd_power (t, N, 3, u, work) == 0, "powers");
  t_near (u, a, Q, 1e-13, "the cube of the cube root");
  spd_roots (a, N, t, u, work);
  la_mul (gb, t, u, N, N, N, 1, 0);
  for (int i = 0; i < Q; i++)
    ga[i] = i % (N + 1) == 0;
  t_near (gb, ga, Q, 1e-13, "a^1/2 a^-1/2 = 1");
  static const spd_metric with_path[] = { SPD_RIEMANN, SPD_LOGEUCLID, SPD_EUCLID, SPD_WASSERSTEIN };
  for (size_t k = 0; k < 4; k++) {
    spd_metric m = with_path[k];
    t_ok (spd_geodesic (m, a, b, N, 0.3, t, work) == 0, "a geodesic of %s", spd_metric_names[m]);
    one_near (dist (m, t, a), 0.3 * dist (m, a, b), 1e-9, "0.3 of the way is 0.3 of the distance");
    one_near (dist (m, t, b), 0.7 * dist (m, a, b), 1e-9, "and 0.7 remain");
  }
  for (spd_metric m = 0; m < SPD_N_METRIC; m++) /* the root of a rounding error, for some */
    one_near (dist (m, a, a), 0, 2e-7, "a matrix is at no distance from itself");
  spd_vec (a, N, t);
  one_near (la_norm (t, N * (N + 1) / 2), la_norm (a, Q), 1e-14, "the vector of a matrix has its norm");
  spd_unvec (t, N, u);
  t_near (u, a, Q, 1e-15, "and gives it back");
  double d;
  a[0] = -1;
  for (spd_metric m = 0; m < SPD_N_METRIC; m++)
    if (m != SPD_EUCLID)
      t_ok (spd_dist (m, a, b, N, &d, work) && spd_dist (m, b, a, N, &d, work), "%s refuses an indefinite matrix",
            spd_metric_names[m]);
}

/* Identity of scikit-learn's shrinkage at its ends: white noise of many samples
 * keeps S, two samples give the sphere. */
static void
estimators (void)
{
  enum { C = 4, T = 5000 };
  static double x[C * T], s[C * C], scm[C * C], room[4 * C * T];
  t_random (x, C * T, 9);
  for (int t0 = 0; t0 < T; t0++)
    x[t0] *= 3;
  cov_estimate (COV_SCM, x, C, T, scm, room);
  for (cov_kind k = COV_OAS; k <= COV_SCH; k++) {
    t_ok (cov_estimate (k, x, C, T, s, room) == 0, "%s", cov_names[k]);
    t_near (s, scm, C * C, 0.1, "much data shrinks hardly");
    double before = 0, after = 0;
    for (int i = 0; i < C; i++) {
      before += scm[i * C + i];
      after += s[i * C + i];
    }
    one_near (after, before, k == COV_SCH ? 1e-3 : 1e-12, "the trace is kept");
  }
  for (cov_kind k = COV_OAS; k <= COV_SCH; k++)
    t_ok (cov_estimate (k, x, C, 3, s, room) == 0 && cov_spd (s, C, room) == 0,
          "%s of 3 samples of 4 channels is positive definite", cov_names[k]);
  t_ok (cov_estimate (COV_SCM, x, C, 3, s, room) == 0 && cov_spd (s, C, room) != 0, "scm of 3 samples is not");
}

/* Values of scipy 1.10. */
static void
distributions (void)
{
  static const struct {
    double dof, p90, above; /* chi2.ppf (0.9, dof), chi2.cdf of that with dof + 1 */
  } chi2[] = { { 1, 2.705543454095404, 0.7414772877129183 },
               { 3, 6.251388631170325, 0.8188554578570982 },
               { 22, 30.813282343953027, 0.8725502091967777 },
               { 200, 226.02104771968897, 0.8911268915555589 } };
  for (size_t k = 0; k < sizeof chi2 / sizeof *chi2; k++) {
    one_near (chi2_inverse (0.9, chi2[k].dof), chi2[k].p90, 1e-12, "a quantile of chi squared");
    one_near (chi2_cdf (chi2[k].p90, chi2[k].dof + 1), chi2[k].above, 1e-12, "chi squared");
    one_near (chi2_tail (chi2[k].p90, chi2[k].dof), 0.1, 1e-12, "and its tail");
  }
  for (int k = 1; k <= 26; k++) { /* two degrees of freedom: e^(-x/2), at any distance */
    one_near (chi2_tail (k, 2) * exp (k / 2.0), 1, 1e-12, "the tail of an exponential");
    one_near (chi2_tail (k * k, 1) / (2 * normal_tail (k)), 1, 1e-11, "the square of a normal");
  }
}

/* Samples of a known shape; every 20th is thrown 30 times as far along one
 * channel.  The robust shapes stay, the sample covariance goes. */
static void
robust (void)
{
  enum { C = 4, T = 4000 };
  static const double sd[C] = { 1, 2, 0.5, 1.5 };
  static double x[C * T], room[4 * C * T];
  double total = 1 + 4 + 0.25 + 2.25, s[C * C], truth[C * C] = { 0 }, gap[2][COV_N];
  t_random (x, C * T, 77);
  for (int i = 0; i < C; i++) {
    truth[i * C + i] = sd[i] * sd[i] * C / total;
    for (int t0 = 0; t0 < T; t0++)
      x[i * T + t0] *= sd[i];
  }
  for (int bad = 0; bad < 2; bad++) {
    for (int t0 = 0; bad && t0 < T; t0 += 20)
      x[2 * T + t0] = t0 % 40 ? 15 : -15;
    for (cov_kind k = 0; k < COV_N; k++) {
      double trace = 0;
      t_ok (cov_estimate (k, x, C, T, s, room) == 0, "%s of %s samples", cov_names[k], bad ? "spoilt" : "clean");
      for (int i = 0; i < C; i++)
        trace += s[i * C + i];
      if (k == COV_TYL)
        one_near (trace, C, 1e-13, "Tyler's trace");
      la_scale (s, C / trace, C * C);
      la_axpy (s, -1, truth, C * C);
      gap[bad][k] = la_norm (s, C * C) / la_norm (truth, C * C);
    }
  }
  for (cov_kind k = COV_HUB; k <= COV_TYL; k++) {
    t_ok (gap[0][k] < 0.06, "%s: %.3f from the shape of clean samples", cov_names[k], gap[0][k]);
    t_ok (gap[1][k] < 0.35 && gap[1][k] < gap[1][COV_SCM] / 3, "%s: %.3f from it with outliers, where scm is %.3f",
          cov_names[k], gap[1][k], gap[1][COV_SCM]);
  }
  static const double flat[2 * 4] = { 1, 2, 3, 4, 2, 4, 6, 8 };
  for (cov_kind k = COV_HUB; k <= COV_TYL; k++)
    t_ok (cov_estimate (k, flat, 2, 4, s, room) != 0, "%s refuses channels that are the same", cov_names[k]);
}

/* numpy on the golden input's first trial, from the estimators' formulas with
 * scipy's chi squared. */
static void
robust_numbers (void)
{
  static const struct {
    const char *line;
    double s[GOLD_C * GOLD_C];
  } want[] = {
    { "cov estimator=hub",
      { 0.37460263970397978, -0.00059237532034806613, 0.028430414802111979, -0.00059237532034807187,
        0.34121309650001841, -0.00012848294063250173, 0.028430414802111979, -0.00012848294063249393,
        1.2221932083473726 } },
    { "cov estimator=stu",
      { 0.52418012924588497, 0.043932415528417132, -0.0099556609194430077, 0.043932415528417132, 0.48157215747046261,
        0.052970472442505315, -0.0099556609194430146, 0.052970472442505315, 1.6979887227584716 } },
    { "cov estimator=tyl",
      { 0.5856916038393043, 0.10595702678418317, 0.026343981433301834, 0.10595702678418314, 0.54368044278564698,
        0.14657783825616888, 0.026343981433301838, 0.14657783825616891, 1.8706279533750489 } },
  };
  fnx_buf *x = gold_epochs ();
  for (size_t k = 0; k < 3; k++) {
    const fnx_buf *s = t_run (want[k].line, x);
    t_near (t_values (s), want[k].s, GOLD_C * GOLD_C, 1e-11, want[k].line);
    buffer_unref (s);
  }
  buffer_unref (x);
}

static void
golden (void)
{
  static const struct {
    const char *key;
    spd_metric metric;
  } keys[] = { { "dist_riemann(S0,S1)", SPD_RIEMANN },
               { "dist_logeuclid(S0,S1)", SPD_LOGEUCLID },
               { "dist_euclid(S0,S1)", SPD_EUCLID },
               { "dist_logdet(S0,S1)", SPD_LOGDET },
               { "dist_wasserstein(S0,S1)", SPD_WASSERSTEIN },
               { "dist_kullback(S0,S1)", SPD_KULLBACK },
               { "dist_harmonic(S0,S1)", SPD_HARMONIC },
               { "dist_kullback_sym(S0,S1)", SPD_KULLBACK_SYM },
               { "dist_chol(S0,S1)", SPD_CHOL },
               { "dist_logchol(S0,S1)", SPD_LOGCHOL } };
  json_t *all = gold_open ();
  fnx_buf *x = gold_epochs ();
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  const double *s0 = t_values (s), *s1 = s0 + GOLD_C * GOLD_C;
  for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
    double d = NAN;
    spd_dist (keys[k].metric, s0, s1, GOLD_C, &d, work);
    gold_near (all, keys[k].key, &d, 1e-12);
  }
  spd_geodesic (SPD_RIEMANN, s0, s1, GOLD_C, 0.3, t, work);
  gold_near (all, "geodesic_riemann(S0,S1,0.3)", t, 1e-12);
  spd_geodesic (SPD_WASSERSTEIN, s0, s1, GOLD_C, 0.3, t, work);
  gold_near (all, "geodesic_wasserstein(S0,S1,0.3)", t, 1e-12);
  buffer_unref (s);
  buffer_unref (x);
  json_decref (all);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  eigen ();
  logarithm ();
  rough ();
  in_step ();
  theory ();
  estimators ();
  distributions ();
  robust ();
  robust_numbers ();
  if (t_shared ("oracles/riemann_golden.json"))
    golden ();
  else
    printf ("# no oracles: theory only\n");
  return t_end ();
}
