/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Steps for the tests of the executor: a source whose blocks and promises can
 * be chosen, and streaming steps that hold samples back, drop some, or add
 * events.  tests/core/exec.c and collect.c say what must come out.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fornix/plugin.h"

enum { CHANNELS = 2, RATE = 100 };

struct fnx_step {
  int64_t samples, block; /* count */
  int known, all_events, skip_at, two;
  int64_t width; /* sum */
  int64_t every; /* mark; half: 2 */
  int64_t stop;  /* stop */
  /* while streaming */
  int64_t at, done, pushes;
  double *past; /* CHANNELS x width, oldest first */
  int64_t n_past;
  const fnx_buf *last;
  const fnx_buf_api *buf; /* to let `last` go */
};

static fnx_step *
step_new (fnx_call *c)
{
  fnx_step *s = calloc (1, sizeof *s);

  if (!s)
    c->fail (c, FNX_E_NOMEM, "not enough memory");
  return s;
}

static void
forget (fnx_step *s)
{
  if (s->buf)
    s->buf->unref (s->last);
  free (s->past);
  s->last = NULL;
  s->past = NULL;
  s->at = s->done = s->pushes = s->n_past = 0;
}

static void
destroy (fnx_step *s)
{
  forget (s);
  free (s);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)max_block;
  forget (s);
  s->buf = c->buf;
  return FNX_OK;
}

/* `like` over samples [first, first + n) at `rate`; src NULL: a new one. */
static fnx_buf *
block_of (fnx_call *c, const fnx_buf *src, int64_t first, int64_t n, int64_t rate)
{
  static const char *const names[CHANNELS] = { "C3", "C4" };
  const fnx_axis channel
      = { .struct_size = sizeof channel, .name = "channel", .size = CHANNELS, .labels = src ? NULL : names };
  const fnx_axis time = { .struct_size = sizeof time,
                          .flags = FNX_AXIS_REGULAR,
                          .name = "time",
                          .unit = "s",
                          .size = n,
                          .start = first,
                          .rate_num = rate,
                          .rate_den = 1 };
  const fnx_axis *const axes[] = { &channel, &time };
  const fnx_spec spec
      = { .struct_size = sizeof spec, .ndim = 2, .kind = "signal", .unit = "uV", .dtype = FNX_F8, .axes = axes };

  return c->buf->like (c, src, &spec);
}

static int64_t
rate_of (fnx_call *c, const fnx_buf *b)
{
  return c->buf->spec (b)->axes[1]->rate_num;
}

/* ---- count: sample i of channel k is a number that both decide ------------------- */

static double
value_of (int64_t i, int64_t k)
{
  return (double)((i * 7919 + k * 104729) % 1009 - 504);
}

static fnx_status
count_create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = *out = step_new (c);

  if (!s)
    return FNX_E_NOMEM;
  s->samples = c->param->integer (p, "samples");
  s->block = c->param->integer (p, "block");
  s->known = (int)c->param->integer (p, "known");
  s->all_events = (int)c->param->integer (p, "all-events");
  s->skip_at = (int)c->param->integer (p, "skip");
  s->two = (int)c->param->integer (p, "two");
  return FNX_OK;
}

static fnx_status
count_negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_axis *time = c->scratch (c, 2 * sizeof *time);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *spec = c->scratch (c, sizeof *spec);

  (void)in;
  if (!time || !axes || !spec)
    return FNX_E_NOMEM;
  time[0] = (fnx_axis){ .struct_size = sizeof *time, .name = "channel", .size = CHANNELS };
  time[1] = (fnx_axis){ .struct_size = sizeof *time,
                        .flags = FNX_AXIS_REGULAR,
                        .name = "time",
                        .unit = "s",
                        .size = s->known ? s->samples : FNX_UNKNOWN,
                        .rate_num = RATE,
                        .rate_den = 1 };
  axes[0] = &time[0];
  axes[1] = &time[1];
  *spec = (fnx_spec){
    .struct_size = sizeof *spec, .ndim = 2, .kind = "signal", .unit = "uV", .dtype = FNX_F8, .axes = axes
  };
  out[0] = spec;
  if (s->two)
    out[1] = spec;
  return FNX_OK;
}

/* One event every 50 samples: those of the block, or all each time. */
static fnx_status
count_events (fnx_call *c, const fnx_step *s, fnx_buf *b, int64_t first, int64_t n)
{
  static const char *const names[] = { "even", "odd" };
  double *onset = c->scratch (c, (size_t)(s->samples / 50 + 1) * sizeof *onset);
  const char **label = c->scratch (c, (size_t)(s->samples / 50 + 1) * sizeof *label);
  fnx_events e = { .struct_size = sizeof e, .onset = onset, .label = label };

  if (!onset || !label)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < s->samples; i += 50)
    if (s->all_events || (i >= first && i < first + n)) {
      onset[e.n] = (double)i / RATE;
      label[e.n++] = names[i / 50 % 2];
    }
  return c->buf->set_events (c, b, &e);
}

