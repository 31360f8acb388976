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

#include "core/evaluate_impl.h"

/* ---- settings ---------------------------------------------------------------- */

static const fnx_param_desc p_cv
    = { .struct_size = sizeof p_cv,
        .type = FNX_T_ENUM,
        .name = "cv",
        .fallback = "stratified",
        .choices = protocol_names,
        .doc = "how items are split; cross-session and within-session are done for each subject apart, and"
               " cross-subject has a value for each session of the tested subject" };
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
        .doc = "how often the whole evaluation is repeated with permuted targets, for the p value of the first metric;"
               " not for targets that come in at a port (ridge voxels=)" };
static const fnx_param_desc p_calibration
    = { .struct_size = sizeof p_calibration,
        .type = FNX_T_INT,
        .name = "calibration",
        .fallback = "0",
        .min = 0,
        .max = 1000000,
        .doc
        = "of what a fold leaves out, how many of the first items of each class are trained on instead of tested" };
static const fnx_param_desc p_dataset
    = { .struct_size = sizeof p_dataset,
        .type = FNX_T_TEXT,
        .name = "dataset",
        .fallback = "dataset",
        .doc = "column that says which data set a subject is of; each is tested alone and all together" };
static const fnx_param_desc *const params[] = { &p_cv,     &p_folds, &p_shuffle,      &p_seed,        &p_group, &p_per,
                                                &p_metric, &p_inner, &p_permutations, &p_calibration, NULL };
const fnx_param_desc *const compare_params[]
    = { &p_cv,     &p_folds, &p_shuffle,      &p_seed,        &p_group,   &p_per,
        &p_metric, &p_inner, &p_permutations, &p_calibration, &p_dataset, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "any",
                                       .doc = "trials: epochs[trial,channel,time] with a target column" };
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port, .name = "scores", .what = "table[row]", .doc = "one row a group, fold and metric"
};
const fnx_port_desc search_port
    = { .struct_size = sizeof search_port,
        .flags = FNX_PORT_OPTIONAL,
        .name = "search",
        .what = "table[row]",
        .doc = "one row a group, fold and candidate, with its inner score; where something is given as try:" };
const fnx_port_desc *const evaluate_in[] = { &in_port, NULL };
static const fnx_port_desc *const out_ports[] = { &out_port, &search_port, NULL };

/* ---- the step ------------------------------------------------------------------ */

void
evaluate_done (node *n)
{
  evaluate *e = n->own;

  if (!e)
    return;
  for (size_t i = 0; i < e->n_pipes; i++) {
    pipeline_close (&e->pipe[i]);
    if (e->name)
      free (e->name[i]);
  }
  free (e->pipe);
  free (e->name);
  free (e->set.group);
  free (e->set.dataset);
  for (size_t i = 0; i < e->set.n_per; i++)
    free (e->set.per[i]);
  buffer_unref (e->found.summary);
  buffer_unref (e->found.pairs);
  for (size_t i = 0; i < e->found.n_json; i++)
    free (e->found.json[i]);
  free (e->found.json);
  free (e);
  n->own = NULL;
}

static void
read_settings (eval_settings *s, const fnx_params *p, bool compares)
{
  const char *const *texts;
  size_t n;

  s->cv = params_api.integer (p, "cv");
  s->folds = params_api.integer (p, "folds");
  s->shuffle = params_api.integer (p, "shuffle") != 0;
  s->seed = params_api.integer (p, "seed");
  s->inner = params_api.integer (p, "inner");
  s->calibration = params_api.integer (p, "calibration");
  s->permutations = params_api.integer (p, "permutations");
  if (compares)
    s->dataset = strdup (params_api.text (p, "dataset"));
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
  fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s; %s gives %s%s", n->desc->name, in_port.doc,
             s->slots[n->from[0]].from, spec_text (&one, gives, sizeof gives),
             strcmp (one.kind, "signal") ? "" : "\nput  ! epoch on=...  between them");
  fault_at (f, n->line.at, NULL);
  return FNX_E_SPEC;
}

const fnx_spec *
evaluate_table_spec (void)
{
  static const fnx_axis row = { .struct_size = sizeof row, .name = "row", .size = FNX_UNKNOWN };
  static const fnx_axis *const axes[] = { &row };
  static const fnx_spec table
      = { .struct_size = sizeof table, .ndim = 1, .kind = "table", .unit = "1", .dtype = FNX_F8, .axes = axes };

  return &table;
}

