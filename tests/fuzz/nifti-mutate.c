/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The NIfTI reader on mutated files: see mutate.h and nifti.c.
 */
#include <stdint.h>
#include <string.h>

#include <zlib.h>

#include "tests/fuzz/mutate.h"

enum { SIZE = 352 + 2 * 3 * 4 * 5 * 2 };

/* 3x4x5x2 int16 in NIfTI-1, or the same in the other byte order. */
static void
seed (unsigned char *p, int swapped)
{
  static const struct {
    size_t at;
    uint16_t v;
  } shorts[] = { { 40, 4 }, { 42, 3 }, { 44, 4 }, { 46, 5 }, { 48, 2 }, { 70, 4 }, { 72, 16 }, { 252, 1 }, { 254, 1 } };
  static const struct {
    size_t at;
    float v;
  } reals[] = { { 76, -1 },    { 80, 2 },     { 84, 2 },  { 88, 3 },  { 92, 2.5f }, { 108, 352 },
                { 112, 0.5f }, { 256, 0.5f }, { 280, 2 }, { 300, 2 }, { 320, 3 } };
  uint32_t size = 348;
  memset (p, 0, SIZE);
  memcpy (p, &size, 4);
  for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
    memcpy (p + shorts[i].at, &shorts[i].v, 2);
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
    memcpy (p + reals[i].at, &reals[i].v, 4);
  for (size_t i = 352; i < SIZE; i++)
    p[i] = (unsigned char)i;
  for (size_t i = 0; swapped && i < sizeof shorts / sizeof *shorts; i++) {
    unsigned char t = p[shorts[i].at];
    p[shorts[i].at] = p[shorts[i].at + 1], p[shorts[i].at + 1] = t;
  }
  for (size_t i = 0; swapped && i < 1 + sizeof reals / sizeof *reals; i++) {
    unsigned char *q = p + (i ? reals[i - 1].at : 0), r[4] = { q[3], q[2], q[1], q[0] };
    memcpy (q, r, 4);
  }
  p[123] = 10;
  memcpy (p + 344, "n+1", 4);
}

static void
seed2 (unsigned char *p)
{
  uint32_t size = 540;
  int64_t dim[5] = { 4, 3, 4, 5, 2 }, offset = 544;
  double pix[5] = { 1, 2, 2, 3, 2.5 };
  uint16_t type = 4;
  memset (p, 0, 544 + 240);
  memcpy (p, &size, 4);
  memcpy (p + 4, "n+2\0\r\n\032\n", 8);
  memcpy (p + 12, &type, 2);
  memcpy (p + 16, dim, sizeof dim);
  memcpy (p + 104, pix, sizeof pix);
  memcpy (p + 168, &offset, 8);
  p[500] = 10;
}

int
main (int argc, char **argv)
{
  static unsigned char one[SIZE], other[SIZE], two[544 + 240], packed[4096];
  z_stream z = { 0 };
  seed (one, 0);
  seed (other, 1);
  seed2 (two);
  if (deflateInit2 (&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return 1;
  z.next_in = one, z.avail_in = SIZE, z.next_out = packed, z.avail_out = sizeof packed;
  deflate (&z, Z_FINISH);
  deflateEnd (&z);
  const mutate_seed seeds[] = { { one, SIZE }, { other, SIZE }, { two, sizeof two }, { packed, z.total_out } };
  return mutate_main (argc, argv, seeds, sizeof seeds / sizeof *seeds);
}
