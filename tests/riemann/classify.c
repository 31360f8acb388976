/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The estimators on planted truth and on permuted labels, their models through
 * bytes, their behaviour under weights, and the same bytes for any number of
 * threads.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"
#include "tests/harness.h"

enum { K = 120, C = 6, T = 100, TRAIN = 80 };

/* White sources mixed into channels; source k mod classes is twice as strong
 * in trials of that class.  `blind`: labels that have nothing to do with it. */
static fnx_buf *
planted (int classes, bool blind, uint64_t seed)
{
  double *x = malloc (sizeof (double) * K * C * T), mixing[C * C], s[C * T], shuffle[K];
  const char *names[K];
  static const char *const words[] = { "feet", "left", "right", "tongue" };
  t_random (mixing, C * C, seed);
  t_random (shuffle, K, seed + 1);
  for (int k = 0; k < K; k++) {
    int y = k % classes;
    t_random (s, C * T, seed + 2 + (uint64_t)k);
    la_scale (s + y * T, 2, T);
    la_mul (x + (size_t)k * C * T, mixing, s, C, T, C, 1, 0);
    names[k] = words[blind ? (int)(fabs (shuffle[k]) * 1e6) % classes : y];
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_texts (&b, "trial", "target", names);
  t_labels (&b, "channel", "Fz,Cz,Pz,C3,C4,Oz");
  free (x);
  return b;
}

/* Fit one chain of (at most two) estimators on the first trials, score the rest. */
static double
score (const char *first, const char *second, const fnx_buf *s)
{
  fnx_buf *train = t_part (s, 0, TRAIN), *test = t_part (s, TRAIN, K);
  t_model *m = t_fit (first, train, NULL, NULL), *m2 = NULL;
  const fnx_buf *out = t_apply (m, test);
  if (second) {
    const fnx_buf *f = t_apply (m, train), *g = out;
    m2 = t_fit (second, f, NULL, NULL);
    out = t_apply (m2, g);
    buffer_unref (f);
    buffer_unref (g);
    t_model_free (m2);
  }
  double a = t_accuracy (out, test);
  t_model_free (m);
  buffer_unref (out);
  buffer_unref (train);
  buffer_unref (test);
  return a;
}

static const struct {
  const char *first, *second;
} chains[] = { { "mdm", NULL },
               { "mdm metric=logeuclid", NULL },
               { "mdm metric=wasserstein", NULL },
               { "mdm metric=kullback_sym", NULL },
               { "mdm metric=logdet", NULL },
               { "mdm metric=logeuclid distance=riemann", NULL },
               { "mdm distance=kullback", NULL },
               { "fgmdm", NULL },
               { "meanfield", NULL },
               { "meanfield p=-1,-0.5,0.5,1 method=nearest", NULL },
               { "knn k=9", NULL },
               { "ksvm", NULL },
               { "ksvm metric=logeuclid", NULL },
               { "ksvm metric=euclid", NULL },
               { "knn k=9 vote=distance metric=logeuclid", NULL },
               { "csp nfilter=4", "lda" },
               { "tangent", "svm" },
               { "tangent metric=logeuclid", "svm" },
               { "tangent metric=euclid", "svm" } };
enum { N_CHAINS = sizeof chains / sizeof *chains };

static void
truth_and_chance (void)
{
  for (int classes = 2; classes <= 4; classes++) {
    fnx_buf *x = planted (classes, false, 10), *blind = planted (classes, true, 10);
    const fnx_buf *s = t_run ("cov estimator=oas", x), *sb = t_run ("cov estimator=oas", blind);
    for (size_t i = 0; i < N_CHAINS; i++) {
      double a = score (chains[i].first, chains[i].second, s), b = score (chains[i].first, chains[i].second, sb);
      t_ok (a > 0.9, "%s, %d classes: %.2f of planted trials", chains[i].first, classes, a);
      t_ok (fabs (b - 1.0 / classes) < 0.25, "%s, %d classes: %.2f with labels that mean nothing", chains[i].first,
            classes, b);
    }
    buffer_unref (s);
    buffer_unref (sb);
    buffer_unref (x);
    buffer_unref (blind);
  }
}

static void
models (void)
{
  static const char *const lines[] = { "tangent",
                                       "tangent metric=logeuclid",
                                       "mdm",
                                       "tangent metric=euclid",
                                       "mdm metric=harmonic",
                                       "mdm metric=euclid",
                                       "mdm distance=chol",
                                       "fgmdm",
                                       "meanfield",
                                       "knn",
                                       "knn metric=kullback",
                                       "csp",
                                       "ksvm",
                                       "ksvm metric=logeuclid",
                                       "ksvm metric=euclid" };
  fnx_buf *x = planted (3, false, 20);
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    t_model *m = t_fit (lines[i], s, NULL, NULL), *again = t_save_load (m), *warm = t_fit (lines[i], s, NULL, m);
    const fnx_buf *a = t_apply (m, s), *b = t_apply (again, s), *w = t_apply (warm, s);
    t_ok (buffer_equal (a, b), "%s: a saved model gives the same answers", lines[i]);
    t_near (t_values (w), t_values (a), spec_count (buffer_spec (a)), 1e-6,
            "and so does one that began at another's end");
    buffer_unref (a);
    buffer_unref (b);
    buffer_unref (w);
    t_model_free (m);
    t_model_free (again);
    t_model_free (warm);
  }
  /* epochs straight into tangent are cov estimator=oas ! tangent */
  t_model *m = t_fit ("tangent", s, NULL, NULL), *direct = t_fit ("tangent", x, NULL, NULL);
  const fnx_buf *a = t_apply (m, s), *b = t_apply (direct, x);
  t_near (t_values (b), t_values (a), (size_t)K * C * (C + 1) / 2, 0, "epochs straight into tangent");
  t_ok (buffer_column (b, "trial", "target") != NULL, "the target travels on");
  buffer_unref (a);
  buffer_unref (b);
  t_model_free (m);
  t_model_free (direct);
  buffer_unref (s);
  buffer_unref (x);
}

