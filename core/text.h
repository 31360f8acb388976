/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A text that grows.  Lack of memory is kept and told once, at the end.
 */
#ifndef FNX_CORE_TEXT_H
#define FNX_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "fornix/plugin.h"

typedef struct text_buf {
  char *s; /* always ends in a NUL once anything was added */
  size_t n, room;
  bool failed;
} text_buf;

void text_add (text_buf *, const char *s);
void text_addn (text_buf *, const char *s, size_t n);
void text_addf (text_buf *, const char *format, ...) FNX_PRINTF (2, 3);
/* A JSON string with its quotes.  Bytes that are no UTF-8 become U+FFFD. */
void text_json (text_buf *, const char *s);
/* A JSON number; NaN is null, infinities are the strings "inf" and "-inf". */
void text_json_number (text_buf *, double value);
/* As a word for the shell, quoted only when it must be. */
void text_shell (text_buf *, const char *word);
/* The text, owned by the caller, "" if nothing was added; NULL: no memory. */
char *text_take (text_buf *);

/* A text of the user for a sentence: at most 60 bytes, nothing unprintable. */
const char *shown (const char *text, char out[72]);
/* "auc, accuracy, kappa" into out, cut short with "..." where it must. */
char *names_text (const char *const *names, char *out, size_t room);
/* Items of a text between commas; NULL: no memory.  Empty items stay. */
char **texts_split (const char *text, size_t *n);

/* Bytes of the UTF-8 character at s; 0 if it is none, or at the end. */
size_t utf8_span (const char *s);
/* Columns that n bytes take on a terminal: characters, save for combining ones
 * (none) and wide ones (two). */
size_t utf8_columns (const char *s, size_t n);

#endif
