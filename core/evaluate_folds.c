/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One group of items: settings are searched inside each training set, then
 * every fold is fitted and tested with those chosen for it.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_impl.h"
#include "core/learned.h"

void
item_sets_free (item_set *s, size_t n)
{
  for (size_t i = 0; s && i < n; i++) {
    free ((void *)(uintptr_t)s[i].train);
    free ((void *)(uintptr_t)s[i].calibration);
  }
  free (s);
}

fnx_status
item_sets (const fold_set *folds, uint64_t first_seed, item_set *sets, fault *f)
{
  for (size_t i = 0; i < folds->n; i++) {
    const struct fold *x = &folds->fold[i];
    int64_t *idx = malloc ((size_t)(x->n_train + x->n_test + 1) * sizeof *idx);

    if (!idx)
      return fault_memory (f);
    folds_trials (folds, i, idx, idx + x->n_train);
    sets[i] = (item_set){ idx, idx + x->n_train, x->n_train, x->n_test, first_seed + i + 1, NULL };
  }
  return FNX_OK;
}

fnx_status
item_sets_mark (const fold_set *folds, const int32_t *groups, item_set *sets, fault *f)
{
  for (size_t i = 0; i < folds->n; i++) {
    item_set *s = &sets[i];
    double *mark = calloc ((size_t)s->n_train + 1, sizeof *mark);

    if (!mark)
      return fault_memory (f);
    for (int64_t t = 0; t < s->n_train; t++)
      mark[t] = groups[s->train[t]] == folds->fold[i].group;
    s->calibration = mark;
  }
  return FNX_OK;
}

/* ---- the search inside training sets --------------------------------------- */

typedef struct inner_search {
  const group *g;
  const item_set *sets; /* inner sets, outer fold after outer fold */
  double *score;        /* [candidate][set] */
  size_t n_sets;
} inner_search;

static fnx_status
search_leaf (void *arg, size_t c, size_t i, const fnx_buf *test, fault *f)
{
  inner_search *s = arg;
  const metric *m = s->g->e->set.metric[0];
  predictions p;
  score_data d;
  fnx_status st = predictions_begin (&p, s->g, &s->sets[i], 1, f);

  if (st == FNX_OK)
    st = take_prediction (&p, &s->sets[i], 0, test, f);
  if (st == FNX_OK) {
    d = predictions_data (&p, 1);
    s->score[c * s->n_sets + i] = m->value (m, &d, 0, d.n);
  }
  predictions_free (&p);
  return st;
}

/* An inner set holds numbers of the outer training items: make them items. */
static fnx_status
lift (const item_set *outer, item_set *s, fault *f)
{
  int64_t *train = (int64_t *)(uintptr_t)s->train, *test = (int64_t *)(uintptr_t)s->test;
  double *mark = outer->calibration ? calloc ((size_t)s->n_train + 1, sizeof *mark) : NULL;

  if (outer->calibration && !mark)
    return fault_memory (f);
  s->calibration = mark;
  for (int64_t t = 0; t < s->n_train; t++) {
    if (mark)
      mark[t] = outer->calibration[train[t]];
    train[t] = outer->train[train[t]];
  }
  for (int64_t t = 0; t < s->n_test; t++)
    test[t] = outer->train[test[t]];
  return FNX_OK;
}

/* Stratified folds of the training items of outer set `o` (MOABB: 3, the same
 * seed), as items of the group. */
static fnx_status
inner_sets (const group *g, size_t o, item_set *sets, fault *f)
{
  const item_set *outer = &g->sets[o];
  int32_t *codes = g->codes ? malloc ((size_t)(outer->n_train + 1) * sizeof *codes) : NULL;
  folds_plan plan = { .kind = g->codes ? FOLDS_STRATIFIED : FOLDS_KFOLD,
                      .n = outer->n_train,
                      .classes = codes,
                      .n_class = g->n_class,
                      .class_names = g->classes,
                      .k = (int)g->e->set.inner,
                      .shuffle = (g->codes || g->number) && g->e->set.shuffle,
                      .seed = (uint64_t)g->e->set.seed };
  fold_set *inner = NULL;
  fnx_status st;

  for (int64_t i = 0; codes && i < outer->n_train; i++)
    codes[i] = g->codes[outer->train[i]];
  if (!g->codes || codes)
    inner = folds_make (&plan, f);
  st = inner ? item_sets (inner, (o + 1) * 1000, sets, f) : fault_memory (f);
  for (size_t i = 0; st == FNX_OK && i < inner->n; i++)
    st = lift (outer, &sets[i], f);
  folds_free (inner);
  free (codes);
  return f->text ? f->code : st;
}

/* The candidate with the best mean inner score for each outer fold: the first
 * of equals, as GridSearchCV.  The report keeps what all of them reached. */
