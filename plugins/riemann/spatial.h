/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spatial filters, weighted sums of channels: what csp, trcsp, spoc and fbcsp
 * share once their filters are found.  They take covariances or epochs, and
 * give the power behind each filter or the filtered epochs.
 */
#ifndef FNX_RIEMANN_SPATIAL_H
#define FNX_RIEMANN_SPATIAL_H

#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"

/* ---- the filters themselves ---- */
typedef struct filters {
  int n;        /* channels */
  size_t count; /* filters */
  double *w;    /* count x n, best first */
  char **label; /* count names */
  double *mean; /* count powers to subtract, then ... */
  double *sd;   /* ... to divide by; both NULL unless powers are z-scored */
} filters;

/* Room for count filters, called "csp1", "csp2" .. after `name`; with n_group >
 * 1 "left.csp1", "left.csp2" .. "right.csp1", each group an equal share. */
fnx_status filters_new (fnx_call *, filters *, int n, size_t count, const char *name, const char *const *group,
                        size_t n_group);
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

/* ---- the steps csp, trcsp and spoc ---- */
typedef enum patterns_order { ORDER_MUTUAL_INFO, ORDER_ALTERNATE } patterns_order;
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
void spatial_destroy (fnx_step *);
/* `count` filters come, or FNX_UNKNOWN. */
fnx_status spatial_negotiate (fnx_call *, const fnx_step *, const fnx_spec *in, int64_t count, const fnx_spec **out);
/* The matrices of the trials, tested; peer=mne: X X^T / T. */
fnx_status spatial_matrices (fnx_call *, const fnx_step *, const fnx_buf *, size_t need, matrices *);
/* Hand the model out once its filters are there, z-scoring what it saw. */
fnx_status spatial_finish (fnx_call *, const fnx_step *, const matrices *, fnx_status, fnx_model *, fnx_model **out);
fnx_status spatial_apply (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in,
                          const fnx_buf **out);
void spatial_free (fnx_model *);
fnx_status spatial_save (fnx_call *, const fnx_model *, fnx_status (*put) (void *, const void *, size_t), void *to);
fnx_status spatial_load (fnx_call *, const fnx_step *, uint32_t version, const void *bytes, size_t n, fnx_model **out);
#define SPATIAL_STATE 2
/* The table of such a step, around its fit(). */
#define SPATIAL_ESTIMATOR(fit_)                                                                                        \
  static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,                                        \
                                               .flags = FNX_EST_SUPERVISED,                                            \
                                               .fit = fit_,                                                            \
                                               .apply = spatial_apply,                                                 \
                                               .model_free = spatial_free,                                             \
                                               .state_version = SPATIAL_STATE,                                         \
                                               .save = spatial_save,                                                   \
                                               .load = spatial_load,                                                   \
                                               .learns = "spatial filters" };                                          \
  LEARN_EXTENSION (estimator)

extern const fnx_param_desc filters_param, filters_log_param, filters_gives_param, filters_peer_param,
    filters_metric_param, filters_classes_param;
extern const fnx_port_desc *const filters_outputs[];

/* ---- patterns.c: common spatial patterns ---- */
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
