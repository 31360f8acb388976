/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MT19937 as numpy.random.RandomState (seed) draws it: only for reproducing
 * scikit-learn's folds.  Everything else draws from Philox (rng.h).
 */
#ifndef FNX_CORE_MT19937_H
#define FNX_CORE_MT19937_H

#include <stddef.h>
#include <stdint.h>

typedef struct mt19937 {
  uint32_t key[624];
  unsigned at;
} mt19937;

void mt19937_seed (mt19937 *, uint32_t seed); /* init_genrand, numpy's legacy seeding */
uint32_t mt19937_next (mt19937 *);
/* Uniform in [0, max], by masking and rejection (numpy's random_interval). */
uint32_t mt19937_interval (mt19937 *, uint32_t max);
/* numpy.random.RandomState.shuffle: Fisher-Yates from the end. */
void mt19937_shuffle (mt19937 *, int64_t *values, int64_t n);

#endif
