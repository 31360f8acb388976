/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Deep copies of specs and events.  A copy is one block of memory: the same
 * routine walks the source twice, first only counting bytes, then writing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/spec.h"

typedef struct blob {
  char *base; /* NULL while counting */
  size_t used;
} blob;

static void *
take (blob *b, size_t n, size_t align)
{
  size_t at = (b->used + align - 1) / align * align;

  b->used = at + n;
  return b->base ? b->base + at : NULL;
}

static void *
keep (blob *b, const void *src, size_t n, size_t align)
{
  void *p;

  if (!src)
    return NULL;
  p = take (b, n, align);
  if (p && n)
    memcpy (p, src, n);
  return p;
}

static const char *
keep_text (blob *b, const char *s)
{
  return s ? keep (b, s, strlen (s) + 1, 1) : NULL;
}

static const char *const *
keep_texts (blob *b, const char *const *s, size_t n)
{
  const char **p;

  if (!s)
    return NULL;
  p = take (b, n * sizeof *p, _Alignof(const char *));
  for (size_t i = 0; i < n; i++) {
    const char *t = keep_text (b, s[i]);
    if (p)
      p[i] = t;
  }
  return p;
}

/* What an older writer left out is zero. */
#define KNOWN(dst, src) memcpy (&(dst), (src), (src)->struct_size < sizeof (dst) ? (src)->struct_size : sizeof (dst))

static const fnx_column *
keep_column (blob *b, const fnx_column *src, size_t n)
{
  fnx_column c = { 0 }, *p;

  KNOWN (c, src);
  c.struct_size = sizeof c;
  p = take (b, sizeof *p, _Alignof(fnx_column));
  c.name = keep_text (b, c.name);
  c.unit = keep_text (b, c.unit);
  c.reals = keep (b, c.reals, n * sizeof *c.reals, _Alignof(double));
  c.texts = keep_texts (b, c.texts, n);
  if (p)
    *p = c;
  return p;
}

static const fnx_axis *
keep_axis (blob *b, const fnx_axis *src)
{
  fnx_axis a = { 0 }, *p;
  size_t n, n_col = 0;

  KNOWN (a, src);
  a.struct_size = sizeof a;
  n = a.size < 0 ? 0 : (size_t)a.size;
  p = take (b, sizeof *p, _Alignof(fnx_axis));
  a.name = keep_text (b, a.name);
  a.unit = keep_text (b, a.unit);
  a.values = a.size < 0 ? NULL : keep (b, a.values, n * sizeof *a.values, _Alignof(double));
  a.labels = a.size < 0 ? NULL : keep_texts (b, a.labels, n);
  if (a.columns) {
    const fnx_column **cols;
    const fnx_column *const *from = a.columns;

    while (from[n_col])
      n_col++;
    cols = take (b, (n_col + 1) * sizeof *cols, _Alignof(fnx_column *));
    for (size_t i = 0; i < n_col; i++) {
      const fnx_column *c = keep_column (b, from[i], n);
      if (cols)
        cols[i] = c;
    }
    if (cols)
      cols[n_col] = NULL;
    a.columns = cols;
  }
  if (p)
    *p = a;
  return p;
}

static fnx_spec *
keep_spec (blob *b, const fnx_spec *src)
{
  fnx_spec s = { 0 }, *p;
  const fnx_axis **axes;
  size_t n;

  KNOWN (s, src);
  s.struct_size = sizeof s;
  n = (size_t)s.ndim;
  p = take (b, sizeof *p, _Alignof(fnx_spec));
  s.kind = keep_text (b, s.kind);
  s.unit = keep_text (b, s.unit);
  s.space = keep_text (b, s.space);
  s.affine = keep (b, s.affine, 16 * sizeof *s.affine, _Alignof(double));
  axes = take (b, (n + 1) * sizeof *axes, _Alignof(fnx_axis *));
  for (size_t i = 0; i < n; i++) {
    const fnx_axis *a = keep_axis (b, s.axes[i]);
    if (axes)
      axes[i] = a;
  }
  if (axes)
    axes[n] = NULL;
  s.axes = axes;
  if (p)
    *p = s;
  return p;
}

fnx_spec *
spec_copy (const fnx_spec *src)
{
  blob b = { NULL, 0 };

  keep_spec (&b, src);
  b.base = malloc (b.used);
  if (!b.base)
    return NULL;
  b.used = 0;
  return keep_spec (&b, src);
}

