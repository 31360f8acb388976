/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A spec and its events as JSON, and back.  JSON has neither NaN nor infinity:
 * a missing number is null, infinities are the texts "inf" and "-inf".
 */
#include <math.h>
#include <string.h>

#include "io/npy/npy.h"

char *
npy_sidecar_name (fnx_call *c, const char *path)
{
  size_t n = strlen (path);
  char *s = c->scratch (c, n + 6);
  if (s) {
    memcpy (s, path, n);
    memcpy (s + n, ".json", 6);
  }
  return s;
}

/* ---- out ------------------------------------------------------------------------- */
static json_t *
number (double v)
{
  return isnan (v) ? json_null () : isinf (v) ? json_string (v > 0 ? "inf" : "-inf") : json_real (v);
}

static json_t *
numbers (const double *v, int64_t n)
{
  json_t *a = json_array ();
  for (int64_t i = 0; i < n; i++)
    json_array_append_new (a, number (v[i]));
  return a;
}

static json_t *
texts (const char *const *v, int64_t n)
{
  json_t *a = json_array ();
  for (int64_t i = 0; i < n; i++)
    json_array_append_new (a, v[i] ? json_string (v[i]) : json_null ());
  return a;
}

static void
set_text (json_t *o, const char *key, const char *value)
{
  if (value)
    json_object_set_new (o, key, json_string (value));
}

static json_t *
axis_json (const fnx_axis *a)
{
  json_t *o = json_object ();
  set_text (o, "name", a->name);
  set_text (o, "unit", a->unit);
  json_object_set_new (o, "size", json_integer (a->size));
  if (a->flags & FNX_AXIS_REGULAR) {
    json_object_set_new (o, "rate", json_pack ("[I, I]", (json_int_t)a->rate_num, (json_int_t)a->rate_den));
    json_object_set_new (o, "start", json_integer (a->start));
    json_object_set_new (o, "origin", number (a->origin));
  }
  if (a->values)
    json_object_set_new (o, "values", numbers (a->values, a->size));
  if (a->labels)
    json_object_set_new (o, "labels", texts (a->labels, a->size));
  json_t *list = a->columns && a->columns[0] ? json_array () : NULL;
  for (const fnx_column *const *k = a->columns; list && *k; k++) {
    if (!(*k)->reals && !(*k)->texts)
      continue;
    json_t *col = json_object ();
    set_text (col, "name", (*k)->name);
    set_text (col, "unit", (*k)->unit);
    json_object_set_new (col, (*k)->reals ? "numbers" : "texts",
                         (*k)->reals ? numbers ((*k)->reals, a->size) : texts ((*k)->texts, a->size));
    json_array_append_new (list, col);
  }
  if (list)
    json_object_set_new (o, "columns", list);
  return o;
}

json_t *
npy_spec_json (const fnx_spec *s, const fnx_events *e)
{
  json_t *o = json_object (), *axes = json_array ();
  if (!o || !axes) {
    json_decref (o);
    json_decref (axes);
    return NULL;
  }
  set_text (o, "kind", s->kind);
  set_text (o, "unit", s->unit);
  for (int k = 0; k < s->ndim; k++)
    json_array_append_new (axes, axis_json (s->axes[k]));
  json_object_set_new (o, "axes", axes);
  if (s->affine)
    json_object_set_new (o, "affine", numbers (s->affine, 16));
  set_text (o, "space", s->space);
  if (e && e->n) {
    json_t *list = json_object ();
    json_object_set_new (list, "onset", numbers (e->onset, (int64_t)e->n));
    json_object_set_new (list, "duration", numbers (e->duration, (int64_t)e->n));
    json_object_set_new (list, "label", texts (e->label, (int64_t)e->n));
    if (e->channel)
      json_object_set_new (list, "channel", texts (e->channel, (int64_t)e->n));
    json_object_set_new (o, "events", list);
  }
  return o;
}

/* ---- in --------------------------------------------------------------------------- */
/* Reads note only the first trouble: what is wrong, and where. */
typedef struct reading {
  fnx_call *c;
  const char *name;
  fnx_status e;
} reading;

static void
bad (reading *r, const char *what)
{
  if (!r->e)
    r->e = r->c->fail (r->c, FNX_E_IO, "%s: %s\nmend it, or move it away and give  axes=... kind=...", r->name, what);
}

static double
real_of (reading *r, const json_t *v)
{
  const char *t = json_string_value (v);
  if (json_is_null (v))
    return NAN;
  if (t && (!strcmp (t, "inf") || !strcmp (t, "-inf")))
    return *t == '-' ? -INFINITY : INFINITY;
  if (!json_is_number (v))
    bad (r, "a number is wanted where something else stands");
  return json_number_value (v);
}

static const double *
reals_of (reading *r, const json_t *a, size_t n)
{
  if (!json_is_array (a) || json_array_size (a) != n) {
    bad (r, "a list of numbers does not have the size of its axis");
    return NULL;
  }
  double *v = r->c->scratch (r->c, n * sizeof *v + 1);
  for (size_t i = 0; v && i < n; i++)
    v[i] = real_of (r, json_array_get (a, i));
  return v;
}

