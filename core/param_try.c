/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The candidates of a searched setting: order=try:1..10, c=try:0.1,1,10,
 * estimator=try:*, and where each is a list itself delays=try:3,7/2,9.  Each
 * comes out as a text that params_parse takes, and is parsed here once, so that
 * a wrong one is told before anything is read.
 */
#include <stdlib.h>
#include <string.h>

#include "core/param_desc.h"
#include "core/text.h"
#include "core/unit.h"
#include "core/value.h"

typedef struct list {
  char **items;
  size_t n;
} list;

static bool
add (list *l, char *item)
{
  if (item && (l->n & (l->n - 1)) == 0) { /* a power of two: full */
    char **grown = realloc (l->items, (l->n ? 2 * l->n : 1) * sizeof *grown);
    if (!grown) {
      free (item);
      return false;
    }
    l->items = grown;
  }
  if (item)
    l->items[l->n++] = item;
  return item != NULL;
}

static char *
joined (const char *number, const char *unit)
{
  size_t a = strlen (number), b = strlen (unit);
  char *s = malloc (a + b + 1);
  if (s) {
    memcpy (s, number, a);
    memcpy (s + a, unit, b + 1);
  }
  return s;
}

static bool
numeric (const fnx_param_desc *d)
{
  return d->type == FNX_T_INT || d->type == FNX_T_REAL || d->type == FNX_T_INTS || d->type == FNX_T_REALS;
}

/* Where the unit at the end of "1,2..5Hz" or "4..8,8..12Hz" begins. */
static const char *
unit_at_end (const char *text)
{
  const char *comma = strrchr (text, ','), *last = comma ? comma + 1 : text, *dots = strstr (last, "..");
  const char *number = dots ? dots + 2 : last;
  size_t n = number_span (number);
  return n > 0 ? number + n : text + strlen (text);
}

/* One item between commas; `unit` serves where it has none. */
static fnx_status
expand (const fnx_param_desc *d, const chain_arg *arg, const char *item, const char *unit, list *l, fault *f)
{
  int64_t low, high;
  char number[32], said[72];
  bool quantity = numeric (d) || d->type == FNX_T_RANGE;
  size_t n = strlen (item);
  const char *own = quantity ? unit_at_end (item) : item + n;
  if (numeric (d)) {
    char *bare = strndup (item, (size_t)(own - item));
    bool span = bare && span_parse (bare, &low, &high);
    free (bare);
    if (span) {
      shown (arg->value, said);
      if (low > high)
        return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "%s=try:%s runs backwards\nwrite the lower end first", d->name,
                          said);
      if ((uint64_t)high - (uint64_t)low >= VALUE_MANY)
        return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "%s=try:%s makes more than %d candidates", d->name, said,
                          VALUE_MANY);
      for (int64_t k = low; k <= high; k++) {
        snprintf (number, sizeof number, "%lld", (long long)k);
        if (!add (l, joined (number, *own ? own : unit)))
          return fault_memory (f);
      }
      return FNX_OK;
    }
  }
  if (!add (l, joined (item, quantity && *own == '\0' && number_span (item) ? unit : "")))
    return fault_memory (f);
  return FNX_OK;
}

/* try:* */
static fnx_status
all_choices (const fnx_param_desc *d, list *l, fault *f)
{
  static const char *const yes_no[] = { "no", "yes", NULL };
  const char *const *choices = d->type == FNX_T_BOOL ? yes_no : d->choices;
  if (!choices)
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                      "%s=try:*: %s has no list of choices\nname the candidates: %s=try:A,B,C", d->name, d->name,
                      d->name);
  for (; *choices; choices++)
    if (!add (l, strdup (*choices)))
      return fault_memory (f);
  return FNX_OK;
}

static int
by_text (const void *a, const void *b)
{
  const char *const *x = a, *const *y = b;
  return strcmp (*x, *y);
}

/* Each candidate once: two equal ones would be fitted twice for nothing, and
 * mostly mean that one was meant to be another. */
static fnx_status
check (const fnx_param_desc *d, const list *l, fault *f)
{
  char said[72];
  fnx_status s = FNX_OK;
  char **sorted = malloc (l->n * sizeof *sorted);
  if (!sorted)
    return fault_memory (f);
  memcpy (sorted, l->items, l->n * sizeof *sorted);
  qsort (sorted, l->n, sizeof *sorted, by_text);
  for (size_t i = 1; i < l->n && !s; i++)
    if (strcmp (sorted[i - 1], sorted[i]) == 0)
      s = fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "%s=try: has the candidate %s twice", d->name,
                     shown (sorted[i], said));
  free (sorted);
  for (size_t i = 0; i < l->n && !s; i++) {
    param_value v;
    s = value_parse (d, l->items[i], &v, f);
    if (!s)
      value_free (&v);
  }
  return s;
}

/* Lists of numbers, with a slash between them: delays=try:3,7/2,9. */
static fnx_status
lists (const chain_arg *arg, list *l, fault *f)
{
  for (const char *at = arg->value;; at++) {
    size_t n = strcspn (at, "/");
    if (!add (l, strndup (at, n)))
      return fault_memory (f);
    at += n;
    if (!*at)
      return FNX_OK;
  }
}

char **
params_candidates (const fnx_step_desc *desc, const chain_step *step, const chain_arg *arg, size_t *n, fault *f)
{
  list l = { NULL, 0 };
  size_t n_items = 0;
  char **items = NULL;
  fnx_status s = FNX_OK;
  const fnx_param_desc *d = param_desc_tried (desc, arg, f);
  *n = 0;
  if (!d) {
    s = FNX_E_PARAM;
    goto out;
  }
  if (strcmp (arg->value, "*") == 0)
    s = all_choices (d, &l, f);
  else if ((d->type == FNX_T_INTS || d->type == FNX_T_REALS) && strchr (arg->value, '/'))
    s = lists (arg, &l, f);
  else if (!(items = texts_split (arg->value, &n_items)))
    s = fault_memory (f);
  for (size_t i = 0; i < n_items && !s; i++) {
    s = expand (d, arg, items[i], unit_at_end (arg->value), &l, f);
    if (!s && l.n > VALUE_MANY)
      s = fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "%s=try: makes more than %d candidates", d->name, VALUE_MANY);
  }
  if (!s)
    s = check (d, &l, f);
out:
  texts_free (items, n_items);
  if (s) {
    fault_at (f, arg->at, step->name);
    texts_free (l.items, l.n);
    return NULL;
  }
  *n = l.n;
  return l.items;
}
