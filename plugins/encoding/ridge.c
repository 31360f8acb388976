/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ridge: what voxels answer to features, linearly, each voxel with its own
 * penalty.  The step around the engine in solve.c.
 */
#include "plugins/encoding/ridge.h"

#include <cblas.h>
#include <math.h>

#include "plugins/common/estimator.h"
#include "plugins/encoding/encoding.h"

struct fnx_step {
  ridge_setup how;
};

struct fnx_model {
  size_t p, t;
  ridge_fit fit;
  char *unit;   /* of the voxels; NULL unknown */
  char **label; /* t names, or NULL */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  size_t n;
  const double *alpha = c->param->reals (p, "alpha", &n);
  if (n == 0)
    return c->fail (c, FNX_E_PARAM, "alpha= names no number\nwrite alpha=1,10,100");
  for (size_t i = 0; i < n; i++)
    if (!(alpha[i] > 0 && alpha[i] < INFINITY))
      return c->fail (c, FNX_E_PARAM, "alpha=%s: %g is not above 0\nwrite alpha=1,10,100", c->param->text (p, "alpha"),
                      alpha[i]);
  fnx_step *s = calloc (1, sizeof *s);
  if (!s || !(s->how.alpha = malloc (n * sizeof *alpha))) {
    free (s);
    return c->fail (c, FNX_E_NOMEM, "no memory for %zu alphas", n);
  }
  memcpy (s->how.alpha, alpha, n * sizeof *alpha);
  s->how.n_alpha = n;
  s->how.cv = (size_t)c->param->integer (p, "cv");
  s->how.intercept = c->param->integer (p, "intercept");
  s->how.single = c->param->integer (p, "precision") == 1;
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  if (s)
    free (s->how.alpha);
  free (s);
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  for (size_t v = 0; m->label && v < m->t; v++)
    free (m->label[v]);
  free (m->label);
  free (m->unit);
  ridge_fit_free (&m->fit);
  free (m);
}

