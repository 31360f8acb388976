/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * potato: trials too far from the mean of the clean ones are artefacts
 * (Barachant, Andreev, Congedo 2013; pyRiemann's Potato).
 */
#include "plugins/riemann/potato.h"
#include "plugins/common/linalg.h"

#include <float.h>
#include <math.h>

struct fnx_step {
  spd_metric metric;
  cov_kind kind;
  bool peer;
  double threshold;
  int gives;
};

struct fnx_model {
  potato p;
};

/* ---- one potato ---------------------------------------------------------------- */

void
potato_clear (potato *p)
{
  free (p->mean);
  free (p->ref);
}

fnx_status
potato_complete (fnx_call *c, potato *p)
{
  double *work = c->scratch (c, spd_work (p->n) * sizeof *work);
  if (!work || (!p->ref && !(p->ref = learn_alloc (c, spd_ref_size (p->n), sizeof *p->ref))))
    return FNX_E_NOMEM;
  const matrices like = { .n = p->n };
  if (spd_ref (p->metric, p->mean, p->n, p->ref, work))
    return matrices_refuse (c, &like, p->mean, "the mean of the clean trials");
  return FNX_OK;
}

typedef struct plan {
  const potato *p;
  const matrices *x;
  double *d;
} plan;

static int
distance_one (void *arg, size_t i, double *work)
{
  const plan *l = arg;
  return spd_ref_dist (l->p->metric, l->x->x[i], l->p->ref, l->p->n, l->d + i, work);
}

/* The logarithm of each distance; that of none at all is the smallest number. */
static fnx_status
log_distances (fnx_call *c, const potato *p, const matrices *x, double *d)
{
  plan l = { p, x, d };
  fnx_status status = matrices_each (c, x, spd_work (p->n), distance_one, &l, NULL);
  for (size_t i = 0; status == FNX_OK && i < x->count; i++)
    d[i] = log (fmax (d[i], DBL_MIN));
  return status;
}

/* Mean and deviation of d over the kept trials. */
static fnx_status
moments (fnx_call *c, potato *p, const double *d, const int32_t *keep, size_t count)
{
  double n = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++)
    if (keep[i]) {
      n++;
      sum += d[i];
    }
  p->mu = sum / n;
  for (size_t i = 0; i < count; i++)
    squares += keep[i] ? (d[i] - p->mu) * (d[i] - p->mu) : 0;
  p->sd = sqrt (squares / n);
  if (n < 3 || !(p->sd > 1e-12))
    return c->fail (c, FNX_E_DATA,
                    "%s: %g clean trials are left, their distances spread by %.2g: too few to tell artefacts\n"
                    "use more trials, or a larger threshold",
                    c->recording, n, p->sd);
  return FNX_OK;
}

fnx_status
potato_fit (fnx_call *c, const matrices *x, spd_metric metric, bool peer, double threshold, int passes, potato *p)
{
  const double *w;
  fnx_status status = rows_weights (c, x->of, &w);
  double *d = c->scratch (c, (x->count + 1) * sizeof *d);
  int32_t *keep = c->scratch (c, (x->count + 1) * sizeof *keep);
  if (status != FNX_OK)
    return status;
  p->metric = metric;
  p->n = x->n;
  if (!d || !keep || !(p->mean = learn_alloc (c, (size_t)x->n * (size_t)x->n, sizeof *p->mean)))
    return FNX_E_NOMEM;
  size_t kept = 0;
  for (size_t i = 0; i < x->count; i++) {
    keep[i] = !w || w[i] > 0;
    kept += (size_t)keep[i];
  }
  /* the largest z there can be, of one trial far from n - 1 that are alike */
  if (kept > 0 && sqrt ((double)kept - 1) <= threshold)
    c->log (c, FNX_LOG_NOTE, "%s: of %zu trials none can lie %g deviations out: no artefact will be found",
            c->recording, kept, threshold);
  for (int k = 0; k < passes && status == FNX_OK; k++) {
    size_t lost = 0;
    status = matrices_mean (c, x, metric, NULL, keep, 1, peer, k ? p->mean : NULL, p->mean);
    if (status == FNX_OK)
      status = potato_complete (c, p);
    if (status == FNX_OK)
      status = log_distances (c, p, x, d);
    if (status == FNX_OK)
      status = moments (c, p, d, keep, x->count);
    for (size_t i = 0; status == FNX_OK && i < x->count; i++)
      if (keep[i] && !((d[i] - p->mu) / p->sd < threshold)) {
        keep[i] = 0;
        lost++;
      }
    if (lost == 0)
      break;
  }
  return status;
}

