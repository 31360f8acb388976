/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inner products of rows, in tiles: with p features >> n trials (tangent
 * vectors have thousands) the Gram matrix by dgemm is what makes a kernel
 * machine fast.  Each job owns one block of the result and packs the rows it
 * needs, so nothing is gathered and no two jobs write to one place.
 */
#include "plugins/common/machine.h"

#include <cblas.h>

enum { BLOCK = 96, DEPTH = 512 }; /* 2 x 384 KiB of packed rows: stays in L2 */

typedef struct work {
  const rows *a, *b;
  const double *mean;
  double *out;
  size_t nb;    /* blocks along b */
  double *pack; /* max_threads x 2 x BLOCK x DEPTH */
} work;

static size_t
least (size_t a, size_t b)
{
  return a < b ? a : b;
}

static void
pack (double *to, const rows *x, const double *mean, size_t first, size_t n, size_t from, size_t depth)
{
  for (size_t i = 0; i < n; i++, to += DEPTH) {
    const double *row = x->at[first + i] + from;
    if (mean)
      for (size_t j = 0; j < depth; j++)
        to[j] = row[j] - mean[from + j];
    else
      memcpy (to, row, depth * sizeof *to);
  }
}

static fnx_status
block (void *arg, size_t job, uint32_t worker)
{
  const work *w = arg;
  bool gram = w->a == w->b;
  size_t bi = job / w->nb, bj = job % w->nb;
  if (gram && bj > bi)
    return FNX_OK;
  size_t i0 = bi * BLOCK, j0 = bj * BLOCK, ld = w->b->n;
  size_t ni = least (BLOCK, w->a->n - i0), nj = least (BLOCK, w->b->n - j0);
  double *pa = w->pack + (size_t)worker * 2 * BLOCK * DEPTH, *pb = pa + BLOCK * DEPTH;
  double *out = w->out + i0 * ld + j0;
  for (size_t k = 0; k < w->a->p; k += DEPTH) {
    size_t nk = least (DEPTH, w->a->p - k);
    pack (pa, w->a, w->mean, i0, ni, k, nk);
    if (gram && bi == bj)
      cblas_dsyrk (CblasRowMajor, CblasLower, CblasNoTrans, (int)ni, (int)nk, 1, pa, DEPTH, 1, out, (int)ld);
    else {
      pack (pb, w->b, w->mean, j0, nj, k, nk);
      cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)ni, (int)nj, (int)nk, 1, pa, DEPTH, pb, DEPTH, 1, out,
                   (int)ld);
    }
  }
  return FNX_OK;
}

fnx_status
products (fnx_call *c, const rows *a, const rows *b, const double *mean, double *out)
{
  work w = { .a = a, .b = b, .mean = mean, .out = out, .nb = (b->n + BLOCK - 1) / BLOCK };
  size_t na = (a->n + BLOCK - 1) / BLOCK;
  w.pack = c->scratch (c, (size_t)c->max_threads * 2 * BLOCK * DEPTH * sizeof *w.pack);
  if (!w.pack)
    return FNX_E_NOMEM;
  memset (out, 0, a->n * b->n * sizeof *out);
  fnx_status st = c->parallel (c, na * w.nb, block, &w);
  if (st == FNX_OK && a == b)
    for (size_t i = 0; i < a->n; i++)
      for (size_t j = 0; j < i; j++)
        out[j * a->n + i] = out[i * a->n + j];
  return st;
}
