/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fbcsp: filter bank common spatial patterns (Ang et al. 2008), as MOABB's
 * FilterBank pipeline: csp in each band by itself, all features side by side.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/filters.h"

enum { MOST_BANDS = 256 };

struct fnx_step {
  int count; /* filters a band (and class) */
  cov_kind kind;
  spd_metric metric;
  bool ovr;
};

struct fnx_model {
  size_t n; /* bands */
  char **name;
  filters *band;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->count = (int)c->param->integer (p, "nfilter");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->ovr = c->param->integer (p, "classes") == 1;
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  for (size_t b = 0; m && b < m->n; b++) {
    filters_clear (&m->band[b]);
    free (m->name[b]);
  }
  if (m) {
    free (m->band);
    free (m->name);
  }
  free (m);
}

/* ---- epochs, taken apart by band ---- */

/* The bands in the order in which channels first name them. */
typedef struct bands {
  const fnx_column *of; /* of the channels */
  size_t n;
  const char *name[MOST_BANDS];
  int64_t channels[MOST_BANDS];
} bands;

static fnx_status
bands_of (fnx_call *c, const fnx_spec *s, bands *b)
{
  const fnx_axis *a = s->axes[1];
  *b = (bands){ 0 };
  for (size_t k = 0; a->columns && a->columns[k]; k++)
    if (strcmp (a->columns[k]->name, "band") == 0 && a->columns[k]->type == FNX_COL_TEXT)
      b->of = a->columns[k];
  if (!b->of)
    return c->fail (c, FNX_E_SPEC,
                    "the channels of %s have no column band, which says what band each is in\n"
                    "put  ! filterbank bands=8..12Hz,12..16Hz,...  before  ! epoch, or use  csp  for a single band",
                    c->recording);
  for (int64_t i = 0; b->of->texts && i < a->size; i++) {
    const char *name = b->of->texts[i] ? b->of->texts[i] : "";
    size_t k = 0;
    while (k < b->n && strcmp (b->name[k], name) != 0)
      k++;
    if (k == MOST_BANDS)
      return c->fail (c, FNX_E_SPEC, "the channels of %s are in more than %d bands", c->recording, MOST_BANDS);
    b->n = k == b->n ? k + 1 : b->n;
    b->name[k] = name;
    b->channels[k]++;
  }
  return FNX_OK;
}

