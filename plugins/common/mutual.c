/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/common/mutual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ranked {
  double v;
  size_t i;
} ranked;

static int
by_value (const void *a, const void *b)
{
  const ranked *x = a, *y = b;
  if (x->v != y->v)
    return x->v < y->v ? -1 : 1;
  return x->i < y->i ? -1 : x->i > y->i;
}

size_t
mutual_room (size_t n)
{
  size_t words = 3 * n + 3; /* bin, end and hist, 4 bytes each */
  return n * sizeof (ranked) + n * sizeof (size_t) + (n + 1) * sizeof (double) + (words + 1) / 2 * 8;
}

/* Values of the sorted segment that do not exceed v. */
static size_t
up_to (const ranked *s, size_t n, double v)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (s[mid].v <= v)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

/* Is the sorted segment evenly spread?  Chi-squared at p = 0.1, over 4 equal
 * parts of its range (2 below 20 values); fewer than 10 values always are. */
static int
uniform (const ranked *s, size_t n)
{
  if (n < 10)
    return 1;
  int parts = n < 20 ? 2 : 4;
  double critical = n < 20 ? 2.706 : 6.251, width = (s[n - 1].v - s[0].v) / parts;
  double expected = nearbyint ((double)n / parts), chi2 = 0;
  size_t before = 0;
  for (int i = 1; i <= parts; i++) {
    size_t upto = up_to (s, n, s[0].v + i * width);
    double off = (double)(upto - before) - expected;
    chi2 += off * off / expected;
    if (upto == n)
      break;
    before = upto;
  }
  return chi2 < critical;
}

static void
bisect (mutual *m, const ranked *all, size_t first, size_t n)
{
  if (uniform (all + first, n)) {
    m->end[m->bins++] = (uint32_t)(first + n);
    return;
  }
  bisect (m, all, first, n / 2);
  bisect (m, all, first + n / 2, n - n / 2);
}

void
mutual_begin (mutual *m, const double *s, size_t n, size_t most, void *room)
{
  ranked *r = room;
  m->pairs = n - most;
  m->bins = 0;
  m->order = (size_t *)(r + n);
  m->log2 = (double *)(m->order + n);
  m->bin = (uint32_t *)(m->log2 + n + 1);
  m->end = m->bin + n;
  m->hist = m->end + n + 1;
  for (size_t i = 0; i < m->pairs; i++)
    r[i] = (ranked){ s[i], i };
  qsort (r, m->pairs, sizeof *r, by_value);
  bisect (m, r, 0, m->pairs);
  for (size_t i = 0; i < m->pairs; i++) {
    m->order[i] = r[i].i;
    m->log2[i + 1] = log2 ((double)(i + 1));
  }
  m->log2[0] = 0;
  /* right-closed bins by the last value of each segment; the last takes the rest */
  for (size_t t = 0; t < n; t++) {
    size_t low = 0, high = m->bins - 1;
    while (low < high) {
      size_t mid = (low + high) / 2;
      if (s[t] <= r[m->end[mid] - 1].v)
        high = mid;
      else
        low = mid + 1;
    }
    m->bin[t] = (uint32_t)low;
  }
  memset (m->hist, 0, m->bins * sizeof *m->hist);
}

double
mutual_at (const mutual *m, size_t delay)
{
  double sum = 0;
  const double *log_of = m->log2;
  for (size_t b = 0, first = 0; b < m->bins; first = m->end[b++]) {
    size_t size = m->end[b] - first;
    const size_t *at = m->order + first;
    for (size_t k = 0; k < size; k++)
      m->hist[m->bin[at[k] + delay]]++;
    for (size_t k = 0; k < size; k++) {
      uint32_t to = m->bin[at[k] + delay], g = m->hist[to];
      if (g == 0)
        continue;
      size_t other = m->end[to] - (to ? m->end[to - 1] : 0);
      sum += g * (log_of[g] - log_of[size] - log_of[other] + log_of[m->pairs]);
      m->hist[to] = 0;
    }
  }
  return sum / (double)m->pairs;
}

size_t
mutual_first_min (const mutual *m, size_t most)
{
  double here = mutual_at (m, 1);
  for (size_t i = 1; i < most; i++) {
    double next = mutual_at (m, i + 1);
    if (!(next < here))
      return i;
    here = next;
  }
  return most;
}
