/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * select: scikit-learn's scores and choices, planted and meaningless features,
 * ties, models through bytes, refusals.
 *
 * scikit-learn 1.2.1 (mutual_info_classif, f_classif) on 61 trials of 8
 * features, x_ij = sin (1.3 i + 0.7 j^2) + 0.4 cos (0.5 i (j + 1))
 *                  + (i mod 3 = j mod 4) (j + 1) / 10, class i mod 3; for "one"
 * trial 7 is a class of its own.  Its noise does not change these digits: three
 * seeds gave the same.
 */
#include "core/pool.h"
#include "tests/learn/golden.h"

enum { N = 61, P = 8 };

static const double mi[P] = { 0.02858388114510912, 0.01161947532811736, 0, 0, 0.1056753595263655, 0,
                              0.2423089979240811,  0.08500361154976588 },
                    mi5[P]
                    = { 0.03846168023612062, 0.03280157804666173, 0, 0, 0.01391876962926331, 0.0005499535552764279,
                        0.1888231334358301,  0.004818627805678766 },
                    one[P] = { 0.04323728988285569, 0.01819561007143911, 0, 0, 0.1202102012307671, 0,
                               0.2187478753119199,  0.09206850324580285 },
                    f[P] = { 0.05497131603948481, 0.7161829675647279, 0.6337547750517982, 0.09287230489986331,
                             2.917618072169845,   3.144176972978771,  6.601390491271683,  0.001949430813361798 };

static fnx_buf *
formula61 (int alone)
{
  static double x[N * P], y[N];
  for (int i = 0; i < N; i++) {
    y[i] = i == alone ? 3 : i % 3;
    for (int j = 0; j < P; j++)
      x[i * P + j] = sin (1.3 * i + 0.7 * j * j) + 0.4 * cos (0.5 * i * (j + 1)) + (i % 3 == j % 4) * (j + 1) / 10.0;
  }
  fnx_buf *b = t_buf ("features[trial,feature]", x, (long)N, (long)P);
  t_labels (&b, "feature", "a,b,c,d,e,f,g,h");
  t_reals (&b, "trial", "target", y);
  return b;
}

static void
scores_near (const char *line, int alone, const double *want)
{
  fnx_buf *x = formula61 (alone);
  const fnx_buf *s = t_run (line, x);
  t_near (buffer_column (s, "feature", "score")->reals, want, P, 1e-12, line);
  buffer_unref (s);
  buffer_unref (x);
}

static void
chosen (const char *line, const fnx_buf *x, const char *want)
{
  const fnx_buf *s = t_run (line, x);
  const fnx_axis *a = buffer_spec (s)->axes[1];
  char got[P + 1] = "";
  bool same = true;
  for (int64_t k = 0; k < a->size; k++) {
    got[k] = a->labels[k][0];
    for (int i = 0; i < N; i++)
      same = same && t_values (s)[i * a->size + k] == t_values (x)[i * P + got[k] - 'a'];
  }
  t_ok (same && strcmp (got, want) == 0 && buffer_column (s, "trial", "target"), "%s keeps %s as they are", line, got);
  buffer_unref (s);
}

static void
peers (void)
{
  scores_near ("select k=8", -1, mi);
  scores_near ("select k=8 neighbours=5", -1, mi5);
  scores_near ("select k=8", 7, one);
  scores_near ("select k=8 by=anova", -1, f);
  fnx_buf *x = formula61 (-1);
  chosen ("select 3", x, "egh");
  chosen ("select k=5", x, "abegh");
  chosen ("select k=3 by=anova", x, "efg");
  chosen ("select k=5 by=anova", x, "bcefg");
  chosen ("select k=6", x, "abefgh"); /* c, d and f score 0: the last of them */
  buffer_unref (x);
}

