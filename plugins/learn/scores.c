/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scores[trial,class]: what every classifier gives.  The class axis carries
 * the class names, the largest score is the answer, and with two classes
 * score[1] - score[0] is the peer's decision value.
 */
#include "plugins/learn/learn.h"

#include <cblas.h>

static const fnx_spec *
spec (fnx_call *c, const fnx_axis *trial, int64_t n_class, const char *const *labels)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *cls = c->scratch (c, sizeof *cls);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!s || !cls || !axes)
    return NULL;
  *cls = (fnx_axis){ .struct_size = sizeof *cls, .name = "class", .size = n_class, .labels = labels };
  axes[0] = trial;
  axes[1] = cls;
  *s = (fnx_spec){ .struct_size = sizeof *s, .ndim = 2, .kind = "scores", .unit = "1", .dtype = FNX_F8, .axes = axes };
  return s;
}

fnx_status
scores_negotiate (fnx_call *c, fnx_step *step, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)step;
  out[0] = spec (c, in[0]->axes[0], FNX_UNKNOWN, NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

fnx_buf *
scores_new (fnx_call *c, const fnx_buf *in, const classes *cls, double **v)
{
  const fnx_spec *s = spec (c, c->buf->spec (in)->axes[0], cls->n, (const char *const *)cls->name);
  fnx_buf *b = s ? c->buf->like (c, in, s) : NULL;
  *v = b ? c->buf->write (c, b) : NULL;
  if (b && !*v) {
    c->buf->unref (b);
    b = NULL;
  }
  return b;
}

void
scores_from (const double *d, int32_t n_class, double *score)
{
  if (n_class == 2) {
    score[0] = -d[0] / 2;
    score[1] = d[0] / 2;
  } else
    memcpy (score, d, (size_t)n_class * sizeof *score);
}

fnx_status
scores_linear (fnx_call *c, const fnx_buf *in, const classes *cls, size_t p, const double *w, const double *b,
               const fnx_buf **out)
{
  rows x;
  size_t m = cls->n == 2 ? 1 : (size_t)cls->n;
  fnx_status st = rows_of (c, in, 0, &x);
  if (st || (st = rows_fit (c, &x, p)))
    return st;
  double *v, *d = c->scratch (c, m * sizeof *d);
  fnx_buf *o = d ? scores_new (c, in, cls, &v) : NULL;
  if (!o)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x.n; i++) {
    for (size_t k = 0; k < m; k++)
      d[k] = cblas_ddot ((int)p, x.at[i], 1, w + k * p, 1) + b[k];
    scores_from (d, cls->n, v + i * (size_t)cls->n);
  }
  *out = o;
  return FNX_OK;
}
