/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * epoch: cut a recording into trials around its events.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/eeg.h"
#include "plugins/eeg/steps.h"

struct fnx_step {
  const char *const *on; /* live as long as the step */
  size_t n_on;
  bool all, allow_absent;
  double from, to;            /* s */
  double base_low, base_high; /* s; NaN: no baseline */
  double reject;              /* uV; INFINITY: none */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { .from = c->param->real (p, "from"), .base_low = NAN, .base_high = NAN, .reject = INFINITY };
  s.on = c->param->texts (p, "on", &s.n_on);
  s.all = s.n_on == 1 && strcmp (s.on[0], "all") == 0;
  s.allow_absent = c->param->integer (p, "absent") == 1;
  if (c->param->given (p, "to"))
    s.to = c->param->real (p, "to");
  else {
    s.to = s.from + 1;
    c->log (c, FNX_LOG_NOTE, "trials from %gs to %gs, as to= was not given", s.from, s.to);
  }
  if (!(s.to > s.from))
    return c->fail (c, FNX_E_PARAM, "to=%gs is not after from=%gs\nwrite from=%gs to=%gs", s.to, s.from, s.from,
                    s.from + 1);
  if (c->param->given (p, "baseline")) {
    c->param->range (p, "baseline", &s.base_low, &s.base_high);
    s.base_low = fmax (s.base_low, s.from);
    s.base_high = fmin (s.base_high, s.to);
    if (!(s.base_low <= s.base_high))
      return c->fail (c, FNX_E_PARAM, "baseline=%s lies outside the trial, %g..%gs", c->param->text (p, "baseline"),
                      s.from, s.to);
  }
  if (c->param->given (p, "reject"))
    s.reject = c->param->real (p, "reject");
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

/* Where a trial lies, in samples from that of its event; both ends are in. */
typedef struct span {
  int64_t from, to;           /* first, last */
  int64_t base_from, base_to; /* base_to < base_from: no baseline */
} span;

static fnx_status
measure (fnx_call *c, const fnx_step *s, double rate, span *p)
{
  if (!(fmax (fabs (s->from), fabs (s->to)) * rate < 1e15))
    return c->fail (c, FNX_E_PARAM, "to=%gs is longer than any recording", s->to);
  *p = (span){ .from = llrint (s->from * rate), .to = llrint (s->to * rate), .base_to = -1 };
  if (isnan (s->base_low))
    return FNX_OK;
  /* t >= low - 1e-9 and t <= high + 1e-9 at t = i / rate */
  p->base_from = (int64_t)ceil ((s->base_low - 1e-9) * rate);
  p->base_to = (int64_t)floor ((s->base_high + 1e-9) * rate);
  if (p->base_from < p->from)
    p->base_from = p->from;
  if (p->base_to > p->to)
    p->base_to = p->to;
  if (p->base_to < p->base_from)
    return c->fail (c, FNX_E_PARAM, "baseline=%g..%gs holds no sample at %g Hz", s->base_low, s->base_high, rate);
  return FNX_OK;
}

/* epochs[trial,channel,time] out of signal[channel,time]. */
typedef struct layout {
  fnx_spec spec;
  fnx_axis trial, time;
  const fnx_axis *list[3];
  fnx_column target, onset;
  const fnx_column *columns[3];
} layout;

static void
lay_out (layout *l, const fnx_spec *in, const span *p, int64_t n_trial)
{
  l->target = (fnx_column){ .struct_size = sizeof l->target, .type = FNX_COL_TEXT, .name = "target" };
  l->onset = (fnx_column){ .struct_size = sizeof l->onset, .type = FNX_COL_REAL, .name = "onset", .unit = "s" };
  l->columns[0] = &l->target;
  l->columns[1] = &l->onset;
  l->columns[2] = NULL;
  l->trial = (fnx_axis){ .struct_size = sizeof l->trial, .name = "trial", .size = n_trial, .columns = l->columns };
  l->time = *in->axes[1];
  l->time.size = p->to - p->from + 1;
  l->time.start = p->from;
  l->time.origin = 0;
  l->time.columns = NULL;
  l->time.labels = NULL;
  l->list[0] = &l->trial;
  l->list[1] = in->axes[0];
  l->list[2] = &l->time;
  l->spec = *in;
  l->spec.kind = "epochs";
  l->spec.ndim = 3;
  l->spec.axes = l->list;
}

/* What reject= means for each channel, in the unit of its values; INFINITY for
 * channels that are not EEG, unless none is.  Scratch memory. */
static fnx_status
limits (fnx_call *c, const fnx_step *s, const fnx_spec *in, double **limit)
{
  const fnx_axis *a = in->axes[0];
  if (a->size == FNX_UNKNOWN)
    return FNX_OK;
  double *to = *limit = c->scratch (c, (size_t)(a->size + 1) * sizeof *to);
  if (!to)
    return FNX_E_NOMEM;
  const fnx_column *unit = channel_texts (a, "unit");
  bool has_eeg = false;
  for (int64_t i = 0; i < a->size; i++)
    has_eeg |= channel_kind_of (a, i) == KIND_EEG;
  for (int64_t i = 0; i < a->size; i++) {
    const char *own = unit && unit->texts[i] ? unit->texts[i] : in->unit;
    bool judged = !isinf (s->reject) && (!has_eeg || channel_kind_of (a, i) == KIND_EEG);
    to[i] = judged ? s->reject / unit_microvolt (own) : INFINITY;
    if (judged && isinf (to[i])) {
      char name[128];
      return c->fail (c, FNX_E_SPEC,
                      "reject=%guV cannot be compared with %s of %s, whose unit is %s\nleave reject= out", s->reject,
                      shape_row_name (in, i, name, sizeof name), c->recording, own ? own : "not known");
    }
  }
  return FNX_OK;
}

static fnx_status
check (fnx_call *c, const fnx_step *s, const fnx_spec *in, span *p, double **limit)
{
  double rate = shape_rate (c, in);
  fnx_status st = rate > 0 ? measure (c, s, rate, p) : FNX_E_SPEC;
  return st ? st : limits (c, s, in, limit);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  span p;
  double *limit;
  fnx_status st = check (c, s, in[0], &p, &limit);
  layout *l = st == FNX_OK ? c->scratch (c, sizeof *l) : NULL;
  if (!l)
    return st ? st : FNX_E_NOMEM;
  lay_out (l, in[0], &p, FNX_UNKNOWN);
  out[0] = &l->spec;
  return FNX_OK;
}

/* ---- events -------------------------------------------------------------------- */

static int
by_bytes (const void *a, const void *b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* "T0 15, T1 8, T2 7", as much as there is room for. */
static const char *
census (fnx_call *c, const fnx_events *e, char *text, size_t n)
{
  const char **label = c->scratch (c, (e->n + 1) * sizeof *label);
  size_t at = 0, more = 0;
  if (!e->n || !label)
    return "no events";
  for (size_t i = 0; i < e->n; i++)
    label[i] = e->label[i] ? e->label[i] : "";
  qsort (label, e->n, sizeof *label, by_bytes);
  for (size_t i = 0, j; i < e->n; i = j) {
    for (j = i + 1; j < e->n && strcmp (label[i], label[j]) == 0;)
      j++;
    if (at + strlen (label[i]) + 48 > n)
      more++;
    else
      at += (size_t)snprintf (text + at, n - at, "%s%s %zu", at ? ", " : "", label[i], j - i);
  }
  if (more)
    snprintf (text + at, n - at, " and %zu more", more);
  return text;
}

static bool
wanted (const fnx_step *s, const char *label)
{
  for (size_t k = 0; !s->all && k < s->n_on; k++)
    if (label && strcmp (s->on[k], label) == 0)
      return true;
  return s->all;
}

static fnx_status
check_labels (fnx_call *c, const fnx_step *s, const fnx_events *e)
{
  char text[512];
  bool any = s->all && e->n > 0;
  for (size_t k = 0; !s->all && k < s->n_on; k++) {
    bool found = false;
    for (size_t i = 0; i < e->n && !found; i++)
      found = e->label[i] && strcmp (e->label[i], s->on[k]) == 0;
    any |= found;
    if (!found && !s->allow_absent)
      return c->fail (
          c, FNX_E_DATA, "no event \"%s\" in %s; it has %s%s", s->on[k], c->recording, census (c, e, text, sizeof text),
          e->n ? "\nwrite on= with names from this list, or absent=skip where some recordings lack one" : "");
  }
  return any ? FNX_OK
             : c->fail (c, FNX_E_DATA, "none of the events of on= is in %s; it has %s", c->recording,
                        census (c, e, text, sizeof text));
}

/* ---- cutting --------------------------------------------------------------------- */

/* Every event asked for, and what becomes of it. */
typedef enum fate { KEPT, OUTSIDE, MISSING, REJECTED } fate;
typedef struct trial {
  int64_t at; /* sample of the event */
  size_t event;
  fate fate;
} trial;

typedef struct work {
  const double *x; /* [channel][n] */
  int64_t n_channel, n;
  span p;
  double *limit; /* [channel]: most from peak to peak */
  trial *trials; /* all, for judge_job; kept ones, for cut_job */
  double *y;
} work;

/* NaN never passes; a channel whose values span more than `reject` never does. */
static fnx_status
judge_job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  trial *t = &w->trials[i];
  int64_t first = t->at + w->p.from, m = w->p.to - w->p.from + 1;
  (void)worker;
  for (int64_t c = 0; c < w->n_channel && t->fate == KEPT; c++) {
    const double *x = w->x + c * w->n + first;
    double low = x[0], high = x[0], sum = 0;
    for (int64_t k = 0; k < m; k++) {
      low = x[k] < low ? x[k] : low;
      high = x[k] > high ? x[k] : high;
      sum += x[k] * 0; /* NaN if any is not finite */
    }
    if (!(sum == 0))
      t->fate = MISSING;
    else if (high - low > w->limit[c])
      t->fate = REJECTED;
  }
  return FNX_OK;
}

static fnx_status
cut_job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  int64_t m = w->p.to - w->p.from + 1, skip = w->p.base_from - w->p.from, k = w->p.base_to - w->p.base_from + 1;
  (void)worker;
  for (int64_t c = 0; c < w->n_channel; c++) {
    double *y = w->y + ((int64_t)i * w->n_channel + c) * m, mean = 0;
    memcpy (y, w->x + c * w->n + w->trials[i].at + w->p.from, (size_t)m * sizeof *y);
    if (k <= 0)
      continue;
    for (int64_t j = skip; j < skip + k; j++)
      mean += y[j];
    mean /= (double)k;
    for (int64_t j = 0; j < m; j++)
      y[j] -= mean;
  }
  return FNX_OK;
}

