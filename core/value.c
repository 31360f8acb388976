/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One setting, from text to numbers: see value.h.  Every sentence here says
 * what stands there, what is wrong with it, and what to type instead.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/unit.h"
#include "core/value.h"

/* What is being parsed, for the sentences. */
typedef struct job {
  const fnx_param_desc *d;
  const char *text; /* all of it, as typed */
  char shown[72];
  fault *f;
} job;

#define FAIL(j, ...) fault_set ((j)->f, EXIT_CHAIN, FNX_E_PARAM, __VA_ARGS__)

/* A whole number and nothing else. */
static bool
whole (const char *text, int64_t *out)
{
  char *end;
  const char *digits = *text == '+' || *text == '-' ? text + 1 : text;
  if (*digits == '\0' || digits[strspn (digits, "0123456789")] != '\0')
    return false;
  errno = 0;
  long long v = strtoll (text, &end, 10);
  *out = v;
  return errno == 0 && *end == '\0';
}

bool
span_parse (const char *text, int64_t *low, int64_t *high)
{
  char first[32];
  const char *dots = strstr (text, "..");
  if (!dots || (size_t)(dots - text) >= sizeof first)
    return false;
  memcpy (first, text, (size_t)(dots - text));
  first[dots - text] = '\0';
  return whole (first, low) && whole (dots + 2, high);
}

static bool
has_unit (const fnx_param_desc *d)
{
  return d->unit && *d->unit && strcmp (d->unit, "1") != 0;
}

/* "1 Hz to 40 Hz", "0 or more", "up to 1". */
static const char *
limits (const fnx_param_desc *d, char out[96])
{
  char low[32], high[32];
  const char *blank = has_unit (d) ? " " : "", *unit = has_unit (d) ? d->unit : "";
  number_text (d->min, low);
  number_text (d->max, high);
  if (isinf (d->max))
    snprintf (out, 96, "%s%s%.20s or more", low, blank, unit);
  else if (isinf (d->min))
    snprintf (out, 96, "up to %s%s%.20s", high, blank, unit);
  else
    snprintf (out, 96, "%s to %s%s%.20s", low, high, blank, unit);
  return out;
}

static fnx_status
in_limits (job *j, double v)
{
  const fnx_param_desc *d = j->d;
  char number[32], allowed[96];
  const char *side = v < d->min ? "below" : v > d->max ? "above" : NULL;
  if ((d->min == 0 && d->max == 0) || isinf (v) || !side)
    return FNX_OK;
  number_text (v < d->min ? d->min : d->max, number);
  return FAIL (j, "%s=%s is %s %s%.20s, the %s allowed\nallowed: %s", d->name, j->shown, side, number,
               has_unit (d) ? d->unit : "", v < d->min ? "least" : "most", limits (d, allowed));
}

/* "1,5": a decimal comma. */
static bool
decimal_comma (const char *s, char fixed[72])
{
  const char *comma = strchr (s, ',');
  if (!comma || comma == s || strlen (s) > 60 || strchr (comma + 1, ',') || comma[1] < '0' || comma[1] > '9'
      || comma[-1] < '0' || comma[-1] > '9')
    return false;
  strcpy (fixed, s);
  fixed[comma - s] = '.';
  return true;
}

/* What the user should have typed for a quantity without a unit. */
static fnx_status
no_unit (job *j)
{
  const fnx_param_desc *d = j->d;
  const char *dots = d->type == FNX_T_RANGE ? strstr (j->shown, "..") : NULL;
  size_t low = dots ? (size_t)(dots - j->shown) : 0;
  if (dots && dots[2] == '\0') /* 8.. */
    return FAIL (j, "%s=%s has no unit\nwrite %s=%.*s%s..", d->name, j->shown, d->name, (int)low, j->shown, d->unit);
  return FAIL (j, "%s=%s has no unit\nwrite %s=%s%s", d->name, j->shown, d->name, j->shown, d->unit);
}

