/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffers made from buffers: picked items, slices, joins.
 * An axis is rebuilt on the stack with borrowed parts, then deep-copied.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer_impl.h"

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

size_t
axis_n_columns (const fnx_axis *a)
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

  if (draft_begin (d, a, n, axis_n_columns (a)) != FNX_OK)
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
  for (size_t k = 0; k < axis_n_columns (a); k++) {
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

fnx_spec *
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
    fault_memory (f);
  draft_free (&d);
  if (!b)
    return NULL;
  b->index = malloc (((size_t)n + 1) * sizeof *b->index);
  if (!b->index || buffer_carry (b, src, f) != FNX_OK) {
    fault_memory (f);
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
    fault_memory (f);
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
    fault_memory (f);
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

    most += axis_n_columns (a);
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
    for (size_t j = 0; j < axis_n_columns (a); j++) {
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
    fault_memory (f);
  draft_free (&d);
  if (!b)
    return NULL;
  if (buffer_alloc (b, f) != FNX_OK || buffer_carry (b, parts[0], f) != FNX_OK)
    goto failed;
  if (join_events (b, parts, n) != FNX_OK) {
    fault_memory (f);
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
