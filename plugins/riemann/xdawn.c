/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * xdawn: spatial filters that raise the evoked responses (Rivet, Souloumiac,
 * Attina, Gibert 2009; pyRiemann's Xdawn).  The filters are made in evoked.c.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/evoked.h"

struct fnx_step {
  cov_kind kind;
  size_t keep;
};

struct fnx_model {
  classes cls;
  size_t n, each; /* channels, filters a class */
  double *filter; /* cls.n x each rows of n */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->keep = (size_t)c->param->integer (p, "nfilter");
  *out = s;
  return FNX_OK;
}

/* Trials of n filters, whose labels are made of m (NULL: not known yet). */
static const fnx_spec *
filtered_spec (fnx_call *c, const fnx_spec *in, const fnx_model *m)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *channel = c->scratch (c, sizeof *channel);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  if (!s || !channel || !axes)
    return NULL;
  *channel = (fnx_axis){ .struct_size = sizeof *channel, .name = "channel", .size = FNX_UNKNOWN };
  if (m) {
    channel->size = (int64_t)(m->each * (size_t)m->cls.n);
    if (!(channel->labels = xdawn_labels (c, &m->cls, m->each, "")))
      return NULL;
  }
  *s = *in;
  axes[0] = in->axes[0];
  axes[1] = channel;
  axes[2] = in->axes[2];
  s->axes = axes;
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = filtered_spec (c, in[0], NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->filter);
  free (m);
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const fnx_buf *b, fnx_model *m)
{
  evoked e = { .n = 0 };
  fnx_status status = evoked_of (c, b, &e);
  m->cls = e.cls;
  if (status != FNX_OK)
    return status;
  m->n = e.n;
  m->each = s->keep < e.n ? s->keep : e.n;
  m->filter = learn_alloc (c, (size_t)m->cls.n * m->each, m->n * sizeof *m->filter);
  return m->filter ? xdawn_filters (c, b, &e, s->kind, NULL, m->each, m->filter) : FNX_E_NOMEM;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  (void)start;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  return m ? fitted (learn (c, s, in[0], m), m, model_free, out) : FNX_E_NOMEM;
}

typedef struct plan {
  const fnx_call *c;
  const fnx_model *m;
  const fnx_buf *in;
  double *out;
  int rows, T;
} plan;

static fnx_status
filter_one (void *arg, size_t i, uint32_t worker)
{
  const plan *p = arg;
  (void)worker;
  la_mul (p->out + i * (size_t)p->rows * (size_t)p->T, p->m->filter, p->c->buf->item (p->in, (int64_t)i), p->rows, p->T,
          (int)p->m->n, 1, 0);
  return FNX_OK;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *from = c->buf->spec (in[0]);
  (void)s;
  fnx_status status = evoked_fit (c, in[0], m->n, 0);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = filtered_spec (c, from, m);
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  plan p
      = { c, m, in[0], b ? c->buf->write (c, b) : NULL, (int)(m->each * (size_t)m->cls.n), (int)from->axes[2]->size };
  status = p.out ? c->parallel (c, (size_t)from->axes[0]->size, filter_one, &p) : FNX_E_NOMEM;
  return give (c, status, b, out);
}

static void
put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, m->n);
  state_put_u64 (o, m->each);
  state_put_f64s (o, m->filter, (size_t)m->cls.n * m->each * m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  if (!classes_get (in, &m->cls))
    return false;
  m->n = state_count (in, 8, 5000);
  m->each = state_count (in, 8, m->n);
  in->bad |= m->n == 0 || m->each == 0;
  return (m->filter = state_matrix (in, (size_t)m->cls.n * m->each, m->n));
}

ESTIMATOR ("xdawn", 1, put, get, NULL, fit, model_free, .apply = apply, .flags = FNX_EST_SUPERVISED,
           .learns = "spatial filters");

static const fnx_param_desc *const params[] = { &nfilter_param, &estimator_param, NULL };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "epochs[trial,channel,time]",
                                        .doc = "the trials behind the filters of each class: target:1, target:2 .." };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc xdawn_step = {
  .struct_size = sizeof xdawn_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.xdawn",
  .name = "xdawn",
  .title = "spatial filters that raise the evoked responses",
  .doc
  = "For each class, the filters v with C_response v = lambda C_all v and the largest lambda: what they let through is"
    " the mean response of the class more than anything else that is recorded. C_response is the covariance of the"
    " mean trial, C_all of all trials as one long recording, both by estimator=; every filter has unit length and its"
    " largest entry is positive. A column weight weighs the responses; trials of weight 0 are in neither.\n\n"
    "It gives epochs of classes x nfilter channels, for any step that takes epochs. Two classes have much the same"
    " filters when their responses differ in size alone: nfilter counts for each class.",
  .cite = "Rivet et al., IEEE TBME 56:2035, 2009",
  .equals = "pyRiemann 0.9 Xdawn to 1e-9, filters up to their sign",
  .example = "fornix run sim:p300 ! band range=1..20Hz ! epoch on=target,nontarget from=0s to=700ms"
             " ! evaluate folds=5 begin xdawn nfilter=2 ! cov estimator=oas ! tangent ! logistic end",
  .inputs = evoked_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
