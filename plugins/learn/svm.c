/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * svm: libsvm's C-SVC, one against one, as scikit-learn 1.2 calls it
 * (C. Chang and C. Lin, ACM TIST 2(3):27, 2011).
 *
 * libsvm knows only sparse vectors of 16 bytes a value; where trials are few or
 * features many it gets the Gram matrix by dgemm instead.
 */
#include "plugins/common/machine.h"
#include "plugins/learn/learn.h"

#include <cblas.h>
#include <math.h>

enum { LINEAR_KERNEL, RBF_KERNEL };
enum { FEW = 2000 }; /* trials whose Gram matrix is small anyway: 32 MB */

struct fnx_step {
  int kernel;
  machine_how how;
  double gamma; /* > 0; or 0: 1 / (p var), -1: 1 / p */
};

struct fnx_model {
  classes cls;
  bool rbf;
  size_t p, n_pair, n_sv;
  double gamma;
  double *rho;  /* n_pair */
  double *w;    /* linear: n_pair x p, the sum over support vectors done */
  double *mean; /* rbf: p; the support vectors are less this mean */
  double *sv;   /* rbf: n_sv x p */
  double *coef; /* rbf: n_pair x n_sv */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const char *gamma = c->param->text (p, "gamma");
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kernel = (int)c->param->integer (p, "kernel");
  s->how = machine_how_of (c, p);
  if (!gamma || strcmp (gamma, "scale") == 0)
    s->gamma = 0;
  else if (strcmp (gamma, "auto") == 0)
    s->gamma = -1;
  else {
    char *end;
    s->gamma = strtod (gamma, &end);
    if (*end || end == gamma || !(s->gamma > 0 && s->gamma < INFINITY)) {
      free (s);
      return c->fail (c, FNX_E_PARAM, "gamma=%s is neither scale, auto nor a number above 0\nwrite gamma=scale", gamma);
    }
  }
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->rho);
  free (m->w);
  free (m->mean);
  free (m->sv);
  free (m->coef);
  free (m);
}

/* gamma=scale: 1 / (p var), var over all values of the training set. */
static double
gamma_of (const fnx_step *s, const rows *x)
{
  if (s->gamma > 0)
    return s->gamma;
  double p = (double)x->p, n = p * (double)x->n, mean = 0, var = 0;
  if (s->gamma < 0)
    return 1 / p;
  for (size_t i = 0; i < x->n; i++) {
    double sum = 0;
    for (size_t j = 0; j < x->p; j++)
      sum += x->at[i][j];
    mean += sum / n;
  }
  for (size_t i = 0; i < x->n; i++) {
    double sum = 0;
    for (size_t j = 0; j < x->p; j++)
      sum += (x->at[i][j] - mean) * (x->at[i][j] - mean);
    var += sum / n;
  }
  return var > 0 ? 1 / (p * var) : 1;
}

/* From inner products to exp (-gamma |a - b|^2), in place. */
static void
to_rbf (double *k, size_t n, size_t m, const double *aa, const double *bb, double gamma)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < m; j++) {
      double d = aa[i] + bb[j] - 2 * k[i * m + j];
      k[i * m + j] = exp (-gamma * (d > 0 ? d : 0));
    }
}

/* Few trials, or many features: by the kernel matrix. */
static fnx_status
train_gram (fnx_call *c, const machine_how *how, const fnx_model *m, const rows *x, double *y, machine *found)
{
  double *k = malloc (x->n * (x->n + 1) * sizeof *k);
  if (!k)
    return c->fail (c, FNX_E_NOMEM, "no memory for the kernel of %zu trials", x->n);
  fnx_status st = products (c, x, x, m->mean, k);
  if (st == FNX_OK && m->rbf) {
    double *norm = k + x->n * x->n;
    for (size_t i = 0; i < x->n; i++)
      norm[i] = k[i * x->n + i];
    to_rbf (k, x->n, x->n, norm, norm, m->gamma);
  }
  if (st == FNX_OK)
    st = machine_of_kernel (c, how, k, x->n, y, found);
  free (k);
  return st;
}

