/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * band: keep the frequencies inside a range, by a linear-phase FIR as MNE
 * designs it or by a Butterworth filter as scipy does.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/iir.h"
#include "plugins/eeg/filtering.h"
#include "plugins/eeg/steps.h"

enum { FIR, IIR };
enum { ZERO, CAUSAL };
enum { ENDS_MNE, ENDS_SCIPY };

struct fnx_step {
  double low, high; /* Hz; -INFINITY, INFINITY: open */
  int method, phase, order, ends;
  filtering fir; /* while streaming */
  iir iir;       /* the same for the causal Butterworth */
  double *state; /* IIR_STATE for every IIR_LANES rows */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { .method = (int)c->param->integer (p, "method"),
                 .phase = (int)c->param->integer (p, "phase"),
                 .order = (int)c->param->integer (p, "order"),
                 .ends = (int)c->param->integer (p, "ends") };
  const char *typed = c->param->text (p, "range");
  c->param->range (p, "range", &s.low, &s.high);
  if (!(s.low > 0))
    s.low = -INFINITY;
  if (isinf (s.low) && isinf (s.high))
    return c->fail (c, FNX_E_PARAM,
                    "range=%s leaves every frequency as it is\nwrite range=1..40Hz, or leave the step out", typed);
  if (!(s.high > s.low))
    return c->fail (c, FNX_E_PARAM, "range=%s is empty: its ends are the wrong way round\nwrite range=%g..%gHz", typed,
                    s.high, s.low);
  if (s.method == IIR && s.phase == ZERO)
    c->log (
        c, FNX_LOG_DETAIL,
        "a zero-phase Butterworth filter also runs backwards from the end, so the whole recording is held in memory;"
        " method=fir and phase=causal stream");
  if (!(*out = malloc (sizeof s)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  **out = s;
  return FNX_OK;
}

static void
clear (fnx_step *s)
{
  filtering_clear (&s->fir);
  free (s->state);
  s->state = NULL;
}

static void
destroy (fnx_step *s)
{
  if (s)
    clear (s);
  free (s);
}

/* The range must end below half the rate. */
static fnx_status
check (fnx_call *c, const fnx_step *s, double rate)
{
  double nyquist = rate / 2, low = isinf (s->low) ? 0 : s->low;
  if (!isinf (s->high) && s->high >= nyquist) {
    double most = ceil (nyquist) - 1;
    return most > low ? c->fail (
               c, FNX_E_PARAM,
               "range=%g..%gHz reaches %s %g Hz, half of the %g Hz of %s\nuse range=%g..%gHz, or range=%gHz.. "
               "for a high-pass",
               low, s->high, s->high > nyquist ? "above" : "up to", nyquist, rate, c->recording, low, most, low)
                      : c->fail (c, FNX_E_PARAM, "range=%g..%gHz reaches above %g Hz, half of the %g Hz of %s", low,
                                 s->high, nyquist, rate, c->recording);
  }
  if (s->low >= nyquist)
    return c->fail (c, FNX_E_PARAM, "range=%gHz.. begins above %g Hz, half of the %g Hz of %s", s->low, nyquist, rate,
                    c->recording);
  return FNX_OK;
}

static fnx_status
design_fir (fnx_call *c, const fnx_step *s, double rate, filtering *f)
{
  f->step = "band";
  f->causal = s->phase == CAUSAL;
  f->taps = fir_band (s->low, s->high, rate, &f->n_taps);
  return f->taps ? FNX_OK : c->fail (c, FNX_E_NOMEM, "no memory for a filter of %g Hz at %g Hz", s->low, rate);
}

static fnx_status
design_iir (fnx_call *c, const fnx_step *s, double rate, iir *f)
{
  if (iir_butter (f, s->order, 2 * s->low / rate, 2 * s->high / rate))
    return FNX_OK;
  return c->fail (c, FNX_E_NUMERIC,
                  "order=%d is not stable for these frequencies at %g Hz\nuse a lower order, or method=fir", s->order,
                  rate);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  double rate = shape_rate (c, in[0]);
  fnx_status st = rate > 0 ? check (c, s, rate) : FNX_E_SPEC;
  int64_t n = st == FNX_OK ? shape_samples (in[0]) : FNX_UNKNOWN;
  if (st == FNX_OK && s->method == FIR) {
    filtering f = { 0 };
    st = design_fir (c, s, rate, &f);
    if (st == FNX_OK && n != FNX_UNKNOWN && f.n_taps > n)
      c->log (c, FNX_LOG_NOTE,
              "the filter lasts %.3g s, longer than the %.3g s that it is used on: expect distortion%s",
              (double)f.n_taps / rate, (double)n / rate, in[0]->ndim > 2 ? "; filter before  ! epoch" : "");
    filtering_clear (&f);
  } else if (st == FNX_OK) {
    iir f;
    st = design_iir (c, s, rate, &f);
  }
  out[0] = in[0];
  return st;
}

/* ---- Butterworth ------------------------------------------------------------ */

typedef struct work {
  fnx_call *c;
  const fnx_spec *spec;
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
      return fail_missing (w->c, w->spec, row, shape_second (time, i), "band");
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
padding (const fnx_step *s, const iir *f)
{
  int b = 0, a = 0; /* sections of first order, which odd orders have */
  if (s->ends == ENDS_MNE)
    return iir_ringing (f);
  for (int i = 0; i < f->n; i++) {
    b += f->b[i][2] == 0;
    a += f->a[i][2] == 0;
  }
  return 3 * (2 * f->n + 1 - (a < b ? a : b));
}

static fnx_status
iir_whole (fnx_call *c, const iir *f, int64_t pad, double *state, bool begin, const fnx_buf *in, fnx_buf *b)
{
  const fnx_tensor *t = c->buf->read (in);
  work w = {
    .c = c, .spec = c->buf->spec (in), .f = f, .x = t ? t->data : NULL, .y = c->buf->write (c, b), .state = state
  };
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

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  double rate = shape_rate (c, spec), *state = NULL;
  filtering whole = { 0 };
  iir f;
  fnx_buf *b = NULL;
  fnx_status st = rate > 0 ? check (c, s, rate) : FNX_E_SPEC;
  if (st)
    return st;
  if (s->method == FIR) {
    st = design_fir (c, s, rate, &whole);
    if (st == FNX_OK)
      st = filtering_whole (c, &whole, in[0], out);
    filtering_clear (&whole);
    return st;
  }
  st = design_iir (c, s, rate, &f);
  if (st == FNX_OK && s->phase == CAUSAL && !(state = new_state (c, spec)))
    st = FNX_E_NOMEM;
  if (st == FNX_OK && !(b = c->buf->like (c, in[0], NULL)))
    st = FNX_E_NOMEM;
  if (st == FNX_OK)
    st = iir_whole (c, &f, padding (s, &f), state, true, in[0], b);
  if (st == FNX_OK)
    *out = b;
  else if (b)
    c->buf->unref (b);
  free (state);
  return st;
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)max_block;
  clear (s);
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  double rate = shape_rate (c, spec);
  bool begin = s->method == FIR ? !s->fir.taps : !s->state;
  fnx_status st = rate > 0 ? FNX_OK : FNX_E_SPEC;
  if (st == FNX_OK && begin)
    st = check (c, s, rate);
  if (st == FNX_OK && begin)
    st = s->method == FIR ? design_fir (c, s, rate, &s->fir) : design_iir (c, s, rate, &s->iir);
  if (st == FNX_OK && s->method == FIR)
    return filtering_push (c, &s->fir, in[0], out);
  if (st == FNX_OK && begin && !(s->state = new_state (c, spec)))
    st = FNX_E_NOMEM;
  fnx_buf *b = st == FNX_OK ? c->buf->like (c, in[0], NULL) : NULL;
  if (b && (st = iir_whole (c, &s->iir, 0, s->state, begin, in[0], b)) == FNX_OK)
    *out = b;
  else if (b)
    c->buf->unref (b);
  return b || st ? st : FNX_E_NOMEM;
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  return s->method == FIR ? filtering_drain (c, &s->fir, out) : FNX_OK;
}

static int64_t
latency (const fnx_step *s)
{
  return s->method == FIR ? filtering_latency (&s->fir) : 0;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream
      = { .struct_size = sizeof stream, .start = start, .push = push, .drain = drain, .latency = latency };
  bool streams = !s || s->method == FIR || s->phase == CAUSAL;
  return streams && strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

static const char *const methods[] = { "fir", "iir", NULL };
static const char *const ends[] = { "mne", "scipy", NULL };
static const char *const phases[] = { "zero", "causal", NULL };

PARAM (range, .type = FNX_T_RANGE, .flags = FNX_P_REQUIRED | FNX_P_MAIN, .unit = "Hz",
       .doc = "what to keep; 0..40Hz is a low-pass, 1Hz.. a high-pass");
PARAM (method, .type = FNX_T_ENUM, .fallback = "fir", .choices = methods,
       .doc = "fir: linear phase, Hamming window; iir: Butterworth");
PARAM (order, .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .fallback = "4", .min = 1, .max = IIR_ORDER,
       .when = "method=iir", .doc = "of the Butterworth prototype; a band-pass has twice as many poles");
PARAM (phase, .type = FNX_T_ENUM, .fallback = "zero", .choices = phases,
       .doc = "zero: nothing is shifted in time; causal: an output needs no later sample, which is what a live source"
              " needs");
PARAM (ends, .type = FNX_T_ENUM, .fallback = "mne", .choices = ends, .when = "method=iir",
       .doc
       = "how far phase=zero continues the signal at its ends: mne: as long as the filter rings; scipy: three times"
         " its coefficients");
static const fnx_param_desc *const params[]
    = { &range_param, &method_param, &order_param, &phase_param, &ends_param, NULL };

const fnx_step_desc band_step = {
  .struct_size = sizeof band_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.band",
  .name = "band",
  .title = "keep the frequencies inside a range",
  .doc
  = "method=fir is a windowed-sinc filter with a Hamming window. Its transitions are min(max(f/4, 2 Hz), room) wide, "
    "f an end of the range, and lie outside the range; it is 3.3 / (narrower transition) seconds long and is 6 dB "
    "down in the middle of a transition. Before the first and after the last sample the signal is continued by odd "
    "reflection.\n\n"
    "method=iir is a Butterworth filter of the order given, 3 dB down at the ends of the range. With phase=zero it "
    "runs forwards and backwards, which squares its gain (6 dB down at the ends) and needs the whole recording in "
    "memory; everything else works on blocks.\n\n"
    "phase=causal: the signal before the first sample is taken to have been that sample for ever. The FIR then "
    "delays everything by half its length, the Butterworth filter by an amount that depends on the frequency.\n\n"
    "A recording with missing samples (NaN) is refused, as no filter can reach across a gap. Cut it into trials "
    "first: trials with gaps are left out there.",
  .cite = "Widmann, Schroeger and Maess 2015, J. Neurosci. Methods 250:34; MNE 1.3 mne.filter.filter_data; "
          "scipy.signal.sosfiltfilt",
  .equals = "MNE 1.3 filter() to 1e-10; with ends=scipy scipy.signal.sosfiltfilt() to 1e-10",
  .example = "fornix run sim:fists ! band range=8..32Hz ! write out.edf",
  .inputs = signal_or_epochs,
  .outputs = the_same,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
