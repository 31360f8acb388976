/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The NIfTI reader on files made here, whose values and positions are known in
 * closed form, and on every file of data/fmri/nifti: data, or one sentence. The
 * writer by reading back what it wrote.
 */
#include <zlib.h>

#include "core/call.h"
#include "tests/io/scratch.h"

/* ---- files ----------------------------------------------------------------------- */
enum { NX = 4, NY = 3, NZ = 2, NT = 5, N = NX * NY * NZ * NT };

typedef struct image {
  int version, type; /* 0: ANALYZE */
  bool swapped, pair;
  int n[4];
  double pix[5]; /* qfac, zooms, TR */
  double slope, inter;
  int qform, sform;
  double quat[6], srow[12];
  int units;
  double scale; /* values are scale * index; 0: 1 */
} image;

static const image plain
    = { .version = 1, .type = 4, .n = { NX, NY, NZ, NT }, .pix = { 1, 2, 3, 4, 2.5 }, .units = 10 };

static void
put (unsigned char *p, size_t at, const void *v, size_t n, bool swapped)
{
  for (size_t i = 0; i < n; i++)
    p[at + i] = ((const unsigned char *)v)[swapped ? n - 1 - i : i];
}

static void
put_int (const image *m, unsigned char *p, size_t at, size_t n, int64_t v)
{
  put (p, at, &v, n, m->swapped); /* little-endian test machines */
}

static void
put_real (const image *m, unsigned char *p, size_t at, double v)
{
  float f = (float)v;
  if (m->version == 2)
    put (p, at, &v, 8, m->swapped);
  else
    put (p, at, &f, 4, m->swapped);
}

static size_t
header (const image *m, unsigned char *p)
{
  bool two = m->version == 2;
  size_t w = two ? 8 : 4, pix = two ? 104 : 76, size = two ? 540 : 348;
  memset (p, 0, 552);
  put_int (m, p, 0, 4, (int64_t)size);
  int nd = m->n[3] > 1 ? 4 : 3;
  for (int i = 0; i < 8; i++)
    put_int (m, p, two ? 16 + 8 * (size_t)i : 40 + 2 * (size_t)i, two ? 8 : 2, i == 0 ? nd : i < 5 ? m->n[i - 1] : 1);
  put_int (m, p, two ? 12 : 70, 2, m->type);
  for (size_t i = 0; i < 5; i++)
    put_real (m, p, pix + i * w, m->pix[i]);
  size_t offset = m->pair ? 0 : size + 4;
  if (two)
    put_int (m, p, 168, 8, (int64_t)offset);
  else
    put_real (m, p, 108, (double)offset);
  if (m->version == 0)
    return size;
  put_real (m, p, two ? 176 : 112, m->slope);
  put_real (m, p, two ? 184 : 116, m->inter);
  put_int (m, p, two ? 344 : 252, two ? 4 : 2, m->qform);
  put_int (m, p, two ? 348 : 254, two ? 4 : 2, m->sform);
  for (size_t i = 0; i < 6; i++)
    put_real (m, p, (two ? 352 : 256) + i * w, m->quat[i]);
  for (size_t i = 0; i < 12; i++)
    put_real (m, p, (two ? 400 : 280) + i * w, m->srow[i]);
  if (two)
    put_int (m, p, 500, 4, m->units);
  else
    p[123] = (unsigned char)m->units;
  memcpy (p + (two ? 4 : 344),
          two       ? (m->pair ? "ni2\0\r\n\032\n" : "n+2\0\r\n\032\n")
          : m->pair ? "ni1"
                    : "n+1",
          two ? 8 : 4);
  return m->pair ? size : offset;
}

