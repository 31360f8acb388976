/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ridge with one alpha a target, by cross-validation over contiguous folds:
 * himalaya's semantics (Dupre la Tour et al., NeuroImage 264:119728, 2022).
 * One eigendecomposition of the smaller side a fold serves all alphas, one
 * more the refit; the rest is matrix products over tiles of targets.
 *
 * A target takes the alpha with the highest mean of  -MSE over folds, plus
 * 1e-10 ln alpha, so that ties go to the larger one.
 */
#include "plugins/encoding/ridge.h"

#include <cblas.h>
#include <math.h>

#include "plugins/common/linalg.h"

void
ridge_fit_free (ridge_fit *f)
{
  free (f->w);
  free (f->intercept);
  free (f->alpha);
  free (f->score);
}

static void
split_free (split *sp)
{
  free (sp->l);
  free (sp->f);
  free (sp->p);
}

/* X without the mean of its training rows: xc[n,p], all rows. */
static void
centre (const ridge_data *d, const split *sp, bool intercept, double *xc, double *mean)
{
  memset (mean, 0, d->p * sizeof *mean);
  for (size_t i = 0; intercept && i < d->n; i++)
    if (i < sp->first || i >= sp->end)
      for (size_t j = 0; j < d->p; j++)
        mean[j] += d->x[i * d->p + j] / (double)sp->m;
  for (size_t i = 0; i < d->n; i++)
    for (size_t j = 0; j < d->p; j++)
      xc[i * d->p + j] = d->x[i * d->p + j] - mean[j];
}

typedef struct decomposition {
  fnx_call *c;
  const ridge_data *d;
  const ridge_setup *how;
  split *sp; /* cv folds, then the refit, which leaves nothing out */
  size_t n_sp;
} decomposition;

/* Eigenvectors of the smaller side: rows of f for the kernel (s = m), or of
 * Xc^T Xc, where f = v Xc^T.  xt are the m training rows, packed. */
static int
decompose (split *sp, const double *xt, size_t p, double **v)
{
  size_t m = sp->m, s = sp->s;
  double *work = malloc (la_eig_work ((int)s) * sizeof *work);
  int info = -1;
  *v = malloc (s * s * sizeof **v);
  if (work && *v) {
    if (m <= p)
      la_gram (*v, xt, (int)m, (int)p, 1, 0);
    else
      la_gram_t (*v, xt, (int)p, (int)m, 1, 0);
    info = la_eig (*v, (int)s, *v, sp->l, work);
  }
  for (size_t j = 0; info == 0 && j < s; j++)
    sp->l[j] = sp->l[j] > 0 ? sp->l[j] : 0;
  free (work);
  return info;
}

/* From eigenvectors to f and p.  `left` are the k left-out rows; the refit has
 * none and gets E instead. */
static int
finish (split *sp, const double *xt, const double *left, size_t p, double *v)
{
  size_t m = sp->m, s = sp->s, k = sp->end - sp->first;
  bool kernel = m <= p;
  double *t = NULL;
  int st = -1;
  if (kernel)
    memcpy (sp->f, v, s * m * sizeof *v);
  else
    la_mul_nt (sp->f, v, xt, (int)s, (int)m, (int)p, 1, 0);
  if (k == 0) { /* W = Q diag E, E = v Xc or v */
    if (kernel)
      la_mul (sp->p, v, xt, (int)s, (int)p, (int)m, 1, 0);
    else
      memcpy (sp->p, v, s * p * sizeof *v);
    return 0;
  }
  if (!kernel) {
    la_mul_nt (sp->p, left, v, (int)k, (int)s, (int)p, 1, 0);
    return 0;
  }
  if ((t = malloc (k * m * sizeof *t))) {
    la_mul_nt (t, left, xt, (int)k, (int)m, (int)p, 1, 0);
    la_mul_nt (sp->p, t, v, (int)k, (int)s, (int)m, 1, 0);
    st = 0;
  }
  free (t);
  return st;
}

static fnx_status
one_split (void *arg, size_t i, uint32_t worker)
{
  const decomposition *q = arg;
  const ridge_data *d = q->d;
  split *sp = &q->sp[i];
  size_t k = sp->end - sp->first;
  (void)worker;
  sp->m = d->n - k;
  sp->s = sp->m < d->p ? sp->m : d->p;
  sp->direct = k && sp->m <= d->p && d->t > q->how->n_alpha * k / 2;
  double *xc = malloc (d->n * d->p * sizeof *xc), *mean = malloc (d->p * sizeof *mean);
  double *left = malloc ((k * d->p + 1) * sizeof *left), *v = NULL;
  sp->l = malloc (sp->s * sizeof *sp->l);
  sp->f = malloc (sp->s * sp->m * sizeof *sp->f);
  sp->p = malloc (sp->s * (k ? k : d->p) * sizeof *sp->p);
  int info = -1;
  if (xc && mean && left && sp->l && sp->f && sp->p) {
    centre (d, sp, q->how->intercept, xc, mean);
    memcpy (left, xc + sp->first * d->p, k * d->p * sizeof *xc);
    memmove (xc + sp->first * d->p, xc + sp->end * d->p, (d->n - sp->end) * d->p * sizeof *xc);
    info = decompose (sp, xc, d->p, &v);
    if (info == 0)
      info = finish (sp, xc, left, d->p, v);
  }
  free (xc);
  free (mean);
  free (left);
  free (v);
  if (info < 0)
    return q->c->fail (q->c, FNX_E_NOMEM, "no memory for a decomposition of %zu x %zu values", sp->s, sp->s);
  if (info)
    return q->c->fail (q->c, FNX_E_NUMERIC, "the features of %s have no eigenvalues (LAPACK %d)", q->c->recording,
                       info);
  return q->c->progress (q->c, i, 2 * q->n_sp) ? FNX_E_CANCELLED : FNX_OK;
}

