/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Average mutual information of a series and its delayed self (Fraser and
 * Swinney, Phys Rev A 33:1134, 1986), binned by recursive bisection as
 * DelayEmbeddings.jl's selfmutualinfo bins it.
 */
#ifndef FNX_COMMON_MUTUAL_H
#define FNX_COMMON_MUTUAL_H

#include <stddef.h>
#include <stdint.h>

typedef struct mutual {
  size_t pairs;   /* that every delay counts: n - most */
  size_t bins;    /* of the undelayed values: segments of `order` */
  size_t *order;  /* pairs samples by value */
  uint32_t *end;  /* of each segment */
  uint32_t *bin;  /* of all n values, by the segments' largest values */
  uint32_t *hist; /* bins zeros */
  double *log2;   /* of 0 .. pairs */
} mutual;

/* Bytes that mutual_begin lays out for n samples; 8-byte aligned. */
size_t mutual_room (size_t n);
/* For delays up to `most` < n of finite values. */
void mutual_begin (mutual *, const double *s, size_t n, size_t most, void *room);
/* Bits that s[t + delay] tells of s[t]. */
double mutual_at (const mutual *, size_t delay);
/* The first local minimum over delays 1 .. most; most if there is none. */
size_t mutual_first_min (const mutual *, size_t most);

#endif
