/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the steps of this family share beyond plugins/common/.
 */
#ifndef FNX_LEARN_H
#define FNX_LEARN_H

#include "plugins/common/estimator.h"

extern const fnx_step_desc svm_step;
extern const fnx_step_desc lda_step;
extern const fnx_step_desc logistic_step;
extern const fnx_step_desc scale_step;
extern const fnx_step_desc pca_step;
extern const fnx_step_desc select_step;
extern const fnx_step_desc flatten_step;
extern const fnx_step_desc regress_step;

#endif
