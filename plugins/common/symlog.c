/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The logarithm of a positive definite matrix by way of its tridiagonal form:
 * A = Q T Q^T by Householder, F = log T, log A = Q F Q^T.
 *
 * Half of an eigen-decomposition is spent on the eigenvectors of T, which the
 * logarithm does not need.  With poles s_k on the negative axis,
 *   log x = int_0^inf 1/(s+1) - 1/(s+x) ds ~ sum_k w_k (1/(s_k+1) - 1/(s_k+x)),
 * and the inverse of a tridiagonal T + s is known entry by entry: its diagonal
 * from the pivots of both eliminations, and along a column each entry from its
 * neighbour by a ratio that is the same for all columns (Meurant 1992).  A pole
 * costs n^2/2 multiplications; twenty do for spectra over a factor 300.
 *
 * The substitution s = a (e^z - 1) / (1 - e^(z-Z)), Z = log 2b/a, maps (0, inf) to
 * (0, Z) and leaves the integrand analytic in |Im z| < pi for every x in [a, b]:
 * Gauss-Legendre in z converges geometrically, and all weights are positive.
 *
 * Q is made and applied by our own loops (symlog_of.h), which walk over memory once
 * for each reflector: for 220 rows 0.41 and 0.6 ms beside 0.63 of LAPACK's dsytrd and
 * 0.7 of blocked reflectors over BLAS.
 */
#include "plugins/common/symlog.h"
#include "plugins/common/clones.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  POLES = 8, /* at a time */
  ROWS = 4,  /* of a matrix in step */
};

/* Node i of m and its weight, of Gauss-Legendre quadrature over [0, 1]: the root
 * of the Legendre polynomial near Tricomi's guess, by Newton. */
static double
legendre (size_t m, size_t i, double *weight)
{
  double x = cos (M_PI * ((double)i + 0.75) / ((double)m + 0.5)), slope = 1;
  for (int k = 0; k < 4; k++) {
    double before = 1, p = x;
    for (size_t l = 2; l <= m; l++) {
      double next = ((double)(2 * l - 1) * x * p - (double)(l - 1) * before) / (double)l;
      before = p;
      p = next;
    }
    slope = (double)m * (x * p - before) / (x * x - 1);
    x -= p / slope;
  }
  *weight = 1 / ((1 - x * x) * slope * slope);
  return 0.5 * (1 - x);
}

/* How many nodes serve a spectrum within [a, b] to 1e-14, by b / a; half of them do
 * to 1e-7, as far as single precision tells eigenvalues from zero. */
static const struct {
  double ratio;
  size_t nodes;
} reach[] = { { 13, 12 }, { 66, 16 }, { 330, 20 }, { 3.6e4, 32 }, { 7e9, 64 }, { 1.5e15, SYMLOG_NODES } };
enum { REACHES = sizeof reach / sizeof *reach };
#define SINGLE_RATIO 3e5

/* Constants, though computed: whole, and half of the nodes. */
static symlog_rule rules[2][REACHES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_rules (void)
{
  for (size_t half = 0; half < 2; half++)
    for (size_t r = 0; r < REACHES; r++) {
      symlog_rule *rule = &rules[half][r];
      rule->nodes = reach[r].nodes >> half;
      for (size_t i = 0, j = rule->nodes - 1; i <= j; i++, j--) { /* symmetric about 1/2 */
        rule->node[i] = legendre (rule->nodes, i, &rule->weight[i]);
        rule->node[j] = 1 - rule->node[i];
        rule->weight[j] = rule->weight[i];
      }
    }
}

static const symlog_rule *
rule_of (double ratio, bool half)
{
  pthread_once (&once, make_rules);
  for (size_t r = 0; r < REACHES; r++)
    if (ratio <= reach[r].ratio)
      return &rules[half][r];
  return NULL;
}

const symlog_rule *
symlog_rule_of (double ratio)
{
  return rule_of (ratio, false);
}

void
symlog_pole (double a, double b, double node, double weight, double *s, double *w)
{
  double Z = log (2 * b / a), up = expm1 (Z * node), down = -expm1 (Z * node - Z);
  *s = a * up / down;
  *w = a * Z * weight * ((up + 1) * down + up * (1 - down)) / (down * down);
}

/* ---- eigenvalues of T -------------------------------------------------------- */

/* Is sign (T - shift) positive definite? */
static bool
definite (const double *d, const double *e, size_t n, double shift, double sign)
{
  double pivot = sign * (d[0] - shift);
  for (size_t i = 1; i < n && pivot > 0; i++)
    pivot = sign * (d[i] - shift) - e[i - 1] * e[i - 1] / pivot;
  return pivot > 0;
}

/* a below and b above all eigenvalues, each within a third of them. */
static bool
bounds (const double *d, const double *e, size_t n, double *a, double *b)
{
  double least = INFINITY, most = 0;
  for (size_t i = 0; i < n; i++) {
    least = fmin (least, d[i]);
    most = fmax (most, d[i] + (i ? fabs (e[i - 1]) : 0) + (i + 1 < n ? fabs (e[i]) : 0));
  }
  if (!isfinite (most) || !(least > 0))
    return false;
  for (*b = most; definite (d, e, n, *b / 1.4, -1); *b /= 1.4)
    ;
  for (*a = 0.9 * least; !definite (d, e, n, *a, 1); *a *= 0.25)
    if (!(*a > 1e-15 * most))
      return false;
  for (int k = 0; k < 3 && definite (d, e, n, *a * 1.4, 1); k++)
    *a *= 1.4;
  return true;
}

static size_t
padded (size_t n)
{
  return (n + 7) & ~(size_t)7;
}

size_t
symlog_work (int n)
{
  size_t ld = padded ((size_t)n);
  return 2 * ld * ld + 3 * ld + 3 * POLES * ld + 8;
}

static const symlog_rule *
rule_double (double ratio)
{
  return symlog_rule_of (ratio);
}

static const symlog_rule *
rule_float (double ratio)
{
  return ratio <= SINGLE_RATIO ? rule_of (ratio, true) : NULL;
}

#define REAL double
#define WIDE 4
#define NAME(x) x##_double
/* Columns whose entries are so small that no ratio brings them back: these grow by
 * the root of the condition at most. */
#define TINY 1e-30
#include "plugins/common/symlog_of.h"
#undef REAL
#undef WIDE
#undef NAME
#undef TINY

#define REAL float
#define WIDE 8
#define NAME(x) x##_float
#define TINY 1e-14
#include "plugins/common/symlog_of.h"

/* The power of two next to the largest entry, so that no square leaves the range of
 * numbers; 0: not finite, or not positive. */
static double
scale_of (const double *a, size_t n)
{
  double most = 0;
  int power;
  for (size_t i = 0; i < n; i++)
    most = fmax (most, a[i * n + i]);
  if (!isfinite (most) || !(most > 0))
    return 0;
  frexp (most, &power);
  return ldexp (1, -power);
}

typedef int precision (const double *a, size_t n, double scale, double *out, double *work);

static int
aligned (precision *log, const double *a, int n, double *out, double *work)
{
  double scale = scale_of (a, (size_t)n);
  if (scale == 0 || !isfinite (scale))
    return -1;
  return log (a, (size_t)n, scale, out, (double *)(((uintptr_t)work + 63) / 64 * 64));
}

int
symlog (const double *a, int n, double *out, double *work)
{
  return aligned (symlog_double, a, n, out, work);
}

int
symlog_single (const double *a, int n, double *out, double *work)
{
  return aligned (symlog_float, a, n, out, work);
}
