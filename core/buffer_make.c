/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffers made from buffers: picked items, slices, joins, other types, tables.
 * An axis is rebuilt on the stack with borrowed parts, then deep-copied.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer_impl.h"
#include "core/rng.h"

/* ---- an axis under construction --------------------------------------------- */

typedef struct axis_draft {
  fnx_axis axis;
  double *values;
  const char **labels;
  fnx_column *cols;
  const fnx_column **list;
  size_t n_cols;
} axis_draft;

static void
draft_free (axis_draft *d)
{
  for (size_t i = 0; i < d->n_cols; i++) {
    free ((void *)(uintptr_t)d->cols[i].reals);
    free ((void *)(uintptr_t)d->cols[i].texts);
  }
  free (d->cols);
  free (d->list);
  free (d->labels);
  free (d->values);
}

/* Room for n indices and up to n_cols columns. */
static fnx_status
draft_begin (axis_draft *d, const fnx_axis *like, int64_t n, size_t n_cols)
{
  *d = (axis_draft){ .axis = *like };
  d->axis.size = n;
  d->axis.values = NULL;
  d->axis.labels = NULL;
  d->axis.columns = NULL;
  d->cols = calloc (n_cols + 1, sizeof *d->cols);
  d->list = calloc (n_cols + 1, sizeof *d->list);
  d->axis.columns = n_cols ? d->list : NULL;
  return d->cols && d->list ? FNX_OK : FNX_E_NOMEM;
}

static fnx_column *
draft_column (axis_draft *d, const fnx_column *like)
{
  fnx_column *c = &d->cols[d->n_cols];
  size_t n = (size_t)d->axis.size;

  *c = *like;
  c->reals = NULL;
  c->texts = NULL;
  if (like->type == FNX_COL_TEXT)
    c->texts = calloc (n + 1, sizeof *c->texts);
  else {
    double *r = malloc ((n + 1) * sizeof *r);

    for (size_t i = 0; r && i < n; i++)
      r[i] = NAN;
    c->reals = r;
  }
  if (!c->reals && !c->texts)
    return NULL;
  d->list[d->n_cols++] = c;
  return c;
}

static size_t
n_columns (const fnx_axis *a)
{
  size_t n = 0;

  while (a->columns && a->columns[n])
    n++;
  return n;
}

/* Items idx[] of an axis. */
static fnx_status
draft_pick (axis_draft *d, const fnx_axis *a, const int64_t *idx, int64_t n)
{
  bool run = true;

  if (draft_begin (d, a, n, n_columns (a)) != FNX_OK)
    return FNX_E_NOMEM;
  for (int64_t i = 1; i < n; i++)
    run = run && idx[i] == idx[i - 1] + 1;
  if (a->flags & FNX_AXIS_REGULAR && run)
    d->axis.start = a->start + (n ? idx[0] : 0);
  else if (a->values || a->flags & FNX_AXIS_REGULAR) {
    d->values = malloc (((size_t)n + 1) * sizeof *d->values);
    if (!d->values)
      return FNX_E_NOMEM;
    for (int64_t i = 0; i < n; i++)
      d->values[i] = axis_position (a, idx[i]);
    d->axis.values = d->values;
    d->axis.flags &= ~FNX_AXIS_REGULAR;
    d->axis.start = 0;
  }
  if (a->labels) {
    d->labels = calloc ((size_t)n + 1, sizeof *d->labels);
    if (!d->labels)
      return FNX_E_NOMEM;
    for (int64_t i = 0; i < n; i++)
      d->labels[i] = a->labels[idx[i]];
    d->axis.labels = d->labels;
  }
  for (size_t k = 0; k < n_columns (a); k++) {
    const fnx_column *from = a->columns[k];
    fnx_column *c;

    if (!from->reals && !from->texts)
      continue;
    c = draft_column (d, from);
    if (!c)
      return FNX_E_NOMEM;
    for (int64_t i = 0; i < n; i++)
      if (c->texts)
        ((const char **)(uintptr_t)c->texts)[i] = from->texts[idx[i]];
      else
        ((double *)(uintptr_t)c->reals)[i] = from->reals[idx[i]];
  }
  return FNX_OK;
}

