/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What pipelines on the same items have in common: steps at their beginnings
 * that treat items one by one, learn nothing and have the same settings give
 * the same, so they run once.
 */
#ifndef FNX_CORE_MEMO_H
#define FNX_CORE_MEMO_H

#include "core/pipeline.h"

typedef struct memo memo;

/* For pipelines on the same inputs; NULL if no two begin alike, or no memory.
 * Nothing is kept but what several of them need. */
memo *memo_new (const pipeline *, size_t n);
void memo_free (memo *);
/* What step k of a pipeline gave, by output: a place that is kept and may still
 * be empty; NULL where nobody else has that step. */
const fnx_buf **memo_place (memo *, const pipeline *, int k);

#endif
