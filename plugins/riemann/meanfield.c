/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * meanfield: minimum distance to a field of power means (Congedo et al. 2019,
 * pyRiemann's MeanField).
 */
#include "plugins/riemann/mdm.h"

#include <math.h>

enum { SUM, NEAREST };

struct fnx_step {
  double *p; /* powers */
  size_t n;
  int method;
  spd_metric metric;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  size_t n;
  const double *powers = c->param->reals (p, "p", &n);
  if (n == 0)
    return c->fail (c, FNX_E_PARAM, "p= names no power\nwrite p=-1,0,1");
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s || !(s->p = learn_alloc (c, n, sizeof *s->p))) {
    free (s);
    return FNX_E_NOMEM;
  }
  memcpy (s->p, powers, n * sizeof *s->p);
  s->n = n;
  s->method = (int)c->param->integer (p, "method");
  s->metric = (spd_metric)c->param->integer (p, "metric");
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s->p);
  free (s);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  const double *w;
  const int32_t *code;
  (void)start;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  status = means_begin (c, &x, s->metric, s->n, &m->means, &code, &w);
  double *to = m->means.mean;
  for (size_t p = 0; p < s->n; p++)
    for (int32_t k = 0; k < m->means.cls.n && status == FNX_OK; k++, to += (size_t)x.n * (size_t)x.n)
      status = matrices_power (c, &x, s->p[p], w, code, k, to);
  if (status == FNX_OK)
    status = means_complete (c, &m->means);
  return fitted (status, m, mdm_free, out);
}

/* The power under which all classes together are nearest. */
static size_t
pick_sum (const double *d2, size_t sets, size_t n_class)
{
  size_t best = 0;
  double least = INFINITY;
  for (size_t s = 0; s < sets; s++) {
    double sum = 0;
    for (size_t k = 0; k < n_class; k++)
      sum += d2[s * n_class + k];
    if (sum < least) {
      least = sum;
      best = s;
    }
  }
  return best;
}

/* The power that has the nearest mean of all. */
static size_t
pick_nearest (const double *d2, size_t sets, size_t n_class)
{
  size_t best = 0;
  for (size_t i = 1; i < sets * n_class; i++)
    best = d2[i] < d2[best] ? i : best;
  return best / n_class;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  return status == FNX_OK ? means_apply (c, &m->means, &x, s->method == SUM ? pick_sum : pick_nearest, out) : status;
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->means.sets); /* one a power */
  means_put (o, &m->means);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  size_t sets = state_count (in, 8, 1 << 16);
  in->bad |= sets == 0;
  return means_get (in, sets, &m->means);
}

ESTIMATOR ("meanfield", 1, put, get, mdm_complete, fit, mdm_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "class means");

static const fnx_param_desc p_param = {
  .struct_size = sizeof p_param,
  .type = FNX_T_REALS,
  .name = "p",
  .doc = "powers of the means, -1 to 1: -1 is harmonic, 0 riemann, 1 euclid",
  .fallback = "-1,0,1",
  .min = -1,
  .max = 1,
};
static const char *const methods[] = { "sum", "nearest", NULL };
static const fnx_param_desc method_param = {
  .struct_size = sizeof method_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "method",
  .doc = "which power judges a trial; sum: the one whose class means are nearest together; nearest: the one that has "
         "the nearest mean of all",
  .fallback = "sum",
  .choices = methods,
};
static const fnx_param_desc *const params[] = { &p_param, &method_param, &any_metric_param, NULL };

const fnx_step_desc meanfield_step = {
  .struct_size = sizeof meanfield_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.meanfield",
  .name = "meanfield",
  .title = "the nearest class among several power means",
  .doc = "Learns for each class not one mean but a field of them, from the harmonic to the arithmetic. Small p leans"
         " towards small matrices and large p towards large ones, so one of them suits a trial even where artefacts or"
         " changing impedances pull a single mean aside. Each trial is judged under the power that fits it best, by"
         " the nearest class mean as in mdm; scores are minus the squared distances.",
  .cite = "Congedo, Rodrigues, Jutten: The Riemannian minimum distance to means field classifier, Graz BCI 2019",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! meanfield end",
  .inputs = cov_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = scores_negotiate,
  .extension = extension,
};
