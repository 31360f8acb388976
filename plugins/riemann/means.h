/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means of classes and distances to them: what mdm and mdwm are, the last part
 * of fgmdm, and meanfield, which has several sets of them.
 */
#ifndef FNX_RIEMANN_MEANS_H
#define FNX_RIEMANN_MEANS_H

#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"

typedef struct class_means {
  classes cls;
  spd_metric metric; /* of the distances */
  int n;
  size_t sets;  /* of cls.n means */
  double *mean; /* sets x cls.n matrices of n x n, owned */
  double *ref;  /* for each spd_ref_size (n), owned; not saved */
} class_means;

/* Room for the means; targets and weights (NULL: none) are those of x->of. *m
 * is zeroed by the caller, who frees it also after a failure. */
fnx_status means_begin (fnx_call *, const matrices *x, spd_metric distance, size_t sets, class_means *m,
                        const int32_t **code, const double **w);
/* One set of means. */
fnx_status means_fit (fnx_call *, const matrices *x, spd_metric mean, spd_metric distance, bool peer,
                      const class_means *start, class_means *m);
/* What distances need of each mean, computed once. */
fnx_status means_complete (fnx_call *, class_means *);
void means_free (class_means *);
/* Scores: minus the squared distances to the means of the set that `pick`
 * takes by d2[sets,n_class]; NULL: the first. */
fnx_status means_apply (fnx_call *, const class_means *, const matrices *x,
                        size_t (*pick) (const double *d2, size_t sets, size_t n_class), const fnx_buf **out);
void means_put (state_out *, const class_means *);
/* false: bad bytes or no memory (then in->bad is not set). */
bool means_get (state_in *in, size_t sets, class_means *m);

#endif
