/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sink `write.edf`: EDF+ and BDF+ files through libedf.  Samples are
 * converted here, since the ranges of a header have 8 characters and libedf
 * would scale by numbers that it then cannot write: ranges are first rounded
 * outwards to what fits, so that what is read back differs by half a step at
 * most.  libedf keeps its open files in static tables: one call at a time.
 */
#include "io/edf/edf.h"
#include "io/writer.h"

#include <edflib.h>
#include <math.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#define TEXT_MOST 40    /* bytes of an annotation that libedf writes */
#define SIGNALS_MOST 64 /* annotation signals that it allows */

enum { EDF, BDF }; /* the option of its step */

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status e = writer_create (c, p, out);
  const char *dot = e ? NULL : strrchr ((*out)->path, '.');
  if (dot && strcasecmp (dot, ".bdf") == 0)
    (*out)->option = BDF;
  return e;
}

/* ---- records ------------------------------------------------------------------------ */

typedef struct plan {
  int64_t n;         /* samples of a channel in a record */
  int64_t n_records; /* the last one may be padded */
  int duration;      /* of a record, in 10 us */
} plan;

static int64_t
gcd (int64_t a, int64_t b)
{
  while (b) {
    const int64_t t = a % b;
    a = b;
    b = t;
  }
  return a;
}

/* A record lasts a whole number of 10 us between 1 ms and 60 s and holds whole
 * samples: n = k base, the smallest such base being num / gcd (num, 1e5 den).
 * Of those, the one nearest to 1 s that leaves no record half empty; or 1 s. */
static fnx_status
plan_records (fnx_call *c, const char *path, const fnx_axis *t, int64_t channels, int width, plan *out)
{
  if (!(t->flags & FNX_AXIS_REGULAR) || t->rate_num <= 0 || t->rate_den <= 0)
    return c->fail (c, FNX_E_SPEC, "%s: EDF wants a regular time axis", path);
  const double rate = (double)t->rate_num / (double)t->rate_den;
  const int64_t unit = t->rate_den > INT64_MAX / 100000 ? 1 : gcd (t->rate_num, t->rate_den * 100000);
  const int64_t base = t->rate_num / unit;
  const double seconds = (double)base / rate;
  const int64_t most = 10000000 / width / (channels > 0 ? channels : 1);
  int64_t best = 0, one;
  if (seconds > 60 || base > most)
    return c->fail (c, FNX_E_SPEC,
                    "%s: EDF cannot hold a rate of %lld/%lld Hz: its shortest record of whole samples lasts %.6g s\n"
                    "put  ! resample  before it",
                    path, (long long)t->rate_num, (long long)t->rate_den, seconds);
  one = (int64_t)(rate / (double)base + 0.5) * base;
  if (one < base)
    one = base;
  while (one > base && one > most)
    one -= base;
  for (int64_t n = base; n <= most && (double)n <= 10 * rate && n <= t->size; n += base)
    if (t->size % n == 0 && (double)n >= 0.1 * rate
        && (best == 0 || fabs (log ((double)n / rate)) < fabs (log ((double)best / rate))))
      best = n;
  out->n = best ? best : one;
  out->duration = (int)((double)out->n / rate * 100000 + 0.5);
  if (out->duration < 100) { /* less than 1 ms */
    out->n *= (100 + out->duration - 1) / out->duration;
    out->duration = (int)((double)out->n / rate * 100000 + 0.5);
  }
  out->n_records = (t->size + out->n - 1) / out->n;
  if (out->n_records * out->n > t->size)
    c->log (c, FNX_LOG_NOTE, "%s: the last record is filled up with %lld times the last sample", path,
            (long long)(out->n_records * out->n - t->size));
  return FNX_OK;
}

/* ---- ranges --------------------------------------------------------------------------- */

typedef struct range {
  double low, high; /* physical */
} range;

