/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A step in use, for the validator: the same calls in the same order as the
 * host makes them in a chain, with guarded memory around.
 */
#include <stdlib.h>
#include <string.h>

#include "core/output.h"
#include "core/validate_impl.h"

static size_t
count_ports (const fnx_port_desc *const *ports)
{
  size_t n = 0;

  while (n < MAX_PORTS && ports[n])
    n++;
  return n;
}

/* ---- calls ---------------------------------------------------------------------------- */

static bool
begin (call *c, subject *s, fault *f)
{
  if (call_begin (c, &s->p->ses, s->p->d->name, "made-up", 42, f) != FNX_OK)
    return false;
  guard_call (c);
  s->p->rep->beat++; /* a call that does not return is a hang */
  return true;
}

static fnx_status
end (call *c, fnx_status status)
{
  guard_call_end (c);
  return call_end (c, status);
}

bool
subject_open (subject *s, probe *p, const settings *set, fault *f)
{
  fnx_status status;
  call c;

  *s = (subject){ .p = p };
  if (!(s->params = params_parse (p->d, &set->step, f)))
    return false;
  if (!begin (&c, s, f))
    return false;
  status = end (&c, p->d->create (&c.api, s->params, &s->step));
  if (status == FNX_OK)
    return true;
  params_free (s->params);
  s->params = NULL;
  return false;
}

void
subject_close (subject *s)
{
  if (!s->params)
    return;
  s->p->d->destroy (s->step);
  params_free (s->params);
  s->params = NULL;
}

void
outputs_free (outputs *o)
{
  for (size_t i = 0; i < MAX_PORTS; i++)
    buffer_unref (o->out[i]);
  memset (o, 0, sizeof *o);
}

void
specs_free (fnx_spec **promised)
{
  for (size_t i = 0; promised && i < MAX_PORTS; i++) {
    free (promised[i]);
    promised[i] = NULL;
  }
}

/* ---- types ------------------------------------------------------------------------------ */

fnx_status
subject_negotiate (subject *s, const fnx_spec *const *in, fnx_spec **promised, fault *f)
{
  const fnx_step_desc *d = s->p->d;
  const fnx_spec *out[MAX_PORTS] = { NULL };
  size_t n = count_ports (d->outputs);
  fnx_status status;
  call c;

  if (!begin (&c, s, f))
    return f->code;
  if (d->negotiate)
    status = d->negotiate (&c.api, s->step, in, out);
  else {
    for (size_t i = 0; i < n; i++)
      out[i] = in[0];
    status = in[0] || !n ? FNX_OK : c.api.fail (&c.api, FNX_E_BUG, "a source needs a negotiate function");
  }
  for (size_t i = 0; i < n && status == FNX_OK; i++)
    if (!out[i] && !(d->outputs[i]->flags & FNX_PORT_OPTIONAL))
      status = c.api.fail (&c.api, FNX_E_BUG, "negotiate says nothing about its output %s", d->outputs[i]->name);
  for (size_t i = 0; i < n && status == FNX_OK && promised; i++)
    promised[i] = out[i] ? spec_copy (out[i]) : NULL;
  return end (&c, status);
}

static fnx_status
negotiate_buffers (subject *s, const inputs *in, fnx_spec **promised, fault *f)
{
  const fnx_spec *specs[MAX_PORTS] = { NULL };

  for (size_t i = 0; i < MAX_PORTS; i++)
    specs[i] = in->in[i] ? buffer_spec (in->in[i]) : NULL;
  return subject_negotiate (s, specs, promised, f);
}

/* ---- whole buffers ------------------------------------------------------------------------- */

/* All inputs are read-only for as long as the plugin has them. */
static void
lend (const inputs *in, bool on)
{
  for (size_t i = 0; i < MAX_PORTS; i++)
    guard_read_only (in->in[i], on);
}

bool
subject_estimator (const subject *s, fnx_ext_estimator *e)
{
  return step_extension (s->p->d, s->step, FNX_ESTIMATOR, e, sizeof *e);
}

