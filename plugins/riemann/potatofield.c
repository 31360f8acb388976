/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * potatofield: several small potatoes, each for the channels and the band in
 * which one kind of artefact shows, asked together (Barthelemy, Mayaud, Ojeda,
 * Congedo 2019; pyRiemann's PotatoField).
 */
#include "plugins/common/distribution.h"
#include "plugins/riemann/potato.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <strings.h>

enum { MOST = 64, PASSES = 10 };
#define LEAST_P 1e-10 /* of one potato, as in the peer: none decides alone */

struct fnx_step {
  spd_metric metric;
  cov_kind kind;
  bool peer;
  double z_threshold, p_threshold;
  int gives;
  size_t count;
  const char *const *what; /* a text for each potato; lives as long as the step */
};

struct fnx_model {
  size_t count;
  potato p[MOST];
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  size_t count;
  const char *const *what = c->param->texts (p, "potatoes", &count);
  if (count == 0 || count > MOST)
    return c->fail (c, FNX_E_PARAM,
                    "potatoes= names %zu potatoes; a field has 1 to %d\nwrite potatoes=Fp1+Fp2,O1+Oz+O2", count, MOST);
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->peer = c->param->integer (p, "peer") == 1;
  s->z_threshold = c->param->real (p, "z_threshold");
  s->p_threshold = c->param->real (p, "p_threshold");
  s->gives = (int)c->param->integer (p, "gives");
  s->count = count;
  s->what = what;
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  for (size_t k = 0; k < MOST; k++)
    potato_clear (&m->p[k]);
  free (m);
}

/* ---- the channels of a potato ---------------------------------------------------- */

/* Is `label` the channel `name` (n letters) in `band` (NULL: as it stands)? */
static bool
is_channel (const char *label, const char *name, size_t n, const char *band)
{
  if (strncasecmp (label, name, n) != 0)
    return false;
  return band ? label[n] == '.' && strcasecmp (label + n + 1, band) == 0 : label[n] == '\0';
}

static bool
in_band (const char *label, const char *band)
{
  size_t n = strlen (label), m = strlen (band);
  return n > m && label[n - m - 1] == '.' && strcasecmp (label + n - m, band) == 0;
}

static fnx_status
absent (fnx_call *c, const char *text, const char *name, size_t n, const char *band)
{
  return c->fail (c, FNX_E_PARAM,
                  "potatoes=%s: %s has no channel %.*s%s%s\n"
                  "join channels by + and name a band of  filterbank  behind @:  potatoes=Fp1+Fp2@1-20Hz",
                  text, c->recording, (int)n, name, band ? " in the band " : "", band ? band : "");
}

/* "Fp1+Fp2@1-20Hz", or "*" for all channels: their numbers, ascending as named. */
static fnx_status
channels_of (fnx_call *c, const char *text, const fnx_axis *axis, int64_t *at, int64_t *n)
{
  const char *band = strchr (text, '@'), *name = text, *end = band ? band : text + strlen (text);
  band = band ? band + 1 : NULL;
  *n = 0;
  if (!axis->labels)
    return c->fail (c, FNX_E_SPEC, "the channels of %s have no names, which potatoes= goes by", c->recording);
  if (end == text + 1 && *text == '*') {
    for (int64_t i = 0; i < axis->size; i++)
      if (!band || in_band (axis->labels[i], band))
        at[(*n)++] = i;
    return *n ? FNX_OK : absent (c, text, "*", 1, band);
  }
  while (name < end) {
    size_t m = strcspn (name, "+@");
    int64_t i = 0, before = 0;
    while (i < axis->size && !is_channel (axis->labels[i], name, m, band))
      i++;
    if (i == axis->size)
      return absent (c, text, name, m, band);
    while (before < *n && at[before] != i)
      before++;
    if (before < *n)
      return c->fail (c, FNX_E_PARAM, "potatoes=%s names channel %.*s twice", text, (int)m, name);
    at[(*n)++] = i;
    name += m + (name[m] == '+');
  }
  return *n ? FNX_OK : absent (c, text, "", 0, band);
}

/* The trials with these channels alone; epochs or cov. */
static fnx_status
subset (fnx_call *c, const fnx_buf *in, const int64_t *at, int64_t n, fnx_buf **out)
{
  const fnx_spec *from = c->buf->spec (in);
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *channel = c->scratch (c, sizeof *channel);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  const char **labels = c->scratch (c, (size_t)n * sizeof *labels);
  bool cov = strcmp (from->axes[2]->name, "channel") == 0;
  if (!s || !channel || !axes || !labels)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < n; i++)
    labels[i] = from->axes[1]->labels[at[i]];
  *channel = (fnx_axis){ .struct_size = sizeof *channel, .name = "channel", .size = n, .labels = labels };
  *s = *from;
  axes[0] = from->axes[0];
  axes[1] = channel;
  axes[2] = cov ? channel : from->axes[2];
  s->axes = axes;
  *out = c->buf->like (c, in, s);
  double *v = *out ? c->buf->write (c, *out) : NULL;
  if (!v)
    return FNX_E_NOMEM;
  int64_t width = from->axes[2]->size;
  for (int64_t k = 0; k < from->axes[0]->size; k++) {
    const double *x = c->buf->item (in, k);
    for (int64_t i = 0; i < n; i++) {
      const double *row = x + at[i] * width;
      if (cov)
        for (int64_t j = 0; j < n; j++)
          *v++ = row[at[j]];
      else {
        memcpy (v, row, (size_t)width * sizeof *v);
        v += width;
      }
    }
  }
  return FNX_OK;
}

