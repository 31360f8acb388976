/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means against theory: the defining equation, closed forms, invariances, the
 * peer's iteration, and the same bytes for any number of threads.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"
#include "tests/harness.h"

enum { K = 37, N = 9, Q = N * N };
static double x[K * Q], work[4000];

/* Dispersed SPD matrices; `spread` is the deviation of their logarithms. */
static void
cloud (double spread, uint64_t seed)
{
  double z[Q], s[Q], l[Q], e[Q], base[Q];
  t_random (z, Q, seed);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      s[i * N + j] = 0.3 * (z[i * N + j] + z[j * N + i]);
  spd_exp (s, N, base, work);
  for (int k = 0; k < K; k++) {
    t_random (z, Q, seed + 1 + (uint64_t)k);
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++)
        s[i * N + j] = spread * (z[i * N + j] + z[j * N + i]) / 2;
    spd_exp (s, N, e, work);
    la_mul (l, base, e, N, N, N, 1, 0);
    la_mul_nt (x + k * Q, l, base, N, N, N, 1, 0);
    la_mirror (x + k * Q, N);
  }
}

static fnx_buf *
covs (long count)
{
  return t_buf ("cov[trial,channel,channel]", x, count, (long)N, (long)N);
}

static void
mean_of (const char *line, const double *w, double *m)
{
  fnx_buf *b = covs (K);
  if (w)
    t_reals (&b, "trial", "weight", w);
  const fnx_buf *out = t_run (line, b);
  memcpy (m, t_values (out), Q * sizeof *m);
  buffer_unref (out);
  buffer_unref (b);
}

/* |sum_k w_k log (m^-1/2 x_k m^-1/2)| / sum w */
static double
gradient (const double *m, const double *w)
{
  double root[Q], sum[Q] = { 0 }, l[Q], total = 0;
  spd_invsqrt (m, N, root, work);
  for (int k = 0; k < K; k++) {
    spd_log_at (x + k * Q, root, N, l, work);
    la_axpy (sum, w ? w[k] : 1, l, Q);
    total += w ? w[k] : 1;
  }
  return la_norm (sum, Q) / total;
}

static double
apart (const double *a, const double *b)
{
  double d = NAN;
  spd_dist (SPD_RIEMANN, a, b, N, &d, work);
  return d;
}

static void
defining_equation (void)
{
  double m[Q], peer[Q], w[K];
  static const double spreads[] = { 0.05, 0.5, 1.5 };
  for (size_t i = 0; i < 3; i++) {
    cloud (spreads[i], 100 * (i + 1));
    mean_of ("mean", NULL, m);
    mean_of ("mean peer=exact", NULL, peer);
    t_ok (gradient (m, NULL) < 1e-8, "spread %g: gradient at the mean %.2g", spreads[i], gradient (m, NULL));
    t_ok (apart (m, peer) < 1e-8, "spread %g: the peer's mean is %.2g away", spreads[i], apart (m, peer));
    for (int k = 0; k < K; k++)
      w[k] = k % 5;
    mean_of ("mean", w, m);
    t_ok (gradient (m, w) < 1e-8, "spread %g: weighted gradient %.2g", spreads[i], gradient (m, w));
  }
}

static void
invariances (void)
{
  static const char *const metrics[] = { "riemann", "logdet", "kullback_sym" };
  double g[Q], m[Q], moved[Q], half[Q], keep[K * Q];
  char line[64];
  t_random (g, Q, 77);
  for (size_t i = 0; i < 3; i++) {
    snprintf (line, sizeof line, "mean metric=%s", metrics[i]);
    cloud (0.5, 7);
    memcpy (keep, x, sizeof x);
    mean_of (line, NULL, m);
    for (int k = 0; k < K; k++) {
      la_mul (half, g, keep + k * Q, N, N, N, 1, 0);
      la_mul_nt (x + k * Q, half, g, N, N, N, 1, 0);
      for (int r = 0; r < N; r++)
        for (int c = 0; c < r; c++)
          x[k * Q + r * N + c] = x[k * Q + c * N + r];
    }
    mean_of (line, NULL, moved);
    la_mul (half, g, m, N, N, N, 1, 0);
    la_mul_nt (m, half, g, N, N, N, 1, 0);
    la_mirror (m, N);
    double tol = i == 1 ? 1e-3 : 1e-7; /* logdet stops where it moves by 1e-4 */
    t_ok (apart (m, moved) < tol, "%s: the mean of mixed channels is the mixed mean, to %.2g", metrics[i],
          apart (m, moved));
    for (int k = 0; k < K; k++)
      memcpy (x + k * Q, keep + (K - 1 - k) * Q, sizeof m);
    mean_of (line, NULL, moved);
    memcpy (x, keep, sizeof x);
    mean_of (line, NULL, m);
    t_ok (apart (m, moved) < tol, "%s: the order of trials does not matter, to %.2g", metrics[i], apart (m, moved));
  }
}

