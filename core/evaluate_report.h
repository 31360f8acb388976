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
/* The p value of the newest group's metric, from permuted targets. */
void report_permutation_p (report *, const metric *, double p, size_t n);
/* A last row with the mean over groups, if there are several. */
fnx_status report_mean (report *, fault *f);
/* *scores: a row a group, fold and metric; *summary: a row a group and metric. */
fnx_status report_tables (const report *, const fnx_buf *src, const fnx_buf **scores, const fnx_buf **summary,
                          fault *f);
/* A line of JSON a group and metric; returns how many. */
size_t report_json (const report *, char ***lines);

/* On stderr: what is evaluated ("3 recordings, 45 trials (23 T1, 22 T2), ..."),
 * and what is fitted where. */
void report_tell_items (const scope *, const node *, const fnx_buf *items, const pipeline *);

#endif