static fnx_status
wrong_unit (job *j, const char *unit)
{
  const fnx_param_desc *d = j->d;
  char said[72];
  const char *is = unit_dimension (unit), *must = unit_dimension (has_unit (d) ? d->unit : "1"), *near;
  shown (unit, said);
  if (!has_unit (d))
    return FAIL (j, "%s=%s has the unit %s, but %s is a plain number\nleave out %s", d->name, j->shown, said, d->name,
                 said);
  if (unit_known (unit) && is && must)
    return FAIL (j, "%s=%s is %s, but %s is %s, in %s\nwrite %s=...%s", d->name, j->shown, is, d->name, must, d->unit,
                 d->name, d->unit);
  if (unit_known (unit))
    return FAIL (j, "%s=%s: %s does not convert to %s\nwrite %s=...%s", d->name, j->shown, said, d->unit, d->name,
                 d->unit);
  if ((near = unit_nearest (unit)) && unit_factor (near, d->unit) != 0)
    return FAIL (j, "%s=%s: there is no unit \"%s\"; did you mean \"%s\"?\n%s is in %s", d->name, j->shown, said, near,
                 d->name, d->unit);
  return FAIL (j, "%s=%s: there is no unit \"%s\"\n%s is in %s", d->name, j->shown, said, d->name, d->unit);
}

/* The unit of an item, "" if none. */
static const char *
unit_of (const char *text)
{
  const char *u = text + number_span (text);
  return u + strspn (u, " ");
}

/* One number, in the unit of the descriptor.  `shared` is the unit that an
 * item without one takes: the 8 of 8..32Hz. */
static fnx_status
quantity (job *j, const char *text, const char *shared, double *out)
{
  const fnx_param_desc *d = j->d;
  char joined[128], part[72];
  bool had;
  text += strspn (text, " ");
  if (number_span (text) == 0) {
    bool infinite = number_parse (text, out) && isinf (*out);
    if (infinite)
      return FNX_OK;
    return FAIL (j, "%s=%s: \"%s\" is no number\nwrite %s=%s%s%s", d->name, j->shown, shown (text, part), d->name,
                 d->type == FNX_T_RANGE ? "LOW..HIGH" : "NUMBER", has_unit (d) ? ", in " : "",
                 has_unit (d) ? d->unit : "");
  }
  const char *unit = unit_of (text);
  if (*unit == '\0' && *shared != '\0') {
    if (snprintf (joined, sizeof joined, "%.60s%.60s", text, shared) >= (int)sizeof joined)
      return FAIL (j, "%s=%s is too long", d->name, j->shown);
    text = joined;
    unit = shared;
  }
  if (!unit_parse (text, d->unit, out, &had)) {
    if (*unit != '\0' && unit_factor (unit, has_unit (d) ? d->unit : "1") == 0)
      return wrong_unit (j, unit);
    return FAIL (j, "%s=%s is too large a number", d->name, j->shown);
  }
  if (!had && has_unit (d) && *out != 0)
    return no_unit (j);
  if (!isfinite (*out))
    return FAIL (j, "%s=%s is too large a number", d->name, j->shown);
  return in_limits (j, *out);
}

static fnx_status
parse_bool (job *j, param_value *v)
{
  static const struct {
    const char *text;
    int value;
  } spellings[] = { { "yes", 1 }, { "no", 0 }, { "true", 1 }, { "false", 0 } };
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    if (strcmp (j->text, spellings[i].text) == 0) {
      v->integer = spellings[i].value;
      return FNX_OK;
    }
  return FAIL (j, "%s=%s is neither yes nor no\nwrite %s=yes or %s=no", j->d->name, j->shown, j->d->name, j->d->name);
}

static fnx_status
parse_int (job *j, param_value *v)
{
  double real;
  if (whole (j->text, &v->integer)) {
    v->real = (double)v->integer;
    if (!has_unit (j->d) || v->integer == 0)
      return in_limits (j, v->real);
  }
  if (number_span (j->text) == 0)
    return FAIL (j, "%s=%s is no whole number\nwrite %s=NUMBER%s", j->d->name, j->shown, j->d->name,
                 has_unit (j->d) ? j->d->unit : "");
  fnx_status s = quantity (j, j->text, "", &real);
  if (s)
    return s;
  if (real != nearbyint (real) || fabs (real) > 0x1p53)
    return FAIL (j, "%s=%s is no whole number%s%s", j->d->name, j->shown, has_unit (j->d) ? " of " : "",
                 has_unit (j->d) ? j->d->unit : "");
  v->integer = (int64_t)real;
  v->real = real;
  return FNX_OK;
}

