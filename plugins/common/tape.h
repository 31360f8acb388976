/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording that comes in blocks, read at absolute positions.
 *
 * A step that works at fixed places of the recording (FIR tiles, Welch
 * segments, output samples of a resampler) asks for a stretch by its absolute
 * sample numbers, counted from the first sample that ever came.  The tape
 * keeps of the past only what the step says it still needs, and borrows the
 * newest block instead of copying it, so the whole recording given at once is
 * just a tape of one block.
 */
#ifndef FNX_COMMON_TAPE_H
#define FNX_COMMON_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tape {
  size_t rows;
  int64_t first;       /* position of the first sample that is still held */
  int64_t kept;        /* samples a row in `past` */
  int64_t room;        /* row length of `past` */
  double *past;        /* [rows][room]; owned */
  const double *block; /* [rows][n]; borrowed until tape_keep() */
  int64_t n;
} tape;

void tape_init (tape *, size_t rows);
void tape_clear (tape *);
/* Lend the next block: n samples of every row. */
void tape_lend (tape *, const double *block, int64_t n);
/* How many samples have come in all. */
int64_t tape_end (const tape *);
/* Copy [from, from + n) of a row, which must be held. */
void tape_read (const tape *, size_t row, int64_t from, int64_t n, double *out);
/* Give the block back and forget everything before `from`.  False: no memory. */
bool tape_keep (tape *, int64_t from);

#endif
