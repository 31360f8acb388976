/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A FIR on its way along a recording, for band and notch: whole or in blocks,
 * the same bits either way.
 */
#ifndef FNX_EEG_FILTERING_H
#define FNX_EEG_FILTERING_H

#include "plugins/common/fir.h"
#include "plugins/eeg/eeg.h"

typedef struct filtering {
  double *taps; /* owned; set by the step, NULL before the first block */
  int64_t n_taps;
  bool causal;
  const char *step; /* for messages */
  fir *fir;         /* zero phase only */
  flow flow;
  int64_t done; /* outputs given */
} filtering;

/* `taps` must be set.  *out stays NULL while nothing is complete. */
fnx_status filtering_push (fnx_call *, filtering *, const fnx_buf *in, const fnx_buf **out);
fnx_status filtering_drain (fnx_call *, filtering *, const fnx_buf **out);
fnx_status filtering_whole (fnx_call *, filtering *, const fnx_buf *in, const fnx_buf **out);
int64_t filtering_latency (const filtering *);
void filtering_clear (filtering *);

#endif