/* Tell what was left out; fail if all was. */
static fnx_status
account (fnx_call *c, const fnx_step *s, const size_t *count, size_t n)
{
  char text[256];
  size_t at = 0, out = n - count[KEPT];
  static const char *const why[] = { "", "not wholly inside the recording", "with missing samples" };
  text[0] = 0;
  for (int f = OUTSIDE; f <= REJECTED; f++)
    if (count[f] && f == REJECTED)
      at += (size_t)snprintf (text + at, sizeof text - at, "%s%zu above reject=%guV", at ? ", " : "", count[f],
                              s->reject);
    else if (count[f])
      at += (size_t)snprintf (text + at, sizeof text - at, "%s%zu %s", at ? ", " : "", count[f], why[f]);
  if (!count[KEPT])
    return c->fail (c, FNX_E_DATA, "none of the %zu trials of %s is left: %s", n, c->recording, text);
  if (out)
    c->log (c, FNX_LOG_NOTE, "%s: %zu of %zu trials left out: %s", c->recording, out, n, text);
  return FNX_OK;
}

/* The trials to keep, in the order of their events. */
static fnx_status
choose (fnx_call *c, const fnx_step *s, const fnx_axis *time, const fnx_events *e, work *w, size_t *kept)
{
  double rate = (double)time->rate_num / (double)time->rate_den;
  size_t n = 0, count[4] = { 0 };
  w->trials = c->scratch (c, (e->n + 1) * sizeof *w->trials);
  if (!w->trials)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < e->n; i++)
    if (wanted (s, e->label[i])) {
      double at = rint ((e->onset[i] - time->origin) * rate) - (double)time->start;
      bool fits = at + (double)w->p.from >= 0 && at + (double)w->p.to < (double)w->n;
      w->trials[n++] = (trial){ .at = fits ? (int64_t)at : 0, .event = i, .fate = fits ? KEPT : OUTSIDE };
    }
  fnx_status st = c->parallel (c, n, judge_job, w);
  *kept = 0;
  for (size_t i = 0; i < n; i++) {
    count[w->trials[i].fate]++;
    if (w->trials[i].fate == KEPT)
      w->trials[(*kept)++] = w->trials[i];
  }
  return st ? st : account (c, s, count, n);
}

