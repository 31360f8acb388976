/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_COMMON_EIGSMALL_H
#define FNX_COMMON_EIGSMALL_H

#include <stddef.h>

/* Up to this size eig_small beats LAPACK's dsyevd (bench/riemann prints both). */
#define EIG_SMALL_MAX 96

/* As la_eig: a = v^T diag(w) v, ascending, row k of v the vector of w[k].
 * v NULL: values only.  work: eig_small_work (n) doubles.  Positive: the QL
 * iteration did not converge, or a holds what is not finite. */
size_t eig_small_work (int n);
int eig_small (const double *a, int n, double *v, double *w, double *work);

#endif
