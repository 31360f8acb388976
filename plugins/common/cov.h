/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Covariance estimators of one window x[channel,time], as pyRiemann 0.9 and
 * scikit-learn 1.2 define them.  T is the number of samples, p of channels.
 */
#ifndef FNX_COMMON_COV_H
#define FNX_COMMON_COV_H

#include <stdbool.h>
#include <stddef.h>

/* Written into parameters by name only; the order may change. */
typedef enum cov_kind {
  COV_SCM,
  COV_COV,
  COV_CORR,
  COV_OAS,
  COV_LWF,
  COV_SCH,
  COV_HUB,
  COV_STU,
  COV_TYL,
  COV_N
} cov_kind;
extern const char *const cov_names[COV_N + 1]; /* NULL-terminated */

/* Does it shrink, so that fewer samples than channels still give an SPD matrix? */
bool cov_shrinks (cov_kind);
/* Is it a shape without a unit: correlations, or Tyler's of trace p? */
bool cov_unitless (cov_kind);
/* Does it follow from the sample covariance alone (cov_from_scm)? */
bool cov_of_scm (cov_kind);

/* out[p,p] from x[p,T]; work: cov_work (p, T) doubles.  Non-zero where a value
 * or a division by a flat channel's variance would not be finite. */
size_t cov_work (int p, int T);
int cov_estimate (cov_kind, const double *x, int p, int T, double *out, double *work);
/* From s[p,p] = Xc Xc^T / T of centred samples, in place. */
int cov_from_scm (cov_kind, double *s, int p, int T);

/* out[c,t] = x[c,t] - mean_t x[c,t] for p rows of T. */
void cov_centre (const double *x, size_t p, size_t T, double *out);

/* Cheap test by Cholesky: 0 where every channel keeps more than rounding noise
 * of its variance after those before it; work: p^2 doubles. */
int cov_spd (const double *s, int p, double *work);
/* The pivot below which a channel counts as a combination of others. */
double cov_pivot_floor (int p);

#endif
