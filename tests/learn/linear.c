/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lda and logistic: the peer's decision values, closed forms, planted and
 * shuffled data.
 */
#include "core/pool.h"
#include "tests/learn/golden.h"
#include "tests/learn/sklearn.h"

/* Scores of three classes are the peer's decisions. */
static void
three (const char *line, long n, long p, const double *want, double tol, const char *what)
{
  fnx_buf *x = formula (n, p);
  const fnx_buf *s = t_run (line, x);
  t_near (t_values (s), want, (size_t)n * 3, tol, what);
  buffer_unref (s);
  buffer_unref (x);
}

static void
peer_of_three (void)
{
  static const double svd[] = { SK_LDA3_SVD }, automatic[] = { SK_LDA3_AUTO }, third[] = { SK_LDA3_30 },
                      none[] = { SK_LDA3_NONE }, lr[] = { SK_LR3 }, wide_auto[] = { SK_WIDE_AUTO },
                      wide_30[] = { SK_WIDE_30 }, wide_svd[] = { SK_WIDE_SVD }, wide_lr[] = { SK_WIDE_LR };
  three ("lda", 15, 4, svd, 1e-9, "lda: scikit-learn's solver svd");
  three ("lda solver=lsqr shrinkage=auto", 15, 4, automatic, 1e-9, "lda: scikit-learn's lsqr, shrinkage auto");
  three ("lda solver=lsqr shrinkage=0.3", 15, 4, third, 1e-9, "lda: scikit-learn's lsqr, shrinkage 0.3");
  three ("lda solver=lsqr", 15, 4, none, 1e-9, "lda: scikit-learn's lsqr without shrinkage");
  three ("logistic", 15, 4, lr, 1e-7, "logistic: scikit-learn's softmax");
  three ("lda", 9, 14, wide_svd, 1e-9, "lda, more features than trials: svd");
  three ("lda solver=lsqr shrinkage=auto", 9, 14, wide_auto, 1e-9, "lda, more features than trials: shrinkage auto");
  three ("lda solver=lsqr shrinkage=0.3", 9, 14, wide_30, 1e-9, "lda, more features than trials: shrinkage 0.3");
  three ("logistic", 9, 14, wide_lr, 1e-7, "logistic, more features than trials");
}

/* The elastic net: scikit-learn's saga to its minimum. */
static void
peer_of_nets (void)
{
  static const double half[] = { SK_EN3 }, weighted[] = { SK_EN3_WEIGHT }, wide[] = { SK_WIDE_EN },
                      lasso[] = { SK_LASSO3 }, two[] = { SK_EN2 };
  double w[15], y[15], d[15];
  three ("logistic penalty=elasticnet l1_ratio=0.5", 15, 4, half, 1e-7, "elastic net: scikit-learn's softmax");
  three ("logistic penalty=elasticnet l1_ratio=0.75", 9, 14, wide, 1e-7, "elastic net, more features than trials");
  three ("logistic penalty=elasticnet l1_ratio=1", 15, 4, lasso, 1e-7, "l1_ratio=1: absolute values alone");
  three ("logistic penalty=elasticnet l1_ratio=0", 15, 4, (const double[]){ SK_LR3 }, 1e-7,
         "l1_ratio=0: squares alone");
  fnx_buf *x = formula (15, 4);
  for (int i = 0; i < 15; i++) {
    w[i] = 0.5 + i % 4;
    y[i] = i % 3 > 0;
  }
  t_reals (&x, "trial", "weight", w);
  const fnx_buf *s = t_run ("logistic penalty=elasticnet l1_ratio=0.2 c=2", x);
  t_near (t_values (s), weighted, 45, 1e-7, "elastic net, weighted trials");
  buffer_unref (s);
  buffer_unref (x);
  x = formula (15, 4);
  t_reals (&x, "trial", "target", y);
  s = t_run ("logistic penalty=elasticnet", x);
  for (int i = 0; i < 15; i++)
    d[i] = t_values (s)[2 * i + 1] - t_values (s)[2 * i];
  t_near (d, two, 15, 1e-7, "elastic net of two classes");
  buffer_unref (s);
  buffer_unref (x);
}

static void
golden_decisions (const char *line, const char *key)
{
  double d[12], want[12];
  fnx_buf *x = golden_features ();
  const fnx_buf *s = t_run (line, x);
  decisions (s, d);
  golden (key, want, 12);
  t_near (d, want, 12, 1e-9, key);
  buffer_unref (s);
  buffer_unref (x);
}

