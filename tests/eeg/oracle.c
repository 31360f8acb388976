/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Real recordings against the numbers of MNE 1.3 and scipy in oracles/: epochs
 * of motor imagery, references, resampling, notch, spectra, evoked potentials.
 */
#include <jansson.h>

#include "tests/harness.h"

static json_t *
load (const char *name)
{
  char path[128];
  json_error_t e;
  snprintf (path, sizeof path, "oracles/%s", name);
  const char *full = t_shared (path);
  json_t *o = full ? json_load_file (full, 0, &e) : NULL;
  if (!full)
    t_skip ("no oracles here");
  if (!o)
    t_skip (e.text);
  return o;
}

static const fnx_buf *
recording (const char *path)
{
  char line[4400];
  const char *full = t_shared (path);
  if (!full)
    t_skip ("no recordings here");
  snprintf (line, sizeof line, "edf path=%s", full);
  return t_read (line, 0);
}

/* Run a line on b and give b up. */
static const fnx_buf *
then (const fnx_buf *b, const char *line)
{
  const fnx_buf *y = t_run (line, b);
  buffer_unref (b);
  return y;
}

static const double *
channel (const fnx_buf *b, const char *name)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis *a = spec_axis (s, "channel");
  for (int64_t i = 0; i < a->size; i++)
    if (strcmp (a->labels[i], name) == 0)
      return t_values (b) + i * s->axes[s->ndim - 1]->size;
  printf ("Bail out! no channel %s\n", name);
  exit (99);
}

static double
num (const json_t *o, const char *key)
{
  return json_number_value (json_object_get (o, key));
}

static double
nth (const json_t *o, size_t i)
{
  return json_number_value (json_array_get (o, i));
}

static bool
is (double got, double want, double rel, const char *what)
{
  return t_ok (fabs (got - want) <= rel * fabs (want), "%s: %.12g, expected %.12g", what, got, want);
}

/* ---- eeg_mi.json: 8..32 Hz Butterworth, 0..3 s about T1 and T2 -------------------- */

static void
motor_imagery (const char *subject, const json_t *o)
{
  const json_t *files = json_object_get (o, "files"), *first = json_object_get (o, "x_first_uV");
  double squares = 0, sum = 0, n = 0, t1 = 0, trials = 0;
  char what[128], path[256];
  for (size_t f = 0; f < json_array_size (files); f++) {
    snprintf (path, sizeof path, "data/eeg/eegmmidb/%s/%s", subject, json_string_value (json_array_get (files, f)));
    const fnx_buf *b = then (then (recording (path), "band range=8..32Hz method=iir"), "epoch on=T1,T2 from=0s to=3s");
    const fnx_spec *s = buffer_spec (b);
    const fnx_column *target = buffer_column (b, "trial", "target");
    size_t count = spec_count (s);
    if (f == 0)
      for (size_t i = 0; i < json_array_size (first); i++)
        is (t_values (b)[i], nth (first, i), 1e-9, subject);
    for (size_t i = 0; i < count; i++) {
      squares += t_values (b)[i] * t_values (b)[i];
      sum += fabs (t_values (b)[i]);
    }
    n += (double)count;
    trials += (double)s->axes[0]->size;
    for (int64_t i = 0; i < s->axes[0]->size; i++)
      t1 += strcmp (target->texts[i], "T1") == 0;
    if (s->axes[1]->size != 64 || s->axes[2]->size != 481)
      t_ok (false, "%s: 64 channels of 481 samples", path);
    buffer_unref (b);
  }
  snprintf (what, sizeof what, "%s: rms", subject);
  is (sqrt (squares / n), num (o, "x_rms_uV"), 1e-9, what);
  snprintf (what, sizeof what, "%s: sum of |x|", subject);
  is (sum, num (o, "x_sum_abs"), 1e-9, what);
  t_ok (trials == nth (json_object_get (o, "shape"), 0) && t1 == num (o, "n_T1"), "%s: %g trials, %g T1", subject,
        trials, t1);
}

/* ---- eeg_features.json ----------------------------------------------------------------- */

static const char first_run[] = "data/eeg/eegmmidb/S001/S001R04.edf", rest[] = "data/eeg/eegmat/Subject00_1.edf";

