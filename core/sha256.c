/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256 as FIPS 180-4 section 6.2 writes it down; names are the standard's.
 * Written here because it is short, and none of the libraries that the
 * host links has it.
 */
#include <stdbool.h>
#include <string.h>

#include "core/sha256.h"

static const uint32_t K[64]
    = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

static uint32_t
rotr (uint32_t x, int n)
{
  return x >> n | x << (32 - n);
}

/* One step of 6.2.2: instead of moving a .. h along, the caller names them in
 * turn, which is three times as fast. */
#define STEP(a, b, c, d, e, f, g, h, t)                                                                                \
  do {                                                                                                                 \
    uint32_t T1 = h + (rotr (e, 6) ^ rotr (e, 11) ^ rotr (e, 25)) + ((e & f) ^ (~e & g)) + K[t] + W[t];                \
    d += T1;                                                                                                           \
    h = T1 + (rotr (a, 2) ^ rotr (a, 13) ^ rotr (a, 22)) + ((a & b) ^ (a & c) ^ (b & c));                              \
  } while (0)

static void
compress_plain (uint32_t H[8], const unsigned char *M, size_t blocks)
{
  for (; blocks > 0; blocks--) {
    uint32_t W[64];
    uint32_t a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
    for (int t = 0; t < 16; t++, M += 4)
      W[t] = (uint32_t)M[0] << 24 | (uint32_t)M[1] << 16 | (uint32_t)M[2] << 8 | M[3];
    for (int t = 16; t < 64; t++) {
      uint32_t s0 = rotr (W[t - 15], 7) ^ rotr (W[t - 15], 18) ^ W[t - 15] >> 3;
      uint32_t s1 = rotr (W[t - 2], 17) ^ rotr (W[t - 2], 19) ^ W[t - 2] >> 10;
      W[t] = s1 + W[t - 7] + s0 + W[t - 16];
    }
    for (int t = 0; t < 64; t += 8) {
      STEP (a, b, c, d, e, f, g, h, t);
      STEP (h, a, b, c, d, e, f, g, t + 1);
      STEP (g, h, a, b, c, d, e, f, t + 2);
      STEP (f, g, h, a, b, c, d, e, t + 3);
      STEP (e, f, g, h, a, b, c, d, t + 4);
      STEP (d, e, f, g, h, a, b, c, t + 5);
      STEP (c, d, e, f, g, h, a, b, t + 6);
      STEP (b, c, d, e, f, g, h, a, t + 7);
    }
    const uint32_t v[8] = { a, b, c, d, e, f, g, h };
    for (int i = 0; i < 8; i++)
      H[i] += v[i];
  }
}

#if defined __x86_64__ && !defined SHA256_PLAIN /* tests run both */
/* The SHA extensions of x86: four steps in two instructions.  They keep the
 * state as ABEF and CDGH, with A and C in the highest lane. */
#include <cpuid.h>
#include <immintrin.h>

__attribute__ ((target ("sha,sse4.1,ssse3"))) static void
compress_x86 (uint32_t H[8], const unsigned char *M, size_t blocks)
{
  const __m128i swap = _mm_set_epi8 (12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i dcba = _mm_loadu_si128 ((const __m128i *)(const void *)H);
  __m128i hgfe = _mm_loadu_si128 ((const __m128i *)(const void *)(H + 4));
  __m128i cdab = _mm_shuffle_epi32 (dcba, 0xb1), efgh = _mm_shuffle_epi32 (hgfe, 0x1b);
  __m128i abef = _mm_alignr_epi8 (cdab, efgh, 8), cdgh = _mm_blend_epi16 (efgh, cdab, 0xf0);
  for (; blocks > 0; blocks--, M += 64) {
    const __m128i abef0 = abef, cdgh0 = cdgh;
    __m128i w[4]; /* W[4i .. 4i + 3], a ring */
    for (int i = 0; i < 16; i++) {
      if (i < 4)
        w[i] = _mm_shuffle_epi8 (_mm_loadu_si128 ((const __m128i *)(const void *)(M + 16 * i)), swap);
      else {
        __m128i t = _mm_sha256msg1_epu32 (w[i & 3], w[(i + 1) & 3]);
        t = _mm_add_epi32 (t, _mm_alignr_epi8 (w[(i + 3) & 3], w[(i + 2) & 3], 4));
        w[i & 3] = _mm_sha256msg2_epu32 (t, w[(i + 3) & 3]);
      }
      __m128i wk = _mm_add_epi32 (w[i & 3], _mm_loadu_si128 ((const __m128i *)(const void *)(K + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32 (cdgh, abef, wk);
      abef = _mm_sha256rnds2_epu32 (abef, cdgh, _mm_shuffle_epi32 (wk, 0x0e));
    }
    abef = _mm_add_epi32 (abef, abef0);
    cdgh = _mm_add_epi32 (cdgh, cdgh0);
  }
  __m128i feba = _mm_shuffle_epi32 (abef, 0x1b), dchg = _mm_shuffle_epi32 (cdgh, 0xb1);
  _mm_storeu_si128 ((__m128i *)(void *)H, _mm_blend_epi16 (feba, dchg, 0xf0));
  _mm_storeu_si128 ((__m128i *)(void *)(H + 4), _mm_alignr_epi8 (dchg, feba, 8));
}

static bool
has_sha (void)
{
  unsigned a, b, c, d;
  return __get_cpuid (1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3)
         && __get_cpuid_count (7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}
#endif

static void
compress (uint32_t H[8], const unsigned char *M, size_t blocks)
{
#if defined __x86_64__ && !defined SHA256_PLAIN
  static _Atomic int sha; /* 0: not asked yet */
  if (sha == 0)
    sha = has_sha () ? 1 : -1;
  if (sha > 0) {
    compress_x86 (H, M, blocks);
    return;
  }
#endif
  compress_plain (H, M, blocks);
}

void
sha256_begin (sha256 *s)
{
  static const uint32_t H0[8]
      = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
  memcpy (s->h, H0, sizeof H0);
  s->n = 0;
}

void
sha256_add (sha256 *s, const void *bytes, size_t n)
{
  const unsigned char *p = bytes;
  size_t have = s->n % 64;
  s->n += n;
  if (have > 0) {
    size_t take = n < 64 - have ? n : 64 - have;
    if (take > 0)
      memcpy (s->block + have, p, take);
    p += take;
    n -= take;
    if (have + take < 64)
      return;
    compress (s->h, s->block, 1);
  }
  if (n >= 64)
    compress (s->h, p, n / 64);
  p += n - n % 64;
  n %= 64;
  if (n > 0)
    memcpy (s->block, p, n);
}

void
sha256_end (sha256 *s, unsigned char digest[32])
{
  static const unsigned char padding[64] = { 0x80 };
  unsigned char length[8];
  uint64_t bits = s->n * 8;
  for (int i = 0; i < 8; i++)
    length[i] = (unsigned char)(bits >> (56 - 8 * i));
  sha256_add (s, padding, (119 - s->n % 64) % 64 + 1);
  sha256_add (s, length, 8);
  for (int i = 0; i < 32; i++)
    digest[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

char *
sha256_hex (const unsigned char digest[32], char text[65])
{
  for (int i = 0; i < 32; i++) {
    text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
  }
  text[64] = '\0';
  return text;
}

char *
sha256_of (const void *bytes, size_t n, char text[65])
{
  sha256 s;
  unsigned char digest[32];
  sha256_begin (&s);
  sha256_add (&s, bytes, n);
  sha256_end (&s, digest);
  return sha256_hex (digest, text);
}
