/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table as the host sees it: as series, signal, trials by features,
 * connectivity or, with typed columns, as a table.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/text/table.h"

const char *const table_kinds[] = { "auto", "series", "signal", "features", "connectivity", "table", NULL };

/* ---- cells ------------------------------------------------------------------------ */
bool
table_wordy (const table *t, int64_t col)
{
  const sheet *s = &t->s;
  double v;
  for (int64_t r = 0; r < s->rows; r++) {
    const char *x = s->cell[r * s->cols + col];
    if (cell_number (x, &v) || cell_comma (x))
      return false;
  }
  return true;
}

fnx_status
table_bad_cell (fnx_call *c, const table *s, int64_t r, int64_t k)
{
  const sheet *t = &s->s;
  const char *x = t->cell[r * t->cols + k], *name = t->name ? t->name[k] : "";
  char where[128];
  snprintf (where, sizeof where, "line %lld, column %lld%s%.60s%s", (long long)t->line[r], (long long)k + 1,
            *name ? " (" : "", name, *name ? ")" : "");
  if (cell_comma (x))
    return c->fail (c, FNX_E_IO, "%s: %s: %s has a decimal comma\nwrite numbers with a point", s->path, where, x);
  const char *remedy = r == 0 && !t->name ? "if the first line names the columns:  header=yes"
                                          : "a table of words and numbers:  kind=table";
  return c->fail (c, FNX_E_IO, "%s: %s: \"%.40s\" is not a number\n%s", s->path, where, x, remedy);
}

/* Which columns are words?  One of numbers with decimal commas is refused. */
fnx_status
table_type (fnx_call *c, table *s)
{
  const sheet *t = &s->s;
  if (!(s->text = calloc ((size_t)t->cols, sizeof *s->text)))
    return c->fail (c, FNX_E_NOMEM, "%s: out of memory", s->path);
  for (int64_t k = 0; k < t->cols; k++) {
    int64_t comma = -1;
    bool word = false;
    double v;
    for (int64_t r = 0; r < t->rows && !word; r++) {
      const char *x = t->cell[r * t->cols + k];
      if (cell_comma (x))
        comma = r;
      else
        word = !cell_number (x, &v);
    }
    if (!word && comma >= 0)
      return table_bad_cell (c, s, comma, k);
    s->text[k] = word;
  }
  return FNX_OK;
}

fnx_status
table_unique (fnx_call *c, const table *s)
{
  for (int64_t i = 0; s->s.name && i < s->s.cols; i++)
    for (int64_t j = 0; j < i; j++)
      if (s->s.name[i][0] && !strcmp (s->s.name[i], s->s.name[j]))
        return c->fail (c, FNX_E_IO, "%s: columns %lld and %lld are both called %s", s->path, (long long)j + 1,
                        (long long)i + 1, s->s.name[i]);
  return FNX_OK;
}

/* ---- specs ------------------------------------------------------------------------ */
const char *
table_name (fnx_call *c, const table *s, int64_t k)
{
  if (s->s.name && s->s.name[k][0])
    return s->s.name[k];
  char *text = c->scratch (c, 32);
  if (text)
    snprintf (text, 32, "column%lld", (long long)k + 1);
  return text;
}

/* Column k as a column of an axis. */
static const fnx_column *
column_of (fnx_call *c, const table *s, int64_t k, const char *name)
{
  const sheet *t = &s->s;
  fnx_column *col = c->scratch (c, sizeof *col);
  double *reals = s->text[k] ? NULL : c->scratch (c, (size_t)t->rows * sizeof *reals);
  const char **texts = s->text[k] ? c->scratch (c, (size_t)t->rows * sizeof *texts) : NULL;
  if (!col || (!reals && !texts))
    return NULL;
  for (int64_t r = 0; r < t->rows; r++) {
    const char *x = t->cell[r * t->cols + k];
    if (reals)
      cell_number (x, &reals[r]);
    else
      texts[r] = cell_missing (x) ? NULL : x;
  }
  *col = (fnx_column){ .struct_size = sizeof *col,
                       .type = reals ? FNX_COL_REAL : FNX_COL_TEXT,
                       .name = name,
                       .reals = reals,
                       .texts = texts };
  return col->name ? col : NULL;
}

/* Columns of the row axis: everything in a table; words and the target in
 * trials by features.  *n_features counts the rest. */
static const fnx_column *const *
columns_of (fnx_call *c, const table *s, int64_t *n_features)
{
  const fnx_column **list = c->scratch (c, ((size_t)s->s.cols + 1) * sizeof *list);
  int64_t n = 0;
  *n_features = 0;
  for (int64_t k = s->labelled; list && k < s->s.cols; k++) {
    const char *name = table_name (c, s, k);
    bool target = s->target && name && !strcmp (name, s->target);
    if (s->as == AS_FEATURES && !s->text[k] && !target) {
      ++*n_features;
      continue;
    }
    if (!(list[n++] = column_of (c, s, k, target ? "target" : name)))
      return NULL;
  }
  return list;
}

