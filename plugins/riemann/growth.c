/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How nearest neighbours part as a series is embedded in one more dimension:
 * Cao, Physica D 110:43, 1997; Kennel, Brown and Abarbanel, Phys Rev A 45:3403,
 * 1992.
 *
 * The squared distance of two points is a running sum over dimensions, so one
 * pass over all pairs serves all of them.  A point's neighbours mostly move on
 * with it (the next point's are the next ones): how far those are bounds the
 * search, and a few points at once are followed through the dimensions only as
 * long as one of them is within the bounds, which halves the work.  In the
 * twenty to thirty dimensions of Cao a tree of points would visit all of them.
 */
#include "plugins/common/clones.h"
#include "plugins/riemann/takens.h"

#include <math.h>
#include <string.h>

#define FALSE_GROWTH 100.0 /* rtol^2 */
#define FALSE_SIZE 2.0     /* atol */

enum {
  POINTS = 20, /* fewer points say nothing of neighbours */
  LANES = 4,
  TOGETHER = 2 * LANES, /* points that are followed at once */
  STRIDE = 8            /* dimensions between two looks at the bounds */
};
typedef double four __attribute__ ((vector_size (LANES * sizeof (double)), aligned (8), may_alias));
typedef int64_t mask __attribute__ ((vector_size (LANES * sizeof (double))));

/* The search from one point, in dimensions 1 .. reach at index 0 .. reach - 1. */
typedef struct search {
  const double *s; /* the series and zeros, as far as a look ahead reads */
  size_t T, tau, i, reach;
  double *x;       /* [most + STRIDE]: the point */
  double *bound;   /* [most + STRIDE]: nothing as far as this is looked for; -1 behind reach */
  int32_t *at;     /* [most]: what is nearest, -1: none yet */
  double farthest; /* of the bounds */
} search;

static void
widest (search *q)
{
  double far[2] = { 0, 0 };
  for (size_t d = 0; d < q->reach; d += 2) /* -1 stands behind the last */
    for (size_t h = 0; h < 2; h++)
      far[h] = q->bound[d + h] > far[h] ? q->bound[d + h] : far[h];
  q->farthest = far[0] > far[1] ? far[0] : far[1];
}

/* Points j .. j + 7 are `from` away in d dimensions; note those that are nearer
 * in the next few than what was known.  Of equal distances the first stays; of
 * equal points the next neighbour is taken, as by the peers. */
CLONES (note, (search * q, size_t d, size_t j, const four *from), (q, d, j, from))
{
  four far[2] = { from[0], from[1] };
  bool less = false;
  for (size_t end = d + STRIDE < q->reach ? d + STRIDE : q->reach; d < end; d++) {
    const double *s = q->s + j + d * q->tau;
    double of[TOGETHER];
    mask near = { 0 };
    for (int h = 0; h < 2; h++) {
      four step = q->x[d] - *(const four *)(s + h * LANES);
      far[h] += step * step;
      *(four *)(of + h * LANES) = far[h];
      near |= far[h] < q->bound[d];
    }
    if (!(near[0] | near[1] | near[2] | near[3]))
      continue;
    for (size_t k = 0; k < TOGETHER && j + k + (d + 1) * q->tau < q->T; k++)
      if (of[k] < q->bound[d] && of[k] > 0 && j + k != q->i) {
        less |= q->bound[d] == q->farthest;
        q->bound[d] = of[k];
        q->at[d] = (int32_t)(j + k);
      }
  }
  if (less)
    widest (q);
}

CLONES (seek, (search * q), (q))
{
  const double *const x = q->x, *const bound = q->bound;
  const size_t tau = q->tau, last = q->T - 1;
  for (size_t j = 0; j + tau <= last; j += TOGETHER) {
    size_t dims = (last - j) / tau;
    const double *s = q->s + j;
    four low = { 0 }, high = { 0 };
    dims = dims < q->reach ? dims : q->reach;
    for (size_t d = 0; d < dims; d += STRIDE) {
      four from[2] = { low, high };
      mask near = { 0 };
      for (int k = 0; k < STRIDE; k++, s += tau) {
        four a = x[d + (size_t)k] - *(const four *)s, b = x[d + (size_t)k] - *(const four *)(s + LANES);
        low += a * a;
        high += b * b;
        near |= (low < bound[d + (size_t)k]) | (high < bound[d + (size_t)k]);
      }
      if (near[0] | near[1] | near[2] | near[3])
        note (q, d, j, from);
      mask within = (low < q->farthest) | (high < q->farthest);
      if (!(within[0] | within[1] | within[2] | within[3]))
        break;
    }
  }
}

/* No further than point j, or a little: what is found then does not depend on
 * which points were expected. */
CLONES (expect_at, (search * q, size_t j), (q, j))
{
  size_t n = (q->T - 1 - j) / q->tau;
  const double *s = q->s + j;
  double far = 0;
  n = n < q->reach ? n : q->reach;
  for (size_t d = 0; d < n; d++, s += q->tau) {
    double step = q->x[d] - *s;
    far += step * step;
    double wide = far > 0 ? far * (1 + 1e-9) : INFINITY;
    q->bound[d] = wide < q->bound[d] ? wide : q->bound[d];
  }
}

/* Bounds from the points behind the neighbours of the point before. */
static void
expect (search *q)
{
  int32_t last = -1;
  for (size_t d = 0; d < q->reach + STRIDE; d++) {
    q->bound[d] = d < q->reach ? INFINITY : -1;
    q->x[d] = d < q->reach ? q->s[q->i + d * q->tau] : 0;
  }
  for (size_t d = q->reach; d-- > 0; q->at[d] = -1)
    if (q->at[d] >= 0 && q->at[d] != last) {
      last = q->at[d];
      if ((size_t)(last + 1) != q->i)
        expect_at (q, (size_t)last + 1);
    }
  widest (q);
}

/* Doubles that the search may look at: points and dimensions beyond the last
 * are passed over when they are seen. */
static size_t
padded (size_t T, size_t tau)
{
  return T + STRIDE * tau + TOGETHER;
}

size_t
takens_growth_room (size_t T, size_t tau, size_t most)
{
  return (padded (T, tau) + 3 * (most + 1 + STRIDE)) * sizeof (double);
}

size_t
takens_growth (const double *s, size_t T, size_t tau, size_t most, double *a, double *fnn, void *room)
{
  double mean = 0, sd = 0, *own = room;
  size_t top = 0, size = padded (T, tau);
  while (top <= most && (top + 1) * tau + POINTS <= T)
    top++;
  memcpy (own, s, T * sizeof *own);
  memset (own + T, 0, (size - T) * sizeof *own);
  memset (a, 0, (most + 1) * sizeof *a);
  memset (fnn, 0, (most + 1) * sizeof *fnn);
  for (size_t t = 0; t < T; t++)
    mean += s[t] / (double)T;
  for (size_t t = 0; t < T; t++)
    sd += (s[t] - mean) * (s[t] - mean) / (double)T;
  sd = sqrt (sd);
  search q = { .s = own, .T = T, .tau = tau, .x = own + size };
  q.bound = q.x + most + 1 + STRIDE;
  q.at = (int32_t *)(q.bound + most + 1 + STRIDE);
  memset (q.at, 0xff, (most + 1) * sizeof *q.at);
  for (; top && q.i + tau < T; q.i++) {
    q.reach = (T - 1 - q.i) / tau < top ? (T - 1 - q.i) / tau : top;
    expect (&q);
    seek (&q);
    for (size_t d = 0; d < q.reach; d++) {
      if (q.at[d] < 0)
        continue;
      size_t n = T - (d + 1) * tau;
      double step = s[q.i + (d + 1) * tau] - s[(size_t)q.at[d] + (d + 1) * tau], more = q.bound[d] + step * step;
      a[d] += sqrt (more / q.bound[d]) / (double)(n - 1);
      fnn[d] += (more / q.bound[d] - 1 > FALSE_GROWTH || sqrt (more) > FALSE_SIZE * sd) / (double)n;
    }
  }
  return top;
}
