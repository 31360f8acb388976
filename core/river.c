/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording in blocks: a source and the steps behind it that stream pass them
 * to each other, and only what somebody needs whole is put together.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/collect.h"
#include "core/exec_impl.h"
#include "core/provenance.h"

/* A block of all channels should stay in the second-level cache on its way
 * through the steps: about a megabyte. */
#define BLOCK_BYTES ((size_t)1 << 20)

enum { LONGEST = 64 };

typedef struct river {
  scope *s;
  int first, n;                        /* nodes */
  collector *kept[LONGEST][MAX_PORTS]; /* by node and output; NULL: nobody needs the whole of it */
  collector *heard[LONGEST];           /* by node: events that came in since its last output */
  int64_t next[LONGEST];               /* by node: sample that its next block begins with, once it has begun */
  bool begun[LONGEST];
  int64_t samples;
} river;

int
river_length (const scope *s, int first)
{
  int n = 1;

  if (!s->nodes[first].stream || s->nodes[first].n_in)
    return 0;
  for (; first + n < s->n_nodes && n < LONGEST; n++) {
    const node *x = &s->nodes[first + n], *before = x - 1;

    if (!x->stream || x->n_in < 1 || x->from[0] != before->first_slot || x->n_out < 1)
      break;
    for (int p = 1; p < x->n_in; p++)
      if (x->from[p] >= 0 && !s->slots[x->from[p]].value)
        return n;
  }
  return n;
}

static int64_t
block_length (const fnx_spec *spec)
{
  int k = spec_axis_index (spec, "time");
  size_t row = dtype_size (spec->dtype);

  for (int i = 0; i < spec->ndim; i++)
    if (i != k && spec->axes[i]->size > 0)
      row *= (size_t)spec->axes[i]->size;
  return row >= BLOCK_BYTES / 16 ? 16 : (int64_t)(BLOCK_BYTES / row);
}

static fnx_status flow (river *r, int i, const fnx_buf *block, fault *f);

/* Blocks follow each other; a step that leaves samples out is at fault here,
 * not where it would be noticed. */
static fnx_status
in_order (river *r, int i, const fnx_buf *block, fault *f)
{
  const fnx_axis *a = spec_axis (buffer_spec (block), "time");

  if (!a || !(a->flags & FNX_AXIS_REGULAR))
    return FNX_OK;
  if (r->begun[i] && a->start != r->next[i])
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG,
                      "a block begins at sample %" PRId64 ", the one before ended at %" PRId64, a->start, r->next[i]);
  r->begun[i] = true;
  r->next[i] = a->start + a->size;
  return FNX_OK;
}

/* What comes out beside the main output goes nowhere in blocks. */
static fnx_status
keep_more (river *r, int i, const fnx_buf *const *out, fault *f)
{
  fnx_status st = FNX_OK;

  for (int p = 1; p < MAX_PORTS && st == FNX_OK; p++)
    if (out[p] && r->kept[i][p])
      st = collector_add (r->kept[i][p], out[p], f);
  return node_fault (&r->s->nodes[r->first + i], f, st);
}

/* A block that node first + i gave: keep it, pass it on. */
static fnx_status
flow_on (river *r, int i, const fnx_buf *block, fault *f)
{
  fnx_status st = in_order (r, i, block, f);

  if (st == FNX_OK && r->kept[i][0])
    st = collector_add (r->kept[i][0], block, f);
  node_fault (&r->s->nodes[r->first + i], f, st);
  return st == FNX_OK && i + 1 < r->n ? flow (r, i + 1, block, f) : st;
}

static bool
same_events (const fnx_events *a, const fnx_events *b)
{
  bool same = a->n == b->n;

  for (size_t i = 0; same && i < a->n; i++)
    same = a->onset[i] == b->onset[i] && a->label && b->label && a->label[i] && b->label[i]
           && !strcmp (a->label[i], b->label[i]);
  return same;
}

/* Events survive by default, also where a step holds samples back and makes
 * its output like a block that came much later: those that came in since the
 * last output go out with this one, unless the step has set some itself. */
static fnx_status
carry_events (river *r, int i, const fnx_buf *in, const fnx_buf **out, fault *f)
{
  fnx_events *e;
  fnx_status st = FNX_OK;

  if (in && collector_note_events (r->heard[i], buffer_events (in)) != FNX_OK)
    return fault_memory (f);
  if (!*out)
    return FNX_OK;
  if (*out == in || !buffer_events_are_own (*out)) {
    e = collector_events (r->heard[i]);
    if (e && !same_events (e, buffer_events (*out))) {
      fnx_buf *own = buffer_own (*out, f);

      *out = own;
      st = own ? buffer_set_events (own, e) : f->code;
    }
    free (e);
    if (!e || st == FNX_E_NOMEM)
      return fault_memory (f);
  }
  collector_forget_events (r->heard[i]);
  return st;
}

/* After its last output: what came in later belongs to the next step's input. */
static fnx_status
carry_last_events (river *r, int i, fault *f)
{
  fnx_events *e = collector_events (r->heard[i]);
  fnx_status st = e ? collector_note_events (i + 1 < r->n ? r->heard[i + 1] : r->kept[i][0], e) : FNX_E_NOMEM;

  free (e);
  return st == FNX_OK ? st : fault_memory (f);
}

