/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The header is a Python dict literal, and numpy.lib.format writes just one
 * shape of it: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
 * Pickled objects are never read: unpickling runs code.
 */
#include <stdlib.h>
#include <string.h>

#include "io/npy/npy.h"

enum { LONGEST = 1 << 16 }; /* of a header; numpy's own limit is 10,000 */

static int64_t
size_of (FILE *f)
{
  off_t at;
  if (fseeko (f, 0, SEEK_END) != 0 || (at = ftello (f)) < 0 || fseeko (f, 0, SEEK_SET) != 0)
    return -1;
  return at;
}

/* The value of 'key', just behind its colon. */
static const char *
value_of (const char *dict, const char *key)
{
  char quoted[32];
  snprintf (quoted, sizeof quoted, "'%s'", key);
  const char *p = strstr (dict, quoted);
  if (!p)
    return NULL;
  p += strlen (quoted);
  p += strspn (p, " ");
  return *p == ':' ? p + 1 + strspn (p + 1, " ") : NULL;
}

static fnx_status
type_of (fnx_call *c, const char *name, const char *p, npy_header *h)
{
  static const char *const known[] = { "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1" };
  if (*p == '[')
    return c->fail (c, FNX_E_IO, "%s: a structured array; save its fields one by one", name);
  if (*p != '\'' || !strchr ("<>|=", p[1]) || strlen (p) < 4)
    return c->fail (c, FNX_E_IO, "%s: not usable: its header names no element type", name);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strncmp (p + 2, known[i], 2) && p[4] == '\'') {
      h->type = p[2], h->size = p[3] - '0', h->swapped = p[1] == '>';
      return FNX_OK;
    }
  const char *what = p[2] == 'O'                  ? "pickled objects, which can run code"
                     : p[2] == 'c'                ? "complex numbers"
                     : p[2] == 'U' || p[2] == 'S' ? "texts"
                                                  : NULL;
  if (what)
    return c->fail (c, FNX_E_IO, "%s: holds %s; arrays of real numbers are read", name, what);
  return c->fail (c, FNX_E_IO, "%s: element type %.6s is not read; save it with  .astype('f8')", name, p);
}

static fnx_status
shape_of (fnx_call *c, const char *name, const char *p, npy_header *h)
{
  if (*p != '(')
    return c->fail (c, FNX_E_IO, "%s: not usable: its header has no shape", name);
  h->count = 1;
  for (p++; *p != ')';) {
    char *end;
    p += strspn (p, " ");
    if (*p < '0' || *p > '9')
      return c->fail (c, FNX_E_IO, "%s: not usable: its shape is malformed", name);
    long long n = strtoll (p, &end, 10);
    if (h->ndim == FNX_MAX_DIM)
      return c->fail (c, FNX_E_IO, "%s: more than %d axes", name, FNX_MAX_DIM);
    if (n < 1)
      return c->fail (c, FNX_E_IO, "%s: an empty array (axis %d has size 0)", name, h->ndim + 1);
    if (__builtin_mul_overflow (h->count, (int64_t)n, &h->count) || h->count > INT64_MAX / 16)
      return c->fail (c, FNX_E_IO, "%s: not usable: its shape is larger than any memory", name);
    h->n[h->ndim++] = n;
    p = end + strspn (end, " L");
    if (*p == ',')
      p += 1 + strspn (p + 1, " ");
    else if (*p != ')')
      return c->fail (c, FNX_E_IO, "%s: not usable: its shape is malformed", name);
  }
  if (h->ndim == 0)
    return c->fail (c, FNX_E_IO, "%s: a single number without axes", name);
  return FNX_OK;
}

fnx_status
npy_header_read (fnx_call *c, FILE *f, const char *name, npy_header *h)
{
  unsigned char head[12];
  memset (h, 0, sizeof *h);
  int64_t size = size_of (f);
  size_t n = fread (head, 1, 10, f);
  if (n == 0)
    return c->fail (c, FNX_E_IO, "%s: the file is empty", name);
  if (n < 10 || memcmp (head, "\223NUMPY", 6))
    return c->fail (c, FNX_E_IO, "%s: no .npy file: it does not begin with \\x93NUMPY", name);
  if (head[6] < 1 || head[6] > 3)
    return c->fail (c, FNX_E_IO, "%s: .npy format %d; 1 to 3 are read", name, head[6]);
  uint32_t len = (uint32_t)(head[8] | head[9] << 8);
  h->offset = 10 + (int64_t)len;
  if (head[6] > 1) {
    if (fread (head + 10, 1, 2, f) != 2)
      return c->fail (c, FNX_E_IO, "%s: truncated inside its header", name);
    len |= (uint32_t)head[10] << 16 | (uint32_t)head[11] << 24;
    h->offset = 12 + (int64_t)len;
  }
  if (len > LONGEST)
    return c->fail (c, FNX_E_IO, "%s: not usable: a header of %u bytes", name, len);
  char *dict = c->scratch (c, len + 8u); /* zeroed: ends in a NUL */
  if (!dict)
    return FNX_E_NOMEM;
  if (fread (dict, 1, len, f) != len)
    return c->fail (c, FNX_E_IO, "%s: truncated inside its header", name);
  const char *descr = value_of (dict, "descr"), *order = value_of (dict, "fortran_order"),
             *shape = value_of (dict, "shape");
  if (!descr || !order || !shape || (strncmp (order, "True", 4) && strncmp (order, "False", 5)))
    return c->fail (c, FNX_E_IO, "%s: not usable: its header lacks descr, fortran_order or shape", name);
  h->fortran = *order == 'T';
  fnx_status e = type_of (c, name, descr, h);
  if (e || (e = shape_of (c, name, shape, h)))
    return e;
  int64_t want = h->offset + h->count * h->size;
  if (size >= 0 && size < want)
    return c->fail (c, FNX_E_IO, "%s: truncated: %lld bytes are there, %lld are needed\ncopy it again", name,
                    (long long)size, (long long)want);
  if (size > want)
    return c->fail (c, FNX_E_IO, "%s: %lld bytes stand behind the array; a file of several arrays is not read", name,
                    (long long)(size - want));
  return FNX_OK;
}

