/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps geodesic, tangent and untangent: closed forms of diagonal matrices,
 * ways there and back, pyRiemann's golden vectors, and sentences for what
 * cannot be.
 */
#include "core/pool.h"
#include "covs.h"
#include "golden.h"
#include "plugins/common/spd.h"

/* ---- geodesic ------------------------------------------------------------------ */

static void
golden (void)
{
  static const char *const lines[] = { "geodesic at=0.3", "geodesic at=0.3 metric=wasserstein" };
  static const char *const keys[] = { "geodesic_riemann(S0,S1,0.3)", "geodesic_wasserstein(S0,S1,0.3)" };
  json_t *all = gold_open ();
  fnx_buf *x = gold_epochs ();
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  fnx_buf *to = alone (s, 1);
  for (size_t i = 0; i < 2; i++) {
    const fnx_buf *g = t_run2 (lines[i], s, to);
    gold_near (all, keys[i], t_values (g), 1e-9);
    buffer_unref (g);
  }
  buffer_unref (to);
  /* and from pyRiemann's mean back from pyRiemann's vectors */
  size_t n;
  fnx_buf *mean = t_buf ("cov[channel,channel]", gold (all, "mean_riemann", &n), (long)GOLD_C, (long)GOLD_C);
  fnx_buf *v = t_buf ("features[trial,feature]", gold (all, "tangent_first2", &n), 2L, 6L);
  const fnx_buf *back = t_run2 ("untangent", v, mean), *there = t_run2 ("tangent", s, mean);
  t_near (t_values (back), t_values (s), 2 * GOLD_C * GOLD_C, 1e-9, "the peer's vectors are these matrices");
  gold_near (all, "tangent_first2", t_values (there), 1e-9);
  buffer_unref (there);
  buffer_unref (back);
  buffer_unref (v);
  buffer_unref (mean);
  buffer_unref (s);
  buffer_unref (x);
  json_decref (all);
}

/* Diagonals: powers multiply, logarithms and variances are weighed, standard
 * deviations too (wasserstein). */
static void
diagonals (void)
{
  enum { N = 3, Q = N * N };
  static const struct {
    const char *line;
    double at;
    int how; /* 0: powers, 1: variances, 2: standard deviations */
  } ways[] = { { "geodesic at=0.3", 0.3, 0 },
               { "geodesic at=-1.5", -1.5, 0 },
               { "geodesic at=2 metric=logeuclid", 2, 0 },
               { "geodesic at=0.3 metric=euclid", 0.3, 1 },
               { "geodesic metric=wasserstein", 0.5, 2 } };
  static const double a[N] = { 0.5, 1, 20 }, b[N] = { 2, 0.1, 7 };
  double x[Q] = { 0 }, m[Q] = { 0 };
  for (int i = 0; i < N; i++) {
    x[i * (N + 1)] = a[i];
    m[i * (N + 1)] = b[i];
  }
  fnx_buf *s = t_buf ("cov[trial,channel,channel]", x, 1L, (long)N, (long)N);
  fnx_buf *to = t_buf ("cov[channel,channel]", m, (long)N, (long)N);
  for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
    double want[Q] = { 0 }, t = ways[k].at;
    const fnx_buf *g = t_run2 (ways[k].line, s, to);
    for (int i = 0; i < N; i++) {
      double sd = (1 - t) * sqrt (a[i]) + t * sqrt (b[i]);
      want[i * (N + 1)] = ways[k].how == 0   ? pow (a[i], 1 - t) * pow (b[i], t)
                          : ways[k].how == 1 ? (1 - t) * a[i] + t * b[i]
                                             : sd * sd;
    }
    t_near (t_values (g), want, Q, 1e-12, ways[k].line);
    buffer_unref (g);
  }
  buffer_unref (to);
  buffer_unref (s);
}

/* Part of the way is that part of the distance, on either side. */
static void
on_the_way (void)
{
  enum { K = 9, N = 5, Q = N * N };
  static const char *const metrics[] = { "riemann", "logeuclid", "euclid", "wasserstein" };
  fnx_buf *s = random_covs (K, N, 3), *to = alone (s, 4);
  for (size_t i = 0; i < 4; i++) {
    char line[80], by[80];
    double worst = 0;
    snprintf (by, sizeof by, "distance metric=%s", metrics[i]);
    const fnx_buf *far = t_run2 (by, s, to);
    static const double at[] = { 0, 0.25, 1 };
    for (size_t k = 0; k < 3; k++) {
      snprintf (line, sizeof line, "geodesic metric=%s at=%g", metrics[i], at[k]);
      const fnx_buf *g = t_run2 (line, s, to), *near = t_run2 (by, g, to);
      for (int j = 0; j < K; j++)
        worst = fmax (worst, fabs (t_values (near)[j] - (1 - at[k]) * t_values (far)[j]));
      if (at[k] == 0)
        t_near (t_values (g), t_values (s), K * Q, 1e-12, "at=0 leaves trials as they are");
      buffer_unref (near);
      buffer_unref (g);
    }
    t_ok (worst < 1e-6, "%s: what remains is 1 - at of the distance (%.2g)", metrics[i], worst);
    buffer_unref (far);
  }
  buffer_unref (to);
  buffer_unref (s);
}

