/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_COMMON_SYMLOG_H
#define FNX_COMMON_SYMLOG_H

#include <stddef.h>

/* From this size on it beats la_eig and a product (bench/riemann prints both). */
#define SYMLOG_MIN 40

/* out = log a for an SPD matrix a[n,n] without its eigen-decomposition; out may
 * be a.  work: symlog_work (n) doubles.  Non-zero: a is not positive definite,
 * or so nearly not (condition above 1e15) that only eigenvalues can tell. */
size_t symlog_work (int n);
int symlog (const double *a, int n, double *out, double *work);

#endif
