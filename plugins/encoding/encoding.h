/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps of the module encoding: what the brain answers to features.
 */
#ifndef FNX_ENCODING_ENCODING_H
#define FNX_ENCODING_ENCODING_H

#include "fornix/plugin.h"

extern const fnx_step_desc ridge_step;

#endif
