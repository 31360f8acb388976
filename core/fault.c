/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Faults as values: see fault.h.  Printing them for people is fault_print.c.
 */
#include <stdlib.h>
#include <string.h>

#include "core/fault.h"

/* Said when there is not even memory for the sentence. */
static const char no_memory[] = "not enough memory";

/* "range=8..32 has no unit" begins with the parameter it is about. */
static char *
leading_param (const char *text)
{
  size_t n = strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
  if (n == 0 || text[n] != '=' || (text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '.')
    return NULL;
  return strndup (text, n);
}

fnx_status
fault_vset (fault *f, int exit, fnx_status code, const char *format, va_list ap)
{
  if (!f || f->code != 0)
    return code;
  f->code = code;
  f->exit = exit;
  if (vasprintf (&f->text, format, ap) < 0) {
    f->text = strdup (no_memory); /* may be NULL: readers then say so themselves */
    return code;
  }
  f->param = leading_param (f->text);
  return code;
}

fnx_status
fault_set (fault *f, int exit, fnx_status code, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  fault_vset (f, exit, code, format, ap);
  va_end (ap);
  return code;
}

fnx_status
fault_memory (fault *f)
{
  return fault_set (f, fault_exit_of (FNX_E_NOMEM), FNX_E_NOMEM, "%s", no_memory);
}

void
fault_at (fault *f, where at, const char *step)
{
  if (!f || f->code == 0)
    return;
  if (f->at.word == 0 && f->at.line == 0)
    f->at = at;
  if (!f->step && step)
    f->step = strdup (step);
}

fnx_status
fault_move (fault *dst, fault *src)
{
  fnx_status code = src->code;
  if (dst && dst->code == 0)
    *dst = *src;
  else
    fault_clear (src);
  *src = (fault)FAULT_INIT;
  return code;
}

void
fault_clear (fault *f)
{
  if (!f)
    return;
  free (f->text);
  free (f->step);
  free (f->param);
  *f = (fault)FAULT_INIT;
}

int
fault_exit_of (fnx_status code)
{
  static const struct {
    fnx_status code;
    int exit;
  } map[] = {
    { FNX_OK, EXIT_OK },          { FNX_E_NOMEM, EXIT_AGAIN }, /* with more memory, or when less else runs */
    { FNX_E_PARAM, EXIT_CHAIN },  { FNX_E_SPEC, EXIT_CHAIN },       { FNX_E_DATA, EXIT_DATA },
    { FNX_E_NUMERIC, EXIT_DATA }, { FNX_E_IO, EXIT_INPUT },         { FNX_E_CANCELLED, EXIT_INTERRUPTED },
    { FNX_E_STATE, EXIT_INPUT },  { FNX_E_UNSUPPORTED, EXIT_DATA }, { FNX_E_BUG, EXIT_INTERNAL },
  };
  for (size_t i = 0; i < sizeof map / sizeof *map; i++)
    if (map[i].code == code)
      return map[i].exit;
  return EXIT_INTERNAL;
}
