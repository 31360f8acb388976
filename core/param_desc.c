/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Descriptors of parameters: which one an argument is meant for, or the
 * sentence for one that none is.
 */
#include <stdlib.h>
#include <string.h>

#include "core/param_desc.h"
#include "core/text.h"

size_t
param_desc_count (const fnx_step_desc *desc)
{
  size_t n = 0;
  while (desc->params && desc->params[n])
    n++;
  return n;
}

const fnx_param_desc *
param_desc_find (const fnx_step_desc *desc, const char *name)
{
  for (size_t i = 0; i < param_desc_count (desc); i++)
    if (strcmp (desc->params[i]->name, name) == 0)
      return desc->params[i];
  return NULL;
}

const char *
param_type_name (uint32_t type)
{
  static const char *const names[]
      = { [FNX_T_BOOL] = "bool",   [FNX_T_INT] = "int",     [FNX_T_REAL] = "real",   [FNX_T_TEXT] = "text",
          [FNX_T_ENUM] = "enum",   [FNX_T_RANGE] = "range", [FNX_T_REALS] = "reals", [FNX_T_INTS] = "ints",
          [FNX_T_TEXTS] = "texts", [FNX_T_ENUMS] = "enums", [FNX_T_PATH] = "path" };
  return type < sizeof names / sizeof *names && names[type] ? names[type] : "?";
}

const fnx_param_desc *
param_desc_main (const fnx_step_desc *desc)
{
  for (size_t i = 0; i < param_desc_count (desc); i++)
    if (desc->params[i]->flags & FNX_P_MAIN)
      return desc->params[i];
  return NULL;
}

/* Is there an input port of that name?  The first is also called "in". */
static bool
is_port (const fnx_step_desc *desc, const char *name)
{
  for (size_t i = 0; desc->inputs && desc->inputs[i]; i++)
    if (strcmp (desc->inputs[i]->name, name) == 0 || (i == 0 && strcmp ("in", name) == 0))
      return true;
  return false;
}

bool
param_is_wiring (const fnx_step_desc *desc, const chain_arg *arg)
{
  return arg->name && arg->value[0] == '@' && !arg->tried && is_port (desc, arg->name);
}

/* Names of all parameters, for nearest() and for "parameters: ..."; the array
 * is the caller's. */
static const char **
param_names (const fnx_step_desc *desc, uint32_t with_flag)
{
  size_t n = param_desc_count (desc), k = 0;
  const char **names = calloc (n + 1, sizeof *names);
  for (size_t i = 0; names && i < n; i++)
    if (!with_flag || (desc->params[i]->flags & with_flag))
      names[k++] = desc->params[i]->name;
  return names;
}

static fnx_status
unknown (const fnx_step_desc *desc, const chain_arg *arg, fault *f)
{
  char list[400], said[72];
  const char **names = param_names (desc, 0), *near;
  if (!names)
    return fault_memory (f);
  near = nearest (arg->name, names);
  names_text (names, list, sizeof list);
  shown (arg->name, said);
  if (is_port (desc, arg->name))
    fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
               "%s is an input, not a parameter\nwrite %s=@NAME, where @NAME names the output of a step", said, said);
  else if (!names[0])
    fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "there is no parameter \"%s\"; %s has none", said, desc->name);
  else if (near)
    fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "there is no parameter \"%s\"; did you mean \"%s\"?\nparameters: %s", said,
               near, list);
  else
    fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "there is no parameter \"%s\"\nparameters: %s", said, list);
  free (names);
  return FNX_E_PARAM;
}

static fnx_status
nameless (const fnx_step_desc *desc, const chain_arg *arg, fault *f)
{
  char list[400], said[72];
  const char **names = param_names (desc, 0);
  if (!names)
    return fault_memory (f);
  shown (arg->value, said);
  if (names[0])
    fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
               "what is \"%s\"? every setting of %s has a name\nif it is a step, write  ! %s\nparameters: %s", said,
               desc->name, said, names_text (names, list, sizeof list));
  else
    fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "what is \"%s\"? %s has no parameters\nif it is a step, write  ! %s", said,
               desc->name, said);
  free (names);
  return FNX_E_PARAM;
}

const fnx_param_desc *
param_desc_of (const fnx_step_desc *desc, const chain_arg *arg, fault *f)
{
  const fnx_param_desc *d = arg->name ? param_desc_find (desc, arg->name) : param_desc_main (desc);
  if (!d && arg->name)
    unknown (desc, arg, f);
  else if (!d)
    nameless (desc, arg, f);
  return d;
}

const fnx_param_desc *
param_desc_tried (const fnx_step_desc *desc, const chain_arg *arg, fault *f)
{
  const fnx_param_desc *d = param_desc_of (desc, arg, f);
  char list[400], said[72];
  if (!d || (d->flags & FNX_P_TUNABLE))
    return d;
  const char **names = param_names (desc, FNX_P_TUNABLE);
  if (!names) {
    fault_memory (f);
    return NULL;
  }
  shown (arg->value, said);
  names_text (names, list, sizeof list);
  fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "%s=try:%s: %s is not for searching\n%s%s", d->name, said, d->name,
             names[0] ? "can be searched: " : "this step has nothing to search", list);
  free (names);
  return NULL;
}
