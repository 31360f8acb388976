/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products of the channels' spectra over overlapping windows, which all of
 * crossspec's matrices are made of.
 */
#ifndef FNX_RIEMANN_CROSSING_H
#define FNX_RIEMANN_CROSSING_H

#include "fornix/plugin.h"
#include "plugins/common/fft.h"

/* Windows [k step, k step + window) of a recording and the bins low .. low +
 * n_freq - 1 of their spectra. */
typedef struct crossing {
  int window, step, n_window, low, n_freq, n_channel;
  double *taper; /* window values: numpy.hanning; scratch memory */
  fft *plan;
  double *z;    /* a tile of spectra, n_freq x 2 n_tile x n_channel; scratch memory */
  double *work; /* of the workers; scratch memory */
  int n_tile;   /* windows of a tile */
} crossing;

/* Complete one whose first line is set; the caller frees the plan. */
fnx_status crossing_make (fnx_call *, crossing *);
/* For bin f, with a and b the real and imaginary parts over all windows:
 * re[f] = a^T a + b^T b and half[f] = a^T b, each n_channel^2, of x[n_channel,T].
 * Then `done` runs for each bin. */
fnx_status crossing_sums (fnx_call *, const crossing *, const double *x, int64_t T, double *re, double *half,
                          fnx_status (*done) (void *arg, int bin), void *arg);

#endif