/* The nearest number not inside of x that six digits and 8 characters hold. */
static double
outwards (double x, bool up)
{
  const double size = fabs (x);
  const int whole = size < 1 ? 1 : (int)floor (log10 (size)) + 1;
  const int places = whole >= 6 ? 0 : whole > 1 ? 6 - whole : 5;
  const double step = pow (10, places);
  return (up ? ceil (x * step) : floor (x * step)) / step;
}

static fnx_status
find_range (fnx_call *c, const char *path, const char *label, const fnx_axis *t, const double *x, range *out)
{
  double low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < t->size; i++) {
    if (!isfinite (x[i]))
      return c->fail (c, FNX_E_DATA,
                      "%s: channel %s has missing samples, the first after %.6g s: EDF cannot hold them\n"
                      "read with gaps=join, or write another format",
                      path, label, (double)i * (double)t->rate_den / (double)t->rate_num);
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  out->low = outwards (low, false);
  out->high = outwards (high, true);
  if (fabs (out->low) >= 9999999 || fabs (out->high) >= 9999999)
    return c->fail (c, FNX_E_DATA, "%s: channel %s reaches %g: a range of EDF has 8 characters", path, label,
                    fabs (low) > fabs (high) ? low : high);
  if (high > low && high - low < 1e-3)
    return c->fail (c, FNX_E_DATA, "%s: channel %s spans only %g: the ranges of EDF end at 5 decimals", path, label,
                    high - low);
  if (out->low == out->high) {
    out->low = outwards (low - 1, false);
    out->high = outwards (high + 1, true);
  }
  return FNX_OK;
}

/* ---- the header ------------------------------------------------------------------------- */

/* The text of a column, or NULL. */
static const char *
text_of (fnx_call *c, const fnx_buf *b, const char *column, int64_t i)
{
  const fnx_column *k = c->buf->column (b, "channel", column);
  return k && k->type == FNX_COL_TEXT && k->texts ? k->texts[i] : NULL;
}

/* libedf cuts digits off where it should round: 76.5302 became "76.53019". */
static double
untruncated (double x)
{
  return x * (1 + 1e-10);
}

static int
set_signal (fnx_call *c, int h, int i, const fnx_buf *b, const plan *p, const range *r, const char *path, bool bdf)
{
  const fnx_spec *spec = c->buf->spec (b);
  const char *const *labels = spec->axes[0]->labels;
  const char *unit = text_of (c, b, "unit", i), *prefilter = text_of (c, b, "prefilter", i);
  char label[24];
  if (labels && strlen (labels[i]) > 16)
    c->log (c, FNX_LOG_NOTE, "%s: label \"%s\" is cut to 16 characters", path, labels[i]);
  if (labels)
    snprintf (label, sizeof label, "%.16s", labels[i]);
  else
    snprintf (label, sizeof label, "ch%d", i + 1);
  if (!unit)
    unit = spec->unit && strcmp (spec->unit, "1") != 0 ? spec->unit : "";
  return edf_set_samplefrequency (h, i, (int)p->n) | edf_set_physical_maximum (h, i, untruncated (r->high))
         | edf_set_physical_minimum (h, i, untruncated (r->low)) | edf_set_digital_maximum (h, i, bdf ? 8388607 : 32767)
         | edf_set_digital_minimum (h, i, bdf ? -8388608 : -32768) | edf_set_label (h, i, label)
         | edf_set_physical_dimension (h, i, unit) | (prefilter ? edf_set_prefilter (h, i, prefilter) : 0);
}

/* When the first sample was taken; the agreed date of anonymous files where it
 * is not known, since libedf would write today's. */
