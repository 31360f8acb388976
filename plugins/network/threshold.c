/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step `threshold`: connectivity to a graph.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/network/network.h"

struct fnx_step {
  bool by_density, binary;
  double tau, density;
  int64_t sign;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  bool tau = c->param->given (p, "tau"), density = c->param->given (p, "density");
  *out = NULL;
  if (tau == density)
    return c->fail (c, FNX_E_PARAM, "threshold needs %s\nfor example  threshold tau=0.3  or  threshold density=0.1",
                    tau ? "one of tau= and density=, not both" : "tau= or density=");
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  s->by_density = density;
  s->tau = tau ? c->param->real (p, "tau") : 0;
  s->density = density ? c->param->real (p, "density") : 0;
  s->sign = c->param->integer (p, "sign");
  s->binary = c->param->integer (p, "binary") != 0;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

/* ---- the strongest edges -------------------------------------------------------- */
typedef struct edge {
  double v;
  int64_t at; /* i * n + j, i < j: row-major order breaks ties */
} edge;

static int
stronger (const void *a, const void *b)
{
  const edge *x = a, *y = b;
  if (x->v != y->v)
    return x->v > y->v ? -1 : 1;
  return x->at < y->at ? -1 : x->at > y->at;
}

/* A row of zeros is a region without a series (see connectivity): no edge of
 * it is eligible, however negative the others are. */
static void
isolated (const double *r, int64_t n, uint8_t *none)
{
  for (int64_t i = 0; i < n; i++) {
    none[i] = 1;
    for (int64_t j = 0; j < n && none[i]; j++)
      none[i] = r[i * n + j] == 0;
  }
}

/* keep[i * n + j] for i < j. */
static fnx_status
choose (fnx_call *c, const fnx_step *s, const double *r, int64_t n, uint8_t *keep)
{
  uint8_t *none = c->scratch (c, (size_t)n);
  if (!none)
    return FNX_E_NOMEM;
  isolated (r, n, none);
  if (!s->by_density) {
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = i + 1; j < n; j++)
        keep[i * n + j] = !none[i] && !none[j] && net_strength (r[i * n + j], s->sign) > s->tau;
    return FNX_OK;
  }
  size_t pairs = (size_t)n * (size_t)(n - 1) / 2, m = 0;
  edge *e = c->scratch (c, (pairs + 1) * sizeof *e);
  if (!e)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++)
      if (!none[i] && !none[j])
        e[m++] = (edge){ net_strength (r[i * n + j], s->sign), i * n + j };
  qsort (e, m, sizeof *e, stronger);
  size_t want = (size_t)floor (s->density * (double)pairs * (1 + 1e-12)); /* 0.1 * 19900 is 1990 */
  for (size_t k = 0; k < want && k < m; k++)
    keep[e[k].at] = 1;
  if (want > m)
    c->log (c, FNX_LOG_NOTE, "%zu edges asked for, only %zu pairs of regions have a series", want, m);
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  const fnx_tensor *x = c->buf->read (in[0]);
  if (!x)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  int64_t n = spec->axes[0]->size;
  const double *r = x->data;
  if (spec->axes[1]->size != n)
    return c->fail (c, FNX_E_DATA, "%lld x %lld values: connectivity is square", (long long)n,
                    (long long)spec->axes[1]->size);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++)
      if (!(isfinite (r[i * n + j]) && r[i * n + j] == r[j * n + i]))
        return c->fail (
            c, FNX_E_DATA, "the connection of regions %lld and %lld is %s", (long long)i + 1, (long long)j + 1,
            isfinite (r[i * n + j]) ? "not symmetric: a directed network has no threshold here" : "missing (NaN)");
  uint8_t *keep = c->scratch (c, (size_t)n * (size_t)n);
  fnx_buf *b = c->buf->like (c, in[0], NULL);
  double *v = b ? c->buf->write (c, b) : NULL;
  fnx_status e = v && keep ? choose (c, s, r, n, keep) : FNX_E_NOMEM;
  if (e) {
    c->buf->unref (b);
    return e;
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++)
      if (keep[i * n + j])
        v[i * n + j] = v[j * n + i] = s->binary ? 1 : r[i * n + j];
  out[0] = b;
  return FNX_OK;
}

PARAM (p_tau, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .name = "tau", .min = -1e9, .max = 1e9,
       .doc = "keep connections above this (strictly)");
PARAM (p_density, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE | FNX_P_LOG, .name = "density", .min = 1e-9, .max = 1,
       .doc = "keep this share of all pairs of regions, the strongest ones");
PARAM (p_sign, .type = FNX_T_ENUM, .flags = FNX_P_TUNABLE, .name = "sign", .fallback = "positive", .choices = net_signs,
       .doc = "compare r, |r| or -r");
PARAM (p_binary, .type = FNX_T_BOOL, .flags = FNX_P_TUNABLE, .name = "binary", .fallback = "no",
       .doc = "edges become 1 instead of keeping their weight");
static const fnx_param_desc *const params[] = { &p_tau, &p_density, &p_sign, &p_binary, NULL };
static const fnx_port_desc i_matrix = {
  .struct_size = sizeof i_matrix, .name = "in", .what = "connectivity[region,region]", .doc = "a symmetric matrix"
};
static const fnx_port_desc o_matrix = { .struct_size = sizeof o_matrix,
                                        .name = "out",
                                        .what = "the same",
                                        .doc = "0 where there is no edge, and on the diagonal" };
static const fnx_port_desc *const inputs[] = { &i_matrix, NULL }, *const outputs[] = { &o_matrix, NULL };

const fnx_step_desc step_threshold = {
  .struct_size = sizeof step_threshold,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.network.threshold",
  .name = "threshold",
  .title = "keep the strong connections",
  .doc
  = "Makes a graph of connectivity: connections above tau, or the floor(density * N(N-1)/2) strongest ones, keep their "
    "weight; all others and the diagonal become 0. Equal weights at the limit are taken row by row, so the number "
    "of edges is exact. N counts all regions; those without a series (rows of 0) get no edge.",
  .equals = "the graphs of bctpy threshold_absolute; of threshold_proportional but for ties and rounding (it rounds to "
            "nearest)",
  .example = "fornix run sim:rest ! connectivity ! threshold tau=0.3 ! degree",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .run = run,
};
