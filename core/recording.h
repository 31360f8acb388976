/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How recordings are made up: by recordings.c from a bare list of files, by
 * recordings_table.c from a table.
 */
#ifndef FNX_CORE_RECORDING_H
#define FNX_CORE_RECORDING_H

#include "core/exec.h"

/* All give FNX_E_NOMEM alone, without a fault. */
fnx_status recording_add_column (recording *, const char *name, const char *value, size_t len);
bool recording_has_column (const recording *, const char *name);
/* `args` (or NULL) are borrowed from that step of the chain. */
fnx_status recording_add_source (recording *, const char *path, const char *as, const chain_step *args, where at);

/* ---- recordings_table.c ------------------------------------------------------- */

/* A .tsv whose first column is called id? */
bool is_recordings_table (const char *path);
recording *recordings_of_table (const session *, const char *path, size_t *n, fault *f);

#endif
