/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * siegel[trial,block,channel,channel]: a covariance P_0 and order - 1 points of
 * the Siegel disk for each trial, their means, and references to measure from.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/siegel.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "siegel[trial,block,channel,channel]",
                                       .doc = "coefficients of block-Toeplitz covariances, from  ! btacm" };
const fnx_port_desc *const blocks_inputs[] = { &in_port, NULL };

fnx_status
blocks_matrices (fnx_call *c, const blocks *b, int k, matrices *m)
{
  const double **x = c->scratch (c, (b->count + 1) * sizeof *x);
  *m = (matrices){ .n = b->n, .count = b->count, .x = x, .of = b->of };
  for (size_t i = 0; x && i < b->count; i++)
    x[i] = b->x[i] + (size_t)k * (size_t)b->n * (size_t)b->n;
  return x ? FNX_OK : FNX_E_NOMEM;
}

static int
inside (void *arg, size_t i, double *work)
{
  const matrices *m = arg;
  return siegel_size (m->x[i], m->n, work) < 1 ? 0 : -1;
}

static int
positive (void *arg, size_t i, double *work)
{
  const matrices *m = arg;
  double gap = la_asymmetry (m->x[i], m->n), most = 0;
  for (int k = 0; k < m->n; k++)
    most = fmax (most, fabs (m->x[i][k * m->n + k]));
  return gap <= 1e-8 * most ? cov_spd (m->x[i], m->n, work) : -1;
}

fnx_status
blocks_of (fnx_call *c, const fnx_buf *b, size_t need, blocks *out)
{
  const fnx_spec *s = c->buf->spec (b);
  int64_t count = s->axes[0]->size, order = s->axes[1]->size, n = s->axes[2]->size;
  if (n != s->axes[3]->size || n < 1 || n > 20000 || order < 1 || order > 1000)
    return c->fail (c, FNX_E_SPEC, "%s holds %lld blocks of %lld x %lld; they are square, and 1 to 1000", c->recording,
                    (long long)order, (long long)n, (long long)s->axes[3]->size);
  if (count < (int64_t)need)
    return c->fail (c, FNX_E_DATA, "%s has %lld trial%s; at least %zu are needed\ngive more recordings, or longer ones",
                    c->recording, (long long)count, count == 1 ? "" : "s", need);
  const double **x = c->scratch (c, ((size_t)count + 1) * sizeof *x);
  if (!x)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < count; i++)
    x[i] = c->buf->item (b, i);
  *out = (blocks){ .n = (int)n, .order = (int)order, .count = (size_t)count, .x = x, .of = b };
  for (int k = 0; k < out->order; k++) {
    matrices m;
    size_t bad = out->count;
    fnx_status status = blocks_matrices (c, out, k, &m);
    if (status == FNX_OK)
      status = matrices_each (c, &m, siegel_work (m.n), k ? inside : positive, &m, &bad);
    if (status == FNX_E_NUMERIC && bad < m.count && k)
      return c->fail (c, FNX_E_NUMERIC, "%s: block %d is not inside the Siegel disk\nmake the blocks with  ! btacm",
                      trial_name (c, b, bad), k);
    if (status == FNX_E_NUMERIC && bad < m.count)
      return matrices_bad (c, &m, bad);
    if (status != FNX_OK)
      return status;
  }
  return FNX_OK;
}

fnx_status
blocks_fit (fnx_call *c, const blocks *b, int n, int order)
{
  if (b->n == n && b->order == order)
    return FNX_OK;
  return c->fail (c, FNX_E_SPEC,
                  "%s has %d blocks of %d channels; the model was fitted on %d of %d\n"
                  "run it through the same steps as the recordings of the training",
                  c->recording, b->order, b->n, order, n);
}

/* ---- means ------------------------------------------------------------------------ */

typedef struct pass {
  const matrices *m;
  const double *ref;
  double *logs;
} pass;

static int
log_one (void *arg, size_t i, double *work)
{
  const pass *p = arg;
  return siegel_log (p->m->x[i], p->ref, p->m->n, p->logs + i * (size_t)p->m->n * (size_t)p->m->n, work);
}

