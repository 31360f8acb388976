/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means of SPD matrices.
 *
 * The affine-invariant mean solves sum_i w_i log (M^-1/2 X_i M^-1/2) = 0.
 * `peer` is pyRiemann 0.9's loop to the letter: Euclidean start, step damped by
 * 0.95 or 0.5, stop at 1e-8.  The default finds the same point in fewer passes:
 *   - start from the arithmetic and harmonic means and one or two steps along a
 *     coarse gradient, which need Cholesky factors only;
 *   - step 1/phi, phi the mean curvature of the squared distances, known from
 *     the eigenvalues at hand: the Hessian of d^2(., X)/2 along directions a, b
 *     is (u/2) coth (u/2) with u = log l_a - log l_b (Afsari, Tron, Vidal 2013);
 *   - Anderson mixing of the last steps, which turns the linear rate into a
 *     superlinear one at the price of a few dot products;
 *   - a stop at the floor of rounding, where pyRiemann spends its 50 passes.
 */
#include "plugins/common/mean.h"
#include "plugins/common/linalg.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MAX_PASSES = 50, MAX_TILES = 32, DEPTH = 3 };

/* One mean in the making: the sum over matrices, its tiles and work space. */
typedef struct job {
  fnx_call *c;
  const mean_in *in;
  size_t n, q;  /* q = n^2 */
  double total; /* of the weights */
  double p;     /* of a power mean */
  size_t per_tile, tiles;
  double *sums;  /* tiles x q */
  double *extra; /* tiles: sums of a number that goes with each term */
  int64_t *bad;  /* tiles */
  double *work;  /* max_threads x room */
  size_t room;
  /* what is summed: term (x, work) -> out, non-zero if x will not do */
  int (*term) (const struct job *, const double *x, double *out, double *extra, double *work);
  const double *a, *b; /* matrices that the term refers to */
} job;

static double
weight (const job *j, size_t i)
{
  return (j->in->w ? j->in->w[i] : 1) / j->total;
}

static fnx_status
tile (void *arg, size_t t, uint32_t worker)
{
  job *j = arg;
  double *work = j->work + worker * j->room, *out = work + j->room - j->q, *sum = j->sums + t * j->q;
  size_t end = (t + 1) * j->per_tile < j->in->count ? (t + 1) * j->per_tile : j->in->count;
  memset (sum, 0, j->q * sizeof *sum);
  j->extra[t] = 0;
  for (size_t i = t * j->per_tile; i < end; i++) {
    double w = weight (j, i), extra = 0;
    if (j->term (j, j->in->x[i], out, &extra, work)) {
      j->bad[t] = (int64_t)i;
      return FNX_E_NUMERIC;
    }
    la_axpy (sum, w, out, j->q);
    j->extra[t] += w * extra;
  }
  return FNX_OK;
}

/* sum[q] = sum_i w_i term (x_i), w summing to one. */
static fnx_status
sum_terms (job *j, double *sum, double *extra, mean_note *note)
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
  return j->c->progress (j->c, 0, 0) ? FNX_E_CANCELLED : FNX_OK;
}

/* ---- terms ---------------------------------------------------------------- */

static int
term_same (const job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra, (void)work;
  memcpy (out, x, j->q * sizeof *out);
  return isfinite (la_norm (x, j->q)) ? 0 : -1;
}

static int
term_inverse (const job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra, (void)work;
  memcpy (out, x, j->q * sizeof *out);
  return la_spd_inv (out, (int)j->n) || !isfinite (la_norm (out, j->q)) ? -1 : 0;
}

static int
term_log (const job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra;
  return spd_log (x, (int)j->n, out, work);
}

/* ((x + a) / 2)^-1 */
static int
term_stein (const job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra, (void)work;
  for (size_t i = 0; i < j->q; i++)
    out[i] = 0.5 * (x[i] + j->a[i]);
  return la_spd_inv (out, (int)j->n) || !isfinite (la_norm (out, j->q)) ? -1 : 0;
}

/* Mean of (u/2) coth (u/2) over all pairs of eigenvalues. */
static double
curvature (const double *w, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t k = i + 1; k < n; k++) {
      double u = log (w[k] / w[i]);
      sum += u < 1e-3 ? 1 + u * u / 12 : 0.5 * u * (w[k] + w[i]) / (w[k] - w[i]);
    }
  return (2 * sum + (double)n) / (double)(n * n);
}

