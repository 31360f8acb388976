/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copies through a text mode, which shift every sample behind the first change
 * and so give plausible nonsense.  A copy that made 0D 0A of every 0A has no
 * 0A left without a 0D before it; in honest samples that is as good as
 * impossible, except for a signal that keeps close to the value 0A0D, whose
 * pairs then all begin at the same byte of a sample.  So: at least 16 of them,
 * none without its 0D, and at more than one phase; or, where the size is off,
 * just as many as there are bytes too many.
 */
#include "io/edf/edf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE (INT64_C (1) << 20) /* bytes looked at when the size is right */

typedef struct census {
  int64_t lf, crlf, first; /* of 0A, of 0D 0A; place of the first 0D 0A */
  int64_t phase[3];        /* of 0D 0A, by place in a sample */
  int64_t high;            /* bytes >= 80 */
  bool utf8;               /* the first buffer is valid UTF-8 */
} census;

static void
count (const uint8_t *p, size_t n, int64_t at, int width, uint8_t *before, census *c)
{
  const uint8_t *hit = p, *end = p + n;
  while (hit < end && (hit = memchr (hit, '\n', (size_t)(end - hit))) != NULL) {
    const int64_t i = hit - p;
    const uint8_t prior = i > 0 ? p[i - 1] : *before;
    c->lf++;
    if (prior == '\r') {
      if (c->crlf++ == 0)
        c->first = at + i - 1;
      c->phase[(at + i - 1) % width]++;
    }
    hit++;
  }
  for (size_t i = 0; i < n; i++)
    c->high += p[i] >> 7;
  *before = p[n - 1];
}

static bool
take_census (const edf_bytes *b, int64_t from, int64_t to, int width, census *c)
{
  const size_t room = 1 << 18;
  uint8_t *buffer = malloc (room);
  uint8_t before = 0;
  bool ok = buffer != NULL;
  for (int64_t at = from; ok && at < to;) {
    const size_t n = to - at < (int64_t)room ? (size_t)(to - at) : room;
    ok = edf_bytes_read (b, at, buffer, n);
    if (!ok)
      break;
    if (at == from) /* a character may be cut at the end */
      for (size_t cut = 0; cut < 4 && cut < n && !c->utf8; cut++)
        c->utf8 = edf_utf8_valid (buffer, n - cut);
    count (buffer, n, at - from, width, &before, c);
    at += (int64_t)n;
  }
  c->first += from;
  free (buffer);
  return ok;
}

static bool
text_mode (const census *c, int width, int64_t extra)
{
  int64_t most = 0;
  if (c->lf == 0 || c->lf != c->crlf)
    return false;
  if (extra == c->crlf)
    return true;
  for (int i = 0; i < width; i++)
    if (c->phase[i] > most)
      most = c->phase[i];
  return c->crlf >= 16 && most * 10 < c->crlf * 9;
}

fnx_status
edf_damage_check (const edf_bytes *b, const edf_header *h, int64_t expected, edf_say *say)
{
  const int64_t size = edf_bytes_size (b);
  const int64_t extra = expected >= 0 ? size - expected : 0;
  const int64_t end = extra == 0 && size - h->size > SAMPLE ? h->size + SAMPLE : size;
  census c = { 0 };
  char how[80] = "cut again to the size that the header promises";
  if (h->size >= size)
    return FNX_OK;
  if (!take_census (b, h->size, end, h->width, &c))
    return edf_refuse (say, FNX_E_IO, "it cannot be read to its end");
  if (text_mode (&c, h->width, extra)) {
    if (extra > 0)
      snprintf (how, sizeof how, "%lld bytes too long", (long long)extra);
    else if (extra < 0)
      snprintf (how, sizeof how, "and cut, %lld bytes too short", (long long)-extra);
    return edf_refuse (say, FNX_E_IO,
                       "not usable: every byte 0A became 0D 0A (a text-mode copy)\n"
                       "  %s, first at byte %lld; samples are wrong from there on\n"
                       "copy it again in binary mode; nothing was written",
                       how, (long long)c.first);
  }
  if (extra > 0 && c.utf8 && c.high > (end - h->size) / 100)
    return edf_refuse (say, FNX_E_IO,
                       "not usable: its samples were rewritten as UTF-8 text, %lld bytes too long\n"
                       "copy it again in binary mode; nothing was written",
                       (long long)extra);
  return FNX_OK;
}
