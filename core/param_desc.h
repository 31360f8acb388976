/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Descriptors of parameters: which one an argument is meant for.
 */
#ifndef FNX_CORE_PARAM_DESC_H
#define FNX_CORE_PARAM_DESC_H

#include "core/param.h"

size_t param_desc_count (const fnx_step_desc *);
/* The one that takes the word without a name; NULL if none does. */
const fnx_param_desc *param_desc_main (const fnx_step_desc *);
/* The one that `arg` is for; NULL and a fault if there is none. */
const fnx_param_desc *param_desc_of (const fnx_step_desc *, const chain_arg *arg, fault *f);
/* The same, and it may be searched. */
const fnx_param_desc *param_desc_tried (const fnx_step_desc *, const chain_arg *arg, fault *f);
/* Is it name=@x for an input port beyond the first? */
bool param_is_wiring (const fnx_step_desc *, const chain_arg *arg);

#endif
