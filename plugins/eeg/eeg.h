/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the EEG steps share: specs with one axis changed, the regular time
 * axis, channels by name and kind, and recordings that come in blocks.
 */
#ifndef FNX_EEG_H
#define FNX_EEG_H

#include <stdbool.h>
#include <stdint.h>

#include "fornix/plugin.h"
#include "plugins/common/give.h"
#include "plugins/common/tape.h"

#define PARAM(id, ...)                                                                                                 \
  static const fnx_param_desc id##_param = { .struct_size = sizeof id##_param, .name = #id, __VA_ARGS__ }

/* ---- shape.c: specs ---------------------------------------------------------- */

/* A spec whose axes may be changed in place; all else points to the source. */
typedef struct shape {
  fnx_spec spec;
  fnx_axis axis[FNX_MAX_DIM];
  const fnx_axis *list[FNX_MAX_DIM];
} shape;
void shape_of (shape *, const fnx_spec *);
/* One in scratch memory, for negotiate(); NULL: fail() was called. */
shape *shape_new (fnx_call *, const fnx_spec *);

/* The last axis must be a regular time axis: its rate in Hz, or 0 after fail(). */
double shape_rate (fnx_call *, const fnx_spec *);
/* Product of all sizes but the last. */
int64_t shape_rows (const fnx_spec *);
int64_t shape_samples (const fnx_spec *); /* size of the last axis */
double shape_second (const fnx_axis *time, int64_t i);
int shape_axis (const fnx_spec *, const char *name); /* -1: absent */
int64_t gcd_of (int64_t a, int64_t b);
/* "Cz", "trial 3, Cz" or "channel 7": what row r of the values is. */
const char *shape_row_name (const fnx_spec *, int64_t row, char *text, size_t n);
/* FNX_E_DATA: a sample of this row is missing, at this second. */
fnx_status fail_missing (fnx_call *, const fnx_spec *, int64_t row, double second, const char *step);
/* How many of one `unit` are a microvolt; 0 if it is no voltage. */
double unit_microvolt (const char *unit);

/* ---- channels.c ----------------------------------------------------------------- */

/* Index of the channel that a user means by `word`: its label, its original
 * label or its canonical name, without regard to case; -1 if there is none. */
int64_t channel_find (const fnx_axis *, const char *word);
/* FNX_E_PARAM with the nearest name: "parameter=word: no such channel ..." */
fnx_status channel_fail (fnx_call *, const fnx_axis *, const char *parameter, const char *word);
/* A text column of the axis, with values; NULL if it has none. */
const fnx_column *channel_texts (const fnx_axis *, const char *name);
typedef enum channel_kind { KIND_EEG, KIND_EOG, KIND_ECG, KIND_EMG, KIND_MISC } channel_kind;
channel_kind channel_kind_of (const fnx_axis *, int64_t i);
/* The same axis with channels idx[0..n) in that order; scratch memory.  False: fail() was called. */
bool channel_pick (fnx_call *, const fnx_axis *from, const int64_t *idx, int64_t n, fnx_axis *to);

/* ---- flow.c: a recording in blocks --------------------------------------------- */

/* The tape of the values and what else has to travel on: events that came
 * with blocks whose output is still to come, and a buffer without samples that
 * stands for the recording when outputs are made. */
typedef struct flow {
  tape tape;
  const fnx_buf *head;
  struct heard *heard;
  const fnx_buf_api *api; /* lives as long as the host */
} flow;
/* Take the next block; its values are lent to the tape until tape_keep(). */
fnx_status flow_take (fnx_call *, flow *, const fnx_buf *block);
/* A new buffer with that spec, the recording's metadata and all events not
 * given out yet.  NULL: fail() was called. */
fnx_buf *flow_give (fnx_call *, flow *, const fnx_spec *);
void flow_clear (flow *);

#endif
