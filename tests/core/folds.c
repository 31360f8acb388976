/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Folds are scikit-learn 1.2.1's: the lists below are what it printed for
 * these calls.  And what holds for any split: each trial is tested once, and
 * never by a model that saw it.
 */
#include "core/folds.h"
#include "core/mt19937.h"
#include "tests/harness.h"

static const int32_t classes[20] = { 2, 0, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1 };
static const int32_t groups[20] = { 3, 3, 3, 1, 1, 0, 0, 0, 2, 2, 2, 2, 4, 4, 1, 0, 3, 2, 4, 1 };
static int32_t alternating[20], in_blocks[20]; /* 0 1 0 1 ..; 7 of 0, 9 of 1, 4 of 2 */

static const char *const texts[] = { "T1", "T2", "T3", "T4", "T5" };

static void
same (const char *what, folds_plan p, const char *expected)
{
  char text[400] = "";
  int64_t test[20], train[20];
  fault f = FAULT_INIT;
  p.n = p.n ? p.n : 20;
  fold_set *s = folds_make (&p, &f);
  for (size_t k = 0; s && k < s->n; k++) {
    folds_trials (s, k, train, test);
    for (int64_t i = 0; i < s->fold[k].n_test; i++)
      sprintf (text + strlen (text), "%s%d", i ? " " : k ? ", " : "", (int)test[i]);
  }
  if (!t_ok (s && !strcmp (text, expected), "%s as scikit-learn", what))
    printf ("# %s\n# %s\n", text, s ? expected : f.text);
  folds_free (s);
  fault_clear (&f);
}

static void
refused (const char *what, folds_plan p, int code, const char *sentence)
{
  fault f = FAULT_INIT;
  fold_set *s = folds_make (&p, &f);
  if (!t_ok (!s && f.exit == code && f.text && !strcmp (f.text, sentence), "%s is refused", what))
    printf ("# exit %d: %s\n", f.exit, f.text ? f.text : "no fault");
  folds_free (s);
  fault_clear (&f);
}

static void
check_peer (void)
{
  folds_plan strat = { .kind = FOLDS_STRATIFIED, .n_class = 3, .k = 3, .shuffle = true, .seed = 42 };
  strat.classes = alternating, strat.n_class = 2, strat.k = 5;
  same ("stratified, 5 folds, seed 42", strat, "1 2 3 6, 9 10 16 19, 4 7 11 14, 8 13 17 18, 0 5 12 15");
  strat.classes = in_blocks, strat.n_class = 3, strat.k = 3;
  same ("stratified, 3 folds, seed 42", strat, "0 1 3 9 12 13 16, 4 5 7 11 15 17 18, 2 6 8 10 14 19");
  strat.classes = classes, strat.seed = 7;
  same ("stratified, seed 7", strat, "2 6 9 12 14 17 19, 0 1 3 8 10 11 16, 4 5 7 13 15 18");
  strat.shuffle = false;
  same ("stratified, not shuffled", strat, "0 1 2 3 4 5 8, 6 7 9 10 11 12 13, 14 15 16 17 18 19");
  same ("k folds, the largest seed", (folds_plan){ .kind = FOLDS_KFOLD, .k = 4, .shuffle = true, .seed = 4294967295u },
        "1 11 15 17 19, 5 8 13 16 18, 0 6 9 10 14, 2 3 4 7 12");
  same ("k folds, not shuffled", (folds_plan){ .kind = FOLDS_KFOLD, .k = 3 },
        "0 1 2 3 4 5 6, 7 8 9 10 11 12 13, 14 15 16 17 18 19");
  same ("k folds of groups",
        (folds_plan){ .kind = FOLDS_GROUP_KFOLD, .groups = groups, .n_group = 5, .k = 3, .group_by = "session" },
        "8 9 10 11 17, 0 1 2 5 6 7 15 16, 3 4 12 13 14 18 19");
  /* Group 5 has no trials, and so no fold. */
  same ("one group left out",
        (folds_plan){ .kind = FOLDS_LEAVE_GROUP_OUT, .groups = groups, .n_group = 6, .group_by = "session" },
        "5 6 7 15, 3 4 14 19, 8 9 10 11 17, 0 1 2 16, 12 13 18");
  same ("one trial left out", (folds_plan){ .kind = FOLDS_LEAVE_ONE_OUT, .n = 3 }, "0, 1, 2");
}

