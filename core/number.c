/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decimal numbers with a point, whatever the locale of the process or of the
 * thread says: files and chains mean the same everywhere.
 */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/unit.h"

static locale_t c_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_locale (void)
{
  c_locale = newlocale (LC_ALL_MASK, "C", (locale_t)0);
}

locale_t
number_locale (void)
{
  pthread_once (&once, make_locale);
  return c_locale;
}

static bool
digit (char c)
{
  return c >= '0' && c <= '9';
}

/* Length of  [+-] digits [. digits] [e [+-] digits]  at the start; 0 if none.
 * strtod alone would also take hexadecimal, "nan (...)" and leading blanks. */
size_t
number_span (const char *s)
{
  const char *p = s;
  size_t digits = 0;
  if (*p == '+' || *p == '-')
    p++;
  for (; digit (*p); p++)
    digits++;
  /* "8..32": two points are no decimal point */
  if (*p == '.' && p[1] != '.')
    for (p++; digit (*p); p++)
      digits++;
  if (digits == 0)
    return 0;
  if ((*p == 'e' || *p == 'E') && (digit (p[1]) || ((p[1] == '+' || p[1] == '-') && digit (p[2]))))
    for (p += 2; digit (*p); p++)
      ;
  return (size_t)(p - s);
}

bool
number_parse (const char *text, double *value)
{
  size_t n = number_span (text);
  if (n == 0 || text[n] != '\0') {
    static const struct {
      const char *text;
      double value;
    } special[] = { { "inf", INFINITY }, { "+inf", INFINITY }, { "-inf", -INFINITY }, { "nan", NAN } };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
      if (strcmp (text, special[i].text) == 0) {
        *value = special[i].value;
        return true;
      }
    return false;
  }
  pthread_once (&once, make_locale);
  *value = c_locale ? strtod_l (text, NULL, c_locale) : strtod (text, NULL);
  return true;
}

/* The shortest digits that read back to the same double, laid out as Python's
 * repr does: 0.0001, 1e-05, 123456.0 without its ".0", 1e+16. */
char *
number_text (double value, char text[32])
{
  char raw[48], digits[20];
  int exponent = 0, n = 0;
  if (!isfinite (value))
    return strcpy (text, isnan (value) ? "nan" : value < 0 ? "-inf" : "inf");
  if (value == 0) /* -0 keeps its sign, as it reads back */
    return strcpy (text, signbit (value) ? "-0" : "0");
  pthread_once (&once, make_locale);
  locale_t old = c_locale ? uselocale (c_locale) : (locale_t)0;
  for (int precision = 0; precision <= 16; precision++) {
    snprintf (raw, sizeof raw, "%.*e", precision, fabs (value));
    if (strtod (raw, NULL) == fabs (value))
      break;
  }
  if (old)
    uselocale (old);

  for (const char *p = raw; *p && *p != 'e'; p++)
    if (digit (*p) && n < (int)sizeof digits)
      digits[n++] = *p;
  exponent = atoi (strchr (raw, 'e') + 1);
  while (n > 1 && digits[n - 1] == '0')
    n--;

  char *o = text;
  if (value < 0)
    *o++ = '-';
  if (exponent >= 16 || exponent < -4) {
    *o++ = digits[0];
    if (n > 1)
      *o++ = '.';
    for (int i = 1; i < n; i++)
      *o++ = digits[i];
    sprintf (o, "e%c%02d", exponent < 0 ? '-' : '+', abs (exponent));
    return text;
  }
  if (exponent < 0) {
    *o++ = '0';
    *o++ = '.';
    for (int i = -1; i > exponent; i--)
      *o++ = '0';
  }
  for (int i = 0; i < n || i <= exponent; i++) {
    if (i == exponent + 1 && exponent >= 0)
      *o++ = '.';
    *o++ = i < n ? digits[i] : '0';
  }
  *o = '\0';
  return text;
}