/* ---- tangent and back ------------------------------------------------------------- */

static void
round_trips (void)
{
  static const long sizes[] = { 1, 4, 22, 45 };
  static const char *const metrics[] = { "riemann", "logeuclid", "euclid" };
  for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++)
    for (size_t i = 0; i < 3; i++) {
      char mean[80], there[80], back[80], what[120];
      size_t n = (size_t)sizes[z];
      fnx_buf *s = random_covs (10, (long)n, 50 + z);
      snprintf (mean, sizeof mean, "mean metric=%s", metrics[i]);
      snprintf (there, sizeof there, "tangent metric=%s", metrics[i]);
      snprintf (back, sizeof back, "untangent metric=%s", metrics[i]);
      snprintf (what, sizeof what, "%s of %zu channels, there and back", metrics[i], n);
      const fnx_buf *m = t_run (mean, s), *v = t_run (there, s), *given = t_run2 (there, s, m);
      const fnx_buf *r = t_run2 (back, v, m);
      t_near (t_values (r), t_values (s), 10 * n * n, 1e-10, what);
      t_ok (buffer_equal (given, v), "its own mean given as reference= changes nothing");
      buffer_unref (r);
      buffer_unref (given);
      buffer_unref (v);
      buffer_unref (m);
      buffer_unref (s);
    }
}

/* 0 is the reference; of diagonal ones the rest is known too. */
static void
vectors (void)
{
  static const double m[4] = { 4, 0, 0, 9 }, v[6] = { 0, 0, 0, 0.5, 0, -1 };
  static const double riemann[8] = { 4, 0, 0, 9, 0, 0, 0, 0 };
  fnx_buf *ref = t_buf ("cov[channel,channel]", m, 2L, 2L), *in = t_buf ("features[trial,feature]", v, 2L, 3L);
  double want[8];
  memcpy (want, riemann, sizeof want);
  want[4] = 4 * exp (0.5); /* m^1/2 exp (v) m^1/2 */
  want[7] = 9 * exp (-1);
  const fnx_buf *x = t_run2 ("untangent", in, ref);
  t_near (t_values (x), want, 8, 1e-13, "riemann: variances times exp");
  buffer_unref (x);
  want[4] = 4 * exp (0.5 / 4); /* the derivative of exp at log m is m */
  want[7] = 9 * exp (-1.0 / 9);
  x = t_run2 ("untangent metric=logeuclid", in, ref);
  t_near (t_values (x), want, 8, 1e-13, "logeuclid: variances times exp (v / variance)");
  buffer_unref (x);
  want[4] = 4.5;
  want[7] = 8;
  x = t_run2 ("untangent metric=euclid", in, ref);
  t_near (t_values (x), want, 8, 1e-15, "euclid: variances plus v");
  buffer_unref (x);
  buffer_unref (in);
  buffer_unref (ref);
}

/* A model keeps the reference that it was fitted with. */
static void
kept (void)
{
  fnx_buf *s = random_covs (8, 4, 1), *to = alone (s, 3);
  t_model *m = t_fit ("tangent", s, to, NULL), *again = t_save_load (m);
  const fnx_buf *v = t_apply (again, s), *want = t_run2 ("tangent", s, to);
  double norm = la_norm (t_values (v) + 3L * 10, 10);
  t_ok (buffer_equal (v, want) && norm < 1e-12, "about trial 4: there it is 0 (%.2g)", norm);
  buffer_unref (want);
  buffer_unref (v);
  t_model_free (again);
  t_model_free (m);
  buffer_unref (to);
  buffer_unref (s);
}

/* ---- both --------------------------------------------------------------------------- */

static void
refused (const char *line, const fnx_buf *in, const fnx_buf *to, fnx_status want, const char *words)
{
  fnx_status code;
  const char *said = t_fail2 (line, in, to, &code);
  t_ok (code == want && strstr (said, words), "%s: %s", line, said);
}

