/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filterbank: the same channels in several bands at once, for FBCSP.
 *
 * Band by band through bandpass.c.  Filters of different bands have different
 * lengths, so that while streaming their outputs come at different times: a
 * tape for each band holds what the slowest is still to give.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/bandpass.h"
#include "plugins/eeg/steps.h"

enum { MOST = 64, NAME = 40 };

typedef struct bank_band {
  bandpass f;
  char name[NAME]; /* "8-12Hz" */
  tape pending;    /* outputs that other bands have not reached yet */
} bank_band;

struct fnx_step {
  size_t n;
  bank_band *band;
  flow flow;    /* events and metadata of the recording */
  int64_t done; /* samples given */
};

/* Decimal digits with at most one point; NULL: it is no number. */
static const char *
number (const char *s, double *v)
{
  double scale = 1;
  bool point = false;
  const char *at = s;
  for (*v = 0; isdigit ((unsigned char)*at) || (*at == '.' && !point && at[1] != '.'); at++) {
    if (*at == '.') {
      point = true;
      continue;
    }
    *v = *v * 10 + (*at - '0');
    scale *= point ? 10 : 1;
  }
  *v /= scale;
  return at > s ? at : NULL;
}

static fnx_status
read_band (fnx_call *c, const char *typed, bandpass *f)
{
  static const char *const help = "write bands=8..12Hz,12..16Hz";
  const char *at = number (typed, &f->low);
  if (at && strncmp (at, "Hz", 2) == 0)
    at += 2;
  at = at && strncmp (at, "..", 2) == 0 ? number (at + 2, &f->high) : NULL;
  if (!at)
    return c->fail (c, FNX_E_PARAM, "bands=%s is no range of frequencies\n%s", typed, help);
  if (*at == 0)
    return c->fail (c, FNX_E_PARAM, "bands=%s has no unit\nwrite bands=%sHz", typed, typed);
  if (strcmp (at, "Hz") != 0)
    return c->fail (c, FNX_E_PARAM, "bands=%s has the unit \"%s\"; it is Hz\n%s", typed, at, help);
  if (!(f->high > f->low))
    return c->fail (c, FNX_E_PARAM, "bands=%s is empty: its ends are %s\n%s", typed,
                    f->high < f->low ? "the wrong way round" : "the same", help);
  return FNX_OK;
}

static void
clear (fnx_step *s)
{
  for (size_t b = 0; b < s->n; b++) {
    bandpass_clear (&s->band[b].f);
    tape_clear (&s->band[b].pending);
  }
  flow_clear (&s->flow);
  s->done = 0;
}

static void
destroy (fnx_step *s)
{
  if (s) {
    clear (s);
    free (s->band);
  }
  free (s);
}

static fnx_status
read_bands (fnx_call *c, const fnx_params *p, fnx_step *s)
{
  size_t n;
  const char *const *typed = c->param->texts (p, "bands", &n);
  bandpass how = { .step = "filterbank", .param = "bands", .one_of_many = true };
  bandpass_read (c, p, &how);
  if (n == 0 || n > MOST)
    return c->fail (c, FNX_E_PARAM, "bands= names %zu bands; 1 to %d are possible", n, MOST);
  if (!(s->band = calloc (n, sizeof *s->band)))
    return c->fail (c, FNX_E_NOMEM, "no memory for %zu bands", n);
  for (size_t b = 0; b < n; b++) {
    bank_band *to = &s->band[s->n++];
    to->f = how;
    fnx_status st = read_band (c, typed[b], &to->f);
    if (st)
      return st;
    snprintf (to->name, sizeof to->name, "%.10g-%.10gHz", to->f.low, to->f.high);
    if (!(to->f.low > 0))
      to->f.low = -INFINITY;
    for (size_t k = 0; k < b; k++)
      if (strcmp (s->band[k].name, to->name) == 0)
        return c->fail (c, FNX_E_PARAM, "bands=%s stands there twice\nleave one of them out", typed[b]);
  }
  return FNX_OK;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  fnx_status st = read_bands (c, p, s);
  if (st == FNX_OK)
    *out = s;
  else
    destroy (s);
  return st;
}

/* ---- channel x band ---------------------------------------------------------- */

/* A text column for the new axis. */
static fnx_column *
text_column (fnx_call *c, const char *name, const char ***texts, int64_t n)
{
  fnx_column *col = c->scratch (c, sizeof *col);
  *texts = c->scratch (c, (size_t)(n + 1) * sizeof **texts);
  if (!col || !*texts)
    return NULL;
  *col = (fnx_column){ .struct_size = sizeof *col, .type = FNX_COL_TEXT, .name = name, .texts = *texts };
  return col;
}

/* "C3.8-12Hz" */
static const char *
in_band (fnx_call *c, const char *name, const char *band)
{
  size_t room = strlen (name) + NAME + 1;
  char *text = c->scratch (c, room);
  if (text)
    snprintf (text, room, "%s.%s", name, band);
  return text;
}

