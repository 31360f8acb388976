/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the steps of this family share beyond plugins/common/.
 */
#ifndef FNX_LEARN_H
#define FNX_LEARN_H

#include "plugins/common/estimator.h"

extern const fnx_step_desc svm_step, lda_step, logistic_step, scale_step, pca_step, select_step, flatten_step,
    regress_step;

#endif
