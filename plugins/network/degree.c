/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step `degree`: how many connections each node has, and how strong they
 * are together; of a connectivity matrix, or of all voxels of a recording.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/network/network.h"

struct fnx_step {
  bool has_tau, f4;
  double tau;
  int64_t sign, n_edges;
  double *edges;
};

static void
destroy (fnx_step *s)
{
  free (s->edges);
  free (s);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  size_t n = 0;
  const double *edges = c->param->given (p, "bins") ? c->param->reals (p, "bins", &n) : NULL;
  fnx_step *s = calloc (1, sizeof *s);
  if (!s || (n && !(s->edges = malloc (n * sizeof *s->edges)))) {
    free (s);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  *out = s;
  s->has_tau = c->param->given (p, "tau");
  s->tau = s->has_tau ? c->param->real (p, "tau") : 0;
  s->sign = c->param->integer (p, "sign");
  s->f4 = c->param->integer (p, "precision") == 1;
  s->n_edges = (int64_t)n;
  for (size_t i = 0; i < n; i++) {
    s->edges[i] = edges[i];
    if (!(edges[i] > (i ? edges[i - 1] : 0)))
      return c->fail (c, FNX_E_PARAM, "bins= wants distances that rise, above 0\nfor example  bins=20mm,40mm,80mm");
  }
  if (n > 60)
    return c->fail (c, FNX_E_PARAM, "bins= has %zu distances, 60 at most", n);
  return FNX_OK;
}

/* ---- specs ------------------------------------------------------------------------- */
static bool
of_voxels (const fnx_spec *s)
{
  return !strcmp (s->axes[0]->name, "voxel");
}

static const char *const *
labels_of (fnx_call *c, const fnx_step *s, bool voxels, int64_t *n)
{
  *n = 2 + (s->n_edges ? s->n_edges + 1 : 0);
  const char **list = c->scratch (c, (size_t)*n * sizeof *list);
  char *text = c->scratch (c, (size_t)*n * 48);
  if (!list || !text)
    return NULL;
  list[0] = "degree", list[1] = voxels ? "weight_sum" : "strength";
  for (int64_t b = 0; b < *n - 2; b++, text += 48) {
    if (b < s->n_edges)
      snprintf (text, 48, "degree_%g_%gmm", b ? s->edges[b - 1] : 0, s->edges[b]);
    else
      snprintf (text, 48, "degree_%gmm_on", s->edges[b - 1]);
    list[2 + b] = text;
  }
  return list;
}

static fnx_status
spec_of (fnx_call *c, const fnx_step *s, const fnx_spec *in, const fnx_spec **out)
{
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!spec || !feature || !axes)
    return FNX_E_NOMEM;
  *feature = (fnx_axis){ .struct_size = sizeof *feature, .name = "feature" };
  if (!(feature->labels = labels_of (c, s, of_voxels (in), &feature->size)))
    return FNX_E_NOMEM;
  axes[0] = in->axes[0], axes[1] = feature;
  *spec = (fnx_spec){ .struct_size = sizeof *spec,
                      .ndim = 2,
                      .kind = "features",
                      .unit = "1",
                      .dtype = FNX_F8,
                      .axes = axes,
                      .affine = in->affine,
                      .space = in->space };
  *out = spec;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  if (of_voxels (in[0]) && !s->has_tau)
    return c->fail (c, FNX_E_PARAM,
                    "degree of voxels needs tau, the correlation above which two are connected\n"
                    "for example  degree tau=0.3");
  if (!of_voxels (in[0]) && s->n_edges)
    return c->fail (c, FNX_E_PARAM, "bins= needs positions; connectivity has none, voxels have");
  if (of_voxels (in[0]) && s->n_edges && !in[0]->affine)
    return c->fail (c, FNX_E_SPEC, "bins= needs distances in mm, and these voxels have no affine");
  return spec_of (c, s, in[0], out);
}

/* ---- a matrix ------------------------------------------------------------------------ */
static fnx_status
of_matrix (fnx_call *c, const fnx_step *s, const fnx_spec *spec, const double *r, double *out)
{
  int64_t n = spec->axes[0]->size;
  if (spec->axes[1]->size != n)
    return c->fail (c, FNX_E_DATA, "%lld x %lld values: connectivity is square", (long long)n,
                    (long long)spec->axes[1]->size);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      double v = net_strength (r[i * n + j], s->sign);
      if (i != j && isnan (v))
        return c->fail (c, FNX_E_DATA, "the connection of regions %lld and %lld is missing (NaN)", (long long)i + 1,
                        (long long)j + 1);
      if (i != j && v > s->tau) {
        out[2 * i] += 1;
        out[2 * i + 1] += v;
      }
    }
  return FNX_OK;
}

