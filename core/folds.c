/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Splitting trials as scikit-learn 1.2 does (model_selection/_split.py).  Each
 * kind gives every trial the number of the fold that tests it; everything else
 * follows from that.
 *
 * GroupKFold orders groups by size with numpy's argsort, which keeps the order
 * of equals only up to 16 groups (beyond, it depends on the CPU); here equals
 * always keep it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/folds.h"
#include "core/mt19937.h"

/* Name of code i for messages; `text` holds a number where there are none. */
static const char *
name_of (const char *const *names, int32_t i, char text[16])
{
  if (names && names[i])
    return names[i];
  snprintf (text, 16, "%d", (int)i + 1);
  return text;
}

/* How many trials each of n_code codes has; missing ones are counted in *none. */
static int64_t *
count (const int32_t *codes, int64_t n, int32_t n_code, int64_t *none)
{
  int64_t *counts = calloc ((size_t)n_code + 1, sizeof *counts);
  *none = 0;
  for (int64_t i = 0; counts && i < n; i++)
    if (codes[i] >= 0 && codes[i] < n_code)
      counts[codes[i]]++;
    else
      ++*none;
  return counts;
}

/* Number of codes that occur, and the rarest (or, of one alone, that one). */
static int32_t
occurring (const int64_t *counts, int32_t n_code, int32_t *rarest)
{
  int32_t n = 0;
  *rarest = 0;
  for (int32_t c = 0; c < n_code; c++)
    if (counts[c] > 0 && (n++ == 0 || counts[c] < counts[*rarest]))
      *rarest = c;
  return n;
}

/* Blocks of consecutive trials, the first n % k of them one longer. */
static fnx_status
split_kfold (const folds_plan *p, fold_set *out, mt19937 *rng, fault *f)
{
  fnx_status status = FNX_OK;
  if (p->n < p->k)
    return fault_set (f, EXIT_DATA, FNX_E_DATA, "folds=%d needs %d trials; there are %lld\nuse folds=%lld", p->k, p->k,
                      (long long)p->n, (long long)p->n);
  int64_t *order = malloc ((size_t)p->n * sizeof *order);
  if (!order)
    return fault_memory (f);
  for (int64_t i = 0; i < p->n; i++)
    order[i] = i;
  if (p->shuffle)
    mt19937_shuffle (rng, order, p->n);
  int64_t size = p->n / p->k, longer = p->n % p->k;
  for (int64_t i = 0; i < p->n; i++) {
    bool early = i < longer * (size + 1);
    out->of[order[i]] = (int32_t)(early ? i / (size + 1) : longer + (i - longer * (size + 1)) / size);
  }
  out->n = (size_t)p->k;
  free (order);
  return status;
}

/* Classes in order of appearance: scikit-learn numbers them so before it
 * spreads (and shuffles) one after the other. */
static int32_t
appearance (const folds_plan *p, int32_t *class_at, bool *seen)
{
  int32_t n = 0;
  for (int64_t i = 0; i < p->n; i++)
    if (!seen[p->classes[i]]) {
      seen[p->classes[i]] = true;
      class_at[n++] = p->classes[i];
    }
  return n;
}

/* Trials sorted by class are dealt to the folds in turn; how many of a class a
 * fold gets so is its quota.  A class then fills the folds in blocks of their
 * quotas, or in a shuffled order of the same fold numbers. */
