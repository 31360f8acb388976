/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See evoked.h; the filters are pyRiemann's Xdawn.
 */
#include "plugins/riemann/evoked.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <stdio.h>

/* mean[n,T] of the trials of class k. */
static fnx_status
response (fnx_call *c, const fnx_buf *b, const evoked *e, const int32_t *code, int32_t k, double *mean)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size;
  double total = 0;
  for (size_t i = 0; i < count; i++)
    if (code[i] == k) {
      la_axpy (mean, e->w ? e->w[i] : 1, c->buf->item (b, (int64_t)i), e->n * e->T);
      total += e->w ? e->w[i] : 1;
    }
  if (!(total > 0))
    return c->fail (c, FNX_E_DATA, "all trials of class %s have weight 0", e->cls.name[k]);
  la_scale (mean, 1 / total, e->n * e->T);
  if (la_norm (mean, e->n * e->T) < 1e75)
    return FNX_OK;
  fnx_status status = samples_refuse_any (c, b);
  if (status != FNX_OK)
    return status;
  return c->fail (c, FNX_E_DATA, "the mean response to class %s is too large to work with", e->cls.name[k]);
}

fnx_status
evoked_of (fnx_call *c, const fnx_buf *b, evoked *e)
{
  const fnx_spec *s = c->buf->spec (b);
  const int32_t *code;
  if (s->axes[1]->size < 1 || s->axes[1]->size > 5000 || s->axes[2]->size < 2 || s->axes[2]->size > INT32_MAX
      || s->axes[0]->size < 2)
    return c->fail (c, FNX_E_DATA, "%s has %lld trials of %lld channels and %lld samples; 2 or more of each are needed",
                    c->recording, (long long)s->axes[0]->size, (long long)s->axes[1]->size,
                    (long long)s->axes[2]->size);
  e->n = (size_t)s->axes[1]->size;
  e->T = (size_t)s->axes[2]->size;
  fnx_status status = classes_of (c, b, &code, &e->cls);
  if (status == FNX_OK)
    status = rows_weights (c, b, &e->w);
  if (status != FNX_OK)
    return status;
  e->mean = c->scratch (c, (size_t)e->cls.n * e->n * e->T * sizeof *e->mean);
  if (!e->mean)
    return FNX_E_NOMEM;
  for (int32_t k = 0; k < e->cls.n && status == FNX_OK; k++)
    status = response (c, b, e, code, k, e->mean + (size_t)k * e->n * e->T);
  return status;
}

fnx_status
evoked_fit (fnx_call *c, const fnx_buf *b, size_t n, size_t T)
{
  const fnx_spec *s = c->buf->spec (b);
  if (s->axes[1]->size != (int64_t)n || (T && s->axes[2]->size != (int64_t)T))
    return c->fail (c, FNX_E_SPEC,
                    "%s has trials of %lld channels and %lld samples; the model was fitted on %zu and %zu\n"
                    "run it through the same steps as the recordings of the training",
                    c->recording, (long long)s->axes[1]->size, (long long)s->axes[2]->size, n, T);
  return FNX_OK;
}

/* ---- Xdawn ---------------------------------------------------------------- */

/* S / T of the trials that count, as one long recording, trial by trial. */
static fnx_status
scm_of_all (fnx_call *c, const fnx_buf *b, const evoked *e, size_t kept, double *s)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size, n = e->n, T = e->T;
  double *mean = c->scratch (c, n * sizeof *mean), *xc = c->scratch (c, n * T * sizeof *xc);
  if (!mean || !xc)
    return FNX_E_NOMEM;
  memset (s, 0, n * n * sizeof *s);
  for (size_t i = 0; i < count; i++) {
    const double *x = c->buf->item (b, (int64_t)i);
    for (size_t k = 0; k < n && (!e->w || e->w[i] > 0); k++)
      for (size_t t = 0; t < T; t++)
        mean[k] += x[k * T + t] / (double)(kept * T);
  }
  for (size_t i = 0; i < count; i++) {
    const double *x = c->buf->item (b, (int64_t)i);
    if (e->w && !(e->w[i] > 0))
      continue;
    for (size_t k = 0; k < n; k++)
      for (size_t t = 0; t < T; t++)
        xc[k * T + t] = x[k * T + t] - mean[k];
    la_gram (s, xc, (int)n, (int)T, 1 / (double)(kept * T), 1);
  }
  return FNX_OK;
}

/* Estimators that need all samples at once. */
static int
gather (fnx_call *c, const fnx_buf *b, const evoked *e, cov_kind kind, size_t kept, double *s)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size, n = e->n, T = e->T, L = kept * T, at = 0;
  double *all = c->scratch (c, n * L * sizeof *all), *work = c->scratch (c, cov_work ((int)n, (int)L) * sizeof *work);
  if (!all || !work)
    return -2;
  for (size_t i = 0; i < count; i++) {
    const double *x = c->buf->item (b, (int64_t)i);
    if (e->w && !(e->w[i] > 0))
      continue;
    for (size_t k = 0; k < n; k++)
      memcpy (all + k * L + at, x + k * T, T * sizeof *all);
    at += T;
  }
  return cov_estimate (kind, all, (int)n, (int)L, s, work);
}

