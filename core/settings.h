/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The settings of one step: every combination of its tried arguments, names in
 * alphabetical order, the last varying fastest, as scikit-learn's ParameterGrid
 * has them, so that ties are settled alike.
 */
#ifndef FNX_CORE_SETTINGS_H
#define FNX_CORE_SETTINGS_H

#include "core/chain.h"
#include "core/param.h"

typedef struct settings {
  size_t n;              /* combinations; 1 without try: */
  size_t n_tried;        /* arguments */
  const chain_arg **arg; /* n_tried, sorted by name; borrowed */
  char ***value;         /* value[arg][i] */
  size_t *n_values;      /* of each argument */
} settings;

/* line->desc is needed.  tried_free after failure too. */
fnx_status tried_of (settings *, const chain_step *line, fault *f);
void tried_free (settings *);
/* Text of tried argument k in combination i. */
const char *tried_value (const settings *, size_t i, size_t k);
/* The line with combination i settled; free out->args. */
fnx_status tried_line (const settings *, const chain_step *line, size_t i, chain_step *out, fault *f);

#endif
