/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * try: the values that are searched, as combinations for each step.
 */
#include <stdlib.h>
#include <string.h>

#include "core/settings.h"

static int
by_name (const void *a, const void *b)
{
  const chain_arg *x = *(const chain_arg *const *)a, *y = *(const chain_arg *const *)b;

  return strcmp (x->name ? x->name : "", y->name ? y->name : "");
}

fnx_status
tried_of (settings *s, const chain_step *line, fault *f)
{
  *s = (settings){ .n = 1 };
  for (size_t i = 0; i < line->n_args; i++)
    s->n_tried += line->args[i].tried;
  if (!s->n_tried)
    return FNX_OK;
  s->arg = calloc (s->n_tried, sizeof *s->arg);
  s->value = calloc (s->n_tried, sizeof *s->value);
  s->n_values = calloc (s->n_tried, sizeof *s->n_values);
  if (!s->arg || !s->value || !s->n_values)
    return fault_memory (f);
  for (size_t i = 0, k = 0; i < line->n_args; i++)
    if (line->args[i].tried)
      s->arg[k++] = &line->args[i];
  qsort (s->arg, s->n_tried, sizeof *s->arg, by_name);
  for (size_t k = 0; k < s->n_tried; k++) {
    s->value[k] = params_candidates (line->desc, line, s->arg[k], &s->n_values[k], f);
    if (!s->value[k])
      return f->code;
    if (__builtin_mul_overflow (s->n, s->n_values[k], &s->n) || s->n > 1000000) {
      fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "more than a million settings are to be tried");
      fault_at (f, s->arg[k]->at, line->desc->name);
      return FNX_E_PARAM;
    }
  }
  return FNX_OK;
}

void
tried_free (settings *s)
{
  for (size_t k = 0; k < s->n_tried && s->value; k++)
    texts_free (s->value[k], s->n_values[k]);
  free (s->value);
  free (s->n_values);
  free (s->arg);
  *s = (settings){ 0 };
}

const char *
tried_value (const settings *s, size_t i, size_t k)
{
  for (size_t j = s->n_tried; j-- > k + 1;)
    i /= s->n_values[j];
  return s->value[k][i % s->n_values[k]];
}

fnx_status
tried_line (const settings *s, const chain_step *line, size_t i, chain_step *out, fault *f)
{
  *out = *line;
  out->args = calloc (line->n_args + 1, sizeof *out->args);
  if (!out->args)
    return fault_memory (f);
  if (line->n_args)
    memcpy (out->args, line->args, line->n_args * sizeof *out->args);
  for (size_t k = 0; k < s->n_tried; k++) {
    chain_arg *a = &out->args[s->arg[k] - line->args];

    a->value = (char *)(uintptr_t)tried_value (s, i, k);
    a->tried = false;
    a->searched = true;
  }
  return FNX_OK;
}
