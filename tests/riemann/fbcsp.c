/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fbcsp: csp in each band bit for bit (whose numbers spatial.c and golden.c
 * compare with the peers), planted truth in one band of two, permuted labels,
 * channels in any order, models through bytes, refusals.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { K = 120, C = 5, B = 3, T = 100, TRAIN = 80 };

/* White sources mixed into C channels in each of B bands; in the second band
 * one source is twice as strong in trials of its class.  order: which channel
 * x band stands where. */
static fnx_buf *
planted (int classes, bool blind, const int *order)
{
  static const char *const words[] = { "left", "right", "tongue" }, *const name[] = { "8-12Hz", "12-16Hz", "16-20Hz" };
  double *x = malloc (sizeof (double) * K * B * C * T), mixing[B * C * C], s[C * T], y[C * T], shuffle[K];
  const char *target[K], *band[B * C];
  t_random (mixing, B * C * C, 3);
  t_random (shuffle, K, 4);
  for (int k = 0; k < K; k++) {
    for (int b = 0; b < B; b++) {
      t_random (s, C * T, 5 + (uint64_t)(k * B + b));
      if (b == 1)
        la_scale (s + k % classes * T, 2, T);
      la_mul (y, mixing + b * C * C, s, C, T, C, 1, 0);
      for (int i = 0; i < B * C; i++)
        if (order[i] / C == b)
          memcpy (x + ((size_t)k * B * C + (size_t)i) * T, y + order[i] % C * T, T * sizeof *x);
    }
    target[k] = words[blind ? (int)(fabs (shuffle[k]) * 1e6) % classes : k % classes];
  }
  for (int i = 0; i < B * C; i++)
    band[i] = name[order[i] / C];
  fnx_buf *e = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)(B * C), (long)T);
  t_texts (&e, "trial", "target", target);
  t_texts (&e, "channel", "band", band);
  free (x);
  return e;
}

static const int plain[B * C] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 },
                           shuffled[B * C] = { 0, 5, 10, 1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14 };

static void
by_definition (void)
{
  static const char *const lines[][2] = { { "fbcsp nfilter=2", "csp nfilter=2" },
                                          { "fbcsp nfilter=2 estimator=lwf metric=logeuclid classes=ovr",
                                            "csp nfilter=2 estimator=lwf metric=logeuclid classes=ovr" } };
  for (int l = 0; l < 2; l++) {
    fnx_buf *x = planted (3, false, plain), *mixed = planted (3, false, shuffled);
    const fnx_buf *all = t_run (lines[l][0], x), *other = t_run (lines[l][0], mixed);
    int64_t p = buffer_spec (all)->axes[1]->size, each = p / B;
    t_ok (buffer_equal (all, other), "%s: channels may stand in any order", lines[l][0]);
    for (int b = 0; b < B; b++) {
      double *v = malloc (sizeof (double) * K * C * T);
      for (int k = 0; k < K; k++)
        memcpy (v + k * C * T, t_values (x) + (k * B + b) * C * T, sizeof (double) * C * T);
      fnx_buf *own = t_buf ("epochs[trial,channel,time]", v, (long)K, (long)C, (long)T);
      t_texts (&own, "trial", "target", buffer_column (x, "trial", "target")->texts);
      const fnx_buf *one = t_run (lines[l][1], own);
      bool same = buffer_spec (one)->axes[1]->size == each;
      for (int64_t i = 0; same && i < K * each; i++)
        same = t_values (one)[i] == t_values (all)[i / each * p + b * each + i % each];
      t_ok (same, "%s in band %d, bit for bit", lines[l][1], b + 1);
      buffer_unref (one);
      buffer_unref (own);
      free (v);
    }
    const char *const *label = buffer_spec (all)->axes[1]->labels;
    t_ok (!strcmp (label[0], l ? "8-12Hz.left.csp1" : "8-12Hz.csp1")
              && !strcmp (label[p - 1], l ? "16-20Hz.tongue.csp2" : "16-20Hz.csp2"),
          "features are called %s to %s", label[0], label[p - 1]);
    buffer_unref (all);
    buffer_unref (other);
    buffer_unref (x);
    buffer_unref (mixed);
  }
}

