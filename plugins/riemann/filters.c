/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spatial filters: made, kept as bytes, and the power behind them.
 */
#include "plugins/riemann/filters.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <stdio.h>

fnx_status
filters_refuse (fnx_call *c, const matrices *x, bool mne, const double *mean)
{
  matrices like = *x;
  size_t room = strlen (c->recording) + 64;
  char *what = c->scratch (c, room);
  fnx_status status = what ? samples_refuse_any (c, x->of) : FNX_E_NOMEM;
  if (status != FNX_OK)
    return status;
  like.samples = 0; /* of all trials together */
  if (mne)
    like.cure = "peer=pyriemann estimator=oas";
  snprintf (what, room, "the mean covariance of all %zu trials of %s", x->count, c->recording);
  return matrices_refuse (c, &like, mean, what);
}

fnx_status
filters_new (fnx_call *c, filters *f, int n, size_t count, const char *band, const char *const *group, size_t n_group,
             const char *name)
{
  size_t each = n_group > 1 ? count / n_group : count;
  *f = (filters){ .n = n, .count = count };
  f->w = learn_alloc (c, count, (size_t)n * sizeof *f->w);
  f->label = learn_alloc (c, count, sizeof *f->label);
  if (!f->w || !f->label)
    return FNX_E_NOMEM;
  for (size_t k = 0; k < count; k++) {
    const char *of = n_group > 1 ? group[k / each] : "";
    size_t room = (band ? strlen (band) : 0) + strlen (of) + strlen (name) + 24;
    if (!(f->label[k] = learn_alloc (c, 1, room)))
      return FNX_E_NOMEM;
    snprintf (f->label[k], room, "%s%s%s%s%s%zu", band ? band : "", band ? "." : "", of, *of ? "." : "", name,
              k % each + 1);
  }
  return FNX_OK;
}

void
filters_clear (filters *f)
{
  for (size_t k = 0; f->label && k < f->count; k++)
    free (f->label[k]);
  free (f->label);
  free (f->w);
  free (f->mean);
  free (f->sd);
  *f = (filters){ 0 };
}

void
filters_put (state_out *o, const filters *f)
{
  state_put_u64 (o, (uint64_t)f->n);
  state_put_u64 (o, f->count);
  state_put_u64 (o, f->mean != NULL);
  state_put_f64s (o, f->w, f->count * (size_t)f->n);
  for (size_t k = 0; k < f->count; k++)
    state_put_text (o, f->label[k]);
  if (f->mean) {
    state_put_f64s (o, f->mean, f->count);
    state_put_f64s (o, f->sd, f->count);
  }
}

bool
filters_get (state_in *in, filters *f)
{
  f->n = (int)state_count (in, 8, 20000);
  size_t count = state_count (in, 8, 1 << 20);
  bool scored = state_count (in, 0, 1) == 1;
  in->bad |= f->n == 0 || count == 0;
  if (!(f->w = state_matrix (in, count, (size_t)f->n)) || !(f->label = calloc (count, sizeof *f->label)))
    return false;
  f->count = count;
  for (size_t k = 0; k < count; k++)
    if (!(f->label[k] = state_text (in)))
      return false;
  if (!scored)
    return true;
  if (!(f->mean = state_matrix (in, 1, count)) || !(f->sd = state_matrix (in, 1, count)))
    return false;
  for (size_t k = 0; k < count; k++)
    in->bad |= !(f->sd[k] > 0);
  return true;
}

const fnx_spec *
filters_spec (fnx_call *c, const fnx_spec *in, int64_t count, char *const *label)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (!feature || !axes || !s)
    return NULL;
  *feature = (fnx_axis){
    .struct_size = sizeof *feature, .name = "feature", .size = count, .labels = (const char *const *)label
  };
  axes[0] = in->axes[0];
  axes[1] = feature;
  *s = (fnx_spec){
    .struct_size = sizeof *s, .ndim = 2, .kind = "features", .unit = "1", .dtype = FNX_F8, .axes = axes
  };
  return s;
}

typedef struct plan {
  const filters *f;
  const matrices *x;
  bool log;
  double *out;
  size_t stride;
} plan;

static int
power_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const filters *f = p->f;
  size_t n = (size_t)f->n;
  la_mul (work, f->w, p->x->x[i], (int)f->count, f->n, f->n, 1, 0);
  for (size_t k = 0; k < f->count; k++) {
    double v = la_dot (work + k * n, f->w + k * n, n);
    if (!(v > 0))
      return -1;
    p->out[i * p->stride + k] = p->log ? log (v) : f->mean ? (v - f->mean[k]) / f->sd[k] : v;
  }
  return 0;
}

fnx_status
filters_power (fnx_call *c, const filters *f, const matrices *x, bool log_of, double *out, size_t stride)
{
  plan p = { f, x, log_of, out, stride };
  return matrices_each (c, x, f->count * (size_t)f->n, power_one, &p, NULL);
}

fnx_status
filters_keep (fnx_call *c, const double *v, double *merit, int channels, size_t count, double *w)
{
  size_t n = (size_t)channels;
  for (size_t k = 0; k < count; k++) {
    size_t best = SIZE_MAX;
    for (size_t f = 0; f < n; f++)
      if (!isnan (merit[f]) && (best == SIZE_MAX || merit[f] >= merit[best]))
        best = f;
    if (best == SIZE_MAX)
      return c->fail (c, FNX_E_NUMERIC,
                      "spatial filter %zu of %zu of %s came out without a value\nuse fewer:  nfilter=%zu", k + 1, count,
                      c->recording, k ? k : 1);
    memcpy (w + k * n, v + best * n, n * sizeof *w);
    merit[best] = NAN;
  }
  return FNX_OK;
}

const fnx_param_desc filters_metric_param = {
  .struct_size = sizeof filters_metric_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the class means",
  .fallback = "euclid",
  .choices = spd_mean_names,
};
static const char *const groups[] = { "joint", "ovr", NULL };
const fnx_param_desc filters_classes_param = {
  .struct_size = sizeof filters_classes_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "classes",
  .doc = "of three classes or more: joint: one set of filters for all; ovr: nfilter for each class against the others",
  .fallback = "joint",
  .choices = groups,
};