static void
references (const json_t *items)
{
  const json_t *v = json_object_get (json_object_get (items, "average_reference"), "value");
  const char *const names[] = { "Cz", "Fz", "Oz" };
  const fnx_buf *b = then (recording (first_run), "reref to=average");
  for (size_t i = 0; i < 3; i++)
    is (channel (b, names[i])[1000], nth (v, i), 1e-12, "average reference");
  buffer_unref (b);
  v = json_object_get (json_object_get (items, "linked_reference"), "value");
  b = then (recording (first_run), "reref to=T9,T10");
  for (size_t i = 0; i < 3; i++)
    is (channel (b, names[i])[1000], nth (v, i), 1e-12, "mean of T9 and T10");
  buffer_unref (b);
  v = json_object_get (json_object_get (items, "bipolar"), "value");
  b = then (recording (first_run), "reref to=bipolar pairs=F3-C3,C3-P3");
  is (channel (b, "F3-C3")[1000], nth (v, 0), 1e-12, "F3-C3");
  is (channel (b, "C3-P3")[1000], nth (v, 1), 1e-12, "C3-P3");
  buffer_unref (b);
}

static void
resampled (const json_t *item, const char *line, double inside, double ends)
{
  const json_t *v = json_object_get (item, "value"), *at;
  const char *key;
  const fnx_buf *b = then (then (recording (first_run), "pick Cz"), line);
  int64_t n = buffer_spec (b)->axes[1]->size;
  double squares = 0;
  t_ok (n == (int64_t)num (v, "n"), "%s: %ld samples", line, (long)n);
  json_object_foreach (json_object_get (v, "at"), key, at)
  {
    int64_t i = atoll (key);
    double x = t_values (b)[i], want = json_number_value (at);
    t_ok (fabs (x - want) <= (i < 10 || i > n - 10 ? ends : inside) * fmax (1, fabs (want)),
          "%s: %.12g at %s, expected %.12g", line, x, key, want);
  }
  for (int64_t i = 0; i < n; i++)
    squares += t_values (b)[i] * t_values (b)[i];
  is (sqrt (squares / (double)n), num (v, "rms"), 1e-9, line);
  buffer_unref (b);
}

static void
notch (const json_t *item)
{
  const json_t *v = json_object_get (item, "value");
  const fnx_buf *b = then (recording (first_run), "pick Cz"), *y = t_run ("notch freq=60Hz", b);
  is (t_values (y)[1000], nth (json_object_get (v, "at"), 0), 1e-6, "notch, sample 1000");
  is (t_values (y)[2000], nth (json_object_get (v, "at"), 1), 1e-6, "notch, sample 2000");
  b = then (b, "psd");
  y = then (y, "psd");
  is (t_values (b)[120], num (v, "before"), 1e-6, "power at 60 Hz before");
  is (t_values (y)[120], num (v, "after"), 1e-6, "power at 60 Hz after");
  buffer_unref (b);
  buffer_unref (y);
}

static void
welch (const json_t *items)
{
  static const int hz[] = { 1, 10, 20 };
  const fnx_buf *in = recording (rest), *hann = t_run ("psd window=hann", in),
                *hamming = t_run ("psd window=hamming", in);
  const json_t *a = json_object_get (json_object_get (items, "welch_hann"), "value");
  const json_t *b = json_object_get (json_object_get (items, "welch_hamming_mne"), "value");
  char key[8];
  for (int i = 0; i < 3; i++) {
    snprintf (key, sizeof key, "%d", hz[i]);
    is (channel (hann, "O1")[2 * hz[i]], num (json_object_get (a, "O1"), key), 1e-9, "Welch, Hann");
    is (channel (hamming, "O1")[2 * hz[i]], num (b, key), 1e-9, "Welch, Hamming");
  }
  double alpha = 0; /* trapezoid, 8..13 Hz, both edges in */
  const double *p = channel (hann, "O1");
  for (int k = 16; k < 26; k++)
    alpha += 0.5 * 0.5 * (p[k] + p[k + 1]);
  is (alpha, num (json_object_get (json_object_get (a, "bands"), "O1"), "alpha"), 1e-9, "alpha power");
  buffer_unref (in);
  buffer_unref (hann);
  buffer_unref (hamming);
}

