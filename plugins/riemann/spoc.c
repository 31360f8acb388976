/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spoc: source power comodulation (Daehne et al. 2014), as in pyRiemann 0.9 and
 * MNE 1.3: filters whose power follows a number that each trial has.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/spatial.h"

#include <math.h>

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status status = spatial_create (c, p, "spoc", out);
  if (status == FNX_OK)
    (*out)->mne = c->param->integer (p, "peer") == 1;
  return status;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t n = in[0]->axes[1]->size;
  return spatial_negotiate (c, s, in[0], n == FNX_UNKNOWN || n > s->count ? s->count : n, out);
}

/* Targets to mean 0 and (population) variance 1 under the weights, which sum to total. */
static fnx_status
standardise (fnx_call *c, const double *weight, size_t n, double *z, double *total)
{
  double mean = 0, var = 0, size = 0;
  *total = 0;
  for (size_t i = 0; i < n; i++) {
    double w = weight ? weight[i] : 1;
    *total += w;
    mean += w * z[i];
    size = fmax (size, fabs (z[i]));
  }
  mean /= *total;
  for (size_t i = 0; i < n; i++) {
    z[i] -= mean;
    var += (weight ? weight[i] : 1) * z[i] * z[i] / *total;
  }
  if (!(sqrt (var) > 1e-12 * size))
    return c->fail (c, FNX_E_DATA, "all %zu trials of %s have the target %g; spoc needs targets that differ", n,
                    c->recording, mean);
  la_scale (z, 1 / sqrt (var), n);
  return FNX_OK;
}

/* C_z w = lambda C w with C = mean S_i and C_z = mean z_i S_i: lambda is the
 * covariance of the target with the power behind w.  The largest |lambda| first. */
static fnx_status
find (fnx_call *c, const fnx_step *s, const matrices *x, filters *f)
{
  const double *weight;
  size_t n = (size_t)x->n, q = n * n, count = s->count < x->n ? (size_t)s->count : n;
  double *z = c->scratch (c, (x->count + 1) * sizeof *z), total;
  double *work = c->scratch (c, (4 * q + n + la_eig_work (x->n)) * sizeof *work);
  if (!z || !work)
    return FNX_E_NOMEM;
  double *mean = work, *with = mean + q, *v = with + q, *copy = v + q, *lambda = copy + q;
  fnx_status status = rows_weights (c, x->of, &weight);
  if (status == FNX_OK)
    status = numbers_of (c, x->of, "spoc", "csp", z);
  if (status == FNX_OK)
    status = standardise (c, weight, x->count, z, &total);
  if (status == FNX_OK)
    status = filters_new (c, f, x->n, count, NULL, NULL, 1, "spoc");
  if (status != FNX_OK)
    return status;
  /* MNE divides by one sample less than its matrices of X X^T / T do */
  double scale = s->mne ? x->samples / (double)(x->samples - 1) : 1;
  for (size_t i = 0; i < x->count; i++) {
    double a = (weight ? weight[i] : 1) * scale / total;
    la_axpy (mean, a, x->x[i], q);
    la_axpy (with, a * z[i], x->x[i], q);
  }
  bool bad = cov_spd (mean, x->n, copy);
  memcpy (copy, mean, q * sizeof *copy);
  if (bad || la_eig_pair (with, copy, x->n, v, lambda, lambda + n))
    return filters_refuse (c, x, s->mne, mean);
  for (size_t k = 0; k < n; k++)
    lambda[k] = fabs (lambda[k]);
  return filters_keep (c, v, lambda, x->n, count, f->w);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  (void)start;
  fnx_status status = spatial_matrices (c, s, in[0], 2, &x);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (status == FNX_OK)
    status = m ? find (c, s, &x, &m->f) : FNX_E_NOMEM;
  return spatial_finish (c, s, &x, status, m, out);
}

SPATIAL_ESTIMATOR ("spoc");

static const fnx_param_desc *const params[]
    = { &filters_param, &filters_peer_param, &filters_estimator_param, &filters_log_param, &filters_gives_param, NULL };

const fnx_step_desc spoc_step = {
  .struct_size = sizeof spoc_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.spoc",
  .name = "spoc",
  .title = "filters whose power follows a number of each trial",
  .doc
  = "Source power comodulation: what csp is for classes, for a target that is a number, such as a reaction time or the"
    " loudness of a sound. Filters maximise the covariance of their power with the target and come in order of its"
    " absolute value; the feature is the logarithm of that power.\n\n"
    "The targets are the column target of the trials, numbers or texts that are numbers (events called 0.35, 0.41),"
    " and are brought to mean 0 and variance 1 first; two classes count as 0 and 1 in the order of the alphabet. "
    "Weights of"
    " trials are used.\n\n"
    "peer=pyriemann: covariances come in, or are made of epochs by estimator=. peer=mne: epochs come in, the covariance"
    " of a trial is X X^T / (T - 1) without centring, the feature the mean square of the filtered epoch."
    " gives=space hands on the filtered epochs.",
  .cite = "Daehne et al., NeuroImage 86:111, 2014",
  .equals = "with peer=mne MNE 1.3 mne.decoding.SPoC to 1e-9",
  .example = "fornix run sim:effort ! band range=8..32Hz ! epoch on=all from=0s to=3s"
             " ! evaluate folds=5 metric=r,r2 begin cov estimator=oas ! spoc ! regress end",
  .inputs = either_inputs,
  .outputs = filters_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
