/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Metrics against scikit-learn 1.2.1 and scipy 1.10 (the figures below are
 * theirs), against counting by hand, and against planted and absent truth.
 */
#include "core/score.h"
#include "tests/harness.h"

static const int64_t whole20[] = { 0, 20 };

static score_summary
summary (const char *name, const score_data *d, const int64_t *offset, size_t n_folds, double *values)
{
  score_summary s;
  if (score_summarise (metric_find (name), d, offset, n_folds, values, &s) != FNX_OK)
    printf ("Bail out! no memory\n"), exit (99);
  return s;
}

static void
near (double value, double expected, const char *what)
{
  t_near (&value, &expected, 1, 1e-12, what);
}

/* 20 trials of 3 classes; the scores have ties. */
static const int32_t truth3[20] = { 2, 0, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1 };
static double scores3[60], scores2[40];
static int32_t truth2[20];

static void
make (void)
{
  for (int i = 0; i < 60; i++)
    scores3[i] = (double)((i * 7 + i / 3 * 5) % 11) + (truth3[i / 3] == i % 3 ? 2 : 0);
  for (int i = 0; i < 20; i++) {
    truth2[i] = truth3[i] > 0;
    scores2[2 * i] = 0;
    scores2[2 * i + 1] = (double)((i * 13) % 9) - 4 + truth2[i];
  }
}

static void
check_values (void)
{
  score_data d = { .n = 20, .n_class = 3, .truth = truth3, .scores = scores3 };
  near (summary ("accuracy", &d, whole20, 1, NULL).mean, 0.15, "accuracy of 3 classes");
  near (summary ("balanced", &d, whole20, 1, NULL).mean, 0.15079365079365079, "balanced accuracy");
  near (summary ("auc", &d, whole20, 1, NULL).mean, 0.5805860805860805, "auc, each class against the rest");
  near (summary ("kappa", &d, whole20, 1, NULL).mean, -0.27340823970037453, "kappa");
  near (summary ("f1", &d, whole20, 1, NULL).mean, 0.15018315018315018, "f1, averaged");
  near (summary ("top2", &d, whole20, 1, NULL).mean, 0.75, "top2, of equals the later class");
  near (summary ("accuracy", &d, whole20, 1, NULL).p, 0.9878822932896598, "binomial p below chance");
  d = (score_data){ .n = 20, .n_class = 2, .truth = truth2, .scores = scores2 };
  near (summary ("accuracy", &d, whole20, 1, NULL).mean, 0.55, "accuracy of 2 classes");
  near (summary ("balanced", &d, whole20, 1, NULL).mean, 0.554945054945055, "balanced accuracy of 2");
  near (summary ("auc", &d, whole20, 1, NULL).mean, 0.6428571428571429, "auc of 2, with ties");
  near (summary ("kappa", &d, whole20, 1, NULL).mean, 0.09999999999999998, "kappa of 2");
  near (summary ("f1", &d, whole20, 1, NULL).mean, 0.608695652173913, "f1 of 2");
  near (summary ("kappa", &d, whole20, 1, NULL).p, 0.5, "Fisher's exact p");
  near (summary ("accuracy", &d, whole20, 1, NULL).chance, 13.0 / 20, "chance: the larger class");
  near (summary ("balanced", &d, whole20, 1, NULL).chance, 0.5, "chance of balanced accuracy");
}

static void
check_regression (void)
{
  static double y[36], p[36];
  const int64_t whole[] = { 0, 12 };
  for (int i = 0; i < 12; i++)
    for (int t = 0; t < 3; t++) {
      y[3 * i + t] = ((i * 37 + t * 11) % 23) * .5;
      p[3 * i + t] = y[3 * i + t] * .7 + (i * 5 + t * 3) % 7;
      y[3 * i + 2] = 4; /* a constant target: r is 0 */
    }
  for (int i = 0; i < 12; i++)
    p[3 * i + 2] = ((i * 37 + 22) % 23) * .5 * .7 + (i * 5 + 6) % 7;
  score_data d = { .n = 12, .n_target = 3, .y = y, .predicted = p };
  near (summary ("r", &d, whole, 1, NULL).mean, 0.5699639246925234, "r, averaged");
  near (summary ("r2", &d, whole, 1, NULL).mean, 0.3239428995245746, "r2, averaged");
  near (summary ("mse", &d, whole, 1, NULL).mean, 10.840069444444444, "mse");
  t_ok (isnan (summary ("r", &d, whole, 1, NULL).p), "no p for the mean of several correlations");
  y[1] = NAN;
  t_ok (!isnan (summary ("r", &d, whole, 1, NULL).mean), "a target with a missing value is left out");
}