static fnx_status
parse_real (job *j, param_value *v)
{
  char fixed[72];
  if (decimal_comma (j->text, fixed))
    return FAIL (j, "%s=%s has a decimal comma; use a point\nwrite %s=%s", j->d->name, j->shown, j->d->name, fixed);
  return quantity (j, j->text, "", &v->real);
}

static fnx_status
parse_range (job *j, param_value *v)
{
  const fnx_param_desc *d = j->d;
  const char *dots = strstr (j->text, ".."), *high = dots ? dots + 2 : NULL;
  char fixed[72], low[72];
  fnx_status s = FNX_OK;
  if (decimal_comma (j->text, fixed))
    return FAIL (j, "%s=%s has a decimal comma; use a point\nwrite %s=%s", d->name, j->shown, d->name, fixed);
  if (!dots || dots - j->text > 60 || strlen (j->text) == 2)
    return FAIL (j, "%s=%s is no range\nwrite %s=LOW..HIGH, %s=LOW.. or %s=..HIGH%s%s", d->name, j->shown, d->name,
                 d->name, d->name, has_unit (d) ? ", in " : "", has_unit (d) ? d->unit : "");
  memcpy (low, j->text, (size_t)(dots - j->text));
  low[dots - j->text] = '\0';
  v->low = -INFINITY;
  v->high = INFINITY;
  if (*high)
    s = quantity (j, high, "", &v->high);
  if (!s && *low)
    s = quantity (j, low, *high ? unit_of (high) : "", &v->low);
  if (!s && v->low > v->high)
    return FAIL (j, "%s=%s runs backwards\nwrite the lower end first", d->name, j->shown);
  return s;
}

static int
choice_index (const fnx_param_desc *d, const char *text)
{
  for (int i = 0; d->choices && d->choices[i]; i++)
    if (strcmp (d->choices[i], text) == 0)
      return i;
  return -1;
}

static fnx_status
choose (job *j, const char *text, int64_t *index)
{
  char list[400], part[72];
  const fnx_param_desc *d = j->d;
  int i = choice_index (d, text);
  *index = i;
  if (i >= 0)
    return FNX_OK;
  const char *near = nearest (text, d->choices);
  names_text (d->choices, list, sizeof list);
  if (near)
    return FAIL (j, "%s=%s: there is no \"%s\"; did you mean \"%s\"?\nchoices: %s", d->name, j->shown,
                 shown (text, part), near, list);
  return FAIL (j, "%s=%s: there is no \"%s\"\nchoices: %s", d->name, j->shown, shown (text, part), list);
}

static fnx_status
parse_enum (job *j, param_value *v)
{
  return choose (j, j->text, &v->integer);
}

static fnx_status
parse_text (job *j, param_value *v)
{
  (void)v;
  if (j->d->type == FNX_T_PATH && *j->text == '\0')
    return FAIL (j, "%s= is empty\nwrite %s=FILE", j->d->name, j->d->name);
  return FNX_OK;
}

static fnx_status
parse_texts (job *j, param_value *v)
{
  v->texts = texts_split (j->text, &v->n_texts);
  if (!v->texts)
    return fault_memory (j->f);
  for (size_t i = 0; i < v->n_texts; i++)
    if (v->texts[i][0] == '\0')
      return FAIL (j, "%s=%s has an empty item\nwrite the items with one comma between them", j->d->name, j->shown);
  return FNX_OK;
}

static fnx_status
parse_enums (job *j, param_value *v)
{
  fnx_status s = parse_texts (j, v);
  if (s)
    return s;
  v->reals = calloc (v->n_texts, sizeof *v->reals);
  if (!v->reals)
    return fault_memory (j->f);
  for (; v->n_reals < v->n_texts; v->n_reals++) {
    int64_t index;
    if ((s = choose (j, v->texts[v->n_reals], &index)))
      return s;
    for (size_t i = 0; i < v->n_reals; i++)
      if (v->reals[i] == (double)index)
        return FAIL (j, "%s=%s names %s twice", j->d->name, j->shown, v->texts[v->n_reals]);
    v->reals[v->n_reals] = (double)index;
  }
  return FNX_OK;
}

