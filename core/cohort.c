/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All recordings of a chain: each through the steps that it passes alone, then
 * joined for the steps that need all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/output.h"
#include "core/provenance.h"
#include "core/scan.h"

/* Does one of the steps name an output so: evaluate ... end @scores, or a
 * further one, as search? */
static bool
gives (const chain_step *steps, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++) {
    const fnx_port_desc *const *p = steps[i].desc->outputs;

    if (steps[i].as && !strcmp (steps[i].as, name))
      return true;
    for (size_t k = 1; p && p[0] && p[k]; k++)
      if (!strcmp (p[k]->name, name))
        return true;
  }
  return false;
}

/* Does one of the steps, or of those inside it, read @name?  NULL: a name that
 * no slot of s has, nor one of the steps gives. */
static bool
refers (const chain_step *steps, size_t n, const char *name, const scope *s)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t a = 0; a < steps[i].n_args; a++) {
      const char *v = steps[i].args[a].value;

      if (v[0] == '@' && (name ? !strcmp (v + 1, name) : scope_find (s, v + 1) < 0 && !gives (steps, n, v + 1)))
        return true;
    }
    for (const chain *sub = steps[i].sub; sub; sub = sub->next)
      if (refers (sub->steps, sub->n_steps, name, s))
        return true;
  }
  return false;
}

/* A recordings table names each of its columns of files.  What no cohort step
 * asks for by name need neither be kept nor fit together: a name less.  (Where
 * one asks for what is not there, the message shall list all names.) */
static void
forget_names (scope *s, const cohort *c)
{
  const chain_step *later = c->chain->steps + c->n_before;
  size_t n = c->chain->n_steps - c->n_before;

  if (refers (later, n, NULL, s))
    return;
  for (int i = 0; i < s->n_slots; i++)
    if (s->slots[i].name && !refers (later, n, s->slots[i].name, s))
      s->slots[i].name = NULL;
}

/* Slots of a recording's scope that go on: the main one and the named ones. */
static bool
goes_on (const scope *s, int i)
{
  return i == s->main || s->slots[i].name;
}

static fnx_status
plan_cohort (cohort *c, const scope *first, fault *f)
{
  scope_begin (&c->all, c->ses, c->n_recordings == 1 ? c->recordings[0].id : "", NULL);
  for (int i = 0; i < first->n_slots; i++) {
    fnx_spec *joined;
    int k;

    if (!goes_on (first, i))
      continue;
    joined = joined_spec (first->slots[i].spec, &c->recordings[0]);
    if (!joined)
      return fault_memory (f);
    k = scope_slot (&c->all, first->slots[i].name, first->slots[i].from, joined, f);
    free (joined);
    if (k < 0)
      return f->code;
    if (i == first->main)
      c->all.main = k;
  }
  return scope_add_all (&c->all, c->chain->steps + c->n_before, c->chain->n_steps - c->n_before, f);
}

/* When trials are wanted and a recording has events, say which: it is read for
 * that, after the chain was found wrong. */
static void
tell_events (cohort *c, fault *f)
{
  scope s;
  scan found = { .head = NULL };
  fault quiet = FAULT_INIT;
  char list[512] = "", *more = NULL;

  if (!f->text || !strstr (f->text, "  between them") || !strstr (f->text, "! epoch"))
    return;
  if (recording_open (c->ses, &c->recordings[0], NULL, 0, &s, &quiet) == FNX_OK
      && scan_recording (&s, &found, &quiet) == FNX_OK)
    events_text (found.events, list, sizeof list);
  scan_end (&found);
  scope_end (&s);
  fault_clear (&quiet);
  if (list[0] && asprintf (&more, "%s (this recording has events %s)", f->text, list) > 0) {
    free (f->text);
    f->text = more;
  }
}

/* What learns outside evaluate learns from all data: the result says so. */
static void
list_fitted_on_all (session *ses, const scope *s)
{
  for (int i = 0; i < s->n_nodes; i++) {
    char *more = NULL;

    if (!s->nodes[i].estimator
        || asprintf (&more, "%s%s%s", ses->fitted_on_all ? ses->fitted_on_all : "", ses->fitted_on_all ? ", " : "",
                     s->nodes[i].desc->name)
               < 0)
      continue;
    free (ses->fitted_on_all);
    ses->fitted_on_all = more;
  }
}

/* The chain must be right for every recording before the first is worked on:
 * a night's work is not lost to the last of them. */
static fnx_status
plan_others (cohort *c, fault *f)
{
  fnx_status st = FNX_OK;

  for (size_t r = 1; r < c->n_recordings && st == FNX_OK && !c->ses->cancelled; r++) {
    scope s;

    st = recording_open (c->ses, &c->recordings[r], c->chain->steps, c->n_before, &s, f);
    scope_end (&s);
  }
  return st;
}