static const char *const *
texts_of (reading *r, const json_t *a, size_t n, bool all)
{
  if (!json_is_array (a) || json_array_size (a) != n) {
    bad (r, "a list of texts does not have the size of its axis");
    return NULL;
  }
  const char **v = r->c->scratch (r->c, (n + 1) * sizeof *v);
  for (size_t i = 0; v && i < n; i++) {
    const json_t *x = json_array_get (a, i);
    v[i] = json_string_value (x);
    if (!v[i] && (all || !json_is_null (x)))
      bad (r, "a text is wanted where something else stands");
  }
  return v;
}

static const fnx_column *const *
columns_of (reading *r, const json_t *list, size_t n)
{
  size_t m = json_array_size (list);
  const fnx_column **out = r->c->scratch (r->c, (m + 1) * sizeof *out);
  fnx_column *col = r->c->scratch (r->c, (m + 1) * sizeof *col);
  for (size_t i = 0; out && col && i < m; i++) {
    const json_t *o = json_array_get (list, i), *v = json_object_get (o, "numbers"), *t = json_object_get (o, "texts");
    col[i] = (fnx_column){ .struct_size = sizeof *col,
                           .type = v ? FNX_COL_REAL : FNX_COL_TEXT,
                           .name = json_string_value (json_object_get (o, "name")),
                           .unit = json_string_value (json_object_get (o, "unit")) };
    if (!col[i].name || !v == !t)
      bad (r, "a column needs a name and either numbers or texts");
    else if (v)
      col[i].reals = reals_of (r, v, n);
    else
      col[i].texts = texts_of (r, t, n, false);
    out[i] = &col[i];
  }
  return out;
}

static void
axis_of (reading *r, const json_t *o, int64_t size, fnx_axis *a)
{
  const json_t *rate = json_object_get (o, "rate"), *v;
  *a = (fnx_axis){ .struct_size = sizeof *a,
                   .name = json_string_value (json_object_get (o, "name")),
                   .unit = json_string_value (json_object_get (o, "unit")),
                   .size = size };
  if (!a->name) {
    bad (r, "an axis has no name");
    return;
  }
  if (json_integer_value (json_object_get (o, "size")) != size)
    bad (r, "an axis has another size than the array");
  if (rate) {
    a->flags = FNX_AXIS_REGULAR;
    a->rate_num = json_integer_value (json_array_get (rate, 0));
    a->rate_den = json_integer_value (json_array_get (rate, 1));
    a->start = json_integer_value (json_object_get (o, "start"));
    if ((v = json_object_get (o, "origin")))
      a->origin = real_of (r, v);
    if (a->rate_num < 1 || a->rate_den < 1)
      bad (r, "a rate is two whole numbers above 0: [num, den]");
  }
  if ((v = json_object_get (o, "values")))
    a->values = reals_of (r, v, (size_t)size);
  if ((v = json_object_get (o, "labels")))
    a->labels = texts_of (r, v, (size_t)size, true);
  if ((v = json_object_get (o, "columns")))
    a->columns = columns_of (r, v, (size_t)size);
}

const fnx_spec *
npy_spec_read (fnx_call *c, const json_t *o, const char *name, const npy_header *h)
{
  reading r = { c, name, FNX_OK };
  const json_t *axes = json_object_get (o, "axes"), *affine = json_object_get (o, "affine");
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *a = c->scratch (c, FNX_MAX_DIM * sizeof *a);
  const fnx_axis **list = c->scratch (c, FNX_MAX_DIM * sizeof *list);
  if (!s || !a || !list)
    return NULL;
  if (json_array_size (axes) != (size_t)h->ndim) {
    bad (&r, "its axes are not those of the array");
    return NULL;
  }
  *s = (fnx_spec){ .struct_size = sizeof *s,
                   .ndim = h->ndim,
                   .kind = json_string_value (json_object_get (o, "kind")),
                   .unit = json_string_value (json_object_get (o, "unit")),
                   .dtype = FNX_F8,
                   .axes = list,
                   .space = json_string_value (json_object_get (o, "space")) };
  if (!s->kind)
    bad (&r, "it names no kind");
  for (int k = 0; k < h->ndim; k++) {
    axis_of (&r, json_array_get (axes, (size_t)k), h->n[k], &a[k]);
    list[k] = &a[k];
  }
  if (affine)
    s->affine = reals_of (&r, affine, 16);
  return r.e ? NULL : s;
}

fnx_status
npy_events_read (fnx_call *c, const json_t *o, const char *name, fnx_buf *b)
{
  reading r = { c, name, FNX_OK };
  const json_t *list = json_object_get (o, "events"), *channel = json_object_get (list, "channel");
  size_t n = json_array_size (json_object_get (list, "onset"));
  if (n == 0)
    return FNX_OK;
  fnx_events e = { .struct_size = sizeof e, .n = n };
  e.onset = reals_of (&r, json_object_get (list, "onset"), n);
  e.duration = reals_of (&r, json_object_get (list, "duration"), n);
  e.label = texts_of (&r, json_object_get (list, "label"), n, true);
  if (channel)
    e.channel = texts_of (&r, channel, n, false);
  return r.e ? r.e : c->buf->set_events (c, b, &e);
}