/* Mean over trials; window .1 .. .5 s. */
static void
evoked (const json_t *item)
{
  enum { N = 321 };
  static double mean[64 * N];
  const json_t *v = json_object_get (item, "value");
  double trials = 0;
  static const char *const files[] = { "R04", "R08", "R12" }, *const names[] = { "Cz", "Oz", "Fz" };
  const fnx_buf *b = NULL;
  for (int f = 0; f < 3; f++) {
    char path[128];
    snprintf (path, sizeof path, "data/eeg/eegmmidb/S001/S001%s.edf", files[f]);
    buffer_unref (b);
    b = then (then (recording (path), "band range=0.5..30Hz method=iir ends=scipy"),
              "epoch on=T1,T2 from=-0.5s to=1.5s baseline=-0.5..0s");
    int64_t n = buffer_spec (b)->axes[0]->size;
    for (int64_t k = 0; k < n; k++)
      for (int64_t i = 0; i < 64 * N; i++)
        mean[i] += t_values (b)[k * 64 * N + i];
    trials += (double)n;
  }
  t_ok (trials == num (v, "n_trials"), "%g trials", trials);
  for (int c = 0; c < 3; c++) {
    const json_t *want = json_object_get (v, names[c]);
    const double *x = mean + (channel (b, names[c]) - t_values (b));
    double high = -INFINITY, low = INFINITY, sum = 0;
    for (int i = 96; i <= 160; i++) {
      high = fmax (high, x[i] / trials);
      low = fmin (low, x[i] / trials);
      sum += x[i] / trials / 65;
    }
    is (high, num (want, "pos_peak_uV"), 1e-7, names[c]);
    is (low, num (want, "neg_peak_uV"), 1e-7, names[c]);
    is (sum, num (want, "mean_uV"), 1e-7, names[c]);
  }
  buffer_unref (b);
}

/* The 17 channels stand in the order of their names, which is that of the file. */
static void
seventeen (const json_t *o)
{
  const json_t *names = json_object_get (o, "channels17");
  char line[256] = "pick ";
  for (size_t i = 0; i < json_array_size (names); i++)
    snprintf (line + strlen (line), sizeof line - strlen (line), "%s%s", i ? "," : "",
              json_string_value (json_array_get (names, i)));
  const fnx_buf *all = recording (first_run), *b = t_run (line, all);
  const fnx_axis *a = spec_axis (buffer_spec (b), "channel");
  int64_t n = buffer_spec (b)->axes[1]->size;
  bool right = a->size == 17;
  const double *before = t_values (all);
  for (int64_t i = 0; right && i < 17; i++) {
    const double *x = channel (all, a->labels[i]);
    right = strcmp (a->labels[i], json_string_value (json_array_get (names, (size_t)i))) == 0 && x >= before
            && memcmp (t_values (b) + i * n, x, (size_t)n * sizeof *x) == 0;
    before = x;
  }
  t_ok (right, "17 channels as named");
  buffer_unref (all);
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  json_t *mi = load ("eeg_mi.json"), *features = load ("eeg_features.json"),
         *items = json_object_get (features, "items");
  static const char *const subjects[] = { "S001", "S002", "S003", "S005", "S006", "S015" };
  for (size_t i = 0; i < 6; i++)
    motor_imagery (subjects[i], json_object_get (mi, subjects[i]));
  seventeen (json_object_get (mi, "S001"));
  references (items);
  resampled (json_object_get (items, "resample_poly_160_100"), "resample rate=100Hz", 1e-10, 1e-10);
  resampled (json_object_get (items, "resample_fft_160_100"), "resample rate=100Hz method=fft", 1e-9, 1e-6);
  notch (json_object_get (items, "notch_60"));
  welch (items);
  evoked (json_object_get (items, "erp_motor"));
  const fnx_buf *b = recording (first_run);
  fnx_status code;
  const char *said = t_fail ("epoch on=T3 to=3s", b, &code);
  t_ok (strstr (said, "no event \"T3\" in test; it has T0 15, T1 8, T2 7") != NULL, "%s", said);
  buffer_unref (b);
  json_decref (mi);
  json_decref (features);
  return t_end ();
}
