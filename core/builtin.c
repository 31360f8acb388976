/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The host's own steps, as a module like any other.
 */
#include <string.h>

#include "core/exec.h"

static const builtin_ops *const all[] = { &compare_ops, &evaluate_ops, &table_ops, &train_ops, &write_ops };

const builtin_ops *
builtin_find (const fnx_step_desc *d)
{
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp (all[i]->desc->id, d->id))
      return all[i];
  return NULL;
}

static const fnx_step_desc *const steps[]
    = { &compare_desc, &evaluate_desc, &table_desc, &train_desc, &write_desc, &svg_desc, NULL };

const fnx_module builtin_module = { FNX_MODULE_HEAD, "fornix", PACKAGE_VERSION, "GPL-3.0-or-later", NULL, steps, NULL };
