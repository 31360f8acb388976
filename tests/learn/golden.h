/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the classifiers' oracles are about: 12 trials of 3 channels given by a
 * formula, their OAS covariances, and 6 tangent features each.
 */
#ifndef FNX_TESTS_LEARN_GOLDEN_H
#define FNX_TESTS_LEARN_GOLDEN_H

#include "tests/harness.h"

/* Is riemann_golden.json there?  Says so if it is not. */
bool golden_there (void);
/* Numbers of one entry of it, nested lists flattened. */
size_t golden (const char *key, double *out, size_t most);
/* features[12,6] with targets "a" "b" in turn. */
fnx_buf *golden_features (void);
/* The formula of sklearn.h: n trials of p features in three classes. */
fnx_buf *formula (long n, long p);
/* n x p standard normal features, classes in turn out of n_class, each moved
 * by `shift` along the first features of its own. */
fnx_buf *planted (long n, long p, int n_class, double shift, uint64_t seed);
/* Share of trials whose largest score is their own class, classes in turn. */
double accuracy (const fnx_buf *scores, int n_class);
/* The decision value of two classes. */
void decisions (const fnx_buf *scores, double *d);

/* What every classifier must refuse, with its sentence. */
void refusals (const char *line);
/* Trials of weight 0 are as good as absent, for methods that cannot weigh. */
void left_out (const char *line);

#endif
