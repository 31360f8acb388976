/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare: several pipelines on the same folds of the same items, and the
 * paired statistics of each against each, as MOABB has them.
 */
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/evaluate_impl.h"

/* A pipeline without a name is called by its steps: cov+tangent+svm. */
static char *
name_of (const chain *sub)
{
  text_buf t = { NULL, 0, 0, false };

  if (sub->label)
    return strdup (sub->label);
  for (size_t i = 0; i < sub->n_steps; i++)
    text_addf (&t, "%s%s", i ? "+" : "", sub->steps[i].desc->name);
  return text_take (&t);
}

static fnx_status
name_pipelines (node *n, evaluate *e, fault *f)
{
  size_t k = 0;

  e->name = calloc (e->n_pipes + 1, sizeof *e->name);
  for (const chain *sub = n->line.sub; e->name && sub; sub = sub->next, k++) {
    e->name[k] = name_of (sub);
    if (!e->name[k])
      return fault_memory (f);
    for (size_t j = 0; j < k; j++)
      if (!strcmp (e->name[j], e->name[k])) {
        fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                   "two pipelines are called %s\nname them:  begin a: ... end begin b: ... end", e->name[k]);
        fault_at (f, sub->steps[0].at, NULL);
        return FNX_E_SPEC;
      }
  }
  return e->name ? FNX_OK : fault_memory (f);
}

static fnx_status
negotiate (scope *s, node *n, const fnx_spec *const *in, const fnx_spec **out, fault *f)
{
  fnx_status st;

  if (!n->line.sub || !n->line.sub->next)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "compare needs two pipelines or more\n"
                      "write  compare begin cov ! mdm end begin cov ! tangent ! svm end");
  st = evaluate_open (s, n, in[0], f);
  if (st == FNX_OK)
    st = name_pipelines (n, n->own, f);
  if (st != FNX_OK)
    return st;
  out[0] = out[1] = evaluate_table_spec ();
  if (evaluate_searches (n->own))
    out[2] = evaluate_table_spec ();
  return FNX_OK;
}

/* The lines of the scores, then those of the pairs. */
static fnx_status
all_json (evaluation *e, const report *r, const pair *pairs, size_t n, fault *f)
{
  char **more;

  e->n_json = report_json (r, &e->json);
  more = realloc (e->json, (e->n_json + n + 1) * sizeof *more);
  if (!more)
    return fault_memory (f);
  e->json = more;
  for (size_t i = 0; i < n; i++) {
    text_buf t = { NULL, 0, 0, false };

    pair_put_json (&t, r, &pairs[i]);
    more[e->n_json] = text_take (&t);
    if (!more[e->n_json])
      return fault_memory (f);
    e->n_json++;
  }
  return FNX_OK;
}

static char *
pairs_meta (const report *r, const pair *pairs, size_t n)
{
  text_buf t = { NULL, 0, 0, false };

  text_add (&t, "[");
  for (size_t i = 0; i < n; i++) {
    text_add (&t, i ? "," : "");
    pair_put_json (&t, r, &pairs[i]);
  }
  text_add (&t, "]");
  return text_take (&t);
}

static fnx_status
run (scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  evaluate *e = n->own;
  report *r = NULL;
  pair *pairs = NULL;
  size_t n_pairs = 0;
  char *meta = NULL;
  fnx_status st = evaluate_run (s, n, in[0], &r, f);

  if (st == FNX_OK && !(pairs = pairs_of (r, &n_pairs, f)))
    st = f->code;
  if (st == FNX_OK && !(meta = pairs_meta (r, pairs, n_pairs)))
    st = fault_memory (f);
  if (st == FNX_OK)
    st = report_tables (r, in[0], meta, &out[0], &out[2], &e->found.summary, f);
  if (st == FNX_OK && !(out[1] = e->found.pairs = pairs_table (pairs, n_pairs, f)))
    st = f->code;
  else if (st == FNX_OK)
    buffer_ref (out[1]);
  if (st == FNX_OK)
    st = all_json (&e->found, r, pairs, n_pairs, f);
  free (meta);
  free (pairs);
  report_free (r);
  return st;
}

static const fnx_port_desc scores_port = { .struct_size = sizeof scores_port,
                                           .name = "scores",
                                           .what = "table[row]",
                                           .doc = "one row a pipeline, group, fold and metric" };
static const fnx_port_desc pairs_port = { .struct_size = sizeof pairs_port,
                                          .name = "pairs",
                                          .what = "table[row]",
                                          .doc = "one row a pair of pipelines and metric: difference, effect, p" };
static const fnx_port_desc *const out_ports[] = { &scores_port, &pairs_port, &search_port, NULL };

const fnx_step_desc compare_desc = {
  .struct_size = sizeof compare_desc,
  .flags = FNX_S_COHORT | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.host.compare",
  .name = "compare",
  .title = "which of several pipelines predicts better, on the same folds",
  .doc
  = "Every  begin NAME: ... end  is one pipeline; without a name it is called by its steps. All are evaluated as "
    "evaluate does it, with the same training and test items, and each is set against each; steps at their beginnings "
    "that they have in common, and that learn nothing, run once. permutations= gives each pipeline its own p, from the "
    "same permutations of the targets; it says nothing of their differences.\n\n"
    "What is paired are subjects, where every fold tests one of them (per=subject, within-session, cross-session, "
    "cross-subject): a subject's score is the mean of its sessions', theirs the mean of their folds'. From 20 subjects "
    "on p is that of Wilcoxon's signed-rank test, below it that of all 2^n sign flips of the differences (MOABB draws "
    "10000 of them from 14 subjects on; here all are taken). effect is mean / sd of the differences. Where the items "
    "have a column dataset, each data set stands alone and, combined by Stouffer's method with weights sqrt(n), with "
    "the others. p is one-sided, that the first pipeline is better; p_reverse that the second is; p_holm is two-sided "
    "and "
    "adjusted by Holm's method for all pairs of that metric.\n\n"
    "Without subjects, per= gives the pairs by group; with neither, only the folds of one cross-validation are left. "
    "They share training items, so an ordinary t test would find differences where there are none: theirs is "
    "corrected, "
    "t = mean / sqrt ((1/k + test/train) var), and says nothing about other subjects.\n\n"
    "! write compare.svg  draws the scores,  ! write pairs.tsv in=@pairs  lists the pairs.",
  .cite = "Jayaram & Barachant 2018 (MOABB); Nadeau & Bengio 2003; Holm 1979",
  .equals = "scipy 1.10 wilcoxon (alternative=\"greater\"); MOABB's statistics, p one-sided",
  .example
  = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! compare folds=5 begin mdm: "
    "cov ! mdm end begin ts+svm: cov ! tangent ! svm end",
  .inputs = evaluate_in,
  .outputs = out_ports,
  .params = compare_params,
};

const builtin_ops compare_ops = { &compare_desc, negotiate, run, evaluate_done, true };
