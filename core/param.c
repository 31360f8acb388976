/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The settings of one step: which names there are, which are given, which
 * must be, which go together; and the table through which a plugin reads them.
 * What one text means is value.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/param_desc.h"
#include "core/text.h"
#include "core/value.h"

typedef struct setting {
  const fnx_param_desc *d;
  char *text; /* as typed, or the default; NULL: not given */
  bool user;  /* the user wrote it */
  bool searched;
  bool idle; /* its `when` does not hold: it means nothing here */
  where at;
  param_value v;
} setting;

struct fnx_params {
  size_t n;
  setting all[]; /* in the order of the descriptor */
};

/* What all the functions below work on. */
typedef struct job {
  const fnx_step_desc *desc;
  const chain_step *step;
  fnx_params *p;
  fault *f;
} job;

static setting *
setting_find (const fnx_params *p, const char *name)
{
  for (size_t i = 0; i < p->n; i++)
    if (strcmp (p->all[i].d->name, name) == 0)
      return (setting *)&p->all[i];
  return NULL;
}

static fnx_status
take (job *j, const chain_arg *arg)
{
  char said[72];
  const fnx_param_desc *d = param_desc_of (j->desc, arg, j->f);
  if (!d)
    return FNX_E_PARAM;
  setting *s = setting_find (j->p, d->name);
  shown (arg->value, said);
  if (arg->tried)
    return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM,
                      "%s=try:%s: a search needs scores to choose by\nput this step inside  ! evaluate begin ... end",
                      d->name, said);
  if (s->user && !arg->name)
    return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM,
                      "what is \"%s\"? %s is given already\nif it is a step, write  ! %s", said, d->name, said);
  if (s->user)
    return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM, "%s=%s: %s is given twice", d->name, said, d->name);
  s->user = true;
  s->searched = arg->searched;
  s->at = arg->at;
  s->text = strdup (arg->value);
  if (!s->text)
    return fault_memory (j->f);
  return value_parse (d, s->text, &s->v, j->f);
}

static fnx_status
fall_back (job *j, setting *s)
{
  fault inner = FAULT_INIT;
  if (s->text || !s->d->fallback)
    return FNX_OK;
  s->text = strdup (s->d->fallback);
  if (!s->text)
    return fault_memory (j->f);
  if (value_parse (s->d, s->text, &s->v, &inner)) {
    char *first = inner.text ? strtok (inner.text, "\n") : NULL;
    fault_set (j->f, EXIT_PLUGIN, FNX_E_BUG, "the plugin's own default does not parse: %s", first ? first : s->text);
    fault_clear (&inner);
    return FNX_E_BUG;
  }
  return FNX_OK;
}

/* The setting that `when` is about.  NULL for a name that does not exist, which
 * is the plugin's mistake: the setting stays usable, and `fornix check` tells
 * its author. */
static const setting *
governor (const fnx_params *p, const char *when)
{
  size_t n = strcspn (when += *when == '!', "=");
  char name[64];
  if (n >= sizeof name)
    return NULL;
  memcpy (name, when, n);
  name[n] = '\0';
  return setting_find (p, name);
}

/* Does "method=iir" hold of the governor?  "method=iir|fir": one of them;
 * "model": it is given at all; "!model": it is not. */
static bool
holds (const setting *s, const char *when)
{
  size_t n = strcspn (when, "=");
  if (*when == '!')
    return s->text == NULL;
  if (when[n] == '\0')
    return s->text != NULL;
  if (!s->text)
    return false;
  for (const char *want = when + n + 1;;) {
    size_t k = strcspn (want, "|");
    if (strlen (s->text) == k && memcmp (s->text, want, k) == 0)
      return true;
    if (s->d->type == FNX_T_BOOL && s->v.integer == (k > 0 && (*want == 'y' || *want == 't')))
      return true;
    if (want[k] == '\0')
      return false;
    want += k + 1;
  }
}

/* A setting that means nothing here is refused if the user wrote it, unless it
 * does with another candidate of the search: kernel=try:linear,rbf gamma=0.5. */
