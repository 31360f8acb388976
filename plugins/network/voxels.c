/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step `voxels`: the voxels of a mask as rows, x fastest, each with its
 * place in columns x, y, z, so that maps find back into the volume.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/nifti/nifti.h"
#include "plugins/network/network.h"

struct fnx_step {
  char *mask; /* path; NULL without one */
  bool by_mean;
  double above;
  /* which voxels: linear index in C order of the image, in output order */
  int64_t *chosen, n;
  double *xyz[3];
};

static void
forget (fnx_step *s)
{
  free (s->chosen);
  for (int k = 0; k < 3; k++)
    free (s->xyz[k]);
  s->chosen = NULL;
  s->xyz[0] = s->xyz[1] = s->xyz[2] = NULL;
}

static void
destroy (fnx_step *s)
{
  forget (s);
  free (s->mask);
  free (s);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const char *mask = c->param->text (p, "mask");
  fnx_step *s = calloc (1, sizeof *s);
  if (!s || (mask && !(s->mask = strdup (mask)))) {
    free (s);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  s->by_mean = c->param->given (p, "above");
  s->above = s->by_mean ? c->param->real (p, "above") : 0;
  *out = s;
  return FNX_OK;
}

/* ---- specs ------------------------------------------------------------------------ */
static const fnx_spec *
spec_of (fnx_call *c, const fnx_step *s, const fnx_spec *in, int64_t n)
{
  static const char *const names[] = { "x", "y", "z" };
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  fnx_axis *voxel = c->scratch (c, sizeof *voxel);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_column *col = c->scratch (c, 3 * sizeof *col);
  const fnx_column **cols = c->scratch (c, 4 * sizeof *cols);
  if (!spec || !voxel || !axes || !col || !cols)
    return NULL;
  for (int k = 0; k < 3; k++) {
    col[k] = (fnx_column){
      .struct_size = sizeof *col, .type = FNX_COL_REAL, .name = names[k], .reals = n == FNX_UNKNOWN ? NULL : s->xyz[k]
    };
    cols[k] = &col[k];
  }
  *voxel = (fnx_axis){ .struct_size = sizeof *voxel, .name = "voxel", .size = n, .columns = cols };
  axes[0] = voxel, axes[1] = in->axes[3];
  *spec = (fnx_spec){ .struct_size = sizeof *spec,
                      .ndim = 2,
                      .kind = "voxels",
                      .unit = in->unit,
                      .dtype = in->dtype,
                      .axes = axes,
                      .affine = in->affine,
                      .space = in->space };
  return spec;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  return (out[0] = spec_of (c, s, in[0], FNX_UNKNOWN)) ? FNX_OK : FNX_E_NOMEM;
}

/* ---- which voxels ------------------------------------------------------------------- */
/* The mask file on the image's grid; *mask is malloc'ed. */
static fnx_status
load_mask (fnx_call *c, const fnx_step *s, const fnx_spec *in, double **mask)
{
  int64_t n[3];
  double affine[16];
  fnx_status e = nifti_load3 (c, s->mask, mask, n, affine);
  if (e)
    return e;
  for (int k = 0; k < 3; k++)
    if (n[k] != in->axes[k]->size) {
      free (*mask);
      *mask = NULL;
      return c->fail (c, FNX_E_DATA,
                      "mask=%s has %lldx%lldx%lld voxels, the recording %lldx%lldx%lld\nresample the mask to it",
                      s->mask, (long long)n[0], (long long)n[1], (long long)n[2], (long long)in->axes[0]->size,
                      (long long)in->axes[1]->size, (long long)in->axes[2]->size);
    }
  double worst = 0;
  for (int k = 0; k < 12 && in->affine; k++)
    worst = fmax (worst, fabs (affine[k] - in->affine[k]));
  if (worst > 0.1)
    c->log (c, FNX_LOG_NOTE, "%s and the recording have the same grid at different places (affines differ by %.3g)",
            s->mask, worst);
  return FNX_OK;
}

typedef struct values {
  const double *v8;
  const float *v4;
  int64_t t;
} values;

/* With above=: mean over time above it, and not constant. With neither above
 * nor a mask: not constant. A mask alone decides alone. */
static bool
wanted (const fnx_step *s, const values *v, int64_t at)
{
  if (s->mask && !s->by_mean)
    return true;
  double sum = 0, min = INFINITY, max = -INFINITY;
  for (int64_t k = 0; k < v->t; k++) {
    double x = v->v8 ? v->v8[at * v->t + k] : (double)v->v4[at * v->t + k];
    sum += x;
    min = x < min ? x : min;
    max = x > max ? x : max;
  }
  /* a NaN makes the sum NaN, which is above nothing */
  return max > min && isfinite (sum) && (!s->by_mean || sum / (double)v->t > s->above);
}

static fnx_status
choose (fnx_call *c, fnx_step *s, const fnx_spec *in, const values *v)
{
  int64_t nx = in->axes[0]->size, ny = in->axes[1]->size, nz = in->axes[2]->size, m = 0;
  double *mask = NULL;
  fnx_status e = s->mask ? load_mask (c, s, in, &mask) : FNX_OK;
  if (e)
    return e;
  forget (s);
  size_t all = (size_t)(nx * ny * nz);
  bool ok = (s->chosen = malloc (all * sizeof *s->chosen)) != NULL;
  for (int k = 0; k < 3; k++)
    ok &= (s->xyz[k] = malloc (all * sizeof **s->xyz)) != NULL;
  if (!ok) {
    free (mask);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  for (int64_t z = 0; z < nz; z++)
    for (int64_t y = 0; y < ny; y++)
      for (int64_t x = 0; x < nx; x++) {
        int64_t at = (x * ny + y) * nz + z;
        if ((mask && !(mask[at] != 0 && !isnan (mask[at]))) || !wanted (s, v, at))
          continue;
        s->chosen[m] = at;
        s->xyz[0][m] = (double)x, s->xyz[1][m] = (double)y, s->xyz[2][m] = (double)z;
        m++;
      }
  free (mask);
  s->n = m;
  return m ? FNX_OK
           : c->fail (c, FNX_E_DATA, "no voxel is left of %zu%s", all,
                      s->by_mean ? "\nlower above= (inspect shows the range of values)" : "");
}

/* The chosen voxels of a recording, or of a block of it. */
static fnx_status
gather (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  const fnx_tensor *x = c->buf->read (in[0]);
  if (!x)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  size_t size = spec->dtype.bits / 8u;
  values v = { size == 8 ? x->data : NULL, size == 8 ? NULL : x->data, spec->axes[3]->size };
  fnx_status e = s->chosen ? FNX_OK : choose (c, s, spec, &v);
  if (e)
    return e;
  char shape[80];
  snprintf (shape, sizeof shape, "[%lld,%lld,%lld]", (long long)spec->axes[0]->size, (long long)spec->axes[1]->size,
            (long long)spec->axes[2]->size);
  const fnx_spec *result = spec_of (c, s, spec, s->n);
  fnx_buf *b = result ? c->buf->like (c, in[0], result) : NULL;
  char *to = b ? c->buf->write (c, b) : NULL;
  if (!to) {
    c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  for (int64_t i = 0; i < s->n; i++)
    memcpy (to + (size_t)(i * v.t) * size, (const char *)x->data + (size_t)(s->chosen[i] * v.t) * size,
            (size_t)v.t * size);
  if ((e = c->buf->set_meta (c, b, "FornixVolume", shape))) {
    c->buf->unref (b);
    return e;
  }
  out[0] = b;
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  forget (s);
  return gather (c, s, in, out);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c;
  (void)max_block;
  forget (s);
  return FNX_OK;
}

/* A mask decides without having seen all of time, means do not. */
static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { sizeof stream, 0, start, gather, NULL, NULL };
  return !strcmp (id, FNX_STREAM) && (!s || (s->mask && !s->by_mean)) ? &stream : NULL;
}

PARAM (p_mask, .type = FNX_T_PATH, .name = "mask",
       .doc = "a NIfTI image on the same grid; voxels that are not 0 are kept");
PARAM (p_above, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .name = "above", .min = -1e30, .max = 1e30,
       .doc = "keep voxels whose mean over time is above this and which are not constant");
static const fnx_param_desc *const params[] = { &p_mask, &p_above, NULL };
static const fnx_port_desc i_image
    = { .struct_size = sizeof i_image, .name = "in", .what = "image[x,y,z,time]; f8|f4", .doc = "volumes" };
static const fnx_port_desc o_voxels = { .struct_size = sizeof o_voxels,
                                        .name = "out",
                                        .what = "voxels[voxel,time]; f8|f4",
                                        .doc = "a row for each voxel, x fastest, with columns x, y, z" };
static const fnx_port_desc *const inputs[] = { &i_image, NULL }, *const outputs[] = { &o_voxels, NULL };

const fnx_step_desc step_voxels = {
  .struct_size = sizeof step_voxels,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.network.voxels",
  .name = "voxels",
  .title = "the voxels of a mask, as rows",
  .doc
  = "Keeps the voxels of mask=, or those with above=, or both; without either all that are not constant. A mask alone "
    "keeps constant voxels too, so that all recordings of a study have the same rows; it also streams.\n\n"
    "Rows are in ascending order of i + nx * (j + ny * k), as in the file. Columns x, y, z hold the indices, which "
    "write uses to put maps back into the volume.",
  .example = "fornix run sim:rest form=image ! voxels ! degree tau=0.3",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
