/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evaluate: splits the items of a cohort, fits every estimator of its
 * sub-chain on training items only, and scores what is predicted for the
 * others.  With try: in the sub-chain the settings are chosen by a search
 * inside each training set (nested cross-validation), never on test items.
 * Splits and scores equal scikit-learn's; the protocol is MOABB's.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate.h"
#include "core/evaluate_report.h"
#include "core/pipeline.h"
#include "core/rng.h"

/* ---- settings ------------------------------------------------------------------- */

static const char *const cvs[] = { "stratified",        "kfold",
                                   "leave-one-out",     "within-session",
                                   "cross-session",     "cross-subject",
                                   "leave-one-run-out", "leave-one-group-out",
                                   "group-kfold",       NULL };
enum {
  CV_STRATIFIED,
  CV_KFOLD,
  CV_LOO,
  CV_WITHIN_SESSION,
  CV_CROSS_SESSION,
  CV_CROSS_SUBJECT,
  CV_RUN,
  CV_GROUP,
  CV_GROUP_KFOLD
};

/* What each protocol splits by, and what it is done for apart. */
static const struct {
  folds_kind kind;
  const char *group, *per, *per2;
} protocol[] = {
  [CV_STRATIFIED] = { FOLDS_STRATIFIED, NULL, NULL, NULL },
  [CV_KFOLD] = { FOLDS_KFOLD, NULL, NULL, NULL },
  [CV_LOO] = { FOLDS_LEAVE_ONE_OUT, NULL, NULL, NULL },
  [CV_WITHIN_SESSION] = { FOLDS_STRATIFIED, NULL, "subject", "session" },
  [CV_CROSS_SESSION] = { FOLDS_LEAVE_GROUP_OUT, "session", "subject", NULL },
  [CV_CROSS_SUBJECT] = { FOLDS_LEAVE_GROUP_OUT, "subject", NULL, NULL },
  [CV_RUN] = { FOLDS_LEAVE_GROUP_OUT, "run", NULL, NULL },
  [CV_GROUP] = { FOLDS_LEAVE_GROUP_OUT, NULL, NULL, NULL },
  [CV_GROUP_KFOLD] = { FOLDS_GROUP_KFOLD, NULL, NULL, NULL },
};

static const fnx_param_desc p_cv
    = { .struct_size = sizeof p_cv,
        .type = FNX_T_ENUM,
        .name = "cv",
        .fallback = "stratified",
        .choices = cvs,
        .doc = "how items are split; cross-session and within-session are done for each subject apart" };
static const fnx_param_desc p_folds = { .struct_size = sizeof p_folds,
                                        .type = FNX_T_INT,
                                        .name = "folds",
                                        .fallback = "5",
                                        .min = 2,
                                        .max = 10000,
                                        .doc = "number of folds of stratified, kfold, within-session and group-kfold" };
static const fnx_param_desc p_shuffle = { .struct_size = sizeof p_shuffle,
                                          .type = FNX_T_BOOL,
                                          .name = "shuffle",
                                          .fallback = "yes",
                                          .doc = "whether stratified and kfold mix the items first" };
static const fnx_param_desc p_seed = { .struct_size = sizeof p_seed,
                                       .type = FNX_T_INT,
                                       .name = "seed",
                                       .fallback = "42",
                                       .min = 0,
                                       .max = 4294967295.0,
                                       .doc = "of the shuffling, as scikit-learn's random_state" };
static const fnx_param_desc p_group
    = { .struct_size = sizeof p_group,
        .type = FNX_T_TEXT,
        .name = "group",
        .doc = "column whose values stay together, for leave-one-group-out and group-kfold" };
static const fnx_param_desc p_per = { .struct_size = sizeof p_per,
                                      .type = FNX_T_TEXTS,
                                      .name = "per",
                                      .doc = "columns by which the items are parted and evaluated apart: per=subject" };
static const fnx_param_desc p_metric
    = { .struct_size = sizeof p_metric,
        .type = FNX_T_ENUMS,
        .name = "metric",
        .choices = metric_names,
        .doc = "what is measured; without it auc for two classes, accuracy for more, r for regression" };
static const fnx_param_desc p_inner
    = { .struct_size = sizeof p_inner,
        .type = FNX_T_INT,
        .name = "inner",
        .fallback = "3",
        .min = 2,
        .max = 1000,
        .doc = "folds of the search inside each training set, when a setting is given as try:" };