/* The peer's probability of class 1 is 1 / (1 + exp (-d)).  Its L-BFGS stopped
 * 1.1e-6 before the minimum (Newton's method says so), hence the tolerance;
 * that ours is at the minimum is what stationary () shows. */
static void
golden_probabilities (void)
{
  double d[12], want[12];
  fnx_buf *x = golden_features ();
  const fnx_buf *s = t_run ("logistic", x);
  decisions (s, d);
  for (int i = 0; i < 12; i++)
    d[i] = 1 / (1 + exp (-d[i]));
  golden ("logreg_proba", want, 12);
  t_near (d, want, 12, 5e-6, "logreg_proba");
  buffer_unref (s);
  buffer_unref (x);
}

static void
weighted (void)
{
  static const double want[] = { SK_LRW };
  double w[15], d[15];
  const char *target[15];
  fnx_buf *x = formula (15, 4);
  for (int i = 0; i < 15; i++) {
    w[i] = 0.5 + i % 4;
    target[i] = i % 3 == 1 ? "yes" : "no";
  }
  t_texts (&x, "trial", "target", target);
  t_reals (&x, "trial", "weight", w);
  const fnx_buf *s = t_run ("logistic", x);
  decisions (s, d);
  t_near (d, want, 15, 1e-7, "logistic with trial weights: scikit-learn's");
  buffer_unref (s);
  buffer_unref (x);
}

/* Of two normal classes with one covariance, Bayes' rule is the plane
 * Sigma^-1 (m1 - m0); with the sample's own means and covariance lda must give
 * it exactly.  2 features, by hand. */
static void
bayes (const char *line, double divisor)
{
  enum { N = 60 };
  double m[2][2] = { { 0 } }, c[3] = { 0 }, d[N], want[N];
  fnx_buf *b = planted (N, 2, 2, 1.5, 3);
  const double *x = t_values (b);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < 2; j++)
      m[i % 2][j] += x[2 * i + j] / (N / 2);
  for (int i = 0; i < N; i++) {
    double u = x[2 * i] - m[i % 2][0], v = x[2 * i + 1] - m[i % 2][1];
    c[0] += u * u / divisor;
    c[1] += u * v / divisor;
    c[2] += v * v / divisor;
  }
  double det = c[0] * c[2] - c[1] * c[1], a = m[1][0] - m[0][0], e = m[1][1] - m[0][1];
  double w0 = (c[2] * a - c[1] * e) / det, w1 = (c[0] * e - c[1] * a) / det;
  for (int i = 0; i < N; i++)
    want[i] = w0 * (x[2 * i] - (m[0][0] + m[1][0]) / 2) + w1 * (x[2 * i + 1] - (m[0][1] + m[1][1]) / 2);
  const fnx_buf *s = t_run (line, b);
  decisions (s, d);
  t_near (d, want, N, 1e-10, line);
  buffer_unref (s);
  buffer_unref (b);
}

/* At the minimum the slope C sum_i (sigma (d_i) - y_i) x_i + w is zero, and
 * that over the intercept too; w by decisions at 0 and the unit vectors. */
static void
stationary (long n, long p)
{
  double *e = calloc ((size_t)((p + 1) * p), sizeof *e), *d = calloc ((size_t)(n + p + 1), sizeof *d), most = 0,
         sum = 0;
  for (long j = 0; j < p; j++)
    e[(j + 1) * p + j] = 1;
  fnx_buf *x = planted (n, p, 2, 1, 8), *units = t_buf ("features[trial,feature]", e, p + 1, p);
  t_model *m = t_fit ("logistic c=0.7", x, NULL, NULL);
  const fnx_buf *a = t_apply (m, x), *b = t_apply (m, units);
  decisions (a, d);
  decisions (b, d + n);
  for (long i = 0; i < n; i++) {
    d[i] = 1 / (1 + exp (-d[i])) - (double)(i % 2);
    sum += d[i];
  }
  for (long j = 0; j < p; j++) {
    double g = d[n + 1 + j] - d[n];
    for (long i = 0; i < n; i++)
      g += 0.7 * d[i] * t_values (x)[i * p + j];
    most = fmax (most, fabs (g));
  }
  t_ok (most < 1e-9 && fabs (sum) < 1e-9, "logistic, %ld x %ld: slope at the minimum %.1e, of the intercept %.1e", n, p,
        most, fabs (sum));
  t_model_free (m);
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (x);
  buffer_unref (units);
  free (e);
  free (d);
}

