/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * btacm: block-Toeplitz augmented covariance, as one covariance and the
 * coefficients of its lags (Carrara and Papadopoulo, arXiv 2406.16909).
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/siegel.h"

#include <math.h>

struct fnx_step {
  cov_kind kind;
  window w;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->w.order = (int)c->param->integer (p, "order");
  s->w.lag = (int)c->param->integer (p, "lag");
  *out = s;
  return FNX_OK;
}

static const fnx_spec *
spec_of (fnx_call *c, const fnx_spec *in, int order)
{
  fnx_axis *block = c->scratch (c, sizeof *block);
  const fnx_axis **axes = c->scratch (c, 4 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (!block || !axes || !s)
    return NULL;
  *block = (fnx_axis){ .struct_size = sizeof *block, .name = "block", .size = order };
  axes[0] = in->axes[0];
  axes[1] = block;
  axes[2] = axes[3] = in->axes[1];
  *s = (fnx_spec){ .struct_size = sizeof *s, .ndim = 4, .kind = "siegel", .dtype = FNX_F8, .axes = axes };
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t T = in[0]->axes[2]->size, L = window_samples (&s->w, T);
  if (T != FNX_UNKNOWN && L < 2)
    return c->fail (c, FNX_E_SPEC,
                    "lag=%d times order %d is %d samples, and the epochs have %lld; 2 or more must remain\n"
                    "use a smaller order or lag, or longer epochs",
                    s->w.lag, s->w.order, s->w.lag * s->w.order, (long long)T);
  out[0] = spec_of (c, in[0], s->w.order);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

typedef struct plan {
  const matrices *m; /* order n x order n */
  int n, order;
  double *out;
  int *where; /* of each trial: the block out of the disk, 0 */
  double *size;
} plan;

/* Mean of the blocks (i, i + d) over i, for each d. */
static void
toeplitz (const double *s, int n, int order, double *r)
{
  size_t N = (size_t)n * (size_t)order, q = (size_t)n * (size_t)n;
  memset (r, 0, (size_t)order * q * sizeof *r);
  for (int d = 0; d < order; d++)
    for (int i = 0; i + d < order; i++)
      for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
          r[(size_t)d * q + (size_t)(a * n + b)]
              += s[((size_t)(i * n + a)) * N + (size_t)((i + d) * n + b)] / (order - d);
}

static int
one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t all = (size_t)p->order * (size_t)p->n * (size_t)p->n;
  toeplitz (p->m->x[i], p->n, p->order, work);
  p->where[i] = siegel_coefficients (work, p->n, p->order, p->out + i * all, &p->size[i], work + all);
  return p->where[i];
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *from = c->buf->spec (in[0]), *spec = spec_of (c, from, s->w.order);
  size_t count = (size_t)from->axes[0]->size, n = (size_t)from->axes[1]->size, N = n * (size_t)s->w.order, bad = count;
  double *acm = c->scratch (c, (count * N * N + 1) * sizeof *acm);
  matrices m;
  plan p = { .m = &m, .n = (int)n, .order = s->w.order };
  p.where = c->scratch (c, (count + 1) * sizeof *p.where);
  p.size = c->scratch (c, (count + 1) * sizeof *p.size);
  fnx_buf *b = spec && acm && p.where && p.size ? c->buf->like (c, in[0], spec) : NULL;
  p.out = b ? c->buf->write (c, b) : NULL;
  fnx_status status = p.out ? covs_of_epochs (c, in[0], s->kind, &s->w, acm, &m) : FNX_E_NOMEM;
  window_tell (c, from, s->kind, &s->w);
  if (status == FNX_OK)
    status = matrices_each (c, &m, (size_t)s->w.order * n * n + siegel_coefficients_work ((int)n, s->w.order), one, &p,
                            &bad);
  if (status == FNX_E_NUMERIC && bad < count && !isfinite (p.size[bad]))
    status = matrices_bad (c, &m, bad);
  else if (status == FNX_E_NUMERIC && bad < count)
    status = c->fail (c, FNX_E_NUMERIC,
                      "%s with order=%d lag=%d: coefficient %d leaves the Siegel disk, singular value %.6g where less "
                      "than 1 is possible: its blocks, averaged, are no covariance\n"
                      "use %sa smaller order=, another lag=, or fewer channels with  ! pick",
                      trial_name (c, in[0], bad), s->w.order, s->w.lag, p.where[bad], p.size[bad],
                      cov_shrinks (s->kind) ? "" : "estimator=lwf, ");
  return give (c, status, b, out);
}

static const fnx_param_desc order_param = { ACM_ORDER_FIELDS }, lag_param = { ACM_LAG_FIELDS };
static const fnx_param_desc *const params[] = { &order_param, &lag_param, &acm_estimator_param, NULL };
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "siegel[trial,block,channel,channel]",
  .doc
  = "block 0 is the covariance, block l the part of the correlation at l lags that the lags between do not explain",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc btacm_step = {
  .struct_size = sizeof btacm_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.btacm",
  .name = "btacm",
  .title = "block-Toeplitz augmented covariance: one matrix for each lag",
  .doc
  = "The blocks of an augmented covariance (augcov) are averaged along its diagonals: R_0, R_1 ... R_(order-1), the"
    " autocovariance of a stationary signal. That is as much as P_0 = R_0 and Omega_1, Omega_2 ..., the correlations"
    " of two samples l lags apart given those between them: Omega_1 = R_0^-1/2 R_1 R_0^-1/2, Omega_(l+1) = L^-1/2"
    " (R_(l+1) - M) K^-1/2. Each Omega is a point of the Siegel disk (singular values below 1). Of one channel they are"
    " its partial autocorrelations.\n\n"
    "Matrices stay channels x channels, whatever the order: siegelmdm and siegeltangent behind btacm cost order small"
    " matrices where augcov costs one that is order times as wide.\n\n"
    "Averaged blocks need not be a covariance; where a coefficient leaves the disk the trial is named.",
  .cite = "Carrara and Papadopoulo, Classification of BCI-EEG based on the block-Toeplitz augmented covariance matrix,"
          " arXiv 2406.16909",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin btacm order=3 lag=8 estimator=oas ! siegelmdm end",
  .inputs = epochs_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
