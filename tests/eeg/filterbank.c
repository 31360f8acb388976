/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filterbank: each of its bands is what band gives, bit for bit (which the
 * tests of band compare with MNE); channels say what they are and in which
 * band, also behind epoch and pick; the ways to get bands= wrong.
 */
#include "tests/harness.h"

enum { CH = 4, N = 2000, RATE = 160 };

static fnx_buf *
recording (const double *x)
{
  static const double onset[] = { 2, 5, 8 }, duration[] = { 0, 0, 0 };
  static const char *const label[] = { "a", "b", "a" };
  static const char *const site[] = { "left", "right", "mid", "none" };
  static const char *const original[] = { "C3..", "C4..", "Cz..", "EOG" };
  const fnx_events e = { .struct_size = sizeof e, .n = 3, .onset = onset, .duration = duration, .label = label };
  fnx_buf *b = t_buf ("signal[channel,time]", x, (long)CH, (long)N);
  t_rate (&b, RATE, 1);
  t_unit (&b, "uV");
  t_labels (&b, "channel", "C3,C4,Cz,EOG");
  t_texts (&b, "channel", "site", site);
  t_texts (&b, "channel", "original", original);
  buffer_set_events (b, &e);
  return b;
}

static void
bands (const fnx_buf *in, const char *how)
{
  static const char *const range[] = { "8..12Hz", "0..20Hz", "12..30.5Hz" };
  char line[128];
  snprintf (line, sizeof line, "filterbank 8..12Hz,0..20Hz,12..30.5Hz %s", how);
  const fnx_buf *all = t_run (line, in);
  t_ok (buffer_spec (all)->axes[0]->size == 3 * CH && buffer_events (all)->n == 3, "%s: 12 channels, the events", line);
  for (int b = 0; b < 3; b++) {
    snprintf (line, sizeof line, "band range=%s %s", range[b], how);
    const fnx_buf *one = t_run (line, in);
    t_ok (memcmp (t_values (one), t_values (all) + (size_t)b * CH * N, CH * N * sizeof (double)) == 0, "%s", line);
    buffer_unref (one);
  }
  buffer_unref (all);
}

static bool
are (const fnx_buf *b, const char *column, int64_t i, const char *want)
{
  const fnx_column *c = buffer_column (b, "channel", column);
  return c && c->texts && c->texts[i] && strcmp (c->texts[i], want) == 0;
}

static void
names (const fnx_buf *in)
{
  const fnx_buf *all = t_run ("filterbank 8..12Hz,12..30.5Hz", in);
  const fnx_buf *trials = t_run ("epoch on=a,b from=0s to=1s", all), *some = t_run ("pick kind=eeg", trials);
  const fnx_axis *a = buffer_spec (trials)->axes[1];
  t_ok (!strcmp (a->labels[0], "C3.8-12Hz") && !strcmp (a->labels[7], "EOG.12-30.5Hz"), "channels are %s to %s",
        a->labels[0], a->labels[7]);
  t_ok (are (trials, "band", 3, "8-12Hz") && are (trials, "band", 4, "12-30.5Hz"), "the column band outlives epoch");
  t_ok (are (trials, "site", 1, "right") && are (trials, "site", 5, "right"), "columns of channels are repeated");
  t_ok (are (trials, "kind", 4, "EEG") && are (trials, "kind", 7, "EOG"), "the kind of channels is kept");
  a = buffer_spec (some)->axes[1];
  t_ok (a->size == 6 && are (some, "band", 2, "8-12Hz") && are (some, "band", 3, "12-30.5Hz"),
        "pick kind=eeg leaves %ld channels and their bands", (long)a->size);
  t_ok (are (trials, "original", 1, "C4...8-12Hz"), "the original name is kept, with the band");
  fnx_status code;
  const char *said = t_fail ("pick C3", all, &code);
  t_ok (code == FNX_E_PARAM && strstr (said, "no such channel"), "C3 alone is none of them: %s", said);
  buffer_unref (some);
  buffer_unref (trials);
  buffer_unref (all);
}

static void
refused (const char *line, const fnx_buf *in, const char *words)
{
  fnx_status code;
  const char *said = t_fail (line, in, &code);
  t_ok (code == FNX_E_PARAM && strstr (said, words), "%s: %s", line, said);
}

int
main (void)
{
  static double x[CH * N];
  t_begin ();
  t_random (x, CH * N, 5);
  fnx_buf *in = recording (x);
  bands (in, "");
  bands (in, "method=iir");
  bands (in, "method=iir phase=causal order=3");
  names (in);
  refused ("filterbank 8..12Hz,70..90Hz", in, "end this band at 79Hz");
  refused ("filterbank 8..12Hz,82..90Hz", in, "leave this band out");
  refused ("filterbank 8..12", in, "write bands=8..12Hz");
  refused ("filterbank 8-12Hz", in, "write bands=8..12Hz,12..16Hz");
  refused ("filterbank 12..8Hz", in, "the wrong way round");
  refused ("filterbank 8..8Hz", in, "the same");
  refused ("filterbank 8..12kHz", in, "it is Hz");
  refused ("filterbank 8..12Hz,8.0..12Hz", in, "twice");
  buffer_unref (in);
  return t_end ();
}
