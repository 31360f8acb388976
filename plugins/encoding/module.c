/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module encoding.
 */
#include "plugins/encoding/encoding.h"

#include "plugins/common/linalg.h"

static fnx_status
load (const fnx_host *host)
{
  (void)host;
  la_serial ();
  return FNX_OK;
}

static const fnx_step_desc *const steps[] = { &ridge_step, NULL };

FNX_EXPORT const fnx_module fnx_module_v1
    = { FNX_MODULE_HEAD, .name = "encoding", .version = "0.1.0", .licence = "GPL-3.0-or-later",
        .steps = steps,  .load = load };
