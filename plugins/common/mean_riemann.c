/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The affine-invariant mean solves sum_i w_i log (M^-1/2 X_i M^-1/2) = 0, in any
 * frame: M^-1/2 may be the inverse of M's Cholesky factor, which is half the work
 * and turns all terms alike.  `peer` is pyRiemann 0.9's loop to the letter:
 * Euclidean start, step damped by 0.95 or 0.5, stop at 1e-8.  The default finds
 * the same point in fewer passes:
 *   - start from the arithmetic and harmonic means and one or two steps along a
 *     coarse gradient, which need Cholesky factors only;
 *   - step 1/phi, phi the mean curvature of the squared distances, known from
 *     the logarithms at hand: the Hessian of d^2(., X)/2 along directions a, b
 *     is (u/2) coth (u/2) with u = log l_a - log l_b (Afsari, Tron, Vidal 2013);
 *   - Anderson mixing of the last steps, which turns the linear rate into a
 *     superlinear one at the price of a few dot products;
 *   - a stop at the floor of rounding, where pyRiemann spends its 50 passes.
 */
#include "plugins/common/linalg.h"
#include "plugins/common/mean_impl.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { DEPTH = 5 };

/* Curvature of the squared distance to x: the mean of (u/2) coth (u/2) over all
 * pairs of eigenvalues of l = log x, at the mean square of their differences u,
 * which needs the trace and the norm of l only. */
static double
curvature (const double *l, size_t n)
{
  double trace = 0, square = la_dot (l, l, n * n) / (double)n;
  for (size_t i = 0; i < n; i++)
    trace += l[i * n + i] / (double)n;
  double u = sqrt (fmax (0, 2 * (square - trace * trace)));
  return u < 1e-3 ? 1 + u * u / 12 : 0.5 * u / tanh (0.5 * u);
}

/* log (a x a^T), a = root^-1; extra: the curvature, if b says so. */
static int
terms_riemann (const mean_job *j, const double *const *x, size_t count, double *out, double *extra, double *work)
{
  int bad = spd_logs_lower (x, count, j->a, (int)j->n, out, work);
  if (bad)
    return bad;
  for (size_t k = 0; j->b && k < count; k++)
    extra[k] = curvature (out + k * j->q, j->n);
  return 0;
}

/* m = root root^T, inv = root^-1. */
static fnx_status
factors (mean_job *j, const double *m, double *root, double *inv)
{
  size_t n = j->n;
  memcpy (root, m, j->q * sizeof *root);
  if (la_chol (root, (int)n))
    return mean_lost (j);
  for (size_t i = 0; i < n; i++)
    memset (root + i * n + i + 1, 0, (n - i - 1) * sizeof *root);
  memcpy (inv, root, j->q * sizeof *inv);
  return la_lower_inv (inv, (int)n) || !isfinite (la_norm (inv, j->q)) ? mean_lost (j) : FNX_OK;
}

/* The gradient at m: g = sum w log (inv X inv^T), with both factors of m. */
static fnx_status
riemann_gradient (mean_job *j, const double *m, double *root, double *inv, double *g, double *phi, mean_note *note)
{
  fnx_status status = factors (j, m, root, inv);
  if (status != FNX_OK)
    return status;
  j->terms = terms_riemann;
  j->a = inv;
  j->b = phi ? inv : NULL;
  status = mean_sum (j, g, phi, note);
  if (status == FNX_OK)
    note->crit = la_norm (g, j->q);
  return status;
}

/* m = root exp (scale h) root^T; h is destroyed. */
static int
riemann_step (mean_job *j, double *m, const double *root, double *h, double scale, double *t)
{
  la_scale (h, scale, j->q);
  if (spd_exp (h, (int)j->n, t, j->work))
    return -1;
  la_lower_congruence (t, root, (int)j->n, m);
  return 0;
}

