/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sink `write.tsv`: any kind as tab- or comma-separated text, with a JSON
 * file of the same name that defines columns and units (BIDS).
 *
 * One rule makes a sheet of every kind: a table gives its columns; two axes
 * give a matrix (time always runs down); more axes give the long form, one row
 * for each value.  A column of the sheet is an affine walk over an array.
 */
#include <math.h>

#include <jansson.h>

#include "io/text/text.h"
#include "io/writer.h"

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status e = writer_create (c, p, out);
  if (!e)
    (*out)->option = c->param->integer (p, "digits");
  return e;
}

/* ---- a sheet -------------------------------------------------------------------- */
/* Row r shows element ((r / div) % mod) * stride of reals, texts, or positions. */
typedef struct walk {
  const char *name, *unit, *about;
  int64_t div, mod, stride;
  const double *reals;
  const char *const *texts;
  const fnx_axis *positions; /* of this axis, where neither of the above is there */
} walk;

typedef struct page {
  walk *w;
  size_t n, room;
  int64_t rows;
} page;

static fnx_status
add (fnx_call *c, page *p, walk w)
{
  if (p->n == p->room) {
    size_t room = 2 * p->room + 64;
    walk *more = realloc (p->w, room * sizeof *more);
    if (!more)
      return c->fail (c, FNX_E_NOMEM, "out of memory");
    p->w = more, p->room = room;
  }
  p->w[p->n++] = w;
  return FNX_OK;
}

static const char *
scratch_text (fnx_call *c, const char *format, const char *a, long long i)
{
  size_t n = strlen (a) + 32;
  char *s = c->scratch (c, n);
  if (s)
    snprintf (s, n, format, a, i);
  return s;
}

/* What an axis knows of its indices: labels, columns, positions. */
static fnx_status
add_axis (fnx_call *c, page *p, const fnx_axis *a, int64_t div)
{
  fnx_status e = FNX_OK;
  if (a->labels)
    e = add (c, p, (walk){ a->name, NULL, "name", div, a->size, 1, NULL, a->labels, NULL });
  else if (a->values || (a->flags & FNX_AXIS_REGULAR))
    e = add (c, p, (walk){ a->name, a->unit, "position", div, a->size, 1, a->values, NULL, a });
  for (const fnx_column *const *k = a->columns; !e && k && *k; k++)
    if ((*k)->reals || (*k)->texts)
      e = add (c, p,
               (walk){ (*k)->name, (*k)->unit, scratch_text (c, "column of %s", a->name, 0), div, a->size, 1,
                       (*k)->reals, (*k)->texts, NULL });
  return e;
}

static double
position (const fnx_axis *a, int64_t i)
{
  return a->origin + (double)(a->start + i) * (double)a->rate_den / (double)a->rate_num;
}

static const char *
heading (fnx_call *c, const fnx_axis *a, int64_t i)
{
  char number[32];
  if (a->labels)
    return a->labels[i];
  if (a->values || ((a->flags & FNX_AXIS_REGULAR) && a->rate_num)) {
    snprintf (number, sizeof number, "%.6g", a->values ? a->values[i] : position (a, i));
    return scratch_text (c, "%s", number, 0);
  }
  return scratch_text (c, "%s%lld", a->name, i + 1);
}

static fnx_status
matrix (fnx_call *c, page *p, const fnx_spec *s, const double *v)
{
  const fnx_axis *a = s->axes[0], *b = s->axes[1];
  bool down = !strcmp (b->name, "time"); /* rows run along the second axis */
  const fnx_axis *row = down ? b : a, *col = down ? a : b;
  fnx_status e = FNX_OK;
  char *about = c->scratch (c, strlen (s->kind) + strlen (col->name) + 16);
  if (!about)
    return FNX_E_NOMEM;
  sprintf (about, "%s of this %s", s->kind, col->name);
  p->rows = row->size;
  if (!down && strcmp (a->name, b->name))
    e = add_axis (c, p, row, 1);
  for (int64_t i = 0; !e && i < col->size; i++) {
    const char *name = heading (c, col, i);
    e = name ? add (
            c, p,
            (walk){ name, s->unit, about, 1, row->size, down ? 1 : b->size, v + (down ? i * b->size : i), NULL, NULL })
             : FNX_E_NOMEM;
  }
  return e;
}

