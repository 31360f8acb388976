/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module `npy`: a reader and a writer of NumPy arrays.
 */
#include "io/npy/npy.h"

static const fnx_step_desc *const steps[] = { &npy_reader, &npy_writer, NULL };

const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "npy", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
