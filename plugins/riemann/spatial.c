/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What csp, trcsp and spoc share.  See spatial.h.
 */
#include "plugins/riemann/spatial.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <stdio.h>

/* ---- epochs behind filters ---- */

typedef struct project {
  fnx_call *c;
  const filters *f;
  const fnx_buf *in;
  double *out;
  int T;
} project;

static fnx_status
project_one (void *arg, size_t i, uint32_t worker)
{
  const project *p = arg;
  const double *x = p->c->buf->item (p->in, (int64_t)i);
  (void)worker;
  la_mul (p->out + i * p->f->count * (size_t)p->T, p->f->w, x, (int)p->f->count, p->T, p->f->n, 1, 0);
  return FNX_OK;
}

static const fnx_spec *
space_spec (fnx_call *c, const fnx_spec *in, int64_t count, char *const *label)
{
  fnx_axis *channel = c->scratch (c, sizeof *channel);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (!channel || !axes || !s)
    return NULL;
  *channel = (fnx_axis){
    .struct_size = sizeof *channel, .name = "channel", .size = count, .labels = (const char *const *)label
  };
  axes[0] = in->axes[0];
  axes[1] = channel;
  axes[2] = in->axes[2];
  *s = *in;
  s->unit = "1"; /* filters have the inverse of the channels' unit */
  s->axes = axes;
  return s;
}

static fnx_status
space (fnx_call *c, const fnx_step *step, const filters *f, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_spec *s = c->buf->spec (in);
  if (s->axes[1]->size != f->n || s->axes[2]->size > INT32_MAX)
    return c->fail (c, FNX_E_SPEC,
                    "%s has epochs of %lld channels; the %s was fitted on %d\n"
                    "run it through the same steps as the recordings of the training",
                    c->recording, (long long)s->axes[1]->size, step->name, f->n);
  const fnx_spec *to = space_spec (c, s, (int64_t)f->count, f->label);
  fnx_buf *b = to ? c->buf->like (c, in, to) : NULL;
  project p = { c, f, in, b ? c->buf->write (c, b) : NULL, (int)s->axes[2]->size };
  fnx_status status = p.out ? c->parallel (c, (size_t)s->axes[0]->size, project_one, &p) : FNX_E_NOMEM;
  return give (c, status, b, out);
}

/* ---- the steps ---- */

static bool
given (fnx_call *c, const fnx_params *p, const char *name)
{
  return c->param->given (p, name) && c->param->integer (p, name) == 1;
}

fnx_status
spatial_create (fnx_call *c, const fnx_params *p, const char *name, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->name = name;
  s->count = (int)c->param->integer (p, "nfilter");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->log = c->param->integer (p, "log");
  s->space = given (c, p, "gives");
  *out = s;
  return FNX_OK;
}

static bool
is_epochs (const fnx_spec *s)
{
  return strcmp (s->axes[2]->name, "time") == 0;
}

fnx_status
spatial_negotiate (fnx_call *c, const fnx_step *s, const fnx_spec *in, int64_t count, const fnx_spec **out)
{
  if (s->space && !is_epochs (in))
    return c->fail (c, FNX_E_SPEC,
                    "gives=space wants epochs[trial,channel,time]; covariances have no samples to filter\n"
                    "put %s before  cov, not after it",
                    s->name);
  if (s->mne && !is_epochs (in))
    return c->fail (c, FNX_E_PARAM,
                    "peer=mne wants epochs[trial,channel,time]: MNE takes X X^T of the samples, without centring\n"
                    "leave  cov  out, or use peer=pyriemann");
  char **label = NULL;
  if (count != FNX_UNKNOWN && !(label = c->scratch (c, (size_t)count * (sizeof *label + 24))))
    return FNX_E_NOMEM;
  for (int64_t k = 0; k < count; k++) {
    label[k] = (char *)(label + count) + 24 * k;
    snprintf (label[k], 24, "%s%d", strcmp (s->name, "spoc") ? "csp" : "spoc", (int)k + 1);
  }
  *out = (s->space ? space_spec : filters_spec) (c, in, count, label);
  return *out ? FNX_OK : FNX_E_NOMEM;
}

/* X X^T / T, so that a filter's power is its mean square. */
typedef struct squares {
  const double **x;
  double *out;
  int n, T;
} squares;

static int
square_one (void *arg, size_t i, double *work)
{
  const squares *p = arg;
  double *m = p->out + i * (size_t)p->n * (size_t)p->n, sum = 0;
  (void)work;
  la_gram (m, p->x[i], p->n, p->T, 1.0 / p->T, 0);
  for (int k = 0; k < p->n; k++)
    sum += m[k * p->n + k];
  return isfinite (sum) ? 0 : -1;
}

