/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Evoked responses: Xdawn filters find a planted one, the decoder that uses
 * them tells targets from other stimuli, and finds nothing where nothing is.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { PZ = 19, N_CHANNEL = 22 };

/* sim:p300 in 1..20 Hz, cut at the stimuli. */
static const fnx_buf *
stimuli (const char *sim)
{
  const fnx_buf *x = t_read (sim, 0), *y = t_run ("band range=1..20Hz", x),
                *e = t_run ("epoch on=target,nontarget from=0s to=0.7s", y);
  buffer_unref (x);
  buffer_unref (y);
  return e;
}

static fnx_buf *
half (const fnx_buf *b, int which)
{
  int64_t idx[2000], n = buffer_spec (b)->axes[0]->size / 2;
  for (int64_t i = 0; i < n; i++)
    idx[i] = which * n + i;
  return buffer_pick (b, idx, n, NULL);
}

/* Area under the ROC of scores: how often a target ranks above another. */
static double
auc (const fnx_buf *scores, const fnx_buf *truth)
{
  const char *const *y = buffer_column (truth, "trial", "target")->texts;
  const double *v = t_values (scores);
  double above = 0, pairs = 0;
  for (int64_t i = 0, n = buffer_spec (scores)->axes[0]->size; i < n; i++)
    for (int64_t j = 0; j < n; j++)
      if (strcmp (y[i], "target") == 0 && strcmp (y[j], "target") != 0) {
        double a = v[2 * i + 1] - v[2 * i], b = v[2 * j + 1] - v[2 * j];
        above += a > b ? 1 : a == b ? 0.5 : 0;
        pairs++;
      }
  return above / pairs;
}

/* Fitted on the first half, asked about the second. */
static double
score (const char *const *steps, const fnx_buf *x)
{
  fnx_buf *train = half (x, 0), *test = half (x, 1);
  const fnx_buf *a = buffer_ref (train), *b = buffer_ref (test);
  for (; *steps; steps++) {
    t_model *m = t_fit (*steps, a, NULL, NULL);
    const fnx_buf *c = t_apply (m, a), *d = t_apply (m, b);
    buffer_unref (a);
    buffer_unref (b);
    a = c;
    b = d;
    t_model_free (m);
  }
  double value = auc (b, test);
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (train);
  buffer_unref (test);
  return value;
}

static const char *const by_cov[] = { "xdawncov nfilter=2 estimator=oas", "tangent", "logistic", NULL };
static const char *const by_mdm[] = { "xdawncov nfilter=2 estimator=lwf", "mdm", NULL };
static const char *const by_erp[] = { "erpcov estimator=lwf", "mdm", NULL };

static void
decoding (void)
{
  const fnx_buf *x = stimuli ("sim p300 snr=0.5 stimuli=400"), *none = stimuli ("sim p300 snr=0 stimuli=400"),
                *strong = stimuli ("sim p300 snr=2 stimuli=400");
  double a = score (by_cov, x), b = score (by_mdm, x), c = score (by_erp, strong), chance = score (by_cov, none);
  t_ok (a > 0.85 && b > 0.75 && c > 0.6, "targets are told: AUC %.3f, %.3f by mdm; strong ones %.3f by erpcov", a, b,
        c);
  t_ok (fabs (chance - 0.5) < 0.16, "without a P300 (N1 and P2 stay) they are not: %.3f", chance);
  /* labels drawn anew have nothing to do with the trials */
  enum { N = 400 };
  double z[N], mean = 0;
  const char *words[N];
  int64_t all[N];
  for (int i = 0; i < N; i++)
    all[i] = i;
  for (int k = 0; k < 4; k++) {
    t_random (z, N, 40 + (uint64_t)k);
    for (int i = 0; i < N; i++)
      words[i] = z[i] > 0.84 ? "target" : "nontarget";
    fnx_buf *whole = buffer_pick (x, all, N, NULL);
    t_texts (&whole, "trial", "target", words);
    mean += score (by_cov, whole) / 4;
    buffer_unref (whole);
  }
  t_ok (fabs (mean - 0.5) < 0.08, "permuted labels give chance: AUC %.3f", mean);
  buffer_unref (x);
  buffer_unref (none);
  buffer_unref (strong);
}

/* The first filter of the targets sees the planted wave more than any
 * electrode does: the response over what is left of the trials. */
