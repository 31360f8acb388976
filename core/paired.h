/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics of paired differences, as MOABB compares pipelines: all p values
 * are one-sided, small where the differences are above zero.
 */
#ifndef FNX_CORE_PAIRED_H
#define FNX_CORE_PAIRED_H

#include <stddef.h>

/* From so many differences on the permutation test gives way to Wilcoxon's. */
enum { PAIRED_WILCOXON_FROM = 20 };

/* Wilcoxon's signed-rank test: exact up to 50 differences without zeros and
 * ties, else by the normal distribution with the variance corrected for ties,
 * zeros left out (scipy 1.10: wilcoxon (d, alternative="greater")). */
double paired_wilcoxon (const double *d, size_t n);
/* Of all 2^n ways to choose signs, the share whose sum is as large: n < 20. */
double paired_permutation (const double *d, size_t n);
/* Folds of one cross-validation share training data, so their differences vary
 * less than new data would; Nadeau & Bengio (2003), eq. 9, widen the t test:
 * t = mean / sqrt ((1/n + test/train) var), n - 1 degrees of freedom. */
double paired_corrected_t (const double *d, size_t n, double test_by_train);
/* mean / sd of the differences (Cohen's d_z). */
double paired_effect (const double *d, size_t n);
/* Stouffer's method: z values of p, weighted. */
double paired_stouffer (const double *p, const double *weight, size_t n);
/* Holm's (1979) step-down adjustment, in place; NaN stay out. */
void paired_holm (double *p, size_t n);

#endif
