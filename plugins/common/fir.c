/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See fir.h.  Follows mne.filter (1.3): _triage_filter_params, _firwin_design,
 * notch_filter, _smart_pad; and scipy.signal.firwin.
 */
#include "plugins/common/fir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/clones.h"

#define HAMMING_LENGTH 3.3 /* taps x transition width, in units of the rate */
#define MOST_TAPS 1e9

/* Windowed sinc; `window (u, arg)` at u = -1 .. 1. */
static void
windowed (double *h, int64_t n, double cutoff, double (*window) (double, double), double arg)
{
  double middle = 0.5 * (double)(n - 1), sum = 0;
  for (int64_t i = 0; i < n; i++) {
    double x = M_PI * cutoff * ((double)i - middle);
    double u = n > 1 ? ((double)i - middle) / middle : 0;
    h[i] = cutoff * (x == 0 ? 1 : sin (x) / x) * window (u, arg);
    sum += h[i];
  }
  for (int64_t i = 0; i < n; i++)
    h[i] /= sum;
}

static double
hamming (double u, double unused)
{
  (void)unused;
  return 0.54 + 0.46 * cos (M_PI * u);
}

/* Modified Bessel function of order 0 by its power series: all terms are
 * positive, so nothing cancels. */
static double
bessel_i0 (double x)
{
  double term = 1, sum = 1;
  for (int k = 1; term > 1e-18 * sum; k++) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

static double
kaiser (double u, double beta)
{
  return bessel_i0 (beta * sqrt (fmax (0, 1 - u * u))) / bessel_i0 (beta);
}

void
fir_lowpass (double *h, int64_t n, double cutoff)
{
  windowed (h, n, cutoff, hamming, 0);
}

void
fir_kaiser (double *h, int64_t n, double cutoff, double beta)
{
  windowed (h, n, cutoff, kaiser, beta);
}

static int64_t
odd (double n)
{
  int64_t i = (int64_t)n;
  return i | 1;
}

/* Sum of +- low-passes from the top down, one at each change of gain, each as
 * short as its own transition allows.  freq: 0 .. 1 (Nyquist), ascending;
 * gain: 0 or 1 at each.  Transition widths were checked by the callers. */
static double *
design (const double *freq, const int *gain, size_t n_freq, double seconds, double rate, int64_t *n_taps)
{
  double *h = NULL, *part = NULL;
  if (!(seconds * rate < MOST_TAPS))
    return NULL;
  int64_t n = odd (ceil (seconds * rate));
  h = calloc ((size_t)n, sizeof *h);
  part = malloc ((size_t)n * sizeof *part);
  if (!h || !part)
    goto fail;
  if (gain[n_freq - 1])
    h[n / 2] = 1;
  for (size_t i = n_freq - 1; i-- > 0;) {
    if (gain[i] == gain[i + 1])
      continue;
    double width = (freq[i + 1] - freq[i]) / 2;
    int64_t m = odd (rint (HAMMING_LENGTH / width));
    if (m > n) /* by rounding of the last bit only */
      m = n;
    fir_lowpass (part, m, (freq[i + 1] + freq[i]) / 2);
    double sign = gain[i] ? 1 : -1;
    for (int64_t k = 0, at = (n - m) / 2; k < m; k++)
      h[at + k] += sign * part[k];
  }
  free (part);
  *n_taps = n;
  return h;
fail:
  free (part);
  free (h);
  return NULL;
}

double *
fir_band (double low, double high, double rate, int64_t *n_taps)
{
  double nyquist = rate / 2, freq[6], narrow = INFINITY;
  int gain[6];
  size_t n = 0;
#define POINT(f, g) (freq[n] = (f) / nyquist, gain[n++] = (g))
  if (low > 0) {
    double width = fmin (fmax (0.25 * low, 2), low);
    narrow = width;
    if (low - width > 0)
      POINT (0., 0);
    POINT (low - width, 0);
    POINT (low, 1);
  } else
    POINT (0., 1);
  if (high < nyquist) {
    double width = fmin (fmax (0.25 * high, 2), nyquist - high);
    narrow = fmin (narrow, width);
    POINT (high, 1);
    POINT (high + width, 0);
    if (high + width < nyquist)
      POINT (nyquist, 0);
  } else
    POINT (nyquist, 1);
#undef POINT
  return design (freq, gain, n, HAMMING_LENGTH / narrow, rate, n_taps);
}

double *
fir_stop (const double *freqs, size_t n, double rate, int64_t *n_taps)
{
  const double width = 0.5; /* of each transition, Hz */
  double nyquist = rate / 2, *h = NULL;
  double *freq = malloc ((4 * n + 2) * sizeof *freq);
  int *gain = malloc ((4 * n + 2) * sizeof *gain);
  size_t m = 0;
  *n_taps = -1;
  if (!freq || !gain)
    goto out;
  *n_taps = 0;
  freq[m] = 0, gain[m++] = 1;
  for (size_t i = 0; i < n; i++) {
    double half = freqs[i] / 200 / 2;
    double edge[4] = { freqs[i] - half - width, freqs[i] - half, freqs[i] + half, freqs[i] + half + width };
    for (int k = 0; k < 4; k++) {
      double f = edge[k] / nyquist;
      if (f < freq[m - 1] || f > 1)
        goto out;
      freq[m] = f, gain[m++] = k == 0 || k == 3;
    }
  }
  freq[m] = 1, gain[m++] = 1;
  *n_taps = -1;
  h = design (freq, gain, m, HAMMING_LENGTH / width, rate, n_taps);
out:
  free (freq);
  free (gain);
  return h;
}

/* The power of two with the least work for each output sample.  Beyond 2^16
 * the window leaves the fast caches, so longer ones must earn more. */
static int64_t
best_fft (int64_t n_taps)
{
  int64_t best = 0;
  double least = INFINITY;
  for (int64_t n = 256; n <= (int64_t)1 << 30; n *= 2) {
    if (n < 2 * n_taps)
      continue;
    double cost = (double)n * (log2 ((double)n) + 2) / (double)(n - n_taps + 1);
    if (n > 4096)
      cost *= 1.15 * (n > 65536 ? 1.3 : 1);
    if (cost < least)
      least = cost, best = n;
    if (n > 64 * n_taps)
      break;
  }
  return best;
}

fir *
fir_new (const double *taps, int64_t n_taps)
{
  fir *f = calloc (1, sizeof *f);
  if (!f)
    return NULL;
  *f = (fir){ .n_taps = n_taps, .half = n_taps / 2, .n_fft = best_fft (n_taps) };
  f->step = f->n_fft - n_taps + 1;
  size_t n = (size_t)f->n_fft, room = fft_room (n);
  double *work = f->n_fft ? aligned_alloc (64, room * sizeof *work) : NULL;
  double *spectrum = f->n_fft ? aligned_alloc (64, room * sizeof *spectrum) : NULL;
  f->gain = f->n_fft ? malloc ((n / 2 + 1) * sizeof *f->gain) : NULL;
  f->plan = f->n_fft ? fft_new (n) : NULL;
  if (!work || !spectrum || !f->gain || !f->plan) {
    fir_free (f);
    f = NULL;
    goto out;
  }
  /* Centred on sample 0, a symmetric filter has a real spectrum. */
  memset (work, 0, room * sizeof *work);
  for (int64_t k = 0; k < n_taps; k++)
    work[(k - f->half + f->n_fft) % f->n_fft] = taps[k];
  fft_forward (f->plan, work, spectrum);
  for (size_t k = 0; k <= n / 2; k++)
    f->gain[k] = spectrum[2 * k] / (double)n;
out:
  free (work);
  free (spectrum);
  return f;
}

void
fir_free (fir *f)
{
  if (!f)
    return;
  fft_free (f->plan);
  free (f->gain);
  free (f);
}

CLONES (weigh, (double *z, const double *gain, size_t n), (z, gain, n))
{
  for (size_t k = 0; k < n; k++) {
    z[2 * k] *= gain[k];
    z[2 * k + 1] *= gain[k];
  }
}

void
fir_tile (const fir *f, double *work, double *spectrum)
{
  fft_forward (f->plan, work, spectrum);
  weigh (spectrum, f->gain, (size_t)f->n_fft / 2 + 1);
  fft_backward (f->plan, spectrum, work);
}

/* out[0..n) = 2 pivot - x[at - i], for positions at, at - 1, ... (or rising). */
static void
mirror (const tape *t, size_t row, int64_t pivot, int64_t first, int64_t n, double *out)
{
  double p;
  tape_read (t, row, pivot, 1, &p);
  tape_read (t, row, first, n, out);
  for (int64_t i = 0, j = n - 1; i <= j; i++, j--) {
    double a = 2 * p - out[i], b = 2 * p - out[j];
    out[i] = b, out[j] = a;
  }
}

void
fir_window (const fir *f, const tape *t, size_t row, int64_t from, int64_t total, double *out)
{
  int64_t end = total >= 0 ? total : tape_end (t), to = from + f->n_fft;
  int64_t edge = (f->n_taps < end ? f->n_taps : end) - 1;
  int64_t a = from; /* next position to fill */
  if (a < -edge) {  /* zeros before the extension */
    int64_t m = (to < -edge ? to : -edge) - a;
    memset (out, 0, (size_t)m * sizeof *out);
    a += m;
  }
  if (a < 0 && a < to) { /* 2 x[0] - x[-a] */
    int64_t m = (to < 0 ? to : 0) - a;
    mirror (t, row, 0, -(a + m) + 1, m, out + (a - from));
    a += m;
  }
  if (a < end && a < to) {
    int64_t m = (to < end ? to : end) - a;
    tape_read (t, row, a, m, out + (a - from));
    a += m;
  }
  if (a < end + edge && a < to) { /* 2 x[end-1] - x[2 (end-1) - a] */
    int64_t m = (to < end + edge ? to : end + edge) - a;
    mirror (t, row, end - 1, 2 * (end - 1) - (a + m - 1), m, out + (a - from));
    a += m;
  }
  if (a < to)
    memset (out + (a - from), 0, (size_t)(to - a) * sizeof *out);
}

CLONES (convolve, (const double *h, int64_t n_taps, const double *x, double *y), (h, n_taps, x, y))
{
  double sum[FIR_RUN] = { 0 };
  for (int64_t k = 0; k < n_taps; k++) {
    double w = h[k];
    const double *p = x - k;
    for (int i = 0; i < FIR_RUN; i++)
      sum[i] += w * p[i];
  }
  memcpy (y, sum, sizeof sum);
}

void
fir_causal (const double *h, int64_t n_taps, const double *x, double *y)
{
  convolve (h, n_taps, x, y);
}
