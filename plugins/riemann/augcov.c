/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * augcov: the covariance of channels and their delayed copies (ACM), which
 * sees frequency content that a plain covariance cannot.
 */
#include "plugins/riemann/riemann.h"

#include <stdlib.h>

struct fnx_step {
  cov_kind kind;
  window w;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->w.order = (int)c->param->integer (p, "order");
  s->w.lag = (int)c->param->integer (p, "lag");
  s->w.wrap = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t T = in[0]->axes[2]->size, L = window_samples (&s->w, T);
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
  matrices m;
  const fnx_spec *from = c->buf->spec (in[0]), *spec = cov_spec (c, from, s->kind, &s->w);
  int64_t rows = from->axes[1]->size * s->w.order, L = window_samples (&s->w, from->axes[2]->size);
  if (!cov_shrinks (s->kind) && L > rows && L < 2 * rows)
    c->log (c, FNX_LOG_NOTE,
            "%lld rows (channels x order) from %lld samples: hardly more than unknowns; estimator=oas is safer",
            (long long)rows, (long long)L);
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  fnx_status status = v ? covs_of_epochs (c, in[0], s->kind, &s->w, v, &m) : FNX_E_NOMEM;
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

static const fnx_param_desc order_param = {
  .struct_size = sizeof order_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "order",
  .doc = "copies of each channel, the undelayed one included; 1 is a plain covariance",
  .fallback = "4",
  .min = 1,
  .max = 100,
};
static const fnx_param_desc lag_param = {
  .struct_size = sizeof lag_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "lag",
  .doc = "samples between one copy and the next",
  .fallback = "8",
  .min = 1,
  .max = 10000,
};
static const fnx_param_desc kind_param = {
  .struct_size = sizeof kind_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "as in cov; the published ACM takes cov",
  .fallback = "cov",
  .choices = cov_names,
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
static const fnx_param_desc *const params[] = { &order_param, &lag_param, &kind_param, &peer_kind_param, NULL };

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port, .name = "in", .what = "epochs[trial,channel,time]", .doc = "the trials, from  ! epoch"
};
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "cov[trial,channel,channel]",
  .doc = "matrices of order x channels rows; row b*C + c is channel c advanced by b*lag samples",
};
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
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
    " order x channels rows; with few samples use estimator=oas.",
  .cite = "Carrara and Papadopoulo, Classification of BCI-EEG based on the augmented covariance matrix, IEEE TBME 2024",
  .equals = "MOABB 1.4 AugmentedDataset with pyRiemann 0.9 Covariances to 1e-12",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin augcov order=2 lag=8 estimator=oas ! tangent ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
};
