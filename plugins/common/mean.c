/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means of SPD matrices.
 *
 * Each is a weighted sum of terms, one a matrix, in a loop or without; the
 * affine-invariant one has a file of its own (mean_riemann.c).
 */
#include "plugins/common/mean_impl.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <string.h>

enum { MAX_TILES = 32 };

static double
weight (const mean_job *j, size_t i)
{
  return (j->in->w ? j->in->w[i] : 1) / j->total;
}

static fnx_status
tile (void *arg, size_t t, uint32_t worker)
{
  mean_job *j = arg;
  double *work = j->work + worker * j->room, *out = work + j->room - SPD_TOGETHER * j->q, *sum = j->sums + t * j->q;
  size_t end = (t + 1) * j->per_tile < j->in->count ? (t + 1) * j->per_tile : j->in->count, group;
  memset (sum, 0, j->q * sizeof *sum);
  j->extra[t] = 0;
  for (size_t i = t * j->per_tile; i < end; i += group) {
    double extra[SPD_TOGETHER] = { 0 };
    int bad;
    group = j->terms && end - i > SPD_TOGETHER ? SPD_TOGETHER : j->terms ? end - i : 1;
    bad = j->terms ? j->terms (j, j->in->x + i, group, out, extra, work) : j->term (j, j->in->x[i], out, extra, work);
    if (bad) {
      j->bad[t] = (int64_t)i + (bad > 0 ? bad - 1 : 0);
      return FNX_E_NUMERIC;
    }
    for (size_t k = 0; k < group; k++) {
      la_axpy (sum, weight (j, i + k), out + k * j->q, j->q);
      j->extra[t] += weight (j, i + k) * extra[k];
    }
  }
  return FNX_OK;
}

fnx_status
mean_sum (mean_job *j, double *sum, double *extra, mean_note *note)
{
  for (size_t t = 0; t < j->tiles; t++)
    j->bad[t] = -1;
  fnx_status status = j->c->parallel (j->c, j->tiles, tile, j);
  if (status != FNX_OK) {
    for (size_t t = 0; t < j->tiles && note->bad < 0; t++)
      note->bad = j->bad[t];
    return status;
  }
  memset (sum, 0, j->q * sizeof *sum);
  double e = 0;
  for (size_t t = 0; t < j->tiles; t++) {
    la_axpy (sum, 1, j->sums + t * j->q, j->q);
    e += j->extra[t];
  }
  if (extra)
    *extra = e;
  note->passes++;
  j->terms = NULL;
  return j->c->progress (j->c, 0, 0) ? FNX_E_CANCELLED : FNX_OK;
}

/* ---- terms ---------------------------------------------------------------- */

static int
term_same (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra, (void)work;
  memcpy (out, x, j->q * sizeof *out);
  return isfinite (la_norm (x, j->q)) ? 0 : -1;
}

static int
term_inverse (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra, (void)work;
  memcpy (out, x, j->q * sizeof *out);
  return la_spd_inv (out, (int)j->n) || !isfinite (la_norm (out, j->q)) ? -1 : 0;
}

static int
term_log (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra;
  return spd_log (x, (int)j->n, out, work);
}

/* ((x + a) / 2)^-1 */
static int
term_stein (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra, (void)work;
  for (size_t i = 0; i < j->q; i++)
    out[i] = 0.5 * (x[i] + j->a[i]);
  return la_spd_inv (out, (int)j->n) || !isfinite (la_norm (out, j->q)) ? -1 : 0;
}

/* log_M x = a r b + (a r b)^T - 2 M with a = M^-1/2, b = M^1/2, r = (b x b)^1/2
 * (Wasserstein); the -2M is added once by the caller. */
static int
term_wasserstein (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  size_t n = j->n;
  double *inner = work + spd_work ((int)n), *r = inner + j->q;
  (void)extra;
  la_congruence (x, j->b, (int)n, inner, work);
  if (spd_sqrt (inner, (int)n, r, work))
    return -1;
  la_mul (inner, j->a, r, (int)n, (int)n, (int)n, 1, 0);
  la_mul (r, inner, j->b, (int)n, (int)n, (int)n, 1, 0);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++)
      out[i * n + k] = r[i * n + k] + r[k * n + i];
  return 0;
}

