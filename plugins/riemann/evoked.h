/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the trials of each class have in common: their mean response, and the
 * Xdawn filters that raise it above everything else (Rivet et al. 2009).
 */
#ifndef FNX_RIEMANN_EVOKED_H
#define FNX_RIEMANN_EVOKED_H

#include "plugins/common/estimator.h"
#include "plugins/riemann/riemann.h"

typedef struct evoked {
  classes cls;  /* owned by the caller, who frees them also after a failure */
  size_t n, T;  /* channels, samples */
  double *mean; /* cls.n x n x T; scratch memory */
  const double *w;
} evoked;

/* The responses of epochs[trial,channel,time] with target; a column weight
 * weighs the trials. */
fnx_status evoked_of (fnx_call *, const fnx_buf *, evoked *);
/* FNX_E_SPEC unless epochs have the n channels and, if T is not 0, T samples of a model. */
fnx_status evoked_fit (fnx_call *, const fnx_buf *, size_t n, size_t T);

/* Filters v of each class, C_response v = lambda C_all v, largest lambda first,
 * of unit norm, the largest entry positive: filter[cls.n x each, n].  C_all is
 * of all trials of weight above 0 as one long recording; cure: as in struct matrices, for where it is singular. */
fnx_status xdawn_filters (fnx_call *, const fnx_buf *, const evoked *, cov_kind, const char *cure, size_t each,
                          double *filter);
/* "left:1", "left:2" .. for those rows, behind `prefix`; scratch memory. */
const char *const *xdawn_labels (fnx_call *, const classes *, size_t each, const char *prefix);
/* A row times the sign that makes its largest entry positive. */
void evoked_sign (double *row, size_t n, size_t stride);

extern const fnx_param_desc nfilter_param;
extern const fnx_port_desc *const evoked_inputs[];

#endif
