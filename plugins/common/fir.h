/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear-phase FIR filters as MNE 1.3 designs and applies them by default
 * ("firwin", Hamming window, zero phase, "reflect_limited" edges).
 */
#ifndef FNX_COMMON_FIR_H
#define FNX_COMMON_FIR_H

#include "plugins/common/fft.h"
#include "plugins/common/tape.h"

/* scipy.signal.firwin (n, cutoff): a windowed-sinc low-pass of odd length n,
 * gain 1 at 0 Hz, -6 dB at `cutoff` (1 = Nyquist).  Hamming window. */
void fir_lowpass (double *h, int64_t n, double cutoff);
/* The same with a Kaiser window. */
void fir_kaiser (double *h, int64_t n, double cutoff, double beta);

/* A filter that passes [low, high] Hz of signals at `rate` Hz; low <= 0 or
 * -INFINITY: low-pass; high INFINITY: high-pass.  Transitions are
 * min (max (f / 4, 2), what is left) Hz wide, the length is 3.3 / (narrower
 * transition) seconds, made odd.  The caller frees it.  NULL: no memory, or
 * longer than a billion taps. */
double *fir_band (double low, double high, double rate, int64_t *n_taps);
/* A filter that stops `freqs` (ascending): width f / 200, transitions of
 * 0.5 Hz.  NULL with *n_taps 0: stop bands touch each other or the ends; -1: no
 * memory. */
double *fir_stop (const double *freqs, size_t n, double rate, int64_t *n_taps);

/* A symmetric filter made ready for tiles: overlap-save, output samples
 * [t * step, (t + 1) * step) from the window of n_fft samples that begins at
 * t * step - half.  The step depends on the length only, so a recording is
 * cut at the same places however it arrives. */
typedef struct fir {
  int64_t n_taps, half;
  int64_t n_fft, step;
  double *gain; /* n_fft / 2 + 1 real gains, 1 / n_fft included */
  fft *plan;
} fir;
fir *fir_new (const double *taps, int64_t n_taps); /* NULL: no memory */
void fir_free (fir *);
/* Filter the window in place of `work` (fft_room (n_fft) doubles each, 64-byte
 * aligned): outputs of the tile are work[half .. half + step). */
void fir_tile (const fir *, double *work, double *spectrum);
/* Read a window of n_fft samples at `from` out of the tape, extended by odd
 * reflection about the first and (if total >= 0, the number of samples of the
 * whole recording) the last sample as far as min (n_taps, total) - 1 samples,
 * and by zeros beyond. */
void fir_window (const fir *, const tape *, size_t row, int64_t from, int64_t total, double *out);

/* Causal: y[i] = sum h[k] x[i - k] for FIR_RUN outputs at a time; x points at
 * the sample of the first output and n_taps - 1 samples before it exist. */
#define FIR_RUN 32
void fir_causal (const double *h, int64_t n_taps, const double *x, double *y);

#endif
