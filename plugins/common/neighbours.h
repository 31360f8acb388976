/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The nearest neighbour of every point of a trajectory, points close in time
 * left out (Theiler, Phys Rev A 34:2427, 1986).
 */
#ifndef FNX_COMMON_NEIGHBOURS_H
#define FNX_COMMON_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of room that n points of m coordinates need; 8-byte aligned. */
size_t neighbours_room (size_t n, size_t m);
/* Of y[n,m], m coordinates a point: near[i] is the j with |i - j| > theiler of
 * the least Euclidean distance dist[i]; the lowest of equals; -1 (and NaN) if
 * there is none.  Coordinates are finite. */
void neighbours_of (const double *y, size_t n, size_t m, size_t theiler, int32_t *near, double *dist, void *room);

#endif
