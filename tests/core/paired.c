/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of paired differences against scipy 1.10 (figures are its), against
 * counting by hand, and on differences that are none: p is then uniform.
 */
#include "core/paired.h"
#include "core/rng.h"
#include "tests/harness.h"

static void
near (double value, double expected, const char *what)
{
  t_near (&value, &expected, 1, 1e-12, what);
}

static void
wilcoxon (void)
{
  static const double few[20] = { 0.301, 0.599, 0.026, -0.591, -0.155, -0.692, 0.36,   1.64,   -0.192, -0.32,
                                  0.79,  0.657, 0.405, -0.63,  0.271,  0.995,  -1.044, -0.158, -1.601, -0.99 };
  static const double many[60]
      = { -1.642, -0.035, -1.067, 0.471,  0.357,  0.013,  -2.317, -0.339, 0.151,  0.313,  -1.33,  -0.278,
          -0.779, -0.609, 1.261,  -0.608, 0.167,  1.084,  -0.384, 0.088,  0.31,   0.264,  -1.025, 0.276,
          1.559,  -1.347, 1.059,  0.319,  -0.441, 2.2,    0.962,  -0.999, 0.275,  0.777,  0.011,  0.883,
          0.133,  0.867,  1.639,  -0.476, 0.403,  -0.263, 0.327,  -0.987, -0.379, 0.004,  1.099,  1.345,
          -1.124, -0.595, 0.847,  -1.792, -0.263, 0.103,  1.457,  0.889,  -0.127, -0.169, -0.05,  1.724 };
  static const double tied[22] = { 1, -2, 3, 3, 0, -1, 4, 5, 5, -2, 6, 7, 0, 2, 2, -3, 8, 9, 1, 1, 4, -5 };
  static const double none[3] = { 0, 0, 0 }, above[5] = { 1, 2, 3, 4, 5 };

  near (paired_wilcoxon (few, 20), 0.50728225708007812, "scipy's wilcoxon, exact");
  near (paired_wilcoxon (many, 60), 0.27059478570431372, "scipy's wilcoxon of 60, one tie");
  near (paired_wilcoxon (tied, 22), 0.0078878637715555835, "scipy's wilcoxon with ties and zeros");
  near (paired_wilcoxon (above, 5), 1.0 / 32, "all above zero: one of 2^5");
  near (paired_wilcoxon (none, 3), 1, "no difference at all");
}

static void
permutation (void)
{
  static const double nine[9] = { -0.028, 0.096, 0.753, 0.279, 0.203, -0.714, 0.388, -0.044, 1.566 };
  static const double three[3] = { 1, 2, -1 },
                      above[19] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 };
  static const double tenths[4] = { 0.1, 0.2, -0.3, 0.4 };

  near (paired_permutation (nine, 9), 59.0 / 512, "scipy's permutation_test, all 512 signs");
  /* sums 4 2 2 0 0 -2 -2 -4: three of eight are 2 or more */
  near (paired_permutation (three, 3), 3.0 / 8, "by hand");
  /* 1 .8 .6 .4 .4 .2 0 0 0 0 ...: five of sixteen, though .1+.2-.3 is not 0 in doubles */
  near (paired_permutation (tenths, 4), 5.0 / 16, "sums that rounding parts are equal");
  near (paired_permutation (above, 19), ldexp (1, -19), "all above zero: one of 2^19");
  near (paired_permutation (above, 1), 0.5, "one difference says nothing");
  t_ok (isnan (paired_permutation (above, 0)), "none has no p");
}

