/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The headers: 348 bytes of NIfTI-1 or ANALYZE 7.5, 540 of NIfTI-2, in either
 * byte order.  Follows nifti1.h and nifti2.h of the NIfTI Data Format Working
 * Group; where the standard is silent (no orientation at all) it follows
 * nibabel, so that voxel positions agree with it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/nifti/nifti.h"
#include "io/suffix.h"

enum { V1 = 348, V2 = 540 };

/* ---- fields ------------------------------------------------------------- */
typedef struct bytes {
  const unsigned char *p;
  bool swapped;
} bytes;

static uint64_t
word (const bytes *b, size_t at, size_t n)
{
  uint64_t v = 0;
  for (size_t i = 0; i < n; i++) /* little-endian unless swapped */
    v |= (uint64_t)b->p[at + (b->swapped ? n - 1 - i : i)] << (8 * i);
  return v;
}

static int64_t
integer (const bytes *b, size_t at, size_t n)
{
  uint64_t v = word (b, at, n);
  return n == 2 ? (int16_t)v : n == 4 ? (int32_t)v : (int64_t)v;
}

static double
real (const bytes *b, size_t at, size_t n)
{
  uint64_t v = word (b, at, n);
  if (n == 4) {
    uint32_t u = (uint32_t)v;
    float f;
    memcpy (&f, &u, 4);
    return f;
  }
  double d;
  memcpy (&d, &v, 8);
  return d;
}

/* Where each field stands in version 1 and 2, and how wide it is. */
typedef struct layout {
  size_t dim, dim_w, intent, intent_w, type, pixdim, real_w, offset, slope, inter, toffset;
  size_t qcode, code_w, scode, quat, srow, unit, unit_w;
} layout;
static const layout layouts[3] = {
  [1] = { .dim = 40,
          .dim_w = 2,
          .intent = 68,
          .intent_w = 2,
          .type = 70,
          .pixdim = 76,
          .real_w = 4,
          .offset = 108,
          .slope = 112,
          .inter = 116,
          .toffset = 136,
          .qcode = 252,
          .code_w = 2,
          .scode = 254,
          .quat = 256,
          .srow = 280,
          .unit = 123,
          .unit_w = 1 },
  [2] = { .dim = 16,
          .dim_w = 8,
          .intent = 504,
          .intent_w = 4,
          .type = 12,
          .pixdim = 104,
          .real_w = 8,
          .offset = 168,
          .slope = 176,
          .inter = 184,
          .toffset = 216,
          .qcode = 344,
          .code_w = 4,
          .scode = 348,
          .quat = 352,
          .srow = 400,
          .unit = 500,
          .unit_w = 4 },
};

/* ---- element types ------------------------------------------------------ */
static const struct {
  int32_t code;
  uint8_t size;
  const char *name;
} types[] = {
  { 2, 1, "uint8" },          { 4, 2, "int16" },       { 8, 4, "int32" },      { 16, 4, "float32" },
  { 64, 8, "float64" },       { 256, 1, "int8" },      { 512, 2, "uint16" },   { 768, 4, "uint32" },
  { 1024, 8, "int64" },       { 1280, 8, "uint64" },   { 1, 0, "1-bit" },      { 32, 0, "complex" },
  { 128, 0, "RGB colour" },   { 1536, 0, "float128" }, { 1792, 0, "complex" }, { 2048, 0, "complex" },
  { 2304, 0, "RGBA colour" },
};

static const char *
type_name (int32_t code)
{
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].code == code)
      return types[i].name;
  return NULL;
}

size_t
nifti_size_of (int32_t code)
{
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].code == code)
      return types[i].size;
  return 0;
}

fnx_status
nifti_bytes (fnx_call *c, const char *name, const nifti_header *h, size_t *volume, size_t *all)
{
  size_t v = nifti_size_of (h->datatype);
  bool over = false;
  for (int i = 0; i < 3; i++)
    over |= __builtin_mul_overflow (v, (size_t)h->n[i], &v);
  over |= __builtin_mul_overflow (v, (size_t)h->parts, &v);
  *volume = v;
  over |= __builtin_mul_overflow (v, (size_t)h->n[3], all);
  /* as doubles it must fit as well */
  if (over || *all > PTRDIFF_MAX / 8)
    return c->fail (c, FNX_E_IO, "%s: not usable: the header promises more values than a computer can hold", name);
  return FNX_OK;
}

