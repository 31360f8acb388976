/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Delays from the dynamics.  Mutual information and MDOP on the Lorenz system
 * against a numpy version that was written from the papers apart from ours
 * (dt 0.01, 3000 points by Runge-Kutta from (1,1,1), 2000 dropped): first minima
 * at 20, 15 and 15; series z, x, y, z with delays 0, 8, 50, 50 and false
 * neighbours .993, .382, .122, .0007.  Kennel's false neighbours of x vanish in
 * three dimensions (Kennel, Brown and Abarbanel 1992, figure 2).
 */
#include "plugins/common/mutual.h"
#include "plugins/common/neighbours.h"
#include "plugins/riemann/takens.h"
#include "tests/harness.h"

enum { T = 3000, DROP = 2000 };

static void
slope (const double *x, double *d)
{
  d[0] = 10 * (x[1] - x[0]);
  d[1] = x[0] * (28 - x[2]) - x[1];
  d[2] = x[0] * x[1] - 8.0 / 3 * x[2];
}

static void
lorenz (double *out)
{
  static const double ahead[] = { 0.005, 0.005, 0.01 };
  double x[3] = { 1, 1, 1 };
  for (int t = 0; t < DROP + T; t++) {
    double k[4][3], y[3];
    for (int i = 0; i < 3 && t >= DROP; i++)
      out[i * T + t - DROP] = x[i];
    slope (x, k[0]);
    for (int s = 0; s < 3; s++) {
      for (int i = 0; i < 3; i++)
        y[i] = x[i] + ahead[s] * k[s][i];
      slope (y, k[s + 1]);
    }
    for (int i = 0; i < 3; i++)
      x[i] += 0.01 / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
  }
}

static void
information (const double *x, void *room)
{
  static const size_t first[] = { 20, 15, 15 };
  mutual m;
  for (int i = 0; i < 3; i++) {
    mutual_begin (&m, x + i * T, T, 100, room);
    size_t at = mutual_first_min (&m, 100);
    t_ok (at == first[i], "mutual information of %c: first minimum at %zu", "xyz"[i], at);
  }
  /* A series tells all of itself: its entropy over the bins. */
  double entropy = 0;
  for (size_t b = 0; b < m.bins; b++) {
    double p = (m.end[b] - (b ? m.end[b - 1] : 0)) / (double)m.pairs;
    entropy -= p * log2 (p);
  }
  double self = mutual_at (&m, 0);
  t_near (&self, &entropy, 1, 1e-12, "at delay 0 it is the entropy");
}

static void
unfolding (const double *x, void *room)
{
  static const int series[] = { 2, 0, 1, 2 }, delay[] = { 0, 8, 50, 50 };
  static const double fnn[] = { .993, .382, .122, .0007 };
  mdop m;
  size_t bad;
  int wrong = takens_mdop (x, 3, T, 50, &m, &bad, room);
  t_ok (wrong == 0 && m.n == 4 && m.theiler == 20, "MDOP: %d components, window %zu", m.n, m.theiler);
  for (int k = 0; k < 4; k++)
    t_ok (m.series[k] == series[k] && m.delay[k] == delay[k] && fabs (m.fnn[k] - fnn[k]) < 1e-3,
          "component %d: %c at %d, false neighbours %.4f", k + 1, "xyz"[m.series[k]], m.delay[k], m.fnn[k]);
}

static void
false_neighbours (const double *x, void *room)
{
  double a[8], fnn[8];
  size_t known = takens_growth (x, T, 17, 6, a, fnn, room);
  t_ok (known == 7 && fnn[0] > 0.9 && fnn[1] > 0.05 && fnn[2] < 0.005 && fnn[3] < 0.005,
        "Lorenz x unfolds in three dimensions: %.3f %.3f %.4f %.4f", fnn[0], fnn[1], fnn[2], fnn[3]);
  t_ok (a[2] / a[1] < 0.6 && a[4] / a[3] > 0.8, "Cao's E1 settles behind them: %.2f, %.2f", a[2] / a[1], a[4] / a[3]);
  t_ok (takens_growth (x, 60, 20, 6, a, fnn, room) == 2, "60 samples at delay 20 serve for two dimensions");
}

