/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Segments of Welch's method: windowed, detrended, transformed, summed.
 */
#ifndef FNX_EEG_WELCH_H
#define FNX_EEG_WELCH_H

#include "plugins/common/fft.h"
#include "plugins/common/tape.h"

enum { WELCH_HANN, WELCH_HAMMING };
enum { WELCH_CONSTANT, WELCH_LINEAR, WELCH_AS_IS };

typedef struct welch {
  int64_t n, hop; /* samples of a segment, and between the starts of two */
  int detrend;
  double *window; /* [n], periodic */
  double scale;   /* of |X|^2, without the doubling: 1 / (rate x sum window^2) */
  fft_pairs *fft;
} welch;

/* Segments of n samples, one every `hop`.  False: no memory; clear it then too. */
bool welch_init (welch *, int64_t n, int64_t hop, double rate, int window, int detrend);
void welch_clear (welch *);
/* How many segments `end` samples hold. */
int64_t welch_complete (const welch *, int64_t end);
/* Doubles of work space, a whole number of cache lines; give it 64-byte aligned. */
size_t welch_room (const welch *);

/* Add |Z|^2 of segments [from, to) of a row to power[n]; `from` is even.  Returns
 * how many there are: those with a missing sample are left out. */
int64_t welch_add (const welch *, const tape *, size_t row, int64_t from, int64_t to, double *power, double *work);
/* One-sided density of bin k out of such sums over n_segments. */
double welch_density (const welch *, const double *power, int64_t k, double n_segments);
/* Medians of the densities of bins [low, high] over segments [0, to), freed of
 * their bias, into out; each: room for (high - low + 1) x to.  Returns the number
 * of segments, as above. */
int64_t welch_median (const welch *, const tape *, size_t row, int64_t to, int64_t low, int64_t high, double *out,
                      double *each, double *work);

#endif
