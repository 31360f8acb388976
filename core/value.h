/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One setting: a text, parsed by the type, unit and limits of its descriptor.
 */
#ifndef FNX_CORE_VALUE_H
#define FNX_CORE_VALUE_H

#include "core/param.h"

/* What a text stands for; which members count depends on the type. */
typedef struct value {
  int64_t integer; /* INT; BOOL: 0, 1; ENUM: index of the choice */
  double real;     /* REAL, INT */
  double low, high;
  double *reals; /* REALS, INTS; ENUMS: indices */
  size_t n_reals;
  char **texts; /* TEXTS, ENUMS */
  size_t n_texts;
} value;

/* The largest number of items that a..b may stand for. */
#define VALUE_MANY 100000

/* The fault's text begins with "name=text". */
fnx_status value_parse (const fnx_param_desc *, const char *text, value *out, fault *f);
void value_free (value *);

/* A text of the user for a sentence: at most 60 bytes, nothing unprintable. */
const char *shown (const char *text, char out[72]);
/* "auc, accuracy, kappa" into out, cut short with "..." where it must. */
char *names_text (const char *const *names, char *out, size_t room);
/* Items of a text between commas; NULL: no memory.  Empty items stay. */
char **texts_split (const char *text, size_t *n);
/* a..b, whole numbers without a unit: both ends, or false. */
bool span_parse (const char *text, int64_t *low, int64_t *high);

#endif
