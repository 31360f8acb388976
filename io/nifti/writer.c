/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sink `write.nifti`: NIfTI-1 files, plain or gzip, in this machine's byte
 * order.  Images are written as they are; values on voxels (a map from
 * `degree`, a masked series) go back to their places in the volume, with 0
 * around them.  The gzip header holds neither time nor name, so that equal
 * data give equal bytes and nothing private gets out.
 */
#include <math.h>

#include <zlib.h>

#include "io/nifti/nifti.h"
#include "io/writer.h"

/* ---- the file, plain or packed ------------------------------------------- */
typedef struct sink {
  FILE *f;
  bool packed, open;
  z_stream z;
  unsigned char out[1 << 16];
} sink;

static bool
drain (sink *s, int flush)
{
  int r;
  do {
    s->z.next_out = s->out, s->z.avail_out = sizeof s->out;
    r = deflate (&s->z, flush);
    size_t n = sizeof s->out - s->z.avail_out;
    if (r == Z_STREAM_ERROR || fwrite (s->out, 1, n, s->f) != n)
      return false;
  } while (s->z.avail_out == 0);
  return flush != Z_FINISH || r == Z_STREAM_END;
}

static bool
put (sink *s, const void *bytes, size_t n)
{
  if (!s->packed)
    return fwrite (bytes, 1, n, s->f) == n;
  const unsigned char *p = bytes;
  while (n > 0) {
    uInt k = n > 1u << 30 ? 1u << 30 : (uInt)n;
    s->z.next_in = (Bytef *)(uintptr_t)p, s->z.avail_in = k;
    if (!drain (s, Z_NO_FLUSH))
      return false;
    p += k, n -= k;
  }
  return true;
}

