/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Estimators in two acts, and their models through bytes.
 */
#include "tests/harness_made.h"

struct t_model {
  made m;
  fnx_model *model;
};

static const fnx_ext_estimator *
estimator (const t_model *t)
{
  const fnx_ext_estimator *e = made_extension (&t->m, FNX_ESTIMATOR);

  if (!e)
    t_die ("%s is no estimator", t->m.desc->name);
  return e;
}

t_model *
t_fit (const char *line, const fnx_buf *in, const fnx_buf *second, const t_model *start)
{
  t_model *t = calloc (1, sizeof *t);
  const fnx_buf *ports[MAX_PORTS] = { in, second };
  fault f = FAULT_INIT;
  fnx_status s;
  call c;

  if (made_new (&t->m, line, &f) != FNX_OK || made_negotiate (&t->m, ports, &f) != FNX_OK)
    t_die_of (line, &f);
  call_begin (&c, &t_session, t->m.desc->name, "test", t_session.seed, &f);
  s = estimator (t)->fit (&c.api, t->m.step, ports, start ? start->model : NULL, &t->model);
  if (call_end (&c, s) != FNX_OK)
    t_die_of (line, &f);
  return t;
}

const fnx_buf *
t_apply (const t_model *t, const fnx_buf *in)
{
  const fnx_buf *ports[MAX_PORTS] = { in }, *out[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  fnx_status s;
  call c;

  call_begin (&c, &t_session, t->m.desc->name, "test", t_session.seed, &f);
  s = estimator (t)->apply (&c.api, t->m.step, t->model, ports, out);
  if (call_end (&c, s) != FNX_OK)
    t_die_of (t->m.desc->name, &f);
  for (int i = 1; i < MAX_PORTS; i++)
    buffer_unref (out[i]);
  return out[0];
}

typedef struct bytes {
  char *p;
  size_t n;
} bytes;

static fnx_status
put (void *to, const void *p, size_t n)
{
  bytes *b = to;
  char *more = realloc (b->p, b->n + n + 1);

  if (!more)
    return FNX_E_NOMEM;
  b->p = more;
  memcpy (b->p + b->n, p, n);
  b->n += n;
  return FNX_OK;
}

t_model *
t_save_load (const t_model *t)
{
  t_model *n = calloc (1, sizeof *n);
  const fnx_ext_estimator *e = estimator (t);
  bytes one = { NULL, 0 }, two = { NULL, 0 };
  fault f = FAULT_INIT;
  fnx_model *never = NULL;
  char *line = chain_to_line (t->m.line);
  fnx_status s;
  call c;

  if (made_new (&n->m, strchr (line, '!') ? strchr (line, '!') + 2 : line, &f) != FNX_OK)
    t_die_of (line, &f);
  call_begin (&c, &t_session, t->m.desc->name, "test", t_session.seed, &f);
  s = e->save (&c.api, t->model, put, &one);
  if (s == FNX_OK)
    s = e->load (&c.api, n->m.step, e->state_version, one.p, one.n, &n->model);
  if (s == FNX_OK)
    s = e->save (&c.api, n->model, put, &two);
  if (call_end (&c, s) != FNX_OK)
    t_die_of (line, &f);
  t_ok (one.n == two.n && !memcmp (one.p, two.p, one.n), "%s: saved, loaded and saved again, the bytes are the same",
        t->m.desc->name);
  for (size_t cut = 0; cut < one.n; cut += one.n / 7 + 1) {
    call_begin (&c, &t_session, t->m.desc->name, "test", t_session.seed, &f);
    s = e->load (&c.api, n->m.step, e->state_version, one.p, cut, &never);
    call_end (&c, s);
    t_ok (s == FNX_E_STATE, "%s: a model cut to %zu of %zu bytes is refused", t->m.desc->name, cut, one.n);
    fault_clear (&f);
  }
  free (one.p);
  free (two.p);
  free (line);
  return n;
}

void
t_model_free (t_model *t)
{
  if (!t)
    return;
  if (t->model)
    estimator (t)->model_free (t->model);
  made_free (&t->m);
  free (t);
}
