/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * siegeltangent: block-Toeplitz covariances as vectors around their mean.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/siegel.h"

#include <math.h>

struct fnx_step {
  double alpha;
};

struct fnx_model {
  int n, order;
  double *mean; /* order x n x n */
  double *ref;  /* P_0^-1/2, then the references of the others; not saved */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->alpha = c->param->real (p, "alpha");
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->mean);
  free (m->ref);
  free (m);
}

static const fnx_spec *
features_spec (fnx_call *c, const fnx_spec *in)
{
  int64_t order = in->axes[1]->size, n = in->axes[2]->size;
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  fnx_spec flat = *in;
  if (!feature)
    return NULL;
  *feature = (fnx_axis){ .struct_size = sizeof *feature,
                         .name = "feature",
                         .size = n == FNX_UNKNOWN || order == FNX_UNKNOWN ? FNX_UNKNOWN : order * n * n };
  flat.ndim = 2;
  flat.kind = "features";
  return rows_spec (c, &flat, feature);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = features_spec (c, in[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  size_t q = (size_t)m->n * (size_t)m->n, size = siegel_ref_size (m->n);
  size_t most = siegel_work (m->n) > spd_work (m->n) ? siegel_work (m->n) : spd_work (m->n);
  double *work = c->scratch (c, most * sizeof *work);
  m->ref = learn_alloc (c, q + (size_t)(m->order - 1) * size, sizeof *m->ref);
  if (!work || !m->ref)
    return FNX_E_NOMEM;
  const matrices like = { .n = m->n };
  if (spd_invsqrt (m->mean, m->n, m->ref, work))
    return matrices_refuse (c, &like, m->mean, "the mean of the training set");
  int bad = 0;
  for (int l = 1; l < m->order && !bad; l++)
    bad = siegel_ref (m->mean + (size_t)l * q, m->n, m->ref + q + (size_t)(l - 1) * size, work);
  return bad ? blocks_refuse (c, "the mean of the training set") : FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  blocks x;
  const double *w;
  (void)s, (void)start;
  fnx_status status = blocks_of (c, in[0], 1, &x);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (!m)
    return status == FNX_OK ? FNX_E_NOMEM : status;
  m->n = x.n;
  m->order = x.order;
  status = rows_weights (c, x.of, &w);
  if (status == FNX_OK && !(m->mean = learn_alloc (c, (size_t)x.order * (size_t)x.n * (size_t)x.n, sizeof *m->mean)))
    status = FNX_E_NOMEM;
  if (status == FNX_OK)
    status = blocks_mean (c, &x, w, NULL, 0, m->mean);
  if (status == FNX_OK)
    status = complete (c, m);
  return fitted (status, m, model_free, out);
}

typedef struct plan {
  const fnx_model *m;
  const blocks *x;
  double alpha, *out;
} plan;

static int
map_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const fnx_model *m = p->m;
  size_t q = (size_t)m->n * (size_t)m->n, size = siegel_ref_size (m->n);
  double *out = p->out + i * (size_t)m->order * q;
  if (spd_log_at (p->x->x[i], m->ref, m->n, out, work))
    return -1;
  for (size_t k = 0; k < q; k++)
    out[k] *= p->alpha;
  for (int l = 1; l < m->order; l++)
    if (siegel_log (p->x->x[i] + (size_t)l * q, m->ref + q + (size_t)(l - 1) * size, m->n, out + (size_t)l * q, work))
      return -1;
  return 0;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  blocks x;
  matrices first;
  size_t room = siegel_work (m->n) > spd_work (m->n) ? siegel_work (m->n) : spd_work (m->n);
  fnx_status status = blocks_of (c, in[0], 0, &x);
  if (status == FNX_OK)
    status = blocks_fit (c, &x, m->n, m->order);
  if (status == FNX_OK)
    status = blocks_matrices (c, &x, 0, &first);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = features_spec (c, c->buf->spec (in[0]));
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  plan p = { m, &x, s->alpha, b ? c->buf->write (c, b) : NULL };
  status = p.out ? matrices_each (c, &first, room, map_one, &p, NULL) : FNX_E_NOMEM;
  return give (c, status, b, out);
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, (uint64_t)m->n);
  state_put_u64 (o, (uint64_t)m->order);
  state_put_f64s (o, m->mean, (size_t)m->order * (size_t)m->n * (size_t)m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->n = (int)state_count (in, 8, 20000);
  m->order = (int)state_count (in, 8, 1000);
  in->bad |= m->n < 1 || m->order < 1;
  m->mean = state_matrix (in, (size_t)m->order * (size_t)m->n, (size_t)m->n);
  in->bad |= m->mean && !in->bad && !blocks_sound (m->mean, m->n, m->order);
  return m->mean != NULL;
}

ESTIMATOR ("siegeltangent", 1, put, get, complete, fit, model_free, .apply = apply, .learns = "reference means");

static const fnx_param_desc alpha_param = {
  .struct_size = sizeof alpha_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "alpha",
  .doc = "weight of the covariance's vector beside those of the lags",
  .fallback = "1",
  .max = 1e6,
};
static const fnx_param_desc *const params[] = { &alpha_param, NULL };
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "features[trial,feature]",
  .doc = "order x channels x channels numbers a trial: the matrices one after the other",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc siegeltangent_step = {
  .struct_size = sizeof siegeltangent_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.siegeltangent",
  .name = "siegeltangent",
  .title = "block-Toeplitz covariances as vectors around their mean",
  .doc = "Learns the mean of each block on the training set, without targets, and gives the tangent vectors there:"
         " alpha log(M^-1/2 P_0 M^-1/2), then for each Omega the vector A V B with V = artanh(Y) Y^-1 psi, Y = (psi"
         " psi^T)^1/2, psi = A^-1 (Omega - W)(I - W^T Omega)^-1 B, A = (I - W W^T)^1/2, B = (I - W^T W)^1/2 and W the"
         " mean. Matrices are given whole, as by the authors, so that an entry off the diagonal of P_0 stands twice"
         " (tangent gives it once, times the root of 2: the same geometry).\n\n"
         "With order 1 it is tangent.",
  .cite = "Carrara and Papadopoulo, arXiv 2406.16909",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin btacm order=2 lag=8 estimator=oas ! siegeltangent ! svm end",
  .inputs = blocks_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
