/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/collect.h"
#include "core/scan.h"

/* Values of a block whose time axis is the last; one row a channel. */
static void
look (scan *s, const fnx_buf *real)
{
  const fnx_spec *spec = buffer_spec (real);
  const double *v = buffer_read (real)->data;
  size_t n = spec_count (spec);
  int64_t len = spec->ndim ? spec->axes[spec->ndim - 1]->size : 1, zeros = len;

  for (size_t i = 0; i < n; i++)
    if (isnan (v[i]))
      s->n_missing++;
    else {
      s->low = v[i] < s->low ? v[i] : s->low;
      s->high = v[i] > s->high ? v[i] : s->high;
    }
  for (size_t row = 0; len && row < n / (size_t)len; row++) {
    int64_t z = 0;

    while (z < zeros && v[row * (size_t)len + (size_t)(len - 1 - z)] == 0)
      z++;
    zeros = z;
  }
  s->n_zero_end = zeros == len ? s->n_zero_end + len : zeros;
}

static fnx_status
take_block (scan *s, const fnx_buf *b, collector *events, fault *f)
{
  const fnx_buf *real = buffer_convert (b, (fnx_dtype)FNX_F8, f);
  const fnx_axis *time = spec_axis (buffer_spec (b), "time");

  if (!real)
    return f->code;
  if (!s->head)
    s->head = buffer_ref (b);
  s->n_time += time ? time->size : buffer_spec (b)->ndim ? buffer_spec (b)->axes[0]->size : 1;
  look (s, real);
  buffer_unref (real);
  return collector_note_events (events, buffer_events (b)) == FNX_OK ? FNX_OK : fault_memory (f);
}

fnx_status
scan_recording (scope *s, scan *out, fault *f)
{
  node *n = &s->nodes[0];
  const fnx_buf *none[MAX_PORTS] = { NULL };
  collector *events = collector_new (s->slots[n->first_slot].spec, f);
  fnx_status st = events ? FNX_OK : f->code;
  call c;

  *out = (scan){ .low = INFINITY, .high = -INFINITY };
  if (st == FNX_OK && n->stream && n->stream->start && (st = node_call (s, n, &c, f)) == FNX_OK)
    st = node_fault (n, f, call_end (&c, n->stream->start (&c.api, n->step, 1 << 14)));
  for (bool last = false; st == FNX_OK && !last && !s->ses->cancelled;) {
    const fnx_buf *got[MAX_PORTS] = { NULL };

    if (!n->stream)
      st = node_run (s, n, none, got, f);
    else if ((st = node_call (s, n, &c, f)) == FNX_OK)
      st = node_fault (n, f, call_end (&c, n->stream->push (&c.api, n->step, none, got)));
    if (st == FNX_OK && got[0])
      st = take_block (out, got[0], events, f);
    last = !n->stream || !got[0];
    buffers_unref (got, MAX_PORTS);
  }
  if (st == FNX_OK && !out->head)
    st = fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s holds no samples", s->recording);
  if (st == FNX_OK && !(out->events = collector_events (events)))
    st = fault_memory (f);
  collector_free (events);
  return st;
}

void
scan_end (scan *s)
{
  buffer_unref (s->head);
  free (s->events);
}

typedef struct label_count {
  const char *label;
  int n;
} label_count;

static int
by_label (const void *a, const void *b)
{
  return strcmp (((const label_count *)a)->label, ((const label_count *)b)->label);
}

char *
events_text (const fnx_events *e, char *text, size_t n)
{
  label_count seen[64];
  size_t k = 0, at = 0;

  text[0] = 0;
  for (size_t i = 0; i < e->n; i++) {
    size_t j = 0;

    while (j < k && strcmp (seen[j].label, e->label[i]))
      j++;
    if (j == k && k < 64)
      seen[k++] = (label_count){ e->label[i], 0 };
    if (j < k)
      seen[j].n++;
  }
  qsort (seen, k, sizeof *seen, by_label);
  for (size_t j = 0; j < k && at < n; j++) {
    int w = snprintf (text + at, n - at, "%s%s %d", j ? ", " : "", seen[j].label, seen[j].n);

    at += w > 0 ? (size_t)w : 0;
  }
  return text;
}