static const fnx_param_desc p_permutations
    = { .struct_size = sizeof p_permutations,
        .type = FNX_T_INT,
        .name = "permutations",
        .fallback = "0",
        .min = 0,
        .max = 1000000,
        .doc = "how often the whole evaluation is repeated with permuted targets, for the p value" };
static const fnx_param_desc *const params[]
    = { &p_cv, &p_folds, &p_shuffle, &p_seed, &p_group, &p_per, &p_metric, &p_inner, &p_permutations, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "any",
                                       .doc = "trials: epochs[trial,channel,time] with a target column" };
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port, .name = "scores", .what = "table[row]", .doc = "one row a group, fold and metric"
};
static const fnx_port_desc *const in_ports[] = { &in_port, NULL };
static const fnx_port_desc *const out_ports[] = { &out_port, NULL };

typedef struct settings_of_evaluate {
  int64_t cv, folds, seed, inner, permutations;
  bool shuffle;
  char *group;
  char *per[8];
  size_t n_per;
  const metric *metric[16];
  size_t n_metric;
} eval_settings;

typedef struct evaluate {
  eval_settings set;
  pipeline pipe;
  bool opened;
  evaluation found;
} evaluate;

/* ---- one group ---------------------------------------------------------------------- */

/* Items that are split together, and how. */
typedef struct group {
  evaluate *e;
  scope *s;
  const fnx_buf **input; /* of each pipeline slot, this group's items */
  int64_t n;
  const char *name;
  const int32_t *codes; /* of the target column; NULL for regression */
  int32_t n_class;
  const char *const *classes;
  fold_set *folds;
  item_set *sets; /* of each fold */
} group;

/* Predictions of all folds, item after item. */
typedef struct predictions {
  const group *g;
  int64_t *offset; /* n_folds + 1 */
  int32_t *truth;
  double *scores;        /* [n, n_class] */
  double *y, *predicted; /* [n, n_target] */
  int64_t n_target;
} predictions;

static const char *
label_of (const fnx_axis *a, int64_t i, char text[32])
{
  return a->labels ? a->labels[i] : number_text (axis_position (a, i), text);
}

/* The class scores of one fold into rows, columns matched by class name. */
static fnx_status
take_scores (predictions *p, const item_set *set, int64_t row, const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis *classes = s->axes[s->ndim - 1];
  const double *v = buffer_read (b)->data;
  int32_t k = p->g->n_class;
  char text[32];

  for (int64_t i = 0; i < set->n_test; i++) {
    p->truth[row + i] = p->g->codes[set->test[i]];
    for (int32_t c = 0; c < k; c++)
      p->scores[(row + i) * k + c] = -INFINITY;
  }
  for (int64_t j = 0; j < classes->size; j++) {
    const char *name = label_of (classes, j, text);
    int32_t c = 0;

    while (c < k && strcmp (p->g->classes[c], name))
      c++;
    if (c == k)
      return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "the scores name a class \"%s\" that no item has", name);
    for (int64_t i = 0; i < set->n_test; i++)
      p->scores[(row + i) * k + c] = v[i * classes->size + j];
  }
  return FNX_OK;
}

/* [n, n_target] of a buffer whose sample axis is `k`. */
static void
by_item (const fnx_buf *b, int k, int64_t row, double *to)
{
  const fnx_spec *s = buffer_spec (b);
  const double *v = buffer_read (b)->data;
  int64_t n = s->axes[k]->size, outer = 1, inner = 1;

  for (int i = 0; i < s->ndim; i++)
    *(i < k ? &outer : &inner) *= i == k ? 1 : s->axes[i]->size;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < inner; j++)
        to[((row + i) * outer + o) * inner + j] = v[(o * n + i) * inner + j];
}

/* The slot that the last estimator with a target port learns from; -1. */
static int
target_slot (const pipeline *p)
{
  for (int k = p->sub.n_nodes - 1; k >= 0; k--) {
    const node *n = &p->sub.nodes[k];

    for (int i = 0; i < n->n_in; i++)
      if (n->desc->inputs[i]->flags & FNX_PORT_TARGET && n->from[i] >= 0 && n->from[i] < p->n_inputs)
        return n->from[i];
  }
  return -1;
}

