/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table: any buffer as rows and columns.  The axis that people read along
 * becomes the rows (time, trials, regions); the other one the columns; with
 * more than two axes all but the last are spelled out in each row.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

enum { MOST_COLUMNS = 100000 };

typedef struct maker {
  const fnx_buf *src;
  const fnx_spec *s;
  fnx_buf *b;
  int64_t rows;
  fault *f;
} maker;

static bool
put_column (maker *m, const char *name, const char *unit, const double *reals, const char *const *texts)
{
  const fnx_column c = { .struct_size = sizeof c,
                         .type = texts ? FNX_COL_TEXT : FNX_COL_REAL,
                         .name = name,
                         .unit = unit,
                         .reals = reals,
                         .texts = texts };

  return buffer_set_column (m->b, "row", &c, m->f) == FNX_OK;
}

/* Index along axis `k` of row `r` (rows run over axes 0..n_row_axes-1 in C order). */
static int64_t
index_of (const fnx_spec *s, int n_row_axes, int k, int64_t r)
{
  for (int i = n_row_axes - 1; i > k; i--)
    r /= s->axes[i]->size;
  return r % s->axes[k]->size;
}

static bool
is_placed (const fnx_axis *a)
{
  return a->values || (a->flags & FNX_AXIS_REGULAR && a->rate_num);
}

/* Where the row stands on axis `k`: a label, a position, or a number from 1. */
static bool
put_axis (maker *m, int n_row_axes, int k)
{
  const fnx_axis *a = m->s->axes[k];
  double *v = calloc ((size_t)m->rows + 1, sizeof *v);
  const char **t = calloc ((size_t)m->rows + 1, sizeof *t);
  bool placed = is_placed (a), ok = v && t;

  for (int64_t r = 0; ok && r < m->rows; r++) {
    int64_t i = index_of (m->s, n_row_axes, k, r);

    if (a->labels)
      t[r] = a->labels[i];
    else
      v[r] = placed ? axis_position (a, i) : (double)(a->start + i + 1);
  }
  ok = ok && put_column (m, a->name, a->labels ? NULL : a->unit, a->labels ? NULL : v, a->labels ? t : NULL);
  for (const fnx_column *const *c = a->columns; ok && c && *c; c++) {
    if (!(*c)->reals && !(*c)->texts)
      continue;
    if (!strcmp ((*c)->name, "recording") && buffer_column (m->b, "row", "recording"))
      continue; /* it stands first already */
    for (int64_t r = 0; r < m->rows; r++) {
      int64_t i = index_of (m->s, n_row_axes, k, r);

      if ((*c)->texts)
        t[r] = (*c)->texts[i];
      else
        v[r] = (*c)->reals[i];
    }
    ok = put_column (m, (*c)->name, (*c)->unit, (*c)->texts ? NULL : v, (*c)->texts ? t : NULL);
  }
  free (v);
  free (t);
  return ok;
}

/* What the column of index `i` is called: C3, freq8.5, component1. */
static void
column_name (const fnx_axis *a, int64_t i, char name[64])
{
  char number[32];
  double at = is_placed (a) ? axis_position (a, i) : (double)(i + 1);

  snprintf (name, 64, "%s%s", a->name, number_text (at, number));
}

/* One column for each index of axis `k`; value (row, i) = v[row * row_step + i * step]. */
static bool
put_values (maker *m, int k, const double *v, int64_t row_step, int64_t step)
{
  const fnx_axis *a = m->s->axes[k];
  size_t n = (size_t)a->size, rows = (size_t)m->rows;
  fnx_column *cols = calloc (n + 1, sizeof *cols);
  const fnx_column **list = calloc (n + 1, sizeof *list);
  char (*names)[64] = a->labels ? NULL : calloc (n + 1, sizeof *names);
  double *values = calloc (n * rows + 1, sizeof *values);
  bool ok = cols && list && (names || a->labels) && values;

  if (!ok)
    fault_memory (m->f);
  for (size_t i = 0; ok && i < n; i++) {
    double *col = values + i * rows;

    for (size_t r = 0; r < rows; r++)
      col[r] = v[(int64_t)r * row_step + (int64_t)i * step];
    if (names)
      column_name (a, (int64_t)i, names[i]);
    cols[i] = (fnx_column){ .struct_size = sizeof *cols,
                            .type = FNX_COL_REAL,
                            .name = names ? names[i] : a->labels[i],
                            .unit = m->s->unit,
                            .reals = col };
    list[i] = &cols[i];
  }
  ok = ok && (n == 0 || buffer_set_columns (m->b, "row", list, n, m->f) == FNX_OK);
  free (values);
  free (names);
  free (list);
  free (cols);
  return ok;
}

/* Moments and frequencies are many: they are read down the page. */
static bool
read_down (const char *axis)
{
  return !strcmp (axis, "time") || !strcmp (axis, "freq");
}