/* Diagonal matrices commute: the geometric mean, for both metrics. */
static void
closed_forms (void)
{
  double z[K * N], want[Q] = { 0 }, m[Q];
  t_random (z, K * N, 5);
  memset (x, 0, sizeof x);
  for (int k = 0; k < K; k++)
    for (int i = 0; i < N; i++)
      x[k * Q + i * N + i] = exp (z[k * N + i]);
  for (int i = 0; i < N; i++) {
    double sum = 0;
    for (int k = 0; k < K; k++)
      sum += z[k * N + i];
    want[i * N + i] = exp (sum / K);
  }
  static const char *const lines[] = { "mean", "mean peer=exact", "mean metric=logeuclid", "mean metric=logchol" };
  for (size_t i = 0; i < 4; i++) {
    mean_of (lines[i], NULL, m);
    t_near (m, want, Q, 1e-8, lines[i]);
  }
  cloud (1, 11); /* two matrices: the middle of their geodesic */
  fnx_buf *two = covs (2);
  const fnx_buf *out = t_run ("mean", two);
  spd_geodesic (SPD_RIEMANN, x, x + Q, N, 0.5, want, work);
  t_ok (apart (t_values (out), want) < 1e-8, "two matrices: %.2g from the middle of their geodesic",
        apart (t_values (out), want));
  buffer_unref (out);
  out = t_run ("mean metric=wasserstein", two);
  spd_geodesic (SPD_WASSERSTEIN, x, x + Q, N, 0.5, want, work);
  t_near (t_values (out), want, Q, 1e-6, "two matrices, wasserstein");
  buffer_unref (out);
  buffer_unref (two);
  fnx_buf *one = covs (1);
  out = t_run ("mean", one);
  t_near (t_values (out), x, Q, 1e-9, "the mean of one matrix is that matrix");
  buffer_unref (out);
  buffer_unref (one);
}

/* Scaled and rotated to a condition of about 1e11: the mean moves along, as far
 * as the rounding of the matrices themselves lets it be known. */
static void
ill_conditioned (void)
{
  double m[Q], want[Q], scale[N], h[Q], t[Q];
  static const char *const lines[] = { "mean", "mean peer=exact" };
  cloud (0.3, 21);
  mean_of ("mean", NULL, want);
  for (int i = 0; i < N; i++) {
    scale[i] = pow (10, -4.5 * i / (N - 1));
    for (int j = 0; j < N; j++)
      h[i * N + j] = (i == j) - 2.0 / N; /* a reflection: no diagonal scaling undoes it */
  }
  for (int k = -1; k < K; k++) {
    double *s = k < 0 ? want : x + k * Q;
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++)
        t[i * N + j] = s[i * N + j] * scale[i] * scale[j];
    la_mul (m, h, t, N, N, N, 1, 0);
    la_mul (s, m, h, N, N, N, 1, 0);
    la_mirror (s, N);
  }
  for (size_t l = 0; l < 2; l++) {
    double gap = 0;
    mean_of (lines[l], NULL, m);
    for (int i = 0; i < Q; i++)
      gap = fmax (gap, fabs (m[i] - want[i]) / la_norm (want, Q));
    t_ok (gap < 1e-8, "condition 1e11, %s: entries within %.2g of the norm", lines[l], gap);
    t_ok (apart (m, want) < 1e-3, "condition 1e11, %s: %.2g from the moved mean", lines[l], apart (m, want));
  }
}

/* The power mean is its own arithmetic mean of the points at p on the geodesics
 * from it to the matrices (Lim and Palfia 2012); negative p: of the inverses. */
static void
power (void)
{
  double m[Q], want[Q], sum[Q], g[Q], h[Q];
  static const double ps[] = { 0.9, 0.5, 0.1, -0.1, -0.5, -0.9 };
  char line[64];
  cloud (0.5, 41);
  for (size_t i = 0; i < sizeof ps / sizeof *ps; i++) {
    snprintf (line, sizeof line, "mean metric=power p=%g", ps[i]);
    mean_of (line, NULL, m);
    if (ps[i] < 0)
      la_spd_inv (m, N);
    memset (sum, 0, sizeof sum);
    for (int k = 0; k < K; k++) {
      memcpy (h, x + k * Q, sizeof h);
      if (ps[i] < 0)
        la_spd_inv (h, N);
      spd_geodesic (SPD_RIEMANN, m, h, N, fabs (ps[i]), g, work);
      la_axpy (sum, 1.0 / K, g, Q);
    }
    t_ok (apart (sum, m) < 1e-8, "%s: the defining equation holds to %.2g", line, apart (sum, m));
  }
  static const char *const ends[][2] = { { "mean metric=power p=-1", "mean metric=harmonic" },
                                         { "mean metric=power p=0", "mean" },
                                         { "mean metric=power p=1", "mean metric=euclid" } };
  for (size_t i = 0; i < 3; i++) {
    mean_of (ends[i][0], NULL, m);
    mean_of (ends[i][1], NULL, want);
    t_near (m, want, Q, 0, ends[i][0]);
  }
  mean_of ("mean metric=power p=1e-4", NULL, m);
  mean_of ("mean", NULL, want);
  t_ok (apart (m, want) < 1e-2, "p near 0 is near riemann: %.2g", apart (m, want));
}

static void
threads (void)
{
  static const char *const lines[]
      = { "mean", "mean metric=logeuclid", "mean peer=exact", "mean metric=wasserstein", "mean metric=power" };
  double one[Q], many[Q];
  cloud (0.5, 31);
  for (size_t i = 0; i < 5; i++) {
    pool_start (1);
    mean_of (lines[i], NULL, one);
    bool same = true;
    for (unsigned n = 2; n <= 4; n += 2) {
      pool_start (n);
      mean_of (lines[i], NULL, many);
      same = same && memcmp (one, many, sizeof one) == 0;
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", lines[i]);
  }
}

int
main (void)
{
  t_begin ();
  la_serial ();
  defining_equation ();
  invariances ();
  closed_forms ();
  ill_conditioned ();
  power ();
  threads ();
  return t_end ();
}
