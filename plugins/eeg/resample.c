/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resample: another sampling rate, by a polyphase filter as scipy's
 * resample_poly or through the FFT as MNE's resample.  Rates are fractions, so
 * positions stay exact over any length.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/fft.h"
#include "plugins/common/polyphase.h"
#include "plugins/eeg/eeg.h"
#include "plugins/eeg/steps.h"

enum { POLYPHASE, FOURIER };
#define MOST_RATIO 100000 /* taps grow with it: 20 for each */

/* What the settings come to at a rate. */
typedef struct ratio {
  int64_t up, down;           /* new rate over old, no common divisor */
  int64_t rate_num, rate_den; /* the new rate */
} ratio;

struct fnx_step {
  int method;
  int64_t num, den; /* Hz asked for, reduced */
  double rate;
  ratio r; /* while streaming */
  polyphase poly;
  flow flow;
  int64_t done; /* outputs given */
};

/* The simplest fraction that a decimal of nine places can mean. */
static void
fraction (double x, int64_t *num, int64_t *den)
{
  for (*den = 1; *den <= 1000; ++*den) {
    double p = x * (double)*den;
    if (fabs (p - rint (p)) <= 1e-9 * p) {
      *num = llrint (p);
      return;
    }
  }
  *den = 1000000;
  *num = llrint (x * 1e6);
  int64_t g = gcd_of (*num, *den);
  *num /= g;
  *den /= g;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { .method = (int)c->param->integer (p, "method"), .rate = c->param->real (p, "rate") };
  fraction (s.rate, &s.num, &s.den);
  if (s.method == FOURIER)
    c->log (c, FNX_LOG_DETAIL,
            "the FFT of a recording needs all of it, so it is held in memory; method=polyphase streams");
  if (s.num < 1)
    return c->fail (c, FNX_E_PARAM, "rate=%gHz is too low", s.rate);
  if (!(*out = malloc (sizeof s)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  **out = s;
  return FNX_OK;
}

static void
clear (fnx_step *s)
{
  flow_clear (&s->flow);
  polyphase_clear (&s->poly);
  s->r = (ratio){ 0 };
  s->done = 0;
}

static void
destroy (fnx_step *s)
{
  if (s)
    clear (s);
  free (s);
}

/* up / down = new rate / old rate. */
static fnx_status
relate (fnx_call *c, const fnx_step *s, const fnx_spec *in, ratio *r)
{
  if (!(shape_rate (c, in) > 0))
    return FNX_E_SPEC;
  const fnx_axis *t = in->axes[in->ndim - 1];
  int64_t a = gcd_of (s->num, t->rate_num), b = gcd_of (s->den, t->rate_den);
  *r = (ratio){ .rate_num = s->num, .rate_den = s->den };
  if (__builtin_mul_overflow (s->num / a, t->rate_den / b, &r->up)
      || __builtin_mul_overflow (s->den / b, t->rate_num / a, &r->down)
      || (s->method == POLYPHASE && (r->up > MOST_RATIO || r->down > MOST_RATIO)))
    return c->fail (c, FNX_E_PARAM,
                    "rate=%gHz and the %.10g Hz of %s have no common divisor that a filter could use\n"
                    "use a rounder rate, or method=fft",
                    s->rate, (double)t->rate_num / (double)t->rate_den, c->recording);
  return FNX_OK;
}

static int64_t
new_size (const fnx_step *s, const ratio *r, int64_t n)
{
  if (s->method == FOURIER) {
    double m = rint ((double)r->up / (double)r->down * (double)n);
    return m < 1 ? 1 : (int64_t)m;
  }
  return (int64_t)(((__int128)n * r->up + r->down - 1) / r->down);
}

/* The time axis at the new rate: sample `first` of it, counted from the first
 * sample of the recording, which keeps its place in time. */
static void
retime (const ratio *r, const fnx_axis *from, int64_t first, int64_t size, fnx_axis *to)
{
  *to = *from;
  if (from->start % r->down == 0)
    to->start = from->start / r->down * r->up;
  else {
    to->origin = shape_second (from, 0);
    to->start = 0;
  }
  to->start += first;
  to->rate_num = r->rate_num;
  to->rate_den = r->rate_den;
  to->size = size;
  to->labels = NULL;
  to->columns = NULL;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  ratio r;
  fnx_status st = relate (c, s, in[0], &r);
  shape *to = st == FNX_OK ? shape_new (c, in[0]) : NULL;
  if (!to)
    return st ? st : FNX_E_NOMEM;
  fnx_axis *t = &to->axis[in[0]->ndim - 1];
  retime (&r, in[0]->axes[in[0]->ndim - 1], 0, t->size == FNX_UNKNOWN ? FNX_UNKNOWN : new_size (s, &r, t->size), t);
  out[0] = &to->spec;
  return FNX_OK;
}

/* ---- polyphase --------------------------------------------------------------------- */

static fnx_status
design (fnx_call *c, const ratio *r, polyphase *p)
{
  if (polyphase_init (p, r->up, r->down))
    return FNX_OK;
  return c->fail (c, FNX_E_NOMEM, "no memory for a filter of %lld x %lld taps", (long long)r->up, (long long)p->n_taps);
}

#define PIECE 4096 /* outputs of a job */

typedef struct work {
  const polyphase *p;
  const tape *tape;
  int64_t from, to, end; /* outputs; samples there are */
  int64_t n_pieces;
  double *out; /* [rows][to - from] */
  double *space;
  size_t room;
} work;

static fnx_status
polyphase_job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  const polyphase *p = w->p;
  size_t row = i / (size_t)w->n_pieces;
  int64_t a = w->from + (int64_t)(i % (size_t)w->n_pieces) * PIECE, b = a + PIECE < w->to ? a + PIECE : w->to;
  int64_t first = polyphase_first (p, a), last = polyphase_first (p, b - 1) + p->n_taps; /* samples [first, last) */
  double *x = w->space + worker * w->room, *out = w->out + (int64_t)row * (w->to - w->from);
  int64_t lo = first < 0 ? 0 : first, hi = last < w->end ? last : w->end;
  memset (x, 0, (size_t)(last - first) * sizeof *x); /* zeros outside the recording */
  if (hi > lo)
    tape_read (w->tape, row, lo, hi - lo, x + (lo - first));
  polyphase_run (p, a, b, x, out + (a - w->from));
  return FNX_OK;
}

static fnx_status
emit (fnx_call *c, const ratio *r, const polyphase *p, flow *f, int64_t from, int64_t to, const fnx_buf **out)
{
  const fnx_spec *head = c->buf->spec (f->head);
  shape s;
  shape_of (&s, head);
  retime (r, head->axes[head->ndim - 1], from, to - from, &s.axis[head->ndim - 1]);
  fnx_buf *b = flow_give (c, f, &s.spec);
  if (!b)
    return FNX_E_NOMEM;
  work w = { .p = p, .tape = &f->tape, .from = from, .to = to, .end = tape_end (&f->tape) };
  w.n_pieces = (to - from + PIECE - 1) / PIECE;
  w.room = ((size_t)((__int128)(to - from < PIECE ? to - from : PIECE) * r->down / r->up) + (size_t)p->n_taps + 16) / 8
           * 8;
  w.out = c->buf->write (c, b);
  w.space = c->scratch (c, c->max_threads * w.room * sizeof *w.space);
  fnx_status st = w.out && w.space ? FNX_OK : FNX_E_NOMEM;
  if (st == FNX_OK)
    st = c->parallel (c, f->tape.rows * (size_t)w.n_pieces, polyphase_job, &w);
  return give (c, st, b, out);
}

/* ---- through the FFT ------------------------------------------------------------------- */

/* mne.filter.resample (npad="auto", window="boxcar", pad="reflect_limited"). */
typedef struct plan {
  const double *x;
  double *y;
  int64_t n, m; /* samples before and after */
  int64_t total, new_total, left, cut;
  const fft *there, *back;
  double *space;
  size_t room;
  fnx_call *c;
  const fnx_spec *spec;
} plan;

static fnx_status
fourier_job (void *arg, size_t row, uint32_t worker)
{
  const plan *p = arg;
  const double *x = p->x + (int64_t)row * p->n;
  int64_t longer = p->total > p->new_total ? p->total : p->new_total, right = p->total - p->n - p->left;
  int64_t shorter = p->total < p->new_total ? p->total : p->new_total;
  double *a = p->space + worker * p->room, *z = a + fft_room ((size_t)longer);
  for (int64_t i = 0; i < p->n; i++)
    if (!isfinite (x[i]))
      return fail_missing (p->c, p->spec, (int64_t)row, shape_second (p->spec->axes[p->spec->ndim - 1], i), "resample");
  memset (a, 0, fft_room ((size_t)longer) * sizeof *a);
  memset (z, 0, fft_room ((size_t)longer) * sizeof *z);
  memcpy (a + p->left, x, (size_t)p->n * sizeof *a);
  for (int64_t i = 1; i < p->n && i <= p->left; i++)
    a[p->left - i] = 2 * x[0] - x[i];
  for (int64_t i = 1; i < p->n && i <= right; i++)
    a[p->left + p->n - 1 + i] = 2 * x[p->n - 1] - x[p->n - 1 - i];
  fft_forward (p->there, a, z);
  double scale = 1 / (double)p->total; /* new_total / total, and 1 / new_total of the way back */
  int64_t bins = shorter / 2 + 1;
  for (int64_t k = 0; k < bins; k++) {
    /* what the missing half of the new Nyquist bin held */
    double w = 2 * k == shorter ? (p->new_total < p->total ? 2 * scale : 0.5 * scale) : scale;
    z[2 * k] *= w;
    z[2 * k + 1] *= w;
  }
  memset (z + 2 * bins, 0, (fft_room ((size_t)longer) - 2 * (size_t)bins) * sizeof *z);
  fft_backward (p->back, z, a);
  memcpy (p->y + (int64_t)row * p->m, a + p->cut, (size_t)p->m * sizeof *a);
  return FNX_OK;
}

static fnx_status
fourier (fnx_call *c, const fnx_step *s, const ratio *r, const fnx_buf *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in);
  double scale = (double)r->up / (double)r->down;
  plan p = { .n = shape_samples (spec), .c = c, .spec = spec, .total = 1 };
  int64_t add = 2 * (p.n / 8 < 100 ? p.n / 8 : 100);
  if (p.n < 1)
    return c->fail (c, FNX_E_DATA, "%s has no samples", c->recording);
  while (p.total < p.n + add)
    p.total *= 2;
  p.left = (p.total - p.n) / 2;
  p.m = new_size (s, r, p.n);
  p.new_total = (int64_t)fmax (rint (scale * (double)p.total), 1);
  p.cut = (int64_t)rint (scale * (double)p.left);
  shape to;
  shape_of (&to, spec);
  retime (r, spec->axes[spec->ndim - 1], 0, p.m, &to.axis[spec->ndim - 1]);
  fft *there = fft_new ((size_t)p.total), *back = fft_new ((size_t)p.new_total);
  fnx_buf *b = there && back ? c->buf->like (c, in, &to.spec) : NULL;
  const fnx_tensor *t = c->buf->read (in);
  size_t longer = (size_t)(p.total > p.new_total ? p.total : p.new_total);
  p.room = 2 * fft_room (longer);
  p.there = there, p.back = back;
  p.x = t ? t->data : NULL;
  p.y = b ? c->buf->write (c, b) : NULL;
  p.space = p.y ? c->scratch (c, c->max_threads * p.room * sizeof *p.space) : NULL;
  fnx_status st = p.x && p.space ? c->parallel (c, (size_t)shape_rows (spec), fourier_job, &p) : FNX_E_NOMEM;
  if (!there || !back)
    st = c->fail (c, FNX_E_NOMEM, "no memory for an FFT of %lld samples", (long long)p.total);
  fft_free (there);
  fft_free (back);
  return give (c, st, b, out);
}

