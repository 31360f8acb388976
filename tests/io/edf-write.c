/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What write.edf writes, the reader reads back: values to half a step of the
 * quantisation, names, units, rates, and events to 0.1 ms; and what EDF cannot
 * hold is refused.
 */
#include <unistd.h>

#include "core/rng.h"
#include "tests/harness.h"

static fnx_buf *
sample_signal (long channels, long n, long num, long den)
{
  fnx_buf *b = t_buf ("signal[channel,time]", NULL, channels, n);
  t_random (buffer_write (b, NULL), (size_t)(channels * n), 7);
  double *x = buffer_write (b, NULL);
  for (long c = 0; c < channels; c++)
    for (long i = 0; i < n; i++)
      x[c * n + i] = x[c * n + i] * 20 * (double)(c + 1) + 1000 * (double)c * (c % 2 ? 1 : -1);
  t_rate (&b, num, den);
  t_unit (&b, "uV");
  return b;
}

static void
round_trip (const char *suffix, long channels, long n, long num, long den, double levels)
{
  fnx_buf *b = sample_signal (channels, n, num, den);
  const double seconds = (double)n * (double)den / (double)num;
  const double onset[] = { 0, 0.1 * seconds, 0.1 * seconds, 0.5 * seconds }, duration[] = { 0.5, NAN, 0.25, 1 };
  const char *label[] = { "T0", "left \xe4\xb8\xad\xe6\x96\x87", "right", "T1" };
  const fnx_events e = { sizeof e, 0, 4, onset, duration, label, NULL };
  char path[64], line[128];
  double worst = 0;
  bool ok = true;
  t_labels (&b, "channel", channels == 3 ? "C3,Cz,Fp1" : "T7");
  buffer_set_events (b, &e);
  buffer_set_meta (b, "FileStart", "\"2001-02-03T04:05:06\"");
  snprintf (path, sizeof path, "edf-write-%ld%s", (long)getpid (), suffix);
  snprintf (line, sizeof line, "write.edf path=%s", path);
  t_run (line, b);
  snprintf (line, sizeof line, "edf path=%s mode=strict", path);
  const fnx_buf *r = t_read (line, 0);
  const fnx_spec *s = buffer_spec (r);
  const fnx_axis *t = s->axes[1];
  t_ok (t->size >= n && t->rate_num * den == t->rate_den * num, "%s %ld/%ld Hz: %ld samples at %ld/%ld Hz", suffix, num,
        den, (long)t->size, (long)t->rate_num, (long)t->rate_den);
  for (long c = 0; c < channels; c++) {
    const double *x = t_values (b) + c * n, *y = t_values (r) + c * t->size;
    double low = x[0], high = x[0];
    for (long i = 0; i < n; i++) {
      low = fmin (low, x[i]);
      high = fmax (high, x[i]);
    }
    /* Half a step, and what rounding the range to six digits adds to it. */
    const double most = 0.5 * (high - low + 4e-5 * fmax (fabs (low), fabs (high))) / levels;
    for (long i = 0; i < n; i++)
      worst = fmax (worst, fabs (x[i] - y[i]) / most);
    ok = ok && strcmp (s->axes[0]->labels[c], buffer_spec (b)->axes[0]->labels[c]) == 0;
  }
  t_ok (worst <= 1 + 1e-9, "%s: worst difference %.4f of half a step", suffix, worst);
  t_ok (ok && s->unit && strcmp (s->unit, "uV") == 0, "names and unit come back");
  const fnx_events *back = buffer_events (r);
  ok = back->n == 4;
  for (size_t i = 0; ok && i < 4; i++)
    ok = fabs (back->onset[i] - onset[i]) <= 0.5001e-4 && strcmp (back->label[i], label[i]) == 0
         && (isnan (duration[i]) ? isnan (back->duration[i]) : fabs (back->duration[i] - duration[i]) < 1e-4);
  t_ok (ok, "%zu events come back", back->n);
  t_ok (strcmp (buffer_meta (r, "FileStart"), "\"2001-02-03T04:05:06\"") == 0, "so does the start");
  unlink (path);
  buffer_unref (r);
  buffer_unref (b);
}

static void
refused (fnx_buf *b, const char *part, fnx_status code)
{
  fnx_status got;
  char line[64];
  snprintf (line, sizeof line, "write.edf path=edf-write-%ld.edf", (long)getpid ());
  const char *why = t_fail (line, b, &got);
  t_ok (got == code && strstr (why, part), "refused: %s", why);
  buffer_unref (b);
}

int
main (void)
{
  fnx_buf *b;
  t_begin ();
  round_trip (".edf", 3, 2560, 256, 1, 65535);
  round_trip (".bdf", 3, 2560, 256, 1, 16777215);
  round_trip (".edf", 3, 6000, 1000, 3, 65535); /* 1000/3 Hz */
  round_trip (".edf", 1, 12345, 256, 1, 65535); /* no whole number of records */
  round_trip (".bdf", 1, 4995, 999, 2, 16777215);
  round_trip (".edf", 1, 32768, 16384, 1, 65535);
  refused (sample_signal (1, 1000, 1000003, 7919), "resample", FNX_E_SPEC);
  b = sample_signal (1, 1000, 100, 1);
  ((double *)buffer_write (b, NULL))[250] = NAN;
  refused (b, "after 2.5 s", FNX_E_DATA);
  b = sample_signal (1, 1000, 100, 1);
  ((double *)buffer_write (b, NULL))[250] = 1e9;
  refused (b, "8 characters", FNX_E_DATA);
  return t_end ();
}