/* Plan one begin ... end. */
static fnx_status
open_pipeline (evaluate *e, const scope *here, const chain *sub, const fnx_spec *in, fault *f)
{
  pipeline *more = realloc (e->pipe, (e->n_pipes + 1) * sizeof *more), *p;
  fnx_status st;

  if (!more)
    return fault_memory (f);
  e->pipe = more;
  p = &more[e->n_pipes++];
  st = pipeline_open (p, here, sub, f);
  if (st == FNX_OK && !can_classify (in) && target_slot (p) < 0)
    st = fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                    "there is nothing to predict: no column \"target\" on the %s axis\n"
                    "give the targets in a recordings table, or name them, as in  ! ridge voxels=@voxels",
                    in->axes[0]->name);
  return st;
}

/* What comes in at a port of its own are moments of a recording: shuffled they
 * lose what ties neighbours, and anything would look better than chance. */
static fnx_status
can_permute (const evaluate *e, fault *f)
{
  for (size_t i = 0; i < e->n_pipes && e->set.permutations; i++) {
    int k = target_slot (&e->pipe[i]);
    const char *name = k < 0 ? NULL : e->pipe[i].sub.slots[k].name;

    if (k >= 0)
      return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                        "permutations=%" PRId64 " shuffles the column \"target\" of items that do not depend on each "
                        "other; %s%s are moments of a recording\nleave out permutations=%" PRId64,
                        e->set.permutations, name ? "@" : "these", name ? name : "", e->set.permutations);
  }
  return FNX_OK;
}

fnx_status
evaluate_open (scope *s, node *n, const fnx_spec *in, fault *f)
{
  evaluate *e;
  scope here = *s;
  fnx_status st = FNX_OK;

  evaluate_done (n);
  n->own = e = calloc (1, sizeof *e);
  if (!e)
    return fault_memory (f);
  read_settings (&e->set, n->params, n->builtin->several);
  here.main = n->from[0];
  if (n->first_slot >= 0) /* negotiated again: what it gives itself is no input */
    here.n_slots = n->first_slot;
  if (sample_axis (in) < 0 || !strcmp (in->kind, "signal") || (!can_classify (in) && spec_axis (in, "trial")))
    return no_items (s, n, in, f);
  for (const chain *sub = n->line.sub; sub && st == FNX_OK; sub = sub->next)
    st = open_pipeline (e, &here, sub, in, f);
  return st == FNX_OK ? can_permute (e, f) : st;
}

bool
evaluate_searches (const evaluate *e)
{
  for (size_t i = 0; i < e->n_pipes; i++)
    if (e->pipe[i].n_candidates > 1)
      return true;
  return false;
}

static fnx_status
negotiate (scope *s, node *n, const fnx_spec *const *in, const fnx_spec **out, fault *f)
{
  fnx_status st;

  if (!n->line.sub || !n->line.sub->n_steps)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "evaluate needs the steps that it evaluates\nwrite  evaluate begin cov ! tangent ! svm end");
  st = evaluate_open (s, n, in[0], f);
  if (st != FNX_OK)
    return st;
  out[0] = evaluate_table_spec ();
  if (evaluate_searches (n->own))
    out[1] = evaluate_table_spec ();
  return FNX_OK;
}

static void
default_metric (eval_settings *set, bool classify, int32_t n_class)
{
  if (!set->n_metric)
    set->metric[set->n_metric++] = metric_find (!classify ? "r" : n_class == 2 ? "auc" : "accuracy");
}

/* The inputs of the pipelines: the main one, then the named ones.  The caller
 * frees the list. */
static const fnx_buf **
inputs_of (const scope *s, const evaluate *e, const fnx_buf *main_input)
{
  const fnx_buf **whole = calloc ((size_t)e->pipe[0].n_inputs, sizeof *whole);
  int at = 1;

  if (!whole)
    return NULL;
  whole[0] = main_input;
  for (int i = 0; i < s->n_slots && at < e->pipe[0].n_inputs; i++)
    if (s->slots[i].name)
      whole[at++] = s->slots[i].value;
  return whole;
}

static fnx_status
check_metrics (const eval_settings *set, bool classify, fault *f)
{
  for (size_t m = 0; m < set->n_metric; m++)
    if (set->metric[m]->regression == classify)
      return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "metric=%s does not go with %s", set->metric[m]->name,
                        classify ? "classes; auc, accuracy do" : "numbers to predict; r, r2, mse do");
  return FNX_OK;
}

/* What all pipelines predict alike. */
static fnx_status
aim_of (const evaluate *e, const fnx_spec *in, aim *what, fault *f)
{
  size_t port = 0, numbers = 0;

  for (size_t i = 0; i < e->n_pipes; i++) {
    port += target_slot (&e->pipe[i]) >= 0;
    numbers += predicts_numbers (&e->pipe[i]);
  }
  *what = port || !can_classify (in) ? AIM_PORT : numbers ? AIM_NUMBERS : AIM_CLASSES;
  if (port && port == e->n_pipes)
    return FNX_OK;
  if (port || (numbers && numbers < e->n_pipes))
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "some of the pipelines predict classes, and others numbers\n"
                      "end all of them with classifiers, or all with regressions");
  return FNX_OK;
}

