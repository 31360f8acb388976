/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distribution functions that estimators and tests of outliers need.
 */
#ifndef FNX_COMMON_DISTRIBUTION_H
#define FNX_COMMON_DISTRIBUTION_H

/* P (X <= x) of chi squared with `dof` > 0 degrees of freedom; relative error
 * about 1e-13. */
double chi2_cdf (double x, double dof);
/* P (X > x), exact far out in the tail too. */
double chi2_tail (double x, double dof);
/* The x with chi2_cdf (x, dof) = p, 0 < p < 1. */
double chi2_inverse (double p, double dof);
/* P (Z > z) of a standard normal. */
double normal_tail (double z);

#endif