static fnx_status
check_when (job *j, setting *s)
{
  char said[72], other[72];
  const char *when = s->d->when;
  const setting *g = when && *when ? governor (j->p, when) : NULL;
  s->idle = g && !holds (g, when);
  if (!s->idle || !s->user || (g->searched && *when != '!'))
    return FNX_OK;
  shown (s->text, said);
  if (*when == '!')
    return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM,
                      "%s=%s and %s=%s exclude each other\nleave out %s=%s, or leave out %s=%s", s->d->name, said,
                      g->d->name, shown (g->text, other), s->d->name, said, g->d->name, other);
  return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM, "%s=%s has only a meaning with %s\nadd %.*s, or leave out %s=%s",
                    s->d->name, said, when, (int)strcspn (when, "|"), when, s->d->name, said);
}

/* "range=8..32Hz" out of the step's example; else what its type suggests. */
static void
example_of (const fnx_step_desc *desc, const fnx_param_desc *d, char *out, size_t room)
{
  static const char *const shapes[]
      = { [FNX_T_BOOL] = "yes",      [FNX_T_INT] = "NUMBER",      [FNX_T_REAL] = "NUMBER",   [FNX_T_TEXT] = "TEXT",
          [FNX_T_ENUM] = "...",      [FNX_T_RANGE] = "LOW..HIGH", [FNX_T_REALS] = "A,B,...", [FNX_T_INTS] = "A,B,...",
          [FNX_T_TEXTS] = "A,B,...", [FNX_T_ENUMS] = "...",       [FNX_T_PATH] = "FILE" };
  char key[80];
  const char *at = desc->example;
  snprintf (key, sizeof key, " %.60s=", d->name);
  if (at && (at = strstr (at, key))) {
    snprintf (out, room, "%.*s", (int)strcspn (at + 1, " \n"), at + 1);
    return;
  }
  if ((d->type == FNX_T_ENUM || d->type == FNX_T_ENUMS) && d->choices && d->choices[0])
    snprintf (out, room, "%s=%s", d->name, d->choices[0]);
  else
    snprintf (out, room, "%s=%s%s", d->name,
              d->type < sizeof shapes / sizeof *shapes && shapes[d->type] ? shapes[d->type] : "...",
              d->unit && strcmp (d->unit, "1") != 0 ? d->unit : "");
}

static fnx_status
check_required (job *j, const setting *s)
{
  char example[160];
  if (s->text || s->idle || !(s->d->flags & FNX_P_REQUIRED))
    return FNX_OK;
  example_of (j->desc, s->d, example, sizeof example);
  if (s->d->doc && *s->d->doc)
    return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM, "%s= is missing: %s\nwrite  %s %s", s->d->name, s->d->doc,
                      j->desc->name, example);
  return fault_set (j->f, EXIT_CHAIN, FNX_E_PARAM, "%s= is missing\nwrite  %s %s", s->d->name, j->desc->name, example);
}

fnx_params *
params_parse (const fnx_step_desc *desc, const chain_step *step, fault *f)
{
  size_t n = param_desc_count (desc);
  fnx_params *p = calloc (1, sizeof *p + n * sizeof *p->all);
  job j = { desc, step, p, f };
  fnx_status s = FNX_OK;
  if (!p) {
    fault_memory (f);
    return NULL;
  }
  for (p->n = 0; p->n < n; p->n++)
    p->all[p->n].d = desc->params[p->n];
  for (size_t i = 0; i < step->n_args && !s; i++) {
    if (param_is_wiring (desc, &step->args[i]))
      continue;
    s = take (&j, &step->args[i]);
    if (s)
      fault_at (f, step->args[i].at, step->name);
  }
  for (size_t i = 0; i < n && !s; i++)
    s = fall_back (&j, &p->all[i]);
  for (size_t i = 0; i < n && !s; i++) {
    s = check_when (&j, &p->all[i]);
    if (s)
      fault_at (f, p->all[i].at, step->name);
  }
  for (size_t i = 0; i < n && !s; i++)
    s = check_required (&j, &p->all[i]);
  if (s) {
    fault_at (f, step->at, step->name);
    params_free (p);
    return NULL;
  }
  return p;
}

