/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module `edf`: a reader and a writer of EDF and BDF recordings.
 */
#include "io/edf/edf.h"

static const fnx_step_desc *const steps[] = { &edf_reader_desc, &edf_writer_desc, NULL };

const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "edf", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
