/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The header: 256 bytes on the recording and 256 on each signal, kept by field,
 * not by signal.  Nothing is allocated before the file has been found to hold
 * what the header promises.  The patient and recording fields are skipped: no
 * identity enters the program here.
 */
#include "io/edf/edf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Fields of the first 256 bytes that are used. */
enum {
  AT_DATE = 168,
  AT_TIME = 176,
  AT_SIZE = 184,
  AT_KIND = 192,
  AT_RECORDS = 236,
  AT_DURATION = 244,
  AT_SIGNALS = 252
};
/* Columns of the signal part, in their order: where each begins, for n signals. */
enum {
  COL_LABEL,
  COL_TRANSDUCER,
  COL_UNIT,
  COL_PMIN,
  COL_PMAX,
  COL_DMIN,
  COL_DMAX,
  COL_PREFILTER,
  COL_SAMPLES,
  N_COLS
};
static const size_t column_width[N_COLS] = { 16, 80, 8, 8, 8, 8, 8, 80, 8 };

static const uint8_t *
field (const uint8_t *part, int n_signals, int column, int signal)
{
  size_t at = 0;
  for (int c = 0; c < column; c++)
    at += column_width[c] * (size_t)n_signals;
  return part + at + column_width[column] * (size_t)signal;
}

static bool
has_high_bytes (const uint8_t *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (p[i] >= 0x80)
      return true;
  return false;
}

/* ---- what kind of file -------------------------------------------------------- */

static const struct {
  const char *word;
  bool plus, discontinuous;
  const char *edf, *bdf;
} kinds[] = {
  { "EDF+C", true, false, "EDF+C", "BDF+C" },
  { "EDF+D", true, true, "EDF+D", "BDF+D" },
  { "BDF+C", true, false, "EDF+C", "BDF+C" },
  { "BDF+D", true, true, "EDF+D", "BDF+D" },
};

static fnx_status
read_kind (const uint8_t *h, edf_header *out, edf_say *say)
{
  char shown[16];
  if (memcmp (h, "\377BIOSEMI", 8) == 0)
    out->width = 3;
  else if (memcmp (h, "0       ", 8) == 0)
    out->width = 2;
  else if (memcmp (h, "0\0\0\0\0\0\0\0", 8) == 0 || memcmp (h, "       0", 8) == 0) {
    out->width = 2;
    if (edf_repair (say, "the version field is not \"0\" and seven blanks") != FNX_OK)
      return say->code;
  } else
    return edf_refuse (say, FNX_E_IO, "not an EDF or BDF recording: it begins with \"%s\"",
                       edf_shown (h, 8, shown, sizeof shown));
  out->format = out->width == 2 ? "EDF" : "BDF";
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (memcmp (h + AT_KIND, kinds[i].word, 5) == 0) {
      out->plus = kinds[i].plus;
      out->discontinuous = kinds[i].discontinuous;
      out->format = out->width == 2 ? kinds[i].edf : kinds[i].bdf;
    }
  return FNX_OK;
}

/* ---- when ------------------------------------------------------------------------ */

