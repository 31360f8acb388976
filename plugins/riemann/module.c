/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module riemann: covariance matrices and their geometry.
 */
#include "plugins/common/fft.h"
#include "plugins/common/linalg.h"
#include "plugins/common/machine.h"
#include "plugins/riemann/riemann.h"

static fnx_status
load (const fnx_host *host)
{
  (void)host;
  la_serial ();
  fft_load ();
  machine_load ();
  return FNX_OK;
}

/* clang-format off */
static const fnx_step_desc *const steps[] = {
  &cov_step,
  &augcov_step,
  &delaycov_step,
  &btacm_step,
  &siegelmdm_step,
  &siegeltangent_step,
  &mean_step,
  &distance_step,
  &geodesic_step,
  &tangent_step,
  &untangent_step,
  &mdm_step,
  &fgmdm_step,
  &meanfield_step,
  &knn_step,
  &csp_step,
  &trcsp_step,
  &spoc_step,
  &fbcsp_step,
  &potato_step,
  &erpcov_step,
  &xdawncov_step,
  &xdawn_step,
  &align_step,
  &recentre_step,
  &rescale_step,
  &crossspec_step,
  &rotate_step,
  &mdwm_step,
  &potatofield_step,
  &ksvm_step,
  &tangentrotate_step,
  NULL
};
/* clang-format on */

FNX_EXPORT const fnx_module fnx_module_v1
    = { FNX_MODULE_HEAD, .name = "riemann", .version = "0.1.0", .licence = "GPL-3.0-or-later",
        .steps = steps,  .load = load };
