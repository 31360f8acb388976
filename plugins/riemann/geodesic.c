/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * geodesic: each trial's matrix moved a part of the way towards one matrix.
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"

struct fnx_step {
  spd_metric metric;
  double at;
};

static const char *const metric_names[] = { "riemann", "logeuclid", "euclid", "wasserstein", NULL };
static const spd_metric metrics[] = { SPD_RIEMANN, SPD_LOGEUCLID, SPD_EUCLID, SPD_WASSERSTEIN };

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  spd_metric metric = metrics[c->param->integer (p, "metric")];
  double at = c->param->real (p, "at");
  if (metric == SPD_WASSERSTEIN && !(at >= 0 && at <= 1))
    return c->fail (c, FNX_E_PARAM,
                    "at=%g is not between 0 and 1, where this metric's geodesics end\n"
                    "take metric=riemann or metric=logeuclid to go beyond",
                    at);
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = metric;
  s->at = at;
  *out = s;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = in[0];
  return reference_fits (c, in[1], in[0], "to");
}

typedef struct plan {
  const fnx_step *s;
  const matrices *x;
  const double *origin; /* of the matrix to go to */
  double *out;
} plan;

/* From there to the trial: at is the part that is left out. */
static int
go_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  int n = p->x->n;
  double *out = p->out + i * (size_t)n * (size_t)n;
  return spd_along (p->s->metric, p->origin, p->x->x[i], n, 1 - p->s->at, out, work) || cov_spd (out, n, work) ? -1 : 0;
}

/* The trial itself, where it is at fault. */
static fnx_status
no_matrix (fnx_call *c, const fnx_step *s, const matrices *x, size_t i, double *work)
{
  if (s->metric != SPD_EUCLID || (s->at >= 0 && s->at <= 1 && cov_spd (x->x[i], x->n, work)))
    return matrices_bad (c, x, i);
  return c->fail (c, FNX_E_NUMERIC,
                  "at=%g takes %s out of the positive definite matrices\n"
                  "take at= between 0 and 1, or metric=riemann or metric=logeuclid, which stay inside",
                  s->at, trial_name (c, x->of, i));
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x, to;
  bool spd = s->metric != SPD_EUCLID;
  fnx_status status = matrices_of (c, in[0], 0, spd, &x);
  if (status == FNX_OK)
    status = reference_fits (c, c->buf->spec (in[1]), c->buf->spec (in[0]), "to");
  if (status == FNX_OK)
    status = reference_of (c, in[1], "to", spd, &to);
  if (status != FNX_OK)
    return status;
  size_t room = spd_work (x.n), bad = x.count;
  double *work = c->scratch (c, (room + spd_origin_size (x.n)) * sizeof *work);
  if (!work)
    return FNX_E_NOMEM;
  if (spd_origin (s->metric, to.x[0], x.n, work + room, work))
    return matrices_refuse (c, &to, to.x[0], "to=");
  fnx_buf *b = c->buf->like (c, in[0], NULL);
  plan p = { s, &x, work + room, b ? c->buf->write (c, b) : NULL };
  status = p.out ? matrices_each (c, &x, room, go_one, &p, &bad) : FNX_E_NOMEM;
  if (bad < x.count)
    status = no_matrix (c, s, &x, bad, work);
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

static const fnx_param_desc at_param = {
  .struct_size = sizeof at_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "at",
  .doc = "the part of the way: 0 leaves each trial as it is, 1 is m; below 0 away from m, above 1 beyond it",
  .fallback = "0.5",
  .min = -10,
  .max = 10,
};
static const fnx_param_desc geodesic_metric_param = {
  .struct_size = sizeof geodesic_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the geodesic",
  .fallback = "riemann",
  .choices = metric_names,
};
static const fnx_param_desc *const params[] = { &at_param, &geodesic_metric_param, NULL };

static const fnx_port_desc towards_port = {
  .struct_size = sizeof towards_port,
  .name = "to",
  .what = "cov[channel,channel]",
  .doc = "m, of the same channels, such as  ! mean @m  gives",
};
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port, .name = "out", .what = "cov[trial,channel,channel]", .doc = "the matrices on the way"
};
static const fnx_port_desc *const inputs[] = { &cov_in_port, &towards_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc geodesic_step = {
  .struct_size = sizeof geodesic_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.geodesic",
  .name = "geodesic",
  .title = "move covariance matrices towards one matrix",
  .doc
  = "Each trial's X goes a part t of the way along the shortest path to m: shrinkage towards a reference that is known"
    " better than one trial is, such as a mean. riemann X^1/2 (X^-1/2 m X^-1/2)^t X^1/2; logeuclid exp((1-t) log X +"
    " t log m); euclid (1-t) X + t m, the only one for matrices without full rank; wasserstein (1-t)^2 X + t^2 m +"
    " t(1-t)((X m)^1/2 + (m X)^1/2).\n\n"
    "riemann and logeuclid go on below 0 and above 1. euclid may leave the positive definite matrices there, which is"
    " refused; wasserstein ends at m.\n\n"
    "Inside evaluate take to=@reference of a  ! tangent:  the mean of the training trials. A  ! mean @m  is that of the"
    " tested trials where trials are tested.",
  .cite = "Pennec, Fillard and Ayache, IJCV 66:41, 2006 (riemann); Arsigny et al., MRM 56:411, 2006 (logeuclid);"
          " Bhatia et al., Expo Math 37:165, 2019 (wasserstein)",
  .equals = "pyRiemann 0.9 geodesic() to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! cov estimator=oas @c"
             " ! mean @m ! geodesic in=@c to=@m at=0.2 ! distance ! write nearer.svg\n"
             "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! evaluate folds=5"
             " begin cov @c ! tangent ! geodesic in=@c to=@reference at=0.1 ! mdm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
