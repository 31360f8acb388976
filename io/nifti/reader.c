/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source `nifti`: image[x,y,z] or image[x,y,z,time] from NIfTI-1, NIfTI-2
 * and ANALYZE 7.5 files.  A series of volumes also comes in blocks of time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/nifti/nifti.h"
#include "io/rate.h"
#include "plugins/common/give.h"

struct fnx_step {
  char *path;
  double tr; /* the user's; 0 if not given */
  bool f4;
  bool known; /* header has been read by negotiate() */
  nifti_header h;
  double seconds; /* repetition time; 0: unknown */
  /* streaming */
  nifti_file file;
  bool open;
  int64_t next, block;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s || !(s->path = strdup (c->param->text (p, "path")))) {
    free (s);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  s->tr = c->param->given (p, "tr") ? c->param->real (p, "tr") : 0;
  s->f4 = c->param->integer (p, "dtype") == 1;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  if (s->open)
    nifti_close (&s->file);
  free (s->path);
  free (s);
}

/* ---- the repetition time: user, then header and sidecar, which must agree -- */
static fnx_status
repetition (fnx_call *c, fnx_step *s, const nifti_sidecar *side)
{
  const nifti_header *h = &s->h;
  s->seconds = s->tr > 0 ? s->tr : h->tr > 0 ? h->tr : side->tr;
  if (s->tr > 0 || h->n[3] == 1)
    return FNX_OK;
  /* a millisecond of rounding is common, more is another number */
  if (h->tr > 0 && side->tr > 0 && fabs (h->tr - side->tr) > 1e-3 + 1e-6 * side->tr)
    return c->fail (c, FNX_E_IO,
                    "%s: pixdim[4] says %g s between volumes, RepetitionTime in %s says %g s\n"
                    "say which one is true:  %s tr=%gs",
                    s->path, h->tr, side->name, side->tr, s->path, side->tr);
  if (s->seconds == 0)
    c->log (c, FNX_LOG_NOTE, "%s: the time between volumes is unknown (%s); give it with  tr=2s", s->path,
            h->tr_raw > 0 ? "pixdim[4] has no unit" : "pixdim[4] is 0");
  else if (h->tr > 0 && (h->tr > 100 || h->tr < 0.01))
    c->log (c, FNX_LOG_NOTE, "%s: pixdim[4] says %g %s between volumes, taken as written; if that is wrong give  tr=2s",
            s->path, h->tr_raw, h->t_unit);
  return FNX_OK;
}

static fnx_status
learn (fnx_call *c, fnx_step *s)
{
  nifti_file f;
  nifti_sidecar side;
  fnx_status e = nifti_open (c, s->path, &f);
  if (e)
    return e;
  s->h = f.h;
  nifti_close (&f);
  if (!(e = nifti_sidecar_read (c, s->path, &side))) {
    e = repetition (c, s, &side);
    nifti_sidecar_free (&side);
  }
  s->known = !e;
  return e;
}