/* The spec of src with axis number k replaced; NULL without memory. */
static fnx_spec *
spec_with_axis (const fnx_spec *src, int k, const fnx_axis *a)
{
  const fnx_axis *list[FNX_MAX_DIM];
  fnx_spec s = *src;

  for (int i = 0; i < src->ndim; i++)
    list[i] = i == k ? a : src->axes[i];
  s.axes = list;
  return spec_copy (&s);
}

/* ---- pick and slice ------------------------------------------------------------ */

fnx_buf *
buffer_pick (const fnx_buf *src, const int64_t *idx, int64_t n, fault *f)
{
  axis_draft d = { 0 };
  fnx_buf *b = NULL;

  if (draft_pick (&d, src->spec->axes[0], idx, n) == FNX_OK)
    b = buffer_shell (spec_with_axis (src->spec, 0, &d.axis), f);
  else
    no_memory (f, 0);
  draft_free (&d);
  if (!b)
    return NULL;
  b->index = malloc (((size_t)n + 1) * sizeof *b->index);
  if (!b->index || buffer_carry (b, src, f) != FNX_OK) {
    no_memory (f, 0);
    buffer_unref (b);
    return NULL;
  }
  for (int64_t i = 0; i < n; i++)
    b->index[i] = src->parent ? src->index[idx[i]] : idx[i];
  b->parent = buffer_ref (src->parent ? src->parent : src);
  return b;
}

/* Elements before (outer) and behind (inner) axis k. */
static void
around (const fnx_spec *s, int k, size_t *outer, size_t *inner)
{
  *outer = *inner = 1;
  for (int i = 0; i < s->ndim; i++)
    if (i != k)
      *(i < k ? outer : inner) *= (size_t)s->axes[i]->size;
}

fnx_buf *
buffer_take (const fnx_buf *src, int k, const int64_t *idx, int64_t n, fault *f)
{
  axis_draft d = { 0 };
  fnx_buf *b = NULL;
  const fnx_tensor *t = buffer_read (src);
  size_t outer, inner, row;

  if (t && draft_pick (&d, src->spec->axes[k], idx, n) == FNX_OK)
    b = buffer_shell (spec_with_axis (src->spec, k, &d.axis), f);
  else
    no_memory (f, 0);
  draft_free (&d);
  if (!b)
    return NULL;
  if (buffer_alloc (b, f) != FNX_OK || buffer_carry (b, src, f) != FNX_OK) {
    buffer_unref (b);
    return NULL;
  }
  around (src->spec, k, &outer, &inner);
  row = inner * dtype_size (src->spec->dtype);
  for (size_t o = 0; o < outer; o++) {
    const char *from = (const char *)t->data + o * (size_t)src->shape[k] * row;
    char *to = (char *)b->data + o * (size_t)n * row;

    for (int64_t i = 0, run; i < n; i += run) {
      /* Neighbours go together. */
      for (run = 1; i + run < n && idx[i + run] == idx[i] + run;)
        run++;
      memcpy (to + (size_t)i * row, from + (size_t)idx[i] * row, (size_t)run * row);
    }
  }
  return b;
}

fnx_buf *
buffer_slice (const fnx_buf *src, int k, int64_t first, int64_t n, fault *f)
{
  int64_t *idx = malloc (((size_t)n + 1) * sizeof *idx);
  fnx_buf *b = NULL;

  for (int64_t i = 0; idx && i < n; i++)
    idx[i] = first + i;
  if (idx)
    b = buffer_take (src, k, idx, n, f);
  else
    no_memory (f, 0);
  free (idx);
  return b;
}

/* ---- join ------------------------------------------------------------------------ */

static const char *
name_of (const char *const *names, size_t i, char text[32])
{
  if (names && names[i])
    return names[i];
  snprintf (text, 32, "part %zu", i + 1);
  return text;
}

static bool
same_text (const char *a, const char *b)
{
  return a == b || (a && b && !strcmp (a, b));
}

/* The label sets of two axes differ: name the first difference. */
static bool
labels_agree (const fnx_axis *a, const fnx_axis *b, char *why, size_t n)
{
  if (!a->labels != !b->labels) {
    snprintf (why, n, "one has %s names, the other has none", a->name);
    return false;
  }
  for (int64_t i = 0; a->labels && i < a->size; i++)
    if (strcmp (a->labels[i], b->labels[i])) {
      snprintf (why, n, "%s %" PRId64 " is %s in one and %s in the other", a->name, i + 1, a->labels[i], b->labels[i]);
      return false;
    }
  return true;
}