static fnx_status
count_push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  int64_t n = 1 + (s->pushes * 31) % s->block, first = s->at;
  fnx_buf *b;
  double *v;

  (void)in;
  if (s->block == s->samples)
    n = s->samples;
  if (n > s->samples - s->at)
    n = s->samples - s->at;
  if (n <= 0)
    return FNX_OK;
  s->pushes++;
  s->at += n;
  if (s->skip_at && s->pushes == s->skip_at)
    first++; /* a lie: one sample is missing */
  out[0] = b = block_of (c, NULL, first, n, RATE);
  if (!b || !(v = c->buf->write (c, b)))
    return FNX_E_NOMEM;
  for (int64_t k = 0; k < CHANNELS; k++)
    for (int64_t i = 0; i < n; i++)
      v[k * n + i] = value_of (first + i, k);
  if (s->two && (out[1] = b = block_of (c, NULL, first, n, RATE)) == NULL)
    return FNX_E_NOMEM;
  if (s->two && (v = c->buf->write (c, b)) != NULL)
    for (int64_t i = 0; i < CHANNELS * n; i++)
      v[i] = (double)(first + i % n);
  return count_events (c, s, (fnx_buf *)(uintptr_t)out[0], first, n);
}

/* ---- sum: centred moving sum; later samples wait for what comes next ------------------- */

static fnx_status
sum_create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = *out = step_new (c);

  if (s)
    s->width = c->param->integer (p, "width");
  return s ? FNX_OK : FNX_E_NOMEM;
}

/* Outputs [done, end) from what is kept, the last of which is sample at - 1. */
static fnx_status
sum_give (fnx_call *c, fnx_step *s, int64_t end, const fnx_buf **out)
{
  int64_t half = s->width / 2, n = end - s->done, first = s->at - s->n_past;
  fnx_buf *b = block_of (c, s->last, s->done, n, rate_of (c, s->last));
  double *v = b ? c->buf->write (c, b) : NULL;

  if (!v)
    return FNX_E_NOMEM;
  for (int64_t k = 0; k < CHANNELS; k++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = s->done + i - half; j <= s->done + i + half; j++)
        if (j >= first && j < s->at)
          v[k * n + i] += s->past[k * s->n_past + j - first];
  s->done = end;
  out[0] = b;
  return FNX_OK;
}

static fnx_status
sum_push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_tensor *x = c->buf->read (in[0]);
  int64_t n = x->shape[1], half = s->width / 2, keep, most;
  double *more;

  keep = s->at - s->done + half;
  if (keep > s->n_past)
    keep = s->n_past;
  most = keep + n;
  more = malloc (sizeof *more * (size_t)(CHANNELS * most) + 1);
  if (!more)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  for (int64_t k = 0; k < CHANNELS; k++) {
    if (keep)
      memcpy (more + k * most, s->past + (k + 1) * s->n_past - keep, (size_t)keep * sizeof *more);
    memcpy (more + k * most + keep, (const double *)x->data + k * n, (size_t)n * sizeof *more);
  }
  free (s->past);
  s->past = more;
  s->n_past = most;
  s->at += n;
  c->buf->unref (s->last);
  s->last = c->buf->ref (in[0]);
  return s->at - half > s->done ? sum_give (c, s, s->at - half, out) : FNX_OK;
}

static fnx_status
sum_drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  return s->at > s->done ? sum_give (c, s, s->at, out) : FNX_OK;
}

/* ---- half: every second sample ------------------------------------------------------------ */

static fnx_status
plain_create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  (void)p;
  *out = step_new (c);
  return *out ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
half_negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_axis *time = c->scratch (c, sizeof *time);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *spec = c->scratch (c, sizeof *spec);

  (void)s;
  if (!time || !axes || !spec)
    return FNX_E_NOMEM;
  *spec = *in[0];
  *time = *spec->axes[1];
  time->rate_num /= 2;
  time->size = time->size < 0 ? time->size : (time->size + 1) / 2;
  axes[0] = spec->axes[0];
  axes[1] = time;
  spec->axes = axes;
  out[0] = spec;
  return FNX_OK;
}