/* ---- files of other kinds, named rather than called damaged -------------- */
static const struct {
  size_t at, n;
  const char *magic, *what;
} others[] = {
  { 0, 8, "\ntype  = ", "an AFNI dataset header\nconvert it with  3dAFNItoNIFTI" },
  { 0, 8, "type = s", "an AFNI dataset header\nconvert it with  3dAFNItoNIFTI" },
  { 0, 8, "\ntype = ", "an AFNI dataset header\nconvert it with  3dAFNItoNIFTI" },
  { 0, 4, "\0\0\0\1", "a FreeSurfer MGH volume\nconvert it with  mri_convert in.mgz out.nii.gz" },
  { 128, 4, "DICM", "a DICOM file\nconvert the series with  dcm2niix" },
  { 0, 8, "\211HDF\r\n\032\n", "an HDF5 file (MINC-2, MATLAB 7.3, ...)" },
  { 0, 3, "CDF", "a NetCDF file (MINC-1)\nconvert it with  mnc2nii" },
  { 0, 4, "NRRD", "an NRRD file" },
  { 0, 5, "<?xml", "an XML file (GIFTI or the like)" },
  { 0, 6, "\223NUMPY", "a NumPy array; name it .npy" },
  { 0, 6, "MATLAB", "a MATLAB file" },
};

static fnx_status
foreign (fnx_call *c, const char *name, const unsigned char *p, size_t n)
{
  if (suffixed (name, ".brik") || suffixed (name, ".brik.gz"))
    return c->fail (c, FNX_E_IO, "%s: not NIfTI but the values of an AFNI dataset\nconvert it with  3dAFNItoNIFTI",
                    name);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (others[i].at + others[i].n <= n && !memcmp (p + others[i].at, others[i].magic, others[i].n))
      return c->fail (c, FNX_E_IO, "%s: not NIfTI but %s", name, others[i].what);
  if (n < V1)
    return c->fail (c, FNX_E_IO, "%s: not usable: %zu bytes are shorter than any NIfTI header (348)", name, n);
  return c->fail (c, FNX_E_IO, "%s: not NIfTI: it begins with neither 348 nor 540, the sizes of its headers", name);
}

/* ---- orientation --------------------------------------------------------- */
/* Method 2 of nifti1.h: rotation from the quaternion, zooms, qfac, offset. */
static bool
affine_quaternion (const bytes *h, const layout *l, const double pix[8], double m[16])
{
  double b = real (h, l->quat, l->real_w), cc = real (h, l->quat + l->real_w, l->real_w);
  double d = real (h, l->quat + 2 * l->real_w, l->real_w), a = 1 - (b * b + cc * cc + d * d);
  if (!isfinite (a))
    return false;
  if (a < 1e-7) { /* 180 degrees; as nifti1.h, renormalise */
    double s = 1 / sqrt (b * b + cc * cc + d * d);
    b *= s, cc *= s, d *= s, a = 0;
  } else
    a = sqrt (a);
  double qfac = pix[0] < 0 ? -1 : 1;
  double z[3] = { pix[1], pix[2], pix[3] * qfac };
  double r[3][3] = { { a * a + b * b - cc * cc - d * d, 2 * (b * cc - a * d), 2 * (b * d + a * cc) },
                     { 2 * (b * cc + a * d), a * a + cc * cc - b * b - d * d, 2 * (cc * d - a * b) },
                     { 2 * (b * d - a * cc), 2 * (cc * d + a * b), a * a + d * d - b * b - cc * cc } };
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++)
      m[4 * i + j] = r[i][j] * z[j];
    m[4 * i + 3] = real (h, l->quat + (size_t)(3 + i) * l->real_w, l->real_w);
  }
  for (int i = 0; i < 12; i++)
    if (!isfinite (m[i]))
      return false;
  return true;
}

static bool
affine_rows (const bytes *h, const layout *l, double m[16])
{
  for (size_t i = 0; i < 12; i++)
    m[i] = real (h, l->srow + i * l->real_w, l->real_w);
  for (int i = 0; i < 12; i++)
    if (!isfinite (m[i]))
      return false;
  double det
      = m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) + m[2] * (m[4] * m[9] - m[5] * m[8]);
  return isfinite (det) && det != 0;
}

/* No orientation: zooms about the image's centre, x to the left (nibabel). */
static void
affine_zooms (const nifti_header *h, const double pix[8], const double *origin, double m[16])
{
  for (int i = 0; i < 3; i++) {
    double z = pix[i + 1] * (i == 0 ? -1 : 1), o = origin ? origin[i] - 1 : ((double)h->n[i] - 1) / 2;
    m[4 * i + i] = z;
    m[4 * i + 3] = -o * z;
  }
}

static const char *const spaces[] = { NULL, "scanner", "aligned", "Talairach", "MNI152", "template" };

