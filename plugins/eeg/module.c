/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The module eeg: conditioning, cutting and spectra of recordings.
 */
#include "plugins/common/fft.h"
#include "plugins/eeg/steps.h"

static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port, .name = "in", .what = "signal[channel,time] or epochs[trial,channel,time]" };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port, .name = "out", .what = "the same" };
const fnx_port_desc *const signal_or_epochs[] = { &in_port, NULL };
const fnx_port_desc *const the_same[] = { &out_port, NULL };

/* clang-format off */
static const fnx_step_desc *const steps[] = {
  &band_step,
  &filterbank_step,
  &epoch_step,
  &notch_step,
  &pick_step,
  &psd_step,
  &reref_step,
  &resample_step,
  &template_step,
  NULL
};
/* clang-format on */

static fnx_status
load (const fnx_host *host)
{
  (void)host;
  fft_load ();
  return FNX_OK;
}

extern const fnx_module fnx_module_v1;
const fnx_module fnx_module_v1 = {
  FNX_MODULE_HEAD, .name = "eeg", .version = "0.1.0", .licence = "GPL-3.0-or-later", .steps = steps, .load = load,
};
