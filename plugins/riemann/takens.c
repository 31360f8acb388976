/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MDOP follows Nichkawde, Phys Rev E 87:022905, 2013, in the multivariate form
 * of DelayEmbeddings.jl 2.7 (which the authors of the augmented covariance
 * method call); Cao, Physica D 110:43, 1997; Kennel, Brown and Abarbanel, Phys
 * Rev A 45:3403, 1992.
 */
#include "plugins/riemann/takens.h"
#include "plugins/common/clones.h"
#include "plugins/common/mutual.h"
#include "plugins/common/neighbours.h"

#include <math.h>
#include <string.h>

enum {
  RENORM = 8,  /* factors between two looks at the exponent */
  LANES = 4,   /* of a vector */
  TILE = 32,   /* sums that stay in registers */
  FEWEST = 40, /* samples that a trial needs */
  REACH = 100  /* delays that are looked at for the Theiler window */
};
typedef double four __attribute__ ((vector_size (LANES * sizeof (double)), aligned (8), may_alias));
typedef int64_t mask __attribute__ ((vector_size (LANES * sizeof (double))));
#define SPREAD 2.0     /* r: a neighbour that moves away by more is false */
#define FEW_FALSE 0.05 /* the embedding is complete */

size_t
takens_reach (size_t T)
{
  return T / 2 < REACH ? T / 2 : REACH;
}

size_t
takens_first_peak (const double *v, size_t n, int sign)
{
  for (size_t i = 0; i < n; i++) {
    size_t end = i;
    while (end + 1 < n && v[end + 1] == v[i])
      end++;
    if ((i == 0 || sign * v[i] > sign * v[i - 1]) && (end + 1 == n || sign * v[i] > sign * v[end + 1]))
      return i;
    i = end;
  }
  return n ? n - 1 : 0;
}

/* ---- MDOP ------------------------------------------------------------------- */

/* Where the channels of a point and of its neighbour stand in z. */
typedef struct pair {
  size_t from, to;
} pair;

typedef struct space {
  size_t C, T, most, wide; /* wide: (most + 1) C, the delayed samples of all channels behind a point */
  double *z;               /* [T,C] and TILE zeros: standardised, channels side by side */
  double *y, *next;        /* the embedding: [n,m] */
  double *grows;           /* [wide]: what beta says of each */
  pair *pairs;             /* [T] */
  double *before, *after;  /* distances to neighbours */
  int32_t *near;
  void *rest; /* for mutual and neighbours */
} space;

static size_t
lay_out (space *s, size_t C, size_t T, size_t most, void *room)
{
  size_t wide = (most + 1) * C, points = T * (TAKENS_CYCLES + 1);
  double *d = room;
  size_t near = neighbours_room (T, TAKENS_CYCLES + 1), rest = mutual_room (T) > near ? mutual_room (T) : near;
  *s = (space){ .C = C, .T = T, .most = most, .wide = wide };
  if (d) {
    s->z = d;
    s->y = s->z + C * T + TILE;
    s->next = s->y + points;
    s->grows = s->next + points;
    s->before = s->grows + wide;
    s->after = s->before + T;
    s->pairs = (pair *)(s->after + T);
    s->near = (int32_t *)(s->pairs + T);
    s->rest = s->near + 2 * ((T + 1) / 2);
  }
  return (C * T + TILE + 2 * points + wide + 3 * T + 1) * sizeof *d + T * sizeof (pair) + rest;
}

size_t
takens_mdop_room (size_t C, size_t T, size_t most)
{
  space s;
  return lay_out (&s, C, T, most, NULL);
}

