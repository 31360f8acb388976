/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trials as matrices, tested, over all threads, and their means.  What is wrong
 * with one that will not do: causes.c.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

fnx_status
matrices_bad (fnx_call *c, const matrices *m, size_t i)
{
  fnx_status status = samples_refuse (c, m->of, i);
  if (status != FNX_OK)
    return status;
  const char *name = trial_name (c, m->of, i);
  size_t room = strlen (name) + 40;
  char *at = m->bin ? c->scratch (c, room) : NULL;
  if (at) {
    const fnx_axis *freq = c->buf->spec (m->of)->axes[1];
    int64_t bin = m->bin - 1;
    double hz = freq->values ? freq->values[bin]
                : freq->flags & FNX_AXIS_REGULAR
                    ? freq->origin + (double)(freq->start + bin) * (double)freq->rate_den / (double)freq->rate_num
                    : (double)bin;
    snprintf (at, room, "%s at %g %s", name, hz, freq->unit ? freq->unit : "");
  }
  return matrices_refuse (c, m, m->x[i], at ? at : name);
}

/* ---- over all trials ------------------------------------------------------ */

enum { TILE = 8 }; /* trials a job: small ones take microseconds */

typedef struct sweep {
  const matrices *m;
  int (*f) (void *arg, size_t i, double *work);
  int (*some) (void *arg, size_t first, size_t count, double *work); /* instead of f */
  void *arg;
  double *work;
  size_t room;
  size_t *bad; /* for each job: index + 1 of the matrix that failed */
} sweep;

static fnx_status
sweep_tile (void *arg, size_t t, uint32_t worker)
{
  sweep *s = arg;
  size_t end = (t + 1) * TILE < s->m->count ? (t + 1) * TILE : s->m->count;
  for (size_t i = t * TILE, count; i < end; i += count) {
    double *work = s->work + worker * s->room;
    count = !s->some ? 1 : end - i < SPD_TOGETHER ? end - i : SPD_TOGETHER;
    int bad = s->some ? s->some (s->arg, i, count, work) : s->f (s->arg, i, work);
    if (bad) {
      s->bad[t] = i + (s->some ? (size_t)bad : 1);
      return FNX_E_NUMERIC;
    }
  }
  return FNX_OK;
}

static fnx_status
sweep_all (fnx_call *c, sweep s, size_t room, size_t *bad)
{
  const matrices *m = s.m;
  size_t jobs = (m->count + TILE - 1) / TILE;
  s.room = (room + 15) & ~(size_t)7;
  uint32_t workers = c->max_threads > 0 ? c->max_threads : 1;
  s.work = c->scratch (c, workers * s.room * sizeof (double));
  s.bad = c->scratch (c, (jobs + 1) * sizeof *s.bad);
  if (!s.work || !s.bad)
    return FNX_E_NOMEM;
  if (bad)
    *bad = m->count;
  fnx_status status = c->parallel (c, jobs, sweep_tile, &s);
  for (size_t t = 0; status != FNX_OK && t < jobs; t++)
    if (s.bad[t]) {
      if (!bad)
        return matrices_bad (c, m, s.bad[t] - 1);
      *bad = s.bad[t] - 1;
      break;
    }
  return status;
}

fnx_status
matrices_each (fnx_call *c, const matrices *m, size_t room, int (*f) (void *, size_t, double *), void *arg, size_t *bad)
{
  return sweep_all (c, (sweep){ .m = m, .f = f, .arg = arg }, room, bad);
}

fnx_status
matrices_some (fnx_call *c, const matrices *m, size_t room, int (*f) (void *, size_t, size_t, double *), void *arg)
{
  return sweep_all (c, (sweep){ .m = m, .some = f, .arg = arg }, room, NULL);
}

typedef struct test {
  const matrices *m;
  bool spd;
} test;

static int
test_one (void *arg, size_t i, double *work)
{
  const test *t = arg;
  int n = t->m->n;
  const double *x = t->m->x[i];
  double gap = la_asymmetry (x, n), most = 0;
  for (size_t k = 0; k < (size_t)n; k++)
    most = fmax (most, fabs (x[k * (size_t)n + k]));
  if (!(gap <= 1e-8 * most))
    return -1;
  return t->spd ? cov_spd (x, n, work) : 0;
}

fnx_status
matrices_test (fnx_call *c, const matrices *m, bool spd, size_t *bad)
{
  test t = { m, spd };
  return matrices_each (c, m, (size_t)m->n * (size_t)m->n, test_one, &t, bad);
}

