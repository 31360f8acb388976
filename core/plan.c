/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Planning: names to descriptors, settings to values, ports to slots, specs to
 * specs.  All of it happens before a sample is read, so every mistake in a
 * chain is found at once and costs nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/text.h"

/* ---- names ------------------------------------------------------------------- */

/* Steps that no plugin brings, and where they stand. */
typedef struct absent {
  struct {
    const char *name;
    int number;
    where at;
  } step[64];
  size_t n; /* may be more than are kept */
} absent;

static void
note_absent (absent *a, const chain_step *step, int number)
{
  size_t i = a->n++;

  if (i < sizeof a->step / sizeof *a->step) {
    a->step[i].name = step->name;
    a->step[i].number = number;
    a->step[i].at = step->at;
  }
}

/* "  org.lab.denoise   step 2, mine.yaml:7", a line each. */
static char *
absent_text (const absent *a, const char *file)
{
  size_t kept = a->n < sizeof a->step / sizeof *a->step ? a->n : sizeof a->step / sizeof *a->step, width = 0;
  text_buf t = { 0 };

  for (size_t i = 0; i < kept; i++)
    width = strlen (a->step[i].name) > width ? strlen (a->step[i].name) : width;
  for (size_t i = 0; i < kept; i++) {
    text_addf (&t, "\n  %-*s   step %d", (int)width, a->step[i].name, a->step[i].number);
    if (a->step[i].at.line && file)
      text_addf (&t, ", %s:%d", file, a->step[i].at.line);
  }
  return text_take (&t);
}

static fnx_status
resolve (chain *c, absent *a, fault *f)
{
  for (size_t i = 0; i < c->n_steps; i++) {
    chain_step *s = &c->steps[i];

    s->desc = registry_step (s->name);
    if (!s->desc && strchr (s->name, '.'))
      note_absent (a, s, (int)i + 1);
    else if (!s->desc) {
      const char *near = nearest (s->name, registry_names ());

      if (near)
        fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "no step called \"%s\"; did you mean \"%s\"?", s->name, near);
      else
        fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "no step called \"%s\"\nfornix steps  lists them all", s->name);
      fault_at (f, s->at, NULL);
      return FNX_E_PARAM;
    }
    if (s->desc && s->desc->flags & FNX_S_SOURCE) {
      fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s makes or reads a recording, so it stands before the first !", s->name);
      fault_at (f, s->at, NULL);
      return FNX_E_SPEC;
    }
    for (chain *sub = s->sub; sub; sub = sub->next)
      if (resolve (sub, a, f) != FNX_OK)
        return f->code;
  }
  return FNX_OK;
}

static void
list_folders (char *text, size_t n)
{
  size_t at = 0;

  for (const char *const *p = registry_folders (); p && *p && at < n; p++) {
    int w = snprintf (text + at, n - at, "%s%s", at ? ", " : "", *p);

    at += w > 0 ? (size_t)w : 0;
  }
}

fnx_status
plan_resolve (chain *c, fault *f)
{
  static const char *const numbers[] = { "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine" };
  absent a = { .n = 0 };
  fnx_status s = resolve (c, &a, f);
  char folders[2048] = "", count[32], *list = NULL;

  if (s == FNX_OK && a.n) {
    list = absent_text (&a, c->text.file);
    list_folders (folders, sizeof folders);
    snprintf (count, sizeof count, "%zu", a.n);
    s = fault_set (f, EXIT_PLUGIN, FNX_E_PARAM, "%s step%s not installed:%s\nlooked in %s",
                   a.n < 10 ? numbers[a.n] : count, a.n == 1 ? " is" : "s are", list ? list : "", folders);
  }
  free (list);
  return s;
}

/* ---- scopes and slots ----------------------------------------------------------- */

void
scope_begin (scope *s, session *ses, const char *id, const scope *outer)
{
  *s = (scope){ .ses = ses, .recording = id ? id : "", .outer = outer, .main = -1 };
  if (outer) {
    s->fold = outer->fold;
    s->fits_allowed = outer->fits_allowed;
  }
}

void
scope_end (scope *s)
{
  for (int i = s->n_nodes - 1; i >= 0; i--) {
    node_close (&s->nodes[i]);
    free (s->nodes[i].args);
  }
  for (int i = 0; i < s->n_slots; i++) {
    buffer_unref (s->slots[i].value);
    free (s->slots[i].spec);
  }
  free (s->nodes);
  free (s->slots);
  free (s->provenance);
  *s = (scope){ .main = -1 };
}

int
scope_slot (scope *s, const char *name, const char *from, const fnx_spec *spec, fault *f)
{
  slot *more = realloc (s->slots, (size_t)(s->n_slots + 1) * sizeof *more);
  fnx_spec *copy = spec ? spec_copy (spec) : NULL;

  if (more)
    s->slots = more;
  if (!more || (spec && !copy)) {
    free (copy);
    fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
    return -1;
  }
  s->slots[s->n_slots] = (slot){ .name = name, .from = from, .spec = copy };
  return s->n_slots++;
}

