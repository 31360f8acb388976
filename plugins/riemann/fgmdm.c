/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fgmdm: mdm after a geodesic filter (Barachant et al. 2010, pyRiemann's FgMDM).
 *
 * In the tangent space at the mean of all training matrices a shrunk linear
 * discriminant gives the directions W in which the classes differ; matrices are
 * projected on these, W^T (W W^T)^+ W, and go back to the curved space, where
 * the distance to class means decides.
 */
#include "plugins/common/discriminant.h"
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/means.h"

#include <math.h>

struct fnx_step {
  spd_metric metric;
  bool peer;
};

struct fnx_model {
  int n;
  size_t rank;        /* directions kept */
  double *mean;       /* n x n: of all training matrices */
  double *basis;      /* rank x n(n+1)/2, orthonormal rows */
  double *root, *inv; /* of the mean; not saved */
  class_means means;  /* of the filtered matrices */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->peer = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->mean);
  free (m->basis);
  free (m->root);
  free (m->inv);
  means_free (&m->means);
  free (m);
}

static size_t
width_of (int n)
{
  return (size_t)n * ((size_t)n + 1) / 2;
}

static fnx_status
roots (fnx_call *c, fnx_model *m)
{
  size_t q = (size_t)m->n * (size_t)m->n;
  double *work = c->scratch (c, spd_work (m->n) * sizeof *work);
  m->root = learn_alloc (c, q, sizeof *m->root);
  m->inv = learn_alloc (c, q, sizeof *m->inv);
  if (!work || !m->root || !m->inv)
    return FNX_E_NOMEM;
  const matrices like = { .n = m->n };
  if (spd_roots (m->mean, m->n, m->root, m->inv, work))
    return matrices_refuse (c, &like, m->mean, "the mean of the training set");
  return FNX_OK;
}

typedef struct plan {
  const fnx_model *m;
  const matrices *x;
  double *vec; /* tangent vectors, or NULL */
  double *to;  /* filtered matrices, or NULL */
} plan;

static int
vectors (void *arg, size_t first, size_t count, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->m->n * (size_t)p->m->n;
  double *y = work + spd_work (p->m->n);
  int bad = spd_logs_at (p->x->x + first, count, p->m->inv, p->m->n, y, work);
  for (size_t k = 0; !bad && k < count; k++)
    spd_vec (y + k * q, p->m->n, p->vec + (first + k) * width_of (p->m->n));
  return bad;
}

/* M^1/2 exp (projected log (M^-1/2 X M^-1/2)) M^1/2 */
static int
filter_some (void *arg, size_t first, size_t count, double *work)
{
  const plan *p = arg;
  const fnx_model *m = p->m;
  size_t width = width_of (m->n), q = (size_t)m->n * (size_t)m->n;
  double *y = work + spd_work (m->n), *v = y + SPD_TOGETHER * q, *kept = v + 2 * width;
  int bad = spd_logs_at (p->x->x + first, count, m->inv, m->n, y, work);
  for (size_t i = 0; !bad && i < count; i++, y += q) {
    spd_vec (y, m->n, v);
    for (size_t k = 0; k < m->rank; k++)
      kept[k] = la_dot (m->basis + k * width, v, width);
    memset (v, 0, width * sizeof *v);
    for (size_t k = 0; k < m->rank; k++)
      la_axpy (v, kept[k], m->basis + k * width, width);
    spd_unvec (v, m->n, y);
    double *e = v; /* the vector is done with; 2 width >= n^2 */
    if (spd_exp (y, m->n, e, work))
      return (int)i + 1;
    la_congruence (e, m->root, m->n, p->to + (first + i) * q, work);
  }
  return bad;
}

static fnx_status
filter (fnx_call *c, const fnx_model *m, const matrices *x, matrices *filtered)
{
  size_t q = (size_t)m->n * (size_t)m->n;
  plan p = { .m = m, .x = x, .to = c->scratch (c, (x->count + 1) * q * sizeof (double)) };
  const double **at = c->scratch (c, (x->count + 1) * sizeof *at);
  if (!p.to || !at)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x->count; i++)
    at[i] = p.to + i * q;
  *filtered = *x;
  filtered->x = at;
  return matrices_some (c, x, spd_work (m->n) + (SPD_TOGETHER + 2) * q + 2 * (size_t)m->n + m->rank, filter_some, &p);
}

