/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chi squared by the incomplete gamma function: its power series on the left
 * of the mode, Lentz's continued fraction on the right (Abramowitz and Stegun
 * 6.5.29 and 6.5.31).
 */
#include "plugins/common/distribution.h"

#include <float.h>
#include <math.h>

enum { TERMS = 100000 };

/* x^a e^-x / Gamma (a) */
static double
front (double a, double x)
{
  int sign;
  return exp (a * log (x) - x - lgamma_r (a, &sign));
}

static double
by_series (double a, double x)
{
  double term = 1 / a, sum = term;
  for (int k = 1; k < TERMS && term > sum * DBL_EPSILON / 4; k++)
    sum += term *= x / (a + k);
  return front (a, x) * sum;
}

static double
by_fraction (double a, double x)
{
  double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / b, h = d;
  for (int k = 1; k < TERMS; k++) {
    double num = -k * (k - a);
    b += 2;
    d = 1 / (num * d + b);
    c = b + num / c;
    h *= c * d;
    if (fabs (c * d - 1) < DBL_EPSILON)
      break;
  }
  return front (a, x) * h;
}

double
chi2_cdf (double x, double dof)
{
  double a = dof / 2, h = x / 2;
  if (!(h > 0))
    return 0;
  return h < a + 1 ? by_series (a, h) : 1 - by_fraction (a, h);
}

double
chi2_tail (double x, double dof)
{
  double a = dof / 2, h = x / 2;
  if (!(h > 0))
    return 1;
  return h < a + 1 ? 1 - by_series (a, h) : by_fraction (a, h);
}

double
chi2_inverse (double p, double dof)
{
  double low = 0, high = dof + 1;
  while (chi2_cdf (high, dof) < p && high < DBL_MAX / 2)
    high *= 2;
  for (;;) { /* to neighbouring numbers: some 60 halvings */
    double mid = 0.5 * (low + high);
    if (!(mid > low && mid < high))
      return high;
    if (chi2_cdf (mid, dof) < p)
      low = mid;
    else
      high = mid;
  }
}

double
normal_tail (double z)
{
  return 0.5 * erfc (z * M_SQRT1_2);
}
