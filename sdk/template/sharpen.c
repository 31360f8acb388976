/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sharpen: make the fast changes of each channel larger.  With m(t) a moving
 * average of the channel, m(t) = m(t-1) + (x(t) - m(t-1)) / 16,
 *
 *     y(t) = x(t) + factor * (x(t) - m(t))
 *
 * It works block by block, and keeps m of each channel from one to the next.
 */
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_step {
  double factor;
  double *mean; /* [channel]; NULL before the first block */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  s->factor = c->param->real (p, "factor");
  *out = s;
  return FNX_OK;
}

/* A block of one channel: n samples x become y. */
static void
one_channel (double factor, double *mean, const double *x, double *y, int64_t n)
{
  int64_t t;
  for (t = 0; t < n; t++) {
    *mean += (x[t] - *mean) / 16;
    y[t] = x[t] + factor * (x[t] - *mean); /* your own idea goes here */
  }
}

static void
destroy (fnx_step *s)
{
  free (s->mean);
  free (s);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)max_block;
  free (s->mean);
  s->mean = NULL;
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_tensor *x = c->buf->read (in[0]); /* [channel][time] */
  int64_t n = x->shape[1], k;
  fnx_buf *y = c->buf->like (c, in[0], NULL); /* names, events, metadata come over */
  double *to = y ? c->buf->write (c, y) : NULL;
  out[0] = y;
  if (!s->mean)
    s->mean = calloc ((size_t)x->shape[0] + 1, sizeof *s->mean);
  if (!to || !s->mean)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  for (k = 0; k < x->shape[0]; k++)
    one_channel (s->factor, &s->mean[k], (const double *)x->data + k * n, to + k * n, n);
  return c->progress (c, 1, 1) ? FNX_E_CANCELLED : FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { sizeof stream, 0, start, push, NULL, NULL };
  (void)s;
  return strcmp (id, FNX_STREAM) ? NULL : &stream;
}

static const fnx_port_desc x = { sizeof x, 0, "x", "signal[channel,time]", "the signal" };
static const fnx_port_desc y = { sizeof y, 0, "y", "the same", "the same, sharper" };
static const fnx_port_desc *const inputs[] = { &x, NULL }, *const outputs[] = { &y, NULL };
/* clang-format off */
static const fnx_param_desc factor = { sizeof factor, FNX_T_REAL, FNX_P_TUNABLE | FNX_P_MAIN, 0, "factor", NULL,
  "how much is added of what is fast", "1", 0, 100, NULL, NULL };
static const fnx_param_desc *const params[] = { &factor, NULL };
static const fnx_step_desc step = { sizeof step, FNX_S_DETERMINISTIC, FNX_THREADS_SERIAL_STEP, 1,
  "lab.example.sharpen", "sharpen", "make fast changes larger",
  "Adds to each channel what differs from its moving average, times factor.", NULL, NULL,
  "fornix run sim:fists ! sharpen factor=2 ! psd", inputs, outputs, params,
  create, destroy, NULL, NULL, extension };
static const fnx_step_desc *const steps[] = { &step, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "sharpen", "0.1.0", "BSD-2-Clause", NULL, steps, NULL };
