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

/* Of MDOP n, then the n delays; of the others the mutual information of each
 * delay and, of cao and fnn, E1, false neighbours and how many channels knew of
 * each dimension: sums over the channels. */
enum { MDOP_WIDE = 1 + TAKENS_CYCLES + 1 };

typedef struct study {
  fnx_call *c;
  const delay_rules *rules;
  const fnx_buf *in;
  size_t count, C, T;
  size_t delay; /* longest that mutual information is summed for */
  size_t top;   /* dimensions that are looked at */
  size_t wide;  /* numbers a trial */
  /* while they speak */
  double *said; /* [count,wide] */
  struct flaw {
    int wrong;  /* 0; 1: row `bad` is flat; 2: too few samples; 3: row `bad` is not finite */
    size_t bad; /* for 2: the Theiler window */
  } * flaw;     /* of each trial */
  char *room;   /* of each worker */
  size_t room_size;
} study;

static fnx_status
study_begin (study *y, fnx_call *c, const delay_rules *rules, const fnx_buf *b)
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
  *y = (study){ .c = c, .rules = rules, .in = b, .count = (size_t)count, .C = (size_t)C, .T = (size_t)T };
  y->delay = y->T / 2 < (size_t)rules->max_delay ? y->T / 2 : (size_t)rules->max_delay;
  y->top = rules->method == CAO || rules->method == FNN ? (size_t)rules->max_order : 0;
  y->wide = rules->method == MDOP ? MDOP_WIDE : y->delay + 3 * y->top;
  return FNX_OK;
}

static bool
looks_sound (const study *y, const double *x, struct flaw *r)
{
  for (size_t c = 0; c < y->C; c++) {
    const double *row = x + c * y->T;
    bool moves = false;
    for (size_t t = 0; t < y->T; t++) {
      moves = moves || row[t] != row[0];
      if (!isfinite (row[t])) {
        *r = (struct flaw){ .wrong = 3, .bad = c };
        return false;
      }
    }
    if (!moves) {
      *r = (struct flaw){ .wrong = 1, .bad = c };
      return false;
    }
  }
  return true;
}

/* Growth of distances along one channel, at its own delay. */
static void
add_growth (const study *y, const double *row, double *e1, void *room)
{
  double a[ACM_MAX_ORDER + 1], share[ACM_MAX_ORDER + 1], *fnn = e1 + y->top, *many = fnn + y->top;
  size_t most = takens_reach (y->T);
  mutual m;
  mutual_begin (&m, row, y->T, most, room);
  size_t tau = mutual_first_min (&m, most), known = takens_growth (row, y->T, tau, y->top, a, share, room);
  for (size_t d = 0; d + 1 < known; d++) {
    e1[d] += a[d + 1] / a[d];
    fnn[d] += share[d];
    many[d]++;
  }
}

static fnx_status
one (void *arg, size_t i, uint32_t worker)
{
  study *y = arg;
  struct flaw *r = &y->flaw[i];
  const double *x = y->c->buf->item (y->in, (int64_t)i);
  double *said = y->said + i * y->wide;
  void *room = y->room + worker * y->room_size;
  if (y->c->progress (y->c, i, y->count))
    return FNX_E_CANCELLED;
  if (!looks_sound (y, x, r))
    return FNX_E_DATA;
  if (y->rules->method == MDOP) {
    mdop m;
    r->wrong = takens_mdop (x, y->C, y->T, (size_t)y->rules->max_delay, &m, &r->bad, room);
    said[0] = m.n;
    for (int k = 0; k < m.n; k++)
      said[1 + k] = m.delay[k];
    return r->wrong ? FNX_E_DATA : FNX_OK;
  }
  for (size_t c = 0; c < y->C; c++) {
    const double *row = x + c * y->T;
    mutual m;
    mutual_begin (&m, row, y->T, y->delay, room);
    for (size_t d = 0; d < y->delay; d++)
      said[d] += mutual_at (&m, d + 1);
    if (y->top)
      add_growth (y, row, said + y->delay, room);
  }
  return FNX_OK;
}

