/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tangent: matrices seen from the mean of the training set, as vectors
 * (Barachant et al. 2012, pyRiemann's TangentSpace).
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/plane.h"
#include "plugins/riemann/riemann.h"

struct fnx_step {
  spd_metric metric;
  cov_kind kind;
  bool peer;
};

struct fnx_model {
  spd_metric metric;
  int n;
  size_t sets;  /* of a reference: 1, or one for each frequency */
  double *mean; /* sets x n x n */
  /* of each mean, not saved */
  plane *planes;
  double *room;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->peer = c->param->integer (p, "peer") == 1;
  *out = s;
  return FNX_OK;
}

static const fnx_spec *
features_spec (fnx_call *c, const fnx_spec *in)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  int64_t n = in->axes[1]->size, sets = 1;
  if (in->ndim == 4) {
    sets = n;
    n = in->axes[2]->size;
  }
  if (!feature || !axes || !s)
    return NULL;
  *feature = (fnx_axis){ .struct_size = sizeof *feature,
                         .name = "feature",
                         .size = n == FNX_UNKNOWN || sets == FNX_UNKNOWN ? FNX_UNKNOWN : sets * (n * (n + 1) / 2) };
  axes[0] = in->axes[0];
  axes[1] = feature;
  *s = (fnx_spec){
    .struct_size = sizeof *s, .ndim = 2, .kind = "features", .unit = "1", .dtype = FNX_F8, .axes = axes
  };
  return s;
}

/* The trials' matrices without the trials. */
static const fnx_spec *
reference_spec (fnx_call *c, const fnx_step *step, const fnx_spec *in)
{
  const fnx_spec *all = strcmp (in->kind, "epochs") == 0 ? cov_spec (c, in, step->kind, &(window){ .order = 1 }) : in;
  fnx_spec *s = all ? c->scratch (c, sizeof *s) : NULL;
  if (!s)
    return NULL;
  *s = *all;
  s->ndim--;
  s->axes++;
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_status status = in[1] ? reference_fits (c, in[1], in[0], "reference") : FNX_OK;
  if (status != FNX_OK)
    return status;
  out[0] = features_spec (c, in[0]);
  out[1] = reference_spec (c, s, in[0]);
  return out[0] && out[1] ? FNX_OK : FNX_E_NOMEM;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->mean);
  free (m->planes);
  free (m->room);
  free (m);
}

/* What follows from the means. */
static fnx_status
complete (fnx_call *c, fnx_model *m)
{
  size_t q = (size_t)m->n * (size_t)m->n, room = plane_room (m->metric, m->n);
  double *work = c->scratch (c, plane_work (m->n) * sizeof *work);
  m->planes = learn_alloc (c, m->sets, sizeof *m->planes);
  m->room = learn_alloc (c, m->sets * room, sizeof *m->room);
  if (!work || !m->planes || !m->room)
    return FNX_E_NOMEM;
  matrices like = { .n = m->n };
  for (size_t k = 0; k < m->sets; k++)
    if (plane_make (&m->planes[k], m->metric, m->n, m->mean + k * q, false, m->room + k * room, work))
      return matrices_refuse (c, &like, m->mean + k * q, "the mean of the training set");
  return FNX_OK;
}

/* The matrices of one set: of all, or at one frequency. */
static fnx_status
set_of (fnx_call *c, const fnx_step *s, const fnx_buf *b, size_t set, size_t need, matrices *x)
{
  if (c->buf->spec (b)->ndim == 4)
    return matrices_of_bin (c, b, (int64_t)set, need, x);
  return matrices_of_any (c, b, s->kind, need, x);
}

static size_t
sets_of (const fnx_spec *s)
{
  return s->ndim == 4 ? (size_t)s->axes[1]->size : 1;
}

