/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ports and parameters that several steps of this family have.
 */
#include "plugins/riemann/riemann.h"

const fnx_port_desc cov_in_port = { .struct_size = sizeof cov_in_port,
                                    .name = "in",
                                    .what = "cov[trial,channel,channel]",
                                    .doc = "one positive definite matrix a trial, from  ! cov  or  ! augcov" };
const fnx_port_desc scores_out_port = { .struct_size = sizeof scores_out_port,
                                        .name = "out",
                                        .what = "scores[trial,class]",
                                        .doc = "the largest score is the answer" };
static const fnx_port_desc epochs_in_port = { .struct_size = sizeof epochs_in_port,
                                              .name = "in",
                                              .what = "epochs[trial,channel,time]",
                                              .doc = "the trials, from  ! epoch" };
const fnx_port_desc *const epochs_inputs[] = { &epochs_in_port, NULL };
const fnx_port_desc *const cov_inputs[] = { &cov_in_port, NULL };
const fnx_port_desc *const scores_outputs[] = { &scores_out_port, NULL };

/* Augmented covariances. */
const fnx_param_desc acm_estimator_param = {
  .struct_size = sizeof acm_estimator_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "as in cov; the published ACM takes cov",
  .fallback = "cov",
  .choices = cov_names,
};

/* Steps that take epochs as well. */
static const fnx_port_desc either_in_port
    = { .struct_size = sizeof either_in_port,
        .name = "in",
        .what = "cov[trial,channel,channel] or epochs[trial,channel,time]",
        .doc = "positive definite matrices; of epochs the covariance is taken first" };
const fnx_port_desc *const either_inputs[] = { &either_in_port, NULL };
const fnx_param_desc either_estimator_param = {
  .struct_size = sizeof either_estimator_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "covariance of epochs that come in directly, as in cov; without meaning behind  ! cov",
  .fallback = "oas",
  .choices = cov_names,
};
const fnx_param_desc metric_param = {
  .struct_size = sizeof metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "how far apart two matrices are; riemann: affine-invariant, the same for any mixing of the channels",
  .fallback = "riemann",
  .choices = spd_mean_names,
};

static const char *const plane_names[] = { "riemann", "logeuclid", "euclid", NULL };
const fnx_param_desc plane_metric_param = {
  .struct_size = sizeof plane_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the mean and of the map",
  .fallback = "riemann",
  .choices = plane_names,
};

const fnx_param_desc any_metric_param = {
  .struct_size = sizeof any_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the distances; riemann: affine-invariant, the same for any mixing of the channels",
  .fallback = "riemann",
  .choices = spd_metric_names,
};

/* "metric", then spd_metric_names. */
static const char *const distances[]
    = { "metric",       "riemann", "logeuclid", "euclid",         "harmonic", "logdet", "wasserstein",
        "kullback_sym", "logchol", "kullback",  "kullback_right", "chol",     NULL };
_Static_assert(sizeof distances / sizeof *distances == SPD_N_METRIC + 2, "one name a metric");
const fnx_param_desc distance_param = {
  .struct_size = sizeof distance_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "distance",
  .doc = "from a trial to the means; metric: that of metric=",
  .fallback = "metric",
  .choices = distances,
};

spd_metric
distance_of (spd_metric mean, int64_t said)
{
  return said > 0 ? (spd_metric)(said - 1) : mean;
}

const char *const spd_peer_names[] = { "fast", "exact", NULL };
const fnx_param_desc peer_param = {
  .struct_size = sizeof peer_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc = "exact: pyRiemann's own iteration, step by step; fast: the same mean to 1e-8 in fewer steps",
  .fallback = "fast",
  .choices = spd_peer_names,
  .when = "metric=riemann",
};

/* One matrix beside the trials. */
const fnx_port_desc to_port = {
  .struct_size = sizeof to_port,
  .flags = FNX_PORT_OPTIONAL,
  .name = "to",
  .what = "cov[channel,channel]",
  .doc = "one matrix of the same channels, such as  ! mean @m  gives",
};
