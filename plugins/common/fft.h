/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Real FFTs over FFTW, planned by estimate only: a plan then depends on the
 * length alone, so results repeat from run to run.
 */
#ifndef FNX_COMMON_FFT_H
#define FNX_COMMON_FFT_H

#include <stddef.h>

/* Call it from the load() of every module that plans FFTs: the planner is
 * then safe to call from any thread. */
void fft_load (void);

/* n real values to n / 2 + 1 complex ones and back.  Both directions may run
 * in many threads at once on different, 64-byte aligned arrays. */
typedef struct fft fft;
fft *fft_new (size_t n); /* NULL: no memory, or n is 0 or beyond 2^30 */
void fft_free (fft *);
/* The spectrum as (re, im) pairs; `in` may be destroyed. */
void fft_forward (const fft *, double *in, double *spectrum);
/* Without the factor 1/n; `spectrum` is destroyed. */
void fft_backward (const fft *, double *spectrum, double *out);
/* Doubles to hold a spectrum of n values, rounded up to whole cache lines. */
size_t fft_room (size_t n);

/* The same for n complex values, in place, forwards. */
typedef struct fft_pairs fft_pairs;
fft_pairs *fft_pairs_new (size_t n);
void fft_pairs_free (fft_pairs *);
void fft_pairs_forward (const fft_pairs *, double *z);

#endif
