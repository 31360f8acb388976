/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:rest: resting fMRI with planted modules.  Region r of module m is
 * sqrt (snr) z_m + e_r, both slow (AR(1), 0.7 a volume) and of unit variance:
 * correlations are snr / (1 + snr) within a module and 0 between modules.
 */
#include "io/sim/sim.h"

#include <math.h>
#include <stdio.h>

enum { NX = 12, NY = 14, NZ = 12 };
#define VOXEL_MM 4.0
#define SLOW 0.7

/* An AR(1) series of unit variance, stationary from the first volume. */
static void
slow_noise (fnx_call *c, const settings *s, uint64_t item, double *x)
{
  c->rng->normal (s->seed, item, 0, x, (size_t)s->n_volume);
  for (int64_t t = 1; t < s->n_volume; t++)
    x[t] = SLOW * x[t - 1] + sqrt (1 - SLOW * SLOW) * x[t];
}

static int64_t
module_of (const settings *s, int64_t i, int64_t n)
{
  return i * s->n_module / n;
}

static const fnx_spec *
spec (fnx_call *c, const settings *s, const fnx_axis *const *axes, int ndim)
{
  static const double affine[16]
      = { VOXEL_MM, 0, 0,        -VOXEL_MM * (NX - 1) / 2, 0, VOXEL_MM, 0, -VOXEL_MM * (NY - 1) / 2,
          0,        0, VOXEL_MM, -VOXEL_MM * (NZ - 1) / 2, 0, 0,        0, 1 };
  fnx_spec *o = c->scratch (c, sizeof *o);
  if (!o)
    return NULL;
  *o = (fnx_spec){ .struct_size = sizeof *o,
                   .ndim = ndim,
                   .kind = s->image ? "image" : "series",
                   .unit = "1",
                   .dtype = FNX_F8,
                   .axes = axes,
                   .affine = s->image ? affine : NULL,
                   .space = s->image ? "scanner" : NULL };
  return o;
}

static const fnx_spec *
image_spec (fnx_call *c, const settings *s)
{
  static const char *const names[] = { "x", "y", "z" };
  static const int64_t sizes[] = { NX, NY, NZ };
  fnx_axis *a = c->scratch (c, 4 * sizeof *a);
  const fnx_axis **axes = c->scratch (c, 4 * sizeof *axes);
  if (!a || !axes)
    return NULL;
  for (int i = 0; i < 3; i++)
    a[i] = (fnx_axis){ .struct_size = sizeof *a, .name = names[i], .size = sizes[i] };
  a[3] = sim_volumes (s);
  for (int i = 0; i < 4; i++)
    axes[i] = &a[i];
  return spec (c, s, axes, 4);
}

const fnx_spec *
rest_spec (fnx_call *c, const settings *s)
{
  if (s->image)
    return image_spec (c, s);
  fnx_axis *a = c->scratch (c, 2 * sizeof *a);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_column *col = c->scratch (c, sizeof *col);
  const fnx_column **cols = c->scratch (c, 2 * sizeof *cols);
  double *module = c->scratch (c, (size_t)s->n_region * sizeof *module);
  const char *const *labels = sim_labels (c, "r", s->n_region);
  if (!a || !axes || !col || !cols || !module || !labels)
    return NULL;
  for (int64_t r = 0; r < s->n_region; r++)
    module[r] = (double)(1 + module_of (s, r, s->n_region));
  *col = (fnx_column){
    .struct_size = sizeof *col, .type = FNX_COL_REAL, .name = "module", .unit = "1", .reals = module
  };
  cols[0] = col;
  a[0] = (fnx_axis){
    .struct_size = sizeof *a, .name = "region", .size = s->n_region, .labels = labels, .columns = cols
  };
  a[1] = sim_volumes (s);
  axes[0] = &a[0];
  axes[1] = &a[1];
  return spec (c, s, axes, 2);
}

typedef struct job {
  fnx_call *c;
  const settings *s;
  const double *module; /* n_module x n_volume */
  double *out;          /* n x n_volume */
} job;

static fnx_status
region (void *arg, size_t r, uint32_t worker)
{
  const job *j = arg;
  const settings *s = j->s;
  double *x = j->out + r * (size_t)s->n_volume;
  const double *z = j->module + module_of (s, (int64_t)r, s->n_region) * s->n_volume;
  (void)worker;
  slow_noise (j->c, s, ITEM_REGION + r, x);
  for (int64_t t = 0; t < s->n_volume; t++)
    x[t] += sqrt (s->snr) * z[t];
  return FNX_OK;
}

/* One voxel: 1000 inside an ellipsoid, 2 % of it signal; 0 outside.  Modules
 * are slabs along x. */
static fnx_status
voxel (void *arg, size_t v, uint32_t worker)
{
  const job *j = arg;
  const settings *s = j->s;
  int64_t i = (int64_t)v / (NY * NZ), k = (int64_t)v / NZ % NY, l = (int64_t)v % NZ;
  double a = (2.0 * (double)i + 1) / NX - 1, b = (2.0 * (double)k + 1) / NY - 1, d = (2.0 * (double)l + 1) / NZ - 1;
  double *x = j->out + v * (size_t)s->n_volume;
  const double *z = j->module + module_of (s, i, NX) * s->n_volume;
  (void)worker;
  if (a * a + b * b + d * d > 1)
    return FNX_OK;
  slow_noise (j->c, s, ITEM_REGION + v, x);
  for (int64_t t = 0; t < s->n_volume; t++)
    x[t] = 1000 + 20 * (x[t] + sqrt (s->snr) * z[t]);
  return FNX_OK;
}

fnx_status
rest_run (fnx_call *c, const settings *s, const fnx_buf **out)
{
  char json[160];
  const fnx_spec *o = rest_spec (c, s);
  double *module = c->scratch (c, (size_t)(s->n_module * s->n_volume) * sizeof *module);
  fnx_buf *b = o && module ? c->buf->like (c, NULL, o) : NULL;
  if (!b)
    return FNX_E_NOMEM;
  job j = { c, s, module, c->buf->write (c, b) };
  fnx_status st = j.out ? FNX_OK : FNX_E_NOMEM;
  for (int64_t m = 0; m < s->n_module; m++)
    slow_noise (c, s, ITEM_MODULE + (uint64_t)m, module + m * s->n_volume);
  if (st == FNX_OK)
    st = s->image ? c->parallel (c, NX * NY * NZ, voxel, &j) : c->parallel (c, (size_t)s->n_region, region, &j);
  snprintf (json, sizeof json, "{\"modules\": %lld, \"correlation_within\": %.17g, \"seed\": %llu}",
            (long long)s->n_module, s->snr / (1 + s->snr), (unsigned long long)s->seed);
  if (st == FNX_OK)
    st = c->buf->set_meta (c, b, "SimulatedTruth", json);
  snprintf (json, sizeof json, "%.17g", s->tr);
  if (st == FNX_OK)
    st = c->buf->set_meta (c, b, "RepetitionTime", json);
  if (st)
    c->buf->unref (b);
  else
    *out = b;
  return st;
}