static fnx_status
riemann_peer (mean_job *j, double *m, mean_note *note)
{
  double *root = mean_scratch (j, 4);
  if (!root)
    return FNX_E_NOMEM;
  double *inv = root + j->q, *g = inv + j->q, *t = g + j->q, nu = 1, tau = DBL_MAX;
  fnx_status status = mean_euclid (j, m, note);
  for (int k = 0; k < MEAN_PASSES && status == FNX_OK; k++) {
    if ((status = riemann_gradient (j, m, root, inv, g, NULL, note)) != FNX_OK)
      return status;
    if (riemann_step (j, m, root, g, nu, t))
      return mean_lost (j);
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
term_coarse (const mean_job *j, const double *x, double *out, double *extra, double *work)
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
coarse_gradient (mean_job *j, const double *m, double *root, double *inv, double *g, double *t, mean_note *note)
{
  fnx_status status = factors (j, m, root, inv);
  if (status != FNX_OK)
    return status;
  j->term = term_coarse;
  j->a = m;
  if ((status = mean_sum (j, inv, NULL, note)) != FNX_OK)
    return status;
  la_mul (t, inv, root, (int)j->n, (int)j->n, (int)j->n, 1, 0);
  la_mul_tn (g, root, t, (int)j->n, (int)j->n, (int)j->n, 1, 0);
  la_mirror (g, (int)j->n);
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
history_new (mean_job *j, history *past)
{
  double *pool = mean_scratch (j, 2 * DEPTH + 2);
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

/* The floor of rounding lies below this. */
#define NEAR 1e-3

/* From wherever m is.  Once the gradient is small and no longer falls, mixing
 * would only spread rounding noise: plain steps go on, each shorter, and after
 * two of them the floor is reached. */
static fnx_status
riemann_loop (mean_job *j, double *m, history *past, double *pool, mean_note *note)
{
  double *root = pool, *inv = root + j->q, *g = inv + j->q, *t = g + j->q;
  double nu = 1, phi = 1, least = DBL_MAX;
  int stalled = 0;
  for (int k = 0; k < MEAN_PASSES; k++) {
    fnx_status status = riemann_gradient (j, m, root, inv, g, k == 0 ? &phi : NULL, note);
    if (status != FNX_OK)
      return status;
    double crit = note->crit, rate = k > 0 ? fmax (SLOW, fmin (1, crit / past->crit)) : 1;
    if (k == 0)
      nu = 1 / phi;
    bool falls = crit < 0.7 * least, near = least < NEAR;
    least = fmin (least, crit);
    remember (past, g, crit, j->q);
    if ((falls || !near) && stalled == 0) {
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
      return mean_lost (j);
    if (crit * rate <= TOL)
      return FNX_OK;
    if (stalled >= 2)
      break;
  }
  note->converged = false;
  return FNX_OK;
}

/* A start: midway between arithmetic and harmonic mean, then a step or two along
 * the coarse gradient; more do not pay, as its root is only so near. */
static fnx_status
riemann_start (mean_job *j, double *m, history *past, double *pool, mean_note *note)
{
  double *root = pool, *inv = root + j->q, *g = inv + j->q, *t = g + j->q;
  fnx_status status = mean_kullback_sym (j, m, note);
  for (int k = 0; k < 2 && status == FNX_OK; k++) {
    if ((status = coarse_gradient (j, m, root, inv, g, t, note)) != FNX_OK)
      break;
    remember (past, g, note->crit, j->q);
    mix (past, g, 0.9, j->q);
    memcpy (g, past->step, j->q * sizeof *g);
    if (riemann_step (j, m, root, g, 1, t))
      return mean_lost (j);
    if (note->crit < 0.1)
      break;
  }
  past->begun = false;
  return status;
}

static fnx_status
riemann_fast (mean_job *j, double *m, mean_note *note)
{
  history past;
  double *pool = mean_scratch (j, 4);
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

fnx_status
mean_riemann (mean_job *j, double *m, mean_note *note)
{
  return j->in->peer ? riemann_peer (j, m, note) : riemann_fast (j, m, note);
}
