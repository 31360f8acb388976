/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spatial filters, weighted sums of channels: what they are, the power behind
 * them, and how common spatial patterns find them.
 */
#ifndef FNX_RIEMANN_FILTERS_H
#define FNX_RIEMANN_FILTERS_H

#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"

/* ---- filters.c ---- */
typedef struct filters {
  int n;        /* channels */
  size_t count; /* filters */
  double *w;    /* count x n, best first */
  char **label; /* count names */
  double *mean; /* count powers to subtract, then ... */
  double *sd;   /* ... to divide by; both NULL unless powers are z-scored */
} filters;

/* Room for count filters, called "csp1", "csp2" .. after `name`; of n_group > 1
 * groups, each with an equal share, "left.csp1", "left.csp2" .. "right.csp1".
 * band: "8-12Hz", which then comes before all that; or NULL. */
fnx_status filters_new (fnx_call *, filters *, int n, size_t count, const char *band, const char *const *group,
                        size_t n_group, const char *name);
void filters_clear (filters *);
void filters_put (state_out *, const filters *);
bool filters_get (state_in *, filters *);
/* out[i * stride + k]: power of matrix i behind filter k, diag (W X W^T); its
 * logarithm if `log`; z-scored if the filters say so. */
fnx_status filters_power (fnx_call *, const filters *, const matrices *, bool log, double *out, size_t stride);
/* features[trial,feature] with these names (NULL: none yet). */
const fnx_spec *filters_spec (fnx_call *, const fnx_spec *in, int64_t count, char *const *label);

/* Which of the n rows of v[n,n] to keep: the `count` of largest merit, of
 * equals the later one first as numpy's reversed argsort.  merit is spent. */
fnx_status filters_keep (fnx_call *, const double *v, double *merit, int n, size_t count, double *w);

/* Say why the mean of these matrices has no filters. */
fnx_status filters_refuse (fnx_call *, const matrices *, bool mne, const double *mean);

extern const fnx_param_desc filters_metric_param, filters_classes_param;

/* ---- patterns.c: common spatial patterns ---- */
typedef enum patterns_order { ORDER_MUTUAL_INFO, ORDER_ALTERNATE } patterns_order;
/* The `count` best filters for these classes, into w[count,n]: of two classes
 * by their generalised eigenvectors, of more by joint diagonalisation. */
typedef struct patterns_how {
  spd_metric metric;
  patterns_order order;
  bool mne, concat;
  int64_t samples; /* of a trial; peer=mne */
} patterns_how;
fnx_status patterns_fit (fnx_call *, const patterns_how *, const matrices *, const double *weight, const int32_t *code,
                         int32_t n_class, size_t count, double *w);
/* The same, of each class against the others: n_class x count filters. */
fnx_status patterns_fit_ovr (fnx_call *, const patterns_how *, const matrices *, const double *weight,
                             const int32_t *code, int32_t n_class, size_t count, double *w);

#endif
