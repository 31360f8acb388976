/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Networks whose answers follow from how they were made.
 */
#include "tests/harness.h"

/* Cosines of whole periods are orthogonal, so mixing them gives correlations in
 * closed form: regions 0,1,2 share a course with weights a_i, r_ij = a_i a_j. */
static void
closed_form (void)
{
  enum { N = 6, T = 120 };
  const double w[N] = { 0.9, 0.8, -0.7, 0.6, 0, 0.3 };
  double x[N * T], want[N * N], z[N * N];
  for (int i = 0; i < N; i++)
    for (int k = 0; k < T; k++)
      x[i * T + k]
          = 5 * i
            + (i + 1) * (w[i] * cos (2 * M_PI * k / T) + sqrt (1 - w[i] * w[i]) * cos (2 * M_PI * k * (i + 2) / T));
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      want[i * N + j] = i == j ? 1 : w[i] * w[j];
      z[i * N + j] = i == j ? 0 : atanh (w[i] * w[j]);
    }
  fnx_buf *s = t_buf ("series[region,time]", x, (long)N, (long)T);
  t_labels (&s, "region", "a,b,c,d,e,f");
  const fnx_buf *r = t_run ("connectivity", s), *f = t_run ("connectivity fisher=yes", s);
  t_near (t_values (r), want, N * N, 1e-14, "correlations of mixed cosines");
  t_near (t_values (f), z, N * N, 1e-13, "Fisher's z");
  t_ok (!strcmp (buffer_spec (r)->axes[1]->labels[2], "c"), "regions keep their names");
  /* edges above 0.4: (0,1) .72, (0,3) .54, (1,3) .48; |r|: also (0,2), (1,2), (2,3) */
  const double pos[2 * N] = { 2, 1.26, 2, 1.20, 0, 0, 2, 1.02, 0, 0, 0, 0 };
  const double all[2 * N] = { 3, 1.89, 3, 1.76, 3, 1.61, 3, 1.44, 0, 0, 0, 0 };
  const double neg[2 * N] = { 1, .63, 1, .56, 3, 1.61, 1, .42, 0, 0, 0, 0 };
  const fnx_buf *d = t_run ("degree tau=0.4", r), *e = t_run ("degree tau=0.4 sign=absolute", r),
                *g = t_run ("degree tau=0.4 sign=negative", r);
  t_near (t_values (d), pos, 2 * N, 1e-13, "degree and strength above 0.4");
  t_near (t_values (e), all, 2 * N, 1e-13, "of |r| above 0.4");
  t_near (t_values (g), neg, 2 * N, 1e-13, "of -r above 0.4");
  const fnx_buf *t = t_run ("threshold density=0.2 sign=absolute", r),
                *b = t_run ("threshold tau=0.4 sign=absolute binary=yes", r);
  double kept = 0, ones = 0;
  for (int i = 0; i < N * N; i++)
    kept += t_values (t)[i] != 0, ones += t_values (b)[i];
  t_ok (kept == 6 && t_values (t)[0 * N + 2] == t_values (r)[2] && t_values (t)[1 * N + 2] == t_values (r)[1 * N + 2]
            && t_values (t)[0 * N + 3] == 0,
        "density 0.2 of 15 pairs keeps the 3 strongest, negative ones with their sign");
  t_ok (ones == 12, "binary edges are 1");
  buffer_unref (s), buffer_unref (r), buffer_unref (f), buffer_unref (d), buffer_unref (e), buffer_unref (g);
  buffer_unref (t), buffer_unref (b);
}

/* Two modules of regions with courses of their own: inside a module r is
 * a^2 / (a^2 + 1) in expectation, between them 0. Shuffled in time, nothing is left. */
static void
modules (void)
{
  enum { N = 20, T = 2000 };
  static double x[N * T], noise[(N + 2) * T];
  t_random (noise, (N + 2) * T, 7);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < T; k++)
      x[i * T + k] = noise[i * T + k] + 1.5 * noise[(N + (i >= N / 2)) * T + k];
  fnx_buf *s = t_buf ("series[region,time]", x, (long)N, (long)T);
  const fnx_buf *r = t_run ("connectivity", s), *g = t_run ("threshold tau=0.5", r), *d = t_run ("degree", g);
  bool right = true;
  double mean = 0;
  for (int i = 0; i < N; i++) {
    right &= t_values (d)[2 * i] == N / 2 - 1;
    for (int j = 0; j < N; j++) {
      right &= (t_values (g)[i * N + j] != 0) == (i != j && (i >= N / 2) == (j >= N / 2));
      mean += i != j && (i >= N / 2) == (j >= N / 2) ? t_values (r)[i * N + j] / (N * (N / 2 - 1)) : 0;
    }
  }
  t_ok (right, "two planted modules are found, and nothing between them");
  t_ok (fabs (mean - 2.25 / 3.25) < 0.02, "r inside a module is %.3f, 0.692 was planted", mean);
  for (int i = 0; i < N; i++) /* each region from its own place: the courses no longer meet */
    for (int k = 0; k < T; k++)
      noise[i * T + k] = x[i * T + (k + 97 * i) % T];
  fnx_buf *o = t_buf ("series[region,time]", noise, (long)N, (long)T);
  const fnx_buf *q = t_run ("connectivity", o), *e = t_run ("degree tau=0.5", q);
  double edges = 0;
  for (int i = 0; i < N; i++)
    edges += t_values (e)[2 * i];
  t_ok (edges == 0, "with the series shifted against each other nothing is connected");
  buffer_unref (s), buffer_unref (r), buffer_unref (g), buffer_unref (d), buffer_unref (o), buffer_unref (q),
      buffer_unref (e);
}

