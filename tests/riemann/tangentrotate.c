/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tangentrotate: a planted rotation is undone as far as class means tell it,
 * nothing else moves, and whose targets it may look at.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { K = 60, P = 12, CLASSES = 3 };

/* Orthogonal, far from the identity: eigenvectors of a random symmetric matrix. */
static void
rotation (double *q, uint64_t seed)
{
  double g[P * P], s[P * P], w[P], work[2000];
  t_random (g, P * P, seed);
  for (int i = 0; i < P; i++)
    for (int j = 0; j < P; j++)
      s[i * P + j] = g[i * P + j] + g[j * P + i];
  if (la_eig_work (P) > 2000 || la_eig (s, P, q, w, work))
    t_ok (false, "eigenvectors");
}

/* K trials of subject A, which is marked, and of B; class k mod CLASSES has a
 * mean of its own.  q: B's are q x; noise: B's trials are not images of A's. */
static fnx_buf *
turned (const double *q, double noise, bool blind, uint64_t seed)
{
  static const char *const names[] = { "feet", "left", "right" };
  double x[2 * K * P], base[CLASSES * P], mark[2 * K], shuffle[2 * K], mid[P] = { 0 };
  const char *target[2 * K], *subject[2 * K];
  t_random (base, CLASSES * P, seed);
  for (int i = 0; i < CLASSES * P; i++)
    mid[i % P] += base[i] / CLASSES;
  t_random (shuffle, 2 * K, seed + 7);
  for (int k = 0; k < 2 * K; k++) {
    double *to = x + k * P, t[P];
    t_random (to, P, seed + 100 + (uint64_t)(noise > 0 ? k : k % K));
    for (int j = 0; j < P; j++)
      to[j] = 0.7 * to[j] + 1.5 * (base[k % CLASSES * P + j] - mid[j]);
    if (k >= K) {
      la_mul (t, q, to, P, 1, P, 1, 0);
      memcpy (to, t, sizeof t);
    }
    mark[k] = k < K;
    subject[k] = k < K ? "A" : "B";
    target[k] = names[blind ? (int)(fabs (shuffle[k]) * 1e6) % CLASSES : k % CLASSES];
  }
  fnx_buf *b = t_buf ("features[trial,feature]", x, (long)2 * K, (long)P);
  t_texts (&b, "trial", "target", target);
  t_texts (&b, "trial", "subject", subject);
  t_reals (&b, "trial", "calibration", mark);
  return b;
}

static fnx_buf *
part (const fnx_buf *b, int64_t from, int64_t to)
{
  int64_t idx[2 * K];
  for (int64_t i = from; i < to; i++)
    idx[i - from] = i;
  return buffer_pick (b, idx, to - from, NULL);
}

/* The mean of class y of the trials first..first+K-1, less that of all classes. */
static void
mean_of (const double *v, int first, int y, double *mean)
{
  memset (mean, 0, P * sizeof *mean);
  for (int k = first; k < first + K; k++)
    for (int j = 0; j < P; j++)
      mean[j] += v[k * P + j] * ((k % CLASSES == y) - 1.0 / CLASSES) * CLASSES / K;
}

static void
found (void)
{
  for (uint64_t seed = 1; seed <= 5; seed++) {
    double q[P * P], a[P], b[P], worst = 0, moved = 0;
    rotation (q, seed);
    fnx_buf *x = turned (q, 0, false, 40 + seed);
    const fnx_buf *out = t_run (seed % 2 ? "tangentrotate" : "tangentrotate target=A", x);
    const double *v = t_values (x), *w = t_values (out);
    t_near (w, v, K * P, 0, "trials of the domain it is for stay");
    for (int y = 0; y < CLASSES; y++) {
      mean_of (w, 0, y, a);
      mean_of (w, K, y, b);
      for (int j = 0; j < P; j++)
        worst = fmax (worst, fabs (a[j] - b[j]));
    }
    t_ok (worst < 1e-12, "class means meet: %.1e apart", worst);
    for (int k = K; k < 2 * K; k++)
      moved = fmax (moved, fabs (la_norm (w + k * P, P) / la_norm (v + k * P, P) - 1));
    t_ok (moved < 1e-13, "and lengths stay: %.1e", moved);
    buffer_unref (x);
    buffer_unref (out);
  }
}

/* Two classes, v to u: less than a right angle apart the rotation in their plane,
 * I - (u + v)(u + v)^T / (1 + u.v) + 2 u v^T, is the smallest orthogonal map;
 * further apart the mirror between them, I - (u - v)(u - v)^T / (1 - u.v). */
