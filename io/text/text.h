/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of numbers as text: AFNI .1D, BIDS .tsv, .csv and plain .txt.
 */
#ifndef FNX_IO_TEXT_H
#define FNX_IO_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "fornix/plugin.h"

/* A file cut into cells in place; `cell` and `name` point into `bytes`. */
typedef struct sheet {
  char *bytes;
  char **cell;   /* [rows][cols] */
  char **name;   /* [cols]; NULL without a header */
  int64_t *line; /* [rows]: where each row stands in the file */
  int64_t rows, cols;
} sheet;

typedef enum sheet_header { HEADER_AUTO, HEADER_YES, HEADER_NO } sheet_header;

/* Read all of `f`; the result is NUL-terminated and malloc'ed. */
fnx_status text_slurp (fnx_call *, FILE *f, const char *name, char **bytes, size_t *n);
/* Takes `bytes` over, also on failure.  `name` decides what parts the cells
 * (.tsv tab, .csv comma or semicolon, else white space) and is for messages. */
fnx_status sheet_parse (fnx_call *, const char *name, char *bytes, size_t n, sheet_header, sheet *);
void sheet_free (sheet *);

/* ---- numbers, with a decimal point whatever the locale ------------------- */
bool cell_missing (const char *); /* empty, n/a, NA, N/A, nan, NaN */
/* The number of a cell, NaN for a missing one; false if it is neither. */
bool cell_number (const char *, double *);
bool cell_comma (const char *); /* a number written with a decimal comma */

extern const fnx_step_desc text_reader, text_writer;

#endif
