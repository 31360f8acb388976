/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The host's own steps, as a module like any other.
 */
#include "core/registry.h"

static const fnx_step_desc *const steps[] = { NULL };

const fnx_module builtin_module = { FNX_MODULE_HEAD, "fornix", PACKAGE_VERSION, "GPL-3.0-or-later", NULL, steps, NULL };
