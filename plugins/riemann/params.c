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
const fnx_port_desc *const cov_inputs[] = { &cov_in_port, NULL };
const fnx_port_desc *const scores_outputs[] = { &scores_out_port, NULL };

const fnx_param_desc metric_param = {
  .struct_size = sizeof metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "how far apart two matrices are; riemann: affine-invariant, the same for any mixing of the channels",
  .fallback = "riemann",
  .choices = spd_mean_names,
};

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
