/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which rotation brings class means onto others (Rodrigues et al. 2019, eq.
 * 35)?  Steepest descent on the orthogonal matrices: with Y = Q S Q^T and
 * A skew, Q <- exp (A) Q changes
 *
 *   ||T - Y||^2              by  2 tr (B A),  B = T Y - Y T,
 *   ||log T^-1/2 Y T^-1/2||^2 by  2 tr (B A),  B = L^T - L,  L = log (T^-1 Y),
 *
 * so A = B / alpha descends.  exp is replaced by Cayley's transform, which stays
 * orthogonal; alpha begins at the bend of the last step (Barzilai and Borwein: class
 * means near the identity make a flat sum, on which fixed or doubled steps stop half
 * way) and is raised by Armijo's rule.
 *
 * The problem has local minima.  Descents begin at the identity, at a mirror
 * image of it, and at the solutions of each pair alone (eigenvectors onto
 * eigenvectors; pyRiemann's warm start leaves their signs to the solver, here
 * they are those that turn least and those that fit the other pairs); one that
 * ends no lower than the identity's by more than rounding does not replace it,
 * so that nothing turns that need not.
 */
#include "plugins/riemann/turn.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"

#include <math.h>
#include <string.h>

enum { STEPS = 500, HALVINGS = 40 };

typedef struct turn {
  bool riemann;
  int n;
  size_t q, count;
  const double *target, *source;
  double *root, *inverse; /* of each target, for riemann */
  double *y, *l, *t;      /* n x n each */
  double *b, *next, *before, *trial;
  double *work;
} turn;

size_t
turn_work (int n, size_t count)
{
  size_t q = (size_t)n * (size_t)n;
  return (2 * count + 10) * q + (size_t)n * 2 + spd_work (n) + la_eig_work (n);
}

/* y = q s q^T, with both triangles alike */
static void
turned (const turn *p, const double *q, const double *s, double *y)
{
  la_mul (p->t, q, s, p->n, p->n, p->n, 1, 0);
  la_mul_nt (y, p->t, q, p->n, p->n, p->n, 1, 0);
  la_mirror (y, p->n);
}

/* The sum; with `b` its gradient, summed as above. */
static int
loss (const turn *p, const double *q, double *value, double *b)
{
  int n = p->n;
  *value = 0;
  if (b)
    memset (b, 0, p->q * sizeof *b);
  for (size_t k = 0; k < p->count; k++) {
    const double *target = p->target + k * p->q;
    turned (p, q, p->source + k * p->q, p->y);
    if (p->riemann) {
      if (spd_log_at (p->y, p->inverse + k * p->q, n, p->l, p->work))
        return -1;
      double norm = la_norm (p->l, p->q);
      *value += norm * norm;
      la_mul (p->t, p->inverse + k * p->q, p->l, n, n, n, 1, 0); /* L = T^-1/2 log (..) T^1/2 */
      la_mul (p->y, p->t, p->root + k * p->q, n, n, n, -1, 0);   /* -L */
    } else {
      for (size_t i = 0; i < p->q; i++)
        *value += (target[i] - p->y[i]) * (target[i] - p->y[i]);
      memcpy (p->l, p->y, p->q * sizeof *p->l);
      la_mul (p->y, target, p->l, n, n, n, 1, 0); /* T Y */
    }
    for (int i = 0; b && i < n; i++)
      for (int j = 0; j < n; j++)
        b[i * n + j] += p->y[i * n + j] - p->y[j * n + i];
  }
  return 0;
}

/* next = Cayley (a b) q = (I + a^2 b^T b / 4)^-1 (I + a b / 2)^2 q */
static int
cayley (const turn *p, const double *b, double a, const double *q, double *next)
{
  int n = p->n;
  la_gram_t (p->l, b, n, n, a * a / 4, 0);
  memcpy (p->y, b, p->q * sizeof *p->y);
  la_scale (p->y, a / 2, p->q);
  for (int i = 0; i < n; i++) {
    p->l[i * n + i] += 1;
    p->y[i * n + i] += 1;
  }
  la_mul (p->t, p->y, q, n, n, n, 1, 0);
  la_mul (next, p->y, p->t, n, n, n, 1, 0);
  return la_spd_solve (p->l, next, n, n);
}

