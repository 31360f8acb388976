/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Specs to specs: does what comes suit a step's ports, what does the step make
 * of it, and which step would fit between two that do not go together.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/param_desc.h"

/* " on=..." for each setting that a step cannot do without. */
static void
needed_params (const fnx_step_desc *d, char *text, size_t n)
{
  size_t at = 0;

  text[0] = 0;
  for (const fnx_param_desc *const *p = d->params; p && *p && at < n; p++)
    if ((*p)->flags & FNX_P_REQUIRED)
      at += (size_t)snprintf (text + at, n - at, " %s=...", (*p)->name);
}

/* Is what it gives if nobody asks for anything else what is wanted? */
static bool
gives_first (const fnx_step_desc *d, const char *wanted)
{
  const char *gives = d->outputs[0]->what, *more = strstr (gives, " or ");
  char first[200];

  snprintf (first, sizeof first, "%.*s", (int)(more ? more - gives : (ptrdiff_t)strlen (gives)), gives);
  return what_feeds (first, wanted);
}

/* Does it make what is wanted of what there is?  What passes anything on as it
 * is would be no answer, nor what asks for another input. */
static bool
fits_between (const fnx_step_desc *d, const fnx_spec *have, const char *wanted)
{
  const char *takes, *gives, *column;

  if (d->flags & (FNX_S_SOURCE | FNX_S_SINK | FNX_S_COHORT) || !d->inputs || !d->inputs[0] || !d->outputs
      || !d->outputs[0] || (d->inputs[1] && !(d->inputs[1]->flags & FNX_PORT_OPTIONAL)))
    return false;
  takes = d->inputs[0]->what;
  gives = d->outputs[0]->what;
  return strcmp (gives, "the same") && strncmp (takes, "any", 3) && strncmp (gives, "any", 3)
         && what_accepts (takes, have, &column) && gives_first (d, wanted);
}

/* Of the steps that fit between, one that needs no words for it; of these the
 * one with the fewest settings. */
static const fnx_step_desc *
missing_step (const fnx_spec *have, const char *wanted, const fnx_step_desc *for_step)
{
  const fnx_step_desc *best = NULL;

  for (const fnx_step_desc *const *d = registry_steps (); d && *d; d++)
    if (*d != for_step && fits_between (*d, have, wanted) && (!best || param_desc_count (*d) < param_desc_count (best)))
      best = *d;
  return best;
}

/* What the step before took: this one could take it, or something else made of it. */
static const fnx_spec *
before_that (const scope *s, int at)
{
  for (int i = 0; i < s->n_nodes; i++) {
    const node *n = &s->nodes[i];

    if (n->first_slot <= at && at < n->first_slot + n->n_out && n->n_in && n->from[0] >= 0)
      return s->slots[n->from[0]].spec;
  }
  return NULL;
}

/* What to type where no step fits between `from` and n; empty if nothing is known. */
static void
instead_of (const scope *s, const node *n, int port, char *text, size_t room)
{
  const char *wanted = n->desc->inputs[port]->what, *name = s->slots[n->from[port]].from, *column;
  const fnx_spec *have = before_that (s, n->from[port]);
  const fnx_step_desc *other;
  char needs[256] = "";

  *text = 0;
  if (have && what_accepts (wanted, have, &column))
    snprintf (text, room, "\nleave out  ! %s", name);
  else if (have && (other = missing_step (have, wanted, n->desc))) {
    needed_params (other, needs, sizeof needs);
    snprintf (text, room, "\nput  ! %s%s  in the place of %s", other->name, needs, name);
  }
}

static fnx_status
misfit (const scope *s, const node *n, int port, const char *column, fault *f)
{
  const fnx_port_desc *p = n->desc->inputs[port];
  const slot *from = &s->slots[n->from[port]];
  const fnx_step_desc *between = column ? NULL : missing_step (from->spec, p->what, n->desc);
  const char *wants = p->doc && strchr (p->doc, '[') ? p->doc : p->what;
  char gives[256], needs[400] = "";

  spec_text (from->spec, gives, sizeof gives);
  if (column)
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s without a %s column", n->desc->name, wants,
               from->from, gives, column);
  else if (between) {
    needed_params (between, needs, sizeof needs);
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s\nput  ! %s%s  between them", n->desc->name, wants,
               from->from, gives, between->name, needs);
  } else {
    instead_of (s, n, port, needs, sizeof needs);
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s%s", n->desc->name, wants, from->from, gives, needs);
  }
  fault_at (f, n->line.at, NULL);
  return FNX_E_SPEC;
}

/* The specs that reach the node's ports, in the element types that it will be given. */
static fnx_status
inputs_of (const scope *s, node *n, fnx_spec typed[MAX_PORTS], const fnx_spec **in, fault *f)
{
  const char *column = NULL;

  for (int i = 0; i < n->n_in; i++) {
    if (n->from[i] < 0)
      continue;
    typed[i] = *s->slots[n->from[i]].spec;
    if (!what_accepts (n->desc->inputs[i]->what, &typed[i], &column))
      return misfit (s, n, i, column, f);
    n->want[i] = what_dtype (n->desc->inputs[i]->what, typed[i].dtype);
    typed[i].dtype = n->want[i];
    in[i] = &typed[i];
  }
  return FNX_OK;
}

/* What it promises goes into its slots: new ones the first time, later those
 * that the steps behind it are wired to. */
static fnx_status
take_outputs (scope *s, node *n, const fnx_spec *const *out, fault *f)
{
  bool fresh = n->first_slot < 0;

  if (fresh)
    n->first_slot = s->n_slots;
  for (int i = 0; i < n->n_out; i++) {
    const fnx_port_desc *port = n->desc->outputs[i];

    if (i && !out[i] && (port->flags & FNX_PORT_OPTIONAL)) {
      n->n_out = i; /* not made with these settings */
      break;
    }
    if (!out[i])
      return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "it does not say what comes out of \"%s\"", port->name);
    if (fresh ? scope_slot (s, i == 0 ? n->line.as : port->name, n->desc->name, out[i], f) < 0
              : scope_respec (s, n->first_slot + i, out[i], f) != FNX_OK)
      return FNX_E_NOMEM;
  }
  return FNX_OK;
}

fnx_status
node_negotiate (scope *s, node *n, fault *f)
{
  fnx_spec typed[MAX_PORTS];
  const fnx_spec *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
  fnx_status st = inputs_of (s, n, typed, in, f);
  call c = { .f = NULL };

  if (st != FNX_OK || (st = node_call (s, n, &c, f)) != FNX_OK)
    return st;
  if (n->builtin)
    st = n->builtin->negotiate (s, n, in, out, f);
  else if (n->desc->negotiate)
    st = n->desc->negotiate (&c.api, n->step, in, out);
  else
    for (int i = 0; i < n->n_out; i++)
      out[i] = in[0];
  if (st == FNX_OK)
    st = take_outputs (s, n, out, f);
  st = call_end (&c, st);
  if (st != FNX_OK) {
    if (st == FNX_E_PARAM || st == FNX_E_SPEC)
      f->exit = EXIT_CHAIN;
    return node_fault (n, f, st);
  }
  /* What it can do may depend on what it was promised. */
  n->stream = n->desc->extension && !n->estimator ? n->desc->extension (n->step, FNX_STREAM) : NULL;
  return FNX_OK;
}
