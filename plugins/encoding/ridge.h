/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine under ridge: for every target y (a voxel) its own alpha, and
 *   min_b |X b + b0 - y|^2 + alpha |b|^2.
 *
 * n samples (times), p features, t targets.  X is [n,p]; Y is [t,n], a target a
 * row, of doubles or floats.
 */
#ifndef FNX_ENCODING_RIDGE_H
#define FNX_ENCODING_RIDGE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

typedef struct ridge_setup {
  double *alpha; /* n_alpha of them, above 0 */
  size_t n_alpha;
  size_t cv; /* folds, contiguous */
  bool intercept;
  bool single; /* the large products in float */
} ridge_setup;

typedef struct ridge_data {
  size_t n, p, t;
  const double *x;
  const void *y;
  bool y_float;
} ridge_data;

/* What comes out, owned: free each. */
typedef struct ridge_fit {
  double *w;         /* t x p */
  double *intercept; /* t */
  double *alpha;     /* t: chosen; NaN for a target with missing samples */
  double *score;     /* t: minus the mean squared error over folds at that alpha; NaN without folds */
} ridge_fit;

fnx_status ridge_solve (fnx_call *, const ridge_setup *, const ridge_data *, ridge_fit *);
void ridge_fit_free (ridge_fit *);

/* ---- tile.c: what is done to a tile of targets, in float or double ---- */
enum { TILE = 256 }; /* targets: the packed tile and its predictions stay in L2/L3 */

/* One decomposition, of the kernel Xc Xc^T (n < p) or of Xc^T Xc:
 * predictions for left-out rows are  Y F^T diag (1 / (l + alpha)) P^T. */
typedef struct split {
  size_t first, end; /* left out: rows [first, end); the other m rows train */
  size_t m, s;       /* s = min (m, p) */
  bool direct;       /* G_a = P diag F made once, instead of Q = Y F^T a target */
  double *l;         /* s: eigenvalues, not negative */
  double *f;         /* s x m */
  double *p;         /* (end - first) x s; of the refit E: s x p with W = Q diag E */
} split;

typedef struct tiles {
  const ridge_data *d;
  const ridge_setup *how;
  const split *sp;
  double *mean; /* t: taken off every target */
  bool *bad;    /* t: missing samples */
  void *g;      /* direct: n_alpha x left out x m; else left out x s for each alpha; float or double */
  void *f;      /* s x m, float or double */
  void *work;   /* max_threads x work_size (..) elements */
  size_t work_size;
  double *score; /* n_alpha x t, summed over folds */
  ridge_fit *out;
} tiles;

/* Jobs of call->parallel: add the scores of one fold; the weights of the refit. */
fnx_status tile_scores_f (void *tiles, size_t tile, uint32_t worker);
fnx_status tile_scores_d (void *tiles, size_t tile, uint32_t worker);
fnx_status tile_weights_f (void *tiles, size_t tile, uint32_t worker);
fnx_status tile_weights_d (void *tiles, size_t tile, uint32_t worker);

#endif
