/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the steps of this family share: cov[trial,channel,channel] seen as
 * matrices, the sentence for one that is not positive definite, covariances of
 * epochs, and the descriptors of common ports and parameters.
 */
#ifndef FNX_RIEMANN_H
#define FNX_RIEMANN_H

#include "fornix/plugin.h"
#include "plugins/common/cov.h"
#include "plugins/common/give.h"
#include "plugins/common/mean.h"
#include "plugins/common/spd.h"
#include "plugins/common/trialname.h"

#include <stdbool.h>

/* ---- matrices.c ---- */
/* The trials of a buffer as count matrices of n x n. */
typedef struct matrices {
  int n;
  size_t count;
  const double *const *x; /* scratch memory or the buffer's */
  const fnx_buf *of;      /* the buffer they come from: for messages */
  int samples;            /* they were estimated from; 0: unknown */
  /* Of the rows; NULL: those of the buffer's channels, where there are as many. */
  const char *const *labels;
  const char *cure; /* what makes them positive definite; NULL: estimator=oas; "": nothing that can be set */
  /* Why rows depend on each other where the channels do not, and what mends it
   * beside the cure ("": nothing); NULL: not known. */
  const char *why, *instead;
  int64_t bin; /* 0; or 1 + the index of their frequency */
} matrices;

/* From cov[trial,channel,channel], each tested (finite, symmetric, and where
 * `spd` positive definite); at least `need` trials. */
fnx_status matrices_of (fnx_call *, const fnx_buf *, size_t need, bool spd, matrices *);
/* Those at one frequency of spectrum[trial,freq,channel,channel]. */
fnx_status matrices_of_bin (fnx_call *, const fnx_buf *, int64_t bin, size_t need, matrices *);
/* Each finite, symmetric and (spd) positive definite?  *bad as matrices_each has it. */
fnx_status matrices_test (fnx_call *, const matrices *, bool spd, size_t *bad);
/* Say why matrix i is not positive definite, and what to do; of epochs, look at
 * their samples first. */
fnx_status matrices_bad (fnx_call *, const matrices *, size_t i);
/* causes.c: the same for x[n,n], a matrix `like` those, which is called `what`; like->of
 * may be NULL. */
fnx_status matrices_refuse (fnx_call *, const matrices *like, const double *x, const char *what);
/* FNX_E_SPEC unless the matrices have the n channels a model was fitted on. */
fnx_status matrices_fit (fnx_call *, const matrices *, int n);
/* The mean under a metric; trials of code k only (codes NULL: all).  w: NULL,
 * or a weight for each trial. */
fnx_status matrices_mean (fnx_call *, const matrices *, spd_metric, const double *w, const int32_t *codes, int32_t k,
                          bool peer, const double *start, double *m);
/* The same under the power mean of p in [-1, 1]. */
fnx_status matrices_power (fnx_call *, const matrices *, double p, const double *w, const int32_t *codes, int32_t k,
                           double *mean);
/* Run f (arg, i, work) for each matrix over the host's threads; work is `room`
 * doubles.  Non-zero from f: matrix i is not positive definite, which *bad then
 * names (count: none failed); bad NULL: that is said here. */
fnx_status matrices_each (fnx_call *, const matrices *, size_t room, int (*f) (void *arg, size_t i, double *work),
                          void *arg, size_t *bad);
/* The same for f that takes 1 to SPD_TOGETHER of them at once, from `first` on;
 * it returns 0, or 1 + the index among these of the one that will not do. */
fnx_status matrices_some (fnx_call *, const matrices *, size_t room,
                          int (*f) (void *arg, size_t first, size_t count, double *work), void *arg);

/* ---- reference.c: one matrix beside the trials, the input `port` ---- */
/* FNX_E_SPEC unless ref is over the channels (and frequencies) of the trials' matrices; NULL, and
 * trials without channels: any square one. */
fnx_status reference_fits (fnx_call *, const fnx_spec *ref, const fnx_spec *trials, const char *port);
/* Its matrices, one or one a frequency, tested as those of matrices_of are. */
fnx_status reference_of (fnx_call *, const fnx_buf *, const char *port, bool spd, matrices *);
extern const fnx_port_desc to_port;
#define REFERENCE_WHAT "cov[channel,channel] or spectrum[freq,channel,channel]"

/* ---- estimate.c ---- */
/* Covariances of epochs[trial,channel,time] (or of windows that `embed` makes
 * of them) into out[count,n,n], tested: what is not positive definite is
 * refused with its cause. */