/* Cholesky factor with the logarithm of its diagonal. */
static int
term_logchol (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  size_t n = j->n;
  (void)extra, (void)work;
  memcpy (out, x, j->q * sizeof *out);
  if (la_chol (out, (int)n))
    return -1;
  for (size_t i = 0; i < n; i++) {
    out[i * n + i] = log (out[i * n + i]);
    memset (out + i * n + i + 1, 0, (n - i - 1) * sizeof *out);
  }
  return isfinite (la_norm (out, j->q)) ? 0 : -1;
}

/* ---- closed forms --------------------------------------------------------- */

/* Scratch for `count` matrices of the caller's size. */
double *
mean_scratch (mean_job *j, size_t count)
{
  return j->c->scratch (j->c, count * j->q * sizeof (double));
}

fnx_status
mean_lost (mean_job *j)
{
  return j->c->fail (j->c, FNX_E_NUMERIC,
                     "the mean of %zu matrices left the positive definite ones: they span too many orders of "
                     "magnitude\nuse estimator=oas",
                     j->in->count);
}

fnx_status
mean_euclid (mean_job *j, double *m, mean_note *note)
{
  j->term = term_same;
  fnx_status status = mean_sum (j, m, NULL, note);
  la_mirror (m, (int)j->n); /* BLAS may fuse a multiply-add here and not there */
  return status;
}

static fnx_status
mean_harmonic (mean_job *j, double *m, mean_note *note)
{
  j->term = term_inverse;
  fnx_status status = mean_sum (j, m, NULL, note);
  return status == FNX_OK && la_spd_inv (m, (int)j->n) ? mean_lost (j) : status;
}

static fnx_status
mean_logeuclid (mean_job *j, double *m, mean_note *note)
{
  double *sum = mean_scratch (j, 1);
  if (!sum)
    return FNX_E_NOMEM;
  j->term = term_log;
  fnx_status status = mean_sum (j, sum, NULL, note);
  return status == FNX_OK && spd_exp (sum, (int)j->n, m, j->work) ? mean_lost (j) : status;
}

fnx_status
mean_kullback_sym (mean_job *j, double *m, mean_note *note)
{
  double *a = mean_scratch (j, 2);
  if (!a)
    return FNX_E_NOMEM;
  double *h = a + j->q;
  fnx_status status = mean_euclid (j, a, note);
  if (status == FNX_OK)
    status = mean_harmonic (j, h, note);
  return status == FNX_OK && spd_geodesic (SPD_RIEMANN, a, h, (int)j->n, 0.5, m, j->work) ? mean_lost (j) : status;
}

static fnx_status
mean_logchol (mean_job *j, double *m, mean_note *note)
{
  size_t n = j->n;
  double *l = mean_scratch (j, 1);
  if (!l)
    return FNX_E_NOMEM;
  j->term = term_logchol;
  fnx_status status = mean_sum (j, l, NULL, note);
  if (status != FNX_OK)
    return status;
  for (size_t i = 0; i < n; i++)
    l[i * n + i] = exp (l[i * n + i]);
  la_gram (m, l, (int)n, (int)n, 1, 0);
  return FNX_OK;
}

/* ---- iterations ----------------------------------------------------------- */

/* M <- (sum w ((X + M) / 2)^-1)^-1 until it moves by less than 1e-4. */
static fnx_status
mean_logdet (mean_job *j, double *m, mean_note *note)
{
  double *next = mean_scratch (j, 1);
  if (!next)
    return FNX_E_NOMEM;
  fnx_status status = mean_euclid (j, m, note);
  for (int k = 0; k < MEAN_PASSES && status == FNX_OK; k++) {
    j->term = term_stein;
    j->a = m;
    if ((status = mean_sum (j, next, NULL, note)) != FNX_OK)
      return status;
    if (la_spd_inv (next, (int)j->n))
      return mean_lost (j);
    la_axpy (m, -1, next, j->q);
    note->crit = la_norm (m, j->q);
    memcpy (m, next, j->q * sizeof *m);
    if (note->crit <= 1e-4)
      return FNX_OK;
  }
  note->converged = false;
  return status;
}

