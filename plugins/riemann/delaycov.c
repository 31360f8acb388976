/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * delaycov: an augmented covariance whose order and lag are read off the
 * dynamics of the training trials instead of being searched.
 */
#include "plugins/common/mutual.h"
#include "plugins/common/trials.h"
#include "plugins/riemann/riemann.h"
#include "plugins/riemann/takens.h"

#include <math.h>
#include <stdio.h>

enum { MDOP, CAO, FNN, AMI };
enum { MAX_ORDER = 100, MAX_DELAY = 1000 };
static const char *const methods[] = { "mdop", "cao", "fnn", "ami", NULL };

/* Longest delay that a method looks at, where max-delay= is not said. */
static const int reach[] = { [MDOP] = 50, [CAO] = 30, [FNN] = 30, [AMI] = 30 };

struct fnx_step {
  cov_kind kind;
  int method, order, max_delay, max_order;
  double share; /* of false neighbours that fnn accepts */
  bool unequal;
};

struct fnx_model {
  window w;
  int delay[MAX_ORDER]; /* where w.delay is set */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->kind = (cov_kind)c->param->integer (p, "estimator");
  s->method = (int)c->param->integer (p, "method");
  s->order = (int)c->param->integer (p, "order");
  s->max_order = (int)c->param->integer (p, "max-order");
  s->max_delay = c->param->given (p, "max-delay") ? (int)c->param->integer (p, "max-delay") : reach[s->method];
  s->unequal = c->param->integer (p, "spacing") == 1;
  s->share = c->param->real (p, "false");
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  static const fnx_axis channel = { .struct_size = sizeof channel, .name = "channel", .size = FNX_UNKNOWN };
  static const window plain = { .order = 1, .lag = 1 };
  const fnx_spec *one = cov_spec (c, in[0], s->kind, &plain);
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  if (!one || !spec || !axes)
    return FNX_E_NOMEM;
  axes[0] = in[0]->axes[0];
  axes[1] = axes[2] = &channel;
  *spec = *one;
  spec->axes = axes;
  out[0] = spec;
  return FNX_OK;
}

/* ---- what each trial says ------------------------------------------------------ */

/* Of one trial. */
typedef struct said {
  int wrong;  /* 0; 1: row `bad` is flat; 2: too few samples; 3: row `bad` is not finite */
  size_t bad; /* for 2: the Theiler window */
  mdop m;
} said;

typedef struct study {
  fnx_call *c;
  const fnx_step *s;
  const fnx_buf *in;
  size_t count, C, T;
  said *said;   /* of each trial */
  size_t delay; /* longest that mutual information is averaged for */
  size_t top;   /* dimensions that are looked at */
  /* cao, fnn, ami: sums over the channels of each trial; `many` is how many */
  double *ami, *e1, *fnn, *many;
  char *room; /* of each worker */
  size_t room_size;
} study;

static bool
looks_sound (const study *y, const double *x, said *r)
{
  for (size_t c = 0; c < y->C; c++) {
    const double *row = x + c * y->T;
    bool moves = false;
    for (size_t t = 0; t < y->T; t++) {
      moves = moves || row[t] != row[0];
      if (!isfinite (row[t])) {
        *r = (said){ .wrong = 3, .bad = c };
        return false;
      }
    }
    if (!moves) {
      *r = (said){ .wrong = 1, .bad = c };
      return false;
    }
  }
  return true;
}

/* Growth of distances along one channel, at its own delay. */
static void
add_growth (const study *y, const double *row, size_t i, mutual *m, void *room)
{
  double a[MAX_ORDER + 1], fnn[MAX_ORDER + 1];
  size_t most = takens_reach (y->T);
  mutual_begin (m, row, y->T, most, room);
  size_t tau = mutual_first_min (m, most), known = takens_growth (row, y->T, tau, y->top, a, fnn, room);
  for (size_t d = 0; d + 1 < known; d++) {
    y->e1[i * y->top + d] += a[d + 1] / a[d];
    y->fnn[i * y->top + d] += fnn[d];
    y->many[i * y->top + d]++;
  }
}

