/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the table reader.  The first byte chooses the suffix and how
 * the header is taken.  Every cell of what is accepted is read as a number, and
 * then all of it as a recording.
 */
#include "io/text/tracks.h"
#include "tests/fuzz/calls.h"

/* Rows lie one behind the other, and events likewise. */
static fnx_status
as_recording (fnx_call *c, const table *t, const tracks_options *o)
{
  tracks k;
  fnx_events e;
  fnx_status status = tracks_of (c, t, o, &k);
  if (status)
    return status;
  for (int64_t r = 0; r < t->s.rows; r++)
    if (k.when.at[r] >= k.when.n || k.when.at[r] < (r ? k.when.at[r - 1] + 1 : 0))
      abort ();
  if (k.when.rate_num < 1 || k.when.rate_den < 1 || k.when.n > 101 * t->s.rows)
    abort ();
  if (!tracks_spec (c, t, &k))
    return FNX_E_NOMEM;
  double *v = malloc (k.is.n_channel * (size_t)k.when.n * sizeof *v);
  if (!v)
    exit (1);
  if (!(status = tracks_fill (c, t, &k, v)))
    status = marks_read (c, t, &k.is, &k.when, &e);
  for (size_t i = 0; !status && i < e.n; i++)
    if (!e.label[i] || (i && e.onset[i] < e.onset[i - 1]))
      abort ();
  free (v);
  return status;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  static const char *const names[] = { "x.1D", "x.tsv", "x.csv", "x.txt" };
  call c;
  fault f;
  sheet s;
  double v, sum = 0;
  if (n == 0)
    return 0;
  char *bytes = malloc (n); /* one byte for the NUL in place of the first */
  if (!bytes)
    exit (1);
  memcpy (bytes, data + 1, n - 1);
  bytes[n - 1] = 0;
  fuzz_begin (&c, &f);
  fnx_status e = sheet_parse (&c.api, names[data[0] % 4], bytes, n - 1, (sheet_header)(data[0] / 4 % 3), &s);
  for (int64_t i = 0; !e && i < s.rows * s.cols; i++) {
    const char *x = s.cell[i];
    if (x < s.bytes || x > s.bytes + n)
      abort ();
    if (cell_number (x, &v))
      sum += v;
    else
      sum += cell_comma (x) + cell_missing (x);
  }
  for (int64_t i = 0; !e && s.name && i < s.cols; i++)
    sum += (double)strlen (s.name[i]);
  for (int64_t i = 1; !e && i < s.rows; i++)
    if (s.line[i] <= s.line[i - 1])
      abort ();
  if (sum == 0x1.23456789p300) /* keep it */
    puts ("");
  if (!e) {
    static const char *const none = "none";
    int way = data[0] / 12 % 8;
    table t = { .path = "x.csv", .s = s, .rate_num = way & 1 ? 256 : 0, .rate_den = 1 };
    tracks_options o = { .gaps = way / 2 % 3, .unit = way & 1 ? "mV" : NULL, .original = way & 1 };
    if (way >= 6)
      o.time = none, o.markers = &none, o.n_markers = way == 6;
    e = as_recording (&c.api, &t, &o);
    sheet_free (&s);
  }
  fuzz_end (&c, &f, e);
  return 0;
}
