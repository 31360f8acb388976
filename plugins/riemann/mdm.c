/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mdm: minimum distance to mean (Barachant et al. 2012, pyRiemann's MDM).
 */
#include "plugins/riemann/mdm.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <stdio.h>

struct fnx_step {
  spd_metric mean, distance;
  bool peer;
};

struct fnx_model {
  mdm_means means;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->mean = (spd_metric)c->param->integer (p, "metric");
  s->distance = distance_of (s->mean, c->param->integer (p, "distance"));
  s->peer = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

/* ---- class means, which fgmdm has too --------------------------------------- */

void
mdm_free (mdm_means *m)
{
  classes_free (&m->cls);
  free (m->mean);
  free (m->ref);
}

fnx_status
mdm_complete (fnx_call *c, mdm_means *m)
{
  size_t q = (size_t)m->n * (size_t)m->n, size = spd_ref_size (m->n), count = m->sets * (size_t)m->cls.n;
  double *work = c->scratch (c, spd_work (m->n) * sizeof *work);
  if (!work || !(m->ref = learn_alloc (c, count * size, sizeof *m->ref)))
    return FNX_E_NOMEM;
  for (size_t k = 0; k < count; k++)
    if (spd_ref (m->metric, m->mean + k * q, m->n, m->ref + k * size, work)) {
      const matrices like = { .n = m->n };
      const char *name = m->cls.name[k % (size_t)m->cls.n];
      char *what = c->scratch (c, strlen (name) + 32);
      if (!what)
        return FNX_E_NOMEM;
      sprintf (what, "the mean of class %s", name);
      return matrices_refuse (c, &like, m->mean + k * q, what);
    }
  return FNX_OK;
}

fnx_status
mdm_begin (fnx_call *c, const matrices *x, spd_metric distance, size_t sets, mdm_means *m, const int32_t **code,
           const double **w)
{
  fnx_status status = classes_of (c, x->of, code, &m->cls);
  if (status == FNX_OK)
    status = rows_weights (c, x->of, w);
  if (status != FNX_OK)
    return status;
  m->metric = distance;
  m->n = x->n;
  m->sets = sets;
  m->mean = learn_alloc (c, sets * (size_t)m->cls.n * (size_t)x->n * (size_t)x->n, sizeof *m->mean);
  return m->mean ? FNX_OK : FNX_E_NOMEM;
}

fnx_status
mdm_fit (fnx_call *c, const matrices *x, spd_metric mean, spd_metric distance, bool peer, const mdm_means *start,
         mdm_means *m)
{
  const double *w;
  const int32_t *code;
  size_t q = (size_t)x->n * (size_t)x->n;
  fnx_status status = mdm_begin (c, x, distance, 1, m, &code, &w);
  bool usable = status == FNX_OK && start && start->n == x->n && start->cls.n == m->cls.n;
  for (int32_t k = 0; k < m->cls.n && status == FNX_OK; k++) {
    bool same = usable && strcmp (start->cls.name[k], m->cls.name[k]) == 0;
    status = matrices_mean (c, x, mean, w, code, k, peer, same ? start->mean + (size_t)k * q : NULL,
                            m->mean + (size_t)k * q);
  }
  return status == FNX_OK ? mdm_complete (c, m) : status;
}

typedef struct plan {
  const mdm_means *m;
  const matrices *x;
  size_t (*pick) (const double *d2, size_t sets, size_t n_class);
  double *out;
} plan;

static int
score_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t n_class = (size_t)p->m->cls.n, size = spd_ref_size (p->m->n), count = p->m->sets * n_class;
  double *d2 = work + spd_work (p->m->n);
  for (size_t k = 0; k < count; k++) {
    double d;
    if (spd_ref_dist (p->m->metric, p->x->x[i], p->m->ref + k * size, p->m->n, &d, work))
      return -1;
    d2[k] = d * d;
  }
  size_t set = p->pick ? p->pick (d2, p->m->sets, n_class) : 0;
  for (size_t k = 0; k < n_class; k++)
    p->out[i * n_class + k] = -d2[set * n_class + k];
  return 0;
}

fnx_status
mdm_apply (fnx_call *c, const mdm_means *m, const matrices *x,
           size_t (*pick) (const double *d2, size_t sets, size_t n_class), const fnx_buf **out)
{
  plan p = { m, x, pick, NULL };
  fnx_status status = matrices_fit (c, x, m->n);
  if (status != FNX_OK)
    return status;
  fnx_buf *b = scores_new (c, x->of, &m->cls, &p.out);
  if (!b)
    return FNX_E_NOMEM;
  status = matrices_each (c, x, spd_work (m->n) + m->sets * (size_t)m->cls.n, score_one, &p, NULL);
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

void
mdm_put (state_out *o, const mdm_means *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, (uint64_t)m->metric);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_f64s (o, m->mean, m->sets * (size_t)m->cls.n * (size_t)m->n * (size_t)m->n);
}

bool
mdm_get (state_in *in, size_t sets, mdm_means *m)
{
  if (!classes_get (in, &m->cls))
    return false;
  m->metric = (spd_metric)state_count (in, 0, SPD_N_METRIC - 1);
  m->n = (int)state_count (in, 8, 20000);
  m->sets = sets;
  in->bad |= m->n == 0;
  size_t n = (size_t)m->n, count = sets * (size_t)m->cls.n;
  m->mean = state_matrix (in, count * n, n);
  for (size_t k = 0; m->mean && !in->bad && k < count; k++)
    in->bad |= !(la_asymmetry (m->mean + k * n * n, m->n) == 0);
  return m->mean != NULL;
}

/* ---- the step --------------------------------------------------------------- */

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  mdm_free (&m->means);
  free (m);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  status = mdm_fit (c, &x, s->mean, s->distance, s->peer, start ? &start->means : NULL, &m->means);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  (void)s;
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  return status == FNX_OK ? mdm_apply (c, &m->means, &x, NULL, out) : status;
}

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  state_out o = { put, to, FNX_OK };
  (void)c;
  mdm_put (&o, &m->means);
  return o.status;
}

static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  state_in in = { bytes, n, version != 1 };
  (void)s;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  bool ok = mdm_get (&in, 1, &m->means);
  fnx_status status = learn_state (c, "mdm", &in, ok);
  if (status == FNX_OK && mdm_complete (c, &m->means) != FNX_OK)
    status = FNX_E_STATE;
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,
                                             .flags = FNX_EST_SUPERVISED,
                                             .fit = fit,
                                             .apply = apply,
                                             .model_free = model_free,
                                             .state_version = 1,
                                             .save = save,
                                             .load = load,
                                             .learns = "class means" };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? &estimator : NULL;
}

static const fnx_param_desc *const params[] = { &metric_param, &distance_param, &peer_param, NULL };

const fnx_step_desc mdm_step = {
  .struct_size = sizeof mdm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.mdm",
  .name = "mdm",
  .title = "the class whose mean is nearest",
  .doc
  = "Learns the mean matrix of each class and gives a trial to the class whose mean is nearest. Scores are minus the"
    " squared distances, so with two classes their difference ranks the trials as pyRiemann's probabilities do,"
    " without their ties. A trial column weight weighs the trials.\n\n"
    "Mean and distance are of one metric, unless distance= names another: logeuclid means with riemann distances cost"
    " little and lose little.\n\n"
    "It has nothing to tune and needs few trials, which makes it a good first classifier.",
  .cite = "Barachant et al., IEEE TBME 59:920, 2012",
  .equals = "pyRiemann 0.9 MDM to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! mdm end",
  .inputs = cov_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = scores_negotiate,
  .extension = extension,
};
