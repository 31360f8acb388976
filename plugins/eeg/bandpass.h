/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One band-pass filter, for band and filterbank: checked against a recording,
 * run on all of it or on its blocks, the same bits either way.
 */
#ifndef FNX_EEG_BANDPASS_H
#define FNX_EEG_BANDPASS_H

#include "plugins/common/iir.h"
#include "plugins/eeg/filtering.h"

enum { BANDPASS_FIR, BANDPASS_IIR };
enum { BANDPASS_ZERO, BANDPASS_CAUSAL };
enum { BANDPASS_ENDS_MNE, BANDPASS_ENDS_SCIPY };

typedef struct bandpass {
  double low, high;               /* Hz; -INFINITY, INFINITY: open */
  int method, phase, order, ends; /* as the enums above */
  const char *step, *param;       /* for messages: who filters, and where its range was typed */
  bool one_of_many;
  /* while streaming */
  filtering fir;
  iir iir;
  double *state; /* IIR_STATE for every IIR_LANES rows */
} bandpass;

/* method= order= phase= ends= */
void bandpass_read (fnx_call *, const fnx_params *, bandpass *);
extern const fnx_param_desc bandpass_method_param, bandpass_order_param, bandpass_phase_param, bandpass_ends_param;

/* Can the filter be made for this input?  Notes where it is longer than that. */
fnx_status bandpass_check (fnx_call *, const bandpass *, const fnx_spec *in);
bool bandpass_streams (const bandpass *);
fnx_status bandpass_whole (fnx_call *, const bandpass *, const fnx_buf *in, const fnx_buf **out);
/* *out stays NULL while nothing is complete. */
fnx_status bandpass_push (fnx_call *, bandpass *, const fnx_buf *in, const fnx_buf **out);
fnx_status bandpass_drain (fnx_call *, bandpass *, const fnx_buf **out);
int64_t bandpass_latency (const bandpass *);
/* Forget the recording: the settings stay. */
void bandpass_clear (bandpass *);

#endif
