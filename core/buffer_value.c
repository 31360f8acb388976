/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffers as values: columns set, element types changed, tables made, two
 * compared.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer_impl.h"
#include "core/rng.h"

static bool
same_text (const char *a, const char *b)
{
  return a == b || (a && b && !strcmp (a, b));
}

fnx_status
buffer_set_columns (fnx_buf *b, const char *axis, const fnx_column *const *cols, size_t n_cols, fault *f)
{
  int k = spec_axis_index (b->spec, axis);
  fnx_spec *s;
  fnx_axis a;
  const fnx_column **list;
  size_t n = 0, n_old = 0;

  if (k < 0)
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "no axis \"%s\" for the column \"%s\"", axis, cols[0]->name);
  a = *b->spec->axes[k];
  n_old = axis_n_columns (&a);
  list = calloc (n_old + n_cols + 1, sizeof *list);
  if (!list)
    return fault_memory (f);
  for (size_t i = 0; i < n_old; i++) {
    bool stays = true;

    for (size_t j = 0; j < n_cols && stays; j++)
      stays = strcmp (a.columns[i]->name, cols[j]->name) != 0;
    if (stays)
      list[n++] = a.columns[i];
  }
  memcpy (list + n, cols, n_cols * sizeof *list);
  a.columns = list;
  s = spec_with_axis (b->spec, k, &a);
  free (list);
  if (!s)
    return fault_memory (f);
  free (b->spec);
  b->spec = s;
  return FNX_OK;
}

fnx_status
buffer_set_column (fnx_buf *b, const char *axis, const fnx_column *col, fault *f)
{
  return buffer_set_columns (b, axis, &col, 1, f);
}

typedef double (*get_fn) (const void *, size_t);
#define GETTER(name, type)                                                                                             \
  static double name (const void *p, size_t i) { return (double)((const type *)p)[i]; }
GETTER (get_f4, float)
GETTER (get_f8, double)
GETTER (get_i1, int8_t)
GETTER (get_i2, int16_t)
GETTER (get_i4, int32_t)
GETTER (get_i8, int64_t)
GETTER (get_u1, uint8_t)
GETTER (get_u2, uint16_t)
GETTER (get_u4, uint32_t)
GETTER (get_u8, uint64_t)

static const struct {
  fnx_dtype type;
  get_fn get;
} getters[] = {
  { FNX_F4, get_f4 },
  { FNX_F8, get_f8 },
  { { FNX_DT_INT, 8, 1 }, get_i1 },
  { { FNX_DT_INT, 16, 1 }, get_i2 },
  { { FNX_DT_INT, 32, 1 }, get_i4 },
  { { FNX_DT_INT, 64, 1 }, get_i8 },
  { { FNX_DT_UINT, 8, 1 }, get_u1 },
  { { FNX_DT_UINT, 16, 1 }, get_u2 },
  { { FNX_DT_UINT, 32, 1 }, get_u4 },
  { { FNX_DT_UINT, 64, 1 }, get_u8 },
};

fnx_buf *
buffer_convert (const fnx_buf *src, fnx_dtype to, fault *f)
{
  fnx_spec s = *src->spec;
  fnx_buf *b;
  get_fn get = NULL;
  const fnx_tensor *t;
  size_t n;

  if (!memcmp (&s.dtype, &to, sizeof to))
    return (fnx_buf *)(uintptr_t)buffer_ref (src);
  for (size_t i = 0; i < sizeof getters / sizeof *getters; i++)
    if (!memcmp (&getters[i].type, &s.dtype, sizeof to))
      get = getters[i].get;
  if (!get || to.code != FNX_DT_FLOAT || (to.bits != 32 && to.bits != 64)) {
    fault_set (f, EXIT_DATA, FNX_E_SPEC, "values of type %s cannot become %s", dtype_name (s.dtype), dtype_name (to));
    return NULL;
  }
  s.dtype = to;
  b = buffer_like (src, &s, f);
  t = b ? buffer_read (src) : NULL;
  if (!t) {
    buffer_unref (b);
    no_memory (f, src->bytes);
    return NULL;
  }
  n = spec_count (&s);
  for (size_t i = 0; i < n; i++)
    if (to.bits == 64)
      ((double *)b->data)[i] = get (t->data, i);
    else
      ((float *)b->data)[i] = (float)get (t->data, i);
  return b;
}