static fnx_status
cut (fnx_call *c, work *w, size_t n, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_events *e = c->buf->events (in), none = { .struct_size = sizeof none };
  const char **target = c->scratch (c, (n + 1) * sizeof *target);
  double *onset = c->scratch (c, (n + 1) * sizeof *onset);
  if (!target || !onset)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < n; i++) {
    target[i] = e->label[w->trials[i].event];
    onset[i] = e->onset[w->trials[i].event];
  }
  layout l;
  lay_out (&l, c->buf->spec (in), &w->p, (int64_t)n);
  l.target.texts = target;
  l.onset.reals = onset;
  fnx_buf *b = c->buf->like (c, in, &l.spec);
  fnx_status st = b ? c->buf->set_events (c, b, &none) : FNX_E_NOMEM; /* they are columns now */
  if (st == FNX_OK && !(w->y = c->buf->write (c, b)))
    st = FNX_E_NOMEM;
  if (st == FNX_OK)
    st = c->parallel (c, n, cut_job, w);
  return give (c, st, b, out);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  const fnx_events *e = c->buf->events (in[0]);
  const fnx_tensor *t = c->buf->read (in[0]);
  work w = { .x = t ? t->data : NULL, .n_channel = spec->axes[0]->size, .n = spec->axes[1]->size };
  size_t kept;
  fnx_status st = t ? check (c, s, spec, &w.p, &w.limit) : FNX_E_NOMEM;
  if (st == FNX_OK)
    st = check_labels (c, s, e);
  if (st == FNX_OK)
    st = choose (c, s, spec->axes[1], e, &w, &kept);
  return st ? st : cut (c, &w, kept, in[0], out);
}

