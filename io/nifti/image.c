/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Header and values together.  The file runs x fastest, time slowest; our
 * tensors run time fastest, so volumes are read in slabs whose values for one
 * voxel fill a cache line of the output.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/nifti/nifti.h"

enum { SLAB = 8 };

/* ---- names ---------------------------------------------------------------- */
/* `path` with its last n bytes replaced; malloc'ed. */
static char *
renamed (const char *path, size_t drop, const char *suffix)
{
  size_t n = strlen (path) - drop, k = strlen (suffix);
  char *s = malloc (n + k + 1);
  if (s) {
    memcpy (s, path, n);
    memcpy (s + n, suffix, k + 1);
  }
  return s;
}

static size_t
ends (const char *path, const char *suffix)
{
  size_t n = strlen (path), k = strlen (suffix);
  return n > k && !strcmp (path + n - k, suffix) ? k : 0;
}

/* The partner of a .hdr or .img file, of either case, packed or not.  Two
 * candidates are refused: taking one would be a guess about the values. */
static fnx_status
partner (fnx_call *c, const char *path, char **out, bool *is_header)
{
  static const char *const hdr[] = { ".hdr", ".hdr.gz", ".HDR" }, *const img[] = { ".img", ".img.gz", ".IMG" };
  *out = NULL;
  for (int kind = 0; kind < 2; kind++)
    for (int i = 0; i < 3; i++) {
      const char *const *mine = kind ? img : hdr, *const *other = kind ? hdr : img;
      size_t k = ends (path, mine[i]);
      if (!k)
        continue;
      *is_header = kind == 0;
      for (int j = 0; j < 3; j++) {
        char *p = renamed (path, k, other[j]);
        if (!p)
          return c->fail (c, FNX_E_NOMEM, "%s: out of memory", path);
        FILE *f = fopen (p, "rb");
        if (!f) {
          free (p);
          continue;
        }
        fclose (f);
        if (*out) {
          fnx_status e = c->fail (c, FNX_E_IO, "%s: both %s and %s are there\nmove one of them away", path, *out, p);
          free (p);
          free (*out);
          *out = NULL;
          return e;
        }
        *out = p;
      }
      return *out ? FNX_OK
                  : c->fail (c, FNX_E_IO, "%s: half of a pair: no %s beside it\ncopy that file to the same folder",
                             path, other[0]);
    }
  return FNX_OK;
}

static feed *
open_feed (fnx_call *c, const char *path)
{
  FILE *f = fopen (path, "rb");
  if (!f) {
    c->fail (c, FNX_E_IO, "%s: %s", path, strerror (errno));
    return NULL;
  }
  return feed_open (c, f, path);
}

/* ---- open ------------------------------------------------------------------ */
/* The size promised by the header against what the file can hold. */
static fnx_status
enough (fnx_call *c, const nifti_file *f, size_t all)
{
  int64_t limit = feed_limit (f->values);
  if (limit < 0 || (limit >= f->h.offset && (uint64_t)(limit - f->h.offset) >= all))
    return FNX_OK;
  if (feed_packed (f->values))
    return c->fail (c, FNX_E_IO,
                    "%s: truncated: the header promises %zu bytes of values, far more than the file can hold", f->name,
                    all);
  return c->fail (c, FNX_E_IO,
                  "%s: truncated: %lld bytes are there, %lld are needed (%lldx%lldx%lldx%lld values)\ncopy it again",
                  f->name, (long long)limit, (long long)f->h.offset + (long long)all, (long long)f->h.n[0],
                  (long long)f->h.n[1], (long long)f->h.n[2], (long long)(f->h.n[3] * f->h.parts));
}

fnx_status
nifti_open (fnx_call *c, const char *path, nifti_file *f)
{
  char *other = NULL;
  bool is_header = false;
  size_t all;
  memset (f, 0, sizeof *f);
  f->name = path;
  fnx_status e = partner (c, path, &other, &is_header);
  if (e)
    return e;
  const char *head = other && !is_header ? other : path, *body = other && is_header ? other : path;
  feed *h = open_feed (c, head);
  if (!h) {
    e = FNX_E_IO;
    goto out;
  }
  if ((e = nifti_header_read (c, h, path, &f->h)) || (e = nifti_bytes (c, path, &f->h, &f->volume_bytes, &all)))
    goto out;
  if (f->h.pair && !other) {
    e = c->fail (c, FNX_E_IO,
                 "%s: the header of a .hdr/.img pair under another name\nname the two alike, .hdr and .img", path);
    goto out;
  }
  int64_t behind = f->h.version == 2 ? 540 : 348;
  if (f->h.pair) {
    feed_close (h);
    h = NULL;
    if (!(f->values = open_feed (c, body))) {
      e = FNX_E_IO;
      goto out;
    }
    behind = 0;
  } else {
    f->values = h;
    h = NULL;
  }
  if ((e = enough (c, f, all)))
    goto out;
  e = feed_skip (c, f->values, f->h.offset - behind);
out:
  feed_close (h);
  free (other);
  if (e)
    nifti_close (f);
  return e;
}

void
nifti_close (nifti_file *f)
{
  feed_close (f->values);
  free (f->raw);
  f->values = NULL, f->raw = NULL;
}

/* ---- values ----------------------------------------------------------------- */
static void
swap_bytes (unsigned char *p, size_t n, size_t size)
{
  if (size == 2)
    for (size_t i = 0; i < n; i++) {
      uint16_t v;
      memcpy (&v, p + 2 * i, 2);
      v = __builtin_bswap16 (v);
      memcpy (p + 2 * i, &v, 2);
    }
  else if (size == 4)
    for (size_t i = 0; i < n; i++) {
      uint32_t v;
      memcpy (&v, p + 4 * i, 4);
      v = __builtin_bswap32 (v);
      memcpy (p + 4 * i, &v, 4);
    }
  else if (size == 8)
    for (size_t i = 0; i < n; i++) {
      uint64_t v;
      memcpy (&v, p + 8 * i, 8);
      v = __builtin_bswap64 (v);
      memcpy (p + 8 * i, &v, 8);
    }
}