static fnx_status
refuse (fnx_call *c, const study *y, size_t i)
{
  const struct flaw *r = &y->flaw[i];
  const fnx_axis *channel = c->buf->spec (y->in)->axes[1];
  const char *trial = trial_name (c, y->in, i);
  char number[32];
  if (r->wrong == 2)
    return c->fail (c, FNX_E_DATA,
                    "%s has %zu samples: too few for delays up to %d with neighbours more than %zu samples apart\n"
                    "use a smaller max-delay=, or longer epochs",
                    trial, y->T, y->rules->max_delay, r->bad);
  if (r->wrong == 3)
    return samples_refuse (c, y->in, i);
  snprintf (number, sizeof number, "%zu", r->bad + 1);
  const char *name = channel->labels ? channel->labels[r->bad] : number;
  return c->fail (c, FNX_E_DATA, "%s: channel %s is flat: it has no dynamics\ndrop it with  ! pick%s%s", trial, name,
                  channel->labels ? " drop=" : "", channel->labels ? name : "");
}

/* The buffer that is handed out, and its rows. */
static fnx_status
rows_new (study *y, fnx_buf **rows)
{
  const fnx_spec *in = y->c->buf->spec (y->in);
  const fnx_axis feature = { .struct_size = sizeof feature, .name = "feature", .size = (int64_t)y->wide };
  const fnx_axis *const axes[] = { in->axes[0], &feature };
  const fnx_spec spec
      = { .struct_size = sizeof spec, .ndim = 2, .kind = "features", .unit = "1", .dtype = FNX_F8, .axes = axes };
  *rows = y->c->buf->like (y->c, y->in, &spec);
  y->said = *rows ? y->c->buf->write (y->c, *rows) : NULL;
  return y->said ? FNX_OK : FNX_E_NOMEM;
}

fnx_status
delays_listen (fnx_call *c, const delay_rules *rules, const fnx_buf *epochs, const fnx_buf **said)
{
  study y;
  fnx_status status = study_begin (&y, c, rules, epochs);
  if (status != FNX_OK)
    return status;
  size_t most = y.top ? takens_growth_room (y.T, takens_reach (y.T), y.top) : 0;
  most = most > mutual_room (y.T) ? most : mutual_room (y.T);
  if (rules->method == MDOP)
    most = takens_mdop_room (y.C, y.T, (size_t)rules->max_delay);
  y.room_size = (most + 63) & ~(size_t)63;
  y.room = c->scratch (c, y.room_size * (c->max_threads ? c->max_threads : 1));
  y.flaw = c->scratch (c, y.count * sizeof *y.flaw);
  fnx_buf *rows = NULL;
  status = y.room && y.flaw ? rows_new (&y, &rows) : FNX_E_NOMEM;
  if (status == FNX_OK)
    status = c->parallel (c, y.count, one, &y);
  for (size_t i = 0; status == FNX_E_DATA && i < y.count; i++)
    if (y.flaw[i].wrong) {
      status = refuse (c, &y, i);
      break;
    }
  if (status == FNX_OK)
    *said = rows;
  else
    c->buf->unref (rows);
  return status;
}

/* ---- what they say together ------------------------------------------------------ */

typedef struct hearing {
  const study *y;
  const double *const *row; /* of each trial */
} hearing;

/* Sums over trials in their order of numbers first .. first + n - 1: sum[n]. */
static void
add_up (const hearing *h, size_t first, size_t n, double *sum)
{
  for (size_t k = 0; k < n; k++)
    sum[k] = 0;
  for (size_t i = 0; i < h->y->count; i++)
    for (size_t k = 0; k < n; k++)
      sum[k] += h->row[i][first + k];
}

/* Order and lag are means over trials of the number of delays and of their
 * mean, the leading 0 included; halves go to the even side, as in Julia. */
static void
settle_mdop (const hearing *h, delays *m)
{
  double order = 0, lag = 0;
  for (size_t i = 0; i < h->y->count; i++) {
    const double *r = h->row[i];
    double sum = 0;
    for (int k = 1; k <= (int)r[0]; k++)
      sum += r[k];
    order += r[0];
    lag += nearbyint (sum / r[0]);
  }
  m->w.order = (int)nearbyint (order / (double)h->y->count);
  m->w.lag = (int)fmax (1, nearbyint (lag / (double)h->y->count));
}

