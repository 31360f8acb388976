/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products and inverses of triangles, split in halves: against the sums that
 * define them, at sizes on both sides of each split.
 */
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { BIG = 201 };

static const int sizes[] = { 1, 2, 3, 7, 22, 47, 48, 49, 50, 95, 96, 97, 98, 131, 193, BIG };
enum { SIZES = sizeof sizes / sizeof *sizes };

static double a[BIG * BIG], l[BIG * BIG], x[BIG * BIG], y[BIG * BIG], t[BIG * BIG], one[BIG * BIG];

/* Symmetric a, lower l with a diagonal near 1. */
static void
fill (int n)
{
  t_random (x, (size_t)n * (size_t)n, (uint64_t)n);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      a[i * n + j] = x[i * n + j] + x[j * n + i];
      l[i * n + j] = j > i ? 0 : j == i ? 1 + 0.1 * x[i * n + i] : x[j * n + i] / n;
    }
}

/* Largest entry of p - q r, or of p - q r^T. */
static double
apart (const double *p, const double *q, const double *r, int n, bool transposed)
{
  double worst = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int k = 0; k < n; k++)
        sum += q[i * n + k] * r[transposed ? j * n + k : k * n + j];
      worst = fmax (worst, fabs (p[i * n + j] - sum));
    }
  return worst;
}

int
main (void)
{
  double lower = 0, inverse = 0, spd = 0, both = 0, even = 0;
  t_begin ();
  la_serial ();
  for (int s = 0; s < SIZES; s++) {
    int n = sizes[s];
    size_t q = (size_t)n * (size_t)n;
    fill (n);
    la_mul (t, l, a, n, n, n, 1, 0);
    la_lower_congruence (a, l, n, y);
    lower = fmax (lower, apart (y, t, l, n, true));
    even = fmax (even, la_asymmetry (y, n));
    la_mul (t, a, a, n, n, n, 1, 0);
    memcpy (y, t, q * sizeof *y);
    la_congruence (a, a, n, x, y);
    both = fmax (both, apart (x, t, a, n, false) / (n * n));
    even = fmax (even, la_asymmetry (x, n));

    memset (one, 0, q * sizeof *one);
    for (int i = 0; i < n; i++)
      one[i * n + i] = 1;
    memcpy (x, l, q * sizeof *x);
    t_ok (la_lower_inv (x, n) == 0, "a triangle of %d rows has an inverse", n);
    inverse = fmax (inverse, apart (one, x, l, n, false));
    la_gram (y, l, n, n, 1, 0);
    memcpy (x, y, q * sizeof *x);
    t_ok (la_spd_inv (x, n) == 0, "a positive definite matrix of %d rows has one", n);
    spd = fmax (spd, apart (one, x, y, n, false));
    even = fmax (even, la_asymmetry (x, n));

    l[(n - 1) * n + n - 1] = 0;
    t_ok (la_lower_inv (l, n) == n, "one with a zero at its end has none, and row %d is named", n);
    y[0] = -1;
    t_ok (la_spd_inv (y, n) > 0, "nor has one that is not positive definite");
  }
  t_ok (lower < 1e-13, "l a l^T: %.2g", lower);
  t_ok (both < 1e-14, "p a p: %.2g", both);
  t_ok (inverse < 1e-13, "l^-1 l = 1: %.2g", inverse);
  t_ok (spd < 1e-12, "a^-1 a = 1: %.2g", spd);
  t_ok (even == 0, "what is symmetric comes out so to the last bit");
  return t_end ();
}
