/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * erpcov and xdawncov: covariances that know the shape of the evoked responses
 * (Congedo, Barachant, Andreev 2013; Barachant and Congedo 2014; Rivet et al.
 * 2009; pyRiemann's ERPCovariances and XdawnCovariances).
 *
 * The mean response of each class is stacked on top of every trial before the
 * covariance is taken: what trial and response have in common in time, which a
 * plain covariance forgets, is in the block between the two.  xdawncov first
 * reduces both to spatial filters that raise the response above the rest.
 */
#include "plugins/common/linalg.h"
#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"

#include <math.h>
#include <stdio.h>

struct fnx_step {
  cov_kind kind;
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

static void
destroy (fnx_step *s)
{
  free (s);
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

/* mean[n,T] of the trials of class k. */
static fnx_status
response (fnx_call *c, const fnx_buf *b, const fnx_model *m, const int32_t *code, const double *w, int32_t k,
          double *mean)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size;
  double total = 0;
  memset (mean, 0, m->n * m->T * sizeof *mean);
  for (size_t i = 0; i < count; i++)
    if (code[i] == k) {
      la_axpy (mean, w ? w[i] : 1, c->buf->item (b, (int64_t)i), m->n * m->T);
      total += w ? w[i] : 1;
    }
  if (!(total > 0))
    return c->fail (c, FNX_E_DATA, "all trials of class %s have weight 0", m->cls.name[k]);
  la_scale (mean, 1 / total, m->n * m->T);
  return isfinite (la_norm (mean, m->n * m->T))
             ? FNX_OK
             : c->fail (c, FNX_E_DATA, "a trial of class %s holds a missing or infinite sample\nleave it out",
                        m->cls.name[k]);
}

/* Covariance of all trials as one long recording. */
static fnx_status
covariance_of_all (fnx_call *c, const fnx_buf *b, const fnx_model *m, double *s)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size, n = m->n, T = m->T;
  double *mean = c->scratch (c, n * sizeof *mean), *xc = c->scratch (c, n * T * sizeof *xc);
  if (!mean || !xc)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < count; i++) {
    const double *x = c->buf->item (b, (int64_t)i);
    for (size_t k = 0; k < n; k++)
      for (size_t t = 0; t < T; t++)
        mean[k] += x[k * T + t] / (double)(count * T);
  }
  memset (s, 0, n * n * sizeof *s);
  for (size_t i = 0; i < count; i++) {
    const double *x = c->buf->item (b, (int64_t)i);
    for (size_t k = 0; k < n; k++)
      for (size_t t = 0; t < T; t++)
        xc[k * T + t] = x[k * T + t] - mean[k];
    la_gram (s, xc, (int)n, (int)T, 1 / (double)(count * T), 1);
  }
  return FNX_OK;
}

/* Filters v of one class, C_response v = lambda C_all v, largest lambda first;
 * unit norm, largest entry positive. */
