/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Planning: steps are opened, wired and negotiated one behind the other.  All of
 * it happens before a sample is read, so every mistake in a chain is found at
 * once and costs nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

/* ---- wiring ------------------------------------------------------------------------- */

static int
count_ports (const fnx_port_desc *const *p)
{
  int n = 0;

  while (p && p[n] && n < MAX_PORTS)
    n++;
  return n;
}

/* `@name` in this scope, or brought in from an outer one. */
static int
named_slot (scope *s, const char *name, fault *f)
{
  int i = scope_find (s, name);

  for (const scope *o = s->outer; i < 0 && o; o = o->outer) {
    int k = scope_find (o, name);

    if (k < 0)
      continue;
    i = scope_slot (s, o->slots[k].name, o->slots[k].from, o->slots[k].spec, f);
    if (i >= 0 && o->slots[k].value)
      scope_give (s, i, buffer_ref (o->slots[k].value));
  }
  return i;
}

static fnx_status
no_such_name (const scope *s, const node *n, const chain_arg *a, fault *f)
{
  char list[512] = "";
  size_t at = 0;

  for (const scope *o = s; o; o = o->outer)
    for (int i = 0; i < o->n_slots && at < sizeof list; i++)
      if (o->slots[i].name)
        at += (size_t)snprintf (list + at, sizeof list - at, "%s@%s", at ? " " : "", o->slots[i].name);
  fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "nothing is named %s here%s%s", a->value, at ? "; there is " : "", list);
  fault_at (f, a->at, n->desc->name);
  return FNX_E_SPEC;
}

static fnx_status
wire (scope *s, node *n, fault *f)
{
  n->n_in = count_ports (n->desc->inputs);
  n->n_out = count_ports (n->desc->outputs);
  for (int i = 0; i < MAX_PORTS; i++)
    n->from[i] = i == 0 && n->n_in ? s->main : -1;
  for (size_t k = 0; k < n->line.n_args; k++) {
    const chain_arg *a = &n->line.args[k];

    for (int i = 0; i < n->n_in; i++)
      if (a->name && a->value[0] == '@'
          && (!strcmp (a->name, n->desc->inputs[i]->name) || (i == 0 && !strcmp (a->name, "in")))) {
        n->from[i] = named_slot (s, a->value + 1, f);
        if (n->from[i] < 0)
          return no_such_name (s, n, a, f);
      }
  }
  for (int i = 0; i < n->n_in; i++)
    if (n->from[i] < 0 && !(n->desc->inputs[i]->flags & FNX_PORT_OPTIONAL)) {
      const char *name = n->desc->inputs[i]->name;

      if (scope_find (s, name) >= 0) /* a step before gives just that */
        fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "nothing feeds its input \"%s\" (%s)\nwrite  %s=@%s", name,
                   n->desc->inputs[i]->what, name, name);
      else
        fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                   "nothing feeds its input \"%s\" (%s)\nname a step's output with @x and write %s=@x", name,
                   n->desc->inputs[i]->what, name);
      return node_fault (n, f, FNX_E_SPEC);
    }
  return FNX_OK;
}

/* ---- a step more ---------------------------------------------------------------------- */

/* The first  evaluate ... end  of a step's example: a chain that works. */
static const char *
scored_example (const fnx_step_desc *d, size_t *n)
{
  const char *from = d->example ? strstr (d->example, "evaluate ") : NULL;
  const char *line = from ? from + strcspn (from, "\n") : NULL, *to = NULL;

  for (const char *p = from; p && (p = strstr (p, " end")) && p < line; p += 4)
    to = p + 4;
  *n = to ? (size_t)(to - from) : 0;
  return from;
}

static fnx_status
may_learn (const scope *s, const node *n, fault *f)
{
  if (!n->estimator || !(n->estimator->flags & FNX_EST_SUPERVISED) || s->fits_allowed)
    return FNX_OK;
  size_t length;
  const char *example = scored_example (n->desc, &length);
  static const char cause[] = "learns from targets, so it must stand inside evaluate or train\nto score it:";
  if (length)
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s %s  ! %.*s", n->desc->name, cause, (int)length, example);
  else
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s %s  ! evaluate folds=5 begin %s end", n->desc->name, cause,
               n->desc->name);
  fault_at (f, n->line.at, NULL);
  return FNX_E_SPEC;
}

fnx_status
scope_add (scope *s, const chain_step *line, fault *f)
{
  node *more = realloc (s->nodes, (size_t)(s->n_nodes + 1) * sizeof *more), *n;
  fnx_status st;

  if (!more)
    return fault_memory (f);
  s->nodes = more;
  n = &s->nodes[s->n_nodes++];
  *n = (node){ .line = *line, .desc = line->desc, .first_slot = -1 };
  n->builtin = builtin_find (n->desc);
  if (line->sub && !n->builtin) {
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s takes no begin ... end", n->desc->name);
    return node_fault (n, f, FNX_E_SPEC);
  }
  if (line->sub && line->sub->next && !n->builtin->several) {
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
               "%s takes one begin ... end\nto compare several:  compare begin ... end begin ... end", n->desc->name);
    return node_fault (n, f, FNX_E_SPEC);
  }
  st = node_open (s, n, line, f);
  if (st == FNX_OK)
    st = may_learn (s, n, f);
  if (st == FNX_OK)
    st = wire (s, n, f);
  if (st == FNX_OK)
    st = node_negotiate (s, n, f);
  if (st == FNX_OK && n->n_out)
    s->main = n->first_slot;
  return st;
}

fnx_status
scope_add_all (scope *s, const chain_step *steps, size_t n, fault *f)
{
  for (size_t i = 0; i < n; i++)
    if (scope_add (s, &steps[i], f) != FNX_OK)
      return f->code;
  return FNX_OK;
}
