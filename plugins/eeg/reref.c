/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reref: change the reference of EEG channels.  Every new channel is the old
 * one minus a mean of others, sample by sample, so blocks need no memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/eeg.h"
#include "plugins/eeg/steps.h"

struct fnx_step {
  const char *const *to; /* live as long as the step */
  const char *const *pairs;
  const char *const *exclude;
  size_t n_to, n_pairs, n_exclude;
  bool average, bipolar;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { 0 };
  s.to = c->param->texts (p, "to", &s.n_to);
  s.average = s.n_to == 1 && strcmp (s.to[0], "average") == 0;
  s.bipolar = s.n_to == 1 && strcmp (s.to[0], "bipolar") == 0;
  if (c->param->given (p, "pairs"))
    s.pairs = c->param->texts (p, "pairs", &s.n_pairs);
  if (c->param->given (p, "exclude"))
    s.exclude = c->param->texts (p, "exclude", &s.n_exclude);
  if (s.bipolar != (s.n_pairs > 0))
    return s.bipolar
               ? c->fail (c, FNX_E_PARAM, "to=bipolar needs pairs of channels\nwrite to=bipolar pairs=F3-C3,C3-P3")
               : c->fail (c, FNX_E_PARAM, "pairs=%s has a meaning only with to=bipolar", s.pairs[0]);
  if (s.n_exclude && !s.average)
    return c->fail (c, FNX_E_PARAM, "exclude=%s has a meaning only with to=average", s.exclude[0]);
  if (!(*out = malloc (sizeof s)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  **out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

/* Output channel i is input plus[i] minus (minus[i] < 0: the mean of refs; not
 * at all where `plain`) input minus[i]. */
typedef struct plan {
  int k; /* number of the channel axis */
  int64_t n, *plus, *minus;
  bool *plain;
  int64_t *refs, n_refs;
  const char **labels; /* bipolar */
} plan;

static fnx_status
find (fnx_call *c, const fnx_axis *a, const char *parameter, const char *word, int64_t *i)
{
  *i = channel_find (a, word);
  return *i < 0 ? channel_fail (c, a, parameter, word) : FNX_OK;
}

/* "F3-C3": names may hold hyphens themselves, so every hyphen is tried. */
static fnx_status
split (fnx_call *c, const fnx_axis *a, const char *word, int64_t *plus, int64_t *minus)
{
  char left[128];
  size_t n = strlen (word);
  if (n >= sizeof left)
    return c->fail (c, FNX_E_PARAM, "pairs=%.40s...: a name is too long", word);
  for (size_t i = 1; i + 1 < n; i++)
    if (word[i] == '-') {
      memcpy (left, word, i);
      left[i] = 0;
      *plus = channel_find (a, left);
      *minus = channel_find (a, word + i + 1);
      if (*plus >= 0 && *minus >= 0)
        return FNX_OK;
    }
  const char *dash = strchr (word, '-');
  if (!dash || dash == word || !dash[1])
    return c->fail (c, FNX_E_PARAM, "pairs=%s is not two channels with a hyphen\nwrite pairs=F3-C3,C3-P3", word);
  snprintf (left, sizeof left, "%.*s", (int)(dash - word), word);
  return channel_find (a, left) < 0 ? channel_fail (c, a, "pairs", left) : channel_fail (c, a, "pairs", dash + 1);
}

static fnx_status
plan_pairs (fnx_call *c, const fnx_step *s, const fnx_axis *a, plan *p)
{
  enum { WIDTH = 64 };
  p->n = (int64_t)s->n_pairs;
  p->labels = c->scratch (c, (s->n_pairs + 1) * sizeof *p->labels);
  char *text = c->scratch (c, (s->n_pairs + 1) * WIDTH);
  if (!p->labels || !text)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < s->n_pairs; i++) {
    fnx_status st = split (c, a, s->pairs[i], &p->plus[i], &p->minus[i]);
    if (st)
      return st;
    snprintf (text + i * WIDTH, WIDTH, "%.30s-%.30s", a->labels[p->plus[i]], a->labels[p->minus[i]]);
    p->labels[i] = text + i * WIDTH;
  }
  return FNX_OK;
}

/* The mean of all EEG channels but the excluded ones, or of the named ones;
 * channels of other kinds stay as they are. */
static fnx_status
plan_mean (fnx_call *c, const fnx_step *s, const fnx_axis *a, plan *p)
{
  bool has_eeg = false, *excluded = c->scratch (c, (size_t)a->size + 1);
  if (!excluded)
    return FNX_E_NOMEM;
  p->n = a->size;
  for (int64_t i = 0; i < a->size; i++) {
    p->plus[i] = i;
    p->minus[i] = -1;
    p->plain[i] = channel_kind_of (a, i) != KIND_EEG;
    has_eeg |= !p->plain[i];
  }
  for (int64_t i = 0; !has_eeg && i < a->size; i++)
    p->plain[i] = false; /* no channel bears the name of an electrode */
  for (size_t k = 0; k < s->n_exclude; k++) {
    int64_t i;
    fnx_status st = find (c, a, "exclude", s->exclude[k], &i);
    if (st)
      return st;
    excluded[i] = true;
  }
  for (int64_t i = 0; s->average && i < a->size; i++)
    if (!p->plain[i] && !excluded[i])
      p->refs[p->n_refs++] = i;
  for (size_t k = 0; !s->average && k < s->n_to; k++) {
    int64_t i;
    fnx_status st = find (c, a, "to", s->to[k], &i);
    if (st)
      return st;
    for (int64_t j = 0; j < p->n_refs; j++)
      if (p->refs[j] == i)
        return c->fail (c, FNX_E_PARAM, "to=%s: that is %s, which was named before", s->to[k], a->labels[i]);
    p->refs[p->n_refs++] = i;
  }
  if (p->n_refs == 0)
    return c->fail (c, FNX_E_PARAM, "exclude= leaves no channel of %s for the average", c->recording);
  return FNX_OK;
}

static fnx_status
prepare (fnx_call *c, const fnx_step *s, const fnx_spec *in, plan *p, shape *to)
{
  *p = (plan){ .k = shape_axis (in, "channel") };
  const fnx_axis *a = in->axes[p->k];
  if (a->size == FNX_UNKNOWN)
    return c->fail (c, FNX_E_SPEC, "the channels of %s are not known yet", c->recording);
  size_t most = (size_t)a->size + s->n_pairs + s->n_to + 1;
  p->plus = c->scratch (c, most * sizeof *p->plus);
  p->minus = c->scratch (c, most * sizeof *p->minus);
  p->refs = c->scratch (c, most * sizeof *p->refs);
  p->plain = c->scratch (c, most);
  if (!p->plus || !p->minus || !p->refs || !p->plain)
    return FNX_E_NOMEM;
  fnx_status st = s->bipolar ? plan_pairs (c, s, a, p) : plan_mean (c, s, a, p);
  shape_of (to, in);
  if (st == FNX_OK && s->bipolar) {
    if (!channel_pick (c, a, p->plus, p->n, &to->axis[p->k]))
      return FNX_E_NOMEM;
    to->axis[p->k].labels = p->labels;
    to->axis[p->k].columns = NULL; /* of one electrode, not of two */
  }
  return st;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  shape *to = c->scratch (c, sizeof *to);
  plan p;
  fnx_status st = to ? prepare (c, s, in[0], &p, to) : FNX_E_NOMEM;
  if (st)
    return st;
  int64_t plain = 0;
  for (int64_t i = 0; i < p.n && !s->bipolar; i++)
    plain += p.plain[i];
  if (plain)
    c->log (c, FNX_LOG_NOTE, "%lld channels of %s are no EEG and stay as they are", (long long)plain, c->recording);
  out[0] = &to->spec;
  return FNX_OK;
}

#define STRETCH 1024 /* samples of a job: 8 KB of reference */

typedef struct work {
  const plan *p;
  const double *x;
  double *y;
  int64_t n_in, n; /* channels in, samples */
  int64_t n_stretch;
  double *mean; /* STRETCH for each worker */
} work;

static fnx_status
job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  const plan *p = w->p;
  int64_t trial = (int64_t)i / w->n_stretch, at = (int64_t)i % w->n_stretch * STRETCH;
  int64_t m = w->n - at < STRETCH ? w->n - at : STRETCH;
  const double *x = w->x + trial * w->n_in * w->n + at;
  double *y = w->y + trial * p->n * w->n + at, *mean = w->mean + (size_t)worker * STRETCH;
  memset (mean, 0, STRETCH * sizeof *mean);
  for (int64_t r = 0; r < p->n_refs; r++)
    for (int64_t k = 0; k < m; k++)
      mean[k] += x[p->refs[r] * w->n + k];
  for (int64_t k = 0; k < m; k++)
    mean[k] /= (double)p->n_refs;
  for (int64_t c = 0; c < p->n; c++) {
    const double *a = x + p->plus[c] * w->n, *b = p->minus[c] < 0 ? mean : x + p->minus[c] * w->n;
    if (p->plain[c])
      memcpy (y + c * w->n, a, (size_t)m * sizeof *y);
    else
      for (int64_t k = 0; k < m; k++)
        y[c * w->n + k] = a[k] - b[k];
  }
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  shape to;
  plan p;
  fnx_status st = prepare (c, s, spec, &p, &to);
  fnx_buf *b = st == FNX_OK ? c->buf->like (c, in[0], &to.spec) : NULL;
  const fnx_tensor *t = b ? c->buf->read (in[0]) : NULL;
  work w = { .p = &p, .x = t ? t->data : NULL, .y = t ? c->buf->write (c, b) : NULL };
  w.mean = w.y ? c->scratch (c, (size_t)c->max_threads * STRETCH * sizeof *w.mean) : NULL;
  if (!w.mean) {
    if (b)
      c->buf->unref (b);
    return st ? st : FNX_E_NOMEM;
  }
  w.n_in = spec->axes[p.k]->size;
  w.n = shape_samples (spec);
  w.n_stretch = (w.n + STRETCH - 1) / STRETCH;
  int64_t trials = p.k > 0 ? spec->axes[0]->size : 1;
  st = c->parallel (c, (size_t)(trials * w.n_stretch), job, &w);
  return give (c, st, b, out);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)s, (void)max_block;
  return FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { .struct_size = sizeof stream, .start = start, .push = run };
  (void)s;
  return strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

PARAM (to, .type = FNX_T_TEXTS, .flags = FNX_P_MAIN, .fallback = "average",
       .doc = "average: the mean of all EEG channels; names: the mean of these, such as T9,T10; bipolar: differences of"
              " pairs");
PARAM (pairs, .type = FNX_T_TEXTS, .when = "to=bipolar", .doc = "F3-C3 is F3 minus C3");
PARAM (exclude, .type = FNX_T_TEXTS, .when = "to=average",
       .doc = "bad channels, which are left out of the mean but re-referenced like the others");
static const fnx_param_desc *const params[] = { &to_param, &pairs_param, &exclude_param, NULL };

const fnx_step_desc reref_step = {
  .struct_size = sizeof reref_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.reref",
  .name = "reref",
  .title = "change the reference of EEG channels",
  .doc
  = "Channels are EEG if their names are those of electrodes, or if the recording says so; others (EOG, ECG, triggers) "
    "are not in the average and stay as they are. Where no channel bears the name of an electrode, all are taken for "
    "EEG.\n\n"
    "Each reference lowers the rank of the channels by one: after it a covariance needs estimator=oas or one channel "
    "fewer. A sample that is missing (NaN) in a channel of the reference is missing in all channels afterwards.",
  .cite = "MNE 1.3 mne.set_eeg_reference, mne.set_bipolar_reference",
  .equals = "MNE 1.3 set_eeg_reference() to 1e-12",
  .example = "fornix run sim:fists ! reref to=average ! write out.edf",
  .inputs = signal_or_epochs,
  .outputs = the_same,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
