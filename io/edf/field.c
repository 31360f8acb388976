/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fields of a header: ASCII of fixed width, padded with blanks.  Numbers
 * are read by hand, since strtod would consult the locale, and kept as exact
 * decimals, since a rate must stay exact over 24 h.
 */
#include "io/edf/edf.h"

#include <math.h>
#include <string.h>

static const double powers[]
    = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18 };

double
edf_decimal_value (edf_decimal d)
{
  /* Both are exact doubles for up to 15 digits, so this rounds once. */
  return (double)d.mantissa / powers[d.scale];
}

/* Cut blanks at both ends and zero bytes at the right one. */
static const char *
trim (const void *field, size_t *n, unsigned *odd)
{
  const char *s = field;
  const char *nul = memchr (s, 0, *n);
  if (nul) {
    *odd |= EDF_ODD_NUL;
    *n = (size_t)(nul - s);
  }
  while (*n > 0 && *s == ' ') {
    s++;
    --*n;
  }
  while (*n > 0 && s[*n - 1] == ' ')
    --*n;
  return s;
}

bool
edf_decimal_read (const void *field, size_t n, edf_decimal *out, unsigned *odd)
{
  const char *s = trim (field, &n, odd);
  const char *end = s + n;
  int64_t m = 0;
  int scale = 0, exponent = 0, digits = 0;
  bool negative = false;
  if (s < end && (*s == '-' || *s == '+'))
    negative = *s++ == '-';
  for (; s < end && *s >= '0' && *s <= '9'; s++, digits++) {
    if (m > INT64_MAX / 10 - 1)
      return false;
    m = m * 10 + (*s - '0');
  }
  if (s < end && (*s == '.' || *s == ',')) {
    if (*s++ == ',')
      *odd |= EDF_ODD_COMMA;
    for (; s < end && *s >= '0' && *s <= '9'; s++, digits++)
      if (scale < 15 && m <= INT64_MAX / 10 - 1) {
        m = m * 10 + (*s - '0');
        scale++;
      }
  }
  if (digits == 0)
    return false;
  if (s < end && (*s == 'e' || *s == 'E')) {
    bool down = false;
    s++;
    if (s < end && (*s == '-' || *s == '+'))
      down = *s++ == '-';
    if (s == end)
      return false;
    for (; s < end && *s >= '0' && *s <= '9'; s++) {
      exponent = exponent * 10 + (*s - '0');
      if (exponent > 40)
        return false;
    }
    if (down)
      exponent = -exponent;
  }
  if (s != end)
    return false;
  for (scale -= exponent; scale < 0; scale++) {
    if (m > INT64_MAX / 10 - 1)
      return false;
    m *= 10;
  }
  if (scale > 18)
    return false;
  *out = (edf_decimal){ negative ? -m : m, scale };
  return true;
}

/* Eight digits, the widest field. */
#define MOST_COUNT 99999999

bool
edf_integer_read (const void *field, size_t n, int64_t *out, unsigned *odd)
{
  edf_decimal d;
  unsigned o = 0;
  if (!edf_decimal_read (field, n, &d, &o) || o & EDF_ODD_COMMA)
    return false;
  for (; d.scale > 0; d.scale--) {
    if (d.mantissa % 10)
      return false;
    d.mantissa /= 10;
  }
  /* "5e16" is a number of four characters, and no count of anything: what is
   * computed with counts must not overflow. */
  if (d.mantissa > MOST_COUNT || d.mantissa < -MOST_COUNT)
    return false;
  *odd |= o;
  *out = d.mantissa;
  return true;
}

bool
edf_utf8_valid (const void *bytes, size_t n)
{
  const uint8_t *p = bytes, *end = p + n;
  while (p < end) {
    const uint8_t c = *p++;
    int more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
    if (more < 0 || end - p < more)
      return false;
    if (more >= 2
        && ((c == 0xe0 && *p < 0xa0) || (c == 0xed && *p >= 0xa0) || (c == 0xf0 && *p < 0x90)
            || (c == 0xf4 && *p >= 0x90)))
      return false;
    for (; more > 0; more--)
      if ((*p++ & 0xc0) != 0x80)
        return false;
  }
  return true;
}

void
edf_text_read (const void *field, size_t n, char *out, unsigned *odd)
{
  const char *s = trim (field, &n, odd);
  const bool utf8 = edf_utf8_valid (s, n);
  char *o = out;
  for (size_t i = 0; i < n; i++) {
    const uint8_t c = (uint8_t)s[i];
    if (c < 32 || c == 127)
      *o++ = ' ';
    else if (c < 128 || utf8)
      *o++ = (char)c;
    else {
      *o++ = (char)(0xc0 | c >> 6);
      *o++ = (char)(0x80 | (c & 0x3f));
    }
  }
  *o = 0;
}