static sink *
sink_open (const char *path, bool packed)
{
  sink *s = calloc (1, sizeof *s);
  if (!s)
    return NULL;
  s->packed = packed;
  if (packed) {
    if (deflateInit2 (&s->z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      free (s);
      return NULL;
    }
    s->open = true;
  }
  if (!(s->f = fopen (path, "wb"))) {
    int why = errno;
    if (s->open)
      deflateEnd (&s->z);
    free (s);
    errno = why;
    return NULL;
  }
  return s;
}

static bool
sink_close (sink *s, bool ok)
{
  if (ok && s->packed) {
    s->z.avail_in = 0;
    ok = drain (s, Z_FINISH);
  }
  ok = writer_close (s->f, ok);
  if (s->open)
    deflateEnd (&s->z);
  free (s);
  return ok;
}

/* ---- what to write --------------------------------------------------------- */
typedef struct picture {
  const double *v8; /* one of the two */
  const float *v4;
  int64_t n[3], times;
  int64_t *where; /* voxel kinds: linear index, x fastest, of each row; else NULL */
  int64_t rows;
  const fnx_spec *spec;
  const fnx_axis *time; /* NULL if there is none */
} picture;

static const double *
column (fnx_call *c, const fnx_buf *b, const char *name)
{
  const fnx_column *k = c->buf->column (b, "voxel", name);
  return k && k->type == FNX_COL_REAL ? k->reals : NULL;
}

/* voxels[voxel,...]: places from the columns x, y, z, the shape of the volume
 * from the metadata that `voxels` left, else the smallest that holds them. */
static fnx_status
places (fnx_call *c, const fnx_buf *b, picture *p)
{
  const double *xyz[3];
  p->rows = p->spec->axes[0]->size;
  for (int k = 0; k < 3; k++)
    if (!(xyz[k] = column (c, b, k == 0 ? "x" : k == 1 ? "y" : "z")))
      return c->fail (c, FNX_E_SPEC,
                      "write: voxels without columns x, y, z have no place in an image\n"
                      "write a table instead:  ! write out.tsv");
  if (!(p->where = c->scratch (c, (size_t)p->rows * sizeof *p->where)))
    return FNX_E_NOMEM;
  const char *shape = c->buf->meta (b, "FornixVolume");
  long long n[3] = { 0, 0, 0 };
  bool given = shape && sscanf (shape, "[%lld,%lld,%lld]", &n[0], &n[1], &n[2]) == 3;
  for (int k = 0; k < 3; k++) {
    p->n[k] = given ? n[k] : 1;
    for (int64_t i = 0; i < p->rows; i++) {
      double v = xyz[k][i];
      if (!(v >= 0 && v < 32767 && v == floor (v)) || (given && v >= (double)n[k]))
        return c->fail (c, FNX_E_DATA, "write: voxel %lld has %c = %g, which is no place in the image", (long long)i,
                        "xyz"[k], v);
      if (!given && (int64_t)v >= p->n[k])
        p->n[k] = (int64_t)v + 1;
    }
  }
  for (int64_t i = 0; i < p->rows; i++)
    p->where[i] = (int64_t)xyz[0][i] + p->n[0] * ((int64_t)xyz[1][i] + p->n[1] * (int64_t)xyz[2][i]);
  return FNX_OK;
}

static fnx_status
picture_of (fnx_call *c, const fnx_buf *b, picture *p)
{
  const fnx_spec *s = p->spec = c->buf->spec (b);
  const fnx_tensor *t = c->buf->read (b);
  if (!t)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  if (s->dtype.bits == 64)
    p->v8 = t->data;
  else
    p->v4 = t->data;
  const fnx_axis *last = s->axes[s->ndim - 1];
  p->time = !strcmp (last->name, "time") ? last : NULL;
  fnx_status e = FNX_OK;
  if (!strcmp (s->axes[0]->name, "voxel")) {
    p->times = s->ndim > 1 ? last->size : 1;
    e = places (c, b, p);
  } else {
    p->times = s->ndim > 3 ? last->size : 1;
    for (int k = 0; k < 3; k++)
      p->n[k] = s->axes[k]->size;
  }
  for (int k = 0; !e && k < 4; k++) {
    int64_t n = k < 3 ? p->n[k] : p->times;
    if (n < 1 || n > 32767)
      e = c->fail (c, FNX_E_UNSUPPORTED, "write: size %lld along %s does not fit into NIfTI-1 (1 to 32767)",
                   (long long)n, k < 3 ? (const char *[]){ "x", "y", "z" }[k] : last->name);
  }
  return e;
}

/* ---- the header --------------------------------------------------------------- */
static void
put2 (unsigned char *h, size_t at, int v)
{
  int16_t x = (int16_t)v;
  memcpy (h + at, &x, 2);
}

static void
put4 (unsigned char *h, size_t at, double v)
{
  float x = (float)v;
  memcpy (h + at, &x, 4);
}

/* Quaternion of the rotation m (columns of unit length, det +1); nifti1_io's
 * cases by the largest diagonal. */
static void
quaternion (double m[3][3], double q[3])
{
  double a = 1 + m[0][0] + m[1][1] + m[2][2];
  if (a > 0.5) {
    a = 0.5 * sqrt (a);
    q[0] = 0.25 * (m[2][1] - m[1][2]) / a;
    q[1] = 0.25 * (m[0][2] - m[2][0]) / a;
    q[2] = 0.25 * (m[1][0] - m[0][1]) / a;
    return;
  }
  int i = m[1][1] > m[0][0] ? 1 : 0;
  i = m[2][2] > m[i][i] ? 2 : i;
  int j = (i + 1) % 3, k = (i + 2) % 3;
  double r = 0.5 * sqrt (1 + m[i][i] - m[j][j] - m[k][k]);
  double sign = m[k][j] - m[j][k] < 0 ? -1 : 1;
  q[i] = sign * r;
  q[j] = sign * 0.25 * (m[i][j] + m[j][i]) / r;
  q[k] = sign * 0.25 * (m[i][k] + m[k][i]) / r;
}

static int
space_code (const char *space)
{
  static const char *const names[] = { "scanner", "aligned", "Talairach", "MNI152", "template" };
  if (!space)
    return 2; /* "aligned to something": positions hold, their frame has no name */
  for (int i = 0; i < 5; i++)
    if (!strcmp (space, names[i]))
      return i + 1;
  return !strncmp (space, "MNI152", 6) ? 4 : 5;
}

/* sform always; qform too when the axes are at right angles, which is all that
 * it can express. */
static void
put_affine (unsigned char *h, const double *m, const char *space)
{
  double zoom[3], r[3][3], q[3];
  bool square = true;
  for (int j = 0; j < 3; j++) {
    zoom[j] = sqrt (m[j] * m[j] + m[4 + j] * m[4 + j] + m[8 + j] * m[8 + j]);
    square &= zoom[j] > 0;
    for (int i = 0; i < 3; i++)
      r[i][j] = m[4 * i + j] / (zoom[j] > 0 ? zoom[j] : 1);
  }
  for (int j = 0; j < 3; j++)
    for (int k = 0; k < j; k++)
      square &= fabs (r[0][j] * r[0][k] + r[1][j] * r[1][k] + r[2][j] * r[2][k]) < 1e-4;
  double det = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) - r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0])
               + r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  double qfac = det < 0 ? -1 : 1;
  for (int i = 0; i < 3; i++)
    r[i][2] *= qfac;
  put4 (h, 76, qfac);
  for (int j = 0; j < 3; j++)
    put4 (h, 80 + 4 * (size_t)j, zoom[j]);
  put2 (h, 254, space_code (space));
  for (size_t i = 0; i < 12; i++)
    put4 (h, 280 + 4 * i, m[i]);
  if (!square)
    return;
  put2 (h, 252, space_code (space));
  quaternion (r, q);
  for (size_t i = 0; i < 3; i++) {
    put4 (h, 256 + 4 * i, q[i]);
    put4 (h, 268 + 4 * i, m[4 * i + 3]);
  }
}

