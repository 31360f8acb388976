/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Channels by name and by kind.  See eeg.h.
 */
#define _GNU_SOURCE /* strcasestr */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugins/common/electrodes.h"
#include "plugins/eeg/eeg.h"

const fnx_column *
channel_texts (const fnx_axis *a, const char *name)
{
  for (size_t i = 0; a->columns && a->columns[i]; i++)
    if (strcmp (a->columns[i]->name, name) == 0 && a->columns[i]->texts)
      return a->columns[i];
  return NULL;
}

/* From the surest to the loosest sense in which a channel bears a name. */
typedef enum sense { EXACT, ORIGINAL, ANY_CASE, SAME_PLACE, N_SENSES } sense;

static bool
bears (const fnx_axis *a, const fnx_column *original, int64_t i, const char *word, const electrode *place, sense how)
{
  electrode own;
  switch (how) {
  case EXACT:
    return strcmp (a->labels[i], word) == 0;
  case ORIGINAL:
    return original && original->texts[i] && strcasecmp (original->texts[i], word) == 0;
  case ANY_CASE:
    return strcasecmp (a->labels[i], word) == 0;
  default:
    return place->kind != ELECTRODE_UNKNOWN && electrode_read (a->labels[i], &own)
           && strcmp (own.name, place->name) == 0;
  }
}

int64_t
channel_find (const fnx_axis *a, const char *word)
{
  const fnx_column *original = channel_texts (a, "original");
  electrode place;
  if (!electrode_read (word, &place))
    place.kind = ELECTRODE_UNKNOWN;
  for (sense how = EXACT; a->labels && how < N_SENSES; how++)
    for (int64_t i = 0; i < a->size; i++)
      if (bears (a, original, i, word, &place, how))
        return i;
  return -1;
}

/* Letters to change, add or drop to make b of a, without regard to case. */
static int
distance (const char *a, const char *b)
{
  enum { MOST = 32 };
  int row[MOST + 1], na = (int)strnlen (a, MOST), nb = (int)strnlen (b, MOST);
  for (int j = 0; j <= nb; j++)
    row[j] = j;
  for (int i = 1; i <= na; i++) {
    int before = row[0];
    row[0] = i;
    for (int j = 1; j <= nb; j++) {
      char x[2] = { a[i - 1], 0 }, y[2] = { b[j - 1], 0 };
      int change = before + (strcasecmp (x, y) != 0);
      before = row[j];
      int other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      row[j] = change < other ? change : other;
    }
  }
  return row[nb];
}

fnx_status
channel_fail (fnx_call *c, const fnx_axis *a, const char *parameter, const char *word)
{
  if (!a->labels)
    return c->fail (c, FNX_E_PARAM, "%s=%s: the channels of %s have no names", parameter, word, c->recording);
  int64_t best = -1;
  int least = 3;
  for (int64_t i = 0; i < a->size; i++) {
    int d = distance (a->labels[i], word);
    if (d < least)
      least = d, best = i;
  }
  if (best >= 0)
    return c->fail (c, FNX_E_PARAM,
                    "%s=%s: no such channel in %s; did you mean %s?\nfornix inspect %s  lists its channels", parameter,
                    word, c->recording, a->labels[best], c->recording);
  char list[128] = "";
  for (int64_t i = 0, at = 0; i < a->size && i < 6; i++)
    at += snprintf (list + at, sizeof list - (size_t)at, "%s%.12s", i ? " " : "", a->labels[i]);
  return c->fail (c, FNX_E_PARAM, "%s=%s: no such channel in %s; it has %s%s\nfornix inspect %s  lists its channels",
                  parameter, word, c->recording, list, a->size > 6 ? " ..." : "", c->recording);
}

channel_kind
channel_kind_of (const fnx_axis *a, int64_t i)
{
  static const char *const names[] = { "EEG", "EOG", "ECG", "EMG" };
  const fnx_column *kind = channel_texts (a, "kind");
  if (kind && kind->texts[i]) {
    for (int k = 0; k < 4; k++)
      if (strcasecmp (kind->texts[i], names[k]) == 0)
        return (channel_kind)k;
    return strcasecmp (kind->texts[i], "ref") == 0 ? KIND_EEG : KIND_MISC; /* ear lobes, mastoids */
  }
  electrode e;
  if (!a->labels)
    return KIND_MISC;
  if (electrode_read (a->labels[i], &e) && e.kind != ELECTRODE_BIPOLAR)
    return KIND_EEG;
  for (int k = 1; k < 4; k++)
    if (strcasestr (a->labels[i], names[k]))
      return (channel_kind)k;
  return KIND_MISC;
}

static bool
pick_column (fnx_call *c, const fnx_column *from, const int64_t *idx, int64_t n, fnx_column *to)
{
  *to = *from;
  double *reals = from->reals ? c->scratch (c, (size_t)(n + 1) * sizeof *reals) : NULL;
  const char **texts = from->texts ? c->scratch (c, (size_t)(n + 1) * sizeof *texts) : NULL;
  if ((from->reals && !reals) || (from->texts && !texts))
    return false;
  for (int64_t i = 0; i < n; i++) {
    if (reals)
      reals[i] = from->reals[idx[i]];
    if (texts)
      texts[i] = from->texts[idx[i]];
  }
  to->reals = reals;
  to->texts = texts;
  return true;
}

bool
channel_pick (fnx_call *c, const fnx_axis *from, const int64_t *idx, int64_t n, fnx_axis *to)
{
  *to = *from;
  to->size = n;
  size_t n_columns = 0;
  while (from->columns && from->columns[n_columns])
    n_columns++;
  const char **labels = c->scratch (c, (size_t)(n + 1) * sizeof *labels);
  double *values = c->scratch (c, (size_t)(n + 1) * sizeof *values);
  const fnx_column **columns = c->scratch (c, (n_columns + 1) * sizeof *columns);
  fnx_column *column = c->scratch (c, (n_columns + 1) * sizeof *column);
  if (!labels || !values || !columns || !column)
    return false;
  for (int64_t i = 0; i < n; i++) {
    if (from->labels)
      labels[i] = from->labels[idx[i]];
    if (from->values)
      values[i] = from->values[idx[i]];
  }
  for (size_t k = 0; k < n_columns; k++) {
    if (!pick_column (c, from->columns[k], idx, n, &column[k]))
      return false;
    columns[k] = &column[k];
  }
  to->labels = from->labels ? labels : NULL;
  to->values = from->values ? values : NULL;
  to->columns = n_columns ? columns : NULL;
  return true;
}
