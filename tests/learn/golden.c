/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/learn/golden.h"

#include <jansson.h>

#include "plugins/common/spd.h"

enum { K = 12, C = 3, T = 60, P = 6 };

#define ORACLES "oracles/riemann_golden.json"

bool
golden_there (void)
{
  if (t_shared (ORACLES))
    return true;
  printf ("# skipped: " ORACLES " is not there\n");
  return false;
}

static size_t
flatten (const json_t *j, double *out, size_t at, size_t most)
{
  size_t i;
  json_t *v;
  if (json_is_number (j)) {
    if (at < most)
      out[at] = json_number_value (j);
    return at + 1;
  }
  json_array_foreach (j, i, v) at = flatten (v, out, at, most);
  return at;
}

size_t
golden (const char *key, double *out, size_t most)
{
  json_t *j = json_load_file (t_shared (ORACLES), 0, NULL), *v = json_object_get (j, key);
  size_t n = flatten (v, out, 0, most);
  if (!v || n > most)
    t_ok (false, "%s: %zu numbers expected, found %zu", key, most, n);
  json_decref (j);
  return n;
}

static void
trial (int k, double x[C][T])
{
  int y = k % 2;
  for (int c = 0; c < C; c++)
    for (int t = 0; t < T; t++) {
      x[c][t] = sin (0.7 * t * (c + 1) + 0.9 * k) + 0.5 * cos (0.31 * t * (k % 5 + 1) + c)
                + 0.2 * sin (1.7 * t * t / 60 + 2.3 * k + c);
      x[c][t] *= c == 1 ? 1 + 0.8 * y : c == 2 ? 1.8 - 0.8 * y : 1;
    }
}

/* Oracle approximating shrinkage, scikit-learn's formula. */
static void
oas (double x[C][T], double s[C * C])
{
  double mu = 0, alpha = 0, rho;
  for (int c = 0; c < C; c++) {
    double m = 0;
    for (int t = 0; t < T; t++)
      m += x[c][t] / T;
    for (int t = 0; t < T; t++)
      x[c][t] -= m;
  }
  for (int a = 0; a < C; a++)
    for (int b = 0; b < C; b++) {
      s[a * C + b] = 0;
      for (int t = 0; t < T; t++)
        s[a * C + b] += x[a][t] * x[b][t] / T;
      alpha += s[a * C + b] * s[a * C + b] / (C * C);
      mu += a == b ? s[a * C + b] / C : 0;
    }
  rho = (alpha + mu * mu) / ((T + 1) * (alpha - mu * mu / C));
  rho = rho < 1 ? rho : 1;
  for (int i = 0; i < C * C; i++)
    s[i] = (1 - rho) * s[i] + (i % (C + 1) ? 0 : rho * mu);
}

fnx_buf *
golden_features (void)
{
  static const char *const target[K] = { "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b" };
  double x[C][T], s[C * C], mean[C * C], root[C * C], l[C * C], f[K * P], *work;
  golden ("mean_riemann", mean, C * C);
  work = calloc (spd_work (C), sizeof *work);
  spd_invsqrt (mean, C, root, work);
  for (int k = 0; k < K; k++) {
    trial (k, x);
    oas (x, s);
    spd_log_at (s, root, C, l, work);
    spd_vec (l, C, f + k * P);
  }
  free (work);
  fnx_buf *b = t_buf ("features[trial,feature]", f, (long)K, (long)P);
  t_texts (&b, "trial", "target", target);
  return b;
}

fnx_buf *
planted (long n, long p, int n_class, double shift, uint64_t seed)
{
  static const char *const names[] = { "a", "b", "c", "d" };
  double *x = calloc ((size_t)(n * p), sizeof *x);
  const char **target = calloc ((size_t)n, sizeof *target);
  t_random (x, (size_t)(n * p), seed);
  for (long i = 0; i < n; i++) {
    x[i * p + i % n_class] += shift;
    target[i] = names[i % n_class];
  }
  fnx_buf *b = t_buf ("features[trial,feature]", x, n, p);
  t_texts (&b, "trial", "target", target);
  free (x);
  free (target);
  return b;
}