/* Keep of the machine what apply needs. */
static fnx_status
keep (fnx_call *c, fnx_model *m, machine *found, const rows *x)
{
  m->n_pair = found->n_pair;
  m->rho = found->rho;
  found->rho = NULL;
  if (!m->rbf)
    return (m->w = machine_planes (c, found, x)) ? FNX_OK : FNX_E_NOMEM;
  m->n_sv = found->n_sv;
  m->coef = found->coef;
  found->coef = NULL;
  if (!(m->sv = learn_alloc (c, m->n_sv, m->p * sizeof *m->sv)))
    return FNX_E_NOMEM;
  for (size_t s = 0; s < m->n_sv; s++)
    for (size_t j = 0; j < m->p; j++)
      m->sv[s * m->p + j] = x->at[found->sv[s]][j] - m->mean[j];
  return FNX_OK;
}

static fnx_status
train (fnx_call *c, const fnx_step *s, fnx_model *m, const rows *x, double *y)
{
  machine found = { 0 };
  if (m->rbf && !(m->mean = learn_alloc (c, m->p, sizeof *m->mean)))
    return FNX_E_NOMEM;
  if (m->rbf)
    rows_mean (x, NULL, m->mean); /* a kernel of differences: centring only saves digits */
  fnx_status st = x->n <= FEW || x->n < x->p ? train_gram (c, &s->how, m, x, y, &found)
                                             : machine_of_rows (c, &s->how, x, m->rbf ? m->gamma : 0, y, &found);
  if (st == FNX_OK)
    st = keep (c, m, &found, x);
  machine_free (&found);
  return st;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x, sorted;
  const int32_t *code;
  (void)start;
  fnx_status st = rows_of (c, in[0], 2, &x);
  if (st)
    return st;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  double *y = c->scratch (c, x.n * sizeof *y);
  if (!m || !y || (st = classes_of (c, in[0], &code, &m->cls)) || (st = rows_kept (c, in[0], "svm", &m->cls, &x, &code))
      || (st = machine_sort (c, code, m->cls.n, &x, &sorted, y))) {
    model_free (m);
    return st ? st : FNX_E_NOMEM;
  }
  m->p = x.p;
  m->rbf = s->kernel == RBF_KERNEL;
  m->gamma = m->rbf ? gamma_of (s, &x) : 1;
  st = train (c, s, m, &sorted, y);
  if (st) {
    model_free (m);
    return st;
  }
  *out = m;
  return FNX_OK;
}

/* Decisions of all trials against all pairs: n x n_pair. */
static fnx_status
decide (fnx_call *c, const fnx_model *m, const rows *x, double *dec)
{
  if (!m->rbf) {
    for (size_t i = 0; i < x->n; i++)
      for (size_t k = 0; k < m->n_pair; k++)
        dec[i * m->n_pair + k] = cblas_ddot ((int)m->p, x->at[i], 1, m->w + k * m->p, 1) - m->rho[k];
    return FNX_OK;
  }
  double *k = c->scratch (c, x->n * m->n_sv * sizeof *k), *aa = c->scratch (c, (x->n + m->n_sv) * sizeof *aa);
  double *packed = c->scratch (c, x->n * m->p * sizeof *packed);
  rows sv = { m->n_sv, m->p, c->scratch (c, m->n_sv * sizeof *sv.at) };
  rows xc = { x->n, m->p, c->scratch (c, x->n * sizeof *xc.at) };
  if (!k || !aa || !packed || !sv.at || !xc.at)
    return FNX_E_NOMEM;
  rows_pack (x, m->mean, packed);
  for (size_t i = 0; i < x->n; i++) {
    xc.at[i] = packed + i * m->p;
    aa[i] = cblas_ddot ((int)m->p, xc.at[i], 1, xc.at[i], 1);
  }
  for (size_t s = 0; s < m->n_sv; s++) {
    sv.at[s] = m->sv + s * m->p;
    aa[x->n + s] = cblas_ddot ((int)m->p, sv.at[s], 1, sv.at[s], 1);
  }
  fnx_status st = products (c, &xc, &sv, NULL, k);
  if (st)
    return st;
  to_rbf (k, x->n, m->n_sv, aa, aa + x->n, m->gamma);
  for (size_t i = 0; i < x->n; i++)
    for (size_t q = 0; q < m->n_pair; q++)
      dec[i * m->n_pair + q] = cblas_ddot ((int)m->n_sv, k + i * m->n_sv, 1, m->coef + q * m->n_sv, 1) - m->rho[q];
  return FNX_OK;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  (void)s;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  double *dec = c->scratch (c, (x.n + 1) * m->n_pair * sizeof *dec);
  if (!dec)
    return FNX_E_NOMEM;
  st = decide (c, m, &x, dec);
  return st ? st : machine_scores (c, in[0], &m->cls, dec, x.n, out);
}

