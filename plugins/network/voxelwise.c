/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Degree, weight sum and degree by distance of each voxel in the network of
 * all voxels (Dey, Rao, Shah 2012), without ever holding that network.
 *
 * Which pairs are edges must depend on the data alone, but products in floating
 * point differ in their last bits with the shape of a tile and the BLAS. So a
 * pair within the error bound (T + 4) u of tau is decided again by a dot
 * product in double whose order is fixed; a few in a million are.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/network/network.h"

/* ---- distance ------------------------------------------------------------------ */
/* Voxels lie on a grid, so the bin of a pair follows from the difference of
 * their indices: one subtraction of codes and one look-up. */
typedef struct bins {
  int64_t n; /* 1 without distance maps */
  int32_t *code;
  uint8_t *table;
  int64_t centre;
} bins;

#define MOST_TABLE ((int64_t)1 << 28)
/* Distances equal to an edge but for rounding go to the upper bin. */
#define SNAP 1e-6

static fnx_status
bins_make (fnx_call *c, const net_distance *d, const int64_t *row, int64_t n, bins *b)
{
  int64_t lo[3], hi[3], span[3], step[3], size = 1;
  *b = (bins){ .n = 1 };
  if (!d->n_edges)
    return FNX_OK;
  b->n = d->n_edges + 1;
  for (int k = 0; k < 3; k++) {
    lo[k] = INT64_MAX, hi[k] = INT64_MIN;
    for (int64_t i = 0; i < n; i++) {
      double v = d->xyz[k][row[i]];
      if (!(fabs (v) < 1e6 && v == floor (v)))
        return c->fail (c, FNX_E_DATA, "voxel %lld has index %c = %g, no whole number", (long long)row[i], "xyz"[k], v);
      lo[k] = (int64_t)v < lo[k] ? (int64_t)v : lo[k];
      hi[k] = (int64_t)v > hi[k] ? (int64_t)v : hi[k];
    }
    span[k] = 2 * (hi[k] - lo[k]) + 1; /* differences */
    step[k] = size;
    size *= span[k];
    if (size > MOST_TABLE)
      return c->fail (c, FNX_E_DATA, "the voxels span a box too large for distance maps (%lld differences)",
                      (long long)size);
  }
  b->code = c->scratch (c, (size_t)n * sizeof *b->code);
  b->table = c->scratch (c, (size_t)size);
  if (!b->code || !b->table)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < n; i++) {
    int64_t code = 0;
    for (int k = 0; k < 3; k++)
      code += ((int64_t)d->xyz[k][row[i]] - lo[k]) * step[k];
    b->code[i] = (int32_t)code;
  }
  for (int k = 0; k < 3; k++)
    b->centre += (hi[k] - lo[k]) * step[k];
  const double *m = d->affine;
  for (int64_t at = 0; at < size; at++) {
    double o[3], square = 0;
    for (int k = 0; k < 3; k++)
      o[k] = (double)(at / step[k] % span[k] - (hi[k] - lo[k]));
    for (int i = 0; i < 3; i++) {
      double mm = m[4 * i] * o[0] + m[4 * i + 1] * o[1] + m[4 * i + 2] * o[2];
      square += mm * mm;
    }
    double r = sqrt (square) + SNAP;
    uint8_t bin = 0;
    while (bin < d->n_edges && r >= d->edges[bin])
      bin++;
    b->table[at] = bin;
  }
  return FNX_OK;
}

/* ---- one tile ------------------------------------------------------------------- */
typedef struct net {
  const double *z;
  int64_t n, t, blocks;
  double tau, delta;
  int64_t sign;
  bins b;
  uint32_t *count; /* [worker][n][bins]: whole numbers, so any order will do */
  double *part;    /* [block][n]: weight of edges to that block; each written once */
  int32_t *found;  /* [worker][block] columns that may be edges */
  double *column;  /* [worker][block] */
} net;

static double
exact (const net *s, int64_t i, int64_t j)
{
  const double *a = s->z + i * s->t, *b = s->z + j * s->t;
  double r = 0;
  for (int64_t k = 0; k < s->t; k++)
    r += a[k] * b[k];
  return net_strength (r, s->sign);
}

/* Columns of a row whose strength may exceed tau: no branch, one pass. */
#define CANDIDATES(NAME, REAL, ABS)                                                                                    \
  static int64_t NAME (const REAL *r, int64_t from, int64_t n, REAL low, bool absolute, int32_t *out)                  \
  {                                                                                                                    \
    int64_t m = 0;                                                                                                     \
    if (absolute)                                                                                                      \
      for (int64_t j = from; j < n; j++) {                                                                             \
        out[m] = (int32_t)j;                                                                                           \
        m += ABS (r[j]) > low;                                                                                         \
      }                                                                                                                \
    else                                                                                                               \
      for (int64_t j = from; j < n; j++) {                                                                             \
        out[m] = (int32_t)j;                                                                                           \
        m += r[j] > low;                                                                                               \
      }                                                                                                                \
    return m;                                                                                                          \
  }
CANDIDATES (candidates8, double, fabs)
CANDIDATES (candidates4, float, fabsf)