fnx_status
subject_fit (subject *s, const fnx_ext_estimator *e, const inputs *in, const fnx_model *start, fnx_model **m, fault *f)
{
  fnx_status status;
  call c;

  *m = NULL;
  if (!begin (&c, s, f))
    return f->code;
  lend (in, true);
  status = e->fit (&c.api, s->step, in->in, start, m);
  if (status == FNX_OK && !*m)
    status = c.api.fail (&c.api, FNX_E_BUG, "fit returns 0 and no model");
  lend (in, false);
  return end (&c, status);
}

/* Targets are hidden from prepare, as by the host. */
fnx_status
subject_fit_prepared (subject *s, const fnx_ext_prepare *x, const inputs *in, fnx_model **m, fault *f)
{
  const fnx_buf *given[MAX_PORTS] = { NULL }, *rows = NULL;
  fnx_status status;
  call c;

  *m = NULL;
  for (size_t i = 0; i < MAX_PORTS && s->p->d->inputs[i]; i++)
    given[i] = s->p->d->inputs[i]->flags & FNX_PORT_TARGET ? NULL : in->in[i];
  if (!begin (&c, s, f))
    return f->code;
  lend (in, true);
  status = x->prepare (&c.api, s->step, given, &rows);
  if (status == FNX_OK && !rows)
    status = c.api.fail (&c.api, FNX_E_BUG, "prepare returns 0 and no rows");
  else if (status == FNX_OK
           && (!buffer_spec (rows)->ndim
               || buffer_spec (rows)->axes[0]->size != buffer_spec (in->in[0])->axes[0]->size))
    status = c.api.fail (&c.api, FNX_E_BUG, "prepare gives not one row for each item");
  if (status == FNX_OK)
    status = x->fit_prepared (&c.api, s->step, in->in, rows, NULL, m);
  lend (in, false);
  buffer_unref (rows);
  return end (&c, status);
}

fnx_status
subject_apply (subject *s, const fnx_ext_estimator *e, const fnx_model *m, const inputs *in, outputs *o, fault *f)
{
  const fnx_buf *given[MAX_PORTS] = { NULL };
  fnx_status status;
  call c;

  for (size_t i = 0; i < MAX_PORTS && s->p->d->inputs[i]; i++)
    given[i] = s->p->d->inputs[i]->flags & FNX_PORT_TARGET ? NULL : in->in[i];
  if (!begin (&c, s, f))
    return f->code;
  lend (in, true);
  status = e->apply (&c.api, s->step, m, given, o->out);
  lend (in, false);
  return end (&c, status);
}

/* Every output that is not optional came; a failure left none. */
static fnx_status
check_outputs (subject *s, fnx_status status, outputs *o, fault *f)
{
  const fnx_port_desc *const *ports = s->p->d->outputs;

  if (status != FNX_OK) {
    outputs_free (o);
    return status;
  }
  for (size_t i = 0; i < count_ports (ports); i++)
    if (!o->out[i] && !(ports[i]->flags & FNX_PORT_OPTIONAL)) {
      outputs_free (o);
      return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "it returns 0, and nothing for its output %s", ports[i]->name);
    }
  return FNX_OK;
}

static fnx_status
run_whole (subject *s, const inputs *in, outputs *o, fault *f)
{
  fnx_status status;
  call c;

  if (!begin (&c, s, f))
    return f->code;
  lend (in, true);
  status = s->p->d->run (&c.api, s->step, in->in, o->out);
  lend (in, false);
  return end (&c, status);
}

static fnx_status
fit_and_apply (subject *s, const fnx_ext_estimator *e, const inputs *in, outputs *o, fault *f)
{
  fnx_model *m = NULL;
  fnx_status status = subject_fit (s, e, in, NULL, &m, f);

  if (status == FNX_OK)
    status = subject_apply (s, e, m, in, o, f);
  if (m)
    e->model_free (m);
  return status;
}

fnx_status
subject_run (subject *s, const inputs *in, outputs *o, fnx_spec **promised, fault *f)
{
  fnx_ext_estimator e;
  fnx_status status = negotiate_buffers (s, in, promised, f);
  bool streams = true;

  memset (o, 0, sizeof *o);
  if (status != FNX_OK)
    return status;
  if (subject_estimator (s, &e))
    status = fit_and_apply (s, &e, in, o, f);
  else if (s->p->d->run)
    status = run_whole (s, in, o, f);
  else {
    specs_free (promised); /* subject_stream asks again */
    status = subject_stream (s, in, -1, NULL, o, &streams, f);
    if (!streams)
      status = fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "with these settings it has neither run nor stream nor fit");
    if (status == FNX_OK && promised)
      status = negotiate_buffers (s, in, promised, f);
  }
  return check_outputs (s, status, o, f);
}