static fnx_status
choose (const group *g, report *r, size_t *best, fault *f)
{
  size_t inner = (size_t)g->e->set.inner, n = g->folds->n * inner, n_cand = g->pipe->n_candidates;
  item_set *sets = calloc (n, sizeof *sets);
  inner_search s = { .g = g, .sets = sets, .n_sets = n };
  losses lost = { .lost = calloc (n_cand, sizeof *lost.lost) };
  const metric *m = g->e->set.metric[0];
  fnx_status st = FNX_OK;

  s.score = calloc (n * n_cand, sizeof *s.score);
  if (!sets || !s.score || !lost.lost)
    st = fault_memory (f);
  for (size_t o = 0; o < g->folds->n && st == FNX_OK; o++)
    st = inner_sets (g, o, sets + o * inner, f);
  g->pipe->losses = &lost;
  if (st == FNX_OK)
    st = pipeline_walk (g->pipe, g->input, g->n, sets, n, -1, search_leaf, &s, f);
  g->pipe->losses = NULL;
  for (size_t i = 0; i < n * n_cand && lost.n; i++)
    if (lost.lost[i / n])
      s.score[i] = NAN;
  if (st == FNX_OK && lost.n == n_cand)
    st = fault_move (f, &lost.why);
  else if (st == FNX_OK && lost.n && r)
    report_tell_lost (g->pipe, &lost);
  for (size_t o = 0; o < g->folds->n && st == FNX_OK; o++) {
    double top = NAN;

    for (size_t c = 0; c < n_cand; c++) {
      double sum = 0;

      for (size_t i = 0; i < inner; i++)
        sum += s.score[c * n + o * inner + i];
      if (isnan (top) ? !isnan (sum) : (m->higher_is_better ? sum > top : sum < top)) {
        top = sum;
        best[o] = c;
      }
    }
  }
  if (st == FNX_OK && r)
    st = report_search (r, g->name, m, g->pipe, g->folds->n, inner, s.score, best, f);
  item_sets_free (sets, n);
  free (s.score);
  fault_clear (&lost.why);
  free (lost.lost);
  return st;
}

/* ---- folds ------------------------------------------------------------------ */

typedef struct testing {
  predictions *p;
  const item_set *sets;
  const size_t *number; /* fold of each set of this walk */
  char **learned;       /* of each fold */
} testing;

static fnx_status
test_leaf (void *arg, size_t c, size_t i, const fnx_buf *test, fault *f)
{
  testing *t = arg;

  (void)c;
  return take_prediction (t->p, &t->sets[i], t->p->offset[t->number[i]], test, f);
}

static void
test_told (void *arg, size_t i, const char *step, const char *name, const char *value)
{
  testing *t = arg;

  learned_append (&t->learned[t->number[i]], step, name, value);
}

/* Fit and test every fold with the settings chosen for it; folds that chose the
 * same settings walk together. */
static fnx_status
test_folds (const group *g, const size_t *best, predictions *p, char **learned, fault *f)
{
  size_t n = g->folds->n;
  item_set *some = calloc (n, sizeof *some);
  size_t *number = calloc (n, sizeof *number);
  bool *done = calloc (n, sizeof *done);
  fnx_status st = some && number && done ? FNX_OK : fault_memory (f);

  for (size_t i = 0; i < n && st == FNX_OK; i++) {
    testing t = { p, some, number, learned };
    size_t k = 0;

    if (done[i])
      continue;
    for (size_t j = i; j < n; j++)
      if (best[j] == best[i]) {
        some[k] = g->sets[j];
        number[k++] = j;
        done[j] = true;
      }
    g->pipe->told = test_told;
    g->pipe->told_arg = &t;
    st = pipeline_walk (g->pipe, g->input, g->n, some, k, (int64_t)best[i], test_leaf, &t, f);
    g->pipe->told = NULL;
  }
  free (some);
  free (number);
  free (done);
  return st;
}

fnx_status
run_group (group *g, report *r, double *value, fault *f)
{
  size_t n = g->folds->n;
  size_t *best = calloc (n, sizeof *best);
  char **learned = calloc (n, sizeof *learned);
  double *values = calloc (g->parts.n, sizeof *values);
  predictions p = { .g = g };
  fnx_status st = best && values && learned ? FNX_OK : fault_memory (f);

  if (st == FNX_OK)
    st = predictions_begin (&p, g, g->sets, n, f);
  if (st == FNX_OK && g->pipe->n_candidates > 1)
    st = choose (g, r, best, f);
  if (st == FNX_OK)
    st = test_folds (g, best, &p, learned, f);
  for (size_t m = 0; m < g->e->set.n_metric && st == FNX_OK; m++) {
    score_data d = predictions_data (&p, n);
    score_summary sum;

    score_summarise (g->e->set.metric[m], &d, g->parts.offset, g->parts.n, values, &sum);
    if (m == 0)
      *value = sum.mean;
    if (r)
      st = report_add (r, g->name, g->e->set.metric[m], &sum, g->folds, &g->parts, values, g->pipe, best, learned, d.n,
                       f);
  }
  predictions_free (&p);
  for (size_t i = 0; learned && i < n; i++)
    free (learned[i]);
  free (learned);
  free (best);
  free (values);
  return st;
}
