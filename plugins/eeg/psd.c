/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * psd: Welch's power spectral density.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/eeg.h"
#include "plugins/eeg/steps.h"
#include "plugins/eeg/welch.h"

enum { MEAN, MEDIAN };

/* What the settings come to at a rate. */
typedef struct bins {
  int64_t n, hop;    /* samples of a segment, and between the starts of two */
  int64_t low, high; /* frequencies given, both in */
} bins;

typedef struct settings {
  int window, average, detrend;
  double length, overlap; /* s; 0 .. 1 */
  int64_t samples;        /* 0: length counts */
  double low, high;       /* Hz */
} settings;

/* One recording on its way. */
typedef struct estimate {
  bins bins;
  welch w;
  flow flow;
  int64_t rows;
  int64_t done;  /* segments seen */
  double *power; /* [rows][n]: sums of |Z|^2 */
  int64_t *good; /* [rows]: segments without missing samples */
} estimate;

struct fnx_step {
  settings set;
  estimate live; /* while streaming */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  settings s = { .window = (int)c->param->integer (p, "window"),
                 .average = (int)c->param->integer (p, "average"),
                 .detrend = (int)c->param->integer (p, "detrend"),
                 .length = c->param->real (p, "length"),
                 .overlap = c->param->real (p, "overlap"),
                 .low = -INFINITY,
                 .high = INFINITY };
  if (c->param->given (p, "samples"))
    s.samples = c->param->integer (p, "samples");
  if (c->param->given (p, "range"))
    c->param->range (p, "range", &s.low, &s.high);
  if (!(s.low <= s.high))
    return c->fail (c, FNX_E_PARAM, "range=%s is empty: its ends are the wrong way round\nwrite range=%g..%gHz",
                    c->param->text (p, "range"), s.high, s.low);
  if (!(s.overlap < 1))
    return c->fail (c, FNX_E_PARAM, "overlap=%g: segments would never move on\nwrite overlap=0.5", s.overlap);
  if (s.average == MEDIAN)
    c->log (
        c, FNX_LOG_DETAIL,
        "a median needs the spectra of all segments, so the whole recording is held in memory; average=mean streams");
  if (!(*out = calloc (1, sizeof **out)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  (*out)->set = s;
  return FNX_OK;
}

static void
clear (estimate *e)
{
  flow_clear (&e->flow);
  welch_clear (&e->w);
  free (e->power);
  free (e->good);
  *e = (estimate){ 0 };
}

static void
destroy (fnx_step *s)
{
  if (s)
    clear (&s->live);
  free (s);
}

static fnx_status
measure (fnx_call *c, const settings *s, double rate, bins *w)
{
  double n = s->samples ? (double)s->samples : rint (s->length * rate);
  if (!(n >= 2 && n < 1e9))
    return c->fail (c, FNX_E_PARAM, "length=%gs is %g samples at %g Hz\nwrite length=2s", s->length, n, rate);
  w->n = (int64_t)n;
  w->hop = w->n - (int64_t)floor (s->overlap * n + 1e-9);
  if (w->hop < 1)
    w->hop = 1;
  double step = rate / n, most = floor (n / 2);
  w->low = isinf (s->low) || s->low <= 0 ? 0 : (int64_t)fmin (ceil (s->low / step - 1e-9), most + 1);
  w->high = isinf (s->high) ? (int64_t)most : (int64_t)fmin (floor (s->high / step + 1e-9), most);
  if (w->high < w->low)
    return c->fail (c, FNX_E_PARAM, "range=%g..%gHz holds none of the frequencies 0, %g, ... %g Hz of %s",
                    isinf (s->low) ? 0 : s->low, isinf (s->high) ? rate / 2 : s->high, step, most * step, c->recording);
  return FNX_OK;
}

/* "uV2/Hz"; scratch memory or static. */
static const char *
density_unit (fnx_call *c, const char *unit)
{
  if (!unit)
    return NULL;
  if (strcmp (unit, "1") == 0)
    return "Hz-1";
  char *text = c->scratch (c, strlen (unit) + 8);
  if (text)
    sprintf (text, "%s2/Hz", unit);
  return text;
}

/* signal[channel,time] -> spectrum[channel,freq]; epochs likewise. */
static fnx_status
spectrum_shape (fnx_call *c, const fnx_spec *in, const bins *w, shape *to)
{
  shape_of (to, in);
  fnx_axis *f = &to->axis[in->ndim - 1];
  int64_t num = f->rate_num, den = f->rate_den; /* position(i) = i * num / (den * n) */
  int64_t g = gcd_of (num, w->n), n = w->n / g, per;
  num /= g;
  if (__builtin_mul_overflow (den, n, &per))
    return c->fail (c, FNX_E_SPEC, "the rate of %s is no usable fraction", c->recording);
  *f = (fnx_axis){ .struct_size = sizeof *f,
                   .flags = FNX_AXIS_REGULAR,
                   .name = "freq",
                   .unit = "Hz",
                   .size = w->high - w->low + 1,
                   .start = w->low,
                   .rate_num = per,
                   .rate_den = num };
  to->spec.kind = "spectrum";
  to->spec.unit = density_unit (c, in->unit);
  return in->unit && !to->spec.unit ? FNX_E_NOMEM : FNX_OK;
}

static fnx_status
too_short (fnx_call *c, double rate, int64_t have, const bins *w)
{
  return c->fail (c, FNX_E_DATA, "%s has %.4g s to show, less than one segment of %.4g s\nuse length=%.3gs",
                  c->recording, (double)have / rate, (double)w->n / rate, (double)have / rate / 2);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  bins w;
  double rate = shape_rate (c, in[0]);
  fnx_status st = rate > 0 ? measure (c, &s->set, rate, &w) : FNX_E_SPEC;
  int64_t n = st == FNX_OK ? shape_samples (in[0]) : FNX_UNKNOWN;
  if (st == FNX_OK && n != FNX_UNKNOWN && n < w.n)
    st = too_short (c, rate, n, &w);
  shape *to = st == FNX_OK ? c->scratch (c, sizeof *to) : NULL;
  if (!to)
    return st ? st : FNX_E_NOMEM;
  out[0] = &to->spec;
  return spectrum_shape (c, in[0], &w, to);
}

/* ---- sums over segments --------------------------------------------------------- */

/* Segments [from, to) of all rows. */
typedef struct work {
  estimate *e;
  int64_t from, to;
  double *space; /* for each worker */
  size_t room;
  double *each; /* median: densities, for each worker */
  size_t each_room;
  double *out; /* median: [rows][bins] */
} work;

static fnx_status
mean_job (void *arg, size_t row, uint32_t worker)
{
  const work *k = arg;
  estimate *e = k->e;
  e->good[row] += welch_add (&e->w, &e->flow.tape, row, k->from, k->to, e->power + row * (size_t)e->w.n,
                             k->space + worker * k->room);
  return FNX_OK;
}

static fnx_status
median_job (void *arg, size_t row, uint32_t worker)
{
  const work *k = arg;
  estimate *e = k->e;
  e->good[row] = welch_median (&e->w, &e->flow.tape, row, k->to, e->bins.low, e->bins.high,
                               k->out + row * (size_t)(e->bins.high - e->bins.low + 1), k->each + worker * k->each_room,
                               k->space + worker * k->room);
  return FNX_OK;
}

static fnx_status
begin (fnx_call *c, const settings *s, const fnx_buf *in, estimate *e)
{
  if (!e->power) {
    const fnx_spec *spec = c->buf->spec (in);
    double rate = shape_rate (c, spec);
    fnx_status st = rate > 0 ? measure (c, s, rate, &e->bins) : FNX_E_SPEC;
    if (st)
      return st;
    e->rows = shape_rows (spec);
    bool ok = welch_init (&e->w, e->bins.n, e->bins.hop, rate, s->window, s->detrend);
    e->power = calloc ((size_t)(e->rows * e->w.n) + 1, sizeof *e->power);
    e->good = calloc ((size_t)e->rows + 1, sizeof *e->good);
    if (!ok || !e->power || !e->good)
      return c->fail (c, FNX_E_NOMEM, "no memory for %lld spectra of %lld samples", (long long)e->rows,
                      (long long)e->w.n);
  }
  return flow_take (c, &e->flow, in);
}

/* Add segments [done, to), an even number of them unless it is the end. */
static fnx_status
add (fnx_call *c, estimate *e, int64_t to)
{
  work k = { .e = e, .from = e->done, .to = to, .room = welch_room (&e->w) };
  k.space = c->scratch (c, c->max_threads * k.room * sizeof *k.space);
  if (!k.space)
    return FNX_E_NOMEM;
  e->done = to;
  return c->parallel (c, (size_t)e->rows, mean_job, &k);
}

static int64_t
complete (const estimate *e)
{
  return welch_complete (&e->w, tape_end (&e->flow.tape));
}

/* Tell of segments that were left out; fail where none is left. */
static fnx_status
account (fnx_call *c, const estimate *e)
{
  const fnx_spec *spec = c->buf->spec (e->flow.head);
  int64_t worst = 0;
  char name[128];
  if (e->done == 0)
    return too_short (c, shape_rate (c, spec), tape_end (&e->flow.tape), &e->bins);
  for (int64_t r = 1; r < e->rows; r++)
    if (e->good[r] < e->good[worst])
      worst = r;
  if (e->rows && e->good[worst] == 0)
    return c->fail (c, FNX_E_DATA,
                    "%s of %s has missing samples in every segment of %lld samples\nuse a smaller length=",
                    shape_row_name (spec, worst, name, sizeof name), c->recording, (long long)e->w.n);
  if (e->rows && e->good[worst] < e->done)
    c->log (c, FNX_LOG_NOTE, "%s: up to %lld of %lld segments left out for missing samples (%s)", c->recording,
            (long long)(e->done - e->good[worst]), (long long)e->done, shape_row_name (spec, worst, name, sizeof name));
  return FNX_OK;
}

/* The buffer of the result, and where its values go. */
static fnx_status
result (fnx_call *c, estimate *e, fnx_buf **b, double **values)
{
  const fnx_events none = { .struct_size = sizeof none };
  shape to;
  fnx_status st = spectrum_shape (c, c->buf->spec (e->flow.head), &e->bins, &to);
  *b = st == FNX_OK ? flow_give (c, &e->flow, &to.spec) : NULL;
  if (!*b)
    return st ? st : FNX_E_NOMEM;
  st = c->buf->set_events (c, *b, &none); /* there is no time axis any more */
  *values = st == FNX_OK ? c->buf->write (c, *b) : NULL;
  return *values ? FNX_OK : st ? st : FNX_E_NOMEM;
}

static fnx_status
give_mean (fnx_call *c, estimate *e, const fnx_buf **out)
{
  const bins *f = &e->bins;
  fnx_buf *b = NULL;
  double *y = NULL;
  fnx_status st = account (c, e);
  if (st == FNX_OK)
    st = result (c, e, &b, &y);
  for (int64_t r = 0; st == FNX_OK && r < e->rows; r++)
    for (int64_t k = f->low; k <= f->high; k++)
      *y++ = welch_density (&e->w, e->power + r * f->n, k, (double)e->good[r]);
  return give (c, st, b, out);
}

static fnx_status
give_median (fnx_call *c, estimate *e, const fnx_buf **out)
{
  work k = { .e = e, .to = complete (e), .room = welch_room (&e->w) };
  fnx_buf *b = NULL;
  fnx_status st = result (c, e, &b, &k.out);
  k.each_room = (size_t)(e->bins.high - e->bins.low + 1) * (size_t)k.to;
  k.space = c->scratch (c, c->max_threads * k.room * sizeof *k.space);
  k.each = k.space ? c->scratch (c, c->max_threads * k.each_room * sizeof *k.each + 1) : NULL;
  if (st == FNX_OK && !k.each)
    st = FNX_E_NOMEM;
  e->done = k.to;
  if (st == FNX_OK)
    st = c->parallel (c, (size_t)e->rows, median_job, &k);
  if (st == FNX_OK)
    st = account (c, e);
  return give (c, st, b, out);
}

/* ---- whole and in blocks ---------------------------------------------------------- */

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  estimate e = { 0 };
  fnx_status st = begin (c, &s->set, in[0], &e);
  if (st == FNX_OK && s->set.average == MEDIAN)
    st = give_median (c, &e, out);
  else if (st == FNX_OK && (st = add (c, &e, complete (&e))) == FNX_OK)
    st = give_mean (c, &e, out);
  clear (&e);
  return st;
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)max_block;
  clear (&s->live);
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  estimate *e = &s->live;
  (void)out;
  fnx_status st = begin (c, &s->set, in[0], e);
  int64_t to = st == FNX_OK ? complete (e) / 2 * 2 : 0;
  if (to > e->done)
    st = add (c, e, to);
  if (st == FNX_OK && !tape_keep (&e->flow.tape, e->done * e->w.hop))
    st = c->fail (c, FNX_E_NOMEM, "no memory for two segments of %lld samples", (long long)e->w.n);
  return st;
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  estimate *e = &s->live;
  if (!e->flow.head)
    return FNX_OK;
  int64_t to = complete (e);
  fnx_status st = to > e->done ? add (c, e, to) : FNX_OK;
  return st ? st : give_mean (c, e, out);
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { .struct_size = sizeof stream, .start = start, .push = push, .drain = drain };
  return (!s || s->set.average == MEAN) && strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

static const char *const windows[] = { "hann", "hamming", NULL };
static const char *const averages[] = { "mean", "median", NULL };
static const char *const detrends[] = { "constant", "linear", "none", NULL };

PARAM (window, .type = FNX_T_ENUM, .fallback = "hann", .choices = windows,
       .doc = "periodic; hann is what scipy takes, hamming what MNE takes");
PARAM (length, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .unit = "s", .fallback = "2s", .min = 1e-6, .max = 1e6,
       .doc = "of a segment; frequencies are 1/length apart");
PARAM (samples, .type = FNX_T_INT, .min = 2, .max = 1e9,
       .doc = "of a segment, instead of length; 256 is what MNE takes");
PARAM (overlap, .type = FNX_T_REAL, .fallback = "0.5", .min = 0, .max = 1,
       .doc = "share of a segment that the next one begins before its end; 0 is what MNE takes");
PARAM (range, .type = FNX_T_RANGE, .unit = "Hz", .doc = "frequencies to give, both ends in");
PARAM (average, .type = FNX_T_ENUM, .fallback = "mean", .choices = averages,
       .doc = "over the segments; median is corrected for its bias");
PARAM (detrend, .type = FNX_T_ENUM, .fallback = "constant", .choices = detrends,
       .doc = "what is taken from each segment: its mean, a straight line, nothing");
static const fnx_param_desc *const params[] = { &window_param, &length_param,  &samples_param, &overlap_param,
                                                &range_param,  &average_param, &detrend_param, NULL };

static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "spectrum[channel,freq] or spectrum[trial,channel,freq]" };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc psd_step = {
  .struct_size = sizeof psd_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.psd",
  .name = "psd",
  .title = "power spectral density by Welch's method",
  .doc
  = "The mean, over segments that overlap, of |FFT(window x segment)|^2 / (rate x sum window^2), one-sided: doubled at "
    "all frequencies but 0 and half the rate. The result is a density, in uV2/Hz for a signal in uV. What is left at "
    "the end and does not fill a segment is not used.\n\n"
    "Defaults: 2 s Hann windows, half overlap, mean of each segment removed. scipy: samples=256. MNE: window=hamming "
    "samples=256 overlap=0.\n\n"
    "A segment in which a channel misses a sample (NaN) is left out for that channel, and this is told.",
  .cite = "Welch 1967, IEEE Trans. Audio Electroacoust. 15:70; scipy.signal.welch; MNE 1.3 psd_array_welch",
  .equals = "scipy.signal.welch() to 1e-12",
  .example = "fornix run sim:fists ! psd range=1..40Hz ! write spectrum.tsv",
  .inputs = signal_or_epochs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
