/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Covariances of epochs, plain or augmented by delayed copies of the channels
 * (ACM: Carrara and Papadopoulo 2024, "Classification of BCI-EEG based on the
 * augmented covariance matrix", IEEE TBME).
 *
 * Augmentation as MOABB's AugmentedDataset: of T samples L = T - order * lag
 * stay (for order 1 all), row b * C + c is channel c advanced by b * lag.  Its
 * sample covariance is made without building those rows: block (i, j) sums
 * x[t + i lag] x[t + j lag]^T over a window that block (i-1, j-1) had one lag
 * earlier, so only the first row of blocks is a product over all samples.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int
window_delay (const window *w, int b)
{
  return w->delay ? w->delay[b] : b * w->lag;
}

/* A list of delays keeps T - (max + 1), as the authors' AugmentedDataset_NonUniform. */
int64_t
window_samples (const window *w, int64_t T)
{
  int64_t most = 0;
  if (w->order == 1 || w->wrap || T == FNX_UNKNOWN)
    return T;
  for (int b = 0; w->delay && b < w->order; b++)
    most = w->delay[b] > most ? w->delay[b] : most;
  return T - (w->delay ? most + 1 : (int64_t)w->order * w->lag);
}

typedef struct work_plan {
  const matrices *m; /* where results go, for messages too */
  const double *const *x;
  double *out;
  cov_kind kind;
  const window *w;
  int C, T, L; /* channels and samples of a trial, samples of the window */
} work_plan;

/* The augmented rows themselves, for estimators that need samples. */
static void
embed (const work_plan *p, const double *x, double *y)
{
  size_t C = (size_t)p->C, T = (size_t)p->T, L = (size_t)p->L;
  for (size_t b = 0; b < (size_t)p->w->order; b++)
    for (size_t c = 0; c < C; c++, y += L) {
      size_t d = (size_t)window_delay (p->w, (int)b);
      if (!p->w->wrap)
        memcpy (y, x + c * T + d, L * sizeof *y);
      else /* numpy.roll: row t is sample t - d, wrapped */
        for (size_t t = 0; t < L; t++)
          y[t] = x[c * T + (t + T - d % T) % T];
    }
}

/* S = Y Y^T / L of the centred augmented rows, from lagged products. */
static void
augmented_scm (const work_plan *p, const double *x, double *s, double *xc, double *mean)
{
  int C = p->C, T = p->T, L = p->L, lag = p->w->lag, n = C * p->w->order;
  size_t N = (size_t)n;
  cov_centre (x, (size_t)C, (size_t)T, xc);
  for (int b = 0; b < p->w->order; b++) /* block (0, b) */
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, C, C, L, 1, xc, T, xc + b * lag, T, 0, s + b * C, n);
  for (int i = 1; i < p->w->order; i++)
    for (int j = i; j < p->w->order; j++) {
      double *to = s + (size_t)(i * C) * N + j * C, *from = s + (size_t)((i - 1) * C) * N + (j - 1) * C;
      const double *in_i = xc + (i - 1) * lag, *in_j = xc + (j - 1) * lag;
      for (int c = 0; c < C; c++)
        memcpy (to + (size_t)c * N, from + (size_t)c * N, (size_t)C * sizeof *to);
      cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, C, C, lag, 1, in_i + L, T, in_j + L, T, 1, to, n);
      cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, C, C, lag, -1, in_i, T, in_j, T, 1, to, n);
    }
  for (int b = 0; b < p->w->order; b++) /* means of the windows, less the trial's */
    for (int c = 0; c < C; c++) {
      const double *row = xc + (size_t)c * (size_t)T + b * lag;
      double sum = 0;
      for (int t = 0; t < L; t++)
        sum += row[t];
      mean[b * C + c] = sum / L;
    }
  for (size_t i = 0; i < N; i++)
    for (size_t j = i; j < N; j++)
      s[i * N + j] = s[i * N + j] / L - mean[i] * mean[j];
  la_mirror (s, n);
}

/* Is the window one whose blocks follow from each other? */
static bool
by_lags (const work_plan *p)
{
  return cov_of_scm (p->kind) && !p->w->wrap && !p->w->delay && p->w->order > 1;
}

static size_t
room_of (const work_plan *p)
{
  size_t n = (size_t)p->m->n, plain = n * (size_t)p->L + cov_work (p->m->n, p->L);
  size_t lagged = (size_t)p->C * (size_t)p->T + n;
  return (by_lags (p) ? lagged : plain) + n * n;
}

static int
one (void *arg, size_t i, double *work)
{
  const work_plan *p = arg;
  size_t n = (size_t)p->m->n;
  double *out = p->out + i * n * n, *spare = work + n * n;
  int bad;
  if (p->w->order == 1)
    bad = cov_estimate (p->kind, p->x[i], p->C, p->T, out, spare);
  else if (by_lags (p)) {
    augmented_scm (p, p->x[i], out, spare, spare + (size_t)p->C * (size_t)p->T);
    bad = cov_from_scm (p->kind, out, p->m->n, p->L);
  } else {
    embed (p, p->x[i], spare);
    bad = cov_estimate (p->kind, spare, p->m->n, p->L, out, spare + n * (size_t)p->L);
  }
  return bad || cov_spd (out, p->m->n, work) ? -1 : 0;
}

