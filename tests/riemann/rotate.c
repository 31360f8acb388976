/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rotate and mdwm: a planted rotation is found, closed forms of one channel,
 * and whose targets they may look at.
 */
#include "core/pool.h"
#include "core/rng.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"
#include "tests/harness.h"

enum { K = 40, C = 4, Q = C * C };

/* Orthogonal, far from the identity: eigenvectors of a random symmetric matrix. */
static void
rotation (double *q, uint64_t seed)
{
  double g[Q], s[Q], w[C], work[400];
  t_random (g, Q, seed);
  for (int i = 0; i < C; i++)
    for (int j = 0; j < C; j++)
      s[i * C + j] = g[i * C + j] + g[j * C + i];
  if (la_eig (s, C, q, w, work))
    t_ok (false, "eigenvectors");
}

/* K trials of subject A, which is marked, and their images q^T x q of subject B;
 * class k mod 2.  noise: of B's own. */
static fnx_buf *
turned (const double *q, double noise, bool blind, uint64_t seed)
{
  double *x = malloc (sizeof (double) * 2 * K * Q), base[2][Q], g[C * 12], t[Q], mark[2 * K], shuffle[2 * K];
  const char *target[2 * K], *subject[2 * K];
  for (int y = 0; y < 2; y++) {
    t_random (g, C * 12, seed + (uint64_t)y);
    la_gram (base[y], g, C, 12, 1.0 / 12, 0);
    for (int i = 0; i < C; i++) /* generic: no eigenvalue twice */
      base[y][i * (C + 1)] += y ? i : C - i;
  }
  t_random (shuffle, 2 * K, seed + 7);
  for (int k = 0; k < 2 * K; k++) {
    int from = k % K;
    double *to = x + k * Q;
    t_random (g, C * 12, seed + 100 + (uint64_t)(noise > 0 ? k : from));
    la_gram (to, g, C, 12, 1.0 / 12, 0);
    la_axpy (to, 3, base[from % 2], Q);
    la_mirror (to, C);
    if (k >= K) {
      la_mul_tn (t, q, to, C, C, C, 1, 0);
      la_mul (to, t, q, C, C, C, 1, 0);
      la_mirror (to, C);
    }
    mark[k] = k < K;
    subject[k] = k < K ? "A" : "B";
    target[k] = (blind ? shuffle[k] > 0 : k % 2) ? "right" : "left";
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", x, (long)2 * K, (long)C, (long)C);
  t_texts (&b, "trial", "target", target);
  t_texts (&b, "trial", "subject", subject);
  t_reals (&b, "trial", "calibration", mark);
  free (x);
  return b;
}

static void
found (void)
{
  static const char *const lines[] = { "rotate", "rotate metric=riemann", "rotate target=A" };
  for (uint64_t seed = 1; seed <= 8; seed++) {
    double q[Q];
    rotation (q, seed);
    fnx_buf *b = turned (q, 0, false, 40 + seed);
    for (size_t i = 0; i < 3; i++) {
      t_model *m = t_fit (lines[i], b, NULL, NULL);
      const fnx_buf *out = t_apply (m, b);
      t_near (t_values (out), t_values (b), K * Q, 0, "trials of the domain it is for stay");
      t_near (t_values (out) + K * Q, t_values (b), K * Q, 1e-5, lines[i]);
      t_model_free (m);
      buffer_unref (out);
    }
    buffer_unref (b);
  }
}

/* Train mdm on subject B, answer for A. */
static double
across (const fnx_buf *b)
{
  fnx_buf *train = t_part (b, K, 2 * K), *test = t_part (b, 0, K);
  t_model *m = t_fit ("mdm", train, NULL, NULL);
  const fnx_buf *out = t_apply (m, test);
  double right = t_accuracy (out, test);
  t_model_free (m);
  buffer_unref (out);
  buffer_unref (train);
  buffer_unref (test);
  return right;
}

static void
truth_and_chance (void)
{
  double before = 0, after = 0, chance = 0;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    double q[Q];
    rotation (q, 20 + seed);
    fnx_buf *b = turned (q, 1, false, 60 + seed), *blind = turned (q, 1, true, 60 + seed);
    const fnx_buf *out = t_run ("rotate", b), *none = t_run ("rotate", blind);
    before += across (b) / 6;
    after += across (out) / 6;
    chance += across (none) / 6;
    buffer_unref (b);
    buffer_unref (blind);
    buffer_unref (out);
    buffer_unref (none);
  }
  t_ok (before < 0.85, "another's means: %.2f", before);
  t_ok (after > 0.95, "the same means turned: %.2f", after);
  t_ok (fabs (chance - 0.5) < 0.15, "with targets that mean nothing: %.2f", chance);
}

