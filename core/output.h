/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Output files, all or nothing: each is written under a hidden name in the
 * folder where it will stand; output_commit syncs and renames all of them once
 * the whole chain has succeeded.  Nobody ever sees half a file.
 */
#ifndef FNX_CORE_OUTPUT_H
#define FNX_CORE_OUTPUT_H

#include <stdbool.h>

#include "core/fault.h"

typedef struct output_set output_set;

output_set *output_new (void); /* NULL: no memory */
/* Discards what is not committed.  NULL is allowed. */
void output_free (output_set *);

/* This file is read: a later output_open of it, under any name, is refused. */
fnx_status output_protect (output_set *, const char *path, fault *f);

/* The name to write `path` under: an empty file, made for us alone.  It lives
 * until output_free.  For "-" and for what cannot be renamed (a device, a
 * pipe) it is a file in $TMPDIR, copied at output_commit.  NULL: fault.
 * Any thread. */
const char *output_open (output_set *, const char *path, fault *f);

/* Sync all, rename all in the order of opening, sync their folders.  On a
 * fault the rest is discarded, and the fault says what was written. */
fnx_status output_commit (output_set *, fault *f);
void output_discard (output_set *);
/* Was a file, not only the standard output, to be written? */
bool output_has_files (const output_set *);

/* For signal handlers that are about to end the process: remove every
 * temporary of every set.  Async-signal-safe. */
void output_panic (void);

/* What errno `error` means for writing `path`, as its reader will see it:
 * "out/x.tsv: no space left on the disk; nothing was written".  `done` says
 * what was written all the same; NULL: nothing. */
fnx_status output_fault (const char *path, int error, const char *done, fault *f);

#endif
