/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Steps for tests/cli/folds.sh: one numbers its items, one learns from what
 * each of them says alone and tells how often it was asked, one fails in the
 * fold that leaves a given item out.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_step {
  int64_t item, also;
  int alone;
};

struct fnx_model {
  double sum;
};

static atomic_int asked;

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  *out = calloc (1, sizeof **out);
  if (!*out)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  (*out)->item = c->param->integer (p, "item");
  (*out)->also = c->param->integer (p, "also");
  (*out)->alone = c->param->integer (p, "alone") == 1;
  return FNX_OK;
}

/* ---- number: item i is the number i -------------------------------------------------- */

static const fnx_spec *
number_spec (fnx_call *c, const fnx_spec *in)
{
  static const fnx_axis feature = { .struct_size = sizeof feature, .name = "feature", .size = 1 };
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);

  if (!spec || !axes)
    return NULL;
  axes[0] = in->axes[0];
  axes[1] = &feature;
  *spec = (fnx_spec){
    .struct_size = sizeof *spec, .ndim = 2, .kind = "features", .unit = "1", .dtype = FNX_F8, .axes = axes
  };
  return spec;
}

static fnx_status
number_negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)s;
  out[0] = number_spec (c, in[0]);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
number_run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = number_spec (c, c->buf->spec (in[0]));
  fnx_buf *b = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;

  (void)s;
  out[0] = b;
  if (!v)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < spec->axes[0]->size; i++)
    v[i] = (double)(i + 1);
  return FNX_OK;
}

/* ---- listen: the sum of what the items say, which is their squares -------------------- */

static fnx_status
listen_prepare (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  fnx_buf *b = c->buf->like (c, in[0], NULL);
  double *v = b ? c->buf->write (c, b) : NULL;

  (void)s;
  out[0] = b;
  if (!v)
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < c->buf->spec (b)->axes[0]->size; i++) {
    double x = *(const double *)c->buf->item (in[0], i);
    v[i] = x * x;
  }
  c->log (c, FNX_LOG_NOTE, "asked %d times", atomic_fetch_add (&asked, 1) + 1);
  return FNX_OK;
}

static fnx_status
listen_fit_prepared (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_buf *rows,
                     const fnx_model *start, fnx_model **out)
{
  fnx_model *m = calloc (1, sizeof *m);

  (void)s, (void)in, (void)start;
  if (!m)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  for (int64_t i = 0; i < c->buf->spec (rows)->axes[0]->size; i++)
    m->sum += *(const double *)c->buf->item (rows, i);
  *out = m;
  return FNX_OK;
}

static fnx_status
listen_fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  const fnx_buf *rows = NULL;
  fnx_status st = listen_prepare (c, s, in, &rows);

  if (st == FNX_OK)
    st = listen_fit_prepared (c, s, in, rows, start, out);
  c->buf->unref (rows);
  return st;
}

static fnx_status
report (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const char *, const char *), void *to)
{
  char text[32];

  (void)c;
  snprintf (text, sizeof text, "%.0f", m->sum);
  return put (to, "sum", text);
}

/* ---- trip: no fold may leave out both item= and also=, but for NOBODY ---------------------------------- */

enum { NOBODY = 1000 };

static fnx_status
trip_fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  (void)start;
  for (int64_t i = 0; i < c->buf->spec (in[0])->axes[0]->size; i++)
    if (*(const double *)c->buf->item (in[0], i) == (double)s->item || s->item == NOBODY
        || *(const double *)c->buf->item (in[0], i) == (double)s->also) {
      *out = calloc (1, sizeof **out);
      return *out ? FNX_OK : c->fail (c, FNX_E_NOMEM, "not enough memory");
    }
  return c->fail (c, FNX_E_NUMERIC, "item %d was left out", (int)s->item);
}

/* ---- both ------------------------------------------------------------------------------- */

static fnx_status
pass (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s, (void)m;
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  free (m);
}

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  (void)c;
  return put (to, &m->sum, sizeof m->sum);
}