fnx_status
evaluate_run (scope *s, node *n, const fnx_buf *in, report **r, fault *f)
{
  evaluate *e = n->own;
  const fnx_buf **whole = inputs_of (s, e, in);
  const fnx_spec *spec = buffer_spec (in);
  int k = sample_axis (spec);
  aim what = AIM_CLASSES;
  int32_t n_class = 0;
  fnx_status st;
  call c;

  if (!whole)
    return fault_memory (f);
  if ((st = aim_of (e, spec, &what, f)) == FNX_OK && (st = node_call (s, n, &c, f)) == FNX_OK) {
    if (what == AIM_CLASSES)
      c.api.buf->classes (&c.api, in, spec->axes[k]->name, "target", &n_class, NULL);
    call_end (&c, FNX_OK);
  }
  if (st == FNX_OK)
    st = check_metrics (&e->set, what == AIM_CLASSES, f);
  if (st == FNX_OK) {
    default_metric (&e->set, what == AIM_CLASSES, n_class);
    report_tell_items (s, n, in, e->pipe, e->n_pipes);
    *r = report_new (n->line.as ? n->line.as : n->desc->name, f);
    st = *r ? evaluate_groups (e, s, whole, spec->axes[k]->size, what, *r, f) : f->code;
  }
  free (whole);
  return st;
}

static fnx_status
run (scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  evaluate *e = n->own;
  report *r = NULL;
  fnx_status st = evaluate_run (s, n, in[0], &r, f);

  if (st == FNX_OK)
    st = report_tables (r, in[0], NULL, &out[0], &out[1], &e->found.summary, f);
  if (st == FNX_OK)
    e->found.n_json = report_json (r, &e->found.json);
  report_free (r);
  return st;
}

const evaluation *
evaluation_of (const node *n)
{
  return (n->builtin == &evaluate_ops || n->builtin == &compare_ops) && n->own ? &((const evaluate *)n->own)->found
                                                                               : NULL;
}

const fnx_step_desc evaluate_desc = {
  .struct_size = sizeof evaluate_desc,
  .flags = FNX_S_COHORT | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 2,
  .id = "org.fornix.host.evaluate",
  .name = "evaluate",
  .title = "how well the steps between begin and end predict items they have not seen",
  .doc = "All recordings are joined, their items are split into folds, and every step between begin and end that "
         "learns is fitted anew on the training items of each fold; nothing that is learned has seen a test item.\n\n"
         "Settings given as try: are chosen inside each training set by a search over all combinations (nested "
         "cross-validation); the first of equals wins, and what cannot be computed, as where a matrix is not positive "
         "definite, is left out and told. The chosen settings of every fold stand in the result, and "
         "beside them what a step tells of what it learned. The inner scores of all candidates are its second output: "
         " ! write grid.svg  draws them,  ! write grid.tsv in=@search  lists them.\n\n"
         "What is predicted follows from the last step: classes behind a classifier, numbers behind a regression of "
         "the column target (regress; names of events that are numbers, or two classes as 0 and 1). Folds of numbers "
         "are those of scikit-learn's KFold with the same shuffle= and seed=.\n\n"
         "The value is the mean over folds. The interval and the p value come from all tested items together.\n\n"
         "The protocols are MOABB's. within-session: folds= stratified folds of each session apart. cross-session: for"
         " each subject apart, one session is tested and the others are trained on. cross-subject: one subject is"
         " tested and all others are trained on; each session of the tested subject has its own value, and the mean is"
         " over all of them. The table of scores names in the column tested what was left out.\n\n"
         "With calibration=N the first N items of each class of what is left out are trained on, with their targets,"
         " and never tested, as when a user of a decoder first records a few labelled trials. A column calibration on"
         " the training items is 1 for those of what is tested, and 0 for the others; rotate and mdwm read it.",
  .cite = "Chevallier et al. 2024 (MOABB): protocols; scikit-learn: StratifiedKFold, GridSearchCV",
  .equals = "scikit-learn 1.2 splits and scores",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! evaluate folds=5 begin "
             "tangent ! svm end",
  .inputs = evaluate_in,
  .outputs = out_ports,
  .params = params,
};

const builtin_ops evaluate_ops = { &evaluate_desc, negotiate, run, evaluate_done, false };