/* ---- whole and in blocks ----------------------------------------------------------------- */

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  ratio r;
  polyphase p = { 0 };
  flow f = { 0 };
  fnx_status st = relate (c, s, c->buf->spec (in[0]), &r);
  if (st)
    return st;
  if (r.up == r.down) {
    *out = c->buf->ref (in[0]);
    return FNX_OK;
  }
  if (s->method == FOURIER)
    return fourier (c, s, &r, in[0], out);
  st = design (c, &r, &p);
  if (st == FNX_OK)
    st = flow_take (c, &f, in[0]);
  if (st == FNX_OK)
    st = emit (c, &r, &p, &f, 0, new_size (s, &r, tape_end (&f.tape)), out);
  flow_clear (&f);
  polyphase_clear (&p);
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
  fnx_status st = FNX_OK;
  if (!s->r.up)
    st = relate (c, s, c->buf->spec (in[0]), &s->r);
  if (st == FNX_OK && s->r.up == s->r.down) {
    *out = c->buf->ref (in[0]);
    return FNX_OK;
  }
  if (st == FNX_OK && !s->poly.phase)
    st = design (c, &s->r, &s->poly);
  if (st == FNX_OK)
    st = flow_take (c, &s->flow, in[0]);
  if (st)
    return st;
  int64_t to = polyphase_ready (&s->poly, tape_end (&s->flow.tape));
  if (to > s->done && (st = emit (c, &s->r, &s->poly, &s->flow, s->done, to, out)) == FNX_OK)
    s->done = to;
  if (st == FNX_OK && !tape_keep (&s->flow.tape, polyphase_first (&s->poly, s->done)))
    st = c->fail (c, FNX_E_NOMEM, "no memory for a block");
  return st;
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  int64_t to = s->flow.head ? new_size (s, &s->r, tape_end (&s->flow.tape)) : 0;
  return to > s->done ? emit (c, &s->r, &s->poly, &s->flow, s->done, to, out) : FNX_OK;
}

