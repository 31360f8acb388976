/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scale and pca: the peer's values, orthonormality, planted directions, and
 * what they refuse.
 */
#include "tests/learn/golden.h"
#include "tests/learn/sklearn.h"

static void
peers (void)
{
  static const double scaled[] = { SK_SCALE }, weighted[] = { SK_SCALEW }, two[] = { SK_PCA2 }, white[] = { SK_PCAW },
                      wide[] = { SK_WIDE_PCA };
  double w[15];
  fnx_buf *x = formula (15, 4), *y = formula (9, 14);
  const fnx_buf *s = t_run ("scale", x);
  t_near (t_values (s), scaled, 60, 1e-12, "scale: scikit-learn's");
  buffer_unref (s);
  s = t_run ("pca components=2", x);
  t_near (t_values (s), two, 30, 1e-9, "pca: scikit-learn's, signs included");
  t_ok (strcmp (spec_axis (buffer_spec (s), "feature")->labels[1], "pc2") == 0, "components are pc1, pc2");
  t_ok (buffer_column (s, "trial", "target") != NULL, "targets pass through");
  buffer_unref (s);
  s = t_run ("pca variance=0.9 whiten=yes", x);
  t_near (t_values (s), white, 30, 1e-9, "pca by variance, whitened: scikit-learn's");
  buffer_unref (s);
  s = t_run ("pca components=8", y);
  double got[72], want[72];
  for (int i = 0; i < 9; i++) /* the ninth of nine centred trials has no variance: its axis is arbitrary */
    for (int k = 0; k < 8; k++) {
      got[i * 8 + k] = t_values (s)[i * 8 + k];
      want[i * 8 + k] = wide[i * 9 + k];
    }
  t_near (got, want, 72, 1e-9, "pca, more features than trials: scikit-learn's");
  buffer_unref (s);
  for (int i = 0; i < 15; i++)
    w[i] = 0.5 + i % 4;
  t_reals (&x, "trial", "weight", w);
  s = t_run ("scale", x);
  t_near (t_values (s), weighted, 60, 1e-12, "scale with trial weights: scikit-learn's");
  buffer_unref (s);
  buffer_unref (x);
  buffer_unref (y);
}

/* Coordinates keep distances, and whitened ones have unit covariance. */
static void
theory (void)
{
  fnx_buf *x = planted (40, 6, 2, 2, 4);
  const fnx_buf *s = t_run ("pca", x), *w = t_run ("pca whiten=yes", x);
  double worst = 0, off = 0;
  for (int i = 1; i < 40; i++) {
    double a = 0, b = 0;
    for (int j = 0; j < 6; j++) {
      a += pow (t_values (x)[i * 6 + j] - t_values (x)[j], 2);
      b += pow (t_values (s)[i * 6 + j] - t_values (s)[j], 2);
    }
    worst = fmax (worst, fabs (a / b - 1));
  }
  for (int j = 0; j < 6; j++)
    for (int k = 0; k < 6; k++) {
      double v = 0;
      for (int i = 0; i < 40; i++)
        v += t_values (w)[i * 6 + j] * t_values (w)[i * 6 + k] / 39;
      off = fmax (off, fabs (v - (j == k)));
    }
  t_ok (worst < 1e-12, "pca keeps distances (%.1e)", worst);
  t_ok (off < 1e-12, "whitened components have unit covariance (%.1e)", off);
  buffer_unref (s);
  buffer_unref (w);
  buffer_unref (x);
}

/* Learned on one set, used on another: a training mean is not the test's. */
static void
learned (void)
{
  const double a[] = { 0, 5, 2, 5, 4, 5 }, b[] = { 2, 9 }, want[] = { 0, 4 };
  fnx_buf *train = t_buf ("features[trial,feature]", a, 3L, 2L), *test = t_buf ("features[trial,feature]", b, 1L, 2L);
  t_model *m = t_fit ("scale", train, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *s = t_apply (again, test);
  t_near (t_values (s), want, 2, 0, "scale uses the training mean; a constant feature is only centred");
  buffer_unref (s);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (train);
  buffer_unref (test);
  train = planted (30, 40, 2, 1, 6);
  m = t_fit ("pca components=5", train, NULL, NULL);
  again = t_save_load (m);
  s = t_apply (m, train);
  const fnx_buf *t = t_apply (again, train);
  t_ok (buffer_equal (s, t), "pca: the loaded model gives the same bytes");
  buffer_unref (s);
  buffer_unref (t);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (train);
}

static void
refused (const char *line, fnx_buf *x, const char *word)
{
  fnx_status code;
  const char *why = t_fail (line, x, &code);
  t_ok (code != FNX_OK && strstr (why, word), "%s: %s", line, why);
  buffer_unref (x);
}

static void
flattened (void)
{
  const double m[] = { 1, 2, 3, 2, 4, 5, 3, 5, 6, 9, 8, 7, 8, 6, 5, 7, 5, 4 };
  const double with[] = { 1, 2, 3, 4, 5, 6, 9, 8, 7, 6, 5, 4 }, without[] = { 2, 3, 5, 8, 7, 5 };
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", m, 2L, 3L, 3L);
  const fnx_buf *f = t_run ("flatten", b);
  t_ok (buffer_spec (f)->axes[1]->size == 6, "a matrix gives its upper triangle");
  t_near (t_values (f), with, 12, 0, "flatten cov");
  buffer_unref (f);
  buffer_unref (b);
  b = t_buf ("connectivity[trial,channel,channel]", m, 2L, 3L, 3L);
  f = t_run ("flatten", b);
  t_near (t_values (f), without, 6, 0, "flatten connectivity");
  buffer_unref (f);
  buffer_unref (b);
  b = t_buf ("spectrum[trial,freq,channel,channel]", m, 1L, 2L, 3L, 3L);
  f = t_run ("flatten", b);
  t_near (t_values (f), with, 12, 0, "flatten spectra");
  buffer_unref (f);
  buffer_unref (b);
  b = t_buf ("epochs[trial,channel,time]", m, 2L, 3L, 3L);
  f = t_run ("flatten", b);
  t_near (t_values (f), m, 18, 0, "flatten epochs");
  t_ok (buffer_spec (f)->axes[0]->size == 2 && buffer_spec (f)->axes[1]->size == 9, "9 features of 2 trials");
  buffer_unref (f);
  buffer_unref (b);
}

int
main (void)
{
  const double hole[] = { 1, 2, NAN, 4 }, same[] = { 1, 2, 1, 2, 1, 2 };
  t_begin ();
  flattened ();
  peers ();
  theory ();
  learned ();
  refused ("scale", t_buf ("features[trial,feature]", hole, 2L, 2L), "trial 2 of test: feature 1 of 2 is missing");
  refused ("pca", t_buf ("features[trial,feature]", hole, 2L, 2L), "trial 2 of test: feature 1 of 2 is missing");
  refused ("pca", t_buf ("features[trial,feature]", same, 3L, 2L), "all the same");
  refused ("pca components=4", planted (10, 3, 2, 0, 1), "components=4 is more than the 3 features");
  refused ("pca whiten=yes", planted (4, 9, 2, 0, 1), "component 4 has no variance");
  refused ("pca components=2 variance=0.5", planted (4, 9, 2, 0, 1), "give one of them");
  return t_end ();
}
