/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step distance: closed forms of diagonal matrices, what each metric is
 * invariant to, pyRiemann's golden vectors, and sentences for what cannot be.
 */
#include "core/pool.h"
#include "covs.h"
#include "golden.h"
#include "plugins/common/spd.h"

static bool
near (double a, double b, double tol)
{
  return fabs (a - b) <= tol * fmax (1, fabs (b));
}

static double
one (const char *metric, const fnx_buf *b, size_t i, size_t j)
{
  char line[80];
  snprintf (line, sizeof line, "distance metric=%s", metric);
  const fnx_buf *d = t_run (line, b);
  double v = t_values (d)[i * (size_t)buffer_spec (d)->axes[1]->size + j];
  buffer_unref (d);
  return v;
}

/* Of diagonal matrices each distance is a sum over the diagonal. */
static void
diagonals (void)
{
  enum { N = 4 };
  static const double a[N] = { 0.5, 1, 2, 30 }, b[N] = { 0.7, 0.1, 5, 2 };
  double x[2 * N * N] = { 0 }, sum[SPD_N_METRIC] = { 0 };
  for (int i = 0; i < N; i++) {
    double u = a[i], v = b[i], there = u / v - 1 - log (u / v), back = v / u - 1 - log (v / u);
    x[i * (N + 1)] = u;
    x[N * N + i * (N + 1)] = v;
    sum[SPD_RIEMANN] += log (u / v) * log (u / v);
    sum[SPD_LOGEUCLID] += log (u / v) * log (u / v);
    sum[SPD_EUCLID] += (u - v) * (u - v);
    sum[SPD_HARMONIC] += (1 / u - 1 / v) * (1 / u - 1 / v);
    sum[SPD_LOGDET] += log ((u + v) / 2) - log (u * v) / 2;
    sum[SPD_WASSERSTEIN] += (sqrt (u) - sqrt (v)) * (sqrt (u) - sqrt (v));
    sum[SPD_CHOL] += (sqrt (u) - sqrt (v)) * (sqrt (u) - sqrt (v));
    sum[SPD_LOGCHOL] += log (u / v) * log (u / v) / 4;
    sum[SPD_KULLBACK] += there / 2;
    sum[SPD_KULLBACK_RIGHT] += back / 2;
    sum[SPD_KULLBACK_SYM] += (there + back) / 2;
  }
  fnx_buf *s = t_buf ("cov[trial,channel,channel]", x, 2L, (long)N, (long)N);
  for (spd_metric m = 0; m < SPD_N_METRIC; m++) {
    bool squared = m != SPD_KULLBACK && m != SPD_KULLBACK_RIGHT && m != SPD_KULLBACK_SYM;
    double want = squared ? sqrt (sum[m]) : sum[m], got = one (spd_metric_names[m], s, 0, 1);
    t_ok (near (got, want, 1e-12), "%s of diagonal matrices: %.12g, %.12g by hand", spd_metric_names[m], got, want);
  }
  buffer_unref (s);
}

/* All pairs, and to=, give what the metric gives for one pair: small matrices,
 * those that go four at once, and large ones. */
static void
pairs (void)
{
  static const long sizes[] = { 1, 3, 9, 22, 41 };
  for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++) {
    enum { K = 11 };
    int n = (int)sizes[z];
    size_t q = (size_t)(n * n);
    fnx_buf *s = random_covs (K, n, 100 * (uint64_t)n), *to = alone (s, 4);
    double *work = malloc (spd_work (n) * sizeof *work), worst = 0, beside = 0, d;
    bool zero = true;
    for (spd_metric m = 0; m < SPD_N_METRIC; m++) {
      char line[80];
      snprintf (line, sizeof line, "distance metric=%s", spd_metric_names[m]);
      const fnx_buf *all = t_run (line, s), *from = t_run2 (line, s, to);
      const double *v = t_values (all);
      for (size_t i = 0; i < K; i++) {
        zero &= v[i * (K + 1)] == 0;
        for (size_t j = 0; j < K; j++) {
          if (spd_dist (m, t_values (s) + i * q, t_values (s) + j * q, n, &d, work))
            d = NAN;
          worst = fmax (worst, i == j ? 0 : fabs (d - v[i * K + j]) / fmax (1, d));
        }
        beside = fmax (beside, i == 4 ? 0 : fabs (t_values (from)[i] - v[i * K + 4]) / fmax (1, v[i * K + 4]));
      }
      buffer_unref (all);
      buffer_unref (from);
    }
    t_ok (worst < 1e-12 && zero, "%d channels: each pair as alone (%.2g), nothing from itself", n, worst);
    t_ok (beside < 1e-12, "%d channels: to one matrix as in the matrix of all (%.2g)", n, beside);
    free (work);
    buffer_unref (to);
    buffer_unref (s);
  }
}

