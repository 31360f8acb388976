/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Units of measure, in the spelling of UCUM where it has one: ms, kHz, uV,
 * uV2/Hz, mm3, 1/s, %.  A unit is a factor and a dimension; powers of ten are
 * kept apart from the factor, so that 250ms becomes exactly the double 0.25
 * and 300ms exactly what 0.3 is.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/unit.h"

/* Base dimensions.  Angle and level (dB) stand on their own, so that 30deg is
 * no plain number. */
enum { SECOND, METRE, GRAM, AMPERE, KELVIN, MOLE, RADIAN, DECIBEL, N_DIM };

typedef struct unit {
  double factor; /* in base units, times 10^ten */
  int ten;
  signed char dim[N_DIM];
} unit;

#define PREFIXED 1

static const struct {
  const char *name;
  unit u;
  int flags;
} atoms[] = {
  { "s", { 1, 0, { [SECOND] = 1 } }, PREFIXED },
  { "min", { 60, 0, { [SECOND] = 1 } }, 0 },
  { "h", { 3600, 0, { [SECOND] = 1 } }, 0 },
  { "d", { 86400, 0, { [SECOND] = 1 } }, 0 },
  { "Hz", { 1, 0, { [SECOND] = -1 } }, PREFIXED },
  { "m", { 1, 0, { [METRE] = 1 } }, PREFIXED },
  { "g", { 1, 0, { [GRAM] = 1 } }, PREFIXED },
  { "V", { 1, 3, { [GRAM] = 1, [METRE] = 2, [SECOND] = -3, [AMPERE] = -1 } }, PREFIXED },
  { "A", { 1, 0, { [AMPERE] = 1 } }, PREFIXED },
  { "T", { 1, 3, { [GRAM] = 1, [SECOND] = -2, [AMPERE] = -1 } }, PREFIXED },
  { "Ohm", { 1, 3, { [GRAM] = 1, [METRE] = 2, [SECOND] = -3, [AMPERE] = -2 } }, PREFIXED },
  { "\xce\xa9", { 1, 3, { [GRAM] = 1, [METRE] = 2, [SECOND] = -3, [AMPERE] = -2 } }, PREFIXED },     /* U+03A9 */
  { "\xe2\x84\xa6", { 1, 3, { [GRAM] = 1, [METRE] = 2, [SECOND] = -3, [AMPERE] = -2 } }, PREFIXED }, /* U+2126 */
  { "S", { 1, -3, { [GRAM] = -1, [METRE] = -2, [SECOND] = 3, [AMPERE] = 2 } }, PREFIXED },
  { "N", { 1, 3, { [GRAM] = 1, [METRE] = 1, [SECOND] = -2 } }, PREFIXED },
  { "Pa", { 1, 3, { [GRAM] = 1, [METRE] = -1, [SECOND] = -2 } }, PREFIXED },
  { "J", { 1, 3, { [GRAM] = 1, [METRE] = 2, [SECOND] = -2 } }, PREFIXED },
  { "W", { 1, 3, { [GRAM] = 1, [METRE] = 2, [SECOND] = -3 } }, PREFIXED },
  { "K", { 1, 0, { [KELVIN] = 1 } }, PREFIXED },
  { "mol", { 1, 0, { [MOLE] = 1 } }, PREFIXED },
  { "rad", { 1, 0, { [RADIAN] = 1 } }, PREFIXED },
  { "deg", { 0.017453292519943295, 0, { [RADIAN] = 1 } }, 0 },
  { "\xc2\xb0", { 0.017453292519943295, 0, { [RADIAN] = 1 } }, 0 }, /* U+00B0 */
  { "dB", { 1, 0, { [DECIBEL] = 1 } }, 0 },
  { "%", { 1, -2, { 0 } }, 0 },
  { "1", { 1, 0, { 0 } }, 0 },
};

static const struct {
  const char *name;
  int ten;
} prefixes[] = {
  { "f", -15 }, { "p", -12 },       { "n", -9 }, { "u", -6 }, { "\xc2\xb5", -6 }, /* U+00B5 micro sign */
  { "m", -3 },  { "\xce\xbc", -6 },                                               /* U+03BC mu */
  { "c", -2 },  { "d", -1 },        { "k", 3 },  { "M", 6 },  { "G", 9 },
};