/* Means near the identity make a flat sum, down which a descent is slow: where it
 * ends, sum_c T Y - Y T is 0 all the same.  One trial a class and domain is its mean. */
static void
flat (void)
{
  static const double mark[4] = { 1, 1, 0, 0 };
  static const char *const target[4] = { "a", "b", "a", "b" }, *const subject[4] = { "A", "A", "B", "B" };
  double most = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    double x[4 * Q], g[C * 60], slope[Q] = { 0 };
    for (int k = 0; k < 4; k++) {
      t_random (g, C * 60, 4 * seed + (uint64_t)k);
      la_gram (x + k * Q, g, C, 60, 1.0 / 60, 0);
      la_mirror (x + k * Q, C);
    }
    fnx_buf *b = t_buf ("cov[trial,channel,channel]", x, 4L, (long)C, (long)C);
    t_texts (&b, "trial", "target", target);
    t_texts (&b, "trial", "subject", subject);
    t_reals (&b, "trial", "calibration", mark);
    const fnx_buf *out = t_run ("rotate", b);
    const double *y = t_values (out);
    for (int c = 0; c < 2; c++) {
      la_mul (slope, x + c * Q, y + (2 + c) * Q, C, C, C, 1, 1);
      la_mul (slope, y + (2 + c) * Q, x + c * Q, C, C, C, -1, 1);
    }
    most = fmax (most, la_norm (slope, Q));
    buffer_unref (out);
    buffer_unref (b);
  }
  t_ok (most < 1e-7, "descents end at slopes of %.2g at most", most);
}

/* One channel: means are geometric, distances |log (x / m)|, and the geodesic
 * from a to b is a^(1-t) b^t.  Euclidean: arithmetic all through. */
static void
closed_form (void)
{
  static const double v[8] = { 1, 4, 2, 9, 16, 3, 5, 0.5 };
  static const double calibrated[8] = { 0, 0, 0, 0, 1, 1, 1, 1 };
  static const char *const target[8] = { "a", "a", "b", "b", "a", "b", "a", "b" };
  static const double t[] = { 0, 0.3, 1 };
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", v, 8L, 1L, 1L);
  t_texts (&b, "trial", "target", target);
  t_reals (&b, "trial", "calibration", calibrated);
  for (int e = 0; e < 2; e++)
    for (int i = 0; i < 3; i++) {
      double want[16], mean[2];
      char line[64];
      for (int y = 0; y < 2; y++) {
        double side[2] = { 0, 0 };
        for (int k = 0; k < 8; k++)
          if (*target[k] == "ab"[y])
            side[(int)calibrated[k]] += (e ? v[k] : log (v[k])) / 2;
        mean[y] = (1 - t[i]) * side[0] + t[i] * side[1];
      }
      for (int k = 0; k < 16; k++) {
        double d = (e ? v[k / 2] : log (v[k / 2])) - mean[k % 2];
        want[k] = -d * d;
      }
      snprintf (line, sizeof line, "mdwm tradeoff=%g metric=%s", t[i], e ? "euclid" : "riemann");
      const fnx_buf *out = t_run (line, b);
      t_near (t_values (out), want, 16, 1e-9, line);
      buffer_unref (out);
    }
  buffer_unref (b);
}

