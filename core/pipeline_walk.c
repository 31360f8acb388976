/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The settings of a pipeline as a tree, walked depth first for all training
 * sets at once.  See pipeline.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/learned.h"
#include "core/memo.h"
#include "core/pipeline.h"
#include "core/pool.h"
#include "core/prepared.h"

enum { SETS_MIN = 4 }; /* on their way at once, also with fewer threads */

/* Values on their way, by slot: one for all sets, or training and test items
 * of each set. */
typedef struct value {
  const fnx_buf *all;
  const fnx_buf **train, **test; /* n_sets; NULL while `all` serves */
} value;

typedef struct walk {
  pipeline *p;
  value *values; /* by slot */
  int64_t n_items;
  const item_set *sets;
  size_t n_sets;
  size_t first, end; /* of the sets now on their way */
  size_t leaves;     /* candidates times sets that are done */
  int64_t only;
  size_t candidate;
  pipeline_leaf leaf;
  void *arg;
  bool grouped;  /* some sets are on their way, not all */
  fault pending; /* of a set behind those that are still on their way */
  /* of the running depth */
  int k;
  const fnx_buf *rows; /* what its step works out of each item; or NULL */
  fault *faults;       /* n_sets: jobs must not share one */
} walk;

static void
forget (walk *w, int i)
{
  value *v = &w->values[i];

  buffer_unref (v->all);
  for (size_t j = 0; j < w->n_sets; j++) {
    if (v->train)
      buffer_unref (v->train[j]);
    if (v->test)
      buffer_unref (v->test[j]);
  }
  free (v->train);
  free (v->test);
  *v = (value){ NULL, NULL, NULL };
}

/* Training items with the column that says which of them are of what is tested.
 * Consumes the reference. */
static const fnx_buf *
marked (const fnx_buf *b, const item_set *s, fault *f)
{
  const fnx_column c
      = { .struct_size = sizeof c, .type = FNX_COL_REAL, .name = "calibration", .reals = s->calibration };
  fnx_buf *own;

  if (!b || !s->calibration || sample_axis (buffer_spec (b)) != 0 || buffer_spec (b)->axes[0]->size != s->n_train)
    return b;
  own = buffer_own (b, f);
  if (own && buffer_set_column (own, buffer_spec (own)->axes[0]->name, &c, f) != FNX_OK) {
    buffer_unref (own);
    own = NULL;
  }
  return own;
}

/* The training or test part of slot i for set j: a new reference. */
static const fnx_buf *
part (const walk *w, int i, size_t j, bool test, fault *f)
{
  const value *v = &w->values[i];
  const item_set *s = &w->sets[j];

  if (!v->all)
    return buffer_ref (test ? v->test[j] : v->train[j]);
  if (test)
    return items_of (v->all, w->n_items, s->test, s->n_test, f);
  return marked (items_of (v->all, w->n_items, s->train, s->n_train, f), s, f);
}

static fnx_status
parts_of (const walk *w, const node *n, size_t j, bool test, const fnx_buf **in, fault *f)
{
  for (int i = 0; i < n->n_in; i++)
    if (n->from[i] >= 0) {
      in[i] = part (w, n->from[i], j, test, f);
      if (!in[i])
        return f->code;
    }
  return FNX_OK;
}

static void
put (const walk *w, const node *n, size_t j, bool test, const fnx_buf **out)
{
  for (int i = 0; i < n->n_out; i++) {
    const value *v = &w->values[n->first_slot + i];

    (test ? v->test : v->train)[j] = out[i];
    out[i] = NULL;
  }
}

typedef struct teller {
  const pipeline *p;
  size_t set;
} teller;

static void
tell (void *arg, const char *step, const char *name, const char *text)
{
  const teller *t = arg;

  t->p->told (t->p->told_arg, t->set, step, name, text);
}

/* One step for one set: fit on training items, then both through it. */
static fnx_status
run_set (void *arg, size_t i, uint32_t worker)
{
  walk *w = arg;
  size_t j = w->first + i;
  node *n = &w->p->sub.nodes[w->k];
  scope s = w->p->sub;
  bool last = w->k + 1 == w->p->sub.n_nodes;
  const fnx_buf *train[MAX_PORTS] = { NULL }, *test[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL }, *rows = NULL;
  fnx_model *model = NULL;
  fault *f = &w->faults[j];
  fnx_status st;

  (void)worker;
  s.fold = w->sets[j].fold;
  st = n->estimator || !last ? parts_of (w, n, j, false, train, f) : FNX_OK;
  if (st == FNX_OK)
    st = parts_of (w, n, j, true, test, f);
  if (n->estimator) {
    if (st == FNX_OK && w->rows && !(rows = items_of (w->rows, w->n_items, w->sets[j].train, w->sets[j].n_train, f)))
      st = f->code;
    if (st == FNX_OK)
      st = node_fit (&s, n, train, rows, &model, f);
    if (st == FNX_OK && w->p->told)
      st = learned_ask (&s, n, model, tell, &(teller){ w->p, j }, f);
    if (st == FNX_OK && !last && (st = node_apply (&s, n, model, train, out, f)) == FNX_OK)
      put (w, n, j, false, out);
    if (st == FNX_OK && (st = node_apply (&s, n, model, test, out, f)) == FNX_OK)
      put (w, n, j, true, out);
    if (model)
      n->estimator->model_free (model);
  } else {
    if (st == FNX_OK && !last && (st = node_run (&s, n, train, out, f)) == FNX_OK)
      put (w, n, j, false, out);
    if (st == FNX_OK && (st = node_run (&s, n, test, out, f)) == FNX_OK)
      put (w, n, j, true, out);
  }
  buffers_unref (train, MAX_PORTS);
  buffers_unref (test, MAX_PORTS);
  buffers_unref (out, MAX_PORTS);
  buffer_unref (rows);
  if (st == FNX_OK && last)
    st = w->leaf (w->arg, w->candidate, j, w->values[n->first_slot].test[j], f);
  return st;
}

