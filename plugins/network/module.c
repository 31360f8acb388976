/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module `network`: connectivity of series and measures of networks.
 */
#include <cblas.h>

#include "plugins/network/network.h"

/* One thread in BLAS: parallelism is the host's, and sums keep their order. */
static fnx_status
load (const fnx_host *host)
{
  (void)host;
  openblas_set_num_threads (1);
  return FNX_OK;
}

/* clang-format off */
static const fnx_step_desc *const steps[] = {
  &step_connectivity,
  &step_threshold,
  &step_degree,
  &step_voxels,
  NULL
};
/* clang-format on */

const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "network", "0.1.0", "GPL-3.0-or-later", NULL, steps, load };
