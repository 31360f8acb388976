/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a module declares about itself must hold together before any of it is
 * shown or called: names, ids, ports, params, functions.  The first thing that
 * does not is told in one sentence.
 */
#include "core/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/param.h"
#include "core/spec.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static char *why (const char *format, ...) FNX_PRINTF (1, 2);
static char *
why (const char *format, ...)
{
  char *text = NULL;
  va_list ap;

  va_start (ap, format);
  if (vasprintf (&text, format, ap) < 0)
    text = NULL;
  va_end (ap);
  return text;
}

/* A word that users can type: a lower-case letter, then those, digits and `more`. */
static bool
is_word (const char *s, const char *more)
{
  char allowed[64];

  snprintf (allowed, sizeof allowed, "%s%s%s", LOWER, DIGITS, more);
  return s && s[0] && strchr (LOWER, s[0]) && s[strspn (s, allowed)] == 0;
}

static bool
is_blank (const char *s)
{
  return !s || s[strspn (s, " \t\n")] == 0;
}

/* ---- params --------------------------------------------------------------- */

static const fnx_param_desc *
vet_find (const fnx_step_desc *d, const char *name, size_t n)
{
  for (const fnx_param_desc *const *p = d->params; *p; p++)
    if ((*p)->name && strlen ((*p)->name) == n && !strncmp ((*p)->name, name, n))
      return *p;
  return NULL;
}

/* Is the word of n bytes one of the choices? */
static bool
is_choice (const fnx_param_desc *p, const char *word, size_t n)
{
  for (const char *const *c = p->choices; c && *c; c++)
    if (strlen (*c) == n && !strncmp (*c, word, n))
      return true;
  return false;
}

/* `when` is "name=value", "name=value|value", "name" (it is given at all) or
 * "!name" (it is not), of another param, and values that it can have. */
static char *
when_fault (const fnx_step_desc *d, const fnx_param_desc *p)
{
  const fnx_param_desc *of;
  const char *name = p->when;
  size_t n;

  if (!name)
    return NULL;
  name += *name == '!';
  n = strcspn (name, "=");
  of = vet_find (d, name, n);
  if (!of || of == p || (name != p->when && name[n]))
    return why ("param %s: when \"%s\" names no other param", p->name, p->when);
  for (const char *word = name + n; *word && of->type == FNX_T_ENUM;) {
    size_t k = strcspn (++word, "|");
    if (!is_choice (of, word, k))
      return why ("param %s: when \"%s\" names no choice of %s", p->name, p->when, of->name);
    word += k;
  }
  return NULL;
}

static char *
param_fault (const fnx_step_desc *d, const fnx_param_desc *p)
{
  bool wants_choices = p->type == FNX_T_ENUM || p->type == FNX_T_ENUMS;

  if (!is_word (p->name, "_-"))
    return why ("a param is called \"%s\": lower-case letters, digits, _ and - only", p->name ? p->name : "NULL");
  if (vet_find (d, p->name, strlen (p->name)) != p)
    return why ("two params are called %s", p->name);
  if (p->type < FNX_T_BOOL || p->type > FNX_T_PATH)
    return why ("param %s: type %u is unknown", p->name, (unsigned)p->type);
  if (is_blank (p->doc))
    return why ("param %s has no doc", p->name);
  if (wants_choices != (p->choices && p->choices[0]))
    return why ("param %s: %s", p->name, wants_choices ? "no choices" : "choices are for FNX_T_ENUM and FNX_T_ENUMS");
  if ((p->flags & FNX_P_REQUIRED) && p->fallback)
    return why ("param %s is required and has a default; it can only be one of them", p->name);
  if (isnan (p->min) || isnan (p->max) || p->min > p->max)
    return why ("param %s: its range is %g to %g", p->name, p->min, p->max);
  return when_fault (d, p);
}

/* The default goes the way of what a user types.  It is parsed by a step that
 * has this param alone, so that no other one is found missing. */
static char *
default_fault (const fnx_step_desc *d, const fnx_param_desc *p)
{
  fnx_param_desc alone = *p;
  const fnx_param_desc *const params[] = { &alone, NULL };
  fnx_step_desc step = *d;
  chain_arg arg = { .name = (char *)p->name, .value = (char *)p->fallback };
  chain_step as_typed = { .name = (char *)d->name, .args = &arg, .n_args = 1 };
  fault f = FAULT_INIT;
  fnx_params *parsed;
  char *bad = NULL;

  if (!p->fallback)
    return NULL;
  alone.when = NULL;
  step.params = params;
  parsed = params_parse (&step, &as_typed, &f);
  if (!parsed)
    bad = why ("param %s: its default is not valid: %.*s", p->name, (int)strcspn (f.text ? f.text : "", "\n"),
               f.text ? f.text : "");
  params_free (parsed);
  fault_clear (&f);
  return bad;
}