static void
closed_form (bool far)
{
  enum { D = 5 };
  const double side = far ? 1 : -1;
  const double at[4][D]
      = { { 1, 2, 0, -1, 0.5 }, { -1, -2, 0, 1, -0.5 }, { side * 2, 0, side, 1, 0 }, { side * 4, 0, side * 3, 1, 0 } };
  static const double ask[4][D] = { { 1, 0, 0, 0, 0 }, { 0, 1, -2, 0, 1 }, { 3, 1, 1, 1, 1 }, { 0, 0, 0, 1, 0 } };
  static const char *const target[] = { "a", "b", "a", "b" }, *const subject[] = { "A", "A", "B", "B" };
  static const char *const other[] = { "B", "B", "B", "B" };
  static const double mark[] = { 1, 1, 0, 0 };
  double u[D], v[D], want[4][D], c = 0;
  for (int j = 0; j < D; j++) {
    u[j] = at[0][j] - at[1][j];
    v[j] = at[2][j] - at[3][j];
  }
  la_scale (u, 1 / la_norm (u, D), D);
  la_scale (v, 1 / la_norm (v, D), D);
  c = la_dot (u, v, D);
  for (int k = 0; k < 4; k++) {
    double xu = la_dot (ask[k], u, D), xv = la_dot (ask[k], v, D);
    for (int j = 0; j < D; j++)
      want[k][j] = ask[k][j]
                   - (far ? (u[j] - v[j]) * (xu - xv) / (1 - c) : (u[j] + v[j]) * (xu + xv) / (1 + c) - 2 * u[j] * xv);
  }
  fnx_buf *x = t_buf ("features[trial,feature]", at[0], 4L, (long)D),
          *y = t_buf ("features[trial,feature]", ask[0], 4L, (long)D);
  t_texts (&x, "trial", "target", target);
  t_texts (&x, "trial", "subject", subject);
  t_reals (&x, "trial", "calibration", mark);
  t_texts (&y, "trial", "subject", other);
  t_model *m = t_fit ("tangentrotate", x, NULL, NULL);
  const fnx_buf *out = t_apply (m, y);
  t_near (t_values (out), want[0], 4 * D, 1e-12, far ? "two classes far apart: a mirror" : "two classes: a rotation");
  t_model_free (m);
  buffer_unref (out);
  buffer_unref (x);
  buffer_unref (y);
}

/* Train lda on subject B, answer for A. */
static double
across (const fnx_buf *b)
{
  fnx_buf *train = part (b, K, 2 * K), *test = part (b, 0, K);
  t_model *m = t_fit ("lda", train, NULL, NULL);
  const fnx_buf *out = t_apply (m, test);
  const fnx_column *y = buffer_column (test, "trial", "target");
  const double *v = t_values (out);
  int right = 0;
  for (int i = 0; i < K; i++, v += CLASSES) {
    int top = v[1] > v[0] ? 1 : 0;
    top = v[2] > v[top] ? 2 : top;
    right += strcmp (buffer_spec (out)->axes[1]->labels[top], y->texts[i]) == 0;
  }
  t_model_free (m);
  buffer_unref (out);
  buffer_unref (train);
  buffer_unref (test);
  return (double)right / K;
}

static void
truth_and_chance (void)
{
  double before = 0, after = 0, chance = 0;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    double q[P * P];
    rotation (q, 20 + seed);
    fnx_buf *b = turned (q, 1, false, 60 + 1000 * seed), *blind = turned (q, 1, true, 60 + 1000 * seed);
    const fnx_buf *out = t_run ("tangentrotate", b), *none = t_run ("tangentrotate", blind);
    before += across (b) / 6;
    after += across (out) / 6;
    chance += across (none) / 6;
    buffer_unref (b);
    buffer_unref (blind);
    buffer_unref (out);
    buffer_unref (none);
  }
  t_ok (before < 0.7, "another's vectors: %.2f", before);
  t_ok (after > 0.9, "the same turned: %.2f", after);
  t_ok (chance < 0.6, "with targets that mean nothing, which it was given of A too: %.2f", chance);
}

/* The same bytes for any number of threads, after a file, and whatever targets
 * the trials have that are answered for. */
static void
bytes (void)
{
  double q[P * P];
  rotation (q, 6);
  fnx_buf *b = turned (q, 1, false, 95), *y = turned (q, 1, true, 95);
  const fnx_buf *one = NULL;
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    t_model *m = t_fit ("tangentrotate", b, NULL, NULL), *again = t_save_load (m);
    const fnx_buf *out = t_apply (m, b), *out2 = t_apply (again, y);
    size_t size = spec_count (buffer_spec (out)) * sizeof (double);
    one = one ? one : buffer_ref (out);
    t_ok (!memcmp (t_values (out), t_values (out2), size) && !memcmp (t_values (out), t_values (one), size),
          "the same bytes with %u threads, saved, and with other targets to predict", n);
    buffer_unref (out);
    buffer_unref (out2);
    t_model_free (m);
    t_model_free (again);
  }
  pool_start (2);
  buffer_unref (one);
  buffer_unref (b);
  buffer_unref (y);
}

static void
refused (void)
{
  double q[P * P], none[2 * K] = { 0 }, mixed[2 * K];
  fnx_status code;
  rotation (q, 5);
  for (int k = 0; k < 2 * K; k++)
    mixed[k] = k < K + 4;
  fnx_buf *b = turned (q, 1, false, 90);
  t_reals (&b, "trial", "calibration", none);
  const char *said = t_fail ("tangentrotate", b, &code);
  t_ok (code == FNX_E_DATA && strstr (said, "calibration=10"), "without calibration: %s", said);
  t_reals (&b, "trial", "calibration", mixed);
  said = t_fail ("tangentrotate", b, &code);
  t_ok (code == FNX_E_DATA && strstr (said, "domain B holds"), "a domain of both sides: %s", said);
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  found ();
  closed_form (false);
  closed_form (true);
  truth_and_chance ();
  bytes ();
  refused ();
  return t_end ();
}