static fnx_status
take_prediction (predictions *p, const item_set *set, int64_t row, const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  int k = sample_axis (s);
  int target = target_slot (&p->g->e->pipe);
  const fnx_buf *y;

  if (!strcmp (s->kind, "scores") && p->g->codes)
    return take_scores (p, set, row, b, f);
  if (target < 0 || k < 0 || s->axes[k]->size != set->n_test)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "the last step of begin ... end gives %s, which cannot be scored\nend with a classifier, as in"
                      "  ! svm  , or a regression with a target, as in  ! ridge voxels=@voxels",
                      s->kind);
  y = items_of (p->g->input[target], p->g->n, set->test, set->n_test, f);
  if (!y)
    return f->code;
  if (spec_count (buffer_spec (y)) != spec_count (s))
    fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "predictions and targets differ in shape");
  else {
    by_item (b, k, row, p->predicted);
    by_item (y, sample_axis (buffer_spec (y)), row, p->y);
  }
  buffer_unref (y);
  return f->text ? f->code : FNX_OK;
}

static void
predictions_free (predictions *p)
{
  free (p->offset);
  free (p->truth);
  free (p->scores);
  free (p->y);
  free (p->predicted);
}

static fnx_status
predictions_begin (predictions *p, const group *g, const item_set *sets, size_t n_sets, fault *f)
{
  int target = target_slot (&g->e->pipe);
  int64_t n = 0;

  *p = (predictions){ .g = g };
  p->offset = calloc (n_sets + 1, sizeof *p->offset);
  for (size_t i = 0; p->offset && i < n_sets; i++)
    p->offset[i + 1] = n += sets[i].n_test;
  if (g->codes) {
    p->truth = calloc ((size_t)n + 1, sizeof *p->truth);
    p->scores = calloc ((size_t)(n * g->n_class) + 1, sizeof *p->scores);
  } else if (target >= 0) {
    p->n_target = (int64_t)(spec_count (buffer_spec (g->input[target])) / (size_t)(g->n ? g->n : 1));
    p->y = calloc ((size_t)(n * p->n_target) + 1, sizeof *p->y);
    p->predicted = calloc ((size_t)(n * p->n_target) + 1, sizeof *p->predicted);
  }
  if (!p->offset || (g->codes && (!p->truth || !p->scores)) || (p->n_target && (!p->y || !p->predicted)))
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  return FNX_OK;
}

static score_data
data_of (const predictions *p, size_t n_sets)
{
  return (score_data){ .n = p->offset[n_sets],
                       .n_class = p->g->codes ? p->g->n_class : 0,
                       .truth = p->truth,
                       .scores = p->scores,
                       .n_target = p->n_target,
                       .y = p->y,
                       .predicted = p->predicted };
}

/* ---- items of folds ------------------------------------------------------------------------ */

static void
item_sets_free (item_set *s, size_t n)
{
  for (size_t i = 0; s && i < n; i++)
    free ((void *)(uintptr_t)s[i].train);
  free (s);
}

/* Index lists of every fold; item_sets_free frees them with `sets`. */
static fnx_status
item_sets (const fold_set *folds, uint64_t first_seed, item_set *sets, fault *f)
{
  for (size_t i = 0; i < folds->n; i++) {
    const struct fold *x = &folds->fold[i];
    int64_t *idx = malloc ((size_t)(x->n_train + x->n_test + 1) * sizeof *idx);

    if (!idx)
      return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
    folds_trials (folds, i, idx, idx + x->n_train);
    sets[i] = (item_set){ idx, idx + x->n_train, x->n_train, x->n_test, first_seed + i + 1 };
  }
  return FNX_OK;
}

/* ---- the search inside training sets ---------------------------------------------------- */

typedef struct search {
  const group *g;
  const item_set *sets; /* inner sets, outer fold after outer fold */
  double *score;        /* [candidate][set] */
  size_t n_sets;
} search;

static fnx_status
search_leaf (void *arg, size_t c, size_t i, const fnx_buf *test, fault *f)
{
  search *s = arg;
  const metric *m = s->g->e->set.metric[0];
  predictions p;
  score_data d;
  fnx_status st = predictions_begin (&p, s->g, &s->sets[i], 1, f);

  if (st == FNX_OK)
    st = take_prediction (&p, &s->sets[i], 0, test, f);
  if (st == FNX_OK) {
    d = data_of (&p, 1);
    s->score[c * s->n_sets + i] = m->value (m, &d, 0, d.n);
  }
  predictions_free (&p);
  return st;
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
                      .shuffle = g->codes && g->e->set.shuffle,
                      .seed = (uint64_t)g->e->set.seed };
  fold_set *inner = NULL;
  fnx_status st;

  for (int64_t i = 0; codes && i < outer->n_train; i++)
    codes[i] = g->codes[outer->train[i]];
  if (!g->codes || codes)
    inner = folds_make (&plan, f);
  st = inner ? item_sets (inner, (o + 1) * 1000, sets, f) : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  for (size_t i = 0; st == FNX_OK && i < inner->n; i++) {
    int64_t *train = (int64_t *)(uintptr_t)sets[i].train, *test = (int64_t *)(uintptr_t)sets[i].test;

    for (int64_t t = 0; t < sets[i].n_train; t++)
      train[t] = outer->train[train[t]];
    for (int64_t t = 0; t < sets[i].n_test; t++)
      test[t] = outer->train[test[t]];
  }
  folds_free (inner);
  free (codes);
  return f->text ? f->code : st;
}

