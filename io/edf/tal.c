/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time-stamped annotation lists (EDF+ 2.2.2):
 *   onset [15 duration] 14 text 14 text 14 ... 14 00
 * with onset = +-seconds, the bytes 14 and 15 in hexadecimal, texts in UTF-8.
 * The first list of a record, with an empty first text, keeps its time.
 */
#include "io/edf/edf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_END 0x14
#define DURATION 0x15
#define SECONDS_MAX 900000000 /* 28 years: beyond it a number is no onset */

static bool
seconds_read (const uint8_t *p, size_t n, bool sign_needed, int64_t *ticks)
{
  edf_decimal d;
  unsigned odd = 0;
  __int128 t;
  if (n == 0 || n > 30 || p[0] == ' ' || p[n - 1] == ' ' || (sign_needed && *p != '+' && *p != '-')
      || !edf_decimal_read (p, n, &d, &odd) || odd)
    return false;
  t = d.mantissa;
  for (; d.scale < 10; d.scale++)
    t *= 10;
  for (; d.scale > 10; d.scale--)
    t /= 10;
  if (t > (__int128)SECONDS_MAX * EDF_TICKS || t < -(__int128)SECONDS_MAX * EDF_TICKS)
    return false;
  *ticks = (int64_t)t;
  return true;
}

bool
edf_event_add (edf_events *to, edf_event e)
{
  if (to->n == to->room) {
    const size_t room = to->room ? 2 * to->room : 64;
    edf_event *all = realloc (to->all, room * sizeof *all);
    if (!all) {
      free (e.label);
      free (e.channel);
      return false;
    }
    to->all = all;
    to->room = room;
  }
  to->all[to->n++] = e;
  return true;
}

void
edf_events_free (edf_events *e)
{
  for (size_t i = 0; i < e->n; i++) {
    free (e->all[i].label);
    free (e->all[i].channel);
  }
  free (e->all);
  *e = (edf_events){ 0 };
}

static bool
text_add (edf_events *to, const uint8_t *p, size_t n, int64_t record, int64_t ticks, double duration)
{
  char *label = malloc (2 * n + 1);
  unsigned odd = 0;
  char *at;
  char *channel = NULL;
  if (!label)
    return false;
  to->not_utf8 += !edf_utf8_valid (p, n);
  edf_text_read (p, n, label, &odd);
  /* "Spike@@EEG F4": of one channel only. */
  at = strstr (label, "@@");
  if (at && at > label && at[2]) {
    channel = strdup (at + 2);
    if (!channel) {
      free (label);
      return false;
    }
    *at = 0;
  }
  return edf_event_add (to, (edf_event){ ticks, record, -1, 0, duration, label, channel });
}

edf_tal_state
edf_tal_read (const void *bytes, size_t n, int64_t record, bool first, edf_events *to, int64_t *onset, bool *timed)
{
  const uint8_t *p = bytes, *end = p + n;
  edf_tal_state state = EDF_TAL_EMPTY;
  for (bool leading = first;; leading = false) {
    const uint8_t *stop;
    int64_t ticks, length;
    double duration = NAN;
    while (p < end && *p == 0)
      p++;
    if (p == end)
      return state;
    for (stop = p; stop < end && *stop != TEXT_END && *stop != DURATION; stop++)
      if (*stop == 0)
        return EDF_TAL_BAD;
    if (stop == end || !seconds_read (p, (size_t)(stop - p), true, &ticks))
      return EDF_TAL_BAD;
    p = stop + 1;
    if (*stop == DURATION) {
      stop = memchr (p, TEXT_END, (size_t)(end - p));
      if (!stop)
        return EDF_TAL_BAD;
      if (stop > p) {
        if (!seconds_read (p, (size_t)(stop - p), false, &length) || length < 0)
          return EDF_TAL_BAD;
        duration = (double)length / (double)EDF_TICKS;
      }
      p = stop + 1;
    }
    state = EDF_TAL_GOOD;
    for (bool stamp = leading; p < end && *p != 0; stamp = false) {
      stop = memchr (p, TEXT_END, (size_t)(end - p));
      if (!stop)
        return EDF_TAL_BAD;
      if (stop == p && stamp) {
        *onset = ticks;
        *timed = true;
      } else if (stop > p && !text_add (to, p, (size_t)(stop - p), record, ticks, duration))
        return EDF_TAL_NOMEM;
      p = stop + 1;
    }
  }
}
