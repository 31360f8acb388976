/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * band and notch: numbers of MNE 1.3 and scipy 1.10, what theory says about
 * sines, and sentences for what cannot be done.
 */
#include "tests/harness.h"

#define RATE 256
#define N 8192

static fnx_buf *
signal_of (const double *x, long channels, long n, long rate)
{
  fnx_buf *b = t_buf ("signal[channel,time]", x, channels, n);
  t_rate (&b, rate, 1);
  t_unit (&b, "uV");
  return b;
}

static const fnx_buf *
run_on (const char *line, const double *x, long channels, long n, long rate)
{
  fnx_buf *b = signal_of (x, channels, n, rate);
  const fnx_buf *y = t_run (line, b);
  buffer_unref (b);
  return y;
}

/* mne.filter.create_filter (None, 256, 8, 32): 423 taps, the first ten and the middle one. */
static void
impulse_response (void)
{
  static const double first[10]
      = { 0.00011980857746830876, 0.00012122237009975674, 0.00011921350588138114, 0.00011378484868222875,
          0.00010501827625693755, 9.307505640929398e-05,  7.819501934618826e-05,  6.069441797597225e-05,
          4.096235932473131e-05,  1.9455691038312425e-05 };
  double *x = calloc (N, sizeof *x);
  x[N / 2] = 1;
  const fnx_buf *y = run_on ("band range=8..32Hz", x, 1, N, RATE);
  const double *h = t_values (y) + N / 2 - 211;
  double outside = 0, skew = 0;
  for (int i = 0; i < N / 2 - 211; i++)
    outside = fmax (outside, fabs (t_values (y)[i]));
  for (int i = 0; i < 211; i++)
    skew = fmax (skew, fabs (h[i] - h[422 - i]));
  t_near (h, first, 10, 1e-15, "first taps");
  t_near (h + 211, (double[]){ 0.22624618569275842 }, 1, 1e-15, "middle tap");
  t_ok (outside < 1e-16 && fabs (h[0]) > 1e-5, "423 taps and no more (%.2g outside)", outside);
  t_ok (skew < 1e-16, "symmetric, that is of zero phase (%.2g)", skew);
  buffer_unref (y);
  free (x);
}

/* The first row of the trials of riemann_golden.json, by its formula, repeated,
 * at 128 Hz through MNE's filter (method="iir", 8..32 Hz). */
static void
butterworth_numbers (void)
{
  static const double want[20]
      = { 0.00037663085163841536, 0.7045559355812381,  1.0818435739834236,  0.969432616733211,   0.4386902171655022,
          -0.25159070066136513,   -0.7788835538337464, -0.9024563614797885, -0.5769205875880947, 0.02097539415890337,
          0.5798114312390599,     0.8152017799637958,  0.6129796321826271,  0.08036214918888046, -0.5071504231749175,
          -0.8422932448491185,    -0.7619575577000641, -0.3501874311502238, 0.15485000140898908, 0.5763658574264295 };
  double x[600];
  for (int i = 0; i < 600; i++) {
    int t = i % 60;
    x[i] = sin (0.7 * t) + 0.5 * cos (0.31 * t) + 0.2 * sin (1.7 * t * t / 60);
  }
  const fnx_buf *y = run_on ("band range=8..32Hz method=iir", x, 1, 600, 128);
  t_near (t_values (y), want, 20, 1e-12, "zero-phase Butterworth as MNE");
  buffer_unref (y);
}

/* Amplitude and phase of a sine of `freq` Hz at the middle of the output. */
static void
response (const char *line, double freq, double *gain, double *phase)
{
  double *x = malloc (N * sizeof *x), re = 0, im = 0;
  const int from = N / 4, m = N / 2; /* whole periods for multiples of 1/16 Hz */
  for (int i = 0; i < N; i++)
    x[i] = cos (2 * M_PI * freq * i / RATE);
  const fnx_buf *y = run_on (line, x, 1, N, RATE);
  for (int i = from; i < from + m; i++) {
    re += t_values (y)[i] * cos (2 * M_PI * freq * i / RATE) * 2 / m;
    im -= t_values (y)[i] * sin (2 * M_PI * freq * i / RATE) * 2 / m;
  }
  *gain = hypot (re, im);
  *phase = atan2 (im, re);
  buffer_unref (y);
  free (x);
}

