/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * "did you mean": the nearest of some names to a mistyped word, by the optimal
 * string alignment distance (insert, delete, replace, swap of neighbours),
 * letters compared without case.
 */
#include <ctype.h>
#include <string.h>

#include "core/param.h"

#define LONGEST 63

static char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t
least (size_t a, size_t b)
{
  return a < b ? a : b;
}

static size_t
distance (const char *a, size_t na, const char *b, size_t nb)
{
  size_t row[3][LONGEST + 1];
  size_t *two = row[0], *one = row[1], *now = row[2]; /* rows i-2, i-1, i */
  for (size_t j = 0; j <= nb; j++)
    one[j] = j;
  for (size_t i = 1; i <= na; i++) {
    now[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      size_t same = lower (a[i - 1]) == lower (b[j - 1]) ? 0 : 1;
      size_t d = least (least (one[j] + 1, now[j - 1] + 1), one[j - 1] + same);
      if (i > 1 && j > 1 && lower (a[i - 1]) == lower (b[j - 2]) && lower (a[i - 2]) == lower (b[j - 1]))
        d = least (d, two[j - 2] + 1);
      now[j] = d;
    }
    size_t *spare = two;
    two = one;
    one = now;
    now = spare;
  }
  return one[nb];
}

static bool
begins (const char *word, const char *with, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (lower (word[i]) != lower (with[i]))
      return false;
  return true;
}

/* Near is: a third of the letters wrong at most, or one word begins with the
 * other ("frequency" for "freq"). */
const char *
nearest (const char *word, const char *const *names)
{
  const char *best = NULL;
  size_t n = strlen (word), best_d = SIZE_MAX;
  if (!names || n == 0 || n > LONGEST)
    return NULL;
  for (; *names; names++) {
    size_t m = strlen (*names), shorter = least (n, m);
    if (m == 0 || m > LONGEST)
      continue;
    size_t d = distance (word, n, *names, m);
    size_t limit = ((n > m ? n : m) + 2) / 3;
    if (d >= shorter && d > 0)
      limit = 0; /* nothing in common */
    if (shorter >= 3 && begins (word, *names, shorter) && d > limit)
      d = limit = 4; /* a weaker match than any misspelling of a short name */
    if (d <= limit && d < best_d) {
      best = *names;
      best_d = d;
    }
  }
  return best;
}