/* log (a x a), a = M^-1/2; extra: the curvature, if b says so. */
static int
term_riemann (const job *j, const double *x, double *out, double *extra, double *work)
{
  double *w = work + spd_work ((int)j->n);
  if (spd_log_at (x, j->a, (int)j->n, out, w, work))
    return -1;
  if (j->b)
    *extra = curvature (w, j->n);
  return 0;
}

/* log_M x = a r b + (a r b)^T - 2 M with a = M^-1/2, b = M^1/2, r = (b x b)^1/2
 * (Wasserstein); the -2M is added once by the caller. */
static int
term_wasserstein (const job *j, const double *x, double *out, double *extra, double *work)
{
  size_t n = j->n;
  double *inner = work + spd_work ((int)n), *r = inner + j->q;
  (void)extra;
  spd_congruence (x, j->b, (int)n, inner, work);
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
term_logchol (const job *j, const double *x, double *out, double *extra, double *work)
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
static double *
matrices (job *j, size_t count)
{
  return j->c->scratch (j->c, count * j->q * sizeof (double));
}

static fnx_status
lost (job *j)
{
  return j->c->fail (j->c, FNX_E_NUMERIC,
                     "the mean of %zu matrices left the positive definite ones: they span too many orders of "
                     "magnitude\nuse estimator=oas",
                     j->in->count);
}

static fnx_status
mean_euclid (job *j, double *m, mean_note *note)
{
  j->term = term_same;
  return sum_terms (j, m, NULL, note);
}

static fnx_status
mean_harmonic (job *j, double *m, mean_note *note)
{
  j->term = term_inverse;
  fnx_status status = sum_terms (j, m, NULL, note);
  return status == FNX_OK && la_spd_inv (m, (int)j->n) ? lost (j) : status;
}

static fnx_status
mean_logeuclid (job *j, double *m, mean_note *note)
{
  double *sum = matrices (j, 1);
  if (!sum)
    return FNX_E_NOMEM;
  j->term = term_log;
  fnx_status status = sum_terms (j, sum, NULL, note);
  return status == FNX_OK && spd_exp (sum, (int)j->n, m, j->work) ? lost (j) : status;
}

static fnx_status
mean_kullback_sym (job *j, double *m, mean_note *note)
{
  double *a = matrices (j, 2);
  if (!a)
    return FNX_E_NOMEM;
  double *h = a + j->q;
  fnx_status status = mean_euclid (j, a, note);
  if (status == FNX_OK)
    status = mean_harmonic (j, h, note);
  return status == FNX_OK && spd_geodesic (SPD_RIEMANN, a, h, (int)j->n, 0.5, m, j->work) ? lost (j) : status;
}

static fnx_status
mean_logchol (job *j, double *m, mean_note *note)
{
  size_t n = j->n;
  double *l = matrices (j, 1);
  if (!l)
    return FNX_E_NOMEM;
  j->term = term_logchol;
  fnx_status status = sum_terms (j, l, NULL, note);
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
mean_logdet (job *j, double *m, mean_note *note)
{
  double *next = matrices (j, 1);
  if (!next)
    return FNX_E_NOMEM;
  fnx_status status = mean_euclid (j, m, note);
  for (int k = 0; k < MAX_PASSES && status == FNX_OK; k++) {
    j->term = term_stein;
    j->a = m;
    if ((status = sum_terms (j, next, NULL, note)) != FNX_OK)
      return status;
    if (la_spd_inv (next, (int)j->n))
      return lost (j);
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
wasserstein_step (job *j, double *m, const double *grad, double *v, double *t, double *z, double *d)
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
mean_wasserstein (job *j, double *m, mean_note *note)
{
  double *root = matrices (j, 7);
  if (!root)
    return FNX_E_NOMEM;
  double *inv = root + j->q, *grad = inv + j->q, *v = grad + j->q, *t = v + j->q, *z = t + j->q, *d = z + j->q;
  fnx_status status = mean_euclid (j, m, note);
  for (int k = 0; k < MAX_PASSES && status == FNX_OK; k++) {
    if (spd_roots (m, (int)j->n, root, inv, j->work))
      return lost (j);
    j->term = term_wasserstein;
    j->a = inv;
    j->b = root;
    if ((status = sum_terms (j, grad, NULL, note)) != FNX_OK)
      return status;
    la_axpy (grad, -2, m, j->q);
    note->crit = la_norm (grad, j->q);
    if (wasserstein_step (j, m, grad, v, t, z, d))
      return lost (j);
    if (note->crit <= 1e-8)
      return FNX_OK;
  }
  note->converged = false;
  return status;
}

/* The gradient at m: g = sum w log (m^-1/2 X m^-1/2), and both roots of m. */
static fnx_status
riemann_gradient (job *j, const double *m, double *root, double *inv, double *g, double *phi, mean_note *note)
{
  if (spd_roots (m, (int)j->n, root, inv, j->work))
    return lost (j);
  j->term = term_riemann;
  j->a = inv;
  j->b = phi ? inv : NULL;
  fnx_status status = sum_terms (j, g, phi, note);
  if (status == FNX_OK)
    note->crit = la_norm (g, j->q);
  return status;
}

/* m = root exp (scale h) root; h is destroyed. */
static int
riemann_step (job *j, double *m, const double *root, double *h, double scale, double *t)
{
  la_scale (h, scale, j->q);
  if (spd_exp (h, (int)j->n, t, j->work))
    return -1;
  spd_congruence (t, root, (int)j->n, m, j->work);
  return 0;
}

static fnx_status
riemann_peer (job *j, double *m, mean_note *note)
{
  double *root = matrices (j, 4);
  if (!root)
    return FNX_E_NOMEM;
  double *inv = root + j->q, *g = inv + j->q, *t = g + j->q, nu = 1, tau = DBL_MAX;
  fnx_status status = mean_euclid (j, m, note);
  for (int k = 0; k < MAX_PASSES && status == FNX_OK; k++) {
    if ((status = riemann_gradient (j, m, root, inv, g, NULL, note)) != FNX_OK)
      return status;
    if (riemann_step (j, m, root, g, nu, t))
      return lost (j);
    double h = nu * note->crit;
    if (h < tau) {
      nu *= 0.95;
      tau = h;
    } else
      nu *= 0.5;
    if (note->crit <= 1e-8 || nu <= 1e-8)
      return FNX_OK;
  }
  note->converged = false;
  return status;
}

/* The logarithm by two-point Gauss-Legendre quadrature,
 *   log l = int_0^1 (l - 1) / (1 + t (l - 1)) dt,
 * needs only inverses of (1-t) M + t X, an eighth of an eigen-decomposition:
 * its root is close enough to the mean to begin there. */
enum { NODES = 2 };
static const double node_t[NODES] = { 0.21132486540518712, 0.78867513459481288 };
static const double node_w[NODES] = { 0.5, 0.5 };

/* sum_t w_t/t ((1-t) a + t x)^-1 */
static int
term_coarse (const job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra;
  memset (out, 0, j->q * sizeof *out);
  for (int k = 0; k < NODES; k++) {
    double t = node_t[k];
    for (size_t i = 0; i < j->q; i++)
      work[i] = (1 - t) * j->a[i] + t * x[i];
    if (la_spd_inv (work, (int)j->n))
      return -1;
    la_axpy (out, node_w[k] / t, work, j->q);
  }
  return isfinite (la_norm (out, j->q)) ? 0 : -1;
}

static fnx_status
coarse_gradient (job *j, const double *m, double *root, double *inv, double *g, mean_note *note)
{
  if (spd_roots (m, (int)j->n, root, inv, j->work))
    return lost (j);
  j->term = term_coarse;
  j->a = m;
  fnx_status status = sum_terms (j, inv, NULL, note);
  if (status != FNX_OK)
    return status;
  spd_congruence (inv, root, (int)j->n, g, j->work);
  la_scale (g, -1, j->q);
  for (int k = 0; k < NODES; k++)
    for (size_t i = 0; i < j->n; i++)
      g[i * j->n + i] += node_w[k] / node_t[k];
  note->crit = la_norm (g, j->q);
  return FNX_OK;
}

/* The last steps h and the changes dg of the gradient that followed them. */
typedef struct history {
  int used, next;
  bool begun; /* step and last are set */
  double crit;
  double *h[DEPTH], *dg[DEPTH], *step, *last;
} history;

/* Remember what the last step did to the gradient, which now is g. */
static void
remember (history *past, const double *g, double crit, size_t q)
{
  if (past->begun && crit > 2 * past->crit)
    past->used = past->next = 0; /* mixing overshot: begin anew */
  else if (past->begun) {
    double *dg = past->dg[past->next];
    for (size_t i = 0; i < q; i++)
      dg[i] = g[i] - past->last[i];
    memcpy (past->h[past->next], past->step, q * sizeof *g);
    past->next = (past->next + 1) % DEPTH;
    past->used = past->used < DEPTH ? past->used + 1 : DEPTH;
  }
  past->crit = crit;
  past->begun = true;
  memcpy (past->last, g, q * sizeof *g);
}

/* Anderson mixing: of the directions tried, take the combination that cancels
 * most of g, and a step nu along what is left. */
static void
mix (history *past, const double *g, double nu, size_t q)
{
  double a[DEPTH * DEPTH], b[DEPTH], *step = past->step;
  int k = past->used;
  for (int i = 0; i < k; i++) {
    for (int l = 0; l < k; l++)
      a[i * k + l] = la_dot (past->dg[i], past->dg[l], q);
    b[i] = la_dot (past->dg[i], g, q);
  }
  for (int i = 0; i < k; i++)
    a[i * k + i] *= 1 + 1e-10; /* parallel changes stay solvable */
  bool solved = k > 0 && la_spd_solve (a, b, k, 1) == 0;
  memcpy (step, g, q * sizeof *step);
  for (int i = 0; solved && i < k; i++)
    la_axpy (step, -b[i], past->dg[i], q);
  la_scale (step, nu, q);
  for (int i = 0; solved && i < k; i++)
    la_axpy (step, -b[i], past->h[i], q);
}

static bool
history_new (job *j, history *past)
{
  double *pool = matrices (j, 2 * DEPTH + 2);
  if (!pool)
    return false;
  *past = (history){ .step = pool, .last = pool + j->q };
  for (size_t i = 0; i < DEPTH; i++) {
    past->h[i] = pool + (2 + 2 * i) * j->q;
    past->dg[i] = past->h[i] + j->q;
  }
  return true;
}

/* Where the gradient is expected after the next step: it leaves the mean within
 * this distance of the solution, as near as the peer's 1e-8 with its margin. */
#define TOL 3e-9
/* A lucky step must not promise more than this of the next one. */
#define SLOW 0.1

/* From wherever m is.  Once the gradient no longer falls, mixing would only
 * spread rounding noise: plain steps go on, each shorter, and after three of
 * them the floor is reached. */
static fnx_status
riemann_loop (job *j, double *m, history *past, double *pool, mean_note *note)
{
  double *root = pool, *inv = root + j->q, *g = inv + j->q, *t = g + j->q;
  double nu = 1, phi = 1, least = DBL_MAX;
  int stalled = 0;
  for (int k = 0; k < MAX_PASSES; k++) {
    fnx_status status = riemann_gradient (j, m, root, inv, g, k == 0 ? &phi : NULL, note);
    if (status != FNX_OK)
      return status;
    double crit = note->crit, rate = k > 0 ? fmax (SLOW, fmin (1, crit / past->crit)) : 1;
    if (k == 0)
      nu = 1 / phi;
    bool falls = crit < 0.7 * least;
    least = fmin (least, crit);
    remember (past, g, crit, j->q);
    if (falls && stalled == 0) {
      mix (past, g, nu, j->q);
      memcpy (g, past->step, j->q * sizeof *g);
    } else {
      if (!falls) {
        nu *= 0.5;
        stalled++;
      }
      la_scale (g, nu, j->q);
    }
    if (riemann_step (j, m, root, g, 1, t))
      return lost (j);
    if (crit * rate <= TOL)
      return FNX_OK;
    if (stalled >= 3 && least < 1e-3)
      break;
  }
  note->converged = false;
  return FNX_OK;
}

/* A start: midway between arithmetic and harmonic mean, then a step or two along
 * the coarse gradient; more do not pay, as its root is only so near. */
static fnx_status
riemann_start (job *j, double *m, history *past, double *pool, mean_note *note)
{
  double *root = pool, *inv = root + j->q, *g = inv + j->q, *t = g + j->q;
  fnx_status status = mean_kullback_sym (j, m, note);
  for (int k = 0; k < 2 && status == FNX_OK; k++) {
    if ((status = coarse_gradient (j, m, root, inv, g, note)) != FNX_OK)
      break;
    remember (past, g, note->crit, j->q);
    mix (past, g, 0.9, j->q);
    memcpy (g, past->step, j->q * sizeof *g);
    if (riemann_step (j, m, root, g, 1, t))
      return lost (j);
    if (note->crit < 0.1)
      break;
  }
  past->begun = false;
  return status;
}

static fnx_status
riemann_fast (job *j, double *m, mean_note *note)
{
  history past;
  double *pool = matrices (j, 4);
  if (!pool || !history_new (j, &past))
    return FNX_E_NOMEM;
  fnx_status status = FNX_OK;
  if (j->in->start)
    memcpy (m, j->in->start, j->q * sizeof *m);
  else
    status = riemann_start (j, m, &past, pool, note);
  note->passes = 0;
  return status == FNX_OK ? riemann_loop (j, m, &past, pool, note) : status;
}

static fnx_status
mean_riemann (job *j, double *m, mean_note *note)
{
  return j->in->peer ? riemann_peer (j, m, note) : riemann_fast (j, m, note);
}

static int
term_power (const job *j, const double *x, double *out, double *extra, double *work)
{
  (void)extra;
  return spd_power (x, (int)j->n, j->p, out, work);
}

/* (a x^s a^T)^|p|, s the sign of p. */
static int
term_between (const job *j, const double *x, double *out, double *extra, double *work)
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
mean_between (job *j, double *m, mean_note *note)
{
  int n = (int)j->n;
  double *h = matrices (j, 3), phi = 0.375 / fabs (j->p);
  if (!h)
    return FNX_E_NOMEM;
  double *k = h + j->q, *t = k + j->q;
  j->term = term_power;
  fnx_status status = sum_terms (j, h, NULL, note);
  if (status == FNX_OK && spd_power (h, n, (j->p > 0 ? -0.5 : 0.5) / j->p, k, j->work))
    return lost (j);
  note->converged = false;
  j->term = term_between;
  j->a = k;
  for (int pass = 0; pass < 2 * MAX_PASSES && status == FNX_OK && !note->converged; pass++) {
    if ((status = sum_terms (j, h, NULL, note)) != FNX_OK)
      return status;
    if (spd_power (h, n, -phi, t, j->work))
      return lost (j);
    for (size_t i = 0; i < j->n; i++)
      h[i * j->n + i] -= 1;
    note->crit = la_norm (h, j->q) / sqrt (n);
    la_mul (h, t, k, n, n, n, 1, 0);
    memcpy (k, h, j->q * sizeof *k);
    note->converged = note->crit <= 1e-9;
  }
  la_gram_t (m, k, n, n, 1, 0);
  return status == FNX_OK && j->p > 0 && la_spd_inv (m, n) ? lost (j) : status;
}

static fnx_status (*const means[SPD_N_MEAN]) (job *, double *m, mean_note *) = {
  [SPD_RIEMANN] = mean_riemann,           [SPD_LOGEUCLID] = mean_logeuclid, [SPD_EUCLID] = mean_euclid,
  [SPD_HARMONIC] = mean_harmonic,         [SPD_LOGDET] = mean_logdet,       [SPD_WASSERSTEIN] = mean_wasserstein,
  [SPD_KULLBACK_SYM] = mean_kullback_sym, [SPD_LOGCHOL] = mean_logchol,
};

static fnx_status
job_new (job *j, fnx_call *c, const mean_in *in, mean_note *note)
{
  size_t n = (size_t)in->n, q = n * n;
  *j = (job){ .c = c, .in = in, .n = n, .q = q };
  *note = (mean_note){ .bad = -1, .converged = true };
  for (size_t i = 0; i < in->count; i++)
    j->total += in->w ? in->w[i] : 1;
  if (!(j->total > 0) || !isfinite (j->total))
    return c->fail (c, FNX_E_DATA, "the weights of %zu trials sum to %g\na mean needs weights of which one is above 0",
                    in->count, j->total);
  j->per_tile = (in->count + MAX_TILES - 1) / MAX_TILES;
  j->tiles = (in->count + j->per_tile - 1) / j->per_tile;
  j->room = (spd_work (in->n) + n + 3 * q + 15) & ~(size_t)7;
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
  job j;
  fnx_status status = job_new (&j, c, in, note);
  return status == FNX_OK ? means[metric](&j, m, note) : status;
}

fnx_status
mean_power (fnx_call *c, double p, const mean_in *in, double *m, mean_note *note)
{
  job j;
  fnx_status status = job_new (&j, c, in, note);
  if (status != FNX_OK)
    return status;
  j.p = p;
  return fabs (p) == 1     ? means[p > 0 ? SPD_EUCLID : SPD_HARMONIC](&j, m, note)
         : fabs (p) < 1e-6 ? mean_riemann (&j, m, note) /* roots of 1/p would lose the digits that differ */
                           : mean_between (&j, m, note);
}