static bool
parts_agree (const fnx_spec *a, const fnx_spec *b, int k, char *why, size_t n)
{
  char ta[256], tb[256];

  if (strcmp (a->kind, b->kind) || a->ndim != b->ndim || memcmp (&a->dtype, &b->dtype, sizeof a->dtype)) {
    snprintf (why, n, "one is %s, the other %s", spec_text (a, ta, sizeof ta), spec_text (b, tb, sizeof tb));
    return false;
  }
  if (!same_text (a->unit, b->unit)) {
    snprintf (why, n, "values in %s and in %s", a->unit ? a->unit : "an unknown unit",
              b->unit ? b->unit : "an unknown unit");
    return false;
  }
  for (int i = 0; i < a->ndim; i++) {
    const fnx_axis *x = a->axes[i], *y = b->axes[i];

    if (strcmp (x->name, y->name)) {
      snprintf (why, n, "axis %d is %s in one and %s in the other", i + 1, x->name, y->name);
      return false;
    }
    if ((x->flags & y->flags & FNX_AXIS_REGULAR) && axis_rate (x) != axis_rate (y)) {
      snprintf (why, n, "%g and %g samples a second", axis_rate (x), axis_rate (y));
      return false;
    }
    if (i == k)
      continue;
    if (x->size != y->size) {
      snprintf (why, n, "%" PRId64 " and %" PRId64 " on the %s axis", x->size, y->size, x->name);
      return false;
    }
    if (!labels_agree (x, y, why, n))
      return false;
  }
  return true;
}

/* The joined axis: labels if all have them, the union of the columns. */
static fnx_status
draft_join (axis_draft *d, const fnx_buf *const *parts, size_t n, int k, int64_t total)
{
  const fnx_axis *first = parts[0]->spec->axes[k];
  size_t most = 0;
  bool labels = true, values = first->values != NULL;

  for (size_t p = 0; p < n; p++) {
    const fnx_axis *a = parts[p]->spec->axes[k];

    most += n_columns (a);
    labels = labels && a->labels;
    values = values || a->values;
  }
  if (draft_begin (d, first, total, most) != FNX_OK)
    return FNX_E_NOMEM;
  if (labels)
    d->axis.labels = d->labels = calloc ((size_t)total + 1, sizeof *d->labels);
  if (values) {
    d->axis.values = d->values = calloc ((size_t)total + 1, sizeof *d->values);
    d->axis.flags &= ~FNX_AXIS_REGULAR;
  }
  if ((labels && !d->labels) || (values && !d->values))
    return FNX_E_NOMEM;
  for (int64_t p = 0, at = 0; p < (int64_t)n; at += parts[p++]->spec->axes[k]->size) {
    const fnx_axis *a = parts[p]->spec->axes[k];

    for (int64_t i = 0; i < a->size; i++) {
      if (labels)
        d->labels[at + i] = a->labels[i];
      if (values)
        d->values[at + i] = axis_position (a, i);
    }
    for (size_t j = 0; j < n_columns (a); j++) {
      const fnx_column *from = a->columns[j];
      fnx_column *c = NULL;

      if (!from->reals && !from->texts)
        continue;
      for (size_t q = 0; q < d->n_cols && !c; q++)
        if (!strcmp (d->cols[q].name, from->name) && d->cols[q].type == from->type)
          c = &d->cols[q];
      if (!c)
        c = draft_column (d, from);
      if (!c)
        return FNX_E_NOMEM;
      if (c->texts)
        memcpy ((void *)(uintptr_t)(c->texts + at), from->texts, (size_t)a->size * sizeof *c->texts);
      else
        memcpy ((void *)(uintptr_t)(c->reals + at), from->reals, (size_t)a->size * sizeof *c->reals);
    }
  }
  return FNX_OK;
}