/* ---- voxels ---------------------------------------------------------------------------- */
static fnx_status
of_series (fnx_call *c, const fnx_step *s, const fnx_buf *in, const fnx_spec *spec, const void *x, double *out)
{
  static const char *const names[] = { "x", "y", "z" };
  int64_t n = spec->axes[0]->size, t = spec->axes[1]->size, odd = 0;
  net_distance d = { .n_edges = s->n_edges, .edges = s->edges, .affine = spec->affine };
  for (int k = 0; k < 3 && s->n_edges; k++) {
    const fnx_column *col = c->buf->column (in, "voxel", names[k]);
    if (!col || !col->reals)
      return c->fail (c, FNX_E_SPEC, "bins= needs positions, and these voxels have no column %s", names[k]);
    d.xyz[k] = col->reals;
  }
  if (t < 3)
    return c->fail (c, FNX_E_DATA, "%lld samples in time; a correlation needs 3 at least", (long long)t);
  double *z = c->scratch (c, (size_t)n * (size_t)t * sizeof *z);
  uint8_t *state = c->scratch (c, (size_t)n);
  if (!z || !state)
    return FNX_E_NOMEM;
  fnx_status e = net_unit_rows (c, x, spec->dtype.bits == 32, n, t, z, state);
  if (e)
    return e;
  for (int64_t i = 0; i < n; i++)
    odd += state[i] != ROW_GOOD;
  if (odd)
    c->log (c, FNX_LOG_NOTE, "%lld of %lld voxels are constant or have missing samples: they have no connections",
            (long long)odd, (long long)n);
  return net_voxelwise (c, z, state, n, t, s->tau, s->sign, s->f4, &d, out);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]), *result;
  const fnx_tensor *x = c->buf->read (in[0]);
  fnx_status e = x ? negotiate (c, s, &spec, &result) : c->fail (c, FNX_E_NOMEM, "out of memory");
  if (e)
    return e;
  fnx_buf *b = c->buf->like (c, in[0], result);
  double *v = b ? c->buf->write (c, b) : NULL;
  e = !v                 ? FNX_E_NOMEM
      : of_voxels (spec) ? of_series (c, s, in[0], spec, x->data, v)
                         : of_matrix (c, s, spec, x->data, v);
  return give (c, e, b, out);
}

static const char *const precisions[] = { "f8", "f4", NULL };
PARAM (p_tau, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .name = "tau", .min = -1e9, .max = 1e9,
       .doc = "connected are nodes whose r is above this (strictly); of connectivity 0 if not given");
PARAM (p_sign, .type = FNX_T_ENUM, .flags = FNX_P_TUNABLE, .name = "sign", .fallback = "positive", .choices = net_signs,
       .doc = "compare and sum r, |r| or -r");
PARAM (p_bins, .type = FNX_T_REALS, .name = "bins", .unit = "mm",
       .doc = "also count connections by distance: below the first, up to the next, ..., from the last on");
PARAM (p_precision, .type = FNX_T_ENUM, .name = "precision", .fallback = "f8", .choices = precisions,
       .doc = "f4 is about twice as fast: degrees are the same, weight sums good to 1e-6");
static const fnx_param_desc *const params[] = { &p_tau, &p_sign, &p_bins, &p_precision, NULL };
static const fnx_port_desc i_net = { .struct_size = sizeof i_net,
                                     .name = "in",
                                     .what = "connectivity[region,region] or voxels[voxel,time]",
                                     .doc = "a graph, or series whose correlations are one" };
static const fnx_port_desc o_maps = { .struct_size = sizeof o_maps,
                                      .name = "out",
                                      .what = "features[region,feature] or features[voxel,feature]",
                                      .doc = "degree and strength (weight sum) of each node" };
static const fnx_port_desc *const inputs[] = { &i_net, NULL }, *const outputs[] = { &o_maps, NULL };

const fnx_step_desc step_degree = {
  .struct_size = sizeof step_degree,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.network.degree",
  .name = "degree",
  .title = "how many connections each node has",
  .doc
  = "Degree is the number of other nodes with r above tau, strength (weight sum) the sum of those r.\n\n"
    "Of voxels the network is never held in memory: it is walked in tiles, and pairs too close to tau for the rounding "
    "of a matrix product are decided again in a fixed order, so that degrees are exact and the same on every machine. "
    "With bins= degrees are also counted by distance; a distance within 1e-6 mm of a limit counts as beyond it. "
    "Constant voxels and such with missing samples have no connections.",
  .cite = "Dey, Rao, Shah 2012, arXiv 2306.09239 (degree, varying-distance degree, edge-weight sum)",
  .equals = "AFNI 3dDegreeCentrality -thresh, binary and weighted",
  .example = "fornix run sim:rest ! connectivity ! threshold density=0.1 ! degree",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
};
