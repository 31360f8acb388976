/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which trials were recorded alike.  See domains.h.
 */
#include "plugins/riemann/domains.h"
#include "plugins/riemann/riemann.h"

#include <string.h>

const fnx_param_desc domain_param = {
  .struct_size = sizeof domain_param,
  .type = FNX_T_TEXTS,
  .name = "domain",
  .doc = "columns of the trials that name a domain together; without it subject and session, or else recording",
};

fnx_status
domain_by_of (fnx_call *c, const fnx_params *p, domain_by *by)
{
  size_t n = 0;
  const char *const *names = c->param->given (p, "domain") ? c->param->texts (p, "domain", &n) : NULL;
  if (n > DOMAIN_COLUMNS)
    return c->fail (c, FNX_E_PARAM, "domain=: %zu columns; %d are the most", n, DOMAIN_COLUMNS);
  *by = (domain_by){ .n = n };
  for (size_t i = 0; i < n; i++)
    by->column[i] = names[i];
  return FNX_OK;
}

/* What domain= leaves out. */
static domain_by
guessed (fnx_call *c, const fnx_buf *b)
{
  static const char *const usual[] = { "subject", "session", "recording" };
  domain_by by = { .n = 0 };
  for (size_t i = 0; i < 3; i++)
    if ((i < 2 || by.n == 0) && c->buf->column (b, "trial", usual[i]))
      by.column[by.n++] = usual[i];
  return by;
}

/* Codes of the columns for each trial: code[column][trial]. */
typedef struct labels {
  const int32_t *code[DOMAIN_COLUMNS];
  const char *const *name[DOMAIN_COLUMNS];
} labels;

static fnx_status
labels_of (fnx_call *c, const fnx_buf *b, const domain_by *by, bool asked, labels *l)
{
  int64_t count = c->buf->spec (b)->axes[0]->size;
  for (size_t i = 0; i < by->n; i++) {
    int32_t n;
    if (!c->buf->column (b, "trial", by->column[i]))
      return c->fail (c, FNX_E_DATA,
                      "domain=%s: the trials of %s have no such column\n"
                      "BIDS file names or a recordings table give it",
                      by->column[i], c->recording);
    l->code[i] = c->buf->classes (c, b, "trial", by->column[i], &n, &l->name[i]);
    if (!l->code[i])
      return FNX_E_DATA;
    for (int64_t t = 0; asked && t < count; t++)
      if (l->code[i][t] < 0)
        return c->fail (c, FNX_E_DATA, "domain=%s: %s has none\ngive it one in the recordings table", by->column[i],
                        trial_name (c, b, (size_t)t));
  }
  return FNX_OK;
}

static bool
same (const labels *l, size_t n, int64_t a, int64_t b)
{
  bool is = true;
  for (size_t i = 0; i < n; i++)
    is = is && l->code[i][a] == l->code[i][b];
  return is;
}

/* "S1/2" */
static const char *
name_of (fnx_call *c, const labels *l, size_t n, int64_t trial)
{
  size_t room = 1;
  for (size_t i = 0; i < n; i++)
    room += l->code[i][trial] < 0 ? 1 : strlen (l->name[i][l->code[i][trial]]) + 1;
  char *text = c->scratch (c, room), *at = text;
  for (size_t i = 0; text && i < n; i++) {
    const char *part = l->code[i][trial] < 0 ? "" : l->name[i][l->code[i][trial]];
    if (*part && at > text)
      *at++ = '/';
    memcpy (at, part, strlen (part));
    at += strlen (part);
  }
  return text;
}

fnx_status
domains_of (fnx_call *c, const fnx_buf *b, const domain_by *by, domains *d)
{
  domain_by guess = by->n ? *by : guessed (c, b);
  size_t count = (size_t)c->buf->spec (b)->axes[0]->size, n_by = guess.n;
  labels l = { { NULL }, { NULL } };
  fnx_status status = labels_of (c, b, &guess, by->n > 0, &l);
  if (status != FNX_OK)
    return status;
  int32_t *of = c->scratch (c, (count + 1) * sizeof *of);
  int64_t *first = c->scratch (c, (count + 1) * sizeof *first), *many = c->scratch (c, (count + 1) * sizeof *many);
  const char **name = c->scratch (c, (count + 1) * sizeof *name);
  if (!of || !first || !many || !name)
    return FNX_E_NOMEM;
  *d = (domains){ 0, name, of, many };
  for (size_t t = 0; t < count; t++) {
    int32_t k = t ? of[t - 1] : 0; /* neighbours mostly are of one domain */
    if (d->n == 0 || !same (&l, n_by, first[k], (int64_t)t))
      for (k = 0; k < d->n && !same (&l, n_by, first[k], (int64_t)t);)
        k++;
    if (k == d->n) {
      first[k] = (int64_t)t;
      name[k] = name_of (c, &l, n_by, (int64_t)t);
      if (!name[k])
        return FNX_E_NOMEM;
      d->n++;
    }
    of[t] = k;
    many[k]++;
  }
  return FNX_OK;
}

/* ---- names in models ------------------------------------------------------------ */

void
domain_names_put (state_out *o, char *const *name, size_t count)
{
  state_put_u64 (o, count);
  for (size_t i = 0; i < count; i++)
    state_put_text (o, name[i]);
}

bool
domain_names_get (state_in *in, char ***name, size_t *count)
{
  size_t n = state_count (in, 8, 1 << 20);
  in->bad |= n == 0;
  if (in->bad || !(*name = calloc (n, sizeof **name)))
    return false;
  for (*count = 0; *count < n; ++*count)
    if (!((*name)[*count] = state_text (in)))
      return false;
  return true;
}

void
domain_names_free (char **name, size_t count)
{
  for (size_t i = 0; name && i < count; i++)
    free (name[i]);
  free (name);
}

size_t
domain_names_find (char *const *name, size_t count, const char *wanted)
{
  size_t k = 0;
  while (k < count && strcmp (name[k], wanted) != 0)
    k++;
  return k;
}
