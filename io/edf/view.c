/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Channels of one rate out of a recording: which, the time axis they live on,
 * and the events on it.
 */
#include "io/edf/edf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which channels ---------------------------------------------------------------- */

static double
rate_of (const edf_header *h, int64_t n)
{
  return (double)n * (double)EDF_TICKS / (double)h->ticks;
}

static fnx_status
pick_named (edf_view *v, edf_channel *all, int n, const edf_view_options *o, edf_say *say)
{
  const edf_header *h = &v->file->header;
  char names[128];
  v->channels = calloc (o->n_channels, sizeof *v->channels);
  if (!v->channels)
    return edf_refuse (say, FNX_E_NOMEM, "no memory");
  for (size_t k = 0; k < o->n_channels; k++) {
    const int i = edf_find_channel (h, all, n, o->channels[k]);
    const edf_signal *s;
    if (i < 0)
      return edf_refuse (say, FNX_E_PARAM, "channels=%s: there is no channel of that name\nit has %s", o->channels[k],
                         edf_list_names (all, n, NULL, names, sizeof names));
    s = &h->signals[all[i].signal];
    if (s->unusable)
      return edf_refuse (say, FNX_E_IO, "channel \"%s\" cannot be read: %s", s->label, s->unusable);
    for (int m = 0; m < v->n_channels; m++)
      if (v->channels[m].signal == all[i].signal)
        return edf_refuse (say, FNX_E_PARAM, "channels=%s: that channel is named twice", o->channels[k]);
    if (k > 0 && s->n != h->signals[v->channels[0].signal].n)
      return edf_refuse (
          say, FNX_E_PARAM,
          "channels=%s has %.6g Hz, %s has %.6g Hz: one signal has one rate\nread them one rate at a time",
          o->channels[k], rate_of (h, s->n), v->channels[0].name, rate_of (h, h->signals[v->channels[0].signal].n));
    v->channels[v->n_channels++] = all[i];
  }
  v->n_record = h->signals[v->channels[0].signal].n;
  if (o->rate > 0 && fabs (rate_of (h, v->n_record) - o->rate) > 1e-6 * o->rate)
    return edf_refuse (say, FNX_E_PARAM, "rate=%gHz: the channels named have %.6g Hz", o->rate,
                       rate_of (h, v->n_record));
  return FNX_OK;
}

/* Samples a record of most channels; of those equally many the fastest. */
static int64_t
common_rate (const edf_header *h, const edf_channel *all, const bool *usable, int n)
{
  int64_t best = 0;
  int best_votes = 0;
  for (int i = 0; i < n; i++) {
    const int64_t mine = h->signals[all[i].signal].n;
    int votes = 0;
    if (!usable[i] || mine == best)
      continue;
    for (int k = 0; k < n; k++)
      votes += usable[k] && h->signals[all[k].signal].n == mine;
    if (votes > best_votes || (votes == best_votes && mine > best)) {
      best_votes = votes;
      best = mine;
    }
  }
  return best;
}

