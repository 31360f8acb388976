/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Folds: which trials train and which test.  The same trials as scikit-learn
 * 1.2's KFold, StratifiedKFold, LeaveOneOut, LeaveOneGroupOut and GroupKFold
 * choose for the same seed, so that scores can be laid beside the peers'.
 */
#ifndef FNX_CORE_FOLDS_H
#define FNX_CORE_FOLDS_H

#include <stdbool.h>

#include "core/fault.h"

typedef enum folds_kind {
  FOLDS_STRATIFIED,      /* each class spread evenly over the folds */
  FOLDS_KFOLD,           /* whatever the classes */
  FOLDS_LEAVE_ONE_OUT,   /* one trial a fold */
  FOLDS_LEAVE_GROUP_OUT, /* one group a fold, in the order of the groups' names */
  FOLDS_GROUP_KFOLD      /* k folds of whole groups, filled largest group first */
} folds_kind;

/* What to split.  `classes` and `groups` are codes as fnx_buf_api.classes gives
 * them (-1 is missing, and refused where it matters), or NULL where the kind
 * needs none; with classes, every training set must hold two of them.  Names
 * are for messages and may be NULL. */
typedef struct folds_plan {
  folds_kind kind;
  int64_t n; /* trials */
  const int32_t *classes;
  int32_t n_class;
  const char *const *class_names;
  const int32_t *groups;
  int32_t n_group;
  const char *const *group_names;
  const char *group_by; /* "session": the column of the groups */
  int k;                /* STRATIFIED, KFOLD, GROUP_KFOLD */
  bool shuffle;         /* STRATIFIED, KFOLD */
  uint64_t seed;        /* as scikit-learn's random_state: at most 4294967295 */
  int64_t calibration;  /* LEAVE_GROUP_OUT: the first trials of each class in each group that are only trained on */
} folds_plan;

struct fold {
  int64_t n_train, n_test;
  int32_t group; /* LEAVE_GROUP_OUT: the group that is tested; else -1 */
};

typedef struct fold_set {
  size_t n;
  struct fold *fold;
  int64_t n_trials;
  int32_t *of; /* [n_trials] fold that tests the trial; each is tested once, calibration trials (-1) never */
} fold_set;

/* NULL and a fault (EXIT_CHAIN for settings, EXIT_DATA for trials) when the
 * trials cannot be split so.  folds_free (NULL) is allowed. */
fold_set *folds_make (const folds_plan *, fault *f);
void folds_free (fold_set *);
/* Trials of fold k, ascending, into arrays of n_train and n_test; either may
 * be NULL.  (Kept as one fold number a trial: all lists of a leave-one-out
 * would be n * n.) */
void folds_trials (const fold_set *, size_t k, int64_t *train, int64_t *test);

#endif
