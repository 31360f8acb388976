/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Specs, axes, columns and events as values: deep copies in one block of
 * memory, and the questions asked of them.
 */
#ifndef FNX_CORE_SPEC_H
#define FNX_CORE_SPEC_H

#include <stdbool.h>

#include "core/fault.h"

/* A deep copy in one allocation: free() frees all of it.  Structs of older
 * plugins come out with the missing fields zero.  NULL: no memory. */
fnx_spec *spec_copy (const fnx_spec *);
fnx_events *events_copy (const fnx_events *);

const fnx_axis *spec_axis (const fnx_spec *, const char *name); /* NULL if absent */
int spec_axis_index (const fnx_spec *, const char *name);       /* -1 if absent */
const fnx_column *axis_column (const fnx_axis *, const char *name);
size_t spec_count (const fnx_spec *); /* elements; SIZE_MAX on overflow or unknown size */
size_t dtype_size (fnx_dtype);        /* bytes of one element */
const char *dtype_name (fnx_dtype);   /* "f8" */
bool dtype_from_name (const char *, size_t n, fnx_dtype *out);
double axis_position (const fnx_axis *, int64_t i);
double axis_rate (const fnx_axis *); /* samples per unit; 0 if not regular */
/* "epochs[trial,channel,time]" into a buffer; returns it. */
char *spec_text (const fnx_spec *, char *text, size_t n);

/* The port grammar of plugin.h (what.c). */
/* Does `spec` fit `what`?  *column is set to the name of a missing "with"
 * column when only that is wrong; dtypes are not compared. */
bool what_accepts (const char *what, const fnx_spec *spec, const char **column);
/* First element type listed in `what`, f8 if none; and whether `have` is listed. */
fnx_dtype what_dtype (const char *what, fnx_dtype have);
/* Could something that gives `out` feed `what`?  For proposing a missing step. */
bool what_feeds (const char *out, const char *what);
/* false and a sentence when `what` is malformed (for `fornix check`). */
bool what_valid (const char *what, const char **why);

#endif