/* exp_M J = M + J + Z, M = V^T d V, Z = V^T [(c.J') d (c.J')] V with
 * J' = V J V^T and c_ab = 1 / (d_a + d_b). */
static int
wasserstein_step (mean_job *j, double *m, const double *grad, double *v, double *t, double *z, double *d)
{
  size_t n = j->n;
  if (la_eig (m, (int)n, v, d, j->work))
    return -1;
  la_mul (t, v, grad, (int)n, (int)n, (int)n, 1, 0);
  la_mul_nt (z, t, v, (int)n, (int)n, (int)n, 1, 0);
  for (size_t a = 0; a < n; a++)
    for (size_t b = 0; b < n; b++) {
      z[a * n + b] /= d[a] + d[b];
      t[a * n + b] = z[a * n + b] * d[b];
    }
  la_axpy (m, 1, grad, j->q);
  double *zz = (double *)j->work;
  la_mul_nt (zz, t, z, (int)n, (int)n, (int)n, 1, 0); /* z is symmetric */
  la_mul_tn (t, v, zz, (int)n, (int)n, (int)n, 1, 0);
  la_mul (m, t, v, (int)n, (int)n, (int)n, 1, 1);
  la_mirror (m, (int)n);
  return 0;
}

static fnx_status
mean_wasserstein (mean_job *j, double *m, mean_note *note)
{
  double *root = mean_scratch (j, 7);
  if (!root)
    return FNX_E_NOMEM;
  double *inv = root + j->q, *grad = inv + j->q, *v = grad + j->q, *t = v + j->q, *z = t + j->q, *d = z + j->q;
  fnx_status status = mean_euclid (j, m, note);
  for (int k = 0; k < MEAN_PASSES && status == FNX_OK; k++) {
    if (spd_roots (m, (int)j->n, root, inv, j->work))
      return mean_lost (j);
    j->term = term_wasserstein;
    j->a = inv;
    j->b = root;
    if ((status = mean_sum (j, grad, NULL, note)) != FNX_OK)
      return status;
    la_axpy (grad, -2, m, j->q);
    note->crit = la_norm (grad, j->q);
    if (wasserstein_step (j, m, grad, v, t, z, d))
      return mean_lost (j);
    if (note->crit <= 1e-8)
      return FNX_OK;
  }
  note->converged = false;
  return status;
}

static int
term_power (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra;
  return spd_power (x, (int)j->n, j->p, out, work);
}

/* (a x^s a^T)^|p|, s the sign of p. */
static int
term_between (const mean_job *j, const double *x, double *out, double *extra, double *work)
{
  int n = (int)j->n;
  double *y = work + spd_work (n), *t = y + j->q;
  (void)extra;
  memcpy (y, x, j->q * sizeof *y);
  if (j->p < 0 && la_spd_inv (y, n))
    return -1;
  la_mul (t, j->a, y, n, n, n, 1, 0);
  la_mul_nt (y, t, j->a, n, n, n, 1, 0);
  la_mirror (y, n);
  return spd_power (y, n, fabs (j->p), out, work);
}

/* Congedo, Barachant, Koopaei 2017: k so that the mean of (k X^s k^T)^|p| is
 * the identity H; then k^T k, or its inverse for p > 0, is the power mean. */