static fnx_status
split_stratified (const folds_plan *p, fold_set *out, mt19937 *rng, fault *f)
{
  fnx_status status = FNX_OK;
  char text[16];
  int32_t rarest, n_class = 0;
  int64_t none, first = 0, *deal = NULL;
  int64_t *counts = count (p->classes, p->n, p->n_class, &none);
  int32_t *class_at = malloc (((size_t)p->n_class + 1) * sizeof *class_at);
  bool *seen = calloc ((size_t)p->n_class + 1, sizeof *seen);
  deal = malloc ((size_t)p->n * sizeof *deal);
  if (!counts || !class_at || !seen || !deal) {
    status = fault_memory (f);
    goto out;
  }
  n_class = appearance (p, class_at, seen);
  occurring (counts, p->n_class, &rarest);
  if (counts[rarest] < p->k) {
    const char *name = name_of (p->class_names, rarest, text);
    long long least = counts[rarest];
    if (least > 1)
      status = fault_set (f, EXIT_DATA, FNX_E_DATA,
                          "folds=%d needs %d trials of each class; \"%s\" has %lld\nuse folds=%lld", p->k, p->k, name,
                          least, least);
    else
      status = fault_set (f, EXIT_DATA, FNX_E_DATA,
                          "folds=%d needs %d trials of each class; \"%s\" has only 1\nleave \"%s\" out, or add "
                          "recordings that have more of it",
                          p->k, p->k, name, name);
    goto out;
  }
  for (int32_t a = 0; a < n_class; a++) {
    int64_t n = counts[class_at[a]], dealt = 0;
    for (int k = 0; k < p->k; k++) {
      /* places first..first+n-1 of the sorted trials that go to this fold */
      int64_t skip = (k - first % p->k + p->k) % p->k;
      int64_t quota = skip < n ? (n - skip - 1) / p->k + 1 : 0;
      while (quota-- > 0)
        deal[dealt++] = k;
    }
    if (p->shuffle)
      mt19937_shuffle (rng, deal, n);
    for (int64_t i = 0, d = 0; i < p->n; i++)
      if (p->classes[i] == class_at[a])
        out->of[i] = (int32_t)deal[d++];
    first += n;
  }
  out->n = (size_t)p->k;
out:
  free (deal);
  free (seen);
  free (class_at);
  free (counts);
  return status;
}

static fnx_status
split_leave_one (const folds_plan *p, fold_set *out, mt19937 *rng, fault *f)
{
  (void)rng, (void)f;
  for (int64_t i = 0; i < p->n; i++)
    out->of[i] = (int32_t)i;
  out->n = (size_t)p->n;
  return FNX_OK;
}

/* Counts of the groups, after making sure that there is something to leave out. */
static int64_t *
group_counts (const folds_plan *p, int32_t need, fault *f)
{
  char text[16];
  int64_t none;
  int32_t any, n;
  int64_t *counts = count (p->groups, p->n, p->n_group, &none);
  if (!counts) {
    fault_memory (f);
    return NULL;
  }
  n = occurring (counts, p->n_group, &any);
  if (none > 0)
    fault_set (f, EXIT_DATA, FNX_E_DATA,
               "%lld of %lld trials have no %s\ngive each recording one, or use cv=stratified", (long long)none,
               (long long)p->n, p->group_by);
  else if (n < 2)
    fault_set (f, EXIT_DATA, FNX_E_DATA,
               "all %lld trials are of %s \"%s\": there is no other to test on\nadd recordings of another %s, or use "
               "cv=stratified",
               (long long)p->n, p->group_by, name_of (p->group_names, any, text), p->group_by);
  else if (n < need)
    fault_set (f, EXIT_DATA, FNX_E_DATA, "folds=%d puts each %s into one fold; there are %d\nuse folds=%d", (int)need,
               p->group_by, (int)n, (int)n);
  else
    return counts;
  free (counts);
  return NULL;
}

/* The first trials of each class in each group are tested by no fold, and so
 * trained on by all. */
static fnx_status
keep_calibration (const folds_plan *p, fold_set *folds, fault *f)
{
  char text[16], text2[16];
  size_t n_class = (size_t)p->n_class;
  int64_t *left = calloc ((size_t)p->n_group * n_class + 1, sizeof *left);
  fnx_status status = left ? FNX_OK : fault_memory (f);
  for (int64_t i = 0; left && i < p->n; i++)
    left[(size_t)p->groups[i] * n_class + (size_t)p->classes[i]]++;
  for (size_t k = 0; status == FNX_OK && k < (size_t)p->n_group * n_class; k++)
    if (left[k] > 0 && left[k] <= p->calibration)
      status = fault_set (f, EXIT_DATA, FNX_E_DATA,
                          "calibration=%lld leaves no trial of class \"%s\" to test in %s \"%s\", which has %lld\n"
                          "use calibration=%lld%s",
                          (long long)p->calibration, name_of (p->class_names, (int32_t)(k % n_class), text),
                          p->group_by, name_of (p->group_names, (int32_t)(k / n_class), text2), (long long)left[k],
                          (long long)left[k] / 2, left[k] > 1 ? "" : ", or add recordings that have more of it");
  for (size_t k = 0; left && k < (size_t)p->n_group * n_class; k++)
    left[k] = p->calibration;
  for (int64_t i = 0; status == FNX_OK && i < p->n; i++)
    if (left[(size_t)p->groups[i] * n_class + (size_t)p->classes[i]]-- > 0)
      folds->of[i] = -1;
  free (left);
  return status;
}

