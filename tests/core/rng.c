/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random numbers: the known answers of Random123 and xxHash, independence of
 * how a stream is drawn, and the distributions themselves.
 */
#include "core/rng.h"
#include "tests/harness.h"

static void
known_answers (void)
{
  /* Random123 1.14, tests/kat_vectors, "philox4x32 10" */
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } rows[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };
  uint32_t out[4];
  for (size_t i = 0; i < 3; i++) {
    philox4x32 (rows[i].counter, rows[i].key, out);
    t_ok (memcmp (out, rows[i].out, sizeof out) == 0, "philox4x32-10, known answer %zu", i + 1);
  }
  rng_api.bits (0, 0, 0, out, 4);
  t_ok (memcmp (out, rows[0].out, sizeof out) == 0, "stream 0 of seed 0 begins with block 0");
}

static void
hashes (void)
{
  /* the check values of the xxHash project and of its Go port */
  static const struct {
    const char *text;
    uint64_t hash;
  } rows[] = {
    { "", 0xef46db3751d8e999 },
    { "a", 0xd24ec4f1a98c6e5b },
    { "abc", 0x44bc2cf5ad770999 },
    { "asdf", 0x415872f599cea71e },
    { "Call me Ishmael. Some years ago--never mind how long precisely-", 0x02a2e85470d6fd96 },
  };
  for (size_t i = 0; i < 5; i++)
    t_ok (hash_bytes (0, rows[i].text, strlen (rows[i].text)) == rows[i].hash, "XXH64 of \"%.12s\"", rows[i].text);
}

/* Whole, in pieces of 1, 2, 3 ..., and from the end: one and the same. */
static void
pieces (void)
{
  enum { N = 1000 };
  static double whole[3][N], part[3][N];
  static uint32_t w[N], p[N];
  rng_api.uniform (7, 3, 5, whole[0], N);
  rng_api.normal (7, 3, 5, whole[1], N);
  rng_api.bits (7, 3, 5, w, N);
  for (size_t i = 0, k = 1; i < N; i += k, k = k % 7 + 1) {
    size_t n = i + k < N ? k : N - i;
    rng_api.uniform (7, 3, 5 + i, part[0] + i, n);
    rng_api.normal (7, 3, 5 + i, part[1] + i, n);
    rng_api.bits (7, 3, 5 + i, p + i, n);
  }
  t_ok (memcmp (whole[0], part[0], sizeof whole[0]) == 0, "uniform: pieces are the whole");
  t_ok (memcmp (whole[1], part[1], sizeof whole[1]) == 0, "normal: pieces are the whole");
  t_ok (memcmp (w, p, sizeof w) == 0, "bits: pieces are the whole");
}

static int
ascending (const void *a, const void *b)
{
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static double
uniform_cdf (double x)
{
  return x;
}

static double
normal_cdf (double x)
{
  return 0.5 * erfc (-x / sqrt (2));
}

/* Kolmogorov and Smirnov: D sqrt (n) < 1.95 with probability 0.999. */
static void
distribution (const char *name, double *x, size_t n, double (*cdf) (double))
{
  double d = 0;
  qsort (x, n, sizeof *x, ascending);
  for (size_t i = 0; i < n; i++) {
    d = fmax (d, fabs (cdf (x[i]) - (double)i / (double)n));
    d = fmax (d, fabs (cdf (x[i]) - (double)(i + 1) / (double)n));
  }
  t_ok (d * sqrt ((double)n) < 1.95, "%s: Kolmogorov-Smirnov %.3f < 1.95", name, d * sqrt ((double)n));
}

static double
correlation (const double *x, const double *y, size_t n)
{
  double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, m = (double)n;
  for (size_t i = 0; i < n; i++) {
    sx += x[i];
    sy += y[i];
    xx += x[i] * x[i];
    yy += y[i] * y[i];
    xy += x[i] * y[i];
  }
  return (xy - sx * sy / m) / sqrt ((xx - sx * sx / m) * (yy - sy * sy / m));
}

static void
streams (void)
{
  enum { N = 100000 };
  double *x = malloc (N * sizeof *x), *y = malloc (N * sizeof *y);
  if (!x || !y)
    exit (1);
  const double limit = 4 / sqrt (N); /* four standard errors */
  for (unsigned other = 0; other < 2; other++) {
    rng_api.normal (1, 10, 0, x, N);
    rng_api.normal (other ? 2 : 1, other ? 10 : 11, 0, y, N);
    t_ok (fabs (correlation (x, y, N)) < limit, "another %s: uncorrelated", other ? "seed" : "item");
  }
  t_ok (fabs (correlation (x, x + 1, N - 1)) < limit, "neighbours: uncorrelated");
  rng_api.uniform (1, 10, 0, y, N);
  t_ok (fabs (correlation (x, y, N)) < limit, "normal and uniform share no block");
  bool inside = true;
  for (size_t i = 0; i < N; i++)
    inside = inside && y[i] >= 0 && y[i] < 1;
  t_ok (inside, "uniform is in [0, 1)");
  distribution ("normal", x, N, normal_cdf);
  distribution ("uniform", y, N, uniform_cdf);
  free (x);
  free (y);
}

int
main (void)
{
  known_answers ();
  hashes ();
  pieces ();
  streams ();
  return t_end ();
}