/* Value number i in file order, as type `type`. */
static size_t
value (const image *m, unsigned char *p, int64_t i)
{
  double v = (m->scale != 0 ? m->scale : 1) * (double)i;
  int64_t whole = isnan (v) ? 0 : (int64_t)v;
  float f = (float)v;
  static const int sizes[][2]
      = { { 2, 1 }, { 256, 1 }, { 4, 2 }, { 512, 2 }, { 8, 4 }, { 768, 4 }, { 1024, 8 }, { 1280, 8 } };
  if (m->type == 16 || m->type == 64) {
    size_t n = m->type == 16 ? 4 : 8;
    put (p, 0, m->type == 16 ? (void *)&f : (void *)&v, n, m->swapped);
    return n;
  }
  for (size_t k = 0; k < 8; k++)
    if (sizes[k][0] == m->type) {
      put (p, 0, &whole, (size_t)sizes[k][1], m->swapped);
      return (size_t)sizes[k][1];
    }
  return 0;
}

typedef struct file {
  unsigned char head[552], all[552 + 8 * N];
  size_t n_head, n; /* of `all`: header and values, or values only in a pair */
} file;

static void
make (const image *m, file *f)
{
  f->n_head = header (m, f->head);
  f->n = m->pair ? 0 : f->n_head;
  memcpy (f->all, f->head, f->n);
  for (int64_t i = 0; i < (int64_t)m->n[0] * m->n[1] * m->n[2] * m->n[3]; i++)
    f->n += value (m, f->all + f->n, i);
}