/* The candidate with the best mean inner score for each outer fold: the first
 * of equals, as GridSearchCV. */
static fnx_status
choose (const group *g, size_t *best, fault *f)
{
  size_t inner = (size_t)g->e->set.inner, n = g->folds->n * inner, n_cand = g->e->pipe.n_candidates;
  item_set *sets = calloc (n, sizeof *sets);
  search s = { .g = g, .sets = sets, .n_sets = n };
  const metric *m = g->e->set.metric[0];
  fnx_status st = FNX_OK;

  s.score = calloc (n * n_cand, sizeof *s.score);
  if (!sets || !s.score)
    st = fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  for (size_t o = 0; o < g->folds->n && st == FNX_OK; o++)
    st = inner_sets (g, o, sets + o * inner, f);
  if (st == FNX_OK)
    st = pipeline_walk (&g->e->pipe, g->input, g->n, sets, n, -1, search_leaf, &s, f);
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
  item_sets_free (sets, n);
  free (s.score);
  return st;
}

/* ---- folds -------------------------------------------------------------------------------- */

typedef struct testing {
  predictions *p;
  const item_set *sets;
  const size_t *number; /* fold of each set of this walk */
} testing;

static fnx_status
test_leaf (void *arg, size_t c, size_t i, const fnx_buf *test, fault *f)
{
  testing *t = arg;

  (void)c;
  return take_prediction (t->p, &t->sets[i], t->p->offset[t->number[i]], test, f);
}

/* Fit and test every fold with the settings chosen for it; folds that chose the
 * same settings walk together. */
static fnx_status
test_folds (const group *g, const size_t *best, predictions *p, fault *f)
{
  size_t n = g->folds->n;
  item_set *some = calloc (n, sizeof *some);
  size_t *number = calloc (n, sizeof *number);
  bool *done = calloc (n, sizeof *done);
  fnx_status st = some && number && done ? FNX_OK : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");

  for (size_t i = 0; i < n && st == FNX_OK; i++) {
    testing t = { p, some, number };
    size_t k = 0;

    if (done[i])
      continue;
    for (size_t j = i; j < n; j++)
      if (best[j] == best[i]) {
        some[k] = g->sets[j];
        number[k++] = j;
        done[j] = true;
      }
    st = pipeline_walk (&g->e->pipe, g->input, g->n, some, k, (int64_t)best[i], test_leaf, &t, f);
  }
  free (some);
  free (number);
  free (done);
  return st;
}

/* Evaluate a group; with a report its rows are added, and *value receives the
 * mean of the first metric. */
static fnx_status
run_group (group *g, report *r, double *value, fault *f)
{
  size_t n = g->folds->n;
  size_t *best = calloc (n, sizeof *best);
  double *folds_of = calloc (n, sizeof *folds_of);
  predictions p = { .g = g };
  fnx_status st = best && folds_of ? FNX_OK : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");

  if (st == FNX_OK)
    st = predictions_begin (&p, g, g->sets, n, f);
  if (st == FNX_OK && g->e->pipe.n_candidates > 1)
    st = choose (g, best, f);
  if (st == FNX_OK)
    st = test_folds (g, best, &p, f);
  for (size_t m = 0; m < g->e->set.n_metric && st == FNX_OK; m++) {
    score_data d = data_of (&p, n);
    score_summary sum;

    score_summarise (g->e->set.metric[m], &d, p.offset, n, folds_of, &sum);
    if (m == 0)
      *value = sum.mean;
    if (r)
      st = report_add (r, g->name, g->e->set.metric[m], &sum, g->folds, folds_of, &g->e->pipe, best, d.n, f);
  }
  predictions_free (&p);
  free (best);
  free (folds_of);
  return st;
}

