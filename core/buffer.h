/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fnx_buf: reference-counted tensors with their specs, events and metadata.
 * A buffer owns its values or shows those of a parent: as an index over the
 * parent's first axis (folds) or as a range of it.
 */
#ifndef FNX_CORE_BUFFER_H
#define FNX_CORE_BUFFER_H

#include <stdbool.h>

#include "core/spec.h"

/* A new buffer, zero-filled; like fnx_buf_api.like but with a fault. */
fnx_buf *buffer_new (const fnx_spec *, fault *f);
fnx_buf *buffer_like (const fnx_buf *src, const fnx_spec *, fault *f);
const fnx_buf *buffer_ref (const fnx_buf *);
void buffer_unref (const fnx_buf *);
void buffers_unref (const fnx_buf **, size_t n); /* each; NULLs remain */
const fnx_spec *buffer_spec (const fnx_buf *);
const fnx_tensor *buffer_read (const fnx_buf *); /* NULL only without memory */
const void *buffer_item (const fnx_buf *, int64_t i);
void *buffer_write (fnx_buf *, fault *f);
fnx_buf *buffer_own (const fnx_buf *, fault *f);
size_t buffer_bytes (const fnx_buf *); /* memory of its own values */

const char *buffer_meta (const fnx_buf *, const char *key);
fnx_status buffer_set_meta (fnx_buf *, const char *key, const char *json);
const char *buffer_meta_key (const fnx_buf *, size_t i);
const fnx_events *buffer_events (const fnx_buf *);
fnx_status buffer_set_events (fnx_buf *, const fnx_events *);
bool buffer_events_are_own (const fnx_buf *); /* set for it, not only carried over */
const fnx_column *buffer_column (const fnx_buf *, const char *axis, const char *name);

/* Items idx[0..n) of the first axis, in that order, without copying values;
 * labels and columns are picked alike.  Keeps a reference to src. */
fnx_buf *buffer_pick (const fnx_buf *src, const int64_t *idx, int64_t n, fault *f);
/* Indices idx[0..n) of axis number `axis`, copied. */
fnx_buf *buffer_take (const fnx_buf *src, int axis, const int64_t *idx, int64_t n, fault *f);
/* Samples [first, first + n) of axis number `axis`, copied. */
fnx_buf *buffer_slice (const fnx_buf *src, int axis, int64_t first, int64_t n, fault *f);
/* Join along axis number `axis`; all other axes, kinds and units must agree
 * (the fault says which does not, naming the recordings names[i]).  Along a
 * regular axis blocks must follow each other.  Columns are the union of all;
 * what a part lacks is missing there.  Events are merged. */
fnx_buf *buffer_join (const fnx_buf *const *parts, size_t n, int axis, const char *const *names, fault *f);
/* A column to add to an axis, or to replace one of the same name. */
fnx_status buffer_set_column (fnx_buf *, const char *axis, const fnx_column *, fault *f);
/* Many at once: each call copies the spec. */
fnx_status buffer_set_columns (fnx_buf *, const char *axis, const fnx_column *const *, size_t n, fault *f);
/* The same values as another float type; a new reference to src if it has it. */
fnx_buf *buffer_convert (const fnx_buf *src, fnx_dtype, fault *f);
/* An empty table of `rows` rows: fill it with buffer_set_column (.., "row", ..). */
fnx_buf *buffer_table (int64_t rows, fault *f);
/* Equal specs, values (NaN = NaN), columns and events? */
bool buffer_equal (const fnx_buf *, const fnx_buf *);
/* Philox-seeded hash of spec and values, for cache keys and the validator. */
uint64_t buffer_hash (const fnx_buf *);

#endif
