/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libsvm's C-SVC as scikit-learn 1.2 calls it (C. Chang and C. Lin, ACM TIST
 * 2(3):27, 2011).
 */
#include "plugins/common/machine.h"

#include <cblas.h>
#include <libsvm/svm.h>
#include <math.h>

static void
silent (const char *text)
{
  (void)text;
}

void
machine_load (void)
{
  svm_set_print_string_function (silent);
}

fnx_status
machine_sort (fnx_call *c, const int32_t *code, int32_t n_class, const rows *x, rows *sorted, double *y)
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

const fnx_param_desc machine_c_param = {
  .struct_size = sizeof machine_c_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE | FNX_P_LOG,
  .name = "c",
  .doc = "price of a trial on the wrong side; smaller is smoother",
  .fallback = "1",
  .min = 1e-12,
  .max = 1e12,
};
const fnx_param_desc machine_tol_param = {
  .struct_size = sizeof machine_tol_param,
  .type = FNX_T_REAL,
  .name = "tol",
  .doc = "libsvm stops when the optimality conditions hold to this",
  .fallback = "1e-3",
  .min = 1e-12,
  .max = 1,
};

machine_how
machine_how_of (fnx_call *c, const fnx_params *p)
{
  return (machine_how){ c->param->real (p, "c"), c->param->real (p, "tol") };
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

/* libsvm's "precomputed": node 0 is the row's number. */
static fnx_status
nodes_kernel (fnx_call *c, nodes *nd, const double *k, size_t n)
{
  fnx_status st = nodes_new (c, nd, n, n + 2);
  for (size_t i = 0; st == FNX_OK && i < n; i++) {
    struct svm_node *r = nd->row[i];
    *r++ = (struct svm_node){ 0, (double)(i + 1) };
    for (size_t j = 0; j < n; j++)
      *r++ = (struct svm_node){ (int)(j + 1), k[i * n + j] };
    *r = (struct svm_node){ -1, 0 };
  }
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

/* libsvm's answer in memory of our own. */
static fnx_status
keep (fnx_call *c, const struct svm_model *sv, machine *m)
{
  m->n_pair = (size_t)sv->nr_class * (size_t)(sv->nr_class - 1) / 2;
  m->n_sv = (size_t)sv->l;
  m->coef = learn_alloc (c, m->n_pair * m->n_sv, sizeof *m->coef);
  m->rho = learn_alloc (c, m->n_pair, sizeof *m->rho);
  m->sv = learn_alloc (c, m->n_sv, sizeof *m->sv);
  if (!m->coef || !m->rho || !m->sv)
    return FNX_E_NOMEM;
  coefs (sv, m->coef);
  memcpy (m->rho, sv->rho, m->n_pair * sizeof *m->rho);
  for (size_t s = 0; s < m->n_sv; s++)
    m->sv[s] = (size_t)sv->sv_indices[s] - 1;
  return FNX_OK;
}

/* The machine of n rows, which are given back. */
static fnx_status
train (fnx_call *c, const machine_how *how, nodes *nd, size_t n, double *y, int kernel, double gamma, machine *m)
{
  const struct svm_problem problem = { (int)n, y, nd->row };
  const struct svm_parameter with = { .svm_type = C_SVC,
                                      .kernel_type = kernel,
                                      .gamma = gamma,
                                      .cache_size = 200,
                                      .eps = how->tol,
                                      .C = how->c,
                                      .shrinking = 1 };
  struct svm_model *sv = svm_train (&problem, &with);
  fnx_status st = sv ? keep (c, sv, m) : c->fail (c, FNX_E_NOMEM, "libsvm gave no model");
  if (sv)
    svm_free_and_destroy_model (&sv);
  return st;
}

static void
nodes_free (nodes *nd)
{
  free (nd->all);
  free (nd->row);
}

fnx_status
machine_of_kernel (fnx_call *c, const machine_how *how, const double *k, size_t n, double *y, machine *m)
{
  nodes nd = { NULL, NULL };
  fnx_status st = nodes_kernel (c, &nd, k, n);
  if (st == FNX_OK)
    st = train (c, how, &nd, n, y, PRECOMPUTED, 1, m);
  nodes_free (&nd);
  return st;
}

fnx_status
machine_of_rows (fnx_call *c, const machine_how *how, const rows *x, double gamma, double *y, machine *m)
{
  nodes nd = { NULL, NULL };
  fnx_status st = nodes_plain (c, &nd, x);
  if (st == FNX_OK)
    st = train (c, how, &nd, x->n, y, gamma > 0 ? RBF : LINEAR, gamma, m);
  nodes_free (&nd);
  return st;
}

void
machine_free (machine *m)
{
  free (m->rho);
  free (m->coef);
  free (m->sv);
  *m = (machine){ 0 };
}

double *
machine_planes (fnx_call *c, const machine *m, const rows *x)
{
  double *w = learn_alloc (c, m->n_pair, x->p * sizeof *w);
  for (size_t k = 0; w && k < m->n_pair; k++)
    for (size_t s = 0; s < m->n_sv; s++)
      if (m->coef[k * m->n_sv + s] != 0)
        cblas_daxpy ((int)x->p, m->coef[k * m->n_sv + s], x->at[m->sv[s]], 1, w + k * x->p, 1);
  return w;
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

fnx_status
machine_scores (fnx_call *c, const fnx_buf *in, const classes *cls, const double *dec, size_t n, const fnx_buf **out)
{
  double *v, *votes = c->scratch (c, (size_t)cls->n * sizeof *votes);
  size_t n_class = (size_t)cls->n, n_pair = n_class * (n_class - 1) / 2;
  fnx_buf *o = votes ? scores_new (c, in, cls, &v) : NULL;
  if (!o)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < n; i++, v += n_class, dec += n_pair) {
    double d = -*dec; /* the peer counts towards the second class */
    if (n_class == 2)
      scores_from (&d, 2, v);
    else
      scores_of_pairs (dec, cls->n, votes, v);
  }
  *out = o;
  return FNX_OK;
}