fnx_status
potato_z (fnx_call *c, const potato *p, const matrices *x, double *z)
{
  fnx_status status = matrices_fit (c, x, p->n);
  if (status == FNX_OK)
    status = log_distances (c, p, x, z);
  for (size_t i = 0; status == FNX_OK && i < x->count; i++)
    z[i] = (z[i] - p->mu) / p->sd;
  return status;
}

void
potato_put (state_out *o, const potato *p)
{
  state_put_u64 (o, (uint64_t)p->metric);
  state_put_u64 (o, (uint64_t)p->n);
  state_put_f64s (o, &p->mu, 1);
  state_put_f64s (o, &p->sd, 1);
  state_put_f64s (o, p->mean, (size_t)p->n * (size_t)p->n);
}

bool
potato_get (state_in *in, potato *p)
{
  p->metric = (spd_metric)state_count (in, 0, SPD_N_MEAN - 1);
  p->n = (int)state_count (in, 8, 20000);
  state_f64s (in, &p->mu, 1);
  state_f64s (in, &p->sd, 1);
  in->bad |= p->n == 0 || !isfinite (p->mu) || !(p->sd > 0 && p->sd < INFINITY);
  p->mean = state_matrix (in, (size_t)p->n, (size_t)p->n);
  in->bad |= p->mean && !in->bad && !(la_asymmetry (p->mean, p->n) == 0);
  return p->mean != NULL;
}

/* ---- the step -------------------------------------------------------------------- */

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->peer = c->param->integer (p, "peer") == 1;
  s->threshold = c->param->real (p, "threshold");
  s->gives = (int)c->param->integer (p, "gives");
  *out = s;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  out[0] = reject_spec (c, s->gives, in[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  potato_clear (&m->p);
  free (m);
}

enum { PASSES = 100 };

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  (void)start;
  fnx_status status = matrices_of_any (c, in[0], s->kind, 3, &x);
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  status = potato_fit (c, &x, s->metric, s->peer, s->threshold, PASSES, &m->p);
  return fitted (status, m, model_free, out);
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  fnx_status status = matrices_of_any (c, in[0], s->kind, 0, &x);
  if (status != FNX_OK)
    return status;
  double *z = c->scratch (c, 2 * (x.count + 1) * sizeof *z);
  if (!z)
    return FNX_E_NOMEM;
  double *margin = z + x.count;
  status = potato_z (c, &m->p, &x, z);
  for (size_t i = 0; i < x.count; i++)
    margin[i] = s->threshold - z[i];
  return status == FNX_OK ? reject_out (c, s->gives, in[0], margin, z, out) : status;
}

static void
put (state_out *o, const fnx_model *m)
{
  potato_put (o, &m->p);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  return potato_get (in, &m->p);
}

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  return potato_complete (c, &m->p);
}

ESTIMATOR ("potato", 1, put, get, complete, fit, model_free, .apply = apply, .learns = "clean trials");

static const fnx_param_desc threshold_param = {
  .struct_size = sizeof threshold_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "threshold",
  .doc = "standard deviations of the log distance above the mean, from which on a trial is an artefact",
  .fallback = "3",
  .min = 0.1,
  .max = 100,
};
static const fnx_param_desc *const params[]
    = { &threshold_param, &gives_param, &metric_param, &either_estimator_param, &peer_param, NULL };

const fnx_step_desc potato_step = {
  .struct_size = sizeof potato_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.potato",
  .name = "potato",
  .title = "artefacts by their distance from clean trials",
  .doc
  = "Learns the mean covariance of the trials and how the logarithm of the distance to it spreads. Trials more than"
    " threshold standard deviations out are set aside and both are learned again, until none is left to set aside."
    " No labels are needed.\n\n"
    "What it cannot see: artefacts that are many (a third of the trials) or among few trials widen the spread that"
    " they are measured by, and mask each other. Of n trials none can be more than the root of n - 1 deviations out,"
    " so with 10 or fewer threshold=3 finds nothing (a note says so). potatofield is better with many channels.\n\n"
    "Trials are never dropped. With gives=weights they go on as they came, with the columns z (standard deviations"
    " from the clean mean) and weight (0: artefact); mean, tangent, mdm, fgmdm, meanfield, knn, csp, xdawn, scale,"
    " logistic, lda and svm then learn from the clean ones alone. With gives=scores the difference of the two scores "
    "is threshold"
    " minus z.",
  .cite = "Barachant, Andreev, Congedo: The Riemannian Potato, TOBI Workshop IV, 2013",
  .equals = "pyRiemann 0.9 Potato to 1e-9 (z)",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin potato ! cov estimator=oas ! mdm end",
  .inputs = either_inputs,
  .outputs = reject_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
