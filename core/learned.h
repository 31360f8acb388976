/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What fitted models say of themselves (fnx_ext_estimator.report): "order" and
 * "6".  It stands in the results beside what a search chose, in what
 * `inspect` shows of a model file, and in a note where a step learns alone.
 */
#ifndef FNX_CORE_LEARNED_H
#define FNX_CORE_LEARNED_H

#include <stdbool.h>

#include "core/fault.h"
#include "fornix/plugin.h"

typedef struct node node; /* exec.h */
typedef struct scope scope;

typedef void (*learned_told) (void *arg, const char *step, const char *name, const char *value);

/* Ask a fitted model of node n; one that says nothing is no failure. */
fnx_status learned_ask (const scope *, const node *n, const fnx_model *, learned_told, void *arg, fault *f);
/* May a report say this?  Names and values stand between blanks, dots and equal signs. */
bool learned_sound (const char *name, const char *value);
/* A `learned_told` for a char *: "augcov.order=4 svm.c=1", malloc'ed. */
void learned_append (void *text, const char *step, const char *name, const char *value);

#endif