fnx_buf *
table_of (const fnx_buf *src, fault *f)
{
  const fnx_buf *real = buffer_convert (src, (fnx_dtype)FNX_F8, f);
  maker m = { .src = src, .s = buffer_spec (src), .rows = 1, .f = f };
  int n = m.s->ndim, last = n - 1;
  bool turn = n == 2 && read_down (m.s->axes[1]->name), ok;
  const double *v;

  if (!real)
    return NULL;
  if (!strcmp (m.s->kind, "table")) {
    buffer_unref (real);
    return (fnx_buf *)(uintptr_t)buffer_ref (src);
  }
  if (n >= 2 && m.s->axes[turn ? 0 : last]->size > MOST_COLUMNS) {
    fault_set (f, EXIT_DATA, FNX_E_DATA, "a table of %ld columns serves nobody\nwrite .npy instead",
               (long)m.s->axes[turn ? 0 : last]->size);
    buffer_unref (real);
    return NULL;
  }
  if (turn)
    m.rows = m.s->axes[1]->size;
  else
    for (int i = 0; i < (n == 1 ? 1 : last); i++)
      m.rows *= m.s->axes[i]->size;
  v = buffer_read (real)->data;
  m.b = buffer_table (m.rows, f);
  ok = m.b != NULL;
  if (turn) {
    fnx_spec turned = *m.s;
    const fnx_axis *axes[] = { m.s->axes[1], m.s->axes[0] };

    turned.axes = axes;
    m.s = &turned;
    ok = ok && put_axis (&m, 1, 0) && put_values (&m, 1, v, 1, m.rows);
  } else if (n == 1) {
    ok = ok && put_axis (&m, 1, 0) && put_column (&m, "value", m.s->unit, v, NULL);
  } else {
    for (int i = 0; i < last; i++)
      ok = ok && put_axis (&m, last, i);
    ok = ok && put_values (&m, last, v, m.s->axes[last]->size, 1);
  }
  buffer_unref (real);
  if (!ok) {
    buffer_unref (m.b);
    return NULL;
  }
  return m.b;
}

fnx_buf *
predictions_of (const fnx_buf *scores, const char *name_of_recording, fault *f)
{
  const fnx_spec *s = buffer_spec (scores);
  maker m = { .src = scores, .s = s, .rows = s->axes[0]->size, .f = f };
  const double *v = buffer_read (scores)->data;
  const fnx_axis *classes = s->ndim > 1 ? s->axes[1] : NULL; /* none: numbers are predicted */
  const char **name = calloc ((size_t)m.rows + 1, sizeof *name), **id = calloc ((size_t)m.rows + 1, sizeof *id);
  bool ok;

  m.b = buffer_table (m.rows, f);
  ok = m.b && name && id;
  for (int64_t r = 0; ok && r < m.rows; r++) {
    int64_t best = 0;

    for (int64_t c = 1; classes && c < classes->size; c++)
      if (v[r * classes->size + c] > v[r * classes->size + best])
        best = c;
    name[r] = classes && classes->labels ? classes->labels[best] : "?";
    id[r] = name_of_recording;
  }
  ok = ok && put_column (&m, "recording", NULL, NULL, id) && put_axis (&m, 1, 0)
       && (classes ? put_column (&m, "predicted", NULL, NULL, name) && put_values (&m, 1, v, classes->size, 1)
                   : put_column (&m, "predicted", s->unit, v, NULL));
  free (name);
  free (id);
  if (!ok) {
    buffer_unref (m.b);
    return NULL;
  }
  return m.b;
}

/* ---- the step --------------------------------------------------------------------- */

static fnx_status
negotiate (scope *s, node *n, const fnx_spec *const *in, const fnx_spec **out, fault *f)
{
  static const fnx_axis row = { .struct_size = sizeof row, .name = "row", .size = FNX_UNKNOWN };
  static const fnx_axis *const axes[] = { &row };
  static const fnx_spec table
      = { .struct_size = sizeof table, .ndim = 1, .kind = "table", .unit = "1", .dtype = FNX_F8, .axes = axes };

  (void)s, (void)n, (void)in, (void)f;
  out[0] = &table;
  return FNX_OK;
}

static fnx_status
run (scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  (void)s, (void)n;
  out[0] = table_of (in[0], f);
  return out[0] ? FNX_OK : f->code;
}

static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port, .name = "in", .what = "any", .doc = "what is shown" };
static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port, .name = "table", .what = "table[row]", .doc = "the same as rows and columns" };
static const fnx_port_desc *const in_ports[] = { &in_port, NULL };
static const fnx_port_desc *const out_ports[] = { &out_port, NULL };

const fnx_step_desc table_desc = {
  .struct_size = sizeof table_desc,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 2,
  .id = "org.fornix.host.table",
  .name = "table",
  .title = "show values as rows and columns",
  .doc
  = "Signals become one row a moment and one column a channel, spectra one row a frequency; everything else one row an "
    "index of all axes but the "
    "last, whose indices become columns. Columns that travel with an axis (target, onset, subject) stand beside it.",
  .example = "fornix run sim:rest ! connectivity ! table",
  .inputs = in_ports,
  .outputs = out_ports,
};

const builtin_ops table_ops = { &table_desc, negotiate, run, NULL, false };
