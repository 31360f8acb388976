/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step `connectivity`: how much the series of each two regions have in
 * common.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/network/network.h"

/* A matrix larger than this (3.2 GB) is rather a mistake than a wish. */
enum { MOST_REGIONS = 20000 };

struct fnx_step {
  const net_method *method;
  bool fisher, isolate;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  s->method = &net_methods[c->param->integer (p, "method")];
  s->fisher = c->param->integer (p, "fisher") != 0;
  s->isolate = c->param->integer (p, "missing") == 1;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

/* Regions by regions, with the labels and columns of the series' first axis. */
static const fnx_spec *
spec_of (fnx_call *c, const fnx_spec *in)
{
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  fnx_axis *a = c->scratch (c, sizeof *a);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!spec || !a || !axes)
    return NULL;
  *a = (fnx_axis){ .struct_size = sizeof *a,
                   .name = "region",
                   .size = in->axes[0]->size,
                   .labels = in->axes[0]->labels,
                   .columns = in->axes[0]->columns };
  axes[0] = axes[1] = a;
  *spec = (fnx_spec){ .struct_size = sizeof *spec,
                      .ndim = 2,
                      .kind = "connectivity",
                      .unit = "1",
                      .dtype = FNX_F8,
                      .axes = axes,
                      .affine = in->affine,
                      .space = in->space };
  return spec;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  int64_t n = in[0]->axes[0]->size, t = in[0]->axes[1]->size;
  if (n > MOST_REGIONS)
    return c->fail (c, FNX_E_SPEC,
                    "%lld x %lld correlations need %.1f GB\nmeasure the network without the matrix:  ! degree tau=0.3",
                    (long long)n, (long long)n, (double)n * (double)n * 8e-9);
  if (t != FNX_UNKNOWN && t < 3)
    return c->fail (c, FNX_E_DATA, "%lld samples in time; a correlation needs 3 at least", (long long)t);
  return (out[0] = spec_of (c, in[0])) ? FNX_OK : FNX_E_NOMEM;
}

static void
name_of (const fnx_axis *a, int64_t i, char text[80])
{
  if (a->labels)
    snprintf (text, 80, "%s %.60s", a->name, a->labels[i]);
  else
    snprintf (text, 80, "%s number %lld", a->name, (long long)i + 1);
}

/* Say what stands behind rows of zeros. */
static fnx_status
judge (fnx_call *c, const fnx_step *s, const fnx_axis *a, const uint8_t *state)
{
  int64_t constant = 0, missing = 0, first = -1;
  char name[80];
  for (int64_t i = 0; i < a->size; i++) {
    constant += state[i] == ROW_CONSTANT;
    missing += state[i] == ROW_MISSING;
    first = state[i] == ROW_MISSING && first < 0 ? i : first;
  }
  if (missing && !s->isolate) {
    name_of (a, first, name);
    return c->fail (c, FNX_E_DATA,
                    "%s has samples that are missing (NaN) or infinite, as have %lld of %lld in all\n"
                    "leave them without connections:  missing=isolate",
                    name, (long long)missing, (long long)a->size);
  }
  if (constant + missing == a->size)
    return c->fail (c, FNX_E_DATA, "all %lld series are constant: there is nothing to correlate", (long long)a->size);
  if (constant + missing)
    c->log (c, FNX_LOG_NOTE, "%lld of %lld series are constant%s: their connections are 0",
            (long long)(constant + missing), (long long)a->size, missing ? " or have missing samples" : "");
  return FNX_OK;
}

/* atanh spreads r near 1 (Fisher 1921); the diagonal would be infinite and is 0. */
static void
fisher (fnx_call *c, double *v, int64_t n)
{
  const double most = 1 - 0x1p-53; /* the largest double below 1 */
  bool same = false;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      double r = v[i * n + j];
      same |= i != j && fabs (r) > most;
      v[i * n + j] = i == j ? 0 : atanh (r > most ? most : r < -most ? -most : r);
    }
  if (same)
    c->log (c, FNX_LOG_NOTE, "some series are the same but for scale: their Fisher z is cut at %.1f", atanh (most));
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]), *result;
  const fnx_tensor *x = c->buf->read (in[0]);
  fnx_status e = x ? negotiate (c, s, &spec, &result) : c->fail (c, FNX_E_NOMEM, "out of memory");
  if (e)
    return e;
  int64_t n = spec->axes[0]->size, t = spec->axes[1]->size;
  uint8_t *state = c->scratch (c, (size_t)n);
  fnx_buf *b = c->buf->like (c, in[0], result);
  double *v = b ? c->buf->write (c, b) : NULL;
  e = v && state ? s->method->run (c, x->data, n, t, v, state) : FNX_E_NOMEM;
  if (!e)
    e = judge (c, s, spec->axes[0], state);
  if (!e && s->fisher)
    fisher (c, v, n);
  return give (c, e, b, out);
}

static const char *const policies[] = { "refuse", "isolate", NULL };
PARAM (p_method, .type = FNX_T_ENUM, .flags = FNX_P_TUNABLE, .name = "method", .fallback = "correlation",
       .choices = net_method_names, .doc = "what connects two series");
PARAM (p_fisher, .type = FNX_T_BOOL, .flags = FNX_P_TUNABLE, .name = "fisher", .fallback = "no",
       .doc = "give Fisher's z = atanh r instead of r; its diagonal is 0");
PARAM (p_missing, .type = FNX_T_ENUM, .name = "missing", .fallback = "refuse", .choices = policies,
       .doc = "series with missing samples: refuse them, or leave them without connections");
static const fnx_param_desc *const params[] = { &p_method, &p_fisher, &p_missing, NULL };
static const fnx_port_desc i_series = { .struct_size = sizeof i_series,
                                        .name = "in",
                                        .what = "series[region,time] or signal[channel,time] or voxels[voxel,time]",
                                        .doc = "one series a region" };
static const fnx_port_desc o_matrix = {
  .struct_size = sizeof o_matrix, .name = "out", .what = "connectivity[region,region]", .doc = "a symmetric matrix"
};
static const fnx_port_desc *const inputs[] = { &i_series, NULL }, *const outputs[] = { &o_matrix, NULL };

const fnx_step_desc step_connectivity = {
  .struct_size = sizeof step_connectivity,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.network.connectivity",
  .name = "connectivity",
  .title = "how alike the series of each two regions are",
  .doc
  = "Pearson's correlation of each two series over all time, 1 on the diagonal. A constant series has no correlation: "
    "its row, column and diagonal are 0, and a note says how many there are. Fewer samples than regions are fine for "
    "single correlations (the matrix is then singular).",
  .cite = "Fisher 1921 for z",
  .equals = "numpy.corrcoef() to 1e-12; nilearn's kind=\"correlation\" shrinks (Ledoit-Wolf), this does not",
  .example = "fornix run sim:rest ! connectivity ! threshold density=0.1 ! degree",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
};