/* ---- values -------------------------------------------------------------------- */
static void
swap_bytes (unsigned char *p, size_t n, size_t size)
{
  for (size_t i = 0; i < n; i++, p += size)
    for (size_t a = 0, b = size - 1; a < b; a++, b--) {
      unsigned char t = p[a];
      p[a] = p[b], p[b] = t;
    }
}

#define CONVERT(NAME, RAW)                                                                                             \
  static void NAME (const void *raw, double *out, size_t n)                                                            \
  {                                                                                                                    \
    const RAW *r = raw;                                                                                                \
    for (size_t i = 0; i < n; i++)                                                                                     \
      out[i] = (double)r[i];                                                                                           \
  }
CONVERT (from_f4, float)
CONVERT (from_f8, double)
CONVERT (from_i1, int8_t)
CONVERT (from_i2, int16_t)
CONVERT (from_i4, int32_t)
CONVERT (from_i8, int64_t)
CONVERT (from_u1, uint8_t)
CONVERT (from_u2, uint16_t)
CONVERT (from_u4, uint32_t)
CONVERT (from_u8, uint64_t)

static const struct {
  char type;
  int size;
  void (*to) (const void *, double *, size_t);
} converters[] = {
  { 'f', 4, from_f4 }, { 'f', 8, from_f8 }, { 'i', 1, from_i1 }, { 'i', 2, from_i2 },
  { 'i', 4, from_i4 }, { 'i', 8, from_i8 }, { 'u', 1, from_u1 }, { 'u', 2, from_u2 },
  { 'u', 4, from_u4 }, { 'u', 8, from_u8 }, { 'b', 1, from_u1 },
};

/* Where value number i of a Fortran file stands in C order: an odometer whose
 * first wheel turns fastest. */
typedef struct odometer {
  int ndim;
  int64_t at[FNX_MAX_DIM], n[FNX_MAX_DIM], stride[FNX_MAX_DIM], place;
} odometer;

static void
wind (odometer *o)
{
  for (int k = 0; k < o->ndim; k++) {
    o->place += o->stride[k];
    if (++o->at[k] < o->n[k])
      return;
    o->place -= o->n[k] * o->stride[k];
    o->at[k] = 0;
  }
}

fnx_status
npy_values (fnx_call *c, FILE *f, const char *name, const npy_header *h, bool f4, void *out)
{
  enum { BLOCK = 1 << 14 };
  unsigned char *raw = c->scratch (c, (size_t)BLOCK * 8);
  double *v = c->scratch (c, BLOCK * sizeof *v);
  void (*to) (const void *, double *, size_t) = NULL;
  odometer o = { .ndim = h->ndim };
  if (!raw || !v)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < sizeof converters / sizeof *converters; i++)
    if (converters[i].type == h->type && converters[i].size == h->size)
      to = converters[i].to;
  int64_t stride = 1;
  for (int k = h->ndim - 1; k >= 0; k--) {
    o.n[k] = h->n[k], o.stride[k] = stride;
    stride *= h->n[k];
  }
  if (fseeko (f, h->offset, SEEK_SET) != 0)
    return c->fail (c, FNX_E_IO, "%s: cannot be read", name);
  for (int64_t done = 0; done < h->count;) {
    size_t n = h->count - done < BLOCK ? (size_t)(h->count - done) : BLOCK;
    if (fread (raw, (size_t)h->size, n, f) != n)
      return c->fail (c, FNX_E_IO, "%s: truncated, or it changed while it was being read", name);
    if (h->swapped && h->size > 1)
      swap_bytes (raw, n, (size_t)h->size);
    to (raw, v, n);
    for (size_t i = 0; i < n; i++) {
      int64_t p = h->fortran ? o.place : done + (int64_t)i;
      if (f4)
        ((float *)out)[p] = (float)v[i];
      else
        ((double *)out)[p] = v[i];
      if (h->fortran)
        wind (&o);
    }
    done += (int64_t)n;
    if (c->progress (c, (uint64_t)done, (uint64_t)h->count))
      return FNX_E_CANCELLED;
  }
  return FNX_OK;
}