static const char *const absents[] = { "fail", "skip", NULL };

PARAM (on, .type = FNX_T_TEXTS, .flags = FNX_P_REQUIRED | FNX_P_MAIN,
       .doc = "names of the events to cut around, as the recording spells them; all: every event");
PARAM (from, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .unit = "s", .fallback = "0s", .min = -1e6, .max = 1e6,
       .doc = "first sample of a trial, from the event on; negative is before it");
PARAM (to, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .unit = "s", .min = -1e6, .max = 1e6,
       .doc = "last sample of a trial, which is part of it; without it trials are 1 s long");
PARAM (baseline, .type = FNX_T_RANGE, .unit = "s",
       .doc = "subtract from each channel its mean in this time, both ends in");
PARAM (reject, .type = FNX_T_REAL, .unit = "uV", .min = 0, .max = 1e9,
       .doc = "leave out trials in which an EEG channel spans more than this from peak to peak");
PARAM (absent, .type = FNX_T_ENUM, .fallback = "fail", .choices = absents,
       .doc = "what to do where a recording has no event of a name in on=");
static const fnx_param_desc *const params[]
    = { &on_param, &from_param, &to_param, &baseline_param, &reject_param, &absent_param, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port, .name = "in", .what = "signal[channel,time]" };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "epochs[trial,channel,time] with target",
                                        .doc = "columns: target (name of the event), onset (s in the recording)" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc epoch_step = {
  .struct_size = sizeof epoch_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.epoch",
  .name = "epoch",
  .title = "cut a recording into trials around its events",
  .doc
  = "A trial runs from sample round(from x rate) to sample round(to x rate) about the sample nearest to its event, "
    "both included: 0s to 3s at 160 Hz are 481 samples. Halves are rounded to even.\n\n"
    "A trial that is not wholly inside the recording, or that holds a missing sample (NaN), is left out, and the "
    "number of such trials is told. The name of the event becomes the column target of the trials and its time the "
    "column onset.\n\n"
    "Where no channel bears the name of an electrode, reject looks at all channels.",
  .cite = "MNE 1.3 mne.Epochs",
  .equals = "MNE 1.3 Epochs, sample for sample",
  .example = "fornix run sim:fists ! epoch on=left,right from=0s to=3s ! write epochs.npy",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
};