static void
narrow (const double *from, size_t n, bool single, void *to)
{
  if (!single)
    memcpy (to, from, n * sizeof *from);
  else
    for (size_t i = 0; i < n; i++)
      ((float *)to)[i] = (float)from[i];
}

/* G_a = P diag (1 / (l + a)), times F when it is to act on Y directly. */
static fnx_status
one_map (void *arg, size_t a, uint32_t worker)
{
  const tiles *w = arg;
  const split *sp = w->sp;
  size_t k = sp->end - sp->first, s = sp->s, cols = sp->direct ? sp->m : s;
  size_t size = w->how->single ? sizeof (float) : sizeof (double);
  void *to = (char *)w->g + a * k * cols * size;
  double *t = malloc (k * s * sizeof *t), *g = NULL;
  (void)worker;
  if (!t)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j < s; j++)
      t[i * s + j] = sp->p[i * s + j] / (sp->l[j] + w->how->alpha[a]);
  if (!sp->direct)
    narrow (t, k * s, w->how->single, to);
  else if (!w->how->single)
    la_mul (to, t, sp->f, (int)k, (int)sp->m, (int)s, 1, 0);
  else if ((g = malloc (k * s * sizeof (float)))) {
    narrow (t, k * s, true, g);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, (int)sp->m, (int)s, 1, (float *)g, (int)s, w->f,
                 (int)sp->m, 0, to, (int)sp->m);
  } else {
    free (t);
    return FNX_E_NOMEM;
  }
  free (t);
  free (g);
  return FNX_OK;
}

/* Scores of one fold, or with k = 0 the weights, for all tiles. */
static fnx_status
all_tiles (fnx_call *c, tiles *w, const split *sp)
{
  const ridge_data *d = w->d;
  bool single = w->how->single;
  size_t size = single ? sizeof (float) : sizeof (double), k = sp->end - sp->first, n_tile = (d->t + TILE - 1) / TILE;
  size_t n_g = k ? w->how->n_alpha * k * (sp->direct ? sp->m : sp->s) : sp->s * d->p;
  fnx_status st = FNX_OK;
  w->sp = sp;
  w->work_size = TILE * (d->n + (k ? k + sp->s : sp->s + d->p));
  w->g = malloc (n_g * size);
  w->f = malloc (sp->s * sp->m * size);
  w->work = malloc (c->max_threads * w->work_size * size);
  if (!w->g || !w->f || !w->work)
    st = c->fail (c, FNX_E_NOMEM,
                  "no memory for the maps of %zu alphas (%zu MB)\ngive fewer alphas, or precision=single",
                  w->how->n_alpha, n_g * size >> 20);
  if (st == FNX_OK) {
    narrow (sp->f, sp->s * sp->m, single, w->f);
    if (k)
      st = c->parallel (c, w->how->n_alpha, one_map, w);
    else
      narrow (sp->p, n_g, single, w->g);
    if (st == FNX_E_NOMEM)
      c->fail (c, st, "no memory for the maps of %zu alphas", w->how->n_alpha);
  }
  if (st == FNX_OK)
    st = k ? c->parallel (c, n_tile, single ? tile_scores_f : tile_scores_d, w)
           : c->parallel (c, n_tile, single ? tile_weights_f : tile_weights_d, w);
  free (w->g);
  free (w->f);
  free (w->work);
  return st;
}

/* Means of the targets, and which have missing samples. */
static size_t
look (const ridge_data *d, bool intercept, double *mean, bool *bad)
{
  size_t n_bad = 0;
  for (size_t v = 0; v < d->t; v++) {
    double sum = 0;
    for (size_t i = 0; i < d->n; i++)
      sum += d->y_float ? (double)((const float *)d->y)[v * d->n + i] : ((const double *)d->y)[v * d->n + i];
    bad[v] = !isfinite (sum);
    n_bad += bad[v];
    mean[v] = bad[v] || !intercept ? 0 : sum / (double)d->n;
  }
  return n_bad;
}

