/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trcsp: Tikhonov-regularised common spatial patterns of two classes (Lotte
 * and Guan 2011), with the formula of MOABB's TRCSP.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/spatial.h"

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status status = spatial_create (c, p, "trcsp", out);
  if (status != FNX_OK)
    return status;
  fnx_step *s = *out;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->alpha = c->param->real (p, "alpha");
  if (s->count % 2 == 0)
    return FNX_OK;
  int n = s->count;
  step_free (s);
  *out = NULL;
  return c->fail (c, FNX_E_PARAM, "nfilter=%d is odd: half of the filters are for each class\nuse nfilter=%d", n,
                  n + 1);
}

/* Filters for each class: half of those asked for, and of no more than the channels. */
static size_t
half (const fnx_step *s, int64_t n)
{
  return (size_t)(s->count / 2 < n ? s->count / 2 : n);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t n = in[0]->axes[1]->size;
  return spatial_negotiate (c, s, in[0], n == FNX_UNKNOWN ? s->count : (int64_t)(2 * half (s, n)), out);
}

/* C_own v = lambda (C_other + alpha I) v, the largest lambda first: first those
 * of the second class, as MOABB has them. */
static fnx_status
solve (fnx_call *c, const fnx_step *s, const double *mean, int n, size_t each, double *w)
{
  size_t q = (size_t)n * (size_t)n;
  double *work = c->scratch (c, (3 * q + (size_t)n + la_eig_work (n)) * sizeof *work);
  if (!work)
    return FNX_E_NOMEM;
  double *a = work, *b = a + q, *v = b + q, *lambda = v + q;
  for (size_t k = 0; k < 2; k++) {
    memcpy (a, mean + (1 - k) * q, q * sizeof *a);
    memcpy (b, mean + k * q, q * sizeof *b);
    for (size_t i = 0; i < (size_t)n; i++)
      b[i * (size_t)n + i] += s->alpha;
    if (la_eig_pair (a, b, n, v, lambda, lambda + n))
      return c->fail (c, FNX_E_NUMERIC,
                      "the class means of %s have no spatial filters: they are singular\nuse a larger alpha, or "
                      "estimator=oas",
                      c->recording);
    fnx_status status = filters_keep (c, v, lambda, n, each, w + k * each * (size_t)n);
    if (status != FNX_OK)
      return status;
  }
  return FNX_OK;
}

static fnx_status
find (fnx_call *c, const fnx_step *s, const matrices *x, const int32_t *code, int32_t n_class, filters *f)
{
  const double *weight;
  size_t q = (size_t)x->n * (size_t)x->n, each = half (s, x->n);
  double *mean = c->scratch (c, 2 * q * sizeof *mean);
  if (n_class != 2)
    return c->fail (c, FNX_E_DATA, "%s has %d classes; trcsp tells two apart\nuse  csp classes=ovr  for more",
                    c->recording, (int)n_class);
  fnx_status status = mean ? rows_weights (c, x->of, &weight) : FNX_E_NOMEM;
  for (int32_t k = 0; k < 2 && status == FNX_OK; k++)
    status = matrices_mean (c, x, s->metric, weight, code, k, false, NULL, mean + (size_t)k * q);
  if (status == FNX_OK)
    status = filters_new (c, f, x->n, 2 * each, NULL, NULL, 1, "csp");
  return status == FNX_OK ? solve (c, s, mean, x->n, each, f->w) : status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  const int32_t *code;
  classes cls = { 0, NULL };
  (void)start;
  fnx_status status = spatial_matrices (c, s, in[0], 2, &x);
  if (status == FNX_OK)
    status = classes_of (c, in[0], &code, &cls);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (status == FNX_OK)
    status = m ? find (c, s, &x, code, cls.n, &m->f) : FNX_E_NOMEM;
  classes_free (&cls);
  return spatial_finish (c, s, &x, status, m, out);
}

SPATIAL_ESTIMATOR ("trcsp");

static const fnx_param_desc alpha_param = {
  .struct_size = sizeof alpha_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE | FNX_P_LOG,
  .name = "alpha",
  .doc = "weight of the penalty on long filters, in the unit of the covariances (uV2 for a recording in uV)",
  .fallback = "1",
  .min = 0,
  .max = 1e30,
};
static const fnx_param_desc count_param = {
  .struct_size = sizeof count_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "nfilter",
  .doc = "spatial filters to keep, half of them for each class; an even number",
  .fallback = "4",
  .min = 2,
  .max = 1000,
};
static const fnx_param_desc *const params[]
    = { &count_param,         &alpha_param, &filters_metric_param, &either_estimator_param, &filters_log_param,
        &filters_gives_param, NULL };

const fnx_step_desc trcsp_step = {
  .struct_size = sizeof trcsp_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.trcsp",
  .name = "trcsp",
  .title = "regularised common spatial patterns",
  .doc
  = "Common spatial patterns that pay for the length of a filter: for each of the two classes the directions w in"
    " which w C_own w^T / (w C_other w^T + alpha w w^T) is largest. alpha keeps filters from leaning on directions in"
    " which the other class has next to no variance, which few or noisy trials leave by chance.\n\n"
    "alpha is in the unit of the covariances: 1 suits a recording in uV, as in MOABB, and means nothing for one in V."
    " Search it:  alpha=try:0.01,1,100 . The other regularisation, shrinking the covariances themselves, is"
    " estimator=oas (or lwf) for epochs, or in the cov before this step.\n\n"
    "The first half of the filters is for the second class in the order of the alphabet, the second half for the"
    " first, each from its largest ratio down, as MOABB lists them. Each filter has variance one under the penalised"
    " covariance of the other class.",
  .cite = "Lotte and Guan, IEEE TBME 58:355, 2011; MOABB 1.4 moabb.pipelines.csp.TRCSP",
  .equals = "scipy 1.10 eigh on MOABB's formula to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! trcsp nfilter=6 ! lda end",
  .inputs = either_inputs,
  .outputs = filters_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
