/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Settings for the validator, made from what a step's descriptor says: those
 * of its example, and others inside the declared limits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/validate_impl.h"

/* Set or replace name=value; takes neither.  name NULL: the main param. */
static bool
put (settings *s, const char *name, const char *value)
{
  chain_step *t = &s->step;
  chain_arg *more;

  for (size_t i = 0; i < t->n_args; i++)
    if (name && t->args[i].name && !strcmp (t->args[i].name, name)) {
      free (t->args[i].value);
      return (t->args[i].value = strdup (value)) != NULL;
    }
  if (!(more = realloc (t->args, (t->n_args + 1) * sizeof *more)))
    return false;
  t->args = more;
  more[t->n_args] = (chain_arg){ .name = name ? strdup (name) : NULL, .value = strdup (value) };
  t->n_args++;
  return more[t->n_args - 1].value && (!name || more[t->n_args - 1].name);
}

static bool
has (const settings *s, const char *name)
{
  for (size_t i = 0; i < s->step.n_args; i++)
    if (s->step.args[i].name && !strcmp (s->step.args[i].name, name))
      return true;
  return false;
}

void
settings_free (settings *s)
{
  for (size_t i = 0; i < s->step.n_args; i++) {
    free (s->step.args[i].name);
    free (s->step.args[i].value);
  }
  free (s->step.args);
  free (s->step.name);
  memset (s, 0, sizeof *s);
}

char *
settings_text (const settings *s)
{
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream (&text, &n);

  if (!to)
    return NULL;
  fputs (s->step.name, to);
  for (size_t i = 0; i < s->step.n_args; i++)
    fprintf (to, " %s%s%s", s->step.args[i].name ? s->step.args[i].name : "", s->step.args[i].name ? "=" : "",
             s->step.args[i].value);
  fclose (to);
  return text;
}

/* ---- from the example ------------------------------------------------------------ */

static const fnx_param_desc *
main_param (const fnx_step_desc *d)
{
  for (const fnx_param_desc *const *p = d->params; *p; p++)
    if ((*p)->flags & FNX_P_MAIN)
      return *p;
  return NULL;
}

/* "fornix" begins the next line of an example. */
static bool
is_end (const char *word)
{
  return !strcmp (word, "fornix") || !strcmp (word, "!") || !strcmp (word, "begin") || !strcmp (word, "end")
         || !strcmp (word, "\\") || !word[0];
}

/* One word behind the step's name: name=value, or the main param's value. */
static bool
put_word (settings *s, const fnx_step_desc *d, char *word)
{
  char *eq = strchr (word, '='), *value = eq ? eq + 1 : word;
  const fnx_param_desc *m = main_param (d);

  if (word[0] == '@' || value[0] == '@' || !strncmp (value, "try:", 4))
    return true; /* wiring and searches are not settings */
  if (eq && eq > word) {
    *eq = 0;
    return put (s, word, value);
  }
  return m ? put (s, m->name, value) : true;
}

/* "fornix run sim:fists ! band range=8..32Hz ! ...": the words behind band; of
 * a source the part behind "scheme:". */
static bool
put_example (settings *s, const fnx_step_desc *d)
{
  char *copy = d->example ? strdup (d->example) : NULL, *save = NULL;
  bool inside = false, ok = true, seen = false;
  fnx_ext_reader r = { 0 };
  bool reads = (d->flags & FNX_S_SOURCE) && step_extension (d, NULL, FNX_READER, &r, sizeof r);

  for (char *w = copy ? strtok_r (copy, " \n", &save) : NULL; w && ok; w = strtok_r (NULL, " \n", &save)) {
    size_t n = reads && r.scheme ? strlen (r.scheme) : 0;
    if (inside && is_end (w))
      inside = false;
    else if (inside)
      ok = put_word (s, d, w);
    else if (!seen && (!strcmp (w, d->name) || !strcmp (w, d->id)))
      inside = seen = true;
    else if (!seen && n && !strncmp (w, r.scheme, n) && w[n] == ':') {
      inside = seen = true;
      ok = put_word (s, d, w + n + 1);
    }
  }
  free (copy);
  return ok;
}

/* ---- made up ----------------------------------------------------------------------- */

static const char *
unit_of (const fnx_param_desc *p)
{
  return p->unit && strcmp (p->unit, "1") != 0 ? p->unit : "";
}

static bool
limited (const fnx_param_desc *p)
{
  return p->min != 0 || p->max != 0;
}

/* A value inside the limits: one of the ends in a quarter of all cases. */
static double
any_value (const fnx_param_desc *p, dice *x)
{
  double low = limited (p) && isfinite (p->min) ? p->min : 0,
         high = limited (p) && isfinite (p->max) ? p->max : low + 50;

  switch (dice_below (x, 8)) {
  case 0:
    return low;
  case 1:
    return high;
  default:
    if (low >= 0 && high > 1000 * (low + 1)) /* many orders of magnitude */
      return low + exp (dice_real (x) * log (high - low + 1)) - 1;
    return low + dice_real (x) * (high - low);
  }
}