static int
standardise (const double *x, const space *s, size_t *bad)
{
  for (size_t c = 0; c < s->C; c++) {
    const double *row = x + c * s->T;
    double mean = 0, sd = 0;
    for (size_t t = 0; t < s->T; t++)
      mean += row[t] / (double)s->T;
    for (size_t t = 0; t < s->T; t++)
      sd += (row[t] - mean) * (row[t] - mean);
    sd = sqrt (sd / (double)(s->T - 1));
    if (!(sd > 1e-12 * fabs (mean)) || !isfinite (sd)) {
      *bad = c;
      return 1;
    }
    for (size_t t = 0; t < s->T; t++)
      s->z[t * s->C + c] = (row[t] - mean) / sd;
  }
  memset (s->z + s->C * s->T, 0, TILE * sizeof *s->z);
  return 0;
}

/* The largest first minimum of mutual information over the channels. */
static size_t
theiler_of (const double *x, const space *s)
{
  size_t most = takens_reach (s->T), window = 1;
  mutual m;
  for (size_t c = 0; c < s->C; c++) {
    mutual_begin (&m, x + c * s->T, s->T, most, s->rest);
    size_t at = mutual_first_min (&m, most);
    window = at > window ? at : window;
  }
  return window;
}

/* The fraction of *product in [1, 2); what it leaves goes to the exponent. */
static inline __attribute__ ((always_inline)) void
renormalise (four *product, mask *exponent)
{
  mask bits = (mask)*product;
  *exponent += ((bits >> 52) & 0x7ff) - 1023;
  *product = (four)((bits & 0xfffffffffffff) | 0x3ff0000000000000);
}

/* TILE columns of delayed samples: log2 of the product over the pairs of
 * |a[k] - b[k]|, and how many of them were not 0.  `careful`: there may be such. */
static inline __attribute__ ((always_inline)) bool
spread_tile (const double *z, const pair *p, size_t n, double *log, double *terms, bool careful)
{
  enum { V = TILE / LANES };
  four product[V];
  mask exponent[V], zeros[V], none = { 0 };
  for (int v = 0; v < V; v++) {
    product[v] = (four){ 1, 1, 1, 1 };
    exponent[v] = zeros[v] = (mask){ 0 };
  }
  for (size_t i = 0; i < n; i++) {
    const double *a = z + p[i].from, *b = z + p[i].to;
    for (int v = 0; v < V; v++) {
      four d = *(const four *)(a + v * LANES) - *(const four *)(b + v * LANES);
      if (careful) {
        mask is = d == 0;
        zeros[v] += is;
        d = (four)((mask)d | (is & 0x3ff0000000000000)); /* 1 */
      }
      product[v] *= d;
    }
    if (i % RENORM == RENORM - 1)
      for (int v = 0; v < V; v++) {
        none |= product[v] == 0;
        renormalise (&product[v], &exponent[v]);
      }
  }
  for (int k = 0; k < TILE; k++) {
    double left = fabs (product[k / LANES][k % LANES]);
    none[0] |= left == 0;
    log[k] = log2 (left) + (double)exponent[k / LANES][k % LANES];
    terms[k] = (double)n + (double)zeros[k / LANES][k % LANES];
  }
  return careful || !(none[0] | none[1] | none[2] | none[3]);
}

CLONES (spread, (const double *z, const pair *p, size_t n, double *log, double *terms), (z, p, n, log, terms))
{
  if (!spread_tile (z, p, n, log, terms, false))
    spread_tile (z, p, n, log, terms, true);
}

/* The beta statistic of y[n,m], for all delays and channels at once: grows[tau
 * C + c] receives mean_i log10 (|s[i+tau] - s[j+tau]| / |Y_i - Y_j|), j the
 * neighbour of i.  Logarithms of products: a log a factor would take all the time. */
static void
beta (const space *s, const double *y, size_t n, size_t m, size_t theiler)
{
  double base = 0, log[TILE], terms[TILE];
  size_t used = 0;
  neighbours_of (y, n, m, theiler, s->near, s->after, s->rest);
  for (size_t i = 0; i < n; i++)
    if (s->near[i] >= 0 && s->after[i] > 0) {
      s->pairs[used++] = (pair){ i * s->C, (size_t)s->near[i] * s->C };
      base += log10 (s->after[i]);
    }
  for (size_t first = 0; first < s->wide; first += TILE) {
    spread (s->z + first, s->pairs, used, log, terms);
    for (size_t k = 0; k < TILE && first + k < s->wide; k++)
      s->grows[first + k] = terms[k] > 0 ? log[k] * log10 (2) / terms[k] - base / (double)used : -INFINITY;
  }
}

