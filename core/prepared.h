/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What estimators work out of each item alone ("fnx.prepare/1"), kept for all
 * folds, inner folds, permutations and pipelines on the same items.
 */
#ifndef FNX_CORE_PREPARED_H
#define FNX_CORE_PREPARED_H

#include "core/pipeline.h"

typedef struct prepared prepared;

prepared *prepared_new (fault *f);
void prepared_free (prepared *);
/* The rows of step k, with the settings that it and those before it have now:
 * a reference.  in[] holds all items.  Without a place to keep them in (NULL)
 * they are worked out each time. */
fnx_status prepared_rows (prepared *, const pipeline *, int k, const fnx_buf *const *in, const fnx_buf **rows,
                          fault *f);

#endif
