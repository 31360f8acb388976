/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An opened recording: header and size reconciled, annotation lists and status
 * bits read, and the records put on a time line.  Everything here is one pass
 * over few bytes of each record; samples wait for view.c.
 */
#include "io/edf/edf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how many records are there ----------------------------------------------- */

static fnx_status
count_records (edf_file *f, const edf_open_options *o, edf_say *say)
{
  const edf_header *h = &f->header;
  const int64_t have = (edf_bytes_size (f->bytes) - h->size) / h->record_bytes;
  const int64_t rest = (edf_bytes_size (f->bytes) - h->size) % h->record_bytes;
  const int64_t promised = h->n_records;
  if (have == 0)
    return edf_refuse (say, FNX_E_IO,
                       "it was cut: not one record is complete (%lld of %lld bytes)%s\nget the original file again",
                       (long long)rest, (long long)h->record_bytes, promised > 1 ? ", the header promises more" : "");
  f->n_records = have;
  if (promised < 1)
    return edf_repair (say,
                       "the number of records is %lld (the recording was not closed): %lld are there, all are read%s",
                       (long long)promised, (long long)have, rest ? "; a cut one at the end is left out" : "");
  if (have >= promised) {
    const int64_t extra = (have - promised) * h->record_bytes + rest;
    f->n_records = promised;
    if (extra == 0)
      return FNX_OK;
    return edf_repair (say, "%lld %s after the last record%s: left out", (long long)extra,
                       extra == 1 ? "byte" : "bytes", have > promised ? " that the header promises" : "");
  }
  if (promised - have > 1 && !o->allow_truncated)
    return edf_refuse (say, FNX_E_IO,
                       "it was cut: %lld of %lld records are there\n"
                       "get the original file again, or read what there is with truncated=allow",
                       (long long)have, (long long)promised);
  return edf_repair (say, "it was cut: %lld of %lld records are there, the rest is missing", (long long)have,
                     (long long)promised);
}

/* ---- few bytes of each record ---------------------------------------------------- */

/* Short records are read many at once, long ones only where needed. */
typedef struct strip {
  const edf_file *file;
  uint8_t *buffer;
  size_t room;
  int64_t first, n; /* records in the buffer, when whole */
  bool whole;
} strip;
#define WHOLE_BELOW 16384
#define STRIP_BYTES 262144

static bool
strip_open (strip *s, const edf_file *f)
{
  const edf_header *h = &f->header;
  *s = (strip){ .file = f, .whole = h->record_bytes <= WHOLE_BELOW, .room = STRIP_BYTES };
  for (int i = 0; i < h->n_signals && !s->whole; i++) {
    const edf_signal *g = &h->signals[i];
    if ((g->annotations || g->status) && (size_t)(g->n * h->width) > s->room)
      s->room = (size_t)(g->n * h->width);
  }
  s->buffer = malloc (s->room);
  return s->buffer != NULL;
}

static const uint8_t *
strip_get (strip *s, int64_t record, const edf_signal *g)
{
  const edf_header *h = &s->file->header;
  const int64_t at = h->size + record * h->record_bytes;
  if (!s->whole)
    return edf_bytes_read (s->file->bytes, at + g->at, s->buffer, (size_t)(g->n * h->width)) ? s->buffer : NULL;
  if (record < s->first || record >= s->first + s->n) {
    s->n = (int64_t)s->room / h->record_bytes;
    if (s->n > s->file->n_records - record)
      s->n = s->file->n_records - record;
    s->first = record;
    if (!edf_bytes_read (s->file->bytes, at, s->buffer, (size_t)(s->n * h->record_bytes))) {
      s->n = 0;
      return NULL;
    }
  }
  return s->buffer + (record - s->first) * h->record_bytes + g->at;
}

/* ---- the time line ------------------------------------------------------------------- */

static bool
piece_add (edf_file *f, edf_piece p)
{
  if (f->n_pieces == f->room_pieces) {
    const size_t room = f->room_pieces ? 2 * f->room_pieces : 4;
    edf_piece *more = realloc (f->pieces, room * sizeof *more);
    if (!more)
      return false;
    f->pieces = more;
    f->room_pieces = room;
  }
  f->pieces[f->n_pieces++] = p;
  return true;
}

typedef struct clock {
  int64_t half;          /* half a sample of the fastest signal, in ticks */
  int64_t untimed;       /* records without a time */
  int64_t off, off_most; /* EDF+C records that are not where they should be, by how many ticks */
  int64_t off_first;
} clock_state;