static fnx_status
split_leave_group (const folds_plan *p, fold_set *out, mt19937 *rng, fault *f)
{
  (void)rng;
  int64_t *counts = group_counts (p, 2, f);
  if (!counts)
    return f && f->code ? f->code : FNX_E_DATA;
  /* Codes are in sorted order already; those without trials make no fold. */
  int32_t n = 0;
  for (int32_t g = 0; g < p->n_group; g++)
    counts[g] = counts[g] > 0 ? n++ : -1;
  for (int64_t i = 0; i < p->n; i++)
    out->of[i] = (int32_t)counts[p->groups[i]];
  out->n = (size_t)n;
  free (counts);
  return p->calibration > 0 && p->classes ? keep_calibration (p, out, f) : FNX_OK;
}

/* The largest group left goes to the fold with the fewest trials.  Of equal
 * groups the last comes first, as scikit-learn reverses an ascending sort. */
static fnx_status
split_group_kfold (const folds_plan *p, fold_set *out, mt19937 *rng, fault *f)
{
  (void)rng;
  int64_t *counts = group_counts (p, p->k, f);
  if (!counts)
    return f && f->code ? f->code : FNX_E_DATA;
  int64_t *filled = calloc ((size_t)p->k, sizeof *filled);
  int32_t *fold_of = malloc ((size_t)p->n_group * sizeof *fold_of);
  fnx_status status = filled && fold_of ? FNX_OK : fault_memory (f);
  for (int32_t turn = 0; status == FNX_OK && turn < p->n_group; turn++) {
    int32_t largest = p->n_group - 1, lightest = 0;
    for (int32_t g = p->n_group - 1; g >= 0; g--)
      if (counts[g] > counts[largest])
        largest = g;
    for (int32_t k = 1; k < p->k; k++)
      if (filled[k] < filled[lightest])
        lightest = k;
    if (counts[largest] <= 0)
      break;
    fold_of[largest] = lightest;
    filled[lightest] += counts[largest];
    counts[largest] = 0;
  }
  for (int64_t i = 0; status == FNX_OK && i < p->n; i++)
    out->of[i] = fold_of[p->groups[i]];
  out->n = (size_t)p->k;
  free (fold_of);
  free (filled);
  free (counts);
  return status;
}

static const struct kind {
  fnx_status (*split) (const folds_plan *, fold_set *, mt19937 *, fault *);
  bool uses_k, uses_classes, uses_groups;
} kinds[] = {
  [FOLDS_STRATIFIED] = { split_stratified, true, true, false },
  [FOLDS_KFOLD] = { split_kfold, true, false, false },
  [FOLDS_LEAVE_ONE_OUT] = { split_leave_one, false, false, false },
  [FOLDS_LEAVE_GROUP_OUT] = { split_leave_group, false, false, true },
  [FOLDS_GROUP_KFOLD] = { split_group_kfold, true, false, true },
};

static fnx_status
check_plan (const folds_plan *p, fault *f)
{
  const struct kind *kind = &kinds[p->kind];
  if (kind->uses_k && p->k < 2)
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "folds=%d: two or more are needed\nuse folds=5", p->k);
  if (p->shuffle && p->seed > UINT32_MAX)
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "seed=%llu: folds take seeds up to 4294967295",
                      (unsigned long long)p->seed);
  if (p->n < 2 || p->n > INT32_MAX)
    return fault_set (f, EXIT_DATA, FNX_E_DATA, "there %s %lld trial%s: %s", p->n == 1 ? "is" : "are", (long long)p->n,
                      p->n == 1 ? "" : "s", p->n < 2 ? "two or more are needed" : "2147483647 is the most");
  if ((kind->uses_classes && !p->classes) || (kind->uses_groups && !p->groups))
    return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "folds without %s", p->groups ? "classes" : "groups");
  return FNX_OK;
}

static fnx_status
check_classes (const folds_plan *p, fault *f)
{
  char text[16];
  int64_t none;
  int32_t rarest;
  int64_t *counts = count (p->classes, p->n, p->n_class, &none);
  if (!counts)
    return fault_memory (f);
  int32_t n = occurring (counts, p->n_class, &rarest);
  free (counts);
  if (none > 0)
    return fault_set (f, EXIT_DATA, FNX_E_DATA, "%lld of %lld trials have no target\nleave them out, or give them one",
                      (long long)none, (long long)p->n);
  if (n < 2)
    return fault_set (f, EXIT_DATA, FNX_E_DATA,
                      "all %lld trials are of class \"%s\": two classes are needed\nname the events of two classes, as "
                      "in  ! epoch on=T1,T2",
                      (long long)p->n, name_of (p->class_names, rarest, text));
  return FNX_OK;
}

