/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * untangent: tangent vectors as covariance matrices again (pyRiemann's
 * TangentSpace.inverse_transform).
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/plane.h"
#include "plugins/riemann/riemann.h"

#include <math.h>

struct fnx_step {
  spd_metric metric;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  *out = s;
  return FNX_OK;
}

/* ---- what goes in and comes out ------------------------------------------------ */

/* The reference's matrices, of each trial. */
static const fnx_spec *
matrices_spec (fnx_call *c, const fnx_spec *trials, const fnx_spec *ref)
{
  const fnx_axis **axes = c->scratch (c, 4 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (!axes || !s)
    return NULL;
  axes[0] = trials->axes[0];
  for (int k = 0; k < ref->ndim; k++)
    axes[k + 1] = ref->axes[k];
  *s = *ref;
  s->ndim++;
  s->axes = axes;
  return s;
}

/* Are there as many features as the reference's matrices have? */
static fnx_status
count_fits (fnx_call *c, const fnx_spec *trials, const fnx_spec *ref)
{
  int64_t p = trials->axes[1]->size, n = ref->axes[ref->ndim - 1]->size, sets = ref->ndim == 3 ? ref->axes[0]->size : 1;
  if (p == FNX_UNKNOWN || n == FNX_UNKNOWN || sets == FNX_UNKNOWN || n > 20000)
    return FNX_OK; /* the last: reference_of says so */
  int64_t each = n * (n + 1) / 2, of = (int64_t)((sqrt (8.0 * (double)p + 1) - 1) / 2);
  if (each > 0 && p % each == 0 && p / each == sets)
    return FNX_OK;
  if (sets > 1)
    return c->fail (c, FNX_E_SPEC, "%s has %lld features; reference= has %lld frequencies of %lld channels: %lld each",
                    c->recording, (long long)p, (long long)sets, (long long)n, (long long)each);
  if (of * (of + 1) / 2 != p)
    return c->fail (c, FNX_E_SPEC,
                    "%s has %lld features, which no matrix has: n channels have n(n+1)/2, the %lld of reference= %lld\n"
                    "put it behind  ! tangent  without a step that drops features",
                    c->recording, (long long)p, (long long)n, (long long)each);
  return c->fail (c, FNX_E_SPEC,
                  "reference= has %lld channels; the %lld features of %s are those of %lld\n"
                  "give the reference of the  ! tangent  that made them:  reference=@reference",
                  (long long)n, (long long)p, c->recording, (long long)of);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  fnx_status status = reference_fits (c, in[1], NULL, "reference");
  if (status == FNX_OK)
    status = count_fits (c, in[0], in[1]);
  if (status != FNX_OK)
    return status;
  out[0] = matrices_spec (c, in[0], in[1]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* ---- the way back -------------------------------------------------------------- */

typedef struct plan {
  const plane *at; /* of each set */
  size_t sets;
  const rows *vectors;
  double *out;
} plan;

static int
back_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t n = (size_t)p->at->n, q = n * n, each = n * (n + 1) / 2;
  double *y = work, *rest = y + q;
  for (size_t k = 0; k < p->sets; k++) {
    spd_unvec (p->vectors->at[i] + k * each, p->at->n, y);
    if (plane_back (&p->at[k], y, p->out + (i * p->sets + k) * q, rest))
      return -1;
  }
  return 0;
}

static fnx_status
no_matrix (fnx_call *c, const fnx_step *s, const fnx_buf *b, const rows *x, size_t i)
{
  const char *trial = trial_name (c, b, i);
  if (s->metric == SPD_EUCLID)
    return c->fail (c, FNX_E_NUMERIC,
                    "%s: the reference and this vector do not sum to a positive definite matrix\n"
                    "take metric=riemann or metric=logeuclid in tangent and untangent, where any vector is one",
                    trial);
  return c->fail (c, FNX_E_NUMERIC,
                  "%s: a vector of length %.2g is too far from the reference for a matrix in double precision\n"
                  "look for what made it so long behind  ! tangent",
                  trial, la_norm (x->at[i], x->p));
}

/* A plane at each of the reference's matrices. */
static fnx_status
planes_of (fnx_call *c, const fnx_step *s, const matrices *ref, plane **out)
{
  size_t room = plane_room (s->metric, ref->n);
  plane *at = c->scratch (c, ref->count * sizeof *at);
  double *kept = c->scratch (c, (ref->count * room + 1) * sizeof *kept);
  double *work = c->scratch (c, plane_work (ref->n) * sizeof *work);
  if (!at || !kept || !work)
    return FNX_E_NOMEM;
  for (size_t k = 0; k < ref->count; k++)
    if (plane_make (&at[k], s->metric, ref->n, ref->x[k], true, kept + k * room, work))
      return matrices_refuse (c, ref, ref->x[k], "reference=");
  *out = at;
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  matrices ref;
  plane *at = NULL;
  const fnx_spec *from = c->buf->spec (in[0]), *spec = NULL;
  fnx_status status = reference_of (c, in[1], "reference", s->metric != SPD_EUCLID, &ref);
  if (status == FNX_OK)
    status = count_fits (c, from, c->buf->spec (in[1]));
  if (status == FNX_OK)
    status = rows_of (c, in[0], 0, &x);
  if (status == FNX_OK)
    status = planes_of (c, s, &ref, &at);
  if (status == FNX_OK && !(spec = matrices_spec (c, from, c->buf->spec (in[1]))))
    status = FNX_E_NOMEM;
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  plan p = { at, ref.count, &x, b ? c->buf->write (c, b) : NULL };
  if (status == FNX_OK && !p.out)
    status = FNX_E_NOMEM;
  if (status == FNX_OK) {
    const matrices trials = { .n = ref.n, .count = x.n };
    size_t bad = x.n, q = (size_t)ref.n * (size_t)ref.n;
    status = matrices_each (c, &trials, plane_work (ref.n) + q, back_one, &p, &bad);
    if (bad < x.n)
      status = no_matrix (c, s, in[0], &x, bad);
  }
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

static const fnx_param_desc *const params[] = { &plane_metric_param, NULL };

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port,
  .name = "in",
  .what = "features[trial,feature]",
  .doc = "tangent vectors, n(n+1)/2 numbers a matrix, as  ! tangent  gives them",
};
static const fnx_port_desc reference_port = {
  .struct_size = sizeof reference_port,
  .name = "reference",
  .what = REFERENCE_WHAT,
  .doc = "M, about which they were taken:  reference=@reference  behind  ! tangent",
};
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "cov[trial,channel,channel] or spectrum[trial,freq,channel,channel]",
  .doc = "positive definite matrices",
};
static const fnx_port_desc *const inputs[] = { &in_port, &reference_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc untangent_step = {
  .struct_size = sizeof untangent_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.untangent",
  .name = "untangent",
  .title = "tangent vectors as covariance matrices again",
  .doc
  = "The inverse of tangent, about the same matrix M with the same metric: what was done to vectors (turned, averaged,"
    " weighted) can be seen as covariances, and classified as such. riemann gives M^1/2 exp(Y) M^1/2 of the matrix Y"
    " whose upper triangle the vector is, off-diagonals divided by the root of 2; logeuclid the matrix whose logarithm"
    " less that of M the derivative of exp at log M takes to Y; euclid M + Y, which need not be positive definite and"
    " is refused where it is not.\n\n"
    "tangent gives its M out under the name @reference. Inside evaluate that is the mean of each fold's training"
    " trials, for the tested ones too.",

  .cite = "Barachant et al., IEEE TBME 59:920, 2012; Pennec, Fillard and Ayache, IJCV 66:41, 2006",
  .equals = "pyRiemann 0.9 TangentSpace.inverse_transform to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! cov estimator=oas"
             " ! tangent ! untangent reference=@reference ! mean ! table\n"
             "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject calibration=10 begin cov estimator=oas ! recentre ! rescale centred=yes"
             " ! tangent ! tangentrotate ! untangent reference=@reference ! mdm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
