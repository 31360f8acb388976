/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Specs as JSON: see spec_json.h.  What is absent in the spec is absent in the
 * JSON; a size that only the data will tell is null, and so is NaN.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/spec_json.h"
#include "core/text.h"

/* ---- writing ------------------------------------------------------------------ */

/* ,"key": with a comma from the second key on. */
static void
add_key (text_buf *t, bool *first, const char *key)
{
  text_addf (t, "%s\"%s\":", *first ? "" : ",", key);
  *first = false;
}

static void
add_text (text_buf *t, bool *first, const char *key, const char *value)
{
  if (!value)
    return;
  add_key (t, first, key);
  text_json (t, value);
}

static void
add_reals (text_buf *t, bool *first, const char *key, const double *values, int64_t n)
{
  if (!values)
    return;
  add_key (t, first, key);
  for (int64_t i = 0; i < n; i++) {
    text_add (t, i ? "," : "[");
    text_json_number (t, values[i]);
  }
  text_add (t, n > 0 ? "]" : "[]");
}

static void
add_column (text_buf *t, const fnx_column *c)
{
  bool first = true;
  text_add (t, "{");
  add_text (t, &first, "name", c->name);
  add_text (t, &first, "type", c->type == FNX_COL_TEXT ? "text" : "real");
  add_text (t, &first, "unit", c->unit);
  text_add (t, "}");
}

static void
add_axis (text_buf *t, const fnx_axis *a)
{
  bool first = true;
  text_add (t, "{");
  if (a->columns && a->columns[0]) {
    add_key (t, &first, "columns");
    for (size_t i = 0; a->columns[i]; i++) {
      text_add (t, i ? "," : "[");
      add_column (t, a->columns[i]);
    }
    text_add (t, "]");
  }
  if (a->labels && a->size >= 0) {
    add_key (t, &first, "labels");
    text_add (t, "[");
    for (int64_t i = 0; i < a->size; i++) {
      text_add (t, i ? "," : "");
      text_json (t, a->labels[i]);
    }
    text_add (t, "]");
  }
  add_text (t, &first, "name", a->name);
  if (a->flags & FNX_AXIS_REGULAR) {
    add_key (t, &first, "origin");
    text_json_number (t, a->origin);
    add_key (t, &first, "rate");
    text_addf (t, "[%lld,%lld]", (long long)a->rate_num, (long long)a->rate_den);
  }
  add_key (t, &first, "size");
  if (a->size >= 0)
    text_addf (t, "%lld", (long long)a->size);
  else
    text_add (t, "null");
  if (a->flags & FNX_AXIS_REGULAR) {
    add_key (t, &first, "start");
    text_addf (t, "%lld", (long long)a->start);
  }
  add_text (t, &first, "unit", a->unit);
  add_reals (t, &first, "values", a->size >= 0 ? a->values : NULL, a->size);
  text_add (t, "}");
}

char *
spec_to_json (const fnx_spec *s)
{
  text_buf t = { 0 };
  bool first = true;
  text_add (&t, "{");
  add_reals (&t, &first, "affine", s->affine, 16);
  add_key (&t, &first, "axes");
  text_add (&t, "[");
  for (int32_t i = 0; i < s->ndim; i++) {
    text_add (&t, i ? "," : "");
    add_axis (&t, s->axes[i]);
  }
  text_add (&t, "]");
  add_text (&t, &first, "dtype", dtype_name (s->dtype));
  add_text (&t, &first, "kind", s->kind);
  add_text (&t, &first, "space", s->space);
  add_text (&t, &first, "unit", s->unit);
  text_add (&t, "}");
  return text_take (&t);
}

/* ---- reading: a spec that points into the JSON and a few arrays, then copied --- */

typedef struct reading {
  void *kept[4 * FNX_MAX_DIM + 1];
  size_t n;
  const char *why; /* what is wrong; NULL: all is well so far */
} reading;

static void *
room (reading *r, size_t n, size_t size)
{
  void *p = calloc (n + 1, size);
  if (!p)
    r->why = "not enough memory";
  else
    r->kept[r->n++] = p;
  return p;
}

static const char *
text_of (reading *r, const json_t *o, const char *key, bool needed)
{
  const json_t *v = json_object_get (o, key);
  if (v ? !json_is_string (v) || strlen (json_string_value (v)) != json_string_length (v) : needed)
    r->why = key;
  return json_string_value (v);
}

static double
real_of (reading *r, const json_t *v)
{
  if (json_is_number (v))
    return json_number_value (v);
  if (json_is_string (v) && !strcmp (json_string_value (v), "inf"))
    return INFINITY;
  if (json_is_string (v) && !strcmp (json_string_value (v), "-inf"))
    return -INFINITY;
  if (!json_is_null (v))
    r->why = "a number";
  return NAN;
}