static fnx_events *
keep_events (blob *b, const fnx_events *src)
{
  fnx_events e = { 0 }, *p;

  KNOWN (e, src);
  e.struct_size = sizeof e;
  p = take (b, sizeof *p, _Alignof(fnx_events));
  e.onset = keep (b, e.onset, e.n * sizeof *e.onset, _Alignof(double));
  e.duration = keep (b, e.duration, e.n * sizeof *e.duration, _Alignof(double));
  e.label = keep_texts (b, e.label, e.n);
  e.channel = keep_texts (b, e.channel, e.n);
  if (p)
    *p = e;
  return p;
}

fnx_events *
events_copy (const fnx_events *src)
{
  blob b = { NULL, 0 };

  keep_events (&b, src);
  b.base = malloc (b.used);
  if (!b.base)
    return NULL;
  b.used = 0;
  return keep_events (&b, src);
}

/* ---- questions ------------------------------------------------------------ */

int
spec_axis_index (const fnx_spec *s, const char *name)
{
  for (int i = 0; i < s->ndim; i++)
    if (!strcmp (s->axes[i]->name, name))
      return i;
  return -1;
}

const fnx_axis *
spec_axis (const fnx_spec *s, const char *name)
{
  int i = spec_axis_index (s, name);

  return i < 0 ? NULL : s->axes[i];
}

const fnx_column *
axis_column (const fnx_axis *a, const char *name)
{
  for (const fnx_column *const *c = a ? a->columns : NULL; c && *c; c++)
    if (!strcmp ((*c)->name, name))
      return *c;
  return NULL;
}

size_t
spec_count (const fnx_spec *s)
{
  size_t n = 1;

  for (int i = 0; i < s->ndim; i++)
    if (s->axes[i]->size < 0 || __builtin_mul_overflow (n, (size_t)s->axes[i]->size, &n))
      return SIZE_MAX;
  return n;
}

double
axis_position (const fnx_axis *a, int64_t i)
{
  if (a->values)
    return a->values[i];
  if ((a->flags & FNX_AXIS_REGULAR) && a->rate_num)
    return a->origin + (double)(a->start + i) * (double)a->rate_den / (double)a->rate_num;
  return (double)(a->start + i);
}

double
axis_rate (const fnx_axis *a)
{
  return (a->flags & FNX_AXIS_REGULAR) && a->rate_den ? (double)a->rate_num / (double)a->rate_den : 0;
}

static const struct {
  const char *name;
  fnx_dtype type;
} dtypes[] = {
  { "f8", { FNX_DT_FLOAT, 64, 1 } }, { "f4", { FNX_DT_FLOAT, 32, 1 } },   { "i1", { FNX_DT_INT, 8, 1 } },
  { "i2", { FNX_DT_INT, 16, 1 } },   { "i4", { FNX_DT_INT, 32, 1 } },     { "i8", { FNX_DT_INT, 64, 1 } },
  { "u1", { FNX_DT_UINT, 8, 1 } },   { "u2", { FNX_DT_UINT, 16, 1 } },    { "u4", { FNX_DT_UINT, 32, 1 } },
  { "u8", { FNX_DT_UINT, 64, 1 } },  { "c8", { FNX_DT_COMPLEX, 64, 1 } }, { "c16", { FNX_DT_COMPLEX, 128, 1 } },
};

size_t
dtype_size (fnx_dtype t)
{
  return (size_t)t.bits / 8 * t.lanes;
}

const char *
dtype_name (fnx_dtype t)
{
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (!memcmp (&dtypes[i].type, &t, sizeof t))
      return dtypes[i].name;
  return "?";
}

bool
dtype_from_name (const char *name, size_t n, fnx_dtype *out)
{
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (strlen (dtypes[i].name) == n && !memcmp (dtypes[i].name, name, n)) {
      *out = dtypes[i].type;
      return true;
    }
  return false;
}

char *
spec_text (const fnx_spec *s, char *text, size_t n)
{
  size_t at = 0;
  int w = snprintf (text, n, "%s[", s->kind);

  at += w > 0 ? (size_t)w : 0;
  for (int i = 0; i < s->ndim && at < n; i++) {
    w = snprintf (text + at, n - at, "%s%s", i ? "," : "", s->axes[i]->name);
    at += w > 0 ? (size_t)w : 0;
  }
  if (at < n)
    snprintf (text + at, n - at, "]");
  return text;
}
