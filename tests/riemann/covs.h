/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Covariance matrices for tests.
 */
#ifndef FNX_TESTS_COVS_H
#define FNX_TESTS_COVS_H

#include "plugins/common/linalg.h"
#include "tests/harness.h"

/* `count` matrices G G^T / 2n of normal G[n,2n]. */
static inline fnx_buf *
random_covs (long count, long n, uint64_t seed)
{
  size_t q = (size_t)(n * n);
  double *x = malloc ((size_t)count * q * sizeof *x), *g = malloc (2 * q * sizeof *g);
  for (long k = 0; k < count; k++) {
    t_random (g, 2 * q, seed + (uint64_t)k);
    la_gram (x + (size_t)k * q, g, (int)n, (int)(2 * n), 0.5 / (double)n, 0);
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", x, count, n, n);
  free (x);
  free (g);
  return b;
}

/* The matrix i of b as cov[channel,channel]. */
static inline fnx_buf *
alone (const fnx_buf *b, size_t i)
{
  long n = (long)buffer_spec (b)->axes[1]->size;
  return t_buf ("cov[channel,channel]", t_values (b) + i * (size_t)(n * n), n, n);
}

#endif
