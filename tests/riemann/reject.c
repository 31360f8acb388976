/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rejection of artefacts that were planted, and of next to nothing where none
 * was; trials that go on with their weights.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { K = 200, C = 5, T = 120, EVERY = 11 };

/* White sources mixed into channels; in every 11th trial, if `spoilt`, one
 * channel has a wave of ten times its deviation. */
static fnx_buf *
recording (bool spoilt, uint64_t seed)
{
  double *x = malloc (sizeof (double) * K * C * T), mixing[C * C], s[C * T];
  t_random (mixing, C * C, seed);
  for (int k = 0; k < K; k++) {
    t_random (s, C * T, seed + 1 + (uint64_t)k);
    double *to = x + (size_t)k * C * T;
    la_mul (to, mixing, s, C, T, C, 1, 0);
    double sd = la_norm (to + T, T) / sqrt (T);
    for (int t = 0; spoilt && k % EVERY == 0 && t < T; t++)
      to[T + t] += 10 * sd * sin (0.1 * t);
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_labels (&b, "channel", "Fp1,Fp2,Cz,O1,O2");
  free (x);
  return b;
}

/* Of the planted artefacts and of the other trials, how many were rejected. */
static void
count (const double *w, int *found, int *wrong)
{
  *found = *wrong = 0;
  for (int k = 0; k < K; k++)
    if (w[k] == 0)
      ++*(k % EVERY == 0 ? found : wrong);
}

static void
planted (const char *line)
{
  enum { PLANTED = (K + EVERY - 1) / EVERY };
  int found, wrong;
  fnx_buf *bad = recording (true, 5), *good = recording (false, 5);
  const fnx_buf *out = t_run (line, bad);
  count (buffer_column (out, "trial", "weight")->reals, &found, &wrong);
  t_ok (found == PLANTED, "%s: %d of %d planted artefacts", line, found, PLANTED);
  t_ok (wrong <= K / 20, "%s: %d of %d clean trials", line, wrong, K - PLANTED);
  t_near (t_values (out), t_values (bad), (size_t)K * C * T, 0, "the trials go on as they came");
  buffer_unref (out);
  out = t_run (line, good);
  count (buffer_column (out, "trial", "weight")->reals, &found, &wrong);
  t_ok (found + wrong <= K / 20, "%s: %d of %d trials where there is none", line, found + wrong, K);
  buffer_unref (out);
  /* what was learned is what decides: fitted on clean trials, applied to spoilt ones */
  t_model *m = t_fit (line, good, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *a = t_apply (m, bad), *b = t_apply (again, bad);
  count (buffer_column (a, "trial", "weight")->reals, &found, &wrong);
  t_ok (found == PLANTED, "%s, fitted on other trials: %d of %d", line, found, PLANTED);
  t_ok (buffer_equal (a, b), "%s: a saved model gives the same answers", line);
  buffer_unref (a);
  buffer_unref (b);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (bad);
  buffer_unref (good);
}

/* Rejected trials do not pull the mean; a weight that was there stays. */
static void
weights (void)
{
  double w[K], half = 0;
  fnx_buf *bad = recording (true, 7);
  int64_t idx[K], n = 0;
  for (int k = 0; k < K; k++) {
    w[k] = k % 2 ? 0.5 : 2;
    if (k % EVERY)
      idx[n++] = k;
  }
  const fnx_buf *s = t_run ("cov estimator=oas", bad), *out = t_run ("potato", s);
  const double *got = buffer_column (out, "trial", "weight")->reals;
  bool clean = true;
  for (int k = 0; k < K; k++)
    clean = clean && got[k] == (k % EVERY != 0);
  t_ok (clean, "the artefacts and nothing else have weight 0");
  fnx_buf *rest = buffer_pick (s, idx, n, NULL);
  const fnx_buf *a = t_run ("mean", out), *b = t_run ("mean", rest);
  t_near (t_values (a), t_values (b), C * C, 1e-8, "the mean is that of the clean trials");
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (out);
  fnx_buf *weighted = buffer_pick (s, idx, n, NULL);
  t_reals (&weighted, "trial", "weight", w);
  out = t_run ("potato threshold=20", weighted);
  for (int64_t k = 0; k < n; k++)
    half += buffer_column (out, "trial", "weight")->reals[k] == w[k];
  t_ok (half == (double)n, "%g of %d weights are as they were", half, (int)n);
  buffer_unref (out);
  buffer_unref (weighted);
  buffer_unref (rest);
  buffer_unref (s);
  buffer_unref (bad);
}

static void
threads (const char *line)
{
  fnx_buf *x = recording (true, 9);
  uint64_t one = 0;
  bool same = true;
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    const fnx_buf *out = t_run (line, x);
    uint64_t h = buffer_hash (out);
    one = n == 1 ? h : one;
    same = same && h == one;
    buffer_unref (out);
  }
  t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", line);
  buffer_unref (x);
}

/* The tail of chi squared with 2n degrees of freedom beyond q is
 * e^-q/2 sum_k<n (q/2)^k / k!. */
static double
fisher (const double *z, int n)
{
  double q = 0, term = 1, sum = 0;
  for (int k = 0; k < n; k++)
    q -= log (fmax (0.5 * erfc (z[k] / sqrt (2)), 1e-10));
  for (int k = 0; k < n; k++) {
    sum += term;
    term *= q / (k + 1);
  }
  return exp (-q) * sum;
}

/* A field is its potatoes, each on its channels, joined by Fisher's method. */
static void
field (bool of_cov)
{
  static const char *const parts[] = { "Fp1,Fp2", "Cz", "O1,O2,Fp2" };
  fnx_buf *bad = recording (true, 11);
  const fnx_buf *x = of_cov ? t_run ("cov", bad) : buffer_ref (bad);
  double z[K][3], worst = 0;
  char line[128];
  for (int p = 0; p < 3; p++) {
    snprintf (line, sizeof line, "pick channels=%s", parts[p]);
    const fnx_buf *some = t_run (line, bad), *out = t_run (of_cov ? "potato estimator=scm" : "potato", some);
    for (int k = 0; k < K; k++)
      z[k][p] = buffer_column (out, "trial", "z")->reals[k];
    buffer_unref (some);
    buffer_unref (out);
  }
  const fnx_buf *out = t_run ("potatofield potatoes=Fp1+Fp2,Cz,O1+O2+Fp2", x),
                *scores = t_run ("potatofield Fp1+Fp2,Cz,O1+O2+Fp2 gives=scores", x);
  const double *top = buffer_column (out, "trial", "z")->reals, *w = buffer_column (out, "trial", "weight")->reals,
               *v = t_values (scores);
  bool right = true;
  for (int k = 0; k < K; k++) {
    double p = fisher (z[k], 3);
    worst = fmax (worst, fabs (v[2 * k + 1] - v[2 * k] - log (p / 0.01)));
    right = right && w[k] == (p > 0.01) && fabs (top[k] - fmax (z[k][0], fmax (z[k][1], z[k][2]))) < 1e-9;
  }
  t_ok (right && worst < 1e-7, "a field of %s is Fisher's sum over its potatoes (%.1e)", of_cov ? "cov" : "epochs",
        worst);
  buffer_unref (out);
  buffer_unref (scores);
  buffer_unref (x);
  fnx_status code;
  const char *why = t_fail ("potatofield Fp1+Fp9", bad, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "potatoes=Fp1+Fp9") && strstr (why, "no channel Fp9"), "%s", why);
  why = t_fail ("potatofield Fp1+Fp2@1-20Hz", bad, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "no channel Fp1 in the band 1-20Hz"), "%s", why);
  why = t_fail ("potatofield Fp1+fp1", bad, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "twice"), "%s", why);
  buffer_unref (bad);
}

int
main (void)
{
  static const char *const lines[] = { "potato", "potatofield Fp1+Fp2+Cz,Cz+O1+O2" };
  t_begin ();
  la_serial ();
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    planted (lines[i]);
    threads (lines[i]);
  }
  weights ();
  field (false);
  field (true);
  return t_end ();
}