/* Do something with the matrices of every potato. */
static fnx_status
each (fnx_call *c, const fnx_step *s, const fnx_buf *in, size_t need,
      fnx_status (*f) (fnx_call *, const fnx_step *, size_t k, const matrices *, void *arg), void *arg)
{
  const fnx_axis *axis = c->buf->spec (in)->axes[1];
  int64_t *at = c->scratch (c, (size_t)(axis->size + 1) * sizeof *at), n;
  fnx_status status = at ? FNX_OK : FNX_E_NOMEM;
  for (size_t k = 0; k < s->count && status == FNX_OK; k++) {
    matrices x;
    fnx_buf *part = NULL;
    status = channels_of (c, s->what[k], axis, at, &n);
    if (status == FNX_OK)
      status = subset (c, in, at, n, &part);
    if (status == FNX_OK)
      status = matrices_of_any (c, part, s->kind, need, &x);
    if (status == FNX_OK)
      status = f (c, s, k, &x, arg);
    c->buf->unref (part);
  }
  return status;
}

/* ---- the step ------------------------------------------------------------------------ */

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  const fnx_axis *axis = in[0]->axes[1];
  if (axis->size != FNX_UNKNOWN && axis->labels) {
    int64_t *at = c->scratch (c, (size_t)(axis->size + 1) * sizeof *at), n;
    fnx_status status = at ? FNX_OK : FNX_E_NOMEM;
    for (size_t k = 0; k < s->count && status == FNX_OK; k++)
      status = channels_of (c, s->what[k], axis, at, &n);
    if (status != FNX_OK)
      return status;
  }
  out[0] = reject_spec (c, s->gives, in[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
fit_one (fnx_call *c, const fnx_step *s, size_t k, const matrices *x, void *arg)
{
  fnx_model *m = arg;
  return potato_fit (c, x, s->metric, s->peer, s->z_threshold, PASSES, &m->p[k]);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  (void)start;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  m->count = s->count;
  return fitted (each (c, s, in[0], 3, fit_one, m), m, model_free, out);
}

typedef struct asked {
  const fnx_model *m;
  double *z, *top, *q; /* of each trial: one potato's z, the largest, Fisher's sum */
} asked;

static fnx_status
ask_one (fnx_call *c, const fnx_step *s, size_t k, const matrices *x, void *arg)
{
  asked *a = arg;
  (void)s;
  fnx_status status = potato_z (c, &a->m->p[k], x, a->z);
  for (size_t i = 0; i < x->count && status == FNX_OK; i++) {
    a->top[i] = k == 0 ? a->z[i] : fmax (a->top[i], a->z[i]);
    a->q[i] -= 2 * log (fmax (normal_tail (a->z[i]), LEAST_P));
  }
  return status;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  size_t count = (size_t)c->buf->spec (in[0])->axes[0]->size;
  asked a = { .m = m, .z = c->scratch (c, 3 * (count + 1) * sizeof *a.z) };
  if (!a.z)
    return FNX_E_NOMEM;
  if (m->count != s->count)
    return c->fail (c, FNX_E_STATE, "the saved field has %zu potatoes, its step names %zu\ntrain it again", m->count,
                    s->count);
  a.top = a.z + count + 1;
  a.q = a.top + count + 1;
  fnx_status status = each (c, s, in[0], 0, ask_one, &a);
  for (size_t i = 0; i < count; i++) /* a.z becomes the margin: log p over log threshold */
    a.z[i] = log (fmax (chi2_tail (a.q[i], 2 * (double)s->count), DBL_MIN)) - log (s->p_threshold);
  return status == FNX_OK ? reject_out (c, s->gives, in[0], a.z, a.top, out) : status;
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->count);
  for (size_t k = 0; k < m->count; k++)
    potato_put (o, &m->p[k]);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  bool ok = true;
  m->count = state_count (in, 8, MOST);
  in->bad |= m->count == 0;
  for (size_t k = 0; k < m->count && ok; k++)
    ok = potato_get (in, &m->p[k]);
  return ok;
}

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  fnx_status status = FNX_OK;
  for (size_t k = 0; k < m->count && status == FNX_OK; k++)
    status = potato_complete (c, &m->p[k]);
  return status;
}