static fnx_status
bad_sample (fnx_call *c, const fnx_buf *b, size_t i, int64_t k, int64_t t, double worst)
{
  const fnx_axis *channel = c->buf->spec (b)->axes[1];
  const char *name = channel->labels ? channel->labels[k] : NULL, *trial = trial_name (c, b, i);
  char number[24], drop[160] = "";
  if (name) /* last in the sentence, since a reader copies from there to its end */
    snprintf (drop, sizeof drop, ", or drop the channel with  ! pick drop=%.80s", name);
  else
    snprintf (number, sizeof number, "%lld", (long long)k + 1);
  name = name ? name : number;
  if (!isfinite (worst))
    return c->fail (c, FNX_E_DATA, "%s: sample %lld of channel %s is %s\nleave the trial out%s", trial,
                    (long long)t + 1, name, isnan (worst) ? "missing (NaN)" : "infinite", drop);
  if (worst > 1)
    return c->fail (c, FNX_E_DATA,
                    "%s: sample %lld of channel %s is %.3g, too large to work with\nleave the trial out%s", trial,
                    (long long)t + 1, name, worst, drop);
  return c->fail (c, FNX_E_DATA,
                  "%s: no sample of channel %s is above %.3g, too small to work with\n"
                  "bring it to a usual unit (EEG has some 10 uV)%s",
                  trial, name, worst, drop);
}

enum { TEN_TO = 75 }; /* covariances, and squares of these, stay between 1e-300 and 1e300 */

fnx_status
samples_refuse (fnx_call *c, const fnx_buf *b, size_t i)
{
  const fnx_spec *s = b ? c->buf->spec (b) : NULL;
  if (!s || s->ndim != 3 || strcmp (s->axes[2]->name, "time") != 0)
    return FNX_OK;
  int64_t T = s->axes[2]->size;
  const double *x = c->buf->item (b, (int64_t)i), limit = pow (10, TEN_TO);
  for (int64_t k = 0; k < s->axes[1]->size; k++) {
    double top = 0;
    for (int64_t t = 0; t < T; t++) {
      double v = fabs (x[k * T + t]);
      if (!(v < limit))
        return bad_sample (c, b, i, k, t, v);
      top = fmax (top, v);
    }
    if (top > 0 && top < 1 / limit)
      return bad_sample (c, b, i, k, 0, top);
  }
  return FNX_OK;
}

fnx_status
samples_refuse_any (fnx_call *c, const fnx_buf *b)
{
  fnx_status status = FNX_OK;
  for (int64_t i = 0; i < c->buf->spec (b)->axes[0]->size && status == FNX_OK; i++)
    status = samples_refuse (c, b, (size_t)i);
  return status;
}

fnx_status
epochs_refuse (fnx_call *c, const fnx_buf *b, size_t i)
{
  const fnx_spec *s = c->buf->spec (b);
  int n = (int)s->axes[1]->size, T = (int)s->axes[2]->size;
  double *cov = c->scratch (c, (size_t)n * (size_t)n * sizeof *cov);
  double *work = c->scratch (c, cov_work (n, T) * sizeof *work);
  fnx_status status = cov && work ? samples_refuse (c, b, i) : FNX_E_NOMEM;
  if (status != FNX_OK)
    return status;
  cov_estimate (COV_SCM, c->buf->item (b, (int64_t)i), n, T, cov, work);
  matrices like = { .n = n, .of = b, .samples = T };
  return matrices_refuse (c, &like, cov, trial_name (c, b, i));
}

/* The sentence speaks of the sample covariance, which shows the rank of the
 * data, whatever the estimator that failed. */
static fnx_status
refuse (fnx_call *c, work_plan *p, size_t i)
{
  work_plan plain = *p;
  plain.kind = COV_SCM;
  double *work = c->scratch (c, room_of (&plain) * sizeof *work);
  if (!work)
    return FNX_E_NOMEM;
  one (&plain, i, work);
  return matrices_bad (c, p->m, i);
}

