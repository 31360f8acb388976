/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logarithms of four small matrices at a time: what symlog.c does, with a matrix
 * in each lane of a vector.  A matrix of 22 rows is too small for BLAS to be
 * quick at, and its rows are no whole number of vectors; four of them in step
 * need neither calls nor remainders, as the way through the tridiagonal form
 * has no branch that depends on the numbers.
 */
#include "plugins/common/fourlog.h"
#include "plugins/common/clones.h"
#include "plugins/common/symlog.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { WIDE = 4, GROUP = 4 /* poles at a time */ };
typedef double four __attribute__ ((vector_size (WIDE * sizeof (double)), aligned (8), may_alias));

/* ---- to tridiagonal form ------------------------------------------------------ */

/* t = l x l^T, upper triangle; y: n^2 of scratch. */
CLONES (whiten,
        (const four *restrict x, const double *restrict l, bool lower, size_t n, four *restrict t, four *restrict y),
        (x, l, lower, n, t, y))
{
  for (size_t i = 0; i < n; i++) {
    size_t end = lower ? i + 1 : n; /* of what is not zero in row i */
    for (size_t j = 0; j < n; j += 4) {
      four sum[4] = { { 0 } };
      size_t w = n - j < 4 ? n - j : 4;
      if (w == 4)
        for (size_t m = 0; m < end; m++)
          for (size_t k = 0; k < 4; k++)
            sum[k] += l[i * n + m] * x[m * n + j + k];
      else
        for (size_t m = 0; m < end; m++)
          for (size_t k = 0; k < w; k++)
            sum[k] += l[i * n + m] * x[m * n + j + k];
      for (size_t k = 0; k < w; k++)
        y[i * n + j + k] = sum[k];
    }
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      four sum = { 0 }, more = { 0 };
      size_t m = 0, end = lower ? j + 1 : n;
      for (; m + 1 < end; m += 2) {
        sum += y[i * n + m] * l[j * n + m];
        more += y[i * n + m + 1] * l[j * n + m + 1];
      }
      if (m < end)
        sum += y[i * n + m] * l[j * n + m];
      t[j * n + i] = sum + more;
    }
}

/* Householder, as eigsmall.c: row k of t keeps reflector k in columns k+1.. */
CLONES (reduce, (four *restrict t, size_t n, four *restrict d, four *restrict e, four *restrict tau, four *restrict p),
        (t, n, d, e, tau, p))
{
  for (size_t k = 0; k + 2 < n; k++) {
    four *restrict v = t + k * n;
    four rest = { 0 }, scale = { 0 }, dot = { 0 };
    for (size_t j = k + 2; j < n; j++)
      rest += v[j] * v[j];
    d[k] = v[k];
    for (size_t l = 0; l < WIDE; l++) {
      double alpha = v[k + 1][l], beta = rest[l] > 0 ? -copysign (sqrt (alpha * alpha + rest[l]), alpha) : alpha;
      e[k][l] = beta;
      tau[k][l] = rest[l] > 0 ? (beta - alpha) / beta : 0;
      scale[l] = rest[l] > 0 ? 1 / (alpha - beta) : 0;
    }
    v[k + 1] = (four){ 1, 1, 1, 1 };
    for (size_t j = k + 2; j < n; j++)
      v[j] *= scale;
    for (size_t j = k + 1; j < n; j++)
      p[j] = (four){ 0 };
    for (size_t i = k + 1; i < n; i++) {
      const four *restrict row = t + i * n;
      four f = v[i], sum = row[i] * f;
      for (size_t j = i + 1; j < n; j++) {
        sum += row[j] * v[j];
        p[j] += row[j] * f;
      }
      p[i] += sum;
    }
    for (size_t j = k + 1; j < n; j++) {
      p[j] *= tau[k];
      dot += p[j] * v[j];
    }
    dot *= 0.5 * tau[k];
    for (size_t j = k + 1; j < n; j++)
      p[j] -= dot * v[j];
    for (size_t i = k + 1; i < n; i++) {
      four *restrict row = t + i * n, vi = v[i], pi = p[i];
      for (size_t j = i; j < n; j++)
        row[j] -= vi * p[j] + pi * v[j];
    }
  }
  if (n > 1) {
    d[n - 2] = t[(n - 2) * n + n - 2];
    e[n - 2] = t[(n - 2) * n + n - 1];
  }
  d[n - 1] = t[n * n - 1];
}

/* ---- the logarithm of that ------------------------------------------------------ */

