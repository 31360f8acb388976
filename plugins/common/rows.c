/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * features[trial,feature] as rows.  Folds show their trials as an index over
 * all of them; taking row by row spares the copy that a whole read would make.
 */
#include "plugins/common/trials.h"

#include <math.h>

/* x - x is 0 for every finite x and NaN otherwise, and sums without branches. */
static bool
all_finite (const double *x, size_t n)
{
  double s[8] = { 0 };
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      s[k] += x[i + k] - x[i + k];
  for (; i < n; i++)
    s[0] += x[i] - x[i];
  return s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7] == 0;
}

static fnx_status
refuse (fnx_call *c, const fnx_buf *b, size_t i, const double *row, size_t p)
{
  const fnx_axis *feature = c->buf->spec (b)->axes[1];
  size_t j = 0;
  while (j < p && isfinite (row[j]))
    j++;
  const char *what = isnan (row[j]) ? "missing (NaN)" : "infinite";
  const char *help = "every feature of every trial must be a number: drop the trial, or mend the step before this one";
  if (feature->labels)
    return c->fail (c, FNX_E_DATA, "%s: feature %s is %s\n%s", trial_name (c, b, i), feature->labels[j], what, help);
  return c->fail (c, FNX_E_DATA, "%s: feature %zu of %zu is %s\n%s", trial_name (c, b, i), j + 1, p, what, help);
}

fnx_status
rows_of (fnx_call *c, const fnx_buf *b, size_t need, rows *x)
{
  const fnx_spec *s = c->buf->spec (b);
  x->n = (size_t)s->axes[0]->size;
  x->p = (size_t)s->axes[1]->size;
  if (x->n < need)
    return c->fail (c, FNX_E_DATA, "%s has %zu trial%s; at least %zu are needed\ngive more recordings, or longer ones",
                    c->recording, x->n, x->n == 1 ? "" : "s", need);
  if (x->p == 0)
    return c->fail (c, FNX_E_DATA, "%s: the trials have no features", c->recording);
  x->at = c->scratch (c, (x->n + 1) * sizeof *x->at);
  if (!x->at)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x->n; i++) {
    x->at[i] = c->buf->item (b, (int64_t)i);
    if (!all_finite (x->at[i], x->p))
      return refuse (c, b, i, x->at[i], x->p);
  }
  return FNX_OK;
}

fnx_status
rows_fit (fnx_call *c, const rows *x, size_t p)
{
  if (x->p == p)
    return FNX_OK;
  return c->fail (c, FNX_E_SPEC,
                  "%s has %zu features a trial; the model was fitted on %zu\n"
                  "run it through the same steps as the recordings of the training",
                  c->recording, x->p, p);
}

void
rows_mean (const rows *x, const double *w, double *mean)
{
  double total = 0;
  memset (mean, 0, x->p * sizeof *mean);
  for (size_t i = 0; i < x->n; i++) {
    double wi = w ? w[i] : 1;
    total += wi;
    for (size_t j = 0; j < x->p; j++)
      mean[j] += wi * x->at[i][j];
  }
  for (size_t j = 0; j < x->p; j++)
    mean[j] /= total;
}

void
rows_pack (const rows *x, const double *mean, double *to)
{
  for (size_t i = 0; i < x->n; i++) {
    const double *row = x->at[i];
    double *t = to + i * x->p;
    if (!mean)
      memcpy (t, row, x->p * sizeof *t);
    else
      for (size_t j = 0; j < x->p; j++)
        t[j] = row[j] - mean[j];
  }
}

fnx_status
rows_weights (fnx_call *c, const fnx_buf *b, const double **w)
{
  const fnx_column *col = c->buf->column (b, "trial", "weight");
  *w = NULL;
  if (!col)
    return FNX_OK;
  if (col->type != FNX_COL_REAL || !col->reals)
    return c->fail (c, FNX_E_DATA, "the column weight of %s holds texts, not numbers", c->recording);
  size_t n = (size_t)c->buf->spec (b)->axes[0]->size;
  double total = 0;
  for (size_t i = 0; i < n; i++) {
    if (!(col->reals[i] >= 0 && col->reals[i] < INFINITY))
      return c->fail (c, FNX_E_DATA, "%s has weight %g; weights are 0 or more", trial_name (c, b, i), col->reals[i]);
    total += col->reals[i];
  }
  if (!(total > 0))
    return c->fail (c, FNX_E_DATA, "all trials of %s have weight 0", c->recording);
  *w = col->reals;
  return FNX_OK;
}

const fnx_spec *
rows_spec (fnx_call *c, const fnx_spec *in, const fnx_axis *feature)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!s || !axes)
    return NULL;
  *s = *in;
  axes[0] = in->axes[0];
  axes[1] = feature;
  s->axes = axes;
  s->unit = "1";
  return s;
}

void *
learn_alloc (fnx_call *c, size_t n, size_t size)
{
  void *p = calloc (n ? n : 1, size);
  if (!p)
    c->fail (c, FNX_E_NOMEM, "no memory for a model of %zu x %zu bytes", n, size);
  return p;
}

fnx_status
learn_state (fnx_call *c, const char *step, const state_in *s, bool ok)
{
  if (ok && state_done (s))
    return FNX_OK;
  if (ok || s->bad)
    return c->fail (c, FNX_E_STATE, "the saved %s model is damaged: its bytes do not add up\ntrain it again", step);
  return c->fail (c, FNX_E_NOMEM, "no memory for the saved %s model", step);
}