/* 32 of 45 right, 23 against 22: scipy's binomtest and its Wilson interval. */
static void
check_accuracy (void)
{
  int32_t truth[45];
  double scores[90] = { 0 }, values[5];
  const int64_t offset[] = { 0, 9, 18, 27, 36, 45 };
  for (int i = 0; i < 45; i++) {
    truth[i] = i >= 23;
    scores[2 * i + (i % 45 < 32 ? truth[i] : !truth[i])] = 1;
  }
  score_data d = { .n = 45, .n_class = 2, .truth = truth, .scores = scores };
  score_summary s = summary ("accuracy", &d, offset, 5, values);
  near (s.mean, 32.0 / 45, "mean accuracy over folds");
  near (values[3], 5.0 / 9, "accuracy of the fourth fold");
  near (s.sd, sqrt ((3 * pow (1 - 32.0 / 45, 2) + pow (5.0 / 9 - 32.0 / 45, 2) + pow (32.0 / 45, 2)) / 4), "spread");
  near (s.low, 0.5663145942523843, "Wilson, low");
  near (s.high, 0.8226991751715074, "Wilson, high");
  near (s.chance, 23.0 / 45, "chance");
  near (s.p, 0.005111486542534259, "binomial p");
}

/* The exact p by going through all assignments of classes to 2 folds of 3 + 2
 * and 2 + 2 trials with ties. */
static double
enumerate (const double *scores, double seen)
{
  double as_good = 0, all = 0;
  int32_t truth[9];
  const int64_t offset[] = { 0, 5, 9 };
  for (int bits = 0; bits < 512; bits++) {
    int a = 0, b = 0;
    for (int i = 0; i < 9; i++) {
      truth[i] = bits >> i & 1;
      *(i < 5 ? &a : &b) += truth[i];
    }
    if (a != 3 || b != 2)
      continue;
    score_data d = { .n = 9, .n_class = 2, .truth = truth, .scores = scores };
    double values[2], sum = 0;
    for (int k = 0; k < 2; k++) {
      values[k] = metric_find ("auc")->value (metric_find ("auc"), &d, offset[k], offset[k + 1] - offset[k]);
      sum += values[k];
    }
    all++;
    as_good += sum / 2 >= seen - 1e-12;
  }
  return as_good / all;
}

static void
check_auc_p (void)
{
  const double column[10] = { 3.1, -.2, 1.7, .4, 2.2, -1.3, .9, .1, -2., 1.1 };
  const int32_t truth[10] = { 1, 0, 1, 0, 1, 0, 1, 1, 0, 0 };
  const int64_t one[] = { 0, 10 }, two[] = { 0, 5, 9 };
  double scores[20] = { 0 }, tied[18] = { 0, 2, 0, 1, 0, 1, 0, 0, 0, 1, 0, 3, 0, 3, 0, 3, 0, 2 };
  const int32_t tied_truth[9] = { 1, 1, 0, 0, 1, 1, 0, 1, 0 };
  for (int i = 0; i < 10; i++)
    scores[2 * i + 1] = column[i];
  score_data d = { .n = 10, .n_class = 2, .truth = truth, .scores = scores };
  score_summary s = summary ("auc", &d, one, 1, NULL);
  near (s.mean, 0.88, "auc without ties");
  near (s.p, 0.027777777777777776, "scipy's mannwhitneyu, exact");
  d = (score_data){ .n = 9, .n_class = 2, .truth = tied_truth, .scores = tied };
  s = summary ("auc", &d, two, 2, NULL);
  near (s.p, enumerate (tied, s.mean), "all assignments of two folds with ties");
}