/* W A W^T for all A. */
static fnx_buf *
mixed (const fnx_buf *s, const double *w)
{
  const fnx_spec *spec = buffer_spec (s);
  long count = (long)spec->axes[0]->size, n = (long)spec->axes[1]->size;
  size_t q = (size_t)(n * n);
  double *x = malloc ((size_t)count * q * sizeof *x), *t = malloc (q * sizeof *t);
  for (long k = 0; k < count; k++) {
    la_mul (t, w, t_values (s) + (size_t)k * q, (int)n, (int)n, (int)n, 1, 0);
    la_mul_nt (x + (size_t)k * q, t, w, (int)n, (int)n, (int)n, 1, 0);
    la_mirror (x + (size_t)k * q, (int)n);
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", x, count, n, n);
  free (x);
  free (t);
  return b;
}

static void
invariances (void)
{
  enum { K = 6, N = 10, Q = N * N };
  static double w[Q], inverse[K * Q];
  static const char *const any_mixing[] = { "riemann", "logdet", "kullback", "kullback_right", "kullback_sym" };
  static const char *const any_inverse[] = { "riemann", "logeuclid", "logdet", "kullback_sym" };
  fnx_buf *s = random_covs (K, N, 7);
  t_random (w, Q, 3);
  for (int i = 0; i < N; i++)
    w[i * (N + 1)] += 5;
  fnx_buf *turned = mixed (s, w);
  for (size_t i = 0; i < sizeof any_mixing / sizeof *any_mixing; i++)
    t_ok (near (one (any_mixing[i], turned, 1, 3), one (any_mixing[i], s, 1, 3), 1e-10),
          "%s does not depend on how channels are mixed", any_mixing[i]);
  t_ok (!near (one ("logeuclid", turned, 1, 3), one ("logeuclid", s, 1, 3), 1e-3), "logeuclid does");
  memcpy (inverse, t_values (s), sizeof inverse);
  for (int k = 0; k < K; k++)
    la_spd_inv (inverse + k * Q, N);
  fnx_buf *r = t_buf ("cov[trial,channel,channel]", inverse, (long)K, (long)N, (long)N);
  for (size_t i = 0; i < sizeof any_inverse / sizeof *any_inverse; i++)
    t_ok (near (one (any_inverse[i], r, 1, 3), one (any_inverse[i], s, 1, 3), 1e-10),
          "%s of inverses is that of the matrices", any_inverse[i]);
  t_ok (near (one ("euclid", r, 1, 3), one ("harmonic", s, 1, 3), 1e-10), "euclid of inverses is harmonic");
  t_ok (near (one ("kullback", s, 1, 3), one ("kullback_right", s, 3, 1), 1e-12),
        "kullback there is kullback_right back");
  t_ok (!near (one ("kullback", s, 1, 3), one ("kullback", s, 3, 1), 1e-3), "kullback has a direction");
  buffer_unref (r);
  buffer_unref (turned);
  buffer_unref (s);
}

static void
golden (void)
{
  static const char *const names[] = { "riemann",  "logeuclid",    "euclid",   "logdet", "wasserstein",
                                       "kullback", "kullback_sym", "harmonic", "chol",   "logchol" };
  json_t *all = gold_open ();
  fnx_buf *x = gold_epochs ();
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char key[64];
    double d = one (names[i], s, 0, 1);
    snprintf (key, sizeof key, "dist_%s(S0,S1)", names[i]);
    gold_near (all, key, &d, 1e-9);
  }
  buffer_unref (s);
  buffer_unref (x);
  json_decref (all);
}

