/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * knn: the classes of the nearest training trials (pyRiemann's
 * KNearestNeighbor).
 *
 * The model is the training set.  Distances are measured from the trial, of
 * which spd_ref() keeps what they need, so that the model holds n^2 numbers a
 * training trial and no more.
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"

#include <math.h>

enum { MAJORITY, DISTANCE };

struct fnx_step {
  size_t k;
  int vote;
  spd_metric metric;
};

struct fnx_model {
  classes cls;
  spd_metric metric;
  int n;
  size_t count;
  int32_t *code; /* count */
  double *x;     /* count matrices of n x n */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->k = (size_t)c->param->integer (p, "k");
  s->vote = (int)c->param->integer (p, "vote");
  s->metric = (spd_metric)c->param->integer (p, "metric");
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->code);
  free (m->x);
  free (m);
}

static fnx_status
learn (fnx_call *c, const fnx_step *s, const matrices *x, fnx_model *m)
{
  const int32_t *code;
  const size_t *at;
  size_t q = (size_t)x->n * (size_t)x->n;
  fnx_status status = classes_of (c, x->of, &code, &m->cls);
  if (status == FNX_OK)
    status = trials_kept (c, x->of, "knn", &m->cls, code, &at, &m->count);
  if (status != FNX_OK)
    return status;
  if (s->k > m->count)
    return c->fail (c, FNX_E_DATA, "k=%zu neighbours are wanted, and %s has %zu training trials\nuse a smaller k", s->k,
                    c->recording, m->count);
  m->metric = s->metric;
  m->n = x->n;
  m->x = learn_alloc (c, m->count * q, sizeof *m->x);
  m->code = learn_alloc (c, m->count, sizeof *m->code);
  if (!m->x || !m->code)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < m->count; i++) {
    m->code[i] = code[at[i]];
    memcpy (m->x + i * q, x->x[at[i]], q * sizeof *m->x);
  }
  return FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  (void)start;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status != FNX_OK)
    return status;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  return m ? fitted (learn (c, s, &x, m), m, model_free, out) : FNX_E_NOMEM;
}

/* ---- neighbours ------------------------------------------------------------- */

typedef struct plan {
  const fnx_model *m;
  const matrices *x;
  size_t k;
  int vote;
  spd_metric turned; /* the metric with its sides exchanged */
  double *out;
} plan;

static spd_metric
turn (spd_metric m)
{
  return m == SPD_KULLBACK ? SPD_KULLBACK_RIGHT : m == SPD_KULLBACK_RIGHT ? SPD_KULLBACK : m;
}

/* Take (d, code) into the k nearest so far, ascending; of equals the earlier
 * trial stays. */
static void
insert (double d, int32_t code, double *near, double *who, size_t *have, size_t k)
{
  size_t at = *have;
  if (at == k && !(d < near[k - 1]))
    return;
  if (at == k)
    at--;
  else
    ++*have;
  for (; at > 0 && d < near[at - 1]; at--) {
    near[at] = near[at - 1];
    who[at] = who[at - 1];
  }
  near[at] = d;
  who[at] = code;
}

static int
score_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const fnx_model *m = p->m;
  size_t q = (size_t)m->n * (size_t)m->n, n_class = (size_t)m->cls.n, have = 0;
  double *ref = work + spd_work (m->n), *near = ref + spd_ref_size (m->n), *who = near + p->k;
  double *score = p->out + i * n_class, total = 0;
  if (spd_ref (p->turned, p->x->x[i], m->n, ref, work))
    return -1;
  for (size_t t = 0; t < m->count; t++) {
    double d;
    if (spd_ref_dist (p->turned, m->x + t * q, ref, m->n, &d, work))
      return -1;
    insert (d, m->code[t], near, who, &have, p->k);
  }
  for (size_t t = 0; t < have; t++) { /* votes, or shares of exp (-d^2) */
    double share = p->vote == MAJORITY ? 1 : exp (near[0] * near[0] - near[t] * near[t]);
    score[(size_t)who[t]] += share;
    total += share;
  }
  for (size_t k = 0; k < n_class; k++)
    score[k] /= total;
  return 0;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->n);
  if (status != FNX_OK)
    return status;
  plan p = { .m = m, .x = &x, .k = s->k, .vote = s->vote, .turned = turn (m->metric) };
  fnx_buf *b = scores_new (c, in[0], &m->cls, &p.out);
  if (!b)
    return FNX_E_NOMEM;
  status = matrices_each (c, &x, spd_work (m->n) + spd_ref_size (m->n) + 2 * s->k, score_one, &p, NULL);
  return give (c, status, b, out);
}

/* ---- saved models ------------------------------------------------------------ */

static void
put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, (uint64_t)m->metric);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_u64 (o, m->count);
  for (size_t i = 0; i < m->count; i++)
    state_put_u64 (o, (uint64_t)m->code[i]);
  state_put_f64s (o, m->x, m->count * (size_t)m->n * (size_t)m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  if (!classes_get (in, &m->cls))
    return false;
  m->metric = (spd_metric)state_count (in, 0, SPD_N_METRIC - 1);
  m->n = (int)state_count (in, 8, 20000);
  m->count = state_count (in, 16, SIZE_MAX);
  in->bad |= m->n == 0 || m->count == 0;
  if (in->bad || !(m->code = calloc (m->count, sizeof *m->code)))
    return false;
  for (size_t i = 0; i < m->count; i++)
    m->code[i] = (int32_t)state_count (in, 0, (size_t)m->cls.n - 1);
  size_t n = (size_t)m->n;
  in->bad |= m->count > in->left / 8 / n;
  if (!(m->x = state_matrix (in, m->count * n, n)))
    return false;
  for (size_t i = 0; i < m->count; i++)
    in->bad |= !(la_asymmetry (m->x + i * n * n, m->n) == 0);
  return true;
}

ESTIMATOR ("knn", 1, put, get, NULL, fit, model_free, .apply = apply, .flags = FNX_EST_SUPERVISED,
           .learns = "training set");

static const fnx_param_desc k_param = {
  .struct_size = sizeof k_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "k",
  .doc = "neighbours that vote",
  .fallback = "5",
  .min = 1,
  .max = 100000,
};
static const char *const votes[] = { "majority", "distance", NULL };
static const fnx_param_desc vote_param = {
  .struct_size = sizeof vote_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "vote",
  .doc = "majority: all neighbours alike, of equal classes the first; distance: by exp (-d^2), which ranks finer",
  .fallback = "majority",
  .choices = votes,
};
static const fnx_param_desc *const params[] = { &k_param, &vote_param, &any_metric_param, NULL };

const fnx_step_desc knn_step = {
  .struct_size = sizeof knn_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.knn",
  .name = "knn",
  .title = "the classes of the nearest training trials",
  .doc = "Keeps the training trials and gives a new one to the class that most of its k nearest neighbours have. Scores"
         " are shares of the vote. It bends to classes of any shape, and needs more trials than mdm; it costs one"
         " eigenvalue problem a training trial, which mdm costs a class.\n\n"
         "It cannot weigh trials: those of weight 0 (artefacts, from potato) are left out, all others count alike.",
  .cite = "Barachant et al., IEEE TBME 59:920, 2012 (distances)",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! knn k=7 end",
  .inputs = cov_inputs,
  .outputs = scores_outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
