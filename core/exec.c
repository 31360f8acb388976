/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Running what was planned.  Where a source and the steps behind it stream,
 * the recording passes through them block by block and only what the last of
 * them gives is kept; all other steps get whole buffers.  Users never see which.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/collect.h"
#include "core/exec.h"
#include "core/learned.h"
#include "core/provenance.h"

/* A block of all channels should stay in the second-level cache on its way
 * through the steps: about a megabyte. */
#define BLOCK_BYTES ((size_t)1 << 20)

static fnx_status
stopped (const scope *s, fault *f)
{
  if (!s->ses->cancelled)
    return FNX_OK;
  return fault_set (f, EXIT_INTERRUPTED, FNX_E_CANCELLED, "stopped");
}

/* ---- one node on whole buffers --------------------------------------------------- */

/* Inputs in the element types that the node asks for; unref all `made`. */
static fnx_status
typed_inputs (const node *n, const fnx_buf *const *in, const fnx_buf **made, fault *f)
{
  for (int i = 0; i < n->n_in; i++) {
    if (!in[i])
      continue;
    made[i] = buffer_convert (in[i], n->want[i], f);
    if (!made[i])
      return f->code;
  }
  return FNX_OK;
}

/* One lock serves all modules whose steps go one at a time; what only asks for
 * one call at a time on one fnx_step has its own (plan.c). */
static pthread_mutex_t serial = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t *
lock_of (const node *n)
{
  return n->desc->threads == FNX_THREADS_SERIAL_ALL && !n->builtin ? &serial : n->lock;
}

static void
enter (const node *n)
{
  if (lock_of (n))
    pthread_mutex_lock (lock_of (n));
}

static void
leave (const node *n)
{
  if (lock_of (n))
    pthread_mutex_unlock (lock_of (n));
}

static void
drop (const fnx_buf **b, int n)
{
  for (int i = 0; i < n; i++) {
    buffer_unref (b[i]);
    b[i] = NULL;
  }
}

fnx_status
node_fit (const scope *s, const node *n, const fnx_buf *const *in, const fnx_model *start, fnx_model **model, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = typed_inputs (n, in, typed, f);
  call c;

  *model = NULL;
  if (st == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    enter (n);
    st = call_end (&c, n->estimator->fit (&c.api, n->step, typed, start, model));
    leave (n);
  }
  drop (typed, MAX_PORTS);
  return node_fault (n, f, st);
}

fnx_status
node_apply (const scope *s, const node *n, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = typed_inputs (n, in, typed, f);
  call c;

  for (int i = 0; i < n->n_in; i++)
    if (n->desc->inputs[i]->flags & FNX_PORT_TARGET) {
      buffer_unref (typed[i]);
      typed[i] = NULL;
    }
  if (st == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    enter (n);
    st = call_end (&c, n->estimator->apply (&c.api, n->step, m, typed, out));
    leave (n);
  }
  if (st != FNX_OK)
    drop (out, n->n_out);
  drop (typed, MAX_PORTS);
  return node_fault (n, f, st);
}

/* A step that learns alone says so in one line: "delaycov.order=6 ...". */
static fnx_status
tell_learned (const scope *s, const node *n, const fnx_model *m, fault *f)
{
  char *text = NULL;
  fnx_status st = s->ses->on_log ? learned_ask (s, n, m, learned_append, &text, f) : FNX_OK;

  if (text && st == FNX_OK)
    s->ses->on_log (s->ses->on_arg, FNX_LOG_NOTE, NULL, text);
  free (text);
  return st;
}

/* The whole input as one block. */
static fnx_status
push_whole (const node *n, call *c, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  const fnx_ext_stream *x = n->stream;
  const fnx_buf *late[MAX_PORTS] = { NULL };
  int k = in[0] ? spec_axis_index (buffer_spec (in[0]), "time") : -1;
  int64_t len = k < 0 ? 1 : buffer_spec (in[0])->axes[k]->size;
  fnx_status st = x->start ? x->start (&c->api, n->step, len) : FNX_OK;

  if (st == FNX_OK)
    st = x->push (&c->api, n->step, in, out);
  if (st == FNX_OK && x->drain)
    st = x->drain (&c->api, n->step, late);
  for (int i = 0; i < n->n_out && st == FNX_OK; i++)
    if (out[i] && late[i]) {
      const fnx_buf *const parts[] = { out[i], late[i] };
      int t = spec_axis_index (buffer_spec (out[i]), "time");
      fnx_buf *all = buffer_join (parts, 2, t < 0 ? 0 : t, NULL, f);

      buffer_unref (out[i]);
      out[i] = all;
      if (!all)
        st = f->code;
    } else if (late[i]) {
      out[i] = late[i];
      late[i] = NULL;
    }
  drop (late, MAX_PORTS);
  return st;
}

fnx_status
node_run (const scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = stopped (s, f);
  call c;

  if (st != FNX_OK)
    return st;
  if (n->model) /* loaded: it was fitted before */
    return node_apply (s, n, n->model, in, out, f);
  if (n->estimator) {
    fnx_model *m = NULL;

    st = node_fit (s, n, in, NULL, &m, f);
    if (st == FNX_OK)
      st = tell_learned (s, n, m, f);
    if (st == FNX_OK)
      st = node_apply (s, n, m, in, out, f);
    if (m)
      n->estimator->model_free (m);
    return st;
  }
  st = typed_inputs (n, in, typed, f);
  if (st == FNX_OK && n->builtin)
    st = n->builtin->run ((scope *)(uintptr_t)s, n, typed, out, f);
  else if (st == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    enter (n);
    if (n->desc->run)
      st = n->desc->run (&c.api, n->step, typed, out);
    else if (n->stream)
      st = push_whole (n, &c, typed, out, f);
    else
      st = c.api.fail (&c.api, FNX_E_BUG, "the step has neither run nor fnx.stream/1");
    leave (n);
    for (int i = 0; i < n->n_out && st == FNX_OK; i++)
      if (!out[i])
        st = c.api.fail (&c.api, FNX_E_BUG, "nothing came out of \"%s\"", n->desc->outputs[i]->name);
    st = call_end (&c, st);
  }
  if (st != FNX_OK)
    drop (out, n->n_out);
  drop (typed, MAX_PORTS);
  return node_fault (n, f, st);
}

