/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * erpcov and xdawncov: covariances that know the shape of the evoked responses
 * (Congedo, Barachant, Andreev 2013; Barachant and Congedo 2014; pyRiemann's
 * ERPCovariances and XdawnCovariances).
 *
 * The mean response of each class is stacked on top of every trial before the
 * covariance is taken: what trial and response have in common in time, which a
 * plain covariance forgets, is in the block between the two.  xdawncov first
 * reduces both to spatial filters that raise the response above the rest.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/evoked.h"

#include <math.h>
#include <stdio.h>

struct fnx_step {
  cov_kind kind, filters; /* of the stack; that Xdawn filters come from */
  bool xdawn;
  int keep; /* filters a class (xdawn), or components of its response; 0: all */
};

/* rows of the stack: `under` of the trial below, of each class `each` above. */
struct fnx_model {
  classes cls;
  size_t n, T, each, under; /* n: channels */
  double *proto;            /* cls.n x each x T */
  double *filter;           /* under x n (xdawn); else NULL */
};

static fnx_status
make (fnx_call *c, const fnx_params *p, bool xdawn, const char *keep, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->filters = xdawn ? (cov_kind)c->param->integer (p, "filter-estimator") : COV_SCM;
  s->xdawn = xdawn;
  s->keep = (int)c->param->integer (p, keep);
  *out = s;
  return FNX_OK;
}

static fnx_status
create_erp (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  return make (c, p, false, "svd", out);
}

static fnx_status
create_xdawn (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  return make (c, p, true, "nfilter", out);
}

static const fnx_spec *
stack_spec (fnx_call *c, const fnx_step *step, const fnx_spec *in, int64_t n, const char *const *labels)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *channel = c->scratch (c, sizeof *channel);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  if (!s || !channel || !axes)
    return NULL;
  *channel = (fnx_axis){ .struct_size = sizeof *channel, .name = "channel", .size = n, .labels = labels };
  axes[0] = in->axes[0];
  axes[1] = axes[2] = channel;
  *s = (fnx_spec){ .struct_size = sizeof *s,
                   .ndim = 3,
                   .kind = "cov",
                   .unit = cov_unit (c, in->unit, step->kind),
                   .dtype = FNX_F8,
                   .axes = axes };
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  out[0] = stack_spec (c, s, in[0], FNX_UNKNOWN, NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->proto);
  free (m->filter);
  free (m);
}

/* ---- fit ------------------------------------------------------------------------ */

/* The first left singular vectors of a response. */
static fnx_status
components (fnx_call *c, const fnx_model *m, const double *mean, double *filter)
{
  size_t n = m->n, T = m->T, r = n < T ? n : T;
  double *copy = c->scratch (c, (n * T + n * r + r + r * T) * sizeof *copy);
  if (!copy)
    return FNX_E_NOMEM;
  double *u = copy + n * T, *sv = u + n * r, *vt = sv + r;
  memcpy (copy, mean, n * T * sizeof *copy);
  int info = la_svd (copy, (int)n, (int)T, u, sv, vt);
  if (info)
    return c->fail (c, info < 0 ? FNX_E_NOMEM : FNX_E_NUMERIC, "the mean response has no singular values");
  for (size_t f = 0; f < m->each; f++) {
    evoked_sign (u + f, n, r);
    for (size_t i = 0; i < n; i++)
      filter[f * n + i] = u[i * r + f];
  }
  return FNX_OK;
}

/* All filters of a model: Xdawn's, components of each response; none if all channels stay. */
static fnx_status
filters (fnx_call *c, const fnx_step *s, const fnx_buf *b, const evoked *e, const fnx_model *m, double *filter)
{
  fnx_status status = FNX_OK;
  if (s->xdawn)
    return xdawn_filters (c, b, e, s->filters, "filter-estimator=oas", m->each, filter);
  for (int32_t k = 0; k < m->cls.n && s->keep && status == FNX_OK; k++)
    status = components (c, m, e->mean + (size_t)k * m->n * m->T, filter + (size_t)k * m->each * m->n);
  return status;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const fnx_buf *b, fnx_model *m)
{
  evoked e = { .n = 0 };
  fnx_status status = evoked_of (c, b, &e);
  m->cls = e.cls;
  if (status != FNX_OK)
    return status;
  size_t n = m->n = e.n, T = m->T = e.T, most = n < T ? n : T;
  m->each = s->keep == 0 ? n : (size_t)s->keep < most ? (size_t)s->keep : most;
  m->under = s->xdawn ? m->each * (size_t)m->cls.n : n;
  m->proto = learn_alloc (c, (size_t)m->cls.n * m->each * T, sizeof *m->proto);
  double *filter = learn_alloc (c, (size_t)m->cls.n * m->each * n, sizeof *filter);
  status = m->proto && filter ? filters (c, s, b, &e, m, filter) : FNX_E_NOMEM;
  for (size_t k = 0; k < (size_t)m->cls.n && status == FNX_OK; k++) {
    double *to = m->proto + k * m->each * T;
    if (!s->xdawn && s->keep == 0)
      memcpy (to, e.mean + k * n * T, n * T * sizeof *to);
    else
      la_mul (to, filter + k * m->each * n, e.mean + k * n * T, (int)m->each, (int)T, (int)n, 1, 0);
  }
  if (s->xdawn)
    m->filter = filter;
  else
    free (filter);
  return status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  (void)start;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  return m ? fitted (learn (c, s, in[0], m), m, model_free, out) : FNX_E_NOMEM;
}

