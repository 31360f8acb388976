/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * regress: scikit-learn's Ridge and LinearRegression, a planted relation and
 * one that is not there, and what it refuses.
 */
#include "core/pool.h"
#include "tests/learn/golden.h"

/* formula() with y = 3 + 2 x_0 - x_(p-1) + sin (2.1 i), of the first n trials;
 * weights 0.5 + i mod 4 on demand. */
static fnx_buf *
numbers (long n, long p, bool weights)
{
  fnx_buf *b = formula (n, p);
  const double *x = t_values (b);
  double y[15], w[15];
  for (long i = 0; i < n; i++) {
    y[i] = 3 + 2 * x[i * p] - x[i * p + p - 1] + sin (2.1 * (double)i);
    w[i] = 0.5 + (double)(i % 4);
  }
  t_reals (&b, "trial", "target", y);
  if (weights)
    t_reals (&b, "trial", "weight", w);
  return b;
}

/* scikit-learn 1.2.1 */
static void
peer (void)
{
  static const struct {
    const char *line;
    bool weights;
    double want[6]; /* of the first trials */
  } cases[] = { { "regress",
                  false,
                  { 4.1829371758666039, 4.7216958794524047, 3.8128033849719132, 2.7979811074648167, 2.1683131369240538,
                    3.2694297989235896 } },
                { "regress alpha=2.5",
                  true,
                  { 3.877778964082101, 4.4282939915406097, 3.6749544718937801, 2.8232294710927093, 2.3422544338797495,
                    3.2340559501059025 } },
                { "regress alpha=0.5 intercept=no",
                  false,
                  { 5.2788549672496448, 3.9109678475984624, 0.88350684871936591, -0.82118344508832919,
                    -0.44853911177284111, 1.9657516349473041 } },
                { "regress alpha=0",
                  false,
                  { 4.3757339171995673, 4.8113507695121775, 3.8615744164067554, 2.7783347595207988, 2.034438641284698,
                    3.2244063325411543 } } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fnx_buf *x = numbers (15, 4, cases[i].weights);
    const fnx_buf *p = t_run (cases[i].line, x);
    t_near (t_values (p), cases[i].want, 6, 1e-9, cases[i].line);
    buffer_unref (p);
    buffer_unref (x);
  }
}

/* Fewer trials than features: fitted on 6, asked for trials 0, 1, 5 to 8. */
static void
peer_wide (void)
{
  static const char *const lines[] = { "regress alpha=0.3", "regress alpha=0" };
  static const double want[2][6] = { { 5.1913825991675369, 5.7593014001197771, 3.3186364753622764, 4.9383948152629005,
                                       3.0423654898688004, 1.7618776641626823 },
                                     { 5.2822031722233902, 5.973109574680155, 3.031361585437045, 4.9981695054764694,
                                       2.9645980179404736, 1.7069853242898354 } };
  static const int64_t first[] = { 0, 1, 2, 3, 4, 5 }, asked[] = { 0, 1, 5, 6, 7, 8 };
  fnx_buf *x = numbers (9, 14, false), *train = buffer_pick (x, first, 6, NULL),
          *test = buffer_pick (x, asked, 6, NULL);
  for (int i = 0; i < 2; i++) {
    t_model *m = t_fit (lines[i], train, NULL, NULL), *again = t_save_load (m);
    const fnx_buf *p = t_apply (again, test);
    t_near (t_values (p), want[i], 6, 1e-9, lines[i]);
    buffer_unref (p);
    t_model_free (m);
    t_model_free (again);
  }
  buffer_unref (x);
  buffer_unref (train);
  buffer_unref (test);
}

/* Correlation of predictions with the targets of trials that were not trained
 * on, which follow the features by `share`. */
static double
held_out (double share)
{
  enum { N = 400, P = 20, TRAIN = 200 };
  double x[N * P], y[N], r[3] = { 0 };
  int64_t idx[N];
  t_random (x, N * P, 1);
  t_random (y, N, 2);
  for (int i = 0; i < N; i++) {
    y[i] = share * (x[i * P] - x[i * P + 3]) + y[i];
    idx[i] = i;
  }
  fnx_buf *b = t_buf ("features[trial,feature]", x, (long)N, (long)P);
  t_reals (&b, "trial", "target", y);
  fnx_buf *train = buffer_pick (b, idx, TRAIN, NULL), *test = buffer_pick (b, idx + TRAIN, N - TRAIN, NULL);
  t_model *m = t_fit ("regress", train, NULL, NULL);
  const fnx_buf *p = t_apply (m, test);
  for (int i = 0; i < N - TRAIN; i++) {
    double a = t_values (p)[i], t = y[TRAIN + i];
    r[0] += a * t;
    r[1] += a * a;
    r[2] += t * t;
  }
  t_model_free (m);
  buffer_unref (p);
  buffer_unref (b);
  buffer_unref (train);
  buffer_unref (test);
  return r[0] / sqrt (r[1] * r[2]);
}

static void
same_bytes (void)
{
  fnx_buf *x = numbers (15, 4, true);
  const fnx_buf *a = t_run ("regress", x);
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    const fnx_buf *b = t_run ("regress", x);
    t_ok (buffer_equal (a, b), "the same bytes on %u threads", n);
    buffer_unref (b);
  }
  pool_start (2);
  buffer_unref (a);
  buffer_unref (x);
}

static void
refused (void)
{
  fnx_status code;
  double y[15];
  fnx_buf *x = formula (15, 4); /* targets "0", "1", "2" are numbers too */
  const fnx_buf *p = t_run ("regress", x);
  t_ok (spec_count (buffer_spec (p)) == 15, "texts that are numbers are taken as such");
  buffer_unref (p);
  for (int i = 0; i < 15; i++)
    y[i] = i == 7 ? NAN : (double)i;
  t_reals (&x, "trial", "target", y);
  const char *why = t_fail ("regress", x, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "trial 8") && strstr (why, "missing"), "%s", why);
  buffer_unref (x);
  x = planted (15, 4, 3, 1, 1);
  why = t_fail ("regress", x, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "svm"), "%s", why);
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  peer ();
  peer_wide ();
  double a = held_out (1), n = held_out (0);
  t_ok (a > 0.75, "a planted relation: r %.2f of 0.82 that there is", a);
  t_ok (fabs (n) < 4 / sqrt (200), "none: r %.2f", n);
  same_bytes ();
  refused ();
  return t_end ();
}
