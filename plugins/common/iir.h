/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Butterworth filters as second-order sections, with the numbers of
 * scipy.signal: butter (output="sos"), sosfilt, sosfilt_zi, sosfiltfilt.
 */
#ifndef FNX_COMMON_IIR_H
#define FNX_COMMON_IIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IIR_ORDER 16           /* highest order of the prototype */
#define IIR_SECTIONS IIR_ORDER /* a band-pass has twice the order */
#define IIR_LANES 8            /* rows filtered at once */

typedef struct iir {
  int n;                      /* sections */
  double b[IIR_SECTIONS][3];  /* numerators */
  double a[IIR_SECTIONS][3];  /* denominators, a[][0] = 1 */
  double zi[IIR_SECTIONS][2]; /* state in which a constant 1 has lasted for ever */
} iir;

/* Pass [low, high], both relative to Nyquist; low <= 0: low-pass, high >= 1:
 * high-pass.  False: the numbers do not hold (edges too close for the order). */
bool iir_butter (iir *, int order, double low, double high);
/* MNE's estimate_ringing_samples: the last sample at which the impulse
 * response exceeds 1/1000 of its largest value. */
int64_t iir_ringing (const iir *);

/* Filter forwards and backwards over rows x[0..m), m <= IIR_LANES, of n
 * samples into y (which may be x), extended on both sides by odd reflection of
 * `pad` < n samples.  work: iir_room (pad) doubles, 64-byte aligned. */
void iir_zero_phase (const iir *, const double *const *x, double *const *y, int m, int64_t n, int64_t pad,
                     double *work);
size_t iir_room (int64_t pad);

/* Forwards only, block by block.  `state` holds IIR_STATE doubles; when
 * `begin`, the past is taken as the first sample for ever.  work as above with
 * pad 0. */
#define IIR_STATE ((size_t)IIR_SECTIONS * 2 * IIR_LANES)
void iir_forward (const iir *, double *state, bool begin, const double *const *x, double *const *y, int m, int64_t n,
                  double *work);

#endif
