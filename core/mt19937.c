/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matsumoto & Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998); seeding
 * init_genrand of their 2002 code; interval and shuffle as in numpy 1.24's
 * legacy generator (_legacy_seeding, random_interval, RandomState.shuffle).
 */
#include "core/mt19937.h"

#define N 624
#define M 397

void
mt19937_seed (mt19937 *mt, uint32_t seed)
{
  for (unsigned i = 0; i < N; i++) {
    mt->key[i] = seed;
    seed = 1812433253u * (seed ^ (seed >> 30)) + i + 1;
  }
  mt->at = N;
}

static void
refill (mt19937 *mt)
{
  for (unsigned i = 0; i < N; i++) {
    uint32_t y = (mt->key[i] & 0x80000000u) | (mt->key[(i + 1) % N] & 0x7fffffffu);
    mt->key[i] = mt->key[(i + M) % N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
  }
  mt->at = 0;
}

uint32_t
mt19937_next (mt19937 *mt)
{
  if (mt->at >= N)
    refill (mt);
  uint32_t y = mt->key[mt->at++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint32_t
mt19937_interval (mt19937 *mt, uint32_t max)
{
  uint32_t mask = max, value;
  if (max == 0)
    return 0; /* draws nothing, as numpy */
  for (int shift = 1; shift <= 16; shift *= 2)
    mask |= mask >> shift;
  while ((value = mt19937_next (mt) & mask) > max)
    ;
  return value;
}

void
mt19937_shuffle (mt19937 *mt, int64_t *values, int64_t n)
{
  for (int64_t i = n - 1; i > 0; i--) {
    int64_t j = mt19937_interval (mt, (uint32_t)i), kept = values[i];
    values[i] = values[j];
    values[j] = kept;
  }
}
