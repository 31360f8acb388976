/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_RIEMANN_TURN_H
#define FNX_RIEMANN_TURN_H

#include <stdbool.h>
#include <stddef.h>

/* The orthogonal q[n,n] for which sum_k ||d (target_k, q source_k q^T)||^2 is
 * least, of `count` pairs of SPD matrices; d is Euclidean, or affine-invariant
 * (riemann).  Non-zero: a matrix is not positive definite.  work: turn_work
 * doubles. */
size_t turn_work (int n, size_t count);
int turn_onto (bool riemann, int n, size_t count, const double *target, const double *source, double *q, double *work);

#endif
