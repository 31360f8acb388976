/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of the metrics, equal to scikit-learn 1.2's accuracy_score,
 * balanced_accuracy_score, roc_auc_score (multi_class="ovr"),
 * cohen_kappa_score, f1_score, top_k_accuracy_score, r2_score and
 * mean_squared_error of the same trials.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/score_impl.h"

static int32_t
answer (const score_data *d, int64_t trial)
{
  return score_answer (d->scores + trial * d->n_class, d->n_class);
}

int64_t *
score_confusion (const score_data *d, int64_t first, int64_t n)
{
  int64_t *counts = calloc ((size_t)d->n_class * (size_t)d->n_class, sizeof *counts);
  for (int64_t i = first; counts && i < first + n; i++)
    counts[d->truth[i] * d->n_class + answer (d, i)]++;
  return counts;
}

/* Of class c: how many there are, how often it was answered, how often rightly. */
static void
tally (const int64_t *confusion, int32_t n_class, int32_t c, int64_t *there, int64_t *answered, int64_t *right)
{
  *there = *answered = 0;
  *right = confusion[c * n_class + c];
  for (int32_t other = 0; other < n_class; other++) {
    *there += confusion[c * n_class + other];
    *answered += confusion[other * n_class + c];
  }
}

double
value_accuracy (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  int64_t right = 0;
  (void)m;
  for (int64_t i = first; i < first + n; i++)
    right += answer (d, i) == d->truth[i];
  return n > 0 ? (double)right / (double)n : NAN;
}

/* Classes that no trial has do not count. */
double
value_balanced (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  double sum = 0;
  int64_t there, answered, right;
  int32_t n_there = 0;
  int64_t *confusion = score_confusion (d, first, n);
  (void)m;
  for (int32_t c = 0; confusion && c < d->n_class; c++) {
    tally (confusion, d->n_class, c, &there, &answered, &right);
    if (there > 0) {
      sum += (double)right / (double)there;
      n_there++;
    }
  }
  free (confusion);
  return n_there ? sum / n_there : NAN;
}

static int
by_score (const void *a, const void *b)
{
  double x = ((const ranked *)a)->score, y = ((const ranked *)b)->score;
  return (x > y) - (x < y);
}

ranked *
score_ranked (const score_data *d, int64_t first, int64_t n, int32_t positive, int64_t *n_positive)
{
  ranked *r = malloc (((size_t)n + 1) * sizeof *r);
  *n_positive = 0;
  for (int64_t i = 0; r && i < n; i++) {
    const double *s = d->scores + (first + i) * d->n_class;
    r[i].score = d->n_class == 2 ? s[positive] - s[!positive] : s[positive];
    r[i].positive = d->truth[first + i] == positive;
    *n_positive += r[i].positive;
    if (isnan (r[i].score)) {
      free (r);
      return NULL;
    }
  }
  if (r)
    qsort (r, (size_t)n, sizeof *r, by_score);
  return r;
}

/* Mann-Whitney: the share of pairs (positive, negative) in the right order,
 * equals counting half.  Exact: all counts are integers. */
static double
auc_of (const score_data *d, int64_t first, int64_t n, int32_t positive)
{
  int64_t n_positive, below = 0, twice_u = 0;
  ranked *r = score_ranked (d, first, n, positive, &n_positive);
  int64_t n_negative = n - n_positive;
  if (!r || n_positive == 0 || n_negative == 0) {
    free (r);
    return NAN;
  }
  for (int64_t i = 0, j; i < n; i = j) {
    int64_t positives = 0, negatives = 0;
    for (j = i; j < n && r[j].score == r[i].score; j++)
      ++*(r[j].positive ? &positives : &negatives);
    twice_u += positives * (2 * below + negatives);
    below += negatives;
  }
  free (r);
  return (double)twice_u / (2.0 * (double)n_positive * (double)n_negative);
}

double
value_auc (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  double sum = 0;
  (void)m;
  if (d->n_class < 2)
    return NAN;
  if (d->n_class == 2)
    return auc_of (d, first, n, 1);
  for (int32_t c = 0; c < d->n_class; c++)
    sum += auc_of (d, first, n, c); /* NaN where a class is absent */
  return sum / d->n_class;
}

/* (observed - expected agreement) / (1 - expected); 0/0 where all is one class. */
double
value_kappa (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  double expected = 0, observed = 0;
  int64_t there, answered, right;
  int64_t *confusion = score_confusion (d, first, n);
  (void)m;
  if (!confusion || n <= 0) {
    free (confusion);
    return NAN;
  }
  for (int32_t c = 0; c < d->n_class; c++) {
    tally (confusion, d->n_class, c, &there, &answered, &right);
    expected += (double)there * (double)answered / (double)n;
    observed += (double)right;
  }
  free (confusion);
  return expected < (double)n ? (observed - expected) / ((double)n - expected) : NAN;
}