/* ---- apply ------------------------------------------------------------------------ */

typedef struct plan {
  const fnx_model *m;
  cov_kind kind;
  size_t above, rows; /* of the stack: responses, and all */
  const double **x;
  double *out;
} plan;

static int
stack_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const fnx_model *m = p->m;
  double *y = work + p->rows * p->rows, *under = y + p->above * m->T, *spare = y + p->rows * m->T;
  double *out = p->out + i * p->rows * p->rows;
  memcpy (y, m->proto, p->above * m->T * sizeof *y);
  if (m->filter)
    la_mul (under, m->filter, p->x[i], (int)m->under, (int)m->T, (int)m->n, 1, 0);
  else
    memcpy (under, p->x[i], m->n * m->T * sizeof *under);
  int bad = cov_estimate (p->kind, y, (int)p->rows, (int)m->T, out, spare);
  return bad || cov_spd (out, (int)p->rows, work) ? -1 : 0;
}

/* Of one row of an unfiltered stack: "left:C3" or "left:1" above, "C3" below. */
static const char *
row_label (fnx_call *c, const fnx_model *m, const char *const *channel, size_t r)
{
  size_t above = m->each * (size_t)m->cls.n, at = r < above ? r % m->each : r - above;
  const char *cls = r < above ? m->cls.name[r / m->each] : "";
  const char *name = channel && (r >= above || m->each == m->n) ? channel[at] : NULL;
  size_t room = strlen (cls) + (name ? strlen (name) : 0) + 24;
  char *text = c->scratch (c, room);
  if (text && name)
    snprintf (text, room, "%s%s%s", cls, r < above ? ":" : "", name);
  else if (text)
    snprintf (text, room, "%s%s%zu", cls, r < above ? ":" : "", at + 1);
  return text;
}

static const char *const *
stack_labels (fnx_call *c, const fnx_model *m, const char *const *channel, size_t height)
{
  size_t half = m->each * (size_t)m->cls.n;
  const char **labels = c->scratch (c, height * sizeof *labels);
  if (!labels)
    return NULL;
  if (m->filter) {
    const char *const *above = xdawn_labels (c, &m->cls, m->each, ""), *const *own
                                                                       = xdawn_labels (c, &m->cls, m->each, "trial:");
    if (!above || !own)
      return NULL;
    memcpy (labels, above, half * sizeof *labels);
    memcpy (labels + half, own, half * sizeof *labels);
    return labels;
  }
  for (size_t r = 0; r < height; r++)
    if (!(labels[r] = row_label (c, m, channel, r)))
      return NULL;
  return labels;
}

/* A trial that is singular by itself says more of it than its stack. */
static fnx_status
refuse (fnx_call *c, const fnx_model *m, const fnx_buf *b, const matrices *made, size_t i)
{
  int n = (int)m->n, T = (int)m->T;
  double *own = c->scratch (c, 2 * m->n * m->n * sizeof *own), *work = c->scratch (c, cov_work (n, T) * sizeof *work);
  if (!own || !work)
    return FNX_E_NOMEM;
  if (!m->filter
      && (cov_estimate (COV_SCM, c->buf->item (b, (int64_t)i), n, T, own, work) || cov_spd (own, n, own + m->n * m->n)))
    return epochs_refuse (c, b, i);
  return matrices_bad (c, made, i);
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *from = c->buf->spec (in[0]);
  size_t count = (size_t)from->axes[0]->size, above = m->each * (size_t)m->cls.n, height = above + m->under;
  fnx_status status = evoked_fit (c, in[0], m->n, m->T);
  if (status != FNX_OK)
    return status;
  plan p = { .m = m, .kind = s->kind, .above = above, .rows = height };
  const double **at = c->scratch (c, (count + 1) * sizeof *at);
  const char *const *labels = stack_labels (c, m, from->axes[1]->labels, height);
  const fnx_spec *spec = labels ? stack_spec (c, s, from, (int64_t)height, labels) : NULL;
  p.x = c->scratch (c, (count + 1) * sizeof *p.x);
  fnx_buf *b = spec && at && p.x ? c->buf->like (c, in[0], spec) : NULL;
  p.out = b ? c->buf->write (c, b) : NULL;
  if (!p.out) {
    c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    p.x[i] = c->buf->item (in[0], (int64_t)i);
    at[i] = p.out + i * height * height;
  }
  matrices made = { .n = (int)height, .count = count, .x = at, .of = in[0], .samples = (int)m->T };
  if (m->filter || m->each < m->n) /* else rows are channels over and over */
    made.labels = labels;
  char why[80], cure[64];
  if (m->filter && m->under > m->n) {
    snprintf (why, sizeof why, "%zu filters of %zu channels are combinations of each other", m->under, m->n);
    snprintf (cure, sizeof cure, "nfilter=%zu or less, or estimator=oas", m->n / (size_t)m->cls.n);
    made.why = why, made.instead = "";
    made.cure = m->n >= (size_t)m->cls.n ? cure : NULL;
  }
  size_t room = height * height + height * m->T + cov_work ((int)height, (int)m->T);
  size_t bad;
  status = matrices_each (c, &made, room, stack_one, &p, &bad);
  if (bad < count)
    status = refuse (c, m, in[0], &made, bad);
  return give (c, status, b, out);
}