static fnx_status
one (void *arg, size_t i, uint32_t worker)
{
  study *y = arg;
  said *r = &y->said[i];
  const double *x = y->c->buf->item (y->in, (int64_t)i);
  void *room = y->room + worker * y->room_size;
  mutual m;
  if (y->c->progress (y->c, i, y->count))
    return FNX_E_CANCELLED;
  if (!looks_sound (y, x, r))
    return FNX_E_DATA;
  if (y->s->method == MDOP) {
    r->wrong = takens_mdop (x, y->C, y->T, (size_t)y->s->max_delay, &r->m, &r->bad, room);
    return r->wrong ? FNX_E_DATA : FNX_OK;
  }
  for (size_t c = 0; c < y->C; c++) {
    const double *row = x + c * y->T;
    mutual_begin (&m, row, y->T, y->delay, room);
    for (size_t d = 0; d < y->delay; d++)
      y->ami[i * y->delay + d] += mutual_at (&m, d + 1);
    if (y->s->method != AMI)
      add_growth (y, row, i, &m, room);
  }
  return FNX_OK;
}

static fnx_status
refuse (fnx_call *c, const study *y, size_t i)
{
  const said *r = &y->said[i];
  const fnx_axis *channel = c->buf->spec (y->in)->axes[1];
  const char *trial = trial_name (c, y->in, i);
  char number[32];
  if (r->wrong == 2)
    return c->fail (c, FNX_E_DATA,
                    "%s has %zu samples: too few for delays up to %d with neighbours more than %zu samples apart\n"
                    "use a smaller max-delay=, or longer epochs",
                    trial, y->T, y->s->max_delay, r->bad);
  snprintf (number, sizeof number, "%zu", r->bad + 1);
  const char *name = channel->labels ? channel->labels[r->bad] : number;
  if (r->wrong == 1)
    return c->fail (c, FNX_E_DATA, "%s: channel %s is flat: it has no dynamics\ndrop it with  ! pick", trial, name);
  return c->fail (c, FNX_E_DATA,
                  "%s: samples of channel %s are missing or infinite\n"
                  "leave the trial out, or drop the channel with  ! pick",
                  trial, name);
}

/* ---- what they say together ------------------------------------------------------ */

/* Sums over trials in their order: sum[n]. */
static void
add_up (const study *y, const double *of, size_t n, double *sum)
{
  for (size_t k = 0; k < n; k++)
    sum[k] = 0;
  for (size_t i = 0; i < y->count; i++)
    for (size_t k = 0; k < n; k++)
      sum[k] += of[i * n + k];
}

/* Order and lag are means over trials of the number of delays and of their
 * mean, the leading 0 included; halves go to the even side, as in Julia. */
static void
settle_mdop (const study *y, fnx_model *m)
{
  double order = 0, lag = 0;
  for (size_t i = 0; i < y->count; i++) {
    const mdop *r = &y->said[i].m;
    double sum = 0;
    for (int k = 0; k < r->n; k++)
      sum += r->delay[k];
    order += r->n;
    lag += nearbyint (sum / r->n);
  }
  m->w.order = (int)nearbyint (order / (double)y->count);
  m->w.lag = (int)fmax (1, nearbyint (lag / (double)y->count));
}

/* The distinct delays of a trial beyond 0, ascending; returns how many. */
static int
distinct (const mdop *r, int *d)
{
  int n = 0;
  for (int k = 0; k < r->n; k++) {
    int at = n;
    while (at > 0 && d[at - 1] > r->delay[k])
      at--;
    if (r->delay[k] == 0 || (at > 0 && d[at - 1] == r->delay[k]))
      continue;
    for (int j = n++; j > at; j--)
      d[j] = d[j - 1];
    d[at] = r->delay[k];
  }
  return n;
}

/* The k-th of the delays is the mean over trials of that quantile of each
 * trial's own delays. */
static void
settle_unequal (const study *y, fnx_model *m)
{
  int d[TAKENS_CYCLES + 1];
  double many = 0, some = 0, at[TAKENS_CYCLES] = { 0 };
  for (size_t i = 0; i < y->count; i++)
    many += distinct (&y->said[i].m, d);
  int n = (int)nearbyint (many / (double)y->count);
  for (size_t i = 0; i < y->count; i++) {
    int own = distinct (&y->said[i].m, d);
    for (int k = 0; k < n && own; k++) {
      double q = fmin (own - 1, fmax (0, (k + 0.5) / n * own - 0.5));
      int low = (int)q, high = low + 1 < own ? low + 1 : low;
      at[k] += d[low] + (q - low) * (d[high] - d[low]);
    }
    some += own > 0;
  }
  m->w.order = n + 1;
  m->w.delay = m->delay;
  for (int k = 0; k < n; k++) {
    int delay = (int)nearbyint (at[k] / some);
    m->delay[k + 1] = delay > m->delay[k] ? delay : m->delay[k] + 1;
  }
}

