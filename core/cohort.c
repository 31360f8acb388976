/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings through the steps that each passes alone, then joined for the
 * steps that need all of them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/output.h"
#include "core/scan.h"
#include "core/provenance.h"

int
sample_axis (const fnx_spec *s)
{
  static const char *const names[] = { "trial", "subject", "row" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (s->ndim && !strcmp (s->axes[0]->name, names[i]))
      return 0;
  /* Samples of an encoding model are moments: features[time,feature], voxels[voxel,time]. */
  if (!strcmp (s->kind, "features") || !strcmp (s->kind, "voxels"))
    return spec_axis_index (s, "time");
  return -1;
}

/* ---- one recording ---------------------------------------------------------------- */

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
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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

typedef struct label_count {
  const char *label;
  int n;
} label_count;

static int
by_label (const void *a, const void *b)
{
  return strcmp (((const label_count *)a)->label, ((const label_count *)b)->label);
}

char *
events_text (const fnx_events *e, char *text, size_t n)
{
  label_count seen[64];
  size_t k = 0, at = 0;

  text[0] = 0;
  for (size_t i = 0; i < e->n; i++) {
    size_t j = 0;

    while (j < k && strcmp (seen[j].label, e->label[i]))
      j++;
    if (j == k && k < 64)
      seen[k++] = (label_count){ e->label[i], 0 };
    if (j < k)
      seen[j].n++;
  }
  qsort (seen, k, sizeof *seen, by_label);
  for (size_t j = 0; j < k && at < n; j++) {
    int w = snprintf (text + at, n - at, "%s%s %d", j ? ", " : "", seen[j].label, seen[j].n);

    at += w > 0 ? (size_t)w : 0;
  }
  return text;
}

/* ---- joining ----------------------------------------------------------------------------- */

static fnx_status
set_text_column (fnx_buf *b, const char *axis, const char *name, const char *value, fault *f)
{
  int64_t n = spec_axis (buffer_spec (b), axis)->size;
  const char **texts = calloc ((size_t)n + 1, sizeof *texts);
  double *reals = malloc (((size_t)n + 1) * sizeof *reals), number = 0;
  bool numeric = value && number_parse (value, &number) && strcmp (name, "subject") && strcmp (name, "session")
                 && strcmp (name, "recording");
  fnx_column c = { .struct_size = sizeof c, .name = name };
  fnx_status s = FNX_E_NOMEM;

  for (int64_t i = 0; texts && reals && i < n; i++) {
    texts[i] = value;
    reals[i] = number;
  }
  c.type = numeric ? FNX_COL_REAL : FNX_COL_TEXT;
  c.reals = numeric ? reals : NULL;
  c.texts = numeric ? NULL : texts;
  if (texts && reals)
    s = buffer_set_column (b, axis, &c, f);
  else
    fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  free (texts);
  free (reals);
  return s;
}

/* A result without a sample axis is one sample: connectivity[region,region]
 * becomes connectivity[subject,region,region]. */
static fnx_buf *
raised (const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis subject = { .struct_size = sizeof subject, .name = "subject", .size = 1 };
  const fnx_axis *axes[FNX_MAX_DIM];
  fnx_spec up = *s;
  fnx_buf *n;

  if (s->ndim >= FNX_MAX_DIM) {
    fault_set (f, EXIT_DATA, FNX_E_SPEC, "too many axes to join recordings");
    return NULL;
  }
  axes[0] = &subject;
  memcpy (axes + 1, s->axes, (size_t)s->ndim * sizeof *axes);
  up.axes = axes;
  up.ndim++;
  n = buffer_like (b, &up, f);
  if (n)
    memcpy (buffer_write (n, NULL), buffer_read (b)->data, spec_count (s) * dtype_size (s->dtype));
  return n;
}

/* Asked anew for every column: setting one replaces the spec. */
static const char *
sample_name (const fnx_buf *b)
{
  const fnx_spec *s = buffer_spec (b);

  return s->axes[sample_axis (s)]->name;
}

/* What a recording gave, with a sample axis and the recording's columns on it.
 * Consumes b: the last reference is written, not copied. */
static fnx_buf *
labelled (const fnx_buf *b, const recording *r, fault *f)
{
  bool whole = sample_axis (buffer_spec (b)) < 0;
  fnx_buf *own = whole ? raised (b, f) : buffer_own (b, f);

  if (whole)
    buffer_unref (b);
  if (!own)
    return NULL;
  if (set_text_column (own, sample_name (own), "recording", r->id, f) != FNX_OK)
    goto failed;
  for (size_t i = 0; i < r->n_columns; i++) {
    const char *v = strcmp (r->value[i], "n/a") ? r->value[i] : NULL;

    if (set_text_column (own, sample_name (own), r->column[i], v, f) != FNX_OK)
      goto failed;
  }
  return own;
failed:
  buffer_unref (own);
  return NULL;
}

fnx_status
recording_label (const recording *r, scope *s, int k, fault *f)
{
  const fnx_buf *b = s->slots[k].value;
  fnx_spec *spec;

  if (!b || sample_axis (buffer_spec (b)) != 0)
    return FNX_OK;
  s->slots[k].value = NULL;
  b = labelled (b, r, f);
  if (!b)
    return f->code;
  s->slots[k].value = b;
  spec = spec_copy (buffer_spec (b));
  if (!spec)
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  free (s->slots[k].spec);
  s->slots[k].spec = spec;
  return FNX_OK;
}

/* The joined spec as far as one recording tells it: columns by name, a sample
 * axis of unknown length. */
static fnx_spec *
joined_spec (const fnx_spec *s, const recording *r)
{
  fnx_column cols[64];
  const fnx_column *list[128];
  const fnx_axis *axes[FNX_MAX_DIM];
  fnx_axis a;
  fnx_spec up = *s;
  int k = sample_axis (s), at = k < 0 ? 0 : k;
  size_t n = 0, n_own = 0;

  if (k < 0 && s->ndim < FNX_MAX_DIM) {
    a = (fnx_axis){ .struct_size = sizeof a, .name = "subject" };
    memcpy (axes + 1, s->axes, (size_t)s->ndim * sizeof *axes);
    up.ndim++;
  } else {
    memcpy (axes, s->axes, (size_t)s->ndim * sizeof *axes);
    a = *s->axes[at];
  }
  for (const fnx_column *const *c = a.columns; c && *c && n < 60; c++)
    list[n++] = *c;
  for (size_t i = 0; i <= r->n_columns && n_own < 60; i++) {
    cols[n_own] = (fnx_column){ .struct_size = sizeof *cols,
                                .type = FNX_COL_TEXT,
                                .name = i < r->n_columns ? r->column[i] : "recording" };
    list[n++] = &cols[n_own++];
  }
  list[n] = NULL;
  a.size = FNX_UNKNOWN;
  a.columns = list;
  axes[at] = &a;
  up.axes = axes;
  return spec_copy (&up);
}

static void
drop_parts (fnx_buf **parts, size_t n)
{
  for (size_t i = 0; parts && i < n; i++)
    buffer_unref (parts[i]);
  free (parts);
}

/* ---- the cohort ------------------------------------------------------------------------------ */

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
      return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
  if (plan_resolve (ch, f) != FNX_OK)
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

static fnx_status
run_one (cohort *c, size_t r, fnx_buf ***parts, fault *f)
{
  scope s;
  fnx_status st = recording_open (c->ses, &c->recordings[r], c->chain->steps, c->n_before, &s, f);
  int k = 0;

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
      parts[k][r] = labelled (s.slots[i].value, &c->recordings[r], f);
      s.slots[i].value = NULL;
      if (!parts[k++][r])
        st = f->code;
    }
  scope_end (&s);
  return st;
}

