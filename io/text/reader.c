/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source `text`: its settings, and which way a file goes: as a plain table
 * (table.c) or as a recording (tracks.c).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "io/rate.h"
#include "io/text/tracks.h"

struct fnx_step {
  table t;
  int64_t header, labels;
  tracks_options o; /* texts live as long as the step */
  bool asked;       /* time=, markers= or unit= was given */
  bool loaded, recording;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const fnx_param_api *a = c->param;
  fnx_step *s = calloc (1, sizeof *s);
  table *t = s ? &s->t : NULL;
  const char *target = a->text (p, "target");
  if (!s || !(t->path = strdup (a->text (p, "path"))) || (target && !(t->target = strdup (target)))) {
    if (s)
      free (t->path);
    free (s);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  *out = s;
  t->as = a->integer (p, "kind"), t->rows = a->integer (p, "rows");
  s->header = a->integer (p, "header"), s->labels = a->integer (p, "labels");
  s->asked = a->given (p, "time") || a->given (p, "markers") || a->given (p, "unit");
  s->o = (tracks_options){ .time = a->text (p, "time"),
                           .unit = a->text (p, "unit"),
                           .gaps = a->integer (p, "gaps"),
                           .original = a->integer (p, "names") == 1 };
  if (a->given (p, "markers"))
    s->o.markers = a->texts (p, "markers", &s->o.n_markers);
  bool tr = a->given (p, "tr"), rate = a->given (p, "rate");
  if (tr && rate)
    return c->fail (c, FNX_E_PARAM, "tr= and rate= say the same thing: give one of them");
  double hz = tr ? 1 / a->real (p, "tr") : rate ? a->real (p, "rate") : 0;
  if ((tr || rate) && !rate_of (hz, 1e-12, &t->rate_num, &t->rate_den))
    return c->fail (c, FNX_E_PARAM, "%s= is out of range", tr ? "tr" : "rate");
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  sheet_free (&s->t.s);
  free (s->t.text);
  free (s->t.path);
  free (s->t.target);
  free (s);
}

/* ---- loading -------------------------------------------------------------------- */
/* The .json of the same name: SamplingFrequency and StartTime (BIDS), and the
 * kind that write.tsv leaves. */
static void
sidecar (table *s)
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
  for (int i = AS_SERIES; s->as == AS_AUTO && kind && table_kinds[i]; i++)
    if (!strcmp (kind, table_kinds[i]))
      s->as = i;
  json_decref (j);
}

/* A recording: as it was asked for, or time stamps beside an electrode. */
static fnx_status
decide (fnx_call *c, fnx_step *s)
{
  table *t = &s->t;
  roles is;
  bool may = t->as == AS_AUTO || t->as == AS_SIGNAL;
  if (!may || t->rows != ROWS_TIME)
    return s->asked ? c->fail (c, FNX_E_PARAM, "time=, markers= and unit= are for recordings: kind=signal rows=time")
                    : FNX_OK;
  fnx_status e = roles_find (c, t, &s->o, &is);
  if (e)
    return e;
  if (s->asked && is.time < 0 && !t->rate_num)
    return c->fail (c, FNX_E_PARAM,
                    "%s: which column holds its time stamps?\nname it with  time=NAME  or give  rate=256Hz", t->path);
  s->recording = s->asked || (is.time >= 0 && (is.electrode || t->as == AS_SIGNAL));
  if (s->recording)
    t->as = AS_SIGNAL;
  return FNX_OK;
}

static fnx_status
load (fnx_call *c, fnx_step *s)
{
  table *t = &s->t;
  char *bytes;
  size_t n;
  if (s->loaded)
    return FNX_OK;
  FILE *f = fopen (t->path, "rb");
  if (!f)
    return c->fail (c, FNX_E_IO, "%s: %s", t->path, strerror (errno));
  fnx_status e = text_slurp (c, f, t->path, &bytes, &n);
  fclose (f);
  if (e || (e = sheet_parse (c, t->path, bytes, n, (sheet_header)s->header, &t->s)))
    return e;
  s->loaded = true;
  sidecar (t);
  if ((e = decide (c, s)))
    return e;
  if (t->as == AS_AUTO)
    t->as = AS_SERIES;
  if (s->recording)
    return FNX_OK;
  /* without a header, words at the front may be the rest of one: "id,0,1,2" */
  bool plain = t->s.name || s->header == HEADER_NO;
  t->labelled
      = t->as != AS_TABLE && t->s.cols > 1 && (s->labels == 1 || (s->labels == 0 && plain && table_wordy (t, 0)));
  if (t->as == AS_TABLE || t->as == AS_FEATURES) {
    if ((e = table_unique (c, t)) || (e = table_type (c, t)))
      return e;
  }
  int64_t cols = t->s.cols - t->labelled;
  if (t->as == AS_CONNECTIVITY && cols != t->s.rows)
    return c->fail (c, FNX_E_IO, "%s: connectivity is square, this has %lld rows and %lld columns", t->path,
                    (long long)t->s.rows, (long long)cols);
  return FNX_OK;
}

