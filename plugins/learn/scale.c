/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scale: every feature to mean 0 and variance 1 of the training set,
 * scikit-learn 1.2's StandardScaler (population variance, trial weights).
 */
#include "plugins/learn/learn.h"

#include <float.h>
#include <math.h>

struct fnx_step {
  bool mean, sd;
};

/* y = (x - shift) / by */
struct fnx_model {
  size_t p;
  double *shift, *by;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->mean = c->param->integer (p, "mean");
  s->sd = c->param->integer (p, "sd");
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->shift);
  free (m->by);
  free (m);
}

/* Variance about the mean, corrected for the mean's own rounding (Chan, Golub
 * and LeVeque, Am Stat 37:242, 1983). */
static void
variances (const rows *x, const double *w, const double *mean, double *var, double *slip)
{
  double total = 0;
  memset (var, 0, x->p * sizeof *var);
  memset (slip, 0, x->p * sizeof *slip);
  for (size_t i = 0; i < x->n; i++) {
    double wi = w ? w[i] : 1;
    total += wi;
    for (size_t j = 0; j < x->p; j++) {
      double d = x->at[i][j] - mean[j];
      slip[j] += wi * d;
      var[j] += wi * d * d;
    }
  }
  for (size_t j = 0; j < x->p; j++)
    var[j] = (var[j] - slip[j] * slip[j] / total) / total;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  const double *w;
  (void)start;
  fnx_status st = rows_of (c, in[0], 1, &x);
  if (st || (st = rows_weights (c, in[0], &w)))
    return st;
  double *mean = c->scratch (c, 3 * x.p * sizeof *mean), *var = mean + x.p;
  fnx_model *m = mean ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (!m)
    return FNX_E_NOMEM;
  m->p = x.p;
  m->shift = learn_alloc (c, x.p, sizeof *m->shift);
  m->by = learn_alloc (c, x.p, sizeof *m->by);
  if (!m->shift || !m->by) {
    model_free (m);
    return FNX_E_NOMEM;
  }
  rows_mean (&x, w, mean);
  variances (&x, w, mean, var, var + x.p);
  double n = (double)x.n, eps = DBL_EPSILON;
  for (size_t j = 0; j < x.p; j++) {
    /* no more variance than rounding makes: the feature is constant */
    bool constant = var[j] <= n * eps * var[j] + n * mean[j] * eps * (n * mean[j] * eps);
    m->shift[j] = s->mean ? mean[j] : 0;
    m->by[j] = s->sd && !constant ? sqrt (var[j]) : 1;
  }
  *out = m;
  return FNX_OK;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  (void)s;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  const fnx_spec *from = c->buf->spec (in[0]), *spec = rows_spec (c, from, from->axes[1]);
  fnx_buf *o = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = o ? c->buf->write (c, o) : NULL;
  if (!v) {
    c->buf->unref (o);
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < x.n; i++)
    for (size_t j = 0; j < x.p; j++)
      v[i * x.p + j] = (x.at[i][j] - m->shift[j]) / m->by[j];
  *out = o;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = rows_spec (c, in[0], in[0]->axes[1]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->p);
  state_put_f64s (o, m->shift, m->p);
  state_put_f64s (o, m->by, m->p);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->p = state_count (in, 16, INT32_MAX);
  in->bad |= m->p == 0;
  bool ok = (m->shift = state_matrix (in, 1, m->p)) && (m->by = state_matrix (in, 1, m->p));
  for (size_t j = 0; ok && j < m->p; j++)
    in->bad |= !(m->by[j] > 0);
  return ok;
}

ESTIMATOR ("scale", 1, put, get, NULL, fit, model_free, .apply = apply, .learns = "means and deviations");

static const fnx_param_desc mean_param = { .struct_size = sizeof mean_param,
                                           .type = FNX_T_BOOL,
                                           .flags = FNX_P_TUNABLE,
                                           .name = "mean",
                                           .doc = "subtract the mean",
                                           .fallback = "yes" };
static const fnx_param_desc sd_param = { .struct_size = sizeof sd_param,
                                         .type = FNX_T_BOOL,
                                         .flags = FNX_P_TUNABLE,
                                         .name = "sd",
                                         .doc = "divide by the standard deviation",
                                         .fallback = "yes" };
static const fnx_param_desc *const params[] = { &mean_param, &sd_param, NULL };

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port, .name = "in", .what = "features[trial,feature]", .doc = "one row of features a trial"
};
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "features[trial,feature]",
                                        .doc = "the same features, without units" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc scale_step = {
  .struct_size = sizeof scale_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.scale",
  .name = "scale",
  .title = "features to mean 0 and variance 1",
  .doc
  = "What is subtracted and divided by is learned from the training trials alone. A feature that is constant there is"
    " only centred. The column weight of the trials is used.",
  .cite = "Chan, Golub and LeVeque, The American Statistician 37:242, 1983",
  .equals = "scikit-learn 1.2 StandardScaler to 1e-12",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! scale ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
