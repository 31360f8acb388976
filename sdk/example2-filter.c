/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Example 2: a filter that streams.  Each sample becomes the mean of those at
 * most half a width away (a centred moving average, so nothing is shifted in
 * time).  It looks ahead, hence a latency: some outputs come with a later
 * block, the last ones from drain().
 *
 * Pushing blocks of any sizes must give what one block gives, bit for bit.  So
 * every mean is summed anew, in the order of time, and never updated from the
 * one before.
 */
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_step {
  const fnx_buf_api *buf; /* lives as long as the host */
  double width;           /* s */
  int64_t half;           /* samples on each side */
  /* Samples from `first` to `seen` of each channel, [n_channel][room]. */
  int64_t n_channel, room, first, seen;
  double *past;
  int64_t done;        /* outputs so far */
  const fnx_buf *last; /* the last block: outputs are made like it */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  s->buf = c->buf;
  s->width = c->param->real (p, "width"); /* in seconds, however it was typed */
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  s->buf->unref (s->last); /* NULL is allowed */
  free (s->past);
  free (s);
}

/* Types before data: here is where a wrong input is told in good time. */
static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  const fnx_axis *time = in[0]->axes[1];
  double half;

  if (!(time->flags & FNX_AXIS_REGULAR) || time->rate_num <= 0 || time->rate_den <= 0)
    return c->fail (c, FNX_E_SPEC, "%s has no sampling rate\nresample it first:  ! resample rate=250Hz", c->recording);
  half = s->width / 2 * (double)time->rate_num / (double)time->rate_den;
  if (half > 1e6)
    return c->fail (c, FNX_E_PARAM, "width=%gs is %.0f samples; at most 2000000", s->width, 2 * half);
  s->half = (int64_t)half;
  out[0] = in[0];
  return FNX_OK;
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)max_block;
  c->buf->unref (s->last);
  free (s->past);
  s->last = NULL;
  s->past = NULL;
  s->n_channel = s->room = s->first = s->seen = s->done = 0;
  return FNX_OK;
}

/* Keep a block behind what is kept already; forget what no mean needs. */
static fnx_status
remember (fnx_call *c, fnx_step *s, const fnx_tensor *x)
{
  int64_t n = x->shape[1], keep, room, k;
  int64_t first = s->done > s->half ? s->done - s->half : 0;
  double *past;

  keep = s->seen - first;
  room = keep + n;
  past = malloc ((size_t)(x->shape[0] * room) * sizeof *past + 1);
  if (!past)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  for (k = 0; k < x->shape[0]; k++) {
    if (keep)
      memcpy (past + k * room, s->past + k * s->room + (first - s->first), (size_t)keep * sizeof *past);
    if (n)
      memcpy (past + k * room + keep, (const double *)x->data + k * n, (size_t)n * sizeof *past);
  }
  free (s->past);
  s->past = past;
  s->room = room;
  s->first = first;
  s->seen += n;
  s->n_channel = x->shape[0];
  return FNX_OK;
}

/* Outputs done..end as a block of their own. */
static fnx_status
give (fnx_call *c, fnx_step *s, int64_t end, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (s->last);
  fnx_spec y = *spec;
  fnx_axis time = *spec->axes[1];
  const fnx_axis *axes[2];
  int64_t k, t, i, before = time.start + time.size - s->seen; /* start of the recording */
  double *to;
  fnx_buf *b;

  time.start = before + s->done;
  time.size = end - s->done;
  axes[0] = spec->axes[0];
  axes[1] = &time;
  y.axes = axes;
  out[0] = b = c->buf->like (c, s->last, &y);
  if (!b || !(to = c->buf->write (c, b)))
    return FNX_E_NOMEM;
  for (k = 0; k < s->n_channel; k++)
    for (t = s->done; t < end; t++) {
      int64_t from = t > s->half ? t - s->half : 0, past = t + s->half + 1 < s->seen ? t + s->half + 1 : s->seen;
      double sum = 0;
      for (i = from; i < past; i++)
        sum += s->past[k * s->room + i - s->first];
      to[k * time.size + t - s->done] = sum / (double)(past - from);
    }
  s->done = end;
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  fnx_status status = remember (c, s, c->buf->read (in[0]));
  int64_t end = s->seen - s->half; /* later ones wait for what comes next */

  if (status)
    return status;
  c->buf->unref (s->last);
  s->last = c->buf->ref (in[0]); /* inputs are borrowed: ref() to keep one */
  if (end > s->done)
    status = give (c, s, end, out);
  if (!status && c->progress (c, (uint64_t)s->seen, 0))
    status = FNX_E_CANCELLED;
  return status;
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  if (s->last && (s->seen > s->done || !s->done))
    return give (c, s, s->seen, out);
  return FNX_OK;
}

static int64_t
latency (const fnx_step *s)
{
  return s->half;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { sizeof stream, 0, start, push, drain, latency };
  (void)s;
  return strcmp (id, FNX_STREAM) ? NULL : &stream;
}

static const fnx_port_desc x = { sizeof x, 0, "x", "signal[channel,time]", "a signal" };
static const fnx_port_desc y = { sizeof y, 0, "y", "the same", "its moving average" };
static const fnx_port_desc *const inputs[] = { &x, NULL };
static const fnx_port_desc *const outputs[] = { &y, NULL };
static const fnx_param_desc width
    = { sizeof width, FNX_T_REAL, FNX_P_TUNABLE, 0,   "width", "s", "how much time is averaged", "100ms",
        0.001,        10,         NULL,          NULL };
static const fnx_param_desc *const params[] = { &width, NULL };

static const fnx_step_desc smooth = {
  sizeof smooth,
  FNX_S_DETERMINISTIC,
  FNX_THREADS_SERIAL_STEP, /* the step holds the past of one recording */
  1,
  "lab.example.smooth",
  "lab-smooth",
  "average over a moving window",
  "Gives the mean of the samples around each one. At both ends the window is cut off.",
  NULL,
  NULL,
  "fornix run sim:fists ! lab-smooth width=50ms ! psd",
  inputs,
  outputs,
  params,
  create,
  destroy,
  negotiate,
  NULL, /* run: the host pushes the whole recording as one block */
  extension,
};

static const fnx_step_desc *const steps[] = { &smooth, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "example2", "0.1.0", "BSD-2-Clause", NULL, steps, NULL };
