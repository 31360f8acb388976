/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rescale: the same dispersion in each domain (Rodrigues et al. 2019,
 * pyRiemann's TLScale, called TLStretch before).
 */
#include "plugins/riemann/adapt.h"
#include "plugins/common/linalg.h"

#include <math.h>

/* The statistics: the mean, n x n, and the dispersion.  Prepared: root and
 * inverse root of the mean, and the power that matrices are raised to. */
static size_t
size (int n)
{
  return adapt_square (n) + 1;
}

static size_t
prepared (int n)
{
  return 2 * adapt_square (n) + 1;
}

static size_t
work (const matrices *x)
{
  return spd_work (x->n) + 2 * adapt_square (x->n) + spd_ref_size (x->n);
}

static void
identity (double *v, int n)
{
  memset (v, 0, adapt_square (n) * sizeof *v);
  for (size_t i = 0; i < (size_t)n; i++)
    v[i * ((size_t)n + 1)] = 1;
}

/* d (x_i, m) of each trial. */
typedef struct spread {
  const matrices *x;
  const double *ref;
  const int32_t *code;
  int32_t k;
  double *d;
} spread;

static int
spread_one (void *arg, size_t i, double *room)
{
  const spread *p = arg;
  return p->code[i] == p->k ? spd_ref_dist (SPD_RIEMANN, p->x->x[i], p->ref, p->x->n, &p->d[i], room) : 0;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const matrices *x, const double *w, const domains *dom, int32_t k, double *v)
{
  double *ref = c->scratch (c, spd_ref_size (x->n) * sizeof *ref), *d = c->scratch (c, (x->count + 1) * sizeof *d);
  double *room = c->scratch (c, spd_work (x->n) * sizeof *room), sum = 0, total = 0;
  if (!ref || !d || !room)
    return FNX_E_NOMEM;
  fnx_status status = FNX_OK;
  if (s->centred)
    identity (v, x->n);
  else
    status = matrices_mean (c, x, SPD_RIEMANN, w, dom->of, k, s->peer, NULL, v);
  if (status == FNX_OK && spd_ref (SPD_RIEMANN, v, x->n, ref, room))
    status = matrices_refuse (c, x, v, adapt_called (c, "the mean", dom->name[k]));
  spread p = { x, ref, dom->of, k, d };
  if (status == FNX_OK)
    status = matrices_each (c, x, spd_work (x->n), spread_one, &p, NULL);
  if (status != FNX_OK)
    return status;
  for (size_t i = 0; i < x->count; i++)
    if (dom->of[i] == k) {
      sum += (w ? w[i] : 1) * d[i] * d[i];
      total += w ? w[i] : 1;
    }
  v[adapt_square (x->n)] = sum / total;
  if (!(sum / total > 1e-20))
    return c->fail (c, FNX_E_DATA, "%s are the same: they have no dispersion\nleave them out",
                    adapt_called (c, "all trials", dom->name[k]));
  return FNX_OK;
}

static fnx_status
pool (fnx_call *c, const fnx_step *s, int n, const double *v, size_t count, double *to)
{
  double sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += v[k * size (n) + adapt_square (n)];
  to[adapt_square (n)] = sum / (double)count;
  if (!s->centred)
    return adapt_pool (c, SPD_RIEMANN, n, v, size (n), count, to);
  identity (to, n);
  return FNX_OK;
}

static int
move (const fnx_step *s, const matrices *x, size_t i, double t, double *v, double *room)
{
  double *to = room + spd_work (x->n), *dispersion = v + adapt_square (x->n), d;
  if (!s->centred) {
    if (spd_geodesic (SPD_RIEMANN, v, x->x[i], x->n, t, to, room))
      return -1;
    memcpy (v, to, adapt_square (x->n) * sizeof *v);
  }
  if (spd_dist (SPD_RIEMANN, x->x[i], v, x->n, &d, room))
    return -1;
  *dispersion += t * (d * d - *dispersion);
  return 0;
}

static int
prepare (const fnx_step *s, int n, const double *v, double *p, double *room)
{
  p[2 * adapt_square (n)] = sqrt (s->dispersion / v[adapt_square (n)]);
  return s->centred ? 0 : spd_roots (v, n, p, p + adapt_square (n), room);
}

/* M^1/2 (M^-1/2 X M^-1/2)^p M^1/2 */
static int
transform (const fnx_step *s, const matrices *x, size_t i, const double *p, double *out, double *room)
{
  int n = x->n;
  double *y = room + spd_work (n), *z = y + adapt_square (n), power = p[2 * adapt_square (n)];
  if (s->centred)
    return spd_power (x->x[i], n, power, out, room);
  la_congruence (x->x[i], p + adapt_square (n), n, y, room);
  if (spd_power (y, n, power, z, room))
    return -1;
  la_congruence (z, p, n, out, room);
  return 0;
}

static bool
sound (int n, const double *v)
{
  return adapt_symmetric (n, v) && isfinite (v[adapt_square (n)]) && v[adapt_square (n)] > 0;
}

static const adapt_ops ops = { .name = "rescale",
                               .open = adapt_matrices,
                               .size = size,
                               .prepared = prepared,
                               .work = work,
                               .learn = learn,
                               .pool = pool,
                               .move = move,
                               .prepare = prepare,
                               .transform = transform,
                               .sound = sound };

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status status = adapt_create (c, p, &ops, out);
  if (status != FNX_OK)
    return status;
  (*out)->peer = c->param->integer (p, "peer") == 1;
  (*out)->dispersion = c->param->real (p, "dispersion");
  (*out)->centred = c->param->integer (p, "centred") != 0;
  return FNX_OK;
}

