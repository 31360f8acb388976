/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Example 1: gain.  The smallest useful step: one setting, whole buffers.
 *
 *     cc -shared -fPIC $(pkg-config --cflags fornix-sdk) -o gain.so example1-gain.c
 *     fornix --plugin-path . run recording.edf ! lab-gain factor=1000 ! write out.edf
 */
#include <stdlib.h>

#include "fornix/plugin.h"

/* What create() keeps and run() needs. */
struct fnx_step {
  double factor;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = malloc (sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  /* Parsed, converted and range-checked by the host already. */
  s->factor = c->param->real (p, "factor");
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  /* Values are dense, the last axis fastest, so one loop does for any axes. */
  const fnx_tensor *x = c->buf->read (in[0]);
  const double *from = x->data;
  fnx_buf *y = c->buf->like (c, in[0], NULL); /* same axes, events and metadata */
  double *to = y ? c->buf->write (c, y) : NULL;
  int64_t n = 1, i;
  int32_t d;

  out[0] = y; /* the host releases it, whatever we return */
  if (!to)
    return FNX_E_NOMEM; /* like() or write() has said why */
  for (d = 0; d < x->ndim; d++)
    n *= x->shape[d];
  for (i = 0; i < n; i++)
    to[i] = s->factor * from[i];
  return FNX_OK;
}

/* All about the step is static data: help, manual page and completion come
 * from it. */
static const fnx_port_desc x = { sizeof x, 0, "x", "signal[channel,time] or epochs[trial,channel,time]", "any signal" };
static const fnx_port_desc y = { sizeof y, 0, "y", "the same", "each value times factor" };
static const fnx_port_desc *const inputs[] = { &x, NULL };
static const fnx_port_desc *const outputs[] = { &y, NULL };

static const fnx_param_desc factor = {
  sizeof factor,
  FNX_T_REAL,
  FNX_P_REQUIRED | FNX_P_MAIN, /* lab-gain 1000 is enough */
  0,
  "factor",
  NULL, /* no unit */
  "what each value is multiplied by",
  NULL, /* no default, as it is required */
  -1e9, /* limits */
  1e9,
  NULL,
  NULL,
};
static const fnx_param_desc *const params[] = { &factor, NULL };

static const fnx_step_desc gain = {
  sizeof gain,
  FNX_S_DETERMINISTIC,
  FNX_THREADS_PARALLEL, /* run() only reads the step: any number at once */
  1,                    /* revision: one more whenever the numbers change */
  "lab.example.gain",
  "lab-gain",
  "multiply by a constant",
  "Multiplies each value by factor.\n\nThe unit stays as it is, so this is for repairing recordings whose unit is "
  "wrong.",
  NULL,
  NULL,
  "fornix run sim:fists ! lab-gain factor=1000 ! psd",
  inputs,
  outputs,
  params,
  create,
  destroy,
  NULL, /* negotiate: what comes out has the type of what goes in */
  run,
  NULL, /* no extensions */
};

static const fnx_step_desc *const steps[] = { &gain, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "example1", "0.1.0", "BSD-2-Clause", NULL, steps, NULL };