/* ---- permuted targets ----------------------------------------------------------------------- */

/* The group again with the targets of its items in random order. */
static fnx_status
run_permuted (const group *g, uint64_t number, double *value, fault *f)
{
  group q = *g;
  const fnx_column *target = buffer_column (g->input[0], buffer_spec (g->input[0])->axes[0]->name, "target");
  int64_t *idx = malloc ((size_t)g->n * sizeof *idx);
  int32_t *codes = malloc ((size_t)g->n * sizeof *codes);
  const char **texts = calloc ((size_t)g->n, sizeof *texts);
  double *reals = calloc ((size_t)g->n, sizeof *reals), u;
  fnx_column c = *target;
  fnx_buf *view = NULL;
  fnx_status st = FNX_E_NOMEM;

  if (!idx || !codes || !texts || !reals)
    goto out;
  for (int64_t i = 0; i < g->n; i++)
    idx[i] = i;
  view = buffer_pick (g->input[0], idx, g->n, f);
  for (int64_t i = g->n - 1; i > 0; i--) {
    int64_t j, t = idx[i];

    rng_api.uniform (hash_bytes (g->s->ses->seed ^ (uint64_t)g->e->set.seed, "permute", 7), number, (uint64_t)i, &u, 1);
    j = (int64_t)(u * (double)(i + 1));
    idx[i] = idx[j];
    idx[j] = t;
  }
  for (int64_t i = 0; i < g->n; i++) {
    codes[i] = g->codes[idx[i]];
    if (c.texts)
      texts[i] = target->texts[idx[i]];
    else
      reals[i] = target->reals[idx[i]];
  }
  c.texts = c.texts ? texts : NULL;
  c.reals = c.reals ? reals : NULL;
  st = view ? buffer_set_column (view, buffer_spec (view)->axes[0]->name, &c, f) : f->code;
  if (st == FNX_OK) {
    const fnx_buf *keep = q.input[0];

    q.input[0] = view;
    q.codes = codes;
    st = run_group (&q, NULL, value, f);
    q.input[0] = keep;
  }
out:
  buffer_unref (view);
  free (idx);
  free (codes);
  free (texts);
  free (reals);
  return st == FNX_E_NOMEM ? fault_set (f, EXIT_DATA, st, "not enough memory") : st;
}

static fnx_status
permute (group *g, report *r, double value, fault *f)
{
  size_t n = (size_t)g->e->set.permutations;
  double *null = calloc (n + 1, sizeof *null);
  fnx_status st = null ? FNX_OK : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");

  for (size_t i = 0; i < n && st == FNX_OK; i++) {
    st = run_permuted (g, i + 1, &null[i], f);
    if (g->s->ses->on_progress)
      g->s->ses->on_progress (g->s->ses->on_arg, g->name, "permutations", i + 1, n);
  }
  if (st == FNX_OK)
    report_permutation_p (r, g->e->set.metric[0], score_permutation_p (g->e->set.metric[0], value, null, n), n);
  free (null);
  return st;
}

/* ---- groups ------------------------------------------------------------------------------------ */

/* Codes of a column for folds; NULL and a fault if it is absent. */
static const int32_t *
codes_of (call *c, const fnx_buf *b, const char *axis, const char *column, int32_t *n, const char *const **names)
{
  return c->api.buf->classes (&c->api, b, axis, column, n, names);
}

static fnx_status
make_folds (group *g, call *c, const char *axis, fault *f)
{
  const eval_settings *set = &g->e->set;
  const char *by = set->group ? set->group : protocol[set->cv].group;
  folds_plan plan = { .kind = protocol[set->cv].kind,
                      .n = g->n,
                      .classes = g->codes,
                      .n_class = g->n_class,
                      .class_names = g->classes,
                      .k = (int)set->folds,
                      .shuffle = set->shuffle,
                      .seed = (uint64_t)set->seed,
                      .group_by = by };

  if (plan.kind == FOLDS_STRATIFIED && !g->codes)
    plan.kind = FOLDS_KFOLD;
  if (!g->codes && plan.kind == FOLDS_KFOLD)
    plan.shuffle = false; /* moments of a recording depend on their neighbours */
  if (plan.kind == FOLDS_LEAVE_GROUP_OUT || plan.kind == FOLDS_GROUP_KFOLD) {
    if (!by)
      return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                        "cv=%s needs the column that is left out\nwrite group=site, or another column", cvs[set->cv]);
    plan.groups = codes_of (c, g->input[0], axis, by, &plan.n_group, &plan.group_names);
    if (!plan.groups)
      return fault_set (
          f, EXIT_DATA, FNX_E_DATA,
          "cv=%s needs a column \"%s\", and the recordings have none\ngive a recordings table with that column",
          cvs[set->cv], by);
  }
  g->folds = folds_make (&plan, f);
  if (!g->folds)
    return f->code;
  g->sets = calloc (g->folds->n, sizeof *g->sets);
  return g->sets ? item_sets (g->folds, 0, g->sets, f) : fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
}

