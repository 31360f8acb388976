/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a port takes or gives, in the small grammar of plugin.h:
 *
 *   what  = alt { " or " alt } [ " with " name { "," name } ] [ ";" type { "|" type } ]
 *   alt   = kind [ "[" axis { "," axis } "]" ]
 *   kind  = name | "any" | "the same"          axis = name | "..."
 *
 * Without brackets any axes will do; "..." stands once for any number of axes,
 * none included.  "with" and the element types hold for all alternatives.
 */
#include <stdio.h>
#include <string.h>

#include "core/spec.h"

typedef struct span {
  const char *s;
  size_t n;
} span;

typedef struct alt {
  span kind;
  bool bracket;
  span axes[FNX_MAX_DIM];
  int n_axes;
} alt;

/* Reads a `what` from left to right.  Only the current alternative is kept:
 * the texts are short, and reading them again is cheaper than storing them. */
typedef struct reader {
  const char *s;
  const char *why; /* of a malformed text */
} reader;

static void
blanks (reader *r)
{
  r->s += strspn (r->s, " ");
}

static span
name (reader *r)
{
  size_t n = strspn (r->s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'-");
  span w = { r->s, n };
  r->s += n;
  return w;
}

static bool
is (span w, const char *text)
{
  return strlen (text) == w.n && memcmp (w.s, text, w.n) == 0;
}

static bool
same (span a, span b)
{
  return a.n == b.n && memcmp (a.s, b.s, a.n) == 0;
}

static bool
bad (reader *r, const char *why)
{
  r->why = why;
  return false;
}

static bool
word (reader *r, const char *text)
{
  size_t n = strlen (text);
  if (strncmp (r->s, text, n) != 0 || (r->s[n] != ' ' && r->s[n] != '\0'))
    return false;
  r->s += n;
  blanks (r);
  return true;
}

static bool
read_alt (reader *r, alt *a)
{
  bool dots = false;
  *a = (alt){ 0 };
  blanks (r);
  a->kind = name (r);
  if (a->kind.n == 0)
    return bad (r, "a kind is missing, such as signal or any");
  if (is (a->kind, "the") && strncmp (r->s, " same", 5) == 0) {
    r->s += 5;
    a->kind.n += 5;
  }
  if (*r->s == '[') {
    a->bracket = true;
    do {
      r->s++;
      blanks (r);
      span axis = name (r);
      if (axis.n == 0 && strncmp (r->s, "...", 3) == 0 && !dots) {
        axis = (span){ r->s, 3 };
        dots = true;
        r->s += 3;
      }
      if (axis.n == 0)
        return bad (r, "an axis name is missing between the brackets");
      if (a->n_axes == FNX_MAX_DIM)
        return bad (r, "too many axes");
      a->axes[a->n_axes++] = axis;
      blanks (r);
    } while (*r->s == ',');
    if (*r->s != ']')
      return bad (r, "a bracket is not closed");
    r->s++;
  }
  blanks (r);
  return true;
}

/* After the alternatives: `with` lists columns, `types` element types. */
static bool
read_tail (reader *r, span *with, size_t max, size_t *n_with, const char **types)
{
  *n_with = 0;
  *types = NULL;
  if (word (r, "with"))
    for (;;) {
      span c = name (r);
      if (c.n == 0)
        return bad (r, "a column name is missing after \"with\"");
      if (*n_with < max)
        with[(*n_with)++] = c;
      blanks (r);
      if (*r->s != ',')
        break;
      r->s++;
      blanks (r);
    }
  if (*r->s == ';') {
    r->s++;
    blanks (r);
    *types = r->s;
    for (;;) {
      fnx_dtype t;
      span w = name (r);
      if (w.n == 0 || !dtype_from_name (w.s, w.n, &t))
        return bad (r, "an element type is not known; write f8, f4, i2 ...");
      blanks (r);
      if (*r->s != '|')
        break;
      r->s++;
      blanks (r);
    }
  }
  return *r->s == '\0' ? true : bad (r, "something stands after the end");
}

/* Axes against a pattern, in which "..." may stand once. */
static bool
axes_fit (const alt *a, const span *have, int n)
{
  int dots = -1;
  if (!a->bracket)
    return true;
  for (int i = 0; i < a->n_axes; i++)
    if (is (a->axes[i], "..."))
      dots = i;
  if (dots < 0 ? n != a->n_axes : n < a->n_axes - 1)
    return false;
  for (int i = 0; i < a->n_axes; i++) {
    if (i == dots)
      continue;
    int j = dots >= 0 && i > dots ? i + n - a->n_axes : i;
    if (!same (a->axes[i], have[j]))
      return false;
  }
  return true;
}

/* "cov[trial,channel,channel']" and the same without the prime are one. */
static void
drop_primes (alt *a)
{
  for (int i = 0; i < a->n_axes; i++)
    while (a->axes[i].n > 0 && a->axes[i].s[a->axes[i].n - 1] == '\'')
      a->axes[i].n--;
}

static bool
has_column (const fnx_spec *spec, span c)
{
  for (int i = 0; i < spec->ndim; i++) {
    const fnx_column *const *col = spec->axes[i]->columns;
    for (; col && *col; col++)
      if (is (c, (*col)->name))
        return true;
  }
  return false;
}

bool
what_accepts (const char *what, const fnx_spec *spec, const char **column)
{
  static _Thread_local char missing[64];
  reader r = { what, NULL };
  span have[FNX_MAX_DIM], with[8];
  size_t n_with;
  const char *types;
  bool fits = false;
  if (column)
    *column = NULL;
  if (!spec || spec->ndim < 0 || spec->ndim > FNX_MAX_DIM)
    return false;
  for (int i = 0; i < spec->ndim; i++)
    have[i] = (span){ spec->axes[i]->name, strlen (spec->axes[i]->name) };
  do {
    alt a;
    if (!read_alt (&r, &a))
      return false;
    drop_primes (&a);
    fits |= (is (a.kind, "any") || is (a.kind, "the same") || (spec->kind && is (a.kind, spec->kind)))
            && axes_fit (&a, have, spec->ndim);
  } while (word (&r, "or"));
  if (!fits || !read_tail (&r, with, 8, &n_with, &types))
    return false;
  for (size_t i = 0; i < n_with; i++)
    if (!has_column (spec, with[i])) {
      if (column) {
        snprintf (missing, sizeof missing, "%.*s", (int)with[i].n, with[i].s);
        *column = missing;
      }
      return false;
    }
  return true;
}

fnx_dtype
what_dtype (const char *what, fnx_dtype have)
{
  reader r = { what, NULL };
  span with[8];
  size_t n_with;
  const char *types;
  fnx_dtype first = FNX_F8;
  alt a;
  do
    if (!read_alt (&r, &a))
      return first;
  while (word (&r, "or"));
  if (!read_tail (&r, with, 8, &n_with, &types) || !types)
    return first;
  r.s = types;
  for (bool begun = false;; begun = true) {
    fnx_dtype t;
    span w = name (&r);
    if (!dtype_from_name (w.s, w.n, &t))
      return first;
    if (!begun)
      first = t;
    if (t.code == have.code && t.bits == have.bits && have.lanes <= 1)
      return have;
    blanks (&r);
    if (*r.s != '|')
      return first;
    r.s++;
    blanks (&r);
  }
}

/* Could axes that fit `a` also fit `b`?  Both may hold a "...". */
static bool
axes_meet (const span *a, int na, const span *b, int nb)
{
  if (na == 0 && nb == 0)
    return true;
  if (na > 0 && is (*a, "..."))
    return axes_meet (a + 1, na - 1, b, nb) || (nb > 0 && axes_meet (a, na, b + 1, nb - 1));
  if (nb > 0 && is (*b, "..."))
    return axes_meet (b, nb, a, na);
  return na > 0 && nb > 0 && same (*a, *b) && axes_meet (a + 1, na - 1, b + 1, nb - 1);
}

bool
what_feeds (const char *out, const char *what)
{
  reader o = { out, NULL };
  do {
    alt a;
    if (!read_alt (&o, &a))
      return false;
    drop_primes (&a);
    if (is (a.kind, "the same"))
      continue; /* gives nothing that was not there before */
    reader r = { what, NULL };
    do {
      alt b;
      if (!read_alt (&r, &b))
        return false;
      drop_primes (&b);
      if ((is (a.kind, "any") || is (b.kind, "any") || same (a.kind, b.kind))
          && (!a.bracket || !b.bracket || axes_meet (a.axes, a.n_axes, b.axes, b.n_axes)))
        return true;
    } while (word (&r, "or"));
  } while (word (&o, "or"));
  return false;
}

bool
what_valid (const char *what, const char **why)
{
  reader r = { what, NULL };
  span with[8];
  size_t n_with;
  const char *types;
  alt a;
  bool ok;
  do
    ok = read_alt (&r, &a);
  while (ok && word (&r, "or"));
  ok = ok && read_tail (&r, with, 8, &n_with, &types);
  if (why)
    *why = ok ? NULL : r.why;
  return ok;
}
