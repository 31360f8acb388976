/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The evaluate step: who trains, who is tested, how good that was.
 */
#ifndef FNX_CORE_EVALUATE_H
#define FNX_CORE_EVALUATE_H

#include "core/exec.h"

/* What an evaluation found, ready to be printed. */
typedef struct evaluation {
  const fnx_buf *summary; /* table: one row a group and metric (of compare: and pipeline) */
  const fnx_buf *pairs;   /* of compare: one row a pair of pipelines; else NULL */
  char **json;            /* the same, a JSON object a row */
  size_t n_json;
} evaluation;

/* Of a node that ran; NULL for other nodes. */
const evaluation *evaluation_of (const node *);

/* The summary: for people on a terminal, else a table that keeps all digits. */
fnx_status evaluation_print (FILE *to, const evaluation *, fault *f);

#endif
