/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Points are sorted by their first coordinate and each search walks outwards
 * from its own place until that coordinate alone is too far: exact, in one
 * dimension a lookup, and in the few dimensions of an embedding (2 to 10) some
 * hundreds of points of a thousand.  A k-d tree needs more points to win.
 */
#include "plugins/common/neighbours.h"

#include <math.h>
#include <stdlib.h>

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

size_t
neighbours_room (size_t n)
{
  return n * sizeof (placed);
}

typedef struct best {
  double d2;
  size_t j; /* SIZE_MAX: none yet */
} best;

static void
look (const double *y, size_t m, size_t i, size_t j, size_t theiler, best *b)
{
  if ((i > j ? i - j : j - i) <= theiler)
    return;
  const double *p = y + i * m, *q = y + j * m;
  double d2 = 0;
  for (size_t k = 0; k < m && d2 <= b->d2; k++)
    d2 += (p[k] - q[k]) * (p[k] - q[k]);
  if (d2 < b->d2 || (d2 == b->d2 && j < b->j))
    *b = (best){ d2, j };
}

void
neighbours_of (const double *y, size_t n, size_t m, size_t theiler, int32_t *near, double *dist, void *room)
{
  placed *p = room;
  for (size_t i = 0; i < n; i++)
    p[i] = (placed){ y[i * m], i };
  qsort (p, n, sizeof *p, by_place);
  for (size_t at = 0; at < n; at++) {
    size_t low = at, high = at + 1, i = p[at].i; /* next below: low - 1; next above: high */
    best b = { INFINITY, SIZE_MAX };
    while (low > 0 || high < n) {
      double under = low > 0 ? p[at].x - p[low - 1].x : INFINITY, over = high < n ? p[high].x - p[at].x : INFINITY;
      double gap = under <= over ? under : over;
      if (gap * gap > b.d2)
        break;
      if (under <= over)
        look (y, m, i, p[--low].i, theiler, &b);
      else
        look (y, m, i, p[high++].i, theiler, &b);
    }
    near[i] = b.j == SIZE_MAX ? -1 : (int32_t)b.j;
    dist[i] = b.j == SIZE_MAX ? NAN : sqrt (b.d2);
  }
}