static void
header (const picture *p, unsigned char h[352])
{
  int32_t size = 348;
  memset (h, 0, 352);
  memcpy (h, &size, 4);
  put2 (h, 40, p->times > 1 ? 4 : 3);
  for (size_t i = 0; i < 7; i++)
    put2 (h, 42 + 2 * i, i < 3 ? (int)p->n[i] : i == 3 ? (int)p->times : 1);
  put2 (h, 70, p->v8 ? 64 : 16);
  put2 (h, 72, p->v8 ? 64 : 32);
  for (size_t i = 0; i < 8; i++)
    put4 (h, 76 + 4 * i, 1);
  put4 (h, 108, 352);
  put4 (h, 112, 1); /* scl_slope; scl_inter stays 0 */
  h[123] = 2;       /* mm */
  if (p->spec->affine)
    put_affine (h, p->spec->affine, p->spec->space);
  put4 (h, 92, 0);
  const fnx_axis *t = p->time;
  if (t && (t->flags & FNX_AXIS_REGULAR) && t->unit && !strcmp (t->unit, "s")) {
    double tr = (double)t->rate_den / (double)t->rate_num;
    put4 (h, 92, tr);
    put4 (h, 136, t->origin + (double)t->start * tr);
    h[123] = 2 | 8;
  }
  memcpy (h + 344, "n+1", 4);
}

/* ---- values: volume by volume, x fastest ----------------------------------------- */
static double
value (const picture *p, int64_t i)
{
  return p->v8 ? p->v8[i] : (double)p->v4[i];
}

static void
fill (const picture *p, int64_t t, void *volume)
{
  double *o8 = p->v8 ? volume : NULL;
  float *o4 = p->v8 ? NULL : volume;
#define PUT(at, v) (o8 ? (void)(o8[at] = (v)) : (void)(o4[at] = (float)(v)))
  if (p->where)
    for (int64_t i = 0; i < p->rows; i++)
      PUT (p->where[i], value (p, i * p->times + t));
  else
    for (int64_t x = 0; x < p->n[0]; x++)
      for (int64_t y = 0; y < p->n[1]; y++)
        for (int64_t z = 0; z < p->n[2]; z++)
          PUT (x + p->n[0] * (y + p->n[1] * z), value (p, ((x * p->n[1] + y) * p->n[2] + z) * p->times + t));
#undef PUT
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)out;
  picture p = { 0 };
  unsigned char h[352];
  fnx_status e = picture_of (c, in[0], &p);
  if (e)
    return e;
  size_t bytes = (size_t)(p.n[0] * p.n[1] * p.n[2]) * (p.v8 ? 8 : 4);
  void *volume = c->scratch (c, bytes);
  const char *name = c->output (c, s->path);
  if (!volume || !name)
    return FNX_E_NOMEM;
  sink *to = sink_open (name, writer_path_ends (s->path, ".gz"));
  if (!to)
    return writer_done (c, s->path, false);
  header (&p, h);
  bool ok = put (to, h, sizeof h);
  for (int64_t t = 0; ok && t < p.times; t++) {
    fill (&p, t, volume);
    ok = put (to, volume, bytes);
  }
  return writer_done (c, s->path, sink_close (to, ok));
}

/* ---- descriptor ---------------------------------------------------------------------- */
WRITER (".nii", ".nii.gz");

static const fnx_param_desc p_path = WRITER_PATH ("the file to write, .nii or .nii.gz");
static const fnx_param_desc *const params[] = { &p_path, NULL };
static const fnx_port_desc i_image
    = { .struct_size = sizeof i_image,
        .name = "in",
        .what = "image[x,y,z] or image[x,y,z,time] or image[x,y,z,component] or voxels[voxel,time] or "
                "features[voxel,feature]; f8|f4",
        .doc = "an image, or values on voxels that know their places" };
static const fnx_port_desc *const inputs[] = { &i_image, NULL }, *const none[] = { NULL };

const fnx_step_desc nifti_writer = {
  .struct_size = sizeof nifti_writer,
  .flags = FNX_S_SINK | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.write.nifti",
  .name = "write.nifti",
  .title = "write images to NIfTI files",
  .doc
  = "Writes NIfTI-1 (.nii, or .nii.gz packed) with the element type that comes in, float32 or float64. The affine goes "
    "into the sform, and into the qform when its axes are at right angles.\n\n"
    "Values on voxels go back to their places in the volume they came from; around them stands 0. Several features "
    "or components become volumes.",
  .cite = "NIfTI-1 data format, https://nifti.nimh.nih.gov",
  .example = "fornix run sim:rest form=image ! voxels ! degree tau=0.3 ! write degree.nii.gz",
  .inputs = inputs,
  .outputs = none,
  .params = params,
  .create = writer_create,
  .destroy = writer_destroy,
  .run = run,
  .extension = extension,
};