static const struct {
  signed char dim[N_DIM];
  const char *name;
} dimensions[] = {
  { { 0 }, "a plain number" },
  { { [SECOND] = 1 }, "a time" },
  { { [SECOND] = -1 }, "a frequency" },
  { { [METRE] = 1 }, "a length" },
  { { [METRE] = 2 }, "an area" },
  { { [METRE] = 3 }, "a volume" },
  { { [GRAM] = 1 }, "a mass" },
  { { [GRAM] = 1, [METRE] = 2, [SECOND] = -3, [AMPERE] = -1 }, "a voltage" },
  { { [AMPERE] = 1 }, "a current" },
  { { [GRAM] = 1, [SECOND] = -2, [AMPERE] = -1 }, "a magnetic field" },
  { { [GRAM] = 1, [METRE] = 2, [SECOND] = -3, [AMPERE] = -2 }, "a resistance" },
  { { [KELVIN] = 1 }, "a temperature" },
  { { [RADIAN] = 1 }, "an angle" },
  { { [DECIBEL] = 1 }, "a level" },
};

#define COUNT(a) (sizeof (a) / sizeof *(a))

static bool
is (const char *name, const char *s, size_t n)
{
  return strlen (name) == n && memcmp (name, s, n) == 0;
}

/* One atom, with or without a prefix.  Whole names go first: "min" is no
 * milli-inch, "dB" no deci-bel. */
static bool
atom (const char *s, size_t n, unit *u)
{
  for (size_t i = 0; i < COUNT (atoms); i++)
    if (is (atoms[i].name, s, n)) {
      *u = atoms[i].u;
      return true;
    }
  for (size_t p = 0; p < COUNT (prefixes); p++) {
    size_t m = strlen (prefixes[p].name);
    if (n <= m || memcmp (s, prefixes[p].name, m) != 0)
      continue;
    for (size_t i = 0; i < COUNT (atoms); i++)
      if ((atoms[i].flags & PREFIXED) && is (atoms[i].name, s + m, n - m)) {
        *u = atoms[i].u;
        u->ten += prefixes[p].ten;
        return true;
      }
  }
  return false;
}

/* u *= a^power */
static bool
multiply (unit *u, const unit *a, int power)
{
  for (int i = 0; i < N_DIM; i++) {
    int d = u->dim[i] + a->dim[i] * power;
    if (d < -100 || d > 100)
      return false;
    u->dim[i] = (signed char)d;
  }
  u->ten += a->ten * power;
  for (int i = 0; i < abs (power); i++)
    u->factor = power > 0 ? u->factor * a->factor : u->factor / a->factor;
  return true;
}

/* factors, each with an exponent, joined by "." (or "*") and "/":
 * uV2/Hz  uV^2/Hz  m.s-2  1/s */
static bool
parse (const char *s, unit *u)
{
  int sign = 1;
  *u = (unit){ 1, 0, { 0 } };
  for (;;) {
    unit a;
    size_t n = strcspn (s, "./*^"), name;
    if (n == 0)
      return false;
    /* the exponent is the run of digits at the end, unless all is digits ("1") */
    for (name = n; name > 0 && s[name - 1] >= '0' && s[name - 1] <= '9';)
      name--;
    int power = name > 0 && name < n ? atoi (s + name) : 1;
    if (name == 0)
      name = n;
    else if (s[name - 1] == '-' && name < n) {
      name--;
      power = -power;
    }
    if (n - name > 3 || !atom (s, name, &a))
      return false;
    s += n;
    if (*s == '^') {
      char *end;
      long exponent = strtol (s + 1, &end, 10);
      if (end == s + 1 || exponent < -9 || exponent > 9 || power != 1)
        return false;
      power = (int)exponent;
      s = end;
    }
    if (power < -9 || power > 9 || !multiply (u, &a, sign * power))
      return false;
    if (*s == '\0')
      return true;
    if (!strchr ("./*", *s))
      return false;
    sign = *s == '/' ? -1 : 1;
    s++;
  }
}

