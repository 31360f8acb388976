/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fault: why something failed, as its reader will see it.  Everything in
 * core/ that can fail takes a `fault *` last and returns a fnx_status; the
 * first fault wins, and cmd/ prints it once, at the end (fault_print).
 */
#ifndef FNX_CORE_FAULT_H
#define FNX_CORE_FAULT_H

#include <stdarg.h>
#include <stdio.h>

#include "fornix/plugin.h"

/* Exit codes of the program. */
enum {
  EXIT_OK = 0,
  EXIT_INTERNAL = 1,
  EXIT_USAGE = 2,
  EXIT_CHAIN = 3, /* chain invalid: nothing was read */
  EXIT_INPUT = 4, /* an input is unreadable */
  EXIT_PLUGIN = 5,
  EXIT_DATA = 6, /* data or numeric failure */
  EXIT_PARTLY = 7,
  EXIT_AGAIN = 75,
  EXIT_INTERRUPTED = 130,
  EXIT_NO_READER = 141 /* as of a program that SIGPIPE ended */
};

/* Where something stands in what the user wrote: a word of the command line,
 * or a place in a chain file.  {0} means nowhere. */
typedef struct where {
  int word;         /* 1-based index into the chain's words; 0 if none */
  int line, column; /* 1-based, of a file; 0 if none */
} where;

typedef struct fault {
  fnx_status code;
  int exit;   /* exit code it leads to */
  char *text; /* first line the cause, following lines the remedy; owned */
  where at;
  char *step;  /* name of the step it happened in, or NULL; owned */
  char *param; /* parameter the cause begins with, or NULL; owned */
} fault;

#define FAULT_INIT                                                                                                     \
  {                                                                                                                    \
    0, 0, NULL, { 0, 0, 0 }, NULL, NULL                                                                                \
  }

/* Record a fault unless one is there already; returns code.  `f` may be NULL. */
fnx_status fault_set (fault *f, int exit, fnx_status code, const char *format, ...) FNX_PRINTF (4, 5);
/* There is not enough memory: FNX_E_NOMEM. */
fnx_status fault_memory (fault *f);
fnx_status fault_vset (fault *f, int exit, fnx_status code, const char *format, va_list ap);
/* Say where it is, unless that is known already. */
void fault_at (fault *f, where at, const char *step);
/* Move src into dst (unless dst holds one already) and clear src. */
fnx_status fault_move (fault *dst, fault *src);
void fault_clear (fault *f);
/* Exit code that a plugin's status leads to. */
int fault_exit_of (fnx_status code);

#endif