typedef struct window {
  int order, lag;   /* augmentation; 1, any: none */
  bool wrap;        /* pyRiemann's TimeDelayCovariances instead of MOABB's AugmentedDataset */
  const int *delay; /* of each of `order` copies, the first 0; NULL: 0, lag, 2 lag ... */
} window;
/* Samples between copy b and the first. */
int window_delay (const window *, int b);
/* Samples that a trial of T leaves. */
int64_t window_samples (const window *, int64_t T);
/* Look for what no estimator can mend in the samples of trial i of epochs (FNX_OK
 * of anything else): missing or infinite ones, and those whose squares leave the
 * range of doubles. */
fnx_status samples_refuse (fnx_call *, const fnx_buf *, size_t i);
fnx_status samples_refuse_any (fnx_call *, const fnx_buf *); /* of any trial */
/* Why trial i of epochs has no covariance: its samples, or its rank. */
fnx_status epochs_refuse (fnx_call *, const fnx_buf *, size_t i);
fnx_status covs_of_epochs (fnx_call *, const fnx_buf *, cov_kind, const window *, double *out, matrices *);
/* run() and apply() of what gives covariances: a new buffer of those of the
 * epochs `in`. */
fnx_status covs_new (fnx_call *, const fnx_buf *in, cov_kind, const window *, const fnx_buf **out);
/* Note that rows come close to samples, where nothing shrinks. */
void window_tell (fnx_call *, const fnx_spec *epochs, cov_kind, const window *);
/* cov[trial,channel,channel] or epochs[trial,channel,time], told by the axes. */
fnx_status matrices_of_any (fnx_call *, const fnx_buf *, cov_kind, size_t need, matrices *);
/* Unit of a covariance: "uV" gives "uV2"; scratch memory. */
const char *cov_unit (fnx_call *, const char *unit, cov_kind);
/* cov[trial,channel,channel] for these epochs; NULL: fail() was called. */
const fnx_spec *cov_spec (fnx_call *, const fnx_spec *in, cov_kind, const window *);

/* ---- common descriptors: params.c ---- */
extern const fnx_port_desc cov_in_port, scores_out_port;
extern const fnx_param_desc estimator_param, metric_param, peer_param;
/* Of augmented covariances. */
enum { ACM_MAX_ORDER = 100 };
#define ACM_ORDER_FIELDS                                                                                               \
  .struct_size = sizeof (fnx_param_desc), .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .name = "order",                  \
  .doc = "copies of each channel, the undelayed one included; 1 is a plain covariance", .fallback = "4", .min = 1,     \
  .max = ACM_MAX_ORDER
#define ACM_LAG_FIELDS                                                                                                 \
  .struct_size = sizeof (fnx_param_desc), .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .name = "lag",                    \
  .doc = "samples between one copy and the next", .fallback = "8", .min = 1, .max = 10000
extern const fnx_param_desc acm_estimator_param;
extern const fnx_param_desc either_estimator_param, any_metric_param, distance_param, plane_metric_param;
extern const char *const spd_peer_names[];
/* What distance= says beside the metric of the means. */
spd_metric distance_of (spd_metric mean, int64_t said);
extern const fnx_port_desc *const cov_inputs[], *const epochs_inputs[], *const either_inputs[];
extern const fnx_port_desc *const scores_outputs[];

extern const fnx_step_desc cov_step;
extern const fnx_step_desc augcov_step;
extern const fnx_step_desc delaycov_step;
extern const fnx_step_desc btacm_step;
extern const fnx_step_desc siegelmdm_step;
extern const fnx_step_desc siegeltangent_step;
extern const fnx_step_desc mean_step;
extern const fnx_step_desc distance_step;
extern const fnx_step_desc geodesic_step;
extern const fnx_step_desc tangent_step;
extern const fnx_step_desc untangent_step;
extern const fnx_step_desc mdm_step;
extern const fnx_step_desc fgmdm_step;
extern const fnx_step_desc meanfield_step;
extern const fnx_step_desc knn_step;
extern const fnx_step_desc csp_step;
extern const fnx_step_desc trcsp_step;
extern const fnx_step_desc spoc_step;
extern const fnx_step_desc fbcsp_step;
extern const fnx_step_desc potato_step;
extern const fnx_step_desc erpcov_step;
extern const fnx_step_desc xdawncov_step;
extern const fnx_step_desc xdawn_step;
extern const fnx_step_desc align_step;
extern const fnx_step_desc recentre_step;
extern const fnx_step_desc rescale_step;
extern const fnx_step_desc crossspec_step;
extern const fnx_step_desc rotate_step;
extern const fnx_step_desc mdwm_step;
extern const fnx_step_desc potatofield_step;
extern const fnx_step_desc ksvm_step;
extern const fnx_step_desc tangentrotate_step;

#endif