fnx_buf *
buffer_table (int64_t rows, fault *f)
{
  const fnx_axis row = { .struct_size = sizeof row, .name = "row", .size = rows };
  const fnx_axis *const axes[] = { &row };
  const fnx_spec s
      = { .struct_size = sizeof s, .ndim = 1, .kind = "table", .unit = "1", .dtype = FNX_F8, .axes = axes };
  fnx_buf *b = buffer_new (&s, f);

  for (int64_t i = 0; b && i < rows; i++)
    ((double *)b->data)[i] = NAN;
  return b;
}

/* ---- comparison ------------------------------------------------------------------------ */

static bool
same_real (double a, double b)
{
  return a == b || (isnan (a) && isnan (b));
}

static bool
same_axes (const fnx_axis *a, const fnx_axis *b)
{
  if (strcmp (a->name, b->name) || a->size != b->size || !same_text (a->unit, b->unit) || !a->labels != !b->labels
      || axis_n_columns (a) != axis_n_columns (b))
    return false;
  for (int64_t i = 0; i < a->size; i++)
    if (!same_real (axis_position (a, i), axis_position (b, i)) || (a->labels && strcmp (a->labels[i], b->labels[i])))
      return false;
  for (size_t k = 0; k < axis_n_columns (a); k++) {
    const fnx_column *x = a->columns[k], *y = axis_column (b, x->name);

    if (!y || x->type != y->type || !same_text (x->unit, y->unit) || !x->reals != !y->reals || !x->texts != !y->texts)
      return false;
    for (int64_t i = 0; i < a->size; i++)
      if ((x->reals && !same_real (x->reals[i], y->reals[i])) || (x->texts && !same_text (x->texts[i], y->texts[i])))
        return false;
  }
  return true;
}

bool
buffer_equal (const fnx_buf *a, const fnx_buf *b)
{
  const fnx_events *ea = buffer_events (a), *eb = buffer_events (b);

  if (strcmp (a->spec->kind, b->spec->kind) || !same_text (a->spec->unit, b->spec->unit)
      || a->spec->ndim != b->spec->ndim || memcmp (&a->spec->dtype, &b->spec->dtype, sizeof a->spec->dtype)
      || ea->n != eb->n)
    return false;
  for (int i = 0; i < a->spec->ndim; i++)
    if (!same_axes (a->spec->axes[i], b->spec->axes[i]))
      return false;
  for (size_t i = 0; i < ea->n; i++)
    if (!same_real (ea->onset[i], eb->onset[i]) || !same_text (ea->label[i], eb->label[i]))
      return false;
  if (!buffer_read (a) || !buffer_read (b))
    return false;
  if (a->spec->dtype.code == FNX_DT_FLOAT && a->spec->dtype.bits == 64) {
    for (size_t i = 0; i < spec_count (a->spec); i++)
      if (!same_real (((double *)a->data)[i], ((double *)b->data)[i]))
        return false;
    return true;
  }
  return !memcmp (a->data, b->data, a->bytes);
}

uint64_t
buffer_hash (const fnx_buf *b)
{
  char text[256];
  uint64_t h;

  spec_text (b->spec, text, sizeof text);
  h = hash_bytes (1, text, strlen (text));
  h = hash_bytes (h, b->shape, (size_t)b->spec->ndim * sizeof *b->shape);
  if (buffer_read (b))
    h = hash_bytes (h, b->data, b->bytes);
  return h;
}
