/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module learn: estimators on features[trial,feature].
 */
#include "plugins/learn/learn.h"

#include "plugins/common/linalg.h"
#include "plugins/common/machine.h"

static fnx_status
load (const fnx_host *host)
{
  (void)host;
  la_serial ();
  machine_load ();
  return FNX_OK;
}

/* clang-format off */
static const fnx_step_desc *const steps[] = {
  &svm_step,
  &lda_step,
  &logistic_step,
  &scale_step,
  &pca_step,
  &select_step,
  &flatten_step,
  &regress_step,
  NULL
};
/* clang-format on */

FNX_EXPORT const fnx_module fnx_module_v1
    = { FNX_MODULE_HEAD, .name = "learn", .version = "0.1.0", .licence = "GPL-3.0-or-later",
        .steps = steps,  .load = load };
