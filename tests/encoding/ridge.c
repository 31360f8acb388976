/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ridge: the peers' weights, scores and alphas, the normal equations, planted
 * weights and shuffled voxels.
 */
#include <jansson.h>

#include "core/pool.h"
#include "tests/harness.h"

/* ---- data ---- */

static fnx_buf *
features (const double *x, long n, long p)
{
  return t_buf ("features[time,feature]", x, n, p);
}

/* Y[n,t] as voxels[voxel,time]. */
static fnx_buf *
voxels (const double *y, long n, long t)
{
  double *z = calloc ((size_t)(n * t), sizeof *z);
  for (long i = 0; i < n; i++)
    for (long v = 0; v < t; v++)
      z[v * n + i] = y[i * t + v];
  fnx_buf *b = t_buf ("voxels[voxel,time]", z, t, n);
  free (z);
  return b;
}

typedef struct weights {
  long p, t;
  double *w; /* p x t */
  double *b, *alpha, *score;
} weights;

/* Weights are what the model says to unit vectors, less what it says to 0. */
static weights
weights_of (const t_model *m, long p, long t)
{
  weights w = { p,
                t,
                calloc ((size_t)(p * t), sizeof (double)),
                calloc ((size_t)t, sizeof (double)),
                calloc ((size_t)t, sizeof (double)),
                calloc ((size_t)t, sizeof (double)) };
  double *e = calloc ((size_t)((p + 1) * p), sizeof *e);
  for (long j = 0; j < p; j++)
    e[(j + 1) * p + j] = 1;
  fnx_buf *x = features (e, p + 1, p);
  const fnx_buf *y = t_apply (m, x);
  const double *v = t_values (y);
  for (long k = 0; k < t; k++) {
    w.b[k] = v[k * (p + 1)];
    for (long j = 0; j < p; j++)
      w.w[j * t + k] = v[k * (p + 1) + 1 + j] - w.b[k];
    w.alpha[k] = buffer_column (y, "voxel", "alpha")->reals[k];
    w.score[k] = buffer_column (y, "voxel", "cv_score")->reals[k];
  }
  buffer_unref (y);
  buffer_unref (x);
  free (e);
  return w;
}

static void
weights_free (weights *w)
{
  free (w->w);
  free (w->b);
  free (w->alpha);
  free (w->score);
}

static weights
fitted (const char *line, const fnx_buf *x, const fnx_buf *y)
{
  t_model *m = t_fit (line, x, y, NULL);
  weights w = weights_of (m, buffer_spec (x)->axes[1]->size, buffer_spec (y)->axes[0]->size);
  t_model_free (m);
  return w;
}

/* ---- oracles ---- */

static size_t
numbers (const json_t *j, double *out, size_t at, size_t most)
{
  size_t i;
  json_t *v;
  if (json_is_number (j)) {
    if (at < most)
      out[at] = json_number_value (j);
    return at + 1;
  }
  json_array_foreach (j, i, v) at = numbers (v, out, at, most);
  return at;
}

static bool
near_json (const double *a, const json_t *j, size_t n, double tol, const char *what)
{
  double want[1024];
  size_t have = numbers (j, want, 0, 1024);
  return t_ok (have >= n && n <= 1024, "%s: %zu numbers", what, have) && t_near (a, want, n, tol, what);
}

static json_t *
oracle (const char *name)
{
  const char *path = t_shared (name);
  if (!path)
    printf ("# skipped: %s is not there\n", name);
  return path ? json_load_file (path, 0, NULL) : NULL;
}

/* The generator of encoding_golden.json: [-0.5, 0.5). */
static void
lcg (uint32_t s, double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    s = (s * 1103515245u + 12345u) & 0x7fffffff;
    x[i] = s / 2147483648.0 - 0.5;
  }
}

static void
centre (double *x, long n, long p)
{
  for (long j = 0; j < p; j++) {
    double m = 0;
    for (long i = 0; i < n; i++)
      m += x[i * p + j] / (double)n;
    for (long i = 0; i < n; i++)
      x[i * p + j] -= m;
  }
}