void
scope_give (scope *s, int i, const fnx_buf *value)
{
  buffer_unref (s->slots[i].value);
  s->slots[i].value = value;
}

int
scope_find (const scope *s, const char *name)
{
  for (int i = s->n_slots - 1; i >= 0; i--)
    if (s->slots[i].name && !strcmp (s->slots[i].name, name))
      return i;
  return -1;
}

/* ---- opening a node --------------------------------------------------------------- */

static int
count_ports (const fnx_port_desc *const *p)
{
  int n = 0;

  while (p && p[n] && n < MAX_PORTS)
    n++;
  return n;
}

fnx_status
node_call (const scope *s, const node *n, call *c, fault *f)
{
  return call_begin (c, s->ses, n->desc->name, s->recording,
                     seed_of (s->ses->seed, n->desc->id, n->desc->revision, s->recording, s->fold), f);
}

/* A message that begins with NAME=, NAME one of the step's settings, is about
 * that word of the chain. */
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
      return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
  return FNX_OK;
}

/* ---- wiring ------------------------------------------------------------------------- */

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
      fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                 "nothing feeds its input \"%s\" (%s)\nname a step's output with @x and write %s=@x",
                 n->desc->inputs[i]->name, n->desc->inputs[i]->what, n->desc->inputs[i]->name);
      return node_fault (n, f, FNX_E_SPEC);
    }
  return FNX_OK;
}

/* ---- negotiation ----------------------------------------------------------------------- */

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

static int
count_params (const fnx_step_desc *d)
{
  int n = 0;

  while (d->params && d->params[n])
    n++;
  return n;
}

/* A step that takes what there is and gives what is wanted; of several the one
 * with the fewest settings. */
static const fnx_step_desc *
missing_step (const fnx_spec *have, const char *what, const fnx_step_desc *for_step)
{
  const fnx_step_desc *best = NULL;
  const char *column;

  for (const fnx_step_desc *const *d = registry_steps (); d && *d; d++)
    if (*d != for_step && !((*d)->flags & (FNX_S_SOURCE | FNX_S_SINK | FNX_S_COHORT)) && count_ports ((*d)->inputs) >= 1
        && count_ports ((*d)->outputs) >= 1 && strcmp ((*d)->outputs[0]->what, "the same")
        && strncmp ((*d)->inputs[0]->what, "any", 3) && strncmp ((*d)->outputs[0]->what, "any", 3)
        && what_accepts ((*d)->inputs[0]->what, have, &column) && what_feeds ((*d)->outputs[0]->what, what)
        && (!best || count_params (*d) < count_params (best)))
      best = *d;
  return best;
}

static fnx_status
misfit (const scope *s, const node *n, int port, const char *column, fault *f)
{
  const fnx_port_desc *p = n->desc->inputs[port];
  const slot *from = &s->slots[n->from[port]];
  const fnx_step_desc *between = column ? NULL : missing_step (from->spec, p->what, n->desc);
  const char *wants = p->doc && strchr (p->doc, '[') ? p->doc : p->what;
  char gives[256], needs[256] = "";

  spec_text (from->spec, gives, sizeof gives);
  if (column)
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s without a %s column", n->desc->name, wants,
               from->from, gives, column);
  else if (between) {
    needed_params (between, needs, sizeof needs);
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s\nput  ! %s%s  between them", n->desc->name, wants,
               from->from, gives, between->name, needs);
  } else
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s", n->desc->name, wants, from->from, gives);
  fault_at (f, n->line.at, NULL);
  return FNX_E_SPEC;
}

fnx_status
node_negotiate (scope *s, node *n, fault *f)
{
  fnx_spec typed[MAX_PORTS];
  const fnx_spec *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
  const char *column = NULL;
  fnx_status st = FNX_OK;
  bool fresh = n->first_slot < 0;
  call c = { .f = NULL };

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
  if (node_call (s, n, &c, f) != FNX_OK)
    return f->code;
  if (n->builtin)
    st = n->builtin->negotiate (s, n, in, out, f);
  else if (n->desc->negotiate)
    st = n->desc->negotiate (&c.api, n->step, in, out);
  else
    for (int i = 0; i < n->n_out; i++)
      out[i] = in[0];
  if (fresh && st == FNX_OK)
    n->first_slot = s->n_slots;
  for (int i = 0; i < n->n_out && st == FNX_OK; i++) {
    const char *name = i == 0 ? n->line.as : n->desc->outputs[i]->name;

    if (i && !out[i] && (n->desc->outputs[i]->flags & FNX_PORT_OPTIONAL)) {
      n->n_out = i; /* not made with these settings */
      break;
    }
    if (!out[i]) {
      st = fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "it does not say what comes out of \"%s\"",
                      n->desc->outputs[i]->name);
    } else if (fresh) {
      if (scope_slot (s, name, n->desc->name, out[i], f) < 0)
        st = FNX_E_NOMEM;
    } else {
      fnx_spec *copy = spec_copy (out[i]);

      free (s->slots[n->first_slot + i].spec);
      s->slots[n->first_slot + i].spec = copy;
      if (!copy)
        st = fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
    }
  }
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
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
