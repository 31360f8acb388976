/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * p value of an area under the curve: the Mann-Whitney test, stratified by
 * fold, because scores of different folds come from different models and do
 * not compare.  If scores say nothing about classes, every assignment of the
 * classes within a fold is equally likely; the p value is the share of
 * assignments whose mean area over folds is as large as the one seen.  Ties
 * are kept as they are.  Exact where the counting is affordable, else the
 * normal approximation with the variance corrected for ties.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/score_impl.h"

#define MOST_WORK 2e7 /* additions; some ten milliseconds */

typedef struct strata {
  int64_t n, n_positive, n_negative;
  int64_t *ties; /* sizes of the groups of equal scores, ascending by score */
  size_t n_ties;
  int64_t twice_u; /* twice the Mann-Whitney U that was seen */
} strata;

static bool
strata_fill (strata *s, const score_data *d, int64_t first, int64_t n)
{
  int64_t below = 0;
  ranked *r = score_ranked (d, first, n, 1, &s->n_positive);
  s->ties = malloc (((size_t)n + 1) * sizeof *s->ties);
  s->n = n;
  s->n_negative = n - s->n_positive;
  for (int64_t i = 0, j; r && s->ties && i < n; i = j) {
    int64_t positives = 0;
    for (j = i; j < n && r[j].score == r[i].score; j++)
      positives += r[j].positive;
    s->ties[s->n_ties++] = j - i;
    s->twice_u += positives * (2 * below + (j - i - positives));
    below += j - i - positives;
  }
  free (r);
  return r && s->ties;
}

/* Variance of the area when classes are dealt at random. */
static double
strata_variance (const strata *s)
{
  double n = (double)s->n, ties = 0;
  for (size_t i = 0; i < s->n_ties; i++) {
    double t = (double)s->ties[i];
    ties += t * t * t - t;
  }
  return (n + 1 - ties / (n * (n - 1))) / (12 * (double)s->n_positive * (double)s->n_negative);
}

/* Distribution of 2U, [2*n_positive*n_negative + 1], over all assignments: take
 * the groups of equals in ascending order and deal a of each to the positives.
 * ways[j][u] counts those with j positives so far and 2U = u. */
static double *
strata_exact (const strata *s)
{
  int64_t width = 2 * s->n_positive * s->n_negative + 1, seen = 0;
  double *ways = calloc ((size_t)(s->n_positive + 1) * (size_t)width, sizeof *ways), *out = NULL, total = 0;
  if (!ways)
    return NULL;
  ways[0] = 1;
  for (size_t g = 0; g < s->n_ties; seen += s->ties[g++])
    /* From many positives to few: a row is read before it is added to. */
    for (int64_t j = s->n_positive < seen ? s->n_positive : seen; j >= 0; j--) {
      double choose = 1; /* of the group's t trials, a are positive */
      int64_t t = s->ties[g];
      for (int64_t a = 1; a <= t && j + a <= s->n_positive; a++) {
        choose *= (double)(t - a + 1) / (double)a;
        int64_t shift = a * (2 * (seen - j) + t - a);
        for (int64_t u = 0; u + shift < width; u++)
          ways[(j + a) * width + u + shift] += choose * ways[j * width + u];
      }
    }
  out = malloc ((size_t)width * sizeof *out);
  if (out) {
    memcpy (out, ways + s->n_positive * width, (size_t)width * sizeof *out);
    for (int64_t u = 0; u < width; u++)
      total += out[u];
    for (int64_t u = 0; u < width; u++)
      out[u] /= total;
  }
  free (ways);
  return out;
}

static int64_t
common_divisor (int64_t a, int64_t b)
{
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* The sum over folds of 2U/(2mn) moves on a lattice of steps 1/D, D the least
 * common multiple of all 2mn.  0 when exact counting would be too much work. */
static int64_t
lattice (const strata *s, size_t n)
{
  int64_t d = 1;
  double work = 0, widest = 0;
  for (size_t i = 0; i < n; i++) {
    int64_t pairs = 2 * s[i].n_positive * s[i].n_negative;
    double deal = (double)pairs * (double)s[i].n_positive * (double)s[i].n;
    if (deal > MOST_WORK || s[i].n > 500)
      return 0;
    work += deal;
    widest = fmax (widest, (double)pairs);
    d = d / common_divisor (d, pairs) * pairs;
    if ((double)d * (double)n > MOST_WORK)
      return 0;
  }
  work += (double)n * (double)n * (double)d / 2 * widest;
  return work <= MOST_WORK ? d : 0;
}

/* P (sum >= seen).  Negative: no memory. */
static double
exact_p (const strata *s, size_t n, int64_t d)
{
  int64_t length = 1, seen = 0;
  double p = -1, *sum = calloc ((size_t)d * n + 1, sizeof *sum), *next = malloc (((size_t)d * n + 1) * sizeof *next);
  if (!sum || !next)
    goto out;
  sum[0] = 1;
  for (size_t i = 0; i < n; i++) {
    int64_t pairs = 2 * s[i].n_positive * s[i].n_negative, step = d / pairs;
    double *atoms = strata_exact (&s[i]);
    if (!atoms)
      goto out;
    memset (next, 0, ((size_t)d * n + 1) * sizeof *next);
    for (int64_t u = 0; u <= pairs; u++)
      for (int64_t x = 0; atoms[u] > 0 && x < length; x++)
        next[x + u * step] += atoms[u] * sum[x];
    free (atoms);
    double *swap = sum;
    sum = next;
    next = swap;
    length += d;
    seen += s[i].twice_u * step;
  }
  p = 0;
  for (int64_t x = length - 1; x >= seen; x--) /* small ones first */
    p += sum[x];
out:
  free (next);
  free (sum);
  return p;
}

static double
normal_p (const strata *s, size_t n, double mean)
{
  double variance = 0;
  for (size_t i = 0; i < n; i++)
    variance += strata_variance (&s[i]);
  return variance > 0 ? gsl_cdf_ugaussian_Q ((mean - 0.5) * (double)n / sqrt (variance)) : 1;
}

const char *
p_rank (const metric *m, const score_data *d, const int64_t *offset, size_t n_folds, double mean, double *p)
{
  const char *by = NULL;
  size_t n = 0;
  strata *s = d->n_class == 2 ? calloc (n_folds + 1, sizeof *s) : NULL;
  (void)m;
  for (size_t k = 0; s && k < n_folds; k++) {
    if (!strata_fill (&s[n], d, offset[k], offset[k + 1] - offset[k]))
      goto out;
    if (s[n].n_positive > 0 && s[n].n_negative > 0)
      n++;
    else { /* a fold of one class has no area and no part in the mean */
      free (s[n].ties);
      memset (&s[n], 0, sizeof s[n]);
    }
  }
  if (s && n > 0) {
    int64_t steps = lattice (s, n);
    *p = steps > 0 ? exact_p (s, n, steps) : -1;
    by = *p >= 0 ? "Mann-Whitney, exact" : "Mann-Whitney";
    if (*p < 0)
      *p = normal_p (s, n, mean);
  }
out:
  for (size_t k = 0; s && k < n_folds; k++)
    free (s[k].ties);
  free (s);
  return by;
}
