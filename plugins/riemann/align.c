/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * align: Euclidean alignment of epochs (He and Wu 2020; the convention of
 * MIRepNet).
 */
#include "plugins/riemann/adapt.h"
#include "plugins/common/linalg.h"

#include <math.h>

static fnx_status
open (fnx_call *c, const fnx_step *s, const fnx_buf *b, size_t need, matrices *x)
{
  const fnx_spec *spec = c->buf->spec (b);
  int64_t count = spec->axes[0]->size, n = spec->axes[1]->size, T = spec->axes[2]->size;
  (void)s;
  if (count < (int64_t)need)
    return c->fail (c, FNX_E_DATA, "%s has %lld trial%s; at least %zu are needed\ngive more recordings, or longer ones",
                    c->recording, (long long)count, count == 1 ? "" : "s", need);
  if (n < 1 || n > 20000)
    return c->fail (c, FNX_E_SPEC, "%s has %lld channels; align takes 1 to 20000", c->recording, (long long)n);
  if (T < 2 || T > INT32_MAX / 2)
    return c->fail (c, FNX_E_SPEC, "%s has epochs of %lld samples; align takes 2 to %d", c->recording, (long long)T,
                    INT32_MAX / 2);
  const double **at = c->scratch (c, ((size_t)count + 1) * sizeof *at);
  if (!at)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < count; i++)
    at[i] = c->buf->item (b, i);
  *x = (matrices){ .n = (int)n, .count = (size_t)count, .x = at, .of = b, .samples = (int)T };
  return FNX_OK;
}

static size_t
work (const matrices *x)
{
  size_t own = cov_work (x->n, x->samples), spd = spd_work (x->n);
  return (own > spd ? own : spd) + adapt_square (x->n);
}

/* Sums over fixed tiles of trials, added in order. */
enum { TILE = 16 };

typedef struct sums {
  const fnx_step *s;
  const matrices *x;
  const double *w;
  const int32_t *code;
  int32_t k;
  double *tile, *work;
  size_t room, *bad;
} sums;

static fnx_status
sum_tile (void *arg, size_t t, uint32_t worker)
{
  const sums *p = arg;
  size_t q = adapt_square (p->x->n), end = (t + 1) * TILE < p->x->count ? (t + 1) * TILE : p->x->count;
  double *own = p->work + worker * p->room, *rest = own + q;
  for (size_t i = t * TILE; i < end; i++) {
    if (p->code[i] != p->k)
      continue;
    if (cov_estimate (p->s->kind, p->x->x[i], p->x->n, p->x->samples, own, rest)) {
      p->bad[t] = i + 1;
      return FNX_E_NUMERIC;
    }
    la_axpy (p->tile + t * q, p->w ? p->w[i] : 1, own, q);
  }
  return FNX_OK;
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const matrices *x, const double *w, const domains *d, int32_t k, double *v)
{
  size_t tiles = (x->count + TILE - 1) / TILE, q = adapt_square (x->n);
  sums p = { .s = s, .x = x, .w = w, .code = d->of, .k = k, .room = (work (x) + 15) & ~(size_t)7 };
  double total = 0;
  p.tile = c->scratch (c, (tiles * q + 1) * sizeof *p.tile);
  p.work = c->scratch (c, (c->max_threads ? c->max_threads : 1) * p.room * sizeof *p.work);
  p.bad = c->scratch (c, (tiles + 1) * sizeof *p.bad);
  if (!p.tile || !p.work || !p.bad)
    return FNX_E_NOMEM;
  fnx_status status = c->parallel (c, tiles, sum_tile, &p);
  for (size_t t = 0; status != FNX_OK && t < tiles; t++)
    if (p.bad[t])
      return epochs_refuse (c, x->of, p.bad[t] - 1);
  if (status != FNX_OK)
    return status;
  for (size_t i = 0; i < x->count; i++)
    total += d->of[i] == k ? w ? w[i] : 1 : 0;
  memset (v, 0, q * sizeof *v);
  for (size_t t = 0; t < tiles; t++)
    la_axpy (v, 1 / total, p.tile + t * q, q);
  la_mirror (v, x->n); /* the two triangles may be summed by different instructions */
  if (cov_spd (v, x->n, p.work)) {
    status = samples_refuse_any (c, x->of);
    if (status == FNX_OK)
      status = matrices_refuse (c, x, v, adapt_called (c, "the mean covariance", d->name[k]));
  }
  return status;
}

