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
      return c->fail (c, FNX_E_DATA, "trial %zu of %s has no target\nleave it out, or label it", i + 1, c->recording);
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
