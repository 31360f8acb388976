/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The upper half of a correlation matrix by matrix products of blocks of rows,
 * never held as a whole: at 28,000 voxels it would be 6.3 GB, a tile is 2 MB.
 * Tiles have fixed sizes and each is one BLAS call on one thread, so a value
 * does not depend on who computes it.
 */
#include <stdatomic.h>

#include <cblas.h>

#include "plugins/network/network.h"

int64_t
net_block (int64_t n)
{
  return n <= 65536 ? 512 : 1024;
}

typedef struct walk {
  fnx_call *c;
  const double *z8;
  const float *z4;
  int64_t n, t, block, blocks;
  double scale;
  net_visit visit;
  void *arg;
  char *work; /* a tile for each worker */
  size_t tile_bytes, jobs;
  atomic_size_t done;
} walk;

/* Job number to block pair: row by row of the upper triangle. */
static void
pair_of (const walk *w, size_t job, int64_t *bi, int64_t *bj)
{
  int64_t i = 0, left = (int64_t)job;
  for (; left >= w->blocks - i; i++)
    left -= w->blocks - i;
  *bi = i, *bj = i + left;
}

static fnx_status
tile (void *arg, size_t job, uint32_t worker)
{
  walk *w = arg;
  net_tile k = { .ld = w->block, .worker = worker };
  void *r = w->work + worker * w->tile_bytes;
  pair_of (w, job, &k.bi, &k.bj);
  k.i0 = k.bi * w->block, k.j0 = k.bj * w->block;
  k.ni = k.i0 + w->block < w->n ? w->block : w->n - k.i0;
  k.nj = k.j0 + w->block < w->n ? w->block : w->n - k.j0;
  if (w->z4) {
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)k.ni, (int)k.nj, (int)w->t, (float)w->scale,
                 w->z4 + k.i0 * w->t, (int)w->t, w->z4 + k.j0 * w->t, (int)w->t, 0, r, (int)k.ld);
    k.r4 = r;
  } else {
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)k.ni, (int)k.nj, (int)w->t, w->scale,
                 w->z8 + k.i0 * w->t, (int)w->t, w->z8 + k.j0 * w->t, (int)w->t, 0, r, (int)k.ld);
    k.r8 = r;
  }
  fnx_status e = w->visit (w->arg, &k);
  if (!e && w->c->progress (w->c, atomic_fetch_add (&w->done, 1) + 1, w->jobs))
    e = FNX_E_CANCELLED;
  return e;
}

fnx_status
net_tiles (fnx_call *c, const double *z8, const float *z4, int64_t n, int64_t t, double scale, net_visit visit,
           void *arg)
{
  walk w = {
    .c = c, .z8 = z8, .z4 = z4, .n = n, .t = t, .block = net_block (n), .scale = scale, .visit = visit, .arg = arg
  };
  if (t > INT32_MAX)
    return c->fail (c, FNX_E_DATA, "%lld samples are too many for one matrix product", (long long)t);
  w.blocks = (n + w.block - 1) / w.block;
  w.jobs = (size_t)(w.blocks * (w.blocks + 1) / 2);
  w.tile_bytes = (size_t)(w.block * w.block) * (z4 ? sizeof (float) : sizeof (double));
  uint32_t workers = c->max_threads ? c->max_threads : 1;
  if (!(w.work = c->scratch (c, workers * w.tile_bytes)))
    return FNX_E_NOMEM;
  return c->parallel (c, w.jobs, tile, &w);
}