/* One matrix of each trial; bin as in struct matrices. */
static fnx_status
matrices_at (fnx_call *c, const fnx_buf *b, int64_t bin, size_t need, bool spd, matrices *m)
{
  const fnx_spec *s = c->buf->spec (b);
  int64_t count = s->axes[0]->size, n = s->axes[s->ndim - 1]->size, rows = s->axes[s->ndim - 2]->size;
  *m = (matrices){ .of = b, .bin = bin, .cure = bin ? "crossspec shrinkage=0.1" : "cov estimator=oas" };
  if (n != rows)
    return c->fail (c, FNX_E_SPEC, "%s holds matrices of %lld x %lld; covariances are square", c->recording,
                    (long long)rows, (long long)n);
  if (n < 1 || n > 20000)
    return c->fail (c, FNX_E_SPEC, "%s has %lld channels; this step takes 1 to 20000", c->recording, (long long)n);
  if (count < (int64_t)need)
    return c->fail (c, FNX_E_DATA, "%s has %lld trial%s; at least %zu are needed\ngive more recordings, or longer ones",
                    c->recording, (long long)count, count == 1 ? "" : "s", need);
  const double **x = c->scratch (c, ((size_t)count + 1) * sizeof *x);
  if (!x)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < count; i++)
    x[i] = (const double *)c->buf->item (b, i) + (bin ? (bin - 1) * n * n : 0);
  m->n = (int)n;
  m->count = (size_t)count;
  m->x = x;
  return matrices_test (c, m, spd, NULL);
}

fnx_status
matrices_of (fnx_call *c, const fnx_buf *b, size_t need, bool spd, matrices *m)
{
  return matrices_at (c, b, 0, need, spd, m);
}

fnx_status
matrices_of_bin (fnx_call *c, const fnx_buf *b, int64_t bin, size_t need, matrices *m)
{
  return matrices_at (c, b, bin + 1, need, true, m);
}

fnx_status
matrices_fit (fnx_call *c, const matrices *m, int n)
{
  if (m->n == n)
    return FNX_OK;
  return c->fail (c, FNX_E_SPEC,
                  "%s has matrices of %d channels; the model was fitted on %d\n"
                  "run it through the same steps as the recordings of the training",
                  c->recording, m->n, n);
}

/* The trials of code k, as mean.h takes them; at[] are their numbers. */
static fnx_status
choose (fnx_call *c, const matrices *m, const double *w, const int32_t *codes, int32_t k, mean_in *in, size_t **at)
{
  const double **x = c->scratch (c, (m->count + 1) * sizeof *x);
  double *some = c->scratch (c, (m->count + 1) * sizeof *some);
  *at = c->scratch (c, (m->count + 1) * sizeof **at);
  if (!x || !some || !*at)
    return FNX_E_NOMEM;
  *in = (mean_in){ .n = m->n, .x = x, .w = w ? some : NULL };
  for (size_t i = 0; i < m->count; i++)
    if (!codes || codes[i] == k) {
      x[in->count] = m->x[i];
      some[in->count] = w ? w[i] : 1;
      (*at)[in->count++] = i;
    }
  return FNX_OK;
}

/* Say which trial would not do, or how the mean settled. */
static fnx_status
tell (fnx_call *c, const matrices *m, fnx_status status, const char *name, size_t count, const size_t *at,
      const mean_note *note)
{
  if (status == FNX_E_NUMERIC && note->bad >= 0)
    return matrices_bad (c, m, at[note->bad]);
  if (status == FNX_OK && !note->converged && note->crit > 1e-4)
    c->log (c, FNX_LOG_NOTE, "the %s mean of %zu matrices did not settle: its gradient is still %.2g", name, count,
            note->crit);
  else if (status == FNX_OK)
    c->log (c, FNX_LOG_DETAIL, "mean of %zu matrices: %d passes, last gradient %.2g%s", count, note->passes, note->crit,
            note->converged ? "" : ", at the floor of rounding");
  return status;
}

fnx_status
matrices_mean (fnx_call *c, const matrices *m, spd_metric metric, const double *w, const int32_t *codes, int32_t k,
               bool peer, const double *start, double *mean)
{
  mean_in in;
  mean_note note;
  size_t *at;
  fnx_status status = choose (c, m, w, codes, k, &in, &at);
  if (status != FNX_OK)
    return status;
  in.peer = peer;
  in.start = start;
  return tell (c, m, mean_spd (c, metric, &in, mean, &note), spd_mean_names[metric], in.count, at, &note);
}

fnx_status
matrices_power (fnx_call *c, const matrices *m, double p, const double *w, const int32_t *codes, int32_t k,
                double *mean)
{
  mean_in in;
  mean_note note;
  size_t *at;
  fnx_status status = choose (c, m, w, codes, k, &in, &at);
  return status == FNX_OK ? tell (c, m, mean_power (c, p, &in, mean, &note), "power", in.count, at, &note) : status;
}
