/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording opened: its readers found, the steps that it passes alone planned
 * behind them.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

static fnx_status
add_reader (scope *s, const chain_step *source, fault *f)
{
  const char *rest;
  const fnx_step_desc *d = registry_reader (source->name, &rest, f);
  chain_step line = *source;
  fnx_status st;

  if (!d)
    return f->code;
  line.desc = d;
  line.args = calloc (source->n_args + 1, sizeof *line.args);
  if (!line.args)
    return fault_memory (f);
  line.args[0] = (chain_arg){ .value = (char *)(uintptr_t)rest, .at = source->at };
  if (source->n_args)
    memcpy (line.args + 1, source->args, source->n_args * sizeof *line.args);
  line.n_args = source->n_args + 1;
  s->main = -1;
  st = scope_add (s, &line, f);
  s->nodes[s->n_nodes - 1].args = line.args;
  return st;
}

fnx_status
recording_open (session *ses, const recording *r, const chain_step *steps, size_t n, scope *s, fault *f)
{
  int main_slot = -1;

  scope_begin (s, ses, r->id, NULL);
  for (size_t i = 0; i < r->n_sources; i++) {
    if (add_reader (s, &r->sources[i], f) != FNX_OK)
      return f->code;
    s->slots[s->nodes[s->n_nodes - 1].first_slot].from = r->id;
    if (i == 0)
      main_slot = s->main;
  }
  s->main = main_slot;
  return scope_add_all (s, steps, n, f);
}
