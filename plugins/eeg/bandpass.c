/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Band-pass filters by a linear-phase FIR as MNE designs it or by a Butterworth
 * filter as scipy does, whole or in blocks.  See bandpass.h.
 */
#include "plugins/eeg/bandpass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool
bandpass_streams (const bandpass *s)
{
  return s->method == BANDPASS_FIR || s->phase == BANDPASS_CAUSAL;
}

void
bandpass_clear (bandpass *s)
{
  filtering_clear (&s->fir);
  free (s->state);
  s->state = NULL;
}

/* The range must end below half the rate. */
static fnx_status
check (fnx_call *c, const bandpass *s, double rate)
{
  double nyquist = rate / 2, low = isinf (s->low) ? 0 : s->low;
  if (!isinf (s->high) && s->high >= nyquist) {
    double most = ceil (nyquist) - 1;
    const char *where = s->high > nyquist ? "above" : "up to", *p = s->param;
    if (most <= low)
      return c->fail (c, FNX_E_PARAM, "%s=%g..%gHz reaches above %g Hz, half of the %g Hz of %s%s", p, low, s->high,
                      nyquist, rate, c->recording, s->one_of_many ? "\nleave this band out" : "");
    if (s->one_of_many)
      return c->fail (c, FNX_E_PARAM,
                      "%s=%g..%gHz reaches %s %g Hz, half of the %g Hz of %s\nend this band at %gHz, or leave it out",
                      p, low, s->high, where, nyquist, rate, c->recording, most);
    return c->fail (c, FNX_E_PARAM,
                    "%s=%g..%gHz reaches %s %g Hz, half of the %g Hz of %s\nuse %s=%g..%gHz, or %s=%gHz.. "
                    "for a high-pass",
                    p, low, s->high, where, nyquist, rate, c->recording, p, low, most, p, low);
  }
  if (s->low >= nyquist)
    return c->fail (c, FNX_E_PARAM, "%s=%gHz.. begins above %g Hz, half of the %g Hz of %s", s->param, s->low, nyquist,
                    rate, c->recording);
  return FNX_OK;
}

static fnx_status
design_fir (fnx_call *c, const bandpass *s, double rate, filtering *f)
{
  f->step = s->step;
  f->causal = s->phase == BANDPASS_CAUSAL;
  f->taps = fir_band (s->low, s->high, rate, &f->n_taps);
  return f->taps ? FNX_OK : c->fail (c, FNX_E_NOMEM, "no memory for a filter of %g Hz at %g Hz", s->low, rate);
}

static fnx_status
design_iir (fnx_call *c, const bandpass *s, double rate, iir *f)
{
  if (iir_butter (f, s->order, 2 * s->low / rate, 2 * s->high / rate))
    return FNX_OK;
  return c->fail (c, FNX_E_NUMERIC,
                  "order=%d is not stable for these frequencies at %g Hz\nuse a lower order, or method=fir", s->order,
                  rate);
}

fnx_status
bandpass_check (fnx_call *c, const bandpass *s, const fnx_spec *in)
{
  double rate = shape_rate (c, in);
  fnx_status st = rate > 0 ? check (c, s, rate) : FNX_E_SPEC;
  int64_t n = st == FNX_OK ? shape_samples (in) : FNX_UNKNOWN;
  if (st == FNX_OK && s->method == BANDPASS_FIR) {
    filtering f = { 0 };
    st = design_fir (c, s, rate, &f);
    if (st == FNX_OK && n != FNX_UNKNOWN && f.n_taps > n)
      c->log (c, FNX_LOG_NOTE,
              "the filter lasts %.3g s, longer than the %.3g s that it is used on: expect distortion%s",
              (double)f.n_taps / rate, (double)n / rate, in->ndim > 2 ? "; filter before  ! epoch" : "");
    filtering_clear (&f);
  } else if (st == FNX_OK) {
    iir f;
    st = design_iir (c, s, rate, &f);
  }
  return st;
}

/* ---- Butterworth ------------------------------------------------------------ */