/* The largest beta: first channels, then delays in order. */
static double
largest (const space *s, int *series, int *delay)
{
  double top = -INFINITY;
  *series = *delay = 0;
  for (size_t c = 0; c < s->C; c++)
    for (size_t tau = 0; tau <= s->most; tau++)
      if (s->grows[tau * s->C + c] > top) {
        top = s->grows[tau * s->C + c];
        *series = (int)c;
        *delay = (int)tau;
      }
  return top;
}

/* One more column; returns the points that remain. */
static size_t
append (space *s, size_t n, size_t m, int series, int delay)
{
  size_t left = s->T - (size_t)delay;
  double *to = s->next;
  n = n < left ? n : left;
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < m; k++)
      *to++ = s->y[i * m + k];
    *to++ = s->z[(i + (size_t)delay) * s->C + (size_t)series];
  }
  to = s->y;
  s->y = s->next;
  s->next = to;
  return n;
}

/* The share of close neighbours that were false; 1 where none was (sic). */
static double
false_share (const space *s, size_t n)
{
  size_t close = 0, wrong = 0;
  for (size_t i = 0; i < n; i++)
    if (s->before[i] < 1 / SPREAD) {
      close++;
      wrong += s->after[i] / s->before[i] > SPREAD;
    }
  return wrong ? (double)wrong / (double)close : 1;
}

static void
swap_distances (space *s)
{
  double *t = s->before;
  s->before = s->after;
  s->after = t;
}

/* All pairs of a first channel and a second one with its delay: a search for
 * each first channel serves all second ones. */
static void
first_cycle (space *s, mdop *out)
{
  double top = -INFINITY;
  for (size_t c = 0; c < s->C; c++) {
    int series, delay;
    for (size_t t = 0; t < s->T; t++)
      s->y[t] = s->z[t * s->C + c];
    beta (s, s->y, s->T - s->most, 1, out->theiler);
    double here = largest (s, &series, &delay);
    if (c == 0 || here > top) {
      top = here;
      out->series[0] = (int)c;
      out->series[1] = series;
      out->delay[1] = delay;
    }
  }
  for (size_t t = 0; t < s->T; t++)
    s->y[t] = s->z[t * s->C + (size_t)out->series[0]];
}

int
takens_mdop (const double *x, size_t C, size_t T, size_t most, mdop *out, size_t *bad, void *room)
{
  space s;
  size_t n = T;
  lay_out (&s, C, T, most, room);
  *out = (mdop){ .n = 0 };
  *bad = 0;
  if (T < FEWEST)
    return 2;
  if (standardise (x, &s, bad))
    return 1;
  *bad = out->theiler = theiler_of (x, &s);
  /* points of an embedding lose `most` at most, and those with a future again */
  if (T < 2 * most + 2 * out->theiler + 2)
    return 2;
  first_cycle (&s, out);
  neighbours_of (s.y, n, 1, out->theiler, s.near, s.before, s.rest);
  for (int k = 1;; k++) {
    if (k > 1) {
      beta (&s, s.y, n - most, (size_t)k, out->theiler);
      largest (&s, &out->series[k], &out->delay[k]);
    }
    n = append (&s, n, (size_t)k, out->series[k], out->delay[k]);
    neighbours_of (s.y, n, (size_t)k + 1, out->theiler, s.near, s.after, s.rest);
    out->fnn[k - 1] = false_share (&s, n);
    out->n = k;
    if (out->fnn[k - 1] <= FEW_FALSE || (k > 1 && out->fnn[k - 1] > out->fnn[k - 2]) || k == TAKENS_CYCLES)
      return 0;
    swap_distances (&s);
  }
}
