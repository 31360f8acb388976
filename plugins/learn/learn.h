/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the steps of this family share beyond plugins/common/.
 */
#ifndef FNX_LEARN_H
#define FNX_LEARN_H

#include "plugins/common/estimator.h"

/* ---- products.c ---- */
/* out[i * b->n + j] = (a_i - mean) . (b_j - mean); mean may be NULL.  The same
 * rows twice (a == b) make the exactly symmetric Gram matrix.  Fixed tiles:
 * the same bits for any number of threads. */
fnx_status products (fnx_call *c, const rows *a, const rows *b, const double *mean, double *out);

extern const fnx_step_desc svm_step, lda_step, logistic_step, scale_step, pca_step, select_step, flatten_step;

#endif