/* Cao and Kennel by all distances, dimension by dimension: the nearest that is
 * not equal, of equals the first. */
static size_t
slowly (const double *s, int n_all, int tau, int most, double *a, double *fnn)
{
  double mean = 0, sd = 0;
  int top = 0;
  for (int t = 0; t < n_all; t++)
    mean += s[t] / n_all;
  for (int t = 0; t < n_all; t++)
    sd += (s[t] - mean) * (s[t] - mean) / n_all;
  sd = sqrt (sd);
  for (; top <= most && (top + 1) * tau + 20 <= n_all; top++) {
    int n = n_all - (top + 1) * tau;
    a[top] = fnn[top] = 0;
    for (int i = 0; i < n; i++) {
      double least = INFINITY, more;
      int at = -1;
      for (int j = 0; j < n; j++) {
        double d2 = 0;
        for (int k = 0; k <= top; k++)
          d2 += (s[i + k * tau] - s[j + k * tau]) * (s[i + k * tau] - s[j + k * tau]);
        if (j != i && d2 > 0 && d2 < least) {
          least = d2;
          at = j;
        }
      }
      if (at < 0)
        continue;
      more = sqrt (least + pow (s[i + (top + 1) * tau] - s[at + (top + 1) * tau], 2));
      a[top] += more / sqrt (least) / (n - 1);
      fnn[top] += (more * more / least - 1 > 100 || more > 2 * sd) / (double)n;
    }
  }
  return (size_t)top;
}

/* Whole numbers: their sums are exact, so that which of the many equally near
 * points is taken can be told; and a smooth series, whose neighbours move on. */
static void
growth (const double *x)
{
  enum { N = 301, MOST = 12 };
  static const size_t taus[] = { 1, 3, 8, 25 };
  double s[N], a[MOST + 1], fnn[MOST + 1], a0[MOST + 1], fnn0[MOST + 1];
  void *room = malloc (takens_growth_room (N, 25, MOST));
  t_random (s, N, 11);
  for (int kind = 0; kind < 2 && room; kind++)
    for (size_t k = 0; k < sizeof taus / sizeof *taus; k++) {
      for (int t = 0; t < N; t++)
        s[t] = kind ? x[3 * t] : nearbyint (2 * s[t]);
      size_t got = takens_growth (s, N, taus[k], MOST, a, fnn, room), n = slowly (s, N, (int)taus[k], MOST, a0, fnn0);
      t_ok (got == n, "%s at delay %zu: %zu dimensions", kind ? "Lorenz x" : "whole numbers", taus[k], n);
      t_near (a, a0, n, 1e-12, "Cao's a as by all distances");
      t_near (fnn, fnn0, n, 1e-14, "false neighbours as by all distances");
    }
  free (room);
}

/* Against all distances; whole numbers in one and three dimensions have many
 * equals, random ones none but those made. */
static void
neighbours (int M, bool whole)
{
  enum { N = 121, W = 4, MOST = 3 };
  double y[N * MOST], dist[N];
  int32_t near[N];
  int wrong = 0;
  double *room = malloc (neighbours_room (N, (size_t)M));
  if (!room)
    exit (99);
  t_random (y, (size_t)(N * M), 3);
  for (int k = 0; k < N * M && whole; k++)
    y[k] = nearbyint (3 * y[k]);
  for (int k = 0; k < M; k++)
    y[50 * M + k] = y[20 * M + k]; /* equal points */
  neighbours_of (y, N, (size_t)M, W, near, dist, room);
  for (int i = 0; i < N; i++) {
    int at = -1;
    double least = INFINITY;
    for (int j = 0; j < N; j++) {
      double d2 = 0;
      for (int k = 0; k < M; k++)
        d2 += (y[i * M + k] - y[j * M + k]) * (y[i * M + k] - y[j * M + k]);
      if (abs (i - j) > W && d2 < least) {
        least = d2;
        at = j;
      }
    }
    wrong += near[i] != at || fabs (dist[i] - sqrt (least)) > 1e-15;
  }
  t_ok (wrong == 0, "%d coordinates: %d of %d neighbours differ from a search of all", M, wrong, N);
  free (room);
}

