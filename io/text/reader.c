/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source `text`: a table of numbers as series, signal, trials by features,
 * connectivity or, with typed columns, as a table.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "io/rate.h"
#include "io/text/text.h"

enum { AS_AUTO, AS_SERIES, AS_SIGNAL, AS_FEATURES, AS_CONNECTIVITY, AS_TABLE };
static const char *const as_names[] = { "auto", "series", "signal", "features", "connectivity", "table", NULL };
enum { ROWS_TIME, ROWS_REGION };

struct fnx_step {
  char *path, *target;
  int64_t as, rows, header, labels;
  int64_t rate_num, rate_den; /* of time; 0 if unknown */
  double start;
  bool loaded, labelled; /* the first column names the rows */
  sheet s;
  bool *text; /* [cols] columns that are no numbers (features, table) */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const fnx_param_api *a = c->param;
  fnx_step *s = calloc (1, sizeof *s);
  const char *target = a->text (p, "target");
  if (!s || !(s->path = strdup (a->text (p, "path"))) || (target && !(s->target = strdup (target)))) {
    if (s)
      free (s->path);
    free (s);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  *out = s;
  s->as = a->integer (p, "kind"), s->rows = a->integer (p, "rows");
  s->header = a->integer (p, "header"), s->labels = a->integer (p, "labels");
  bool tr = a->given (p, "tr"), rate = a->given (p, "rate");
  if (tr && rate)
    return c->fail (c, FNX_E_PARAM, "tr= and rate= say the same thing: give one of them");
  double hz = tr ? 1 / a->real (p, "tr") : rate ? a->real (p, "rate") : 0;
  if ((tr || rate) && !rate_of (hz, 1e-12, &s->rate_num, &s->rate_den))
    return c->fail (c, FNX_E_PARAM, "%s= is out of range", tr ? "tr" : "rate");
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  sheet_free (&s->s);
  free (s->text);
  free (s->path);
  free (s->target);
  free (s);
}

/* ---- loading -------------------------------------------------------------------- */
/* The .json of the same name: SamplingFrequency and StartTime (BIDS), and the
 * kind that write.tsv leaves. */
static void
sidecar (fnx_step *s)
{
  const char *dot = strrchr (s->path, '.'), *slash = strrchr (s->path, '/');
  if (!dot || (slash && dot < slash))
    return;
  size_t n = (size_t)(dot - s->path);
  char *name = malloc (n + 6);
  if (!name)
    return;
  memcpy (name, s->path, n);
  memcpy (name + n, ".json", 6);
  json_t *j = json_load_file (name, 0, NULL);
  free (name);
  double hz = json_number_value (json_object_get (j, "SamplingFrequency"));
  if (!s->rate_num && hz > 0 && rate_of (hz, 1e-12, &s->rate_num, &s->rate_den)) {
    double t0 = json_number_value (json_object_get (j, "StartTime"));
    s->start = isfinite (t0) ? t0 : 0;
  }
  const char *kind = json_string_value (json_object_get (j, "FornixKind"));
  for (int i = AS_SERIES; s->as == AS_AUTO && kind && as_names[i]; i++)
    if (!strcmp (kind, as_names[i]))
      s->as = i;
  json_decref (j);
}

static bool
texts_only (const sheet *s, int64_t col)
{
  double v;
  for (int64_t r = 0; r < s->rows; r++) {
    const char *x = s->cell[r * s->cols + col];
    if (cell_number (x, &v) || cell_comma (x))
      return false;
  }
  return true;
}

static fnx_status
bad_cell (fnx_call *c, const fnx_step *s, int64_t r, int64_t k)
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
static fnx_status
type_columns (fnx_call *c, fnx_step *s)
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
      return bad_cell (c, s, comma, k);
    s->text[k] = word;
  }
  return FNX_OK;
}