fnx_status
probe_run_once (probe *p, const settings *set, const inputs *in, outputs *o, fnx_spec **promised, fault *f)
{
  subject s;
  fnx_status status;

  memset (o, 0, sizeof *o);
  if (!subject_open (&s, p, set, f))
    return f->code;
  p->ses.outputs = output_new (); /* what a sink writes is thrown away */
  status = subject_run (&s, in, o, promised, f);
  subject_close (&s);
  output_free (p->ses.outputs);
  p->ses.outputs = NULL;
  return status;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

typedef struct pieces {
  const fnx_buf **list[MAX_PORTS];
  size_t n[MAX_PORTS];
} pieces;

/* Takes what a push or drain gave. */
static bool
pieces_add (pieces *p, const fnx_buf **out)
{
  bool ok = true;

  for (size_t i = 0; i < MAX_PORTS; i++) {
    const fnx_buf **more;
    if (!out[i])
      continue;
    more = realloc (p->list[i], (p->n[i] + 1) * sizeof *more);
    if (!more) {
      buffer_unref (out[i]);
      ok = false;
      continue;
    }
    p->list[i] = more;
    more[p->n[i]++] = out[i];
  }
  return ok;
}

/* Time axis of an output's pieces; -1: there is none, and one piece has all. */
static int
time_axis (const fnx_buf *b)
{
  return spec_axis_index (buffer_spec (b), "time");
}

static fnx_status
pieces_join (pieces *p, outputs *o, fault *f)
{
  for (size_t i = 0; i < MAX_PORTS && !f->text; i++) {
    int axis = p->n[i] ? time_axis (p->list[i][0]) : -1;
    if (p->n[i] == 1)
      o->out[i] = buffer_ref (p->list[i][0]);
    else if (p->n[i] && axis < 0)
      fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "it gives %zu pieces that have no time axis to join them along", p->n[i]);
    else if (p->n[i])
      o->out[i] = buffer_join (p->list[i], p->n[i], axis, NULL, f);
  }
  return f->text ? f->code : FNX_OK;
}

static void
pieces_free (pieces *p)
{
  for (size_t i = 0; i < MAX_PORTS; i++) {
    for (size_t k = 0; k < p->n[i]; k++)
      buffer_unref (p->list[i][k]);
    free (p->list[i]);
  }
}

/* One push, or the drain when in is NULL. */
static fnx_status
push (subject *s, const fnx_ext_stream *x, const inputs *in, pieces *p, fault *f)
{
  const fnx_buf *out[MAX_PORTS] = { NULL };
  fnx_status status;
  call c;

  if (!begin (&c, s, f))
    return f->code;
  if (in)
    lend (in, true);
  status = in ? x->push (&c.api, s->step, in->in, out) : x->drain (&c.api, s->step, out);
  if (in)
    lend (in, false);
  if (!pieces_add (p, out) && status == FNX_OK)
    status = fault_memory (f);
  return end (&c, status);
}

/* All of in[0] in blocks of `size` samples (0: random, below 0: one block). */
static fnx_status
push_all (subject *s, const fnx_ext_stream *x, const inputs *in, int64_t size, dice *d, pieces *p, fault *f)
{
  int axis = time_axis (in->in[0]);
  int64_t total = buffer_spec (in->in[0])->axes[axis]->size, at = 0;
  fnx_status status = FNX_OK;
  inputs block = *in;

  do {
    int64_t n = size < 0 ? total : size ? size : (int64_t)(1 + dice_below (d, 400));
    n = n < total - at ? n : total - at;
    block.in[0] = buffer_slice (in->in[0], axis, at, n, f);
    status = block.in[0] ? push (s, x, &block, p, f) : f->code;
    buffer_unref (block.in[0]);
    at += n;
  } while (at < total && status == FNX_OK);
  return status;
}