/* The first dimension that is enough; 0: none of those that were looked at. */
static int
enough (const study *y)
{
  double *e1 = y->c->scratch (y->c, 3 * y->top * sizeof *e1);
  size_t known = 0;
  if (!e1)
    return -1;
  double *fnn = e1 + y->top, *many = fnn + y->top;
  add_up (y, y->e1, y->top, e1);
  add_up (y, y->fnn, y->top, fnn);
  add_up (y, y->many, y->top, many);
  for (; known < y->top && many[known] > 0; known++) {
    e1[known] /= many[known];
    fnn[known] /= many[known];
  }
  bool last = known < y->top || (int)y->top >= y->s->max_order;
  if (y->s->method == CAO) {
    size_t at = takens_first_peak (e1, known, 1);
    return at + 1 < known || last ? (int)at + 1 : 0;
  }
  size_t least = 0;
  for (size_t d = 0; d < known; d++) {
    if (fnn[d] <= y->s->share)
      return (int)d + 1;
    least = fnn[d] < fnn[least] ? d : least;
  }
  return last ? (int)least + 1 : 0;
}

static fnx_status
look (fnx_call *c, study *y)
{
  size_t n = y->count;
  memset (y->ami, 0, n * y->delay * sizeof *y->ami);
  memset (y->e1, 0, 3 * n * y->top * sizeof *y->e1);
  y->fnn = y->e1 + n * y->top;
  y->many = y->fnn + n * y->top;
  fnx_status status = c->parallel (c, n, one, y);
  for (size_t i = 0; i < n && status == FNX_E_DATA; i++)
    if (y->said[i].wrong)
      return refuse (c, y, i);
  return status;
}

static fnx_status
study_trials (fnx_call *c, study *y, fnx_model *m)
{
  double *ami = c->scratch (c, y->delay * sizeof *ami);
  int order = y->s->method == AMI ? y->s->order : 0;
  if (!ami)
    return FNX_E_NOMEM;
  /* Few dimensions are usually enough, and each costs as much as the last. */
  for (y->top = 8; order == 0; y->top = (size_t)y->s->max_order) {
    y->top = y->top < (size_t)y->s->max_order ? y->top : (size_t)y->s->max_order;
    fnx_status status = look (c, y);
    if (status != FNX_OK)
      return status;
    order = enough (y);
  }
  if (y->s->method == AMI) {
    fnx_status status = look (c, y);
    if (status != FNX_OK)
      return status;
  }
  if (order < 0)
    return FNX_E_NOMEM;
  add_up (y, y->ami, y->delay, ami);
  m->w = (window){ .order = order, .lag = (int)takens_first_peak (ami, y->delay, -1) + 1 };
  return FNX_OK;
}

static fnx_status
learn (fnx_call *c, study *y, fnx_model *m)
{
  size_t top = (size_t)y->s->max_order, growth = mutual_room (y->T) + takens_growth_room (y->T);
  size_t most = y->s->method == MDOP ? takens_mdop_room (y->C, y->T, (size_t)y->s->max_delay) : growth;
  y->delay = y->T / 2 < (size_t)y->s->max_delay ? y->T / 2 : (size_t)y->s->max_delay;
  y->room_size = (most + 63) & ~(size_t)63;
  y->room = c->scratch (c, y->room_size * (c->max_threads ? c->max_threads : 1));
  y->said = c->scratch (c, y->count * sizeof *y->said);
  y->ami = c->scratch (c, y->count * y->delay * sizeof *y->ami);
  y->e1 = c->scratch (c, 3 * y->count * top * sizeof *y->e1);
  if (!y->room || !y->said || !y->ami || !y->e1)
    return FNX_E_NOMEM;
  if (y->s->method != MDOP)
    return study_trials (c, y, m);
  y->top = 1;
  fnx_status status = look (c, y);
  if (status == FNX_OK)
    (y->s->unequal ? settle_unequal : settle_mdop) (y, m);
  return status;
}