void
params_free (fnx_params *p)
{
  for (size_t i = 0; p && i < p->n; i++) {
    value_free (&p->all[i].v);
    free (p->all[i].text);
  }
  free (p);
}

/* ---- canonical JSON: for hashes and for provenance ----------------------- */
static void
json_value (text_buf *t, const setting *s)
{
  const param_value *v = &s->v;
  switch (s->d->type) {
  case FNX_T_BOOL:
    text_add (t, v->integer ? "true" : "false");
    break;
  case FNX_T_INT:
    text_addf (t, "%lld", (long long)v->integer);
    break;
  case FNX_T_REAL:
    text_json_number (t, v->real);
    break;
  case FNX_T_RANGE:
    text_add (t, "[");
    text_json_number (t, v->low);
    text_add (t, ",");
    text_json_number (t, v->high);
    text_add (t, "]");
    break;
  case FNX_T_REALS:
  case FNX_T_INTS:
    for (size_t i = 0; i < v->n_reals; i++) {
      text_add (t, i ? "," : "[");
      text_json_number (t, v->reals[i]);
    }
    text_add (t, "]");
    break;
  case FNX_T_TEXTS:
  case FNX_T_ENUMS:
    for (size_t i = 0; i < v->n_texts; i++) {
      text_add (t, i ? "," : "[");
      text_json (t, v->texts[i]);
    }
    text_add (t, "]");
    break;
  default:
    text_json (t, s->text);
  }
}

static int
by_name (const void *a, const void *b)
{
  const setting *const *x = a, *const *y = b;
  return strcmp ((*x)->d->name, (*y)->d->name);
}

char *
params_json (const fnx_params *p)
{
  text_buf t = { 0 };
  size_t n = 0;
  const setting **order = calloc (p->n + 1, sizeof *order);
  if (!order)
    return NULL;
  for (size_t i = 0; i < p->n; i++) {
    const setting *s = &p->all[i];
    if (s->text && !s->idle && !(s->d->flags & FNX_P_NEUTRAL))
      order[n++] = s;
  }
  qsort (order, n, sizeof *order, by_name);
  text_add (&t, "{");
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      text_add (&t, ",");
    text_json (&t, order[i]->d->name);
    text_add (&t, ":");
    json_value (&t, order[i]);
  }
  text_add (&t, "}");
  free (order);
  return text_take (&t);
}

/* ---- what plugins see ---------------------------------------------------- */
/* A name that the descriptor does not have is the plugin's bug; it then reads
 * what "not given" reads: -1, NaN, NULL, none. */
static const setting *
given_setting (const fnx_params *p, const char *name)
{
  const setting *s = setting_find (p, name);
  return s && s->text ? s : NULL;
}

static int64_t
api_integer (const fnx_params *p, const char *name)
{
  const setting *s = given_setting (p, name);
  return s ? s->v.integer : -1;
}

static double
api_real (const fnx_params *p, const char *name)
{
  const setting *s = given_setting (p, name);
  return s ? s->v.real : (double)NAN;
}

static const char *
api_text (const fnx_params *p, const char *name)
{
  const setting *s = given_setting (p, name);
  return s ? s->text : NULL;
}

static void
api_range (const fnx_params *p, const char *name, double *low, double *high)
{
  const setting *s = given_setting (p, name);
  *low = s ? s->v.low : -INFINITY;
  *high = s ? s->v.high : INFINITY;
}

static const double *
api_reals (const fnx_params *p, const char *name, size_t *n)
{
  const setting *s = given_setting (p, name);
  *n = s ? s->v.n_reals : 0;
  return s ? s->v.reals : NULL;
}

static const char *const *
api_texts (const fnx_params *p, const char *name, size_t *n)
{
  const setting *s = given_setting (p, name);
  *n = s ? s->v.n_texts : 0;
  return s ? (const char *const *)s->v.texts : NULL;
}

static int
api_given (const fnx_params *p, const char *name)
{
  return given_setting (p, name) != NULL;
}

const fnx_param_api params_api
    = { sizeof (fnx_param_api), 0, api_integer, api_real, api_text, api_range, api_reals, api_texts, api_given };