/* Push a block into node first + i (NULL: drain it) and pass on what comes out. */
static fnx_status
flow (river *r, int i, const fnx_buf *block, fault *f)
{
  node *n = &r->s->nodes[r->first + i];
  const fnx_buf *in[MAX_PORTS] = { block }, *out[MAX_PORTS] = { NULL }, *typed[MAX_PORTS] = { NULL };
  fnx_status st = FNX_OK;
  call c;

  if (!block && !n->stream->drain)
    return carry_last_events (r, i, f);
  for (int p = 1; p < n->n_in; p++)
    in[p] = n->from[p] < 0 ? NULL : r->s->slots[n->from[p]].value;
  if (block)
    st = node_inputs (n, in, typed, f);
  if (st == FNX_OK)
    st = node_call (r->s, n, &c, f);
  if (st == FNX_OK)
    st = call_end (&c, block ? n->stream->push (&c.api, n->step, typed, out) : n->stream->drain (&c.api, n->step, out));
  if (st == FNX_OK)
    st = carry_events (r, i, typed[0], &out[0], f);
  node_fault (n, f, st);
  if (st == FNX_OK)
    st = keep_more (r, i, out, f);
  if (st == FNX_OK && out[0])
    st = flow_on (r, i, out[0], f);
  if (st == FNX_OK && !block)
    st = carry_last_events (r, i, f);
  buffers_unref (out, MAX_PORTS);
  buffers_unref (typed, MAX_PORTS);
  return st;
}

static fnx_status
river_keep (river *r, int i, fault *f)
{
  node *n = &r->s->nodes[r->first + i];
  const fnx_spec *first = r->s->slots[n->first_slot].spec;

  r->heard[i] = collector_new (first, f);
  if (r->heard[i] && (i + 1 == r->n || scope_wants (r->s, n->first_slot, r->first + i + 2)))
    r->kept[i][0] = collector_new (first, f);
  for (int p = 1; p < n->n_out && !f->code; p++)
    r->kept[i][p] = collector_new (r->s->slots[n->first_slot + p].spec, f);
  return f->code;
}

static fnx_status
river_start (river *r, int64_t len, fault *f)
{
  for (int i = 0; i < r->n; i++) {
    node *n = &r->s->nodes[r->first + i];
    fnx_status st = FNX_OK;
    call c;

    if (river_keep (r, i, f) != FNX_OK)
      return f->code;
    if (!n->stream->start)
      continue;
    if ((st = node_call (r->s, n, &c, f)) == FNX_OK)
      st = call_end (&c, n->stream->start (&c.api, n->step, len));
    if (st != FNX_OK)
      return node_fault (n, f, st);
  }
  return FNX_OK;
}

static fnx_status
give_whole (river *r, int i, int port, fault *f)
{
  node *n = &r->s->nodes[r->first + i];
  const fnx_buf *all = collector_end (r->kept[i][port], f);

  if (!all)
    return node_fault (n, f, f->code);
  scope_give (r->s, n->first_slot + port, all);
  return FNX_OK;
}

static void
tell_progress (river *r, const fnx_buf *block)
{
  const session *ses = r->s->ses;
  const node *source = &r->s->nodes[r->first];
  const fnx_axis *all = spec_axis (r->s->slots[source->first_slot].spec, "time"),
                 *now = spec_axis (buffer_spec (block), "time");

  r->samples += now ? now->size : 0;
  if (ses->on_progress && all && all->size > 0)
    ses->on_progress (ses->on_arg, r->s->recording, source->desc->name, (uint64_t)r->samples, (uint64_t)all->size);
}

/* The next block out of the source and down the river; *end: there was none. */
static fnx_status
spring (river *r, bool *end, fault *f)
{
  node *source = &r->s->nodes[r->first];
  const fnx_buf *out[MAX_PORTS] = { NULL }, *none[MAX_PORTS] = { NULL };
  fnx_status st = scope_stopped (r->s, f);
  call c;

  if (st != FNX_OK || (st = node_call (r->s, source, &c, f)) != FNX_OK)
    return st;
  st = node_fault (source, f, call_end (&c, source->stream->push (&c.api, source->step, none, out)));
  *end = !out[0];
  if (st == FNX_OK && !*end) {
    st = provenance_put ((fnx_buf *)(uintptr_t)out[0], r->s->provenance, f);
    if (st == FNX_OK) {
      tell_progress (r, out[0]);
      st = keep_more (r, 0, out, f);
    }
    if (st == FNX_OK)
      st = flow_on (r, 0, out[0], f);
  }
  buffers_unref (out, MAX_PORTS);
  return st;
}

fnx_status
river_run (scope *s, int first, int n, fault *f)
{
  river r = { .s = s, .first = first, .n = n };
  fnx_status st = river_start (&r, block_length (s->slots[s->nodes[first].first_slot].spec), f);

  for (bool end = false; st == FNX_OK && !end;)
    st = spring (&r, &end, f);
  /* Drained in order: what one gives up late still passes through the next. */
  for (int i = 1; i < n && st == FNX_OK; i++)
    st = flow (&r, i, NULL, f);
  for (int i = 0; i < n; i++) {
    for (int p = 0; p < MAX_PORTS; p++) {
      if (st == FNX_OK && r.kept[i][p])
        st = give_whole (&r, i, p, f);
      collector_free (r.kept[i][p]);
    }
    collector_free (r.heard[i]);
  }
  return st;
}
