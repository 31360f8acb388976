/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is evaluated apart (per=), and who trains and who is tested (cv=).
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_impl.h"
#include "core/memo.h"
#include "core/param.h"
#include "core/prepared.h"

const protocol protocols[] = {
  { "stratified", FOLDS_STRATIFIED, NULL, NULL, NULL, NULL },
  { "kfold", FOLDS_KFOLD, NULL, NULL, NULL, NULL },
  { "leave-one-out", FOLDS_LEAVE_ONE_OUT, NULL, NULL, NULL, NULL },
  { "within-session", FOLDS_STRATIFIED, NULL, "subject", "session", NULL },
  { "cross-session", FOLDS_LEAVE_GROUP_OUT, "session", "subject", NULL, NULL },
  { "cross-subject", FOLDS_LEAVE_GROUP_OUT, "subject", NULL, NULL, "session" },
  { "leave-one-run-out", FOLDS_LEAVE_GROUP_OUT, "run", NULL, NULL, NULL },
  { "leave-one-group-out", FOLDS_LEAVE_GROUP_OUT, NULL, NULL, NULL, NULL },
  { "group-kfold", FOLDS_GROUP_KFOLD, NULL, NULL, NULL, NULL },
};

/* The same order: cv= is an index into both. */
const char *const protocol_names[] = { "stratified",        "kfold",
                                       "leave-one-out",     "within-session",
                                       "cross-session",     "cross-subject",
                                       "leave-one-run-out", "leave-one-group-out",
                                       "group-kfold",       NULL };

/* ---- one group: targets, folds -------------------------------------------------- */

/* Codes of a column for folds; NULL and a fault if it is absent. */
static const int32_t *
codes_of (call *c, const fnx_buf *b, const char *axis, const char *column, int32_t *n, const char *const **names)
{
  return c->api.buf->classes (&c->api, b, axis, column, n, names);
}

/* Index lists, marks and parts of the folds. */
static fnx_status
make_sets (group *g, call *c, const char *axis, const folds_plan *plan, fault *f)
{
  const char *score = protocols[g->e->set.cv].score;
  int32_t n_code = 0;
  const int32_t *code = NULL;
  const char *const *names = NULL;
  fnx_status st;

  g->sets = calloc (g->folds->n, sizeof *g->sets);
  st = g->sets ? item_sets (g->folds, 0, g->sets, f) : fault_memory (f);
  if (st == FNX_OK && plan->calibration)
    st = item_sets_mark (g->folds, plan->groups, g->sets, f);
  if (score && st == FNX_OK && !(code = codes_of (c, g->input[0], axis, score, &n_code, &names)))
    fault_clear (f); /* all are of one */
  return st == FNX_OK ? parts_make (&g->parts, g->folds, g->sets, plan->group_names, code, n_code, names, f) : st;
}

static fnx_status
make_folds (group *g, call *c, const char *axis, fault *f)
{
  const eval_settings *set = &g->e->set;
  const char *by = set->group ? set->group : protocols[set->cv].group;
  folds_plan plan = { .kind = protocols[set->cv].kind,
                      .n = g->n,
                      .classes = g->codes,
                      .n_class = g->n_class,
                      .class_names = g->classes,
                      .k = (int)set->folds,
                      .shuffle = set->shuffle,
                      .seed = (uint64_t)set->seed,
                      .group_by = by,
                      .calibration = set->calibration };

  if (plan.kind == FOLDS_STRATIFIED && !g->codes)
    plan.kind = FOLDS_KFOLD;
  if (!g->codes && !g->number && plan.kind == FOLDS_KFOLD)
    plan.shuffle = false; /* moments of a recording depend on their neighbours */
  if (plan.kind == FOLDS_LEAVE_GROUP_OUT || plan.kind == FOLDS_GROUP_KFOLD) {
    if (!by)
      return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                        "cv=%s needs the column that is left out\nwrite group=site, or another column",
                        protocols[set->cv].name);
    plan.groups = codes_of (c, g->input[0], axis, by, &plan.n_group, &plan.group_names);
    if (!plan.groups)
      return fault_set (
          f, EXIT_DATA, FNX_E_DATA,
          "cv=%s needs a column \"%s\", and the recordings have none\ngive a recordings table with that column",
          protocols[set->cv].name, by);
  }
  if (plan.calibration && (plan.kind != FOLDS_LEAVE_GROUP_OUT || !g->codes))
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                      "calibration=%" PRId64 " goes with classes and a cv that leaves a group out\n"
                      "use cv=cross-subject, cross-session, leave-one-run-out or leave-one-group-out",
                      set->calibration);
  g->folds = folds_make (&plan, f);
  return g->folds ? make_sets (g, c, axis, &plan, f) : f->code;
}

