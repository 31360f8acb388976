/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a trial is called in a message: a fold holds some trials of a recording,
 * in an order of its own, but a user counts those of the recording.
 */
#include "plugins/common/trialname.h"

#include <stdio.h>
#include <string.h>

/* Where trials are only counted: those of the same recording up to i. */
static size_t
counted (const fnx_column *recording, size_t i)
{
  size_t at = 0;
  for (size_t k = 0; k <= i; k++)
    at += recording->texts[k] && strcmp (recording->texts[k], recording->texts[i]) == 0;
  return at;
}

const char *
trial_name (fnx_call *c, const fnx_buf *b, size_t i)
{
  const fnx_column *item = c->buf->column (b, "trial", "item");
  const fnx_column *col = c->buf->column (b, "trial", "recording");
  const char *of = col && col->type == FNX_COL_TEXT && col->texts ? col->texts[i] : NULL;
  size_t at = item && item->type == FNX_COL_REAL && item->reals && item->reals[i] >= 1 ? (size_t)item->reals[i]
              : of                                                                     ? counted (col, i)
                                                                                       : i + 1;
  if (!of)
    of = c->recording;
  size_t room = strlen (of) + 64;
  char *text = c->scratch (c, room);
  if (!text)
    return "a trial";
  snprintf (text, room, "trial %zu of %s", at, of);
  return text;
}
