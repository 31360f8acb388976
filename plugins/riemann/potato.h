/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A region of clean trials around their mean, and what a step that rejects
 * gives: trials with a weight, or scores of two classes.
 */
#ifndef FNX_RIEMANN_POTATO_H
#define FNX_RIEMANN_POTATO_H

#include "plugins/common/estimator.h"
#include "plugins/riemann/riemann.h"

/* The logarithm of the distance to the mean, as a normal variable. */
typedef struct potato {
  spd_metric metric;
  int n;
  double *mean;  /* n x n, owned */
  double *ref;   /* spd_ref_size (n), owned; not saved */
  double mu, sd; /* of the log distance of clean trials */
} potato;

/* Learn it, z >= threshold left out again and again, at most `passes` times.
 * *p is zeroed by the caller, who clears it also after a failure. */
fnx_status potato_fit (fnx_call *, const matrices *x, spd_metric, bool peer, double threshold, int passes, potato *p);
fnx_status potato_complete (fnx_call *, potato *);
void potato_clear (potato *);
/* z of each trial: standard deviations of log distance above the clean mean. */
fnx_status potato_z (fnx_call *, const potato *, const matrices *x, double *z);
void potato_put (state_out *, const potato *);
bool potato_get (state_in *, potato *);

/* Choices of gives=. */
enum { GIVES_WEIGHTS, GIVES_SCORES };
extern const fnx_param_desc gives_param;
extern const fnx_port_desc *const reject_outputs[];
const fnx_spec *reject_spec (fnx_call *, int gives, const fnx_spec *in);
/* The output for `in`: clean where margin > 0; z goes into the column "z". */
fnx_status reject_out (fnx_call *, int gives, const fnx_buf *in, const double *margin, const double *z,
                       const fnx_buf **out);

#endif
