/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes of a plain or gzip file, front to back.  gzip is recognised by its
 * magic, not by the name.  Unlike gzread, damage never passes silently: the
 * CRC and length of every member are checked (inflate does that in its gzip
 * mode), and what stands behind the last member is refused.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#include "io/nifti/nifti.h"

enum { CHUNK = 1 << 16 };

struct feed {
  FILE *f;
  const char *name;
  bool packed, open, ended; /* inflate is initialised; the last member is over */
  z_stream z;
  size_t have, at; /* plain: bytes of `in` and the next one */
  int64_t size;    /* on disk; -1 unknown */
  unsigned char in[CHUNK];
};

static int64_t
size_of (FILE *f)
{
  off_t at;
  if (fseeko (f, 0, SEEK_END) != 0 || (at = ftello (f)) < 0 || fseeko (f, 0, SEEK_SET) != 0)
    return -1;
  return at;
}

feed *
feed_open (fnx_call *c, FILE *f, const char *name)
{
  feed *s = calloc (1, sizeof *s);
  if (!s) {
    c->fail (c, FNX_E_NOMEM, "%s: out of memory", name);
    fclose (f);
    return NULL;
  }
  s->f = f, s->name = name, s->size = size_of (f);
  s->have = fread (s->in, 1, CHUNK, f);
  if (s->have == 0) {
    c->fail (c, FNX_E_IO, ferror (f) ? "%s: cannot be read" : "%s: the file is empty", name);
    goto fail;
  }
  s->packed = s->have > 2 && s->in[0] == 0x1f && s->in[1] == 0x8b;
  if (s->packed) {
    if (inflateInit2 (&s->z, 16 + MAX_WBITS) != Z_OK) {
      c->fail (c, FNX_E_NOMEM, "%s: out of memory", name);
      goto fail;
    }
    s->open = true;
    s->z.next_in = s->in, s->z.avail_in = (uInt)s->have;
  }
  return s;
fail:
  feed_close (s);
  return NULL;
}

void
feed_close (feed *s)
{
  if (!s)
    return;
  if (s->open)
    inflateEnd (&s->z);
  fclose (s->f);
  free (s);
}

bool
feed_packed (const feed *s)
{
  return s->packed;
}

/* Deflate cannot do better than 1032:1, so that a header which promises more
 * than that is a lie, known before a byte is allocated for it. */
int64_t
feed_limit (const feed *s)
{
  if (s->size < 0 || !s->packed)
    return s->size;
  return s->size > INT64_MAX / 1040 ? INT64_MAX : s->size * 1040;
}

static fnx_status
more (fnx_call *c, feed *s)
{
  s->have = fread (s->in, 1, CHUNK, s->f);
  s->at = 0;
  if (ferror (s->f))
    return c->fail (c, FNX_E_IO, "%s: reading failed", s->name);
  s->z.next_in = s->in, s->z.avail_in = (uInt)s->have;
  return FNX_OK;
}

static fnx_status
plain (fnx_call *c, feed *s, unsigned char *to, size_t n, size_t *got)
{
  size_t k = s->have - s->at < n ? s->have - s->at : n;
  memcpy (to, s->in + s->at, k);
  s->at += k;
  if (k < n) { /* straight into the caller's memory */
    k += fread (to + k, 1, n - k, s->f);
    if (ferror (s->f))
      return c->fail (c, FNX_E_IO, "%s: reading failed", s->name);
  }
  *got = k;
  return FNX_OK;
}

/* A gzip file may hold several members in a row (bgzip, cat a.gz b.gz). */
static fnx_status
next_member (fnx_call *c, feed *s)
{
  if (s->z.avail_in == 0) {
    fnx_status e = more (c, s);
    if (e)
      return e;
  }
  if (s->z.avail_in == 0) {
    s->ended = true;
    return FNX_OK;
  }
  if (s->z.next_in[0] != 0x1f)
    return c->fail (c, FNX_E_IO,
                    "%s: bytes stand behind the end of the compressed data: the file is damaged or was joined\n"
                    "copy it again from where it came",
                    s->name);
  return inflateReset (&s->z) == Z_OK ? FNX_OK : c->fail (c, FNX_E_IO, "%s: damaged gzip data", s->name);
}

static fnx_status
packed (fnx_call *c, feed *s, unsigned char *to, size_t n, size_t *got)
{
  size_t k = 0;
  while (k < n && !s->ended) {
    if (s->z.avail_in == 0) {
      fnx_status e = more (c, s);
      if (e)
        return e;
      if (s->z.avail_in == 0)
        return c->fail (c, FNX_E_IO, "%s: truncated: the gzip data stop in the middle\ncopy it again", s->name);
    }
    uInt room = n - k > 1u << 30 ? 1u << 30 : (uInt)(n - k);
    s->z.next_out = to + k, s->z.avail_out = room;
    int r = inflate (&s->z, Z_NO_FLUSH);
    k += room - s->z.avail_out;
    if (r == Z_STREAM_END) {
      fnx_status e = next_member (c, s);
      if (e)
        return e;
    } else if (r != Z_OK && r != Z_BUF_ERROR)
      return c->fail (c, FNX_E_IO, "%s: damaged gzip data (%s)\ncopy it again", s->name,
                      s->z.msg ? s->z.msg : "not gzip");
  }
  *got = k;
  return FNX_OK;
}

fnx_status
feed_some (fnx_call *c, feed *s, void *to, size_t n, size_t *got)
{
  *got = 0;
  return s->packed ? packed (c, s, to, n, got) : plain (c, s, to, n, got);
}

fnx_status
feed_read (fnx_call *c, feed *s, void *to, size_t n)
{
  size_t got;
  fnx_status e = feed_some (c, s, to, n, &got);
  if (e)
    return e;
  if (got < n)
    return c->fail (c, FNX_E_IO, "%s: truncated: %zu bytes are missing\ncopy it again", s->name, n - got);
  return FNX_OK;
}

fnx_status
feed_skip (fnx_call *c, feed *s, int64_t n)
{
  unsigned char sink[4096];
  while (n > 0) {
    size_t k = n > (int64_t)sizeof sink ? sizeof sink : (size_t)n;
    fnx_status e = feed_read (c, s, sink, k);
    if (e)
      return e;
    n -= (int64_t)k;
  }
  return FNX_OK;
}

fnx_status
feed_rest (fnx_call *c, feed *s, int64_t *left)
{
  unsigned char sink[4096];
  size_t got;
  *left = 0;
  do {
    fnx_status e = feed_some (c, s, sink, sizeof sink, &got);
    if (e)
      return e;
    *left += (int64_t)got;
  } while (got == sizeof sink);
  return FNX_OK;
}
