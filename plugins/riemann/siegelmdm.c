/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * siegelmdm: minimum distance to mean for block-Toeplitz covariances.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/siegel.h"

#include <math.h>

struct fnx_step {
  bool peer;
};

struct fnx_model {
  classes cls;
  int n, order;
  double *mean; /* cls.n x order x n x n */
  double *ref;  /* for each class blocks_ref_size; not saved */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->peer = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->mean);
  free (m->ref);
  free (m);
}

static size_t
mean_size (const fnx_model *m)
{
  return (size_t)m->order * (size_t)m->n * (size_t)m->n;
}

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  size_t size = blocks_ref_size (m->n, m->order);
  fnx_status status = FNX_OK;
  m->ref = learn_alloc (c, (size_t)m->cls.n * size, sizeof *m->ref);
  for (int32_t k = 0; m->ref && k < m->cls.n && status == FNX_OK; k++)
    status = blocks_ref (c, m->mean + (size_t)k * mean_size (m), m->n, m->order, m->ref + (size_t)k * size);
  return m->ref ? status : FNX_E_NOMEM;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  blocks x;
  const int32_t *code;
  const double *w;
  (void)s, (void)start;
  fnx_status status = blocks_of (c, in[0], 2, &x);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (!m)
    return status == FNX_OK ? FNX_E_NOMEM : status;
  m->n = x.n;
  m->order = x.order;
  status = classes_of (c, x.of, &code, &m->cls);
  if (status == FNX_OK)
    status = rows_weights (c, x.of, &w);
  if (status == FNX_OK && !(m->mean = learn_alloc (c, (size_t)m->cls.n * mean_size (m), sizeof *m->mean)))
    status = FNX_E_NOMEM;
  for (int32_t k = 0; k < m->cls.n && status == FNX_OK; k++)
    status = blocks_mean (c, &x, w, code, k, m->mean + (size_t)k * mean_size (m));
  if (status == FNX_OK)
    status = complete (c, m);
  return fitted (status, m, model_free, out);
}

typedef struct plan {
  const fnx_model *m;
  const blocks *x;
  bool peer;
  double *out;
} plan;

/* order d(P_0)^2 + sum_l (order - l) d(Omega_l)^2 */
static int
score_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const fnx_model *m = p->m;
  size_t q = (size_t)m->n * (size_t)m->n;
  for (int32_t k = 0; k < m->cls.n; k++) {
    const double *ref = m->ref + (size_t)k * blocks_ref_size (m->n, m->order), *x = p->x->x[i];
    double d, sum;
    if (spd_ref_dist (SPD_RIEMANN, x, ref, m->n, &d, work))
      return -1;
    sum = m->order * (p->peer ? d : d * d);
    ref += spd_ref_size (m->n);
    for (int l = 1; l < m->order; l++, ref += siegel_ref_size (m->n)) {
      if (siegel_dist2 (x + (size_t)l * q, ref, m->n, &d, work))
        return -1;
      sum += (m->order - l) * d;
    }
    p->out[i * (size_t)m->cls.n + (size_t)k] = p->peer ? -sum * sum : -sum;
  }
  return 0;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  blocks x;
  matrices first;
  plan p = { m, &x, s->peer, NULL };
  size_t room = siegel_work (m->n) > spd_work (m->n) ? siegel_work (m->n) : spd_work (m->n);
  fnx_status status = blocks_of (c, in[0], 0, &x);
  if (status == FNX_OK)
    status = blocks_fit (c, &x, m->n, m->order);
  if (status == FNX_OK)
    status = blocks_matrices (c, &x, 0, &first);
  if (status != FNX_OK)
    return status;
  fnx_buf *b = scores_new (c, x.of, &m->cls, &p.out);
  if (!b)
    return FNX_E_NOMEM;
  status = matrices_each (c, &first, room, score_one, &p, NULL);
  return give (c, status, b, out);
}

static void
put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_u64 (o, (uint64_t)m->order);
  state_put_f64s (o, m->mean, (size_t)m->cls.n * mean_size (m));
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  if (!classes_get (in, &m->cls))
    return false;
  m->n = (int)state_count (in, 8, 20000);
  m->order = (int)state_count (in, 8, 1000);
  in->bad |= m->n < 1 || m->order < 1;
  m->mean = state_matrix (in, (size_t)m->cls.n * (size_t)m->order * (size_t)m->n, (size_t)m->n);
  for (int32_t k = 0; m->mean && !in->bad && k < m->cls.n; k++)
    in->bad |= !blocks_sound (m->mean + (size_t)k * mean_size (m), m->n, m->order);
  return m->mean != NULL;
}

ESTIMATOR ("siegelmdm", 1, put, get, complete, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "class means");

static const char *const peers[] = { "metric", "exact", NULL };
static const fnx_param_desc peer_kind_param = {
  .struct_size = sizeof peer_kind_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc = "exact: the authors' code, which adds the distance of P_0 as it is to the squares of the others; metric: all"
         " squared",
  .fallback = "metric",
  .choices = peers,
};
static const fnx_param_desc *const params[] = { &peer_kind_param, NULL };

const fnx_step_desc siegelmdm_step = {
  .struct_size = sizeof siegelmdm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.siegelmdm",
  .name = "siegelmdm",
  .title = "the class whose mean is nearest, for block-Toeplitz covariances",
  .doc
  = "Learns the mean of each class, block by block: the affine-invariant mean of P_0, that of the Siegel disk for each"
    " Omega. Scores are minus the squared distance order d(P_0)^2 + sum over l of (order - l) d(Omega_l)^2, where"
    " d(Omega)^2 sums artanh(s)^2 over the singular values s of one point seen from the other. With order 1 it is"
    " mdm. A trial column weight weighs the trials.\n\n"
    "peer=exact follows the authors' code, whose sum takes d(P_0) unsquared.",
  .cite = "Carrara and Papadopoulo, arXiv 2406.16909",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin btacm order=2 lag=8 estimator=oas ! siegelmdm end",
  .inputs = blocks_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