static void
folds (void)
{
  static const double d[5] = { 0.02, 0.05, -0.01, 0.04, 0.03 }, same[3] = { 0.25, 0.25, 0.25 };
  static const double p[3] = { 0.04, 0.2, 0.6 };
  const double weight[3] = { 3, sqrt (52), 2 };
  double holm[5] = { 0.01, 0.04, NAN, 0.03, 0.005 };
  const double adjusted[4] = { 0.03, 0.06, 0.06, 0.02 };

  near (paired_corrected_t (d, 5, 0.25), 0.083776610739461493, "scipy's t.sf of Nadeau & Bengio's t");
  near (paired_corrected_t (same, 3, 0.5), 0, "the same difference in each fold");
  near (paired_effect (d, 5), 1.1293678311839803, "mean / sd");
  near (paired_stouffer (p, weight, 3), 0.089901980541842397, "scipy's combine_pvalues, stouffer");
  paired_holm (holm, 5);
  t_ok (isnan (holm[2]), "Holm leaves NaN out");
  holm[2] = holm[3];
  holm[3] = holm[4];
  t_near (holm, adjusted, 4, 1e-15, "Holm: 4 x .005, 3 x .01, 2 x .03, then no less");
}

/* The largest distance between the share of p at or below x and x itself, over
 * the x that are in `p` (p is discrete); `n` draws stray by about 1.36 / sqrt (n). */
static double
distance (const double *p, size_t n)
{
  double most = 0;

  for (size_t i = 0; i < n; i++) {
    double below = 0;

    for (size_t k = 0; k < n; k++)
      below += p[k] <= p[i] + 1e-12;
    most = fmax (most, fabs (below / (double)n - p[i]));
  }
  return most;
}

/* p is P (T >= t), so that among differences of either sign alike a share of p
 * is at or below p. */
static void
nothing (void)
{
  enum { DRAWS = 1500, N = 12 };
  static double flips[DRAWS], ranks[DRAWS], t[DRAWS], both[DRAWS];

  for (size_t i = 0; i < DRAWS; i++) {
    const double weight[2] = { 1, 2 };
    double d[2 * N], two[2];

    rng_api.normal (11, i, 0, d, 2 * N);
    flips[i] = paired_permutation (d, N);
    ranks[i] = paired_wilcoxon (d, 2 * N);
    t[i] = paired_corrected_t (d, N, 0);
    two[0] = flips[i];
    two[1] = paired_permutation (d + N, N);
    both[i] = two[0] < 1 && two[1] < 1 ? paired_stouffer (two, weight, 2) : 1;
  }
  t_ok (distance (flips, DRAWS) < 1.63 / sqrt (DRAWS), "no difference: the permutation p is uniform (%.3f)",
        distance (flips, DRAWS));
  t_ok (distance (ranks, DRAWS) < 1.63 / sqrt (DRAWS), "so is Wilcoxon's (%.3f)", distance (ranks, DRAWS));
  t_ok (distance (t, DRAWS) < 1.63 / sqrt (DRAWS), "so is t's of independent differences (%.3f)", distance (t, DRAWS));
  t_ok (distance (both, DRAWS) < 1.63 / sqrt (DRAWS) + 1.0 / 4096, "and Stouffer's of two (%.3f)",
        distance (both, DRAWS));
}

/* Folds of one cross-validation share training items: simulated as differences
 * with correlation test/(test+train), for which the corrected t is exact. */
static void
correlated (void)
{
  enum { DRAWS = 1500, FOLDS = 5 };
  static double p[DRAWS];
  const double rho = 0.2; /* 5 folds: test/train = 1/4, rho = 1/5 */

  for (size_t i = 0; i < DRAWS; i++) {
    double z[FOLDS + 1], d[FOLDS];

    rng_api.normal (12, i, 0, z, FOLDS + 1);
    for (int k = 0; k < FOLDS; k++)
      d[k] = sqrt (rho) * z[FOLDS] + sqrt (1 - rho) * z[k];
    p[i] = paired_corrected_t (d, FOLDS, 0.25);
  }
  t_ok (distance (p, DRAWS) < 1.63 / sqrt (DRAWS), "folds as correlated as they are assumed to be: uniform (%.3f)",
        distance (p, DRAWS));
}

int
main (void)
{
  t_begin ();
  wilcoxon ();
  permutation ();
  folds ();
  nothing ();
  correlated ();
  return t_end ();
}