static fnx_status
place_record (edf_file *f, int64_t r, int64_t onset, bool timed, clock_state *c, edf_say *say)
{
  const edf_header *h = &f->header;
  edf_piece *last;
  __int128 due;
  int64_t late;
  c->untimed += !timed;
  if (f->n_pieces == 0) {
    f->origin = timed ? onset : 0;
    return piece_add (f, (edf_piece){ r, 1, 0 }) ? FNX_OK : edf_refuse (say, FNX_E_NOMEM, "no memory");
  }
  last = &f->pieces[f->n_pieces - 1];
  if (h->ticks == 0) { /* annotations only */
    last->n++;
    return FNX_OK;
  }
  due = (__int128)last->ticks + (__int128)last->n * h->ticks;
  if (due > INT64_MAX / 4)
    return edf_refuse (say, FNX_E_IO, "it would last more than 14 years");
  onset -= f->origin;
  late = timed ? onset - (int64_t)due : 0;
  if (llabs (late) <= c->half) {
    last->n++;
    return FNX_OK;
  }
  if (!h->discontinuous) {
    if (c->off++ == 0)
      c->off_first = r;
    if (llabs (late) > llabs (c->off_most))
      c->off_most = late;
    last->n++;
    return FNX_OK;
  }
  if (late < 0)
    return edf_refuse (say, FNX_E_IO, "record %lld begins %g s before record %lld ends: their order in time is lost",
                       (long long)(r + 1), -(double)late / (double)EDF_TICKS, (long long)r);
  return piece_add (f, (edf_piece){ r, 1, onset }) ? FNX_OK : edf_refuse (say, FNX_E_NOMEM, "no memory");
}

static fnx_status
tell_clock (const edf_file *f, const clock_state *c, edf_say *say)
{
  fnx_status st = FNX_OK;
  if (c->untimed > 0)
    st = edf_repair (say, "%lld of %lld records do not say when they begin: taken as following the one before",
                     (long long)c->untimed, (long long)f->n_records);
  if (st == FNX_OK && c->off > 0)
    st = edf_repair (
        say, "%lld records are not where %s puts them (first record %lld, up to %g s): taken as continuous",
        (long long)c->off, f->header.format, (long long)(c->off_first + 1), (double)c->off_most / (double)EDF_TICKS);
  return st;
}

/* ---- annotations --------------------------------------------------------------------------- */

typedef struct tal_state {
  int64_t good, bad, displaced, first_bad, first_displaced;
  bool last_displaced;
} tal_state;

static fnx_status
read_record_tals (edf_file *f, strip *s, int64_t r, tal_state *t, clock_state *c, edf_say *say)
{
  const edf_header *h = &f->header;
  int64_t onset = 0;
  bool timed = false, first = true;
  for (int i = 0; i < h->n_signals; i++) {
    const edf_signal *g = &h->signals[i];
    const uint8_t *p;
    if (!g->annotations || g->n == 0)
      continue;
    p = strip_get (s, r, g);
    if (!p)
      return edf_refuse (say, FNX_E_IO, "record %lld cannot be read", (long long)(r + 1));
    switch (edf_tal_read (p, (size_t)(g->n * h->width), r, first, &f->events, &onset, &timed)) {
    case EDF_TAL_NOMEM:
      return edf_refuse (say, FNX_E_NOMEM, "no memory for its annotations");
    case EDF_TAL_EMPTY:
      break;
    case EDF_TAL_GOOD:
      t->good++;
      t->last_displaced = false;
      break;
    case EDF_TAL_BAD:
      if (t->bad++ == 0)
        t->first_bad = r;
      if (first && *p != '+' && *p != '-' && *p != 0) {
        if (t->displaced++ == 0)
          t->first_displaced = r;
        t->last_displaced = true;
      }
      break;
    }
    first = false;
  }
  return place_record (f, r, onset, timed, c, say);
}

static fnx_status
read_annotations (edf_file *f, strip *s, edf_say *say)
{
  const edf_header *h = &f->header;
  tal_state t = { 0 };
  clock_state c = { 0 };
  int64_t most = 1;
  fnx_status st = FNX_OK;
  for (int i = 0; i < h->n_signals; i++)
    if (!h->signals[i].annotations && h->signals[i].n > most)
      most = h->signals[i].n;
  c.half = h->ticks / most / 2;
  for (int64_t r = 0; r < f->n_records && st == FNX_OK; r++)
    st = read_record_tals (f, s, r, &t, &c, say);
  if (st != FNX_OK)
    return st;
  if (t.displaced > 0 && (t.last_displaced || 2 * t.displaced > t.good))
    return edf_refuse (say, FNX_E_IO,
                       "not usable: record %lld has no time where the header puts it: bytes were lost or added before, "
                       "so samples are wrong\nget the original file again",
                       (long long)(t.first_displaced + 1));
  if (t.bad > 0)
    st = edf_repair (say, "annotations of %lld %s cannot be read (first: record %lld)", (long long)t.bad,
                     t.bad == 1 ? "record" : "records", (long long)(t.first_bad + 1));
  if (st == FNX_OK && f->events.not_utf8 > 0)
    st = edf_repair (say, "%zu %s not UTF-8: taken as Latin-1", f->events.not_utf8,
                     f->events.not_utf8 == 1 ? "annotation is" : "annotations are");
  return st == FNX_OK && h->ticks > 0 ? tell_clock (f, &c, say) : st;
}

