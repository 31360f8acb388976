/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What evaluate says of itself: the table of scores, the summary, JSON, and
 * two lines for people.
 */
#ifndef FNX_CORE_EVALUATE_REPORT_H
#define FNX_CORE_EVALUATE_REPORT_H

#include "core/folds.h"
#include "core/pipeline.h"
#include "core/score.h"

/* Under this key the scores carry their summary: the lines of report_json. */
#define SCORES_META "Scores"
#define PAIRS_META "Pairs"

typedef struct report report;

/* What has a value of its own, in the order of the predictions. */
typedef struct parts {
  size_t n;
  size_t *fold;    /* [n] */
  int64_t *offset; /* [n + 1]: their first prediction */
  char **name;     /* [n] "S1", "S1/2": what was left out; NULL where it has no name */
} parts;

report *report_new (const char *step, fault *f);
void report_free (report *);
/* One metric of one group.  values: of each part; best: candidate of each fold;
 * learned: what the models of each fold say, "step.name=value" between blanks, or NULL. */
fnx_status report_add (report *, const char *group, const metric *, const score_summary *, const fold_set *,
                       const parts *, const double *values, const pipeline *, const size_t *best, char *const *learned,
                       int64_t n_tested, fault *f);
/* What follows is of the pipeline called so (borrowed); NULL: of the only one. */
void report_pipeline (report *, const char *name);
/* What a search reached in one group: score[candidate][fold * inner + i]. */
fnx_status report_search (report *, const char *group, const metric *, const pipeline *, size_t n_folds, size_t inner,
                          const double *score, const size_t *best, fault *f);
/* Whom each fold of a group tests, for compare: a subject of a dataset, or NULL
 * where the fold is not one's alone. */
fnx_status report_places (report *, const char *group, size_t n_folds, const char *const *subject,
                          const char *const *dataset, fault *f);
/* The p value of the newest group's metric, from permuted targets. */
void report_permutation_p (report *, const metric *, double p, size_t n);
/* A last row with the mean over groups, if there are several. */
fnx_status report_mean (report *, fault *f);
/* *scores: a row a group, fold and metric; *search: one a candidate too,
 * untouched without a search; *summary: one a group and metric.  The metadata
 * of the first two tell the rest: the summary, the searches and, unless NULL,
 * the JSON array `pairs`. */
fnx_status report_tables (const report *, const fnx_buf *src, const char *pairs, const fnx_buf **scores,
                          const fnx_buf **search, const fnx_buf **summary, fault *f);
/* A line of JSON a group and metric; returns how many. */
size_t report_json (const report *, char ***lines);

/* On stderr: what is evaluated ("3 recordings, 45 trials (23 T1, 22 T2), ..."),
 * and what is fitted where. */
void report_tell_items (const scope *, const node *, const fnx_buf *, const pipeline *, size_t n_pipes);
/* Of a search: which candidates it goes without, and why. */
void report_tell_lost (const pipeline *, const losses *);

#endif