static fnx_status
pool (fnx_call *c, const fnx_step *s, int n, const double *v, size_t count, double *to)
{
  (void)c, (void)s;
  memset (to, 0, adapt_square (n) * sizeof *to);
  for (size_t k = 0; k < count; k++)
    la_axpy (to, 1 / (double)count, v + k * adapt_square (n), adapt_square (n));
  la_mirror (to, n);
  return FNX_OK;
}

static int
move (const fnx_step *s, const matrices *x, size_t i, double t, double *v, double *room)
{
  size_t q = adapt_square (x->n);
  if (cov_estimate (s->kind, x->x[i], x->n, x->samples, room, room + q))
    return -1;
  la_scale (v, 1 - t, q);
  la_axpy (v, t, room, q);
  return 0;
}

static int
transform (const fnx_step *s, const matrices *x, size_t i, const double *p, double *out, double *room)
{
  size_t count = (size_t)x->n * (size_t)x->samples;
  double odd = 0;
  (void)s, (void)room;
  for (size_t k = 0; k < count; k++)
    odd += x->x[i][k] - x->x[i][k]; /* 0 of numbers, NaN of others */
  if (odd != 0 || isnan (odd))
    return -1;
  la_mul (out, p, x->x[i], x->n, x->samples, x->n, 1, 0);
  return 0;
}

/* The statistics: the mean covariance, n x n.  Prepared: its inverse root. */
static const adapt_ops ops = { .name = "align",
                               .unitless = true,
                               .open = open,
                               .size = adapt_square,
                               .prepared = adapt_square,
                               .work = work,
                               .learn = learn,
                               .pool = pool,
                               .move = move,
                               .prepare = adapt_whitener,
                               .transform = transform,
                               .sound = adapt_symmetric };

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status status = adapt_create (c, p, &ops, out);
  if (status == FNX_OK)
    (*out)->kind = (cov_kind)c->param->integer (p, "estimator");
  return status;
}

ADAPT_ESTIMATOR ("align", "domain covariances");

static const fnx_param_desc cov_param = {
  .struct_size = sizeof cov_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc
  = "of the covariance of each trial, as in cov; cov: over T-1, as the authors do; oas where channels are referenced",
  .fallback = "cov",
  .choices = cov_names,
};
static const fnx_param_desc *const params[] = { &domain_param, &from_param, &cov_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "epochs[trial,channel,time]",
                                        .doc = "the trials; their mean covariance is the identity in each domain" };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc align_step = {
  .struct_size = sizeof align_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.align",
  .name = "align",
  .title = "Euclidean alignment: each domain whitened by its mean covariance",
  .doc
  = "A domain is what was recorded alike: the trials of one session of one subject, unless domain= names other columns."
    " R is the arithmetic mean of the covariances of its trials (numpy.cov of each: every channel centred over the"
    " trial, over T-1), and a trial X[channel,time] becomes R^-1/2 X, with R^-1/2 symmetric. Signals of different"
    " subjects and headsets then look alike to whatever comes next: csp, a network, cov.\n\n"
    "It learns without targets. A domain that was in the training keeps the R of its training trials; one that was not"
    " has the R of its own unlabelled trials in the batch that is applied, all test trials of a session at once, which"
    " is how the authors use it. from=fit refuses such a domain, from=batch gives every batch its own R (the authors'"
    " way for the training too), and from=running uses for the k-th trial only itself and those before it: R starts at"
    " the mean of the training domains and moves by 1/(k+1) to the trial's covariance. Elsewhere a domain needs two"
    " trials. recentre does the same to covariances, with any mean.",
  .cite = "He and Wu, IEEE TBME 67:399, 2020",
  .equals = "the formula of the authors and of MIRepNet",
  .example = "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject begin align ! cov ! csp ! lda end",
  .inputs = epochs_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = adapt_unitless,
  .extension = extension,
};