/* From q downhill. */
static int
descend (const turn *p, double *q, double *value)
{
  double step = p->riemann ? 0.1 : 0, now, then;
  if (loss (p, q, &now, p->b))
    return -1;
  for (int i = 0; i < STEPS; i++) {
    double slope = la_norm (p->b, p->q);
    if (step == 0) /* the first of euclid: about a tenth of a turn */
      step = slope > 0 ? 0.1 / slope : 0;
    int tries = 0;
    for (; tries < HALVINGS; tries++, step /= 2) {
      if (cayley (p, p->b, step, q, p->next))
        continue;
      if (loss (p, p->next, &then, NULL))
        return -1;
      if (now - then > 1e-4 * step * slope * slope)
        break;
    }
    if (tries == HALVINGS || step * slope <= 1e-10)
      break;
    memcpy (q, p->next, p->q * sizeof *q);
    memcpy (p->before, p->b, p->q * sizeof *q);
    if (loss (p, q, &now, p->b))
      return -1;
    double bend = slope * slope - la_dot (p->before, p->b, p->q); /* along the step, over its length */
    step = bend > slope * slope / 100 ? step * slope * slope / bend : 2 * step;
  }
  *value = now;
  return 0;
}

/* Signs d_i of the rows of vs for which the other pairs fit as well: d^T m d is
 * their part of the sum, m_ij = sum_k (vt T_k vt^T)_ij (vs S_k vs^T)_ij, and the
 * signs of m's leading eigenvector are the right ones where a rotation fits all. */
static int
fit_signs (const turn *p, const double *vt, double *vs, double *m)
{
  int n = p->n;
  double *w = p->work, *rest = w + n;
  memset (m, 0, p->q * sizeof *m);
  for (size_t k = 0; k < p->count; k++) {
    turned (p, vt, p->target + k * p->q, p->b);
    turned (p, vs, p->source + k * p->q, p->next);
    for (size_t i = 0; i < p->q; i++)
      m[i] += p->b[i] * p->next[i];
  }
  if (la_eig (m, n, p->b, w, rest))
    return -1;
  for (int i = 0; i < n; i++)
    if (p->b[(n - 1) * n + i] < 0)
      la_scale (vs + i * n, -1, (size_t)n);
  return 0;
}

/* q = sum_i t_i s_i^T over the eigenvectors of pair k in order of their values;
 * signs that turn least (t_i s_i >= 0), or that fit the other pairs. */
static int
pair (const turn *p, size_t k, bool fit, double *q)
{
  int n = p->n;
  double *w = p->work, *rest = w + n, *vt = p->y, *vs = p->l;
  if (la_eig (p->target + k * p->q, n, vt, w, rest) || la_eig (p->source + k * p->q, n, vs, w, rest))
    return -1;
  if (fit && fit_signs (p, vt, vs, q))
    return -1;
  for (int i = 0; !fit && i < n; i++)
    if (la_dot (vt + i * n, vs + i * n, (size_t)n) < 0)
      la_scale (vs + i * n, -1, (size_t)n);
  la_mul_tn (q, vt, vs, n, n, n, 1, 0);
  return 0;
}

/* The identity, or a mirror that swaps the first two channels. */
static void
plain (double *q, int n, bool mirrored)
{
  memset (q, 0, (size_t)n * (size_t)n * sizeof *q);
  for (int i = 0; i < n; i++)
    q[i * n + (mirrored && n > 1 && i < 2 ? 1 - i : i)] = 1;
}

int
turn_onto (bool riemann, int n, size_t count, const double *target, const double *source, double *q, double *work)
{
  size_t one = (size_t)n * (size_t)n;
  turn p = { .riemann = riemann, .n = n, .q = one, .count = count, .target = target, .source = source };
  double best = INFINITY, value;
  p.root = work;
  p.inverse = p.root + count * one;
  p.y = p.inverse + count * one;
  p.l = p.y + one;
  p.t = p.l + one;
  p.b = p.t + one;
  p.next = p.b + one;
  p.before = p.next + one;
  p.trial = p.before + one;
  p.work = p.trial + one;
  for (size_t k = 0; riemann && k < count; k++)
    if (spd_roots (target + k * one, n, p.root + k * one, p.inverse + k * one, p.work))
      return -1;
  for (size_t start = 0; start < 2 * (count + 1); start++) {
    if (start < 2)
      plain (p.trial, n, start == 1);
    else if (pair (&p, start / 2 - 1, start % 2, p.trial))
      return -1;
    if (descend (&p, p.trial, &value))
      return -1;
    if (start == 0 || value < best - 1e-6 * (best + 1e-12)) {
      best = value;
      memcpy (q, p.trial, one * sizeof *q);
    }
  }
  return 0;
}
