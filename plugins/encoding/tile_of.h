/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The work on one tile of targets for one element type: included twice by
 * tile.c, with REAL, GEMM and NAME() set.
 */

/* The tile's targets less their means, missing ones as zeros: nv x n. */
static void
NAME (pack) (const tiles *w, size_t v0, size_t nv, REAL *to)
{
  size_t n = w->d->n;
  for (size_t v = 0; v < nv; v++, to += n) {
    double mean = w->mean[v0 + v];
    if (w->bad[v0 + v])
      memset (to, 0, n * sizeof *to);
    else if (w->d->y_float)
      for (size_t i = 0; i < n; i++)
        to[i] = (REAL)((const float *)w->d->y)[(v0 + v) * n + i] - (REAL)mean;
    else
      for (size_t i = 0; i < n; i++)
        to[i] = (REAL)(((const double *)w->d->y)[(v0 + v) * n + i] - mean);
  }
}

/* out[nv,rows] = Y without the left-out columns, times b[rows,m]^T. */
static void
NAME (train_times) (const tiles *w, const REAL *y, size_t nv, const REAL *b, size_t rows, REAL *out)
{
  const split *sp = w->sp;
  size_t n = w->d->n, after = n - sp->end;
  REAL beta = 0;
  if (sp->first) {
    GEMM (CblasRowMajor, CblasNoTrans, CblasTrans, (int)nv, (int)rows, (int)sp->first, 1, y, (int)n, b, (int)sp->m, 0,
          out, (int)rows);
    beta = 1;
  }
  if (after)
    GEMM (CblasRowMajor, CblasNoTrans, CblasTrans, (int)nv, (int)rows, (int)after, 1, y + sp->end, (int)n,
          b + sp->first, (int)sp->m, beta, out, (int)rows);
}

fnx_status
NAME (tile_scores) (void *arg, size_t tile, uint32_t worker)
{
  const tiles *w = arg;
  const split *sp = w->sp;
  size_t n = w->d->n, k = sp->end - sp->first, v0 = tile * TILE;
  size_t nv = w->d->t - v0 < TILE ? w->d->t - v0 : TILE, cols = sp->direct ? sp->m : sp->s;
  REAL *y = (REAL *)w->work + worker * w->work_size, *hat = y + TILE * n, *q = hat + TILE * k;
  NAME (pack) (w, v0, nv, y);
  if (!sp->direct)
    NAME (train_times) (w, y, nv, w->f, sp->s, q);
  for (size_t a = 0; a < w->how->n_alpha; a++) {
    const REAL *g = (const REAL *)w->g + a * k * cols;
    if (sp->direct)
      NAME (train_times) (w, y, nv, g, k, hat);
    else
      GEMM (CblasRowMajor, CblasNoTrans, CblasTrans, (int)nv, (int)k, (int)sp->s, 1, q, (int)sp->s, g, (int)sp->s, 0,
            hat, (int)k);
    for (size_t v = 0; v < nv; v++) {
      const REAL *left = y + v * n + sp->first, *h = hat + v * k;
      double sum = 0, mean = 0;
      /* targets have no mean over all rows, so over the training rows it is
       * minus what is left out */
      for (size_t i = 0; w->how->intercept && i < k; i++)
        mean -= (double)left[i];
      mean /= (double)sp->m;
      for (size_t i = 0; i < k; i++) {
        double r = (double)(left[i] - h[i]) - mean;
        sum += r * r;
      }
      w->score[a * w->d->t + v0 + v] -= sum / (double)k;
    }
  }
  return FNX_OK;
}

fnx_status
NAME (tile_weights) (void *arg, size_t tile, uint32_t worker)
{
  const tiles *w = arg;
  const split *sp = w->sp;
  size_t n = w->d->n, p = w->d->p, s = sp->s, v0 = tile * TILE;
  size_t nv = w->d->t - v0 < TILE ? w->d->t - v0 : TILE;
  REAL *y = (REAL *)w->work + worker * w->work_size, *q = y + TILE * n, *b = q + TILE * s;
  NAME (pack) (w, v0, nv, y);
  NAME (train_times) (w, y, nv, w->f, s, q);
  for (size_t v = 0; v < nv; v++)
    for (size_t j = 0; j < s; j++)
      q[v * s + j] = (REAL)((double)q[v * s + j] / (sp->l[j] + (w->bad[v0 + v] ? 1 : w->out->alpha[v0 + v])));
  GEMM (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)nv, (int)p, (int)s, 1, q, (int)s, w->g, (int)p, 0, b, (int)p);
  for (size_t v = 0; v < nv; v++)
    for (size_t j = 0; j < p; j++)
      w->out->w[(v0 + v) * p + j] = w->bad[v0 + v] ? NAN : (double)b[v * p + j];
  return FNX_OK;
}
