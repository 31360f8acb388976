/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pca: principal components, scikit-learn 1.2's PCA (svd_solver=full): SVD of
 * the centred trials, each component's sign such that the trial which
 * contributes most has a positive coordinate.
 */
#include "plugins/learn/learn.h"

#include <math.h>
#include <stdio.h>

#include "plugins/common/linalg.h"

struct fnx_step {
  int64_t components; /* 0: by variance */
  double variance;    /* share to reach; 0: all */
  bool whiten;
};

struct fnx_model {
  size_t p, k;
  double *mean; /* p */
  double *axis; /* k x p, orthonormal rows */
  double *by;   /* k: coordinates are divided by it */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  if (c->param->given (p, "components") && c->param->given (p, "variance"))
    return c->fail (c, FNX_E_PARAM, "components= and variance= both say how many to keep\ngive one of them");
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->components = c->param->given (p, "components") ? c->param->integer (p, "components") : 0;
  s->variance = c->param->given (p, "variance") ? c->param->real (p, "variance") : 0;
  s->whiten = c->param->integer (p, "whiten");
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  free (m->mean);
  free (m->axis);
  free (m->by);
  free (m);
}

/* Components to keep of singular values s[r]. */
static fnx_status
how_many (fnx_call *c, const fnx_step *s, const double *sv, size_t r, size_t *k)
{
  double total = 0, sum = 0;
  if (s->components > (int64_t)r)
    return c->fail (c, FNX_E_DATA, "components=%lld is more than the %zu that the training set of %s has",
                    (long long)s->components, r, c->recording);
  *k = s->components ? (size_t)s->components : r;
  if (s->variance <= 0 || s->variance >= 1)
    return FNX_OK;
  for (size_t i = 0; i < r; i++)
    total += sv[i] * sv[i];
  /* the smallest number whose share is above what is asked for */
  for (*k = 0; *k < r && sum / total <= s->variance; ++*k)
    sum += sv[*k] * sv[*k];
  return FNX_OK;
}

/* The trial with the largest |coordinate| gets a positive one (first on ties). */
static double
sign_of (const double *u, size_t n, size_t r, size_t k)
{
  double top = 0;
  for (size_t i = 0; i < n; i++)
    top = fabs (u[i * r + k]) > fabs (top) ? u[i * r + k] : top;
  return top < 0 ? -1 : 1;
}

static fnx_status
solve (fnx_call *c, const fnx_step *s, const rows *x, fnx_model *m)
{
  size_t n = x->n, p = x->p, r = n < p ? n : p;
  double *a = c->scratch (c, n * p * sizeof *a), *u = c->scratch (c, n * r * sizeof *u);
  double *sv = c->scratch (c, r * sizeof *sv), *vt = c->scratch (c, r * p * sizeof *vt);
  m->p = p;
  m->mean = learn_alloc (c, p, sizeof *m->mean);
  if (!a || !u || !sv || !vt || !m->mean)
    return FNX_E_NOMEM;
  rows_mean (x, NULL, m->mean);
  rows_pack (x, m->mean, a);
  int info = la_svd (a, (int)n, (int)p, u, sv, vt);
  if (info)
    return c->fail (c, info < 0 ? FNX_E_NOMEM : FNX_E_NUMERIC, "the %zu trials of %s have no singular values", n,
                    c->recording);
  if (!(sv[0] > 0))
    return c->fail (c, FNX_E_DATA, "the %zu trials of %s are all the same: they have no components", n, c->recording);
  fnx_status st = how_many (c, s, sv, r, &m->k);
  if (st)
    return st;
  m->axis = learn_alloc (c, m->k, p * sizeof *m->axis);
  m->by = learn_alloc (c, m->k, sizeof *m->by);
  if (!m->axis || !m->by)
    return FNX_E_NOMEM;
  for (size_t k = 0; k < m->k; k++) {
    double sign = sign_of (u, n, r, k), sd = sv[k] / sqrt ((double)(n - 1));
    for (size_t j = 0; j < p; j++)
      m->axis[k * p + j] = sign * vt[k * p + j];
    m->by[k] = s->whiten ? sd : 1;
    if (s->whiten && !(sd > sv[0] * 1e-14))
      return c->fail (c, FNX_E_NUMERIC,
                      "component %zu has no variance to whiten by (the %zu trials span fewer)\nkeep fewer:  pca "
                      "whiten=yes variance=0.999",
                      k + 1, n);
  }
  return FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  (void)start;
  fnx_status st = rows_of (c, in[0], 2, &x);
  if (st)
    return st;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  st = solve (c, s, &x, m);
  return fitted (st, m, model_free, out);
}

