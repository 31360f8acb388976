/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * delaycov: an augmented covariance whose order and lag are read off the
 * dynamics of the training trials instead of being searched.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/delays.h"

#include <stdio.h>

static const char *const methods[] = { "mdop", "cao", "fnn", "ami", NULL };

/* Longest delay that a method looks at, where max-delay= is not said. */
static const int reach[] = { [MDOP] = 50, [CAO] = 30, [FNN] = 30, [AMI] = 30 };

struct fnx_step {
  cov_kind kind;
  delay_rules rules;
};

struct fnx_model {
  delays d;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->rules.method = (delay_method)c->param->integer (p, "method");
  s->rules.order = (int)c->param->integer (p, "order");
  s->rules.max_order = (int)c->param->integer (p, "max-order");
  s->rules.max_delay
      = c->param->given (p, "max-delay") ? (int)c->param->integer (p, "max-delay") : reach[s->rules.method];
  s->rules.unequal = c->param->integer (p, "spacing") == 1;
  s->rules.share = c->param->real (p, "false");
  *out = s;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  static const fnx_axis channel = { .struct_size = sizeof channel, .name = "channel", .size = FNX_UNKNOWN };
  static const window plain = { .order = 1, .lag = 1 };
  const fnx_spec *one = cov_spec (c, in[0], s->kind, &plain);
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  if (!one || !spec || !axes)
    return FNX_E_NOMEM;
  axes[0] = in[0]->axes[0];
  axes[1] = axes[2] = &channel;
  *spec = *one;
  spec->axes = axes;
  out[0] = spec;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  free (m);
}

static fnx_status
prepare (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  return delays_listen (c, &s->rules, in[0], out);
}

static fnx_status
fit_prepared (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_buf *said, const fnx_model *start,
              fnx_model **out)
{
  (void)start; /* nothing is iterated */
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  fnx_status status = delays_settle (c, &s->rules, in[0], said, &m->d);
  return fitted (status, m, model_free, out);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  const fnx_buf *said = NULL;
  fnx_status status = prepare (c, s, in, &said);
  if (status == FNX_OK)
    status = fit_prepared (c, s, in, said, start, out);
  c->buf->unref (said);
  return status;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  window_tell (c, c->buf->spec (in[0]), s->kind, &m->d.w);
  return covs_new (c, in[0], s->kind, &m->d.w, out);
}

static fnx_status
report (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const char *, const char *), void *to)
{
  char text[ACM_MAX_ORDER * 12];
  size_t at = 0;
  (void)c;
  snprintf (text, sizeof text, "%d", m->d.w.order);
  fnx_status status = put (to, "order", text);
  if (status != FNX_OK || m->d.w.order == 1)
    return status;
  for (int b = 0; m->d.w.delay && b < m->d.w.order; b++)
    at += (size_t)snprintf (text + at, sizeof text - at, "%s%d", b ? "," : "", m->d.w.delay[b]);
  if (!m->d.w.delay)
    snprintf (text, sizeof text, "%d", m->d.w.lag);
  return put (to, m->d.w.delay ? "delays" : "lag", text);
}

/* ---- saved models: order, lag, how many delays, the delays ------------------------- */

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, (uint64_t)m->d.w.order);
  state_put_u64 (o, (uint64_t)m->d.w.lag);
  state_put_u64 (o, m->d.w.delay ? (uint64_t)m->d.w.order : 0);
  for (int b = 0; m->d.w.delay && b < m->d.w.order; b++)
    state_put_u64 (o, (uint64_t)m->d.w.delay[b]);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->d.w.order = (int)state_count (in, 0, ACM_MAX_ORDER);
  m->d.w.lag = (int)state_count (in, 0, MAX_DELAY * TAKENS_CYCLES);
  size_t n_delay = state_count (in, 8, ACM_MAX_ORDER);
  in->bad |= m->d.w.order < 1 || m->d.w.lag < 1 || (n_delay && n_delay != (size_t)m->d.w.order);
  for (size_t b = 0; b < n_delay && !in->bad; b++) {
    m->d.at[b] = (int)state_count (in, 0, MAX_DELAY * TAKENS_CYCLES);
    in->bad |= b ? m->d.at[b] <= m->d.at[b - 1] : m->d.at[b] != 0;
  }
  m->d.w.delay = n_delay ? m->d.at : NULL;
  return true;
}

ESTIMATOR_TABLE ("delaycov", 1, put, get, NULL, fit, model_free, .apply = apply, .learns = "order, lag",
                 .report = report);