static fnx_status
half_push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_tensor *x = c->buf->read (in[0]);
  int64_t n = x->shape[1], from = s->at, first = (from + 1) / 2, end = (from + n + 1) / 2;
  fnx_buf *b;
  double *v;

  s->at += n;
  if (end == first)
    return FNX_OK; /* a single odd sample: nothing comes out */
  out[0] = b = block_of (c, in[0], first, end - first, rate_of (c, in[0]) / 2);
  if (!b || !(v = c->buf->write (c, b)))
    return FNX_E_NOMEM;
  for (int64_t k = 0; k < CHANNELS; k++)
    for (int64_t i = first; i < end; i++)
      v[k * (end - first) + i - first] = ((const double *)x->data)[k * n + 2 * i - from];
  return FNX_OK;
}

/* ---- mark: an event at every `every`-th sample --------------------------------------------- */

static fnx_status
mark_create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = *out = step_new (c);

  if (s)
    s->every = c->param->integer (p, "every");
  return s ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
mark_push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_events *old = c->buf->events (in[0]);
  const fnx_axis *time = c->buf->spec (in[0])->axes[1];
  size_t room = old->n + (size_t)(time->size / s->every) + 1, at = 0;
  double *onset = c->scratch (c, room * sizeof *onset);
  const char **label = c->scratch (c, room * sizeof *label);
  fnx_events e = { .struct_size = sizeof e, .onset = onset, .label = label };
  fnx_buf *b = c->buf->own (c, c->buf->ref (in[0]));

  if (!onset || !label || !b)
    return FNX_E_NOMEM;
  out[0] = b;
  for (int64_t i = (time->start + s->every - 1) / s->every * s->every; i < time->start + time->size; i += s->every) {
    double t = (double)i * (double)time->rate_den / (double)time->rate_num;

    for (; at < old->n && old->onset[at] <= t; at++) {
      label[e.n] = old->label[at];
      onset[e.n++] = old->onset[at];
    }
    label[e.n] = "mark";
    onset[e.n++] = t;
  }
  for (; at < old->n; at++) {
    label[e.n] = old->label[at];
    onset[e.n++] = old->onset[at];
  }
  return c->buf->set_events (c, b, &e);
}

/* ---- stop: fails, or is asked to stop, once it has seen `after` samples ---------------------- */

static fnx_status
stop_create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = *out = step_new (c);

  if (!s)
    return FNX_E_NOMEM;
  s->stop = c->param->integer (p, "after");
  s->two = (int)c->param->integer (p, "fail");
  return FNX_OK;
}

static fnx_status
stop_push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  s->at += c->buf->spec (in[0])->axes[1]->size;
  if (s->two && s->at >= s->stop)
    return c->fail (c, FNX_E_DATA, "after=%lld samples it gives up", (long long)s->stop);
  if (c->progress (c, (uint64_t)s->at, 0))
    return FNX_E_CANCELLED;
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

/* ---- whole: the same numbers, but it needs all of them at once ------------------------------- */

static fnx_status
whole_run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_axis *time = c->buf->spec (in[0])->axes[1];

  (void)s;
  if (time->start)
    return c->fail (c, FNX_E_BUG, "not the whole recording: it begins at %lld", (long long)time->start);
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

/* ---- meet: waits until another call is inside as well; alone: none may be ------------------- */

static atomic_int n_inside, n_most;

static void
inside (int wanted)
{
  const struct timespec pause = { .tv_nsec = 1000000 };
  int now = atomic_fetch_add (&n_inside, 1) + 1;

  for (int most = n_most; now > most && !atomic_compare_exchange_weak (&n_most, &most, now);)
    ;
  for (int i = 0; i < (wanted > 1 ? 20000 : 50) && n_most < wanted + (wanted == 1); i++)
    nanosleep (&pause, NULL);
  atomic_fetch_sub (&n_inside, 1);
}

static fnx_status
meet_run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s;
  inside (2);
  if (n_most < 2)
    return c->fail (c, FNX_E_DATA, "nobody else came in");
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

static fnx_status
alone_run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s;
  inside (1);
  if (n_most > 1)
    return c->fail (c, FNX_E_DATA, "somebody else came in");
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

/* ---- descriptors -------------------------------------------------------------------------------- */

static const fnx_ext_stream count_stream = { sizeof count_stream, 0, start, count_push, NULL, NULL };
static const fnx_ext_stream sum_stream = { sizeof sum_stream, 0, start, sum_push, sum_drain, NULL };
static const fnx_ext_stream half_stream = { sizeof half_stream, 0, start, half_push, NULL, NULL };
static const fnx_ext_stream mark_stream = { sizeof mark_stream, 0, start, mark_push, NULL, NULL };
static const fnx_ext_stream stop_stream = { sizeof stop_stream, 0, start, stop_push, NULL, NULL };
static const fnx_ext_reader reader = { .struct_size = sizeof reader, .scheme = "count" };