/* ---- in blocks ------------------------------------------------------------------------ */

typedef struct river {
  scope *s;
  int first, n;                   /* nodes */
  collector *kept[64][MAX_PORTS]; /* by node and output; NULL: nobody needs the whole of it */
  collector *heard[64];           /* by node: events that came in since its last output */
  int64_t next[64];               /* by node: sample that its next block begins with, once it has begun */
  bool begun[64];
  int64_t samples;
} river;

/* Is slot `i` wanted whole by a node from `from` on, or by name? */
static bool
wanted_later (const scope *s, int i, int from)
{
  if (s->slots[i].name || i == s->main)
    return true;
  for (int k = from; k < s->n_nodes; k++)
    for (int p = 0; p < s->nodes[k].n_in; p++)
      if (s->nodes[k].from[p] == i)
        return true;
  return false;
}

/* How many nodes from `first` on pass blocks to each other. */
static int
river_length (const scope *s, int first)
{
  int n = 1;

  if (!s->nodes[first].stream || s->nodes[first].n_in)
    return 0;
  for (; first + n < s->n_nodes && n < 64; n++) {
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
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
      return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
  return st == FNX_OK ? st : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
    st = typed_inputs (n, in, typed, f);
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
  drop (out, MAX_PORTS);
  drop (typed, MAX_PORTS);
  return st;
}

static fnx_status
river_keep (river *r, int i, fault *f)
{
  node *n = &r->s->nodes[r->first + i];
  const fnx_spec *first = r->s->slots[n->first_slot].spec;

  r->heard[i] = collector_new (first, f);
  if (r->heard[i] && (i + 1 == r->n || wanted_later (r->s, n->first_slot, r->first + i + 2)))
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

static fnx_status
river_run (river *r, fault *f)
{
  node *source = &r->s->nodes[r->first];
  const fnx_spec *spec = r->s->slots[source->first_slot].spec;
  const fnx_axis *time = spec_axis (spec, "time");
  fnx_status st = river_start (r, block_length (spec), f);

  while (st == FNX_OK) {
    const fnx_buf *out[MAX_PORTS] = { NULL }, *none[MAX_PORTS] = { NULL };
    const fnx_axis *a;
    call c;

    if ((st = stopped (r->s, f)) != FNX_OK || (st = node_call (r->s, source, &c, f)) != FNX_OK)
      break;
    st = node_fault (source, f, call_end (&c, source->stream->push (&c.api, source->step, none, out)));
    if (st == FNX_OK && !out[0])
      break;
    if (st == FNX_OK)
      st = provenance_put ((fnx_buf *)(uintptr_t)out[0], r->s->provenance, f);
    if (st == FNX_OK) {
      a = spec_axis (buffer_spec (out[0]), "time");
      r->samples += a ? a->size : 0;
      if (r->s->ses->on_progress && time && time->size > 0)
        r->s->ses->on_progress (r->s->ses->on_arg, r->s->recording, source->desc->name, (uint64_t)r->samples,
                                (uint64_t)time->size);
      st = keep_more (r, 0, out, f);
      if (st == FNX_OK)
        st = flow_on (r, 0, out[0], f);
    }
    drop (out, MAX_PORTS);
  }
  /* Drained in order: what one gives up late still passes through the next. */
  for (int i = 1; i < r->n && st == FNX_OK; i++)
    st = flow (r, i, NULL, f);
  for (int i = 0; i < r->n; i++) {
    for (int p = 0; p < MAX_PORTS; p++) {
      if (st == FNX_OK && r->kept[i][p])
        st = give_whole (r, i, p, f);
      collector_free (r->kept[i][p]);
    }
    collector_free (r->heard[i]);
  }
  return st;
}

/* ---- a scope --------------------------------------------------------------------------- */

static void
release_unused (scope *s, int next)
{
  for (int i = 0; i < s->n_slots; i++)
    if (s->slots[i].value && !wanted_later (s, i, next))
      scope_give (s, i, NULL);
}

fnx_status
scope_run (scope *s, int first, int n, fault *f)
{
  fnx_status st = FNX_OK;

  for (int i = first; i < first + n && st == FNX_OK;) {
    node *x = &s->nodes[i];
    const fnx_buf *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
    river r = { .s = s, .first = i, .n = river_length (s, i) };

    if (r.n > first + n - i)
      r.n = first + n - i;
    if (r.n > 1 || (r.n == 1 && !x->desc->run)) {
      st = river_run (&r, f);
      i += r.n;
    } else {
      for (int p = 0; p < x->n_in; p++)
        in[p] = x->from[p] < 0 ? NULL : s->slots[x->from[p]].value;
      st = node_run (s, x, in, out, f);
      for (int p = 0; p < x->n_out && st == FNX_OK; p++) {
        if (x->n_in == 0) /* fresh from a source: nobody else holds it */
          st = provenance_put ((fnx_buf *)(uintptr_t)out[p], s->provenance, f);
        scope_give (s, x->first_slot + p, out[p]);
      }
      i++;
    }
    if (st == FNX_OK)
      release_unused (s, i);
  }
  return st;
}
