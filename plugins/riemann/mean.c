/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mean: one matrix for all trials.
 */
#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"

#include <stdlib.h>

/* The metrics that have a mean, and one family of means that has no metric. */
enum { POWER = SPD_N_MEAN };
static const char *const metrics[] = { "riemann",     "logeuclid",    "euclid",  "harmonic", "logdet",
                                       "wasserstein", "kullback_sym", "logchol", "power",    NULL };
_Static_assert(sizeof metrics / sizeof *metrics == POWER + 2, "one name a metric");

struct fnx_step {
  int metric; /* of metrics[] */
  double p;
  bool peer;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  s->metric = (int)c->param->integer (p, "metric");
  s->p = c->param->real (p, "p");
  s->peer = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static const fnx_spec *
mean_spec (fnx_call *c, const fnx_spec *in)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (!s)
    return NULL;
  *s = *in;
  s->ndim = 2;
  s->axes = in->axes + 1;
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = mean_spec (c, in[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* The one mean that singular matrices have may be singular itself. */
static fnx_status
tell_singular (fnx_call *c, const matrices *m, const double *mean)
{
  double *work = c->scratch (c, (size_t)m->n * (size_t)m->n * sizeof *work);
  if (!work)
    return FNX_E_NOMEM;
  if (cov_spd (mean, m->n, work))
    c->log (c, FNX_LOG_NOTE, "the mean of these %zu matrices is not positive definite; metric=riemann says why",
            m->count);
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices m;
  const double *w;
  fnx_status status = matrices_of (c, in[0], 1, s->metric != SPD_EUCLID, &m);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = mean_spec (c, c->buf->spec (in[0]));
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (!v)
    status = FNX_E_NOMEM;
  else if (s->metric == POWER)
    status = matrices_power (c, &m, s->p, w, NULL, 0, v);
  else
    status = matrices_mean (c, &m, (spd_metric)s->metric, w, NULL, 0, s->peer, NULL, v);
  if (status == FNX_OK && s->metric == SPD_EUCLID)
    status = tell_singular (c, &m, v);
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

static const fnx_param_desc mean_metric_param = {
  .struct_size = sizeof mean_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the distances whose squares are least; power: the means between harmonic, riemann and euclid",
  .fallback = "riemann",
  .choices = metrics,
};
static const fnx_param_desc p_param = {
  .struct_size = sizeof p_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "p",
  .doc = "-1: harmonic, 0: riemann, 1: euclid, and all between",
  .fallback = "0.5",
  .min = -1,
  .max = 1,
  .when = "metric=power",
};
static const fnx_param_desc *const params[] = { &mean_metric_param, &p_param, &peer_param, NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port, .name = "out", .what = "cov[channel,channel]", .doc = "the mean of all trials"
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc mean_step = {
  .struct_size = sizeof mean_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.mean",
  .name = "mean",
  .title = "the mean of covariance matrices",
  .doc
  = "riemann is the affine-invariant (Karcher, Frechet) mean: the matrix from which the sum of squared geodesic"
    " distances is least. logeuclid, euclid and harmonic have closed forms; logdet (Stein), wasserstein,"
    " kullback_sym and logchol are the means of those distances. power goes from harmonic (p=-1) over riemann (0) to"
    " euclid (1): larger p gives large matrices more say. A trial column weight weighs the trials.\n\n"
    "The riemann mean is iterated until its gradient is below 3e-9. Where rounding makes that impossible (matrices"
    " with condition numbers above 1e10), it stops as soon as the gradient no longer falls; peer=exact follows"
    " pyRiemann's 50 iterations instead.",
  .cite
  = "Moakher, SIAM J Matrix Anal Appl 26:735, 2005 (riemann); Arsigny et al., MRM 56:411, 2006 (logeuclid); Sra, Proc"
    " AMS 144:2787, 2016 (logdet); Bhatia et al., Expo Math 37:165, 2019 (wasserstein); Lin, SIAM J Matrix Anal"
    " Appl 40:1353, 2019 (logchol); Congedo, Barachant and Koopaei, IEEE TSP 65:2211, 2017 (power)",
  .equals = "pyRiemann 0.9 gmean to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! cov estimator=oas ! mean"
             " ! table",
  .inputs = cov_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
};
