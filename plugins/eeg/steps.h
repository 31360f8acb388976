/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step types of the module, and ports that several of them have.
 */
#ifndef FNX_EEG_STEPS_H
#define FNX_EEG_STEPS_H

#include "fornix/plugin.h"

extern const fnx_step_desc band_step;
extern const fnx_step_desc filterbank_step;
extern const fnx_step_desc epoch_step;
extern const fnx_step_desc notch_step;
extern const fnx_step_desc pick_step;
extern const fnx_step_desc psd_step;
extern const fnx_step_desc reref_step;
extern const fnx_step_desc resample_step;
extern const fnx_step_desc template_step;

extern const fnx_port_desc *const signal_or_epochs[];
extern const fnx_port_desc *const the_same[];

#endif