static void
refusals (void)
{
  enum { N = 3 };
  double v[2 * 6] = { 0 };
  fnx_buf *s = random_covs (4, N, 1), *to = alone (s, 0), *other = random_covs (1, 4, 2), *to4 = alone (other, 0);
  refused ("geodesic", s, to4, FNX_E_SPEC, "to= has 4 channels; the trials of test have 3");
  refused ("geodesic metric=wasserstein at=1.1", s, to, FNX_E_PARAM, "at=1.1 is not between 0 and 1");
  refused ("geodesic metric=euclid at=9", s, to, FNX_E_NUMERIC, "at=9 takes trial ");
  refused ("tangent", s, to4, FNX_E_SPEC, "reference= has 4 channels; the trials of test have 3");
  fnx_buf *five = t_buf ("features[trial,feature]", v, 2L, 5L), *six = t_buf ("features[trial,feature]", v, 2L, 6L);
  refused ("untangent", five, to, FNX_E_SPEC, "test has 5 features, which no matrix has");
  refused ("untangent", six, to4, FNX_E_SPEC, "reference= has 4 channels; the 6 features of test are those of 3");
  buffer_unref (six);
  v[6] = -1e3; /* of the second trial, far below 0 */
  six = t_buf ("features[trial,feature]", v, 2L, 6L);
  refused ("untangent metric=euclid", six, to, FNX_E_NUMERIC,
           "trial 2 of test: the reference and this vector do not sum to a positive definite matrix");
  buffer_unref (six);
  v[6] = 1e3;
  six = t_buf ("features[trial,feature]", v, 2L, 6L);
  refused ("untangent", six, to, FNX_E_NUMERIC, "trial 2 of test: a vector of length 1e+03 is too far");
  refused ("untangent metric=logeuclid", six, to, FNX_E_NUMERIC, "trial 2 of test: a vector of length 1e+03");
  buffer_unref (six);
  buffer_unref (to);
  to = t_buf ("cov[channel,channel]", (double[]){ 1, 2, 0, 2, 1, 0, 0, 0, 1 }, 3L, 3L);
  v[6] = 0;
  six = t_buf ("features[trial,feature]", v, 2L, 6L);
  refused ("untangent", six, to, FNX_E_NUMERIC, "reference= is not positive definite");
  refused ("geodesic", s, to, FNX_E_NUMERIC, "to= is not positive definite");
  buffer_unref (six);
  buffer_unref (five);
  buffer_unref (to4);
  buffer_unref (to);
  buffer_unref (other);
  buffer_unref (s);
}

/* The only shrinkage for matrices without full rank. */
static void
rank (void)
{
  static const double x[4] = { 1, 1, 1, 1 }, one[4] = { 1, 0, 0, 1 };
  static const double want[4] = { 1, 0.75, 0.75, 1 };
  fnx_buf *s = t_buf ("cov[trial,channel,channel]", x, 1L, 2L, 2L), *to = t_buf ("cov[channel,channel]", one, 2L, 2L);
  const fnx_buf *g = t_run2 ("geodesic metric=euclid at=0.25", s, to);
  t_near (t_values (g), want, 4, 1e-15, "euclid lends a singular matrix full rank");
  buffer_unref (g);
  refused ("geodesic metric=euclid at=0", s, to, FNX_E_NUMERIC,
           "trial 1 of test is not positive definite: rank 1 of 2");
  refused ("geodesic", s, to, FNX_E_NUMERIC, "trial 1 of test is not positive definite: rank 1 of 2");
  buffer_unref (to);
  buffer_unref (s);
}

static void
threads (void)
{
  static const char *const lines[] = { "geodesic", "geodesic metric=wasserstein", "geodesic metric=logeuclid",
                                       "tangent", "tangent metric=logeuclid" };
  static const char *const back[] = { "untangent", "untangent metric=logeuclid", "untangent metric=euclid" };
  fnx_buf *s = random_covs (37, 12, 9), *to = alone (s, 4);
  const fnx_buf *v = t_run ("tangent", s);
  for (size_t i = 0; i < 8; i++) {
    const char *line = i < 5 ? lines[i] : back[i - 5];
    const fnx_buf *first = NULL;
    bool same = true;
    fnx_buf *w = NULL;
    if (i >= 5) { /* euclid: small enough vectors */
      w = buffer_own (buffer_ref (v), NULL);
      la_scale (buffer_write (w, NULL), i == 7 ? 1e-3 : 1, 37 * 78);
    }
    for (unsigned n = 1; n <= 4; n *= 2) {
      pool_start (n);
      const fnx_buf *g = t_run2 (line, w ? w : s, to);
      same &= !first || buffer_equal (first, g);
      if (first)
        buffer_unref (g);
      else
        first = g;
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", line);
    buffer_unref (first);
    buffer_unref (w);
  }
  buffer_unref (v);
  buffer_unref (to);
  buffer_unref (s);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  diagonals ();
  on_the_way ();
  round_trips ();
  vectors ();
  kept ();
  refusals ();
  rank ();
  threads ();
  if (t_shared ("oracles/riemann_golden.json"))
    golden ();
  else
    printf ("# no oracles: closed forms only\n");
  return t_end ();
}