static fnx_status
pick_by_rate (edf_view *v, const edf_channel *all, int n, const edf_view_options *o, edf_say *say)
{
  const edf_header *h = &v->file->header;
  bool *usable = calloc ((size_t)n + 1, sizeof *usable);
  char names[128];
  double other = 0;
  fnx_status st = FNX_OK;
  bool left = false;
  v->channels = calloc ((size_t)n + 1, sizeof *v->channels);
  if (!usable || !v->channels) {
    st = edf_refuse (say, FNX_E_NOMEM, "no memory");
    goto out;
  }
  for (int i = 0; i < n && st == FNX_OK; i++) {
    const edf_signal *s = &h->signals[all[i].signal];
    if (s->status && (o->status == EDF_STATUS_EVENTS || o->status == EDF_STATUS_NONE))
      continue;
    usable[i] = s->unusable == NULL;
    if (s->unusable)
      st = edf_repair (say, "channel \"%s\" is left out: %s", s->label, s->unusable);
  }
  if (st != FNX_OK)
    goto out;
  if (o->rate > 0) {
    for (int i = 0; i < n; i++)
      if (usable[i] && fabs (rate_of (h, h->signals[all[i].signal].n) - o->rate) <= 1e-6 * o->rate)
        v->n_record = h->signals[all[i].signal].n;
    if (v->n_record == 0 && n > 0) {
      st = edf_refuse (say, FNX_E_PARAM, "rate=%gHz: no channel has that rate; most have %.6g Hz", o->rate,
                       rate_of (h, common_rate (h, all, usable, n)));
      goto out;
    }
  } else
    v->n_record = common_rate (h, all, usable, n);
  for (int i = 0; i < n; i++) {
    if (!usable[i])
      continue;
    if (h->signals[all[i].signal].n == v->n_record) {
      v->channels[v->n_channels++] = all[i];
      usable[i] = false;
    } else {
      other = rate_of (h, h->signals[all[i].signal].n);
      left = true;
    }
  }
  if (left && o->rate <= 0)
    edf_note (say, FNX_LOG_NOTE, "left out, for another rate than the %.6g Hz of most: %s; read them with rate=%.6gHz",
              rate_of (h, v->n_record), edf_list_names (all, n, usable, names, sizeof names), other);
out:
  free (usable);
  return st;
}

/* One line for each unit that is no voltage, the first few. */
static void
tell_units (const edf_view *v, edf_say *say)
{
  const edf_header *h = &v->file->header;
  bool *told = calloc ((size_t)v->n_channels + 1, sizeof *told), *now = calloc ((size_t)v->n_channels + 1, sizeof *now);
  char names[128];
  for (int i = 0, lines = 0; told && now && i < v->n_channels && lines < 4; i++) {
    const edf_signal *s = &h->signals[v->channels[i].signal];
    if (s->volts || s->status || told[i])
      continue;
    for (int k = 0; k < v->n_channels; k++) {
      const edf_signal *other = &h->signals[v->channels[k].signal];
      now[k] = !other->volts && !other->status && strcmp (other->unit, s->unit) == 0;
      told[k] = told[k] || now[k];
    }
    lines++;
    edf_list_names (v->channels, v->n_channels, now, names, sizeof names);
    if (s->unit[0])
      edf_note (say, FNX_LOG_NOTE, "unit \"%s\" is no known voltage: values as written for %s", s->unit, names);
    else
      edf_note (say, FNX_LOG_NOTE, "no unit is given: values as written, not in uV, for %s", names);
  }
  free (told);
  free (now);
}

/* ---- the time axis ------------------------------------------------------------------- */

static int64_t
gcd (int64_t a, int64_t b)
{
  while (b) {
    const int64_t t = a % b;
    a = b;
    b = t;
  }
  return a;
}

static void
add_span (edf_view *v, int64_t start, int64_t n, int64_t record)
{
  v->spans[v->n_spans++] = (edf_span){ start, n, record };
  v->n_samples = start + n;
}

/* A gap becomes as many missing samples as fit between the pieces: each begins
 * at the sample nearest to its time. */
