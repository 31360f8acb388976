/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sheet and what is to be made of it.
 */
#ifndef FNX_IO_TABLE_H
#define FNX_IO_TABLE_H

#include "io/text/text.h"

enum { AS_AUTO, AS_SERIES, AS_SIGNAL, AS_FEATURES, AS_CONNECTIVITY, AS_TABLE };
extern const char *const table_kinds[]; /* their names; NULL-terminated */
enum { ROWS_TIME, ROWS_REGION };

typedef struct table {
  char *path, *target;
  int64_t as, rows;
  int64_t rate_num, rate_den; /* of time; 0 if unknown */
  double start;
  bool labelled; /* the first column names the rows */
  sheet s;
  bool *text; /* [cols] columns that are no numbers (features, table) */
} table;

/* No cell of the column is a number. */
bool table_wordy (const table *, int64_t col);
/* Cell (r, col) is no number: line, column and remedy. */
fnx_status table_bad_cell (fnx_call *, const table *, int64_t r, int64_t col);
/* Which columns are words?  One of numbers with decimal commas is refused. */
fnx_status table_type (fnx_call *, table *);
/* No two columns bear one name. */
fnx_status table_unique (fnx_call *, const table *);
/* The column target= is there. */
fnx_status table_target (fnx_call *, const table *);
/* Of a column: its heading, else "column3"; NULL: no memory. */
const char *table_name (fnx_call *, const table *, int64_t col);
/* In scratch memory; NULL: fail() was called. */
const fnx_spec *table_spec (fnx_call *, const table *);
fnx_status table_fill (fnx_call *, const table *, double *values);

#endif