/* With equal groups Newcombe's variance is Hanley & McNeil's own. */
static double
hanley (double a, double n)
{
  double q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
  return (a * (1 - a) + (n - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (n * n);
}

static void
check_auc_interval (void)
{
  double scores[40] = { 0 }, z = 1.959963984540054;
  int32_t truth[20];
  bool inside = true, ordered = true;
  for (int shift = -10; shift <= 10; shift++) {
    for (int i = 0; i < 20; i++) {
      truth[i] = i & 1;
      scores[2 * i + 1] = (i * 7) % 20 + shift * 2 * truth[i];
    }
    score_data d = { .n = 20, .n_class = 2, .truth = truth, .scores = scores };
    score_summary s = summary ("auc", &d, whole20, 1, NULL);
    inside &= s.low >= 0 && s.high <= 1 && s.high > s.low;
    ordered &= s.low <= s.mean && s.mean <= s.high;
    if (shift == 3) {
      near ((s.mean - s.low) * (s.mean - s.low), z * z * hanley (s.low, 10), "low end: Z standard errors away");
      near ((s.mean - s.high) * (s.mean - s.high), z * z * hanley (s.high, 10), "high end alike");
    }
  }
  t_ok (inside, "auc's interval stays in [0, 1] and never shrinks to a point");
  t_ok (ordered, "and holds the value");
}

/* No truth planted: about 5 % of experiments may be significant at 5 %, and
 * about 95 % of intervals hold one half. */
static void
check_null (void)
{
  enum { N = 45, ROUNDS = 800 };
  const int64_t offset[] = { 0, 9, 18, 27, 36, 45 };
  static double noise[N * ROUNDS];
  int significant = 0, covered = 0;
  t_random (noise, N * ROUNDS, 11);
  for (int round = 0; round < ROUNDS; round++) {
    double scores[2 * N] = { 0 };
    int32_t truth[N];
    for (int i = 0; i < N; i++) {
      truth[i] = i % 2;
      scores[2 * i + 1] = noise[round * N + i];
    }
    score_data d = { .n = N, .n_class = 2, .truth = truth, .scores = scores };
    score_summary s = summary ("auc", &d, offset, 5, NULL);
    significant += s.p <= 0.05;
    covered += s.low <= 0.5 && 0.5 <= s.high;
  }
  /* five standard errors of 800 draws: 3.9 points */
  t_ok (significant <= 0.089 * ROUNDS && significant >= 0.015 * ROUNDS, "%d of %d null experiments have p <= .05",
        significant, ROUNDS);
  t_ok (covered >= 0.911 * ROUNDS && covered < ROUNDS, "%d of %d intervals hold one half", covered, ROUNDS);
}

static void
check_edges (void)
{
  const int32_t truth[4] = { 0, 1, 1, 0 }, one[4] = { 0, 0, 0, 0 };
  const double scores[8] = { 1, 0, 0, 1, 0, 1, 1, 0 }, null[4] = { .5, .9, NAN, .7 };
  const int64_t each[] = { 0, 1, 2, 3, 4 };
  score_data d = { .n = 4, .n_class = 2, .truth = truth, .scores = scores };
  score_summary s = summary ("auc", &d, each, 4, NULL);
  t_ok (s.pooled && s.mean == 1 && s.n_valued == 0, "one trial a fold: the area of all trials together");
  s = summary ("accuracy", &d, each, 4, NULL);
  t_ok (!s.pooled && s.mean == 1 && s.high == 1 && s.low > 0.4 && s.low < 0.6,
        "all right: the interval is not a point");
  d.truth = one;
  s = summary ("auc", &d, each, 4, NULL);
  t_ok (isnan (s.mean) && isnan (s.p) && isnan (s.low), "one class only has no area");
  t_ok (isnan (summary ("kappa", &d, each, 4, NULL).p) || summary ("kappa", &d, each, 4, NULL).p <= 1, "nor a false p");
  near (score_permutation_p (metric_find ("auc"), .7, null, 4), 4.0 / 5, "permutation p counts itself");
  near (score_permutation_p (metric_find ("mse"), .7, null, 4), 4.0 / 5, "smaller is better for mse");
  near (score_permutation_p (metric_find ("mse"), .4, null, 4), 2.0 / 5, "and .4 beats all that have a value");
  t_ok (!metric_find ("acc") && metric_find ("top3")->k == 3, "metrics are found by name");
  for (int i = 0; metric_names[i] || metrics[i].name; i++)
    if (!metric_names[i] || !metrics[i].name || strcmp (metric_names[i], metrics[i].name) != 0)
      t_ok (false, "names and metrics agree at %d", i);
}

int
main (void)
{
  make ();
  check_values ();
  check_regression ();
  check_accuracy ();
  check_auc_p ();
  check_auc_interval ();
  check_null ();
  check_edges ();
  return t_end ();
}