static void
number (const fnx_param_desc *p, double v, bool whole, FILE *to)
{
  char text[32];

  fprintf (to, "%s%s", number_text (whole ? floor (v) : v, text), unit_of (p));
}

static void
some_of (const char *const *list, dice *x, FILE *to)
{
  size_t n = 0, written = 0;

  while (list && list[n])
    n++;
  for (size_t i = 0; i < n; i++)
    if (dice_below (x, 2) || (i + 1 == n && !written))
      fprintf (to, "%s%s", written++ ? "," : "", list[i]);
}

/* A text that the param's type takes; NULL without memory. */
static char *
any_text (const probe *p, const fnx_param_desc *d, dice *x)
{
  static const char *const words[] = { "target", "T1", "left", "Fz", "time", "x", "subject", "C3", NULL };
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream (&text, &n);
  double a, b;

  if (!to)
    return NULL;
  switch (d->type) {
  case FNX_T_BOOL:
    fputs (dice_below (x, 2) ? "yes" : "no", to);
    break;
  case FNX_T_INT:
  case FNX_T_REAL:
    number (d, any_value (d, x), d->type == FNX_T_INT, to);
    break;
  case FNX_T_ENUM:
    for (n = 0; d->choices && d->choices[n];)
      n++;
    fputs (n ? d->choices[dice_below (x, n)] : "", to);
    break;
  case FNX_T_ENUMS:
    some_of (d->choices, x, to);
    break;
  case FNX_T_RANGE:
    a = any_value (d, x);
    b = any_value (d, x);
    fprintf (to, "%g..%g%s", a < b ? a : b, a < b ? b : a, unit_of (d));
    break;
  case FNX_T_REALS:
  case FNX_T_INTS:
    for (uint64_t i = 0, k = 1 + dice_below (x, 3); i < k; i++) {
      fputs (i ? "," : "", to);
      number (d, any_value (d, x), d->type == FNX_T_INTS, to);
    }
    break;
  case FNX_T_TEXTS:
    some_of (words, x, to);
    break;
  case FNX_T_PATH:
    fprintf (to, "%s/made-up", p->folder);
    break;
  default:
    fputs (words[dice_below (x, 8)], to);
  }
  fclose (to);
  return text;
}

static bool
put_any (settings *s, const probe *p, const fnx_param_desc *d, dice *x)
{
  char *text = any_text (p, d, x);
  bool ok = text && put (s, d->name, text);

  free (text);
  return ok;
}

/* Where readers read and writers write: never what an example names. */
static bool
put_path (settings *s, const probe *p)
{
  const fnx_step_desc *d = p->d;
  const fnx_param_desc *m = main_param (d);
  fnx_ext_reader r;
  fnx_ext_writer w;
  bool ok = true;
  char *path = NULL;

  if (!m || m->type != FNX_T_PATH)
    return true;
  if (step_extension (d, NULL, FNX_WRITER, &w, sizeof w)) {
    if (asprintf (&path, "%s/written%s", p->folder, w.suffixes && w.suffixes[0] ? w.suffixes[0] : "") < 0)
      return false;
    ok = put (s, m->name, path);
  } else if (step_extension (d, NULL, FNX_READER, &r, sizeof r) && !r.scheme) {
    if (asprintf (&path, "%s/read%s", p->folder, r.suffixes && r.suffixes[0] ? r.suffixes[0] : "") < 0)
      return false;
    ok = put (s, m->name, path);
  }
  free (path);
  return ok;
}

bool
settings_usual (settings *s, const probe *p)
{
  dice x = { 7 };
  bool ok;

  memset (s, 0, sizeof *s);
  ok = (s->step.name = strdup (p->d->name)) && put_example (s, p->d) && put_path (s, p);
  for (const fnx_param_desc *const *d = p->d->params; *d && ok; d++)
    if (((*d)->flags & FNX_P_REQUIRED) && !has (s, (*d)->name))
      ok = put_any (s, p, *d, &x);
  return ok;
}

bool
settings_random (settings *s, const probe *p, dice *x)
{
  bool ok = settings_usual (s, p);

  for (const fnx_param_desc *const *d = p->d->params; *d && ok; d++)
    if (!(((*d)->flags & FNX_P_MAIN) && (*d)->type == FNX_T_PATH) && dice_below (x, 3) == 0)
      ok = put_any (s, p, *d, x);
  return ok;
}

bool
settings_edge (settings *s, const probe *p, const fnx_param_desc *d, size_t which)
{
  char text[80], number[32];

  if (d->type == FNX_T_ENUM)
    return settings_usual (s, p) && put (s, d->name, d->choices[which]);
  snprintf (text, sizeof text, "%s%s", number_text (which ? d->max : d->min, number), unit_of (d));
  return settings_usual (s, p) && put (s, d->name, text);
}

size_t
settings_edges (const fnx_param_desc *d)
{
  size_t n = 0;

  if (d->type == FNX_T_ENUM)
    while (d->choices[n])
      n++;
  else if ((d->type == FNX_T_INT || d->type == FNX_T_REAL) && (d->min != 0 || d->max != 0) && isfinite (d->min)
           && isfinite (d->max))
    n = 2;
  return n;
}
