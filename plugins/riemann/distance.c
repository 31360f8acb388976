/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * distance: how far apart trials are, each from each or from one matrix.
 */
#include "plugins/common/estimator.h"
#include "plugins/riemann/riemann.h"

#include <string.h>

struct fnx_step {
  spd_metric metric;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->metric = (spd_metric)c->param->integer (p, "metric");
  *out = s;
  return FNX_OK;
}

/* ---- what comes out ---------------------------------------------------------- */

/* Of covariances in `unit`; NULL: not known, or parts have several. */
static const char *
unit_of (fnx_call *c, spd_metric metric, const char *unit)
{
  if (!unit || strcmp (unit, "1") == 0 || metric == SPD_EUCLID)
    return unit;
  if (metric == SPD_CHOL || metric == SPD_WASSERSTEIN) { /* the root: uV of uV2 */
    size_t n = strlen (unit);
    char *root = n > 1 && unit[n - 1] == '2' && !strpbrk (unit, "./") ? c->scratch (c, n) : NULL;
    return root ? memcpy (root, unit, n - 1) : NULL;
  }
  return metric == SPD_HARMONIC ? NULL : "1";
}

/* features[trial,feature] of one feature, or distances[trial,trial]. */
static const fnx_spec *
distance_spec (fnx_call *c, const fnx_step *step, const fnx_spec *in, bool one)
{
  static const char *const name[] = { "distance" };
  static const fnx_axis feature = { .struct_size = sizeof feature, .name = "feature", .size = 1, .labels = name };
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *s = c->scratch (c, sizeof *s);
  if (!axes || !s)
    return NULL;
  axes[0] = in->axes[0];
  axes[1] = one ? &feature : in->axes[0];
  *s = (fnx_spec){ .struct_size = sizeof *s,
                   .ndim = 2,
                   .kind = one ? "features" : "distances",
                   .unit = unit_of (c, step->metric, in->unit),
                   .dtype = FNX_F8,
                   .axes = axes };
  return s;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_status status = in[1] ? reference_fits (c, in[1], in[0], "to") : FNX_OK;
  if (status != FNX_OK)
    return status;
  out[0] = distance_spec (c, s, in[0], in[1] != NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* ---- the work ------------------------------------------------------------------ */

typedef struct plan {
  spd_metric metric;
  const matrices *x;
  const double *ref; /* to one matrix */
  double *place;     /* each with each: count n x n of a flat metric */
  double *out;
} plan;

static int
to_one (void *arg, size_t first, size_t count, double *work)
{
  const plan *p = arg;
  return spd_ref_dists (p->metric, p->x->x + first, count, p->ref, p->x->n, p->out + first, work);
}

static int
place_one (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->x->n * (size_t)p->x->n;
  return spd_place (p->metric, p->x->x[i], p->x->n, p->place + i * q, work);
}

/* Row i of a flat metric, from i + 1 on. */
static int
gaps (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  size_t q = (size_t)p->x->n * (size_t)p->x->n, count = p->x->count;
  (void)work;
  for (size_t j = i + 1; j < count; j++)
    p->out[i * count + j] = p->out[j * count + i] = spd_gap (p->place + i * q, p->place + j * q, p->x->n);
  return 0;
}

/* Of a curved one: trial i is made ready once for all others.  d (j, i) stands
 * in row j; where there and back are alike, from i + 1 on. */
static int
row (void *arg, size_t i, double *work)
{
  const plan *p = arg;
  const double *const *x = p->x->x;
  int n = p->x->n;
  size_t count = p->x->count, q = (size_t)n * (size_t)n, some;
  double *ref = work + spd_work (n) + SPD_TOGETHER * q, d[SPD_TOGETHER];
  bool alike = p->metric != SPD_KULLBACK && p->metric != SPD_KULLBACK_RIGHT;
  if (spd_ref (p->metric, x[i], n, ref, work))
    return -1;
  for (size_t j = alike ? i + 1 : 0; j < count; j += some) {
    some = count - j < SPD_TOGETHER ? count - j : SPD_TOGETHER;
    if (spd_ref_dists (p->metric, x + j, some, ref, n, d, work))
      return -1;
    for (size_t k = 0; k < some; k++) {
      p->out[(j + k) * count + i] = d[k];
      if (alike)
        p->out[i * count + j + k] = d[k];
    }
  }
  p->out[i * count + i] = 0;
  return 0;
}

static fnx_status
each_with_each (fnx_call *c, plan *p)
{
  size_t q = (size_t)p->x->n * (size_t)p->x->n, work = spd_work (p->x->n);
  if (!spd_flat (p->metric))
    return matrices_each (c, p->x, work + SPD_TOGETHER * q + spd_ref_size (p->x->n), row, p, NULL);
  p->place = c->scratch (c, (p->x->count * q + 1) * sizeof *p->place);
  if (!p->place)
    return FNX_E_NOMEM;
  fnx_status status = matrices_each (c, p->x, work, place_one, p, NULL);
  return status == FNX_OK ? matrices_each (c, p->x, 0, gaps, p, NULL) : status;
}

static fnx_status
from_one (fnx_call *c, const fnx_buf *to, plan *p)
{
  matrices m;
  int n = p->x->n;
  size_t q = (size_t)n * (size_t)n;
  fnx_status status = reference_fits (c, c->buf->spec (to), c->buf->spec (p->x->of), "to");
  if (status == FNX_OK)
    status = reference_of (c, to, "to", p->metric != SPD_EUCLID, &m);
  if (status != FNX_OK)
    return status;
  double *ref = c->scratch (c, (spd_ref_size (n) + spd_work (n)) * sizeof *ref);
  if (!ref)
    return FNX_E_NOMEM;
  if (spd_ref (p->metric, m.x[0], n, ref, ref + spd_ref_size (n)))
    return matrices_refuse (c, &m, m.x[0], "to=");
  p->ref = ref;
  return matrices_some (c, p->x, spd_work (n) + SPD_TOGETHER * q, to_one, p);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  fnx_status status = matrices_of (c, in[0], 0, s->metric != SPD_EUCLID, &x);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = distance_spec (c, s, c->buf->spec (in[0]), in[1] != NULL);
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  plan p = { .metric = s->metric, .x = &x, .out = b ? c->buf->write (c, b) : NULL };
  if (!p.out)
    status = FNX_E_NOMEM;
  else
    status = in[1] ? from_one (c, in[1], &p) : each_with_each (c, &p);
  return give (c, status, b, out);
}

static const fnx_param_desc *const params[] = { &any_metric_param, NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "distances[trial,trial] or features[trial,feature]",
  .doc = "each trial from each; with to=@m one feature, the distance from m",
};
static const fnx_port_desc *const inputs[] = { &cov_in_port, &to_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc distance_step = {
  .struct_size = sizeof distance_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.distance",
  .name = "distance",
  .title = "how far apart covariance matrices are",
  .doc
  = "Gives the distance of each trial from each, which  ! write x.svg  draws; with to=@m that from one matrix, as"
    " ! mean @m  makes it: what is far from the mean is an artefact, or another state.\n\n"
    "riemann: root of the sum of log^2 of the eigenvalues of B^-1 A; logeuclid |log A - log B|; euclid |A - B|;"
    " harmonic |A^-1 - B^-1|; logdet the root of log det((A + B)/2) - log det(A B)/2; wasserstein the root of"
    " tr(A + B - 2 (B^1/2 A B^1/2)^1/2); chol |chol A - chol B|; logchol the same with the logarithms of the"
    " diagonals; kullback (tr(B^-1 A) - n + log det B - log det A)/2, of A the row's trial and B the column's or m;"
    " kullback_right with A and B changed; kullback_sym both added. None is squared.\n\n"
    "kullback and kullback_right are not symmetric, and neither are their matrices.\n\n"
    "Inside evaluate, to=@m of a  ! mean @m  there is the mean of the tested trials where trials are tested; that of"
    " the training trials is to=@reference behind  ! tangent.",
  .cite = "Pennec, Fillard and Ayache, IJCV 66:41, 2006 (riemann); Arsigny et al., MRM 56:411, 2006 (logeuclid);"
          " Sra, Proc AMS 144:2787, 2016 (logdet); Bhatia et al., Expo Math 37:165, 2019 (wasserstein); Lin, SIAM J"
          " Matrix Anal Appl 40:1353, 2019 (logchol)",
  .equals = "pyRiemann 0.9 distance() to 1e-9",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! cov estimator=oas"
             " ! distance ! write distances.svg\n"
             "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! cov estimator=oas @c"
             " ! mean @m ! distance in=@c to=@m ! table",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
