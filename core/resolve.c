/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names to descriptors: which plugin brings each step of a chain, or which
 * plugins are missing.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/text.h"

/* Steps that no plugin brings, and where they stand. */
typedef struct absent {
  struct {
    const char *name;
    int number;
    where at;
  } step[64];
  size_t n; /* may be more than are kept */
} absent;

static void
note_absent (absent *a, const chain_step *step, int number)
{
  size_t i = a->n++;

  if (i < sizeof a->step / sizeof *a->step) {
    a->step[i].name = step->name;
    a->step[i].number = number;
    a->step[i].at = step->at;
  }
}

/* "  org.lab.denoise   step 2, mine.yaml:7", a line each. */
static char *
absent_text (const absent *a, const char *file)
{
  size_t kept = a->n < sizeof a->step / sizeof *a->step ? a->n : sizeof a->step / sizeof *a->step, width = 0;
  text_buf t = { 0 };

  for (size_t i = 0; i < kept; i++)
    width = strlen (a->step[i].name) > width ? strlen (a->step[i].name) : width;
  for (size_t i = 0; i < kept; i++) {
    text_addf (&t, "\n  %-*s   step %d", (int)width, a->step[i].name, a->step[i].number);
    if (a->step[i].at.line && file)
      text_addf (&t, ", %s:%d", file, a->step[i].at.line);
  }
  return text_take (&t);
}

static fnx_status
resolve (chain *c, absent *a, fault *f)
{
  for (size_t i = 0; i < c->n_steps; i++) {
    chain_step *s = &c->steps[i];

    s->desc = registry_step (s->name);
    if (!s->desc && strchr (s->name, '.'))
      note_absent (a, s, (int)i + 1);
    else if (!s->desc) {
      const char *near = nearest (s->name, registry_names ());

      if (near)
        fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "no step called \"%s\"; did you mean \"%s\"?", s->name, near);
      else
        fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "no step called \"%s\"\nfornix steps  lists them all", s->name);
      fault_at (f, s->at, NULL);
      return FNX_E_PARAM;
    }
    if (s->desc && s->desc->flags & FNX_S_SOURCE) {
      fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s makes or reads a recording, so it stands before the first !", s->name);
      fault_at (f, s->at, NULL);
      return FNX_E_SPEC;
    }
    for (chain *sub = s->sub; sub; sub = sub->next)
      if (resolve (sub, a, f) != FNX_OK)
        return f->code;
  }
  return FNX_OK;
}

static void
list_folders (char *text, size_t n)
{
  size_t at = 0;

  for (const char *const *p = registry_folders (); p && *p && at < n; p++) {
    int w = snprintf (text + at, n - at, "%s%s", at ? ", " : "", *p);

    at += w > 0 ? (size_t)w : 0;
  }
}

fnx_status
chain_resolve (chain *c, fault *f)
{
  static const char *const numbers[] = { "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine" };
  absent a = { .n = 0 };
  fnx_status s = resolve (c, &a, f);
  char folders[2048] = "", count[32], *list = NULL;

  if (s == FNX_OK && a.n) {
    list = absent_text (&a, c->text.file);
    list_folders (folders, sizeof folders);
    snprintf (count, sizeof count, "%zu", a.n);
    s = fault_set (f, EXIT_PLUGIN, FNX_E_PARAM, "%s step%s not installed:%s\nlooked in %s",
                   a.n < 10 ? numbers[a.n] : count, a.n == 1 ? " is" : "s are", list ? list : "", folders);
  }
  free (list);
  return s;
}