double
accuracy (const fnx_buf *scores, int n_class)
{
  const double *v = t_values (scores);
  int64_t n = buffer_spec (scores)->axes[0]->size, right = 0;
  for (int64_t i = 0; i < n; i++, v += n_class) {
    int best = 0;
    for (int k = 1; k < n_class; k++)
      best = v[k] > v[best] ? k : best;
    right += best == i % n_class;
  }
  return (double)right / (double)n;
}

void
decisions (const fnx_buf *scores, double *d)
{
  const double *v = t_values (scores);
  for (int64_t i = 0; i < buffer_spec (scores)->axes[0]->size; i++)
    d[i] = v[2 * i + 1] - v[2 * i];
}

fnx_buf *
formula (long n, long p)
{
  static const char *const names[] = { "0", "1", "2" };
  double *x = calloc ((size_t)(n * p), sizeof *x);
  const char **target = calloc ((size_t)n, sizeof *target);
  for (long i = 0; i < n; i++) {
    target[i] = names[i % 3];
    for (long j = 0; j < p; j++)
      x[i * p + j] = sin (1.3 * (double)i + 0.7 * (double)(j * j)) + 0.4 * cos (0.5 * (double)(i * (j + 1)))
                     + (i % 3 == j ? 0.5 : 0);
  }
  fnx_buf *b = t_buf ("features[trial,feature]", x, n, p);
  t_texts (&b, "trial", "target", target);
  free (x);
  free (target);
  return b;
}

static void
refused (const char *line, fnx_buf *x, fnx_status want, const char *word)
{
  fnx_status code;
  const char *why = t_fail (line, x, &code);
  t_ok (code == want && strstr (why, word), "%s: %s", line, why);
  buffer_unref (x);
}

void
refusals (const char *line)
{
  static const char *const one[] = { "a", "a", "a", "a" }, *const hole[] = { "a", "b", NULL, "a" };
  double v[8] = { 1, 2, 3, 4, 5, NAN, 7, 8 }, w[8] = { 1, 2, 3, 4, 5, 6, 7, INFINITY };
  fnx_buf *x = t_buf ("features[trial,feature]", v, 4L, 2L);
  t_texts (&x, "trial", "target", hole);
  refused (line, x, FNX_E_DATA, "trial 3 of test: feature 2 of 2 is missing (NaN)");
  x = t_buf ("features[trial,feature]", w, 4L, 2L);
  t_texts (&x, "trial", "target", hole);
  refused (line, x, FNX_E_DATA, "trial 4 of test: feature 2 of 2 is infinite");
  v[5] = 6;
  x = t_buf ("features[trial,feature]", v, 4L, 2L);
  t_texts (&x, "trial", "target", one);
  refused (line, x, FNX_E_DATA, "all 4 trials of test are of one class, a");
  x = t_buf ("features[trial,feature]", v, 4L, 2L);
  t_texts (&x, "trial", "target", hole);
  refused (line, x, FNX_E_DATA, "trial 3 of test has no target");
  refused (line, t_buf ("features[trial,feature]", v, 4L, 2L), FNX_E_DATA, "target");
}

void
left_out (const char *line)
{
  enum { N = 60, WIDE = 5 };
  double w[N];
  int64_t rest[N], n = 0;
  fnx_buf *x = planted (N, WIDE, 3, 1, 21);
  for (int64_t i = 0; i < N; i++)
    if ((w[i] = i % 7 == 2 ? 0 : 1) > 0)
      rest[n++] = i;
  fnx_buf *some = buffer_pick (x, rest, n, NULL), *weighted = planted (N, WIDE, 3, 1, 21);
  t_reals (&weighted, "trial", "weight", w);
  t_model *a = t_fit (line, some, NULL, NULL), *b = t_fit (line, weighted, NULL, NULL);
  const fnx_buf *s = t_apply (a, x), *t = t_apply (b, x);
  t_near (t_values (t), t_values (s), N * 3, 0, line);
  t_ok (buffer_spec (t)->axes[0]->size == N, "%s: trials of weight 0 teach nothing and are answered for", line);
  buffer_unref (s);
  buffer_unref (t);
  t_model_free (a);
  t_model_free (b);
  for (int i = 0; i < N; i++)
    w[i] = i % 3 > 0;
  t_reals (&weighted, "trial", "weight", w);
  fnx_status code;
  const char *why = t_fail (line, weighted, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "all trials of class"), "%s: %s", line, why);
  buffer_unref (x);
  buffer_unref (some);
  buffer_unref (weighted);
}