/* The mean of each set of the training trials. */
static fnx_status
learn (fnx_call *c, const fnx_step *s, const fnx_buf *b, const fnx_model *start, fnx_model *m)
{
  matrices x;
  const double *w;
  fnx_status status = rows_weights (c, b, &w);
  m->sets = sets_of (c->buf->spec (b));
  if (status == FNX_OK && m->sets == 0)
    return c->fail (c, FNX_E_DATA, "the spectra of %s have no frequencies", c->recording);
  for (size_t k = 0; k < m->sets && status == FNX_OK; k++) {
    if ((status = set_of (c, s, b, k, 1, &x)) != FNX_OK)
      break;
    size_t q = (size_t)x.n * (size_t)x.n;
    bool usable = start && start->n == x.n && start->metric == s->metric && start->sets == m->sets;
    m->n = x.n;
    if (!m->mean && !(m->mean = learn_alloc (c, m->sets, q * sizeof *m->mean)))
      return FNX_E_NOMEM;
    status
        = matrices_mean (c, &x, s->metric, w, NULL, 0, s->peer, usable ? start->mean + k * q : NULL, m->mean + k * q);
  }
  return status;
}

/* Instead: the matrix that was given. */
static fnx_status
take (fnx_call *c, const fnx_buf *reference, const fnx_spec *trials, fnx_model *m)
{
  matrices x;
  fnx_status status = reference_fits (c, c->buf->spec (reference), trials, "reference");
  if (status == FNX_OK)
    status = reference_of (c, reference, "reference", m->metric != SPD_EUCLID, &x);
  if (status != FNX_OK)
    return status;
  size_t q = (size_t)x.n * (size_t)x.n;
  m->n = x.n;
  m->sets = x.count;
  m->mean = learn_alloc (c, m->sets, q * sizeof *m->mean);
  for (size_t k = 0; m->mean && k < m->sets; k++)
    memcpy (m->mean + k * q, x.x[k], q * sizeof *m->mean);
  return m->mean ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  m->metric = s->metric;
  fnx_status status = in[1] ? take (c, in[1], c->buf->spec (in[0]), m) : learn (c, s, in[0], start, m);
  return fitted (status == FNX_OK ? complete (c, m) : status, m, model_free, out);
}

/* ---- the map -------------------------------------------------------------- */

typedef struct plan {
  const plane *at;
  const matrices *x;
  double *out;  /* the set's first feature */
  size_t width; /* features of a trial */
} plan;

static int
map_some (void *arg, size_t first, size_t count, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->at->n * (size_t)p->at->n;
  double *y = work, *rest = y + SPD_TOGETHER * q;
  int bad = plane_to (p->at, p->x->x + first, count, y, rest);
  for (size_t k = 0; !bad && k < count; k++)
    spd_vec (y + k * q, p->at->n, p->out + (first + k) * p->width);
  return bad;
}