static fnx_status
lay_spans (edf_view *v, int gaps, edf_say *say)
{
  const edf_file *f = v->file;
  const edf_header *h = &f->header;
  int64_t missing = 0;
  if (v->n_record == 0) /* annotations only */
    return FNX_OK;
  v->spans = calloc (2 * f->n_pieces + 1, sizeof *v->spans);
  v->starts = calloc (f->n_pieces + 1, sizeof *v->starts);
  if (!v->spans || !v->starts)
    return edf_refuse (say, FNX_E_NOMEM, "no memory");
  for (size_t i = 0; i < f->n_pieces; i++) {
    const edf_piece *p = &f->pieces[i];
    __int128 start = ((__int128)p->ticks * v->n_record + h->ticks / 2) / h->ticks;
    __int128 n = (__int128)p->n * v->n_record;
    if (start > INT64_MAX / 16 || n > INT64_MAX / 16)
      return edf_refuse (say, FNX_E_IO, "it would hold more samples than can be counted");
    if (gaps == EDF_GAPS_JOIN || start < v->n_samples)
      start = v->n_samples;
    if (start > v->n_samples) {
      missing += (int64_t)start - v->n_samples;
      add_span (v, v->n_samples, (int64_t)start - v->n_samples, -1);
    }
    v->starts[i] = (int64_t)start;
    add_span (v, (int64_t)start, (int64_t)n, p->first);
  }
  if (f->n_pieces < 2)
    return FNX_OK;
  const double rate = rate_of (h, v->n_record), seconds = (double)missing / rate;
  const double at = (double)v->spans[0].n / rate, there = (double)(v->n_samples - missing) / rate;
  if (gaps == EDF_GAPS_ERROR)
    return edf_refuse (say, FNX_E_DATA,
                       "gaps=error: it has %zu, the first after %g s\n"
                       "gaps=nan keeps the time, with missing samples; gaps=join sets the pieces side by side",
                       f->n_pieces - 1, at);
  if (seconds > 100 * there)
    return edf_refuse (say, FNX_E_DATA,
                       "its gaps last %.10g s, over 100 times the %.10g s that were recorded\n"
                       "gaps=join sets the pieces side by side",
                       seconds, there);
  if (gaps == EDF_GAPS_JOIN)
    edf_note (say, FNX_LOG_NOTE, "%zu pieces with gaps between them are joined: times are not those of the clock",
              f->n_pieces);
  else
    edf_note (say, FNX_LOG_NOTE, "%zu %s, %g s in all, the first after %g s: missing samples there", f->n_pieces - 1,
              f->n_pieces == 2 ? "gap" : "gaps", seconds, at);
  return FNX_OK;
}

/* ---- events --------------------------------------------------------------------------- */

static size_t
piece_of_record (const edf_file *f, int64_t r)
{
  size_t low = 0, high = f->n_pieces;
  while (high - low > 1) {
    const size_t mid = (low + high) / 2;
    if (f->pieces[mid].first <= r)
      low = mid;
    else
      high = mid;
  }
  return low;
}

/* Onset in seconds on the view's axis, whose 0 is the first sample. */
static double
axis_time (const edf_view *v, const edf_event *e, bool joined)
{
  const edf_file *f = v->file;
  const edf_header *h = &f->header;
  const double ticks = (double)EDF_TICKS;
  int64_t t = e->ticks - f->origin;
  size_t p = 0;
  if (e->sample >= 0) {
    const int64_t record = e->record - f->pieces[p = piece_of_record (f, e->record)].first;
    if (v->n_record == e->n_record)
      return (double)(v->starts[p] + record * e->n_record + e->sample) * (double)v->rate_den / (double)v->rate_num;
    return (v->n_record ? (double)v->starts[p] / rate_of (h, v->n_record) : 0)
           + ((double)record + (double)e->sample / (double)e->n_record) * (double)h->ticks / ticks;
  }
  if (!joined || f->n_pieces < 2 || v->n_record == 0)
    return (double)t / ticks;
  while (p + 1 < f->n_pieces && f->pieces[p + 1].ticks <= t)
    p++;
  t -= f->pieces[p].ticks;
  if (p + 1 < f->n_pieces && t > f->pieces[p].n * h->ticks)
    t = f->pieces[p].n * h->ticks; /* in a gap: where the pieces meet */
  return (double)v->starts[p] / rate_of (h, v->n_record) + (double)t / ticks;
}

typedef struct timed {
  double onset;
  size_t index;
} timed;

static int
by_onset (const void *a, const void *b)
{
  const timed *x = a, *y = b;
  return x->onset < y->onset ? -1 : x->onset > y->onset ? 1 : x->index < y->index ? -1 : x->index > y->index;
}

