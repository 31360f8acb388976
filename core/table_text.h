/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table buffer (kind table[row], the row axis's columns are its content) as
 * text: aligned for people, TSV for programs, or JSON, one object a line.
 * Numbers have a decimal point whatever the locale; missing is n/a (null).
 */
#ifndef FNX_CORE_TABLE_TEXT_H
#define FNX_CORE_TABLE_TEXT_H

#include "core/buffer.h"
#include "core/text.h"

typedef enum table_form {
  TABLE_AUTO,   /* people on a terminal, else TSV */
  TABLE_PEOPLE, /* aligned, numbers rounded to what a reader needs */
  TABLE_TSV,    /* one header line, tabs, numbers that read back exactly */
  TABLE_JSON    /* one object a row, keys in the order of the columns */
} table_form;

/* FNX_E_IO and a fault when `to` cannot take it (a full disk, a closed pipe). */
fnx_status table_print (FILE *to, const fnx_buf *table, table_form, fault *f);

/* rows x columns cells, none NULL, in aligned columns: to the right where said
 * so, by what is seen on a terminal and not by bytes. */
void cells_align (text_buf *, char *const *cell, size_t rows, size_t columns, const bool *right);

#endif