static fnx_status
squares_of (fnx_call *c, const fnx_buf *b, size_t need, matrices *m)
{
  const fnx_spec *s = c->buf->spec (b);
  int64_t count = s->axes[0]->size, n = s->axes[1]->size, T = s->axes[2]->size;
  if (count < (int64_t)need)
    return c->fail (c, FNX_E_DATA, "%s has %lld trial%s; at least %zu are needed\ngive more recordings, or longer ones",
                    c->recording, (long long)count, count == 1 ? "" : "s", need);
  if (n < 1 || n > 20000 || T < 2 || T > INT32_MAX)
    return c->fail (c, FNX_E_SPEC,
                    "%s has epochs of %lld channels and %lld samples; it takes 1 to 20000 channels, 2 samples or more",
                    c->recording, (long long)n, (long long)T);
  size_t q = (size_t)(n * n);
  squares p = { c->scratch (c, ((size_t)count + 1) * sizeof *p.x), c->scratch (c, ((size_t)count * q + 1) * 8), (int)n,
                (int)T };
  const double **at = c->scratch (c, ((size_t)count + 1) * sizeof *at);
  if (!p.x || !p.out || !at)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < (size_t)count; i++) {
    p.x[i] = c->buf->item (b, (int64_t)i);
    at[i] = p.out + i * q;
  }
  *m = (matrices){ .n = (int)n, .count = (size_t)count, .x = at, .of = b, .samples = (int)T };
  return matrices_each (c, m, 0, square_one, &p, NULL);
}

fnx_status
spatial_matrices (fnx_call *c, const fnx_step *s, const fnx_buf *b, size_t need, matrices *m)
{
  return s->mne ? squares_of (c, b, need, m) : matrices_of_any (c, b, s->kind, need, m);
}

/* MNE's features without logarithm: powers of the training trials to mean 0
 * and (population) deviation 1. */
static fnx_status
score_powers (fnx_call *c, const matrices *x, filters *f)
{
  const double *weight;
  double *p = c->scratch (c, (x->count * f->count + 1) * sizeof *p), total = 0;
  fnx_status status = p ? rows_weights (c, x->of, &weight) : FNX_E_NOMEM;
  if (status == FNX_OK)
    status = filters_power (c, f, x, false, p, f->count);
  if (status != FNX_OK)
    return status;
  double *mean = f->mean = learn_alloc (c, f->count, sizeof *mean);
  double *sd = f->sd = learn_alloc (c, f->count, sizeof *sd);
  if (!mean || !sd)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x->count; i++)
    total += weight ? weight[i] : 1;
  for (size_t k = 0; k < f->count; k++) {
    for (size_t i = 0; i < x->count; i++)
      mean[k] += (weight ? weight[i] : 1) * p[i * f->count + k] / total;
    for (size_t i = 0; i < x->count; i++) {
      double d = p[i * f->count + k] - mean[k];
      sd[k] += (weight ? weight[i] : 1) * d * d / total;
    }
    sd[k] = sqrt (sd[k]);
    if (!(sd[k] > 0))
      return c->fail (c, FNX_E_DATA,
                      "all %zu trials of %s have the same power behind %s: it cannot be scaled\nuse log=yes", x->count,
                      c->recording, f->label[k]);
  }
  return FNX_OK;
}

fnx_status
spatial_finish (fnx_call *c, const fnx_step *s, const matrices *x, fnx_status status, fnx_model *m, fnx_model **out)
{
  if (status == FNX_OK && s->mne && !s->log)
    status = score_powers (c, x, &m->f);
  return fitted (status, m, spatial_free, out);
}

fnx_status
spatial_apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  if (s->space)
    return space (c, s, &m->f, in[0], out);
  fnx_status status = spatial_matrices (c, s, in[0], 0, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->f.n);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = filters_spec (c, c->buf->spec (in[0]), (int64_t)m->f.count, m->f.label);
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  status = v ? filters_power (c, &m->f, &x, s->log, v, m->f.count) : FNX_E_NOMEM;
  return give (c, status, b, out);
}

void
spatial_free (fnx_model *m)
{
  if (m)
    filters_clear (&m->f);
  free (m);
}

void
spatial_put (state_out *o, const fnx_model *m)
{
  filters_put (o, &m->f);
}

bool
spatial_get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  return filters_get (in, &m->f);
}

/* ---- descriptors ---- */

const fnx_param_desc filters_param = {
  .struct_size = sizeof filters_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "nfilter",
  .doc = "spatial filters to keep, best first; at most one for each channel",
  .fallback = "4",
  .min = 1,
  .max = 1000,
};
const fnx_param_desc filters_log_param = {
  .struct_size = sizeof filters_log_param,
  .type = FNX_T_BOOL,
  .name = "log",
  .doc = "the logarithm of the power; no: the power itself, which peer=mne brings to mean 0 and variance 1",
  .fallback = "yes",
};
static const char *const what[] = { "power", "space", NULL };
const fnx_param_desc filters_gives_param = {
  .struct_size = sizeof filters_gives_param,
  .type = FNX_T_ENUM,
  .name = "gives",
  .doc = "power: one number a filter and trial; space: the epochs behind the filters, for steps that take epochs",
  .fallback = "power",
  .choices = what,
};
static const char *const peers[] = { "pyriemann", "mne", NULL };
const fnx_param_desc filters_peer_param = {
  .struct_size = sizeof filters_peer_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc = "pyriemann: from covariances, of each trial the same shrunk one; mne: from the samples of epochs, not centred",
  .fallback = "pyriemann",
  .choices = peers,
};
/* As either_estimator_param, for steps with peer=. */
const fnx_param_desc filters_estimator_param = {
  .struct_size = sizeof filters_estimator_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "covariance of epochs that come in directly, as in cov; without meaning behind  ! cov",
  .fallback = "oas",
  .choices = cov_names,
  .when = "peer=pyriemann",
};

static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port,
        .name = "out",
        .what = "features[trial,feature] or epochs[trial,channel,time]",
        .doc = "log variance behind each filter; or with gives=space the filtered epochs" };
const fnx_port_desc *const filters_outputs[] = { &out_port, NULL };