/* A source is asked until it gives nothing; live ones are not for here. */
static fnx_status
pull_all (subject *s, const fnx_ext_stream *x, const inputs *none, pieces *p, fault *f)
{
  fnx_status status = FNX_OK;
  size_t before;

  for (int i = 0; i < 100000 && status == FNX_OK; i++) {
    before = p->n[0];
    status = push (s, x, none, p, f);
    if (p->n[0] == before)
      break;
  }
  return status;
}

fnx_status
subject_stream (subject *s, const inputs *in, int64_t size, dice *d, outputs *o, bool *streams, fault *f)
{
  fnx_ext_stream x;
  pieces p = { 0 };
  fnx_status status;
  int64_t most = size > 0 ? size : 4096;
  call c;

  memset (o, 0, sizeof *o);
  *streams = step_extension (s->p->d, s->step, FNX_STREAM, &x, sizeof x) && x.start && x.push
             && (!in->in[0] || time_axis (in->in[0]) >= 0);
  if (!*streams || (status = negotiate_buffers (s, in, NULL, f)) != FNX_OK)
    return f->text ? f->code : FNX_OK;
  if (size < 0 && in->in[0])
    most = buffer_spec (in->in[0])->axes[time_axis (in->in[0])]->size;
  if (!begin (&c, s, f))
    return f->code;
  status = end (&c, x.start (&c.api, s->step, most > 0 ? most : 1));
  if (status == FNX_OK)
    status = in->in[0] ? push_all (s, &x, in, size, d, &p, f) : pull_all (s, &x, in, &p, f);
  if (status == FNX_OK && x.drain)
    status = push (s, &x, NULL, &p, f);
  if (status == FNX_OK)
    status = pieces_join (&p, o, f);
  if (status != FNX_OK)
    outputs_free (o);
  pieces_free (&p);
  return status;
}

/* ---- results ------------------------------------------------------------------------------------ */

char *
outputs_difference (const outputs *a, const outputs *b)
{
  char *text = NULL;

  for (size_t i = 0; i < MAX_PORTS; i++) {
    const fnx_buf *x = a->out[i], *y = b->out[i];
    const unsigned char *p, *q;
    char sx[200], sy[200];
    size_t n, k = 0, size;
    if (!x && !y)
      continue;
    if (!x || !y)
      return asprintf (&text, "output %zu is there only once", i + 1) < 0 ? NULL : text;
    spec_text (buffer_spec (x), sx, sizeof sx);
    spec_text (buffer_spec (y), sy, sizeof sy);
    if (spec_count (buffer_spec (x)) != spec_count (buffer_spec (y)) || strcmp (sx, sy))
      return asprintf (&text, "%s and %s", sx, sy) < 0 ? NULL : text;
    if (!buffer_read (x) || !buffer_read (y))
      return strdup ("no memory left to compare");
    size = dtype_size (buffer_spec (x)->dtype);
    n = spec_count (buffer_spec (x)) * size;
    p = buffer_read (x)->data;
    q = buffer_read (y)->data;
    while (k < n && p[k] == q[k])
      k++;
    if (k < n && size == sizeof (double))
      return asprintf (&text, "value %zu of %zu is %.17g and %.17g", k / size + 1, n / size,
                       ((const double *)p)[k / size], ((const double *)q)[k / size])
                     < 0
                 ? NULL
                 : text;
    if (k < n)
      return asprintf (&text, "value %zu of %zu differs", k / size + 1, n / size) < 0 ? NULL : text;
    if (!buffer_equal (x, y))
      return strdup ("the values agree, the axes, columns or events do not");
  }
  return NULL;
}

bool
refusal_honest (fnx_status status, const fault *f, const char **why)
{
  if (status > 0 || status < FNX_E_BUG)
    *why = "it returns a code that does not exist";
  else if (status == FNX_E_CANCELLED)
    *why = "it says that it was cancelled, and nobody asked for that";
  else if (status == FNX_E_BUG)
    *why = f->text ? f->text : "it calls itself faulty";
  else if (!f->text || strstr (f->text, "without saying why"))
    *why = "it fails without saying why";
  else
    return true;
  return false;
}
