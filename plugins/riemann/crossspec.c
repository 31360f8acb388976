/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crossspec: what two channels share at each frequency: cospectra and squared
 * coherences (pyRiemann's CoSpectra and Coherences; Nolte et al. 2004 for the
 * imaginary part, Pascual-Marqui 2007 for the lagged one).
 */
#include "plugins/common/estimator.h"
#include "plugins/common/linalg.h"
#include "plugins/riemann/crossing.h"
#include "plugins/riemann/riemann.h"

#include <math.h>
#include <stdio.h>

enum { COSPECTRUM, COHERENCE, INSTANTANEOUS, IMAGINARY, LAGGED };
enum { EACH, MEAN };

struct fnx_step {
  int method, gives;
  int64_t window; /* a power of two */
  double overlap, low, high, shrinkage;
};

/* Positive definite where there are enough windows? */
static bool
definite (const fnx_step *s)
{
  return s->method == COSPECTRUM || s->method == COHERENCE || s->method == INSTANTANEOUS;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { .method = (int)c->param->integer (p, "method"),
                 .gives = (int)c->param->integer (p, "gives"),
                 .window = 2,
                 .overlap = c->param->real (p, "overlap"),
                 .low = 0,
                 .high = INFINITY };
  int64_t asked = c->param->integer (p, "window");
  while (s.window < asked)
    s.window *= 2;
  if (c->param->given (p, "range"))
    c->param->range (p, "range", &s.low, &s.high);
  if (s.low > s.high)
    return c->fail (c, FNX_E_PARAM, "range=%s is empty: its ends are the wrong way round\nwrite range=%g..%gHz",
                    c->param->text (p, "range"), s.high, s.low);
  s.shrinkage = definite (&s) ? c->param->real (p, "shrinkage") : 0;
  if (!(*out = learn_alloc (c, 1, sizeof **out)))
    return FNX_E_NOMEM;
  **out = s;
  return FNX_OK;
}

/* ---- shapes ----------------------------------------------------------------- */

/* Bins low .. low + n - 1 are those inside range=, both ends in. */
static fnx_status
bins (fnx_call *c, const fnx_step *s, const fnx_axis *time, int *low, int *n)
{
  if (!(time->flags & FNX_AXIS_REGULAR) || time->rate_num <= 0 || time->rate_den <= 0)
    return c->fail (c, FNX_E_SPEC, "the samples of %s have no regular rate", c->recording);
  double rate = (double)time->rate_num / (double)time->rate_den, step = rate / (double)s->window;
  double most = (double)(s->window / 2), last = fmin (most, floor (s->high / step + 1e-9));
  *low = s->low > 0 ? (int)fmin (ceil (s->low / step - 1e-9), most + 1) : 0;
  *n = (int)last - *low + 1;
  if (*n < 1)
    return c->fail (
        c, FNX_E_PARAM,
        "range=%g..%gHz holds none of the frequencies 0, %g, ... %g Hz of windows of %lld samples at %g Hz\n"
        "use a longer window, or a wider range",
        s->low, isinf (s->high) ? rate / 2 : s->high, step, most * step, (long long)s->window, rate);
  return FNX_OK;
}

static const char *
unit_of (fnx_call *c, const fnx_step *s, const char *unit)
{
  return s->method == COSPECTRUM ? cov_unit (c, unit, COV_SCM) : "1";
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int low, n;
  fnx_status status = bins (c, s, in[0]->axes[2], &low, &n);
  if (status != FNX_OK)
    return status;
  fnx_spec *o = c->scratch (c, sizeof *o);
  fnx_axis *freq = c->scratch (c, sizeof *freq);
  const fnx_axis **axes = c->scratch (c, 4 * sizeof *axes);
  if (!o || !freq || !axes)
    return FNX_E_NOMEM;
  const fnx_axis *time = in[0]->axes[2];
  int64_t per;
  if (__builtin_mul_overflow (time->rate_den, s->window, &per))
    return c->fail (c, FNX_E_SPEC, "the rate of %s is no usable fraction", c->recording);
  *freq = (fnx_axis){ .struct_size = sizeof *freq,
                      .flags = FNX_AXIS_REGULAR,
                      .name = "freq",
                      .unit = "Hz",
                      .size = n,
                      .start = low,
                      .rate_num = per,
                      .rate_den = time->rate_num };
  int at = 0;
  axes[at++] = in[0]->axes[0];
  if (s->gives == EACH)
    axes[at++] = freq;
  axes[at++] = in[0]->axes[1];
  axes[at++] = in[0]->axes[1];
  *o = (fnx_spec){ .struct_size = sizeof *o,
                   .ndim = at,
                   .kind = s->gives == EACH ? "spectrum"
                           : definite (s)   ? "cov"
                                            : "connectivity",
                   .unit = unit_of (c, s, in[0]->unit),
                   .dtype = FNX_F8,
                   .axes = axes };
  out[0] = o;
  return FNX_OK;
}