static int
set_start (fnx_call *c, int h, const fnx_buf *b, double begin)
{
  const char *start = c->buf->meta (b, "FileStart");
  struct tm tm = { .tm_year = 85, .tm_mday = 1 };
  int sub = 0;
  if (start
      && sscanf (start, "\"%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                 &tm.tm_sec)
             == 6) {
    time_t at;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    sub = (int)((begin - floor (begin)) * 1e7);
    at = timegm (&tm) + (time_t)floor (begin);
    gmtime_r (&at, &tm);
  }
  return edf_set_startdatetime (h, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec)
         | (sub > 0 ? edf_set_subsecond_starttime (h, sub) : 0);
}

/* ---- samples and events --------------------------------------------------------------------- */

static bool
write_samples (int h, const plan *p, const fnx_axis *t, int64_t channels, const double *x, const range *r, bool bdf,
               int *digital)
{
  const double low = bdf ? -8388608 : -32768, high = bdf ? 8388607 : 32767;
  for (int64_t k = 0; k < p->n_records; k++)
    for (int64_t ch = 0; ch < channels; ch++) {
      const double *from = x + ch * t->size;
      const double scale = (high - low) / (r[ch].high - r[ch].low);
      for (int64_t i = 0; i < p->n; i++) {
        const int64_t at = k * p->n + i < t->size ? k * p->n + i : t->size - 1;
        const double d = floor ((from[at] - r[ch].low) * scale + low + 0.5);
        digital[i] = (int)(d < low ? low : d > high ? high : d);
      }
      if (edfwrite_digital_samples (h, digital) != 0)
        return false;
    }
  return true;
}

/* Onsets and durations in units of 0.1 ms, as libedf has it. */
static void
write_events (fnx_call *c, int h, const fnx_events *e, double begin, const char *path)
{
  size_t left = 0, cut = 0;
  for (size_t i = 0; i < e->n; i++) {
    const double at = floor ((e->onset[i] - begin) * 10000 + 0.5);
    const double length = isnan (e->duration[i]) ? -1 : floor (e->duration[i] * 10000 + 0.5);
    cut += strlen (e->label[i]) > TEXT_MOST;
    left += at < 0
            || edfwrite_annotation_utf8 (h, (long long)at, (long long)length, e->label[i][0] ? e->label[i] : "event")
                   != 0;
  }
  if (left > 0)
    c->log (c, FNX_LOG_NOTE, "%s: %zu events before its first sample are left out", path, left);
  if (cut > 0)
    c->log (c, FNX_LOG_NOTE, "%s: %zu event names are cut to %d bytes", path, cut, TEXT_MOST);
}

static fnx_status
write_file (fnx_call *c, fnx_step *s, const char *name, const fnx_buf *b, const plan *p, const range *r, int *digital)
{
  const fnx_spec *spec = c->buf->spec (b);
  const int n = (int)spec->axes[0]->size;
  const fnx_axis *t = spec->axes[1];
  const fnx_events *e = c->buf->events (b);
  const double begin = t->origin + (double)t->start * (double)t->rate_den / (double)t->rate_num;
  const size_t lists = (e->n + (size_t)p->n_records - 1) / (size_t)p->n_records;
  const bool bdf = s->option == BDF;
  int h, bad = 0;
  bool ok;
  struct stat st;
  if (lists > SIGNALS_MOST)
    return c->fail (c, FNX_E_DATA, "%s: %zu events in %lld records: libedf holds %d a record", s->path, e->n,
                    (long long)p->n_records, SIGNALS_MOST);
  h = edfopen_file_writeonly (name, bdf ? EDFLIB_FILETYPE_BDFPLUS : EDFLIB_FILETYPE_EDFPLUS, n);
  if (h < 0)
    return c->fail (c, FNX_E_IO, "%s: cannot be written (libedf: %d)", s->path, h);
  for (int i = 0; i < n; i++)
    bad |= set_signal (c, h, i, b, p, &r[i], s->path, bdf);
  if (p->duration != 100000)
    bad |= edf_set_datarecord_duration (h, p->duration);
  if (lists > 1)
    bad |= edf_set_number_of_annotation_signals (h, (int)lists);
  bad |= set_start (c, h, b, begin);
  ok = !bad && write_samples (h, p, t, n, c->buf->read (b)->data, r, bdf, digital);
  if (ok)
    write_events (c, h, e, begin, s->path);
  ok = edfclose_file (h) == 0 && ok;
  if (bad)
    return c->fail (c, FNX_E_IO, "%s: libedf refuses its header", s->path);
  /* libedf does not look at what fclose says. */
  if (!ok || stat (name, &st) != 0 || st.st_size < (off_t)(256 * (n + 2) + (bdf ? 3 : 2) * n * p->n * p->n_records))
    return c->fail (c, FNX_E_IO, "%s: could not be written to its end (is the disk full?)", s->path);
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  const fnx_axis *ch = spec->axes[0], *t = spec->axes[1];
  const fnx_tensor *x = c->buf->read (in[0]);
  const char *name;
  plan p = { 0 };
  range *r;
  int *digital;
  fnx_status st;
  (void)out;
  if (!x)
    return FNX_E_NOMEM;
  if (ch->size < 1 || ch->size > EDFLIB_MAXSIGNALS - SIGNALS_MOST || t->size < 1)
    return c->fail (c, FNX_E_DATA, "%s: %lld channels of %lld samples: an EDF file holds 1 to %d channels", s->path,
                    (long long)ch->size, (long long)t->size, EDFLIB_MAXSIGNALS - SIGNALS_MOST);
  st = plan_records (c, s->path, t, ch->size, s->option == BDF ? 3 : 2, &p);
  if (st != FNX_OK)
    return st;
  r = c->scratch (c, (size_t)ch->size * sizeof *r);
  digital = c->scratch (c, (size_t)p.n * sizeof *digital);
  if (!r || !digital)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < ch->size && st == FNX_OK; i++)
    st = find_range (c, s->path, ch->labels ? ch->labels[i] : "1", t, (const double *)x->data + i * t->size, &r[i]);
  if (st != FNX_OK)
    return st;
  name = c->output (c, s->path);
  return name ? write_file (c, s, name, in[0], &p, r, digital) : FNX_E_IO;
}

