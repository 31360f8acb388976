/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module `nifti`: a reader and a writer of brain images.
 */
#include "io/nifti/nifti.h"

static const fnx_step_desc *const steps[] = { &nifti_reader, &nifti_writer, NULL };

const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "nifti", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
