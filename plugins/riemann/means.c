/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means of classes and distances to them.
 */
#include "plugins/riemann/means.h"
#include "plugins/common/linalg.h"

#include <stdio.h>

void
means_free (class_means *m)
{
  classes_free (&m->cls);
  free (m->mean);
  free (m->ref);
}

fnx_status
means_complete (fnx_call *c, class_means *m)
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
means_begin (fnx_call *c, const matrices *x, spd_metric distance, size_t sets, class_means *m, const int32_t **code,
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
means_fit (fnx_call *c, const matrices *x, spd_metric mean, spd_metric distance, bool peer, const class_means *start,
           class_means *m)
{
  const double *w;
  const int32_t *code;
  size_t q = (size_t)x->n * (size_t)x->n;
  fnx_status status = means_begin (c, x, distance, 1, m, &code, &w);
  bool usable = status == FNX_OK && start && start->n == x->n && start->cls.n == m->cls.n;
  for (int32_t k = 0; k < m->cls.n && status == FNX_OK; k++) {
    bool same = usable && strcmp (start->cls.name[k], m->cls.name[k]) == 0;
    status = matrices_mean (c, x, mean, w, code, k, peer, same ? start->mean + (size_t)k * q : NULL,
                            m->mean + (size_t)k * q);
  }
  return status == FNX_OK ? means_complete (c, m) : status;
}

typedef struct plan {
  const class_means *m;
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
means_apply (fnx_call *c, const class_means *m, const matrices *x,
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
  return give (c, status, b, out);
}

void
means_put (state_out *o, const class_means *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, (uint64_t)m->metric);
  state_put_u64 (o, (uint64_t)m->n);
  state_put_f64s (o, m->mean, m->sets * (size_t)m->cls.n * (size_t)m->n * (size_t)m->n);
}

bool
means_get (state_in *in, size_t sets, class_means *m)
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
