/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One setting: a text, parsed by the type, unit and limits of its descriptor.
 */
#ifndef FNX_CORE_VALUE_H
#define FNX_CORE_VALUE_H

#include "core/param.h"

/* What a text stands for; which members count depends on the type. */
typedef struct param_value {
  int64_t integer; /* INT; BOOL: 0, 1; ENUM: index of the choice */
  double real;     /* REAL, INT */
  double low, high;
  double *reals; /* REALS, INTS; ENUMS: indices */
  size_t n_reals;
  char **texts; /* TEXTS, ENUMS */
  size_t n_texts;
} param_value;

/* The largest number of items that a..b may stand for. */
#define VALUE_MANY 100000

/* The fault's text begins with "name=text". */
fnx_status value_parse (const fnx_param_desc *, const char *text, param_value *out, fault *f);
void value_free (param_value *);

/* a..b, whole numbers without a unit: both ends, or false. */
bool span_parse (const char *text, int64_t *low, int64_t *high);

#endif