/* A new buffer of the means. */
static fnx_status
give_reference (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_spec *spec = reference_spec (c, s, c->buf->spec (in));
  fnx_buf *b = spec ? c->buf->like (c, in, spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (v)
    memcpy (v, m->mean, m->sets * (size_t)m->n * (size_t)m->n * sizeof *v);
  else
    c->buf->unref (b);
  *out = v ? b : NULL;
  return v ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  const fnx_spec *from = c->buf->spec (in[0]);
  size_t n = (size_t)m->n, each = n * (n + 1) / 2;
  if (sets_of (from) != m->sets)
    return c->fail (c, FNX_E_SPEC,
                    "%s has matrices at %zu frequencies; the model was fitted on %zu\n"
                    "run it through the same steps as the recordings of the training",
                    c->recording, sets_of (from), m->sets);
  fnx_status status = FNX_OK;
  fnx_buf *b = NULL;
  double *v = NULL;
  for (size_t k = 0; k < m->sets && status == FNX_OK; k++) {
    if ((status = set_of (c, s, in[0], k, 0, &x)) == FNX_OK)
      status = matrices_fit (c, &x, m->n);
    if (status == FNX_OK && !b) { /* after the first look: nothing is made of what does not fit */
      const fnx_spec *spec = features_spec (c, from);
      b = spec ? c->buf->like (c, in[0], spec) : NULL;
      v = b ? c->buf->write (c, b) : NULL;
    }
    plan p = { &m->planes[k], &x, v ? v + k * each : NULL, m->sets * each };
    if (status == FNX_OK)
      status = v ? matrices_some (c, &x, plane_work (m->n) + SPD_TOGETHER * n * n, map_some, &p) : FNX_E_NOMEM;
  }
  if (status == FNX_OK)
    status = give_reference (c, s, m, in[0], &out[1]);
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

/* ---- saved models: metric, n, sets, the means ------------------------------ */

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, (uint64_t)m->metric);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_u64 (o, m->sets);
  state_put_f64s (o, m->mean, m->sets * (size_t)m->n * (size_t)m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->metric = (spd_metric)state_count (in, 0, PLANE_MAPS - 1);
  m->n = (int)state_count (in, 8, 20000);
  m->sets = state_count (in, 8, INT32_MAX);
  in->bad |= m->n == 0 || m->sets == 0;
  size_t n = (size_t)m->n;
  m->mean = state_matrix (in, m->sets * n, n);
  for (size_t k = 0; m->mean && !in->bad && k < m->sets; k++)
    in->bad |= !(la_asymmetry (m->mean + k * n * n, m->n) == 0);
  return m->mean != NULL;
}

ESTIMATOR ("tangent", 2, put, get, complete, fit, model_free, .apply = apply, .learns = "reference mean");

static const fnx_param_desc *const params[] = { &plane_metric_param, &either_estimator_param, &peer_param, NULL };

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port,
  .name = "in",
  .what = "cov[trial,channel,channel] or epochs[trial,channel,time] or spectrum[trial,freq,channel,channel]",
  .doc = "positive definite matrices; of epochs the covariance is taken first",
};
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "features[trial,feature]",
  .doc = "n(n+1)/2 numbers a trial: the upper triangle by rows, off-diagonals times the root of 2",
};
static const fnx_port_desc given_port = {
  .struct_size = sizeof given_port,
  .flags = FNX_PORT_OPTIONAL,
  .name = "reference",
  .what = REFERENCE_WHAT,
  .doc = "M, where it is not to be the mean of the training set",
};
static const fnx_port_desc reference_port = {
  .struct_size = sizeof reference_port, .name = "reference", .what = REFERENCE_WHAT, .doc = "M, for  ! untangent"
};
static const fnx_port_desc *const inputs[] = { &in_port, &given_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, &reference_port, NULL };

const fnx_step_desc tangent_step = {
  .struct_size = sizeof tangent_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.tangent",
  .name = "tangent",
  .title = "covariance matrices as vectors around their mean",
  .doc
  = "Positive definite matrices form a curved space. This step learns their mean M on the training set and gives"
    " log(M^-1/2 X M^-1/2) of each matrix X: in that flat picture any linear method applies, and distances to the"
    " mean are kept. The mean is learned again inside each fold; it needs no targets.\n\n"
    "Epochs may come in directly: their covariances are then estimated with estimator=oas. Other metrics:"
    " logeuclid gives the derivative of exp at log M in the direction log X - log M (pyRiemann's map; the plain"
    " difference of logarithms is what ksvm metric=logeuclid takes products of), euclid X - M.\n\n"
    "M comes out too: later steps find it under @reference,  ! untangent reference=@reference  for the way back, or"
    "  ! distance in=@c to=@reference. With reference=@m the map is about m instead, as it was when the step was"
    " fitted: inside evaluate the m of the training trials.\n\n"
    "Spectra of crossspec gives=each have a mean at every frequency, and the features of one frequency stand"
    " behind those of the one before.",
  .cite = "Barachant et al., IEEE TBME 59:920, 2012",
  .equals = "pyRiemann 0.9 TangentSpace to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
