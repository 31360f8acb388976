/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model of classifiers that end in planes: lda and logistic.
 */
#ifndef FNX_LEARN_LINEAR_H
#define FNX_LEARN_LINEAR_H

#include "plugins/learn/learn.h"

/* Decision values x . w_k + b_k: one a class, or one in all for two classes. */
struct fnx_model {
  classes cls;
  size_t p;
  double *w; /* n_value x p; may be longer */
  double *b; /* n_value; may be longer */
};

fnx_status linear_apply (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in,
                         const fnx_buf **out);
void linear_free (fnx_model *);
void linear_put (state_out *, const fnx_model *);
bool linear_get (state_in *, const fnx_step *, fnx_model *);

/* The end of a file whose classifier is planes. */
#define LINEAR_ESTIMATOR(what)                                                                                         \
  ESTIMATOR ("classifier", 1, linear_put, linear_get, NULL, fit, linear_free, .apply = linear_apply,                   \
             .flags = FNX_EST_SUPERVISED, .learns = what)

#endif
