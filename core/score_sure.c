/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How sure a score is: chance level, 95 % interval, one-sided p value.
 *
 * A k-fold evaluation tests every trial once, so counts pool over folds and
 * the textbook methods for one sample apply.  They hold for the fitted models
 * and independent trials; they do not know how much another recording would
 * differ.  Every interval stays inside the metric's range, also when all
 * trials are answered right, and no method is used where it would mislead:
 * NaN (printed n/a) then, and permutations=N is the way.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "core/score_impl.h"

#define Z 1.959963984540054 /* 97.5 % of the normal distribution */

/* ---- chance -------------------------------------------------------------- */
static int
descending (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x < y) - (x > y);
}

static int64_t *
class_counts (const score_data *d)
{
  int64_t *counts = calloc ((size_t)d->n_class + 1, sizeof *counts);
  for (int64_t i = 0; counts && i < d->n; i++)
    counts[d->truth[i]]++;
  return counts;
}

/* Always answering the k commonest classes. */
double
chance_majority (const metric *m, const score_data *d)
{
  int64_t right = 0, *counts = class_counts (d);
  if (!counts || d->n == 0) {
    free (counts);
    return NAN;
  }
  qsort (counts, (size_t)d->n_class, sizeof *counts, descending);
  for (int32_t c = 0; c < m->k && c < d->n_class; c++)
    right += counts[c];
  free (counts);
  return (double)right / (double)d->n;
}

double
chance_classes (const metric *m, const score_data *d)
{
  int32_t n_there = 0;
  int64_t *counts = class_counts (d);
  (void)m;
  for (int32_t c = 0; counts && c < d->n_class; c++)
    n_there += counts[c] > 0;
  free (counts);
  return n_there ? 1.0 / n_there : NAN;
}

double
chance_half (const metric *m, const score_data *d)
{
  (void)m, (void)d;
  return 0.5;
}

double
chance_zero (const metric *m, const score_data *d)
{
  (void)m, (void)d;
  return 0;
}

double
chance_unknown (const metric *m, const score_data *d)
{
  (void)m, (void)d;
  return NAN;
}

/* ---- intervals of counts -------------------------------------------------- */
/* Wilson (1927), JASA 22: the score interval of a share. */
static void
wilson (double right, double n, double *low, double *high)
{
  double p = right / n, centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
  double half = Z / (1 + Z * Z / n) * sqrt (p * (1 - p) / n + Z * Z / (4 * n * n));
  *low = right > 0 ? centre - half : 0; /* rounding aside, that is what the formula says */
  *high = right < n ? centre + half : 1;
}

static int64_t
count_right (const metric *m, const score_data *d)
{
  int64_t right = 0;
  for (int64_t i = 0; i < d->n; i++)
    right
        += m->k > 1 ? score_in_top (d, i, m->k) : score_answer (d->scores + i * d->n_class, d->n_class) == d->truth[i];
  return right;
}

const char *
interval_share (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *low,
                double *high)
{
  (void)offset, (void)n_folds, (void)mean;
  wilson ((double)count_right (m, d), (double)d->n, low, high);
  return "Wilson";
}

/* The mean of independent shares, from the Wilson interval of each: MOVER, Zou
 * & Donner (2008), Stat. Med. 27. */
const char *
interval_balanced (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean,
                   double *low, double *high)
{
  double share = 0, below = 0, above = 0;
  int32_t n_there = 0;
  int64_t *confusion = score_confusion (d, 0, d->n);
  (void)m, (void)offset, (void)n_folds, (void)mean;
  for (int32_t c = 0; confusion && c < d->n_class; c++) {
    double n = 0, right = (double)confusion[c * d->n_class + c], l, h;
    for (int32_t other = 0; other < d->n_class; other++)
      n += (double)confusion[c * d->n_class + other];
    if (n == 0)
      continue;
    wilson (right, n, &l, &h);
    share += right / n;
    below += (right / n - l) * (right / n - l);
    above += (h - right / n) * (h - right / n);
    n_there++;
  }
  free (confusion);
  if (n_there == 0)
    return NULL;
  *low = (share - sqrt (below)) / n_there;
  *high = (share + sqrt (above)) / n_there;
  return "Wilson, MOVER";
}

/* Kappa is a straight line in the share of agreement, given how often each
 * class occurs and is answered. */
const char *
interval_kappa (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *low,
                double *high)
{
  double n = (double)d->n, right = 0, expected = 0, l, h;
  int64_t *confusion = score_confusion (d, 0, d->n);
  (void)m, (void)offset, (void)n_folds, (void)mean;
  for (int32_t c = 0; confusion && c < d->n_class; c++) {
    double there = 0, answered = 0;
    for (int32_t other = 0; other < d->n_class; other++) {
      there += (double)confusion[c * d->n_class + other];
      answered += (double)confusion[other * d->n_class + c];
    }
    right += (double)confusion[c * d->n_class + c];
    expected += there * answered / (n * n);
  }
  if (!confusion || !(expected < 1)) {
    free (confusion);
    return NULL;
  }
  free (confusion);
  wilson (right, n, &l, &h);
  *low = fmax (-1, (l - expected) / (1 - expected));
  *high = (h - expected) / (1 - expected);
  return "Wilson, fixed margins";
}

