/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256 as FIPS 180-4 section 6.2 writes it down; names are the standard's.
 * Written here because it is 60 lines and no library that we link has it.
 */
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

static void
compress (uint32_t H[8], const unsigned char *M)
{
  uint32_t W[64], v[8];
  for (int t = 0; t < 16; t++, M += 4)
    W[t] = (uint32_t)M[0] << 24 | (uint32_t)M[1] << 16 | (uint32_t)M[2] << 8 | M[3];
  for (int t = 16; t < 64; t++) {
    uint32_t s0 = rotr (W[t - 15], 7) ^ rotr (W[t - 15], 18) ^ W[t - 15] >> 3;
    uint32_t s1 = rotr (W[t - 2], 17) ^ rotr (W[t - 2], 19) ^ W[t - 2] >> 10;
    W[t] = s1 + W[t - 7] + s0 + W[t - 16];
  }
  memcpy (v, H, sizeof v); /* a b c d e f g h */
  for (int t = 0; t < 64; t++) {
    uint32_t S1 = rotr (v[4], 6) ^ rotr (v[4], 11) ^ rotr (v[4], 25);
    uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t T1 = v[7] + S1 + ch + K[t] + W[t];
    uint32_t S0 = rotr (v[0], 2) ^ rotr (v[0], 13) ^ rotr (v[0], 22);
    uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove (v + 1, v, 7 * sizeof *v);
    v[4] += T1;
    v[0] = T1 + S0 + maj;
  }
  for (int i = 0; i < 8; i++)
    H[i] += v[i];
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
    compress (s->h, s->block);
  }
  for (; n >= 64; n -= 64, p += 64)
    compress (s->h, p);
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