fnx_status
cohort_open (cohort *c, session *ses, chain *ch, fault *f)
{
  scope first;
  fnx_status s;

  c->ses = ses;
  c->chain = ch;
  scope_begin (&c->all, ses, "", NULL);
  if (chain_resolve (ch, f) != FNX_OK)
    return f->code;
  c->recordings = recordings_of (ses, ch, &c->n_recordings, f);
  if (!c->recordings)
    return f->code;
  while (c->n_before < ch->n_steps && !(ch->steps[c->n_before].desc->flags & FNX_S_COHORT))
    c->n_before++;
  for (size_t i = 0; i < c->n_before; i++)
    if (builtin_find (ch->steps[i].desc) == &write_ops
        && write_check (&ch->steps[i], c->recordings, c->n_recordings, f) != FNX_OK)
      return f->code;
  /* A file that is not there is found before the first is worked on. */
  for (size_t i = 0; i < c->n_recordings; i++)
    for (size_t k = 0; k < c->recordings[i].n_sources; k++) {
      const char *rest;

      if (!registry_reader (c->recordings[i].sources[k].name, &rest, f))
        return f->code;
      if (ses->outputs && rest == c->recordings[i].sources[k].name && output_protect (ses->outputs, rest, f) != FNX_OK)
        return f->code;
    }
  s = recording_open (ses, &c->recordings[0], ch->steps, c->n_before, &first, f);
  if (s == FNX_OK) {
    forget_names (&first, c);
    list_fitted_on_all (ses, &first);
  }
  if (s == FNX_OK && c->n_before < ch->n_steps)
    s = plan_cohort (c, &first, f);
  scope_end (&first);
  if (s == FNX_OK)
    s = plan_others (c, f);
  if (s != FNX_OK)
    tell_events (c, f);
  return s;
}

/* A recording through its own steps; what goes on to the cohort is put into
 * parts[slot * n_recordings + r] (NULL: there is no cohort step). */
static fnx_status
run_one (cohort *c, size_t r, const fnx_buf **parts, fault *f)
{
  scope s;
  fnx_status st = recording_open (c->ses, &c->recordings[r], c->chain->steps, c->n_before, &s, f);
  size_t k = r;

  if (st == FNX_OK)
    forget_names (&s, c);
  /* A cohort digests all its inputs together, once they are joined. */
  if (st == FNX_OK && !parts && chain_keeps (c->chain))
    s.provenance = provenance_of (c->chain, c->ses->seed, &c->recordings[r], 1);
  if (st == FNX_OK)
    st = scope_run (&s, 0, s.n_nodes, f);
  if (st == FNX_OK && !parts && c->on_result)
    st = c->on_result (c->on_arg, &c->recordings[r], s.slots[s.main].value, f);
  for (int i = 0; i < s.n_slots && st == FNX_OK && parts; i++)
    if (goes_on (&s, i)) {
      parts[k] = recording_numbered (recording_labelled (s.slots[i].value, &c->recordings[r], f), f);
      s.slots[i].value = NULL;
      if (!parts[k])
        st = f->code;
      k += c->n_recordings;
    }
  scope_end (&s);
  return st;
}

/* Slot k of the cohort: all recordings' parts joined. */
static fnx_status
join_slot (cohort *c, int k, const fnx_buf *const *parts, fault *f)
{
  const char **names = calloc (c->n_recordings, sizeof *names);
  fnx_buf *all;

  if (!names)
    return fault_memory (f);
  for (size_t i = 0; i < c->n_recordings; i++)
    names[i] = c->recordings[i].id;
  all = c->n_recordings == 1 ? (fnx_buf *)(uintptr_t)buffer_ref (parts[0])
                             : buffer_join (parts, c->n_recordings, sample_axis (buffer_spec (parts[0])), names, f);
  free (names);
  if (!all)
    return f->code;
  scope_give (&c->all, k, all);
  return scope_respec (&c->all, k, buffer_spec (all), f);
}

static fnx_status
put_provenance (cohort *c, size_t n_slots, fault *f)
{
  char *json = provenance_of (c->chain, c->ses->seed, c->recordings, c->n_recordings);
  fnx_status s = FNX_OK;

  /* What was joined is ours alone still; one recording's part was labelled, so
   * it is ours too. */
  for (size_t k = 0; k < n_slots && s == FNX_OK; k++)
    s = provenance_put ((fnx_buf *)(uintptr_t)c->all.slots[k].value, json, f);
  free (json);
  return s;
}

static fnx_status
run_cohort (cohort *c, fault *f)
{
  size_t n = c->n_recordings, n_slots = 0;
  const fnx_buf **parts; /* n of each slot */
  fnx_status s = FNX_OK;

  while ((int)n_slots < c->all.n_slots && (c->all.n_nodes == 0 || (int)n_slots < c->all.nodes[0].first_slot))
    n_slots++;
  parts = calloc (n, (n_slots + 1) * sizeof *parts);
  if (!parts)
    return fault_memory (f);
  for (size_t r = 0; r < n && s == FNX_OK; r++)
    s = run_one (c, r, parts, f);
  for (size_t k = 0; k < n_slots && s == FNX_OK; k++) {
    s = join_slot (c, (int)k, parts + k * n, f);
    buffers_unref (parts + k * n, n); /* at once: a cohort may fill the memory */
  }
  buffers_unref (parts, n_slots * n);
  free (parts);
  if (s == FNX_OK && chain_keeps (c->chain))
    s = put_provenance (c, n_slots, f);
  for (int i = 0; i < c->all.n_nodes && s == FNX_OK; i++) {
    s = node_negotiate (&c->all, &c->all.nodes[i], f);
    if (s == FNX_OK)
      s = scope_run (&c->all, i, 1, f);
  }
  return s;
}

fnx_status
cohort_run (cohort *c, fault *f)
{
  if (c->n_before < c->chain->n_steps)
    return run_cohort (c, f);
  for (size_t r = 0; r < c->n_recordings; r++)
    if (run_one (c, r, NULL, f) != FNX_OK)
      return f->code;
  return FNX_OK;
}

void
cohort_close (cohort *c)
{
  scope_end (&c->all);
  recordings_free (c->recordings, c->n_recordings);
  c->recordings = NULL;
}