static fnx_status
long_form (fnx_call *c, page *p, const fnx_spec *s, const double *v)
{
  int64_t div = 1;
  fnx_status e = FNX_OK;
  p->rows = 1;
  for (int k = 0; k < s->ndim; k++)
    p->rows *= s->axes[k]->size;
  div = p->rows;
  for (int k = 0; !e && k < s->ndim; k++) {
    const fnx_axis *a = s->axes[k];
    div = a->size ? div / a->size : div;
    size_t before = p->n;
    e = add_axis (c, p, a, div);
    if (!e && p->n == before) { /* nothing known of it: count */
      fnx_axis *count = c->scratch (c, sizeof *count);
      if (!count)
        return FNX_E_NOMEM;
      *count
          = (fnx_axis){ .struct_size = sizeof *count, .name = a->name, .size = a->size, .rate_num = 1, .rate_den = 1 };
      e = add (c, p, (walk){ a->name, NULL, "index, from 0", div, a->size, 1, NULL, NULL, count });
    }
  }
  return e ? e : add (c, p, (walk){ "value", s->unit, "value", 1, p->rows, 1, v, NULL, NULL });
}

static fnx_status
page_of (fnx_call *c, page *p, const fnx_spec *s, const double *v)
{
  if (!strcmp (s->kind, "table") && s->ndim == 1) {
    p->rows = s->axes[0]->size;
    return add_axis (c, p, s->axes[0], 1);
  }
  return s->ndim == 2 ? matrix (c, p, s, v) : long_form (c, p, s, v);
}

/* ---- text ------------------------------------------------------------------------- */
static void
put_number (FILE *f, double v, int digits)
{
  if (isnan (v))
    fputs ("n/a", f);
  else if (isinf (v))
    fputs (v > 0 ? "inf" : "-inf", f);
  else if (v == floor (v) && fabs (v) < 1e15)
    fprintf (f, "%.0f", v == 0 ? 0.0 : v);
  else
    fprintf (f, "%.*g", digits, v);
}

/* BIDS .tsv has no quoting, so a tab or a line end inside a text becomes a
 * space; .csv quotes. */
static void
put_text (FILE *f, const char *s, char part)
{
  if (!s || !*s) {
    fputs ("n/a", f);
    return;
  }
  bool quote = part == ',' && strpbrk (s, ",\"\r\n");
  if (quote)
    putc ('"', f);
  for (; *s; s++) {
    if (quote && *s == '"')
      putc ('"', f);
    putc (!quote && (*s == '\t' || *s == '\n' || *s == '\r') ? ' ' : *s, f);
  }
  if (quote)
    putc ('"', f);
}

static bool
put_page (FILE *f, const page *p, char part, int digits)
{
  for (size_t k = 0; k < p->n; k++) {
    put_text (f, p->w[k].name, part);
    putc (k + 1 < p->n ? part : '\n', f);
  }
  for (int64_t r = 0; r < p->rows; r++)
    for (size_t k = 0; k < p->n; k++) {
      const walk *w = &p->w[k];
      int64_t i = r / w->div % w->mod;
      if (w->texts)
        put_text (f, w->texts[i * w->stride], part);
      else
        put_number (f, w->reals ? w->reals[i * w->stride] : position (w->positions, i), digits);
      putc (k + 1 < p->n ? part : '\n', f);
    }
  return !ferror (f);
}

/* ---- the JSON beside it --------------------------------------------------------------- */
static json_t *
describe (const page *p, const fnx_spec *s)
{
  json_t *all = json_object ();
  const fnx_axis *last = s->ndim == 2 ? s->axes[1] : NULL;
  if (!all)
    return NULL;
  json_object_set_new (all, "FornixKind", json_string (s->kind));
  if (last && !strcmp (last->name, "time") && (last->flags & FNX_AXIS_REGULAR) && last->unit
      && !strcmp (last->unit, "s")) {
    json_object_set_new (all, "SamplingFrequency", json_real ((double)last->rate_num / (double)last->rate_den));
    json_object_set_new (all, "StartTime", json_real (position (last, 0)));
  }
  for (size_t k = 0; k < p->n; k++) {
    json_t *col = json_object ();
    json_object_set_new (col, "Description", json_string (p->w[k].about));
    if (p->w[k].unit && strcmp (p->w[k].unit, "1"))
      json_object_set_new (col, "Units", json_string (p->w[k].unit));
    json_object_set_new (all, p->w[k].name, col);
  }
  return all;
}

