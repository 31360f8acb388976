/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Targets that are numbers, as reaction times or the loudness of a sound are.
 */
#include "plugins/common/trials.h"

#include <math.h>

/* A number out of a text such as the name of an event; NaN if it is none. */
static double
number (const char *text)
{
  char *end;
  double v = text ? strtod (text, &end) : NAN;
  return text && end != text && *end == 0 ? v : NAN;
}

static fnx_status
missing (fnx_call *c, const fnx_buf *b, size_t i)
{
  return c->fail (c, FNX_E_DATA, "the target of %s is missing\nleave the trial out, or give it one",
                  trial_name (c, b, i));
}

/* Two classes in the order of the alphabet. */
static fnx_status
two_classes (fnx_call *c, const fnx_buf *b, const char *step, const char *other, size_t i, double *y)
{
  int32_t n_class = 0;
  const char *const *names;
  const fnx_column *col = c->buf->column (b, "trial", "target");
  const int32_t *code = c->buf->classes (c, b, "trial", "target", &n_class, &names);
  if (!code)
    return FNX_E_DATA;
  if (n_class == 1)
    return c->fail (c, FNX_E_DATA,
                    "all trials of %s here have the target %s; %s follows numbers, such as reaction times, or two"
                    " classes\nname the events of both classes:  epoch on=A,B",
                    c->recording, names[0], step);
  if (n_class != 2)
    return c->fail (c, FNX_E_DATA,
                    "the target of %s is \"%s\"; %s follows numbers, such as reaction times, or two"
                    " classes\nfor %d classes use  %s",
                    trial_name (c, b, i), col->texts[i], step, (int)n_class, other);
  c->log (c, FNX_LOG_NOTE, "targets %s and %s count as 0 and 1", names[0], names[1]);
  for (i = 0; i < (size_t)c->buf->spec (b)->axes[0]->size; i++) {
    if (code[i] < 0)
      return missing (c, b, i);
    y[i] = code[i];
  }
  return FNX_OK;
}

fnx_status
numbers_of (fnx_call *c, const fnx_buf *b, const char *step, const char *other, double *y)
{
  const fnx_column *col = c->buf->column (b, "trial", "target");
  size_t n = (size_t)c->buf->spec (b)->axes[0]->size, i = 0;
  if (!col || (!col->reals && !col->texts))
    return c->fail (c, FNX_E_DATA, "the trials of %s have no column target; %s follows a number of each", c->recording,
                    step);
  while (i < n && isfinite (y[i] = col->reals ? col->reals[i] : number (col->texts[i])))
    i++;
  if (i == n)
    return FNX_OK;
  return col->reals || !col->texts[i] ? missing (c, b, i) : two_classes (c, b, step, other, i, y);
}
