/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Learns the mean of each feature and takes it away.  It keeps the contract,
 * unless $FORNIX_TEST_FAULT plants a fault; see tests/sdk/check.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_step {
  uint64_t fits;
};

struct fnx_model {
  uint64_t n;
  double mean[];
};

enum { CHECK = 0x6d65616e }; /* "mean" */

static int
bad (const char *fault)
{
  const char *planted = getenv ("FORNIX_TEST_FAULT");

  return planted && !strcmp (planted, fault);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  (void)p;
  *out = calloc (1, sizeof **out);
  return *out ? FNX_OK : c->fail (c, FNX_E_NOMEM, "not enough memory");
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_model *
model_new (uint64_t n)
{
  fnx_model *m = n < 100000 ? calloc (1, sizeof *m + n * sizeof (double)) : NULL;

  if (m)
    m->n = n;
  return m;
}

static void
model_free (fnx_model *m)
{
  if (!bad ("model-leak"))
    free (m);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *from, fnx_model **out)
{
  const fnx_tensor *x = c->buf->read (in[0]);
  int64_t rows = x->shape[0], n = x->shape[1];
  fnx_model *m;

  (void)s, (void)from;
  if (rows < 1)
    return c->fail (c, FNX_E_DATA, "no trials to learn a mean from\nuse a longer recording");
  if (!(m = model_new ((uint64_t)n)))
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  for (int64_t i = 0; i < rows; i++)
    for (int64_t k = 0; k < n; k++)
      m->mean[k] += ((const double *)x->data)[i * n + k] / (double)rows;
  if (n && bad ("fit"))
    m->mean[0] += (double)((fnx_step *)(uintptr_t)s)->fits++;
  *out = m;
  return FNX_OK;
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_tensor *x = c->buf->read (in[0]);
  int64_t rows = x->shape[0], n = x->shape[1];
  fnx_buf *y;
  double *to;

  (void)s;
  if ((uint64_t)n != m->n)
    return c->fail (c, FNX_E_SPEC, "%lld features; the model has %llu", (long long)n, (unsigned long long)m->n);
  out[0] = y = c->buf->like (c, in[0], NULL);
  if (!y || !(to = c->buf->write (c, y)))
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < rows * n; i++)
    to[i] = ((const double *)x->data)[i] - m->mean[i % n];
  return FNX_OK;
}

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  uint64_t head[2] = { CHECK, m->n };

  (void)c;
  if (bad ("save"))
    head[0] |= (uint64_t)(uintptr_t)m << 32;
  if (put (to, head, sizeof head))
    return FNX_E_NOMEM;
  return put (to, m->mean, (size_t)m->n * sizeof (double));
}

static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  uint64_t head[2] = { 0, 0 };
  fnx_model *m;

  (void)s;
  if (version != 1 && !bad ("future"))
    return c->fail (c, FNX_E_STATE, "a model of version %u; this step knows version 1", (unsigned)version);
  if (n >= sizeof head)
    memcpy (head, bytes, sizeof head);
  if (bad ("state"))
    head[1] = n >= sizeof head ? (n - sizeof head) / sizeof (double) : 0;
  else if ((uint32_t)head[0] != CHECK || head[1] > 100000)
    return c->fail (c, FNX_E_STATE, "no model of this step");
  else if (n - sizeof head != head[1] * sizeof (double) && !bad ("trust"))
    return c->fail (c, FNX_E_STATE, "%zu bytes for %llu means", n, (unsigned long long)head[1]);
  if (!(m = model_new (head[1])))
    return c->fail (c, FNX_E_STATE, "no model of this step");
  if (n > sizeof head)
    memcpy (m->mean, (const char *)bytes + sizeof head, head[1] * sizeof (double));
  *out = m;
  return FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_estimator estimator
      = { sizeof estimator, 0, fit, apply, model_free, 1, 0, save, load, "means", 0 };

  (void)s;
  return strcmp (id, FNX_ESTIMATOR) ? NULL : &estimator;
}

static const fnx_port_desc x = { sizeof x, 0, "x", "features[trial,feature]", "what is centred" };
static const fnx_port_desc y = { sizeof y, 0, "y", "the same", "centred" };
static const fnx_port_desc *const inputs[] = { &x, NULL }, *const outputs[] = { &y, NULL };
static const fnx_step_desc step = { sizeof step,
                                    FNX_S_DETERMINISTIC,
                                    FNX_THREADS_PARALLEL,
                                    1,
                                    "org.fornix.test.centre",
                                    "test-centre",
                                    "take the mean away",
                                    "Learns the mean of each feature and takes it away.",
                                    NULL,
                                    NULL,
                                    "fornix run sim:fists ! test-centre",
                                    inputs,
                                    outputs,
                                    NULL,
                                    create,
                                    destroy,
                                    NULL,
                                    NULL,
                                    extension };
static const fnx_step_desc *const steps[] = { &step, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "bad_model", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