static double
contrast (const fnx_buf *b, int row)
{
  const fnx_spec *s = buffer_spec (b);
  const char *const *y = buffer_column (b, "trial", "target")->texts;
  int64_t n = s->axes[0]->size, rows = s->axes[1]->size, T = s->axes[2]->size;
  double mean[400] = { 0 }, signal = 0, noise = 0, count = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t t = 0; strcmp (y[i], "target") == 0 && t < T; t++) {
        double v = t_values (b)[(i * rows + row) * T + t];
        if (pass == 0) {
          mean[t] += v;
          count += t == 0;
        } else
          noise += (v - mean[t] / count) * (v - mean[t] / count);
      }
  for (int64_t t = 0; t < T; t++)
    signal += mean[t] * mean[t] / count;
  return signal / noise;
}

static void
filters (void)
{
  const fnx_buf *x = stimuli ("sim p300 snr=0.5 stimuli=400");
  t_model *m = t_fit ("xdawn nfilter=1", x, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *y = t_apply (m, x), *z = t_apply (again, x);
  const fnx_spec *s = buffer_spec (y);
  t_ok (s->axes[1]->size == 2 && strcmp (s->axes[1]->labels[0], "nontarget:1") == 0
            && strcmp (s->axes[1]->labels[1], "target:1") == 0 && strcmp (s->kind, "epochs") == 0,
        "one filter for each class, named after it");
  t_ok (buffer_equal (y, z), "a saved model gives the same trials");
  double filtered = contrast (y, 1), best = 0;
  for (int c = 0; c < N_CHANNEL; c++)
    best = fmax (best, contrast (x, c));
  t_ok (filtered > 1.3 * best && contrast (x, PZ) > 0.9 * best,
        "a target's response over the rest: %.3f behind its filter, %.3f at the best electrode, %.3f at Pz", filtered,
        best, contrast (x, PZ));
  buffer_unref (y);
  buffer_unref (z);
  /* no estimator may move them much here: there are 45,000 samples */
  static const char *const lines[] = { "xdawn nfilter=1 estimator=oas", "xdawn nfilter=1 estimator=lwf" };
  for (int k = 0; k < 2; k++) {
    y = t_run (lines[k], x);
    t_ok (contrast (y, 1) > 0.9 * filtered, "%s: %.3f", lines[k], contrast (y, 1));
    buffer_unref (y);
  }
  t_model_free (m);
  t_model_free (again);
  buffer_unref (x);
}

/* The filters of xdawncov are those of xdawn by the same estimator: the block of the
 * trial in its stack is the covariance of what xdawn gives. */
static void
estimators (void)
{
  enum { UNDER = 4, ALL = 8 };
  const fnx_buf *x = stimuli ("sim p300 stimuli=60"), *y = t_run ("xdawn nfilter=2 estimator=lwf", x);
  const fnx_buf *own = t_run ("cov estimator=scm", y), *stack = t_run ("xdawncov nfilter=2 filter-estimator=lwf", x);
  const double *want = t_values (own), *got = t_values (stack);
  double worst = 0;
  for (int i = 0; i < UNDER; i++)
    for (int j = 0; j < UNDER; j++)
      worst = fmax (worst, fabs (got[(UNDER + i) * ALL + UNDER + j] / want[i * UNDER + j] - 1));
  t_ok (worst < 1e-10, "filter-estimator=lwf: the filters of xdawn estimator=lwf, to %.2g", worst);
  const fnx_buf *plain = t_run ("xdawncov nfilter=2", x);
  t_ok (fabs (t_values (plain)[UNDER * ALL + UNDER] / got[UNDER * ALL + UNDER] - 1) > 1e-6, "which others are not");
  const fnx_buf *const all[] = { x, y, own, stack, plain };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    buffer_unref (all[i]);
}

static void
threads (void)
{
  const fnx_buf *x = stimuli ("sim p300 stimuli=60");
  uint64_t one = 0;
  bool same = true;
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    const fnx_buf *y = t_run ("xdawn", x), *z = t_run ("xdawncov nfilter=2 estimator=oas", x);
    uint64_t h = buffer_hash (y) ^ buffer_hash (z);
    one = n == 1 ? h : one;
    same = same && h == one;
    buffer_unref (y);
    buffer_unref (z);
  }
  t_ok (same, "the same bytes with 1, 2 and 4 threads");
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  decoding ();
  filters ();
  estimators ();
  threads ();
  return t_end ();
}