static fnx_status
put_sidecar (fnx_call *c, const char *path, const page *p, const fnx_spec *s, const fnx_buf *b)
{
  const char *dot = strrchr (path, '.'), *slash = strrchr (path, '/');
  size_t n = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen (path);
  char *name = c->scratch (c, n + 6);
  if (!name)
    return FNX_E_NOMEM;
  memcpy (name, path, n);
  memcpy (name + n, ".json", 6);
  const char *to = c->output (c, name);
  if (!to)
    return FNX_E_IO;
  json_t *j = describe (p, s);
  for (size_t i = 0; j && c->buf->meta_key (b, i); i++) {
    const char *key = c->buf->meta_key (b, i);
    json_t *v = json_object_get (j, key) ? NULL : json_loads (c->buf->meta (b, key), JSON_DECODE_ANY, NULL);
    if (v)
      json_object_set_new (j, key, v);
  }
  char *text = j ? json_dumps (j, JSON_INDENT (2)) : NULL;
  json_decref (j);
  if (!text)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  FILE *f = fopen (to, "w");
  bool ok = writer_close (f, f && fprintf (f, "%s\n", text) > 0);
  free (text);
  return writer_done (c, name, ok);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)out;
  const fnx_spec *spec = c->buf->spec (in[0]);
  const fnx_tensor *t = c->buf->read (in[0]);
  page p = { 0 };
  fnx_status e = t ? page_of (c, &p, spec, t->data) : c->fail (c, FNX_E_NOMEM, "out of memory");
  const char *to = e ? NULL : c->output (c, s->path);
  if (!e && !to)
    e = FNX_E_IO;
  if (!e) {
    FILE *f = fopen (to, "w");
    char part = writer_path_ends (s->path, ".csv") ? ',' : '\t';
    e = writer_done (c, s->path, writer_close (f, f && put_page (f, &p, part, (int)s->option)));
  }
  if (!e && strcmp (s->path, "-"))
    e = put_sidecar (c, s->path, &p, spec, in[0]);
  free (p.w);
  return e;
}

/* ---- descriptor ---------------------------------------------------------------------------- */
WRITER (".tsv", ".csv");

static const fnx_param_desc p_path = WRITER_PATH ("the file to write, .tsv or .csv");
static const fnx_param_desc p_digits = { .struct_size = sizeof p_digits,
                                         .type = FNX_T_INT,
                                         .name = "digits",
                                         .fallback = "6",
                                         .min = 1,
                                         .max = 17,
                                         .doc = "significant digits; 17 keep every double; integers are always whole" };
static const fnx_param_desc *const params[] = { &p_path, &p_digits, NULL };
static const fnx_port_desc i_any = { .struct_size = sizeof i_any, .name = "in", .what = "any", .doc = "what to write" };
static const fnx_port_desc *const inputs[] = { &i_any, NULL }, *const none[] = { NULL };

const fnx_step_desc text_writer = {
  .struct_size = sizeof text_writer,
  .flags = FNX_S_SINK | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.write.tsv",
  .name = "write.tsv",
  .title = "write tables, matrices and everything else as text",
  .doc
  = "A table is written with its columns. Two axes make a matrix with names on top; time runs down. More axes make "
    "the long form: a row for each value, with the names or positions of every axis.\n\n"
    "Missing values are n/a, numbers have a decimal point in every locale. A .json of the same name defines the "
    "columns "
    "and units, as BIDS asks.",
  .cite = "BIDS tabular files",
  .example = "fornix run sim:rest ! connectivity ! write connectivity.tsv",
  .inputs = inputs,
  .outputs = none,
  .params = params,
  .create = create,
  .destroy = writer_destroy,
  .run = run,
  .extension = extension,
};