static fnx_status
add_real (job *j, param_value *v, double x)
{
  if (v->n_reals >= VALUE_MANY)
    return FAIL (j, "%s=%s makes more than %d values", j->d->name, j->shown, VALUE_MANY);
  if ((v->n_reals & (v->n_reals - 1)) == 0) { /* a power of two: full */
    double *grown = realloc (v->reals, (v->n_reals ? 2 * v->n_reals : 1) * sizeof *grown);
    if (!grown)
      return fault_memory (j->f);
    v->reals = grown;
  }
  v->reals[v->n_reals++] = x;
  return FNX_OK;
}

/* a,b,c with a..b of whole numbers among them; the unit of the last item
 * serves for those that have none. */
static fnx_status
parse_numbers (job *j, param_value *v)
{
  size_t n;
  fnx_status s = FNX_OK;
  char **items = texts_split (j->text, &n);
  if (!items)
    return fault_memory (j->f);
  char *last = items[n - 1], *dots = strstr (last, "..");
  const char *unit = unit_of (dots ? dots + 2 : last);
  char shared[72] = "";
  if (strlen (unit) < sizeof shared && number_span (dots ? dots + 2 : last))
    strcpy (shared, unit);
  for (size_t i = 0; i < n && !s; i++) {
    int64_t low, high;
    double x;
    if (i == n - 1 && dots && *shared)
      last[strlen (last) - strlen (unit)] = '\0'; /* 4..8Hz: the span is 4..8 */
    if (span_parse (items[i], &low, &high)) {
      if (low > high)
        s = FAIL (j, "%s=%s runs backwards\nwrite the lower end first", j->d->name, j->shown);
      else if ((uint64_t)high - (uint64_t)low >= VALUE_MANY)
        s = FAIL (j, "%s=%s makes more than %d values", j->d->name, j->shown, VALUE_MANY);
      for (int64_t k = low; k <= high && !s; k++) {
        char number[32];
        snprintf (number, sizeof number, "%lld", (long long)k);
        s = quantity (j, number, shared, &x);
        if (!s)
          s = add_real (j, v, x);
      }
      continue;
    }
    if (strstr (items[i], ".."))
      s = FAIL (j, "%s=%s: the ends of a..b must be whole numbers", j->d->name, j->shown);
    else if (!(s = quantity (j, items[i], shared, &x)) && j->d->type == FNX_T_INTS && x != nearbyint (x))
      s = FAIL (j, "%s=%s: %s is no whole number", j->d->name, j->shown, items[i]);
    if (!s)
      s = add_real (j, v, x);
  }
  texts_free (items, n);
  return s;
}

fnx_status
value_parse (const fnx_param_desc *d, const char *text, param_value *out, fault *f)
{
  static fnx_status (*const parsers[]) (job *, param_value *)
      = { [FNX_T_BOOL] = parse_bool,     [FNX_T_INT] = parse_int,      [FNX_T_REAL] = parse_real,
          [FNX_T_TEXT] = parse_text,     [FNX_T_ENUM] = parse_enum,    [FNX_T_RANGE] = parse_range,
          [FNX_T_REALS] = parse_numbers, [FNX_T_INTS] = parse_numbers, [FNX_T_TEXTS] = parse_texts,
          [FNX_T_ENUMS] = parse_enums,   [FNX_T_PATH] = parse_text };
  job j = { d, text, { 0 }, f };
  shown (text, j.shown);
  *out = (param_value){ .low = -INFINITY, .high = INFINITY, .real = NAN };
  if (d->type == 0 || d->type >= sizeof parsers / sizeof *parsers)
    return fault_set (f, EXIT_PLUGIN, FNX_E_BUG, "%s=: the plugin declares a type that does not exist (%u)", d->name,
                      (unsigned)d->type);
  if (*text == '\0' && d->type != FNX_T_TEXT && d->type != FNX_T_PATH)
    return FAIL (&j, "%s= is empty\nwrite a value after the =", d->name);
  fnx_status s = parsers[d->type](&j, out);
  if (s)
    value_free (out);
  return s;
}

void
value_free (param_value *v)
{
  free (v->reals);
  texts_free (v->texts, v->n_texts);
  *v = (param_value){ 0 };
}
