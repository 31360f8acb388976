/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mdwm: minimum distance to weighted mean (Kalunga et al. 2018, pyRiemann's
 * MDWM).
 */
#include "plugins/riemann/mdm.h"
#include "plugins/riemann/sides.h"

/* The metrics of geodesics. */
static const spd_metric metrics[] = { SPD_RIEMANN, SPD_LOGEUCLID, SPD_EUCLID, SPD_WASSERSTEIN };
static const char *const metric_names[] = { "riemann", "logeuclid", "euclid", "wasserstein", NULL };

struct fnx_step {
  sides_by by;
  spd_metric mean, distance;
  double tradeoff;
  bool peer;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->mean = metrics[c->param->integer (p, "metric")];
  s->distance = distance_of (s->mean, c->param->integer (p, "distance"));
  s->tradeoff = c->param->real (p, "tradeoff");
  s->peer = c->param->integer (p, "peer") == 1;
  return made (sides_by_of (c, p, &s->by), s, out);
}

/* Mean k: tradeoff of the way from that of the sources to that of the target. */
static fnx_status
one_mean (fnx_call *c, const fnx_step *s, const matrices *x, const double *w, const sides *side, int32_t k, double *to)
{
  size_t q = (size_t)x->n * (size_t)x->n;
  double *a = c->scratch (c, 2 * q * sizeof *a), *work = c->scratch (c, spd_work (x->n) * sizeof *work);
  if (!a || !work)
    return FNX_E_NOMEM;
  if (s->tradeoff <= 0)
    return matrices_mean (c, x, s->mean, w, side->source, k, s->peer, NULL, to);
  if (s->tradeoff >= 1)
    return matrices_mean (c, x, s->mean, w, side->target, k, s->peer, NULL, to);
  fnx_status status = matrices_mean (c, x, s->mean, w, side->source, k, s->peer, NULL, a);
  if (status == FNX_OK)
    status = matrices_mean (c, x, s->mean, w, side->target, k, s->peer, NULL, a + q);
  if (status == FNX_OK && spd_geodesic (s->mean, a, a + q, x->n, s->tradeoff, to, work))
    status = cov_spd (a, x->n, work) ? matrices_refuse (c, x, a, "the mean of a class in the other domains")
                                     : matrices_refuse (c, x, a + q, "the mean of a class in the domain it is for");
  return status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  sides side;
  const double *w = NULL;
  const int32_t *code = NULL;
  (void)start;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (!m)
    return status == FNX_OK ? FNX_E_NOMEM : status;
  status = means_begin (c, &x, s->distance, 1, &m->means, &code, &w);
  if (status == FNX_OK)
    status = sides_of (c, in[0], &s->by, "mdwm", &m->means.cls, code, &side);
  size_t q = (size_t)x.n * (size_t)x.n;
  for (int32_t k = 0; k < m->means.cls.n && status == FNX_OK; k++)
    status = one_mean (c, s, &x, w, &side, k, m->means.mean + (size_t)k * q);
  if (status == FNX_OK)
    status = means_complete (c, &m->means);
  return fitted (status, m, mdm_free, out);
}

MDM_ESTIMATOR ("mdwm");

static const fnx_param_desc geodesic_param = {
  .struct_size = sizeof geodesic_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the means and of the geodesic between them",
  .fallback = "riemann",
  .choices = metric_names,
};
static const fnx_param_desc tradeoff_param = {
  .struct_size = sizeof tradeoff_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "tradeoff",
  .doc = "0: the means of the other domains; 1: those of the domain it is for; between: on the geodesic",
  .fallback = "0.5",
  .min = 0,
  .max = 1,
};
static const fnx_param_desc *const params[]
    = { &tradeoff_param, &target_param, &domain_param, &geodesic_param, &distance_param, &peer_param, NULL };

const fnx_step_desc mdwm_step = {
  .struct_size = sizeof mdwm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.mdwm",
  .name = "mdwm",
  .title = "the nearest class mean, between other people's and one's own",
  .doc
  = "A classifier for a domain (a session of a subject) of which a few labelled trials are in the training beside many"
    " of others. The mean of each class is the point at tradeoff= on the geodesic from the mean over the other domains"
    " (0) to that over the few trials (1); a trial goes to the class whose mean is nearest, as in mdm.\n\n"
    "It never sees targets of tested trials: the few are training trials, those whose column calibration is 1, which"
    " evaluate makes with calibration=, or those of the domain target=. Without any it stops and says so. A trial "
    "column"
    " weight weighs the trials.\n\n"
    "In train, mark the recordings of the person it is for with 1 in a column calibration of the recordings table.",
  .cite = "Kalunga, Chevallier and Barthelemy, EUSIPCO 2018, 1685; Khazem et al., IEEE NER 2021, 523",
  .equals = "the formulas of pyRiemann 0.9 MDWM; tradeoff is its domain_tradeoff",
  .example = "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject calibration=5 begin cov estimator=oas ! recentre ! mdwm tradeoff=0.7 end",
  .inputs = cov_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
