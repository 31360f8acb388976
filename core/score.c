/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of metrics, and what an evaluation reports of each.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/score_impl.h"

#define CLASSES false
#define REALS true

const metric metrics[] = {
  { "accuracy", "share of trials answered right", CLASSES, true, 1, value_accuracy, chance_majority, interval_share,
    p_binomial },
  { "balanced", "accuracy of each class, averaged", CLASSES, true, 0, value_balanced, chance_classes, interval_balanced,
    p_fisher },
  { "auc", "area under the ROC curve; of each class against the rest, averaged, with more than two", CLASSES, true, 0,
    value_auc, chance_half, interval_auc, p_rank },
  { "kappa", "Cohen's kappa: agreement beyond chance", CLASSES, true, 0, value_kappa, chance_zero, interval_kappa,
    p_fisher },
  { "f1", "F1 of the last class; averaged over classes with more than two", CLASSES, true, 0, value_f1, chance_unknown,
    interval_f1, p_none },
  { "top2", "share of trials whose class is among the 2 best answers", CLASSES, true, 2, value_topk, chance_majority,
    interval_share, p_binomial },
  { "top3", "share of trials whose class is among the 3 best answers", CLASSES, true, 3, value_topk, chance_majority,
    interval_share, p_binomial },
  { "top5", "share of trials whose class is among the 5 best answers", CLASSES, true, 5, value_topk, chance_majority,
    interval_share, p_binomial },
  { "top10", "share of trials whose class is among the 10 best answers", CLASSES, true, 10, value_topk, chance_majority,
    interval_share, p_binomial },
  { "r", "Pearson correlation, averaged over targets", REALS, true, 0, value_r, chance_zero, interval_r, p_r },
  { "r2", "share of variance explained, averaged over targets", REALS, true, 0, value_r2, chance_zero, interval_none,
    p_none },
  { "mse", "mean squared error", REALS, false, 0, value_mse, chance_unknown, interval_none, p_none },
  { NULL, NULL, false, false, 0, NULL, NULL, NULL, NULL },
};

const char *const metric_names[]
    = { "accuracy", "balanced", "auc", "kappa", "f1", "top2", "top3", "top5", "top10", "r", "r2", "mse", NULL };

const metric *
metric_find (const char *name)
{
  for (const metric *m = metrics; m->name; m++)
    if (!strcmp (m->name, name))
      return m;
  return NULL;
}

/* Mean and spread (n - 1) of the folds that have a value. */
static void
describe (const double *values, size_t n, score_summary *out)
{
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan (values[i])) {
      sum += values[i];
      out->n_valued++;
    }
  out->mean = out->n_valued ? sum / (double)out->n_valued : NAN;
  for (size_t i = 0; i < n; i++)
    if (!isnan (values[i]))
      squares += (values[i] - out->mean) * (values[i] - out->mean);
  out->sd = out->n_valued > 1 ? sqrt (squares / (double)(out->n_valued - 1)) : NAN;
}

fnx_status
score_summarise (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double *fold_values,
                 score_summary *out)
{
  const int64_t all[2] = { offset[0], offset[n_folds] };
  double *values = fold_values ? fold_values : malloc ((n_folds + 1) * sizeof *values);
  *out = (score_summary){ .mean = NAN, .sd = NAN, .low = NAN, .high = NAN, .chance = NAN, .p = NAN };
  if (!values)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < n_folds; i++)
    values[i] = m->value (m, d, offset[i], offset[i + 1] - offset[i]);
  describe (values, n_folds, out);
  if (values != fold_values)
    free (values);
  if (out->n_valued == 0) {
    out->pooled = true;
    out->mean = m->value (m, d, all[0], all[1] - all[0]);
    offset = all;
    n_folds = 1;
  }
  out->chance = m->chance (m, d);
  if (isnan (out->mean))
    return FNX_OK;
  out->interval_by = m->interval (m, d, offset, n_folds, out->mean, &out->low, &out->high);
  out->p_by = m->p_value (m, d, offset, n_folds, out->mean, &out->p);
  return FNX_OK;
}

double
score_permutation_p (const metric *m, double value, const double *null, size_t n)
{
  size_t as_good = 0;
  for (size_t i = 0; i < n; i++)
    as_good += isnan (null[i]) || (m->higher_is_better ? null[i] >= value : null[i] <= value);
  return (double)(1 + as_good) / (double)(1 + n);
}

int32_t
score_answer (const double *scores, int32_t n)
{
  int32_t best = 0;
  for (int32_t c = 1; c < n; c++)
    if (scores[c] > scores[best])
      best = c;
  return best;
}