enum { USUAL_FOLDS = 5 }; /* of evaluate */

static fnx_status
one_class_left (const folds_plan *p, const int64_t *total, size_t k, const char *tested, int32_t class, fault *f)
{
  char text[16], text2[16], remedy[160];
  int32_t rarest;
  occurring (total, p->n_class, &rarest);
  if (total[rarest] > 1)
    snprintf (remedy, sizeof remedy, "use cv=stratified folds=%lld",
              (long long)(total[rarest] < USUAL_FOLDS ? total[rarest] : USUAL_FOLDS));
  else
    snprintf (remedy, sizeof remedy, "add recordings that have more of \"%.80s\"",
              name_of (p->class_names, rarest, text2));
  return fault_set (f, EXIT_DATA, FNX_E_DATA, "fold %zu%s leaves only trials of class \"%s\" to train on\n%s", k + 1,
                    tested, name_of (p->class_names, class, text), remedy);
}

/* A model can only be fitted on a training set of two classes.  It lacks them
 * exactly when one class has as many trials outside the fold as the training
 * set has. */
static fnx_status
check_training (const folds_plan *p, const fold_set *folds, fault *f)
{
  char text[16], tested[96] = "";
  int64_t none;
  int64_t *total = count (p->classes, p->n, p->n_class, &none);
  int64_t *inside = calloc (folds->n * (size_t)p->n_class, sizeof *inside);
  fnx_status status = total && inside ? FNX_OK : fault_memory (f);
  for (int64_t i = 0; status == FNX_OK && i < p->n; i++)
    if (folds->of[i] >= 0)
      inside[folds->of[i] * (int64_t)p->n_class + p->classes[i]]++;
  for (size_t k = 0; status == FNX_OK && k < folds->n; k++)
    for (int32_t c = 0; c < p->n_class && status == FNX_OK; c++) {
      if (total[c] - inside[k * (size_t)p->n_class + (size_t)c] < folds->fold[k].n_train)
        continue;
      if (folds->fold[k].group >= 0)
        snprintf (tested, sizeof tested, " (it tests %s \"%s\")", p->group_by,
                  name_of (p->group_names, folds->fold[k].group, text));
      status = one_class_left (p, total, k, tested, c, f);
    }
  free (inside);
  free (total);
  return status;
}

static fnx_status
measure (const folds_plan *p, fold_set *folds, fault *f)
{
  folds->fold = calloc (folds->n, sizeof *folds->fold);
  if (!folds->fold)
    return fault_memory (f);
  for (size_t k = 0; k < folds->n; k++)
    folds->fold[k].group = -1;
  for (int64_t i = 0; i < p->n; i++) {
    if (folds->of[i] < 0)
      continue;
    struct fold *fold = &folds->fold[folds->of[i]];
    fold->n_test++;
    if (p->kind == FOLDS_LEAVE_GROUP_OUT)
      fold->group = p->groups[i];
  }
  for (size_t k = 0; k < folds->n; k++)
    folds->fold[k].n_train = p->n - folds->fold[k].n_test;
  return FNX_OK;
}

fold_set *
folds_make (const folds_plan *p, fault *f)
{
  mt19937 rng;
  fold_set *folds = NULL;
  if (check_plan (p, f) != FNX_OK || (p->classes && check_classes (p, f) != FNX_OK))
    return NULL;
  folds = calloc (1, sizeof *folds);
  if (folds)
    folds->of = malloc ((size_t)p->n * sizeof *folds->of);
  if (!folds || !folds->of) {
    fault_memory (f);
    goto fail;
  }
  folds->n_trials = p->n;
  mt19937_seed (&rng, (uint32_t)p->seed);
  if (kinds[p->kind].split (p, folds, &rng, f) != FNX_OK || measure (p, folds, f) != FNX_OK
      || (p->classes && check_training (p, folds, f) != FNX_OK))
    goto fail;
  return folds;
fail:
  folds_free (folds);
  return NULL;
}

void
folds_free (fold_set *folds)
{
  if (!folds)
    return;
  free (folds->fold);
  free (folds->of);
  free (folds);
}

void
folds_trials (const fold_set *folds, size_t k, int64_t *train, int64_t *test)
{
  for (int64_t i = 0; i < folds->n_trials; i++)
    if (folds->of[i] == (int32_t)k) {
      if (test)
        *test++ = i;
    } else if (train)
      *train++ = i;
}
