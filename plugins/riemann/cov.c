/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cov: the covariance of the channels over each epoch.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/riemann.h"

struct fnx_step {
  cov_kind kind;
};

static const window whole = { .order = 1, .lag = 1 };

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  *out = s;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  out[0] = cov_spec (c, in[0], s->kind, &whole);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  return covs_new (c, in[0], s->kind, &whole, out);
}

const fnx_param_desc estimator_param = {
  .struct_size = sizeof estimator_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "scm: sum of squares over T; cov: over T-1; corr: correlations; oas, lwf, sch: shrunk, safe with few samples "
         "and referenced channels; hub, stu, tyl: robust to outlying samples",
  .fallback = "scm",
  .choices = cov_names,
};
static const fnx_param_desc *const params[] = { &estimator_param, NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "cov[trial,channel,channel]",
  .doc = "one positive definite matrix a trial",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc cov_step = {
  .struct_size = sizeof cov_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.cov",
  .name = "cov",
  .title = "covariance of the channels in each trial",
  .doc
  = "Each channel is centred by its own mean over the epoch. scm divides by the number of samples T, cov by T - 1;"
    " corr gives correlations. oas (oracle approximating shrinkage), lwf (Ledoit-Wolf) and sch (Schaefer-Strimmer)"
    " draw the matrix towards a diagonal one, by an amount that follows from the samples. hub (Huber), stu (Student)"
    " and tyl (Tyler, a shape of trace p) give less weight to samples that lie far out, such as blinks and jumps;"
    " they do not shrink.\n\n"
    "What follows needs positive definite matrices. Epochs that are average-referenced, have flat or duplicated"
    " channels or fewer samples than channels give none without shrinkage: the step then stops, names the trial"
    " and the cause, and never passes a singular matrix on. estimator=oas is the usual remedy.",
  .cite
  = "Chen et al., IEEE TSP 58:5016, 2010 (oas, in scikit-learn's variant); Ledoit and Wolf, J Multivar Anal 88:365,"
    " 2004 (lwf); Schaefer and Strimmer, Stat Appl Genet Mol Biol 4:32, 2005 (sch); Ollila et al., IEEE TSP"
    " 60:5597, 2012 (hub, stu); Tyler, Ann Stat 15:234, 1987 (tyl)",
  .equals = "pyRiemann 0.9 Covariances to 1e-12",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! mdm end",
  .inputs = epochs_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
