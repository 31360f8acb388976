/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What estimators share: features[trial,feature] seen as rows, the classes of
 * a target column, and scores[trial,class].
 */
#ifndef FNX_COMMON_TRIALS_H
#define FNX_COMMON_TRIALS_H

#include "fornix/plugin.h"
#include "plugins/common/state.h"
#include "plugins/common/trialname.h"

/* ---- rows.c: n trials of p features, without gathering them ---- */
typedef struct rows {
  size_t n, p;
  const double **at; /* n rows of p values; scratch memory */
} rows;

/* The trials of b; values that are not finite are refused with their place.
 * at least `need` trials must be there. */
fnx_status rows_of (fnx_call *c, const fnx_buf *b, size_t need, rows *x);
/* FNX_E_SPEC unless x has the p features that a model was fitted on. */
fnx_status rows_fit (fnx_call *c, const rows *x, size_t p);
/* Mean of each feature, with weights w (NULL: all 1). */
void rows_mean (const rows *x, const double *w, double *mean);
/* The rows less `mean` (NULL: as they are), packed n x p into `to`. */
void rows_pack (const rows *x, const double *mean, double *to);
/* The column "weight" of the trials: NULL where there is none.  Negative and
 * missing weights are refused. */
fnx_status rows_weights (fnx_call *c, const fnx_buf *b, const double **w);
/* A spec features[trial,feature] with another feature axis; scratch memory. */
const fnx_spec *rows_spec (fnx_call *c, const fnx_spec *in, const fnx_axis *feature);

/* ---- classes.c: what a classifier tells apart ---- */
typedef struct classes {
  int32_t n;
  char **name; /* n texts, owned */
} classes;

/* The column "target" of the trials: code[i] in 0..n_class-1 (scratch memory).
 * Missing targets and a single class are refused. */
fnx_status classes_of (fnx_call *c, const fnx_buf *b, const int32_t **code, classes *out);
/* For a method that cannot weigh its trials: the numbers of the n whose weight
 * is above 0 (scratch memory).  A class without any is refused, and weights that
 * differ otherwise are told to be of no use to `step`. */
fnx_status trials_kept (fnx_call *c, const fnx_buf *b, const char *step, const classes *, const int32_t *code,
                        const size_t **at, size_t *n);
/* The same, x and *code taken together. */
fnx_status rows_kept (fnx_call *c, const fnx_buf *b, const char *step, const classes *, rows *x, const int32_t **code);
void classes_free (classes *);
void classes_put (state_out *, const classes *);
/* false: bad bytes or no memory (then s->bad is not set). */
bool classes_get (state_in *s, classes *out);

/* ---- numbers.c: what a regression follows ---- */
/* The column "target" of the trials as numbers y[n]: numbers, texts that are
 * such (events called 0.35), or two classes for 0 and 1.  Anything else is
 * refused in the name of `step`; `other` is the step for classes. */
fnx_status numbers_of (fnx_call *c, const fnx_buf *b, const char *step, const char *other, double *y);

/* ---- scores.c ---- */
/* negotiate() of every classifier. */
fnx_status scores_negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out);
/* A new scores[trial,class] for the trials of `in`; *v are its values. */
fnx_buf *scores_new (fnx_call *c, const fnx_buf *in, const classes *cls, double **v);
/* Scores of one trial from decision values x.w_k + b_k: two classes have one
 * value d and get (-d/2, d/2), more get theirs. */
void scores_from (const double *d, int32_t n_class, double *score);

/* The ports of every classifier. */
extern const fnx_port_desc learn_in_target, learn_out_scores;

/* ---- models ---- */
/* Memory of a model's own, zeroed; never NULL on success.  NULL: fail() was called. */
void *learn_alloc (fnx_call *c, size_t n, size_t size);
/* FNX_OK, or the sentence for a saved model that cannot be read. */
fnx_status learn_state (fnx_call *c, const char *step, const state_in *s, bool ok);

#endif