static void
unload (fnx_step *s)
{
  sheet_free (&s->t.s);
  free (s->t.text);
  s->t.text = NULL;
  s->loaded = false;
}

/* ---- what comes out -------------------------------------------------------------- */
static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  tracks k;
  (void)in;
  fnx_status e = load (c, s);
  if (e || (e = table_target (c, &s->t)) || (e = s->recording ? tracks_of (c, &s->t, &s->o, &k) : FNX_OK))
    return e;
  return (out[0] = s->recording ? tracks_spec (c, &s->t, &k) : table_spec (c, &s->t)) ? FNX_OK : FNX_E_IO;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  tracks k;
  fnx_buf *b = NULL;
  (void)in;
  fnx_status e = load (c, s);
  if (e || (e = s->recording ? tracks_of (c, &s->t, &s->o, &k) : FNX_OK))
    goto done;
  const fnx_spec *spec = s->recording ? tracks_spec (c, &s->t, &k) : table_spec (c, &s->t);
  b = spec ? c->buf->like (c, NULL, spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  e = !v ? FNX_E_NOMEM : s->recording ? tracks_fill (c, &s->t, &k, v) : table_fill (c, &s->t, v);
  if (!e && s->recording)
    e = tracks_describe (c, &s->t, &k, b);
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
static const char *const volts[] = { "uV", "mV", "V", "nV", NULL };
static const char *const gap_words[] = { "nan", "join", "error", NULL };
static const char *const name_words[] = { "canonical", "original", NULL };
PARAM (p_kind, .type = FNX_T_ENUM, .name = "kind", .fallback = "auto", .choices = table_kinds,
       .doc = "what the numbers are; auto: what the .json beside it says, else signal if there are time stamps and an "
              "electrode, else series");
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
PARAM (p_time, .type = FNX_T_TEXT, .name = "time", .when = "kind=auto|signal",
       .doc = "of a recording: the column of time stamps, or none; without it, known by its name");
PARAM (p_markers, .type = FNX_T_TEXTS, .name = "markers", .when = "kind=auto|signal",
       .doc = "of a recording: the columns that become events, or none; without it, known by their names");
PARAM (p_unit, .type = FNX_T_ENUM, .name = "unit", .when = "kind=auto|signal", .choices = volts,
       .doc = "of a recording: what all its channels are in; without it, what their names say, else uV");
PARAM (p_gaps, .type = FNX_T_ENUM, .name = "gaps", .fallback = "nan", .when = "kind=auto|signal", .choices = gap_words,
       .doc = "where its time stamps jump: missing samples, pieces side by side, or a refusal");
PARAM (p_names, .type = FNX_T_ENUM, .name = "names", .fallback = "canonical", .when = "kind=auto|signal",
       .choices = name_words, .doc = "label its channels by their 10-20 names, or as the file does");
static const fnx_param_desc *const params[] = { &p_path,   &p_kind, &p_tr,      &p_rate, &p_rows, &p_header, &p_labels,
                                                &p_target, &p_time, &p_markers, &p_unit, &p_gaps, &p_names,  NULL };
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
  .revision = 2,
  .id = "org.fornix.io.text",
  .name = "text",
  .title = "read tables of numbers from .1D, .tsv, .csv and .txt files",
  .doc
  = "Cells are parted by tabs in .tsv, by commas (or semicolons) in .csv with RFC 4180 quotes, else by white space. A "
    "header is a first row without a number, or in .1D the comment line #1 #2 ... or ColumnLabels.\n\n"
    "Missing values are n/a, NaN, NA or an empty cell. Ragged rows, empty lines inside, decimal commas and words among "
    "numbers are refused with their line.\n\n"
    "Time has a unit only if tr= or rate= or SamplingFrequency in the .json of the same name gives it; otherwise "
    "the time axis counts rows. In features, columns of words become columns of the trials.\n\n"
    "A table with a column of time stamps (timestamps, time, lsl_timestamp ...) and an electrode is a recording, as "
    "programs for headsets write it: signal[channel,time] in uV, with the 10-20 names of its channels. Columns of "
    "markers (Marker0, stim, trigger, event ...) become events: a code that is held over several rows is one, named "
    "as it is written; 0 and an empty cell are none, nor is a -1 that most rows hold. That is MNE's find_events with "
    "consecutive=True, but a code in the first row counts. With several columns events are called COLUMN/CODE.\n\n"
    "Each row is one sample, whatever the jitter of its stamp. The rate is the slope of all stamps, taken for the "
    "nearest whole number of Hz within 0.1 %. Where the stamps of 64 rows are later than those of the 64 before by "
    "more than twice the jitter (99 % of steps), and do not catch up, samples are missing: gaps= says what becomes of "
    "them. What was guessed is told.",
  .cite = "BIDS tabular files; AFNI 1D; RFC 4180; muse-lsl",
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
