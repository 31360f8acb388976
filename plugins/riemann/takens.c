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
  POINTS = 20, /* fewer points say nothing of neighbours */
  REACH = 100  /* delays that are looked at for the Theiler window */
};
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

typedef struct space {
  size_t C, T, most, wide; /* wide: (most + 1) C, the delayed samples of all channels behind a point */
  double *z;               /* [T,C]: standardised, channels side by side */
  double *y, *next;        /* the embedding: [n,m] */
  double *product, *exponent, *zeros;
  double *before, *after; /* distances to neighbours */
  int32_t *near;
  void *rest; /* for mutual and neighbours */
} space;

static size_t
lay_out (space *s, size_t C, size_t T, size_t most, void *room)
{
  size_t wide = (most + 1) * C, points = T * (TAKENS_CYCLES + 1);
  double *d = room;
  size_t rest = mutual_room (T) > neighbours_room (T) ? mutual_room (T) : neighbours_room (T);
  *s = (space){ .C = C, .T = T, .most = most, .wide = wide };
  if (d) {
    s->z = d;
    s->y = s->z + C * T;
    s->next = s->y + points;
    s->product = s->next + points;
    s->exponent = s->product + wide;
    s->zeros = s->exponent + wide;
    s->before = s->zeros + wide;
    s->after = s->before + T;
    s->near = (int32_t *)(s->after + T);
    s->rest = s->near + 2 * ((T + 1) / 2);
  }
  return (C * T + 2 * points + 3 * wide + 3 * T + 1) * sizeof *d + rest;
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

/* product[k] *= |a[k] - b[k]|, where that is not 0. */
CLONES (spread, (double *product, double *zeros, const double *a, const double *b, size_t n), (product, zeros, a, b, n))
{
  for (size_t k = 0; k < n; k++) {
    double d = fabs (a[k] - b[k]);
    zeros[k] += d == 0 ? 1 : 0;
    product[k] *= d == 0 ? 1 : d;
  }
}

static void
renormalise (const space *s)
{
  for (size_t k = 0; k < s->wide; k++) {
    int e;
    s->product[k] = frexp (s->product[k], &e);
    s->exponent[k] += e;
  }
}

/* The beta statistic of y[n,m], for all delays and channels at once: product[tau
 * C + c] receives mean_i log10 (|s[i+tau] - s[j+tau]| / |Y_i - Y_j|), j the
 * neighbour of i.  Logarithms of products: a log a factor would take all the time. */
static void
beta (const space *s, const double *y, size_t n, size_t m, size_t theiler)
{
  double base = 0;
  size_t used = 0;
  neighbours_of (y, n, m, theiler, s->near, s->after, s->rest);
  for (size_t k = 0; k < s->wide; k++) {
    s->product[k] = 1;
    s->exponent[k] = s->zeros[k] = 0;
  }
  for (size_t i = 0; i < n; i++) {
    if (s->near[i] < 0 || !(s->after[i] > 0))
      continue;
    spread (s->product, s->zeros, s->z + i * s->C, s->z + (size_t)s->near[i] * s->C, s->wide);
    base += log10 (s->after[i]);
    if (++used % RENORM == 0)
      renormalise (s);
  }
  for (size_t k = 0; k < s->wide; k++) {
    double terms = (double)used - s->zeros[k];
    s->product[k]
        = terms > 0 ? (log10 (s->product[k]) + s->exponent[k] * log10 (2)) / terms - base / (double)used : -INFINITY;
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
      if (s->product[tau * s->C + c] > top) {
        top = s->product[tau * s->C + c];
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
  if (T < 4 * (POINTS / 2))
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

/* ---- Cao, Kennel ------------------------------------------------------------- */

#define FALSE_GROWTH 100.0 /* rtol^2 */
#define FALSE_SIZE 2.0     /* atol */

size_t
takens_growth_room (size_t T)
{
  return T * sizeof (double);
}

enum { LANES = 8 }; /* independent minima, so that they stay in vectors */

/* d2[j] += (x - s[j])^2; *least receives the least that is not 0.  Of two equal
 * points the next neighbour is taken, as by the peers.  n a multiple of LANES. */
CLONES (grow, (double *d2, const double *s, double x, size_t n, double *least), (d2, s, x, n, least))
{
  double low[LANES];
  for (int k = 0; k < LANES; k++)
    low[k] = INFINITY;
  for (size_t j = 0; j < n; j += LANES)
    for (int k = 0; k < LANES; k++) {
      double step = x - s[j + (size_t)k], d = d2[j + (size_t)k] + step * step, v = d > 0 ? d : INFINITY;
      d2[j + (size_t)k] = d;
      low[k] = v < low[k] ? v : low[k];
    }
  *least = low[0];
  for (int k = 1; k < LANES; k++)
    *least = low[k] < *least ? low[k] : *least;
}

/* The first of d2[n] that is v; n a multiple of LANES. */
CLONES (find, (const double *d2, size_t n, double v, size_t *at), (d2, n, v, at))
{
  size_t j = 0;
  for (int hit = 0; j < n && !hit; j += hit ? 0 : LANES)
    for (int k = 0; k < LANES; k++)
      hit |= d2[j + (size_t)k] == v;
  while (j < n && d2[j] != v)
    j++;
  *at = j;
}

/* The nearest of the n points at one more coordinate: the whole lanes, then the
 * rest one by one.  n: there is none. */
static size_t
nearest_of (double *d2, const double *s, double x, size_t n)
{
  size_t whole = n - n % LANES, at = n;
  double least;
  grow (d2, s, x, whole, &least);
  find (d2, least < INFINITY ? whole : 0, least, &at);
  if (!(least < INFINITY))
    at = n;
  for (size_t j = whole; j < n; j++) {
    d2[j] += (x - s[j]) * (x - s[j]);
    if (d2[j] > 0 && d2[j] < least) {
      least = d2[j];
      at = j;
    }
  }
  return at;
}

/* One point through all dimensions: its distances to all others grow by one
 * coordinate at a time and stay in the first-level cache. */
static void
point (const double *s, size_t T, size_t tau, size_t i, size_t top, double sd, double *a, double *fnn, double *d2)
{
  memset (d2, 0, T * sizeof *d2);
  d2[i] = INFINITY; /* no neighbour of its own */
  for (size_t d = 1; d <= top; d++) {
    size_t n = T - d * tau;
    if (i >= n)
      return;
    size_t j = nearest_of (d2, s + (d - 1) * tau, s[i + (d - 1) * tau], n);
    if (j == n)
      continue;
    double step = s[i + d * tau] - s[j + d * tau], more = d2[j] + step * step;
    a[d - 1] += sqrt (more / d2[j]) / (double)(n - 1);
    fnn[d - 1] += (more / d2[j] - 1 > FALSE_GROWTH || sqrt (more) > FALSE_SIZE * sd) / (double)n;
  }
}

size_t
takens_growth (const double *s, size_t T, size_t tau, size_t most, double *a, double *fnn, void *room)
{
  size_t top = 0;
  double mean = 0, sd = 0;
  while (top <= most && (top + 1) * tau + POINTS <= T)
    top++;
  memset (a, 0, (most + 1) * sizeof *a);
  memset (fnn, 0, (most + 1) * sizeof *fnn);
  for (size_t t = 0; t < T; t++)
    mean += s[t] / (double)T;
  for (size_t t = 0; t < T; t++)
    sd += (s[t] - mean) * (s[t] - mean) / (double)T;
  for (size_t i = 0; top && i < T - tau; i++)
    point (s, T, tau, i, top, sqrt (sd), a, fnn, room);
  return top;
}
