/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks put together again.  Where the length is known beforehand the whole
 * is allocated once and blocks are copied into place, so a recording is held
 * once, not twice.
 */
#ifndef FNX_CORE_COLLECT_H
#define FNX_CORE_COLLECT_H

#include "core/buffer.h"

typedef struct collector collector;

/* `spec`: what was negotiated; its time axis may be of unknown size. */
collector *collector_new (const fnx_spec *spec, fault *f);
/* Borrowed.  Blocks must follow each other along time. */
fnx_status collector_add (collector *, const fnx_buf *block, fault *f);
/* Only events, and all of them in order; free() the result. */
fnx_status collector_note_events (collector *, const fnx_events *);
fnx_events *collector_events (collector *); /* NULL: no memory */
void collector_forget_events (collector *);
/* The whole, one reference; a fault when nothing was added. */
const fnx_buf *collector_end (collector *, fault *f);
void collector_free (collector *);

#endif
