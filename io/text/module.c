/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module `text`: a reader and a writer of tables.
 */
#include "io/text/text.h"

static const fnx_step_desc *const steps[] = { &text_reader, &text_writer, NULL };

const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "text", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