static void
himalaya (void)
{
  enum { N = 40, P = 6, T = 4 };
  double x[N * P], b[P * T], e[N * T], y[N * T], dual[T];
  json_t *all = oracle ("oracles/encoding_golden.json"), *cv = json_object_get (all, "ridgecv"),
         *kernel = json_object_get (all, "kernel_ridgecv");
  if (!all)
    return;
  lcg (1, x, N * P);
  lcg (2, b, P * T);
  lcg (3, e, N * T);
  for (int i = 0; i < N; i++)
    for (int v = 0; v < T; v++) {
      y[i * T + v] = 0.5 * e[i * T + v];
      for (int j = 0; j < P; j++)
        y[i * T + v] += x[i * P + j] * b[j * T + v];
    }
  centre (x, N, P);
  centre (y, N, T);
  fnx_buf *xb = features (x, N, P), *yb = voxels (y, N, T);
  weights w = fitted ("ridge alpha=0.01,0.1,1,10,100,1000 intercept=no", xb, yb);
  near_json (w.w, json_object_get (cv, "coef"), P * T, 1e-9, "himalaya RidgeCV: weights");
  near_json (w.alpha, json_object_get (cv, "best"), T, 1e-9, "himalaya RidgeCV: alphas");
  near_json (w.score, json_object_get (cv, "cv_scores"), T, 2e-9, "himalaya RidgeCV: scores");
  /* alpha C = Y - X W */
  for (int v = 0; v < T; v++) {
    dual[v] = y[v] - w.b[v];
    for (int j = 0; j < P; j++)
      dual[v] -= x[j] * w.w[j * T + v];
    dual[v] /= w.alpha[v];
  }
  near_json (dual, json_object_get (kernel, "dual_first_row"), T, 1e-9, "himalaya KernelRidgeCV: dual weights");
  weights_free (&w);
  buffer_unref (xb);
  buffer_unref (yb);
  json_decref (all);
}

static double
norm (const double *x, long n)
{
  double s = 0;
  for (long i = 0; i < n; i++)
    s += x[i] * x[i];
  return sqrt (s);
}

/* One fit against one entry of encoding_synthetic.json. */
static void
compare (const json_t *want, const weights *w, double tol, const char *what)
{
  char text[256];
  double first[12], fro = norm (w->w, w->p * w->t);
  for (int j = 0; j < 12; j++)
    first[j] = w->w[j * w->t];
  snprintf (text, sizeof text, "%s: Frobenius norm", what);
  near_json (&fro, json_object_get (want, "coef_fro"), 1, tol, text);
  snprintf (text, sizeof text, "%s: weights of the first target", what);
  near_json (first, json_object_get (want, "coef_target0"), 12, tol, text);
  snprintf (text, sizeof text, "%s: intercepts", what);
  near_json (w->b, json_object_get (want, "intercept"), (size_t)w->t, tol, text);
  if (json_object_get (want, "coef_last"))
    near_json (w->w + w->p * w->t - 1, json_object_get (want, "coef_last"), 1, tol, what);
}

static void
cross_validated (const json_t *want, const fnx_buf *x, const fnx_buf *y, const double *alphas, bool intercept,
                 const char *what)
{
  char line[512] = "ridge alpha=", text[256];
  double best[16];
  for (int a = 0; a < 13; a++)
    snprintf (line + strlen (line), sizeof line - strlen (line), "%s%.17g", a ? "," : "", alphas[a]);
  strcat (line, intercept ? " intercept=yes" : " intercept=no");
  weights w = fitted (line, x, y);
  size_t t = (size_t)w.t;
  numbers (json_object_get (want, "best_index"), best, 0, 16);
  for (size_t v = 0; v < t; v++)
    best[v] = alphas[(int)best[v]];
  snprintf (text, sizeof text, "%s: alpha of each target", what);
  t_near (w.alpha, best, t, 0, text);
  snprintf (text, sizeof text, "%s: score of each target", what);
  near_json (w.score, json_object_get (want, "best_score"), t, 1e-9, text);
  compare (want, &w, 1e-9, what);
  weights_free (&w);
}

