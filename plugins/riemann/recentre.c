/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recentre: the mean of each domain becomes the identity (Zanini et al. 2018,
 * pyRiemann's TLCenter).
 */
#include "plugins/riemann/adapt.h"
#include "plugins/common/linalg.h"

static size_t
work (const matrices *x)
{
  return spd_work (x->n) + adapt_square (x->n);
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const matrices *x, const double *w, const domains *d, int32_t k, double *v)
{
  return matrices_mean (c, x, s->metric, w, d->of, k, s->peer, NULL, v);
}

static fnx_status
pool (fnx_call *c, const fnx_step *s, int n, const double *v, size_t count, double *to)
{
  return adapt_pool (c, s->metric, n, v, adapt_square (n), count, to);
}

static int
move (const fnx_step *s, const matrices *x, size_t i, double t, double *v, double *room)
{
  double *to = room + spd_work (x->n);
  if (spd_geodesic (s->metric, v, x->x[i], x->n, t, to, room))
    return -1;
  memcpy (v, to, adapt_square (x->n) * sizeof *v);
  return 0;
}

static int
transform (const fnx_step *s, const matrices *x, size_t i, const double *p, double *out, double *room)
{
  (void)s;
  la_congruence (x->x[i], p, x->n, out, room);
  return 0;
}

/* The statistics: the mean, n x n.  Prepared: its inverse root. */
static const adapt_ops ops = { .name = "recentre",
                               .unitless = true,
                               .open = adapt_matrices,
                               .size = adapt_square,
                               .prepared = adapt_square,
                               .work = work,
                               .learn = learn,
                               .pool = pool,
                               .move = move,
                               .prepare = adapt_whitener,
                               .transform = transform,
                               .sound = adapt_symmetric };

/* Has the metric a geodesic, on which a running mean moves? */
static bool
moves (spd_metric m)
{
  return m == SPD_RIEMANN || m == SPD_LOGEUCLID || m == SPD_EUCLID || m == SPD_WASSERSTEIN;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s;
  fnx_status status = adapt_create (c, p, &ops, &s);
  if (status != FNX_OK)
    return status;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->peer = c->param->integer (p, "peer") == 1;
  if (s->from == FROM_RUNNING && !moves (s->metric)) {
    status = c->fail (c, FNX_E_PARAM,
                      "from=running moves along geodesics, which metric=%s has none of here\n"
                      "use metric=riemann, logeuclid, euclid or wasserstein",
                      spd_mean_names[s->metric]);
  }
  return made (status, s, out);
}

ADAPT_ESTIMATOR ("recentre", "domain means");

static const fnx_param_desc *const params[] = { &domain_param, &from_param, &metric_param, &peer_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "cov[trial,channel,channel]",
                                        .doc = "the matrices around the identity" };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc recentre_step = {
  .struct_size = sizeof recentre_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.recentre",
  .name = "recentre",
  .title = "the matrices of each domain around the identity",
  .doc
  = "A domain is what was recorded alike: the trials of one session of one subject, unless domain= names other columns."
    " Its matrices X become M^-1/2 X M^-1/2, where M is their mean, so that the mean of every domain is the identity"
    " and a classifier that was trained on some subjects can answer for another. Whatever mixing of the channels sets"
    " two subjects apart is undone up to a rotation. The first step of Riemannian Procrustes analysis: recentre !"
    " rescale ! rotate.\n\n"
    "It learns without targets. A domain that was in the training keeps the M of its training trials, as in pyRiemann;"
    " one that was not has the M of its own unlabelled trials in the batch that is applied, all test trials of a"
    " session at once (transductive, as is usual for this method). from=fit refuses such a domain; from=batch gives"
    " every batch its own M. A domain is known again by its name alone: where two studies both have a subject 1, use"
    " from=batch.\n\n"
    "from=running is for trials that come one by one: M then starts at the mean of the training domains and moves with"
    " the k-th trial by 1/(k+1) along the geodesic towards it, before that trial is transformed; no later trial is"
    " looked at. Each batch begins anew. Elsewhere a domain needs two trials: one alone would become the identity.",
  .cite = "Zanini et al., IEEE TBME 65:1107, 2018; Rodrigues, Jutten and Congedo, IEEE TBME 66:2390, 2019 (RPA)",
  .equals = "the formulas of pyRiemann 0.9 TLCenter, which transforms every test trial by the target domain's mean",
  .example = "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject begin cov estimator=oas ! recentre ! mdm end",
  .inputs = cov_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = adapt_unitless,
  .extension = extension,
};