/* Slot k of the cohort: all recordings' parts joined. */
static fnx_status
join_slot (cohort *c, int k, fnx_buf **parts, fault *f)
{
  const char **names = calloc (c->n_recordings, sizeof *names);
  fnx_buf *all;

  if (!names)
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  for (size_t i = 0; i < c->n_recordings; i++)
    names[i] = c->recordings[i].id;
  all = c->n_recordings == 1 ? (fnx_buf *)(uintptr_t)buffer_ref (parts[0])
                             : buffer_join ((const fnx_buf *const *)parts, c->n_recordings,
                                            sample_axis (buffer_spec (parts[0])), names, f);
  free (names);
  if (!all)
    return f->code;
  free (c->all.slots[k].spec);
  c->all.slots[k].spec = spec_copy (buffer_spec (all));
  scope_give (&c->all, k, all);
  return c->all.slots[k].spec ? FNX_OK : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
  size_t n_slots = 0;
  fnx_buf ***parts;
  fnx_status s = FNX_OK;

  while ((int)n_slots < c->all.n_slots && (c->all.n_nodes == 0 || (int)n_slots < c->all.nodes[0].first_slot))
    n_slots++;
  parts = calloc (n_slots + 1, sizeof *parts);
  if (!parts)
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  for (size_t k = 0; k < n_slots && s == FNX_OK; k++)
    if (!(parts[k] = calloc (c->n_recordings, sizeof **parts)))
      s = fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  for (size_t r = 0; r < c->n_recordings && s == FNX_OK; r++)
    s = run_one (c, r, parts, f);
  for (size_t k = 0; k < n_slots && s == FNX_OK; k++) {
    s = join_slot (c, (int)k, parts[k], f);
    drop_parts (parts[k], c->n_recordings);
    parts[k] = NULL;
  }
  for (size_t k = 0; k < n_slots; k++)
    drop_parts (parts[k], c->n_recordings);
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