static void
refusals (void)
{
  fnx_status code;
  fnx_buf *s = random_covs (5, 3, 1), *other = random_covs (1, 4, 2), *to = alone (other, 0);
  const char *said = t_fail2 ("distance", s, to, &code);
  t_ok (code == FNX_E_SPEC && strstr (said, "to= has 4 channels; the trials of test have 3"), "%s", said);
  buffer_unref (to);
  to = alone (s, 2);
  t_labels (&s, "channel", "Cz,C3,C4");
  t_labels (&to, "channel", "Cz,C4,C3");
  said = t_fail2 ("distance", s, to, &code);
  t_ok (code == FNX_E_SPEC && strstr (said, "to= has C4 as channel 2; in the trials of test it is C3"), "%s", said);
  buffer_unref (to);
  to = t_buf ("cov[channel,channel]", (double[]){ 1, 2, 0, 2, 1, 0, 0, 0, 1 }, 3L, 3L);
  said = t_fail2 ("distance", s, to, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (said, "to= is not positive definite: rank 2 of 3, smallest eigenvalue -1"),
        "%s", said);
  const fnx_buf *d = t_run2 ("distance metric=euclid", s, to);
  t_ok (isfinite (t_values (d)[0]), "euclid takes any matrix");
  buffer_unref (d);
  buffer_unref (to);
  double x[5 * 9];
  memcpy (x, t_values (s), sizeof x);
  x[3 * 9] = -1;
  buffer_unref (s);
  s = t_buf ("cov[trial,channel,channel]", x, 5L, 3L, 3L);
  said = t_fail ("distance metric=logdet", s, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (said, "trial 4 of test is not positive definite"), "%s", said);
  buffer_unref (s);
  buffer_unref (other);
}

/* What comes out says of what it is: targets, units, a feature's name. */
static void
labels (void)
{
  enum { K = 5 };
  static const double y[K] = { 1, 0, 1, 1, 0 };
  static const struct {
    const char *line, *unit;
  } units[] = { { "distance", "1" }, { "distance metric=euclid", "uV2" }, { "distance metric=wasserstein", "uV" } };
  fnx_buf *s = random_covs (K, 3, 1), *to = alone (s, 0);
  t_reals (&s, "trial", "target", y);
  t_unit (&s, "uV2");
  for (size_t i = 0; i < 3; i++) {
    const fnx_buf *d = t_run (units[i].line, s), *f = t_run2 (units[i].line, s, to);
    const fnx_spec *a = buffer_spec (d), *b = buffer_spec (f);
    const fnx_column *target = buffer_column (f, "trial", "target");
    t_ok (!strcmp (a->unit, units[i].unit) && !strcmp (b->unit, units[i].unit), "%s in %s", units[i].line, a->unit);
    t_ok (a->axes[0]->size == K && a->axes[1]->size == K && !strcmp (a->kind, "distances"), "of each from each");
    t_ok (b->axes[1]->size == 1 && !strcmp (b->axes[1]->labels[0], "distance") && target && target->reals[0] == 1,
          "one feature, called distance, with the trials' targets");
    buffer_unref (d);
    buffer_unref (f);
  }
  buffer_unref (to);
  buffer_unref (s);
}

static void
threads (void)
{
  fnx_buf *s = random_covs (37, 12, 9);
  for (spd_metric m = 0; m < SPD_N_METRIC; m++) {
    char line[80];
    const fnx_buf *first = NULL;
    bool same = true;
    snprintf (line, sizeof line, "distance metric=%s", spd_metric_names[m]);
    for (unsigned n = 1; n <= 4; n *= 2) {
      pool_start (n);
      const fnx_buf *d = t_run (line, s);
      same &= !first || buffer_equal (first, d);
      if (first)
        buffer_unref (d);
      else
        first = d;
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", line);
    buffer_unref (first);
  }
  buffer_unref (s);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  diagonals ();
  pairs ();
  invariances ();
  refusals ();
  labels ();
  threads ();
  if (t_shared ("oracles/riemann_golden.json"))
    golden ();
  else
    printf ("# no oracles: closed forms only\n");
  return t_end ();
}