static void
synthetic_case (const json_t *all, const char *name)
{
  const json_t *k = json_object_get (json_object_get (all, "cases"), name), *v;
  double c[3], alphas[13];
  long n = (long)json_integer_value (json_object_get (k, "n")), p = (long)json_integer_value (json_object_get (k, "p"));
  long t = (long)json_integer_value (json_object_get (k, "t"));
  double *x = calloc ((size_t)(n * p), sizeof *x), *y = calloc ((size_t)(n * t), sizeof *y);
  numbers (json_object_get (all, "constants"), c, 0, 3);
  numbers (json_object_get (all, "alphas"), alphas, 0, 13);
  for (long i = 1; i <= n; i++)
    for (long j = 1; j <= p; j++)
      x[(i - 1) * p + j - 1]
          = sin (c[0] * (double)(i * j)) + 0.5 * cos (c[1] * (double)(i * (j + 1)) + 0.3 * (double)j);
  for (long i = 1; i <= n; i++)
    for (long u = 1; u <= t; u++) {
      double s = 0;
      for (long j = 1; j <= p; j++)
        s += x[(i - 1) * p + j - 1] * cos (c[2] * (double)(j * u));
      y[(i - 1) * t + u - 1]
          = s / sqrt ((double)p) + 0.4 * (double)u * sin (c[1] * (double)(i * i * u) + 0.5 * (double)u);
    }
  near_json (y, json_object_get (k, "Y_first_row"), (size_t)t, 1e-12, "the formula");
  fnx_buf *xb = features (x, n, p), *yb = voxels (y, n, t);
  for (int intercept = 0; intercept < 2; intercept++) {
    const char *key, *form = intercept ? "intercept" : "no_intercept";
    json_object_foreach (json_object_get (k, form), key, v)
    {
      char line[128], what[128];
      snprintf (what, sizeof what, "%s, %s, %s", name, form, key);
      if (strcmp (key, "cv") == 0) {
        cross_validated (v, xb, yb, alphas, intercept, what);
        continue;
      }
      snprintf (line, sizeof line, "ridge alpha=%s intercept=%s", key + strlen ("alpha_"), intercept ? "yes" : "no");
      weights w = fitted (line, xb, yb);
      /* the oracle's own allowance: no intercept, wide, alpha 0.1 */
      bool loose = strcmp (name, "wide") == 0 && !intercept && strcmp (key, "alpha_0.1") == 0;
      compare (v, &w, loose ? 1e-8 : 1e-9, what);
      weights_free (&w);
    }
  }
  buffer_unref (xb);
  buffer_unref (yb);
  free (x);
  free (y);
}

static void
synthetic (void)
{
  json_t *all = oracle ("oracles/encoding_synthetic.json");
  for (int wide = 0; all && wide < 2; wide++)
    synthetic_case (all, wide ? "wide" : "tall");
  json_decref (all);
}

/* ---- theory ---- */

/* (X^T X + alpha) b = X^T y with centred X and y, whichever side is smaller. */
static void
normal_equations (long n, long p)
{
  enum { T = 3 };
  double *x = calloc ((size_t)(n * p), sizeof *x), *y = calloc ((size_t)(n * T), sizeof *y), worst = 0, b0 = 0;
  t_random (x, (size_t)(n * p), 1);
  t_random (y, (size_t)(n * T), 2);
  for (long i = 0; i < n * T; i++)
    y[i] += 1000;
  fnx_buf *xb = features (x, n, p), *yb = voxels (y, n, T);
  weights w = fitted ("ridge alpha=2.5", xb, yb);
  for (int v = 0; v < T; v++) { /* slopes of |X b + b0 - y|^2 + alpha |b|^2, halved */
    double *r = calloc ((size_t)n, sizeof *r), sum = 0;
    for (long i = 0; i < n; i++) {
      r[i] = w.b[v] - y[i * T + v];
      for (long j = 0; j < p; j++)
        r[i] += x[i * p + j] * w.w[j * T + v];
      sum += r[i];
    }
    b0 = fmax (b0, fabs (sum));
    for (long j = 0; j < p; j++) {
      double g = 2.5 * w.w[j * T + v];
      for (long i = 0; i < n; i++)
        g += x[i * p + j] * r[i];
      worst = fmax (worst, fabs (g));
    }
    free (r);
  }
  t_ok (worst < 1e-9 && b0 < 1e-9, "%ld x %ld: slope %.1e in the weights, %.1e in the intercept, at targets of 1000", n,
        p, worst, b0);
  weights_free (&w);
  buffer_unref (xb);
  buffer_unref (yb);
  free (x);
  free (y);
}