ADAPT_ESTIMATOR ("rescale", "domain dispersions");

static const fnx_param_desc dispersion_param = {
  .struct_size = sizeof dispersion_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE | FNX_P_LOG,
  .name = "dispersion",
  .doc = "that each domain gets: the mean squared distance of its matrices to their mean",
  .fallback = "1",
  .min = 1e-6,
  .max = 1e6,
};
static const fnx_param_desc centred_param = {
  .struct_size = sizeof centred_param,
  .type = FNX_T_BOOL,
  .name = "centred",
  .doc = "whether the mean of each domain is the identity already, as behind  ! recentre",
  .fallback = "no",
};
static const fnx_param_desc mean_peer_param = {
  .struct_size = sizeof mean_peer_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc = "exact: pyRiemann's own iteration for the mean; fast: the same mean to 1e-8 in fewer steps",
  .fallback = "fast",
  .choices = spd_peer_names,
};
static const fnx_param_desc *const params[]
    = { &domain_param, &from_param, &dispersion_param, &centred_param, &mean_peer_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "cov[trial,channel,channel]",
                                        .doc = "the matrices, drawn towards their mean or away from it" };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc rescale_step = {
  .struct_size = sizeof rescale_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.rescale",
  .name = "rescale",
  .title = "the same spread of the matrices in each domain",
  .doc
  = "The dispersion d of a domain (the trials of one session of one subject, unless domain= names other columns) is the"
    " mean squared affine-invariant distance of its matrices to their mean M. A matrix X becomes"
    " M^1/2 (M^-1/2 X M^-1/2)^p M^1/2 with p = sqrt (dispersion / d): it moves along the geodesic through M, and the"
    " domain's dispersion is then dispersion=, its mean still M. The second step of Riemannian Procrustes analysis.\n\n"
    "It learns without targets, and whose statistics a trial has is settled as in recentre, which see: those of the"
    " training for a domain that was in it, those of the unlabelled batch for another. from=running starts at the mean"
    " of the training domains' dispersions.",
  .cite = "Rodrigues, Jutten and Congedo, IEEE TBME 66:2390, 2019",
  .equals = "the formulas of pyRiemann 0.9 TLScale with metric riemann",
  .example = "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject begin cov estimator=oas ! recentre"
             " ! rescale centred=yes ! tangent ! svm end",
  .inputs = cov_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .extension = extension,
};