/* The spec of volumes [first, first + count) in scratch memory. */
static const fnx_spec *
spec_of (fnx_call *c, const fnx_step *s, int64_t first, int64_t count)
{
  static const char *const names[] = { "x", "y", "z" };
  const nifti_header *h = &s->h;
  bool fourth = h->n[3] > 1 || h->parts > 1;
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  fnx_axis *a = c->scratch (c, 4 * sizeof *a);
  const fnx_axis **axes = c->scratch (c, 4 * sizeof *axes);
  if (!spec || !a || !axes)
    return NULL;
  for (int i = 0; i < 4; i++)
    axes[i] = &a[i];
  for (int i = 0; i < 3; i++)
    a[i] = (fnx_axis){ .struct_size = sizeof *a, .name = names[i], .size = h->n[i] };
  if (h->parts > 1)
    a[3] = (fnx_axis){ .struct_size = sizeof *a, .name = "component", .size = h->parts };
  else {
    a[3] = (fnx_axis){ .struct_size = sizeof *a,
                       .flags = FNX_AXIS_REGULAR,
                       .name = "time",
                       .size = count,
                       .start = first,
                       .rate_num = 1,
                       .rate_den = 1 };
    if (s->seconds > 0 && rate_of (1 / s->seconds, 6e-8, &a[3].rate_num, &a[3].rate_den)) {
      a[3].unit = "s";
      a[3].origin = h->t_origin;
    }
  }
  *spec = (fnx_spec){ .struct_size = sizeof *spec,
                      .ndim = fourth ? 4 : 3,
                      .kind = "image",
                      .dtype = FNX_F8,
                      .axes = axes,
                      .affine = h->affine,
                      .space = h->space };
  if (s->f4)
    spec->dtype = (fnx_dtype)FNX_F4;
  return spec;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)in;
  fnx_status e = learn (c, s);
  if (e)
    return e;
  return (out[0] = spec_of (c, s, 0, s->h.n[3])) ? FNX_OK : FNX_E_NOMEM;
}

/* ---- values ------------------------------------------------------------------ */
static fnx_status
reopen (fnx_call *c, fnx_step *s, nifti_file *f)
{
  fnx_status e = s->known ? FNX_OK : learn (c, s);
  if (e || (e = nifti_open (c, s->path, f)))
    return e;
  if (memcmp (f->h.n, s->h.n, sizeof s->h.n) || f->h.parts != s->h.parts || f->h.datatype != s->h.datatype) {
    nifti_close (f);
    return c->fail (c, FNX_E_IO, "%s: the file changed while it was being read", s->path);
  }
  return FNX_OK;
}

static fnx_status
block (fnx_call *c, fnx_step *s, nifti_file *f, int64_t first, int64_t count, const fnx_buf **out)
{
  const fnx_spec *spec = spec_of (c, s, first, count);
  fnx_buf *b = spec ? c->buf->like (c, NULL, spec) : NULL;
  void *v = b ? c->buf->write (c, b) : NULL;
  nifti_sidecar side;
  if (!v) {
    c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  fnx_status e = nifti_volumes (c, f, count, 0, s->h.parts > 1 ? s->h.parts : count, s->f4, v);
  if (!e && first + count == s->h.n[3])
    e = nifti_end (c, f);
  if (!e && !(e = nifti_sidecar_read (c, s->path, &side))) {
    e = nifti_sidecar_meta (c, &side, b);
    nifti_sidecar_free (&side);
  }
  return give (c, e, b, out);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)in;
  nifti_file f;
  fnx_status e = reopen (c, s, &f);
  if (e)
    return e;
  e = block (c, s, &f, 0, s->h.n[3], out);
  nifti_close (&f);
  return e;
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  if (s->open)
    nifti_close (&s->file);
  s->open = false;
  fnx_status e = reopen (c, s, &s->file);
  if (e)
    return e;
  s->open = true, s->next = 0, s->block = max_block > 0 ? max_block : 1;
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)in;
  int64_t left = s->h.n[3] - s->next, k = left < s->block ? left : s->block;
  out[0] = NULL;
  if (k == 0)
    return FNX_OK;
  fnx_status e = block (c, s, &s->file, s->next, k, out);
  s->next += k;
  return e;
}

/* ---- descriptor ---------------------------------------------------------------- */
static const char *const suffixes[] = { ".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz", NULL };

static bool
ends (const char *path, const char *suffix)
{
  size_t n = strlen (path), k = strlen (suffix);
  return n > k && !strcmp (path + n - k, suffix);
}