/* Trials of weight 0 are as good as absent. */
static void
weights (void)
{
  double w[N], got[P];
  int64_t some[N], n = 0;
  fnx_buf *x = formula61 (-1), *weighted = formula61 (-1);
  for (int64_t i = 0; i < N; i++) {
    w[i] = i % 5 ? 1 + (double)i : 0;
    if (w[i] > 0)
      some[n++] = i;
  }
  t_reals (&weighted, "trial", "weight", w);
  fnx_buf *rest = buffer_pick (x, some, n, NULL);
  const fnx_buf *a = t_run ("select k=8", weighted), *b = t_run ("select k=8", rest);
  memcpy (got, buffer_column (a, "feature", "score")->reals, sizeof got);
  t_near (got, buffer_column (b, "feature", "score")->reals, P, 0, "trials of weight 0 are left out");
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (rest);
  buffer_unref (weighted);
  buffer_unref (x);
}

/* Features that differ between classes are found among forty; meaningless
 * labels find them no more often than any other. */
static void
truth_and_chance (void)
{
  static const char *const lines[] = { "select k=3", "select k=3 by=anova" };
  for (int l = 0; l < 2; l++)
    for (int blind = 0; blind < 2; blind++) {
      int found = 0;
      for (uint64_t seed = 1; seed <= 10; seed++) {
        fnx_buf *x = planted (90, 40, 3, 2.5, 100 * seed);
        double shuffle[90], y[90];
        t_random (shuffle, 90, seed);
        for (int i = 0; i < 90; i++)
          y[i] = blind ? (int)(fabs (shuffle[i]) * 1e6) % 3 : i % 3;
        t_reals (&x, "trial", "target", y);
        t_model *m = t_fit (lines[l], x, NULL, NULL);
        const fnx_buf *s = t_apply (m, x);
        for (int k = 0; k < 3; k++)
          for (int j = 0; j < 3; j++)
            found += t_values (s)[k] == t_values (x)[j];
        buffer_unref (s);
        buffer_unref (x);
        t_model_free (m);
      }
      t_ok (blind ? found < 10 : found == 30, "%s: %d of 30 planted features with %s labels", lines[l], found,
            blind ? "meaningless" : "true");
    }
}

/* Values that are all equal tell nothing; values that are the class tell all
 * that there is: log 2 as n grows, here psi (n) - psi (n / 2). */
static void
ties (void)
{
  double x[80], y[40], psi = 0;
  for (int i = 0; i < 40; i++) {
    y[i] = i % 2;
    x[2 * i] = 7;
    x[2 * i + 1] = y[i];
  }
  for (int i = 20; i < 40; i++)
    psi += 1.0 / i;
  /* each trial's neighbours equal it: m is its class, k is 3 */
  double equal[2] = { 0, 0 };
  for (int i = 3; i < 20; i++)
    equal[1] -= 1.0 / i; /* psi (3) - psi (20) */
  equal[1] += psi;
  equal[1] = fmax (0, equal[1]);
  fnx_buf *b = t_buf ("features[trial,feature]", x, 40L, 2L);
  t_reals (&b, "trial", "target", y);
  const fnx_buf *s = t_run ("select k=2", b);
  t_near (buffer_column (s, "feature", "score")->reals, equal, 2, 1e-12, "equal values count as the formula says");
  buffer_unref (s);
  s = t_run ("select k=2 by=anova", b);
  const double *v = buffer_column (s, "feature", "score")->reals;
  t_ok (v[0] == 0 && isinf (v[1]), "anova: F is %g where all is equal, %g where nothing varies inside", v[0], v[1]);
  buffer_unref (s);
  buffer_unref (b);
}

static void
models (void)
{
  fnx_buf *x = formula61 (-1);
  t_model *m = t_fit ("select k=3", x, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *a = t_apply (m, x), *b = t_apply (again, x);
  t_ok (buffer_equal (a, b), "a saved model gives the same answers");
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    const fnx_buf *s = t_run ("select k=3", x);
    t_ok (buffer_equal (a, s), "the same bytes with %u threads", n);
    buffer_unref (s);
  }
  buffer_unref (a);
  buffer_unref (b);
  t_model_free (m);
  t_model_free (again);
  fnx_status code;
  const char *why = t_fail ("select k=9", x, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "use k=8"), "%s", why);
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  peers ();
  weights ();
  truth_and_chance ();
  ties ();
  models ();
  refusals ("select k=1");
  return t_end ();
}