static void
model_free (fnx_model *m)
{
  free (m);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  int64_t count = spec->axes[0]->size, C = spec->axes[1]->size, T = spec->axes[2]->size;
  (void)start; /* nothing is iterated */
  if (count < 1)
    return c->fail (c, FNX_E_DATA, "%s has no trials to learn delays from", c->recording);
  if (C < 1 || T < 40 || T > INT32_MAX || C > 20000)
    return c->fail (c, FNX_E_DATA,
                    "%s: epochs of %lld channels and %lld samples; delays are learned from 40 samples or more\n"
                    "use longer epochs",
                    c->recording, (long long)C, (long long)T);
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  study y = { .c = c, .s = s, .in = in[0], .count = (size_t)count, .C = (size_t)C, .T = (size_t)T };
  m->w = (window){ .order = 1, .lag = 1 };
  fnx_status status = learn (c, &y, m);
  if (status == FNX_OK && window_samples (&m->w, T) < 2)
    status = c->fail (c, FNX_E_DATA,
                      "%s: order %d and lag %d were learned, and %lld samples are too few for them\n"
                      "use a smaller max-delay=, or longer epochs",
                      c->recording, m->w.order, window_delay (&m->w, 1), (long long)T);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  matrices x;
  const fnx_spec *spec = cov_spec (c, c->buf->spec (in[0]), s->kind, &m->w);
  if (!spec)
    return FNX_E_NOMEM;
  window_tell (c, c->buf->spec (in[0]), s->kind, &m->w);
  fnx_buf *b = c->buf->like (c, in[0], spec);
  double *v = b ? c->buf->write (c, b) : NULL;
  fnx_status status = v ? covs_of_epochs (c, in[0], s->kind, &m->w, v, &x) : FNX_E_NOMEM;
  if (status == FNX_OK)
    out[0] = b;
  else
    c->buf->unref (b);
  return status;
}

static fnx_status
report (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const char *, const char *), void *to)
{
  char text[MAX_ORDER * 12];
  size_t at = 0;
  (void)c;
  snprintf (text, sizeof text, "%d", m->w.order);
  fnx_status status = put (to, "order", text);
  if (status != FNX_OK || m->w.order == 1)
    return status;
  for (int b = 0; m->w.delay && b < m->w.order; b++)
    at += (size_t)snprintf (text + at, sizeof text - at, "%s%d", b ? "," : "", m->w.delay[b]);
  if (!m->w.delay)
    snprintf (text, sizeof text, "%d", m->w.lag);
  return put (to, m->w.delay ? "delays" : "lag", text);
}

/* ---- saved models: order, lag, how many delays, the delays ------------------------- */

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  state_out o = { put, to, FNX_OK };
  (void)c;
  state_put_u64 (&o, (uint64_t)m->w.order);
  state_put_u64 (&o, (uint64_t)m->w.lag);
  state_put_u64 (&o, m->w.delay ? (uint64_t)m->w.order : 0);
  for (int b = 0; m->w.delay && b < m->w.order; b++)
    state_put_u64 (&o, (uint64_t)m->w.delay[b]);
  return o.status;
}

static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  state_in in = { bytes, n, version != 1 };
  (void)s;
  fnx_model *m = learn_alloc (c, 1, sizeof *m);
  if (!m)
    return FNX_E_NOMEM;
  m->w.order = (int)state_count (&in, 0, MAX_ORDER);
  m->w.lag = (int)state_count (&in, 0, MAX_DELAY * TAKENS_CYCLES);
  size_t n_delay = state_count (&in, 8, MAX_ORDER);
  in.bad |= m->w.order < 1 || m->w.lag < 1 || (n_delay && n_delay != (size_t)m->w.order);
  for (size_t b = 0; b < n_delay && !in.bad; b++) {
    m->delay[b] = (int)state_count (&in, 0, MAX_DELAY * TAKENS_CYCLES);
    in.bad |= b ? m->delay[b] <= m->delay[b - 1] : m->delay[b] != 0;
  }
  m->w.delay = n_delay ? m->delay : NULL;
  fnx_status status = learn_state (c, "delaycov", &in, true);
  if (status == FNX_OK)
    *out = m;
  else
    model_free (m);
  return status;
}

static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,
                                             .fit = fit,
                                             .apply = apply,
                                             .model_free = model_free,
                                             .state_version = 1,
                                             .save = save,
                                             .load = load,
                                             .learns = "order, lag",
                                             .report = report };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? &estimator : NULL;
}

