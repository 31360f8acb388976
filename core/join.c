/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What recordings gave, put together for the steps that need all of them: along
 * the axis that counts samples, with the recordings' columns on it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

int
sample_axis (const fnx_spec *s)
{
  static const char *const names[] = { "trial", "subject", "row" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (s->ndim && !strcmp (s->axes[0]->name, names[i]))
      return 0;
  /* Samples of an encoding model are moments: features[time,feature], voxels[voxel,time]. */
  if (!strcmp (s->kind, "features") || !strcmp (s->kind, "voxels"))
    return spec_axis_index (s, "time");
  return -1;
}

static fnx_status
set_text_column (fnx_buf *b, const char *axis, const char *name, const char *value, fault *f)
{
  int64_t n = spec_axis (buffer_spec (b), axis)->size;
  const char **texts = calloc ((size_t)n + 1, sizeof *texts);
  double *reals = malloc (((size_t)n + 1) * sizeof *reals), number = 0;
  bool numeric = value && number_parse (value, &number) && strcmp (name, "subject") && strcmp (name, "session")
                 && strcmp (name, "recording");
  fnx_column c = { .struct_size = sizeof c, .name = name };
  fnx_status s = FNX_E_NOMEM;

  for (int64_t i = 0; texts && reals && i < n; i++) {
    texts[i] = value;
    reals[i] = number;
  }
  c.type = numeric ? FNX_COL_REAL : FNX_COL_TEXT;
  c.reals = numeric ? reals : NULL;
  c.texts = numeric ? NULL : texts;
  if (texts && reals)
    s = buffer_set_column (b, axis, &c, f);
  else
    fault_memory (f);
  free (texts);
  free (reals);
  return s;
}

/* A result without a sample axis is one sample: connectivity[region,region]
 * becomes connectivity[subject,region,region]. */
static fnx_buf *
raised (const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis subject = { .struct_size = sizeof subject, .name = "subject", .size = 1 };
  const fnx_axis *axes[FNX_MAX_DIM];
  fnx_spec up = *s;
  fnx_buf *n;

  if (s->ndim >= FNX_MAX_DIM) {
    fault_set (f, EXIT_DATA, FNX_E_SPEC, "too many axes to join recordings");
    return NULL;
  }
  axes[0] = &subject;
  memcpy (axes + 1, s->axes, (size_t)s->ndim * sizeof *axes);
  up.axes = axes;
  up.ndim++;
  n = buffer_like (b, &up, f);
  if (n)
    memcpy (buffer_write (n, NULL), buffer_read (b)->data, spec_count (s) * dtype_size (s->dtype));
  return n;
}

/* Asked anew for every column: setting one replaces the spec. */
static const char *
sample_name (const fnx_buf *b)
{
  const fnx_spec *s = buffer_spec (b);

  return s->axes[sample_axis (s)]->name;
}

fnx_buf *
recording_labelled (const fnx_buf *b, const recording *r, fault *f)
{
  bool whole = sample_axis (buffer_spec (b)) < 0;
  fnx_buf *own = whole ? raised (b, f) : buffer_own (b, f);

  if (whole)
    buffer_unref (b);
  if (!own)
    return NULL;
  if (set_text_column (own, sample_name (own), "recording", r->id, f) != FNX_OK)
    goto failed;
  for (size_t i = 0; i < r->n_columns; i++) {
    const char *v = strcmp (r->value[i], "n/a") ? r->value[i] : NULL;

    if (set_text_column (own, sample_name (own), r->column[i], v, f) != FNX_OK)
      goto failed;
  }
  return own;
failed:
  buffer_unref (own);
  return NULL;
}

fnx_buf *
recording_numbered (fnx_buf *b, fault *f)
{
  fnx_column item = { .struct_size = sizeof item, .type = FNX_COL_REAL, .name = "item" };
  int64_t n;
  double *number;

  if (!b || strcmp (sample_name (b), "trial") || buffer_column (b, "trial", "item"))
    return b;
  n = spec_axis (buffer_spec (b), "trial")->size;
  number = malloc (((size_t)n + 1) * sizeof *number);
  for (int64_t i = 0; number && i < n; i++)
    number[i] = (double)(i + 1);
  item.reals = number;
  if (!number)
    fault_memory (f);
  if (!number || buffer_set_column (b, "trial", &item, f) != FNX_OK) {
    buffer_unref (b);
    b = NULL;
  }
  free (number);
  return b;
}

fnx_status
recording_label (const recording *r, scope *s, int k, fault *f)
{
  const fnx_buf *b = s->slots[k].value;

  if (!b || sample_axis (buffer_spec (b)) != 0)
    return FNX_OK;
  s->slots[k].value = NULL;
  b = recording_labelled (b, r, f);
  if (!b)
    return f->code;
  s->slots[k].value = b;
  return scope_respec (s, k, buffer_spec (b), f);
}

fnx_spec *
joined_spec (const fnx_spec *s, const recording *r)
{
  fnx_column cols[64];
  const fnx_column *list[128];
  const fnx_axis *axes[FNX_MAX_DIM];
  fnx_axis a;
  fnx_spec up = *s;
  int k = sample_axis (s), at = k < 0 ? 0 : k;
  size_t n = 0, n_own = 0;

  if (k < 0 && s->ndim < FNX_MAX_DIM) {
    a = (fnx_axis){ .struct_size = sizeof a, .name = "subject" };
    memcpy (axes + 1, s->axes, (size_t)s->ndim * sizeof *axes);
    up.ndim++;
  } else {
    memcpy (axes, s->axes, (size_t)s->ndim * sizeof *axes);
    a = *s->axes[at];
  }
  for (const fnx_column *const *c = a.columns; c && *c && n < 60; c++)
    list[n++] = *c;
  for (size_t i = 0; i <= r->n_columns && n_own < 60; i++) {
    cols[n_own] = (fnx_column){ .struct_size = sizeof *cols,
                                .type = FNX_COL_TEXT,
                                .name = i < r->n_columns ? r->column[i] : "recording" };
    list[n++] = &cols[n_own++];
  }
  list[n] = NULL;
  a.size = FNX_UNKNOWN;
  a.columns = list;
  axes[at] = &a;
  up.axes = axes;
  return spec_copy (&up);
}
