/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_CORE_RNG_H
#define FNX_CORE_RNG_H

#include "fornix/plugin.h"

extern const fnx_rng_api rng_api; /* Philox4x32-10, see plugin.h */

/* One 64-bit mixing hash for seeds and keys: not cryptographic. */
uint64_t hash_bytes (uint64_t seed, const void *bytes, size_t n);

#endif