static void
choose (fnx_call *c, const tiles *w, size_t n_fold)
{
  const ridge_setup *how = w->how;
  size_t t = w->d->t, edge[2] = { 0, 0 }, low = 0, high = 0, good = 0;
  for (size_t a = 1; a < how->n_alpha; a++) {
    low = how->alpha[a] < how->alpha[low] ? a : low;
    high = how->alpha[a] > how->alpha[high] ? a : high;
  }
  for (size_t v = 0; v < t; v++) {
    size_t best = 0;
    double top = -INFINITY;
    for (size_t a = 0; a < how->n_alpha && n_fold; a++) {
      double s = w->score[a * t + v] / (double)n_fold + 1e-10 * log (how->alpha[a]);
      if (s > top) {
        top = s;
        best = a;
      }
    }
    w->out->alpha[v] = w->bad[v] ? NAN : how->alpha[best];
    w->out->score[v] = w->bad[v] || !n_fold ? NAN : w->score[best * t + v] / (double)n_fold;
    good += !w->bad[v];
    edge[0] += !w->bad[v] && best == low;
    edge[1] += !w->bad[v] && best == high;
  }
  for (int e = 0; e < 2 && n_fold; e++)
    if (edge[e] > good / 20)
      c->log (c, FNX_LOG_NOTE, "%zu of %zu voxels chose the %s alpha, %g; %s ones may do better", edge[e], good,
              e ? "largest" : "smallest", how->alpha[e ? high : low], e ? "larger" : "smaller");
}

static fnx_status
set_up (fnx_call *c, const ridge_setup *how, const ridge_data *d, ridge_fit *out, tiles *w, split **sp, size_t *n_fold)
{
  *n_fold = how->n_alpha > 1 ? how->cv : 0;
  *w = (tiles){ .d = d, .how = how, .out = out };
  *sp = calloc (*n_fold + 1, sizeof **sp);
  w->mean = calloc (d->t + 1, sizeof *w->mean);
  w->bad = calloc (d->t + 1, sizeof *w->bad);
  w->score = calloc (how->n_alpha * d->t + 1, sizeof *w->score);
  out->w = calloc (d->t * d->p + 1, sizeof *out->w);
  out->intercept = calloc (d->t + 1, sizeof *out->intercept);
  out->alpha = calloc (d->t + 1, sizeof *out->alpha);
  out->score = calloc (d->t + 1, sizeof *out->score);
  if (!*sp || !w->mean || !w->bad || !w->score || !out->w || !out->intercept || !out->alpha || !out->score)
    return c->fail (c, FNX_E_NOMEM, "no memory for %zu voxels of %zu weights (%zu MB)", d->t, d->p,
                    d->t * d->p * sizeof (double) >> 20);
  /* contiguous folds; the first n mod cv have one row more */
  for (size_t i = 0, at = 0; i < *n_fold; i++) {
    (*sp)[i].first = at;
    at += d->n / *n_fold + (i < d->n % *n_fold);
    (*sp)[i].end = at;
  }
  return FNX_OK;
}

/* b0 = mean y - mean x . b */
static fnx_status
intercepts (fnx_call *c, const tiles *w)
{
  const ridge_data *d = w->d;
  double *x = c->scratch (c, d->p * sizeof *x);
  if (!x)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < d->n; i++)
    la_axpy (x, 1 / (double)d->n, d->x + i * d->p, d->p);
  for (size_t v = 0; v < d->t; v++)
    w->out->intercept[v] = w->how->intercept ? w->mean[v] - la_dot (x, w->out->w + v * d->p, d->p) : 0;
  return FNX_OK;
}

fnx_status
ridge_solve (fnx_call *c, const ridge_setup *how, const ridge_data *d, ridge_fit *out)
{
  tiles w;
  split *sp = NULL;
  size_t n_fold = 0;
  fnx_status st = set_up (c, how, d, out, &w, &sp, &n_fold);
  if (st == FNX_OK) {
    size_t n_bad = look (d, how->intercept, w.mean, w.bad);
    if (n_bad)
      c->log (c, FNX_LOG_NOTE, "%zu of %zu voxels have missing samples and are not fitted", n_bad, d->t);
    decomposition q = { c, d, how, sp, n_fold + 1 };
    st = c->parallel (c, n_fold + 1, one_split, &q);
  }
  for (size_t i = 0; i < n_fold && st == FNX_OK; i++) {
    st = all_tiles (c, &w, &sp[i]);
    if (st == FNX_OK && c->progress (c, n_fold + 1 + i, 2 * n_fold + 2))
      st = FNX_E_CANCELLED;
  }
  if (st == FNX_OK) {
    choose (c, &w, n_fold);
    st = all_tiles (c, &w, &sp[n_fold]);
  }
  if (st == FNX_OK)
    st = intercepts (c, &w);
  for (size_t i = 0; sp && i <= n_fold; i++)
    split_free (&sp[i]);
  free (sp);
  free (w.mean);
  free (w.bad);
  free (w.score);
  return st;
}
