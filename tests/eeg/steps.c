/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pick, reref, epoch, psd and resample against arithmetic done by hand and
 * closed forms, and the sentences for what cannot be done.
 */
#include "tests/harness.h"

static void
refuses (const char *line, const fnx_buf *b, const char *sentence)
{
  fnx_status code;
  const char *said = t_fail (line, b, &code);
  t_ok (strstr (said, sentence) != NULL, "%s: %s", line, said);
}

/* value = 100 x channel + sample */
static fnx_buf *
ramp (long channels, long n, long rate, const char *labels)
{
  double *x = malloc ((size_t)(channels * n) * sizeof *x);
  for (long c = 0; c < channels; c++)
    for (long i = 0; i < n; i++)
      x[c * n + i] = 1000 * (double)c + (double)i;
  fnx_buf *b = t_buf ("signal[channel,time]", x, channels, n);
  t_rate (&b, rate, 1);
  t_unit (&b, "uV");
  t_labels (&b, "channel", labels);
  free (x);
  return b;
}

static void
set_events (fnx_buf *b, size_t n, const double *onset, const char *const *label)
{
  double duration[16];
  for (size_t i = 0; i < n; i++)
    duration[i] = NAN;
  const fnx_events e = { .struct_size = sizeof e, .n = n, .onset = onset, .duration = duration, .label = label };
  buffer_set_events (b, &e);
}

/* ---- pick ------------------------------------------------------------------------ */

static bool
picks (const char *line, const fnx_buf *in, const char *names)
{
  const fnx_buf *b = t_run (line, in);
  const fnx_axis *a = spec_axis (buffer_spec (b), "channel");
  int64_t n = spec_axis (buffer_spec (b), "time")->size;
  char got[256] = "";
  bool right = true;
  for (int64_t i = 0; i < a->size; i++) {
    snprintf (got + strlen (got), sizeof got - strlen (got), "%s%s", i ? "," : "", a->labels[i]);
    const fnx_column *c = axis_column (a, "number");
    right &= c && t_values (b)[i * n + 5] == 1000 * c->reals[i] + 5;
  }
  right &= strcmp (got, names) == 0;
  buffer_unref (b);
  return t_ok (right, "%s: %s, values and columns with them", line, got);
}

static void
pick (void)
{
  static const char *const original[] = { "Fc5.", "C3..", "EEG Cz-REF", "T3", "VEOG", "ECG" };
  fnx_buf *b = ramp (6, 20, 100, "FC5,C3,Cz,T7,VEOG,ECG");
  t_texts (&b, "channel", "original", original);
  t_reals (&b, "channel", "number", (double[]){ 0, 1, 2, 3, 4, 5 });
  picks ("pick Cz,FC5", b, "Cz,FC5");
  picks ("pick channels=cz,fc5.,t3", b, "Cz,FC5,T7");
  picks ("pick kind=eeg", b, "FC5,C3,Cz,T7");
  picks ("pick kind=eog", b, "VEOG");
  picks ("pick drop=T7,ECG", b, "FC5,C3,Cz,VEOG");
  picks ("pick kind=eeg drop=c3", b, "FC5,Cz,T7");
  picks ("pick Cz,C3 drop=Cz", b, "C3");
  refuses ("pick C3,Czz", b, "channels=Czz: no such channel in test; did you mean Cz?");
  refuses ("pick Elephant", b, "no such channel in test; it has FC5 C3 Cz T7 VEOG ECG");
  refuses ("pick C3,c3", b, "named before");
  refuses ("pick drop=O1", b, "drop=O1: no such channel");
  refuses ("pick kind=emg", b, "no channel of test is left");
  refuses ("pick", b, "which channels?");
  buffer_unref (b);
}

/* ---- template ---------------------------------------------------------------------- */

/* Channels are 0, 1000, 2000 and more: Cz is copied and EOG has no part.  C3 is
 * 0.4 from Cz and, on the row of C, 1.1 from C6; both know the rest. */
