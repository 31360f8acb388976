/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffers made, changed and looked at by tests.
 */
#include <stdarg.h>

#include "core/rng.h"
#include "tests/harness_made.h"

fnx_buf *
t_buf (const char *what, const double *values, ...)
{
  char copy[256], *axes, *name, *save = NULL;
  fnx_axis a[FNX_MAX_DIM] = { { 0 } };
  const fnx_axis *list[FNX_MAX_DIM];
  fnx_spec s = { .struct_size = sizeof s, .unit = "1", .dtype = FNX_F8, .axes = list };
  fault f = FAULT_INIT;
  fnx_buf *b;
  va_list ap;

  snprintf (copy, sizeof copy, "%s", what);
  axes = strchr (copy, '[');
  if (!axes)
    t_die ("t_buf: \"%s\" has no axes", what);
  *axes++ = 0;
  axes[strcspn (axes, "]")] = 0;
  s.kind = copy;
  va_start (ap, values);
  for (name = strtok_r (axes, ",", &save); name; name = strtok_r (NULL, ",", &save)) {
    a[s.ndim] = (fnx_axis){ .struct_size = sizeof *a, .name = name, .size = va_arg (ap, long) };
    list[s.ndim] = &a[s.ndim];
    s.ndim++;
  }
  va_end (ap);
  b = buffer_new (&s, &f);
  if (!b)
    t_die_of ("t_buf", &f);
  if (values)
    memcpy (buffer_write (b, NULL), values, spec_count (&s) * sizeof *values);
  return b;
}

/* The spec cannot be changed in place: make the same buffer with another. */
static void
respec (fnx_buf **b, const fnx_spec *s)
{
  fault f = FAULT_INIT;
  fnx_buf *n = buffer_like (*b, s, &f);

  if (!n)
    t_die_of ("harness", &f);
  memcpy (buffer_write (n, NULL), buffer_read (*b)->data, spec_count (s) * dtype_size (s->dtype));
  buffer_unref (*b);
  *b = n;
}

static void
change_axis (fnx_buf **b, const char *axis, const fnx_axis *to)
{
  fnx_spec s = *buffer_spec (*b);
  const fnx_axis *list[FNX_MAX_DIM];

  for (int i = 0; i < s.ndim; i++)
    list[i] = strcmp (s.axes[i]->name, axis) ? s.axes[i] : to;
  s.axes = list;
  respec (b, &s);
}

void
t_rate (fnx_buf **b, long num, long den)
{
  fnx_axis a = *spec_axis (buffer_spec (*b), "time");

  a.flags |= FNX_AXIS_REGULAR;
  a.unit = "s";
  a.rate_num = num;
  a.rate_den = den;
  change_axis (b, "time", &a);
}

void
t_unit (fnx_buf **b, const char *unit)
{
  fnx_spec s = *buffer_spec (*b);

  s.unit = unit;
  respec (b, &s);
}

void
t_labels (fnx_buf **b, const char *axis, const char *list)
{
  fnx_axis a = *spec_axis (buffer_spec (*b), axis);
  char *copy = strdup (list), *save = NULL;
  const char **labels = calloc ((size_t)a.size + 1, sizeof *labels);
  int64_t n = 0;

  for (char *p = strtok_r (copy, ",", &save); p && n < a.size; p = strtok_r (NULL, ",", &save))
    labels[n++] = p;
  if (n != a.size)
    t_die ("t_labels: %ld names for %ld indices", (long)n, (long)a.size);
  a.labels = labels;
  change_axis (b, axis, &a);
  free (labels);
  free (copy);
}

static void
set_column (fnx_buf **b, const char *axis, const fnx_column *c)
{
  fault f = FAULT_INIT;

  if (buffer_set_column (*b, axis, c, &f) != FNX_OK)
    t_die_of ("t_column", &f);
}

void
t_texts (fnx_buf **b, const char *axis, const char *column, const char *const *texts)
{
  set_column (
      b, axis,
      &(fnx_column){ .struct_size = sizeof (fnx_column), .type = FNX_COL_TEXT, .name = column, .texts = texts });
}

void
t_reals (fnx_buf **b, const char *axis, const char *column, const double *reals)
{
  set_column (
      b, axis,
      &(fnx_column){ .struct_size = sizeof (fnx_column), .type = FNX_COL_REAL, .name = column, .reals = reals });
}

const double *
t_values (const fnx_buf *b)
{
  return buffer_read (b)->data;
}

void
t_random (double *out, size_t n, uint64_t seed)
{
  rng_api.normal (seed, 0, 0, out, n);
}

fnx_buf *
t_part (const fnx_buf *b, int64_t from, int64_t to)
{
  int64_t *idx = calloc ((size_t)(to - from) + 1, sizeof *idx);
  for (int64_t i = from; i < to; i++)
    idx[i - from] = i;
  fnx_buf *part = buffer_pick (b, idx, to - from, NULL);
  free (idx);
  return part;
}

double
t_accuracy (const fnx_buf *scores, const fnx_buf *truth)
{
  const fnx_spec *s = buffer_spec (scores);
  const fnx_column *y = buffer_column (truth, "trial", "target");
  const double *v = t_values (scores);
  int64_t n = s->axes[0]->size, m = s->axes[1]->size, right = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t top = 0;
    for (int64_t k = 1; k < m; k++)
      top = v[i * m + k] > v[i * m + top] ? k : top;
    right += strcmp (s->axes[1]->labels[top], y->texts[i]) == 0;
  }
  return (double)right / (double)n;
}