static const char *const *
labels_of (fnx_call *c, const table *s, bool of_rows)
{
  const sheet *t = &s->s;
  if (of_rows ? !s->labelled : !t->name)
    return NULL;
  int64_t n = of_rows ? t->rows : t->cols, m = 0;
  const char **list = c->scratch (c, (size_t)n * sizeof *list);
  for (int64_t i = of_rows ? 0 : s->labelled; list && i < n; i++) {
    bool target = !of_rows && s->as == AS_FEATURES && s->target && !strcmp (t->name[i], s->target);
    if (of_rows || !s->text || (!s->text[i] && !target))
      list[m++] = of_rows ? t->cell[i * t->cols] : table_name (c, s, i);
  }
  return list;
}

fnx_status
table_target (fnx_call *c, const table *s)
{
  if (!s->target)
    return FNX_OK;
  if (s->as != AS_FEATURES)
    return c->fail (c, FNX_E_PARAM, "target= has a meaning only with  kind=features");
  for (int64_t k = 0; k < s->s.cols; k++)
    if (s->s.name && !strcmp (s->s.name[k], s->target))
      return FNX_OK;
  return c->fail (c, FNX_E_PARAM, "target=%s is no column of %s", s->target, s->path);
}

const fnx_spec *
table_spec (fnx_call *c, const table *s)
{
  static const char *const first[] = { NULL, "region", "channel", "trial", "region", "row" };
  static const char *const second[] = { NULL, "time", "time", "feature", "region", NULL };
  const sheet *t = &s->s;
  int64_t cols = t->cols - s->labelled, features = 0;
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  fnx_axis *a = c->scratch (c, 2 * sizeof *a);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!spec || !a || !axes)
    return NULL;
  axes[0] = &a[0], axes[1] = &a[1];
  a[0] = a[1] = (fnx_axis){ .struct_size = sizeof *a };
  a[0].name = first[s->as], a[1].name = second[s->as];
  *spec = (fnx_spec){ .struct_size = sizeof *spec,
                      .ndim = s->as == AS_TABLE ? 1 : 2,
                      .kind = table_kinds[s->as],
                      .dtype = FNX_F8,
                      .axes = axes };
  switch (s->as) {
  case AS_SERIES:
  case AS_SIGNAL:
    a[0].size = s->rows == ROWS_TIME ? cols : t->rows;
    a[1].size = s->rows == ROWS_TIME ? t->rows : cols;
    a[0].labels = labels_of (c, s, s->rows == ROWS_REGION);
    a[1].flags = FNX_AXIS_REGULAR;
    a[1].rate_num = s->rate_num ? s->rate_num : 1, a[1].rate_den = s->rate_num ? s->rate_den : 1;
    a[1].unit = s->rate_num ? "s" : NULL;
    a[1].origin = s->start;
    break;
  case AS_CONNECTIVITY:
    a[0].size = a[1].size = cols;
    a[0].labels = labels_of (c, s, s->labelled);
    a[1].labels = a[0].labels;
    break;
  default:
    a[0].size = t->rows;
    a[0].labels = labels_of (c, s, true);
    if (!(a[0].columns = columns_of (c, s, &features)))
      return NULL;
    a[1].size = features;
    a[1].labels = s->as == AS_FEATURES ? labels_of (c, s, false) : NULL;
    if (s->as == AS_FEATURES && features == 0) {
      c->fail (c, FNX_E_IO, "%s: no column of numbers in it\na table of words:  kind=table", s->path);
      return NULL;
    }
  }
  return spec;
}

/* ---- values --------------------------------------------------------------------------- */
fnx_status
table_fill (fnx_call *c, const table *s, double *v)
{
  const sheet *t = &s->s;
  int64_t cols = t->cols - s->labelled;
  bool across = (s->as == AS_SERIES || s->as == AS_SIGNAL) && s->rows == ROWS_TIME;
  if (s->as == AS_TABLE) { /* the tensor of a table is empty */
    for (int64_t r = 0; r < t->rows; r++)
      v[r] = NAN;
    return FNX_OK;
  }
  for (int64_t r = 0, at = 0; r < t->rows; r++)
    for (int64_t k = 0; k < cols; k++) {
      int64_t col = k + s->labelled;
      if (s->text && (s->text[col] || (s->target && !strcmp (t->name[col], s->target))))
        continue;
      if (!cell_number (t->cell[r * t->cols + col], &v[across ? k * t->rows + r : at++]))
        return table_bad_cell (c, s, r, col);
    }
  return FNX_OK;
}
