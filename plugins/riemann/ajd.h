/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_RIEMANN_AJD_H
#define FNX_RIEMANN_AJD_H

#include <stdbool.h>

/* Rows of v[n,n] that make v C_k v^T as diagonal as they can all be, for the
 * `count` SPD matrices c (count x n x n, destroyed).  false: so many sweeps were
 * not enough. */
bool ajd_pham (double *c, int count, int n, int sweeps, double *v);

#endif
