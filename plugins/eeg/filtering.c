/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Zero phase: overlap-save tiles at fixed places of the recording.  Causal:
 * sums over the taps, so that an output needs no sample but its own and those
 * before it; the past of the first sample is that sample for ever.
 */
#include "plugins/eeg/filtering.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TILES 16 /* a job of the zero-phase filter */
#define RUNS 512 /* a job of the causal one, FIR_RUN samples each */

/* Outputs [from, to) of all rows, cut into jobs at fixed places. */
typedef struct work {
  fnx_call *c;
  filtering *f;
  const fnx_spec *spec; /* of the recording */
  int64_t from, to;
  int64_t total; /* samples of the recording, -1 while unknown */
  double *out;   /* [rows][to - from] */
  int64_t piece, first, n_pieces;
  double *space; /* `room` for each worker */
  size_t room;
} work;

static fnx_status
refuse (const work *w, size_t row, int64_t from, const double *x, int64_t n)
{
  const fnx_axis *time = w->spec->axes[w->spec->ndim - 1];
  for (int64_t i = 0; i < n; i++)
    if (!isfinite (x[i]))
      return fail_missing (w->c, w->spec, (int64_t)row, shape_second (time, from + i), w->f->step);
  return w->c->fail (w->c, FNX_E_NUMERIC, "the values of %s are too large to be filtered", w->c->recording);
}

/* The missing sample of a tile lies in its window, or is mirrored into it. */
static fnx_status
refuse_tile (const work *w, size_t row, int64_t from, double *x)
{
  const tape *t = &w->f->flow.tape;
  int64_t first = from < t->first ? t->first : from, end = from + w->f->fir->n_fft;
  if (end > tape_end (t))
    end = tape_end (t);
  tape_read (t, row, first, end - first, x);
  return refuse (w, row, first, x, end - first);
}

static fnx_status
zero_job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  const fir *f = w->f->fir;
  size_t row = i / (size_t)w->n_pieces;
  int64_t piece = w->first + (int64_t)(i % (size_t)w->n_pieces);
  double *x = w->space + worker * w->room, *spectrum = x + fft_room ((size_t)f->n_fft);
  double *out = w->out + (int64_t)row * (w->to - w->from);
  for (int64_t t = piece * TILES; t < (piece + 1) * TILES; t++) {
    int64_t a = t * f->step, b = a + f->step, from = a - f->half;
    if (a < w->from)
      continue;
    if (a >= w->to)
      break;
    if (b > w->to)
      b = w->to;
    fir_window (f, &w->f->flow.tape, row, from, w->total, x);
    fir_tile (f, x, spectrum);
    if (!isfinite (x[f->half]))
      return refuse_tile (w, row, from, x);
    memcpy (out + (a - w->from), x + f->half, (size_t)(b - a) * sizeof *out);
  }
  return FNX_OK;
}

static fnx_status
causal_job (void *arg, size_t i, uint32_t worker)
{
  const work *w = arg;
  const filtering *f = w->f;
  const tape *held = &f->flow.tape;
  size_t row = i / (size_t)w->n_pieces;
  int64_t a = w->from + (int64_t)(i % (size_t)w->n_pieces) * w->piece, past = f->n_taps - 1;
  int64_t b = a + w->piece < w->to ? a + w->piece : w->to;
  double *x = w->space + worker * w->room, y[FIR_RUN];
  double *out = w->out + (int64_t)row * (w->to - w->from);
  int64_t lead = a < past ? past - a : 0; /* positions before the first sample */
  tape_read (held, row, a - past + lead, b - a + past - lead, x + lead);
  for (int64_t k = 0; k < lead; k++)
    x[k] = x[lead];
  memset (x + past + (b - a), 0, FIR_RUN * sizeof *x);
  for (int64_t k = 0; k < b - a; k += FIR_RUN) {
    int64_t n = b - a - k < FIR_RUN ? b - a - k : FIR_RUN;
    fir_causal (f->taps, f->n_taps, x + past + k, y);
    memcpy (out + (a - w->from) + k, y, (size_t)n * sizeof *y);
    for (int64_t j = 0; j < n; j++)
      if (!isfinite (y[j]))
        return refuse (w, row, a - past + lead, x + lead, b - a + past - lead);
  }
  return FNX_OK;
}

