/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a trial is called in a message.
 */
#ifndef FNX_COMMON_TRIALNAME_H
#define FNX_COMMON_TRIALNAME_H

#include "fornix/plugin.h"

/* "trial 17 of car.edf", counted from 1 within its recording by the column item
 * where there is one; scratch memory. */
const char *trial_name (fnx_call *c, const fnx_buf *b, size_t i);

#endif
