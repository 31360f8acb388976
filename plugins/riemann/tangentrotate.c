/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tangentrotate: tangent vectors of other domains turned so that their class
 * means point where those of the domain it is for do (Bleuze, Mattout and
 * Congedo 2021: Procrustes in the tangent space).
 *
 * With K classes only K - 1 directions are known on either side, in a space of
 * thousands.  The turn is therefore x + B H B^T x with an orthonormal basis B of
 * the class means of both sides: what is orthogonal to them stays.
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"
#include "plugins/riemann/sides.h"

#include <math.h>

static const double RANK = 1e-10; /* smaller singular values are rounding */

struct fnx_step {
  sides_by by;
};

struct fnx_model {
  size_t p, r;  /* features; vectors of a basis */
  size_t count; /* source domains */
  char **name;
  double *basis; /* count x r x p, orthonormal rows */
  double *turn;  /* count x r x r: Q - I, Q orthogonal */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  return made (sides_by_of (c, p, &s->by), s, out);
}

static void
model_free (fnx_model *m)
{
  if (!m)
    return;
  domain_names_free (m->name, m->count);
  free (m->basis);
  free (m->turn);
  free (m);
}

/* ---- fit ----------------------------------------------------------------------- */

typedef struct fitting {
  fnx_call *c;
  const rows *x;
  const double *w;
  const sides *side;
  int32_t n_class;
  const int32_t *domain; /* of each source */
  fnx_model *m;
} fitting;

/* The mean of class y into mean[p], of domain k's sources or (k < 0) of the
 * target; false: it has no trial there. */
static bool
class_mean (const fitting *f, int32_t y, int32_t k, double *mean)
{
  double total = 0;
  memset (mean, 0, f->x->p * sizeof *mean);
  for (size_t i = 0; i < f->x->n; i++) {
    if (k < 0 ? f->side->target[i] != y : f->side->source[i] != y || f->side->d.of[i] != k)
      continue;
    double w = f->w ? f->w[i] : 1;
    total += w;
    la_axpy (mean, w, f->x->at[i], f->x->p);
  }
  if (total > 0)
    la_scale (mean, 1 / total, f->x->p);
  return total > 0;
}

/* n rows less their mean. */
static void
centre (double *row, size_t n, size_t p)
{
  for (size_t j = 0; j < p; j++) {
    double mean = 0;
    for (size_t i = 0; i < n; i++)
      mean += row[i * p + j] / (double)n;
    for (size_t i = 0; i < n; i++)
      row[i * p + j] -= mean;
  }
}

/* H = Q - I for the orthogonal Q[r,r] that turns the pairs s[n,r] onto t[n,r]
 * (least squares: T^T S = U D V^T, Q = U V^T) and otherwise moves as little as
 * can be: what D leaves open is Procrustes of the complements onto each other.
 * -1: no memory. */
static int
turn_of (const double *t, const double *s, int n, int r, double *h, double *work)
{
  size_t q = (size_t)r * (size_t)r;
  double *a = work, *u = a + q, *vt = u + q, *d = vt + q, *left = d + r, *right = left + q;
  int k = 0, bad;
  memset (h, 0, q * sizeof *h);
  la_mul_tn (a, t, s, r, r, n, 1, 0);
  if (!(la_norm (a, q) > 0))
    return 0; /* no direction is known: everything stays */
  if ((bad = la_svd (a, r, r, u, d, vt)))
    return bad;
  while (k < r && d[k] > RANK * d[0])
    k++;
  int rest = r - k;
  double *o = right + q;
  for (int i = 0; i < rest; i++) /* N = V_rest^T U_rest */
    for (int j = 0; j < rest; j++) {
      a[i * rest + j] = 0;
      for (int l = 0; l < r; l++)
        a[i * rest + j] += vt[(k + i) * r + l] * u[l * r + k + j];
    }
  if (rest && (bad = la_svd (a, rest, rest, left, d, right)))
    return bad;
  if (rest) /* W = O P^T of N = P S O^T */
    for (int i = 0; i < rest; i++)
      for (int j = 0; j < rest; j++) {
        o[i * rest + j] = 0;
        for (int l = 0; l < rest; l++)
          o[i * rest + j] += right[l * rest + i] * left[j * rest + l];
      }
  for (int i = 0; i < r; i++)
    for (int j = 0; j < r; j++) {
      double sum = i == j ? -1 : 0;
      for (int l = 0; l < k; l++)
        sum += u[i * r + l] * vt[l * r + j];
      for (int l = 0; l < rest; l++)
        for (int b = 0; b < rest; b++)
          sum += u[i * r + k + l] * o[l * rest + b] * vt[(k + b) * r + j];
      h[i * r + j] = sum;
    }
  return 0;
}

static size_t
turn_room (size_t r)
{
  return 6 * r * r + r;
}

