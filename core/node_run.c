/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One step on whole buffers: it runs, or learns and is applied; one that only
 * streams gets all as one block.
 */
#include <pthread.h>
#include <stdlib.h>

#include "core/exec_impl.h"
#include "core/learned.h"

fnx_status
node_inputs (const node *n, const fnx_buf *const *in, const fnx_buf **made, fault *f)
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
 * one call at a time on one fnx_step has its own (node.c). */
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

fnx_status
node_fit (const scope *s, const node *n, const fnx_buf *const *in, const fnx_buf *rows, fnx_model **model, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = node_inputs (n, in, typed, f);
  call c;

  *model = NULL;
  if (st == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    enter (n);
    if (rows)
      st = call_end (&c, n->prepare->fit_prepared (&c.api, n->step, typed, rows, NULL, model));
    else
      st = call_end (&c, n->estimator->fit (&c.api, n->step, typed, NULL, model));
    leave (n);
  }
  buffers_unref (typed, MAX_PORTS);
  return node_fault (n, f, st);
}

static void
hide_targets (const node *n, const fnx_buf **typed)
{
  for (int i = 0; i < n->n_in; i++)
    if (n->desc->inputs[i]->flags & FNX_PORT_TARGET) {
      buffer_unref (typed[i]);
      typed[i] = NULL;
    }
}

fnx_status
node_prepare (const scope *s, const node *n, const fnx_buf *const *in, const fnx_buf **rows, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = node_inputs (n, in, typed, f);
  call c;

  *rows = NULL;
  hide_targets (n, typed);
  if (st == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    enter (n);
    st = n->prepare->prepare (&c.api, n->step, typed, rows);
    leave (n);
    if (st == FNX_OK
        && (!*rows || !buffer_spec (*rows)->ndim
            || buffer_spec (*rows)->axes[0]->size != buffer_spec (typed[0])->axes[0]->size))
      st = c.api.fail (&c.api, FNX_E_BUG, FNX_PREPARE " gives not one row for each item");
    st = call_end (&c, st);
  }
  if (st != FNX_OK)
    buffers_unref (rows, 1);
  buffers_unref (typed, MAX_PORTS);
  return node_fault (n, f, st);
}

fnx_status
node_apply (const scope *s, const node *n, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = node_inputs (n, in, typed, f);
  call c;

  hide_targets (n, typed);
  if (st == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    enter (n);
    st = call_end (&c, n->estimator->apply (&c.api, n->step, m, typed, out));
    leave (n);
  }
  if (st != FNX_OK)
    buffers_unref (out, (size_t)n->n_out);
  buffers_unref (typed, MAX_PORTS);
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
  buffers_unref (late, MAX_PORTS);
  return st;
}

fnx_status
node_run (const scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  const fnx_buf *typed[MAX_PORTS] = { NULL };
  fnx_status st = scope_stopped (s, f);
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
  st = node_inputs (n, in, typed, f);
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
    buffers_unref (out, (size_t)n->n_out);
  buffers_unref (typed, MAX_PORTS);
  return node_fault (n, f, st);
}