static void template(void)
{
  fnx_buf *b = ramp (3, 20, 160, "Cz,EOG1,EEG C6-REF");
  const fnx_buf *y = t_run ("template", b);
  const fnx_axis *a = spec_axis (buffer_spec (y), "channel");
  const double *v = t_values (y);
  double near = 1 / (0.4 + 1e-6), far = 1 / (1.1 + 1e-6), c3 = 2000 * far / (near + far) + 5;
  double dz = 1 / (0.2 + 1e-6), d6 = 1 / (hypot (0.7, 0.2) + 1e-6), fz = 2000 * d6 / (dz + d6) + 5;
  t_ok (a->size == 45 && !strcmp (a->labels[0], "F7") && !strcmp (a->labels[44], "P8"), "45 electrodes from F7 to P8");
  t_ok (!strcmp (a->labels[22], "Cz") && v[22 * 20 + 5] == 5 && v[25 * 20 + 5] == 2005, "Cz and C6 are copied");
  t_near (v + 20 * 20 + 5, &c3, 1, 1e-12, "C3 by inverse distances");
  t_near (v + 4 * 20 + 5, &fz, 1, 1e-12, "Fz, two rows on");
  buffer_unref (y);
  y = t_run_blocks ("template", b, 3);
  t_near (t_values (y) + 20 * 20 + 5, &c3, 1, 1e-12, "in blocks");
  buffer_unref (y);
  buffer_unref (b);
  b = ramp (2, 20, 160, "one,two");
  refuses ("template", b, "no channel of");
  buffer_unref (b);
}

/* ---- reref ----------------------------------------------------------------------- */

static void
reref (void)
{
  fnx_buf *b = ramp (5, 30, 100, "C3,Cz,T9,T10,ECG");
  double want[5];
  const fnx_buf *y = t_run ("reref", b);
  for (int c = 0; c < 5; c++)
    want[c] = c < 4 ? 1000 * (c - 1.5) : 4000 + 7;
  for (int c = 0; c < 5; c++)
    t_near (t_values (y) + c * 30 + 7, want + c, 1, 1e-13, c < 4 ? "average of EEG channels" : "ECG stays");
  buffer_unref (y);
  y = t_run ("reref to=average exclude=T10", b);
  t_ok (t_values (y)[3 * 30 + 7] == 2000 && t_values (y)[7] == -1000, "excluded: not in the mean, but re-referenced");
  buffer_unref (y);
  y = t_run ("reref T9,T10", b);
  t_ok (t_values (y)[7] == -2500 && t_values (y)[2 * 30 + 7] == -500, "mean of the named");
  buffer_unref (y);
  y = t_run ("reref to=bipolar pairs=C3-Cz,T10-T9", b);
  const fnx_axis *a = spec_axis (buffer_spec (y), "channel");
  t_ok (a->size == 2 && strcmp (a->labels[1], "T10-T9") == 0 && t_values (y)[3] == -1000 && t_values (y)[33] == 1000,
        "pairs: %s, %s", a->labels[0], a->labels[1]);
  buffer_unref (y);
  refuses ("reref to=T9,M1", b, "to=M1: no such channel in test");
  refuses ("reref to=bipolar", b, "to=bipolar needs pairs");
  refuses ("reref to=bipolar pairs=C3-Czz", b, "pairs=Czz: no such channel in test; did you mean Cz?");
  refuses ("reref exclude=C3,Cz,T9,T10", b, "no channel of test for the average");
  buffer_unref (b);
}

/* ---- epoch ----------------------------------------------------------------------- */

