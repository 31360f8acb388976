/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The losses of logistic regression, without overflow.
 */
#ifndef FNX_LEARN_LOGLOSS_H
#define FNX_LEARN_LOGLOSS_H

#include <math.h>

#include "plugins/learn/linear.h"

/* log (1 + e^t) and its slope. */
static inline double
softplus (double t, double *slope)
{
  double e = exp (-fabs (t));
  *slope = t > 0 ? 1 / (1 + e) : e / (1 + e);
  return (t > 0 ? t : 0) + log1p (e);
}

/* -log softmax (d)[y]; d becomes its slope. */
static inline double
softmax (double *d, size_t k, int32_t y)
{
  double top = d[0], sum = 0, own = d[y];
  for (size_t j = 1; j < k; j++)
    top = d[j] > top ? d[j] : top;
  for (size_t j = 0; j < k; j++)
    sum += exp (d[j] - top);
  for (size_t j = 0; j < k; j++)
    d[j] = exp (d[j] - top) / sum - ((int32_t)j == y);
  return log (sum) + top - own;
}

/* Loss of a trial of class y whose decisions are d[k] (k = 1: of two classes);
 * d becomes its slope. */
static inline double
logloss (double *d, size_t k, int32_t y)
{
  if (k > 1)
    return softmax (d, k, y);
  double slope, sign = y ? -1 : 1; /* loss of class 1: log (1 + e^-d) */
  double loss = softplus (sign * d[0], &slope);
  d[0] = sign * slope;
  return loss;
}

/* ---- elasticnet.c ---- */
/* Planes m->w[k,p] and m->b[k] (zeroed, k = 1 for two classes) at the minimum of
 *   price sum_i weight_i loss_i + l1 |w|_1 + (1 - l1) |w|^2 / 2,  0 < l1 <= 1. */
fnx_status elasticnet (fnx_call *, const rows *x, const int32_t *code, const double *weight, double price, double l1,
                       int max_iter, fnx_model *m);

#endif