/* The items `idx` as a group of their own. */
static fnx_status
evaluate_group (evaluate *e, scope *s, const fnx_buf *const *whole, int64_t n_all, const int64_t *idx, int64_t n,
                const char *name, bool classify, report *r, fault *f)
{
  group g = { .e = e, .s = s, .n = n, .name = name };
  const char *axis = buffer_spec (whole[0])->axes[sample_axis (buffer_spec (whole[0]))]->name;
  fnx_status st = FNX_OK;
  double value = NAN;
  call c;

  g.input = calloc ((size_t)e->pipe.n_inputs, sizeof *g.input);
  if (!g.input)
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  if (call_begin (&c, s->ses, "evaluate", name, 0, f) != FNX_OK) {
    free (g.input);
    return f->code;
  }
  for (int i = 0; i < e->pipe.n_inputs && st == FNX_OK; i++) {
    g.input[i] = idx ? items_of (whole[i], n_all, idx, n, f) : buffer_ref (whole[i]);
    if (!g.input[i])
      st = f->code;
  }
  if (st == FNX_OK && classify) {
    g.codes = codes_of (&c, g.input[0], axis, "target", &g.n_class, &g.classes);
    if (!g.codes)
      st = f->code;
    else if (g.n_class < 2)
      st = fault_set (f, EXIT_DATA, FNX_E_DATA,
                      "all %" PRId64 " items%s%s are of one class (%s)\ntwo classes are needed", n, *name ? " of " : "",
                      name, g.n_class ? g.classes[0] : "none has a target");
  }
  if (st == FNX_OK)
    st = make_folds (&g, &c, axis, f);
  if (st == FNX_OK)
    st = run_group (&g, r, &value, f);
  if (st == FNX_OK && e->set.permutations && g.codes)
    st = permute (&g, r, value, f);
  if (g.folds)
    item_sets_free (g.sets, g.folds->n);
  folds_free (g.folds);
  for (int i = 0; i < e->pipe.n_inputs; i++)
    buffer_unref (g.input[i]);
  free (g.input);
  {
    fault kept = *f; /* call_end (.., OK) clears what a tried lookup left */

    *f = (fault)FAULT_INIT;
    call_end (&c, FNX_OK);
    *f = kept;
  }
  return st;
}

/* Part the items by the values of the per= columns, in sorted order. */
static fnx_status
evaluate_groups (evaluate *e, scope *s, const fnx_buf *const *whole, int64_t n, bool classify, report *r, fault *f)
{
  const char *axis = buffer_spec (whole[0])->axes[sample_axis (buffer_spec (whole[0]))]->name;
  const char *by[10];
  const int32_t *codes[10];
  const char *const *names[10];
  int32_t count[10];
  size_t n_by = 0;
  int64_t cells = 1, *idx;
  fnx_status st = FNX_OK;
  call c;

  for (size_t i = 0; i < e->set.n_per; i++)
    by[n_by++] = e->set.per[i];
  if (!n_by && protocol[e->set.cv].per)
    by[n_by++] = protocol[e->set.cv].per;
  if (n_by == 1 && !e->set.n_per && protocol[e->set.cv].per2)
    by[n_by++] = protocol[e->set.cv].per2;
  if (!n_by)
    return evaluate_group (e, s, whole, n, NULL, n, "", classify, r, f);
  if (call_begin (&c, s->ses, "evaluate", s->recording, 0, f) != FNX_OK)
    return f->code;
  idx = malloc ((size_t)(n + 1) * sizeof *idx);
  for (size_t i = 0; i < n_by && st == FNX_OK; i++) {
    codes[i] = codes_of (&c, whole[0], axis, by[i], &count[i], &names[i]);
    if (!codes[i] && i < e->set.n_per) {
      fault_clear (f);
      st = fault_set (f, EXIT_DATA, FNX_E_DATA,
                      "per=%s: the %ss have no such column\nBIDS file names or a recordings table give it", by[i],
                      axis);
    } else if (!codes[i]) { /* one subject or session, never named: all are it */
      static const char *const only[] = { "" };

      fault_clear (f);
      names[i] = only;
      count[i] = 1;
    }
    cells *= st == FNX_OK ? count[i] : 1;
  }
  for (int64_t cell = 0; cell < cells && st == FNX_OK && idx; cell++) {
    char name[512] = "";
    int64_t m = 0, rest = cell;
    int32_t want[10];

    for (size_t i = n_by; i-- > 0; rest /= count[i])
      want[i] = (int32_t)(rest % count[i]);
    for (size_t i = 0; i < n_by; i++)
      if (*names[i][want[i]])
        snprintf (name + strlen (name), sizeof name - strlen (name), "%s%s", *name ? "/" : "", names[i][want[i]]);
    for (int64_t t = 0; t < n; t++) {
      bool in = true;

      for (size_t i = 0; i < n_by; i++)
        in = in && (!codes[i] || codes[i][t] == want[i]);
      if (in)
        idx[m++] = t;
    }
    if (m)
      st = evaluate_group (e, s, whole, n, idx, m, name, classify, r, f);
  }
  free (idx);
  {
    fault kept = *f;

    *f = (fault)FAULT_INIT;
    call_end (&c, FNX_OK);
    *f = kept;
  }
  return st == FNX_OK ? report_mean (r, f) : st;
}