static void
put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, m->rbf);
  state_put_u64 (o, m->p);
  state_put_u64 (o, m->n_sv);
  state_put_f64s (o, m->rho, m->n_pair);
  if (m->rbf) {
    state_put_f64s (o, &m->gamma, 1);
    state_put_f64s (o, m->mean, m->p);
    state_put_f64s (o, m->sv, m->n_sv * m->p);
    state_put_f64s (o, m->coef, m->n_pair * m->n_sv);
  } else
    state_put_f64s (o, m->w, m->n_pair * m->p);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  bool ok = classes_get (in, &m->cls);
  m->n_pair = ok ? (size_t)m->cls.n * (size_t)(m->cls.n - 1) / 2 : 0;
  m->rbf = state_count (in, 0, 1);
  m->p = state_count (in, 8, INT32_MAX);
  m->n_sv = state_count (in, 8, INT32_MAX);
  in->bad |= m->p == 0 || (m->rbf ? m->n_sv == 0 : m->n_sv != 0);
  ok = ok && (m->rho = state_matrix (in, 1, m->n_pair));
  if (!ok || !m->rbf)
    return ok && (m->w = state_matrix (in, m->n_pair, m->p));
  state_f64s (in, &m->gamma, 1);
  in->bad |= !(m->gamma > 0);
  return (m->mean = state_matrix (in, 1, m->p)) && (m->sv = state_matrix (in, m->n_sv, m->p))
         && (m->coef = state_matrix (in, m->n_pair, m->n_sv));
}

ESTIMATOR ("svm", 1, put, get, NULL, fit, model_free, .apply = apply, .flags = FNX_EST_SUPERVISED,
           .learns = "support vectors");

static const char *const kernels[] = { "linear", "rbf", NULL };
static const fnx_param_desc kernel_param = {
  .struct_size = sizeof kernel_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "kernel",
  .doc = "linear: a plane through the features; rbf: exp (-gamma |a - b|^2)",
  .fallback = "linear",
  .choices = kernels,
};
static const fnx_param_desc gamma_param = {
  .struct_size = sizeof gamma_param,
  .type = FNX_T_TEXT,
  .flags = FNX_P_TUNABLE,
  .name = "gamma",
  .doc = "a number above 0; scale: 1 / (features x variance of all training values); auto: 1 / features",
  .fallback = "scale",
  .when = "kernel=rbf",
};
static const fnx_param_desc *const params[]
    = { &kernel_param, &machine_c_param, &gamma_param, &machine_tol_param, NULL };

static const fnx_port_desc *const inputs[] = { &learn_in_target, NULL };
static const fnx_port_desc *const outputs[] = { &learn_out_scores, NULL };

const fnx_step_desc svm_step = {
  .struct_size = sizeof svm_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.svm",
  .name = "svm",
  .title = "support vector machine",
  .doc = "Separates classes by the widest margin (libsvm's C-SVC). Features are taken as they are: put scale before it"
         " when their units differ; tangent vectors need none.\n\n"
         "With two classes the scores are -d/2 and d/2 of the decision value d, which is scikit-learn's"
         " decision_function. With more, every pair of classes has its own machine and they vote: the scores have"
         " scikit-learn's one-vs-rest shape, and the largest is always libsvm's vote.\n\n"
         "Behind tangent the linear kernel is tr(S_i S_j) of the mapped matrices: tangent ! svm, metric=riemann or"
         " euclid, is pyRiemann's SVC (the 1e-10 that it adds to the kernel's diagonal apart).\n\n"
         "libsvm weighs classes, not trials: trials of weight 0 (artefacts, from potato) are left out, as"
         " scikit-learn leaves them out of the machine; all others count alike, and a note says so where they should"
         " not.",
  .cite = "Chang and Lin, LIBSVM: a library for support vector machines, ACM TIST 2(3):27, 2011",
  .equals = "scikit-learn 1.2 SVC to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov ! tangent ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
