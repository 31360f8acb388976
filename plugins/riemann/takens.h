/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many delayed copies of a signal show its dynamics, and how far apart
 * (Takens 1981): the ways of Nichkawde, Cao and Kennel, for one trial each.
 */
#ifndef FNX_RIEMANN_TAKENS_H
#define FNX_RIEMANN_TAKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAKENS_CYCLES = 50 };

/* Delays whose first local minimum of mutual information is looked for. */
size_t takens_reach (size_t T);

/* ---- MDOP: maximal derivatives on the projected manifold ---- */
typedef struct mdop {
  int n;                        /* components of the embedding, the first with delay 0 */
  int delay[TAKENS_CYCLES + 1]; /* delay[n], series[n]: of the last cycle, which is dropped */
  int series[TAKENS_CYCLES + 1];
  double fnn[TAKENS_CYCLES]; /* after each of n cycles */
  size_t theiler;
} mdop;
/* Bytes of room for trials of C x T. */
size_t takens_mdop_room (size_t C, size_t T, size_t most);
/* Of x[C,T] with delays 0 .. most.  Returns 0; 1: row *bad does not move;
 * 2: too few samples remain (*bad: the Theiler window). */
int takens_mdop (const double *x, size_t C, size_t T, size_t most, mdop *out, size_t *bad, void *room);

/* ---- Cao and Kennel ---- */
/* Of one series s[T] at delay tau, for dimensions 1 .. most: what e1 = a(d+1) /
 * a(d) and the share of false neighbours are made of.  The neighbour of a point
 * is the nearest that is not equal to it, of equally near ones the first.
 * Returns for how many dimensions there were 20 points or more; a and fnn have
 * most + 1 places. */
size_t takens_growth_room (size_t T, size_t tau, size_t most);
size_t takens_growth (const double *s, size_t T, size_t tau, size_t most, double *a, double *fnn, void *room);

/* The first local maximum (sign 1) or minimum (-1) of v[n], ends included and
 * flat tops too (their first place), as Peaks.jl finds them. */
size_t takens_first_peak (const double *v, size_t n, int sign);

#endif