#define EXTENSION(name)                                                                                                \
  static const void *name##_extension (const fnx_step *s, const char *id)                                              \
  {                                                                                                                    \
    (void)s;                                                                                                           \
    return strcmp (id, FNX_STREAM) ? NULL : &name##_stream;                                                            \
  }
EXTENSION (sum)
EXTENSION (half)
EXTENSION (mark)
EXTENSION (stop)

static const void *
count_extension (const fnx_step *s, const char *id)
{
  (void)s;
  if (!strcmp (id, FNX_READER))
    return &reader;
  return strcmp (id, FNX_STREAM) ? NULL : &count_stream;
}

#define INTEGER(var, label, value, most)                                                                               \
  static const fnx_param_desc var = { .struct_size = sizeof var,                                                       \
                                      .type = FNX_T_INT,                                                               \
                                      .name = label,                                                                   \
                                      .doc = "see the source",                                                         \
                                      .fallback = value,                                                               \
                                      .max = most }
#define SWITCH(var, label, value)                                                                                      \
  static const fnx_param_desc var                                                                                      \
      = { .struct_size = sizeof var, .type = FNX_T_BOOL, .name = label, .doc = "see the source", .fallback = value }
static const fnx_param_desc p_what
    = { .struct_size = sizeof p_what, .type = FNX_T_TEXT, .flags = FNX_P_MAIN, .name = "what", .doc = "any word" };
INTEGER (p_samples, "samples", "1000", 1e6);
INTEGER (p_block, "block", "64", 1e6);
INTEGER (p_skip, "skip", "0", 1e6);
INTEGER (p_width, "width", "5", 1e6);
INTEGER (p_every, "every", "30", 1e6);
INTEGER (p_after, "after", "500", 1e6);
SWITCH (p_known, "known", "yes");
SWITCH (p_all, "all-events", "no");
SWITCH (p_two, "two", "no");
SWITCH (p_fail, "fail", "no");
static const fnx_param_desc *const count_params[]
    = { &p_what, &p_samples, &p_block, &p_known, &p_all, &p_skip, &p_two, NULL };
static const fnx_param_desc *const sum_params[] = { &p_width, NULL }, *const mark_params[] = { &p_every, NULL },
                                   *const stop_params[] = { &p_after, &p_fail, NULL };

static const fnx_port_desc port = { sizeof port, 0, "x", "signal[channel,time]", "a signal" };
static const fnx_port_desc second = { sizeof second, FNX_PORT_OPTIONAL, "index", "signal[channel,time]", "positions" };
static const fnx_port_desc *const none[] = { NULL }, *const one[] = { &port, NULL },
                                  *const both[] = { &port, &second, NULL };

#define STEP_OF(var, label, in, out, prm, mk, neg, go, ext, flag, how)                                                 \
  static const fnx_step_desc var = { .struct_size = sizeof var,                                                        \
                                     .flags = FNX_S_DETERMINISTIC | (flag),                                            \
                                     .threads = how,                                                                   \
                                     .revision = 1,                                                                    \
                                     .id = "org.fornix.test.exec." label,                                              \
                                     .name = "t-" label,                                                               \
                                     .title = "a step of the executor's tests",                                        \
                                     .doc = "See the source.",                                                         \
                                     .example = "fornix run count:x ! t-sum",                                          \
                                     .inputs = in,                                                                     \
                                     .outputs = out,                                                                   \
                                     .params = prm,                                                                    \
                                     .create = mk,                                                                     \
                                     .destroy = destroy,                                                               \
                                     .negotiate = neg,                                                                 \
                                     .run = go,                                                                        \
                                     .extension = ext }
#define STEP(...) STEP_OF (__VA_ARGS__, FNX_THREADS_SERIAL_STEP)
STEP (count, "count", none, both, count_params, count_create, count_negotiate, NULL, count_extension, FNX_S_SOURCE);
STEP (sum, "sum", one, one, sum_params, sum_create, NULL, NULL, sum_extension, 0);
STEP (half, "half", one, one, NULL, plain_create, half_negotiate, NULL, half_extension, 0);
STEP (mark, "mark", one, one, mark_params, mark_create, NULL, NULL, mark_extension, 0);
STEP (stop, "stop", one, one, stop_params, stop_create, NULL, NULL, stop_extension, 0);
STEP (whole, "whole", one, one, NULL, plain_create, NULL, whole_run, NULL, 0);
STEP (meet, "meet", one, one, NULL, plain_create, NULL, meet_run, NULL, 0);
STEP_OF (alone, "alone", one, one, NULL, plain_create, NULL, alone_run, NULL, 0, FNX_THREADS_SERIAL_ALL);

static const fnx_step_desc *const steps[] = { &count, &sum, &half, &mark, &stop, &whole, &meet, &alone, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "exec_steps", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
