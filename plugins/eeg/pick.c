/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pick: keep some channels, by name or by kind, or leave some out.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/eeg.h"
#include "plugins/eeg/steps.h"

struct fnx_step {
  const char *const *names; /* live as long as the step */
  const char *const *drop;
  size_t n_names, n_drop;
  bool by_kind;
  channel_kind kind;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { .by_kind = c->param->given (p, "kind") != 0 };
  if (c->param->given (p, "channels"))
    s.names = c->param->texts (p, "channels", &s.n_names);
  if (c->param->given (p, "drop"))
    s.drop = c->param->texts (p, "drop", &s.n_drop);
  if (s.by_kind)
    s.kind = (channel_kind)c->param->integer (p, "kind");
  if (!s.n_names && !s.n_drop && !s.by_kind)
    return c->fail (c, FNX_E_PARAM, "which channels?\nwrite  ! pick C3,Cz,C4  or  ! pick kind=eeg  or  ! pick drop=T7");
  if (!(*out = malloc (sizeof s)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  **out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

/* Indices of the channels to keep: the named ones in the order of their names,
 * otherwise those of the file; scratch memory. */
static fnx_status
choose (fnx_call *c, const fnx_step *s, const fnx_axis *a, int64_t **idx, int64_t *n)
{
  bool *gone = c->scratch (c, (size_t)a->size + 1);
  int64_t *keep = c->scratch (c, ((size_t)a->size + s->n_names + 1) * sizeof *keep);
  if (!gone || !keep)
    return FNX_E_NOMEM;
  *n = 0;
  for (size_t k = 0; k < s->n_drop; k++) {
    int64_t i = channel_find (a, s->drop[k]);
    if (i < 0)
      return channel_fail (c, a, "drop", s->drop[k]);
    gone[i] = true;
  }
  for (int64_t i = 0; s->by_kind && i < a->size; i++)
    gone[i] |= channel_kind_of (a, i) != s->kind;
  for (size_t k = 0; k < s->n_names; k++) {
    int64_t i = channel_find (a, s->names[k]);
    if (i < 0)
      return channel_fail (c, a, "channels", s->names[k]);
    for (int64_t j = 0; j < *n; j++)
      if (keep[j] == i)
        return c->fail (c, FNX_E_PARAM, "channels=%s: that is %s, which was named before", s->names[k], a->labels[i]);
    if (!gone[i])
      keep[(*n)++] = i;
  }
  for (int64_t i = 0; !s->n_names && i < a->size; i++)
    if (!gone[i])
      keep[(*n)++] = i;
  *idx = keep;
  if (*n == 0)
    return c->fail (c, FNX_E_PARAM, "no channel of %s is left", c->recording);
  return FNX_OK;
}

/* in[0] with the chosen channels. */
static fnx_status
narrow (fnx_call *c, const fnx_step *s, const fnx_spec *in, shape *to, int *k, int64_t **idx)
{
  int64_t n;
  *k = shape_axis (in, "channel");
  if (in->axes[*k]->size == FNX_UNKNOWN)
    return c->fail (c, FNX_E_SPEC, "the channels of %s are not known yet", c->recording);
  fnx_status st = choose (c, s, in->axes[*k], idx, &n);
  if (st)
    return st;
  shape_of (to, in);
  return channel_pick (c, in->axes[*k], *idx, n, &to->axis[*k]) ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  shape *to = c->scratch (c, sizeof *to);
  int64_t *idx;
  int k;
  fnx_status st = to ? narrow (c, s, in[0], to, &k, &idx) : FNX_E_NOMEM;
  out[0] = st ? NULL : &to->spec;
  return st;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  shape to;
  int64_t *idx;
  int k;
  fnx_status st = narrow (c, s, c->buf->spec (in[0]), &to, &k, &idx);
  if (st)
    return st;
  fnx_buf *b = c->buf->like (c, in[0], &to.spec);
  double *y = b ? c->buf->write (c, b) : NULL;
  const fnx_tensor *t = c->buf->read (in[0]);
  if (!y || !t) {
    if (b)
      c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  size_t outer = 1, inner = 1, from = (size_t)t->shape[k], n = (size_t)to.axis[k].size;
  for (int i = 0; i < k; i++)
    outer *= (size_t)t->shape[i];
  for (int i = k + 1; i < t->ndim; i++)
    inner *= (size_t)t->shape[i];
  const double *x = t->data;
  for (size_t o = 0; o < outer; o++)
    for (size_t i = 0; i < n; i++)
      memcpy (y + (o * n + i) * inner, x + (o * from + (size_t)idx[i]) * inner, inner * sizeof *y);
  *out = b;
  return FNX_OK;
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)s, (void)max_block;
  return FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { .struct_size = sizeof stream, .start = start, .push = run };
  (void)s;
  return strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

static const char *const kinds[] = { "eeg", "eog", "ecg", "emg", "misc", NULL };

PARAM (channels, .type = FNX_T_TEXTS, .flags = FNX_P_MAIN,
       .doc = "channels to keep, in the order in which they shall stand; upper and lower case are the same");
PARAM (kind, .type = FNX_T_ENUM, .choices = kinds,
       .doc = "keep only channels of this kind: electrodes by their 10-20 names, EOG, ECG and EMG by theirs");
PARAM (drop, .type = FNX_T_TEXTS, .doc = "channels to leave out");
static const fnx_param_desc *const params[] = { &channels_param, &kind_param, &drop_param, NULL };

static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port,
        .name = "in",
        .what = "signal[channel,time] or epochs[trial,channel,time] or spectrum[channel,freq]" };
static const fnx_port_desc *const inputs[] = { &in_port, NULL };

const fnx_step_desc pick_step = {
  .struct_size = sizeof pick_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.pick",
  .name = "pick",
  .title = "keep some channels",
  .doc
  = "A channel is found by its name, by the name that the file gives it, or by another spelling of its place: Fc5., "
    "FC5 and EEG FC5-REF are one electrode, and T3 is T7. Named channels stand in the order of their names; kind= "
    "and drop= keep the order of the recording.",
  .cite = "MNE 1.3 Raw.pick_channels (ordered=True)",
  .example = "fornix run sim:fists ! pick C3,Cz,C4 ! write out.edf",
  .inputs = inputs,
  .outputs = the_same,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
