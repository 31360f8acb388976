/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of markers to events.  A code that is held over several rows is one
 * event, which lasts as long; where another code follows without a rest, that
 * is the next one (find_events of MNE with consecutive=True).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/text/tracks.h"

static const char *
cell_at (const table *t, int64_t r, int64_t col)
{
  return t->s.cell[r * t->s.cols + col];
}

/* 0 and an empty cell are no event. */
static bool
rests (const char *cell)
{
  double v;
  return cell_missing (cell) || (cell_number (cell, &v) && v == 0);
}

/* 1 and 1.0 are the same code. */
static bool
same_code (const char *a, const char *b)
{
  double x, y;
  return !strcmp (a, b) || (cell_number (a, &x) && cell_number (b, &y) && x == y);
}

/* What else is no event: -1 where it holds over half of the rows and nothing
 * is 0 or empty, or over nine tenths (then 0 is a code); anything else that does
 * the latter while nothing is 0 or empty.  Boyer and Moore's vote finds it. */
static const char *
rest_of (const table *t, int64_t col)
{
  const char *best = "";
  int64_t votes = 0, n = 0, none = 0, rows = t->s.rows;
  double v;
  for (int64_t r = 0; r < rows; r++) {
    const char *x = cell_at (t, r, col);
    none += rests (x);
    if (votes == 0)
      best = x;
    votes += same_code (x, best) ? 1 : -1;
  }
  for (int64_t r = 0; r < rows; r++)
    n += same_code (cell_at (t, r, col), best);
  bool minus = cell_number (best, &v) && v == -1;
  if (rests (best) || (none && !minus))
    return NULL;
  return (double)n > (minus && !none ? 0.5 : 0.9) * (double)rows ? best : NULL;
}

/* "1" of the cells 1, 1.0 and 01; words as they stand, with the name of their
 * column where there are several. */
static const char *
label_of (fnx_call *c, const char *cell, const char *column)
{
  char number[32] = "";
  double v;
  if (cell_number (cell, &v))
    snprintf (number, sizeof number, "%.15g", v);
  else if (!column)
    return cell;
  const char *code = *number ? number : cell;
  size_t n = strlen (code) + (column ? strlen (column) : 0) + 2;
  char *text = c->scratch (c, n);
  if (text)
    snprintf (text, n, "%s%s%s", column ? column : "", column ? "/" : "", code);
  return text;
}

typedef struct mark {
  int64_t row, end; /* the code stands in [row, end) */
  const char *label;
} mark;

typedef struct marks {
  mark *all;
  size_t n, room;
} marks;

static bool
add (marks *m, mark one)
{
  if (m->n == m->room) {
    size_t room = 2 * m->room + 64;
    mark *more = realloc (m->all, room * sizeof *more);
    if (!more)
      return false;
    m->all = more, m->room = room;
  }
  m->all[m->n++] = one;
  return true;
}

static fnx_status
read_column (fnx_call *c, const table *t, int64_t col, const char *column, marks *m)
{
  const char *rest = rest_of (t, col), *before = NULL;
  if (rest)
    c->log (c, FNX_LOG_NOTE, "%s, which column %s holds most of the time, is taken for no event", rest,
            t->s.name ? t->s.name[col] : "");
  for (int64_t r = 0; r < t->s.rows; r++) {
    const char *x = cell_at (t, r, col);
    bool none = rest ? same_code (x, rest) || cell_missing (x) : rests (x);
    if (!none && before && same_code (x, before)) {
      m->all[m->n - 1].end = r + 1;
      continue;
    }
    before = none ? NULL : x;
    if (none)
      continue;
    mark one = { r, r + 1, label_of (c, x, column) };
    if (!one.label)
      return FNX_E_NOMEM;
    if (!add (m, one))
      return c->fail (c, FNX_E_NOMEM, "%s: out of memory", t->path);
  }
  return FNX_OK;
}

static int
by_row (const void *a, const void *b)
{
  const mark *x = a, *y = b;
  return x->row != y->row ? (x->row > y->row) - (x->row < y->row) : strcmp (x->label, y->label);
}

fnx_status
marks_read (fnx_call *c, const table *t, const roles *is, const stamps *when, fnx_events *e)
{
  double period = (double)when->rate_den / (double)when->rate_num;
  marks m = { NULL, 0, 0 };
  fnx_status status = FNX_OK;
  for (size_t k = 0; k < is->n_marker && status == FNX_OK; k++)
    status = read_column (c, t, is->marker[k], is->n_marker > 1 ? table_name (c, t, is->marker[k]) : NULL, &m);
  if (m.n)
    qsort (m.all, m.n, sizeof *m.all, by_row);
  double *onset = c->scratch (c, (m.n + 1) * sizeof *onset), *duration = c->scratch (c, (m.n + 1) * sizeof *duration);
  const char **label = c->scratch (c, (m.n + 1) * sizeof *label);
  if (status == FNX_OK && (!onset || !duration || !label))
    status = FNX_E_NOMEM;
  for (size_t i = 0; status == FNX_OK && i < m.n; i++) {
    const mark *one = &m.all[i];
    onset[i] = t->start + (double)when->at[one->row] * period;
    duration[i] = one->end - one->row > 1 ? (double)(when->at[one->end - 1] + 1 - when->at[one->row]) * period : NAN;
    label[i] = one->label;
  }
  *e = (fnx_events){ .struct_size = sizeof *e, .n = m.n, .onset = onset, .duration = duration, .label = label };
  free (m.all);
  return status;
}
