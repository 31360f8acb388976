/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/collect.h"

typedef struct one_event {
  double onset, duration;
  char *label, *channel;
} one_event;

struct collector {
  int64_t expected; /* samples in all; FNX_UNKNOWN */
  int axis;         /* of time; -1 before the first block */
  fnx_buf *whole;   /* when the length is known */
  int64_t filled;
  const fnx_buf **parts; /* otherwise */
  size_t n_parts;
  one_event *events;
  size_t n_events;
  int64_t next; /* start that the next block must have */
};

collector *
collector_new (const fnx_spec *spec, fault *f)
{
  collector *c = calloc (1, sizeof *c);
  const fnx_axis *time = spec_axis (spec, "time");

  if (!c) {
    fault_memory (f);
    return NULL;
  }
  c->expected = time ? time->size : FNX_UNKNOWN;
  c->axis = -1;
  return c;
}

fnx_status
collector_note_events (collector *c, const fnx_events *e)
{
  one_event *more;

  if (!e->n)
    return FNX_OK;
  more = realloc (c->events, (c->n_events + e->n) * sizeof *more);
  if (!more)
    return FNX_E_NOMEM;
  c->events = more;
  for (size_t i = 0; i < e->n; i++)
    more[c->n_events++] = (one_event){ e->onset[i], e->duration ? e->duration[i] : NAN,
                                       strdup (e->label && e->label[i] ? e->label[i] : ""),
                                       e->channel && e->channel[i] ? strdup (e->channel[i]) : NULL };
  return FNX_OK;
}

/* The block's spec over the full length. */
static fnx_buf *
whole_like (const collector *c, const fnx_buf *block, fault *f)
{
  const fnx_spec *s = buffer_spec (block);
  const fnx_axis *axes[FNX_MAX_DIM];
  fnx_axis time = *s->axes[c->axis];
  fnx_spec all = *s;

  for (int i = 0; i < s->ndim; i++)
    axes[i] = s->axes[i];
  time.size = c->expected;
  time.values = NULL;
  time.labels = NULL;
  time.columns = NULL;
  axes[c->axis] = &time;
  all.axes = axes;
  return buffer_like (block, &all, f);
}

static void
copy_in (collector *c, const fnx_buf *block)
{
  const fnx_tensor *from = buffer_read (block);
  const fnx_spec *s = buffer_spec (block);
  size_t outer = 1, inner = dtype_size (s->dtype), len, total;
  char *to = buffer_write (c->whole, NULL);

  for (int i = 0; i < s->ndim; i++)
    *(i < c->axis ? &outer : &inner) *= i == c->axis ? 1 : (size_t)s->axes[i]->size;
  len = (size_t)s->axes[c->axis]->size * inner;
  total = (size_t)c->expected * inner;
  for (size_t o = 0; o < outer; o++)
    memcpy (to + o * total + (size_t)c->filled * inner, (const char *)from->data + o * len, len);
}

static fnx_status
keep_part (collector *c, const fnx_buf *block, fault *f)
{
  const fnx_buf **more = realloc (c->parts, (c->n_parts + 1) * sizeof *more);

  if (!more)
    return fault_memory (f);
  c->parts = more;
  c->parts[c->n_parts++] = buffer_ref (block);
  return FNX_OK;
}

fnx_status
collector_add (collector *c, const fnx_buf *block, fault *f)
{
  int k = spec_axis_index (buffer_spec (block), "time");
  const fnx_axis *a = k < 0 ? NULL : buffer_spec (block)->axes[k];
  fnx_status st;

  if (collector_note_events (c, buffer_events (block)) != FNX_OK)
    return fault_memory (f);
  if (!a)
    return keep_part (c, block, f);
  if (c->axis < 0) {
    c->axis = k;
    /* Columns or irregular positions along time: only joining keeps them. */
    if (c->expected > a->size && !a->values && !a->labels && !a->columns) {
      c->whole = whole_like (c, block, f);
      if (!c->whole)
        return f->code;
    }
  } else if (a->flags & FNX_AXIS_REGULAR && a->start != c->next)
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG,
                      "a block begins at sample %" PRId64 ", the one before ended at %" PRId64, a->start, c->next);
  c->next = a->start + a->size;
  if (c->whole && c->filled + a->size > c->expected)
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "more than the promised %" PRId64 " samples came", c->expected);
  if (c->whole) {
    copy_in (c, block);
    st = FNX_OK;
  } else
    st = keep_part (c, block, f);
  c->filled += a->size;
  return st;
}

static int
by_onset (const void *x, const void *y)
{
  const one_event *a = x, *b = y;
  int d = (a->onset > b->onset) - (a->onset < b->onset);

  if (!d)
    d = strcmp (a->label, b->label);
  if (!d)
    d = strcmp (a->channel ? a->channel : "", b->channel ? b->channel : "");
  return d;
}

/* In order of time; what several blocks carried along stands there once. */
fnx_events *
collector_events (collector *c)
{
  double *onset = malloc ((c->n_events + 1) * sizeof *onset), *duration = malloc ((c->n_events + 1) * sizeof *duration);
  const char **label = calloc (c->n_events + 1, sizeof *label), **channel = calloc (c->n_events + 1, sizeof *channel);
  fnx_events e = { .struct_size = sizeof e, .onset = onset, .duration = duration, .label = label, .channel = channel };
  fnx_events *all = NULL;

  if (onset && duration && label && channel) {
    if (c->n_events)
      qsort (c->events, c->n_events, sizeof *c->events, by_onset);
    for (size_t i = 0; i < c->n_events; i++) {
      if (i && !by_onset (&c->events[i - 1], &c->events[i]))
        continue;
      onset[e.n] = c->events[i].onset;
      duration[e.n] = c->events[i].duration;
      label[e.n] = c->events[i].label;
      channel[e.n++] = c->events[i].channel;
    }
    all = events_copy (&e);
  }
  free (onset);
  free (duration);
  free (label);
  free (channel);
  return all;
}

static fnx_status
set_events (collector *c, fnx_buf *b)
{
  fnx_events *e = collector_events (c);
  fnx_status st = e ? buffer_set_events (b, e) : FNX_E_NOMEM;

  free (e);
  return st;
}

const fnx_buf *
collector_end (collector *c, fault *f)
{
  fnx_buf *all = NULL;

  if (c->whole && c->filled == c->expected) {
    all = c->whole;
    c->whole = NULL;
  } else if (c->whole) {
    all = buffer_slice (c->whole, c->axis, 0, c->filled, f);
  } else if (c->n_parts == 1) {
    all = c->n_events ? buffer_own (buffer_ref (c->parts[0]), f) : (fnx_buf *)(uintptr_t)buffer_ref (c->parts[0]);
  } else if (c->n_parts)
    all = buffer_join (c->parts, c->n_parts, c->axis < 0 ? 0 : c->axis, NULL, f);
  else
    fault_set (f, EXIT_DATA, FNX_E_DATA, "nothing came out: the input is too short");
  if (all && c->n_events && set_events (c, all) != FNX_OK) {
    buffer_unref (all);
    fault_memory (f);
    all = NULL;
  }
  return all;
}

void
collector_forget_events (collector *c)
{
  for (size_t i = 0; i < c->n_events; i++) {
    free (c->events[i].label);
    free (c->events[i].channel);
  }
  c->n_events = 0;
}

void
collector_free (collector *c)
{
  if (!c)
    return;
  buffer_unref (c->whole);
  for (size_t i = 0; i < c->n_parts; i++)
    buffer_unref (c->parts[i]);
  collector_forget_events (c);
  free (c->parts);
  free (c->events);
  free (c);
}
