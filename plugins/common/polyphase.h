/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rational resampling as scipy.signal.resample_poly does it.
 *
 * Output m lies at m * down of the signal with up - 1 zeros put between its
 * samples, and is the sum over k of h[half + m * down - k * up] x[k].
 */
#ifndef FNX_COMMON_POLYPHASE_H
#define FNX_COMMON_POLYPHASE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct polyphase {
  int64_t up, down; /* no common divisor */
  int64_t half;     /* of the filter, at the high rate */
  int64_t n_taps;   /* of each phase, a multiple of 4 */
  double *phase;    /* [up][n_taps]: taps in the order of the samples; owned */
} polyphase;

/* scipy's filter: a Kaiser window of beta 5 over 20 x max (up, down) + 1 taps,
 * cut at the lower of the two Nyquist frequencies, gain up.  False: no memory. */
bool polyphase_init (polyphase *, int64_t up, int64_t down);
void polyphase_clear (polyphase *);
/* Output m takes samples polyphase_first (m) .. + n_taps - 1. */
int64_t polyphase_first (const polyphase *, int64_t m);
/* How many outputs take none but the first `end` samples. */
int64_t polyphase_ready (const polyphase *, int64_t end);
/* Outputs [from, to); x begins at sample polyphase_first (from). */
void polyphase_run (const polyphase *, int64_t from, int64_t to, const double *x, double *out);

#endif