static const fnx_param_desc method_param = {
  .struct_size = sizeof method_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE | FNX_P_MAIN,
  .name = "method",
  .doc = "mdop: delays that unfold the trajectory most (Nichkawde); cao: averaged false neighbours; fnn: Kennel's false"
         " neighbours; ami: the lag alone, by mutual information",
  .fallback = "mdop",
  .choices = methods,
};
static const fnx_param_desc kind_param = {
  .struct_size = sizeof kind_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "estimator",
  .doc = "as in cov; the published ACM takes cov",
  .fallback = "cov",
  .choices = cov_names,
};
static const char *const spacings[] = { "equal", "unequal", NULL };
static const fnx_param_desc spacing_param = {
  .struct_size = sizeof spacing_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "spacing",
  .doc = "equal: one lag, the mean of the delays that were found; unequal: the delays themselves",
  .fallback = "equal",
  .choices = spacings,
  .when = "method=mdop",
};
static const fnx_param_desc max_delay_param = {
  .struct_size = sizeof max_delay_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "max-delay",
  .doc = "longest delay looked at, in samples; when not said, 50 for mdop and 30 for the others, as the authors",
  .min = 1,
  .max = MAX_DELAY,
};
static const fnx_param_desc max_order_param = {
  .struct_size = sizeof max_order_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "max-order",
  .doc = "most copies looked at",
  .fallback = "30",
  .min = 1,
  .max = MAX_ORDER,
  .when = "method=cao|fnn",
};
static const fnx_param_desc false_param = {
  .struct_size = sizeof false_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "false",
  .doc = "share of false neighbours at which the order is enough",
  .fallback = "0.05",
  .max = 1,
  .when = "method=fnn",
};
static const fnx_param_desc order_param = {
  .struct_size = sizeof order_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "order",
  .doc = "copies of each channel, the undelayed one included",
  .fallback = "4",
  .min = 1,
  .max = MAX_ORDER,
  .when = "method=ami",
};
static const fnx_param_desc *const params[] = { &method_param,    &kind_param,  &spacing_param, &max_delay_param,
                                                &max_order_param, &false_param, &order_param,   NULL };

static const fnx_port_desc in_port = {
  .struct_size = sizeof in_port, .name = "in", .what = "epochs[trial,channel,time]", .doc = "the trials, from  ! epoch"
};
static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "cov[trial,channel,channel]",
  .doc = "matrices of order x channels rows, as from augcov",
};
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc delaycov_step = {
  .struct_size = sizeof delaycov_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.delaycov",
  .name = "delaycov",
  .title = "augmented covariance with order and lag learned from the dynamics",
  .doc
  = "augcov with order and lag read off the training trials, without their targets and without a search: delayed"
    " copies of a signal unfold the dynamics behind it (Takens), and there are ways to see how many copies that takes"
    " and how far apart. Inside evaluate they are learned again in each fold; the result says them.\n\n"
    "mdop (Nichkawde): channels and delays 0 to max-delay that drive nearest neighbours apart fastest are added until"
    " at most 5 % of the neighbours are false, or more than before. The Theiler window is the longest first minimum of"
    " mutual information over the channels. Order is the mean over trials of the number of delays, lag the mean of"
    " their means, the leading 0 included, as in the authors' evaluation; a lag of 0 becomes 1. spacing=unequal keeps"
    " a list: its k-th delay is the mean over trials of that quantile of each trial's own delays, each counted"
    " once.\n\n"
    "cao: order is the first maximum of Cao's E1 over 1 to max-order, lag the first minimum of mutual information over"
    " 1 to max-delay, both averaged over channels and trials (their ends count). fnn: order is the first with no more"
    " than a share false= of Kennel's false neighbours (10 times the distance, or 2 standard deviations), the one with"
    " fewest if there is none; lag as in cao. ami: lag as in cao, order= as said. A channel of fewer than 20 embedded"
    " points says nothing.\n\n"
    "Pairs of samples that do not differ at all say nothing of beta and are left out; the peer takes log 0.",
  .cite = "Nichkawde, Phys Rev E 87:022905, 2013; Cao, Physica D 110:43, 1997; Kennel, Brown and Abarbanel, Phys Rev A"
          " 45:3403, 1992; Fraser and Swinney, Phys Rev A 33:1134, 1986; Carrara and Papadopoulo, IEEE TBME 2024",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! pick C3,Cz,C4 ! evaluate folds=5 begin delaycov method=mdop ! tangent ! svm end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .extension = extension,
};