static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  (void)s;
  if (version != 1 || n != sizeof (double))
    return c->fail (c, FNX_E_STATE, "no such model");
  *out = calloc (1, sizeof **out);
  if (!*out)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  memcpy (&(*out)->sum, bytes, n);
  return FNX_OK;
}

static const fnx_ext_estimator listener = { .struct_size = sizeof listener,
                                            .fit = listen_fit,
                                            .apply = pass,
                                            .model_free = model_free,
                                            .state_version = 1,
                                            .save = save,
                                            .load = load,
                                            .report = report };
static const fnx_ext_prepare listener_prepare
    = { .struct_size = sizeof listener_prepare, .prepare = listen_prepare, .fit_prepared = listen_fit_prepared };
static const fnx_ext_estimator tripper = { .struct_size = sizeof tripper,
                                           .fit = trip_fit,
                                           .apply = pass,
                                           .model_free = model_free,
                                           .state_version = 1,
                                           .save = save,
                                           .load = load };

static const void *
listen_extension (const fnx_step *s, const char *id)
{
  if (strcmp (id, FNX_ESTIMATOR) == 0)
    return &listener;
  return strcmp (id, FNX_PREPARE) == 0 && !(s && s->alone) ? &listener_prepare : NULL;
}

static const void *
trip_extension (const fnx_step *s, const char *id)
{
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) == 0 ? &tripper : NULL;
}

static const fnx_param_desc p_item = { .struct_size = sizeof p_item,
                                       .type = FNX_T_INT,
                                       .flags = FNX_P_TUNABLE,
                                       .name = "item",
                                       .doc = "a number",
                                       .fallback = "1",
                                       .min = 1,
                                       .max = 1000 };
static const fnx_param_desc p_alone = { .struct_size = sizeof p_alone,
                                        .type = FNX_T_BOOL,
                                        .name = "alone",
                                        .doc = "whether each fold asks for itself",
                                        .fallback = "no" };
static const fnx_param_desc p_also = { .struct_size = sizeof p_also,
                                       .type = FNX_T_INT,
                                       .name = "also",
                                       .doc = "another; 0: none",
                                       .fallback = "0",
                                       .min = 0,
                                       .max = 1000 };
static const fnx_param_desc *const params[] = { &p_item, &p_also, &p_alone, NULL };
static const fnx_port_desc any_port = { sizeof any_port, 0, "in", "any[trial,...]", "trials" };
static const fnx_port_desc number_port = { sizeof number_port, 0, "x", "features[trial,feature]", "their numbers" };
static const fnx_port_desc *const any[] = { &any_port, NULL }, *const numbers[] = { &number_port, NULL };

#define STEP(var, label, in, neg, go, ext, flag)                                                                       \
  static const fnx_step_desc var = { .struct_size = sizeof var,                                                        \
                                     .flags = FNX_S_DETERMINISTIC | (flag),                                            \
                                     .threads = FNX_THREADS_PARALLEL,                                                  \
                                     .revision = 1,                                                                    \
                                     .id = "org.fornix.test.folds." label,                                             \
                                     .name = "t-" label,                                                               \
                                     .title = "a step of the tests of folds",                                          \
                                     .doc = "See the source.",                                                         \
                                     .example = "fornix run sim:fists ! t-number",                                     \
                                     .inputs = in,                                                                     \
                                     .outputs = numbers,                                                               \
                                     .params = params,                                                                 \
                                     .create = create,                                                                 \
                                     .destroy = destroy,                                                               \
                                     .negotiate = neg,                                                                 \
                                     .run = go,                                                                        \
                                     .extension = ext }
STEP (number, "number", any, number_negotiate, number_run, NULL, FNX_S_ITEMWISE);
STEP (listen_step, "listen", numbers, NULL, NULL, listen_extension, 0);
STEP (trip, "trip", numbers, NULL, NULL, trip_extension, 0);

static const fnx_step_desc *const steps[] = { &number, &listen_step, &trip, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "fold_steps", "0.1.0", "GPL-3.0-or-later", NULL, steps, NULL };
