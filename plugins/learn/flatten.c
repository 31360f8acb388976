/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flatten: whatever a trial holds, as one row of features.
 */
#include "plugins/learn/learn.h"

#include <stdio.h>

/* Values of a trial: `outer` times a block of rows x cols, of which a square
 * one over one and the same axis is symmetric and gives its upper triangle. */
typedef struct layout {
  int64_t outer, rows, cols;
  bool square;
} layout;

static layout
layout_of (const fnx_spec *s)
{
  layout l = { 1, 1, 1, false };
  int n = s->ndim;
  if (n > 2 && s->axes[n - 1]->size == s->axes[n - 2]->size && strcmp (s->axes[n - 1]->name, s->axes[n - 2]->name) == 0)
    l.square = true;
  l.cols = n > 1 ? s->axes[n - 1]->size : 1;
  l.rows = n > 2 ? s->axes[n - 2]->size : 1;
  for (int k = 1; k < n - 2; k++)
    l.outer = l.outer == FNX_UNKNOWN || s->axes[k]->size == FNX_UNKNOWN ? FNX_UNKNOWN : l.outer * s->axes[k]->size;
  return l;
}

static bool
hollow (const fnx_spec *s)
{
  return strcmp (s->kind, "connectivity") == 0;
}

/* Numbers of a square block: with its diagonal, but for connectivity, where it says nothing. */
static int64_t
triangle (const fnx_spec *s, int64_t n)
{
  return hollow (s) ? n * (n - 1) / 2 : n * (n + 1) / 2;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  (void)p;
  *out = learn_alloc (c, 1, 1);
  return *out ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *step, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  fnx_spec *s = c->scratch (c, sizeof *s);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  layout l = layout_of (in[0]);
  (void)step;
  if (!feature || !s || !axes)
    return FNX_E_NOMEM;
  int64_t block = FNX_UNKNOWN, all = FNX_UNKNOWN;
  if (l.rows != FNX_UNKNOWN && l.cols != FNX_UNKNOWN && l.outer != FNX_UNKNOWN) {
    block = l.square ? triangle (in[0], l.rows) : l.rows * l.cols;
    if (__builtin_mul_overflow (l.outer, block, &all))
      return c->fail (c, FNX_E_SPEC, "a trial of %s has more values than there can be features", c->recording);
  }
  *feature = (fnx_axis){ .struct_size = sizeof *feature, .name = "feature", .size = all };
  axes[0] = in[0]->axes[0];
  axes[1] = feature;
  *s = (fnx_spec){
    .struct_size = sizeof *s, .ndim = 2, .kind = "features", .unit = in[0]->unit, .dtype = FNX_F8, .axes = axes
  };
  out[0] = s;
  return FNX_OK;
}

static void
upper (const double *x, int64_t n, int64_t skip, double **to)
{
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + skip; j < n; j++)
      *(*to)++ = x[i * n + j];
}

static fnx_status
run (fnx_call *c, fnx_step *step, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *from = c->buf->spec (in[0]), *spec;
  layout l = layout_of (from);
  fnx_status status = negotiate (c, step, &from, &spec);
  fnx_buf *b = status == FNX_OK ? c->buf->like (c, in[0], spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (!v) {
    c->buf->unref (b);
    return status ? status : FNX_E_NOMEM;
  }
  for (int64_t i = 0; i < from->axes[0]->size; i++) {
    const double *x = c->buf->item (in[0], i);
    if (l.square)
      for (int64_t k = 0; k < l.outer; k++)
        upper (x + k * l.rows * l.rows, l.rows, hollow (from), &v);
    else {
      size_t n = (size_t)(l.outer * l.rows * l.cols);
      memcpy (v, x, n * sizeof *v);
      v += n;
    }
  }
  out[0] = b;
  return FNX_OK;
}

static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port, .name = "in", .what = "any[trial,...]", .doc = "trials of any shape" };
static const fnx_port_desc out_port = { .struct_size = sizeof out_port,
                                        .name = "out",
                                        .what = "features[trial,feature]",
                                        .doc = "the values of a trial in their order, the last axis fastest" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc flatten_step = {
  .struct_size = sizeof flatten_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.flatten",
  .name = "flatten",
  .title = "the values of each trial as features",
  .doc
  = "Puts all values of a trial into one row, for classifiers of features: epochs, spectra, matrices. Matrices over"
    " one axis (channel by channel) are symmetric: they give their upper triangle by rows, with the diagonal, but"
    " for connectivity, whose diagonal says nothing. Values are not scaled; positive definite matrices are better"
    " served by tangent.",
  .example
  = "fornix run sim:p300 ! band range=1..12Hz ! resample rate=32Hz ! epoch on=target,nontarget from=0s to=700ms"
    " ! evaluate folds=5 begin xdawn nfilter=2 ! flatten ! lda solver=lsqr shrinkage=auto end",
  .inputs = inputs,
  .outputs = outputs,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .run = run,
};
