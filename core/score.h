/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Metrics: how good predictions of held-out trials are, what chance would
 * give, how sure that is.  Values equal scikit-learn 1.2's of the same names.
 *
 * Every trial is tested once in an evaluation, so counts pool over folds:
 * intervals and p values come from all tested trials, the value itself is the
 * mean over folds (as MOABB and scikit-learn report it).
 */
#ifndef FNX_CORE_SCORE_H
#define FNX_CORE_SCORE_H

#include <stdbool.h>

#include "fornix/plugin.h"

/* What was tested: trials in test order, fold after fold.  Borrowed. */
typedef struct score_data {
  int64_t n;
  /* Classification: n_class > 0. */
  int32_t n_class;
  const int32_t *truth; /* [n], 0..n_class-1 */
  const double *scores; /* [n,n_class]: the largest is the answer, the first of equals */
  /* Regression: n_target > 0. */
  int64_t n_target;
  const double *y, *predicted; /* [n,n_target] */
} score_data;

typedef struct metric metric;
struct metric {
  const char *name;  /* "auc": what users type */
  const char *title; /* "area under the ROC curve" */
  bool regression;
  bool higher_is_better;
  int k; /* top-k */
  /* Of trials first..first+n-1; NaN where it is undefined (auc of one class). */
  double (*value) (const metric *, const score_data *, int64_t first, int64_t n);
  /* What guessing would give, knowing how many trials of each class there are;
   * NaN where that is not known. */
  double (*chance) (const metric *, const score_data *);
  /* 95 % interval and one-sided p against chance; both leave NaN where no
   * honest one exists.  They name their method, or return NULL. */
  const char *(*interval) (const metric *, const score_data *, const int64_t *offset, size_t n_folds, double mean,
                           double *low, double *high);
  const char *(*p_value) (const metric *, const score_data *, const int64_t *offset, size_t n_folds, double mean,
                          double *p);
};

extern const metric metrics[];            /* ends with name NULL */
extern const char *const metric_names[];  /* the same, NULL-terminated: choices of metric= */
const metric *metric_find (const char *); /* NULL if unknown */

typedef struct score_summary {
  double mean, sd;                /* over folds that have a value; sd is NaN for one fold */
  size_t n_valued;                /* folds that have a value */
  bool pooled;                    /* no fold has one (leave-one-out): mean is that of all trials together */
  double low, high;               /* 95 %; NaN if not known */
  double chance;                  /* NaN if not known */
  double p;                       /* one-sided, against chance; NaN if not known */
  const char *interval_by, *p_by; /* "Wilson", "binomial"; NULL if not known */
} score_summary;

/* Fold f tested trials offset[f]..offset[f+1]-1; offset has n_folds + 1
 * entries.  fold_values receives n_folds values (NaN: undefined) or is NULL.
 * FNX_E_NOMEM is the only failure. */
fnx_status score_summarise (const metric *, const score_data *, const int64_t *offset, size_t n_folds,
                            double *fold_values, score_summary *);

/* (1 + how many of null[0..n) are as good as value or better) / (1 + n); NaN
 * entries of null count as as good. */
double score_permutation_p (const metric *, double value, const double *null, size_t n);

/* Index of the largest of n scores, the first of equals. */
int32_t score_answer (const double *scores, int32_t n);

#endif
