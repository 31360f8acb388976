/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What passing a buffer from step to step costs the host: a step that hands on
 * what it takes, with whole buffers and in blocks, beside copying the values.
 * Goal: below a microsecond, no copy.
 */
#include <time.h>

#include "core/exec.h"
#include "core/pool.h"
#include "tests/harness.h"

enum { CHANNELS = 64, SAMPLES = 16384, STEPS = 8, TIMES = 20000 };

static const fnx_buf *block; /* 8 MB that all steps hand on */
static const void *place;    /* of its values */
static int copies;
static int64_t blocks_left;

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static fnx_status
hand_on (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s;
  copies += c->buf->read (in[0])->data != place;
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

static fnx_status
source_negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)c, (void)s, (void)in;
  out[0] = buffer_spec (block);
  return FNX_OK;
}

static fnx_status
source_push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s, (void)in;
  if (blocks_left-- > 0)
    out[0] = c->buf->ref (block);
  return FNX_OK;
}

/* The last step keeps nothing. */
static fnx_status
swallow (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s, (void)out;
  copies += c->buf->read (in[0])->data != place;
  if (blocks_left <= 0)
    out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

static const fnx_ext_stream pass_stream = { .struct_size = sizeof pass_stream, .push = hand_on };
static const fnx_ext_stream source_stream = { .struct_size = sizeof source_stream, .push = source_push };
static const fnx_ext_stream end_stream = { .struct_size = sizeof end_stream, .push = swallow };

#define EXTENSION(name)                                                                                                \
  static const void *name##_extension (const fnx_step *s, const char *id)                                              \
  {                                                                                                                    \
    (void)s;                                                                                                           \
    return strcmp (id, FNX_STREAM) ? NULL : &name##_stream;                                                            \
  }
EXTENSION (pass)
EXTENSION (source)
EXTENSION (end)

static const fnx_port_desc port = { .struct_size = sizeof port, .name = "x", .what = "signal[channel,time]" };
static const fnx_port_desc *const none[] = { NULL }, *const one[] = { &port, NULL };

#define STEP(var, words, in, flag, neg, go, ext)                                                                       \
  static const fnx_step_desc var = { .struct_size = sizeof var,                                                        \
                                     .flags = flag,                                                                    \
                                     .threads = FNX_THREADS_PARALLEL,                                                  \
                                     .id = "org.fornix.bench." words,                                                  \
                                     .name = words,                                                                    \
                                     .inputs = in,                                                                     \
                                     .outputs = one,                                                                   \
                                     .negotiate = neg,                                                                 \
                                     .run = go,                                                                        \
                                     .extension = ext }
STEP (whole, "whole", one, 0, NULL, hand_on, NULL);
STEP (pass, "pass", one, 0, NULL, NULL, pass_extension);
STEP (source, "source", none, FNX_S_SOURCE, source_negotiate, NULL, source_extension);
STEP (last, "last", one, 0, NULL, NULL, end_extension);

static void
must (fnx_status s, fault *f)
{
  if (s != FNX_OK) {
    fprintf (stderr, "%s\n", f->text ? f->text : "failed");
    exit (1);
  }
}

static void
add (scope *s, const fnx_step_desc *d)
{
  chain_step line = { .name = (char *)(uintptr_t)d->name, .desc = d };
  fault f = FAULT_INIT;

  must (scope_add (s, &line, &f), &f);
}

/* Microseconds a step: buffers that are there already. */
static double
whole_buffers (session *ses)
{
  fault f = FAULT_INIT;
  scope s;
  double t;

  scope_begin (&s, ses, "bench", NULL);
  s.main = scope_slot (&s, NULL, "bench", buffer_spec (block), &f);
  for (int i = 0; i < STEPS; i++)
    add (&s, &whole);
  t = cpu ();
  for (int i = 0; i < TIMES; i++) {
    scope_give (&s, 0, buffer_ref (block));
    must (scope_run (&s, 0, STEPS, &f), &f);
  }
  t = cpu () - t;
  scope_end (&s);
  return 1e6 * t / TIMES / STEPS;
}

static double
in_blocks (session *ses)
{
  fault f = FAULT_INIT;
  scope s;
  double t;

  scope_begin (&s, ses, "bench", NULL);
  add (&s, &source);
  for (int i = 0; i < STEPS - 2; i++)
    add (&s, &pass);
  add (&s, &last);
  blocks_left = TIMES;
  t = cpu ();
  must (scope_run (&s, 0, STEPS, &f), &f);
  t = cpu () - t;
  scope_end (&s);
  return 1e6 * t / TIMES / STEPS;
}

static double
copied (void)
{
  size_t bytes = sizeof (double) * CHANNELS * SAMPLES;
  char *to = malloc (bytes);
  double t;

  memset (to, 1, bytes);
  t = cpu ();
  for (int i = 0; i < 200; i++) {
    memcpy (to, place, bytes);
    __asm__ volatile("" : : "r"(to) : "memory");
  }
  t = cpu () - t;
  free (to);
  return 1e6 * t / 200;
}

static void
row (const char *what, double us, const char *goal)
{
  printf ("%-52s %10.3f %s\n", what, us, goal);
}

int
main (void)
{
  session ses = { .threads = 1, .seed = 1 };
  fnx_buf *b;

  b = t_buf ("signal[channel,time]", NULL, (long)CHANNELS, (long)SAMPLES);
  block = b;
  place = buffer_read (b)->data;
  printf ("%-52s %10s\n", "64 channels x 16384 samples (8 MB) to the next step", "us");
  row ("fornix, whole buffers", whole_buffers (&ses), "goal 1");
  row ("fornix, blocks of a stream", in_blocks (&ses), "goal 1");
  row ("beside: memcpy of the values", copied (), "");
  printf ("copies made on the way: %d\n", copies);
  buffer_unref (block);
  return copies != 0;
}