/* Relatives of NIfTI are claimed weakly, to refuse them by their names. */
static int32_t
probe (const char *path, const void *head, size_t n)
{
  static const char *const relatives[] = { ".HEAD", ".BRIK", ".BRIK.gz", ".mgh", ".mgz" };
  const unsigned char *p = head;
  if (n >= 348 && (!memcmp (p + 344, "n+1", 4) || !memcmp (p + 344, "ni1", 4)))
    return 100;
  if (n >= 12 && (!memcmp (p + 4, "n+2", 4) || !memcmp (p + 4, "ni2", 4)))
    return 100;
  for (size_t i = 0; suffixes[i]; i++)
    if (ends (path, suffixes[i]))
      return 60;
  for (size_t i = 0; i < sizeof relatives / sizeof *relatives; i++)
    if (ends (path, relatives[i]))
      return 10;
  return 0;
}

static const fnx_ext_reader ext_reader = { sizeof ext_reader, 0, suffixes, NULL, probe };
static const fnx_ext_stream ext_stream = { sizeof ext_stream, 0, start, push, NULL, NULL };

static const void *
extension (const fnx_step *s, const char *id)
{
  if (!strcmp (id, FNX_READER))
    return &ext_reader;
  /* one volume has no time to cut */
  if (!strcmp (id, FNX_STREAM) && (!s || (s->known && s->h.n[3] > 1)))
    return &ext_stream;
  return NULL;
}

static const char *const dtypes[] = { "f8", "f4", NULL };
static const fnx_param_desc p_path = { .struct_size = sizeof p_path,
                                       .type = FNX_T_PATH,
                                       .flags = FNX_P_REQUIRED | FNX_P_MAIN,
                                       .name = "path",
                                       .doc = "the file; either of a .hdr/.img pair" };
static const fnx_param_desc p_tr = { .struct_size = sizeof p_tr,
                                     .type = FNX_T_REAL,
                                     .name = "tr",
                                     .unit = "s",
                                     .min = 1e-6,
                                     .max = 1e6,
                                     .doc = "time between volumes, whatever header and sidecar say" };
static const fnx_param_desc p_dtype = { .struct_size = sizeof p_dtype,
                                        .type = FNX_T_ENUM,
                                        .name = "dtype",
                                        .fallback = "f8",
                                        .choices = dtypes,
                                        .doc = "values as doubles, or as floats in half the memory" };
static const fnx_param_desc *const params[] = { &p_path, &p_tr, &p_dtype, NULL };
static const fnx_port_desc o_image = { .struct_size = sizeof o_image,
                                       .name = "out",
                                       .what = "image[x,y,z] or image[x,y,z,time] or image[x,y,z,component]; f8|f4",
                                       .doc = "scaled values, with the affine to mm" };
static const fnx_port_desc *const none[] = { NULL }, *const outputs[] = { &o_image, NULL };

const fnx_step_desc nifti_reader = {
  .struct_size = sizeof nifti_reader,
  .flags = FNX_S_SOURCE | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.nifti",
  .name = "nifti",
  .title = "read brain images from NIfTI files",
  .doc
  = "Reads NIfTI-1 and NIfTI-2, single or as a .hdr/.img pair, plain or gzip, in either byte order, and ANALYZE 7.5. "
    "Values are raw * scl_slope + scl_inter (a slope of 0 or NaN means unscaled); NaN stays NaN.\n\n"
    "The affine is the sform if its code is above 0, else the qform, else the voxel sizes about the image's centre "
    "with x to the left, as nibabel has it; positions are in mm. A fourth dimension of size 1 is dropped.\n\n"
    "The time between volumes is pixdim[4] in the unit of the header. It is never guessed: without a unit the time "
    "axis counts volumes. A .json file of the same name must agree (RepetitionTime, BIDS); tr= overrules both.\n\n"
    "Sizes are checked against the file before anything is allocated, gzip checksums to the last byte.",
  .cite = "NIfTI-1 and NIfTI-2 data format, https://nifti.nimh.nih.gov",
  .equals = "nibabel 5 get_fdata() and affine, exactly",
  .example = "fornix run sim:rest form=image ! write bold.nii.gz\n"
             "fornix run bold.nii.gz ! voxels above=300 ! degree tau=0.3 ! write degree.nii.gz",
  .inputs = none,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