/* ---- the step --------------------------------------------------------------------------------------- */

static void
done (node *n)
{
  evaluate *e = n->own;

  if (!e)
    return;
  if (e->opened)
    pipeline_close (&e->pipe);
  free (e->set.group);
  for (size_t i = 0; i < e->set.n_per; i++)
    free (e->set.per[i]);
  buffer_unref (e->found.summary);
  for (size_t i = 0; i < e->found.n_json; i++)
    free (e->found.json[i]);
  free (e->found.json);
  free (e);
  n->own = NULL;
}

static void
read_settings (eval_settings *s, const fnx_params *p)
{
  const char *const *texts;
  size_t n;

  s->cv = params_api.integer (p, "cv");
  s->folds = params_api.integer (p, "folds");
  s->shuffle = params_api.integer (p, "shuffle") != 0;
  s->seed = params_api.integer (p, "seed");
  s->inner = params_api.integer (p, "inner");
  s->permutations = params_api.integer (p, "permutations");
  if (params_api.given (p, "group"))
    s->group = strdup (params_api.text (p, "group"));
  texts = params_api.given (p, "per") ? params_api.texts (p, "per", &n) : NULL;
  for (size_t i = 0; texts && i < n && i < 8; i++)
    s->per[s->n_per++] = strdup (texts[i]);
  texts = params_api.given (p, "metric") ? params_api.texts (p, "metric", &n) : NULL;
  for (size_t i = 0; texts && i < n && i < 16; i++)
    s->metric[s->n_metric++] = metric_find (texts[i]);
}

/* Is it trials with targets, or a regression whose sub-chain names its target? */
static bool
can_classify (const fnx_spec *s)
{
  int k = sample_axis (s);

  return k == 0 && axis_column (s->axes[0], "target");
}

/* A cohort of signals has been raised to signal[subject,...]: name what the step
 * before really gives. */
static fnx_status
no_items (const scope *s, const node *n, const fnx_spec *in, fault *f)
{
  fnx_spec one = *in;
  char gives[256];
  bool raised = in->ndim && !strcmp (in->axes[0]->name, "subject");

  one.axes += raised;
  one.ndim -= raised;
  fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "evaluate wants %s; %s gives %s%s", in_port.doc, s->slots[n->from[0]].from,
             spec_text (&one, gives, sizeof gives),
             strcmp (one.kind, "signal") ? "" : "\nput  ! epoch on=...  between them");
  fault_at (f, n->line.at, NULL);
  return FNX_E_SPEC;
}

