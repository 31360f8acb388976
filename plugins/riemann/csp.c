/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csp: common spatial patterns, as pyRiemann 0.9 and as MNE 1.3 define them.
 */
#include "plugins/riemann/spatial.h"

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status status = spatial_create (c, p, "csp", out);
  if (status != FNX_OK)
    return status;
  fnx_step *s = *out;
  s->mne = c->param->integer (p, "peer") == 1;
  s->ovr = c->param->integer (p, "classes") == 1;
  s->metric = s->mne ? SPD_EUCLID : (spd_metric)c->param->integer (p, "metric");
  s->concat = s->mne && c->param->integer (p, "cov") == 0;
  s->order = s->mne ? (patterns_order)c->param->integer (p, "order") : ORDER_MUTUAL_INFO;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t n = in[0]->axes[1]->size, count = n == FNX_UNKNOWN || n > s->count ? s->count : n;
  return spatial_negotiate (c, s, in[0], s->ovr ? FNX_UNKNOWN : count, out);
}

static fnx_status
find (fnx_call *c, const fnx_step *s, const matrices *x, const int32_t *code, const classes *cls, filters *f)
{
  const double *weight;
  bool ovr = s->ovr && cls->n > 2; /* of two classes both have the same filters */
  size_t count = s->count < x->n ? (size_t)s->count : (size_t)x->n, groups = ovr ? (size_t)cls->n : 1;
  patterns_how how = { s->metric, s->order, s->mne, s->concat, x->samples };
  if (s->order == ORDER_ALTERNATE && cls->n > 2 && !ovr)
    return c->fail (c, FNX_E_PARAM,
                    "order=alternate takes two classes; %s has %d\nuse order=mutual_info, or classes=ovr", c->recording,
                    (int)cls->n);
  fnx_status status = rows_weights (c, x->of, &weight);
  if (status == FNX_OK)
    status = filters_new (c, f, x->n, groups * count, NULL, (const char *const *)cls->name, groups, "csp");
  if (status != FNX_OK)
    return status;
  return (ovr ? patterns_fit_ovr : patterns_fit) (c, &how, x, weight, code, cls->n, count, f->w);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  const int32_t *code;
  classes cls = { 0, NULL };
  (void)start;
  fnx_status status = spatial_matrices (c, s, in[0], 2, &x);
  if (status == FNX_OK)
    status = classes_of (c, in[0], &code, &cls);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (status == FNX_OK)
    status = m ? find (c, s, &x, code, &cls, &m->f) : FNX_E_NOMEM;
  classes_free (&cls);
  return spatial_finish (c, s, &x, status, m, out);
}

SPATIAL_ESTIMATOR ("csp");

static const char *const stretches[] = { "concat", "epoch", NULL };
static const fnx_param_desc cov_param = {
  .struct_size = sizeof cov_param,
  .type = FNX_T_ENUM,
  .name = "cov",
  .doc = "MNE's cov_est: concat: all samples of a class as one stretch; epoch: mean over its trials",
  .fallback = "concat",
  .choices = stretches,
  .when = "peer=mne",
};
static const char *const orders[] = { "mutual_info", "alternate", NULL };
static const fnx_param_desc order_param = {
  .struct_size = sizeof order_param,
  .type = FNX_T_ENUM,
  .name = "order",
  .doc = "MNE's component_order: mutual_info: farthest from equal variance first; alternate: one class and the other"
         " in turn",
  .fallback = "mutual_info",
  .choices = orders,
  .when = "peer=mne",
};
static const fnx_param_desc csp_metric_param = {
  .struct_size = sizeof csp_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the class means",
  .fallback = "euclid",
  .choices = spd_mean_names,
  .when = "peer=pyriemann",
};
static const fnx_param_desc *const params[]
    = { &filters_param, &filters_peer_param, &csp_metric_param,  &filters_estimator_param, &filters_classes_param,
        &cov_param,     &order_param,        &filters_log_param, &filters_gives_param,     NULL };

const fnx_step_desc csp_step = {
  .struct_size = sizeof csp_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.csp",
  .name = "csp",
  .title = "common spatial patterns",
  .doc
  = "Finds the weighted sums of channels whose variance differs most between the classes, and gives the logarithm of"
    " that variance for each trial. Filters come in order of their distance from equal variance.\n\n"
    "Three classes or more: classes=joint takes the joint diagonaliser of the class means, ranked by mutual"
    " information. classes=ovr finds nfilter filters for each class against all other trials and names them"
    " left.csp1, left.csp2 and so on.\n\n"
    "peer=pyriemann: covariances come in, or are made of epochs by estimator=, and the same (shrunk) covariance gives"
    " the variance: diag (W S W^T). peer=mne: epochs come in; the covariance of a class is X X^T / (n - 1) of its"
    " samples, which are not centred, and the feature is the mean square of the filtered epoch. The two also differ in"
    " the joint diagonalisation, which MNE ends after 15 sweeps and pyRiemann after 100.\n\n"
    "gives=space hands on the filtered epochs, with the filters in place of the channels: the CSP space in which cov,"
    " augcov or psd go on. Filters have no sign of their own.",
  .cite
  = "Blankertz et al., IEEE Signal Process Mag 25:41, 2008; Grosse-Wentrup and Buss, IEEE TBME 55:1991, 2008; Pham,"
    " SIAM J Matrix Anal Appl 22:1136, 2001",
  .equals = "pyRiemann 0.9 CSP to 1e-9; with peer=mne MNE 1.3 mne.decoding.CSP to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! csp nfilter=6 ! lda end\n"
             "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin csp gives=space ! augcov order=2 lag=4 ! tangent ! svm end",
  .inputs = either_inputs,
  .outputs = filters_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
