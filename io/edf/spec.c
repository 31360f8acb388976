/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a view is to the host: its spec, and metadata under BIDS keys.
 */
#include "io/edf/edf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COL_ORIGINAL, COL_KIND, COL_UNIT, COL_PREFILTER, COL_X, COL_Y, COL_Z, N_COLS };
static const char *const column_names[N_COLS] = { "original", "kind", "unit", "prefilter", "x", "y", "z" };

typedef struct draft {
  fnx_spec spec;
  fnx_axis channel, time;
  const fnx_axis *axes[2];
  fnx_column column[N_COLS];
  const fnx_column *columns[N_COLS + 1];
} draft;

static const char *
common_unit (const edf_view *v)
{
  const edf_signal *all = v->file->header.signals;
  const char *unit = NULL;
  for (int i = 0; i < v->n_channels; i++) {
    const edf_signal *g = &all[v->channels[i].signal];
    const char *mine = g->volts ? "uV" : g->unit;
    if (!mine[0] || (unit && strcmp (unit, mine) != 0))
      return NULL;
    unit = mine;
  }
  return unit;
}

const fnx_spec *
edf_spec (fnx_call *c, const edf_view *v, int64_t first, int64_t n)
{
  const size_t m = (size_t)v->n_channels;
  draft *d = c->scratch (c, sizeof *d);
  const char **labels = c->scratch (c, (m + 1) * sizeof *labels);
  const char **text[N_COLS] = { NULL };
  double *xyz[N_COLS] = { NULL };
  for (int k = 0; d && labels && k < N_COLS; k++) {
    void *values = c->scratch (c, (m + 1) * sizeof (double));
    if (!values)
      return NULL;
    d->column[k] = (fnx_column){ .struct_size = sizeof (fnx_column), .name = column_names[k] };
    d->columns[k] = &d->column[k];
    if (k < COL_X) {
      d->column[k].type = FNX_COL_TEXT;
      d->column[k].texts = text[k] = values;
    } else {
      d->column[k].type = FNX_COL_REAL;
      d->column[k].reals = xyz[k] = values;
    }
  }
  if (!d || !labels)
    return NULL;
  for (size_t i = 0; i < m; i++) {
    const edf_channel *ch = &v->channels[i];
    const edf_signal *g = &v->file->header.signals[ch->signal];
    labels[i] = ch->name;
    text[COL_ORIGINAL][i] = g->label;
    text[COL_KIND][i] = ch->kind;
    text[COL_UNIT][i] = g->volts ? "uV" : g->unit[0] ? g->unit : NULL;
    text[COL_PREFILTER][i] = g->prefilter[0] ? g->prefilter : NULL;
    for (int k = 0; k < 3; k++)
      xyz[COL_X + k][i] = ch->placed ? ch->xyz[k] : NAN;
  }
  d->channel = (fnx_axis){
    .struct_size = sizeof (fnx_axis), .name = "channel", .size = v->n_channels, .labels = labels, .columns = d->columns
  };
  d->time = (fnx_axis){ .struct_size = sizeof (fnx_axis),
                        .flags = FNX_AXIS_REGULAR,
                        .name = "time",
                        .unit = "s",
                        .size = n,
                        .start = first,
                        .rate_num = v->rate_num,
                        .rate_den = v->rate_den };
  d->axes[0] = &d->channel;
  d->axes[1] = &d->time;
  d->spec = (fnx_spec){ .struct_size = sizeof (fnx_spec),
                        .ndim = 2,
                        .kind = "signal",
                        .unit = common_unit (v),
                        .dtype = FNX_F8,
                        .axes = d->axes };
  return &d->spec;
}

/* The label of the signal that the events stand in, as written; NULL without
 * events. */
static const char *
event_channel (const edf_view *v)
{
  const edf_header *h = &v->file->header;
  const edf_events *e = &v->file->events;
  for (int i = 0; i < h->n_signals && e->n; i++)
    if (e->all[0].sample < 0 ? h->signals[i].annotations : h->signals[i].status)
      return h->signals[i].label;
  return NULL;
}

/* BIDS sidecar keys: the recording, never the person. */
fnx_status
edf_set_meta (fnx_call *c, const edf_view *v, const char *repairs, fnx_buf *b)
{
  static const struct {
    const char *kind, *key;
  } counts[] = { { "eeg", "EEGChannelCount" }, { "eog", "EOGChannelCount" },         { "ecg", "ECGChannelCount" },
                 { "emg", "EMGChannelCount" }, { "trigger", "TriggerChannelCount" }, { "misc", "MiscChannelCount" } };
  const edf_header *h = &v->file->header;
  const char *label;
  char text[96];
  fnx_status st = FNX_OK;
  snprintf (text, sizeof text, "\"%s\"", h->format);
  st = c->buf->set_meta (c, b, "Format", text);
  if (st == FNX_OK && v->n_record > 0) {
    snprintf (text, sizeof text, "%.15g", (double)v->rate_num / (double)v->rate_den);
    st = c->buf->set_meta (c, b, "SamplingFrequency", text);
    snprintf (text, sizeof text, "%.15g", (double)v->n_samples * (double)v->rate_den / (double)v->rate_num);
    st = st ? st : c->buf->set_meta (c, b, "RecordingDuration", text);
  }
  if (st == FNX_OK)
    st = c->buf->set_meta (c, b, "RecordingType", h->discontinuous ? "\"discontinuous\"" : "\"continuous\"");
  if (st == FNX_OK && h->dated) {
    snprintf (text, sizeof text, "\"%04d-%02d-%02dT%02d:%02d:%02d\"", h->year, h->month, h->day, h->hour, h->minute,
              h->second);
    st = c->buf->set_meta (c, b, "FileStart", text);
  }
  for (size_t k = 0; k < sizeof counts / sizeof *counts && st == FNX_OK; k++) {
    int n = 0;
    for (int i = 0; i < v->n_channels; i++)
      n += strcmp (v->channels[i].kind, counts[k].kind) == 0;
    snprintf (text, sizeof text, "%d", n);
    if (n > 0)
      st = c->buf->set_meta (c, b, counts[k].key, text);
  }
  label = event_channel (v);
  if (st == FNX_OK && label && !strpbrk (label, "\"\\")) {
    snprintf (text, sizeof text, "\"%s\"", label);
    st = c->buf->set_meta (c, b, "EventChannel", text);
  }
  if (st == FNX_OK && repairs)
    st = c->buf->set_meta (c, b, "Repairs", repairs);
  return st;
}
