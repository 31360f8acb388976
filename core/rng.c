/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random numbers by counter: Philox4x32-10 of Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).  Value i of stream
 * `item` under `seed` is a function of these three only, so it does not matter
 * who draws it, in which order, or in how many pieces.
 *
 *   key     = seed
 *   counter = (block number | what << 62, item)
 *
 * `what` parts the streams of bits, uniform and normal, so that a step may
 * draw from all three without their sharing a single block.
 */
#include <math.h>
#include <string.h>

#include "core/rng.h"

enum { BITS, UNIFORM, NORMAL };

static void
mul (uint32_t a, uint32_t b, uint32_t *high, uint32_t *low)
{
  uint64_t p = (uint64_t)a * b;
  *high = (uint32_t)(p >> 32);
  *low = (uint32_t)p;
}

void
philox4x32 (const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
  uint32_t c[4] = { counter[0], counter[1], counter[2], counter[3] };
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint32_t h0, l0, h1, l1;
    mul (0xD2511F53u, c[0], &h0, &l0);
    mul (0xCD9E8D57u, c[2], &h1, &l1);
    c[0] = h1 ^ c[1] ^ k0;
    c[1] = l1;
    c[2] = h0 ^ c[3] ^ k1;
    c[3] = l0;
    k0 += 0x9E3779B9u; /* golden ratio */
    k1 += 0xBB67AE85u; /* sqrt (3) - 1 */
  }
  memcpy (out, c, sizeof c);
}

static void
block (uint64_t seed, uint64_t item, unsigned what, uint64_t number, uint32_t out[4])
{
  uint64_t n = number | (uint64_t)what << 62;
  uint32_t counter[4] = { (uint32_t)n, (uint32_t)(n >> 32), (uint32_t)item, (uint32_t)(item >> 32) };
  uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
  philox4x32 (counter, key, out);
}

/* [0, 1) from the upper 53 of 64 bits. */
static double
unit (uint32_t low, uint32_t high)
{
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

static void
bits (uint64_t seed, uint64_t item, uint64_t first, uint32_t *out, size_t n)
{
  uint32_t b[4];
  for (size_t i = 0; i < n; i++, first++) {
    if (i == 0 || first % 4 == 0)
      block (seed, item, BITS, first / 4, b);
    out[i] = b[first % 4];
  }
}

static void
uniform (uint64_t seed, uint64_t item, uint64_t first, double *out, size_t n)
{
  uint32_t b[4];
  for (size_t i = 0; i < n; i++, first++) {
    if (i == 0 || first % 2 == 0)
      block (seed, item, UNIFORM, first / 2, b);
    out[i] = first % 2 ? unit (b[2], b[3]) : unit (b[0], b[1]);
  }
}

/* Box and Muller (1958): a block gives two uniforms u, v and from them values
 * 2k and 2k + 1:  sqrt (-2 ln (1 - u)) cos 2 pi v  and  ... sin 2 pi v.
 * 1 - u is in (0, 1], so the logarithm is finite; |value| <= 8.6. */
static void
normal (uint64_t seed, uint64_t item, uint64_t first, double *out, size_t n)
{
  const double two_pi = 6.283185307179586;
  for (size_t i = 0; i < n;) {
    uint32_t b[4];
    block (seed, item, NORMAL, first / 2, b);
    double r = sqrt (-2 * log1p (-unit (b[0], b[1])));
    double angle = two_pi * unit (b[2], b[3]);
    if (first % 2 == 0) {
      out[i++] = r * cos (angle);
      first++;
      if (i == n)
        break;
    }
    out[i++] = r * sin (angle);
    first++;
  }
}

const fnx_rng_api rng_api = { sizeof (fnx_rng_api), 0, uniform, normal, bits };

/* ---- XXH64 (Collet): fast, portable, with published check values --------- */
#define P1 0x9E3779B185EBCA87u
#define P2 0xC2B2AE3D27D4EB4Fu
#define P3 0x165667B19E3779F9u
#define P4 0x85EBCA77C2B2AE63u
#define P5 0x27D4EB2F165667C5u

static uint64_t
rotl (uint64_t x, int r)
{
  return x << r | x >> (64 - r);
}

/* n <= 8 bytes, little-endian on every machine. */
static uint64_t
get (const unsigned char *p, int n)
{
  uint64_t x = 0;
  for (int i = n; i-- > 0;)
    x = x << 8 | p[i];
  return x;
}

static uint64_t
lane (uint64_t acc, uint64_t x)
{
  return rotl (acc + x * P2, 31) * P1;
}

uint64_t
hash_bytes (uint64_t seed, const void *bytes, size_t n)
{
  const unsigned char *p = bytes;
  const size_t total = n;
  uint64_t h;
  if (n >= 32) {
    uint64_t v[4] = { seed + P1 + P2, seed + P2, seed, seed - P1 };
    for (; n >= 32; n -= 32)
      for (int i = 0; i < 4; i++, p += 8)
        v[i] = lane (v[i], get (p, 8));
    h = rotl (v[0], 1) + rotl (v[1], 7) + rotl (v[2], 12) + rotl (v[3], 18);
    for (int i = 0; i < 4; i++)
      h = (h ^ lane (0, v[i])) * P1 + P4;
  } else
    h = seed + P5;
  h += total;
  for (; n >= 8; n -= 8, p += 8)
    h = rotl (h ^ lane (0, get (p, 8)), 27) * P1 + P4;
  for (; n >= 4; n -= 4, p += 4)
    h = rotl (h ^ get (p, 4) * P1, 23) * P2 + P3;
  for (; n > 0; n--, p++)
    h = rotl (h ^ *p * P5, 11) * P1;
  h = (h ^ h >> 33) * P2;
  h = (h ^ h >> 29) * P3;
  return h ^ h >> 32;
}