static fnx_status
sort_events (edf_view *v, bool joined, edf_say *say)
{
  const edf_events *all = &v->file->events;
  timed *order = calloc (all->n + 1, sizeof *order);
  bool channels = false;
  fnx_status st = FNX_OK;
  v->onset = calloc (all->n + 1, sizeof *v->onset);
  v->duration = calloc (all->n + 1, sizeof *v->duration);
  v->label = calloc (all->n + 1, sizeof *v->label);
  v->channel = calloc (all->n + 1, sizeof *v->channel);
  if (!order || !v->onset || !v->duration || !v->label || !v->channel) {
    st = edf_refuse (say, FNX_E_NOMEM, "no memory for its events");
    goto out;
  }
  for (size_t i = 0; i < all->n; i++)
    order[i] = (timed){ axis_time (v, &all->all[i], joined), i };
  qsort (order, all->n, sizeof *order, by_onset);
  for (size_t i = 0; i < all->n; i++) {
    const edf_event *e = &all->all[order[i].index];
    v->onset[i] = order[i].onset;
    v->duration[i] = e->duration;
    v->label[i] = e->label;
    v->channel[i] = e->channel;
    channels = channels || e->channel;
  }
  v->events
      = (fnx_events){ sizeof v->events, 0, all->n, v->onset, v->duration, v->label, channels ? v->channel : NULL };
out:
  free (order);
  return st;
}

/* First event at or behind sample i. */
static size_t
event_at (const edf_view *v, int64_t i)
{
  size_t low = 0, high = v->events.n;
  while (low < high) {
    const size_t mid = (low + high) / 2;
    if (floor (v->onset[mid] * (double)v->rate_num / (double)v->rate_den) < (double)i)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

void
edf_view_events (const edf_view *v, int64_t first, int64_t n, fnx_events *out)
{
  const size_t from = first == 0 ? 0 : event_at (v, first);
  const size_t to = first + n >= v->n_samples ? v->events.n : event_at (v, first + n);
  *out = v->events;
  out->n = to - from;
  out->onset += from;
  out->duration += from;
  out->label += from;
  out->channel = v->events.channel ? v->events.channel + from : NULL;
}

/* ---- making it --------------------------------------------------------------------------- */

fnx_status
edf_view_make (const edf_file *f, const edf_view_options *o, edf_view *v, edf_say *say)
{
  const edf_header *h = &f->header;
  int n = 0;
  edf_channel *all = edf_name_all (h, o, &n, say);
  fnx_status st;
  *v = (edf_view){ .file = f, .rate_num = 1, .rate_den = 1 };
  if (!all)
    return edf_refuse (say, FNX_E_NOMEM, "no memory");
  st = o->n_channels ? pick_named (v, all, n, o, say) : pick_by_rate (v, all, n, o, say);
  free (all);
  if (st == FNX_OK && v->n_channels == 0 && n > 0) {
    bool status = false;
    for (int i = 0; i < h->n_signals; i++)
      status = status || h->signals[i].status;
    st = edf_refuse (say, FNX_E_IO, "no channel of it can be read%s",
                     status ? "; status=channel reads the status bits as one" : "");
  }
  if (st == FNX_OK && v->n_record > 0) {
    const int64_t num = v->n_record * EDF_TICKS, common = gcd (num, h->ticks);
    v->rate_num = num / common;
    v->rate_den = h->ticks / common;
  }
  if (st == FNX_OK)
    st = lay_spans (v, o->gaps, say);
  if (st == FNX_OK)
    st = sort_events (v, o->gaps == EDF_GAPS_JOIN, say);
  if (st == FNX_OK)
    tell_units (v, say);
  if (st != FNX_OK)
    edf_view_free (v);
  return st;
}

void
edf_view_free (edf_view *v)
{
  free (v->channels);
  free (v->spans);
  free (v->starts);
  free (v->onset);
  free (v->duration);
  free (v->label);
  free (v->channel);
  *v = (edf_view){ 0 };
}