static bool
two_digits (const uint8_t *p, int *out)
{
  const bool blank = p[0] == ' ' && p[1] >= '0' && p[1] <= '9';
  if (!blank && (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9'))
    return false;
  *out = (blank ? 0 : p[0] - '0') * 10 + (p[1] - '0');
  return true;
}

static fnx_status
read_start (const uint8_t *h, edf_header *out, edf_say *say)
{
  static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  const uint8_t *d = h + AT_DATE, *t = h + AT_TIME;
  char date[16], time[16];
  int yy = 0;
  out->dated = two_digits (d, &out->day) && two_digits (d + 3, &out->month) && two_digits (d + 6, &yy)
               && two_digits (t, &out->hour) && two_digits (t + 3, &out->minute) && two_digits (t + 6, &out->second)
               && out->month >= 1 && out->month <= 12 && out->day >= 1 && out->day <= days[out->month - 1]
               && out->hour < 24 && out->minute < 60 && out->second < 61;
  out->year = yy >= 85 ? 1900 + yy : 2000 + yy;
  if (!out->dated)
    return edf_repair (say, "start \"%s\" \"%s\" is no date and time (dd.mm.yy hh.mm.ss): it stays unknown",
                       edf_shown (d, 8, date, sizeof date), edf_shown (t, 8, time, sizeof time));
  if (d[2] != '.' || d[5] != '.' || t[2] != '.' || t[5] != '.')
    return edf_repair (say, "start date or time is not written with points");
  return FNX_OK;
}

/* ---- how much ------------------------------------------------------------------- */

static fnx_status
read_counts (const uint8_t *h, int64_t size, edf_header *out, edf_say *say, unsigned *odd)
{
  int64_t n, written;
  edf_decimal d;
  char shown[16];
  if (!edf_integer_read (h + AT_SIGNALS, 4, &n, odd) || n < 0)
    return edf_refuse (say, FNX_E_IO,
                       "the number of signals reads \"%s\": the header has lost or gained bytes before it\n"
                       "get the original file again",
                       edf_shown (h + AT_SIGNALS, 4, shown, sizeof shown));
  if (n == 0)
    return edf_refuse (say, FNX_E_IO, "the header says 0 signals");
  if (256 * (n + 1) > size)
    return edf_refuse (say, FNX_E_IO,
                       "the header of %lld signals takes %lld bytes, the file has %lld: it was cut\n"
                       "get the original file again",
                       (long long)n, (long long)(256 * (n + 1)), (long long)size);
  if (!edf_integer_read (h + AT_SIZE, 8, &written, odd)) {
    if (edf_repair (say, "the header's own size reads \"%s\": taken as %lld from its %lld signals",
                    edf_shown (h + AT_SIZE, 8, shown, sizeof shown), (long long)(256 * (n + 1)), (long long)n)
        != FNX_OK)
      return say->code;
  } else if (written != 256 * (n + 1)) {
    if (written > 256 && written % 256 == 0)
      return edf_refuse (say, FNX_E_IO, "header says %lld signals, its size of %lld bytes holds %lld", (long long)n,
                         (long long)written, (long long)(written / 256 - 1));
    if (edf_repair (say, "the header's own size reads %lld: taken as %lld from its %lld signals", (long long)written,
                    (long long)(256 * (n + 1)), (long long)n)
        != FNX_OK)
      return say->code;
  }
  out->n_signals = (int)n;
  out->size = 256 * (n + 1);
  if (!edf_integer_read (h + AT_RECORDS, 8, &out->n_records, odd) || out->n_records < -1)
    return edf_refuse (say, FNX_E_IO, "the number of records reads \"%s\"",
                       edf_shown (h + AT_RECORDS, 8, shown, sizeof shown));
  if (!edf_decimal_read (h + AT_DURATION, 8, &d, odd) || d.mantissa < 0)
    return edf_refuse (say, FNX_E_IO, "the duration of a record reads \"%s\"",
                       edf_shown (h + AT_DURATION, 8, shown, sizeof shown));
  for (; d.scale > 10; d.scale--) {
    if (d.mantissa % 10)
      return edf_refuse (say, FNX_E_IO, "the duration of a record is finer than 0.1 ns");
    d.mantissa /= 10;
  }
  for (; d.scale < 10; d.scale++) {
    if (d.mantissa > INT64_MAX / 10 / 16)
      return edf_refuse (say, FNX_E_IO, "the duration of a record reads \"%s\"",
                         edf_shown (h + AT_DURATION, 8, shown, sizeof shown));
    d.mantissa *= 10;
  }
  out->ticks = d.mantissa;
  return FNX_OK;
}

/* ---- signals ---------------------------------------------------------------------- */

/* EDF: value = (digital - dmin) (pmax - pmin) / (dmax - dmin) + pmin, an inverted
 * physical range included; in uV where the unit is one of voltage. */
static void
set_scale (edf_signal *s)
{
  const double factor = edf_unit_factor (s->unit);
  const long double gain
      = ((long double)s->phys_max - (long double)s->phys_min) / ((long double)s->dig_max - (long double)s->dig_min);
  const long double f = factor > 0 ? factor : 1;
  s->volts = factor > 0;
  s->gain = (double)(gain * f);
  s->offset = (double)(((long double)s->phys_min - gain * (long double)s->dig_min) * f);
}

static bool
range_reads (const uint8_t *part, int n, int i, int column, double *out, unsigned *odd)
{
  edf_decimal d;
  if (!edf_decimal_read (field (part, n, column, i), 8, &d, odd))
    return false;
  *out = edf_decimal_value (d);
  return true;
}

static fnx_status
read_ranges (const uint8_t *part, int n, int i, int width, edf_signal *s, edf_say *say, unsigned *odd)
{
  const double limit = width == 2 ? 32768 : 8388608;
  if (!range_reads (part, n, i, COL_PMIN, &s->phys_min, odd) || !range_reads (part, n, i, COL_PMAX, &s->phys_max, odd))
    s->unusable = "its physical range is no pair of numbers";
  else if (!range_reads (part, n, i, COL_DMIN, &s->dig_min, odd)
           || !range_reads (part, n, i, COL_DMAX, &s->dig_max, odd))
    s->unusable = "its digital range is no pair of numbers";
  else if (!(s->dig_min < s->dig_max) && !(s->dig_min > s->dig_max))
    s->unusable = "its digital minimum equals its maximum, so it has no scale";
  else if (!(s->phys_min < s->phys_max) && !(s->phys_min > s->phys_max))
    s->unusable = "its physical minimum equals its maximum, so it has no scale";
  else if (s->n == 0)
    s->unusable = "it has 0 samples in a record";
  if (s->unusable)
    return FNX_OK;
  set_scale (s);
  if (s->dig_min > s->dig_max)
    return edf_repair (say, "signal %d \"%s\": digital minimum above maximum; scaled by the two points as written",
                       i + 1, s->label);
  if (s->dig_min < -limit || s->dig_max > limit)
    return edf_repair (say, "signal %d \"%s\": digital range beyond the %d bits of a sample; scaled as written", i + 1,
                       s->label, 8 * width);
  return FNX_OK;
}

static bool
is_annotations (const char *label)
{
  return strcasecmp (label, "EDF Annotations") == 0 || strcasecmp (label, "BDF Annotations") == 0;
}

static fnx_status
read_signal (const uint8_t *part, int i, edf_header *h, edf_say *say, unsigned *odd)
{
  const int n = h->n_signals;
  edf_signal *s = &h->signals[i];
  char shown[16];
  edf_text_read (field (part, n, COL_LABEL, i), 16, s->label, odd);
  edf_text_read (field (part, n, COL_TRANSDUCER, i), 80, s->transducer, odd);
  edf_text_read (field (part, n, COL_UNIT, i), 8, s->unit, odd);
  edf_text_read (field (part, n, COL_PREFILTER, i), 80, s->prefilter, odd);
  if (say->strict
      && (has_high_bytes (field (part, n, COL_LABEL, i), 16) || has_high_bytes (field (part, n, COL_UNIT, i), 8)))
    return edf_repair (say, "signal %d \"%s\": label or unit is not ASCII", i + 1, s->label);
  if (!edf_integer_read (field (part, n, COL_SAMPLES, i), 8, &s->n, odd) || s->n < 0)
    return edf_refuse (say, FNX_E_IO,
                       "signal %d \"%s\": its number of samples reads \"%s\": the header has lost or gained bytes\n"
                       "get the original file again",
                       i + 1, s->label, edf_shown (field (part, n, COL_SAMPLES, i), 8, shown, sizeof shown));
  s->at = h->record_bytes;
  h->record_bytes += s->n * h->width;
  s->annotations = is_annotations (s->label);
  if (s->annotations) {
    if (!h->plus) {
      h->plus = true;
      h->format = h->width == 2 ? "EDF+C" : "BDF+C";
      return edf_repair (say, "it has annotations but does not say EDF+: taken as continuous");
    }
    return FNX_OK;
  }
  s->status = h->width == 3 && strcasecmp (s->label, "Status") == 0;
  return read_ranges (part, n, i, h->width, s, say, odd);
}

static fnx_status
read_signals (const edf_bytes *b, edf_header *h, edf_say *say, unsigned *odd)
{
  const size_t size = 256 * (size_t)h->n_signals;
  uint8_t *part = malloc (size);
  fnx_status st = FNX_OK;
  int n_annotations = 0;
  h->signals = calloc ((size_t)h->n_signals, sizeof *h->signals);
  if (!part || !h->signals) {
    st = edf_refuse (say, FNX_E_NOMEM, "no memory for the header of %d signals", h->n_signals);
    goto out;
  }
  if (!edf_bytes_read (b, 256, part, size)) {
    st = edf_refuse (say, FNX_E_IO, "its header cannot be read");
    goto out;
  }
  for (int i = 0; i < h->n_signals && st == FNX_OK; i++) {
    st = read_signal (part, i, h, say, odd);
    n_annotations += h->signals[i].annotations;
  }
  if (st == FNX_OK && h->plus && n_annotations == 0)
    st = edf_repair (say, "it says %s but has no annotation signal: no events", h->format);
out:
  free (part);
  return st;
}

fnx_status
edf_header_read (const edf_bytes *b, edf_header *out, edf_say *say)
{
  const int64_t size = edf_bytes_size (b);
  uint8_t h[256];
  unsigned odd = 0;
  fnx_status st;
  *out = (edf_header){ .n_records = -1 };
  if (size == 0)
    return edf_refuse (say, FNX_E_IO, "it is empty (0 bytes)");
  if (size < 256)
    return edf_refuse (say, FNX_E_IO, "it has %lld bytes, less than the 256 of an EDF header", (long long)size);
  if (!edf_bytes_read (b, 0, h, sizeof h))
    return edf_refuse (say, FNX_E_IO, "its header cannot be read");
  st = read_kind (h, out, say);
  if (st == FNX_OK)
    st = read_counts (h, size, out, say, &odd);
  if (st == FNX_OK)
    st = read_start (h, out, say);
  if (st == FNX_OK)
    st = read_signals (b, out, say, &odd);
  if (st == FNX_OK && odd & EDF_ODD_COMMA)
    st = edf_repair (say, "numbers of the header have a decimal comma: read as a point");
  if (st == FNX_OK && odd & EDF_ODD_NUL)
    st = edf_repair (say, "header fields are padded with zero bytes instead of blanks");
  if (st != FNX_OK)
    edf_header_free (out);
  return st;
}

void
edf_header_free (edf_header *h)
{
  free (h->signals);
  h->signals = NULL;
  h->n_signals = 0;
}