static const double *
reals_of (reading *r, const json_t *o, const char *key, int64_t n)
{
  const json_t *v = json_object_get (o, key);
  if (!v)
    return NULL;
  if (!json_is_array (v) || n < 0 || json_array_size (v) != (size_t)n) {
    r->why = key;
    return NULL;
  }
  double *out = room (r, (size_t)n, sizeof *out);
  for (size_t i = 0; out && i < (size_t)n; i++)
    out[i] = real_of (r, json_array_get (v, i));
  return out;
}

static const char *const *
labels_of (reading *r, const json_t *o, int64_t n)
{
  const json_t *v = json_object_get (o, "labels");
  if (!v)
    return NULL;
  if (!json_is_array (v) || n < 0 || json_array_size (v) != (size_t)n) {
    r->why = "labels";
    return NULL;
  }
  const char **out = room (r, (size_t)n, sizeof *out);
  for (size_t i = 0; out && i < (size_t)n; i++)
    if (!(out[i] = json_string_value (json_array_get (v, i))))
      r->why = "labels";
  return out;
}

static const fnx_column *const *
columns_of (reading *r, const json_t *o)
{
  const json_t *v = json_object_get (o, "columns");
  size_t n = json_array_size (v);
  if (!v)
    return NULL;
  if (!json_is_array (v)) {
    r->why = "columns";
    return NULL;
  }
  const fnx_column **out = room (r, n, sizeof *out);
  fnx_column *column = room (r, n, sizeof *column);
  for (size_t i = 0; !r->why && i < n; i++) {
    const json_t *c = json_array_get (v, i);
    const char *type = text_of (r, c, "type", true);
    column[i] = (fnx_column){ .struct_size = sizeof *column,
                              .name = text_of (r, c, "name", true),
                              .unit = text_of (r, c, "unit", false),
                              .type = type && !strcmp (type, "text") ? FNX_COL_TEXT : FNX_COL_REAL };
    if (type && strcmp (type, "text") != 0 && strcmp (type, "real") != 0)
      r->why = "type";
    out[i] = &column[i];
  }
  return out;
}

static void
axis_of (reading *r, const json_t *o, fnx_axis *a)
{
  const json_t *size = json_object_get (o, "size"), *rate = json_object_get (o, "rate");
  *a = (fnx_axis){ .struct_size = sizeof *a, .size = json_is_integer (size) ? json_integer_value (size) : FNX_UNKNOWN };
  if (!(json_is_integer (size) && a->size >= 0) && !json_is_null (size))
    r->why = "size";
  a->name = text_of (r, o, "name", true);
  a->unit = text_of (r, o, "unit", false);
  if (rate) {
    a->flags = FNX_AXIS_REGULAR;
    a->rate_num = json_integer_value (json_array_get (rate, 0));
    a->rate_den = json_integer_value (json_array_get (rate, 1));
    a->start = json_integer_value (json_object_get (o, "start"));
    a->origin = json_number_value (json_object_get (o, "origin"));
    if (a->rate_num <= 0 || a->rate_den <= 0)
      r->why = "rate";
  }
  if (!r->why)
    a->values = reals_of (r, o, "values", a->size);
  if (!r->why)
    a->labels = labels_of (r, o, a->size);
  if (!r->why)
    a->columns = columns_of (r, o);
}

static fnx_spec *
spec_of (reading *r, const json_t *o)
{
  fnx_axis axis[FNX_MAX_DIM];
  const fnx_axis *axes[FNX_MAX_DIM];
  const json_t *list = json_object_get (o, "axes");
  size_t n = json_array_size (list);
  fnx_spec s = { .struct_size = sizeof s, .ndim = (int32_t)n, .axes = axes };
  if (!json_is_array (list) || n > FNX_MAX_DIM) {
    r->why = "axes";
    return NULL;
  }
  s.kind = text_of (r, o, "kind", true);
  s.unit = text_of (r, o, "unit", false);
  s.space = text_of (r, o, "space", false);
  const char *dtype = text_of (r, o, "dtype", true);
  if (!r->why && !dtype_from_name (dtype, strlen (dtype), &s.dtype))
    r->why = "dtype";
  if (!r->why)
    s.affine = reals_of (r, o, "affine", 16);
  for (size_t i = 0; !r->why && i < n; i++) {
    axis_of (r, json_array_get (list, i), &axis[i]);
    axes[i] = &axis[i];
  }
  fnx_spec *copy = r->why ? NULL : spec_copy (&s);
  if (!copy && !r->why)
    r->why = "not enough memory";
  return copy;
}

fnx_spec *
spec_from_json (const char *json, const char *name, fault *f)
{
  json_error_t error;
  reading r = { .n = 0 };
  fnx_spec *spec = NULL;
  json_t *o = json_loads (json, JSON_REJECT_DUPLICATES, &error);
  if (!o)
    r.why = error.text;
  else
    spec = spec_of (&r, o);
  if (!spec)
    fault_set (f, EXIT_INPUT, FNX_E_STATE, "%s: the description of its input is malformed: %s", name, r.why);
  while (r.n > 0)
    free (r.kept[--r.n]);
  json_decref (o);
  return spec;
}