/* The one value of a column on the test items of a fold; NULL: several, or none. */
static const char *
value_of (const item_set *set, const int32_t *codes, const char *const *names)
{
  for (int64_t i = 1; codes && i < set->n_test; i++)
    if (codes[set->test[i]] != codes[set->test[0]])
      return NULL;
  return codes && set->n_test && codes[set->test[0]] >= 0 ? names[codes[set->test[0]]] : NULL;
}

/* Whom the folds test: what compare pairs. */
static fnx_status
tell_places (const group *g, call *c, const char *axis, report *r, fault *f)
{
  const char *const columns[2] = { "subject", g->e->set.dataset };
  const char **value[2];
  fnx_status st = FNX_OK;

  for (int k = 0; k < 2; k++) {
    const char *const *names = NULL;
    int32_t n = 0;
    const int32_t *codes = codes_of (c, g->input[0], axis, columns[k], &n, &names);

    if (!codes)
      fault_clear (f);
    value[k] = calloc (g->folds->n + 1, sizeof *value[k]);
    for (size_t i = 0; value[k] && i < g->folds->n; i++)
      value[k][i] = value_of (&g->sets[i], codes, names);
  }
  st = value[0] && value[1] ? report_places (r, g->name, g->folds->n, value[0], value[1], f) : fault_memory (f);
  free (value[0]);
  free (value[1]);
  return st;
}

/* The targets as numbers, as spoc and regress read them: numbers, texts that
 * are, or two classes for 0 and 1. */
static const double *
numbers_of (call *c, const fnx_buf *b, const char *axis, int64_t n, fault *f)
{
  const fnx_column *col = buffer_column (b, axis, "target");
  double *y = c->api.scratch (&c->api, ((size_t)n + 1) * sizeof *y);
  const char *const *names;
  const int32_t *code;
  int64_t i = 0;
  int32_t n_class;

  if (!y)
    return NULL;
  for (; i < n && (col->reals || (col->texts[i] && number_parse (col->texts[i], &y[i]))); i++)
    y[i] = col->reals ? col->reals[i] : y[i];
  if (i == n)
    return y;
  if (!(code = codes_of (c, b, axis, "target", &n_class, &names)))
    return NULL;
  if (n_class != 2) {
    fault_set (f, EXIT_DATA, FNX_E_DATA,
               "the target of item %" PRId64 " is %s, and a regression predicts numbers\n"
               "end with a classifier, as in  ! svm  , or give numbers: events called 0.35, or a recordings table",
               i + 1, col->texts[i] ? col->texts[i] : "missing");
    return NULL;
  }
  for (i = 0; i < n; i++)
    y[i] = code[i] < 0 ? NAN : (double)code[i];
  return y;
}

