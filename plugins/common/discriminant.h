/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear discriminants of classes that share one covariance (Fisher 1936), as
 * scikit-learn 1.2 computes them: LinearDiscriminantAnalysis with solver=lsqr
 * (covariance shrunk or not) and solver=svd.
 *
 * row[i] are n samples of p features, code[i] in 0..n_class-1 their classes;
 * every class has a sample.  coef[n_class,p] and intercept[n_class] receive the
 * discriminants x . coef_k + intercept_k; of two classes the difference of the
 * two is the decision value.  Returns 0, -1 without memory, or LAPACK's
 * positive info.
 */
#ifndef FNX_COMMON_DISCRIMINANT_H
#define FNX_COMMON_DISCRIMINANT_H

#include <stddef.h>
#include <stdint.h>

#define DISCRIMINANT_AUTO (-1.0) /* Ledoit-Wolf of each class, on features of unit variance */

/* shrinkage 0..1, or DISCRIMINANT_AUTO. */
int discriminant_lsqr (const double *const *row, const int32_t *code, size_t n, size_t p, int n_class, double shrinkage,
                       double *coef, double *intercept);
/* Singular values of the within-class scatter up to `tol` are left out; needs n > n_class. */
int discriminant_svd (const double *const *row, const int32_t *code, size_t n, size_t p, int n_class, double tol,
                      double *coef, double *intercept);

#endif
