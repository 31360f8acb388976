/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each pipeline against each: what compare says besides the scores.
 */
#ifndef FNX_CORE_COMPARE_H
#define FNX_CORE_COMPARE_H

#include "core/evaluate_lines.h"

/* What is paired: subjects where every fold tests one of them, as MOABB does;
 * else groups (per=site); else the folds of a single cross-validation. */
typedef enum pair_unit { PAIR_SUBJECTS, PAIR_GROUPS, PAIR_FOLDS } pair_unit;
extern const char *const pair_unit_names[];

/* Two pipelines, the one with the better mean first; differences are positive
 * where it is better. */
typedef struct pair {
  const char *pipeline, *versus, *dataset; /* dataset NULL: there is one; borrowed from the report */
  const metric *metric;
  double value, versus_value, difference, effect;
  double p, p_reverse; /* one-sided: that the first is better; that the second is */
  double p_holm;       /* two-sided, over all pairs of this metric and dataset */
  size_t n;            /* of units */
  pair_unit unit;
  const char *test;
} pair;

/* The dataset of pairs that stand for all of them. */
extern const char pair_all_datasets[];

pair *pairs_of (const report *, size_t *n, fault *f);
/* A row a pair; a line of JSON a pair. */
fnx_buf *pairs_table (const pair *, size_t n, fault *f);
void pair_put_json (text_buf *, const report *, const pair *);

#endif