/* A trial of weight 2 is that trial twice; a trial of weight 0 is none. */
static void
weights (void)
{
  double w[K];
  fnx_buf *x = planted (2, false, 30);
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  int64_t twice[2 * K], n = 0;
  for (int64_t k = 0; k < K; k++) {
    w[k] = (double)(k % 3);
    for (int64_t r = 0; r < k % 3; r++)
      twice[n++] = k;
  }
  fnx_buf *repeated = buffer_pick (s, twice, n, NULL), *weighted = t_part (s, 0, K);
  t_reals (&weighted, "trial", "weight", w);
  static const char *const lines[] = { "tangent", "mdm", "csp" };
  for (size_t i = 0; i < 3; i++) {
    t_model *a = t_fit (lines[i], repeated, NULL, NULL), *b = t_fit (lines[i], weighted, NULL, NULL);
    const fnx_buf *u = t_apply (a, s), *v = t_apply (b, s);
    size_t count = spec_count (buffer_spec (u));
    t_near (t_values (v), t_values (u), count, 1e-7, lines[i]);
    buffer_unref (u);
    buffer_unref (v);
    t_model_free (a);
    t_model_free (b);
  }
  buffer_unref (repeated);
  buffer_unref (weighted);
  /* knn cannot weigh: 0 is none, all else is one */
  n = 0;
  for (int64_t k = 0; k < K; k++)
    if (k % 3)
      twice[n++] = k;
  repeated = buffer_pick (s, twice, n, NULL);
  weighted = t_part (s, 0, K);
  t_reals (&weighted, "trial", "weight", w);
  t_model *a = t_fit ("knn", repeated, NULL, NULL), *b = t_fit ("knn", weighted, NULL, NULL);
  const fnx_buf *u = t_apply (a, s), *v = t_apply (b, s);
  t_ok (buffer_equal (u, v), "knn: trials of weight 0 are left out");
  buffer_unref (u);
  buffer_unref (v);
  t_model_free (a);
  t_model_free (b);
  buffer_unref (repeated);
  buffer_unref (weighted);
  buffer_unref (s);
  buffer_unref (x);
}

/* Two classes whose trials hold the same wave, turned over: no covariance of
 * the channels tells them apart, a response in the stack does. */