/* A column of the channels, repeated; of original names with the band, so that
 * nobody finds the C3 of the first band alone by asking for C3. */
static const fnx_column *
own_column (fnx_call *c, const fnx_step *s, const fnx_column *from, int64_t n)
{
  const char **texts;
  if (strcmp (from->name, "original") != 0 || !from->texts)
    return from;
  fnx_column *to = text_column (c, from->name, &texts, n);
  for (int64_t i = 0; to && i < n; i++)
    if (from->texts[i] && !(texts[i] = in_band (c, from->texts[i], s->band[i / (n / (int64_t)s->n)].name)))
      return NULL;
  return to;
}

/* `to` has its labels and columns repeated: name them by band, and keep what a
 * name with a band in it no longer says: that it is EEG. */
static bool
name_channels (fnx_call *c, const fnx_step *s, const fnx_axis *from, fnx_axis *to)
{
  static const char *const kinds[] = { "EEG", "EOG", "ECG", "EMG", "MISC" };
  size_t n_columns = 0;
  const char **bands, **kind, **labels = c->scratch (c, (size_t)(to->size + 1) * sizeof *labels);
  fnx_column *band = text_column (c, "band", &bands, to->size), *own = text_column (c, "kind", &kind, to->size);
  while (to->columns && to->columns[n_columns])
    n_columns++;
  const fnx_column **columns = c->scratch (c, (n_columns + 3) * sizeof *columns);
  if (!labels || !band || !own || !columns)
    return false;
  size_t kept = 0;
  for (size_t k = 0; k < n_columns; k++)
    if (strcmp (to->columns[k]->name, "band") != 0 && !(columns[kept++] = own_column (c, s, to->columns[k], to->size)))
      return false;
  columns[kept++] = band;
  if (to->labels && !channel_texts (from, "kind"))
    columns[kept] = own;
  for (int64_t i = 0; i < to->size; i++) {
    const char *name = s->band[i / from->size].name;
    bands[i] = name;
    kind[i] = kinds[channel_kind_of (from, i % from->size)];
    if (to->labels && !(labels[i] = in_band (c, to->labels[i], name)))
      return false;
  }
  to->labels = to->labels ? labels : NULL;
  to->columns = columns;
  return true;
}

/* The spec with all bands of the first channel axis, band by band. */
static shape *
bank_shape (fnx_call *c, const fnx_step *s, const fnx_spec *in)
{
  const fnx_axis *from = in->axes[0];
  shape *to = shape_new (c, in);
  if (!to || from->size == FNX_UNKNOWN)
    return to;
  if (from->size > INT32_MAX / (int64_t)s->n) {
    c->fail (c, FNX_E_SPEC, "%s has too many channels (%lld) for %zu bands", c->recording, (long long)from->size, s->n);
    return NULL;
  }
  int64_t n = from->size * (int64_t)s->n, *idx = c->scratch (c, (size_t)(n + 1) * sizeof *idx);
  if (!idx)
    return NULL;
  for (int64_t i = 0; i < n; i++)
    idx[i] = i % from->size;
  return channel_pick (c, from, idx, n, &to->axis[0]) && name_channels (c, s, from, &to->axis[0]) ? to : NULL;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  for (size_t b = 0; b < s->n; b++) {
    fnx_status st = bandpass_check (c, &s->band[b].f, in[0]);
    if (st)
      return st;
  }
  shape *to = bank_shape (c, s, in[0]);
  out[0] = to ? &to->spec : NULL;
  return to ? FNX_OK : FNX_E_NOMEM;
}

/* ---- whole and in blocks ------------------------------------------------------ */

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  shape *to = bank_shape (c, s, c->buf->spec (in[0]));
  fnx_buf *all = to ? c->buf->like (c, in[0], &to->spec) : NULL;
  double *v = all ? c->buf->write (c, all) : NULL;
  fnx_status st = v ? FNX_OK : FNX_E_NOMEM;
  for (size_t b = 0; b < s->n && st == FNX_OK; b++) {
    const fnx_buf *one = NULL;
    st = bandpass_whole (c, &s->band[b].f, in[0], &one);
    if (!one) /* nothing came in */
      continue;
    size_t n = (size_t)(shape_rows (c->buf->spec (one)) * shape_samples (c->buf->spec (one)));
    const fnx_tensor *t = c->buf->read (one);
    if (t)
      memcpy (v + b * n, t->data, n * sizeof *v);
    else
      st = FNX_E_NOMEM;
    c->buf->unref (one);
  }
  return give (c, st, all, out);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)max_block;
  clear (s);
  return FNX_OK;
}