/* Does the step see the same items whatever the set? */
static bool
sees_all (const walk *w, const node *n)
{
  for (int i = 0; i < n->n_in; i++)
    if (n->from[i] >= 0 && !w->values[n->from[i]].all)
      return false;
  return true;
}

/* May the step run once for all sets? */
static bool
once_for_all (const walk *w, const node *n)
{
  return !n->estimator && (n->desc->flags & FNX_S_ITEMWISE) && sees_all (w, n);
}

static fnx_status
run_all (walk *w, node *n, fault *f)
{
  const fnx_buf *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
  const fnx_buf **kept = memo_place (w->p->memo, w->p, w->k);
  fnx_status st = FNX_OK;

  for (int i = 0; i < n->n_in; i++)
    in[i] = n->from[i] < 0 ? NULL : w->values[n->from[i]].all;
  if (!kept || !kept[0])
    st = node_run (&w->p->sub, n, in, out, f);
  for (int i = 0; i < n->n_out && st == FNX_OK; i++) {
    if (kept && kept[i])
      out[i] = buffer_ref (kept[i]);
    else if (kept)
      kept[i] = buffer_ref (out[i]);
    w->values[n->first_slot + i].all = out[i];
  }
  if (st == FNX_OK && w->k + 1 == w->p->sub.n_nodes)
    for (size_t j = w->first; j < w->end && st == FNX_OK; j++) {
      const fnx_buf *test = part (w, n->first_slot, j, true, f);

      st = test ? w->leaf (w->arg, w->candidate, j, test, f) : f->code;
      buffer_unref (test);
    }
  return st;
}

static fnx_status
prepare (walk *w, const node *n, fault *f)
{
  const fnx_buf *in[MAX_PORTS] = { NULL };

  for (int i = 0; i < n->n_in; i++)
    in[i] = n->from[i] < 0 ? NULL : w->values[n->from[i]].all;
  return prepared_rows (w->p->prepared, w->p, w->k, in, &w->rows, f);
}

/* What a user is told must not depend on how many sets are on their way at once,
 * which is a matter of threads: a fault in a later block of SETS_MIN sets waits
 * until the blocks before it have gone all the way, as they would have alone. */
static fnx_status
settle_faults (walk *w, fnx_status st, fault *f)
{
  size_t j = w->first, block;

  while (j < w->end && !w->faults[j].text)
    j++;
  if (st == FNX_OK || j == w->end)
    return st;
  block = j - j % SETS_MIN;
  if (block > w->first) {
    fault_clear (&w->pending);
    fault_move (&w->pending, &w->faults[j]);
    w->end = block;
    st = FNX_OK;
  } else
    fault_move (f, &w->faults[j]);
  for (j = 0; j < w->n_sets; j++)
    fault_clear (&w->faults[j]);
  return st;
}

static fnx_status
run_sets (walk *w, node *n, fault *f)
{
  fnx_status st = FNX_OK;

  for (int i = 0; i < n->n_out; i++) {
    value *v = &w->values[n->first_slot + i];

    v->train = calloc (w->n_sets, sizeof *v->train);
    v->test = calloc (w->n_sets, sizeof *v->test);
    if (!v->train || !v->test)
      return fault_memory (f);
  }
  if (n->prepare && sees_all (w, n) && (st = prepare (w, n, f)) != FNX_OK)
    return st;
  st = settle_faults (w, pool_run (w->end - w->first, run_set, w), f);
  buffer_unref (w->rows);
  w->rows = NULL;
  return st;
}

/* The last step of so many candidates has run for the sets on their way. */
static void
tell_search (walk *w, size_t candidates)
{
  size_t done = (w->leaves += candidates * (w->end - w->first)) / w->n_sets;

  if (done >= w->p->n_candidates)
    session_stage (w->p->sub.ses, STAGE_SEARCH, NULL, 0, 0);
  else if (w->only < 0 && w->p->n_candidates > 1)
    session_stage (w->p->sub.ses, STAGE_SEARCH, "search", done + 1, w->p->n_candidates);
}

static fnx_status walk_from (walk *w, int k, fault *f);

/* As many as there are threads, in whole blocks. */
static size_t
sets_at_once (void)
{
  return (pool_size () + SETS_MIN - 1) / SETS_MIN * SETS_MIN;
}

