/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * svm: the peer's decision values, the optimality of its primal problem, and
 * what it finds in planted and in shuffled data.
 */
#include "core/pool.h"
#include "tests/learn/golden.h"
#include "tests/learn/sklearn.h"

static void
peer (void)
{
  double d[12], want[12];
  fnx_buf *x = golden_features ();
  const fnx_buf *s = t_run ("svm kernel=linear", x);
  decisions (s, d);
  golden ("svc_linear_decision", want, 12);
  t_near (d, want, 12, 1e-9, "linear, two classes: scikit-learn's decision_function");
  t_ok (strcmp (spec_axis (buffer_spec (s), "class")->labels[1], "b") == 0, "the class axis is labelled");
  buffer_unref (s);
  s = t_run ("svm kernel=rbf", x);
  decisions (s, d);
  golden ("svc_rbf_decision", want, 12);
  t_near (d, want, 12, 1e-9, "rbf, gamma=scale, two classes: scikit-learn's decision_function");
  buffer_unref (s);
  buffer_unref (x);
}

static void
peer_of_three (void)
{
  static const double linear[] = { SK_SVC3_LINEAR }, rbf[] = { SK_SVC3_RBF };
  fnx_buf *x = formula (15, 4);
  const fnx_buf *s = t_run ("svm kernel=linear", x);
  t_near (t_values (s), linear, 45, 1e-9, "linear, three classes: scikit-learn's decision_function");
  buffer_unref (s);
  s = t_run ("svm kernel=rbf c=2", x);
  t_near (t_values (s), rbf, 45, 1e-9, "rbf, three classes: scikit-learn's decision_function");
  buffer_unref (s);
  buffer_unref (x);
}

/* w and b of a two-class linear machine, from its decisions at 0 and at the
 * unit vectors. */
static void
plane (const t_model *m, long p, double *w, double *b)
{
  double *e = calloc ((size_t)((p + 1) * p), sizeof *e), *d = calloc ((size_t)p + 1, sizeof *d);
  for (long j = 0; j < p; j++)
    e[(j + 1) * p + j] = 1;
  fnx_buf *x = t_buf ("features[trial,feature]", e, p + 1, p);
  const fnx_buf *s = t_apply (m, x);
  decisions (s, d);
  *b = d[0];
  for (long j = 0; j < p; j++)
    w[j] = d[j + 1] - d[0];
  buffer_unref (s);
  buffer_unref (x);
  free (e);
  free (d);
}

/* |w|^2 / 2 + C sum max (0, 1 - y (x.w + b)), classes in turn */
static double
primal (const double *x, long n, long p, double c, const double *w, double b)
{
  double f = 0;
  for (long j = 0; j < p; j++)
    f += w[j] * w[j] / 2;
  for (long i = 0; i < n; i++) {
    double d = b;
    for (long j = 0; j < p; j++)
      d += x[i * p + j] * w[j];
    f += c * fmax (0, 1 - (i % 2 ? d : -d));
  }
  return f;
}

/* The problem is convex, so a plane that no small step betters is the best:
 * this holds for the Gram route (few trials) and for libsvm's own (many). */
static void
optimal (long n, long p, double c)
{
  char line[64];
  double *w = calloc ((size_t)p, sizeof *w), *u = calloc ((size_t)p, sizeof *u), *z = calloc ((size_t)p + 1, sizeof *z);
  double b, least = INFINITY;
  fnx_buf *x = planted (n, p, 2, 1, 5);
  snprintf (line, sizeof line, "svm c=%g tol=1e-6", c);
  t_model *m = t_fit (line, x, NULL, NULL);
  plane (m, p, w, &b);
  double best = primal (t_values (x), n, p, c, w, b);
  for (uint64_t k = 0; k < 300; k++) {
    double step = pow (10, -1 - (double)(k % 4));
    t_random (z, (size_t)p + 1, 1000 + k);
    for (long j = 0; j < p; j++)
      u[j] = w[j] + step * z[j] / sqrt ((double)p);
    least = fmin (least, primal (t_values (x), n, p, c, u, b + step * z[p]) - best);
  }
  t_ok (least > -1e-6 * best, "%ld trials of %ld features: no step lowers the objective %.6g (by %.2g at most)", n, p,
        best, least);
  t_model_free (m);
  buffer_unref (x);
  free (w);
  free (u);
  free (z);
}

/* Two trials at -1 and 1: d (x) = min (1, 2 C) x. */
static void
closed_form (void)
{
  static const double v[] = { -1, 1 };
  static const char *const target[] = { "a", "b" };
  const double want[] = { -1, 1, -0.5, 0.5 };
  double d[4];
  fnx_buf *x = t_buf ("features[trial,feature]", v, 2L, 1L);
  t_texts (&x, "trial", "target", target);
  const fnx_buf *s = t_run ("svm c=10", x), *soft = t_run ("svm c=0.25", x);
  decisions (s, d);
  decisions (soft, d + 2);
  t_near (d, want, 4, 1e-12, "two trials, in closed form");
  buffer_unref (s);
  buffer_unref (soft);
  buffer_unref (x);
}

static double
held_out (const char *line, double shift, int n_class)
{
  fnx_buf *train = planted (120, 30, n_class, shift, 1), *test = planted (600, 30, n_class, shift, 2);
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
truth (void)
{
  double a = held_out ("svm", 3, 2), n = held_out ("svm", 0, 2), r = held_out ("svm kernel=rbf", 3, 3),
         rn = held_out ("svm kernel=rbf", 0, 3);
  t_ok (a > 0.9, "planted classes are found (%.3f right)", a);
  t_ok (fabs (n - 0.5) < 4 * sqrt (0.25 / 600), "without them it is at chance (%.3f)", n);
  t_ok (r > 0.85, "three planted classes by rbf (%.3f right)", r);
  t_ok (fabs (rn - 1. / 3) < 4 * sqrt (2. / 9 / 600), "without them it is at chance (%.3f)", rn);
}

static void
same (const char *line)
{
  fnx_buf *x = planted (250, 700, 3, 1, 9);
  t_model *m = t_fit (line, x, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *a = t_apply (m, x), *b = t_apply (again, x);
  t_ok (buffer_equal (a, b), "%s: the loaded model gives the same bytes", line);
  buffer_unref (b);
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    b = t_run (line, x);
    t_ok (buffer_equal (a, b), "%s: the same bytes on %u threads", line, n);
    buffer_unref (b);
  }
  pool_start (2);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (a);
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  closed_form ();
  optimal (40, 60, 0.1);
  optimal (60, 3, 1);
  optimal (2100, 3, 0.01);
  peer_of_three ();
  truth ();
  same ("svm");
  same ("svm kernel=rbf gamma=0.002");
  refusals ("svm");
  left_out ("svm");
  left_out ("svm kernel=rbf");
  const char *why = t_fail ("svm kernel=rbf gamma=wide", NULL, NULL);
  t_ok (strstr (why, "gamma=wide") && strstr (why, "gamma=scale"), "a wrong gamma: %s", why);
  if (golden_there ())
    peer ();
  return t_end ();
}