static fnx_status
unique_names (fnx_call *c, const fnx_step *s)
{
  for (int64_t i = 0; s->s.name && i < s->s.cols; i++)
    for (int64_t j = 0; j < i; j++)
      if (s->s.name[i][0] && !strcmp (s->s.name[i], s->s.name[j]))
        return c->fail (c, FNX_E_IO, "%s: columns %lld and %lld are both called %s", s->path, (long long)j + 1,
                        (long long)i + 1, s->s.name[i]);
  return FNX_OK;
}

static fnx_status
load (fnx_call *c, fnx_step *s)
{
  char *bytes;
  size_t n;
  if (s->loaded)
    return FNX_OK;
  FILE *f = fopen (s->path, "rb");
  if (!f)
    return c->fail (c, FNX_E_IO, "%s: %s", s->path, strerror (errno));
  fnx_status e = text_slurp (c, f, s->path, &bytes, &n);
  fclose (f);
  if (e || (e = sheet_parse (c, s->path, bytes, n, (sheet_header)s->header, &s->s)))
    return e;
  s->loaded = true;
  sidecar (s);
  if (s->as == AS_AUTO)
    s->as = AS_SERIES;
  /* without a header, words at the front may be the rest of one: "id,0,1,2" */
  bool plain = s->s.name || s->header == HEADER_NO;
  s->labelled
      = s->as != AS_TABLE && s->s.cols > 1 && (s->labels == 1 || (s->labels == 0 && plain && texts_only (&s->s, 0)));
  if (s->as == AS_TABLE || s->as == AS_FEATURES) {
    if ((e = unique_names (c, s)) || (e = type_columns (c, s)))
      return e;
  }
  int64_t cols = s->s.cols - s->labelled;
  if (s->as == AS_CONNECTIVITY && cols != s->s.rows)
    return c->fail (c, FNX_E_IO, "%s: connectivity is square, this has %lld rows and %lld columns", s->path,
                    (long long)s->s.rows, (long long)cols);
  return FNX_OK;
}

static void
unload (fnx_step *s)
{
  sheet_free (&s->s);
  free (s->text);
  s->text = NULL;
  s->loaded = false;
}

/* ---- specs ------------------------------------------------------------------------ */
static const char *
name_of (fnx_call *c, const fnx_step *s, int64_t k)
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
column_of (fnx_call *c, const fnx_step *s, int64_t k, const char *name)
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
columns_of (fnx_call *c, const fnx_step *s, int64_t *n_features)
{
  const fnx_column **list = c->scratch (c, ((size_t)s->s.cols + 1) * sizeof *list);
  int64_t n = 0;
  *n_features = 0;
  for (int64_t k = s->labelled; list && k < s->s.cols; k++) {
    const char *name = name_of (c, s, k);
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
labels_of (fnx_call *c, const fnx_step *s, bool of_rows)
{
  const sheet *t = &s->s;
  if (of_rows ? !s->labelled : !t->name)
    return NULL;
  int64_t n = of_rows ? t->rows : t->cols, m = 0;
  const char **list = c->scratch (c, (size_t)n * sizeof *list);
  for (int64_t i = of_rows ? 0 : s->labelled; list && i < n; i++) {
    bool target = !of_rows && s->as == AS_FEATURES && s->target && !strcmp (t->name[i], s->target);
    if (of_rows || !s->text || (!s->text[i] && !target))
      list[m++] = of_rows ? t->cell[i * t->cols] : name_of (c, s, i);
  }
  return list;
}

static fnx_status
target_there (fnx_call *c, const fnx_step *s)
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

static const fnx_spec *
spec_of (fnx_call *c, const fnx_step *s)
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
                      .kind = as_names[s->as],
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

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)in;
  fnx_status e = load (c, s);
  if (e || (e = target_there (c, s)))
    return e;
  return (out[0] = spec_of (c, s)) ? FNX_OK : FNX_E_IO;
}

