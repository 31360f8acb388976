/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a report holds while it is made: evaluate_report.c collects it,
 * evaluate_tables.c makes tables and JSON of it, compare_pairs.c pairs of it.
 */
#ifndef FNX_CORE_EVALUATE_LINES_H
#define FNX_CORE_EVALUATE_LINES_H

#include "core/evaluate_report.h"
#include "core/search.h"
#include "core/text.h"

/* One group and metric. */
typedef struct line {
  const char *pipeline; /* of compare; or NULL */
  char *group;
  bool mean_of_groups;
  const metric *metric;
  score_summary sum;
  size_t n_folds; /* or parts of folds */
  double *value;
  int64_t *fold, *n_train, *n_test;
  char **tested; /* what each left out, NULL where that has no name; NULL if none has */
  char **chosen; /* "augcov.order=4 svm.c=1" of each fold; NULL where nothing was */
  int64_t n;     /* items tested */
} line;

/* Whom the folds of a group test, where that is one subject of one dataset. */
typedef struct places {
  char *group;
  size_t n_folds;
  char **subject, **dataset; /* of each fold; entries may be NULL */
} places;

struct report {
  const char *step;
  line *lines;
  size_t n;
  const char *pipeline; /* of what is added */
  search *searches;     /* one a pipeline */
  size_t n_searches;
  places *places; /* one a group; of compare only */
  size_t n_places;
};

/* One line as JSON. */
void line_put_json (text_buf *, const report *, const line *);

#endif