/* Two classes: of class 1.  More: the mean over classes that occur in truth or
 * answers.  0 where there is neither. */
double
value_f1 (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  double sum = 0, last = 0;
  int64_t there, answered, right;
  int32_t n_there = 0;
  int64_t *confusion = score_confusion (d, first, n);
  (void)m;
  if (!confusion || n <= 0) {
    free (confusion);
    return NAN;
  }
  for (int32_t c = 0; c < d->n_class; c++) {
    tally (confusion, d->n_class, c, &there, &answered, &right);
    last = there + answered > 0 ? 2 * (double)right / (double)(there + answered) : 0;
    sum += last;
    n_there += there + answered > 0;
  }
  free (confusion);
  return d->n_class == 2 ? last : sum / n_there;
}

bool
score_in_top (const score_data *d, int64_t trial, int k)
{
  const double *s = d->scores + trial * d->n_class;
  int32_t truth = d->truth[trial];
  int before = 0;
  for (int32_t c = 0; c < d->n_class; c++)
    before += s[c] > s[truth] || (c > truth && s[c] == s[truth]);
  return before < k;
}

double
value_topk (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  int64_t right = 0;
  for (int64_t i = first; i < first + n; i++)
    right += score_in_top (d, i, m->k);
  return n > 0 ? (double)right / (double)n : NAN;
}

/* ---- regression: sums about the means, a block of targets at a time ------ */
#define BLOCK 64
typedef struct moments {
  double mean_y[BLOCK], mean_p[BLOCK]; /* means of y and of the prediction */
  double yy[BLOCK], pp[BLOCK], yp[BLOCK], error[BLOCK];
} moments;

/* Rows are contiguous, so the trials run outside and a block of targets inside. */
static void
moments_of (const score_data *d, int64_t first, int64_t n, int64_t target, int64_t n_target, moments *m)
{
  memset (m, 0, sizeof *m);
  for (int64_t i = first; i < first + n; i++)
    for (int64_t t = 0; t < n_target; t++) {
      m->mean_y[t] += d->y[i * d->n_target + target + t];
      m->mean_p[t] += d->predicted[i * d->n_target + target + t];
    }
  for (int64_t t = 0; t < n_target; t++) {
    m->mean_y[t] /= (double)n;
    m->mean_p[t] /= (double)n;
  }
  for (int64_t i = first; i < first + n; i++)
    for (int64_t t = 0; t < n_target; t++) {
      double y = d->y[i * d->n_target + target + t], p = d->predicted[i * d->n_target + target + t];
      double dy = y - m->mean_y[t], dp = p - m->mean_p[t];
      m->yy[t] += dy * dy;
      m->pp[t] += dp * dp;
      m->yp[t] += dy * dp;
      m->error[t] += (y - p) * (y - p);
    }
}

/* Mean of f over targets; a target with NaN in it is left out. */
static double
over_targets (const score_data *d, int64_t first, int64_t n, double (*f) (const moments *, int64_t t, int64_t n))
{
  double sum = 0;
  int64_t n_valued = 0;
  moments m;
  for (int64_t target = 0; target < d->n_target; target += BLOCK) {
    int64_t width = d->n_target - target < BLOCK ? d->n_target - target : BLOCK;
    moments_of (d, first, n, target, width, &m);
    for (int64_t t = 0; t < width; t++) {
      double value = f (&m, t, n);
      if (!isnan (value)) {
        sum += value;
        n_valued++;
      }
    }
  }
  return n_valued ? sum / (double)n_valued : NAN;
}

/* Constant targets or predictions correlate with nothing: 0. */
static double
r_of (const moments *m, int64_t t, int64_t n)
{
  (void)n;
  if (m->yy[t] == 0 || m->pp[t] == 0)
    return isnan (m->yp[t]) ? NAN : 0;
  double r = m->yp[t] / (sqrt (m->yy[t]) * sqrt (m->pp[t]));
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double
r2_of (const moments *m, int64_t t, int64_t n)
{
  (void)n;
  if (m->yy[t] == 0)
    return isnan (m->error[t]) ? NAN : m->error[t] == 0;
  return 1 - m->error[t] / m->yy[t];
}

static double
mse_of (const moments *m, int64_t t, int64_t n)
{
  return m->error[t] / (double)n;
}

double
value_r (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  (void)m;
  return n < 2 ? NAN : over_targets (d, first, n, r_of);
}

double
value_r2 (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  (void)m;
  return n < 2 ? NAN : over_targets (d, first, n, r2_of);
}

double
value_mse (const metric *m, const score_data *d, int64_t first, int64_t n)
{
  (void)m;
  return n < 1 ? NAN : over_targets (d, first, n, mse_of);
}