/* The damped gradient loop of pyRiemann's mean_riemann with the disk's maps. */
static fnx_status
disk_mean (fnx_call *c, const matrices *m, const double *w, double *mean)
{
  size_t q = (size_t)m->n * (size_t)m->n;
  double *ref = c->scratch (c, siegel_ref_size (m->n) * sizeof *ref), *step = c->scratch (c, q * sizeof *step);
  double *work = c->scratch (c, siegel_work (m->n) * sizeof *work);
  pass p = { m, ref, c->scratch (c, (m->count + 1) * q * sizeof (double)) };
  double nu = 1, tau = DBL_MAX, crit = INFINITY;
  if (!ref || !step || !work || !p.logs)
    return FNX_E_NOMEM;
  memset (mean, 0, q * sizeof *mean);
  for (size_t i = 0; i < m->count; i++)
    la_axpy (mean, w[i], m->x[i], q);
  for (int k = 0; k < 50 && crit > 1e-8 && nu > 1e-8; k++) {
    if (siegel_ref (mean, m->n, ref, work))
      return c->fail (c, FNX_E_NUMERIC, "a mean of blocks reached the edge of the Siegel disk\nuse estimator=oas");
    fnx_status status = matrices_each (c, m, siegel_work (m->n), log_one, &p, NULL);
    if (status != FNX_OK)
      return status;
    memset (step, 0, q * sizeof *step);
    for (size_t i = 0; i < m->count; i++)
      la_axpy (step, w[i], p.logs + i * q, q);
    crit = la_norm (step, q);
    la_scale (step, nu, q);
    if (siegel_exp (step, ref, m->n, mean, work))
      return c->fail (c, FNX_E_NUMERIC, "a mean of blocks left the Siegel disk\nuse estimator=oas");
    double h = nu * crit;
    nu *= h < tau ? 0.95 : 0.5;
    tau = h < tau ? h : tau;
  }
  return FNX_OK;
}

/* The trials of code k and their weights, which sum to 1. */
static fnx_status
choose (fnx_call *c, const blocks *b, const double *w, const int32_t *codes, int32_t k, blocks *some, double **share)
{
  const double **x = c->scratch (c, (b->count + 1) * sizeof *x);
  double *s = c->scratch (c, (b->count + 1) * sizeof *s), sum = 0;
  if (!x || !s)
    return FNX_E_NOMEM;
  *some = *b;
  some->x = x;
  some->count = 0;
  for (size_t i = 0; i < b->count; i++)
    if (!codes || codes[i] == k) {
      x[some->count] = b->x[i];
      s[some->count] = w ? w[i] : 1;
      sum += s[some->count++];
    }
  if (!(sum > 0))
    return c->fail (c, FNX_E_DATA, "the weights of a class are all zero\ngive at least one of its trials a weight");
  for (size_t i = 0; i < some->count; i++)
    s[i] /= sum;
  *share = s;
  return FNX_OK;
}

fnx_status
blocks_mean (fnx_call *c, const blocks *b, const double *w, const int32_t *codes, int32_t k, double *mean)
{
  blocks some;
  matrices m;
  double *share = NULL;
  size_t q = (size_t)b->n * (size_t)b->n;
  fnx_status status = blocks_matrices (c, b, 0, &m);
  if (status == FNX_OK)
    status = matrices_mean (c, &m, SPD_RIEMANN, w, codes, k, false, NULL, mean);
  if (status == FNX_OK)
    status = choose (c, b, w, codes, k, &some, &share);
  for (int l = 1; l < b->order && status == FNX_OK; l++) {
    status = blocks_matrices (c, &some, l, &m);
    if (status == FNX_OK)
      status = disk_mean (c, &m, share, mean + (size_t)l * q);
  }
  return status;
}

/* ---- references -------------------------------------------------------------------- */

size_t
blocks_ref_size (int n, int order)
{
  return spd_ref_size (n) + (size_t)(order - 1) * siegel_ref_size (n);
}

fnx_status
blocks_refuse (fnx_call *c, const char *what)
{
  return c->fail (c, FNX_E_NUMERIC,
                  "%s lies on the edge of the Siegel disk: some channel is foretold exactly by the samples before\n"
                  "use estimator=oas, or a smaller order=",
                  what);
}

fnx_status
blocks_ref (fnx_call *c, const double *mean, int n, int order, double *ref)
{
  size_t q = (size_t)n * (size_t)n, most = siegel_work (n) > spd_work (n) ? siegel_work (n) : spd_work (n);
  double *work = c->scratch (c, most * sizeof *work);
  if (!work)
    return FNX_E_NOMEM;
  const matrices like = { .n = n };
  if (spd_ref (SPD_RIEMANN, mean, n, ref, work))
    return matrices_refuse (c, &like, mean, "the mean of a class");
  int bad = 0;
  for (int l = 1; l < order && !bad; l++)
    bad = siegel_ref (mean + (size_t)l * q, n, ref + spd_ref_size (n) + (size_t)(l - 1) * siegel_ref_size (n), work);
  return bad ? blocks_refuse (c, "the mean of a class") : FNX_OK;
}

bool
blocks_sound (const double *mean, int n, int order)
{
  size_t all = (size_t)order * (size_t)n * (size_t)n;
  for (size_t i = 0; i < all; i++)
    if (!isfinite (mean[i]))
      return false;
  return la_asymmetry (mean, n) == 0;
}
