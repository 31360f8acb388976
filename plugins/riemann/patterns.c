/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Common spatial patterns of class covariances (Koles 1990, Blankertz et al.
 * 2008), with joint diagonalisation beyond two classes (Grosse-Wentrup and Buss
 * 2008); pyRiemann's way and MNE's.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/ajd.h"
#include "plugins/riemann/filters.h"

#include <math.h>

/* All filters as rows of v[n,n], and the merit of each. */
typedef struct ranking {
  double *v, *merit;
} ranking;

/* MNE's component_order: largest eigenvalue, smallest, second largest .. of
 * ascending ones; merit only has to put them in that order. */
static void
alternate (double *merit, int n)
{
  for (int k = 0; k < n; k++)
    merit[k] = k < n / 2 ? -(2 * k + 1) : -2 * (n - 1 - k);
}

/* Two classes: C_a v = lambda (C_0 + C_1) v; merit |lambda - 1/2|.  a is the
 * second class in pyRiemann and the first in MNE: lambda becomes 1 - lambda. */
static int
two_classes (const patterns_how *how, const double *mean, int n, ranking *r, double *work)
{
  size_t q = (size_t)n * (size_t)n;
  double *a = work, *b = a + q, *eig = b + q;
  memcpy (a, how->mne ? mean : mean + q, q * sizeof *a);
  for (size_t i = 0; i < q; i++)
    b[i] = mean[i] + mean[q + i];
  if (cov_spd (b, n, eig) || la_eig_pair (a, b, n, r->v, r->merit, eig))
    return -1;
  if (how->order == ORDER_ALTERNATE)
    alternate (r->merit, n);
  else
    for (int k = 0; k < n; k++)
      r->merit[k] = fabs (r->merit[k] - 0.5);
  return 0;
}

/* More: joint diagonaliser of the class means, each filter scaled to variance
 * one under their mean; merit is an estimate of mutual information,
 * -(sum_k P_k log sqrt t_k + 3/16 (sum_k P_k (t_k^2 - 1))^2), t_k = v C_k v^T.
 * level: weight of each class in the mean.  MNE stops after 15 sweeps. */
static int
more_classes (fnx_call *c, const patterns_how *how, const double *mean, const double *share, const double *level,
              int n_class, int n, ranking *r, double *work)
{
  size_t s = (size_t)n, q = s * s;
  double *copy = work, *total = copy + (size_t)n_class * q, *row = total + q;
  int sweeps = how->mne ? 15 : 100;
  memset (total, 0, q * sizeof *total);
  for (size_t k = 0; k < (size_t)n_class; k++)
    la_axpy (total, level[k], mean + k * q, q);
  if (cov_spd (total, n, copy))
    return -1;
  memcpy (copy, mean, (size_t)n_class * q * sizeof *copy);
  if (!ajd_pham (copy, n_class, n, sweeps, r->v))
    c->log (c, how->mne ? FNX_LOG_DETAIL : FNX_LOG_NOTE, "joint diagonalisation of %d classes stopped after %d sweeps",
            n_class, sweeps);
  for (size_t f = 0; f < s; f++) {
    double *v = r->v + f * s, a = 0, b = 0;
    la_mul (row, v, total, 1, n, n, 1, 0);
    la_scale (v, 1 / sqrt (la_dot (row, v, s)), s);
    for (size_t k = 0; k < (size_t)n_class; k++) {
      la_mul (row, v, mean + k * q, 1, n, n, 1, 0);
      double t = la_dot (row, v, s);
      a += share[k] * log (sqrt (t));
      b += share[k] * (t * t - 1);
    }
    r->merit[f] = -(a + 3.0 / 16 * b * b);
  }
  return 0;
}

/* Class means, n_class x n x n, and how many trials each has: one of weight 2 is two. */
static fnx_status
means (fnx_call *c, const patterns_how *how, const matrices *x, const double *weight, const int32_t *code,
       int32_t n_class, double *mean, double *trials)
{
  size_t q = (size_t)x->n * (size_t)x->n;
  for (size_t i = 0; i < x->count; i++)
    trials[code[i]] += weight ? weight[i] : 1;
  for (int32_t k = 0; k < n_class; k++) {
    double *m = mean + (size_t)k * q, T = (double)how->samples;
    fnx_status status = matrices_mean (c, x, how->metric, weight, code, k, false, NULL, m);
    if (status != FNX_OK)
      return status;
    if (how->mne) { /* of X X^T / T: over one less, of a trial or of all of them */
      double all = how->concat ? T * trials[k] : T;
      la_scale (m, all / (all - 1), q);
    }
  }
  return FNX_OK;
}

fnx_status
patterns_fit (fnx_call *c, const patterns_how *how, const matrices *x, const double *weight, const int32_t *code,
              int32_t n_class, size_t count, double *w)
{
  size_t n = (size_t)x->n, q = n * n, classes_n = (size_t)n_class;
  double *mean = c->scratch (c, classes_n * q * sizeof *mean), *trials = c->scratch (c, classes_n * sizeof *trials);
  double *share = c->scratch (c, classes_n * sizeof *share), *level = c->scratch (c, classes_n * sizeof *level);
  double *work = c->scratch (c, ((classes_n + 4) * q + n + la_eig_work (x->n)) * sizeof *work);
  ranking r = { c->scratch (c, q * sizeof (double)), c->scratch (c, n * sizeof (double)) };
  if (!mean || !trials || !share || !level || !work || !r.v || !r.merit)
    return FNX_E_NOMEM;
  fnx_status status = means (c, how, x, weight, code, n_class, mean, trials);
  if (status != FNX_OK)
    return status;
  double total = 0;
  for (size_t k = 0; k < classes_n; k++)
    total += trials[k];
  for (size_t k = 0; k < classes_n; k++) { /* of MNE's stretches each counts its channels */
    share[k] = how->mne && how->concat ? 1.0 / n_class : trials[k] / total;
    level[k] = how->mne ? share[k] : 1.0 / n_class;
  }
  int bad = n_class == 2 ? two_classes (how, mean, x->n, &r, work)
                         : more_classes (c, how, mean, share, level, (int)n_class, x->n, &r, work);
  if (bad) {
    memset (work, 0, q * sizeof *work);
    for (size_t k = 0; k < classes_n; k++)
      la_axpy (work, 1.0 / n_class, mean + k * q, q);
    return filters_refuse (c, x, how->mne, work);
  }
  return filters_keep (c, r.v, r.merit, x->n, count, w);
}

fnx_status
patterns_fit_ovr (fnx_call *c, const patterns_how *how, const matrices *x, const double *weight, const int32_t *code,
                  int32_t n_class, size_t count, double *w)
{
  int32_t *own = c->scratch (c, (x->count + 1) * sizeof *own);
  fnx_status status = own ? FNX_OK : FNX_E_NOMEM;
  for (int32_t k = 0; k < n_class && status == FNX_OK; k++) {
    for (size_t i = 0; i < x->count; i++)
      own[i] = (code[i] == k) != how->mne; /* its class is the one whose lambda counts */
    status = patterns_fit (c, how, x, weight, own, 2, count, w + (size_t)k * count * (size_t)x->n);
  }
  return status;
}