/* Orthonormal rows that span the discriminants of the training vectors. */
static fnx_status
discriminants (fnx_call *c, fnx_model *m, const matrices *x, const int32_t *code, int32_t n_class)
{
  size_t width = width_of (m->n), lines = 0;
  plan p = { .m = m, .x = x, .vec = c->scratch (c, x->count * width * sizeof (double)) };
  const double **at = c->scratch (c, x->count * sizeof *at);
  int32_t *known = c->scratch (c, x->count * sizeof *known);
  size_t n = 0; /* trials with a target */
  double *coef = c->scratch (c, (size_t)n_class * width * sizeof *coef);
  double *intercept = c->scratch (c, (size_t)n_class * sizeof *intercept);
  if (!p.vec || !at || !known || !coef || !intercept)
    return FNX_E_NOMEM;
  fnx_status status = matrices_some (c, x, spd_work (m->n) + SPD_TOGETHER * (size_t)m->n * (size_t)m->n, vectors, &p);
  if (status != FNX_OK)
    return status;
  for (size_t i = 0; i < x->count; i++)
    if (code[i] >= 0) {
      at[n] = p.vec + i * width;
      known[n++] = code[i];
    }
  int bad = discriminant_lsqr (at, known, n, width, n_class, DISCRIMINANT_AUTO, coef, intercept);
  if (bad)
    return c->fail (c, bad < 0 ? FNX_E_NOMEM : FNX_E_NUMERIC, "no discriminant of %zu trials with %zu tangent features",
                    n, width);
  lines = (size_t)n_class;
  if (n_class == 2) { /* one decision: the difference of the two */
    la_axpy (coef + width, -1, coef, width);
    coef += width;
    lines = 1;
  }
  size_t least = lines < width ? lines : width;
  double *s = c->scratch (c, least * sizeof *s), *vt = learn_alloc (c, least * width, sizeof *vt);
  m->basis = vt;
  if (!s || !vt)
    return FNX_E_NOMEM;
  if (la_svd (coef, (int)lines, (int)width, NULL, s, vt))
    return c->fail (c, FNX_E_NUMERIC, "the discriminants of %s have no singular values", c->recording);
  while (m->rank < least && s[m->rank] * s[m->rank] > 1e-15 * s[0] * s[0])
    m->rank++;
  if (m->rank == 0)
    return c->fail (c, FNX_E_DATA, "the classes of %s do not differ: all their means are equal", c->recording);
  return FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x, filtered;
  const double *w;
  const int32_t *code;
  classes cls = { 0, NULL };
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status == FNX_OK)
    status = classes_of (c, in[0], &code, &cls);
  int32_t n_class = cls.n;
  classes_free (&cls); /* means_fit keeps the names */
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m || !(m->mean = learn_alloc (c, (size_t)x.n * (size_t)x.n, sizeof *m->mean))) {
    model_free (m);
    return FNX_E_NOMEM;
  }
  m->n = x.n;
  const double *from = start && start->n == x.n && start->means.metric == s->metric ? start->mean : NULL;
  status = matrices_mean (c, &x, SPD_RIEMANN, w, NULL, 0, s->peer, from, m->mean);
  if (status == FNX_OK)
    status = roots (c, m);
  if (status == FNX_OK)
    status = discriminants (c, m, &x, code, n_class);
  if (status == FNX_OK)
    status = filter (c, m, &x, &filtered);
  if (status == FNX_OK)
    status = means_fit (c, &filtered, s->metric, s->metric, s->peer, NULL, &m->means);
  return fitted (status, m, model_free, out);
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x, filtered;
  (void)s;
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->n);
  if (status == FNX_OK)
    status = filter (c, m, &x, &filtered);
  return status == FNX_OK ? means_apply (c, &m->means, &filtered, NULL, out) : status;
}

static void
put (state_out *o, const fnx_model *m)
{
  means_put (o, &m->means);
  state_put_f64s (o, m->mean, (size_t)m->n * (size_t)m->n);
  state_put_u64 (o, m->rank);
  state_put_f64s (o, m->basis, m->rank * width_of (m->n));
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  if (!means_get (in, 1, &m->means))
    return false;
  m->n = m->means.n;
  if (!(m->mean = state_matrix (in, (size_t)m->n, (size_t)m->n)))
    return false;
  in->bad |= !in->bad && !(la_asymmetry (m->mean, m->n) == 0);
  m->rank = state_count (in, 8, 1 << 20);
  in->bad |= m->rank == 0;
  return (m->basis = state_matrix (in, m->rank, width_of (m->n)));
}

static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  fnx_status status = roots (c, m);
  return status == FNX_OK ? means_complete (c, &m->means) : status;
}

ESTIMATOR ("fgmdm", 1, put, get, complete, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "filter and class means");

static const fnx_param_desc fg_metric_param = {
  .struct_size = sizeof fg_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the class means and distances; the filter is always riemann",
  .fallback = "riemann",
  .choices = spd_mean_names,
};
static const fnx_param_desc fg_peer_param = {
  .struct_size = sizeof fg_peer_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc = "exact: pyRiemann's own iteration, step by step; fast: the same mean to 1e-8 in fewer steps",
  .fallback = "fast",
  .choices = spd_peer_names,
};
static const fnx_param_desc *const params[] = { &fg_metric_param, &fg_peer_param, NULL };

const fnx_step_desc fgmdm_step = {
  .struct_size = sizeof fgmdm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.fgmdm",
  .name = "fgmdm",
  .title = "mdm on what tells the classes apart",
  .doc = "First the matrices are freed of what does not differ between classes: in the tangent space at their mean a"
         " linear discriminant with Ledoit-Wolf shrinkage gives the directions that do, and everything else is set to"
         " zero. Then, back among the matrices, the class with the nearest mean wins, as in mdm.\n\n"
         "It mostly beats mdm where channels are many and the effect sits in few of them.",
  .cite = "Barachant et al., Riemannian geometry applied to BCI classification, LVA/ICA 2010",
  .equals = "pyRiemann 0.9 FgMDM to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! fgmdm end",
  .inputs = cov_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
