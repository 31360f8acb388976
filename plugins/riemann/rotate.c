/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rotate: class means of other domains onto those of the one that a model is
 * for (Rodrigues et al. 2019, pyRiemann's TLRotate).
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"
#include "plugins/riemann/sides.h"
#include "plugins/riemann/turn.h"

#include <math.h>
#include <stdio.h>

struct fnx_step {
  sides_by by;
  bool riemann, peer;
};

struct fnx_model {
  int n;
  size_t count; /* source domains */
  char **name;
  double *q; /* count x n x n, orthogonal */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->riemann = c->param->integer (p, "metric") == 1;
  s->peer = c->param->integer (p, "peer") == 1;
  return made (sides_by_of (c, p, &s->by), s, out);
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  domain_names_free (m->name, m->count);
  free (m->q);
  free (m);
}

/* ---- fit ----------------------------------------------------------------------- */

typedef struct fitting {
  fnx_call *c;
  const fnx_step *s;
  const matrices *x;
  const double *w;
  const sides *side;
  const classes *cls;
  double *target; /* n_class means */
  double *source; /* of each source domain: the pairs it has, target then source */
  size_t *pairs;
  fnx_model *m;
  double *work;
  size_t room;
} fitting;

/* The class means of domain k and those of the target beside them. */
static fnx_status
means_of (const fitting *f, int32_t k, size_t at)
{
  size_t count = f->x->count, q = (size_t)f->x->n * (size_t)f->x->n, n_class = (size_t)f->cls->n;
  double *to = f->source + at * 2 * n_class * q;
  int32_t *code = f->c->scratch (f->c, (count + 1) * sizeof *code);
  fnx_status status = code ? FNX_OK : FNX_E_NOMEM;
  for (size_t i = 0; code && i < count; i++)
    code[i] = f->side->d.of[i] == k ? f->side->source[i] : -1;
  for (int32_t y = 0; status == FNX_OK && y < f->cls->n; y++) {
    bool any = false;
    for (size_t i = 0; i < count; i++)
      any = any || code[i] == y;
    if (!any)
      continue;
    size_t pair = f->pairs[at]++;
    memcpy (to + pair * q, f->target + (size_t)y * q, q * sizeof *to);
    status = matrices_mean (f->c, f->x, SPD_RIEMANN, f->w, code, y, f->s->peer, NULL, to + (n_class + pair) * q);
  }
  return status;
}

/* Which of the means of domain `at` or of the target is singular? */
static fnx_status
refuse (const fitting *f, size_t at, const double *target, const double *source, double *work)
{
  size_t q = (size_t)f->x->n * (size_t)f->x->n, room = strlen (f->m->name[at]) + 32;
  char *what = f->c->scratch (f->c, room);
  const double *bad = source;
  if (!what)
    return FNX_E_NOMEM;
  snprintf (what, room, "a class mean of %s", f->m->name[at]);
  for (size_t k = f->pairs[at]; k-- > 0;) {
    if (cov_spd (source + k * q, f->x->n, work))
      bad = source + k * q;
    if (cov_spd (target + k * q, f->x->n, work))
      return matrices_refuse (f->c, f->x, target + k * q, "a class mean of the domain it is for");
  }
  return matrices_refuse (f->c, f->x, bad, what);
}

static fnx_status
turn_one (void *arg, size_t at, uint32_t worker)
{
  const fitting *f = arg;
  size_t q = (size_t)f->x->n * (size_t)f->x->n, n_class = (size_t)f->cls->n;
  const double *means = f->source + at * 2 * n_class * q;
  double *work = f->work + worker * f->room;
  if (turn_onto (f->s->riemann, f->x->n, f->pairs[at], means, means + n_class * q, f->m->q + at * q, work))
    return refuse (f, at, means, means + n_class * q, work);
  return FNX_OK;
}

static fnx_status
turn_all (fitting *f)
{
  fnx_call *c = f->c;
  fnx_model *m = f->m;
  m->n = f->x->n;
  size_t q = (size_t)m->n * (size_t)m->n, n_class = (size_t)f->cls->n, most = (size_t)f->side->d.n;
  int32_t *domain = c->scratch (c, (most + 1) * sizeof *domain);
  f->room = (turn_work (f->x->n, n_class) + 15) & ~(size_t)7;
  f->target = c->scratch (c, n_class * q * sizeof *f->target);
  f->source = c->scratch (c, most * 2 * n_class * q * sizeof *f->source);
  f->pairs = c->scratch (c, (most + 1) * sizeof *f->pairs);
  f->work = c->scratch (c, (c->max_threads ? c->max_threads : 1) * f->room * sizeof *f->work);
  m->name = learn_alloc (c, most, sizeof *m->name);
  m->q = learn_alloc (c, most * q, sizeof *m->q);
  if (!domain || !f->target || !f->source || !f->pairs || !f->work || !m->name || !m->q)
    return FNX_E_NOMEM;
  fnx_status status = sides_sources (c, f->side, f->x->count, "rotate", domain, m->name, &m->count);
  for (int32_t y = 0; status == FNX_OK && y < f->cls->n; y++)
    status
        = matrices_mean (c, f->x, SPD_RIEMANN, f->w, f->side->target, y, f->s->peer, NULL, f->target + (size_t)y * q);
  for (size_t at = 0; status == FNX_OK && at < m->count; at++)
    status = means_of (f, domain[at], at);
  return status == FNX_OK ? c->parallel (c, m->count, turn_one, f) : status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  matrices x;
  sides side = { .n_source = 0 };
  classes cls = { 0, NULL };
  const int32_t *code = NULL;
  const double *w = NULL;
  (void)start;
  fnx_status status = matrices_of (c, in[0], 2, true, &x);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status == FNX_OK)
    status = classes_of (c, in[0], &code, &cls);
  if (status == FNX_OK)
    status = sides_of (c, in[0], &s->by, "rotate", &cls, code, &side);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  fitting f = { .c = c, .s = s, .x = &x, .w = w, .side = &side, .cls = &cls, .m = m };
  if (status == FNX_OK)
    status = m ? turn_all (&f) : FNX_E_NOMEM;
  classes_free (&cls);
  return fitted (status, m, model_free, out);
}