/* Samples [done, to) of every band. */
static fnx_status
emit (fnx_call *c, fnx_step *s, int64_t to, const fnx_buf **out)
{
  shape *k = bank_shape (c, s, c->buf->spec (s->flow.head));
  if (!k)
    return FNX_E_NOMEM;
  int64_t n = to - s->done;
  k->axis[1].start += s->done;
  k->axis[1].size = n;
  fnx_buf *all = flow_give (c, &s->flow, &k->spec);
  double *v = all ? c->buf->write (c, all) : NULL;
  if (!v) {
    if (all)
      c->buf->unref (all);
    return FNX_E_NOMEM;
  }
  for (size_t b = 0; b < s->n; b++)
    for (size_t r = 0; r < s->band[b].pending.rows; r++, v += n)
      tape_read (&s->band[b].pending, r, s->done, n, v);
  s->done = to;
  *out = all;
  return FNX_OK;
}

/* in: the next block, or NULL at the end. */
static fnx_status
advance (fnx_call *c, fnx_step *s, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_buf **part = c->scratch (c, s->n * sizeof *part);
  fnx_status st = part ? FNX_OK : FNX_E_NOMEM;
  int64_t end = INT64_MAX;
  for (size_t b = 0; b < s->n && st == FNX_OK; b++) {
    bank_band *k = &s->band[b];
    st = in ? bandpass_push (c, &k->f, in, &part[b]) : bandpass_drain (c, &k->f, &part[b]);
    const fnx_tensor *t = st == FNX_OK && part[b] ? c->buf->read (part[b]) : NULL;
    if (t)
      tape_lend (&k->pending, t->data, shape_samples (c->buf->spec (part[b])));
    else if (part[b])
      st = FNX_E_NOMEM;
    end = tape_end (&k->pending) < end ? tape_end (&k->pending) : end;
  }
  if (st == FNX_OK && end > s->done)
    st = emit (c, s, end, out);
  for (size_t b = 0; part && b < s->n; b++) {
    if (!tape_keep (&s->band[b].pending, s->done) && st == FNX_OK)
      st = c->fail (c, FNX_E_NOMEM, "no memory for %zu bands of %zu channels", s->n, s->band[b].pending.rows);
    if (part[b])
      c->buf->unref (part[b]);
  }
  return st;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  bool first = !s->flow.head;
  fnx_status st = flow_take (c, &s->flow, in[0]);
  for (size_t b = 0; b < s->n && st == FNX_OK && first; b++)
    tape_init (&s->band[b].pending, s->flow.tape.rows);
  tape_keep (&s->flow.tape, tape_end (&s->flow.tape)); /* the filters have tapes of their own */
  return st ? st : advance (c, s, in[0], out);
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  return s->flow.head ? advance (c, s, NULL, out) : FNX_OK;
}

static int64_t
latency (const fnx_step *s)
{
  int64_t most = 0;
  for (size_t b = 0; b < s->n; b++)
    most = bandpass_latency (&s->band[b].f) > most ? bandpass_latency (&s->band[b].f) : most;
  return most;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream
      = { .struct_size = sizeof stream, .start = start, .push = push, .drain = drain, .latency = latency };
  return (!s || bandpass_streams (&s->band[0].f)) && strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

PARAM (bands, .type = FNX_T_TEXTS, .flags = FNX_P_MAIN,
       .fallback = "8..12Hz,12..16Hz,16..20Hz,20..24Hz,24..28Hz,28..32Hz",
       .doc = "what to keep in each; they may touch or overlap; 0..4Hz is a low-pass");
static const fnx_param_desc *const params[] = { &bands_param,          &bandpass_method_param, &bandpass_order_param,
                                                &bandpass_phase_param, &bandpass_ends_param,   NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port, .name = "in", .what = "signal[channel,time]" };
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "signal[channel,time]",
  .doc = "all channels in the first band, then all in the second ..; the column band of the channels names it",
};
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc filterbank_step = {
  .struct_size = sizeof filterbank_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.filterbank",
  .name = "filterbank",
  .title = "the same channels in several bands",
  .doc
  = "Each band is filtered as  band  does with the same settings: the first six are those of MOABB's FilterBank"
    " paradigms. A channel C3 becomes C3.8-12Hz, C3.12-16Hz and so on, and the column band of the channels says 8-12Hz:"
    " fbcsp takes its trials apart by that column, whatever  epoch  or  pick  stand between.\n\n"
    "It works on blocks where band does (method=fir, or phase=causal) and then holds no more than the longest filter"
    " of each band; narrow bands at low frequencies have the longest ones. MOABB filters by  method=iir .\n\n"
    "As many bands make as many times the data: after it come steps that make less of it, such as epoch.",
  .cite = "Ang et al., IJCNN 2008:2390 (FBCSP); MOABB 1.4 moabb.paradigms.FilterBank",
  .equals = "MNE 1.3 filter() band by band to 1e-10",
  .example = "fornix run sim:fists ! filterbank 8..12Hz,12..30Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin csp ! lda end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