static fnx_status
join_events (fnx_buf *b, const fnx_buf *const *parts, size_t n)
{
  size_t total = 0, at = 0;
  double *onset, *duration;
  const char **label, **channel;
  fnx_events e = { .struct_size = sizeof e };
  fnx_status s = FNX_E_NOMEM;

  for (size_t p = 0; p < n; p++)
    total += parts[p]->events ? parts[p]->events->n : 0;
  if (!total)
    return FNX_OK;
  onset = malloc (total * sizeof *onset);
  duration = malloc (total * sizeof *duration);
  label = calloc (total, sizeof *label);
  channel = calloc (total, sizeof *channel);
  if (onset && duration && label && channel) {
    for (size_t p = 0; p < n; p++)
      for (size_t i = 0; parts[p]->events && i < parts[p]->events->n; i++, at++) {
        const fnx_events *v = parts[p]->events;

        onset[at] = v->onset[i];
        duration[at] = v->duration ? v->duration[i] : NAN;
        label[at] = v->label ? v->label[i] : NULL;
        channel[at] = v->channel ? v->channel[i] : NULL;
      }
    e.n = total;
    e.onset = onset;
    e.duration = duration;
    e.label = label;
    e.channel = channel;
    free (b->events);
    b->events = NULL;
    s = buffer_set_events (b, &e);
  }
  free (onset);
  free (duration);
  free (label);
  free (channel);
  return s;
}

fnx_buf *
buffer_join (const fnx_buf *const *parts, size_t n, int k, const char *const *names, fault *f)
{
  axis_draft d = { 0 };
  fnx_buf *b = NULL;
  int64_t total = 0;
  size_t outer, inner, row, at = 0;
  char why[512], ta[32], tb[32];

  for (size_t p = 0; p < n; p++) {
    const fnx_axis *a = parts[p]->spec->axes[k];

    if (p && !parts_agree (parts[0]->spec, parts[p]->spec, k, why, sizeof why)) {
      fault_set (f, EXIT_DATA, FNX_E_SPEC, "%s and %s do not go together: %s", name_of (names, 0, ta),
                 name_of (names, p, tb), why);
      return NULL;
    }
    total += a->size;
  }
  if (draft_join (&d, parts, n, k, total) == FNX_OK)
    b = buffer_shell (spec_with_axis (parts[0]->spec, k, &d.axis), f);
  else
    no_memory (f, 0);
  draft_free (&d);
  if (!b)
    return NULL;
  if (buffer_alloc (b, f) != FNX_OK || buffer_carry (b, parts[0], f) != FNX_OK)
    goto failed;
  if (join_events (b, parts, n) != FNX_OK) {
    no_memory (f, 0);
    goto failed;
  }
  around (b->spec, k, &outer, &inner);
  row = inner * dtype_size (b->spec->dtype);
  for (size_t p = 0; p < n; p++) {
    size_t len = (size_t)parts[p]->shape[k] * row;
    const fnx_tensor *t = k > 0 ? buffer_read (parts[p]) : NULL;

    if (k > 0 && !t) {
      no_memory (f, parts[p]->bytes);
      goto failed;
    }
    if (k == 0) /* item by item, so that views need not be gathered first */
      for (int64_t i = 0; i < parts[p]->shape[0]; i++)
        memcpy ((char *)b->data + at + (size_t)i * row, buffer_item (parts[p], i), row);
    else
      for (size_t o = 0; o < outer; o++)
        memcpy ((char *)b->data + o * (size_t)total * row + at, (const char *)t->data + o * len, len);
    at += len;
  }
  return b;
failed:
  buffer_unref (b);
  return NULL;
}

/* ---- columns, types, tables --------------------------------------------------------- */

fnx_status
buffer_set_column (fnx_buf *b, const char *axis, const fnx_column *col, fault *f)
{
  int k = spec_axis_index (b->spec, axis);
  fnx_spec *s;
  fnx_axis a;
  const fnx_column **list;
  size_t n = 0;

  if (k < 0)
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "no axis \"%s\" for the column \"%s\"", axis, col->name);
  a = *b->spec->axes[k];
  list = calloc (n_columns (&a) + 2, sizeof *list);
  if (!list)
    return no_memory (f, 0);
  for (size_t i = 0; i < n_columns (&a); i++)
    if (strcmp (a.columns[i]->name, col->name))
      list[n++] = a.columns[i];
  list[n] = col;
  a.columns = list;
  s = spec_with_axis (b->spec, k, &a);
  free (list);
  if (!s)
    return no_memory (f, 0);
  free (b->spec);
  b->spec = s;
  return FNX_OK;
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
      || n_columns (a) != n_columns (b))
    return false;
  for (int64_t i = 0; i < a->size; i++)
    if (!same_real (axis_position (a, i), axis_position (b, i)) || (a->labels && strcmp (a->labels[i], b->labels[i])))
      return false;
  for (size_t k = 0; k < n_columns (a); k++) {
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
