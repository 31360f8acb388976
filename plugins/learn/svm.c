/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * svm: libsvm's C-SVC, one against one, as scikit-learn 1.2 calls it
 * (C. Chang and C. Lin, ACM TIST 2(3):27, 2011).
 *
 * Trials are handed to libsvm sorted by class, which makes its class order
 * ours.  libsvm knows only sparse vectors of 16 bytes a value; where trials
 * are few or features many it gets the Gram matrix by dgemm instead.
 */
#include "plugins/learn/learn.h"

#include <cblas.h>
#include <libsvm/svm.h>
#include <math.h>

enum { LINEAR_KERNEL, RBF_KERNEL };
enum { FEW = 2000 }; /* trials whose Gram matrix is small anyway: 32 MB */

struct fnx_step {
  int kernel;
  double c, tol;
  double gamma; /* > 0; or 0: 1 / (p var), -1: 1 / p */
};

/* Pairs of classes (0,1) (0,2) .. (1,2) ..: decision of a pair is
 * sum_s coef[pair][s] K(sv_s, x) - rho[pair], positive for its first class. */
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
  s->c = c->param->real (p, "c");
  s->tol = c->param->real (p, "tol");
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

/* libsvm's own layout: n rows of nodes, each closed by index -1. */
typedef struct nodes {
  struct svm_node *all, **row;
} nodes;

static fnx_status
nodes_new (fnx_call *c, nodes *nd, size_t n, size_t width)
{
  if (width > SIZE_MAX / sizeof *nd->all / (n + 1) || n > INT32_MAX || width > INT32_MAX)
    return c->fail (c, FNX_E_NOMEM, "%zu trials of %zu features are more than libsvm can hold", n, width);
  nd->all = malloc (n * width * sizeof *nd->all);
  nd->row = malloc (n * sizeof *nd->row);
  if (!nd->all || !nd->row)
    return c->fail (c, FNX_E_NOMEM, "no memory for %zu x %zu values in libsvm's form", n, width);
  for (size_t i = 0; i < n; i++)
    nd->row[i] = nd->all + i * width;
  return FNX_OK;
}

/* The kernel matrix as libsvm's "precomputed": node 0 is the row's number. */
static fnx_status
nodes_kernel (fnx_call *c, nodes *nd, const rows *x, bool rbf, double gamma, const double *mean)
{
  fnx_status st = nodes_new (c, nd, x->n, x->n + 2);
  double *k = st ? NULL : malloc (x->n * (x->n + 1) * sizeof *k);
  if (st || !k) {
    free (k);
    return st ? st : c->fail (c, FNX_E_NOMEM, "no memory for the kernel of %zu trials", x->n);
  }
  st = products (c, x, x, rbf ? mean : NULL, k);
  if (st == FNX_OK && rbf) {
    double *norm = k + x->n * x->n;
    for (size_t i = 0; i < x->n; i++)
      norm[i] = k[i * x->n + i];
    to_rbf (k, x->n, x->n, norm, norm, gamma);
  }
  for (size_t i = 0; st == FNX_OK && i < x->n; i++) {
    struct svm_node *r = nd->row[i];
    *r++ = (struct svm_node){ 0, (double)(i + 1) };
    for (size_t j = 0; j < x->n; j++)
      *r++ = (struct svm_node){ (int)(j + 1), k[i * x->n + j] };
    *r = (struct svm_node){ -1, 0 };
  }
  free (k);
  return st;
}

static fnx_status
nodes_plain (fnx_call *c, nodes *nd, const rows *x)
{
  fnx_status st = nodes_new (c, nd, x->n, x->p + 1);
  for (size_t i = 0; st == FNX_OK && i < x->n; i++) {
    struct svm_node *r = nd->row[i];
    for (size_t j = 0; j < x->p; j++)
      *r++ = (struct svm_node){ (int)(j + 1), x->at[i][j] };
    *r = (struct svm_node){ -1, 0 };
  }
  return st;
}

