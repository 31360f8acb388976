/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The classes of a training set: sorted names, as scikit-learn's LabelEncoder
 * orders them, kept with the model so that scores can be labelled.
 */
#include "plugins/common/trials.h"

fnx_status
classes_of (fnx_call *c, const fnx_buf *b, const int32_t **code, classes *out)
{
  const char *const *names;
  int32_t n_class = 0;
  *code = c->buf->classes (c, b, "trial", "target", &n_class, &names);
  if (!*code)
    return FNX_E_DATA;
  size_t n = (size_t)c->buf->spec (b)->axes[0]->size;
  for (size_t i = 0; i < n; i++)
    if ((*code)[i] < 0)
      return c->fail (c, FNX_E_DATA, "%s has no target\nleave it out, or label it", trial_name (c, b, i));
  if (n_class < 2)
    return c->fail (c, FNX_E_DATA,
                    "all %zu trials of %s are of one class%s%s; a classifier needs two or more\n"
                    "name the events of at least two classes:  epoch on=A,B",
                    n, c->recording, n_class ? ", " : "", n_class ? names[0] : "");
  out->name = learn_alloc (c, (size_t)n_class, sizeof *out->name);
  if (!out->name)
    return FNX_E_NOMEM;
  out->n = n_class;
  for (int32_t k = 0; k < n_class; k++)
    if (!(out->name[k] = strdup (names[k])))
      return c->fail (c, FNX_E_NOMEM, "no memory for the names of %d classes", (int)n_class);
  return FNX_OK;
}

fnx_status
trials_kept (fnx_call *c, const fnx_buf *b, const char *step, const classes *cls, const int32_t *code,
             const size_t **at, size_t *n)
{
  const double *w;
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size;
  fnx_status status = rows_weights (c, b, &w);
  size_t *kept = c->scratch (c, (count + 1) * sizeof *kept), *of = c->scratch (c, ((size_t)cls->n + 1) * sizeof *of);
  if (status != FNX_OK || !kept || !of)
    return status ? status : FNX_E_NOMEM;
  bool alike = true;
  *at = kept;
  *n = 0;
  for (size_t i = 0; i < count; i++)
    if (!w || w[i] > 0) {
      alike = alike && (!w || w[i] == w[kept[0]] || *n == 0);
      kept[(*n)++] = i;
      of[code[i]]++;
    }
  for (int32_t k = 0; k < cls->n; k++)
    if (of[k] == 0)
      return c->fail (c, FNX_E_DATA, "all trials of class %s of %s have weight 0", cls->name[k], c->recording);
  if (!alike)
    c->log (c, FNX_LOG_NOTE, "%s cannot weigh trials: those of weight 0 are left out, all others count alike", step);
  return FNX_OK;
}

fnx_status
rows_kept (fnx_call *c, const fnx_buf *b, const char *step, const classes *cls, rows *x, const int32_t **code)
{
  const size_t *at;
  size_t n;
  fnx_status status = trials_kept (c, b, step, cls, *code, &at, &n);
  int32_t *some = status == FNX_OK ? c->scratch (c, (n + 1) * sizeof *some) : NULL;
  if (!some)
    return status ? status : FNX_E_NOMEM;
  for (size_t i = 0; i < n; i++) { /* at[i] >= i: nothing is overwritten before it is read */
    x->at[i] = x->at[at[i]];
    some[i] = (*code)[at[i]];
  }
  x->n = n;
  *code = some;
  return FNX_OK;
}

void
classes_free (classes *cls)
{
  for (int32_t k = 0; cls->name && k < cls->n; k++)
    free (cls->name[k]);
  free (cls->name);
}

void
classes_put (state_out *o, const classes *cls)
{
  state_put_u64 (o, (uint64_t)cls->n);
  for (int32_t k = 0; k < cls->n; k++)
    state_put_text (o, cls->name[k]);
}

bool
classes_get (state_in *s, classes *out)
{
  size_t n = state_count (s, 8, 1 << 20);
  if (n < 2)
    s->bad = true;
  if (s->bad || !(out->name = calloc (n, sizeof *out->name)))
    return false;
  out->n = (int32_t)n;
  for (size_t k = 0; k < n; k++)
    if (!(out->name[k] = state_text (s)))
      return false;
  return true;
}
