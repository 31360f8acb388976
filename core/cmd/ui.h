/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the commands that run chains share: options, notes and progress on
 * stderr, Ctrl-C, and how a result is printed.
 */
#ifndef FNX_CORE_CMD_UI_H
#define FNX_CORE_CMD_UI_H

#include "core/evaluate.h"

/* Options of the program; main takes them out of the words before a command
 * sees the rest, so they may stand anywhere. */
typedef struct cmd_options {
  bool json, verbose, quiet, help;
  unsigned threads; /* 0: as many as there are processors */
  bool has_seed;
  uint64_t seed;
  const char *out; /* -o FILE */
} cmd_options;
extern cmd_options cmd_opt;

/* Starts pool, registry, session, signals; *ses is ready.  Exit code on failure. */
int ui_begin (session *ses, fault *f);
/* Commits outputs if nothing failed, prints the fault, ends everything; returns
 * the exit code.  `text` may be NULL. */
int ui_end (session *ses, fault *f, const chain_text *text);
/* Plan and run a chain, print what it gives (run.c); exit code, 0 if all went well. */
int run_chain (chain *, session *, fault *f);
/* A buffer as a result on stdout: tables as they are, others as tables when
 * small, else as one line that says what came out. */
fnx_status ui_print (const fnx_buf *, const char *id, fault *f);

/* What an evaluation found; on a terminal also how long all took. */
fnx_status ui_print_scores (const evaluation *, fault *f);
/* Of `fornix inspect`: a recording, by the words of a chain; and the first few
 * names of a channel or region axis, on a line. */
fnx_status inspect_recording (session *, int argc, char **argv, fault *);
void inspect_names (const fnx_axis *);

#endif
