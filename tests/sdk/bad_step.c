/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A running sum of each channel that streams.  It keeps the contract, unless
 * $FORNIX_TEST_FAULT plants a fault; tests/sdk/check.c says which test of
 * `fornix check` must find it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_step {
  double sum[512];
  int64_t seen;
};

static const void *volatile lost; /* so that the compiler keeps what leaks */

static int
bad (const char *fault)
{
  const char *planted = getenv ("FORNIX_TEST_FAULT");

  return planted && !strcmp (planted, fault);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);

  (void)p;
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c;
  (void)max_block;
  memset (s, 0, sizeof *s);
  return FNX_OK;
}

typedef struct job {
  fnx_step *s;
  const double *x;
  double *y;
  int64_t n;
} job;

static fnx_status
one_channel (void *arg, size_t k, uint32_t worker)
{
  job *j = arg;
  double sum = j->s->sum[k];

  (void)worker;
  for (int64_t i = 0; i < j->n; i++)
    j->y[(int64_t)k * j->n + i] = sum += j->x[(int64_t)k * j->n + i];
  j->s->sum[k] = sum;
  return FNX_OK;
}

/* The spec without what travels with the data. */
static fnx_buf *
bare (fnx_call *c, const fnx_buf *in)
{
  const fnx_spec *s = c->buf->spec (in);
  fnx_axis *a = c->scratch (c, 2 * sizeof *a);
  const fnx_axis **list = c->scratch (c, 2 * sizeof *list);
  fnx_spec copy = *s;

  for (int i = 0; i < 2; i++) {
    a[i] = *s->axes[i];
    a[i].labels = NULL;
    list[i] = &a[i];
  }
  copy.axes = list;
  return c->buf->like (c, NULL, &copy);
}

/* Faults that need no more than what push has at hand. */
static void
misbehave (fnx_call *c, fnx_step *s, const fnx_buf *in, const fnx_tensor *x, double *y)
{
  size_t total = (size_t)(x->shape[0] * x->shape[1]);

  if (total && bad ("outside"))
    y[total] = 1;
  if (total && bad ("before"))
    y[-1] = 1;
  if (total && bad ("input"))
    ((double *)x->data)[total - 1] = 0;
  if (bad ("leak"))
    lost = malloc (100);
  if (bad ("keep"))
    lost = c->buf->ref (in);
  if (!total && bad ("empty"))
    s->sum[0] = (double)(x->shape[0] % x->shape[1]);
  if (!total && bad ("exit"))
    exit (0);
  if (bad ("print"))
    printf ("%zu values\n", total);
  if (total && bad ("random")) {
    lost = malloc (8);
    y[0] += (double)(uintptr_t)lost;
  }
  /* volatile: a compiler may take for granted that other loops end */
  for (volatile int turns = 0; total && isnan (y[0]) && bad ("hang"); turns = !turns)
    ;
  for (size_t i = 0; i < total && bad ("threads"); i++)
    y[i] *= 1 + 1e-15 * c->max_threads;
  if (bad ("blocks"))
    s->sum[0] = 0;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_tensor *x = c->buf->read (in[0]);
  fnx_buf *y = bad ("meta") ? bare (c, in[0]) : c->buf->like (c, in[0], NULL);
  job j = { s, x->data, y ? c->buf->write (c, y) : NULL, x->shape[1] };
  fnx_status status;

  out[0] = y;
  if (!j.y)
    return FNX_E_NOMEM;
  if (x->shape[0] > 512)
    return c->fail (c, FNX_E_DATA, "%lld channels; at most 512", (long long)x->shape[0]);
  if (x->shape[0] && x->shape[1] && isnan (j.x[0]) && bad ("silent"))
    return FNX_E_DATA;
  status = c->parallel (c, (size_t)x->shape[0], one_channel, &j);
  misbehave (c, s, in[0], x, j.y);
  s->seen += x->shape[1];
  if (c->progress (c, 1, 1) && !bad ("cancel"))
    return FNX_E_CANCELLED;
  return status;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_spec *other = c->scratch (c, sizeof *other);

  (void)s;
  if (!other)
    return FNX_E_NOMEM;
  *other = *in[0];
  if (bad ("types"))
    other->kind = "series";
  out[0] = other;
  return FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { sizeof stream, 0, start, push, NULL, NULL };

  (void)s;
  return strcmp (id, FNX_STREAM) ? NULL : &stream;
}

static const fnx_port_desc x = { sizeof x, 0, "x", "signal[channel,time]", "what is summed" };
static const fnx_port_desc y = { sizeof y, 0, "y", "the same", "the sums" };
static const fnx_port_desc *const inputs[] = { &x, NULL }, *const outputs[] = { &y, NULL };
static const fnx_step_desc step = { sizeof step,
                                    FNX_S_DETERMINISTIC,
                                    FNX_THREADS_SERIAL_STEP,
                                    1,
                                    "org.fornix.test.sum",
                                    "test-sum",
                                    "sum up each channel",
                                    "Gives the sum of all samples so far.",
                                    NULL,
                                    NULL,
                                    "fornix run sim:fists ! test-sum",
                                    inputs,
                                    outputs,
                                    NULL,
                                    create,
                                    destroy,
                                    negotiate,
                                    NULL,
                                    extension };
static const fnx_step_desc *const steps[] = { &step, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "bad_step", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