static void
epoch (void)
{
  static const double onset[] = { 0.05, 1, 2.004, 3, 4.996, 9.5 };
  static const char *const label[] = { "T1", "T1", "T2", "T0", "T2", "T1" };
  fnx_buf *b = ramp (2, 1000, 100, "C3,Cz");
  set_events (b, 6, onset, label);
  const fnx_buf *y = t_run ("epoch on=T1,T2 from=-0.2s to=0.3s", b);
  const fnx_spec *s = buffer_spec (y);
  t_ok (s->axes[0]->size == 4 && s->axes[2]->size == 51 && strcmp (s->kind, "epochs") == 0,
        "both ends in: 51 samples; the trial before the beginning is left out");
  t_ok (s->axes[2]->start == -20 && fabs (axis_position (s->axes[2], 0) + 0.2) < 1e-15, "time counts from the event");
  const fnx_column *target = buffer_column (y, "trial", "target"), *at = buffer_column (y, "trial", "onset");
  t_ok (target && !strcmp (target->texts[0], "T1") && !strcmp (target->texts[1], "T2")
            && !strcmp (target->texts[3], "T1"),
        "targets are the names of the events");
  t_ok (at && at->reals[1] == 2.004 && at->reals[3] == 9.5, "onsets in s");
  t_ok (t_values (y)[0] == 80 && t_values (y)[102] == 180 && t_values (y)[102 + 51] == 1180 && t_values (y)[204] == 480,
        "a trial begins at round(onset x rate) + round(from x rate)");
  t_ok (buffer_events (y)->n == 0, "events have become trials");
  buffer_unref (y);
  y = t_run ("epoch on=all to=0.1s", b);
  t_ok (buffer_spec (y)->axes[0]->size == 6, "on=all takes all");
  buffer_unref (y);
  y = t_run ("epoch on=T1 from=-0.2s to=0.3s baseline=-0.2..0s", b);
  t_ok (t_values (y)[0] == -10 && t_values (y)[50] == 40, "baseline: the mean of 21 samples, both ends in");
  buffer_unref (y);
  y = t_run ("epoch on=T1,T9 to=0.1s absent=skip", b);
  t_ok (buffer_spec (y)->axes[0]->size == 3, "absent=skip passes over a name that is not there");
  buffer_unref (y);
  refuses ("epoch on=T3 to=1s", b, "no event \"T3\" in test; it has T0 1, T1 3, T2 2");
  refuses ("epoch on=T1 from=1s to=0s", b, "to=0s is not after from=1s");
  refuses ("epoch on=T1 to=100s", b, "none of the 3 trials of test is left: 3 not wholly inside the recording");
  refuses ("epoch on=T1 to=1s baseline=2..3s", b, "lies outside the trial");
  buffer_unref (b);

  /* -0.2 s at 128 Hz begins at -26 samples, -0.203 s: MNE's baseline (-.2, 0) leaves that sample out */
  b = ramp (1, 1280, 128, "Cz");
  set_events (b, 1, (double[]){ 5 }, (const char *[]){ "x" });
  y = t_run ("epoch on=x from=-0.2s to=0.8s baseline=-0.2..0s", b);
  t_ok (buffer_spec (y)->axes[2]->size == 129 && t_values (y)[0] == -26 + 12.5,
        "the sample at -0.203 s is no baseline");
  buffer_unref (y);
  buffer_unref (b);
}

static void
reject (void)
{
  static const double onset[] = { 1, 2, 3, 4 };
  static const char *const label[] = { "a", "b", "a", "b" };
  double x[2 * 500] = { 0 };
  x[210] = 151, x[310] = 149, x[500 + 420] = 900;
  fnx_buf *b = t_buf ("signal[channel,time]", x, 2L, 500L);
  t_rate (&b, 100, 1);
  t_labels (&b, "channel", "Cz,EOG");
  refuses ("epoch on=all to=0.5s reject=150uV", b, "whose unit is 1");
  t_unit (&b, "uV");
  set_events (b, 4, onset, label);
  const fnx_buf *y = t_run ("epoch on=all to=0.5s reject=150uV", b);
  const fnx_column *at = buffer_column (y, "trial", "onset");
  t_ok (buffer_spec (y)->axes[0]->size == 3 && at->reals[1] == 3 && at->reals[2] == 4,
        "reject=150uV leaves out 151 uV, keeps 149 uV, and does not look at the EOG");
  buffer_unref (y);
  t_unit (&b, "mV");
  set_events (b, 4, onset, label);
  y = t_run ("epoch on=all to=0.5s reject=150000uV", b);
  t_ok (buffer_spec (y)->axes[0]->size == 3, "the same in mV");
  buffer_unref (y);
  buffer_unref (b);
  x[120] = NAN;
  b = t_buf ("signal[channel,time]", x, 2L, 500L);
  t_rate (&b, 100, 1);
  set_events (b, 4, onset, label);
  y = t_run ("epoch on=all to=0.5s", b);
  t_ok (buffer_spec (y)->axes[0]->size == 3 && buffer_column (y, "trial", "onset")->reals[0] == 2,
        "a trial with a missing sample is left out");
  buffer_unref (y);
  buffer_unref (b);
}

/* ---- psd ------------------------------------------------------------------------- */

