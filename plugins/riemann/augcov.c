/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * augcov: the covariance of channels and their delayed copies (ACM), which
 * sees frequency content that a plain covariance cannot.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/riemann.h"

struct fnx_step {
  cov_kind kind;
  window w;
  int delay[ACM_MAX_ORDER];
};

/* The list of delays, the undelayed copy first whether it was written or not. */
static fnx_status
take_delays (fnx_call *c, const fnx_params *p, fnx_step *s)
{
  size_t n;
  const double *said = c->param->reals (p, "delays", &n);
  const char *text = c->param->text (p, "delays");
  s->w.delay = s->delay;
  s->w.order = 1;
  for (size_t i = 0; i < n; i++) {
    if (i == 0 && said[0] == 0)
      continue;
    for (int b = 0; b < s->w.order; b++)
      if (s->delay[b] == (int)said[i])
        return c->fail (c, FNX_E_PARAM, "delays=%s has %d twice: two equal copies make every covariance singular\n%s",
                        text, s->delay[b],
                        s->delay[b] ? "write each delay once"
                                    : "the undelayed copy is always the first: leave out the 0");
    if (s->w.order == ACM_MAX_ORDER)
      return c->fail (c, FNX_E_PARAM, "delays=%s makes more than %d copies\nwrite fewer delays", text, ACM_MAX_ORDER);
    s->delay[s->w.order++] = (int)said[i];
  }
  return FNX_OK;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->w.order = (int)c->param->integer (p, "order");
  s->w.lag = (int)c->param->integer (p, "lag");
  s->w.wrap = c->param->integer (p, "peer") == 1;
  return made (c->param->given (p, "delays") ? take_delays (c, p, s) : FNX_OK, s, out);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t T = in[0]->axes[2]->size, L = window_samples (&s->w, T);
  if (T != FNX_UNKNOWN && L < 2 && s->w.delay)
    return c->fail (c, FNX_E_SPEC,
                    "delays= leaves %lld of the %lld samples of an epoch; 2 or more must remain\n"
                    "use smaller delays, or longer epochs",
                    (long long)(L < 0 ? 0 : L), (long long)T);
  if (T != FNX_UNKNOWN && L < 2)
    return c->fail (c, FNX_E_SPEC,
                    "lag=%d times order %d is %d samples, and the epochs have %lld; 2 or more must remain\n"
                    "use a smaller order or lag, or longer epochs",
                    s->w.lag, s->w.order, s->w.lag * s->w.order, (long long)T);
  out[0] = cov_spec (c, in[0], s->kind, &s->w);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  window_tell (c, c->buf->spec (in[0]), s->kind, &s->w);
  return covs_new (c, in[0], s->kind, &s->w, out);
}

static const fnx_param_desc order_param = { ACM_ORDER_FIELDS, .when = "!delays" };
static const fnx_param_desc lag_param = { ACM_LAG_FIELDS, .when = "!delays" };
static const fnx_param_desc delays_param = {
  .struct_size = sizeof delays_param,
  .type = FNX_T_INTS,
  .flags = FNX_P_TUNABLE,
  .name = "delays",
  .doc = "samples between the first copy and each further one, at unequal distances, instead of order= and lag=;"
         " 0,3,7 and 3,7 both make three copies",
  .max = 1000000,
};
static const char *const peers[] = { "moabb", "timedelay", NULL };
static const fnx_param_desc peer_kind_param = {
  .struct_size = sizeof peer_kind_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc
  = "moabb: copies advanced, the last order*lag samples left out; timedelay: pyRiemann's TimeDelayCovariances, copies"
    " delayed and wrapped round",
  .fallback = "moabb",
  .choices = peers,
};
static const fnx_param_desc *const params[]
    = { &order_param, &lag_param, &delays_param, &acm_estimator_param, &peer_kind_param, NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "cov[trial,channel,channel]",
  .doc = "matrices of order x channels rows; row b*C + c is channel c advanced by b*lag samples (or by delay b)",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc augcov_step = {
  .struct_size = sizeof augcov_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.augcov",
  .name = "augcov",
  .title = "covariance of channels and their delayed copies",
  .doc
  = "The augmented covariance method: every channel is joined by order - 1 copies of itself, each lag samples"
    " further on, and the covariance of all of them is taken. Its blocks are covariances at lags, so that it sees"
    " rhythms as well as power. As in MOABB's AugmentedDataset, T - order*lag samples are kept when order is 2 or"
    " more.\n\n"
    "order and lag are best found by an inner search: order=try:1..10 lag=try:1..10 inside evaluate. The matrix has"
    " order x channels rows; with few samples use estimator=oas.\n\n"
    "delays=0,3,7 puts the copies at unequal distances, and delays=try:3,7/2,9 searches two such lists; T - (max + 1) "
    "samples are then kept, as in the authors'"
    " AugmentedDataset_NonUniform (one copy alone keeps all).\n\n"
    "peer=timedelay is pyRiemann's TimeDelayCovariances: copies are delayed, not advanced, and wrapped round, so that"
    " all T samples stay. Its delays=[1, 3] is delays=1,3 here, and its delays=4 is order=4 lag=1.",
  .cite = "Carrara and Papadopoulo, Classification of BCI-EEG based on the augmented covariance matrix, IEEE TBME 2024",
  .equals = "MOABB 1.4 AugmentedDataset with pyRiemann 0.9 Covariances to 1e-12",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin augcov order=2 lag=8 estimator=oas ! tangent ! svm end",
  .inputs = epochs_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
