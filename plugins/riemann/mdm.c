/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mdm: minimum distance to mean (Barachant et al. 2012, pyRiemann's MDM).
 */
#include "plugins/riemann/mdm.h"

struct fnx_step {
  spd_metric mean, distance;
  bool peer;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->mean = (spd_metric)c->param->integer (p, "metric");
  s->distance = distance_of (s->mean, c->param->integer (p, "distance"));
  s->peer = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  status = means_fit (c, &x, s->mean, s->distance, s->peer, start ? &start->means : NULL, &m->means);
  return fitted (status, m, mdm_free, out);
}

/* ---- the model, which mdwm and meanfield have too ------------------------------ */

void
mdm_free (fnx_model *m)
{
  if (m)
    means_free (&m->means);
  free (m);
}

fnx_status
mdm_complete (fnx_call *c, fnx_model *m)
{
  return means_complete (c, &m->means);
}

fnx_status
mdm_apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  (void)s;
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  return status == FNX_OK ? means_apply (c, &m->means, &x, NULL, out) : status;
}

void
mdm_put (state_out *o, const fnx_model *m)
{
  means_put (o, &m->means);
}

bool
mdm_get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  return means_get (in, 1, &m->means);
}

MDM_ESTIMATOR ("mdm");

static const fnx_param_desc *const params[] = { &metric_param, &distance_param, &peer_param, NULL };

const fnx_step_desc mdm_step = {
  .struct_size = sizeof mdm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.mdm",
  .name = "mdm",
  .title = "the class whose mean is nearest",
  .doc
  = "Learns the mean matrix of each class and gives a trial to the class whose mean is nearest. Scores are minus the"
    " squared distances, so with two classes their difference ranks the trials as pyRiemann's probabilities do,"
    " without their ties. A trial column weight weighs the trials.\n\n"
    "Mean and distance are of one metric, unless distance= names another: logeuclid means with riemann distances cost"
    " little and lose little.\n\n"
    "It has nothing to tune and needs few trials, which makes it a good first classifier.",
  .cite = "Barachant et al., IEEE TBME 59:920, 2012",
  .equals = "pyRiemann 0.9 MDM to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! mdm end",
  .inputs = cov_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