static void
evoked (void)
{
  static const char *const lines[] = { "erpcov estimator=oas", "erpcov svd=1 estimator=oas", "xdawncov nfilter=2" };
  double *x = malloc (sizeof (double) * K * C * T), shuffle[K];
  const char *names[2][K];
  t_random (shuffle, K, 71);
  for (int k = 0; k < K; k++) {
    t_random (x + (size_t)k * C * T, C * T, 72 + (uint64_t)k);
    for (int t = 0; t < T; t++)
      x[(k * C + 2) * T + t] += (k % 2 ? 1 : -1) * sin (0.2 * t);
    names[0][k] = k % 2 ? "target" : "other";
    names[1][k] = shuffle[k] > 0 ? "target" : "other";
  }
  for (int blind = 0; blind < 2; blind++) {
    fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
    t_texts (&b, "trial", "target", names[blind]);
    const fnx_buf *plain = t_run ("cov estimator=oas", b);
    double a = score ("mdm", NULL, plain);
    t_ok (fabs (a - 0.5) < 0.25, "plain covariances: %.2f", a);
    for (size_t i = 0; i < 3; i++) {
      a = score (lines[i], "mdm", b);
      t_ok (blind ? fabs (a - 0.5) < 0.25 : a > 0.9, "%s: %.2f of %s trials", lines[i], a,
            blind ? "meaningless" : "planted");
      uint64_t one = 0;
      bool same = true;
      for (unsigned n = 1; n <= 4; n *= 2) {
        pool_start (n);
        t_model *m = t_fit (lines[i], b, NULL, NULL), *again = n == 1 ? t_save_load (m) : NULL;
        const fnx_buf *out = t_apply (m, b), *out2 = again ? t_apply (again, b) : buffer_ref (out);
        one = n == 1 ? buffer_hash (out) : one;
        same = same && buffer_hash (out) == one && buffer_equal (out, out2);
        buffer_unref (out);
        buffer_unref (out2);
        t_model_free (m);
        t_model_free (again);
      }
      t_ok (same, "%s: the same bytes with 1, 2 and 4 threads, and saved", lines[i]);
    }
    buffer_unref (plain);
    buffer_unref (b);
  }
  free (x);
}

static double
square (spd_metric metric, const double *a, const double *b)
{
  double d, work[2000];
  return spd_dist (metric, a, b, C, &d, work) == 0 ? d * d : NAN;
}

/* knn by sorting all distances, and meanfield from its power means. */
static void
by_definition (void)
{
  enum { Q = C * C, NEAR = 7 };
  fnx_buf *x = planted (3, false, 60);
  const fnx_buf *s = t_run ("cov estimator=oas", x), *train = t_part (s, 0, TRAIN), *test = t_part (s, TRAIN, K);
  const double *tr = t_values (train), *te = t_values (test);
  static const char *const lines[] = { "knn k=7 vote=distance metric=kullback", "knn k=7 metric=riemann" };
  for (int v = 0; v < 2; v++) {
    double want[(K - TRAIN) * 3] = { 0 };
    for (int i = 0; i < K - TRAIN; i++) {
      double d[TRAIN], total = 0;
      bool used[TRAIN] = { false };
      for (int t = 0; t < TRAIN; t++)
        d[t] = square (v ? SPD_RIEMANN : SPD_KULLBACK, te + i * Q, tr + t * Q);
      for (int k = 0; k < NEAR; k++) {
        int best = -1;
        for (int t = 0; t < TRAIN; t++)
          best = !used[t] && (best < 0 || d[t] < d[best]) ? t : best;
        used[best] = true;
        want[i * 3 + best % 3] += v ? 1 : exp (-d[best]);
        total += v ? 1 : exp (-d[best]);
      }
      for (int k = 0; k < 3; k++)
        want[i * 3 + k] /= total;
    }
    t_model *m = t_fit (lines[v], train, NULL, NULL);
    const fnx_buf *out = t_apply (m, test);
    t_near (t_values (out), want, (K - TRAIN) * 3, 1e-10, lines[v]);
    buffer_unref (out);
    t_model_free (m);
  }
  static const char *const means[] = { "mean metric=harmonic", "mean peer=exact", "mean metric=euclid" };
  double field[3][3][Q], sum[(K - TRAIN) * 3], nearest[(K - TRAIN) * 3];
  for (int k = 0; k < 3; k++) {
    int64_t idx[TRAIN], n = 0;
    for (int64_t t = k; t < TRAIN; t += 3)
      idx[n++] = t;
    fnx_buf *of = buffer_pick (train, idx, n, NULL);
    for (int p = 0; p < 3; p++) {
      const fnx_buf *m = t_run (means[p], of);
      memcpy (field[p][k], t_values (m), sizeof field[p][k]);
      buffer_unref (m);
    }
    buffer_unref (of);
  }
  for (int i = 0; i < K - TRAIN; i++) {
    double d2[3][3], least_sum = INFINITY, least = INFINITY;
    for (int p = 0; p < 3; p++) {
      double all = 0, low = INFINITY;
      for (int k = 0; k < 3; k++) {
        d2[p][k] = square (SPD_RIEMANN, te + i * Q, field[p][k]);
        all += d2[p][k];
        low = fmin (low, d2[p][k]);
      }
      for (int k = 0; k < 3; k++) {
        sum[i * 3 + k] = all < least_sum ? -d2[p][k] : sum[i * 3 + k];
        nearest[i * 3 + k] = low < least ? -d2[p][k] : nearest[i * 3 + k];
      }
      least_sum = fmin (least_sum, all);
      least = fmin (least, low);
    }
  }
  for (int v = 0; v < 2; v++) {
    const char *line = v ? "meanfield method=nearest" : "meanfield";
    t_model *m = t_fit (line, train, NULL, NULL);
    const fnx_buf *out = t_apply (m, test);
    t_near (t_values (out), v ? nearest : sum, (K - TRAIN) * 3, 1e-6, line);
    buffer_unref (out);
    t_model_free (m);
  }
  fnx_status code;
  const char *said = t_fail ("knn k=500", train, &code);
  t_ok (code == FNX_E_DATA && strncmp (said, "k=500", 5) == 0, "more neighbours than trials: %s", said);
  buffer_unref (train);
  buffer_unref (test);
  buffer_unref (s);
  buffer_unref (x);
}