static fnx_status
xdawn_filters (fnx_call *c, const fnx_model *m, const double *mean, const double *all, double *filter)
{
  size_t n = m->n, q = n * n;
  double *a = c->scratch (c, (3 * q + n + la_eig_work ((int)n) + cov_work ((int)n, (int)m->T)) * sizeof *a);
  if (!a)
    return FNX_E_NOMEM;
  double *b = a + q, *v = b + q, *lambda = v + q, *work = lambda + n;
  memcpy (b, all, q * sizeof *b);
  if (cov_estimate (COV_SCM, mean, (int)n, (int)m->T, a, work) || cov_spd (all, (int)n, work)
      || la_eig_pair (a, b, (int)n, v, lambda, work))
    return c->fail (c, FNX_E_NUMERIC,
                    "%s: the covariance of all trials is not positive definite\n"
                    "drop flat or duplicated channels with  ! pick, and one channel of an average reference",
                    c->recording);
  for (size_t f = 0; f < m->each; f++) {
    double *to = filter + f * n, *from = v + (n - 1 - f) * n, top = 0;
    for (size_t i = 0; i < n; i++)
      top = fabs (from[i]) > fabs (top) ? from[i] : top;
    memcpy (to, from, n * sizeof *to);
    la_scale (to, (top < 0 ? -1 : 1) / la_norm (from, n), n);
  }
  return FNX_OK;
}

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
    double top = 0;
    for (size_t i = 0; i < n; i++)
      top = fabs (u[i * r + f]) > fabs (top) ? u[i * r + f] : top;
    for (size_t i = 0; i < n; i++)
      filter[f * n + i] = (top < 0 ? -1 : 1) * u[i * r + f];
  }
  return FNX_OK;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const fnx_buf *b, fnx_model *m)
{
  const int32_t *code;
  const double *w;
  size_t n = m->n, T = m->T, most = n < T ? n : T;
  fnx_status status = classes_of (c, b, &code, &m->cls);
  if (status == FNX_OK)
    status = rows_weights (c, b, &w);
  if (status != FNX_OK)
    return status;
  m->each = s->keep == 0 ? n : (size_t)s->keep < most ? (size_t)s->keep : most;
  m->under = s->xdawn ? m->each * (size_t)m->cls.n : n;
  m->proto = learn_alloc (c, (size_t)m->cls.n * m->each * T, sizeof *m->proto);
  double *mean = c->scratch (c, n * T * sizeof *mean), *all = c->scratch (c, n * n * sizeof *all);
  double *filter = c->scratch (c, (size_t)m->cls.n * m->each * n * sizeof *filter);
  if (!mean || !all || !filter || !m->proto)
    return FNX_E_NOMEM;
  if (s->xdawn && !(m->filter = learn_alloc (c, m->under * n, sizeof *m->filter)))
    return FNX_E_NOMEM;
  if (s->xdawn)
    status = covariance_of_all (c, b, m, all);
  for (int32_t k = 0; k < m->cls.n && status == FNX_OK; k++) {
    double *f = filter + (size_t)k * m->each * n, *to = m->proto + (size_t)k * m->each * T;
    status = response (c, b, m, code, w, k, mean);
    if (status != FNX_OK)
      break;
    if (s->keep == 0) {
      memcpy (to, mean, n * T * sizeof *to);
      continue;
    }
    status = s->xdawn ? xdawn_filters (c, m, mean, all, f) : components (c, m, mean, f);
    la_mul (to, f, mean, (int)m->each, (int)T, (int)n, 1, 0);
  }
  if (status == FNX_OK && s->xdawn)
    memcpy (m->filter, filter, m->under * n * sizeof *filter);
  return status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  (void)start;
  if (spec->axes[1]->size < 1 || spec->axes[1]->size > 5000 || spec->axes[2]->size < 2
      || spec->axes[2]->size > INT32_MAX || spec->axes[0]->size < 2)
    return c->fail (c, FNX_E_DATA, "%s has %lld trials of %lld channels and %lld samples; 2 or more of each are needed",
                    c->recording, (long long)spec->axes[0]->size, (long long)spec->axes[1]->size,
                    (long long)spec->axes[2]->size);
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  m->n = (size_t)spec->axes[1]->size;
  m->T = (size_t)spec->axes[2]->size;
  fnx_status status = learn (c, s, in[0], m);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
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

/* "left:C3", "left:1" for components and filters, and the trial's own. */
static const char *const *
stack_labels (fnx_call *c, const fnx_model *m, const char *const *channel, size_t height)
{
  const char **labels = c->scratch (c, height * sizeof *labels);
  bool all = !m->filter && m->each == m->n && channel;
  for (size_t r = 0; labels && r < height; r++) {
    bool own = r >= height - m->under;
    size_t at = own ? r - (height - m->under) : r;
    const char *cls = m->cls.name[own && !m->filter ? 0 : at / m->each];
    const char *name = own && !m->filter ? (channel ? channel[at] : "") : all ? channel[at % m->each] : "";
    size_t room = strlen (cls) + strlen (name) + 48;
    char *text = c->scratch (c, room);
    if (!text)
      return NULL;
    if (own && !m->filter)
      snprintf (text, room, *name ? "%s" : "%s%zu", name, at + 1);
    else if (own)
      snprintf (text, room, "trial:%s:%zu", cls, at % m->each + 1);
    else if (all)
      snprintf (text, room, "%s:%s", cls, name);
    else
      snprintf (text, room, "%s:%zu", cls, at % m->each + 1);
    labels[r] = text;
  }
  return labels;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *from = c->buf->spec (in[0]);
  size_t count = (size_t)from->axes[0]->size, above = m->each * (size_t)m->cls.n, height = above + m->under;
  if (from->axes[1]->size != (int64_t)m->n || from->axes[2]->size != (int64_t)m->T)
    return c->fail (c, FNX_E_SPEC,
                    "%s has trials of %lld channels and %lld samples; the model was fitted on %zu and %zu\n"
                    "run it through the same steps as the recordings of the training",
                    c->recording, (long long)from->axes[1]->size, (long long)from->axes[2]->size, m->n, m->T);
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
  size_t room = height * height + height * m->T + cov_work ((int)height, (int)m->T);
  fnx_status status = matrices_each (c, &made, room, stack_one, &p, NULL);
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

/* ---- saved models ------------------------------------------------------------------ */

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  state_out o = { put, to, FNX_OK };
  (void)c;
  classes_put (&o, &m->cls);
  state_put_u64 (&o, m->n);
  state_put_u64 (&o, m->T);
  state_put_u64 (&o, m->each);
  state_put_f64s (&o, m->proto, (size_t)m->cls.n * m->each * m->T);
  if (m->filter)
    state_put_f64s (&o, m->filter, m->under * m->n);
  return o.status;
}

static bool
get (state_in *in, bool xdawn, fnx_model *m)
{
  if (!classes_get (in, &m->cls))
    return false;
  m->n = state_count (in, 8, 5000);
  m->T = state_count (in, 8, INT32_MAX);
  m->each = state_count (in, 8, m->n);
  in->bad |= m->n == 0 || m->T < 2 || m->each == 0;
  m->under = xdawn ? m->each * (size_t)m->cls.n : m->n;
  if (!(m->proto = state_matrix (in, (size_t)m->cls.n * m->each, m->T)))
    return false;
  return !xdawn || (m->filter = state_matrix (in, m->under, m->n));
}

static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  state_in in = { bytes, n, version != 1 };
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  bool ok = get (&in, s->xdawn, m);
  fnx_status status = learn_state (c, s->xdawn ? "xdawncov" : "erpcov", &in, ok);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,
                                             .flags = FNX_EST_SUPERVISED,
                                             .fit = fit,
                                             .apply = apply,
                                             .model_free = model_free,
                                             .state_version = 1,
                                             .save = save,
                                             .load = load,
                                             .learns = "class responses" };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? &estimator : NULL;
}

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
static const fnx_param_desc nfilter_param = {
  .struct_size = sizeof nfilter_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "nfilter",
  .doc = "spatial filters for each class",
  .fallback = "4",
  .min = 1,
  .max = 1000,
};
static const fnx_param_desc *const erp_params[] = { &svd_param, &estimator_param, NULL };
static const fnx_param_desc *const xdawn_params[] = { &nfilter_param, &estimator_param, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "epochs[trial,channel,time]",
                                       .doc = "trials cut at the stimuli; the column target names their class" };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "cov[trial,channel,channel]",
                                        .doc = "of the class responses and the trial, the responses first" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
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
  .example = "fornix run sim:fists ! band range=1..20Hz ! pick channels=C3,Cz,C4 ! epoch on=left,right from=0s to=1s"
             " ! evaluate folds=5 begin erpcov estimator=oas ! mdm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = erp_params,
  .create = create_erp,
  .destroy = destroy,
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
  .example = "fornix run sim:fists ! band range=1..20Hz ! epoch on=left,right from=0s to=1s"
             " ! evaluate folds=5 begin xdawncov nfilter=2 estimator=oas ! mdm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = xdawn_params,
  .create = create_xdawn,
  .destroy = destroy,
  .negotiate = negotiate,
  .extension = extension,
};