/* least[l] > 0: sign (T - shift[l]) of lane l is positive definite. */
CLONES (least_pivot, (const four *d, const four *e, size_t n, const double *shift, double sign, double *least),
        (d, e, n, shift, sign, least))
{
  four at = { shift[0], shift[1], shift[2], shift[3] }, pivot = sign * (d[0] - at), low = pivot;
  for (size_t i = 1; i < n; i++) {
    pivot = sign * (d[i] - at) - e[i - 1] * e[i - 1] / pivot;
    for (size_t l = 0; l < WIDE; l++)
      low[l] = pivot[l] < low[l] ? pivot[l] : low[l];
  }
  for (size_t l = 0; l < WIDE; l++)
    least[l] = low[l];
}

/* Bit l: sign (T - at[l]) is positive definite. */
static unsigned
definite (const four *d, const four *e, size_t n, const double *at, double factor, double sign)
{
  double shift[WIDE], least[WIDE];
  unsigned yes = 0;
  for (size_t l = 0; l < WIDE; l++)
    shift[l] = factor * at[l];
  least_pivot (d, e, n, shift, sign, least);
  for (size_t l = 0; l < WIDE; l++)
    yes |= (unsigned)(least[l] > 0) << l;
  return yes;
}

static void
times (double *x, double factor, unsigned lanes)
{
  for (size_t l = 0; l < WIDE; l++)
    x[l] *= lanes >> l & 1 ? factor : 1;
}

/* As symlog's: a below and b above all eigenvalues.  Bit l: lane l has none. */
static unsigned
bounds (const four *d, const four *e, size_t n, double *a, double *b)
{
  enum { ALL = (1 << WIDE) - 1, ROUNDS = 25 /* to a condition of 1e15 */ };
  unsigned without = 0, going;
  for (size_t l = 0; l < WIDE; l++) {
    a[l] = INFINITY;
    b[l] = 0;
    for (size_t i = 0; i < n; i++) {
      double most = d[i][l] + (i ? fabs (e[i - 1][l]) : 0) + (i + 1 < n ? fabs (e[i][l]) : 0);
      a[l] = 0.9 * d[i][l] < a[l] ? 0.9 * d[i][l] : a[l];
      b[l] = most > b[l] ? most : b[l];
    }
    if (!(a[l] > 0)) {
      without |= 1U << l;
      a[l] = b[l] = 1;
    }
  }
  going = ALL & ~without;
  for (int k = 0; k < 8 && going; k++) {
    going &= definite (d, e, n, b, 1 / 1.4, -1);
    times (b, 1 / 1.4, going);
  }
  going = ALL & ~without;
  for (int k = 0; k < ROUNDS && going; k++) {
    going &= ~definite (d, e, n, a, 1, 1);
    times (a, 0.25, going);
  }
  without |= going;
  for (int k = 0; k < 3; k++)
    times (a, 1.4, definite (d, e, n, a, 1.4, 1) & ~without);
  return without;
}

/* f -= sum of w (T+s)^-1 over GROUP poles, lower triangle; see symlog.c. */
CLONES (subtract,
        (const four *restrict d, const four *restrict e, size_t n, const four *s, const four *w, four *restrict f,
         four *restrict work),
        (d, e, n, s, w, f, work))
{
  four *restrict diag = work, *restrict ratio = diag + GROUP * n, *restrict g = ratio + GROUP * n;
  four forth[GROUP], back[GROUP];
  for (size_t k = 0; k < GROUP; k++)
    forth[k] = back[k] = (four){ 1, 1, 1, 1 };
  for (size_t i = 0; i < n; i++) {
    four c = { 0 };
    if (i)
      c = e[i - 1] * e[i - 1];
    for (size_t k = 0; k < GROUP; k++) {
      forth[k] = d[i] + s[k] - c / forth[k];
      diag[i * GROUP + k] = forth[k] - d[i] - s[k];
    }
  }
  for (size_t i = n; i-- > 0;) {
    four c = { 0 }, after = { 0 };
    if (i)
      c = e[i - 1];
    if (i + 1 < n)
      after = e[i] * e[i];
    for (size_t k = 0; k < GROUP; k++) {
      back[k] = d[i] + s[k] - after / back[k];
      diag[i * GROUP + k] = w[k] / (diag[i * GROUP + k] + back[k]);
      ratio[i * GROUP + k] = -c / back[k];
    }
  }
  for (size_t j = 0; j < n; j++) {
    four *restrict row = f + j * n;
    const four *r = ratio + j * GROUP;
    four r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3];
    for (size_t i = 0; i < j; i++) {
      four *x = g + i * GROUP;
      four a = (x[0] *= r0) + (x[1] *= r1), b = (x[2] *= r2) + (x[3] *= r3);
      row[i] -= a + b;
    }
    for (size_t k = 0; k < GROUP; k++) {
      g[j * GROUP + k] = diag[j * GROUP + k];
      row[j] -= diag[j * GROUP + k];
    }
  }
}

