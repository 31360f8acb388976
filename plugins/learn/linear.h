/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model of classifiers that end in planes: lda and logistic.  Its
 * functions have the types of fnx_ext_estimator.
 */
#ifndef FNX_LEARN_LINEAR_H
#define FNX_LEARN_LINEAR_H

#include "plugins/learn/learn.h"

#define LINEAR_VERSION 1

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
fnx_status linear_save (fnx_call *, const fnx_model *, fnx_status (*put) (void *, const void *, size_t), void *to);
fnx_status linear_load (fnx_call *, const fnx_step *, uint32_t version, const void *bytes, size_t n, fnx_model **out);

#endif
