/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lda: linear discriminant analysis (Fisher 1936), scikit-learn 1.2's solvers
 * svd and lsqr.  The numbers are made in plugins/common/discriminant.c.
 */
#include "plugins/learn/learn.h"

#include <math.h>

#include "plugins/common/discriminant.h"
#include "plugins/learn/linear.h"

enum { SVD, LSQR };
#define SVD_TOL 1e-4 /* scikit-learn's, absolute */

struct fnx_step {
  int solver;
  double shrinkage; /* 0..1 or DISCRIMINANT_AUTO */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const char *text = c->param->text (p, "shrinkage");
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->solver = (int)c->param->integer (p, "solver");
  if (text && strcmp (text, "auto") == 0)
    s->shrinkage = DISCRIMINANT_AUTO;
  else if (text && strcmp (text, "none")) {
    char *end;
    s->shrinkage = strtod (text, &end);
    if (*end || end == text || !(s->shrinkage >= 0 && s->shrinkage <= 1)) {
      free (s);
      return c->fail (c, FNX_E_PARAM, "shrinkage=%s is neither none, auto nor a number in 0..1\nwrite shrinkage=auto",
                      text);
    }
  }
  if (s->solver == SVD && s->shrinkage != 0) {
    free (s);
    return c->fail (c, FNX_E_PARAM,
                    "shrinkage=%s needs a covariance, which solver=svd does not make\nwrite solver=lsqr", text);
  }
  *out = s;
  return FNX_OK;
}

static fnx_status
solve (fnx_call *c, const fnx_step *s, fnx_model *m, const rows *x, const int32_t *code)
{
  size_t k = (size_t)m->cls.n;
  double *w = learn_alloc (c, k, x->p * sizeof *w), *b = learn_alloc (c, k, sizeof *b);
  m->w = w;
  m->b = b;
  m->p = x->p;
  if (!w || !b)
    return FNX_E_NOMEM;
  int info = s->solver == SVD ? discriminant_svd (x->at, code, x->n, x->p, m->cls.n, SVD_TOL, w, b)
                              : discriminant_lsqr (x->at, code, x->n, x->p, m->cls.n, s->shrinkage, w, b);
  if (info < 0)
    return c->fail (c, FNX_E_NOMEM, "no memory for discriminants of %zu features", x->p);
  for (size_t j = 0; info == 0 && j < k * x->p; j++)
    info = isfinite (w[j]) ? 0 : 1;
  if (info)
    return c->fail (c, FNX_E_NUMERIC,
                    "the covariance of %zu features in %zu trials has no usable inverse\nshrink it:  lda solver=lsqr "
                    "shrinkage=auto",
                    x->p, x->n);
  if (k == 2) {
    for (size_t j = 0; j < x->p; j++)
      w[j] = w[x->p + j] - w[j];
    b[0] = b[1] - b[0];
  }
  return FNX_OK;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  const int32_t *code;
  (void)start;
  fnx_status st = rows_of (c, in[0], 2, &x);
  if (st)
    return st;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  st = classes_of (c, in[0], &code, &m->cls);
  if (st == FNX_OK)
    st = rows_kept (c, in[0], "lda", &m->cls, &x, &code);
  if (st == FNX_OK && x.n <= (size_t)m->cls.n)
    st = c->fail (c, FNX_E_DATA, "%s has %zu trials for %d classes; lda needs more trials than classes", c->recording,
                  x.n, (int)m->cls.n);
  if (st == FNX_OK)
    st = solve (c, s, m, &x, code);
  return fitted (st, m, linear_free, out);
}

LINEAR_ESTIMATOR ("class means and covariance");

static const char *const solvers[] = { "svd", "lsqr", NULL };
static const fnx_param_desc solver_param = {
  .struct_size = sizeof solver_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "solver",
  .doc = "svd: no covariance is made, singular values up to 1e-4 are left out; lsqr: least squares, can shrink",
  .fallback = "svd",
  .choices = solvers,
};
static const fnx_param_desc shrinkage_param = {
  .struct_size = sizeof shrinkage_param,
  .type = FNX_T_TEXT,
  .flags = FNX_P_TUNABLE,
  .name = "shrinkage",
  .doc = "none; auto: Ledoit-Wolf, class by class; or 0..1 of the mean variance in place of the covariance",
  .fallback = "none",
};
static const fnx_param_desc *const params[] = { &solver_param, &shrinkage_param, NULL };

static const fnx_port_desc *const inputs[] = { &learn_in_target, NULL };
static const fnx_port_desc *const outputs[] = { &learn_out_scores, NULL };

const fnx_step_desc lda_step = {
  .struct_size = sizeof lda_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.lda",
  .name = "lda",
  .title = "linear discriminant analysis",
  .doc
  = "Separates classes by a plane, the best one when every class is normal with the same covariance. With few trials"
    " a feature the covariance needs shrinking: solver=lsqr shrinkage=auto. Priors are the shares of the classes"
    " in the training set.\n\n"
    "As the peer, it cannot weigh trials: those of weight 0 (artefacts, from potato) are left out, all others count"
    " alike.",
  .cite = "Fisher, Annals of Eugenics 7:179, 1936; Ledoit and Wolf, J Multivariate Analysis 88:365, 2004",
  .equals = "scikit-learn 1.2 LinearDiscriminantAnalysis to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov ! csp ! lda end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
