/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Class means and distances to them: mdm itself, and the last part of fgmdm.
 */
#ifndef FNX_RIEMANN_MDM_H
#define FNX_RIEMANN_MDM_H

#include "plugins/learn/learn.h"
#include "plugins/riemann/riemann.h"

typedef struct mdm_means {
  classes cls;
  spd_metric metric;
  int n;
  double *mean; /* cls.n matrices of n x n, owned */
  double *ref;  /* cls.n times spd_ref_size (n), owned; not saved */
} mdm_means;

/* Fill *m, zeroed by the caller, who frees it also after a failure.  Targets
 * and weights are those of x->of. */
fnx_status mdm_fit (fnx_call *, const matrices *x, spd_metric, bool peer, const mdm_means *start, mdm_means *m);
fnx_status mdm_complete (fnx_call *, mdm_means *);
void mdm_free (mdm_means *);
fnx_status mdm_apply (fnx_call *, const mdm_means *, const matrices *x, const fnx_buf **out);
void mdm_put (state_out *, const mdm_means *);
/* false: bad bytes or no memory (then in->bad is not set). */
bool mdm_get (state_in *in, mdm_means *m);

#endif