/* C_all, tested; spare: n x n doubles. */
static fnx_status
covariance_of_all (fnx_call *c, const fnx_buf *b, const evoked *e, cov_kind kind, const char *cure, double *s,
                   double *spare)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size, kept = 0;
  for (size_t i = 0; i < count; i++)
    kept += !e->w || e->w[i] > 0;
  if (kept * e->T > INT32_MAX)
    return c->fail (c, FNX_E_SPEC, "%zu trials of %zu samples are more than one covariance takes", kept, e->T);
  int n = (int)e->n, L = (int)(kept * e->T), bad;
  fnx_status status = scm_of_all (c, b, e, kept, s);
  if (status != FNX_OK)
    return status;
  memcpy (spare, s, e->n * e->n * sizeof *s); /* what is refused shows the rank of the data */
  bad = cov_of_scm (kind) ? cov_from_scm (kind, s, n, L) : gather (c, b, e, kind, kept, s);
  if (bad == -2)
    return FNX_E_NOMEM;
  double *work = c->scratch (c, e->n * e->n * sizeof *work);
  if (!work)
    return FNX_E_NOMEM;
  if (!bad && !cov_spd (s, n, work))
    return FNX_OK;
  matrices like = { .n = n, .of = b, .samples = L, .cure = cure };
  status = samples_refuse_any (c, b);
  if (status != FNX_OK)
    return status;
  size_t room = strlen (c->recording) + 64;
  char *what = c->scratch (c, room);
  if (!what)
    return FNX_E_NOMEM;
  snprintf (what, room, "the covariance of all %zu trials of %s", kept, c->recording);
  return matrices_refuse (c, &like, spare, what);
}

void
evoked_sign (double *row, size_t n, size_t stride)
{
  double top = 0;
  for (size_t i = 0; i < n; i++)
    top = fabs (row[i * stride]) > fabs (top) ? row[i * stride] : top;
  for (size_t i = 0; i < n && top < 0; i++)
    row[i * stride] *= -1;
}

fnx_status
xdawn_filters (fnx_call *c, const fnx_buf *b, const evoked *e, cov_kind kind, const char *cure, size_t each,
               double *filter)
{
  size_t n = e->n, q = n * n;
  double *all = c->scratch (c, (4 * q + n + la_eig_work ((int)n) + cov_work ((int)n, (int)e->T)) * sizeof *all);
  if (!all)
    return FNX_E_NOMEM;
  double *one = all + q, *copy = one + q, *v = copy + q, *lambda = v + q, *work = lambda + n;
  fnx_status status = covariance_of_all (c, b, e, kind, cure, all, copy);
  if (status != FNX_OK)
    return status;
  for (int32_t k = 0; k < e->cls.n; k++) {
    memcpy (copy, all, q * sizeof *copy);
    if (cov_estimate (kind, e->mean + (size_t)k * n * e->T, (int)n, (int)e->T, one, work)
        || la_eig_pair (one, copy, (int)n, v, lambda, work))
      return c->fail (c, FNX_E_NUMERIC,
                      "%s: the response of class %s has no spatial filters: a channel of it is flat\n"
                      "drop it with  ! pick",
                      c->recording, e->cls.name[k]);
    for (size_t f = 0; f < each; f++) {
      double *to = filter + ((size_t)k * each + f) * n;
      memcpy (to, v + (n - 1 - f) * n, n * sizeof *to);
      la_scale (to, 1 / la_norm (to, n), n);
      evoked_sign (to, n, 1);
    }
  }
  return FNX_OK;
}

const char *const *
xdawn_labels (fnx_call *c, const classes *cls, size_t each, const char *prefix)
{
  size_t n = (size_t)cls->n * each;
  const char **labels = c->scratch (c, n * sizeof *labels);
  for (size_t r = 0; labels && r < n; r++) {
    const char *name = cls->name[r / each];
    size_t room = strlen (prefix) + strlen (name) + 24;
    char *text = c->scratch (c, room);
    if (!text)
      return NULL;
    snprintf (text, room, "%s%s:%zu", prefix, name, r % each + 1);
    labels[r] = text;
  }
  return labels;
}

/* ---- common descriptors ------------------------------------------------------ */

const fnx_param_desc nfilter_param = {
  .struct_size = sizeof nfilter_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "nfilter",
  .doc = "spatial filters for each class",
  .fallback = "4",
  .min = 1,
  .max = 1000,
};
static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "epochs[trial,channel,time]",
                                       .doc = "trials cut at the stimuli; the column target names their class" };
const fnx_port_desc *const evoked_inputs[] = { &in_port, NULL };