static fnx_status
negotiate (scope *s, node *n, const fnx_spec *const *in, const fnx_spec **out, fault *f)
{
  static const fnx_axis row = { .struct_size = sizeof row, .name = "row", .size = FNX_UNKNOWN };
  static const fnx_axis *const axes[] = { &row };
  static const fnx_spec table
      = { .struct_size = sizeof table, .ndim = 1, .kind = "table", .unit = "1", .dtype = FNX_F8, .axes = axes };
  evaluate *e;
  scope here = *s;
  fnx_status st;

  done (n);
  n->own = e = calloc (1, sizeof *e);
  if (!e)
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  read_settings (&e->set, n->params);
  if (!n->line.sub || !n->line.sub->n_steps)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "evaluate needs the steps that it evaluates\nwrite  evaluate begin cov ! tangent ! svm end");
  here.main = n->from[0];
  e->opened = true;
  if (sample_axis (in[0]) < 0 || !strcmp (in[0]->kind, "signal")
      || (!can_classify (in[0]) && spec_axis (in[0], "trial")))
    return no_items (s, n, in[0], f);
  st = pipeline_open (&e->pipe, &here, n->line.sub, f);
  if (st != FNX_OK)
    return st;
  if (!can_classify (in[0]) && target_slot (&e->pipe) < 0)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "there is nothing to predict: no column \"target\" on the %s axis\n"
                      "give the targets in a recordings table, or name them, as in  ! ridge voxels=@voxels",
                      in[0]->axes[0]->name);
  out[0] = &table;
  return FNX_OK;
}

static void
default_metric (eval_settings *set, bool classify, int32_t n_class)
{
  if (!set->n_metric)
    set->metric[set->n_metric++] = metric_find (!classify ? "r" : n_class == 2 ? "auc" : "accuracy");
}

static fnx_status
run (scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  evaluate *e = n->own;
  const fnx_buf **whole = calloc ((size_t)e->pipe.n_inputs, sizeof *whole);
  const fnx_spec *spec = buffer_spec (in[0]);
  int k = sample_axis (spec), at = 1;
  bool classify = can_classify (spec) && target_slot (&e->pipe) < 0;
  int32_t n_class = 0;
  report *r;
  fnx_status st;
  call c;

  if (!whole)
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  whole[0] = in[0];
  for (int i = 0; i < s->n_slots && at < e->pipe.n_inputs; i++)
    if (s->slots[i].name)
      whole[at++] = s->slots[i].value;
  if ((st = node_call (s, n, &c, f)) == FNX_OK) {
    if (classify)
      c.api.buf->classes (&c.api, in[0], spec->axes[k]->name, "target", &n_class, NULL);
    call_end (&c, FNX_OK);
  }
  for (size_t m = 0; m < e->set.n_metric; m++)
    if (e->set.metric[m]->regression == classify) {
      st = fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "metric=%s does not go with %s", e->set.metric[m]->name,
                      classify ? "classes; auc, accuracy do" : "numbers to predict; r, r2, mse do");
      free (whole);
      return st;
    }
  default_metric (&e->set, classify, n_class);
  report_tell_items (s, n, in[0], &e->pipe);
  r = report_new (n->line.as ? n->line.as : "evaluate", f);
  st = r ? evaluate_groups (e, s, whole, spec->axes[k]->size, classify, r, f) : f->code;
  free (whole);
  if (st == FNX_OK)
    st = report_tables (r, in[0], &out[0], &e->found.summary, f);
  if (st == FNX_OK)
    e->found.n_json = report_json (r, &e->found.json);
  report_free (r);
  return st;
}

const evaluation *
evaluation_of (const node *n)
{
  return n->builtin == &evaluate_ops && n->own ? &((const evaluate *)n->own)->found : NULL;
}

const fnx_step_desc evaluate_desc = {
  .struct_size = sizeof evaluate_desc,
  .flags = FNX_S_COHORT | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.host.evaluate",
  .name = "evaluate",
  .title = "how well the steps between begin and end predict items they have not seen",
  .doc = "All recordings are joined, their items are split into folds, and every step between begin and end that "
         "learns is fitted anew on the training items of each fold; nothing that is learned has seen a test item.\n\n"
         "Settings given as try: are chosen inside each training set by a search over all combinations (nested "
         "cross-validation); the first of equals wins. The chosen settings of every fold stand in the result.\n\n"
         "The value is the mean over folds. The interval and the p value come from all tested items together.",
  .cite = "Chevallier et al. 2024 (MOABB): protocols; scikit-learn: StratifiedKFold, GridSearchCV",
  .equals = "scikit-learn 1.2 splits and scores",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! evaluate folds=5 begin "
             "tangent ! svm end",
  .inputs = in_ports,
  .outputs = out_ports,
  .params = params,
};

const builtin_ops evaluate_ops = { &evaluate_desc, negotiate, run, done };