/* The same of softmax: sum_i C (p_ik - y_ik) x_i + w_k is zero for each class. */
static void
stationary_softmax (long n, long p)
{
  double *e = calloc ((size_t)((p + 1) * p), sizeof *e), most = 0;
  for (long j = 0; j < p; j++)
    e[(j + 1) * p + j] = 1;
  fnx_buf *x = planted (n, p, 3, 1, 8), *units = t_buf ("features[trial,feature]", e, p + 1, p);
  t_model *m = t_fit ("logistic c=0.7", x, NULL, NULL);
  const fnx_buf *a = t_apply (m, x), *b = t_apply (m, units);
  const double *d = t_values (a), *u = t_values (b), *v = t_values (x);
  for (int k = 0; k < 3; k++)
    for (long j = -1; j < p; j++) {
      double g = j < 0 ? 0 : u[(j + 1) * 3 + k] - u[k];
      for (long i = 0; i < n; i++) {
        const double *s = d + 3 * i;
        double own = exp (s[k]) / (exp (s[0]) + exp (s[1]) + exp (s[2]));
        g += 0.7 * (own - (i % 3 == k)) * (j < 0 ? 1 : v[i * p + j]);
      }
      most = fmax (most, fabs (g));
    }
  t_ok (most < 1e-6, "logistic of three classes, %ld x %ld: slope at the minimum %.1e", n, p, most);
  t_model_free (m);
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (x);
  buffer_unref (units);
  free (e);
}

static double
held_out (const char *line, double shift, int n_class, long p)
{
  fnx_buf *train = planted (150, p, n_class, shift, 1), *test = planted (600, p, n_class, shift, 2);
  t_model *m = t_fit (line, train, NULL, NULL);
  const fnx_buf *s = t_apply (m, test);
  double a = accuracy (s, n_class);
  t_model_free (m);
  buffer_unref (s);
  buffer_unref (train);
  buffer_unref (test);
  return a;
}

static void
behaves (const char *line, long p)
{
  double a = held_out (line, 3.5, 2, p), n = held_out (line, 0, 2, p), b = held_out (line, 3.5, 3, p);
  t_ok (a > 0.85 && b > 0.75, "%s, %ld features: planted classes are found (%.3f of 2, %.3f of 3)", line, p, a, b);
  t_ok (fabs (n - 0.5) < 4 * sqrt (0.25 / 600), "%s, %ld features: at chance without them (%.3f)", line, p, n);
  fnx_buf *x = planted (90, p, 3, 1, 9);
  t_model *m = t_fit (line, x, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *s = t_apply (m, x), *t = t_apply (again, x);
  t_ok (buffer_equal (s, t), "%s: the loaded model gives the same bytes", line);
  buffer_unref (t);
  for (unsigned k = 1; k <= 4; k *= 4) {
    pool_start (k);
    t = t_run (line, x);
    t_ok (buffer_equal (s, t), "%s: the same bytes on %u threads", line, k);
    buffer_unref (t);
  }
  pool_start (2);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (s);
  buffer_unref (x);
  refusals (line);
}

static void
own_refusals (void)
{
  fnx_status code;
  const char *why = t_fail ("lda shrinkage=auto", NULL, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "solver=lsqr"), "%s", why);
  why = t_fail ("lda solver=lsqr shrinkage=1.5", NULL, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "shrinkage=1.5 is neither"), "%s", why);
}

int
main (void)
{
  t_begin ();
  bayes ("lda", 58);
  bayes ("lda solver=lsqr", 60);
  stationary (50, 4);
  stationary (30, 200);
  stationary_softmax (60, 4);
  stationary_softmax (30, 100);
  peer_of_three ();
  peer_of_nets ();
  weighted ();
  behaves ("lda", 20);
  behaves ("lda solver=lsqr shrinkage=auto", 20);
  behaves ("lda solver=lsqr shrinkage=auto", 300);
  behaves ("logistic", 20);
  behaves ("logistic penalty=elasticnet", 20);
  behaves ("logistic penalty=elasticnet l1_ratio=0.2", 300);
  own_refusals ();
  left_out ("lda");
  left_out ("lda solver=lsqr shrinkage=auto");
  if (golden_there ()) {
    golden_decisions ("lda", "lda_svd_decision");
    golden_decisions ("lda solver=lsqr shrinkage=auto", "lda_lsqr_auto_decision");
    golden_probabilities ();
  }
  return t_end ();
}