static void
threads (void)
{
  static const char *const lines[] = { "cov estimator=lwf", "augcov order=3 lag=5", "tangent" };
  fnx_buf *x = planted (2, false, 40);
  for (size_t i = 0; i < 3; i++) {
    uint64_t one = 0;
    bool same = true;
    for (unsigned n = 1; n <= 4; n *= 2) {
      pool_start (n);
      const fnx_buf *out = t_run (lines[i], x);
      uint64_t h = buffer_hash (out);
      one = n == 1 ? h : one;
      same = same && h == one;
      buffer_unref (out);
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", lines[i]);
  }
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  for (size_t i = 0; i < N_CHAINS; i++) {
    uint64_t one = 0;
    bool same = true;
    for (unsigned n = 1; n <= 4; n *= 2) {
      pool_start (n);
      const fnx_buf *out = t_run (chains[i].first, s);
      uint64_t h = buffer_hash (out);
      one = n == 1 ? h : one;
      same = same && h == one;
      buffer_unref (out);
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", chains[i].first);
  }
  buffer_unref (s);
  buffer_unref (x);
}

/* Block (i, j) of the augmented covariance by its definition. */
static void
augmented (void)
{
  enum { P = 4, LAG = 7, L = T - P * LAG };
  double y[P * C][L], want[P * C * P * C];
  fnx_buf *x = planted (2, false, 50);
  for (int b = 0; b < P; b++)
    for (int c = 0; c < C; c++) {
      double mean = 0;
      for (int t = 0; t < L; t++)
        mean += (y[b * C + c][t] = t_values (x)[c * T + t + b * LAG]) / L;
      for (int t = 0; t < L; t++)
        y[b * C + c][t] -= mean;
    }
  for (int i = 0; i < P * C; i++)
    for (int j = 0; j < P * C; j++) {
      double sum = 0;
      for (int t = 0; t < L; t++)
        sum += y[i][t] * y[j][t];
      want[i * P * C + j] = sum / (L - 1);
    }
  const fnx_buf *s = t_run ("augcov order=4 lag=7", x);
  t_near (t_values (s), want, P * C * P * C, 1e-12, "augcov is numpy.cov of the stacked rows");
  t_ok (strcmp (buffer_spec (s)->axes[1]->labels[C + 3], "C3+7") == 0, "rows are called after channel and delay");
  buffer_unref (s);
  s = t_run ("augcov order=1 lag=3", x);
  const fnx_buf *plain = t_run ("cov estimator=cov", x);
  t_near (t_values (s), t_values (plain), (size_t)K * C * C, 0, "order 1 is cov, whatever the lag");
  buffer_unref (plain);
  buffer_unref (s);
  s = t_run ("augcov order=4 lag=7 estimator=lwf", x);
  t_ok (isfinite (t_values (s)[0]), "an estimator that needs samples works too");
  buffer_unref (s);
  s = t_run ("augcov order=2 lag=7 peer=timedelay", x); /* numpy.roll by 7 */
  double a = 0, ma = 0, mb = 0;
  for (int t = 0; t < T; t++) {
    ma += t_values (x)[t] / T;
    mb += t_values (x)[T + t] / T;
  }
  for (int t = 0; t < T; t++)
    a += (t_values (x)[t] - ma) * (t_values (x)[T + (t + T - 7) % T] - mb) / (T - 1);
  t_near (&t_values (s)[C + 1], &a, 1, 1e-12, "timedelay wraps round");
  buffer_unref (s);
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  truth_and_chance ();
  models ();
  weights ();
  augmented ();
  by_definition ();
  evoked ();
  threads ();
  return t_end ();
}