/* The distinct delays of a trial beyond 0, ascending; returns how many. */
static int
distinct (const double *r, int *d)
{
  int n = 0;
  for (int k = 1; k <= (int)r[0]; k++) {
    int at = n, delay = (int)r[k];
    while (at > 0 && d[at - 1] > delay)
      at--;
    if (delay == 0 || (at > 0 && d[at - 1] == delay))
      continue;
    for (int b = n++; b > at; b--)
      d[b] = d[b - 1];
    d[at] = delay;
  }
  return n;
}

/* The k-th of the delays is the mean over trials of that quantile of each
 * trial's own delays. */
static void
settle_unequal (const hearing *h, delays *m)
{
  int d[TAKENS_CYCLES + 1];
  double many = 0, some = 0, at[TAKENS_CYCLES] = { 0 };
  for (size_t i = 0; i < h->y->count; i++)
    many += distinct (h->row[i], d);
  int n = (int)nearbyint (many / (double)h->y->count);
  for (size_t i = 0; i < h->y->count; i++) {
    int own = distinct (h->row[i], d);
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

/* The first dimension that is enough. */
static fnx_status
settle_order (const hearing *h, int *order)
{
  const study *y = h->y;
  double *e1 = y->c->scratch (y->c, 3 * y->top * sizeof *e1);
  size_t known = 0, least = 0;
  if (!e1)
    return FNX_E_NOMEM;
  double *fnn = e1 + y->top, *many = fnn + y->top;
  add_up (h, y->delay, 3 * y->top, e1);
  for (; known < y->top && many[known] > 0; known++) {
    e1[known] /= many[known];
    fnn[known] /= many[known];
  }
  if (y->rules->method == CAO)
    least = takens_first_peak (e1, known, 1);
  for (size_t d = 0; d < known && y->rules->method == FNN; d++) {
    least = fnn[d] < fnn[least] ? d : least;
    if (fnn[d] <= y->rules->share)
      break;
  }
  *order = (int)least + 1;
  return FNX_OK;
}

static fnx_status
settle_growth (const hearing *h, delays *m)
{
  const study *y = h->y;
  double *ami = y->c->scratch (y->c, y->delay * sizeof *ami);
  fnx_status status = ami ? FNX_OK : FNX_E_NOMEM;
  m->w.order = y->rules->order;
  if (status == FNX_OK && y->top)
    status = settle_order (h, &m->w.order);
  if (status != FNX_OK)
    return status;
  add_up (h, 0, y->delay, ami);
  m->w.lag = (int)takens_first_peak (ami, y->delay, -1) + 1;
  return FNX_OK;
}

fnx_status
delays_settle (fnx_call *c, const delay_rules *rules, const fnx_buf *epochs, const fnx_buf *said, delays *m)
{
  study y;
  fnx_status status = study_begin (&y, c, rules, epochs);
  if (status != FNX_OK)
    return status;
  const fnx_spec *spec = c->buf->spec (said);
  const double **row = c->scratch (c, y.count * sizeof *row);
  if (!row)
    return FNX_E_NOMEM;
  if (spec->ndim != 2 || spec->axes[0]->size != (int64_t)y.count || spec->axes[1]->size != (int64_t)y.wide)
    return c->fail (c, FNX_E_BUG, "what the trials say is not of these trials");
  for (size_t i = 0; i < y.count; i++)
    row[i] = c->buf->item (said, (int64_t)i);
  const hearing h = { &y, row };
  *m = (delays){ .w = { .order = 1, .lag = 1 } };
  if (rules->method == MDOP)
    (rules->unequal ? settle_unequal : settle_mdop) (&h, m);
  else
    status = settle_growth (&h, m);
  if (status == FNX_OK && window_samples (&m->w, (int64_t)y.T) < 2)
    status = c->fail (c, FNX_E_DATA,
                      "%s: order %d and lag %d were learned, and %zu samples are too few for them\n"
                      "use a smaller max-delay=, or longer epochs",
                      c->recording, m->w.order, window_delay (&m->w, 1), y.T);
  return status;
}
