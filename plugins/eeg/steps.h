/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step types of the module, and ports that several of them have.
 */
#ifndef FNX_EEG_STEPS_H
#define FNX_EEG_STEPS_H

#include "fornix/plugin.h"

extern const fnx_step_desc band_step, filterbank_step, epoch_step, notch_step, pick_step, psd_step, reref_step,
    resample_step, template_step;

extern const fnx_port_desc *const signal_or_epochs[];
extern const fnx_port_desc *const the_same[];

#endif
