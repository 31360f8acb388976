/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables as text: see table_text.h.  TSV as BIDS wants it: one header line,
 * n/a for what is missing, a decimal point.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/output.h"
#include "core/param.h"
#include "core/table_text.h"
#include "core/text.h"

#define GAP 2 /* blanks between columns */

static const char *
not_empty (const char *text)
{
  return text && *text ? text : "n/a";
}

/* A cell without the characters that part cells. */
static void
add_plain (text_buf *out, const char *text)
{
  for (const char *s = not_empty (text); *s; s++)
    text_addn (out, strchr ("\t\n\r", *s) ? " " : s, 1);
}

static void
add_exact (text_buf *out, double value)
{
  char text[32];
  text_add (out, isnan (value) ? "n/a" : number_text (value, text));
}

static void
as_tsv (text_buf *out, const fnx_column *const *columns, int64_t rows)
{
  for (size_t c = 0; columns[c]; c++) {
    text_add (out, c ? "\t" : "");
    add_plain (out, columns[c]->name);
  }
  text_add (out, "\n");
  for (int64_t row = 0; row < rows; row++)
    for (size_t c = 0; columns[c]; c++) {
      if (columns[c]->type == FNX_COL_TEXT)
        add_plain (out, columns[c]->texts[row]);
      else
        add_exact (out, columns[c]->reals[row]);
      text_add (out, columns[c + 1] ? "\t" : "\n");
    }
}

static void
as_json (text_buf *out, const fnx_column *const *columns, int64_t rows)
{
  for (int64_t row = 0; row < rows; row++) {
    for (size_t c = 0; columns[c]; c++) {
      text_add (out, c ? "," : "{");
      text_json (out, columns[c]->name);
      text_add (out, ":");
      if (columns[c]->type != FNX_COL_TEXT)
        text_json_number (out, columns[c]->reals[row]);
      else if (columns[c]->texts[row])
        text_json (out, columns[c]->texts[row]);
      else
        text_add (out, "null");
    }
    text_add (out, "}\n");
  }
}

/* ---- for people ----------------------------------------------------------------- */

/* How a column's numbers are rounded: whole numbers as they are, others to the
 * decimals that give the largest four digits. */
typedef struct rounding {
  bool whole, scientific;
  int decimals;
} rounding;

static rounding
rounding_of (const fnx_column *c, int64_t rows)
{
  rounding r = { .whole = true };
  double most = 0;
  for (int64_t i = 0; i < rows; i++)
    if (isfinite (c->reals[i])) {
      most = fmax (most, fabs (c->reals[i]));
      r.whole &= c->reals[i] == nearbyint (c->reals[i]);
    }
  r.whole &= most < 1e15;
  r.scientific = !r.whole && (most >= 1e7 || most < 1e-3);
  if (!r.whole && !r.scientific) {
    r.decimals = 3 - (int)floor (log10 (most));
    r.decimals = r.decimals < 0 ? 0 : r.decimals > 4 ? 4 : r.decimals;
  }
  return r;
}

/* A small number among large ones must not become 0.000. */
static void
add_rounded (text_buf *out, rounding r, double value)
{
  if (isnan (value))
    text_add (out, "n/a");
  else if (isinf (value))
    text_add (out, value > 0 ? "inf" : "-inf");
  else if (r.scientific)
    text_addf (out, "%.3e", value);
  else if (value != 0 && fabs (value) < pow (10, -r.decimals))
    text_addf (out, "%.0e", value);
  else
    text_addf (out, "%.*f", r.decimals, value);
}

/* One column as cells, `step` apart: its heading, then the rows. */
static void
fill_cells (const fnx_column *c, int64_t rows, char **cell, size_t step, text_buf *out)
{
  rounding r = { .whole = true };
  if (c->type == FNX_COL_REAL)
    r = rounding_of (c, rows);
  for (int64_t i = -1; i < rows; i++, cell += step) {
    text_buf one = { 0 };
    if (i < 0 && c->unit && *c->unit && strcmp (c->unit, "1") != 0)
      text_addf (&one, "%s (%s)", c->name, c->unit);
    else if (i < 0 || c->type == FNX_COL_TEXT)
      add_plain (&one, i < 0 ? c->name : c->texts[i]);
    else
      add_rounded (&one, r, c->reals[i]);
    if (!(*cell = text_take (&one)))
      out->failed = true;
  }
}

static void
add_padded (text_buf *out, const char *cell, size_t width, bool right, bool last)
{
  int pad = (int)(width - utf8_columns (cell, strlen (cell)));
  if (right)
    text_addf (out, "%*s%s", pad, "", cell);
  else
    text_addf (out, "%s%*s", cell, last ? 0 : pad, "");
  text_addf (out, last ? "\n" : "%*s", GAP, "");
}

void
cells_align (text_buf *out, char *const *cell, size_t rows, size_t columns, const bool *right)
{
  size_t *width = calloc (columns + 1, sizeof *width);
  out->failed |= !width;
  for (size_t i = 0; width && i < rows * columns; i++) {
    size_t w = utf8_columns (cell[i], strlen (cell[i]));
    width[i % columns] = w > width[i % columns] ? w : width[i % columns];
  }
  for (size_t i = 0; width && i < rows * columns; i++)
    add_padded (out, cell[i], width[i % columns], right[i % columns], i % columns + 1 == columns);
  free (width);
}

static void
as_people (text_buf *out, const fnx_column *const *columns, int64_t rows)
{
  size_t n = 0, height = (size_t)rows + 1;
  char **cells;
  bool *right;
  while (columns[n])
    n++;
  cells = calloc (n * height, sizeof *cells);
  right = calloc (n, sizeof *right);
  out->failed |= !cells || !right;
  for (size_t c = 0; c < n && !out->failed; c++) {
    right[c] = columns[c]->type == FNX_COL_REAL;
    fill_cells (columns[c], rows, cells + c, n, out);
  }
  if (!out->failed)
    cells_align (out, cells, height, n, right);
  for (size_t i = 0; cells && i < n * height; i++)
    free (cells[i]);
  free (cells);
  free (right);
}

fnx_status
table_print (FILE *to, const fnx_buf *table, table_form form, fault *f)
{
  static void (*const forms[]) (text_buf *, const fnx_column *const *, int64_t)
      = { [TABLE_PEOPLE] = as_people, [TABLE_TSV] = as_tsv, [TABLE_JSON] = as_json };
  const fnx_axis *axis = spec_axis (buffer_spec (table), "row");
  text_buf out = { 0 };
  if (!axis)
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "a table without an axis called row");
  if (!axis->columns || !axis->columns[0])
    return FNX_OK;
  if (form == TABLE_AUTO)
    form = isatty (fileno (to)) ? TABLE_PEOPLE : TABLE_TSV;
  forms[form](&out, axis->columns, axis->size);
  char *text = text_take (&out);
  if (!text)
    return fault_memory (f);
  errno = 0;
  bool bad = fputs (text, to) < 0 || fflush (to);
  free (text);
  return bad ? output_fault (to == stdout ? "-" : "output", errno, "the table is not complete", f) : FNX_OK;
}