/* ---- one matrix -------------------------------------------------------------- */

typedef struct plan {
  fnx_call *c;
  const fnx_step *s;
  const fnx_buf *in;
  crossing x;
  double *re, *half; /* sums over windows, bin by bin */
  double *root;      /* n_channel of each bin */
  double *out;       /* n_freq matrices */
  double hz, power;  /* of a bin; sum of the squared taper */
  size_t trial;
} plan;

static fnx_status
no_power (const plan *p, int bin, size_t channel, double power)
{
  fnx_call *c = p->c;
  const fnx_axis *a = c->buf->spec (p->in)->axes[1];
  fnx_status status = samples_refuse (c, p->in, p->trial);
  const char *trial = trial_name (c, p->in, p->trial), *drop = "", *name = "";
  char number[24];
  if (status != FNX_OK)
    return status;
  snprintf (number, sizeof number, "%zu", channel + 1);
  if (a->labels)
    drop = "  ! pick drop=", name = a->labels[channel];
  double hz = p->hz * (bin + p->x.low);
  return c->fail (c, FNX_E_NUMERIC, "%s: channel %s has %s at %g Hz\ndrop a flat channel with%s%s", trial,
                  a->labels ? name : number, power == 0 ? "no power" : "too much power", hz,
                  a->labels ? drop : "  ! pick", name);
}

enum { CHUNK = 64 };

/* Squared coherences out of the parts p + iq of m coherencies.  `real`: a bin
 * of real spectra, in which nothing lags. */
static void
squared (int method, bool real, const double *p, const double *q, size_t m, double *to)
{
  double lags = real ? 0 : 1;
  for (size_t j = 0; j < m && method == COHERENCE; j++)
    to[j] = p[j] * p[j] + q[j] * q[j];
  for (size_t j = 0; j < m && method == INSTANTANEOUS; j++)
    to[j] = p[j] * p[j];
  for (size_t j = 0; j < m && method == IMAGINARY; j++)
    to[j] = q[j] * q[j];
  for (size_t j = 0; j < m && method == LAGGED; j++) {
    double rest = 1 - p[j] * p[j];
    to[j] = rest < 1e-12 ? 0 : lags * q[j] * q[j] / rest;
  }
  for (size_t j = 0; j < m; j++)
    to[j] = to[j] < 1 ? to[j] : 1;
}

/* The upper triangle of all squared coherences; r[n]: 1 / root of the powers. */
static void
coherences (const plan *p, const double *re, const double *half, const double *r, bool real, double *out)
{
  size_t n = (size_t)p->x.n_channel;
  double a[CHUNK], b[CHUNK];
  for (size_t i = 0; i < n; i++) {
    out[i * n + i] = p->s->method == COHERENCE || p->s->method == INSTANTANEOUS;
    for (size_t j0 = i + 1; j0 < n; j0 += CHUNK) {
      size_t m = n - j0 < CHUNK ? n - j0 : CHUNK;
      for (size_t j = 0; j < m; j++) {
        a[j] = r[i] * r[j0 + j] * re[i * n + j0 + j];
        b[j] = r[i] * r[j0 + j] * (half[i * n + j0 + j] - half[(j0 + j) * n + i]);
      }
      squared (p->s->method, real, a, b, m, out + i * n + j0);
    }
  }
}

static void
shrink (double *m, size_t n, double s)
{
  double trace = 0;
  for (size_t i = 0; i < n; i++)
    trace += m[i * n + i];
  for (size_t i = 0; i < n * n; i++)
    m[i] *= 1 - s;
  for (size_t i = 0; i < n; i++)
    m[i * n + i] += s * trace / (double)n;
}

static fnx_status
matrix (void *arg, int bin)
{
  const plan *p = arg;
  size_t n = (size_t)p->x.n_channel, q = n * n;
  const double *re = p->re + (size_t)bin * q, *half = p->half ? p->half + (size_t)bin * q : NULL;
  double *out = p->out + (size_t)bin * q;
  int at = bin + p->x.low;
  bool real = at == 0 || at == p->x.window / 2;
  double norm = (real ? 1 : 2) / (p->power * p->x.n_window), *r = p->root + (size_t)bin * n;
  for (size_t i = 0; i < n; i++) {
    if (!(re[i * n + i] < INFINITY) || (half && !(re[i * n + i] > 0)))
      return no_power (p, bin, i, re[i * n + i]);
    r[i] = 1 / sqrt (re[i * n + i]);
  }
  if (half)
    coherences (p, re, half, r, real, out);
  else
    for (size_t k = 0; k < q; k++)
      out[k] = norm * re[k];
  la_mirror (out, (int)n);
  if (p->s->shrinkage > 0)
    shrink (out, n, p->s->shrinkage);
  return FNX_OK;
}

