/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:encoding: stimulus features X and the voxels that they drive, Y = X B + E,
 * with everything normal: X and E of unit variance, B of variance snr / p.  The
 * best that a linear model can explain is then snr / (1 + snr) of each voxel on
 * average, and the third output is B itself.
 */
#include "io/sim/sim.h"

#include <math.h>
#include <stdio.h>

const fnx_spec *
encoding_spec (fnx_call *c, const settings *s, int port)
{
  fnx_spec *o = c->scratch (c, sizeof *o);
  fnx_axis *a = c->scratch (c, 3 * sizeof *a);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  const char *const *fl = sim_labels (c, "f", s->n_feature), *const *vl = sim_labels (c, "v", s->n_voxel);
  if (!o || !a || !axes || !fl || !vl)
    return NULL;
  a[0] = sim_volumes (s);
  a[1] = (fnx_axis){ .struct_size = sizeof *a, .name = "feature", .size = s->n_feature, .labels = fl };
  a[2] = (fnx_axis){ .struct_size = sizeof *a, .name = "voxel", .size = s->n_voxel, .labels = vl };
  axes[0] = port == 0 ? &a[0] : &a[2];
  axes[1] = port == 1 ? &a[0] : &a[1];
  *o = (fnx_spec){ .struct_size = sizeof *o,
                   .ndim = 2,
                   .kind = port == 1 ? "voxels" : "features",
                   .unit = "1",
                   .dtype = FNX_F8,
                   .axes = axes };
  return o;
}

typedef struct job {
  fnx_call *c;
  const settings *s;
  const double *x; /* n_volume x n_feature */
  double *y, *b;   /* n_voxel x n_volume, n_voxel x n_feature */
} job;

static fnx_status
voxel (void *arg, size_t v, uint32_t worker)
{
  const job *j = arg;
  const settings *s = j->s;
  size_t p = (size_t)s->n_feature, n = (size_t)s->n_volume;
  double *b = j->b + v * p, *y = j->y + v * n, scale = sqrt (s->snr / (double)p);
  (void)worker;
  j->c->rng->normal (s->seed, ITEM_WEIGHT, v * p, b, p);
  j->c->rng->normal (s->seed, ITEM_MODULE + v, 0, y, n);
  for (size_t k = 0; k < p; k++)
    b[k] *= scale;
  for (size_t t = 0; t < n; t++)
    for (size_t k = 0; k < p; k++)
      y[t] += j->x[t * p + k] * b[k];
  return FNX_OK;
}

fnx_status
encoding_run (fnx_call *c, const settings *s, const fnx_buf **out)
{
  fnx_buf *b[3] = { NULL, NULL, NULL };
  double *v[3] = { NULL, NULL, NULL };
  fnx_status st = FNX_OK;
  char json[128];
  for (int i = 0; i < 3 && st == FNX_OK; i++) {
    const fnx_spec *o = encoding_spec (c, s, i);
    b[i] = o ? c->buf->like (c, NULL, o) : NULL;
    v[i] = b[i] ? c->buf->write (c, b[i]) : NULL;
    st = v[i] ? FNX_OK : FNX_E_NOMEM;
  }
  if (st == FNX_OK) {
    job j = { c, s, v[0], v[1], v[2] };
    c->rng->normal (s->seed, ITEM_REGION, 0, v[0], (size_t)(s->n_volume * s->n_feature));
    st = c->parallel (c, (size_t)s->n_voxel, voxel, &j);
  }
  snprintf (json, sizeof json, "{\"explainable\": %.17g, \"seed\": %llu}", s->snr / (1 + s->snr),
            (unsigned long long)s->seed);
  for (int i = 0; i < 2 && st == FNX_OK; i++)
    st = c->buf->set_meta (c, b[i], "SimulatedTruth", json);
  for (int i = 0; i < 3; i++)
    if (st)
      c->buf->unref (b[i]);
    else
      out[i] = b[i];
  return st;
}