/* Basis and turn of one source. */
static fnx_status
learn_one (void *arg, size_t at, uint32_t worker)
{
  const fitting *f = arg;
  fnx_call *c = f->c;
  fnx_model *m = f->m;
  size_t p = m->p, r = m->r, most = (size_t)f->n_class, pairs = 0;
  double *t = malloc ((2 * most * (2 * p + 2 * r) + r + turn_room (r)) * sizeof *t);
  double *basis = m->basis + at * r * p, *h = m->turn + at * r * r;
  (void)worker;
  if (!t)
    return c->fail (c, FNX_E_NOMEM, "no memory for class means of %zu features", p);
  double *s = t + most * p, *both = s + most * p, *tb = both + 2 * most * p, *sb = tb + most * r, *d = sb + most * r;
  for (int32_t y = 0; y < f->n_class; y++)
    pairs += class_mean (f, y, f->domain[at], s + pairs * p) && class_mean (f, y, -1, t + pairs * p);
  centre (t, pairs, p);
  centre (s, pairs, p);
  memset (both, 0, 2 * most * p * sizeof *both);
  memcpy (both, t, pairs * p * sizeof *both);
  memcpy (both + pairs * p, s, pairs * p * sizeof *both);
  int bad = la_svd (both, (int)(2 * most), (int)p, NULL, d, basis), rank = 0;
  while (rank < (int)r && d[rank] > RANK * d[0])
    rank++;
  if (bad == 0 && rank > 0) {
    double *small = d + r; /* the turn within the first vectors, then spread to r x r */
    la_mul_nt (tb, t, basis, (int)pairs, rank, (int)p, 1, 0);
    la_mul_nt (sb, s, basis, (int)pairs, rank, (int)p, 1, 0);
    bad = turn_of (tb, sb, (int)pairs, rank, both, small);
    for (int i = 0; bad == 0 && i < rank; i++)
      memcpy (h + (size_t)i * r, both + i * rank, (size_t)rank * sizeof *h);
  }
  free (t);
  return bad < 0   ? c->fail (c, FNX_E_NOMEM, "no memory for the class means of %s", m->name[at])
         : bad > 0 ? c->fail (c, FNX_E_NUMERIC, "the class means of %s have no singular values", m->name[at])
                   : FNX_OK;
}

static fnx_status
learn (fitting *f, int32_t *domain)
{
  fnx_call *c = f->c;
  fnx_model *m = f->m;
  size_t most = (size_t)f->side->d.n;
  m->p = f->x->p;
  m->r = 2 * (size_t)f->n_class < m->p ? 2 * (size_t)f->n_class : m->p;
  m->name = learn_alloc (c, most, sizeof *m->name);
  m->basis = learn_alloc (c, most * m->r, m->p * sizeof *m->basis);
  m->turn = learn_alloc (c, most * m->r, m->r * sizeof *m->turn);
  if (!m->name || !m->basis || !m->turn)
    return FNX_E_NOMEM;
  fnx_status status = sides_sources (c, f->side, f->x->n, "tangentrotate", domain, m->name, &m->count);
  f->domain = domain;
  return status == FNX_OK ? c->parallel (c, m->count, learn_one, f) : status;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  sides side = { .n_source = 0 };
  classes cls = { 0, NULL };
  const int32_t *code = NULL;
  const double *w = NULL;
  (void)start;
  fnx_status status = rows_of (c, in[0], 2, &x);
  if (status == FNX_OK && x.p > INT32_MAX)
    status = c->fail (c, FNX_E_SPEC, "%zu features are too many", x.p);
  if (status == FNX_OK)
    status = rows_weights (c, in[0], &w);
  if (status == FNX_OK)
    status = classes_of (c, in[0], &code, &cls);
  if (status == FNX_OK)
    status = sides_of (c, in[0], &s->by, "tangentrotate", &cls, code, &side);
  fnx_model *m = status == FNX_OK ? learn_alloc (c, 1, sizeof *m) : NULL;
  int32_t *domain = m ? c->scratch (c, ((size_t)side.d.n + 1) * sizeof *domain) : NULL;
  fitting f = { .c = c, .x = &x, .w = w, .side = &side, .n_class = cls.n, .m = m };
  if (status == FNX_OK)
    status = domain ? learn (&f, domain) : FNX_E_NOMEM;
  classes_free (&cls);
  return fitted (status, m, model_free, out);
}

/* ---- apply ---------------------------------------------------------------------- */

typedef struct turning {
  const rows *x;
  const fnx_model *m;
  const size_t *of; /* source of each trial; count: it stays */
  double *out;
  double *work; /* 2 r of each worker */
} turning;

