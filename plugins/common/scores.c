/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scores[trial,class]: what every classifier gives.  The class axis carries
 * the class names, the largest score is the answer, and with two classes
 * score[1] - score[0] is the peer's decision value.
 */
#include "plugins/common/trials.h"

const fnx_port_desc learn_in_target = { .struct_size = sizeof learn_in_target,
                                        .name = "in",
                                        .what = "features[trial,feature]",
                                        .doc = "one row of features a trial; the column target names its class" };
const fnx_port_desc learn_out_scores = { .struct_size = sizeof learn_out_scores,
                                         .name = "out",
                                         .what = "scores[trial,class]",
                                         .doc = "the largest score is the answer" };

static const fnx_spec *
spec (fnx_call *c, const fnx_axis *trial, int64_t n_class, const char *const *labels)
{
  fnx_spec *s = c->scratch (c, sizeof *s);
  fnx_axis *cls = c->scratch (c, sizeof *cls);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  if (!s || !cls || !axes)
    return NULL;
  *cls = (fnx_axis){ .struct_size = sizeof *cls, .name = "class", .size = n_class, .labels = labels };
  axes[0] = trial;
  axes[1] = cls;
  *s = (fnx_spec){ .struct_size = sizeof *s, .ndim = 2, .kind = "scores", .unit = "1", .dtype = FNX_F8, .axes = axes };
  return s;
}

fnx_status
scores_negotiate (fnx_call *c, fnx_step *step, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)step;
  out[0] = spec (c, in[0]->axes[0], FNX_UNKNOWN, NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

fnx_buf *
scores_new (fnx_call *c, const fnx_buf *in, const classes *cls, double **v)
{
  const fnx_spec *s = spec (c, c->buf->spec (in)->axes[0], cls->n, (const char *const *)cls->name);
  fnx_buf *b = s ? c->buf->like (c, in, s) : NULL;
  *v = b ? c->buf->write (c, b) : NULL;
  if (b && !*v) {
    c->buf->unref (b);
    b = NULL;
  }
  return b;
}

void
scores_from (const double *d, int32_t n_class, double *score)
{
  if (n_class == 2) {
    score[0] = -d[0] / 2;
    score[1] = d[0] / 2;
  } else
    memcpy (score, d, (size_t)n_class * sizeof *score);
}