/* What the group is to be predicted: g->codes, or g->number. */
static fnx_status
take_targets (group *g, call *c, const char *axis, aim what, fault *f)
{
  if (what == AIM_NUMBERS)
    return (g->number = numbers_of (c, g->input[0], axis, g->n, f)) ? FNX_OK : f->code;
  if (what == AIM_CLASSES) {
    g->codes = codes_of (c, g->input[0], axis, "target", &g->n_class, &g->classes);
    if (!g->codes)
      return f->code;
    if (g->n_class < 2)
      return fault_set (f, EXIT_DATA, FNX_E_DATA,
                        "%s%" PRId64 " item%s%s%s %s%s: two classes are needed\n"
                        "name the events of two classes, as in  ! epoch on=T1,T2",
                        g->n > 1 ? "all " : "", g->n, g->n > 1 ? "s" : "", *g->name ? " of " : "", g->name,
                        !g->n_class ? "without a target"
                        : g->n > 1  ? "are of one class, "
                                    : "is of class ",
                        g->n_class ? g->classes[0] : "");
  }
  return FNX_OK;
}

/* Each pipeline on the same folds; what they begin with in common runs once. */
static fnx_status
run_pipelines (group *g, report *r, fault *f)
{
  evaluate *e = g->e;
  prepared *rows = prepared_new (f);
  memo *common = rows ? memo_new (e->pipe, e->n_pipes) : NULL;
  fnx_status st = rows ? FNX_OK : f->code;
  double value = NAN;

  for (size_t i = 0; i < e->n_pipes && st == FNX_OK; i++) {
    g->pipe = &e->pipe[i];
    g->pipe->memo = common;
    g->pipe->prepared = rows;
    report_pipeline (r, e->name ? e->name[i] : NULL);
    if (e->name)
      session_stage (g->s->ses, STAGE_PIPELINE, e->name[i], i + 1, e->n_pipes);
    st = run_group (g, r, &value, f);
    if (st == FNX_OK && e->set.permutations && (g->codes || g->number))
      st = evaluate_permuted (g, r, value, f);
  }
  memo_free (common);
  prepared_free (rows);
  for (size_t i = 0; i < e->n_pipes; i++) {
    e->pipe[i].memo = NULL;
    e->pipe[i].prepared = NULL;
  }
  return st;
}

/* call_end (.., OK) clears what a tried lookup left, but this fault is ours. */
static void
end_call (call *c, fault *f)
{
  fault kept = *f;

  *f = (fault)FAULT_INIT;
  call_end (c, FNX_OK);
  *f = kept;
}

/* The items `idx` as a group of their own. */
static fnx_status
evaluate_group (evaluate *e, scope *s, const fnx_buf *const *whole, int64_t n_all, const int64_t *idx, int64_t n,
                const char *name, aim what, report *r, fault *f)
{
  group g = { .e = e, .s = s, .n = n, .name = name };
  const char *axis = buffer_spec (whole[0])->axes[sample_axis (buffer_spec (whole[0]))]->name;
  fnx_status st = FNX_OK;
  int n_inputs = e->pipe[0].n_inputs; /* pipelines see the same slots from outside */
  call c;

  g.input = calloc ((size_t)n_inputs, sizeof *g.input);
  if (!g.input)
    return fault_memory (f);
  if (call_begin (&c, s->ses, "evaluate", name, 0, f) != FNX_OK) {
    free (g.input);
    return f->code;
  }
  for (int i = 0; i < n_inputs && st == FNX_OK; i++) {
    g.input[i] = idx ? items_of (whole[i], n_all, idx, n, f) : buffer_ref (whole[i]);
    if (!g.input[i])
      st = f->code;
  }
  if (st == FNX_OK)
    st = take_targets (&g, &c, axis, what, f);
  if (st == FNX_OK)
    st = make_folds (&g, &c, axis, f);
  if (st == FNX_OK && e->name)
    st = tell_places (&g, &c, axis, r, f);
  if (st == FNX_OK)
    st = run_pipelines (&g, r, f);
  parts_free (&g.parts);
  if (g.folds)
    item_sets_free (g.sets, g.folds->n);
  folds_free (g.folds);
  buffers_unref (g.input, (size_t)n_inputs);
  free (g.input);
  end_call (&c, f);
  return st;
}

/* ---- groups ------------------------------------------------------------------- */

enum { MOST_BY = 10 };

