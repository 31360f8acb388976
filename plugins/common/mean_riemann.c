/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The affine-invariant mean solves sum_i w_i log (M^-1/2 X_i M^-1/2) = 0, in any
 * frame: M^-1/2 may be the inverse of M's Cholesky factor, which is half the work
 * and turns all terms alike.  `peer` is pyRiemann 0.9's loop to the letter:
 * Euclidean start, step damped by 0.95 or 0.5, stop at 1e-8.  The default finds
 * the same point in fewer passes:
 *   - start midway between the arithmetic and the harmonic mean;
 *   - step 1/phi, phi the mean curvature of the squared distances, known from
 *     the logarithms at hand: the Hessian of d^2(., X)/2 along directions a, b
 *     is (u/2) coth (u/2) with u = log l_a - log l_b (Afsari, Tron, Vidal 2013);
 *   - Anderson mixing of the last steps, which turns the linear rate into a
 *     superlinear one at the price of a few dot products;
 *   - the first passes, which only have to show the way, in single precision;
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

/* log (a x a^T), a = root^-1, roughly if j says so; extra: the curvature, if b does. */
static int
terms_riemann (const mean_job *j, const double *const *x, size_t count, double *out, double *extra, double *work)
{
  int bad = (j->rough ? spd_logs_roughly : spd_logs_lower) (x, count, j->a, (int)j->n, out, work);
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

/* While the gradient is expected above this, single precision, whose error stays
 * below 3e-5 for spectra over a factor 3e5, shows the way as well; where the
 * gradient does not fall, that may be why, and double precision takes over. */
#define ROUGH 3e-4

/* From wherever m is.  Once the gradient is small and no longer falls, mixing
 * would only spread rounding noise: plain steps go on, each shorter, and after
 * two of them the floor is reached. */
static fnx_status
riemann_loop (mean_job *j, double *m, history *past, double *pool, mean_note *note)
{
  double *root = pool, *inv = root + j->q, *g = inv + j->q, *t = g + j->q;
  double nu = 1, phi = 1, least = DBL_MAX;
  int stalled = 0;
  j->rough = true;
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
    if (crit * rate <= TOL && !j->rough)
      return FNX_OK;
    j->rough = falls && crit * rate > ROUGH;
    if (stalled >= 2)
      break;
  }
  note->converged = false;
  return FNX_OK;
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
    status = mean_kullback_sym (j, m, note);
  note->passes = 0;
  return status == FNX_OK ? riemann_loop (j, m, &past, pool, note) : status;
}

fnx_status
mean_riemann (mean_job *j, double *m, mean_note *note)
{
  return j->in->peer ? riemann_peer (j, m, note) : riemann_fast (j, m, note);
}