/* voxels[voxel,time] for the times of features[time,feature]. */
static const fnx_spec *
spec (fnx_call *c, const fnx_axis *time, const fnx_axis *voxel, const char *unit)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!s || !axes)
    return NULL;
  axes[0] = voxel;
  axes[1] = time;
  *s = (fnx_spec){ .struct_size = sizeof *s, .ndim = 2, .kind = "voxels", .unit = unit, .dtype = FNX_F8, .axes = axes };
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  static const fnx_axis unknown = { .struct_size = sizeof unknown, .name = "voxel", .size = FNX_UNKNOWN };
  const fnx_axis *time = in[0]->axes[0];
  (void)s;
  if (in[1] && time->size >= 0 && in[1]->axes[1]->size >= 0 && time->size != in[1]->axes[1]->size)
    return c->fail (c, FNX_E_SPEC, "features have %lld times, voxels %lld\nthey must be of the same recording",
                    (long long)time->size, (long long)in[1]->axes[1]->size);
  out[0] = spec (c, time, in[1] ? in[1]->axes[0] : &unknown, in[1] ? in[1]->unit : NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* X, checked: every feature of every time must be a number. */
static fnx_status
features_of (fnx_call *c, const fnx_buf *b, ridge_data *d)
{
  const fnx_axis *const *axes = c->buf->spec (b)->axes;
  const fnx_tensor *t = c->buf->read (b);
  if (!t)
    return c->fail (c, FNX_E_NOMEM, "no memory for the features of %s", c->recording);
  d->x = t->data;
  d->n = (size_t)axes[0]->size;
  d->p = (size_t)axes[1]->size;
  for (size_t i = 0; i < d->n * d->p; i++)
    if (!isfinite (d->x[i]))
      return c->fail (c, FNX_E_DATA,
                      "time %zu of %s: feature %zu of %zu is %s\nridge needs every feature at every time", i / d->p + 1,
                      c->recording, i % d->p + 1, d->p, isnan (d->x[i]) ? "missing (NaN)" : "infinite");
  return FNX_OK;
}

static fnx_status
data_of (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, ridge_data *d)
{
  fnx_status st = features_of (c, in[0], d);
  if (st)
    return st;
  if (!in[1])
    return c->fail (c, FNX_E_DATA, "ridge has no voxels to learn from\nwire them:  ridge voxels=@NAME");
  const fnx_spec *y = c->buf->spec (in[1]);
  size_t n = (size_t)y->axes[1]->size, least = s->how.n_alpha > 1 ? 2 * s->how.cv : 2;
  if (n != d->n)
    return c->fail (c, FNX_E_DATA, "%s: features have %zu times, voxels %zu\nthey must be of the same recording",
                    c->recording, d->n, n);
  if (n < least)
    return c->fail (c, FNX_E_DATA, "%s has %zu times; %zu folds need at least %zu\nwrite cv=2, or one alpha",
                    c->recording, n, s->how.cv, least);
  if (d->p == 0 || n > INT32_MAX || d->p > INT32_MAX)
    return c->fail (c, FNX_E_DATA, "%s: %zu times of %zu features cannot be solved", c->recording, n, d->p);
  const fnx_tensor *t = c->buf->read (in[1]);
  if (!t)
    return c->fail (c, FNX_E_NOMEM, "no memory for the voxels of %s", c->recording);
  d->y = t->data;
  d->y_float = t->dtype.bits == 32;
  d->t = (size_t)y->axes[0]->size;
  return FNX_OK;
}

/* The model remembers what the voxels were called. */
static fnx_status
remember (fnx_call *c, fnx_model *m, const fnx_spec *y)
{
  const char *const *label = y->axes[0]->labels;
  bool ok = !y->unit || (m->unit = strdup (y->unit));
  if (ok && label)
    ok = (m->label = calloc (m->t + 1, sizeof *m->label)) != NULL;
  for (size_t v = 0; ok && label && v < m->t; v++)
    ok = (m->label[v] = strdup (label[v])) != NULL;
  return ok ? FNX_OK : c->fail (c, FNX_E_NOMEM, "no memory for the names of %zu voxels", m->t);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  ridge_data d;
  (void)start;
  fnx_status st = data_of (c, s, in, &d);
  if (st)
    return st;
  fnx_model *m = calloc (1, sizeof *m);
  if (!m)
    return c->fail (c, FNX_E_NOMEM, "no memory for a model");
  m->p = d.p;
  m->t = d.t;
  st = remember (c, m, c->buf->spec (in[1]));
  if (st == FNX_OK)
    st = ridge_solve (c, &s->how, &d, &m->fit);
  if (st)
    model_free (m);
  else
    *out = m;
  return st;
}

typedef struct job {
  const fnx_model *m;
  const ridge_data *d;
  double *out;
} job;

static fnx_status
predict (void *arg, size_t tile, uint32_t worker)
{
  const job *j = arg;
  size_t n = j->d->n, p = j->d->p, v0 = tile * TILE, nv = j->m->t - v0 < TILE ? j->m->t - v0 : TILE;
  double *y = j->out + v0 * n;
  (void)worker;
  for (size_t v = 0; v < nv; v++)
    for (size_t i = 0; i < n; i++)
      y[v * n + i] = j->m->fit.intercept[v0 + v];
  if (n)
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)nv, (int)n, (int)p, 1, j->m->fit.w + v0 * p, (int)p,
                 j->d->x, (int)p, 1, y, (int)n);
  return FNX_OK;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  ridge_data d;
  (void)s;
  fnx_status st = features_of (c, in[0], &d);
  if (st)
    return st;
  if (d.p != m->p)
    return c->fail (c, FNX_E_SPEC, "%s has %zu features; the model was fitted on %zu", c->recording, d.p, m->p);
  const fnx_column alpha
      = { .struct_size = sizeof alpha, .type = FNX_COL_REAL, .name = "alpha", .unit = "1", .reals = m->fit.alpha };
  const fnx_column score
      = { .struct_size = sizeof score, .type = FNX_COL_REAL, .name = "cv_score", .unit = "1", .reals = m->fit.score };
  const fnx_column *const columns[] = { &alpha, &score, NULL };
  const fnx_axis voxel = { .struct_size = sizeof voxel,
                           .name = "voxel",
                           .size = (int64_t)m->t,
                           .labels = (const char *const *)m->label,
                           .columns = columns };
  const fnx_spec *o_spec = spec (c, c->buf->spec (in[0])->axes[0], &voxel, m->unit);
  fnx_buf *o = o_spec ? c->buf->like (c, in[0], o_spec) : NULL;
  job j = { m, &d, o ? c->buf->write (c, o) : NULL };
  st = j.out ? c->parallel (c, (m->t + TILE - 1) / TILE, predict, &j) : FNX_E_NOMEM;
  if (st)
    c->buf->unref (o);
  else
    *out = o;
  return st;
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->p);
  state_put_u64 (o, m->t);
  state_put_f64s (o, m->fit.w, m->t * m->p);
  state_put_f64s (o, m->fit.intercept, m->t);
  state_put_f64s (o, m->fit.alpha, m->t);
  state_put_f64s (o, m->fit.score, m->t);
  state_put_u64 (o, m->unit != NULL);
  if (m->unit)
    state_put_text (o, m->unit);
  state_put_u64 (o, m->label != NULL);
  for (size_t v = 0; m->label && v < m->t; v++)
    state_put_text (o, m->label[v]);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->p = state_count (in, 0, INT32_MAX);
  m->t = state_count (in, 24, INT32_MAX);
  in->bad |= m->p == 0;
  bool ok = (m->fit.w = state_matrix (in, m->t, m->p)) && (m->fit.intercept = state_matrix (in, 1, m->t))
            && (m->fit.alpha = state_matrix (in, 1, m->t)) && (m->fit.score = state_matrix (in, 1, m->t));
  if (ok && state_count (in, 0, 1))
    ok = (m->unit = state_text (in)) != NULL;
  if (ok && state_count (in, 0, 1)) {
    ok = (m->label = calloc (m->t + 1, sizeof *m->label)) != NULL;
    for (size_t v = 0; ok && v < m->t; v++)
      ok = (m->label[v] = state_text (in)) != NULL;
  }
  return ok;
}

