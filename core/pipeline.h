/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps of a begin ... end on training and test items.
 *
 * A pipeline walks the settings of its steps as a tree, depth first, for many
 * training sets: a step that treats items one by one runs once for all
 * sets; what learns is fitted once for each setting and set; and only one
 * branch of the tree, for a few of the sets, is held at a time.
 */
#ifndef FNX_CORE_PIPELINE_H
#define FNX_CORE_PIPELINE_H

#include "core/exec.h"
#include "core/settings.h"

struct memo;
struct prepared;

/* Candidates of a search for which some matrix is not positive definite, some
 * mean not to be found: left out of it, whichever sets they failed on. */
typedef struct losses {
  bool *lost; /* of each candidate */
  size_t n;
  size_t first; /* of them, and why */
  fault why;
} losses;

typedef struct pipeline {
  scope sub;          /* planned with the first settings */
  int n_inputs;       /* slots 0 .. n_inputs - 1 come from outside */
  settings *tried;    /* of each node */
  const chain *steps; /* borrowed */
  size_t n_candidates;
  /* Told what the models that pipeline_walk fits say of themselves, set by set
   * (learned.h), from several threads for different sets; or NULL. */
  void (*told) (void *arg, size_t set, const char *step, const char *name, const char *value);
  void *told_arg;
  struct memo *memo;         /* what it has in common with others on the same inputs (memo.h); or NULL */
  losses *losses;            /* where such candidates go; NULL: they end the walk */
  struct prepared *prepared; /* what was worked out of each item alone (prepared.h); or NULL */
} pipeline;

/* A training set and what is to be predicted with it: items of the inputs. */
typedef struct item_set {
  const int64_t *train, *test;
  int64_t n_train, n_test;
  uint64_t fold;             /* for seeds */
  const double *calibration; /* [n_train] the column of that name: 1 where the item is of what is tested; or NULL */
} item_set;

/* Plan `steps` behind slot s->main of `outer`; named slots of `outer` can be
 * wired.  pipeline_close frees after failure too. */
fnx_status pipeline_open (pipeline *, const scope *outer, const chain *steps, fault *f);
void pipeline_close (pipeline *);
/* Put settings i of node k into force; specs behind it may change. */
fnx_status pipeline_settle (pipeline *, int k, size_t i, fault *f);

/* Called when candidate `c` has predicted set `i`: `test` is what the last step
 * gave for its test items.  May run in several threads, for different sets. */
typedef fnx_status (*pipeline_leaf) (void *arg, size_t c, size_t i, const fnx_buf *test, fault *f);

/* Walk all candidates (`only` < 0) or one for all sets.  `input[k]` is the whole
 * of input slot k; `n_items` its items along the sample axis. */
fnx_status pipeline_walk (pipeline *, const fnx_buf *const *input, int64_t n_items, const item_set *, size_t n_sets,
                          int64_t only, pipeline_leaf leaf, void *arg, fault *f);

/* "svm.c" and "10" of each tried argument of candidate c; called in order. */
void pipeline_settings (const pipeline *, size_t c,
                        void (*f) (void *, const char *step, const char *name, const char *value), void *arg);

/* Fit every estimator on all items; models stay in sub.nodes[].model. */
fnx_status pipeline_fit (pipeline *, const fnx_buf *const *input, fault *f);

/* Items of `b` along its sample axis; the whole (a reference) if it does not
 * have that axis or not that many items. */
const fnx_buf *items_of (const fnx_buf *b, int64_t n_items, const int64_t *idx, int64_t n, fault *f);

#endif