static fnx_status
visit (void *arg, const net_tile *k)
{
  net *s = arg;
  const int64_t block = k->ld, n_bins = s->b.n;
  int32_t *found = s->found + k->worker * block;
  double *column = s->column + k->worker * block;
  uint32_t *count = s->count + (int64_t)k->worker * s->n * n_bins;
  const bool diagonal = k->bi == k->bj, absolute = s->sign == SIGN_ABSOLUTE;
  const double low = s->tau - s->delta, high = s->tau + s->delta;
  memset (column, 0, (size_t)k->nj * sizeof *column);
  for (int64_t a = 0; a < k->ni; a++) {
    const int64_t i = k->i0 + a, from = diagonal ? a + 1 : 0;
    const double *r8 = k->r8 ? k->r8 + a * k->ld : NULL;
    const float *r4 = k->r4 ? k->r4 + a * k->ld : NULL;
    const int64_t m = r8 ? candidates8 (r8, from, k->nj, low, absolute, found)
                         : candidates4 (r4, from, k->nj, nextafterf ((float)low, -2), absolute, found);
    const uint8_t *table = s->b.table ? s->b.table + s->b.centre - s->b.code[i] : NULL;
    double weight = 0;
    for (int64_t e = 0; e < m; e++) {
      const int64_t b = found[e], j = k->j0 + b;
      /* the sign is already in the product, see scale */
      double v = r8 ? r8[b] : (double)r4[b];
      v = absolute ? fabs (v) : v;
      if (v <= high && !(exact (s, i, j) > s->tau))
        continue;
      const uint8_t bin = table ? table[s->b.code[j]] : 0;
      weight += v;
      column[b] += v;
      count[i * n_bins + bin]++;
      count[j * n_bins + bin]++;
    }
    if (diagonal)
      column[a] += weight; /* later rows of this tile add theirs: order fixed */
    else
      s->part[k->bj * s->n + i] = weight;
  }
  memcpy (s->part + k->bi * s->n + k->j0, column, (size_t)k->nj * sizeof *column);
  return FNX_OK;
}

/* ---- all ---------------------------------------------------------------------------- */
/* Move good rows up, over those that can have no edge: a row of zeros would
 * have r = 0, which a tau below 0 lets pass. */
static int64_t
compact (double *z, const uint8_t *state, int64_t n, int64_t t, int64_t *row)
{
  int64_t m = 0;
  for (int64_t i = 0; i < n; i++) {
    if (state[i] != ROW_GOOD)
      continue;
    if (m != i)
      memcpy (z + m * t, z + i * t, (size_t)t * sizeof *z);
    row[m++] = i;
  }
  return m;
}

/* Maps of row i from the counts of all workers and the weights of all blocks,
 * added in their order. */
static void
collect (const net *s, size_t workers, int64_t i, bool maps, double *o)
{
  o[0] = o[1] = 0;
  for (int64_t b = 0; b < s->b.n; b++) {
    uint64_t k = 0;
    for (size_t w = 0; w < workers; w++)
      k += s->count[((int64_t)w * s->n + i) * s->b.n + b];
    o[0] += (double)k;
    if (maps)
      o[2 + b] = (double)k;
  }
  for (int64_t b = 0; b < s->blocks; b++)
    o[1] += s->part[b * s->n + i];
}

fnx_status
net_voxelwise (fnx_call *c, double *z, const uint8_t *state, int64_t n_rows, int64_t t, double tau, int64_t sign,
               bool f4, const net_distance *d, double *out)
{
  int64_t *row = c->scratch (c, (size_t)n_rows * sizeof *row);
  if (!row)
    return FNX_E_NOMEM;
  net s = { .z = z, .n = compact (z, state, n_rows, t, row), .t = t, .tau = tau, .sign = sign };
  int64_t block = net_block (s.n);
  size_t workers = c->max_threads ? c->max_threads : 1;
  s.blocks = (s.n + block - 1) / block;
  s.delta = (double)(t + 4) * (f4 ? FLT_EPSILON : DBL_EPSILON) / 2;
  if (s.n == 0)
    return FNX_OK;
  fnx_status e = bins_make (c, d, row, s.n, &s.b);
  if (e)
    return e;
  float *z4 = f4 ? c->scratch (c, (size_t)(s.n * t) * sizeof *z4) : NULL;
  s.count = c->scratch (c, workers * (size_t)(s.n * s.b.n) * sizeof *s.count);
  s.part = c->scratch (c, (size_t)(s.blocks * s.n) * sizeof *s.part);
  s.found = c->scratch (c, workers * (size_t)block * sizeof *s.found);
  s.column = c->scratch (c, workers * (size_t)block * sizeof *s.column);
  if ((f4 && !z4) || !s.count || !s.part || !s.found || !s.column)
    return FNX_E_NOMEM;
  for (int64_t i = 0; f4 && i < s.n * t; i++)
    z4[i] = (float)z[i];
  if ((e = net_tiles (c, z, z4, s.n, t, sign == SIGN_NEGATIVE ? -1 : 1, visit, &s)))
    return e;
  int64_t maps = 2 + (d->n_edges ? s.b.n : 0);
  for (int64_t i = 0; i < s.n; i++)
    collect (&s, workers, i, d->n_edges > 0, out + row[i] * maps);
  return FNX_OK;
}