static size_t
pack (const unsigned char *p, size_t n, unsigned char *out, size_t room)
{
  z_stream z = { 0 };
  deflateInit2 (&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  z.next_in = (unsigned char *)(uintptr_t)p, z.avail_in = (uInt)n, z.next_out = out, z.avail_out = (uInt)room;
  deflate (&z, Z_FINISH);
  deflateEnd (&z);
  return z.total_out;
}

static const char *
save (const image *m, const char *name, bool gz)
{
  static unsigned char packed[16384];
  file f;
  make (m, &f);
  size_t k = gz ? pack (f.all, f.n, packed, sizeof packed) : f.n;
  return scratch_file (name, gz ? packed : f.all, k);
}

/* Are all values slope * index + inter, at [x][y][z][t]? */
static bool
is_ramp (const fnx_buf *b, double slope, double inter)
{
  const fnx_spec *s = buffer_spec (b);
  int64_t n[4] = { 1, 1, 1, 1 }, at = 0;
  const double *v = t_values (b);
  for (int k = 0; k < s->ndim; k++)
    n[k] = s->axes[k]->size;
  for (int64_t x = 0; x < n[0]; x++)
    for (int64_t y = 0; y < n[1]; y++)
      for (int64_t z = 0; z < n[2]; z++)
        for (int64_t t = 0; t < n[3]; t++)
          if (v[at++] != slope * (double)(x + n[0] * (y + n[1] * (z + n[2] * t))) + inter)
            return false;
  return true;
}

static const fnx_buf *
reading (const char *path, const char *more)
{
  return t_read (scratch_line ("nifti", path, more), 0);
}

/* ---- types, byte orders, versions, pairs, gzip -------------------------------------- */
static void
every_type (void)
{
  static const int types[] = { 2, 256, 4, 512, 8, 768, 1024, 1280, 16, 64 };
  int bad = 0;
  for (size_t k = 0; k < sizeof types / sizeof *types; k++)
    for (int version = 1; version < 3; version++)
      for (int swapped = 0; swapped < 2; swapped++)
        for (int gz = 0; gz < 2; gz++) {
          image m = plain;
          m.version = version, m.type = types[k], m.swapped = swapped;
          m.scale = types[k] == 256 ? -1 : 1;
          m.slope = types[k] == 2 ? 0.5 : 0, m.inter = 10; /* slope 0: unscaled, inter too */
          const fnx_buf *b = reading (save (&m, "a.nii.gz", gz), "");
          bool ok = is_ramp (b, m.scale * (m.slope != 0 ? m.slope : 1), m.slope != 0 ? m.inter : 0);
          if (!ok)
            printf ("# type %d version %d swapped %d gz %d\n", types[k], version, swapped, gz);
          bad += !ok;
          buffer_unref (b);
        }
  t_ok (!bad, "10 types, 2 versions, both byte orders, plain and packed");
  image m = plain;
  m.pair = true;
  for (m.version = 0; m.version < 3; m.version++) {
    file f;
    make (&m, &f);
    scratch_file ("p.hdr", f.head, f.n_head);
    scratch_file ("p.img", f.all, f.n);
    const fnx_buf *a = reading (scratch_path ("p.hdr"), ""), *b = reading (scratch_path ("p.img"), "");
    t_ok (is_ramp (a, 1, 0) && is_ramp (b, 1, 0), "a pair by either name, %s",
          m.version ? m.version == 1 ? "NIfTI-1" : "NIfTI-2" : "ANALYZE 7.5");
    buffer_unref (a);
    buffer_unref (b);
  }
  m = plain;
  m.type = 16;
  const fnx_buf *b = t_read (scratch_line ("nifti", save (&m, "f.nii", false), "dtype=f4"), 0);
  t_ok (buffer_spec (b)->dtype.bits == 32 && ((const float *)buffer_read (b)->data)[1] == NX * NY * NZ,
        "float32 on request");
  buffer_unref (b);
  scratch_clear ();
}

/* ---- orientation ----------------------------------------------------------------------- */
static void
affines (void)
{
  image m = plain;
  /* 90 degrees about z: x to y, y to -x; qfac -1 flips the third axis */
  m.pix[0] = -1, m.qform = 1;
  m.quat[2] = sqrt (0.5), m.quat[3] = 10, m.quat[4] = 20, m.quat[5] = 30;
  const double q[16] = { 0, -3, 0, 10, 2, 0, 0, 20, 0, 0, -4, 30, 0, 0, 0, 1 };
  const fnx_buf *b = reading (save (&m, "q.nii", false), "");
  t_near (buffer_spec (b)->affine, q, 16, 1e-6, "qform: rotation, zooms, qfac");
  t_ok (!strcmp (buffer_spec (b)->space, "scanner"), "code 1 is scanner space");
  buffer_unref (b);
  m.sform = 4; /* the sform goes before the qform */
  const double s[16] = { -2, 0.5, 0, 1, 0, 3, 0.25, 2, 0, 0, 4, 3, 0, 0, 0, 1 };
  memcpy (m.srow, s, sizeof m.srow);
  b = reading (save (&m, "q.nii", false), "");
  t_near (buffer_spec (b)->affine, s, 16, 0, "sform");
  t_ok (!strcmp (buffer_spec (b)->space, "MNI152"), "code 4 is MNI152");
  buffer_unref (b);
  m.units = 1 | 8; /* metres */
  b = reading (save (&m, "q.nii", false), "");
  t_ok (buffer_spec (b)->affine[0] == -2000, "metres become mm");
  buffer_unref (b);
  m = plain;
  const double z[16] = { -2, 0, 0, 3, 0, 3, 0, -3, 0, 0, 4, -2, 0, 0, 0, 1 };
  b = reading (save (&m, "q.nii", false), "");
  t_near (buffer_spec (b)->affine, z, 16, 0, "neither: zooms about the centre, x to the left");
  t_ok (!buffer_spec (b)->space, "and no space");
  buffer_unref (b);
  scratch_clear ();
}

/* ---- time --------------------------------------------------------------------------------- */
static void
times (void)
{
  image m = plain;
  m.pix[4] = 1.35;
  const fnx_buf *b = reading (save (&m, "t.nii", false), "");
  const fnx_axis *t = buffer_spec (b)->axes[3];
  t_ok (t->rate_num == 20 && t->rate_den == 27 && !strcmp (t->unit, "s"), "1.35f s is exactly 20/27 Hz");
  buffer_unref (b);
  m.pix[4] = 720, m.units = 2 | 16;
  b = reading (save (&m, "t.nii", false), "");
  t = buffer_spec (b)->axes[3];
  t_ok (t->rate_num == 25 && t->rate_den == 18, "720 ms is exactly 25/18 Hz");
  buffer_unref (b);
  m.units = 2;
  b = reading (save (&m, "t.nii", false), "");
  t = buffer_spec (b)->axes[3];
  t_ok (!t->unit && t->rate_num == 1 && t->rate_den == 1, "without a unit time counts volumes");
  buffer_unref (b);
  b = reading (scratch_path ("t.nii"), "tr=0.72s");
  t = buffer_spec (b)->axes[3];
  t_ok (t->rate_num == 25 && t->rate_den == 18 && t->unit, "unless tr= gives it");
  buffer_unref (b);
  const char *side = "{\"RepetitionTime\": 2, \"PatientName\": \"canary\"}";
  scratch_file ("t.json", side, strlen (side));
  b = reading (scratch_path ("t.nii"), "");
  t = buffer_spec (b)->axes[3];
  t_ok (t->rate_num == 1 && t->rate_den == 2 && t->unit, "or RepetitionTime in the sidecar does");
  t_ok (buffer_meta (b, "RepetitionTime") && !buffer_meta (b, "PatientName"), "whose names of people stay behind");
  buffer_unref (b);
  m.pix[4] = 2.5, m.units = 10;
  fnx_status code;
  const char *why = t_fail (scratch_line ("nifti", save (&m, "t.nii", false), ""), NULL, &code);
  t_ok (code == FNX_E_IO && strstr (why, "2.5 s") && strstr (why, "tr=2s"), "a sidecar that contradicts is refused: %s",
        why);
  m.pix[4] = 2;
  b = reading (save (&m, "t.nii", false), "");
  buffer_unref (b);
  scratch_file ("t.json", "{\"RepetitionTime\": }", 20);
  why = t_fail (scratch_line ("nifti", scratch_path ("t.nii"), ""), NULL, &code);
  t_ok (code == FNX_E_IO && strstr (why, "line 1"), "a damaged sidecar too: %s", why);
  scratch_clear ();
}

/* ---- damage ------------------------------------------------------------------------------------ */
static bool
refused (const char *path, const char *word)
{
  fnx_status code;
  const char *why = t_fail (scratch_line ("nifti", path, ""), NULL, &code);
  bool ok = code != FNX_OK && strstr (why, word);
  if (!ok)
    printf ("# %s: %s\n", path, why);
  return ok;
}

/* Was it read as if nothing had happened, but other values came out? Some bits
 * of deflate data (of padding, of codes that mean the same) change nothing. */
static int
harm (const char *path)
{
  const fnx_buf *b = t_read_try (scratch_line ("nifti", path, ""), 0);
  int bad = b && !is_ramp (b, 1, 0);
  buffer_unref (b);
  return bad;
}

static int
taken (const char *path)
{
  const fnx_buf *b = t_read_try (scratch_line ("nifti", path, ""), 0);
  buffer_unref (b);
  return b != NULL;
}

static void
damage (void)
{
  static unsigned char packed[16384];
  image m = plain;
  file f;
  make (&m, &f);
  size_t k = pack (f.all, f.n, packed, sizeof packed);
  int bad = 0;
  for (size_t cut = 0; cut < f.n; cut += cut < 360 ? 1 : 7)
    bad += taken (scratch_file ("cut.nii", f.all, cut));
  for (size_t cut = 0; cut < k; cut++)
    bad += taken (scratch_file ("cut.nii.gz", packed, cut));
  t_ok (!bad, "cut anywhere, plain or packed, it is refused");
  for (size_t at = 10; at < k; at++) { /* behind the gzip header every bit is under the CRC */
    packed[at] ^= 0x10;
    bad += harm (scratch_file ("bit.nii.gz", packed, k));
    packed[at] ^= 0x10;
  }
  t_ok (!bad, "with a bit changed anywhere behind the gzip header it is refused, or means the same");
  memcpy (packed + k, "garbage", 7);
  t_ok (refused (scratch_file ("tail.nii.gz", packed, k + 7), "behind the end"),
        "bytes behind the gzip data are refused");
  size_t first = pack (f.all, 500, packed, sizeof packed);
  size_t twice = first + pack (f.all + 500, f.n - 500, packed + first, sizeof packed - first);
  const fnx_buf *b = reading (scratch_file ("two.nii.gz", packed, twice), "");
  t_ok (is_ramp (b, 1, 0), "two gzip members in a row are one file");
  buffer_unref (b);
  t_ok (refused (scratch_file ("zero.nii.gz", "", 0), "empty"), "an empty file");
  t_ok (refused (scratch_file ("short.nii", f.all, 100), "348"), "a short file");
  m.pair = true;
  make (&m, &f);
  t_ok (refused (scratch_file ("half.hdr", f.head, f.n_head), "no .img"), "half of a pair");
  scratch_file ("half.img", f.all, f.n);
  scratch_file ("half.img.gz", f.all, f.n);
  t_ok (refused (scratch_path ("half.hdr"), "both"), "two candidates for the values");
  m = plain;
  m.n[0] = m.n[1] = m.n[2] = m.n[3] = 32767;
  unsigned char head[552];
  header (&m, head);
  t_ok (refused (scratch_file ("bomb.nii", head, 352), "more values than"), "a header that promises 2 EB");
  m.n[3] = 100;
  header (&m, head);
  t_ok (refused (scratch_file ("bomb.nii", head, 352), "truncated"), "or 7 PB");
  k = pack (head, 352, packed, sizeof packed);
  t_ok (refused (scratch_file ("bomb.nii.gz", packed, k), "can hold"), "packed, too");
  static const struct {
    int type;
    const char *word;
  } odd[] = { { 32, "complex" }, { 128, "RGB" }, { 1536, "float128" }, { 99, "unknown datatype" } };
  for (size_t i = 0; i < 4; i++) {
    m = plain;
    m.type = odd[i].type;
    header (&m, head);
    t_ok (refused (scratch_file ("odd.nii", head, 552), odd[i].word), "datatype %d", odd[i].type);
  }
  static const char *const foreign[]
      = { "\211HDF\r\n\032\n", "HDF5", "CDF\1", "NetCDF", "<?xml version", "XML", "hello", "348" };
  for (size_t i = 0; i < 8; i += 2)
    t_ok (refused (scratch_file ("x.nii", foreign[i], strlen (foreign[i])), foreign[i + 1]), "%s is named",
          foreign[i + 1]);
  m = plain;
  m.slope = NAN, m.inter = 5;
  b = reading (save (&m, "nan.nii", false), "");
  t_ok (is_ramp (b, 1, 0), "slope NaN means unscaled");
  buffer_unref (b);
  m.slope = 2, m.inter = INFINITY;
  t_ok (refused (save (&m, "nan.nii", false), "scl_inter"), "an infinite intercept is refused");
  m = plain;
  m.type = 16, m.scale = NAN;
  b = reading (save (&m, "nan.nii", false), "");
  t_ok (isnan (t_values (b)[5]), "NaN stays NaN");
  buffer_unref (b);
  scratch_clear ();
}

/* ---- the writer -------------------------------------------------------------------------------------- */
static void
round_trip (void)
{
  image m = plain;
  m.type = 64, m.scale = 0.1, m.sform = 2, m.pix[4] = 0.72;
  const double s[12] = { -2, 0, 0, 1.5, 0, 3, 0, 2, 0, 0, 4, 3 };
  memcpy (m.srow, s, sizeof m.srow);
  const fnx_buf *a = reading (save (&m, "a.nii", false), "");
  static const char *const names[] = { "b.nii", "b.nii.gz" };
  for (int k = 0; k < 2; k++) {
    t_run (scratch_line ("write.nifti", scratch_path (names[k]), ""), a);
    const fnx_buf *b = reading (scratch_path (names[k]), "");
    t_ok (buffer_equal (a, b), "%s reads back equal: values, axes, affine, space", names[k]);
    buffer_unref (b);
  }
  size_t n, n2;
  unsigned char *p = scratch_bytes (scratch_path ("b.nii.gz"), &n);
  t_ok (n > 10 && !p[3] && !p[4] && !p[5] && !p[6] && !p[7], "the gzip header has neither time nor name");
  t_run (scratch_line ("write.nifti", scratch_path ("c.nii.gz"), ""), a);
  unsigned char *p2 = scratch_bytes (scratch_path ("c.nii.gz"), &n2);
  t_ok (n == n2 && !memcmp (p, p2, n), "the same image gives the same bytes");
  free (p);
  free (p2);
  /* voxels and back: their places are kept, all else is 0 */
  const fnx_buf *v = t_run ("voxels above=5", a);
  t_run (scratch_line ("write.nifti", scratch_path ("v.nii"), ""), v);
  const fnx_buf *b = reading (scratch_path ("v.nii"), "");
  int64_t in = 0;
  bool ok = true;
  for (int64_t i = 0; i < NX * NY * NZ; i++) {
    double mean = 0;
    for (int64_t t = 0; t < NT; t++)
      mean += t_values (a)[i * NT + t];
    bool inside = mean / NT > 5;
    in += inside;
    for (int64_t t = 0; t < NT; t++)
      ok &= t_values (b)[i * NT + t] == (inside ? t_values (a)[i * NT + t] : 0);
  }
  t_ok (ok && in == buffer_spec (v)->axes[0]->size && in > 0 && in < NX * NY * NZ,
        "%ld voxels go back to their places, 0 around them", (long)in);
  buffer_unref (b);
  buffer_unref (v);
  /* a mask from a file, whole and in blocks of time */
  double inside[NX * NY * NZ];
  for (int i = 0; i < NX * NY * NZ; i++)
    inside[i] = i % 3 == 1 ? 2 : i % 7 == 0 ? NAN : 0;
  fnx_buf *mask = t_buf ("image[x,y,z]", inside, (long)NX, (long)NY, (long)NZ);
  t_run (scratch_line ("write.nifti", scratch_path ("mask.nii.gz"), ""), mask);
  char line[4352];
  snprintf (line, sizeof line, "voxels mask=%s", scratch_path ("mask.nii.gz"));
  v = t_run (line, a);
  b = t_run_blocks (line, a, 5);
  const double *x = buffer_column (v, "voxel", "x")->reals, *y = buffer_column (v, "voxel", "y")->reals,
               *z = buffer_column (v, "voxel", "z")->reals;
  ok = buffer_spec (v)->axes[0]->size == NX * NY * NZ / 3;
  for (int64_t i = 0; ok && i < NX * NY * NZ / 3; i++) {
    int64_t place = ((int64_t)x[i] * NY + (int64_t)y[i]) * NZ + (int64_t)z[i];
    ok = place % 3 == 1 && t_values (v)[i * NT + 2] == t_values (a)[place * NT + 2]
         && (i == 0 || x[i] + NX * (y[i] + NY * z[i]) > x[i - 1] + NX * (y[i - 1] + NY * z[i - 1]));
  }
  t_ok (ok, "a mask file chooses voxels, x fastest");
  t_ok (buffer_equal (v, b), "and the same in blocks of time");
  buffer_unref (b);
  buffer_unref (v);
  buffer_unref (mask);
  fnx_status code;
  mask = t_buf ("image[x,y,z]", inside, 2L, 3L, 4L);
  t_run (scratch_line ("write.nifti", scratch_path ("mask.nii.gz"), ""), mask);
  t_ok (strstr (t_fail (line, a, &code), "2x3x4") && code == FNX_E_DATA, "a mask of another size is refused");
  buffer_unref (mask);
  buffer_unref (a);
  /* an oblique rotation: what the qform says must be what the sform says */
  const double c = cos (0.3), sn = sin (0.3);
  const double o[12] = { -2 * c, 0, 4 * sn, 1, 0, 3, 0, 2, 2 * sn, 0, 4 * c, 3 };
  memcpy (m.srow, o, sizeof m.srow);
  a = reading (save (&m, "a.nii", false), "");
  t_run (scratch_line ("write.nifti", scratch_path ("o.nii"), ""), a);
  p = scratch_bytes (scratch_path ("o.nii"), &n);
  p[254] = p[255] = 0; /* without its sform */
  b = reading (scratch_file ("o.nii", p, n), "");
  free (p);
  t_near (buffer_spec (b)->affine, buffer_spec (a)->affine, 16, 1e-5, "qform of an oblique image");
  buffer_unref (b);
  buffer_unref (a);
  scratch_clear ();
}

/* ---- real files ----------------------------------------------------------------------------------------- */
static void
real_files (void)
{
  static const char *const data[] = { "bdpy/epi0001.hdr",
                                      "brainiak/MNI152_T1_2mm_brain_mask.nii",
                                      "brainiak/mask.nii.gz",
                                      "brainiak/subject1_bet.nii.gz",
                                      "brainiak/subject2_bet.nii.gz",
                                      "nibabel/anatomical.nii",
                                      "nibabel/example4d.nii.gz",
                                      "nibabel/example_nifti2.nii.gz",
                                      "nibabel/resampled_anat_moved.nii",
                                      "nibabel/someones_anatomy.nii.gz",
                                      "nipy/anatomical.nii.gz",
                                      "nipy/functional.nii.gz",
                                      "nipy/mni_basal_ganglia.nii.gz",
                                      "nipype/ds003_sub-01_mc.nii.gz",
                                      "nipype/segmentation0.nii.gz",
                                      "nipype/tpm_00.nii.gz",
                                      "nipype/tpms_msk.nii.gz",
                                      "nitime/fmri1.nii.gz",
                                      "pymvpa/mask.nii.gz" };
  static const char *const others[] = { "nibabel/example4d+orig.HEAD", "AFNI", "nibabel/example4d+orig.BRIK.gz", "AFNI",
                                        "nibabel/row_major.dconn.nii", "CIFTI" };
  char path[256];
  const char *one;
  for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
    snprintf (path, sizeof path, "data/fmri/nifti/%s", data[i]);
    const char *full = t_shared (path);
    if (!full)
      continue;
    const fnx_buf *b = reading (full, "dtype=f4");
    t_ok (spec_count (buffer_spec (b)) > 0, "%s is read", data[i]);
    buffer_unref (b);
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i += 2) {
    snprintf (path, sizeof path, "data/fmri/nifti/%s", others[i]);
    const char *full = t_shared (path);
    if (full)
      t_ok (refused (full, others[i + 1]), "%s is called %s", others[i], others[i + 1]);
  }
  one = t_shared ("data/fmri/nifti/nipy/functional.nii.gz");
  if (one) {
    const fnx_buf *a = reading (one, ""), *b = t_read_blocks (scratch_line ("nifti", one, ""), 0, 3);
    t_ok (buffer_equal (a, b), "blocks of 3 volumes, joined, equal the whole");
    buffer_unref (a);
    buffer_unref (b);
  }
  /* big-endian int16 of a copy and its original in other packing: the same anatomy */
  one = t_shared ("data/fmri/nifti/nibabel/anatomical.nii");
  if (one) {
    const fnx_buf *a = reading (one, ""), *b = reading (t_shared ("data/fmri/nifti/nipy/anatomical.nii.gz"), "");
    t_ok (buffer_equal (a, b), "anatomical.nii and anatomical.nii.gz are equal");
    buffer_unref (a);
    buffer_unref (b);
  }
}

int
main (void)
{
  t_begin ();
  scratch_begin ();
  every_type ();
  affines ();
  times ();
  damage ();
  round_trip ();
  real_files ();
  scratch_end ();
  return t_end ();
}
