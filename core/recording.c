/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One recording: its sources, what is known of it, and both opened, with the
 * steps that it passes alone planned behind them.
 */
#include <stdlib.h>
#include <string.h>

#include "core/recording.h"

/* ---- what it is ------------------------------------------------------------------- */

fnx_status
recording_add_column (recording *r, const char *name, const char *value, size_t len)
{
  char **c = realloc (r->column, (r->n_columns + 1) * sizeof *c), **v;

  if (!c)
    return FNX_E_NOMEM;
  r->column = c;
  v = realloc (r->value, (r->n_columns + 1) * sizeof *v);
  if (!v)
    return FNX_E_NOMEM;
  r->value = v;
  c[r->n_columns] = strdup (name);
  v[r->n_columns] = strndup (value, len);
  if (!c[r->n_columns] || !v[r->n_columns])
    return FNX_E_NOMEM;
  r->n_columns++;
  return FNX_OK;
}

bool
recording_has_column (const recording *r, const char *name)
{
  for (size_t i = 0; i < r->n_columns; i++)
    if (!strcmp (r->column[i], name))
      return true;
  return false;
}

fnx_status
recording_add_source (recording *r, const char *path, const char *as, const chain_step *args, where at)
{
  chain_step *s = realloc (r->sources, (r->n_sources + 1) * sizeof *s);

  if (!s)
    return FNX_E_NOMEM;
  r->sources = s;
  s += r->n_sources;
  *s = (chain_step){ .name = strdup (path), .as = as ? strdup (as) : NULL, .at = at };
  if (args) { /* borrowed from the chain */
    s->args = args->args;
    s->n_args = args->n_args;
  }
  r->n_sources++;
  return s->name && (!as || s->as) ? FNX_OK : FNX_E_NOMEM;
}

void
recordings_free (recording *r, size_t n)
{
  for (size_t i = 0; r && i < n; i++) {
    for (size_t k = 0; k < r[i].n_sources; k++) {
      free (r[i].sources[k].name);
      free (r[i].sources[k].as);
    }
    for (size_t k = 0; k < r[i].n_columns; k++) {
      free (r[i].column[k]);
      free (r[i].value[k]);
    }
    free (r[i].sources);
    free (r[i].column);
    free (r[i].value);
    free (r[i].id);
  }
  free (r);
}

/* ---- opened ------------------------------------------------------------------------- */

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
