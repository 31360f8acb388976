/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings in blocks.  See eeg.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/eeg.h"

typedef struct event {
  double onset, duration;
  char *label, *channel; /* owned */
} event;

/* Events not given out yet. */
typedef struct heard {
  size_t n, room;
  event *event;
} heard;

static void
forget (heard *h)
{
  for (size_t i = 0; i < h->n; i++) {
    free (h->event[i].label);
    free (h->event[i].channel);
  }
  h->n = 0;
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
  if (h->n + e->n > h->room) {
    size_t room = 2 * (h->n + e->n);
    event *more = realloc (h->event, room * sizeof *more);
    if (!more)
      return false;
    h->event = more;
    h->room = room;
  }
  for (size_t i = 0; i < e->n; i++) {
    event *v = &h->event[h->n++];
    *v = (event){ .onset = e->onset[i], .duration = e->duration ? e->duration[i] : NAN };
    bool label = copy (e->label ? e->label[i] : NULL, &v->label);
    bool channel = copy (e->channel ? e->channel[i] : NULL, &v->channel);
    if (!label || !channel)
      return false;
  }
  return true;
}

/* All of them to b. */
static fnx_status
tell (fnx_call *c, const heard *h, fnx_buf *b)
{
  double *onset = c->scratch (c, (h->n + 1) * sizeof *onset), *duration = c->scratch (c, (h->n + 1) * sizeof *duration);
  const char **label = c->scratch (c, (h->n + 1) * sizeof *label);
  const char **channel = c->scratch (c, (h->n + 1) * sizeof *channel);
  if (!onset || !duration || !label || !channel)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < h->n; i++) {
    onset[i] = h->event[i].onset;
    duration[i] = h->event[i].duration;
    label[i] = h->event[i].label;
    channel[i] = h->event[i].channel;
  }
  const fnx_events e = {
    .struct_size = sizeof e, .n = h->n, .onset = onset, .duration = duration, .label = label, .channel = channel
  };
  return c->buf->set_events (c, b, &e);
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
  if (b && tell (c, f->heard, b) != FNX_OK) {
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
    free (f->heard->event);
    free (f->heard);
  }
  *f = (flow){ 0 };
}