/* ---- ports ----------------------------------------------------------------- */

static char *
ports_fault (const fnx_port_desc *const *ports, const char *side)
{
  for (size_t i = 0; ports[i]; i++) {
    const fnx_port_desc *p = ports[i];
    const char *reason = NULL;
    if (!is_word (p->name, "_-"))
      return why ("an %s port is called \"%s\": lower-case letters, digits, _ and - only", side,
                  p->name ? p->name : "NULL");
    for (size_t j = 0; j < i; j++)
      if (!strcmp (p->name, ports[j]->name))
        return why ("two %s ports are called %s", side, p->name);
    if (!p->what)
      return why ("%s port %s does not say what it takes", side, p->name);
    if (!what_valid (p->what, &reason))
      return why ("%s port %s: \"%s\": %s", side, p->name, p->what, reason ? reason : "not in the grammar of plugin.h");
  }
  return NULL;
}

/* ---- steps ------------------------------------------------------------------ */

/* "org.lab.denoise": words joined by dots. */
static bool
is_id (const char *id)
{
  return is_word (id, ".-_") && strchr (id, '.') && !strstr (id, "..") && id[strlen (id) - 1] != '.';
}

static char *
functions_fault (const fnx_step_desc *d)
{
  fnx_ext_stream stream;
  fnx_ext_estimator est;
  fnx_ext_prepare prep;
  bool streams = step_extension (d, NULL, FNX_STREAM, &stream, sizeof stream);
  bool learns = step_extension (d, NULL, FNX_ESTIMATOR, &est, sizeof est);

  if (streams && (!stream.start || !stream.push))
    return why (FNX_STREAM " has no %s function", stream.start ? "push" : "start");
  if (learns && (!est.fit || !est.apply || !est.model_free || !est.save || !est.load))
    return why (FNX_ESTIMATOR " needs fit, apply, model_free, save and load");
  if (step_extension (d, NULL, FNX_PREPARE, &prep, sizeof prep) && (!learns || !prep.prepare || !prep.fit_prepared))
    return why (FNX_PREPARE " needs prepare and fit_prepared, and " FNX_ESTIMATOR " beside it");
  if (!d->run && !streams && !learns)
    return why ("it has no run function, and neither " FNX_STREAM " nor " FNX_ESTIMATOR);
  return NULL;
}

static char *
step_fault (const fnx_step_desc *d, bool careful)
{
  unsigned n_main = 0;
  char *bad = NULL;

  if (!is_id (d->id))
    return why ("its id is \"%s\": it must be reverse DNS such as org.lab.denoise", d->id ? d->id : "NULL");
  if (!is_word (d->name, "._-"))
    return why ("its name is \"%s\": lower-case letters, digits and . _ - only", d->name ? d->name : "NULL");
  if (is_blank (d->title))
    return why ("it has no title");
  if (d->threads > FNX_THREADS_PARALLEL)
    return why ("threads is %u, which is unknown", (unsigned)d->threads);
  if (!(d->flags & FNX_S_SOURCE) != (d->inputs[0] != NULL))
    return why (d->inputs[0] ? "it is a source and has an input" : "it has no input and is not marked FNX_S_SOURCE");
  if (!(d->flags & FNX_S_SINK) != (d->outputs[0] != NULL))
    return why (d->outputs[0] ? "it is a sink and has an output" : "it has no output and is not marked FNX_S_SINK");
  if ((bad = ports_fault (d->inputs, "input")) || (bad = ports_fault (d->outputs, "output")))
    return bad;
  for (const fnx_param_desc *const *p = d->params; *p; p++) {
    n_main += ((*p)->flags & FNX_P_MAIN) != 0;
    if ((bad = param_fault (d, *p)) || (careful && (bad = default_fault (d, *p))))
      return bad;
  }
  if (n_main > 1)
    return why ("%u params are marked FNX_P_MAIN; one can be", n_main);
  /* The host's own steps run inside the host. */
  return strncmp (d->id, "org.fornix.host.", 16) ? functions_fault (d) : NULL;
}

char *
vet_module (const fnx_module *m, bool careful)
{
  if (is_blank (m->name) || is_blank (m->version))
    return why ("the module has no %s", is_blank (m->name) ? "name" : "version");
  for (size_t i = 0; m->steps[i]; i++) {
    char *bad = step_fault (m->steps[i], careful), *whole = NULL;
    if (bad) {
      whole = why ("step %s: %s", m->steps[i]->name ? m->steps[i]->name : "without a name", bad);
      free (bad);
      return whole;
    }
    for (size_t j = 0; j < i; j++)
      if (!strcmp (m->steps[i]->id, m->steps[j]->id) || !strcmp (m->steps[i]->name, m->steps[j]->name))
        return why ("steps %zu and %zu are both called %s", j + 1, i + 1, m->steps[i]->name);
  }
  return NULL;
}
