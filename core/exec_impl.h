/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of running a scope share: exec.c, node_run.c, river.c.
 */
#ifndef FNX_CORE_EXEC_IMPL_H
#define FNX_CORE_EXEC_IMPL_H

#include "core/exec.h"

/* ---- exec.c ------------------------------------------------------------------ */

/* FNX_E_CANCELLED once the user has asked to stop. */
fnx_status scope_stopped (const scope *, fault *f);
/* Is the whole of that slot wanted, by a node from `from` on or by name? */
bool scope_wants (const scope *, int slot, int from);

/* ---- node_run.c -------------------------------------------------------------- */

/* Inputs in the element types that the node asks for; unref all `made`. */
fnx_status node_inputs (const node *, const fnx_buf *const *in, const fnx_buf **made, fault *f);

/* ---- river.c ----------------------------------------------------------------- */

/* How many nodes from `first` on pass blocks to each other; 0: `first` is no
 * source that streams. */
int river_length (const scope *, int first);
/* Run nodes [first, first + n) so; the slots that somebody wants get their values. */
fnx_status river_run (scope *, int first, int n, fault *f);

#endif
