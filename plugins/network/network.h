/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the network steps share: rows of unit length, the walk over tiles of
 * their correlation matrix, and the question which pairs are edges.
 */
#ifndef FNX_NETWORK_H
#define FNX_NETWORK_H

#include <stdbool.h>

#include "fornix/plugin.h"
#include "plugins/common/give.h"

#define PARAM(NAME, ...) static const fnx_param_desc NAME = { .struct_size = sizeof NAME, __VA_ARGS__ }

/* ---- rows.c ---------------------------------------------------------------- */
enum { ROW_GOOD = 0, ROW_CONSTANT = 1, ROW_MISSING = 2 };
/* Row i of x[n,t] (float64, or float32 if f4) minus its mean, over its norm,
 * so that z_i . z_j is Pearson's r.  A constant row (max = min) or one with a
 * value that is not finite becomes 0 and is marked in state[n]. */
fnx_status net_unit_rows (fnx_call *, const void *x, bool f4, int64_t n, int64_t t, double *z, uint8_t *state);

/* ---- tiles.c: the upper half of Z Z', a tile at a time ---------------------- */
typedef struct net_tile {
  int64_t bi, bj; /* numbers of the row and column block, bi <= bj */
  int64_t i0, ni, j0, nj;
  int64_t ld;       /* of r */
  const double *r8; /* one of the two: r8[i * ld + j] is row i0 + i with j0 + j */
  const float *r4;
  uint32_t worker;
} net_tile;
typedef fnx_status (*net_visit) (void *arg, const net_tile *);
/* Rows in one block; a function of n alone, so results do not depend on the
 * number of threads. */
int64_t net_block (int64_t n);
/* Visit all tiles of scale * Z Z' in parallel, in any order. Products are made in
 * float32 when z4 is given, else in float64. */
fnx_status net_tiles (fnx_call *, const double *z8, const float *z4, int64_t n, int64_t t, double scale, net_visit,
                      void *arg);

/* ---- which pairs are edges --------------------------------------------------- */
enum { SIGN_POSITIVE, SIGN_ABSOLUTE, SIGN_NEGATIVE };
extern const char *const net_signs[]; /* for parameters */
static inline double
net_strength (double r, int64_t sign)
{
  return sign == SIGN_POSITIVE ? r : sign == SIGN_NEGATIVE ? -r : r < 0 ? -r : r;
}

/* ---- method.c ------------------------------------------------------------------ */
/* A way to make connectivity of series x[n,t]: writes out[n,n], symmetric. */
typedef struct net_method {
  const char *name, *doc;
  fnx_status (*run) (fnx_call *, const double *x, int64_t n, int64_t t, double *out, uint8_t *state);
} net_method;
extern const net_method net_methods[];
extern const char *const net_method_names[];

/* ---- voxelwise.c ------------------------------------------------------------------ */
typedef struct net_distance {
  int64_t n_edges;      /* 0: no distance maps */
  const double *edges;  /* mm, ascending, above 0: bins [0,e0) [e0,e1) ... [last,inf) */
  const double *xyz[3]; /* voxel indices, whole numbers */
  const double *affine; /* index to mm */
} net_distance;
/* Columns of out[n][2 + bins]: degree, weight sum, then degree by distance.
 * z is used up. */
fnx_status net_voxelwise (fnx_call *, double *z, const uint8_t *state, int64_t n, int64_t t, double tau, int64_t sign,
                          bool f4, const net_distance *, double *out);

extern const fnx_step_desc step_connectivity;
extern const fnx_step_desc step_threshold;
extern const fnx_step_desc step_degree;
extern const fnx_step_desc step_voxels;

#endif