/* Give outputs [done, to); total as in work. */
static fnx_status
emit (fnx_call *c, filtering *f, int64_t to, int64_t total, const fnx_buf **out)
{
  const fnx_spec *head = c->buf->spec (f->flow.head);
  shape s;
  shape_of (&s, head);
  s.axis[head->ndim - 1].start += f->done;
  s.axis[head->ndim - 1].size = to - f->done;
  fnx_buf *b = flow_give (c, &f->flow, &s.spec);
  if (!b)
    return FNX_E_NOMEM;
  work w = { .c = c, .f = f, .spec = head, .from = f->done, .to = to, .total = total };
  w.out = c->buf->write (c, b);
  if (f->causal) {
    w.piece = (int64_t)RUNS * FIR_RUN;
    w.n_pieces = (to - w.from + w.piece - 1) / w.piece;
    int64_t longest = to - w.from < w.piece ? to - w.from : w.piece; /* a live block is short */
    w.room = ((size_t)(longest + f->n_taps + FIR_RUN) + 7) / 8 * 8;
  } else {
    w.piece = TILES * f->fir->step;
    w.first = w.from / w.piece;
    w.n_pieces = (to + w.piece - 1) / w.piece - w.first;
    w.room = 2 * fft_room ((size_t)f->fir->n_fft);
  }
  w.space = c->scratch (c, c->max_threads * w.room * sizeof *w.space);
  fnx_status st = w.out && w.space ? FNX_OK : FNX_E_NOMEM;
  if (st == FNX_OK && to > w.from)
    st = c->parallel (c, f->flow.tape.rows * (size_t)w.n_pieces, f->causal ? causal_job : zero_job, &w);
  if (st == FNX_OK) {
    f->done = to;
    *out = b;
  } else
    c->buf->unref (b);
  return st;
}

static fnx_status
take (fnx_call *c, filtering *f, const fnx_buf *in)
{
  if (!f->causal && !f->fir && !(f->fir = fir_new (f->taps, f->n_taps)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a filter of %lld taps", (long long)f->n_taps);
  return flow_take (c, &f->flow, in);
}

fnx_status
filtering_push (fnx_call *c, filtering *f, const fnx_buf *in, const fnx_buf **out)
{
  fnx_status st = take (c, f, in);
  if (st)
    return st;
  int64_t end = tape_end (&f->flow.tape), to = end, keep;
  if (!f->causal) { /* whole tiles only */
    int64_t tiles = (end + f->fir->half - f->fir->n_fft) / f->fir->step + 1;
    to = end + f->fir->half < f->fir->n_fft ? 0 : tiles * f->fir->step;
  }
  if (to > f->done)
    st = emit (c, f, to, -1, out);
  keep = f->causal ? f->done - f->n_taps + 1 : f->done - f->fir->half;
  if (st == FNX_OK && !tape_keep (&f->flow.tape, keep))
    st = c->fail (c, FNX_E_NOMEM, "no memory for %zu channels of %lld samples", f->flow.tape.rows,
                  (long long)(end - keep));
  return st;
}

fnx_status
filtering_drain (fnx_call *c, filtering *f, const fnx_buf **out)
{
  int64_t end = f->flow.head ? tape_end (&f->flow.tape) : 0;
  return end > f->done ? emit (c, f, end, end, out) : FNX_OK;
}

fnx_status
filtering_whole (fnx_call *c, filtering *f, const fnx_buf *in, const fnx_buf **out)
{
  fnx_status st = take (c, f, in);
  int64_t end = st == FNX_OK ? tape_end (&f->flow.tape) : 0;
  return st ? st : emit (c, f, end, end, out);
}

int64_t
filtering_latency (const filtering *f)
{
  return f->causal || !f->fir ? 0 : f->fir->n_fft - f->fir->half;
}

void
filtering_clear (filtering *f)
{
  flow_clear (&f->flow);
  fir_free (f->fir);
  free (f->taps);
  f->taps = NULL;
  f->fir = NULL;
  f->done = 0;
}