static void
constant_and_missing (void)
{
  enum { N = 8, T = 5 }; /* fewer samples than regions */
  double x[N * T];
  fnx_status code;
  t_random (x, N * T, 3);
  for (int k = 0; k < T; k++)
    x[2 * T + k] = 0.1; /* not exact in binary: the mean need not equal it */
  fnx_buf *s = t_buf ("series[region,time]", x, (long)N, (long)T);
  t_labels (&s, "region", "r1,r2,r3,r4,r5,r6,r7,r8");
  const fnx_buf *r = t_run ("connectivity", s), *g = t_run ("threshold density=1", r);
  bool zero = true, unit = true;
  double kept = 0;
  for (int i = 0; i < N; i++) {
    zero &= t_values (r)[2 * N + i] == 0 && t_values (r)[i * N + 2] == 0;
    unit &= i == 2 || t_values (r)[i * N + i] == 1;
    for (int j = 0; j < N; j++) {
      unit &= fabs (t_values (r)[i * N + j]) <= 1;
      kept += t_values (g)[i * N + j] != 0;
    }
  }
  t_ok (zero && unit, "a constant series has zeros, all others 1 on the diagonal");
  t_ok (kept == 42, "at density 1 its pairs are no edges");
  buffer_unref (g);
  buffer_unref (r);
  ((double *)buffer_write (s, NULL))[4 * T + 1] = NAN;
  const char *why = t_fail ("connectivity", s, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "region r5") && strstr (why, "missing=isolate"), "NaN is refused: %s", why);
  r = t_run ("connectivity missing=isolate", s);
  t_ok (t_values (r)[4 * N + 4] == 0 && t_values (r)[4 * N] == 0, "or left without connections");
  buffer_unref (r);
  for (int i = 0; i < N * T; i++)
    ((double *)buffer_write (s, NULL))[i] = 3;
  why = t_fail ("connectivity", s, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "constant"), "all constant is refused: %s", why);
  buffer_unref (s);
  s = t_buf ("series[region,time]", x, 20L, 2L);
  why = t_fail ("connectivity", s, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "2 samples"), "two samples are refused: %s", why);
  buffer_unref (s);
  s = t_buf ("connectivity[region,region]", x, 3L, 3L);
  why = t_fail ("threshold tau=0.1", s, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "not symmetric"), "an asymmetric matrix is refused: %s", why);
  why = t_fail ("threshold tau=0.1 density=0.1", s, &code);
  t_ok (code == FNX_E_PARAM, "tau and density contradict: %s", why);
  buffer_unref (s);
}

/* Ties at the limit: all pairs equal, so the first ones row by row stay. */
static void
ties (void)
{
  double x[16];
  for (int i = 0; i < 16; i++)
    x[i] = 0.5;
  fnx_buf *r = t_buf ("connectivity[region,region]", x, 4L, 4L);
  const fnx_buf *g = t_run ("threshold density=0.5", r);
  const double want[16] = { 0, .5, .5, .5, .5, 0, 0, 0, .5, 0, 0, 0, .5, 0, 0, 0 };
  t_near (t_values (g), want, 16, 0, "ties are broken row by row");
  buffer_unref (g);
  buffer_unref (r);
}

/* The network of voxels from tiles against the same from the whole matrix, with
 * more voxels than a block holds, and a plane of them constant. */
static void
tiles (void)
{
  enum { X = 11, Y = 10, Z = 10, N = X * Y * Z, T = 12 };
  static double v[N * T];
  static const char *const signs[] = { "positive", "absolute", "negative" };
  t_random (v, N * T, 11);
  for (int i = 0; i < 100; i++)
    memset (v + i * T, 0, T * sizeof *v);
  v[777 * T + 3] = NAN;
  fnx_buf *image = t_buf ("image[x,y,z,time]", v, (long)X, (long)Y, (long)Z, (long)T);
  const fnx_buf *voxels = t_run ("voxels", image), *r = t_run ("connectivity", voxels);
  int64_t n = buffer_spec (voxels)->axes[0]->size;
  t_ok (n == N - 101, "constant voxels and those with missing samples are no voxels");
  for (int s = 0; s < 3; s++) {
    char line[80];
    snprintf (line, sizeof line, "degree tau=%s sign=%s", s == 2 ? "-0.05" : "0.3", signs[s]);
    const fnx_buf *a = t_run (line, voxels), *b = t_run (line, r);
    t_near (t_values (a), t_values (b), (size_t)n * 2, 1e-12, line);
    buffer_unref (a);
    buffer_unref (b);
  }
  buffer_unref (r), buffer_unref (voxels), buffer_unref (image);
}

int
main (void)
{
  t_begin ();
  closed_form ();
  modules ();
  constant_and_missing ();
  ties ();
  tiles ();
  return t_end ();
}