/* The columns whose values part the items; a cell is one value of each. */
typedef struct parting {
  const char *by[MOST_BY];
  const int32_t *codes[MOST_BY]; /* NULL: all items are of one value */
  const char *const *names[MOST_BY];
  int32_t count[MOST_BY];
  size_t n;
  int64_t cells;
} parting;

/* What per= names, or else what the protocol does apart. */
static void
parting_columns (parting *p, const eval_settings *set)
{
  const protocol *cv = &protocols[set->cv];

  for (size_t i = 0; i < set->n_per; i++)
    p->by[p->n++] = set->per[i];
  if (!p->n && cv->per)
    p->by[p->n++] = cv->per;
  if (p->n && !set->n_per && cv->per2)
    p->by[p->n++] = cv->per2;
}

static fnx_status
parting_codes (parting *p, call *c, const fnx_buf *b, const char *axis, bool asked, fault *f)
{
  static const char *const only[] = { "" };

  p->cells = 1;
  for (size_t i = 0; i < p->n; i++) {
    p->codes[i] = codes_of (c, b, axis, p->by[i], &p->count[i], &p->names[i]);
    if (!p->codes[i]) {
      fault_clear (f);
      if (asked)
        return fault_set (f, EXIT_DATA, FNX_E_DATA,
                          "per=%s: the %ss have no such column\nBIDS file names or a recordings table give it",
                          p->by[i], axis);
      /* One subject or session, never named: all are it. */
      p->names[i] = only;
      p->count[i] = 1;
    }
    p->cells *= p->count[i];
  }
  return FNX_OK;
}

/* The items of a cell into idx, and what they are called: "S1/2". */
static int64_t
parting_cell (const parting *p, int64_t cell, int64_t n, int64_t *idx, char *name, size_t room)
{
  int32_t want[MOST_BY] = { 0 };
  int64_t m = 0;

  name[0] = 0;
  for (size_t i = p->n; i-- > 0; cell /= p->count[i])
    want[i] = (int32_t)(cell % p->count[i]);
  for (size_t i = 0; i < p->n; i++)
    if (*p->names[i][want[i]])
      snprintf (name + strlen (name), room - strlen (name), "%s%s", *name ? "/" : "", p->names[i][want[i]]);
  for (int64_t t = 0; t < n; t++) {
    bool in = true;

    for (size_t i = 0; i < p->n; i++)
      in = in && (!p->codes[i] || p->codes[i][t] == want[i]);
    if (in)
      idx[m++] = t;
  }
  return m;
}

/* Part the items by the values of the per= columns, in sorted order. */
fnx_status
evaluate_groups (evaluate *e, scope *s, const fnx_buf *const *whole, int64_t n, aim what, report *r, fault *f)
{
  const char *axis = buffer_spec (whole[0])->axes[sample_axis (buffer_spec (whole[0]))]->name;
  parting p = { .n = 0 };
  int64_t *idx;
  fnx_status st;
  call c;

  parting_columns (&p, &e->set);
  if (!p.n)
    return evaluate_group (e, s, whole, n, NULL, n, "", what, r, f);
  if (call_begin (&c, s->ses, "evaluate", s->recording, 0, f) != FNX_OK)
    return f->code;
  idx = malloc ((size_t)(n + 1) * sizeof *idx);
  st = idx ? parting_codes (&p, &c, whole[0], axis, e->set.n_per > 0, f) : fault_memory (f);
  for (int64_t cell = 0; st == FNX_OK && cell < p.cells; cell++) {
    char name[512];
    int64_t m = parting_cell (&p, cell, n, idx, name, sizeof name);

    session_stage (s->ses, STAGE_GROUP, name, (uint64_t)cell + 1, (uint64_t)p.cells);
    if (m)
      st = evaluate_group (e, s, whole, n, idx, m, name, what, r, f);
  }
  free (idx);
  end_call (&c, f);
  return st == FNX_OK ? report_mean (r, f) : st;
}