static fnx_status
mean_between (mean_job *j, double *m, mean_note *note)
{
  int n = (int)j->n;
  double *h = mean_scratch (j, 3), phi = 0.375 / fabs (j->p);
  if (!h)
    return FNX_E_NOMEM;
  double *k = h + j->q, *t = k + j->q;
  j->term = term_power;
  fnx_status status = mean_sum (j, h, NULL, note);
  if (status == FNX_OK && spd_power (h, n, (j->p > 0 ? -0.5 : 0.5) / j->p, k, j->work))
    return mean_lost (j);
  note->converged = false;
  j->term = term_between;
  j->a = k;
  for (int pass = 0; pass < 2 * MEAN_PASSES && status == FNX_OK && !note->converged; pass++) {
    if ((status = mean_sum (j, h, NULL, note)) != FNX_OK)
      return status;
    if (spd_power (h, n, -phi, t, j->work))
      return mean_lost (j);
    for (size_t i = 0; i < j->n; i++)
      h[i * j->n + i] -= 1;
    note->crit = la_norm (h, j->q) / sqrt (n);
    la_mul (h, t, k, n, n, n, 1, 0);
    memcpy (k, h, j->q * sizeof *k);
    note->converged = note->crit <= 1e-9;
  }
  la_gram_t (m, k, n, n, 1, 0);
  return status == FNX_OK && j->p > 0 && la_spd_inv (m, n) ? mean_lost (j) : status;
}

static fnx_status (*const means[SPD_N_MEAN]) (mean_job *, double *m, mean_note *) = {
  [SPD_RIEMANN] = mean_riemann,           [SPD_LOGEUCLID] = mean_logeuclid, [SPD_EUCLID] = mean_euclid,
  [SPD_HARMONIC] = mean_harmonic,         [SPD_LOGDET] = mean_logdet,       [SPD_WASSERSTEIN] = mean_wasserstein,
  [SPD_KULLBACK_SYM] = mean_kullback_sym, [SPD_LOGCHOL] = mean_logchol,
};

static fnx_status
job_new (mean_job *j, fnx_call *c, const mean_in *in, mean_note *note)
{
  size_t n = (size_t)in->n, q = n * n;
  *j = (mean_job){ .c = c, .in = in, .n = n, .q = q };
  *note = (mean_note){ .bad = -1, .converged = true };
  for (size_t i = 0; i < in->count; i++)
    j->total += in->w ? in->w[i] : 1;
  if (!(j->total > 0) || !isfinite (j->total))
    return c->fail (c, FNX_E_DATA, "the weights of %zu trials sum to %g\na mean needs weights of which one is above 0",
                    in->count, j->total);
  j->per_tile = (in->count + MAX_TILES - 1) / MAX_TILES;
  j->per_tile = (j->per_tile + SPD_TOGETHER - 1) / SPD_TOGETHER * SPD_TOGETHER;
  j->tiles = (in->count + j->per_tile - 1) / j->per_tile;
  j->room = (spd_work (in->n) + n + (2 + SPD_TOGETHER) * q + 15) & ~(size_t)7;
  uint32_t workers = c->max_threads > 0 ? c->max_threads : 1;
  j->work = c->scratch (c, workers * j->room * sizeof (double));
  j->sums = c->scratch (c, j->tiles * q * sizeof (double));
  j->extra = c->scratch (c, j->tiles * sizeof (double));
  j->bad = c->scratch (c, j->tiles * sizeof *j->bad);
  return j->work && j->sums && j->extra && j->bad ? FNX_OK : FNX_E_NOMEM;
}

fnx_status
mean_spd (fnx_call *c, spd_metric metric, const mean_in *in, double *m, mean_note *note)
{
  mean_job j;
  fnx_status status = job_new (&j, c, in, note);
  return status == FNX_OK ? means[metric](&j, m, note) : status;
}

fnx_status
mean_power (fnx_call *c, double p, const mean_in *in, double *m, mean_note *note)
{
  mean_job j;
  fnx_status status = job_new (&j, c, in, note);
  if (status != FNX_OK)
    return status;
  j.p = p;
  return fabs (p) == 1     ? means[p > 0 ? SPD_EUCLID : SPD_HARMONIC](&j, m, note)
         : fabs (p) < 1e-6 ? mean_riemann (&j, m, note) /* roots of 1/p would lose the digits that differ */
                           : mean_between (&j, m, note);
}
