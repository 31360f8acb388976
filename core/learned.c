/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/learned.h"

typedef struct asking {
  const node *n;
  learned_told told;
  void *arg;
  fault *f;
} asking;

static bool
is_word (const char *s, const char *except)
{
  size_t n = s ? strlen (s) : 0;

  if (n == 0 || n > 2000)
    return false;
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)s[i] <= ' ' || s[i] == 127 || strchr (except, s[i]))
      return false;
  return true;
}

bool
learned_sound (const char *name, const char *value)
{
  return is_word (name, ".=") && is_word (value, "=");
}

static fnx_status
put (void *to, const char *name, const char *value)
{
  asking *a = to;

  if (!learned_sound (name, value))
    return fault_set (a->f, EXIT_INTERNAL, FNX_E_BUG, "what it says of its model (\"%s\", \"%s\") is not two words",
                      name ? name : "NULL", value ? value : "NULL");
  a->told (a->arg, a->n->desc->name, name, value);
  return FNX_OK;
}

fnx_status
learned_ask (const scope *s, const node *n, const fnx_model *m, learned_told told, void *arg, fault *f)
{
  const fnx_ext_estimator *e = n->estimator;
  asking a = { n, told, arg, f };
  fnx_status st;
  call c;

  if (!e || e->struct_size < offsetof (fnx_ext_estimator, report) + sizeof e->report || !e->report)
    return FNX_OK;
  st = node_call (s, n, &c, f);
  return st == FNX_OK ? node_fault (n, f, call_end (&c, e->report (&c.api, m, put, &a))) : st;
}

void
learned_append (void *arg, const char *step, const char *name, const char *value)
{
  char **text = arg, *more = NULL;

  if (asprintf (&more, "%s%s%s.%s=%s", *text ? *text : "", *text && **text ? " " : "", step, name, value) < 0)
    return;
  free (*text);
  *text = more;
}