/* The first trials of each class of what is left out are in every training set
 * and in no test. */
static void
check_calibration (void)
{
  static const int32_t c[10] = { 0, 1, 1, 0, 0, 1, 0, 1, 0, 1 }, g[10] = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
  folds_plan p = { .kind = FOLDS_LEAVE_GROUP_OUT,
                   .n = 10,
                   .classes = c,
                   .n_class = 2,
                   .class_names = texts,
                   .groups = g,
                   .n_group = 2,
                   .group_names = texts,
                   .group_by = "subject",
                   .calibration = 1 };
  int64_t train[10];
  fault f = FAULT_INIT;
  fold_set *s = folds_make (&p, &f);
  same ("the trials that calibration leaves to test", p, "8 9, 2 3 4 5");
  if (s)
    folds_trials (s, 1, train, NULL);
  static const int64_t want[] = { 0, 1, 6, 7, 8, 9 };
  t_ok (s && s->fold[1].n_train == 6 && !memcmp (train, want, sizeof want), "the others are trained on");
  folds_free (s);
  p.calibration = 2;
  refused ("calibration that leaves nothing to test", p, EXIT_DATA,
           "calibration=2 leaves no trial of class \"T1\" to test in subject \"T1\", which has 2\nuse calibration=1");
}

/* Random codes and kinds; also a class or group that no trial has. */
static void
check_partition (uint64_t seed)
{
  enum { N = 300 };
  static int32_t c[N], g[N];
  static int64_t train[N], test[N];
  mt19937 rng;
  bool once = true, apart = true, even = true;
  mt19937_seed (&rng, (uint32_t)seed);
  for (int round = 0; round < 60; round++) {
    folds_plan p = { .kind = (folds_kind)(round % 5),
                     .n = 60 + mt19937_interval (&rng, N - 60),
                     .k = 2 + round % 4,
                     .classes = c,
                     .n_class = 5,
                     .groups = g,
                     .n_group = 9,
                     .group_by = "run",
                     .shuffle = round & 1,
                     .seed = seed };
    for (int64_t i = 0; i < p.n; i++) {
      c[i] = i < 20 ? (int32_t)i % 4 : (int32_t)mt19937_interval (&rng, 3);
      g[i] = i < 20 ? (int32_t)i % 6 : (int32_t)mt19937_interval (&rng, 5);
    }
    fault f = FAULT_INIT;
    fold_set *s = folds_make (&p, &f);
    int tested[N] = { 0 };
    once &= s != NULL;
    for (size_t k = 0; s && k < s->n; k++) {
      int64_t n_train = s->fold[k].n_train, n_test = s->fold[k].n_test, of_class[4] = { 0 }, all[4] = { 0 };
      bool in_test[N] = { false };
      folds_trials (s, k, train, test);
      once &= n_train + n_test == p.n && n_test > 0;
      for (int64_t i = 0; i < n_test; i++) {
        tested[test[i]]++;
        in_test[test[i]] = true;
        of_class[c[test[i]]]++;
      }
      for (int64_t i = 0; i < n_train; i++) {
        apart &= !in_test[train[i]] && (i == 0 || train[i] > train[i - 1]);
        for (int64_t j = 0; p.kind >= FOLDS_LEAVE_GROUP_OUT && j < n_test; j++)
          apart &= g[train[i]] != g[test[j]];
      }
      for (int64_t i = 0; i < p.n; i++)
        all[c[i]]++;
      for (int q = 0; p.kind == FOLDS_STRATIFIED && q < 4; q++)
        even &= of_class[q] >= all[q] / p.k && of_class[q] <= (all[q] + p.k - 1) / p.k;
    }
    for (int64_t i = 0; i < p.n; i++)
      once &= tested[i] == 1;
    folds_free (s);
    fault_clear (&f);
  }
  t_ok (once, "every trial is tested exactly once");
  t_ok (apart, "no fold trains on its test trials, or on their group");
  t_ok (even, "classes are spread evenly");
}