typedef struct work {
  fnx_call *c;
  const fnx_spec *spec;
  const char *step;
  const iir *f;
  const double *x;
  double *y;
  int64_t rows, n, pad;
  double *state; /* NULL: zero phase */
  bool begin;
  double *space;
  size_t room;
} work;

static fnx_status
refuse (const work *w, int64_t row)
{
  const double *x = w->x + row * w->n;
  const fnx_axis *time = w->spec->axes[w->spec->ndim - 1];
  for (int64_t i = 0; i < w->n; i++)
    if (!isfinite (x[i]))
      return fail_missing (w->c, w->spec, row, shape_second (time, i), w->step);
  return w->c->fail (w->c, FNX_E_NUMERIC, "the filter does not settle on %s\nuse a lower order, or method=fir",
                     w->c->recording);
}

static fnx_status
iir_job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  int64_t first = (int64_t)i * IIR_LANES;
  int m = (int)(w->rows - first < IIR_LANES ? w->rows - first : IIR_LANES);
  const double *x[IIR_LANES] = { NULL };
  double *y[IIR_LANES] = { NULL }, *space = w->space + worker * w->room;
  for (int r = 0; r < m; r++) {
    x[r] = w->x + (first + r) * w->n;
    y[r] = w->y + (first + r) * w->n;
  }
  if (w->state)
    iir_forward (w->f, w->state + i * IIR_STATE, w->begin, x, y, m, w->n, space);
  else
    iir_zero_phase (w->f, x, y, m, w->n, w->pad, space);
  for (int r = 0; r < m; r++) /* a missing sample spoils all that come after it */
    if (!isfinite (y[r][w->state ? w->n - 1 : 0]))
      return refuse (w, first + r);
  return FNX_OK;
}

/* Samples that continue each end before a zero-phase pass. */
static int64_t
padding (const bandpass *s, const iir *f)
{
  int b = 0, a = 0; /* sections of first order, which odd orders have */
  if (s->ends == BANDPASS_ENDS_MNE)
    return iir_ringing (f);
  for (int i = 0; i < f->n; i++) {
    b += f->b[i][2] == 0;
    a += f->a[i][2] == 0;
  }
  return 3 * (2 * f->n + 1 - (a < b ? a : b));
}

static fnx_status
iir_whole (fnx_call *c, const bandpass *s, const iir *f, int64_t pad, double *state, bool begin, const fnx_buf *in,
           fnx_buf *b)
{
  const fnx_tensor *t = c->buf->read (in);
  work w = { .c = c,
             .spec = c->buf->spec (in),
             .step = s->step,
             .f = f,
             .x = t ? t->data : NULL,
             .y = c->buf->write (c, b),
             .state = state };
  w.begin = begin;
  w.rows = shape_rows (w.spec);
  w.n = shape_samples (w.spec);
  if (!state)
    w.pad = pad < w.n - 1 ? pad : w.n - 1;
  w.room = (iir_room (w.pad > 0 ? w.pad : 0) + 7) / 8 * 8;
  w.space = c->scratch (c, c->max_threads * w.room * sizeof *w.space);
  if (!w.x || !w.y || !w.space)
    return FNX_E_NOMEM;
  if (w.n == 0 || w.rows == 0)
    return FNX_OK;
  return c->parallel (c, ((size_t)w.rows + IIR_LANES - 1) / IIR_LANES, iir_job, &w);
}

static double *
new_state (fnx_call *c, const fnx_spec *s)
{
  size_t groups = ((size_t)shape_rows (s) + IIR_LANES - 1) / IIR_LANES;
  double *state = aligned_alloc (64, (groups + 1) * IIR_STATE * sizeof *state);
  if (state)
    memset (state, 0, (groups + 1) * IIR_STATE * sizeof *state);
  else
    c->fail (c, FNX_E_NOMEM, "no memory for the state of a filter");
  return state;
}

/* ---- whole and in blocks ------------------------------------------------------ */

