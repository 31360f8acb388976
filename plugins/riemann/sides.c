/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is on which side.  See sides.h.
 */
#include "plugins/riemann/sides.h"

const fnx_param_desc target_param = {
  .struct_size = sizeof target_param,
  .type = FNX_T_TEXT,
  .name = "target",
  .doc = "domain that the model is for, as SUBJECT/SESSION; without it the trials whose column calibration is 1",
};

fnx_status
sides_by_of (fnx_call *c, const fnx_params *p, sides_by *by)
{
  by->target = c->param->given (p, "target") ? c->param->text (p, "target") : NULL;
  return domain_by_of (c, p, &by->domain);
}

static fnx_status
check (fnx_call *c, const sides *s, size_t count, const char *name, const classes *cls)
{
  if (s->n_target == 0)
    return c->fail (
        c, FNX_E_DATA,
        "%s needs labelled trials of the domain it is for, and no training trial is one\n"
        "use  evaluate cv=cross-subject calibration=10  , name it with target=, or mark its recordings with 1 "
        "in a column calibration",
        name);
  if (s->n_source == 0)
    return c->fail (c, FNX_E_DATA,
                    "%s brings other domains to the one it is for, and all training trials are of that one\n"
                    "train on recordings of others too",
                    name);
  for (int side = 0; side < 2; side++)
    for (int32_t k = 0; k < cls->n; k++) {
      bool any = false;
      for (size_t i = 0; i < count; i++)
        any = any || (side ? s->target : s->source)[i] == k;
      if (!any)
        return c->fail (c, FNX_E_DATA, "%s: class %s has no trial %s\n%s", name, cls->name[k],
                        side ? "of the domain it is for" : "of any other domain",
                        side ? "use a larger calibration=" : "train on recordings of others that have it");
    }
  return FNX_OK;
}

fnx_status
sides_of (fnx_call *c, const fnx_buf *b, const sides_by *by, const char *name, const classes *cls, const int32_t *code,
          sides *s)
{
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size;
  const fnx_column *mark = c->buf->column (b, "trial", "calibration");
  const double *marked = mark && mark->type == FNX_COL_REAL ? mark->reals : NULL;
  int32_t *source = c->scratch (c, (count + 1) * sizeof *source), *of = c->scratch (c, (count + 1) * sizeof *of);
  if (!source || !of)
    return FNX_E_NOMEM;
  *s = (sides){ .source = source, .target = of };
  fnx_status status = domains_of (c, b, &by->domain, &s->d);
  if (status != FNX_OK)
    return status;
  for (size_t i = 0; i < count; i++) {
    bool is = by->target ? strcmp (s->d.name[s->d.of[i]], by->target) == 0 : marked && marked[i] > 0;
    source[i] = is ? -1 : code[i];
    of[i] = is ? code[i] : -1;
    s->n_source += !is;
    s->n_target += is;
  }
  return check (c, s, count, name, cls);
}

fnx_status
sides_sources (fnx_call *c, const sides *s, size_t count, const char *name, int32_t *domain, char **names, size_t *n)
{
  for (int32_t k = 0; k < s->d.n; k++) {
    bool source = false, target = false;
    for (size_t i = 0; i < count; i++)
      if (s->d.of[i] == k)
        *(s->target[i] >= 0 ? &target : &source) = true;
    if (source && target)
      return c->fail (c, FNX_E_DATA,
                      "domain %s holds trials of what %s is for and others\nuse domains apart: domain=session",
                      s->d.name[k], name);
    if (!source)
      continue;
    domain[*n] = k;
    names[*n] = strdup (s->d.name[k]);
    if (!names[(*n)++])
      return c->fail (c, FNX_E_NOMEM, "no memory for the name of a domain");
  }
  return FNX_OK;
}