static fnx_status
turn_trial (void *arg, size_t i, uint32_t worker)
{
  const turning *t = arg;
  const fnx_model *m = t->m;
  double *y = t->out + i * m->p, *along = t->work + worker * 2 * m->r, *moved = along + m->r;
  memcpy (y, t->x->at[i], m->p * sizeof *y);
  if (t->of[i] == m->count)
    return FNX_OK;
  const double *basis = m->basis + t->of[i] * m->r * m->p, *h = m->turn + t->of[i] * m->r * m->r;
  for (size_t k = 0; k < m->r; k++)
    along[k] = la_dot (basis + k * m->p, y, m->p);
  for (size_t k = 0; k < m->r; k++)
    moved[k] = la_dot (h + k * m->r, along, m->r);
  for (size_t k = 0; k < m->r; k++)
    la_axpy (y, moved[k], basis + k * m->p, m->p);
  return FNX_OK;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  domains d = { 0 };
  fnx_status status = rows_of (c, in[0], 0, &x);
  if (status == FNX_OK)
    status = rows_fit (c, &x, m->p);
  if (status == FNX_OK)
    status = domains_of (c, in[0], &s->by.domain, &d);
  if (status != FNX_OK)
    return status;
  size_t *of = c->scratch (c, (x.n + 1) * sizeof *of), workers = c->max_threads ? c->max_threads : 1;
  double *work = c->scratch (c, workers * 2 * m->r * sizeof *work);
  if (!of || !work)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x.n; i++)
    of[i] = domain_names_find (m->name, m->count, d.name[d.of[i]]);
  fnx_buf *b = c->buf->like (c, in[0], c->buf->spec (in[0]));
  turning t = { &x, m, of, b ? c->buf->write (c, b) : NULL, work };
  status = t.out ? c->parallel (c, x.n, turn_trial, &t) : FNX_E_NOMEM;
  return give (c, status, b, out);
}

/* ---- saved models ----------------------------------------------------------------- */

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->p);
  state_put_u64 (o, m->r);
  domain_names_put (o, m->name, m->count);
  state_put_f64s (o, m->basis, m->count * m->r * m->p);
  state_put_f64s (o, m->turn, m->count * m->r * m->r);
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->p = state_count (in, 8, INT32_MAX);
  m->r = state_count (in, 8, INT32_MAX);
  in->bad |= m->p == 0 || m->r == 0 || m->r > m->p;
  if (!domain_names_get (in, &m->name, &m->count))
    return false;
  m->basis = state_matrix (in, m->count * m->r, m->p);
  m->turn = state_matrix (in, m->count * m->r, m->r);
  for (size_t i = 0; m->basis && i < m->count * m->r * m->p; i++)
    in->bad |= !(fabs (m->basis[i]) <= 1 + 1e-9);
  for (size_t i = 0; m->turn && i < m->count * m->r * m->r; i++)
    in->bad |= !(fabs (m->turn[i]) <= 2 + 1e-9);
  return m->basis && m->turn;
}

ESTIMATOR ("tangentrotate", 1, put, get, NULL, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "domain rotations");

static const fnx_param_desc *const params[] = { &target_param, &domain_param, NULL };

static const fnx_port_desc in_port = { .struct_size = sizeof in_port,
                                       .name = "in",
                                       .what = "features[trial,feature]",
                                       .doc = "tangent vectors; the column target names their class" };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "features[trial,feature]",
                                        .doc = "the same; those of the domain it is for as they were" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc tangentrotate_step = {
  .struct_size = sizeof tangentrotate_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.tangentrotate",
  .name = "tangentrotate",
  .title = "turn other people's tangent vectors so that their class means match",
  .doc
  = "What rotate does to matrices, for vectors behind tangent. For each source domain T_k and S_k are the class means "
    "of"
    " the domain it is for and of the source, each less the mean over classes; of the singular value decomposition"
    " sum_k T_k S_k^T = U D V^T it takes the orthogonal turn that brings V to U (Procrustes), in the subspace that the"
    " class means of both sides span, and there the smallest such turn (a mirror image, where that moves less). What "
    "is orthogonal to all class means stays,"
    " and so do trials of any domain that was no source: nothing is turned that targets do not determine.\n\n"
    "Put recentre (and rescale) before tangent: vectors are turned about the origin, which must be the middle of every"
    " domain.\n\n"
    "Targets of the domain it is for come from training trials alone: those whose column calibration is 1, which"
    " evaluate makes with calibration=, or the domain target=. Targets of tested trials are never seen.\n\n"
    "Bleuze et al. turn both domains into the coordinates of the singular vectors, and keep as many as explain the"
    " cross-covariance; pyRiemann's TLRotate takes more anchors than class means. Here the vectors keep their meaning.",
  .cite = "Bleuze, Mattout and Congedo, EUSIPCO 2021; Schoenemann, Psychometrika 31:1, 1966",
  .example = "fornix run sim:fists subject=1 sim:fists subject=2 sim:fists subject=3"
             " ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate cv=cross-subject calibration=10 begin cov estimator=oas ! recentre ! rescale centred=yes"
             " ! tangent ! tangentrotate ! lda end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .extension = extension,
};