typedef struct place {
  const nifti_header *h;
  const void *raw; /* `count` volumes */
  void *out;
  int64_t count, at, stride, voxels;
} place;

/* raw[time][part][z][y][x] to out[x][y][z][time] (or [part], which then has
 * the stride's role; a file has either several times or several parts). */
#define SCATTER(NAME, RAW, OUT)                                                                                        \
  static void NAME (const place *p)                                                                                    \
  {                                                                                                                    \
    const nifti_header *h = p->h;                                                                                      \
    const int64_t nx = h->n[0], ny = h->n[1], nz = h->n[2];                                                            \
    const double slope = h->slope, inter = h->inter;                                                                   \
    for (int64_t x = 0; x < nx; x++)                                                                                   \
      for (int64_t y = 0; y < ny; y++)                                                                                 \
        for (int64_t z = 0; z < nz; z++) {                                                                             \
          const RAW *r = (const RAW *)p->raw + x + nx * (y + ny * z);                                                  \
          OUT *o = (OUT *)p->out + ((x * ny + y) * nz + z) * p->stride + p->at;                                        \
          for (int64_t t = 0; t < p->count; t++) {                                                                     \
            double v = (double)r[t * p->voxels];                                                                       \
            o[t] = (OUT)(h->scaled ? v * slope + inter : v);                                                           \
          }                                                                                                            \
        }                                                                                                              \
  }
#define BOTH(NAME, RAW) SCATTER (NAME##_f8, RAW, double) SCATTER (NAME##_f4, RAW, float)
BOTH (u1, uint8_t)
BOTH (i1, int8_t)
BOTH (i2, int16_t)
BOTH (u2, uint16_t)
BOTH (i4, int32_t)
BOTH (u4, uint32_t)
BOTH (i8, int64_t)
BOTH (u8, uint64_t)
BOTH (f4, float)
BOTH (f8, double)

static const struct {
  int32_t code;
  void (*to[2]) (const place *); /* float64, float32 */
} scatters[] = {
  { 2, { u1_f8, u1_f4 } },  { 256, { i1_f8, i1_f4 } }, { 4, { i2_f8, i2_f4 } },    { 512, { u2_f8, u2_f4 } },
  { 8, { i4_f8, i4_f4 } },  { 768, { u4_f8, u4_f4 } }, { 1024, { i8_f8, i8_f4 } }, { 1280, { u8_f8, u8_f4 } },
  { 16, { f4_f8, f4_f4 } }, { 64, { f8_f8, f8_f4 } },
};

fnx_status
nifti_volumes (fnx_call *c, nifti_file *f, int64_t count, int64_t at, int64_t stride, bool f4, void *out)
{
  size_t size = nifti_size_of (f->h.datatype);
  void (*to) (const place *) = NULL;
  for (size_t i = 0; i < sizeof scatters / sizeof *scatters; i++)
    if (scatters[i].code == f->h.datatype)
      to = scatters[i].to[f4];
  /* components stand behind each other like volumes do */
  int64_t voxels = f->h.n[0] * f->h.n[1] * f->h.n[2], each = f->h.parts;
  if (!f->raw) {
    f->slab = SLAB < count * each ? SLAB : count * each;
    if (!(f->raw = malloc ((size_t)voxels * size * (size_t)f->slab)))
      return c->fail (c, FNX_E_NOMEM, "%s: out of memory", f->name);
  }
  for (int64_t done = 0; done < count * each;) {
    int64_t k = count * each - done < f->slab ? count * each - done : f->slab;
    fnx_status e = feed_read (c, f->values, f->raw, (size_t)(k * voxels) * size);
    if (e)
      return e;
    if (f->h.swapped)
      swap_bytes (f->raw, (size_t)(k * voxels), size);
    to (&(place){ &f->h, f->raw, out, k, at * each + done, stride, voxels });
    done += k;
    if (c->progress (c, (uint64_t)(at * each + done), (uint64_t)stride))
      return FNX_E_CANCELLED;
  }
  return FNX_OK;
}

fnx_status
nifti_end (fnx_call *c, nifti_file *f)
{
  int64_t left;
  fnx_status e = feed_rest (c, f->values, &left);
  if (!e && left > 0)
    c->log (c, FNX_LOG_NOTE, "%s: %lld bytes behind the last voxel are ignored", f->name, (long long)left);
  return e;
}

fnx_status
nifti_load3 (fnx_call *c, const char *path, double **values, int64_t n[3], double affine[16])
{
  nifti_file f;
  *values = NULL;
  fnx_status e = nifti_open (c, path, &f);
  if (e)
    return e;
  if (f.h.n[3] != 1 || f.h.parts != 1) {
    e = c->fail (c, FNX_E_IO, "%s: one volume is wanted, it holds %lld", path, (long long)(f.h.n[3] * f.h.parts));
    goto out;
  }
  memcpy (n, f.h.n, 3 * sizeof *n);
  memcpy (affine, f.h.affine, sizeof f.h.affine);
  if (!(*values = malloc ((size_t)(n[0] * n[1] * n[2]) * sizeof **values))) {
    e = c->fail (c, FNX_E_NOMEM, "%s: out of memory", path);
    goto out;
  }
  if (!(e = nifti_volumes (c, &f, 1, 0, 1, false, *values)))
    e = nifti_end (c, &f);
out:
  if (e) {
    free (*values);
    *values = NULL;
  }
  nifti_close (&f);
  return e;
}
