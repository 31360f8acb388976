/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Hostile bytes as a recording: opened both ways, laid out both ways, read in
 * odd ranges.  Whatever opens must keep its promises; whatever does not must
 * have said why.  libFuzzer drives it (--enable-fuzzers), and so does the
 * seeded mutator of tests/io/edf-smoke.c.
 */
#include <math.h>
#include <stdlib.h>

#include "io/edf/edf.h"

#define MOST 200000 /* samples looked at */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

static void
check (int ok)
{
  if (!ok)
    abort ();
}

static void
read_ranges (const edf_view *v)
{
  const int64_t n
      = v->n_samples * (v->n_channels ? v->n_channels : 1) > MOST ? MOST / (v->n_channels + 1) : v->n_samples;
  double *whole = malloc ((size_t)(n * v->n_channels + 1) * sizeof *whole);
  double *part = malloc ((size_t)(n * v->n_channels + 1) * sizeof *part);
  void *work = malloc (edf_work_size ());
  size_t events = 0;
  check (whole && part && work);
  check (edf_view_read (v, 0, n, whole, n, work));
  for (int64_t at = 0, step = 1; at < n; at += step, step = (step * 5 + 3) % 701 + 1) {
    const int64_t m = n - at < step ? n - at : step;
    check (edf_view_read (v, at, m, part, m, work));
    for (int c = 0; c < v->n_channels; c++)
      for (int64_t i = 0; i < m; i++) {
        const double a = part[c * m + i], b = whole[c * n + at + i];
        check (a == b || (isnan (a) && isnan (b)));
      }
  }
  for (size_t i = 0; i < v->events.n; i++) {
    check (v->label[i] != NULL && edf_utf8_valid (v->label[i], __builtin_strlen (v->label[i])));
    check (i == 0 || v->onset[i] >= v->onset[i - 1]);
  }
  for (int64_t at = 0; at < v->n_samples; at += v->n_samples / 7 + 1) {
    fnx_events e;
    const int64_t step = v->n_samples / 7 + 1;
    edf_view_events (v, at, v->n_samples - at < step ? v->n_samples - at : step, &e);
    events += e.n;
  }
  check (v->n_samples == 0 || events == v->events.n);
  free (whole);
  free (part);
  free (work);
}

static void
drive (const uint8_t *data, size_t n, const edf_open_options *o, int gaps, int status)
{
  edf_say say = { .strict = o->strict };
  edf_bytes *b = edf_bytes_memory (data, n);
  const edf_view_options vo = { .gaps = gaps, .status = status };
  edf_file f;
  edf_view v;
  check (b != NULL);
  if (edf_file_open (b, o, &f, &say) == FNX_OK) {
    if (edf_view_make (&f, &vo, &v, &say) == FNX_OK) {
      read_ranges (&v);
      edf_view_free (&v);
    } else
      check (say.code < 0 && say.text[0]);
    edf_file_close (&f);
  } else
    check (say.code < 0 && say.text[0]);
  edf_say_clear (&say);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  drive (data, n, &(edf_open_options){ .allow_truncated = true, .status_events = true }, EDF_GAPS_NAN, EDF_STATUS_BOTH);
  drive (data, n, &(edf_open_options){ .strict = true }, EDF_GAPS_JOIN, EDF_STATUS_CHANNEL);
  return 0;
}
