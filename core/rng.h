/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random numbers that plugins draw, and the hash that seeds are made with.
 */
#ifndef FNX_CORE_RNG_H
#define FNX_CORE_RNG_H

#include "fornix/plugin.h"

extern const fnx_rng_api rng_api; /* Philox4x32-10, see plugin.h */

/* The block function itself: Random123's philox4x32-10. */
void philox4x32 (const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* One 64-bit mixing hash for seeds and keys (XXH64): not cryptographic. */
uint64_t hash_bytes (uint64_t seed, const void *bytes, size_t n);

#endif
