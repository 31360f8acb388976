/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between score.c (what a metric is), score_value.c (its value) and
 * score_sure.c (its interval and p value).
 */
#ifndef FNX_CORE_SCORE_IMPL_H
#define FNX_CORE_SCORE_IMPL_H

#include "core/score.h"

typedef double metric_value (const metric *, const score_data *, int64_t first, int64_t n);
metric_value value_accuracy, value_balanced, value_auc, value_kappa, value_f1, value_topk;
metric_value value_r, value_r2, value_mse;

typedef double metric_chance (const metric *, const score_data *);
metric_chance chance_majority, chance_classes, chance_half, chance_zero, chance_unknown;

typedef const char *metric_interval (const metric *, const score_data *, const int64_t *offset, size_t n_folds,
                                     double mean, double *low, double *high);
metric_interval interval_share, interval_balanced, interval_auc, interval_kappa, interval_f1, interval_r, interval_none;

typedef const char *metric_p (const metric *, const score_data *, const int64_t *offset, size_t n_folds, double mean,
                              double *p);
metric_p p_binomial, p_fisher, p_rank, p_r, p_none;

/* Confusion counts [truth,answer], n_class squared, allocated; NULL: no memory. */
int64_t *score_confusion (const score_data *, int64_t first, int64_t n);
/* Does the truth stand among the k largest scores?  Of equal scores the later
 * class comes first, as in scikit-learn's top_k_accuracy_score. */
bool score_in_top (const score_data *, int64_t trial, int k);
/* Class `positive` against the rest: the trials' ranking scores, sorted, with
 * their sides.  With two classes and positive = 1 that is score[1] - score[0]. */
typedef struct ranked {
  double score;
  bool positive;
} ranked;
ranked *score_ranked (const score_data *, int64_t first, int64_t n, int32_t positive, int64_t *n_positive);

#endif
