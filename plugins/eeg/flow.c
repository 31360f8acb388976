/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings in blocks.  See eeg.h.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/eeg.h"

/* Events not given out yet; texts are owned. */
typedef struct heard {
  size_t n, room;
  double *onset, *duration;
  char **label, **channel;
} heard;

static void
forget (heard *h)
{
  for (size_t i = 0; i < h->n; i++) {
    free (h->label[i]);
    free (h->channel[i]);
  }
  h->n = 0;
}

static bool
grow (heard *h, size_t n)
{
  if (n <= h->room)
    return true;
  size_t room = 2 * n;
  double *onset = realloc (h->onset, room * sizeof *onset);
  h->onset = onset ? onset : h->onset;
  double *duration = realloc (h->duration, room * sizeof *duration);
  h->duration = duration ? duration : h->duration;
  char **label = realloc (h->label, room * sizeof *label);
  h->label = label ? label : h->label;
  char **channel = realloc (h->channel, room * sizeof *channel);
  h->channel = channel ? channel : h->channel;
  if (!onset || !duration || !label || !channel)
    return false;
  h->room = room;
  return true;
}

static bool
copy (const char *from, char **to)
{
  *to = from ? strdup (from) : NULL;
  return *to || !from;
}

static bool
hear (heard *h, const fnx_events *e)
{
  if (!grow (h, h->n + e->n))
    return false;
  for (size_t i = 0; i < e->n; i++) {
    size_t at = h->n;
    h->onset[at] = e->onset[i];
    h->duration[at] = e->duration ? e->duration[i] : (double)__builtin_nanf ("");
    bool label = copy (e->label ? e->label[i] : NULL, &h->label[at]);
    bool channel = copy (e->channel ? e->channel[i] : NULL, &h->channel[at]);
    h->n++;
    if (!label || !channel)
      return false;
  }
  return true;
}

fnx_status
flow_take (fnx_call *c, flow *f, const fnx_buf *block)
{
  const fnx_spec *s = c->buf->spec (block);
  const fnx_axis *time = s->axes[s->ndim - 1];
  if (!f->head) {
    shape empty;
    f->api = c->buf;
    shape_of (&empty, s);
    empty.axis[s->ndim - 1].size = 0;
    f->head = c->buf->like (c, block, &empty.spec);
    f->heard = calloc (1, sizeof *f->heard);
    if (!f->head)
      return FNX_E_NOMEM;
    if (!f->heard)
      return c->fail (c, FNX_E_NOMEM, "no memory for events");
    tape_init (&f->tape, (size_t)shape_rows (s));
  } else {
    const fnx_spec *h = c->buf->spec (f->head);
    int64_t want = h->axes[h->ndim - 1]->start + tape_end (&f->tape);
    if (shape_rows (s) != (int64_t)f->tape.rows || time->start != want)
      return c->fail (c, FNX_E_BUG, "a block of %s does not follow the one before: sample %lld, not %lld", c->recording,
                      (long long)time->start, (long long)want);
  }
  if (!hear (f->heard, c->buf->events (block)))
    return c->fail (c, FNX_E_NOMEM, "no memory for events");
  const fnx_tensor *t = c->buf->read (block);
  if (!t)
    return FNX_E_NOMEM;
  tape_lend (&f->tape, t->data, time->size);
  return FNX_OK;
}

fnx_buf *
flow_give (fnx_call *c, flow *f, const fnx_spec *spec)
{
  fnx_buf *b = c->buf->like (c, f->head, spec);
  const heard *h = f->heard;
  const fnx_events e = { .struct_size = sizeof e,
                         .n = h->n,
                         .onset = h->onset,
                         .duration = h->duration,
                         .label = (const char *const *)h->label,
                         .channel = (const char *const *)h->channel };
  if (b && c->buf->set_events (c, b, &e) != FNX_OK) {
    c->buf->unref (b);
    return NULL;
  }
  forget (f->heard);
  return b;
}

void
flow_clear (flow *f)
{
  tape_clear (&f->tape);
  if (f->head)
    f->api->unref (f->head);
  if (f->heard) {
    forget (f->heard);
    free (f->heard->onset);
    free (f->heard->duration);
    free (f->heard->label);
    free (f->heard->channel);
    free (f->heard);
  }
  *f = (flow){ 0 };
}