/* ---- description --------------------------------------------------------------------------------- */

WRITER (".edf", ".bdf");

static const fnx_param_desc p_path = { .struct_size = sizeof p_path,
                                       .type = FNX_T_PATH,
                                       .flags = FNX_P_MAIN | FNX_P_REQUIRED | FNX_P_NEUTRAL,
                                       .name = "path",
                                       .doc = "the file; 24 bits a sample if it ends in .bdf, else 16" };
static const fnx_param_desc *const params[] = { &p_path, NULL };
static const fnx_port_desc port_in
    = { .struct_size = sizeof port_in, .name = "signal", .what = "signal[channel,time]", .doc = "what to write" };
static const fnx_port_desc *const inputs[] = { &port_in, NULL };
static const fnx_port_desc *const no_ports[] = { NULL };

const fnx_step_desc edf_writer_desc = {
  .struct_size = sizeof edf_writer_desc,
  .flags = FNX_S_DETERMINISTIC | FNX_S_SINK,
  .threads = FNX_THREADS_SERIAL_ALL,
  .revision = 1,
  .id = "org.fornix.io.edf.write",
  .name = "write.edf",
  .title = "write EDF+ and BDF+ recordings",
  .doc = "Each channel gets the range of its own samples, rounded outwards to what 8 characters hold, so a value that "
         "is read back differs by half of 1/65535 of that range at most (BDF: 1/16777215). Missing samples are "
         "refused: EDF has none.\n\n"
         "A record lasts a second, or what divides the recording without a rest; where nothing does, the last record "
         "is filled up and that is said. Events become annotations, to 0.1 ms, names to 40 bytes. No patient or "
         "recording identity is written; without a known start the date is 1 January 1985.",
  .cite = "Kemp and Olivan 2003, doi:10.1016/S1388-2457(03)00123-8",
  .example = "fornix run sim:fists ! band range=8..32Hz ! write out.edf",
  .inputs = inputs,
  .outputs = no_ports,
  .params = params,
  .create = create,
  .destroy = writer_destroy,
  .run = run,
  .extension = extension,
};
