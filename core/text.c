/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Growing texts, and the two ways of quoting that we need: JSON and shell.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/param.h"
#include "core/text.h"
#include "core/unit.h"

void
text_addn (text_buf *t, const char *s, size_t n)
{
  if (t->failed)
    return;
  if (n >= t->room - t->n || !t->s) {
    size_t room = t->n + n < SIZE_MAX / 2 - 64 ? 2 * (t->n + n) + 64 : 0;
    char *grown = room ? realloc (t->s, room) : NULL;
    if (!grown) {
      t->failed = true;
      return;
    }
    t->s = grown;
    t->room = room;
  }
  memcpy (t->s + t->n, s, n);
  t->n += n;
  t->s[t->n] = '\0';
}

void
text_add (text_buf *t, const char *s)
{
  text_addn (t, s, strlen (s));
}

void
text_addf (text_buf *t, const char *format, ...)
{
  char *s = NULL;
  va_list ap;
  va_start (ap, format);
  /* A decimal point, whatever locale the thread has. */
  locale_t plain = number_locale (), before = plain ? uselocale (plain) : (locale_t)0;
  int n = vasprintf (&s, format, ap);
  if (before)
    uselocale (before);
  va_end (ap);
  if (n < 0) {
    t->failed = true;
    return;
  }
  text_addn (t, s, (size_t)n);
  free (s);
}

char *
text_take (text_buf *t)
{
  text_addn (t, "", 0);
  char *s = t->s;
  if (t->failed) {
    free (s);
    s = NULL;
  }
  *t = (text_buf){ 0 };
  return s;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t
utf8_span (const char *text)
{
  const unsigned char *s = (const unsigned char *)text;
  static const struct {
    unsigned char from, to, second_from, second_to, n;
  } rows[] = {
    { 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (s[0] < rows[i].from || s[0] > rows[i].to)
      continue;
    if (rows[i].n > 1 && (s[1] < rows[i].second_from || s[1] > rows[i].second_to))
      return 0;
    for (size_t k = 2; k < rows[i].n; k++)
      if ((s[k] & 0xc0) != 0x80)
        return 0;
    return rows[i].n;
  }
  return 0;
}

static unsigned long
code_point (const char *s, size_t n)
{
  unsigned long c = (unsigned char)s[0];
  if (n > 1)
    c &= 0xfful >> (n + 1);
  for (size_t i = 1; i < n; i++)
    c = c << 6 | ((unsigned char)s[i] & 0x3f);
  return c;
}

size_t
utf8_columns (const char *s, size_t n)
{
  size_t columns = 0;
  for (size_t i = 0; i < n && s[i];) {
    size_t k = utf8_span (s + i);
    unsigned long c = k ? code_point (s + i, k) : 0xfffd;
    if ((c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) || (c >= 0xfe00 && c <= 0xfe0f))
      ; /* combining accents (file names from macOS), joiners */
    else if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3)
             || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff00 && c <= 0xff60) || (c >= 0x1f300 && c <= 0x1faff)
             || (c >= 0x20000 && c <= 0x3fffd))
      columns += 2;
    else
      columns++;
    i += k ? k : 1;
  }
  return columns;
}

/* What YAML's readers refuse to see as it is; all below U+10000. */
static bool
unprintable (unsigned long c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

void
text_json (text_buf *t, const char *s)
{
  static const char plain[] = "btn_fr"; /* \b \t \n . \f \r: 8 .. 13 */
  text_add (t, "\"");
  while (*s) {
    size_t n = utf8_span (s);
    unsigned char c = (unsigned char)*s;
    if (n == 0) {
      text_add (t, "\xef\xbf\xbd");
      n = 1;
    } else if (c == '"' || c == '\\')
      text_addf (t, "\\%c", c);
    else if (c >= 8 && c <= 13 && c != 11)
      text_addf (t, "\\%c", plain[c - 8]);
    else if (unprintable (code_point (s, n)))
      text_addf (t, "\\u%04lx", code_point (s, n));
    else
      text_addn (t, s, n);
    s += n;
  }
  text_add (t, "\"");
}

void
text_json_number (text_buf *t, double value)
{
  char number[32];
  if (isnan (value))
    text_add (t, "null");
  else if (isinf (value))
    text_add (t, value < 0 ? "\"-inf\"" : "\"inf\"");
  else
    text_add (t, number_text (value, number));
}

void
text_shell (text_buf *t, const char *word)
{
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  bool quote = *word == '\0';
  /* a lone ! needs none */
  if (strcmp (word, "!") == 0) {
    text_add (t, word);
    return;
  }
  for (const char *s = word; *s; s++)
    if (!strchr (safe, *s) && (unsigned char)*s < 0x80)
      quote = true;
  if (!quote) {
    text_add (t, word);
    return;
  }
  text_add (t, "'");
  for (; *word; word++)
    if (*word == '\'')
      text_add (t, "'\\''");
    else
      text_addn (t, word, 1);
  text_add (t, "'");
}

const char *
shown (const char *text, char out[72])
{
  size_t n = 0;
  while (n < 60 && text[n]) {
    size_t k = utf8_span (text + n);
    if (n + (k ? k : 1) > 60)
      break;
    if (k == 0 || (unsigned char)text[n] < 0x20 || text[n] == 0x7f) {
      out[n] = '?';
      k = 1;
    } else
      memcpy (out + n, text + n, k);
    n += k;
  }
  strcpy (out + n, text[n] ? "..." : "");
  return out;
}

char *
names_text (const char *const *names, char *out, size_t room)
{
  size_t n = 0;
  out[0] = '\0';
  for (size_t i = 0; names && names[i]; i++) {
    size_t k = strlen (names[i]);
    if (n + k + 8 > room) {
      strcpy (out + n, n > 0 ? ", ..." : "...");
      break;
    }
    n += (size_t)sprintf (out + n, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  return out;
}

char **
texts_split (const char *text, size_t *n)
{
  size_t commas = 0;
  for (const char *s = text; *s; s++)
    commas += *s == ',';
  char **items = calloc (commas + 1, sizeof *items);
  for (*n = 0; items; (*n)++) {
    size_t k = strcspn (text, ",");
    items[*n] = strndup (text, k);
    if (!items[*n]) {
      texts_free (items, *n);
      return NULL;
    }
    if (text[k] == '\0') {
      (*n)++;
      break;
    }
    text += k + 1;
  }
  return items;
}

void
texts_free (char **texts, size_t n)
{
  for (size_t i = 0; texts && i < n; i++)
    free (texts[i]);
  free (texts);
}
