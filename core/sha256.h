/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256 (FIPS 180-4): of input files, chains, plugins and model payloads.
 */
#ifndef FNX_CORE_SHA256_H
#define FNX_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
  uint32_t h[8];
  uint64_t n; /* bytes so far */
  unsigned char block[64];
} sha256;

void sha256_begin (sha256 *);
void sha256_add (sha256 *, const void *bytes, size_t n);
void sha256_end (sha256 *, unsigned char digest[32]);
/* 64 hexadecimal digits and a NUL; returns text. */
char *sha256_hex (const unsigned char digest[32], char text[65]);
/* All of it at once, as hexadecimal digits. */
char *sha256_of (const void *bytes, size_t n, char text[65]);

#endif
