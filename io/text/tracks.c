/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table as a recording: names and units of its channels, its values on a
 * regular time axis, its markers as events.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/edf/edf.h"
#include "io/text/tracks.h"
#include "plugins/common/electrodes.h"

/* ---- channels ----------------------------------------------------------------------- */
/* The second TP9 becomes TP9#2: labels of an axis differ. */
static void
tell_apart (track *all, size_t i)
{
  size_t n = strlen (all[i].name), copies = 1;
  for (size_t k = 0; k < i; k++)
    copies += !strncmp (all[k].name, all[i].name, n) && (all[k].name[n] == 0 || all[k].name[n] == '#');
  if (copies > 1)
    snprintf (all[i].name + n, sizeof all[i].name - n, "#%zu", copies);
}

/* No EEG spans less than a hundredth of a microvolt, so one that seems to is in V. */
static const char *
likely_unit (const table *t, const tracks *k)
{
  double low = INFINITY, high = -INFINITY, v;
  for (size_t i = 0; i < k->is.n_channel; i++)
    for (int64_t r = 0; k->all[i].placed && r < t->s.rows && r < 1000; r++)
      if (cell_number (t->s.cell[r * t->s.cols + k->is.channel[i]], &v)) {
        low = fmin (low, v);
        high = fmax (high, v);
      }
  return high > low && high - low < 0.01 ? "V" : "uV";
}

static fnx_status
name_all (fnx_call *c, const table *t, const tracks_options *o, tracks *k)
{
  bool unsaid = false;
  for (size_t i = 0; i < k->is.n_channel; i++) {
    track *a = &k->all[i];
    char plain[sizeof a->name], unit[sizeof a->name];
    electrode e;
    a->original = table_name (c, t, k->is.channel[i]);
    if (!a->original)
      return FNX_E_NOMEM;
    bool said = bracketed (a->original, plain, unit, sizeof plain), known = electrode_read (plain, &e);
    snprintf (a->name, sizeof a->name - 8, "%s", o->original ? a->original : known ? e.name : plain);
    tell_apart (k->all, i);
    a->placed = known && e.kind == ELECTRODE_SCALP && electrode_position (e.name, a->xyz);
    a->factor = o->unit ? edf_unit_factor (o->unit) : said ? edf_unit_factor (unit) : 0;
    a->unit = "uV";
    if (a->factor > 0)
      continue;
    a->factor = 1;
    if (said) {
      char *own = c->scratch (c, strlen (unit) + 1);
      if (!own)
        return FNX_E_NOMEM;
      a->unit = strcpy (own, unit);
    } else {
      a->factor = 0;
      unsaid = true;
    }
  }
  const char *guess = likely_unit (t, k);
  for (size_t i = 0; i < k->is.n_channel; i++)
    if (!(k->all[i].factor > 0))
      k->all[i].factor = edf_unit_factor (guess);
  if (unsaid)
    c->log (c, FNX_LOG_NOTE, "values are taken as %s, as no unit is named (unit= says otherwise)", guess);
  return FNX_OK;
}

/* ---- what was guessed --------------------------------------------------------------------- */
static void
tell (fnx_call *c, const table *t, const tracks *k)
{
  const stamps *s = &k->when;
  const char *slash = strrchr (t->path, '/'), *base = slash ? slash + 1 : t->path;
  double hz = (double)s->rate_num / (double)s->rate_den, seconds = (double)s->n_missing / hz;
  char as[64] = "";
  if (s->guess)
    snprintf (as, sizeof as, ", taken as %s", s->guess);
  if (*k->is.left)
    c->log (c, FNX_LOG_NOTE, "%s: left out, as no number is in it: %s", base, k->is.left);
  if (s->measured > 0)
    c->log (c, FNX_LOG_NOTE, "%s: %.6g Hz from its time stamps%s; they give %.6g Hz and stray up to %.4g ms%s", base,
            hz, as, s->measured, rint (1e4 * s->stray) / 10, s->rated ? "" : " (rate= says otherwise)");
  if (s->n_gaps && s->n > t->s.rows)
    c->log (c, FNX_LOG_NOTE,
            "%s: %lld %s, %.3g s in all, the first before line %lld: missing samples there (gaps= says otherwise)",
            base, (long long)s->n_gaps, s->n_gaps == 1 ? "gap" : "gaps", seconds, (long long)t->s.line[s->first_gap]);
  else if (s->n_gaps)
    c->log (c, FNX_LOG_NOTE, "%s: %lld %s of %.3g s joined: times are not those of the clock", base,
            (long long)s->n_gaps, s->n_gaps == 1 ? "gap" : "gaps", seconds);
  if (s->n_back)
    c->log (c, FNX_LOG_NOTE, "%s: time stamps jump back %lld time%s, first at line %lld: rows are taken as they follow",
            base, (long long)s->n_back, s->n_back == 1 ? "" : "s", (long long)t->s.line[s->first_back]);
  if (k->is.n_marker > 1)
    c->log (c, FNX_LOG_NOTE, "%s: events are called COLUMN/CODE, as %zu columns hold markers (markers= takes one)",
            base, k->is.n_marker);
}