/* The epochs of the channels in one band: a copy, so that a band at a time is held. */
static fnx_buf *
part (fnx_call *c, const fnx_buf *in, const bands *b, const char *name, int64_t count)
{
  const fnx_spec *from = c->buf->spec (in);
  const fnx_axis *channel = from->axes[1];
  int64_t n = from->axes[0]->size, T = from->axes[2]->size, at = 0;
  const char **labels = c->scratch (c, (size_t)(count + 1) * sizeof *labels);
  int64_t *idx = c->scratch (c, (size_t)(count + 1) * sizeof *idx);
  if (!labels || !idx)
    return NULL;
  for (int64_t i = 0; i < channel->size && at < count; i++)
    if (strcmp (b->of->texts[i] ? b->of->texts[i] : "", name) == 0) {
      labels[at] = channel->labels ? channel->labels[i] : NULL;
      idx[at++] = i;
    }
  fnx_axis own = { .struct_size = sizeof own, .name = "channel", .size = count };
  own.labels = channel->labels ? labels : NULL;
  const fnx_axis *axes[] = { from->axes[0], &own, from->axes[2] };
  fnx_spec spec = *from;
  spec.axes = axes;
  fnx_buf *to = c->buf->like (c, in, &spec);
  double *v = to ? c->buf->write (c, to) : NULL;
  if (to && !v) {
    c->buf->unref (to);
    return NULL;
  }
  for (int64_t i = 0; v && i < n; i++) {
    const double *x = c->buf->item (in, i);
    for (int64_t k = 0; k < count; k++, v += T)
      memcpy (v, x + idx[k] * T, (size_t)T * sizeof *v);
  }
  return to;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  bands b;
  (void)s;
  fnx_status status = bands_of (c, in[0], &b);
  if (status != FNX_OK)
    return status;
  /* How many features come depends on the channels of each band, and on the classes. */
  out[0] = filters_spec (c, in[0], FNX_UNKNOWN, NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* ---- learning ---- */

static fnx_status
fit_band (fnx_call *c, const fnx_step *s, const fnx_buf *x, const char *name, filters *f)
{
  matrices m;
  const int32_t *code;
  const double *weight;
  classes cls = { 0, NULL };
  fnx_status status = matrices_of_any (c, x, s->kind, 2, &m);
  if (status == FNX_OK)
    status = rows_weights (c, x, &weight);
  if (status == FNX_OK)
    status = classes_of (c, x, &code, &cls);
  bool ovr = s->ovr && cls.n > 2;
  size_t count = s->count < m.n ? (size_t)s->count : (size_t)m.n, groups = ovr ? (size_t)cls.n : 1;
  if (status == FNX_OK)
    status = filters_new (c, f, m.n, groups * count, name, (const char *const *)cls.name, groups, "csp");
  patterns_how how = { .metric = s->metric };
  if (status == FNX_OK)
    status = (ovr ? patterns_fit_ovr : patterns_fit) (c, &how, &m, weight, code, cls.n, count, f->w);
  classes_free (&cls);
  return status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  bands b;
  (void)start;
  fnx_status status = bands_of (c, c->buf->spec (in[0]), &b);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (!m)
    return status == FNX_OK ? FNX_E_NOMEM : status;
  m->band = learn_alloc (c, b.n, sizeof *m->band);
  m->name = learn_alloc (c, b.n, sizeof *m->name);
  if (!m->band || !m->name)
    status = FNX_E_NOMEM;
  else
    m->n = b.n;
  for (size_t k = 0; k < b.n && status == FNX_OK; k++) {
    fnx_buf *x = part (c, in[0], &b, b.name[k], b.channels[k]);
    m->name[k] = x ? strdup (b.name[k]) : NULL;
    status = m->name[k] ? fit_band (c, s, x, b.name[k], &m->band[k]) : FNX_E_NOMEM;
    if (x)
      c->buf->unref (x);
  }
  return fitted (status, m, model_free, out);
}

/* ---- applying ---- */

/* The bands of a recording must be those of the model, in any order. */
static fnx_status
match (fnx_call *c, const fnx_model *m, const bands *b, size_t *which)
{
  for (size_t k = 0; k < m->n; k++) {
    for (which[k] = 0; which[k] < b->n && strcmp (b->name[which[k]], m->name[k]) != 0;)
      which[k]++;
    if (which[k] == b->n)
      return c->fail (c, FNX_E_SPEC,
                      "%s has no channels in the band %s that the model was fitted on\n"
                      "run it through the same steps as the recordings of the training",
                      c->recording, m->name[k]);
  }
  return FNX_OK;
}

static const fnx_spec *
features (fnx_call *c, const fnx_model *m, const fnx_spec *in)
{
  size_t total = 0;
  for (size_t k = 0; k < m->n; k++)
    total += m->band[k].count;
  char **label = c->scratch (c, (total + 1) * sizeof *label), **to = label;
  for (size_t k = 0; label && k < m->n; k++, to += m->band[k - 1].count)
    memcpy (to, m->band[k].label, m->band[k].count * sizeof *label);
  return label ? filters_spec (c, in, (int64_t)total, label) : NULL;
}

static fnx_status
apply_band (fnx_call *c, const fnx_step *s, const fnx_buf *x, const filters *f, double *v, size_t stride)
{
  matrices m;
  fnx_status status = matrices_of_any (c, x, s->kind, 0, &m);
  if (status == FNX_OK)
    status = matrices_fit (c, &m, f->n);
  return status == FNX_OK ? filters_power (c, f, &m, true, v, stride) : status;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  bands b;
  size_t *which = c->scratch (c, m->n * sizeof *which);
  fnx_status status = which ? bands_of (c, c->buf->spec (in[0]), &b) : FNX_E_NOMEM;
  if (status == FNX_OK)
    status = match (c, m, &b, which);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = features (c, m, c->buf->spec (in[0]));
  fnx_buf *to = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = to ? c->buf->write (c, to) : NULL;
  status = v ? FNX_OK : FNX_E_NOMEM;
  for (size_t k = 0; k < m->n && status == FNX_OK; v += m->band[k].count, k++) {
    fnx_buf *x = part (c, in[0], &b, m->name[k], b.channels[which[k]]);
    status = x ? apply_band (c, s, x, &m->band[k], v, (size_t)spec->axes[1]->size) : FNX_E_NOMEM;
    if (x)
      c->buf->unref (x);
  }
  return give (c, status, to, out);
}

/* ---- through bytes ---- */

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->n);
  for (size_t k = 0; k < m->n; k++) {
    state_put_text (o, m->name[k]);
    filters_put (o, &m->band[k]);
  }
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  size_t count = state_count (in, 8, MOST_BANDS);
  in->bad |= count == 0;
  bool ok = !in->bad && (m->band = calloc (count, sizeof *m->band)) && (m->name = calloc (count, sizeof *m->name));
  m->n = ok ? count : 0;
  for (size_t k = 0; k < count && ok; k++)
    ok = (m->name[k] = state_text (in)) && filters_get (in, &m->band[k]);
  return ok;
}

ESTIMATOR ("fbcsp", 1, put, get, NULL, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "spatial filters");

static const fnx_param_desc count_param = {
  .struct_size = sizeof count_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "nfilter",
  .doc = "spatial filters to keep in each band, best first; at most one for each channel",
  .fallback = "4",
  .min = 1,
  .max = 1000,
};
static const fnx_param_desc kind_param = {
  .struct_size = sizeof kind_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "of the covariance of each trial in each band, as in cov",
  .fallback = "oas",
  .choices = cov_names,
};
static const fnx_param_desc *const params[]
    = { &count_param, &kind_param, &filters_metric_param, &filters_classes_param, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "epochs[trial,channel,time]",
                                       .doc = "trials whose channels have a column band, from  ! filterbank ! epoch" };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "features[trial,feature]",
                                        .doc = "log variance behind each filter of each band" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc fbcsp_step = {
  .struct_size = sizeof fbcsp_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.fbcsp",
  .name = "fbcsp",
  .title = "common spatial patterns in each band",
  .doc
  = "In each band of  filterbank  the trials get their covariances and the training trials spatial filters, as"
    "  cov ! csp  would do in that band alone; the log variances behind the filters of all bands stand side by side,"
    " called 8-12Hz.csp1, 8-12Hz.csp2 and so on. Six bands of four filters are 24 features: let  select  keep the"
    " best, by their mutual information with the classes, as MOABB's pipeline does.\n\n"
    "Three classes or more: classes=joint or classes=ovr, as in csp. The pairing of chosen features with their"
    " opposite filter in the first paper is not done, as it is not in MOABB.",
  .cite = "Ang et al., IJCNN 2008:2390; Ang et al., Front Neurosci 6:39, 2012",
  .equals = "csp in each band, bit for bit",
  .example = "fornix run sim:fists ! filterbank 8..12Hz,12..16Hz,16..20Hz,20..30Hz method=iir"
             " ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin fbcsp ! select k=6 ! svm kernel=linear end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