/* f = log T, lower triangle. */
static void
logarithm (const four *d, const four *e, size_t n, const double *a, const double *b, four *f, four *work)
{
  const symlog_rule *rule[WIDE]; /* each lane's own, so that lanes stay apart */
  size_t most = 0;
  four s[GROUP], w[GROUP], whole = { 0 };
  for (size_t l = 0; l < WIDE; l++) {
    rule[l] = symlog_rule_of (b[l] / a[l]);
    most = rule[l]->nodes > most ? rule[l]->nodes : most;
    whole[l] = 0.5 * log (a[l] * b[l]);
  }
  memset (f, 0, n * n * sizeof *f);
  for (size_t first = 0; first < most; first += GROUP) { /* which divides any rule's nodes */
    for (size_t k = 0; k < GROUP; k++)
      for (size_t l = 0; l < WIDE; l++) {
        double pole = b[l], share = 0;
        if (first < rule[l]->nodes)
          symlog_pole (a[l], b[l], rule[l]->node[first + k], rule[l]->weight[first + k], &pole, &share);
        s[k][l] = pole;
        w[k][l] = share;
        whole[l] += share / (pole + sqrt (a[l] * b[l]));
      }
    subtract (d, e, n, s, w, f, work);
  }
  for (size_t i = 0; i < n; i++)
    f[i * n + i] += whole;
}

/* ---- and back -------------------------------------------------------------------- */

/* f <- H f H for the reflectors in t from the last to the first. */
CLONES (turn, (const four *restrict t, const four *restrict tau, size_t n, four *restrict f, four *restrict p),
        (t, tau, n, f, p))
{
  for (size_t k = n > 2 ? n - 2 : 0; k-- > 0;) {
    const four *restrict v = t + k * n;
    four dot = { 0 };
    for (size_t j = 0; j < n; j++)
      p[j] = (four){ 0 };
    for (size_t i = k + 1; i < n; i++) {
      const four *restrict row = f + i * n;
      four c = v[i], sum = row[i] * c;
      for (size_t j = 0; j <= k; j++)
        p[j] += row[j] * c;
      for (size_t j = k + 1; j < i; j++) {
        sum += row[j] * v[j];
        p[j] += row[j] * c;
      }
      p[i] += sum;
    }
    for (size_t j = 0; j < n; j++)
      p[j] *= tau[k];
    for (size_t j = k + 1; j < n; j++)
      dot += p[j] * v[j];
    dot *= 0.5 * tau[k];
    for (size_t j = k + 1; j < n; j++)
      p[j] -= dot * v[j];
    for (size_t i = k + 1; i < n; i++) {
      four *restrict row = f + i * n, vi = v[i], pi = p[i];
      for (size_t j = 0; j <= k; j++)
        row[j] -= vi * p[j];
      for (size_t j = k + 1; j <= i; j++)
        row[j] -= vi * p[j] + pi * v[j];
    }
  }
}

size_t
fourlog_work (int n)
{
  size_t s = (size_t)n;
  return WIDE * (3 * s * s + 4 * s + 3 * GROUP * s);
}

/* Four matrices side by side; a lane left over repeats the first.  Bit l: lane l
 * holds what is not finite, or so large or small that squares would not be. */
static unsigned
gather (const double *const *a, size_t count, size_t q, four *x)
{
  unsigned odd = 0;
  for (size_t l = 0; l < WIDE; l++) {
    const double *from = a[l < count ? l : 0];
    double most = 0, nan = 0;
    for (size_t i = 0; i < q; i++) {
      most = fmax (most, fabs (from[i]));
      nan += 0 * from[i];
      x[i][l] = from[i];
    }
    if (nan != 0 || !(most > 1e-100 && most < 1e100))
      odd |= 1U << l;
  }
  return odd;
}

unsigned
fourlog (const double *const *a, size_t count, const double *l, bool lower, int order, double *out, double *work)
{
  size_t n = (size_t)order, q = n * n;
  four *x = (four *)(void *)work, *t = x + q, *f = t + q, *d = f + q, *e = d + n, *tau = e + n, *p = tau + n;
  double low[WIDE], high[WIDE];
  unsigned without = gather (a, count, q, x);
  whiten (x, l, lower, n, t, f);
  memset (tau, 0, n * sizeof *tau);
  reduce (t, n, d, e, tau, p);
  without |= bounds (d, e, n, low, high);
  for (size_t k = 0; k < WIDE; k++) {
    without |= (unsigned)!symlog_rule_of (high[k] / low[k]) << k; /* no rule reaches so far */
    if (without >> k & 1)
      low[k] = high[k] = 1;
  }
  logarithm (d, e, n, low, high, f, p + n);
  turn (t, tau, n, f, p);
  for (size_t k = 0; k < count; k++)
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j <= i; j++)
        out[k * q + i * n + j] = out[k * q + j * n + i] = f[i * n + j][k];
  return without & ((1U << count) - 1);
}