fnx_status
bandpass_whole (fnx_call *c, const bandpass *s, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in);
  double rate = shape_rate (c, spec), *state = NULL;
  filtering whole = { 0 };
  iir f;
  fnx_buf *b = NULL;
  fnx_status st = rate > 0 ? check (c, s, rate) : FNX_E_SPEC;
  if (st)
    return st;
  if (s->method == BANDPASS_FIR) {
    st = design_fir (c, s, rate, &whole);
    if (st == FNX_OK)
      st = filtering_whole (c, &whole, in, out);
    filtering_clear (&whole);
    return st;
  }
  st = design_iir (c, s, rate, &f);
  if (st == FNX_OK && s->phase == BANDPASS_CAUSAL && !(state = new_state (c, spec)))
    st = FNX_E_NOMEM;
  if (st == FNX_OK && !(b = c->buf->like (c, in, NULL)))
    st = FNX_E_NOMEM;
  if (st == FNX_OK)
    st = iir_whole (c, s, &f, padding (s, &f), state, true, in, b);
  free (state);
  return give (c, st, b, out);
}

fnx_status
bandpass_push (fnx_call *c, bandpass *s, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in);
  double rate = shape_rate (c, spec);
  bool begin = s->method == BANDPASS_FIR ? !s->fir.taps : !s->state;
  fnx_status st = rate > 0 ? FNX_OK : FNX_E_SPEC;
  if (st == FNX_OK && begin)
    st = check (c, s, rate);
  if (st == FNX_OK && begin)
    st = s->method == BANDPASS_FIR ? design_fir (c, s, rate, &s->fir) : design_iir (c, s, rate, &s->iir);
  if (st == FNX_OK && s->method == BANDPASS_FIR)
    return filtering_push (c, &s->fir, in, out);
  if (st == FNX_OK && begin && !(s->state = new_state (c, spec)))
    st = FNX_E_NOMEM;
  fnx_buf *b = st == FNX_OK ? c->buf->like (c, in, NULL) : NULL;
  if (b && (st = iir_whole (c, s, &s->iir, 0, s->state, begin, in, b)) == FNX_OK)
    *out = b;
  else if (b)
    c->buf->unref (b);
  return b || st ? st : FNX_E_NOMEM;
}

fnx_status
bandpass_drain (fnx_call *c, bandpass *s, const fnx_buf **out)
{
  return s->method == BANDPASS_FIR ? filtering_drain (c, &s->fir, out) : FNX_OK;
}

int64_t
bandpass_latency (const bandpass *s)
{
  return s->method == BANDPASS_FIR ? filtering_latency (&s->fir) : 0;
}

/* ---- how to filter: settings that band and filterbank share --------------- */

void
bandpass_read (fnx_call *c, const fnx_params *p, bandpass *s)
{
  s->method = (int)c->param->integer (p, "method");
  s->phase = (int)c->param->integer (p, "phase");
  s->order = (int)c->param->integer (p, "order");
  s->ends = (int)c->param->integer (p, "ends");
  if (!bandpass_streams (s))
    c->log (
        c, FNX_LOG_DETAIL,
        "a zero-phase Butterworth filter also runs backwards from the end, so the whole recording is held in memory;"
        " method=fir and phase=causal stream");
}

#define SHARED(id, ...)                                                                                                \
  const fnx_param_desc bandpass_##id##_param = { .struct_size = sizeof bandpass_##id##_param, .name = #id, __VA_ARGS__ }
static const char *const methods[] = { "fir", "iir", NULL };
static const char *const ends[] = { "mne", "scipy", NULL };
static const char *const phases[] = { "zero", "causal", NULL };

SHARED (method, .type = FNX_T_ENUM, .fallback = "fir", .choices = methods,
        .doc = "fir: linear phase, Hamming window; iir: Butterworth");
SHARED (order, .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .fallback = "4", .min = 1, .max = IIR_ORDER,
        .when = "method=iir", .doc = "of the Butterworth prototype; a band-pass has twice as many poles");
SHARED (phase, .type = FNX_T_ENUM, .fallback = "zero", .choices = phases,
        .doc = "zero: nothing is shifted in time; causal: an output needs no later sample, which is what a live source"
               " needs");
SHARED (ends, .type = FNX_T_ENUM, .fallback = "mne", .choices = ends, .when = "method=iir",
        .doc
        = "how far phase=zero continues the signal at its ends: mne: as long as the filter rings; scipy: three times"
          " its coefficients");
