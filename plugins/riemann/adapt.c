/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics of domains, learned and applied.  Nothing here looks at targets,
 * so the unlabelled trials that are to be predicted may be used as they are:
 * a domain that fit did not see has the statistics of its trials in the batch
 * (from=auto, batch), or those of its trials so far (running).
 */
#include "plugins/riemann/adapt.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <stdio.h>

static const char *const froms[] = { "auto", "fit", "batch", "running", NULL };
const fnx_param_desc from_param = {
  .struct_size = sizeof from_param,
  .type = FNX_T_ENUM,
  .name = "from",
  .doc = "auto: domains of the training keep their statistics, others have those of their unlabelled trials in the "
         "batch; fit: others are refused; batch: all have those of the batch; running: others have those of their "
         "trials so far",
  .fallback = "auto",
  .choices = froms,
};

fnx_status
adapt_create (fnx_call *c, const fnx_params *p, const adapt_ops *ops, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->ops = ops;
  s->from = (int)c->param->integer (p, "from");
  return made (domain_by_of (c, p, &s->by), s, out);
}

static const char *
named (const char *domain)
{
  return *domain ? domain : "the only domain";
}

const char *
adapt_called (fnx_call *c, const char *what, const char *domain)
{
  size_t room = strlen (what) + strlen (named (domain)) + 8;
  char *text = c->scratch (c, room);
  if (text)
    snprintf (text, room, "%s of %s", what, named (domain));
  return text ? text : what;
}

const fnx_spec *
adapt_spec (fnx_call *c, const fnx_spec *in, const char *unit)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (s) {
    *s = *in;
    s->unit = unit;
  }
  return s;
}

fnx_status
adapt_unitless (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = adapt_spec (c, in[0], "1");
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

size_t
adapt_square (int n)
{
  return (size_t)n * (size_t)n;
}

int
adapt_whitener (const fnx_step *s, int n, const double *v, double *p, double *work)
{
  (void)s;
  return spd_invsqrt (v, n, p, work);
}

bool
adapt_symmetric (int n, const double *v)
{
  return la_asymmetry (v, n) == 0;
}

fnx_status
adapt_pool (fnx_call *c, spd_metric metric, int n, const double *v, size_t size, size_t count, double *to)
{
  const double **x = c->scratch (c, (count + 1) * sizeof *x);
  mean_note note;
  if (!x)
    return FNX_E_NOMEM;
  for (size_t k = 0; k < count; k++)
    x[k] = v + k * size;
  const matrices like = { .n = n };
  mean_in in = { .n = n, .count = count, .x = x };
  fnx_status status = mean_spd (c, metric, &in, to, &note);
  if (status == FNX_E_NUMERIC && note.bad >= 0)
    return matrices_refuse (c, &like, x[note.bad], "the mean of a domain");
  return status;
}

fnx_status
adapt_matrices (fnx_call *c, const fnx_step *s, const fnx_buf *b, size_t need, matrices *x)
{
  (void)s;
  return matrices_of (c, b, need, true, x);
}

void
adapt_free (fnx_model *m)
{
  if (!m)
    return;
  domain_names_free (m->name, m->count);
  free (m->v);
  free (m);
}

/* ---- fit -------------------------------------------------------------------- */

/* The statistics of domain k from these trials. */
static fnx_status
learn (fnx_call *c, const fnx_step *s, const matrices *x, const double *w, const domains *d, int32_t k, double *v)
{
  if (d->count[k] < 2)
    return c->fail (c, FNX_E_DATA,
                    "%s has 1 trial here; what %s learns of a domain needs 2 or more\n"
                    "use from=running, or domains of more trials: domain=subject",
                    named (d->name[k]), s->ops->name);
  return s->ops->learn (c, s, x, w, d, k, v);
}

fnx_status
adapt_fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  domains d = { 0 };
  const double *w = NULL;
  (void)start;
  fnx_status status = s->ops->open (c, s, in[0], 2, &x);
  if (status == FNX_OK)
    status = domains_of (c, in[0], &s->by, &d);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status != FNX_OK)
    return status;
  size_t size = s->ops->size (x.n), count = (size_t)d.n;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  m->n = x.n;
  m->size = size;
  m->count = count;
  m->name = learn_alloc (c, count, sizeof *m->name);
  m->v = learn_alloc (c, (count + 1) * size, sizeof *m->v);
  status = m->name && m->v ? FNX_OK : FNX_E_NOMEM;
  for (int32_t k = 0; k < d.n && status == FNX_OK; k++) {
    m->name[k] = strdup (d.name[k]);
    status = m->name[k] ? learn (c, s, &x, w, &d, k, m->v + (size_t)k * size)
                        : c->fail (c, FNX_E_NOMEM, "no memory for the name of a domain");
  }
  if (status == FNX_OK)
    status = s->ops->pool (c, s, m->n, m->v, count, m->v + count * size);
  return fitted (status, m, adapt_free, out);
}

/* ---- apply ------------------------------------------------------------------ */

typedef struct applying {
  fnx_call *c;
  const fnx_step *s;
  const fnx_model *m;
  const matrices *x;
  const domains *d;
  double *p;     /* prepared statistics of each domain */
  bool *running; /* of each domain: p is not used */
  double *out;
  size_t item;  /* values of a trial */
  double *work; /* of each worker */
  size_t room, size, prepared;
} applying;

static const double *
known (const applying *a, const char *name)
{
  size_t k = domain_names_find (a->m->name, a->m->count, name);
  return k < a->m->count ? a->m->v + k * a->size : NULL;
}

static fnx_status
unknown (const applying *a, const char *name)
{
  return a->c->fail (a->c, FNX_E_DATA,
                     "from=fit: %s was not in the training, which had %zu domain%s\n"
                     "use from=auto: it takes what it needs from the unlabelled trials themselves",
                     named (name), a->m->count, a->m->count == 1 ? "" : "s");
}

