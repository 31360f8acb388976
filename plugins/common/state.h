/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes of a saved model: little-endian fields one after the other, the same
 * on every machine.  The writer keeps its first failure and the reader its
 * first trouble (too short, a size that cannot be), so that save and load are
 * plain lists of fields with one test at the end.  Every read is bounded by
 * the bytes that are there; nothing in them is trusted.
 */
#ifndef FNX_COMMON_STATE_H
#define FNX_COMMON_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

typedef struct state_out {
  fnx_status (*put) (void *to, const void *bytes, size_t n);
  void *to;
  fnx_status status;
} state_out;

static inline void
state_put_u64 (state_out *o, uint64_t v)
{
  unsigned char b[8];
  for (int i = 0; i < 8; i++)
    b[i] = (unsigned char)(v >> 8 * i);
  if (o->status == FNX_OK)
    o->status = o->put (o->to, b, 8);
}

static inline void
state_put_f64s (state_out *o, const double *v, size_t n)
{
  unsigned char b[512];
  for (size_t at = 0; at < n && o->status == FNX_OK;) {
    size_t m = n - at < 64 ? n - at : 64;
    for (size_t i = 0; i < m; i++) {
      uint64_t u;
      memcpy (&u, v + at + i, 8);
      for (size_t k = 0; k < 8; k++)
        b[8 * i + k] = (unsigned char)(u >> 8 * k);
    }
    o->status = o->put (o->to, b, 8 * m);
    at += m;
  }
}

static inline void
state_put_text (state_out *o, const char *s)
{
  size_t n = strlen (s);
  state_put_u64 (o, n);
  if (o->status == FNX_OK && n)
    o->status = o->put (o->to, s, n);
}

typedef struct state_in {
  const unsigned char *at;
  size_t left;
  bool bad;
} state_in;

static inline uint64_t
state_u64 (state_in *s)
{
  uint64_t v = 0;
  if (s->bad || s->left < 8) {
    s->bad = true;
    return 0;
  }
  for (int i = 0; i < 8; i++)
    v |= (uint64_t)s->at[i] << 8 * i;
  s->at += 8;
  s->left -= 8;
  return v;
}

/* A count of items that take at least `item` bytes each further on, and of
 * which there may be at most `max`. */
static inline size_t
state_count (state_in *s, size_t item, size_t max)
{
  uint64_t n = state_u64 (s);
  if (n > max || (item && n > s->left / item)) {
    s->bad = true;
    return 0;
  }
  return (size_t)n;
}

static inline void
state_f64s (state_in *s, double *v, size_t n)
{
  if (s->bad || n > s->left / 8) {
    s->bad = true;
    return;
  }
  for (size_t i = 0; i < n; i++) {
    uint64_t u = state_u64 (s);
    memcpy (v + i, &u, 8);
  }
}

/* rows x cols doubles of its own, malloc'ed; NULL: bad is set, or no memory. */
static inline double *
state_matrix (state_in *s, size_t rows, size_t cols)
{
  if (s->bad || (cols && rows > s->left / 8 / cols)) {
    s->bad = true;
    return NULL;
  }
  double *v = malloc (rows * cols * sizeof *v + 1);
  if (v)
    state_f64s (s, v, rows * cols);
  return v;
}

/* A text of its own, malloc'ed; NULL: bad is set, or no memory. */
static inline char *
state_text (state_in *s)
{
  size_t n = state_count (s, 1, SIZE_MAX);
  if (s->bad || memchr (s->at, 0, n)) {
    s->bad = true;
    return NULL;
  }
  char *t = malloc (n + 1);
  if (!t)
    return NULL;
  memcpy (t, s->at, n);
  t[n] = 0;
  s->at += n;
  s->left -= n;
  return t;
}

/* All fields read, nothing left over? */
static inline bool
state_done (const state_in *s)
{
  return !s->bad && s->left == 0;
}

#endif