/* F1 = 2 J / (1 + J), J the share of true positives among all trials that are
 * positive or were answered so: Wilson's interval of J, mapped. */
const char *
interval_f1 (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *low,
             double *high)
{
  double l, h;
  (void)m, (void)offset, (void)n_folds, (void)mean;
  int64_t *c = d->n_class == 2 ? score_confusion (d, 0, d->n) : NULL;
  if (!c || c[1] + c[2] + c[3] == 0) {
    free (c);
    return NULL;
  }
  wilson ((double)c[3], (double)(c[1] + c[2] + c[3]), &l, &h);
  free (c);
  *low = 2 * l / (1 + l);
  *high = 2 * h / (1 + h);
  return "Wilson";
}

const char *
interval_none (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *low,
               double *high)
{
  (void)m, (void)d, (void)offset, (void)n_folds, (void)mean, (void)low, (void)high;
  return NULL;
}

/* ---- interval of the area under the curve ---------------------------------- */
/* Hanley & McNeil's (1982) variance of one fold's area, were it `area`, with
 * Newcombe's (2006, Stat. Med. 25, method 5) N* for both group sizes. */
static double
area_variance (double area, double n_positive, double n_negative)
{
  double n = (n_positive + n_negative) / 2 - 1;
  return area * (1 - area) * (1 + n * (1 - area) / (2 - area) + n * area / (1 + area)) / (n_positive * n_negative);
}

/* Standard error of the mean over folds, then over classes against the rest
 * (taken as fully correlated, which can only widen). */
static double
mean_area_error (const score_data *d, const int64_t *offset, size_t n_folds, double area)
{
  double error = 0;
  int32_t first = d->n_class == 2, n_class = 0;
  for (int32_t c = first; c < d->n_class; c++, n_class++) {
    double variance = 0, n_valued = 0;
    for (size_t k = 0; k < n_folds; k++) {
      int64_t positive = 0, n = offset[k + 1] - offset[k];
      for (int64_t i = offset[k]; i < offset[k + 1]; i++)
        positive += d->truth[i] == c;
      if (positive > 0 && positive < n) {
        variance += area_variance (area, (double)positive, (double)(n - positive));
        n_valued++;
      }
    }
    error += sqrt (variance) / fmax (n_valued, 1);
  }
  return error / n_class;
}

/* All areas whose distance from the mean is at most Z standard errors of
 * themselves: never outside [0, 1], and no point at a perfect 1. */
const char *
interval_auc (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *low,
              double *high)
{
  (void)m;
  double inside = mean, outside = 0;
  for (int side = 0; side < 2; side++, inside = mean, outside = 1) {
    for (int halvings = 0; halvings < 60; halvings++) {
      double area = (inside + outside) / 2;
      if (fabs (mean - area) <= Z * mean_area_error (d, offset, n_folds, area))
        inside = area;
      else
        outside = area;
    }
    *(side ? high : low) = inside;
  }
  return "Newcombe";
}

/* ---- correlation: Fisher's z, one target only ------------------------------ */
static double
fisher_weight (const score_data *d, const int64_t *offset, size_t n_folds)
{
  double weight = 0;
  for (size_t k = 0; k < n_folds; k++)
    weight += fmax (0, (double)(offset[k + 1] - offset[k] - 3));
  return d->n_target == 1 ? weight : 0;
}

const char *
interval_r (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *low,
            double *high)
{
  double weight = fisher_weight (d, offset, n_folds);
  (void)m;
  if (weight <= 0)
    return NULL;
  *low = tanh (atanh (mean) - Z / sqrt (weight));
  *high = tanh (atanh (mean) + Z / sqrt (weight));
  return "Fisher z";
}

const char *
p_r (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *p)
{
  double weight = fisher_weight (d, offset, n_folds);
  (void)m;
  if (weight <= 0)
    return NULL;
  *p = gsl_cdf_ugaussian_Q (atanh (mean) * sqrt (weight));
  return "Fisher z";
}

/* ---- p values of counts ------------------------------------------------------ */
const char *
p_none (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *p)
{
  (void)m, (void)d, (void)offset, (void)n_folds, (void)mean, (void)p;
  return NULL;
}

/* So many right, or more, when each trial is right with the chance level. */
const char *
p_binomial (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *p)
{
  int64_t right = count_right (m, d);
  double chance = m->chance (m, d);
  (void)offset, (void)n_folds, (void)mean;
  if (isnan (chance))
    return NULL;
  *p = right > 0 ? gsl_cdf_binomial_Q ((unsigned)right - 1, fmin (chance, 1), (unsigned)d->n) : 1;
  return "binomial";
}

/* Two classes: given both margins, balanced accuracy and kappa rise with the
 * number of true positives, so theirs is Fisher's exact test. */
const char *
p_fisher (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *p)
{
  (void)m, (void)offset, (void)n_folds, (void)mean;
  int64_t *c = d->n_class == 2 ? score_confusion (d, 0, d->n) : NULL;
  if (!c)
    return NULL;
  unsigned positives = (unsigned)(c[2] + c[3]), negatives = (unsigned)(c[0] + c[1]), answered = (unsigned)(c[1] + c[3]);
  *p = c[3] > 0 ? gsl_cdf_hypergeometric_Q ((unsigned)c[3] - 1, positives, negatives, answered) : 1;
  free (c);
  return "Fisher";
}
