/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The progress line, on a terminal only: nothing before one second, then one
 * line rewritten in place:
 *   sub-0713  evaluate fold 3/5  grid 212/600     1204/1747   3 failed   41 min left
 * All functions take NULL (no line wanted) and may be called from any thread.
 */
#ifndef FNX_CORE_PROGRESS_H
#define FNX_CORE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct progress progress;

/* NULL when there should be no line: quiet, `to` is no terminal, TERM=dumb. */
progress *progress_new (FILE *to, bool quiet);
void progress_free (progress *); /* removes the line */

/* Recordings in all; call once when there are more than one. */
void progress_total (progress *, uint64_t recordings);
/* One recording is finished. */
void progress_finished (progress *, bool failed);
/* "fold", 3, 5: what the host itself is walking; `level` 0 is the outermost of
 * at most four, and setting one clears those inside it.  name NULL clears. */
void progress_stage (progress *, unsigned level, const char *name, uint64_t at, uint64_t total);
/* Fits session.on_progress, with the progress as on_arg. */
void progress_report (void *progress_or_null, const char *recording, const char *step, uint64_t done, uint64_t total);
/* Take the line away before something else is written to the terminal. */
void progress_clear (progress *);

#endif