static void
psd (void)
{
  enum { N = 51200 };
  static double x[2 * N];
  double sum = 0, squares = 0;
  t_random (x, N, 21); /* white: density 2 sd^2 / rate */
  for (int i = 0; i < N; i++) {
    x[i] *= 3;
    squares += x[i] * x[i] / N;
    x[N + i] = 5 + 2 * sin (2 * M_PI * 10 * i / 256); /* power 2 at 10 Hz */
  }
  fnx_buf *b = t_buf ("signal[channel,time]", x, 2L, (long)N);
  t_rate (&b, 256, 1);
  t_unit (&b, "uV");
  const fnx_buf *y = t_run ("psd", b);
  const fnx_axis *f = spec_axis (buffer_spec (y), "freq");
  t_ok (f->size == 257 && axis_position (f, 20) == 10 && strcmp (buffer_spec (y)->unit, "uV2/Hz") == 0,
        "257 frequencies 0.5 Hz apart, in %s", buffer_spec (y)->unit);
  for (int k = 0; k < 257; k++)
    sum += t_values (y)[k] * 0.5;
  t_ok (fabs (sum / squares - 1) < 0.01, "Parseval: the density adds up to the variance (%.4f)", sum / squares);
  double peak = 0;
  for (int k = 18; k <= 22; k++)
    peak += t_values (y)[257 + k] * 0.5;
  t_near (&peak, (double[]){ 2 }, 1, 1e-9, "power of a sine");
  t_ok (t_values (y)[257] < 1e-20, "the mean of a segment is taken out");
  buffer_unref (y);
  y = t_run ("psd range=8..13Hz window=hamming samples=256 overlap=0", b);
  f = spec_axis (buffer_spec (y), "freq");
  t_ok (f->size == 6 && axis_position (f, 0) == 8 && axis_position (f, 5) == 13, "range: both ends in");
  buffer_unref (y);
  y = t_run ("psd average=median overlap=0", b);
  sum = 0;
  for (int k = 1; k < 256; k++)
    sum += t_values (y)[k] / 255;
  sum /= 2 * squares / 256;
  t_ok (fabs (sum - 1) < 0.02, "the median is unbiased for noise (%.4f)", sum);
  buffer_unref (y);
  y = t_run ("psd detrend=none", b);
  t_near (t_values (y) + 257, (double[]){ 25 * 512 / 256. / 1.5 }, 1, 1e-6, "5 uV of offset at 0 Hz with detrend=none");
  buffer_unref (y);
  buffer_unref (b);
  x[10000] = NAN; /* two segments of 512 lose it */
  b = t_buf ("signal[channel,time]", x, 2L, (long)N);
  t_rate (&b, 256, 1);
  y = t_run ("psd", b);
  sum = 0;
  for (int k = 0; k < 257; k++)
    sum += t_values (y)[k] * 0.5;
  t_ok (fabs (sum / squares - 1) < 0.02, "segments with a missing sample are left out (%.4f)", sum / squares);
  buffer_unref (y);
  refuses ("psd length=300s", b, "test has 200 s to show, less than one segment of 300 s");
  refuses ("psd range=200..300Hz", b, "holds none of the frequencies");
  refuses ("psd length=0.001s", b, "length=0.001s is");
  buffer_unref (b);
}

/* ---- resample -------------------------------------------------------------------- */

static void
resample (void)
{
  enum { N = 4000 };
  double x[N];
  for (int i = 0; i < N; i++)
    x[i] = sin (2 * M_PI * 7 * i * 3 / 1000) + cos (2 * M_PI * 11 * i * 3 / 1000);
  fnx_buf *b = t_buf ("signal[channel,time]", x, 1L, (long)N);
  t_rate (&b, 1000, 3);
  static const struct {
    const char *line;
    double rate, within;
  } cases[] = { { "resample rate=100Hz", 100, 2e-3 },
                { "resample rate=500Hz", 500, 2e-3 },
                { "resample rate=500Hz method=fft", 500, 1e-3 },
                { "resample rate=1000Hz method=fft", 1000, 1e-3 } };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const fnx_buf *y = t_run (cases[k].line, b);
    const fnx_axis *t = spec_axis (buffer_spec (y), "time");
    double worst = 0;
    for (int64_t i = t->size / 4; i < 3 * t->size / 4; i++) {
      double s = axis_position (t, i), want = sin (2 * M_PI * 7 * s) + cos (2 * M_PI * 11 * s);
      worst = fmax (worst, fabs (t_values (y)[i] - want));
    }
    t_ok (axis_rate (t) == cases[k].rate && t->rate_den == 1 && worst < cases[k].within,
          "%s from 1000/3 Hz: sines stay where they are (%.2g)", cases[k].line, worst);
    buffer_unref (y);
  }
  refuses ("resample rate=99.999917Hz", b, "no common divisor");
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  pick ();
  template();
  reref ();
  epoch ();
  reject ();
  psd ();
  resample ();
  return t_end ();
}