static void
peaks (void)
{
  const double v[] = { 1, 2, 2, 1, 3 }, up[] = { 1, 2, 3 };
  t_ok (takens_first_peak (v, 5, 1) == 1 && takens_first_peak (v, 5, -1) == 0, "a flat top counts, and so does an end");
  t_ok (takens_first_peak (up, 3, 1) == 2, "a rise peaks at its end");
}

/* The step: the same trial several times over says what the trial says. */
static void
step (const double *x)
{
  enum { K = 3, N = 1200 };
  static double v[K * 3 * N];
  fnx_status code;
  for (int k = 0; k < K; k++)
    for (int i = 0; i < 3; i++)
      memcpy (v + (k * 3 + i) * N, x + i * T, N * sizeof *v);
  for (size_t i = 0; i < (size_t)K * 3 * N; i++) /* so that no two trials are equal to the bit */
    v[i] *= 1 + (double)(i / (3 * N));
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", v, (long)K, 3L, (long)N);
  t_labels (&b, "channel", "x,y,z");
  mdop m;
  size_t bad;
  void *room = malloc (takens_mdop_room (3, N, 50));
  int wrong = room ? takens_mdop (v, 3, N, 50, &m, &bad, room) : 3;
  t_ok (wrong == 0 && m.n >= 2, "one trial: %d delays", m.n);
  free (room);
  double sum = 0;
  for (int k = 0; k < m.n; k++)
    sum += m.delay[k];
  char line[96];
  snprintf (line, sizeof line, "augcov order=%d lag=%d", m.n, (int)nearbyint (sum / m.n));
  const fnx_buf *want = t_run (line, b);
  t_model *model = t_fit ("delaycov", b, NULL, NULL), *again = t_save_load (model);
  const fnx_buf *got = t_apply (again, b);
  size_t n = (size_t)buffer_spec (got)->axes[1]->size;
  t_ok (n == (size_t)m.n * 3, "delaycov makes %zu rows", n);
  t_near (t_values (got), t_values (want), K * n * n, 1e-12, line);
  buffer_unref (got);
  buffer_unref (want);
  t_model_free (again);
  t_model_free (model);
  const char *said = t_fail ("delaycov max-delay=600", b, &code);
  t_ok (strstr (said, "use a smaller max-delay=") != NULL, "%s", said);
  double *w = buffer_write (b, NULL);
  for (int t = 0; w && t < N; t++)
    w[(3 + 1) * N + t] = 7;
  said = t_fail ("delaycov", b, &code);
  t_ok (strstr (said, "trial 2 of ") && strstr (said, "channel y is flat") && strstr (said, "! pick drop=y"), "%s",
        said);
  said = t_fail ("delaycov method=cao", b, &code);
  t_ok (strstr (said, "channel y is flat") != NULL, "%s", said);
  if (w)
    w[2 * N + 5] = NAN;
  said = t_fail ("delaycov method=ami", b, &code);
  t_ok (strstr (said, "trial 1 of ") && strstr (said, "sample 6 of channel z is missing"), "%s", said);
  buffer_unref (b);
}

int
main (void)
{
  static double x[3 * T];
  void *room = malloc (takens_mdop_room (3, T, 50));
  t_begin ();
  lorenz (x);
  if (!room)
    return 99;
  information (x, room);
  unfolding (x, room);
  false_neighbours (x, room);
  growth (x);
  for (int k = 0; k < 4; k++)
    neighbours (k < 2 ? 1 : 3, k % 2);
  peaks ();
  step (x);
  free (room);
  return t_end ();
}
