/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scores as people read them.
 */
#ifndef FNX_CORE_EVALUATE_PEOPLE_H
#define FNX_CORE_EVALUATE_PEOPLE_H

#include "core/evaluate.h"
#include "core/table_text.h"

/* Two decimals and no -0.00; n/a.  A p value has two digits that count. */
void people_put_score (text_buf *, double);
void people_put_p (text_buf *, double);
/* compare_people.c: below the scores, each pipeline against each. */
void pairs_put_people (text_buf *, const fnx_buf *pairs);

#endif