static void
gains (void)
{
  static const struct {
    const char *line;
    double freq, gain, within;
  } cases[] = {
    { "band range=8..32Hz", 16, 1, 5e-3 },
    { "band range=8..32Hz", 8, 1, 5e-3 },
    { "band range=8..32Hz", 32, 1, 5e-3 },
    { "band range=8..32Hz", 7, 0.5, 5e-3 }, /* the middle of a transition: -6 dB */
    { "band range=8..32Hz", 36, 0.5, 5e-3 },
    { "band range=8..32Hz", 6, 0, 5e-3 },
    { "band range=8..32Hz", 40, 0, 5e-3 },
    { "band range=8..32Hz", 100, 0, 5e-3 },
    { "band range=0..40Hz", 1, 1, 5e-3 },
    { "band range=0..40Hz", 50, 0, 5e-3 },
    { "band range=1Hz..", 100, 1, 5e-3 },
    { "band range=1Hz..", 0, 0, 1e-3 },
    { "band range=8..32Hz method=iir", 8, 0.5, 1e-6 }, /* 3 dB each way */
    { "band range=8..32Hz method=iir", 32, 0.5, 1e-6 },
    { "band range=8..32Hz method=iir", 16, 1, 1e-4 },
    { "band range=8..32Hz method=iir phase=causal", 8, M_SQRT1_2, 1e-6 },
    { "band range=0..40Hz method=iir order=7", 40, 0.5, 1e-6 },
    { "band range=2Hz.. method=iir order=3 phase=causal", 2, M_SQRT1_2, 1e-6 },
    { "band range=20..45Hz method=iir order=16 phase=causal", 30, 1, 1e-6 },
    { "band range=8..32Hz phase=causal", 16, 1, 5e-3 },
    { "notch freq=50Hz", 50, 0, 5e-3 },
    { "notch freq=50Hz", 48, 1, 5e-3 },
    { "notch freq=50Hz", 100, 1, 5e-3 },
    { "notch freq=50Hz harmonics=2", 100, 0, 5e-3 },
    { "notch freq=50Hz,60Hz", 60, 0, 5e-3 },
    { "notch freq=50Hz,60Hz phase=causal", 55, 1, 5e-3 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double gain, phase;
    response (cases[i].line, cases[i].freq, &gain, &phase);
    if (cases[i].freq == 0)
      gain /= 2;
    t_ok (fabs (gain - cases[i].gain) <= cases[i].within, "%s: %g Hz passes with %.6f", cases[i].line, cases[i].freq,
          gain);
    if (gain > 0.4 && !strstr (cases[i].line, "causal"))
      t_ok (fabs (phase) < 1e-9, "... not shifted in time (%.2g rad)", phase);
  }
}

/* A causal linear-phase filter is the zero-phase one, 211 samples later. */
static void
linear_phase (void)
{
  double x[N];
  t_random (x, N, 3);
  const fnx_buf *zero = run_on ("band range=8..32Hz", x, 1, N, RATE);
  const fnx_buf *causal = run_on ("band range=8..32Hz phase=causal", x, 1, N, RATE);
  t_near (t_values (causal) + 1000, t_values (zero) + 1000 - 211, N - 1000, 1e-13, "causal FIR = zero phase, delayed");
  buffer_unref (zero);
  buffer_unref (causal);
}

/* Nothing before a change of the input changes the output, and a constant
 * that has lasted for ever gives no onset. */
static void
causality (const char *line)
{
  double x[4096];
  t_random (x, 4096, 4);
  const fnx_buf *a = run_on (line, x, 1, 4096, RATE);
  x[2500] += 100;
  const fnx_buf *b = run_on (line, x, 1, 4096, RATE);
  t_ok (memcmp (t_values (a), t_values (b), 2500 * sizeof *x) == 0 && t_values (a)[2500] != t_values (b)[2500],
        "%s: an output needs no later sample", line);
  buffer_unref (a);
  buffer_unref (b);
  for (int i = 0; i < 4096; i++)
    x[i] = 1234;
  a = run_on (line, x, 1, 4096, RATE);
  double most = 0;
  for (int i = 0; i < 4096; i++)
    most = fmax (most, fabs (t_values (a)[i] - t_values (a)[4095]));
  t_ok (most < 1e-6, "%s: a constant has no onset (%.2g of 1234)", line, most);
  buffer_unref (a);
}

/* Running the filter on the reversed signal gives the reversed output. */
static void
reversal (const char *line)
{
  double x[3000], r[3000], back[3000];
  t_random (x, 3000, 5);
  for (int i = 0; i < 3000; i++)
    r[i] = x[2999 - i];
  const fnx_buf *a = run_on (line, x, 1, 3000, RATE), *b = run_on (line, r, 1, 3000, RATE);
  for (int i = 0; i < 3000; i++)
    back[i] = t_values (b)[2999 - i];
  t_near (t_values (a) + 700, back + 700, 1600, 1e-6, line);
  buffer_unref (a);
  buffer_unref (b);
}

/* A row does not depend on the rows beside it, whatever lane it falls on. */
static void
rows_alone (const char *line)
{
  enum { CH = 19, M = 1500 };
  static double x[CH * M];
  t_random (x, CH * M, 6);
  const fnx_buf *all = run_on (line, x, CH, M, RATE);
  bool same = true;
  for (int c = 0; c < CH; c++) {
    const fnx_buf *one = run_on (line, x + c * M, 1, M, RATE);
    same &= memcmp (t_values (one), t_values (all) + c * M, M * sizeof *x) == 0;
    buffer_unref (one);
  }
  t_ok (same, "%s: 19 channels together = each alone, bit for bit", line);
  buffer_unref (all);
}

static void
refuses (const char *line, const fnx_buf *b, const char *sentence)
{
  fnx_status code;
  const char *said = t_fail (line, b, &code);
  t_ok (strstr (said, sentence) != NULL, "%s: %s", line, said);
}

static void
refusals (void)
{
  double x[3 * 4000];
  t_random (x, 3 * 4000, 7);
  fnx_buf *b = signal_of (x, 3, 4000, 160);
  t_labels (&b, "channel", "C3,Cz,C4");
  refuses ("band range=8..90Hz", b,
           "range=8..90Hz reaches above 80 Hz, half of the 160 Hz of test\nuse range=8..79Hz, or "
           "range=8Hz.. for a high-pass");
  refuses ("band range=8..80Hz", b, "up to 80 Hz, half of the 160 Hz");
  refuses ("band range=90Hz..", b, "range=90Hz.. begins above 80 Hz");
  refuses ("band range=..", b, "range=");
  refuses ("band range=32..8Hz", b, "range=");
  refuses ("notch freq=80Hz", b, "freq=80Hz reaches above 80 Hz, half of the 160 Hz of test");
  refuses ("notch freq=50Hz,50.5Hz", b, "closer than 1 Hz");
  buffer_unref (b);
  x[4000 + 2400] = NAN;
  b = signal_of (x, 3, 4000, 160);
  t_labels (&b, "channel", "C3,Cz,C4");
  static const char *const lines[]
      = { "band range=8..32Hz", "band range=8..32Hz phase=causal", "band range=8..32Hz method=iir",
          "band range=8..32Hz method=iir phase=causal", "notch freq=50Hz" };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    refuses (lines[i], b, "Cz of test has missing samples, the first at 15 s");
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  impulse_response ();
  butterworth_numbers ();
  gains ();
  linear_phase ();
  causality ("band range=8..32Hz phase=causal");
  causality ("band range=8..32Hz method=iir phase=causal");
  causality ("notch freq=50Hz phase=causal");
  reversal ("band range=8..32Hz");
  reversal ("band range=8..32Hz method=iir");
  rows_alone ("band range=8..32Hz");
  rows_alone ("band range=8..32Hz method=iir");
  rows_alone ("band range=8..32Hz method=iir order=3 phase=causal");
  refusals ();
  return t_end ();
}