static void
check_refusals (void)
{
  static const int32_t few[9] = { 0, 0, 0, 0, 0, 0, 1, 1, 1 }, lone[4] = { 0, 0, 0, 1 }, one[4] = { 1, 1, 1, 1 },
                       gap[4] = { 0, 1, -1, 1 }, halves[4] = { 0, 0, 1, 1 };
  folds_plan p = { .kind = FOLDS_STRATIFIED,
                   .n = 9,
                   .classes = few,
                   .n_class = 2,
                   .class_names = texts,
                   .k = 5,
                   .groups = one,
                   .n_group = 2,
                   .group_names = texts,
                   .group_by = "session" };
  refused ("a class with too few trials", p, EXIT_DATA,
           "folds=5 needs 5 trials of each class; \"T2\" has 3\nuse folds=3");
  p.k = 1;
  refused ("one fold", p, EXIT_CHAIN, "folds=1: two or more are needed\nuse folds=5");
  p.k = 2, p.n = 4, p.classes = lone;
  refused ("a class with one trial", p, EXIT_DATA,
           "folds=2 needs 2 trials of each class; \"T2\" has only 1\nleave \"T2\" out, or add recordings that have "
           "more of it");
  p.classes = one;
  refused ("a single class", p, EXIT_DATA,
           "all 4 trials are of class \"T2\": two classes are needed\nname the events of two classes, as in  ! epoch "
           "on=T1,T2");
  p.classes = gap;
  refused ("a trial without a target", p, EXIT_DATA, "1 of 4 trials have no target\nleave them out, or give them one");
  p.kind = FOLDS_LEAVE_GROUP_OUT, p.classes = halves;
  refused ("a single group", p, EXIT_DATA,
           "all 4 trials are of session \"T2\": there is no other to test on\nadd recordings of another session, or "
           "use cv=stratified");
  p.groups = halves;
  refused (
      "a class that stands in one group only", p, EXIT_DATA,
      "fold 1 (it tests session \"T1\") leaves only trials of class \"T2\" to train on\nuse cv=stratified folds=2");
  p.groups = gap;
  refused ("a trial without a group", p, EXIT_DATA,
           "1 of 4 trials have no session\ngive each recording one, or use cv=stratified");
  p.kind = FOLDS_GROUP_KFOLD, p.groups = halves, p.k = 3;
  refused ("fewer groups than folds", p, EXIT_DATA,
           "folds=3 puts each session into one fold; there are 2\nuse folds=2");
  p.kind = FOLDS_KFOLD, p.k = 5, p.classes = NULL;
  refused ("fewer trials than folds", p, EXIT_DATA, "folds=5 needs 5 trials; there are 4\nuse folds=4");
  p.k = 2, p.shuffle = true, p.seed = 4294967296u;
  refused ("a seed that scikit-learn has not", p, EXIT_CHAIN, "seed=4294967296: folds take seeds up to 4294967295");
  p.n = 1;
  p.shuffle = false;
  refused ("a single trial", p, EXIT_DATA, "there is 1 trial: two or more are needed");
}

int
main (void)
{
  mt19937 rng;
  for (int i = 0; i < 20; i++) {
    alternating[i] = i % 2;
    in_blocks[i] = i < 7 ? 0 : i < 16 ? 1 : 2;
  }
  /* The authors' own check value: the 10000th draw of seed 5489. */
  mt19937_seed (&rng, 5489);
  for (int i = 1; i < 10000; i++)
    mt19937_next (&rng);
  t_ok (mt19937_next (&rng) == 4123659995u, "MT19937's 10000th number");
  check_calibration ();
  check_peer ();
  check_partition (3);
  check_refusals ();
  return t_end ();
}