/* ---- status bits -------------------------------------------------------------------------------- */

/* BioSemi: the lower 16 of the 24 bits are the trigger inputs.  An event is a
 * change to another code than 0; what stands there from the start is none. */
static fnx_status
read_status (edf_file *f, strip *s, const edf_signal *g, edf_say *say)
{
  const edf_header *h = &f->header;
  const size_t before = f->events.n;
  const int64_t total = f->n_records * g->n;
  uint32_t prior = 0;
  for (int64_t r = 0; r < f->n_records; r++) {
    const uint8_t *p = strip_get (s, r, g);
    if (!p)
      return edf_refuse (say, FNX_E_IO, "record %lld cannot be read", (long long)(r + 1));
    for (int64_t i = 0; i < g->n; i++, p += h->width) {
      const uint32_t code = (uint32_t)p[0] | (uint32_t)p[1] << 8;
      char label[16];
      if (code == prior)
        continue;
      prior = code;
      if (code == 0 || (r == 0 && i == 0))
        continue;
      snprintf (label, sizeof label, "%u", code);
      if (!edf_event_add (&f->events, (edf_event){ 0, r, i, g->n, NAN, strdup (label), NULL }))
        return edf_refuse (say, FNX_E_NOMEM, "no memory for its triggers");
    }
    if (f->events.n - before > 10000 && (int64_t)(f->events.n - before) > total / 8) {
      while (f->events.n > before)
        free (f->events.all[--f->events.n].label);
      edf_note (say, FNX_LOG_NOTE, "channel \"%s\" changes too often to hold triggers: no events are taken from it",
                g->label);
      return FNX_OK;
    }
  }
  return FNX_OK;
}

/* ---- opening ----------------------------------------------------------------------------------------- */

static fnx_status
read_all_events (edf_file *f, bool status, edf_say *say)
{
  const edf_header *h = &f->header;
  fnx_status st = FNX_OK;
  strip s;
  bool annotated = false;
  if (!strip_open (&s, f))
    return edf_refuse (say, FNX_E_NOMEM, "no memory to read its records");
  for (int i = 0; i < h->n_signals; i++)
    annotated = annotated || h->signals[i].annotations;
  if (annotated)
    st = read_annotations (f, &s, say);
  else if (!piece_add (f, (edf_piece){ 0, f->n_records, 0 }))
    st = edf_refuse (say, FNX_E_NOMEM, "no memory");
  for (int i = 0; i < h->n_signals && status && st == FNX_OK; i++)
    if (h->signals[i].status && h->signals[i].n > 0)
      st = read_status (f, &s, &h->signals[i], say);
  for (size_t i = 0; i < f->events.n; i++)
    if (!f->events.all[i].label)
      st = edf_refuse (say, FNX_E_NOMEM, "no memory for its triggers");
  free (s.buffer);
  return st;
}

fnx_status
edf_file_open (edf_bytes *bytes, const edf_open_options *o, edf_file *f, edf_say *say)
{
  const edf_header *h = &f->header;
  __int128 expected = -1;
  bool sampled = false;
  fnx_status st;
  *f = (edf_file){ .bytes = bytes };
  st = edf_header_read (bytes, &f->header, say);
  if (st != FNX_OK)
    goto out;
  if (h->record_bytes == 0) {
    st = edf_refuse (say, FNX_E_IO, "no signal has samples");
    goto out;
  }
  for (int i = 0; i < h->n_signals; i++)
    sampled = sampled || (!h->signals[i].annotations && h->signals[i].n > 0);
  if (sampled && h->ticks == 0) {
    st = edf_refuse (say, FNX_E_IO, "the duration of a record is 0 s, so its signals have no rate");
    goto out;
  }
  if (h->n_records > 0)
    expected = h->size + (__int128)h->n_records * h->record_bytes;
  if (expected > INT64_MAX)
    expected = INT64_MAX;
  st = edf_damage_check (bytes, h, (int64_t)expected, say);
  if (st == FNX_OK)
    st = count_records (f, o, say);
  if (st == FNX_OK)
    st = read_all_events (f, o->status_events, say);
out:
  if (st != FNX_OK)
    edf_file_close (f);
  return st;
}

void
edf_file_close (edf_file *f)
{
  edf_bytes_free (f->bytes);
  edf_header_free (&f->header);
  free (f->pieces);
  edf_events_free (&f->events);
  *f = (edf_file){ 0 };
}
