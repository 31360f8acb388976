/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One step made ready: its settings parsed, its fnx_step created and freed,
 * the call through which it is reached, and what its faults are about.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

fnx_status
node_call (const scope *s, const node *n, call *c, fault *f)
{
  return call_begin (c, s->ses, n->desc->name, *s->recording ? s->recording : COHORT_NAME,
                     seed_of (s->ses->seed, n->desc->id, n->desc->revision, s->recording, s->fold), f);
}

/* A message that begins with NAME=, NAME one of the step's settings or inputs,
 * is about that word of the chain. */
static const chain_arg *
blamed (const node *n, const char *text)
{
  const char *eq = text ? strchr (text, '=') : NULL;
  size_t len = eq ? (size_t)(eq - text) : 0;

  for (const fnx_param_desc *const *p = n->desc->params; eq && p && *p; p++)
    if (strlen ((*p)->name) == len && !memcmp ((*p)->name, text, len)) {
      const chain_arg *a = chain_arg_find (&n->line, (*p)->name);

      for (size_t i = 0; !a && (*p)->flags & FNX_P_MAIN && i < n->line.n_args; i++)
        if (!n->line.args[i].name)
          a = &n->line.args[i];
      return a;
    }
  for (const fnx_port_desc *const *p = n->desc->inputs; eq && p && *p; p++)
    if (strlen ((*p)->name) == len && !memcmp ((*p)->name, text, len))
      return chain_arg_find (&n->line, (*p)->name);
  return NULL;
}

/* Readers may name their file; the host names it anyway. */
static void
drop_own_name (fault *f, const char *path)
{
  const char *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;
  size_t n = strlen (base);

  if (f->text && !f->step && !strncmp (f->text, base, n) && f->text[n] == ':' && f->text[n + 1] == ' ')
    memmove (f->text, f->text + n + 2, strlen (f->text + n + 2) + 1);
}

fnx_status
node_fault (const node *n, fault *f, fnx_status s)
{
  const chain_arg *a;

  if (s == FNX_OK || !f)
    return s;
  a = blamed (n, f->text);
  if (n->desc->flags & FNX_S_SOURCE) {
    /* The file is at fault, unless it is a word behind it. */
    if (f->exit == EXIT_DATA && s != FNX_E_NOMEM && s != FNX_E_CANCELLED)
      f->exit = EXIT_INPUT;
    drop_own_name (f, n->line.name);
    fault_at (f, a ? a->at : (where){ 0 }, a ? NULL : n->line.name);
    return s;
  }
  if (a && !f->param)
    f->param = strdup (a->name ? a->name : "");
  fault_at (f, a ? a->at : n->line.at, n->desc->name);
  return s;
}

void
node_close (node *n)
{
  if (n->builtin && n->builtin->done)
    n->builtin->done (n);
  n->own = NULL;
  if (n->model && n->estimator)
    n->estimator->model_free (n->model);
  n->model = NULL;
  if (n->step && n->desc->destroy)
    n->desc->destroy (n->step);
  n->step = NULL;
  if (n->lock)
    pthread_mutex_destroy (n->lock);
  free (n->lock);
  n->lock = NULL;
  params_free (n->params);
  n->params = NULL;
}

fnx_status
node_open (scope *s, node *n, const chain_step *line, fault *f)
{
  fnx_status st = FNX_OK;
  call c;

  node_close (n);
  n->params = params_parse (n->desc, line, f);
  if (!n->params)
    return node_fault (n, f, f->code);
  if (n->desc->threads == FNX_THREADS_SERIAL_STEP && !n->builtin) {
    n->lock = malloc (sizeof *n->lock);
    if (!n->lock || pthread_mutex_init (n->lock, NULL))
      return fault_memory (f);
  }
  if (n->desc->create) {
    if (node_call (s, n, &c, f) != FNX_OK)
      return f->code;
    st = call_end (&c, n->desc->create (&c.api, n->params, &n->step));
    if (st != FNX_OK) {
      if (f->exit == fault_exit_of (st) && (st == FNX_E_PARAM || st == FNX_E_SPEC))
        f->exit = EXIT_CHAIN;
      return node_fault (n, f, st);
    }
  }
  n->estimator = n->desc->extension ? n->desc->extension (n->step, FNX_ESTIMATOR) : NULL;
  n->prepare = n->estimator ? n->desc->extension (n->step, FNX_PREPARE) : NULL;
  return FNX_OK;
}