/* ---- all trials ---------------------------------------------------------------- */

static fnx_status
prepare (plan *p)
{
  fnx_call *c = p->c;
  const fnx_step *s = p->s;
  const fnx_spec *spec = c->buf->spec (p->in);
  int64_t C = spec->axes[1]->size, T = spec->axes[2]->size;
  crossing *x = &p->x;
  fnx_status status = bins (c, s, spec->axes[2], &x->low, &x->n_freq);
  if (status != FNX_OK)
    return status;
  if (C < 1 || C > 5000 || T > INT32_MAX)
    return c->fail (c, FNX_E_SPEC, "%s has %lld channels of %lld samples; crossspec takes 1 to 5000 channels",
                    c->recording, (long long)C, (long long)T);
  x->n_channel = (int)C;
  x->window = (int)s->window;
  x->step = (int)((1 - s->overlap) * (double)s->window);
  if (x->step < 1)
    return c->fail (c, FNX_E_PARAM, "overlap=%g of windows of %d samples would never move on\nuse overlap=0.75",
                    s->overlap, x->window);
  x->n_window = T < s->window ? 0 : (int)((T - s->window) / x->step) + 1;
  if (x->n_window < (s->method == COSPECTRUM ? 1 : 2))
    return c->fail (c, FNX_E_DATA,
                    "%s: trials of %lld samples hold %d window%s of %d; %s\nuse window=%d, or longer epochs",
                    c->recording, (long long)T, x->n_window, x->n_window == 1 ? "" : "s", x->window,
                    x->n_window ? "channels are coherent over several or not at all" : "at least one is needed",
                    x->window / 4 < 2 ? 2 : x->window / 4);
  p->hz = (double)spec->axes[2]->rate_num / (double)spec->axes[2]->rate_den / x->window;
  status = crossing_make (c, x);
  for (int t = 0; status == FNX_OK && t < x->window; t++)
    p->power += x->taper[t] * x->taper[t];
  return status;
}

static int
test_one (void *arg, size_t i, double *work)
{
  const matrices *m = arg;
  return cov_spd (m->x[i], m->n, work) ? -1 : 0;
}

/* What goes on as a covariance is positive definite. */
static fnx_status
test (fnx_call *c, const plan *p, const double *out, size_t count)
{
  size_t q = (size_t)p->x.n_channel * (size_t)p->x.n_channel;
  const double **at = c->scratch (c, (count + 1) * sizeof *at);
  matrices m = { .n = p->x.n_channel, .count = count, .x = at, .of = p->in, .cure = "shrinkage=0.1" };
  if (!at)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < count; i++)
    at[i] = out + i * q;
  return matrices_each (c, &m, q, test_one, &m, NULL);
}

static fnx_status
compute (plan *p, double *out)
{
  fnx_call *c = p->c;
  const fnx_spec *s = c->buf->spec (p->in);
  size_t count = (size_t)s->axes[0]->size, q = (size_t)p->x.n_channel * (size_t)p->x.n_channel;
  size_t n_freq = (size_t)p->x.n_freq, each = n_freq * q;
  bool mean = p->s->gives == MEAN;
  double *of_bins = mean ? c->scratch (c, each * sizeof *of_bins) : NULL;
  p->re = c->scratch (c, each * sizeof *p->re);
  p->half = p->s->method == COSPECTRUM ? NULL : c->scratch (c, each * sizeof *p->half);
  p->root = c->scratch (c, n_freq * (size_t)p->x.n_channel * sizeof *p->root);
  if (!p->re || !p->root || (mean && !of_bins) || (p->s->method != COSPECTRUM && !p->half))
    return FNX_E_NOMEM;
  fnx_status status = FNX_OK;
  for (p->trial = 0; p->trial < count && status == FNX_OK; p->trial++) {
    p->out = mean ? of_bins : out + p->trial * each;
    status = crossing_sums (c, &p->x, c->buf->item (p->in, (int64_t)p->trial), s->axes[2]->size, p->re, p->half, matrix,
                            p);
    for (size_t f = 0; mean && status == FNX_OK && f < n_freq; f++)
      for (size_t k = 0; k < q; k++)
        out[p->trial * q + k] += of_bins[f * q + k] / (double)n_freq;
    if (status == FNX_OK && c->progress (c, p->trial, count))
      status = FNX_E_CANCELLED;
  }
  return status == FNX_OK && mean && definite (p->s) ? test (c, p, out, count) : status;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  plan p = { .c = c, .s = s, .in = in[0] };
  const fnx_spec *from = c->buf->spec (in[0]), *spec;
  fnx_status status = prepare (&p);
  if (status == FNX_OK)
    status = negotiate (c, s, &from, &spec);
  fnx_buf *b = status == FNX_OK ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (status == FNX_OK)
    status = v ? compute (&p, v) : FNX_E_NOMEM;
  fft_free (p.x.plan);
  return give (c, status, b, out);
}

