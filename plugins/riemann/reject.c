/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a step that rejects trials gives.  Trials are never dropped, which
 * would leave an evaluation with unequal rows: they go on with weight 0, so
 * that whatever weighs its trials learns from the clean ones and still answers
 * for all.
 */
#include "plugins/riemann/potato.h"

static char *names[] = { "artefact", "clean" };
static const classes two = { 2, names };

static const char *const gives[] = { "weights", "scores", NULL };
const fnx_param_desc gives_param = {
  .struct_size = sizeof gives_param,
  .type = FNX_T_ENUM,
  .name = "gives",
  .doc = "weights: the trials go on, with columns z and weight, 0 for an artefact; scores: of the classes artefact and "
         "clean",
  .fallback = "weights",
  .choices = gives,
};

static const fnx_port_desc out_port = {
  .struct_size = sizeof out_port,
  .name = "out",
  .what = "the same or scores[trial,class]",
  .doc = "the trials with columns z and weight; or the scores of artefact and clean",
};
const fnx_port_desc *const reject_outputs[] = { &out_port, NULL };

/* The input with two more columns on its trials, whose values come later. */
static fnx_spec *
weighted (fnx_call *c, const fnx_spec *in, fnx_column **z, fnx_column **weight)
{
  size_t n = 0, kept = 0;
  while (in->axes[0]->columns && in->axes[0]->columns[n])
    n++;
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *trial = c->scratch (c, sizeof *trial);
  const fnx_axis **axes = c->scratch (c, FNX_MAX_DIM * sizeof *axes);
  const fnx_column **columns = c->scratch (c, (n + 3) * sizeof *columns);
  fnx_column *made = c->scratch (c, 2 * sizeof *made);
  if (!s || !trial || !axes || !columns || !made)
    return NULL;
  for (size_t k = 0; k < n; k++)
    if (strcmp (in->axes[0]->columns[k]->name, "z") != 0 && strcmp (in->axes[0]->columns[k]->name, "weight") != 0)
      columns[kept++] = in->axes[0]->columns[k];
  made[0] = (fnx_column){ .struct_size = sizeof *made, .type = FNX_COL_REAL, .name = "z", .unit = "1" };
  made[1] = (fnx_column){ .struct_size = sizeof *made, .type = FNX_COL_REAL, .name = "weight", .unit = "1" };
  columns[kept++] = *z = made;
  columns[kept] = *weight = made + 1;
  *trial = *in->axes[0];
  trial->columns = columns;
  *s = *in;
  for (int k = 1; k < in->ndim; k++)
    axes[k] = in->axes[k];
  axes[0] = trial;
  s->axes = axes;
  return s;
}

const fnx_spec *
reject_spec (fnx_call *c, int what, const fnx_spec *in)
{
  const fnx_spec *s = NULL;
  fnx_column *z, *weight;
  if (what == GIVES_WEIGHTS)
    return weighted (c, in, &z, &weight);
  return scores_negotiate (c, NULL, &in, &s) == FNX_OK ? s : NULL;
}

static fnx_status
give_scores (fnx_call *c, const fnx_buf *in, const double *margin, const fnx_buf **out)
{
  double *v;
  fnx_buf *b = scores_new (c, in, &two, &v);
  if (!b)
    return FNX_E_NOMEM;
  for (size_t i = 0, n = (size_t)c->buf->spec (in)->axes[0]->size; i < n; i++)
    scores_from (margin + i, 2, v + 2 * i);
  out[0] = b;
  return FNX_OK;
}

/* A weight that is there already is kept by clean trials. */
static fnx_status
give_weights (fnx_call *c, const fnx_buf *in, const double *margin, const double *z, const fnx_buf **out)
{
  const fnx_spec *old = c->buf->spec (in);
  const fnx_column *had = c->buf->column (in, "trial", "weight");
  const double *before = had && had->type == FNX_COL_REAL ? had->reals : NULL;
  size_t n = (size_t)old->axes[0]->size, each = 1, clean = 0;
  fnx_column *zs, *weights;
  const fnx_spec *s = weighted (c, old, &zs, &weights);
  double *w = c->scratch (c, (n + 1) * sizeof *w);
  if (!s || !w)
    return FNX_E_NOMEM;
  for (int k = 1; k < old->ndim; k++)
    each *= (size_t)old->axes[k]->size;
  for (size_t i = 0; i < n; i++) {
    w[i] = margin[i] > 0 ? before ? before[i] : 1 : 0;
    clean += margin[i] > 0;
  }
  zs->reals = z;
  weights->reals = w;
  fnx_buf *b = c->buf->like (c, in, s);
  double *v = b ? c->buf->write (c, b) : NULL;
  if (!v) {
    c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < n; i++)
    memcpy (v + i * each, c->buf->item (in, (int64_t)i), each * sizeof *v);
  if (clean < n)
    c->log (c, FNX_LOG_NOTE, "%s: %zu of %zu trials are artefacts and go on with weight 0", c->recording, n - clean, n);
  out[0] = b;
  return FNX_OK;
}

fnx_status
reject_out (fnx_call *c, int what, const fnx_buf *in, const double *margin, const double *z, const fnx_buf **out)
{
  return what == GIVES_SCORES ? give_scores (c, in, margin, out) : give_weights (c, in, margin, z, out);
}
