/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the harness have among themselves: a step that was made.
 */
#ifndef FNX_TESTS_HARNESS_MADE_H
#define FNX_TESTS_HARNESS_MADE_H

#include "core/chain.h"
#include "tests/harness.h"

extern session t_session;
void t_die (const char *format, ...) FNX_PRINTF (1, 2) __attribute__ ((noreturn));
void t_die_of (const char *what, fault *) __attribute__ ((noreturn));

enum { MAX_PORTS = 16 };

typedef struct made {
  chain *line;
  const fnx_step_desc *desc;
  fnx_params *params;
  fnx_step *step;
} made;

/* Blocks of a streamed output, joined along its time axis. */
typedef struct blocks {
  const fnx_buf *part[4096];
  size_t n;
} blocks;

/* harness_step.c; made_free also after a failure. */
fnx_status made_new (made *, const char *line, fault *);
void made_free (made *);
const void *made_extension (const made *, const char *id);
/* Check the ports and negotiate. */
fnx_status made_negotiate (made *, const fnx_buf *const *in, fault *);
/* What one push (or drain) gives at `port` goes to b. */
fnx_status made_push (made *, const fnx_ext_stream *, const fnx_buf *const *in, bool drain, blocks *b, int port,
                      fault *);
/* All of them in one, and b is empty; NULL of none. */
const fnx_buf *blocks_join (blocks *b, fault *);
/* harness_source.c: negotiate and read a source; max 0: whole. */
fnx_status made_read (made *, int port, int64_t max, const fnx_buf **out, fault *);

#endif