static void
orient (fnx_call *c, const char *name, const bytes *b, const layout *l, const double pix[8], nifti_header *h)
{
  int64_t s = integer (b, l->scode, l->code_w), q = integer (b, l->qcode, l->code_w), code = 0;
  memset (h->affine, 0, sizeof h->affine);
  h->affine[15] = 1;
  if (s > 0 && affine_rows (b, l, h->affine))
    code = s;
  else {
    if (s > 0)
      c->log (c, FNX_LOG_NOTE, "%s: its sform is singular or not finite and is ignored", name);
    memset (h->affine, 0, 15 * sizeof *h->affine);
    if (q > 0 && affine_quaternion (b, l, pix, h->affine))
      code = q;
    else {
      c->log (c, FNX_LOG_NOTE, "%s: no orientation (qform and sform codes are 0): left and right are unknown", name);
      memset (h->affine, 0, 15 * sizeof *h->affine);
      affine_zooms (h, pix, NULL, h->affine);
    }
  }
  h->space = code > 0 && code < (int64_t)(sizeof spaces / sizeof *spaces) ? spaces[code] : NULL;
}

/* ---- units ---------------------------------------------------------------- */
static void
units (fnx_call *c, const char *name, const bytes *b, const layout *l, const double pix[8], nifti_header *h)
{
  static const struct {
    int code;
    const char *unit;
    double factor;
  } length[] = { { 1, "m", 1000 }, { 3, "um", 1e-3 } },
    time[] = { { 8, "s", 1 }, { 16, "ms", 1e-3 }, { 24, "us", 1e-6 } };
  int unit = (int)word (b, l->unit, l->unit_w);
  for (size_t i = 0; i < 2; i++)
    if ((unit & 7) == length[i].code) {
      c->log (c, FNX_LOG_NOTE, "%s: voxel sizes are in %s; positions are given in mm", name, length[i].unit);
      for (int k = 0; k < 12; k++)
        h->affine[k] *= length[i].factor;
    }
  h->tr_raw = pix[4];
  for (size_t i = 0; i < 3; i++)
    if ((unit & 0x38) == time[i].code) {
      h->t_unit = time[i].unit;
      if (pix[4] > 0 && isfinite (pix[4]))
        h->tr = pix[4] * time[i].factor;
      double o = real (b, l->toffset, l->real_w);
      h->t_origin = isfinite (o) ? o * time[i].factor : 0;
    }
}

/* ---- ANALYZE 7.5 ----------------------------------------------------------- */
static void
analyze (fnx_call *c, const char *name, const bytes *b, const double pix[8], nifti_header *h)
{
  c->log (c, FNX_LOG_NOTE, "%s: ANALYZE 7.5, which says neither orientation nor units: left and right are unknown",
          name);
  double origin[3];
  bool any = false, inside = true; /* SPM keeps the 1-based origin voxel in bytes 253.. */
  for (size_t i = 0; i < 3; i++) {
    origin[i] = (double)integer (b, 253 + 2 * i, 2);
    any |= origin[i] != 0;
    inside &= origin[i] > -(double)h->n[i] && origin[i] < 2 * (double)h->n[i];
  }
  memset (h->affine, 0, sizeof h->affine);
  h->affine[15] = 1;
  affine_zooms (h, pix, any && inside ? origin : NULL, h->affine);
  h->tr_raw = pix[4];
  double factor = real (b, 112, 4); /* SPM's scale factor; unused in ANALYZE proper */
  h->inter = 0;
  h->scaled = isfinite (factor) && factor != 0 && factor != 1;
  h->slope = factor;
  if (h->scaled)
    c->log (c, FNX_LOG_NOTE, "%s: values are multiplied by %g, the SPM scale factor of its header", name, factor);
}

/* ---- sizes ------------------------------------------------------------------ */
static fnx_status
sizes (fnx_call *c, const char *name, const bytes *b, const layout *l, nifti_header *h)
{
  int64_t nd = integer (b, l->dim, l->dim_w), n[8] = { 0, 1, 1, 1, 1, 1, 1, 1 };
  if (nd < 1 || nd > 7)
    return c->fail (c, FNX_E_IO, "%s: not usable: the header counts %lld dimensions, not 1 to 7", name, (long long)nd);
  for (int64_t i = 1; i <= nd; i++) {
    n[i] = integer (b, l->dim + (size_t)i * l->dim_w, l->dim_w);
    if (n[i] == 0 && i > 3)
      n[i] = 1;
    if (n[i] < 1)
      return c->fail (c, FNX_E_IO, "%s: not usable: the header says size %lld along dimension %lld", name,
                      (long long)n[i], (long long)i);
  }
  int64_t intent = integer (b, l->intent, l->intent_w);
  if (intent >= 3000 && intent < 3100)
    return c->fail (c, FNX_E_IO,
                    "%s: not an image but CIFTI-2 (grayordinates on a surface)\n"
                    "make an image of it with  wb_command -cifti-convert -to-nifti",
                    name);
  if (n[6] > 1 || n[7] > 1 || (n[5] > 1 && n[4] > 1))
    return c->fail (c, FNX_E_IO, "%s: an image of %lld dimensions; x, y, z and one more are read", name, (long long)nd);
  for (int i = 0; i < 4; i++)
    h->n[i] = n[i + 1];
  h->parts = n[5];
  h->datatype = (int32_t)integer (b, l->type, 2);
  if (nifti_size_of (h->datatype))
    return FNX_OK;
  const char *t = type_name (h->datatype);
  if (t)
    return c->fail (c, FNX_E_IO, "%s: its values are %s (datatype %d); integers and float32, float64 are read", name, t,
                    h->datatype);
  return c->fail (c, FNX_E_IO, "%s: not usable: unknown datatype %d", name, h->datatype);
}