static int64_t
latency (const fnx_step *s)
{
  return s->poly.up ? s->poly.half / s->poly.up + 1 : 0;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream
      = { .struct_size = sizeof stream, .start = start, .push = push, .drain = drain, .latency = latency };
  return (!s || s->method == POLYPHASE) && strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

static const char *const methods[] = { "polyphase", "fft", NULL };

PARAM (rate, .type = FNX_T_REAL, .flags = FNX_P_REQUIRED | FNX_P_MAIN | FNX_P_TUNABLE, .unit = "Hz", .min = 1e-3,
       .max = 1e6, .doc = "the new sampling rate");
PARAM (method, .type = FNX_T_ENUM, .fallback = "polyphase", .choices = methods,
       .doc = "polyphase: a short filter, as scipy's resample_poly; fft: the whole recording at once, as MNE");
static const fnx_param_desc *const params[] = { &rate_param, &method_param, NULL };

const fnx_step_desc resample_step = {
  .struct_size = sizeof resample_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.resample",
  .name = "resample",
  .title = "change the sampling rate",
  .doc
  = "Both methods take out what lies above half of the lower rate. Rates are kept as fractions, so 1000/3 Hz stays "
    "exact over a day. The first sample keeps its place in time; events, which are in seconds, keep theirs.\n\n"
    "polyphase: a windowed sinc with a Kaiser window (beta 5) of 20 x max(up, down) + 1 taps, cut at the lower of the "
    "two Nyquist frequencies; the signal is zero outside the recording, so take out offsets first. Where a sample is "
    "missing (NaN), those that the filter would make of it are missing.\n\n"
    "fft: padded to a power of two by odd reflection; refuses missing samples. Where that power times the ratio of the "
    "rates is no whole number it is rounded, so that late samples stray by up to half a new sample, as they do in MNE.",
  .cite = "scipy.signal.resample_poly; MNE 1.3 mne.filter.resample (npad=\"auto\")",
  .equals = "scipy.signal.resample_poly() to 1e-12, MNE 1.3 resample() to 1e-9",
  .example = "fornix run sim:fists ! resample 100Hz ! write out.edf",
  .inputs = signal_or_epochs,
  .outputs = the_same,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
