/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every recording of oracles/edf.json reads as libedf 1.23 reads it or, where
 * that refuses, as MNE-Python 1.3 does: rates, sizes, labels, statistics and
 * first samples of each signal, and annotations.
 */
#include <jansson.h>

#include "tests/harness.h"

static double
num (const json_t *o, const char *key)
{
  return json_number_value (json_object_get (o, key));
}

/* Differences are relative to what the signal is about. */
static bool
close_to (double a, double b, double about)
{
  return fabs (a - b) <= 1e-9 * (fabs (b) > about ? fabs (b) : about);
}

static const fnx_buf *
read_rate (const char *path, double rate, const char *more)
{
  char line[8192];
  snprintf (line, sizeof line, "edf path=%s rate=%.17gHz %s", path, rate, more);
  return t_read (line, 0);
}

/* One signal, by its place among those of its rate.  libedf clamps to the
 * digital range and we do not: `clamped` compares what clamping leaves. */
static bool
signal_agrees (const fnx_buf *b, int64_t row, const json_t *want, bool clamped)
{
  const fnx_axis *channel = spec_axis (buffer_spec (b), "channel"), *time = spec_axis (buffer_spec (b), "time");
  const int64_t n = (int64_t)num (want, "n");
  const double *x = t_values (b) + row * time->size;
  const char *unit = json_string_value (json_object_get (want, "unit"));
  const double scale = strcmp (unit, "V") == 0 ? 1e6 : strcmp (unit, "mV") == 0 ? 1e3 : 1;
  const double about = num (want, "rms") * scale, low = num (want, "min") * scale, high = num (want, "max") * scale;
  const json_t *first = json_object_get (want, "first");
  double sum = 0, squares = 0, least = INFINITY, most = -INFINITY, last = 0;
  bool ok = row < channel->size && time->size == n;
  for (int64_t i = 0; ok && i < n; i++) {
    last = clamped ? fmin (fmax (x[i], low), high) : x[i];
    sum += last;
    squares += last * last;
    least = fmin (least, last);
    most = fmax (most, last);
    if (i < (int64_t)json_array_size (first))
      ok = close_to (last, json_number_value (json_array_get (first, (size_t)i)) * scale, about);
  }
  ok = ok
       && strcmp (axis_column (channel, "original")->texts[row], json_string_value (json_object_get (want, "label")))
              == 0;
  return ok && close_to (sum / (double)n, num (want, "mean") * scale, about)
         && close_to (sqrt (squares / (double)n), about, about) && close_to (least, low, about)
         && close_to (most, high, about) && close_to (last, num (want, "last") * scale, about);
}

static bool
events_agree (const fnx_buf *b, const json_t *list)
{
  const fnx_events *e = buffer_events (b);
  for (size_t i = 0; i < json_array_size (list); i++) {
    const json_t *want = json_array_get (list, i);
    double onset, duration = NAN;
    const char *text;
    if (json_is_array (want)) { /* MNE: [onset, duration, text] */
      onset = json_number_value (json_array_get (want, 0));
      duration = json_number_value (json_array_get (want, 1));
      text = json_string_value (json_array_get (want, 2));
    } else {
      const char *d = json_string_value (json_object_get (want, "duration"));
      onset = num (want, "onset_s");
      text = json_string_value (json_object_get (want, "text"));
      if (d && *d)
        duration = atof (d);
    }
    if (i >= e->n || fabs (e->onset[i] - onset) > 1e-7 || strcmp (e->label[i], text) != 0)
      return false;
    if (!isnan (duration) && fabs (e->duration[i] - duration) > 1e-9)
      return false;
  }
  return true;
}

