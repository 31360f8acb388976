/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers in text.  Up to 15 digits and powers of ten to 22 are exact in one
 * multiplication or division of doubles (Clinger 1990), which is most of what
 * files hold; strtod rounds the rest.  The program leaves LC_NUMERIC at "C".
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/text/text.h"

bool
cell_missing (const char *s)
{
  static const char *const words[] = { "", "n/a", "N/A", "NA", "nan", "NaN", "NAN", "-nan" };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (s, words[i]))
      return true;
  return false;
}

static bool
digit (char ch)
{
  return ch >= '0' && ch <= '9';
}

/* [sign] digits [. digits] [e [sign] digits]; returns its end or NULL. */
static const char *
shape (const char *s, char point)
{
  int n = 0;
  s += *s == '+' || *s == '-';
  for (; digit (*s); s++)
    n++;
  if (*s == point)
    for (s++; digit (*s); s++)
      n++;
  if (n == 0)
    return NULL;
  if (*s == 'e' || *s == 'E') {
    const char *e = s + 1;
    e += *e == '+' || *e == '-';
    if (!digit (*e))
      return NULL;
    for (s = e; digit (*s); s++)
      ;
  }
  return s;
}

bool
cell_comma (const char *s)
{
  const char *end = strchr (s, ',') ? shape (s, ',') : NULL;
  return end && !*end;
}

bool
cell_number (const char *s, double *out)
{
  static const double ten[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
  const char *p = s;
  bool minus = *p == '-';
  int64_t m = 0;
  int digits = 0, e = 0;
  p += *p == '+' || *p == '-';
  for (; digit (*p) && digits < 16; p++)
    m = 10 * m + (*p - '0'), digits += m > 0;
  if (*p == '.')
    for (p++; digit (*p) && digits < 16; p++)
      m = 10 * m + (*p - '0'), digits += m > 0, e--;
  if (*p == 0 && digits < 16 && e >= -22 && p > s && digit (p[-1])) {
    double v = (double)m / ten[-e];
    *out = minus ? -v : v;
    return true;
  }
  if (cell_missing (s)) {
    *out = NAN;
    return true;
  }
  const char *end = shape (s, '.');
  if (end && !*end) {
    *out = strtod (s, NULL);
    return true;
  }
  const char *t = s + (*s == '+' || *s == '-');
  if (!strcmp (t, "inf") || !strcmp (t, "Inf") || !strcmp (t, "INF")) {
    *out = *s == '-' ? -INFINITY : INFINITY;
    return true;
  }
  return false;
}