/* features[trial,feature] with k features pc1 .. pck, of which there are at
 * most as many as features; k may be unknown. */
static const fnx_spec *
spec (fnx_call *c, const fnx_spec *in, int64_t k)
{
  enum { WIDTH = 24 };
  fnx_axis *a = c->scratch (c, sizeof *a);
  if (!a)
    return NULL;
  *a = (fnx_axis){ .struct_size = sizeof *a, .name = "feature", .size = k };
  if (k > 0) {
    const char **labels = c->scratch (c, (size_t)k * sizeof *labels);
    char *text = c->scratch (c, (size_t)k * WIDTH);
    if (!labels || !text)
      return NULL;
    for (int64_t i = 0; i < k; i++) {
      labels[i] = text + i * WIDTH;
      snprintf (text + i * WIDTH, WIDTH, "pc%lld", (long long)i + 1);
    }
    a->labels = labels;
  }
  return rows_spec (c, in, a);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t p = in[0]->axes[1]->size;
  if (p != FNX_UNKNOWN && s->components > p)
    return c->fail (c, FNX_E_PARAM, "components=%lld is more than the %lld features there are",
                    (long long)s->components, (long long)p);
  out[0] = spec (c, in[0], s->components && p != FNX_UNKNOWN ? s->components : FNX_UNKNOWN);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  (void)s;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  double *row = c->scratch (c, m->p * sizeof *row);
  const fnx_spec *o_spec = spec (c, c->buf->spec (in[0]), (int64_t)m->k);
  fnx_buf *o = row && o_spec ? c->buf->like (c, in[0], o_spec) : NULL;
  double *v = o ? c->buf->write (c, o) : NULL;
  if (!v) {
    c->buf->unref (o);
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < x.n; i++) {
    for (size_t j = 0; j < m->p; j++)
      row[j] = x.at[i][j] - m->mean[j];
    for (size_t k = 0; k < m->k; k++)
      v[i * m->k + k] = la_dot (row, m->axis + k * m->p, m->p) / m->by[k];
  }
  *out = o;
  return FNX_OK;
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->p);
  state_put_u64 (o, m->k);
  state_put_f64s (o, m->mean, m->p);
  state_put_f64s (o, m->axis, m->k * m->p);
  state_put_f64s (o, m->by, m->k);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->p = state_count (in, 8, INT32_MAX);
  m->k = state_count (in, 8, m->p);
  in->bad |= m->k == 0;
  bool ok = (m->mean = state_matrix (in, 1, m->p)) && (m->axis = state_matrix (in, m->k, m->p))
            && (m->by = state_matrix (in, 1, m->k));
  for (size_t k = 0; ok && k < m->k; k++)
    in->bad |= !(m->by[k] > 0);
  return ok;
}

ESTIMATOR ("pca", 1, put, get, NULL, fit, model_free, .apply = apply, .learns = "principal components");

static const fnx_param_desc components_param = { .struct_size = sizeof components_param,
                                                 .type = FNX_T_INT,
                                                 .flags = FNX_P_TUNABLE,
                                                 .name = "components",
                                                 .doc = "how many to keep; without it and variance: all there are",
                                                 .min = 1,
                                                 .max = 1e9 };
static const fnx_param_desc variance_param
    = { .struct_size = sizeof variance_param,
        .type = FNX_T_REAL,
        .flags = FNX_P_TUNABLE,
        .name = "variance",
        .doc = "keep as many as explain more than this share of the training set's variance",
        .min = 1e-6,
        .max = 1 };
static const fnx_param_desc whiten_param = { .struct_size = sizeof whiten_param,
                                             .type = FNX_T_BOOL,
                                             .flags = FNX_P_TUNABLE,
                                             .name = "whiten",
                                             .doc = "divide each component by its standard deviation",
                                             .fallback = "no" };
static const fnx_param_desc *const params[] = { &components_param, &variance_param, &whiten_param, NULL };

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port, .name = "in", .what = "features[trial,feature]", .doc = "one row of features a trial"
};
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "features[trial,feature]",
                                        .doc = "pc1, pc2, ... in falling order of variance" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc pca_step = {
  .struct_size = sizeof pca_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.pca",
  .name = "pca",
  .title = "principal components",
  .doc
  = "Turns features into few uncorrelated ones, those along which the training trials vary most. A component's sign is"
    " such that the training trial which contributes most to it has a positive coordinate.",
  .cite = "Pearson, Philosophical Magazine 2:559, 1901; Hotelling, J Educational Psychology 24:417, 1933",
  .equals = "scikit-learn 1.2 PCA to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! pca components=10 ! lda end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
