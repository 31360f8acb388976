/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_COMMON_MESTIMATE_H
#define FNX_COMMON_MESTIMATE_H

#include <stddef.h>

/* M-estimators of scatter, robust to samples that lie far out.  s[p,p] holds
 * the covariance of the centred samples xc[p,T] and receives the estimate;
 * rows: p T doubles, row: T, square: p^2.  Non-zero: s is not positive definite. */
int mestimate_huber (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square);
int mestimate_student (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square);
int mestimate_tyler (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square);

#endif