/* ---- apply ---------------------------------------------------------------------- */

typedef struct turning {
  const matrices *x;
  const double *const *q; /* of each trial; NULL: it stays */
  double *out;
} turning;

static int
turn_trial (void *arg, size_t i, double *work)
{
  const turning *t = arg;
  int n = t->x->n;
  size_t q = (size_t)n * (size_t)n;
  double *out = t->out + i * q;
  if (!t->q[i]) {
    memcpy (out, t->x->x[i], q * sizeof *out);
    return 0;
  }
  la_mul (work, t->q[i], t->x->x[i], n, n, n, 1, 0);
  la_mul_nt (out, work, t->q[i], n, n, n, 1, 0);
  la_mirror (out, n);
  return 0;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  domains d = { 0 };
  fnx_status status = matrices_of (c, in[0], 0, true, &x);
  if (status == FNX_OK)
    status = matrices_fit (c, &x, m->n);
  if (status == FNX_OK)
    status = domains_of (c, in[0], &s->by.domain, &d);
  if (status != FNX_OK)
    return status;
  size_t q = (size_t)m->n * (size_t)m->n;
  const double **of = c->scratch (c, (x.count + 1) * sizeof *of);
  if (!of)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x.count; i++) {
    size_t k = domain_names_find (m->name, m->count, d.name[d.of[i]]);
    of[i] = k < m->count ? m->q + k * q : NULL;
  }
  fnx_buf *b = c->buf->like (c, in[0], c->buf->spec (in[0]));
  turning t = { &x, of, b ? c->buf->write (c, b) : NULL };
  status = t.out ? matrices_each (c, &x, q, turn_trial, &t, NULL) : FNX_E_NOMEM;
  return give (c, status, b, out);
}

/* ---- saved models: n, source domains by name, their rotations --------------------- */

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, (uint64_t)m->n);
  domain_names_put (o, m->name, m->count);
  state_put_f64s (o, m->q, m->count * (size_t)m->n * (size_t)m->n);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->n = (int)state_count (in, 0, 20000);
  in->bad |= m->n == 0;
  if (!domain_names_get (in, &m->name, &m->count))
    return false;
  size_t all = m->count * (size_t)m->n * (size_t)m->n;
  m->q = state_matrix (in, m->count, (size_t)m->n * (size_t)m->n);
  for (size_t i = 0; m->q && i < all; i++)
    in->bad |= !(fabs (m->q[i]) <= 1 + 1e-9);
  return m->q != NULL;
}

ESTIMATOR ("rotate", 1, put, get, NULL, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "domain rotations");

static const char *const metric_names[] = { "euclid", "riemann", NULL };
static const fnx_param_desc between_param = {
  .struct_size = sizeof between_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "metric",
  .doc = "of the distance between class means, whose sum of squares is least",
  .fallback = "euclid",
  .choices = metric_names,
};
static const fnx_param_desc mean_peer_param = {
  .struct_size = sizeof mean_peer_param,
  .type = FNX_T_ENUM,
  .name = "peer",
  .doc = "exact: pyRiemann's own iteration for the means; fast: the same means to 1e-8 in fewer steps",
  .fallback = "fast",
  .choices = spd_peer_names,
};
static const fnx_param_desc *const params[] = { &target_param, &domain_param, &between_param, &mean_peer_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "cov[trial,channel,channel]",
                                        .doc = "the matrices; those of the domain it is for as they were" };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc rotate_step = {
  .struct_size = sizeof rotate_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 2, /* 2: the descent goes on to the minimum */
  .id = "org.fornix.riemann.rotate",
  .name = "rotate",
  .title = "turn other people's matrices so that their class means match",
  .doc
  = "The third step of Riemannian Procrustes analysis, behind recentre and rescale: what still differs between two"
    " domains (sessions of subjects) around the identity is a rotation. For each source domain it learns the orthogonal"
    " matrix Q for which sum_k d(T_k, Q S_k Q^T)^2 over the classes is least, T_k and S_k being the affine-invariant"
    " class means of the domain it is for and of the source; source matrices X become Q X Q^T. Trials of any domain "
    "that"
    " was no source stay as they are.\n\n"
    "A rotation cannot be found without labels on both sides. Those of the domain it is for come from training trials"
    " alone: the ones whose column calibration is 1, which evaluate makes with calibration=, or the domain target=."
    " Without any it stops and says so; targets of tested trials are never seen.\n\n"
    "Class means do not always determine Q, and the sum has local minima: descents begin at the identity, at a mirror"
    " image, and at what fits each class alone; the identity's is kept unless another ends lower. pyRiemann begins at"
    " the best single class, with the signs that its eigenvectors happen to have, and at a mirror image.",
  .cite = "Rodrigues, Jutten and Congedo, IEEE TBME 66:2390, 2019, eq. 35; Bhatia and Congedo, Linear Algebra Appl"
          " 563:440, 2019",
  .equals = "the sum that pyRiemann 0.9 TLRotate states",
  .example = "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject calibration=10 begin cov estimator=oas ! recentre ! rescale centred=yes"
             " ! rotate ! mdm end",
  .inputs = cov_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .extension = extension,
};