/* The trials sorted by class, in their order within each. */
static fnx_status
sort (fnx_call *c, const int32_t *code, int32_t n_class, const rows *x, rows *sorted, double *y)
{
  size_t at = 0;
  *sorted = *x;
  if (!(sorted->at = c->scratch (c, x->n * sizeof *sorted->at)))
    return FNX_E_NOMEM;
  for (int32_t k = 0; k < n_class; k++)
    for (size_t i = 0; i < x->n; i++)
      if (code[i] == k) {
        sorted->at[at] = x->at[i];
        y[at++] = k;
      }
  return FNX_OK;
}

/* coef[pair][s] out of libsvm's packed form: for a support vector of class k
 * its weight against class l stands in row l, or l - 1 beyond k. */
static void
coefs (const struct svm_model *sv, double *coef)
{
  size_t n_sv = (size_t)sv->l, pair = 0;
  int start_i = 0;
  for (int i = 0; i < sv->nr_class; start_i += sv->nSV[i], i++) {
    int start_j = start_i + sv->nSV[i];
    for (int j = i + 1; j < sv->nr_class; start_j += sv->nSV[j], j++, pair++) {
      for (int s = 0; s < sv->nSV[i]; s++)
        coef[pair * n_sv + (size_t)(start_i + s)] = sv->sv_coef[j - 1][start_i + s];
      for (int s = 0; s < sv->nSV[j]; s++)
        coef[pair * n_sv + (size_t)(start_j + s)] = sv->sv_coef[i][start_j + s];
    }
  }
}

/* Keep of libsvm's answer what apply needs, in memory of our own. */
static fnx_status
keep (fnx_call *c, fnx_model *m, const struct svm_model *sv, const rows *x, const double *mean)
{
  m->n_pair = (size_t)sv->nr_class * (size_t)(sv->nr_class - 1) / 2;
  m->n_sv = (size_t)sv->l;
  double *coef = learn_alloc (c, m->n_pair * m->n_sv, sizeof *coef);
  m->coef = coef;
  m->rho = learn_alloc (c, m->n_pair, sizeof *m->rho);
  if (!coef || !m->rho)
    return FNX_E_NOMEM;
  coefs (sv, coef);
  memcpy (m->rho, sv->rho, m->n_pair * sizeof *m->rho);
  if (m->rbf) {
    m->mean = learn_alloc (c, m->p, sizeof *m->mean);
    m->sv = learn_alloc (c, m->n_sv, m->p * sizeof *m->sv);
    if (!m->mean || !m->sv)
      return FNX_E_NOMEM;
    memcpy (m->mean, mean, m->p * sizeof *mean);
    for (size_t s = 0; s < m->n_sv; s++) {
      const double *row = x->at[sv->sv_indices[s] - 1];
      for (size_t j = 0; j < m->p; j++)
        m->sv[s * m->p + j] = row[j] - mean[j];
    }
    return FNX_OK;
  }
  if (!(m->w = learn_alloc (c, m->n_pair, m->p * sizeof *m->w)))
    return FNX_E_NOMEM;
  for (size_t k = 0; k < m->n_pair; k++)
    for (size_t s = 0; s < m->n_sv; s++)
      if (coef[k * m->n_sv + s] != 0)
        cblas_daxpy ((int)m->p, coef[k * m->n_sv + s], x->at[sv->sv_indices[s] - 1], 1, m->w + k * m->p, 1);
  free (m->coef);
  m->coef = NULL;
  m->n_sv = 0;
  return FNX_OK;
}

