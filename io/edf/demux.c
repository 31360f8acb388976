/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inner loop: little-endian integers of 16 or 24 bits to scaled float64.
 * Written so that the compiler makes vectors of it; the clone for AVX2 has no
 * FMA and the folder is built without contraction, so that every path, and
 * every way to cut a recording into blocks, gives the same bytes.
 */
#include "io/edf/edf.h"

#include <string.h>

#if defined __x86_64__ && defined __gnu_linux__ && defined __has_attribute
#if __has_attribute(target_clones)
#define CLONES __attribute__ ((target_clones ("avx2", "default")))
#endif
#endif
#ifndef CLONES
#define CLONES
#endif

#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
CLONES static void
scale_16 (const uint8_t *restrict raw, size_t n, double gain, double offset, double *restrict out)
{
  typedef int16_t unaligned __attribute__ ((aligned (1), may_alias));
  const unaligned *in = (const unaligned *)raw;
  for (size_t i = 0; i < n; i++)
    out[i] = gain * (double)in[i] + offset;
}
#else
static void
scale_16 (const uint8_t *restrict raw, size_t n, double gain, double offset, double *restrict out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = gain * (double)edf_sample (raw + 2 * i, 2) + offset;
}
#endif

CLONES static void
scale_24 (const uint8_t *restrict raw, size_t n, double gain, double offset, double *restrict out)
{
  int32_t wide[64];
  for (size_t i = 0; i < n; i += 64) {
    const size_t m = n - i < 64 ? n - i : 64;
    for (size_t k = 0; k < m; k++) {
      const uint8_t *p = raw + 3 * (i + k);
      wide[k] = (int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) >> 8;
    }
    for (size_t k = 0; k < m; k++)
      out[i + k] = gain * (double)wide[k] + offset;
  }
}

void
edf_scale (const uint8_t *raw, int width, size_t n, double gain, double offset, double *out)
{
  if (width == 2)
    scale_16 (raw, n, gain, offset, out);
  else
    scale_24 (raw, n, gain, offset, out);
}

int32_t
edf_sample (const uint8_t *raw, int width)
{
  if (width == 2)
    return (int16_t)(uint16_t)(raw[0] | raw[1] << 8);
  return (int32_t)((uint32_t)raw[0] << 8 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 24) >> 8;
}
