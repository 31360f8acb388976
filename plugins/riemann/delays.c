/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each trial says how many delays it wants and which (takens.h); here they are
 * brought to one answer, as the authors of the augmented covariance method do.
 */
#include "plugins/riemann/delays.h"
#include "plugins/common/mutual.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what each trial says ------------------------------------------------------ */

/* Of one trial. */
typedef struct said {
  int wrong;  /* 0; 1: row `bad` is flat; 2: too few samples; 3: row `bad` is not finite */
  size_t bad; /* for 2: the Theiler window */
  mdop m;
} said;

typedef struct study {
  fnx_call *c;
  const delay_rules *rules;
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
  double a[ACM_MAX_ORDER + 1], fnn[ACM_MAX_ORDER + 1];
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
  if (y->rules->method == MDOP) {
    r->wrong = takens_mdop (x, y->C, y->T, (size_t)y->rules->max_delay, &r->m, &r->bad, room);
    return r->wrong ? FNX_E_DATA : FNX_OK;
  }
  for (size_t c = 0; c < y->C; c++) {
    const double *row = x + c * y->T;
    mutual_begin (&m, row, y->T, y->delay, room);
    for (size_t d = 0; d < y->delay; d++)
      y->ami[i * y->delay + d] += mutual_at (&m, d + 1);
    if (y->rules->method != AMI)
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
                    trial, y->T, y->rules->max_delay, r->bad);
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
settle_mdop (const study *y, delays *m)
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
settle_unequal (const study *y, delays *m)
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
  m->w.delay = m->at;
  for (int k = 0; k < n; k++) {
    int delay = (int)nearbyint (at[k] / some);
    m->at[k + 1] = delay > m->at[k] ? delay : m->at[k] + 1;
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
  bool last = known < y->top || (int)y->top >= y->rules->max_order;
  if (y->rules->method == CAO) {
    size_t at = takens_first_peak (e1, known, 1);
    return at + 1 < known || last ? (int)at + 1 : 0;
  }
  size_t least = 0;
  for (size_t d = 0; d < known; d++) {
    if (fnn[d] <= y->rules->share)
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
study_trials (fnx_call *c, study *y, delays *m)
{
  double *ami = c->scratch (c, y->delay * sizeof *ami);
  int order = y->rules->method == AMI ? y->rules->order : 0;
  if (!ami)
    return FNX_E_NOMEM;
  /* Few dimensions are usually enough, and each costs as much as the last. */
  for (y->top = 8; order == 0; y->top = (size_t)y->rules->max_order) {
    y->top = y->top < (size_t)y->rules->max_order ? y->top : (size_t)y->rules->max_order;
    fnx_status status = look (c, y);
    if (status != FNX_OK)
      return status;
    order = enough (y);
  }
  if (y->rules->method == AMI) {
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
learn (fnx_call *c, study *y, delays *m)
{
  size_t top = (size_t)y->rules->max_order, growth = takens_growth_room (y->T, takens_reach (y->T), top);
  growth = growth > mutual_room (y->T) ? growth : mutual_room (y->T);
  size_t most = y->rules->method == MDOP ? takens_mdop_room (y->C, y->T, (size_t)y->rules->max_delay) : growth;
  y->delay = y->T / 2 < (size_t)y->rules->max_delay ? y->T / 2 : (size_t)y->rules->max_delay;
  y->room_size = (most + 63) & ~(size_t)63;
  y->room = c->scratch (c, y->room_size * (c->max_threads ? c->max_threads : 1));
  y->said = c->scratch (c, y->count * sizeof *y->said);
  y->ami = c->scratch (c, y->count * y->delay * sizeof *y->ami);
  y->e1 = c->scratch (c, 3 * y->count * top * sizeof *y->e1);
  if (!y->room || !y->said || !y->ami || !y->e1)
    return FNX_E_NOMEM;
  if (y->rules->method != MDOP)
    return study_trials (c, y, m);
  y->top = 1;
  fnx_status status = look (c, y);
  if (status == FNX_OK)
    (y->rules->unequal ? settle_unequal : settle_mdop) (y, m);
  return status;
}

fnx_status
delays_learn (fnx_call *c, const delay_rules *rules, const fnx_buf *b, delays *m)
{
  const fnx_spec *spec = c->buf->spec (b);
  int64_t count = spec->axes[0]->size, C = spec->axes[1]->size, T = spec->axes[2]->size;
  if (count < 1)
    return c->fail (c, FNX_E_DATA, "%s has no trials to learn delays from", c->recording);
  if (C < 1 || T < 40 || T > INT32_MAX || C > 20000)
    return c->fail (c, FNX_E_DATA,
                    "%s: epochs of %lld channels and %lld samples; delays are learned from 40 samples or more\n"
                    "use longer epochs",
                    c->recording, (long long)C, (long long)T);
  study y = { .c = c, .rules = rules, .in = b, .count = (size_t)count, .C = (size_t)C, .T = (size_t)T };
  *m = (delays){ .w = { .order = 1, .lag = 1 } };
  fnx_status status = learn (c, &y, m);
  if (status == FNX_OK && window_samples (&m->w, T) < 2)
    status = c->fail (c, FNX_E_DATA,
                      "%s: order %d and lag %d were learned, and %lld samples are too few for them\n"
                      "use a smaller max-delay=, or longer epochs",
                      c->recording, m->w.order, window_delay (&m->w, 1), (long long)T);
  return status;
}