static double
correlation (const double *a, const double *b, long n)
{
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0, m = (double)n;
  for (long i = 0; i < n; i++) {
    sa += a[i];
    sb += b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  return (ab - sa * sb / m) / sqrt ((aa - sa * sa / m) * (bb - sb * sb / m));
}

/* Planted weights predict new data about as well as noise allows; voxels in
 * shuffled time predict nothing. */
static void
planted (long p, double low)
{
  enum { N = 300, T = 400 };
  double *x = calloc ((size_t)(2 * N * p), sizeof *x), *b = calloc ((size_t)(p * T), sizeof *b);
  double *y = calloc (2 * N * T, sizeof *y), r = 0, none = 0;
  t_random (x, (size_t)(2 * N * p), 3);
  t_random (b, (size_t)(p * T), 4);
  t_random (y, 2 * N * T, 5);
  for (long i = 0; i < 2 * N; i++)
    for (long v = 0; v < T; v++)
      for (long j = 0; j < p; j++)
        y[i * T + v] += x[i * p + j] * b[j * T + v] / sqrt ((double)p) * sqrt (3);
  fnx_buf *train = features (x, N, p), *test = features (x + N * p, N, p), *answer = voxels (y, N, T),
          *truth = voxels (y + N * T, N, T);
  double *z = calloc (N * T, sizeof *z); /* every voxel turned by its own number of times */
  for (long i = 0; i < N; i++)
    for (long v = 0; v < T; v++)
      z[i * T + v] = y[(i + 1 + 7 * v % (N - 1)) % N * T + v];
  fnx_buf *shuffled = voxels (z, N, T);
  t_model *m = t_fit ("ridge", train, answer, NULL), *s = t_fit ("ridge", train, shuffled, NULL);
  const fnx_buf *yes = t_apply (m, test), *no = t_apply (s, test);
  for (long v = 0; v < T; v++) {
    r += correlation (t_values (yes) + v * N, t_values (truth) + v * N, N) / T;
    none += correlation (t_values (no) + v * N, t_values (truth) + v * N, N) / T;
  }
  t_ok (r > low, "%ld features: planted weights predict new times with r = %.3f (at most %.3f)", p, r, sqrt (0.75));
  t_ok (fabs (none) < 0.06, "%ld features: turned in time they predict nothing (r = %.3f)", p, none);
  t_model_free (m);
  t_model_free (s);
  buffer_unref (yes);
  buffer_unref (no);
  buffer_unref (train);
  buffer_unref (test);
  buffer_unref (answer);
  buffer_unref (truth);
  buffer_unref (shuffled);
  free (x);
  free (b);
  free (y);
  free (z);
}

/* Both ways of making predictions (the map G on the targets, or their
 * coordinates), both sides, both precisions: one answer. */
static void
agree (long n, long p, long t)
{
  double *x = calloc ((size_t)(n * p), sizeof *x), *y = calloc ((size_t)(n * t), sizeof *y);
  t_random (x, (size_t)(n * p), 6);
  t_random (y, (size_t)(n * t), 7);
  for (long i = 0; i < n; i++)
    for (long v = 0; v < t; v++)
      y[i * t + v] += (double)(v % 5) * x[i * p + v % p];
  fnx_buf *xb = features (x, n, p), *all = voxels (y, n, t), *some;
  for (long i = 0; i < n; i++)
    memmove (y + i * 20, y + i * t, 20 * sizeof *y);
  some = voxels (y, n, 20);
  weights a = fitted ("ridge alpha=1,10,100,1000", xb, all), b = fitted ("ridge alpha=1,10,100,1000", xb, some),
          f = fitted ("ridge alpha=1,10,100,1000 precision=single", xb, all);
  double worst = 0, off = 0, score = 0;
  long same = 0;
  for (long v = 0; v < t; v++) {
    same += a.alpha[v] == f.alpha[v];
    score = fmax (score, fabs (a.score[v] / f.score[v] - 1));
    for (long j = 0; j < p; j++) {
      if (v < 20)
        worst = fmax (worst, fabs (a.w[j * t + v] - b.w[j * 20 + v]));
      off = a.alpha[v] == f.alpha[v] ? fmax (off, fabs (a.w[j * t + v] - f.w[j * t + v])) : off;
    }
  }
  t_ok (worst < 1e-12, "%ld x %ld: 20 of %ld voxels have the weights they have alone (%.1e)", n, p, t, worst);
  t_ok (same >= t - t / 200 && score < 1e-4 && off < 1e-4,
        "%ld x %ld, single: %ld of %ld alphas the same, scores to %.1e, weights to %.1e", n, p, same, t, score, off);
  weights_free (&a);
  weights_free (&b);
  weights_free (&f);
  buffer_unref (xb);
  buffer_unref (all);
  buffer_unref (some);
  free (x);
  free (y);
}

static void
same_bytes (const char *line)
{
  double x[60 * 9], y[60 * 700];
  t_random (x, 60 * 9, 8);
  t_random (y, 60 * 700, 9);
  fnx_buf *xb = features (x, 60, 9), *yb = voxels (y, 60, 700);
  t_model *m = t_fit (line, xb, yb, NULL), *again = t_save_load (m);
  const fnx_buf *a = t_apply (m, xb), *b = t_apply (again, xb);
  t_ok (buffer_equal (a, b), "%s: the loaded model gives the same bytes", line);
  buffer_unref (b);
  for (unsigned n = 1; n <= 4; n++) {
    pool_start (n);
    b = t_run2 (line, xb, yb);
    t_ok (buffer_equal (a, b), "%s: the same bytes on %u threads", line, n);
    buffer_unref (b);
  }
  pool_start (2);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (a);
  buffer_unref (xb);
  buffer_unref (yb);
}

static void
missing (void)
{
  double x[40 * 3], y[40 * 2];
  t_random (x, 40 * 3, 1);
  t_random (y, 40 * 2, 2);
  fnx_buf *xb = features (x, 40, 3), *whole = voxels (y, 40, 2);
  y[7 * 2] = NAN;
  fnx_buf *holed = voxels (y, 40, 2);
  const fnx_buf *a = t_run2 ("ridge", xb, whole), *b = t_run2 ("ridge", xb, holed);
  t_ok (isnan (t_values (b)[0]) && isnan (buffer_column (b, "voxel", "alpha")->reals[0]),
        "a voxel with a missing sample is predicted as missing");
  t_ok (memcmp (t_values (a) + 40, t_values (b) + 40, 40 * sizeof (double)) == 0,
        "and its neighbour as if it were not");
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (xb);
  buffer_unref (whole);
  buffer_unref (holed);
}

static void
refused (const char *line, fnx_buf *x, fnx_buf *y, const char *word)
{
  const char *why = t_fail2 (line, x, y, NULL);
  t_ok (strstr (why, word) != NULL, "%s: %s", line, why);
  buffer_unref (x);
  buffer_unref (y);
}

static void
refusals (void)
{
  double x[12] = { 0 }, y[12] = { 0 }, hole[12] = { 0, 0, 0, NAN };
  refused ("ridge alpha=1,0", NULL, NULL, "0 is not above 0");
  refused ("ridge", features (x, 6, 2), voxels (y, 6, 1), "5 folds need at least 10");
  refused ("ridge alpha=1", features (hole, 6, 2), voxels (y, 6, 1), "time 2 of test: feature 2 of 2 is missing");
  refused ("ridge alpha=1", features (x, 6, 2), voxels (y, 4, 3), "features have 6 times, voxels 4");
}

int
main (void)
{
  t_begin ();
  normal_equations (50, 7);
  normal_equations (30, 80);
  planted (10, 0.84);
  planted (500, 0.45);
  agree (80, 12, 300);
  agree (50, 90, 300);
  same_bytes ("ridge");
  same_bytes ("ridge precision=single");
  missing ();
  refusals ();
  himalaya ();
  synthetic ();
  return t_end ();
}