/* ---- values --------------------------------------------------------------------------- */
static fnx_status
fill (fnx_call *c, const fnx_step *s, double *v)
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
        return bad_cell (c, s, r, col);
    }
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)in;
  fnx_buf *b = NULL;
  fnx_status e = load (c, s);
  if (e)
    goto done;
  const fnx_spec *spec = spec_of (c, s);
  b = spec ? c->buf->like (c, NULL, spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  e = v ? fill (c, s, v) : FNX_E_NOMEM;
done:
  unload (s);
  if (e) {
    c->buf->unref (b);
    return e;
  }
  out[0] = b;
  return FNX_OK;
}

/* ---- descriptor -------------------------------------------------------------------------- */
static const char *const suffixes[] = { ".1d", ".tsv", ".csv", ".txt", NULL };
static const fnx_ext_reader ext_reader = { sizeof ext_reader, 0, suffixes, NULL, NULL };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return !strcmp (id, FNX_READER) ? &ext_reader : NULL;
}

static const char *const three[] = { "auto", "yes", "no", NULL }, *const orders[] = { "time", "region", NULL };
#define PARAM(NAME, ...) static const fnx_param_desc NAME = { .struct_size = sizeof NAME, __VA_ARGS__ }
PARAM (p_path, .type = FNX_T_PATH, .flags = FNX_P_REQUIRED | FNX_P_MAIN, .name = "path", .doc = "the file");
PARAM (p_kind, .type = FNX_T_ENUM, .name = "kind", .fallback = "auto", .choices = as_names,
       .doc = "what the numbers are; auto: what the .json beside it says, else series");
PARAM (p_tr, .type = FNX_T_REAL, .name = "tr", .unit = "s", .min = 1e-9, .max = 1e9, .doc = "time between rows");
PARAM (p_rate, .type = FNX_T_REAL, .name = "rate", .unit = "Hz", .min = 1e-9, .max = 1e9, .doc = "rows in a second");
PARAM (p_rows, .type = FNX_T_ENUM, .name = "rows", .fallback = "time", .choices = orders,
       .doc = "a row is one moment of all regions, or one region at all times");
PARAM (p_header, .type = FNX_T_ENUM, .name = "header", .fallback = "auto", .choices = three,
       .doc = "the first line names the columns; auto: if no number is in it");
PARAM (p_labels, .type = FNX_T_ENUM, .name = "labels", .fallback = "auto", .choices = three,
       .doc = "the first column names the rows; auto: if no number is in it");
PARAM (p_target, .type = FNX_T_TEXT, .name = "target", .when = "kind=features",
       .doc = "the column that becomes the trials' target");
static const fnx_param_desc *const params[]
    = { &p_path, &p_kind, &p_tr, &p_rate, &p_rows, &p_header, &p_labels, &p_target, NULL };
static const fnx_port_desc o_any = { .struct_size = sizeof o_any,
                                     .name = "out",
                                     .what = "series[region,time] or signal[channel,time] or features[trial,feature] "
                                             "or connectivity[region,region] or table[row]",
                                     .doc = "the numbers" };
static const fnx_port_desc *const none[] = { NULL }, *const outputs[] = { &o_any, NULL };

const fnx_step_desc text_reader = {
  .struct_size = sizeof text_reader,
  .flags = FNX_S_SOURCE | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.text",
  .name = "text",
  .title = "read tables of numbers from .1D, .tsv, .csv and .txt files",
  .doc
  = "Cells are parted by tabs in .tsv, by commas (or semicolons) in .csv with RFC 4180 quotes, else by white space. A "
    "header is a first row without a number, or in .1D the comment line #1 #2 ... or ColumnLabels.\n\n"
    "Missing values are n/a, NaN, NA or an empty cell. Ragged rows, empty lines inside, decimal commas and words among "
    "numbers are refused with their line.\n\n"
    "Time has a unit only if tr= or rate= or SamplingFrequency in the .json of the same name gives it; otherwise "
    "the time axis counts rows. In features, columns of words become columns of the trials.",
  .cite = "BIDS tabular files; AFNI 1D; RFC 4180",
  .example = "fornix run sim:rest ! write rois.tsv\n"
             "fornix run rois.tsv tr=2s ! connectivity ! write connectivity.tsv",
  .inputs = none,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
