/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Points are sorted by their first coordinate and each search walks both ways
 * from its own place, eight points at once, until that coordinate alone is too
 * far: exact, in one dimension a lookup, and in the few dimensions of an
 * embedding (2 to 10) some hundreds of points of a thousand.  The neighbour of
 * the point before moves on with it and bounds the search from its start.  A
 * k-d tree needs more points to win.
 */
#include "plugins/common/neighbours.h"
#include "plugins/common/clones.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { LANES = 4, TOGETHER = 2 * LANES };
typedef double four __attribute__ ((vector_size (LANES * sizeof (double)), aligned (8), may_alias));
typedef int64_t mask __attribute__ ((vector_size (LANES * sizeof (double))));

typedef struct placed {
  double x; /* first coordinate */
  size_t i;
} placed;

static int
by_place (const void *a, const void *b)
{
  const placed *p = a, *q = b;
  if (p->x != q->x)
    return p->x < q->x ? -1 : 1;
  return p->i < q->i ? -1 : p->i > q->i;
}

/* All points by their place, and the search of one of them. */
typedef struct search {
  size_t n, m, stride;
  double *at;    /* [m,stride]: coordinates by place, TOGETHER infinite ones before the first and behind the last */
  double *when;  /* [stride]: which point */
  size_t *place; /* of each point */
  double *own;   /* [m]: the point's coordinates */
  double t, window;
  double bound, best; /* nothing as far as the bound is looked for */
} search;

size_t
neighbours_room (size_t n, size_t m)
{
  return n * (sizeof (placed) + sizeof (size_t)) + ((m + 1) * (n + 2 * TOGETHER) + m) * sizeof (double);
}

static void
lay_out (search *q, const double *y, size_t n, size_t m, void *room)
{
  placed *p = room;
  *q = (search){ .n = n, .m = m, .stride = n + 2 * TOGETHER, .place = (size_t *)(p + n) };
  q->at = (double *)(q->place + n);
  q->when = q->at + m * q->stride;
  q->own = q->when + q->stride;
  for (size_t i = 0; i < n; i++)
    p[i] = (placed){ y[i * m], i };
  qsort (p, n, sizeof *p, by_place);
  for (size_t k = 0; k < m; k++) {
    double *to = q->at + k * q->stride;
    for (size_t i = 0; i < TOGETHER; i++)
      to[i] = to[TOGETHER + n + i] = INFINITY;
    for (size_t i = 0; i < n; i++)
      to[TOGETHER + i] = y[p[i].i * m + k];
  }
  for (size_t i = 0; i < q->stride; i++)
    q->when[i] = 0;
  for (size_t i = 0; i < n; i++) {
    q->when[TOGETHER + i] = (double)p[i].i;
    q->place[p[i].i] = TOGETHER + i;
  }
}

/* The points at places p .. p + 7: the lowest of the nearest stays. */
CLONES (look, (search * q, size_t p), (q, p))
{
  four low = { 0 }, high = { 0 };
  for (size_t k = 0; k < q->m; k++) {
    const double *c = q->at + k * q->stride + p;
    four a = q->own[k] - *(const four *)c, b = q->own[k] - *(const four *)(c + LANES);
    low += a * a;
    high += b * b;
  }
  mask near = (low <= q->bound) | (high <= q->bound);
  if (!(near[0] | near[1] | near[2] | near[3]))
    return;
  for (int k = 0; k < TOGETHER; k++) {
    double d2 = k < LANES ? low[k] : high[k - LANES], t = q->when[p + (size_t)k];
    if (fabs (t - q->t) > q->window && (d2 < q->bound || (d2 == q->bound && t < q->best))) {
      q->bound = d2;
      q->best = t;
    }
  }
}

static double
squared (double x)
{
  return x * x;
}

void
neighbours_of (const double *y, size_t n, size_t m, size_t theiler, int32_t *near, double *dist, void *room)
{
  search q;
  lay_out (&q, y, n, m, room);
  q.window = (double)theiler;
  for (size_t i = 0; i < n; i++) {
    size_t low = q.place[i], high = low + 1, last = TOGETHER + n;
    size_t j = i > 0 && near[i - 1] >= 0 ? (size_t)near[i - 1] + 1 : n;
    q.t = (double)i;
    q.best = INFINITY;
    q.bound = DBL_MAX;
    for (size_t k = 0; k < m; k++)
      q.own[k] = y[i * m + k];
    if (j < n) {
      double d2 = 0;
      for (size_t k = 0; k < m; k++)
        d2 += squared (q.own[k] - y[j * m + k]);
      q.bound = d2 * (1 + 1e-9); /* a little wide: what is found does not depend on it */
    }
    for (bool up = true, down = true; up || down;) {
      up = up && high < last && squared (q.at[high] - q.own[0]) <= q.bound;
      if (up)
        look (&q, high);
      high += up ? TOGETHER : 0;
      down = down && low > TOGETHER && squared (q.at[low - 1] - q.own[0]) <= q.bound;
      low -= down ? TOGETHER : 0;
      if (down)
        look (&q, low);
      down = down && low >= TOGETHER;
    }
    near[i] = isfinite (q.best) ? (int32_t)q.best : -1;
    dist[i] = isfinite (q.best) ? sqrt (q.bound) : NAN;
  }
}
