/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the evaluate*.c files share.  Nobody else includes this.
 *
 *   evaluate.c              the step: settings, negotiation, the result
 *   evaluate_groups.c       items parted by per=, split into folds by cv=
 *   evaluate_permute.c      the same with permuted targets
 *   evaluate_folds.c        one group: the search inside training sets, the test of each fold
 *   evaluate_parts.c        what of a fold has a value of its own
 *   evaluate_predictions.c  what was predicted, laid out for the metrics
 *   evaluate_report.c       what they gave, collected (evaluate_lines.h)
 *   evaluate_tables.c       the same as tables and JSON
 *   evaluate_tell.c         what people are told meanwhile
 *   evaluate_people.c       the summary as people see it
 *   compare.c               several pipelines on the same folds
 *   compare_pairs.c         each against each: the tests of paired.c
 */
#ifndef FNX_CORE_EVALUATE_IMPL_H
#define FNX_CORE_EVALUATE_IMPL_H

#include "core/evaluate.h"
#include "core/evaluate_report.h"
#include "core/folds.h"
#include "core/pipeline.h"
#include "core/score.h"

/* What each cv= splits by, what it is done for apart, and by what the tested
 * items are scored apart. */
typedef struct protocol {
  const char *name;
  folds_kind kind;
  const char *group, *per, *per2, *score;
} protocol;
extern const protocol protocols[];
extern const char *const protocol_names[]; /* NULL-terminated */

typedef struct eval_settings {
  /* cv: index into protocols */
  int64_t cv, folds, seed, inner, permutations, calibration;
  bool shuffle;
  char *group, *dataset;
  char *per[8];
  size_t n_per;
  const metric *metric[16];
  size_t n_metric;
} eval_settings;

/* What a pipeline predicts: classes, the numbers of the target column, or what
 * comes in at a port of its own. */
typedef enum aim { AIM_CLASSES, AIM_NUMBERS, AIM_PORT } aim;

typedef struct evaluate {
  eval_settings set;
  pipeline *pipe; /* one; compare has several, called name[i] */
  char **name;    /* NULL for evaluate */
  size_t n_pipes;
  evaluation found;
} evaluate;

/* Items that are split together, and how. */
typedef struct group {
  evaluate *e;
  scope *s;
  pipeline *pipe;
  const fnx_buf **input; /* of each pipeline slot, this group's items */
  int64_t n;
  const char *name;
  const int32_t *codes; /* of the target column; NULL for regression */
  const double *number; /* the target column where numbers are predicted; or NULL */
  int32_t n_class;
  const char *const *classes;
  fold_set *folds;
  item_set *sets; /* of each fold */
  parts parts;
} group;

/* Predictions of all folds, item after item. */
typedef struct predictions {
  const group *g;
  int64_t *offset; /* n_folds + 1 */
  int32_t *truth;
  double *scores;        /* [n, n_class] */
  double *y, *predicted; /* [n, n_target] */
  int64_t n_target;
} predictions;

/* evaluate.c: what compare does alike.  evaluate_open plans every begin ... end
 * of the node into n->own; evaluate_run gives a report, also with a fault. */
fnx_status evaluate_open (scope *, node *, const fnx_spec *in, fault *f);
fnx_status evaluate_run (scope *, node *, const fnx_buf *in, report **, fault *f);
void evaluate_done (node *);
bool evaluate_searches (const evaluate *);
const fnx_spec *evaluate_table_spec (void);
extern const fnx_param_desc *const compare_params[];
extern const fnx_port_desc *const evaluate_in[], search_port;

/* evaluate_predictions.c */
fnx_status predictions_begin (predictions *, const group *, const item_set *sets, size_t n_sets, fault *f);
void predictions_free (predictions *);
/* What the last step gave for the test items of `set`, into rows from `row` on. */
fnx_status take_prediction (predictions *, const item_set *set, int64_t row, const fnx_buf *, fault *f);
score_data predictions_data (const predictions *, size_t n_sets);
/* The input slot that the last estimator with a target port learns from; -1. */
int target_slot (const pipeline *);
/* Does it end with a regression of the target column? */
bool predicts_numbers (const pipeline *);

/* evaluate_folds.c */
void item_sets_free (item_set *, size_t n);
/* Index lists of every fold; item_sets_free frees them with `sets`. */
fnx_status item_sets (const fold_set *, uint64_t first_seed, item_set *sets, fault *f);
/* Mark the training items of each set that are of the group it tests. */
fnx_status item_sets_mark (const fold_set *, const int32_t *groups, item_set *sets, fault *f);
/* Evaluate a group; with a report its rows are added; *value receives the mean
 * of the first metric. */
fnx_status run_group (group *, report *, double *value, fault *f);

/* evaluate_parts.c */
/* One part a fold; with `code` of each item (-1: none) one for each code in it,
 * whose items then stand together.  left[group], inner[code]: names, or NULL. */
fnx_status parts_make (parts *, const fold_set *, const item_set *sets, const char *const *left, const int32_t *code,
                       int32_t n_code, const char *const *inner, fault *f);
void parts_free (parts *);

/* evaluate_permute.c: `value` against those of permutations=, into the report. */
fnx_status evaluate_permuted (group *, report *, double value, fault *f);

/* evaluate_groups.c */
fnx_status evaluate_groups (evaluate *, scope *, const fnx_buf *const *whole, int64_t n, aim what, report *, fault *f);

#endif