/* Equal texts, all spellings of micro being one: for units that we do not
 * know but that two sides both write. */
static const char *
skip_micro (const char *s)
{
  return strncmp (s, "\xc2\xb5", 2) == 0 || strncmp (s, "\xce\xbc", 2) == 0 ? s + 2 : *s == 'u' ? s + 1 : NULL;
}

static bool
same_text (const char *a, const char *b)
{
  while (*a && *b) {
    const char *ma = skip_micro (a), *mb = skip_micro (b);
    if (ma && mb) {
      a = ma;
      b = mb;
    } else if (*a++ != *b++)
      return false;
  }
  return *a == *b;
}

/* How `from` converts to `to`: value * ratio * 10^ten. */
static bool
conversion (const char *from, const char *to, double *ratio, int *ten)
{
  unit a, b;
  if (same_text (from, to)) {
    *ratio = 1;
    *ten = 0;
    return true;
  }
  if (!parse (from, &a) || !parse (to, &b) || memcmp (a.dim, b.dim, sizeof a.dim) != 0)
    return false;
  *ratio = a.factor / b.factor;
  *ten = a.ten - b.ten;
  return true;
}

double
unit_factor (const char *from, const char *to)
{
  double ratio;
  int ten;
  char text[24];
  if (!conversion (from, to, &ratio, &ten))
    return 0;
  snprintf (text, sizeof text, "1e%d", ten);
  double power = 0;
  number_parse (text, &power);
  return ratio * power;
}

bool
unit_known (const char *text)
{
  unit u;
  return parse (text, &u);
}

const char *
unit_dimension (const char *text)
{
  unit u;
  if (parse (text, &u))
    for (size_t i = 0; i < COUNT (dimensions); i++)
      if (memcmp (dimensions[i].dim, u.dim, sizeof u.dim) == 0)
        return dimensions[i].name;
  return NULL;
}

const char *
unit_nearest (const char *text)
{
  static const char *const usual[] = { "s",  "ms", "us", "min", "h",  "Hz", "kHz", "mHz", "V", "mV",
                                       "uV", "nV", "m",  "cm",  "mm", "um", "deg", "dB",  "%", NULL };
  static const struct {
    const char *word, *unit;
  } words[]
      = { { "sec", "s" },      { "second", "s" },     { "seconds", "s" },    { "msec", "ms" },   { "minutes", "min" },
          { "minute", "min" }, { "hours", "h" },      { "hour", "h" },       { "hertz", "Hz" },  { "cps", "Hz" },
          { "volt", "V" },     { "microvolt", "uV" }, { "millivolt", "mV" }, { "percent", "%" }, { "degrees", "deg" } };
  for (size_t i = 0; i < COUNT (words); i++)
    if (strcasecmp (words[i].word, text) == 0)
      return words[i].unit;
  for (size_t i = 0; usual[i]; i++)
    if (strcasecmp (usual[i], text) == 0)
      return usual[i];
  return strlen (text) > 1 ? nearest (text, usual) : NULL;
}

bool
unit_parse (const char *text, const char *want, double *value, bool *had_unit)
{
  size_t n = number_span (text);
  const char *name = text + n;
  char number[400];
  double ratio = 1;
  int ten = 0;
  *had_unit = false;
  if (n == 0 || n > sizeof number - 16) {
    /* infinities have no unit */
    return number_parse (text, value);
  }
  while (*name == ' ')
    name++;
  *had_unit = *name != '\0';
  if (*had_unit && !conversion (name, want ? want : "1", &ratio, &ten))
    return false;
  /* Let the decimal conversion do the powers of ten: it rounds once. */
  memcpy (number, text, n);
  number[n] = '\0';
  char *e = strpbrk (number, "eE");
  if (ten != 0) {
    long exponent = e ? strtol (e + 1, NULL, 10) : 0;
    if (exponent < -100000 || exponent > 100000)
      return false;
    snprintf (e ? e : number + n, 16, "e%ld", exponent + ten);
  }
  if (!number_parse (number, value))
    return false;
  *value *= ratio;
  return isfinite (*value);
}
