/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps csp, trcsp and spoc, which differ in how they find their filters:
 * they take covariances or epochs, and give the power behind each filter or
 * the filtered epochs.
 */
#ifndef FNX_RIEMANN_SPATIAL_H
#define FNX_RIEMANN_SPATIAL_H

#include "plugins/common/estimator.h"
#include "plugins/riemann/filters.h"

struct fnx_step {
  const char *name;
  int count;            /* filters wanted; of csp classes=ovr, for each class */
  cov_kind kind;        /* of epochs */
  bool mne;             /* MNE's way: X X^T of epochs, without centring */
  bool log;             /* of the powers */
  bool space;           /* gives epochs */
  bool ovr;             /* csp: one class against the others, in turn */
  bool concat;          /* csp peer=mne: all samples of a class are one stretch */
  patterns_order order; /* csp peer=mne */
  spd_metric metric;    /* csp, trcsp: of the class means */
  double alpha;         /* trcsp */
};
struct fnx_model {
  filters f;
};

/* create() with what all three have; `name` is the step's. */
fnx_status spatial_create (fnx_call *, const fnx_params *, const char *name, fnx_step **out);
/* `count` filters come, or FNX_UNKNOWN. */
fnx_status spatial_negotiate (fnx_call *, const fnx_step *, const fnx_spec *in, int64_t count, const fnx_spec **out);
/* The matrices of the trials, tested; peer=mne: X X^T / T. */
fnx_status spatial_matrices (fnx_call *, const fnx_step *, const fnx_buf *, size_t need, matrices *);
/* Hand the model out once its filters are there, z-scoring what it saw. */
fnx_status spatial_finish (fnx_call *, const fnx_step *, const matrices *, fnx_status, fnx_model *, fnx_model **out);
fnx_status spatial_apply (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in,
                          const fnx_buf **out);
void spatial_free (fnx_model *);
void spatial_put (state_out *, const fnx_model *);
bool spatial_get (state_in *, const fnx_step *, fnx_model *);
/* The tail of such a step, around its fit(). */
#define SPATIAL_ESTIMATOR(step_)                                                                                       \
  ESTIMATOR (step_, 2, spatial_put, spatial_get, NULL, fit, spatial_free, .flags = FNX_EST_SUPERVISED,                 \
             .apply = spatial_apply, .learns = "spatial filters")

extern const fnx_param_desc filters_param, filters_log_param, filters_gives_param, filters_peer_param,
    filters_estimator_param;
extern const fnx_port_desc *const filters_outputs[];

#endif