/* ---- saved models ------------------------------------------------------------------ */

static void
put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, m->n);
  state_put_u64 (o, m->T);
  state_put_u64 (o, m->each);
  state_put_f64s (o, m->proto, (size_t)m->cls.n * m->each * m->T);
  if (m->filter)
    state_put_f64s (o, m->filter, m->under * m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  if (!classes_get (in, &m->cls))
    return false;
  m->n = state_count (in, 8, 5000);
  m->T = state_count (in, 8, INT32_MAX);
  m->each = state_count (in, 8, m->n);
  in->bad |= m->n == 0 || m->T < 2 || m->each == 0;
  m->under = s->xdawn ? m->each * (size_t)m->cls.n : m->n;
  if (!(m->proto = state_matrix (in, (size_t)m->cls.n * m->each, m->T)))
    return false;
  return !s->xdawn || (m->filter = state_matrix (in, m->under, m->n));
}

ESTIMATOR ("erpcov", 1, put, get, NULL, fit, model_free, .apply = apply, .flags = FNX_EST_SUPERVISED,
           .learns = "class responses");

static const fnx_param_desc svd_param = {
  .struct_size = sizeof svd_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "svd",
  .doc = "components of each class's response to keep; 0: all its channels",
  .fallback = "0",
  .min = 0,
  .max = 1000,
};
static const fnx_param_desc filter_estimator_param = {
  .struct_size = sizeof filter_estimator_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "filter-estimator",
  .doc = "covariances that the filters come from, as in cov (pyRiemann's xdawn_estimator)",
  .fallback = "scm",
  .choices = cov_names,
};
static const fnx_param_desc *const erp_params[] = { &svd_param, &estimator_param, NULL };
static const fnx_param_desc *const xdawn_params[] = { &nfilter_param, &estimator_param, &filter_estimator_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "cov[trial,channel,channel]",
                                        .doc = "of the class responses and the trial, the responses first" };

static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc erpcov_step = {
  .struct_size = sizeof erpcov_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.erpcov",
  .name = "erpcov",
  .title = "covariance of trials with the class responses",
  .doc = "Learns the mean response of each class, stacks them on top of every trial and takes the covariance of both:"
         " its blocks say how the trial follows the responses in time, which a plain covariance cannot. For evoked"
         " responses, such as the P300.\n\n"
         "The matrix has (classes + 1) x channels rows: keep few channels, use svd= to shorten the responses, or"
         " xdawncov; estimator=oas helps with short trials.",
  .cite = "Congedo, Barachant, Andreev, arXiv 1310.8115, 2013; Korczowski et al., EMBC 2015 (svd)",
  .equals = "pyRiemann 0.9 ERPCovariances to 1e-12",
  .example = "fornix run sim:p300 ! band range=1..20Hz ! pick channels=Cz,P1,Pz,P2,POz"
             " ! epoch on=target,nontarget from=0s to=700ms ! evaluate folds=5 begin erpcov estimator=oas ! mdm end",
  .inputs = evoked_inputs,
  .outputs = outputs,
  .params = erp_params,
  .create = create_erp,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};

const fnx_step_desc xdawncov_step = {
  .struct_size = sizeof xdawncov_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.xdawncov",
  .name = "xdawncov",
  .title = "covariance of trials and responses behind Xdawn filters",
  .doc
  = "Finds for each class the spatial filters that raise its mean response most above all that is recorded (Xdawn),"
    " and takes the covariance of the filtered responses and the filtered trial, as erpcov does. The matrix has"
    " 2 x classes x nfilter rows, whatever the number of channels.",
  .cite = "Rivet et al., IEEE TBME 56:2035, 2009; Barachant and Congedo, arXiv 1409.0107, 2014",
  .equals = "pyRiemann 0.9 XdawnCovariances to 1e-12, filters up to their sign",
  .example = "fornix run sim:p300 ! band range=1..20Hz ! epoch on=target,nontarget from=0s to=700ms"
             " ! evaluate folds=5 begin xdawncov nfilter=2 estimator=oas ! mdm end",
  .inputs = evoked_inputs,
  .outputs = outputs,
  .params = xdawn_params,
  .create = create_xdawn,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