static const fnx_ext_prepare preparation
    = { .struct_size = sizeof preparation, .prepare = prepare, .fit_prepared = fit_prepared };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? (const void *)&estimator
         : strcmp (id, FNX_PREPARE) == 0 ? (const void *)&preparation
                                         : NULL;
}

static const fnx_param_desc method_param = {
  .struct_size = sizeof method_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE | FNX_P_MAIN,
  .name = "method",
  .doc = "mdop: delays that unfold the trajectory most (Nichkawde); cao: averaged false neighbours; fnn: Kennel's false"
         " neighbours; ami: the lag alone, by mutual information",
  .fallback = "mdop",
  .choices = methods,
};
static const char *const spacings[] = { "equal", "unequal", NULL };
static const fnx_param_desc spacing_param = {
  .struct_size = sizeof spacing_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "spacing",
  .doc = "equal: one lag, the mean of the delays that were found; unequal: the delays themselves",
  .fallback = "equal",
  .choices = spacings,
  .when = "method=mdop",
};
static const fnx_param_desc max_delay_param = {
  .struct_size = sizeof max_delay_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "max-delay",
  .doc = "longest delay looked at, in samples; when not said, 50 for mdop and 30 for the others, as the authors",
  .min = 1,
  .max = MAX_DELAY,
};
static const fnx_param_desc max_order_param = {
  .struct_size = sizeof max_order_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "max-order",
  .doc = "most copies looked at",
  .fallback = "30",
  .min = 1,
  .max = ACM_MAX_ORDER,
  .when = "method=cao|fnn",
};
static const fnx_param_desc false_param = {
  .struct_size = sizeof false_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "false",
  .doc = "share of false neighbours at which the order is enough",
  .fallback = "0.05",
  .max = 1,
  .when = "method=fnn",
};
static const fnx_param_desc order_param = {
  .struct_size = sizeof order_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "order",
  .doc = "copies of each channel, the undelayed one included",
  .fallback = "4",
  .min = 1,
  .max = ACM_MAX_ORDER,
  .when = "method=ami",
};
static const fnx_param_desc *const params[]
    = { &method_param,    &acm_estimator_param, &spacing_param, &max_delay_param,
        &max_order_param, &false_param,         &order_param,   NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "cov[trial,channel,channel]",
  .doc = "matrices of order x channels rows, as from augcov",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc delaycov_step = {
  .struct_size = sizeof delaycov_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.delaycov",
  .name = "delaycov",
  .title = "augmented covariance with order and lag learned from the dynamics",
  .doc
  = "augcov with order and lag read off the training trials, without their targets and without a search: delayed"
    " copies of a signal unfold the dynamics behind it (Takens), and there are ways to see how many copies that takes"
    " and how far apart. Inside evaluate they are learned in each fold from its training trials; what a trial says"
    " alone is worked out once. The result says them.\n\n"
    "mdop (Nichkawde): channels and delays 0 to max-delay that drive nearest neighbours apart fastest are added until"
    " at most 5 % of the neighbours are false, or more than before. The Theiler window is the longest first minimum of"
    " mutual information over the channels. Order is the mean over trials of the number of delays, lag the mean of"
    " their means, the leading 0 included, as in the authors' evaluation; a lag of 0 becomes 1. spacing=unequal keeps"
    " a list: its k-th delay is the mean over trials of that quantile of each trial's own delays, each counted"
    " once.\n\n"
    "cao: order is the first maximum of Cao's E1 over 1 to max-order, lag the first minimum of mutual information over"
    " 1 to max-delay, both averaged over channels and trials (their ends count). fnn: order is the first with no more"
    " than a share false= of Kennel's false neighbours (10 times the distance, or 2 standard deviations), the one with"
    " fewest if there is none; lag as in cao. ami: lag as in cao, order= as said. A channel of fewer than 20 embedded"
    " points says nothing.\n\n"
    "Pairs of samples that do not differ at all say nothing of beta and are left out; the peer takes log 0.",
  .cite = "Nichkawde, Phys Rev E 87:022905, 2013; Cao, Physica D 110:43, 1997; Kennel, Brown and Abarbanel, Phys Rev A"
          " 45:3403, 1992; Fraser and Swinney, Phys Rev A 33:1134, 1986; Carrara and Papadopoulo, IEEE TBME 2024",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! pick C3,Cz,C4 ! evaluate folds=5 begin delaycov method=mdop ! tangent ! svm end",
  .inputs = epochs_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
