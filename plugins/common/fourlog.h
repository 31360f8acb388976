/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_COMMON_FOURLOG_H
#define FNX_COMMON_FOURLOG_H

#include <stdbool.h>
#include <stddef.h>

/* Up to this size four at once beat four in turn; beyond, symlog does. */
#define FOURLOG_MAX 39

/* out[k] = log (l a[k] l^T) of `count` (1 to 4) symmetric a[k][n,n]; `lower`: l has
 * zeros above the diagonal.  What one lane gives does not depend on the others.  out: count matrices; work:
 * fourlog_work (n) doubles. Bit k of what is returned: matrix k is not positive definite, or so nearly not that only
 * eigenvalues can tell. */
size_t fourlog_work (int n);
unsigned fourlog (const double *const *a, size_t count, const double *l, bool lower, int n, double *out, double *work);

#endif
