/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model of mdm, mdwm and meanfield: class means and nothing else.
 */
#ifndef FNX_RIEMANN_MDM_H
#define FNX_RIEMANN_MDM_H

#include "plugins/common/estimator.h"
#include "plugins/riemann/means.h"

struct fnx_model {
  class_means means;
};

void mdm_free (fnx_model *);
fnx_status mdm_complete (fnx_call *, fnx_model *);
fnx_status mdm_apply (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in, const fnx_buf **out);
void mdm_put (state_out *, const fnx_model *);
bool mdm_get (state_in *, const fnx_step *, fnx_model *);

/* Of a step whose model has one set of means. */
#define MDM_ESTIMATOR(step_)                                                                                           \
  ESTIMATOR (step_, 1, mdm_put, mdm_get, mdm_complete, fit, mdm_free, .flags = FNX_EST_SUPERVISED, .apply = mdm_apply, \
             .learns = "class means")

#endif
