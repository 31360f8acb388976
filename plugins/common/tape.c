/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See tape.h.
 */
#include "plugins/common/tape.h"

#include <stdlib.h>
#include <string.h>

void
tape_init (tape *t, size_t rows)
{
  *t = (tape){ .rows = rows };
}

void
tape_clear (tape *t)
{
  free (t->past);
  *t = (tape){ 0 };
}

void
tape_lend (tape *t, const double *block, int64_t n)
{
  t->block = block;
  t->n = n;
}

int64_t
tape_end (const tape *t)
{
  return t->first + t->kept + t->n;
}

void
tape_read (const tape *t, size_t row, int64_t from, int64_t n, double *out)
{
  int64_t skip = from - t->first; /* within past, then block */
  if (skip < t->kept) {
    int64_t m = t->kept - skip < n ? t->kept - skip : n;
    memcpy (out, t->past + row * (size_t)t->room + skip, (size_t)m * sizeof *out);
    out += m, n -= m, skip += m;
  }
  if (n > 0)
    memcpy (out, t->block + row * (size_t)t->n + (skip - t->kept), (size_t)n * sizeof *out);
}

/* Unless more room is needed, each row is moved down within its own place. */
bool
tape_keep (tape *t, int64_t from)
{
  int64_t end = tape_end (t);
  if (from < t->first)
    from = t->first;
  if (from > end)
    from = end;
  int64_t want = end - from;
  double *to = t->past;
  int64_t room = t->room;
  if (want > room) {
    room = want + want / 4 + 64;
    size_t bytes;
    if (__builtin_mul_overflow (t->rows, (size_t)room * sizeof *to, &bytes) || !(to = malloc (bytes ? bytes : 1)))
      return false;
  }
  int64_t skip = from - t->first, old = t->kept > skip ? t->kept - skip : 0;
  for (size_t r = 0; r < t->rows; r++) {
    double *row = to + r * (size_t)room;
    if (old > 0)
      memmove (row, t->past + r * (size_t)t->room + skip, (size_t)old * sizeof *to);
    if (want > old)
      memcpy (row + old, t->block + r * (size_t)t->n + (t->n - (want - old)), (size_t)(want - old) * sizeof *to);
  }
  if (to != t->past) {
    free (t->past);
    t->past = to;
    t->room = room;
  }
  t->first = from;
  t->kept = want;
  t->block = NULL;
  t->n = 0;
  return true;
}