/* The matrix that statistics begin with has no inverse root. */
static fnx_status
not_spd (const applying *a, int32_t k, const double *v)
{
  return matrices_refuse (a->c, a->x, v, adapt_called (a->c, "the mean covariance", a->d->name[k]));
}

/* What the trials of domain k are transformed by. */
static fnx_status
settle (applying *a, const double *w, int32_t k)
{
  const fnx_step *s = a->s;
  const double *v = s->from == FROM_BATCH ? NULL : known (a, a->d->name[k]);
  if (!v && s->from == FROM_FIT)
    return unknown (a, a->d->name[k]);
  if (!v && s->from == FROM_RUNNING) {
    a->running[k] = true;
    return FNX_OK;
  }
  if (!v) {
    double *own = a->c->scratch (a->c, a->size * sizeof *own);
    fnx_status status = own ? learn (a->c, s, a->x, w, a->d, k, own) : FNX_E_NOMEM;
    if (status != FNX_OK)
      return status;
    v = own;
  }
  return s->ops->prepare (s, a->x->n, v, a->p + (size_t)k * a->prepared, a->work) ? not_spd (a, k, v) : FNX_OK;
}

static int
one_trial (void *arg, size_t i, double *work)
{
  const applying *a = arg;
  size_t k = (size_t)a->d->of[i];
  if (a->running[k])
    return 0;
  return a->s->ops->transform (a->s, a->x, i, a->p + k * a->prepared, a->out + i * a->item, work);
}

static fnx_status
not_finite (const applying *a, size_t i)
{
  return a->c->fail (a->c, FNX_E_DATA,
                     "%s holds values that are not numbers\nleave the trial out, or mend the step before this one",
                     trial_name (a->c, a->x->of, i));
}

/* The trials of domain k one after the other: those of all training domains
 * together count as one trial that came before. */
static fnx_status
run_domain (void *arg, size_t k, uint32_t worker)
{
  const applying *a = arg;
  const adapt_ops *ops = a->s->ops;
  double *v = a->work + worker * a->room, *p = v + a->size, *work = p + a->prepared, seen = 1;
  if (!a->running[k])
    return FNX_OK;
  memcpy (v, a->m->v + a->m->count * a->size, a->size * sizeof *v);
  for (size_t i = 0; i < a->x->count; i++) {
    if (a->d->of[i] != (int32_t)k)
      continue;
    seen++;
    if (ops->move (a->s, a->x, i, 1 / seen, v, work))
      return not_finite (a, i);
    if (ops->prepare (a->s, a->x->n, v, p, work))
      return not_spd (a, (int32_t)k, v);
    if (ops->transform (a->s, a->x, i, p, a->out + i * a->item, work))
      return not_finite (a, i);
  }
  return FNX_OK;
}

static fnx_status
make_room (applying *a)
{
  fnx_call *c = a->c;
  size_t n = (size_t)a->d->n;
  a->size = a->s->ops->size (a->x->n);
  a->prepared = a->s->ops->prepared (a->x->n);
  a->room = (a->size + a->prepared + a->s->ops->work (a->x) + 15) & ~(size_t)7;
  a->p = c->scratch (c, (n * a->prepared + 1) * sizeof *a->p);
  a->running = c->scratch (c, n + 1);
  a->work = c->scratch (c, (c->max_threads ? c->max_threads : 1) * a->room * sizeof *a->work);
  return a->p && a->running && a->work ? FNX_OK : FNX_E_NOMEM;
}

fnx_status
adapt_apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  domains d = { 0 };
  const double *w = NULL;
  const fnx_spec *spec = NULL;
  size_t bad;
  applying a = { .c = c, .s = s, .m = m, .x = &x, .d = &d };
  fnx_status status = s->ops->open (c, s, in[0], 0, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->n);
  if (status == FNX_OK)
    status = domains_of (c, in[0], &s->by, &d);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status == FNX_OK)
    status = make_room (&a);
  for (int32_t k = 0; status == FNX_OK && k < d.n; k++)
    status = settle (&a, w, k);
  if (status != FNX_OK)
    return status;
  spec = c->buf->spec (in[0]);
  if (s->ops->unitless)
    spec = adapt_spec (c, spec, "1");
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  a.out = b ? c->buf->write (c, b) : NULL;
  a.item = (size_t)x.n * (size_t)spec->axes[2]->size;
  status = a.out ? matrices_each (c, &x, a.room, one_trial, &a, &bad) : FNX_E_NOMEM;
  if (status == FNX_E_NUMERIC && bad < x.count)
    status = not_finite (&a, bad);
  if (status == FNX_OK)
    status = c->parallel (c, (size_t)d.n, run_domain, &a);
  return give (c, status, b, out);
}

/* ---- saved models: n, domains by name, their statistics ----------------------- */

void
adapt_put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, (uint64_t)m->n);
  domain_names_put (o, m->name, m->count);
  state_put_u64 (o, m->size);
  state_put_f64s (o, m->v, (m->count + 1) * m->size);
}

bool
adapt_get (state_in *in, const fnx_step *s, fnx_model *m)
{
  m->n = (int)state_count (in, 0, 20000);
  in->bad |= m->n == 0;
  if (!domain_names_get (in, &m->name, &m->count))
    return false;
  m->size = state_count (in, 8, SIZE_MAX / 16);
  in->bad |= m->size != s->ops->size (m->n);
  if (!(m->v = state_matrix (in, m->count + 1, m->size)))
    return false;
  for (size_t k = 0; !in->bad && k <= m->count; k++)
    in->bad |= !s->ops->sound (m->n, m->v + k * m->size);
  return true;
}