fnx_status
tracks_of (fnx_call *c, const table *t, const tracks_options *o, tracks *k)
{
  *k = (tracks){ 0 };
  fnx_status e = roles_find (c, t, o, &k->is);
  if (e)
    return e;
  if (k->is.n_channel == 0)
    return c->fail (c, FNX_E_IO, "%s: no column of numbers is left for channels", t->path);
  if (!(k->all = c->scratch (c, k->is.n_channel * sizeof *k->all)))
    return FNX_E_NOMEM;
  if ((e = table_unique (c, t)) || (e = stamps_read (c, t, k->is.time, o->gaps, &k->when))
      || (e = name_all (c, t, o, k)))
    return e;
  tell (c, t, k);
  return FNX_OK;
}

/* ---- for the host ------------------------------------------------------------------------------ */
enum { COL_ORIGINAL, COL_UNIT, COL_X, COL_Y, COL_Z, N_COLS };
static const char *const column_names[N_COLS] = { "original", "unit", "x", "y", "z" };

typedef struct draft {
  fnx_spec spec;
  fnx_axis channel, time;
  const fnx_axis *axes[2];
  fnx_column column[N_COLS];
  const fnx_column *columns[N_COLS + 1];
} draft;

const fnx_spec *
tracks_spec (fnx_call *c, const table *t, const tracks *k)
{
  size_t n = k->is.n_channel;
  draft *d = c->scratch (c, sizeof *d);
  const char **text = c->scratch (c, 3 * n * sizeof *text);
  double *xyz = c->scratch (c, 3 * n * sizeof *xyz);
  if (!d || !text || !xyz)
    return NULL;
  d->spec = (fnx_spec){ .struct_size = sizeof d->spec, .ndim = 2, .kind = "signal", .unit = "uV", .dtype = FNX_F8 };
  for (size_t i = 0; i < n; i++) {
    const track *a = &k->all[i];
    text[i] = a->name, text[n + i] = a->original, text[2 * n + i] = a->unit;
    for (size_t j = 0; j < 3; j++)
      xyz[j * n + i] = a->placed ? a->xyz[j] : NAN;
    if (strcmp (a->unit, "uV"))
      d->spec.unit = NULL;
  }
  for (size_t j = 0; j < N_COLS; j++) {
    d->column[j] = (fnx_column){ .struct_size = sizeof (fnx_column), .name = column_names[j] };
    d->column[j].type = j < COL_X ? FNX_COL_TEXT : FNX_COL_REAL;
    d->column[j].texts = j < COL_X ? text + (j + 1) * n : NULL;
    d->column[j].reals = j < COL_X ? NULL : xyz + (j - COL_X) * n;
    d->columns[j] = &d->column[j];
  }
  d->channel = (fnx_axis){
    .struct_size = sizeof (fnx_axis), .name = "channel", .size = (int64_t)n, .labels = text, .columns = d->columns
  };
  d->time = (fnx_axis){ .struct_size = sizeof (fnx_axis),
                        .flags = FNX_AXIS_REGULAR,
                        .name = "time",
                        .unit = "s",
                        .size = k->when.n,
                        .origin = t->start,
                        .rate_num = k->when.rate_num,
                        .rate_den = k->when.rate_den };
  d->axes[0] = &d->channel;
  d->axes[1] = &d->time;
  d->spec.axes = d->axes;
  return &d->spec;
}

fnx_status
tracks_fill (fnx_call *c, const table *t, const tracks *k, double *v)
{
  int64_t n = k->when.n;
  for (size_t i = 0; i < k->is.n_channel; i++) {
    double *x = v + (int64_t)i * n, factor = k->all[i].factor;
    for (int64_t s = 0; n > t->s.rows && s < n; s++)
      x[s] = NAN;
    for (int64_t r = 0; r < t->s.rows; r++) {
      double *to = &x[k->when.at[r]];
      if (!cell_number (t->s.cell[r * t->s.cols + k->is.channel[i]], to))
        return table_bad_cell (c, t, r, k->is.channel[i]);
      *to *= factor;
    }
  }
  return FNX_OK;
}

/* Its events, and metadata under BIDS keys. */
fnx_status
tracks_describe (fnx_call *c, const table *t, const tracks *k, fnx_buf *b)
{
  const stamps *s = &k->when;
  const char *marker = k->is.n_marker == 1 ? table_name (c, t, k->is.marker[0]) : NULL;
  bool said = marker && strlen (marker) <= 60 && !strpbrk (marker, "\"\\");
  double hz = (double)s->rate_num / (double)s->rate_den;
  char rate[32], length[32], channel[80];
  fnx_events e;
  fnx_status status = marks_read (c, t, &k->is, s, &e);
  if (status == FNX_OK)
    status = c->buf->set_events (c, b, &e);
  snprintf (rate, sizeof rate, "%.15g", hz);
  snprintf (length, sizeof length, "%.15g", (double)s->n / hz);
  snprintf (channel, sizeof channel, "\"%.60s\"", marker ? marker : "");
  const struct {
    const char *key, *json;
  } keys[] = { { "Format", "\"table\"" },
               { "SamplingFrequency", rate },
               { "RecordingDuration", length },
               { "RecordingType", s->n_gaps ? "\"discontinuous\"" : "\"continuous\"" },
               { "EventChannel", said ? channel : NULL } };
  for (size_t i = 0; i < sizeof keys / sizeof *keys && status == FNX_OK; i++)
    if (keys[i].json)
      status = c->buf->set_meta (c, b, keys[i].key, keys[i].json);
  return status;
}