static fnx_status
train (fnx_call *c, const fnx_step *s, fnx_model *m, const rows *x, double *y)
{
  double *mean = c->scratch (c, x->p * sizeof *mean);
  if (!mean)
    return FNX_E_NOMEM;
  if (m->rbf)
    rows_mean (x, NULL, mean); /* a kernel of differences: centring only saves digits */
  nodes nd = { NULL, NULL };
  struct svm_model *sv = NULL;
  bool gram = x->n <= FEW || x->n < x->p;
  fnx_status st = gram ? nodes_kernel (c, &nd, x, m->rbf, m->gamma, mean) : nodes_plain (c, &nd, x);
  if (st == FNX_OK) {
    const struct svm_problem problem = { (int)x->n, y, nd.row };
    const struct svm_parameter how = { .svm_type = C_SVC,
                                       .kernel_type = gram     ? PRECOMPUTED
                                                      : m->rbf ? RBF
                                                               : LINEAR,
                                       .gamma = m->gamma,
                                       .cache_size = 200,
                                       .eps = s->tol,
                                       .C = s->c,
                                       .shrinking = 1 };
    sv = svm_train (&problem, &how);
    st = sv ? keep (c, m, sv, x, mean) : c->fail (c, FNX_E_NOMEM, "libsvm gave no model");
  }
  if (sv)
    svm_free_and_destroy_model (&sv);
  free (nd.all);
  free (nd.row);
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
      || (st = sort (c, code, m->cls.n, &x, &sorted, y))) {
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

/* Scores of one trial from the decisions of all pairs: scikit-learn's
 * one-vs-rest shape, votes + sum / (3 (|sum| + 1)).  Where votes tie it can
 * prefer another class than libsvm, which takes the first; the two values are
 * then exchanged, so that the largest score is always libsvm's answer. */
static void
scores_of_pairs (const double *dec, int32_t n, double *votes, double *score)
{
  memset (votes, 0, (size_t)n * sizeof *votes);
  memset (score, 0, (size_t)n * sizeof *score);
  for (int32_t i = 0; i < n; i++)
    for (int32_t j = i + 1; j < n; j++, dec++) {
      votes[*dec > 0 ? i : j] += 1;
      score[i] += *dec;
      score[j] -= *dec;
    }
  int32_t winner = 0, top = 0;
  for (int32_t k = 0; k < n; k++) {
    score[k] = votes[k] + score[k] / (3 * (fabs (score[k]) + 1));
    winner = votes[k] > votes[winner] ? k : winner;
    top = score[k] > score[top] ? k : top;
  }
  double t = score[top];
  score[top] = score[winner];
  score[winner] = t;
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
  double *v;
  (void)s;
  size_t n_class = (size_t)m->cls.n;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  double *dec = c->scratch (c, (x.n + 1) * m->n_pair * sizeof *dec), *votes = c->scratch (c, n_class * sizeof *votes);
  if (!dec || !votes)
    return FNX_E_NOMEM;
  if ((st = decide (c, m, &x, dec)))
    return st;
  fnx_buf *o = scores_new (c, in[0], &m->cls, &v);
  if (!o)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x.n; i++, v += n_class) {
    double d = -dec[i * m->n_pair]; /* the peer counts towards the second class */
    if (n_class == 2)
      scores_from (&d, 2, v);
    else
      scores_of_pairs (dec + i * m->n_pair, m->cls.n, votes, v);
  }
  *out = o;
  return FNX_OK;
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
static const fnx_param_desc c_param = {
  .struct_size = sizeof c_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE | FNX_P_LOG,
  .name = "c",
  .doc = "price of a trial on the wrong side; smaller is smoother",
  .fallback = "1",
  .min = 1e-12,
  .max = 1e12,
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
static const fnx_param_desc tol_param = {
  .struct_size = sizeof tol_param,
  .type = FNX_T_REAL,
  .name = "tol",
  .doc = "libsvm stops when the optimality conditions hold to this",
  .fallback = "1e-3",
  .min = 1e-12,
  .max = 1,
};
static const fnx_param_desc *const params[] = { &kernel_param, &c_param, &gamma_param, &tol_param, NULL };

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
             " ! evaluate folds=5 begin tangent ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = scores_negotiate,
  .extension = extension,
};