/* All of it is mdm of one side where the tradeoff is 0 or 1. */
static void
ends (void)
{
  double q[Q];
  rotation (q, 3);
  fnx_buf *b = turned (q, 1, false, 80), *mine = t_part (b, 0, K), *others = t_part (b, K, 2 * K);
  for (int i = 0; i < 2; i++) {
    t_model *w = t_fit (i ? "mdwm tradeoff=1" : "mdwm tradeoff=0", b, NULL, NULL);
    t_model *m = t_fit ("mdm", i ? mine : others, NULL, NULL);
    const fnx_buf *a = t_apply (w, b), *c = t_apply (m, b);
    t_near (t_values (a), t_values (c), 4 * K, 1e-12, i ? "tradeoff=1 is mdm of its own trials" : "tradeoff=0 is mdm");
    t_model_free (w);
    t_model_free (m);
    buffer_unref (a);
    buffer_unref (c);
  }
  buffer_unref (b);
  buffer_unref (mine);
  buffer_unref (others);
}

static void
refused (void)
{
  static const char *const steps[] = { "rotate", "mdwm" };
  double q[Q], none[2 * K] = { 0 }, all[2 * K], mixed[2 * K], few[2 * K] = { 0 };
  fnx_status code;
  rotation (q, 5);
  for (int k = 0; k < 2 * K; k++) {
    all[k] = 1;
    mixed[k] = k < K + 4;
  }
  few[0] = few[2] = 1;
  for (size_t i = 0; i < 2; i++) {
    fnx_buf *b = turned (q, 1, false, 90);
    t_reals (&b, "trial", "calibration", none);
    const char *said = t_fail (steps[i], b, &code);
    t_ok (code == FNX_E_DATA && strstr (said, "needs labelled trials of the domain it is for")
              && strstr (said, "calibration=10"),
          "%s without calibration: %s", steps[i], said);
    t_reals (&b, "trial", "calibration", all);
    said = t_fail (steps[i], b, &code);
    t_ok (code == FNX_E_DATA && strstr (said, "all training trials"), "%s without others: %s", steps[i], said);
    t_reals (&b, "trial", "calibration", few);
    said = t_fail (steps[i], b, &code);
    t_ok (code == FNX_E_DATA && strstr (said, "class right has no trial"), "%s of one class: %s", steps[i], said);
    t_reals (&b, "trial", "calibration", mixed);
    said = i ? "" : t_fail (steps[i], b, &code);
    t_ok (i || (code == FNX_E_DATA && strstr (said, "domain B holds")), "rotate of a domain of both sides: %s", said);
    said = t_fail (i ? "mdwm target=Z" : "rotate target=Z", b, &code);
    t_ok (code == FNX_E_DATA && strstr (said, "no training trial is one"), "a target that is not there: %s", said);
    buffer_unref (b);
  }
}

/* The same bytes for any number of threads, after a file, and whatever targets
 * the trials have that are answered for. */
static void
bytes (void)
{
  static const char *const lines[] = { "rotate", "rotate metric=riemann", "mdwm" };
  double q[Q];
  rotation (q, 6);
  fnx_buf *b = turned (q, 1, false, 95), *y = turned (q, 1, true, 95);
  for (size_t i = 0; i < 3; i++) {
    uint64_t one = 0;
    bool same = true;
    for (unsigned n = 1; n <= 4; n *= 2) {
      pool_start (n);
      t_model *m = t_fit (lines[i], b, NULL, NULL), *again = t_save_load (m);
      const fnx_buf *out = t_apply (m, b), *out2 = t_apply (again, y);
      size_t size = spec_count (buffer_spec (out)) * sizeof (double);
      uint64_t h = hash_bytes (0, t_values (out), size);
      one = n == 1 ? h : one;
      same = same && h == one && !memcmp (t_values (out), t_values (out2), size);
      buffer_unref (out);
      buffer_unref (out2);
      t_model_free (m);
      t_model_free (again);
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads, saved, and with other targets to predict", lines[i]);
  }
  buffer_unref (b);
  buffer_unref (y);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  found ();
  truth_and_chance ();
  flat ();
  closed_form ();
  ends ();
  refused ();
  bytes ();
  return t_end ();
}