/* fbcsp ! select ! lda, fitted on the first trials. */
static void
truth_and_chance (void)
{
  for (int classes = 2; classes <= 3; classes++)
    for (int blind = 0; blind < 2; blind++) {
      fnx_buf *x = planted (classes, blind, plain), *train = t_part (x, 0, TRAIN), *test = t_part (x, TRAIN, K);
      const fnx_buf *f = train, *g = test;
      static const char *const lines[] = { "fbcsp nfilter=3", "select k=4", "lda" };
      for (int l = 0; l < 3; l++) {
        t_model *m = t_fit (lines[l], f, NULL, NULL);
        const fnx_buf *f2 = t_apply (m, f), *g2 = t_apply (m, g);
        if (l == 1 && !blind) {
          const double *score = buffer_column (f2, "feature", "score")->reals;
          int best = 0;
          for (int k = 1; k < 4; k++)
            best = score[k] > score[best] ? k : best;
          t_ok (strncmp (buffer_spec (f2)->axes[1]->labels[best], "12-16Hz", 7) == 0, "the best feature is %s",
                buffer_spec (f2)->axes[1]->labels[best]);
        }
        buffer_unref (f);
        buffer_unref (g);
        f = f2;
        g = g2;
        t_model_free (m);
      }
      int right = 0;
      const fnx_column *y = buffer_column (x, "trial", "target");
      for (int i = 0; i < K - TRAIN; i++) {
        const double *v = t_values (g) + i * classes;
        int top = 0;
        for (int k = 1; k < classes; k++)
          top = v[k] > v[top] ? k : top;
        right += strcmp (buffer_spec (g)->axes[1]->labels[top], y->texts[TRAIN + i]) == 0;
      }
      double a = (double)right / (K - TRAIN);
      t_ok (blind ? fabs (a - 1.0 / classes) < 0.25 : a > 0.9, "%d classes: %.2f of %s trials", classes, a,
            blind ? "meaningless" : "planted");
      buffer_unref (f);
      buffer_unref (g);
      buffer_unref (x);
    }
}

static void
models (void)
{
  fnx_buf *x = planted (2, false, plain), *mixed = planted (2, false, shuffled);
  t_model *m = t_fit ("fbcsp", x, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *a = t_apply (m, x), *b = t_apply (again, mixed);
  t_ok (buffer_equal (a, b), "a saved model gives the same answers, also for channels in another order");
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    const fnx_buf *s = t_run ("fbcsp", x);
    t_ok (buffer_equal (a, s), "the same bytes with %u threads", n);
    buffer_unref (s);
  }
  buffer_unref (a);
  buffer_unref (b);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (x);
  buffer_unref (mixed);
}

static void
refused (const char *line, const fnx_buf *x, fnx_status want, const char *words)
{
  fnx_status code;
  const char *said = t_fail (line, x, &code);
  t_ok (code == want && strstr (said, words), "%s: %s", line, said);
}

static void
refusals (void)
{
  fnx_buf *x = planted (2, false, plain), *few = t_part (x, 0, 1);
  fnx_buf *bare = t_buf ("epochs[trial,channel,time]", NULL, 4L, 2L, 10L);
  double *v = malloc (sizeof (double) * K * B * C * T);
  memcpy (v, t_values (x), sizeof (double) * K * B * C * T);
  memset (v + (size_t)(B * C + 7) * T, 0, T * sizeof *v); /* trial 2, the third channel of the second band */
  fnx_buf *flat = t_buf ("epochs[trial,channel,time]", v, (long)K, (long)(B * C), (long)T);
  t_texts (&flat, "trial", "target", buffer_column (x, "trial", "target")->texts);
  t_texts (&flat, "channel", "band", buffer_column (x, "channel", "band")->texts);
  t_labels (&flat, "channel", "a.1,b.1,c.1,d.1,e.1,a.2,b.2,c.2,d.2,e.2,a.3,b.3,c.3,d.3,e.3");
  refused ("fbcsp", bare, FNX_E_SPEC, "! filterbank");
  refused ("fbcsp", few, FNX_E_DATA, "at least 2");
  refused ("fbcsp estimator=scm", flat, FNX_E_NUMERIC, "channel c.2 is flat");
  free (v);
  buffer_unref (flat);
  buffer_unref (bare);
  buffer_unref (few);
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  by_definition ();
  truth_and_chance ();
  models ();
  refusals ();
  return t_end ();
}