fnx_status
covs_of_epochs (fnx_call *c, const fnx_buf *b, cov_kind kind, const window *w, double *out, matrices *m)
{
  const fnx_spec *s = c->buf->spec (b);
  int64_t count = s->axes[0]->size, C = s->axes[1]->size, T = s->axes[2]->size, L = window_samples (w, T);
  if (C < 1 || C * w->order > 20000 || T > INT32_MAX)
    return c->fail (c, FNX_E_SPEC, "%s has %lld channels of %lld samples; cov takes 1 to 20000 rows", c->recording,
                    (long long)C, (long long)T);
  if (L < 2)
    return c->fail (c, FNX_E_DATA, "%s: epochs of %lld samples leave %lld for a covariance; it needs 2\n%s",
                    c->recording, (long long)T, (long long)(L < 0 ? 0 : L),
                    w->order > 1 ? "use a smaller order or lag, or longer epochs" : "use longer epochs");
  const double **x = c->scratch (c, ((size_t)count + 1) * sizeof *x);
  const double **at = c->scratch (c, ((size_t)count + 1) * sizeof *at);
  if (!x || !at)
    return FNX_E_NOMEM;
  size_t n = (size_t)(C * w->order);
  for (int64_t i = 0; i < count; i++) {
    x[i] = c->buf->item (b, i);
    at[i] = out + (size_t)i * n * n;
  }
  *m = (matrices){ .n = (int)n, .count = (size_t)count, .x = at, .of = b, .samples = (int)L };
  if (w->order > 1) {
    m->why = "delayed copies of the channels are combinations of other rows, as in a narrow band";
    m->instead = "fewer copies of each channel";
  }
  work_plan p = { .m = m, .x = x, .out = out, .kind = kind, .w = w, .C = (int)C, .T = (int)T, .L = (int)L };
  size_t bad;
  fnx_status status = matrices_each (c, m, room_of (&p), one, &p, &bad);
  return bad < m->count ? refuse (c, &p, bad) : status;
}

void
window_tell (fnx_call *c, const fnx_spec *epochs, cov_kind kind, const window *w)
{
  int64_t rows = epochs->axes[1]->size * w->order, L = window_samples (w, epochs->axes[2]->size);
  if (!cov_shrinks (kind) && L > rows && L < 2 * rows)
    c->log (c, FNX_LOG_NOTE,
            "%lld rows (channels x order) from %lld samples: hardly more than unknowns; estimator=oas is safer",
            (long long)rows, (long long)L);
}

fnx_status
matrices_of_any (fnx_call *c, const fnx_buf *b, cov_kind kind, size_t need, matrices *m)
{
  const fnx_spec *s = c->buf->spec (b);
  if (strcmp (s->axes[2]->name, "time") != 0)
    return matrices_of (c, b, need, true, m);
  size_t count = (size_t)s->axes[0]->size, n = (size_t)s->axes[1]->size;
  if (count < need)
    return c->fail (c, FNX_E_DATA, "%s has %zu trial%s; at least %zu are needed\ngive more recordings, or longer ones",
                    c->recording, count, count == 1 ? "" : "s", need);
  static const window none = { .order = 1, .lag = 1 };
  double *out = c->scratch (c, (count * n * n + 1) * sizeof *out);
  return out ? covs_of_epochs (c, b, kind, &none, out, m) : FNX_E_NOMEM;
}

const char *
cov_unit (fnx_call *c, const char *unit, cov_kind kind)
{
  if (!unit || cov_unitless (kind))
    return unit ? "1" : NULL;
  if (strcmp (unit, "1") == 0)
    return "1";
  size_t n = strlen (unit);
  char *text = c->scratch (c, n + 8);
  if (!text)
    return NULL;
  /* UCUM: an exponent follows a single symbol, anything longer is bracketed. */
  snprintf (text, n + 8, strpbrk (unit, "./0123456789") ? "(%s)2" : "%s2", unit);
  return text;
}

const fnx_spec *
cov_spec (fnx_call *c, const fnx_spec *in, cov_kind kind, const window *w)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *channel = c->scratch (c, sizeof *channel);
  const fnx_axis **axes = c->scratch (c, 3 * sizeof *axes);
  if (!s || !channel || !axes)
    return NULL;
  *channel = *in->axes[1];
  if (w->order > 1) { /* C3, C3+8, C3+16 ..: advanced by that many samples */
    int64_t C = channel->size;
    *channel = (fnx_axis){ .struct_size = sizeof *channel, .name = "channel", .size = FNX_UNKNOWN };
    if (C != FNX_UNKNOWN)
      channel->size = C * w->order;
    const char *const *old = in->axes[1]->labels;
    if (C > 0 && old) {
      const char **labels = c->scratch (c, (size_t)channel->size * sizeof *labels);
      if (!labels)
        return NULL;
      for (int64_t i = 0; i < channel->size; i++) {
        const char *name = old[i % C];
        size_t room = strlen (name) + 16;
        char *text = c->scratch (c, room);
        if (!text)
          return NULL;
        snprintf (text, room, i < C ? "%s" : "%s%c%d", name, w->wrap ? '-' : '+', window_delay (w, (int)(i / C)));
        labels[i] = text;
      }
      channel->labels = labels;
    }
  }
  axes[0] = in->axes[0];
  axes[1] = axes[2] = channel;
  *s = (fnx_spec){ .struct_size = sizeof *s,
                   .ndim = 3,
                   .kind = "cov",
                   .unit = cov_unit (c, in->unit, kind),
                   .dtype = FNX_F8,
                   .axes = axes };
  return s;
}

fnx_status
covs_new (fnx_call *c, const fnx_buf *in, cov_kind kind, const window *w, const fnx_buf **out)
{
  matrices m;
  const fnx_spec *spec = cov_spec (c, c->buf->spec (in), kind, w);
  fnx_buf *b = spec ? c->buf->like (c, in, spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  fnx_status status = v ? covs_of_epochs (c, in, kind, w, v, &m) : FNX_E_NOMEM;
  return give (c, status, b, out);
}
