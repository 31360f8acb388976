/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One pass over a recording, in blocks: what `inspect` says about its values.
 */
#ifndef FNX_CORE_SCAN_H
#define FNX_CORE_SCAN_H

#include "core/exec.h"

typedef struct scan {
  const fnx_buf *head; /* first block: spec, labels, metadata; one reference */
  int64_t n_time;      /* samples along time; of anything else, the first axis */
  double low, high;    /* of the values that are no NaN */
  uint64_t n_missing;  /* NaN values */
  int64_t n_zero_end;  /* samples at the end that are exactly 0 on every channel */
  fnx_events *events;  /* of all blocks; owned */
} scan;

/* s: a scope with a recording's source as its only node. */
fnx_status scan_recording (scope *s, scan *, fault *f);
void scan_end (scan *);

/* "T0 15, T1 8, T2 7", how many events of each label. */
char *events_text (const fnx_events *, char *text, size_t n);

#endif