static void
check_libedf (const char *name, const char *path, const json_t *o)
{
  const json_t *signals = json_object_get (o, "signals");
  const double seconds = num (o, "duration_s") / num (o, "records");
  const int64_t n_annotations = (int64_t)num (o, "annotations");
  const bool clamped = strstr (name, "mne-python/test.edf") || strstr (name, "test_reduced.edf");
  const fnx_buf *b = NULL;
  size_t agree = 0, i;
  double have = 0;
  const json_t *s;
  char line[8192];
  json_array_foreach (signals, i, s)
  {
    const double rate = num (s, "smp_in_record") / seconds;
    int64_t row = 0;
    if (rate != have) {
      buffer_unref (b);
      b = read_rate (path, have = rate, "status=both");
    }
    for (size_t k = 0; k < i; k++)
      row += num (json_array_get (signals, k), "smp_in_record") == num (s, "smp_in_record");
    if (signal_agrees (b, row, s, clamped))
      agree++;
    else
      printf ("# %s: signal %zu %s differs\n", name, i, json_string_value (json_object_get (s, "label")));
  }
  buffer_unref (b);
  t_ok (agree == json_array_size (signals), "%s: %zu of %zu signals as libedf reads them", name, agree,
        json_array_size (signals));
  snprintf (line, sizeof line, "edf path=%s status=channel", path);
  b = t_read (line, 0);
  t_ok ((int64_t)buffer_events (b)->n == n_annotations && events_agree (b, json_object_get (o, "first_annotations")),
        "%s: %ld annotations, %ld expected", name, (long)buffer_events (b)->n, (long)n_annotations);
  buffer_unref (b);
}

/* MNE gives volts for voltages, and what it cannot place as it is. */
static void
check_mne (const char *name, const char *path, const json_t *o)
{
  char line[8192];
  const double rate = num (o, "sfreq");
  const json_t *first = json_object_get (o, "ch0_first3_V");
  const json_t *units = json_object_get (o, "units"); /* of all channels, each once */
  const bool volts = json_array_size (units) > 1 || strcmp (json_string_value (json_array_get (units, 0)), "n/a") != 0;
  const double scale = volts ? 1e6 : 1;
  const double about = num (o, "ch0_rms_V") * scale;
  double sum = 0, squares = 0;
  bool ok;
  snprintf (line, sizeof line, "edf path=%s status=channel gaps=join", path);
  const fnx_buf *b = t_read (line, 0);
  const fnx_axis *channel = spec_axis (buffer_spec (b), "channel"), *time = spec_axis (buffer_spec (b), "time");
  const double *x = t_values (b);
  /* MNE resamples slower channels to the fastest rate; ours stay apart. */
  ok = fabs (axis_rate (time) - rate) < 1e-9 * rate && time->size == (int64_t)num (o, "n_times");
  ok = ok
       && strcmp (axis_column (channel, "original")->texts[0], json_string_value (json_object_get (o, "first_label")))
              == 0;
  for (int64_t i = 0; ok && i < time->size; i++) {
    sum += x[i];
    squares += x[i] * x[i];
  }
  for (size_t i = 0; ok && i < json_array_size (first); i++)
    ok = close_to (x[i], json_number_value (json_array_get (first, i)) * scale, about);
  ok = ok && close_to (sum / (double)time->size, num (o, "ch0_mean_V") * scale, about)
       && close_to (sqrt (squares / (double)time->size), about, about);
  t_ok (ok, "%s: %ld channels, %ld samples at %g Hz as MNE reads them", name, (long)channel->size, (long)time->size,
        axis_rate (time));
  t_ok ((int64_t)buffer_events (b)->n == (int64_t)num (o, "n_annotations")
            && events_agree (b, json_object_get (o, "first_annotations")),
        "%s: %zu annotations", name, buffer_events (b)->n);
  buffer_unref (b);
}

int
main (void)
{
  const char *list = t_shared ("oracles/edf.json");
  json_error_t e;
  json_t *root = list ? json_load_file (list, 0, &e) : NULL;
  const char *name;
  json_t *of;
  if (!root)
    t_skip ("oracles/edf.json is not here");
  t_begin ();
  json_object_foreach (json_object_get (root, "files"), name, of)
  {
    char path[4096], rel[4096], line[8192];
    const json_t *libedf = json_object_get (of, "libedf"), *mne = json_object_get (of, "mne");
    snprintf (rel, sizeof rel, "data/eeg/%s", name);
    if (!t_shared (rel)) {
      printf ("# %s is not here\n", name);
      continue;
    }
    snprintf (path, sizeof path, "%s", t_shared (rel));
    if (libedf && !json_object_get (libedf, "refused"))
      check_libedf (name, path, libedf);
    else if (mne && !json_object_get (mne, "refused"))
      check_mne (name, path, mne);
    else {
      fnx_status code = 0;
      snprintf (line, sizeof line, "edf path=%s", path);
      const char *why = t_fail (line, NULL, &code);
      t_ok (code == FNX_E_IO && strstr (why, name + (strrchr (name, '/') - name) + 1), "%s: refused: %s", name, why);
    }
  }
  json_decref (root);
  return t_end ();
}
