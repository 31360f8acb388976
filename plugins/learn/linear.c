/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Apply, save and load planes.
 */
#include "plugins/learn/linear.h"

#include "plugins/common/linalg.h"

static size_t
n_value (const fnx_model *m)
{
  return m->cls.n == 2 ? 1 : (size_t)m->cls.n;
}

void
linear_free (fnx_model *m)
{
  if (!m)
    return;
  classes_free (&m->cls);
  free (m->w);
  free (m->b);
  free (m);
}

fnx_status
linear_apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  double *v, *d = c->scratch (c, n_value (m) * sizeof *d);
  (void)s;
  if (!d)
    return FNX_E_NOMEM;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  fnx_buf *o = scores_new (c, in[0], &m->cls, &v);
  if (!o)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x.n; i++) {
    for (size_t k = 0; k < n_value (m); k++)
      d[k] = la_dot (x.at[i], m->w + k * m->p, m->p) + m->b[k];
    scores_from (d, m->cls.n, v + i * (size_t)m->cls.n);
  }
  *out = o;
  return FNX_OK;
}

void
linear_put (state_out *o, const fnx_model *m)
{
  classes_put (o, &m->cls);
  state_put_u64 (o, m->p);
  state_put_f64s (o, m->w, n_value (m) * m->p);
  state_put_f64s (o, m->b, n_value (m));
}

bool
linear_get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  if (!classes_get (in, &m->cls))
    return false;
  m->p = state_count (in, 8, INT32_MAX);
  in->bad |= m->p == 0;
  return (m->w = state_matrix (in, n_value (m), m->p)) && (m->b = state_matrix (in, 1, n_value (m)));
}