/* ---- descriptors ----------------------------------------------------------------- */

static const char *const methods[] = { "cospectrum", "coherence", "instantaneous", "imaginary", "lagged", NULL };
static const char *const gives[] = { "each", "mean", NULL };
#define DEFINITE "method=cospectrum|coherence|instantaneous"

static const fnx_param_desc method_param = {
  .struct_size = sizeof method_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE | FNX_P_MAIN,
  .name = "method",
  .doc
  = "cospectrum: real part of the cross-spectrum S; coherence: |S|^2 / (Sii Sjj); instantaneous: Re^2 / (Sii Sjj); "
    "imaginary: Im^2 / (Sii Sjj); lagged: Im^2 / (Sii Sjj - Re^2)",
  .fallback = "cospectrum",
  .choices = methods,
};
static const fnx_param_desc gives_each_param = {
  .struct_size = sizeof gives_each_param,
  .type = FNX_T_ENUM,
  .flags = FNX_P_TUNABLE,
  .name = "gives",
  .doc = "each: a matrix for every frequency; mean: their mean over range=",
  .fallback = "each",
  .choices = gives,
};
static const fnx_param_desc window_param = {
  .struct_size = sizeof window_param,
  .type = FNX_T_INT,
  .flags = FNX_P_TUNABLE,
  .name = "window",
  .doc = "samples of a window, made the next power of two; frequencies are rate / window apart",
  .fallback = "128",
  .min = 2,
  .max = 1 << 20,
};
static const fnx_param_desc overlap_param = {
  .struct_size = sizeof overlap_param,
  .type = FNX_T_REAL,
  .name = "overlap",
  .doc = "share of a window that the next one has too",
  .fallback = "0.75",
  .min = 0,
  .max = 0.999,
};
static const fnx_param_desc range_param = {
  .struct_size = sizeof range_param,
  .type = FNX_T_RANGE,
  .flags = FNX_P_TUNABLE,
  .name = "range",
  .unit = "Hz",
  .doc = "frequencies to give, both ends in; without it all from 0 to half the rate",
};
static const fnx_param_desc shrinkage_param = {
  .struct_size = sizeof shrinkage_param,
  .type = FNX_T_REAL,
  .flags = FNX_P_TUNABLE,
  .name = "shrinkage",
  .doc = "s: every matrix M becomes (1 - s) M + s tr(M)/n I, as pyRiemann's Shrinkage",
  .fallback = "0",
  .min = 0,
  .max = 1,
  .when = DEFINITE,
};
static const fnx_param_desc *const params[]
    = { &method_param, &gives_each_param, &range_param, &window_param, &overlap_param, &shrinkage_param, NULL };

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "spectrum[trial,freq,channel,channel] or cov[trial,channel,channel] or connectivity[trial,channel,channel]",
  .doc = "gives=each; gives=mean of a positive definite method; gives=mean of imaginary or lagged",
};
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc crossspec_step = {
  .struct_size = sizeof crossspec_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.riemann.crossspec",
  .name = "crossspec",
  .title = "cospectra and coherences of the channels in each trial",
  .doc
  = "Cuts each trial into overlapping windows, weighs them with the symmetric Hann window (numpy.hanning) without"
    " removing a trend, and takes S(f) = sum over windows of conj(F(f))^T F(f) / (windows x sum of the squared Hann"
    " window), doubled at all frequencies but 0 and half the rate. All coherences are squared, as pyRiemann gives"
    " them, and lie in 0..1.\n\n"
    "cospectrum, coherence and instantaneous are positive definite where there are enough windows: gives=mean is a"
    " covariance for mdm, tangent and the rest (it is tested; shrinkage= mends what has too few windows), and tangent"
    " takes gives=each too, with a reference for every frequency. imaginary and lagged ignore what reaches two"
    " channels at once, as volume conduction does; their diagonal is 0, so they are no covariances: use  ! flatten"
    " and a classifier of features.\n\n"
    "lagged is 0 at 0 Hz and half the rate, where nothing lags, and between channels that are the same but for their"
    " size. Windows that do not fit the end are not used. A coherence of a single window says nothing and is refused.",
  .cite = "Nolte et al., Clin Neurophysiol 115:2292, 2004 (imaginary); Pascual-Marqui, arXiv 0706.1776, 2007 (lagged,"
          " instantaneous)",
  .equals = "pyRiemann 0.9 Coherences and CoSpectra to 1e-12",
  .example = "fornix run sim:fists ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin crossspec range=8..32Hz gives=mean ! tangent ! svm end",
  .inputs = epochs_inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