ESTIMATOR ("ridge", 1, put, get, NULL, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "weights and alphas");

static const char *const precisions[] = { "double", "single", NULL };
static const fnx_param_desc alpha_param
    = { .struct_size = sizeof alpha_param,
        .type = FNX_T_REALS,
        .flags = FNX_P_MAIN,
        .name = "alpha",
        .doc = "penalties on the squared weights, not divided by the number of times; of several each voxel takes the"
               " best by cross-validation",
        .fallback = "0.1,1,10,100,1000,10000,100000,1000000" };
static const fnx_param_desc cv_param = { .struct_size = sizeof cv_param,
                                         .type = FNX_T_INT,
                                         .name = "cv",
                                         .doc = "folds to choose alpha by: pieces of the recording, not shuffled",
                                         .fallback = "5",
                                         .min = 2,
                                         .max = 1e6 };
static const fnx_param_desc intercept_param
    = { .struct_size = sizeof intercept_param,
        .type = FNX_T_BOOL,
        .name = "intercept",
        .doc = "a constant for each voxel, unpenalised; without it features and voxels are taken as they are",
        .fallback = "yes" };
static const fnx_param_desc precision_param
    = { .struct_size = sizeof precision_param,
        .type = FNX_T_ENUM,
        .name = "precision",
        .doc = "single does the large products in float: about twice as fast, scores to 1e-4",
        .fallback = "double",
        .choices = precisions };
static const fnx_param_desc *const params[] = { &alpha_param, &cv_param, &intercept_param, &precision_param, NULL };

static const fnx_port_desc x_port = { .struct_size = sizeof x_port,
                                      .name = "features",
                                      .what = "features[time,feature]",
                                      .doc = "what was shown, one row a time" };
static const fnx_port_desc y_port = { .struct_size = sizeof y_port,
                                      .flags = FNX_PORT_TARGET,
                                      .name = "voxels",
                                      .what = "voxels[voxel,time]; f8|f4",
                                      .doc = "what the brain answered, at the same times" };
static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port,
        .name = "out",
        .what = "voxels[voxel,time]",
        .doc = "predicted answers; the columns alpha and cv_score say what was chosen" };
static const fnx_port_desc *const inputs[] = { &x_port, &y_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc ridge_step = {
  .struct_size = sizeof ridge_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.encoding.ridge",
  .name = "ridge",
  .title = "predict voxels from features",
  .doc
  = "Ridge regression of all voxels at once: min |X b + b0 - y|^2 + alpha |b|^2. With several alphas every voxel takes"
    " the one with the smallest mean squared error over contiguous folds (ties: the larger), and is then fitted on"
    " all times. Features should be on one scale.\n\n"
    "Voxels with missing samples are not fitted and are predicted as missing. When more than one voxel in twenty"
    " takes an alpha at the end of the list, a note says so.",
  .cite = "Hoerl and Kennard, Technometrics 12:55, 1970; Dupre la Tour et al., NeuroImage 264:119728, 2022",
  .equals = "himalaya 0.4 RidgeCV and KernelRidgeCV to 1e-9 (precision=double)",
  .example = "fornix run sim:encoding ! evaluate folds=5 begin ridge alpha=1,10,100 voxels=@voxels end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .extension = extension,
};