/* The tree from step k on, a few sets after the other: what they hold at a time
 * must not grow with their number. */
static fnx_status
walk_groups (walk *w, int k, fault *f)
{
  size_t at_once = sets_at_once ();
  fnx_status st = FNX_OK;

  w->grouped = true;
  for (size_t first = 0; first < w->n_sets && st == FNX_OK; first += at_once) {
    w->first = first;
    w->end = w->n_sets - first < at_once ? w->n_sets : first + at_once;
    st = walk_from (w, k, f);
    if (st == FNX_OK && w->pending.text)
      st = w->pending.code;
    fault_move (f, &w->pending);
  }
  w->grouped = false;
  w->first = 0;
  w->end = w->n_sets;
  return st;
}

/* Of candidates [first, first + n): have they all been left out already? */
static bool
all_lost (const walk *w, size_t first, size_t n)
{
  const losses *l = w->p->losses;
  size_t c = first;

  while (l && c < first + n && l->lost[c])
    c++;
  return l && c == first + n;
}

/* Candidates [first, first + n) have been walked for sets up to `end`, which a
 * fault of theirs in a `later` block may have shortened.  Where numbers fail they are left
 * out.  Told is the fault of the lowest candidate, in its lowest set. */
static fnx_status
settle_losses (walk *w, size_t first, size_t n, size_t end, bool later, fnx_status st, fault *f)
{
  losses *l = w->p->losses;

  later = later && w->pending.code == FNX_E_NUMERIC;
  if (!l || (st != FNX_OK && st != FNX_E_NUMERIC) || (st == FNX_OK && !later))
    return st;
  if (later) {
    fault_move (f, &w->pending);
    fault_clear (&w->pending);
    w->end = end;
  }
  if (!l->n || first < l->first) {
    fault_clear (&l->why);
    fault_move (&l->why, f);
    l->first = first;
  }
  fault_clear (f);
  for (size_t c = first; c < first + n; c++) {
    l->n += !l->lost[c];
    l->lost[c] = true;
  }
  tell_search (w, n);
  return FNX_OK;
}

static fnx_status
walk_from (walk *w, int k, fault *f)
{
  node *n = &w->p->sub.nodes[k];
  const settings *tried = &w->p->tried[k];
  size_t before = w->candidate, below = 1;
  fnx_status st = FNX_OK;

  if (!w->grouped && !once_for_all (w, n))
    return walk_groups (w, k, f);
  for (int i = k + 1; i < w->p->sub.n_nodes; i++)
    below *= w->p->tried[i].n;
  for (size_t i = 0; i < tried->n && st == FNX_OK; i++) {
    size_t first = before + i * below, end = w->end;
    bool waits = w->pending.text != NULL; /* a fault of the branch that this one is on */

    if (all_lost (w, first, below))
      continue;
    if (w->only >= 0 && ((size_t)w->only < first || (size_t)w->only >= first + below))
      continue;
    w->candidate = first;
    w->k = k;
    if (w->p->n_candidates > 1)
      st = pipeline_settle (w->p, k, i, f);
    for (int o = 0; o < n->n_out && st == FNX_OK; o++)
      forget (w, n->first_slot + o);
    if (st == FNX_OK)
      st = once_for_all (w, n) ? run_all (w, n, f) : run_sets (w, n, f);
    if (st == FNX_OK && k + 1 < w->p->sub.n_nodes)
      st = walk_from (w, k + 1, f);
    else if (st == FNX_OK)
      tell_search (w, 1);
    st = settle_losses (w, first, below, end, !waits && w->pending.text, st, f);
  }
  w->candidate = before;
  return st;
}

fnx_status
pipeline_walk (pipeline *p, const fnx_buf *const *input, int64_t n_items, const item_set *sets, size_t n_sets,
               int64_t only, pipeline_leaf leaf, void *arg, fault *f)
{
  walk w = {
    .p = p, .n_items = n_items, .sets = sets, .n_sets = n_sets, .end = n_sets, .only = only, .leaf = leaf, .arg = arg
  };
  fnx_status st = FNX_OK;

  w.values = calloc ((size_t)p->sub.n_slots, sizeof *w.values);
  w.faults = calloc (n_sets + 1, sizeof *w.faults);
  if (!w.values || !w.faults)
    st = fault_memory (f);
  for (int i = 0; i < p->n_inputs && st == FNX_OK; i++) {
    w.values[i].all = buffer_ref (input[i]);
    st = scope_respec (&p->sub, i, buffer_spec (input[i]), f);
  }
  /* Sizes that only the data told. */
  for (int k = 0; k < p->sub.n_nodes && st == FNX_OK; k++)
    st = node_negotiate (&p->sub, &p->sub.nodes[k], f);
  if (st == FNX_OK)
    st = walk_from (&w, 0, f);
  for (int i = 0; w.values && i < p->sub.n_slots; i++)
    forget (&w, i);
  for (size_t j = 0; w.faults && j < n_sets; j++)
    fault_clear (&w.faults[j]);
  fault_clear (&w.pending);
  free (w.values);
  free (w.faults);
  return st;
}