ESTIMATOR ("potatofield", 1, put, get, complete, fit, model_free, .apply = apply, .learns = "clean trials");

static const fnx_param_desc potatoes_param = {
  .struct_size = sizeof potatoes_param,
  .type = FNX_T_TEXTS,
  .flags = FNX_P_REQUIRED | FNX_P_MAIN,
  .name = "potatoes",
  .doc = "channels joined by +, one potato after the other; * for all; @1-20Hz behind them: in that band of filterbank",
};
static const fnx_param_desc p_threshold_param = {
  .struct_size = sizeof p_threshold_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "p_threshold",
  .doc = "a trial whose joint probability of being clean is not above this is an artefact",
  .fallback = "0.01",
  .min = 1e-12,
  .max = 0.999,
};
static const fnx_param_desc z_threshold_param = {
  .struct_size = sizeof z_threshold_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "z_threshold",
  .doc = "while learning: standard deviations of the log distance, from which on a potato sets a trial aside",
  .fallback = "3",
  .min = 0.1,
  .max = 100,
};
static const fnx_param_desc *const params[]
    = { &potatoes_param, &p_threshold_param,      &z_threshold_param, &gives_param,
        &metric_param,   &either_estimator_param, &peer_param,        NULL };

const fnx_step_desc potatofield_step = {
  .struct_size = sizeof potatofield_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.potatofield",
  .name = "potatofield",
  .title = "artefacts by several small potatoes, asked together",
  .doc
  = "Each potato (see potato) has channels and a band of its own, those in which one kind of artefact shows: blinks at"
    " Fp1 and Fp2 in 1-20 Hz, muscles at the temples in 35-45 Hz, a loose electrode alone. Few channels make a potato"
    " that is quickly learned and does not miss what one channel of many does.\n\n"
    "With p = 1 - Phi(z), at least 1e-10, of each of n potatoes, q = -2 sum log p has a chi squared distribution of 2n"
    " degrees of freedom where all is clean (Fisher); the trial is clean if the tail beyond q is above p_threshold."
    " Each potato is learned on its own in at most 10 passes.\n\n"
    "As with potato, trials are never dropped: gives=weights adds the columns weight (0: artefact) and z (the largest"
    " of the potatoes'); gives=scores has log p - log p_threshold as the difference of its two scores. Of n trials"
    " none can be more than the root of n - 1 deviations out: with 10 or fewer, z_threshold=3 sets none aside. "
    "Distances"
    " of two channels spread widely: z_threshold=2 unmasks artefacts in a tenth of the trials.",
  .cite = "Barthelemy et al., IEEE TNSRE 27:244, 2019; Fisher, Statistical Methods for Research Workers, 1925",
  .equals = "pyRiemann 0.9 PotatoField, its formula to 1e-9",
  .example = "fornix run sim:fists ! filterbank bands=1..20Hz,30..45Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin potatofield potatoes=Fz+FCz@1-20Hz,C5+C6@30-45Hz ! cov estimator=oas ! mdm end",
  .inputs = either_inputs,
  .outputs = reject_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