static fnx_status
scaling (fnx_call *c, const char *name, const bytes *b, const layout *l, nifti_header *h)
{
  h->slope = real (b, l->slope, l->real_w), h->inter = real (b, l->inter, l->real_w);
  if (!isfinite (h->slope) || h->slope == 0) /* "not scaled" */
    return FNX_OK;
  if (!isfinite (h->inter))
    return c->fail (c, FNX_E_IO, "%s: not usable: scl_slope is %g but scl_inter is not a number", name, h->slope);
  h->scaled = h->slope != 1 || h->inter != 0;
  return FNX_OK;
}

static fnx_status
offset (fnx_call *c, const char *name, const bytes *b, const layout *l, nifti_header *h)
{
  double o = h->version == 2 ? (double)integer (b, l->offset, 8) : real (b, l->offset, 4);
  int64_t first = h->pair ? 0 : h->version == 2 ? V2 + 4 : V1 + 4;
  if (o == 0 && !h->pair) /* writers that leave it out mean the earliest place */
    o = (double)first;
  if (!(o >= (double)first && o < 9e15 && o == floor (o)))
    return c->fail (c, FNX_E_IO, "%s: not usable: vox_offset is %g, but values can begin at byte %lld at the earliest",
                    name, o, (long long)first);
  h->offset = (int64_t)o;
  return FNX_OK;
}

/* Which header is it?  false: none. */
static bool
recognise (const unsigned char *p, size_t n, nifti_header *h, bytes *b)
{
  *b = (bytes){ p, false };
  for (int k = 0; k < 2; k++) {
    b->swapped = k == 1;
    int64_t size = n >= 4 ? integer (b, 0, 4) : 0;
    if (size == V1 && n >= V1) {
      bool single = !memcmp (p + 344, "n+1", 4), pair = !memcmp (p + 344, "ni1", 4);
      h->version = single || pair, h->pair = !single, h->swapped = b->swapped;
      return true;
    }
    if (size == V2 && (!memcmp (p + 4, "n+2", 4) || !memcmp (p + 4, "ni2", 4))) {
      h->version = 2, h->pair = p[5] == 'i', h->swapped = b->swapped;
      return true;
    }
  }
  return false;
}

fnx_status
nifti_header_read (fnx_call *c, feed *from, const char *name, nifti_header *h)
{
  unsigned char p[V2] = { 0 };
  size_t got;
  bytes b;
  memset (h, 0, sizeof *h);
  fnx_status e = feed_some (c, from, p, V1, &got);
  if (e)
    return e;
  if (!recognise (p, got, h, &b))
    return foreign (c, name, p, got);
  const layout *l = &layouts[h->version == 2 ? 2 : 1];
  if (h->version == 2) {
    if ((e = feed_read (c, from, p + V1, V2 - V1)))
      return e;
    static const unsigned char mangle[4] = { '\r', '\n', 0x1a, '\n' };
    if (memcmp (p + 8, mangle, 4))
      return c->fail (c, FNX_E_IO,
                      "%s: not usable: line ends were changed (a text-mode copy)\ncopy it again in binary mode", name);
  }
  if ((e = sizes (c, name, &b, l, h)) || (e = offset (c, name, &b, l, h)))
    return e;
  double pix[8];
  for (size_t i = 0; i < 8; i++) {
    pix[i] = real (&b, l->pixdim + i * l->real_w, l->real_w);
    if (i > 0 && i < 4)
      pix[i] = isfinite (pix[i]) && pix[i] != 0 ? fabs (pix[i]) : 1;
  }
  if (h->version == 0) {
    analyze (c, name, &b, pix, h);
    return FNX_OK;
  }
  if ((e = scaling (c, name, &b, l, h)))
    return e;
  orient (c, name, &b, l, pix, h);
  units (c, name, &b, l, pix, h);
  return FNX_OK;
}
