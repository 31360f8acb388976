/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One step, made by its chain words and run on whole buffers or in blocks.
 */
#include "core/output.h"
#include "core/param.h"
#include "core/rng.h"
#include "tests/harness_made.h"

void
made_free (made *m)
{
  if (m->step && m->desc->destroy)
    m->desc->destroy (m->step);
  params_free (m->params);
  chain_free (m->line);
}

fnx_status
made_new (made *m, const char *line, fault *f)
{
  char *copy = strdup (line), *save = NULL;
  char *words[64] = { (char *)"-", (char *)"!" };
  int n = 2;
  call c;
  fnx_status s;

  *m = (made){ 0 };
  for (char *p = strtok_r (copy, " ", &save); p && n < 64; p = strtok_r (NULL, " ", &save))
    words[n++] = p;
  m->line = chain_from_words (n, words, f);
  free (copy);
  if (!m->line)
    return f->code;
  m->desc = registry_step (m->line->steps[0].name);
  if (!m->desc)
    t_die ("no step \"%s\"; is its module on FORNIX_PLUGIN_PATH?", m->line->steps[0].name);
  m->params = params_parse (m->desc, &m->line->steps[0], f);
  if (!m->params)
    return f->code;
  if (call_begin (&c, &t_session, m->desc->name, "test", t_session.seed, f) != FNX_OK)
    return f->code;
  s = m->desc->create ? m->desc->create (&c.api, m->params, &m->step) : FNX_OK;
  return call_end (&c, s);
}

static int
n_ports (const fnx_port_desc *const *p)
{
  int n = 0;

  while (p && p[n])
    n++;
  return n;
}

/* Check the ports and negotiate. */
fnx_status
made_negotiate (made *m, const fnx_buf *const *in, fault *f)
{
  const fnx_spec *specs[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
  const char *column;
  char text[256];
  fnx_status s;
  call c;

  for (int i = 0; i < n_ports (m->desc->inputs); i++) {
    specs[i] = in[i] ? buffer_spec (in[i]) : NULL;
    if (specs[i] && !what_accepts (m->desc->inputs[i]->what, specs[i], &column))
      return fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s, not %s%s%s", m->desc->name, m->desc->inputs[i]->what,
                        spec_text (specs[i], text, sizeof text), column ? "; no column " : "", column ? column : "");
  }
  if (!m->desc->negotiate)
    return FNX_OK;
  if (call_begin (&c, &t_session, m->desc->name, "test", t_session.seed, f) != FNX_OK)
    return f->code;
  s = m->desc->negotiate (&c.api, m->step, specs, out);
  return call_end (&c, s);
}

const void *
made_extension (const made *m, const char *id)
{
  return m->desc->extension ? m->desc->extension (m->step, id) : NULL;
}

const fnx_buf *
blocks_join (blocks *b, fault *f)
{
  const fnx_buf *all = NULL;

  if (b->n == 1)
    all = buffer_ref (b->part[0]);
  else if (b->n) {
    int k = spec_axis_index (buffer_spec (b->part[0]), "time");

    for (size_t i = 1; i < b->n && k >= 0; i++) {
      const fnx_axis *x = buffer_spec (b->part[i - 1])->axes[k], *y = buffer_spec (b->part[i])->axes[k];

      if (y->start != x->start + x->size)
        t_die ("block %zu starts at %ld, the one before ends at %ld", i, (long)y->start, (long)(x->start + x->size));
    }
    all = buffer_join (b->part, b->n, k < 0 ? 0 : k, NULL, f);
  }
  for (size_t i = 0; i < b->n; i++)
    buffer_unref (b->part[i]);
  return all;
}

fnx_status
made_push (made *m, const fnx_ext_stream *x, const fnx_buf *const *in, bool drain, blocks *b, int port, fault *f)
{
  const fnx_buf *out[MAX_PORTS] = { NULL };
  fnx_status s;
  call c;

  if (drain && !x->drain)
    return FNX_OK;
  if (call_begin (&c, &t_session, m->desc->name, "test", t_session.seed, f) != FNX_OK)
    return f->code;
  s = drain ? x->drain (&c.api, m->step, out) : x->push (&c.api, m->step, in, out);
  for (int i = 0; i < MAX_PORTS; i++)
    if (out[i] && i == port && s == FNX_OK && b->n < 4096)
      b->part[b->n++] = out[i];
    else
      buffer_unref (out[i]);
  return call_end (&c, s);
}

/* All of in[0] in blocks whose sizes come from seed; seed 0: in one. */
static fnx_status
stream (made *m, const fnx_ext_stream *x, const fnx_buf *const *in, uint64_t seed, const fnx_buf **out, fault *f)
{
  static const int64_t longest[] = { 1, 7, 64, 1000, 4096, 100000 };
  int k = spec_axis_index (buffer_spec (in[0]), "time");
  int64_t total = k < 0 ? 0 : buffer_spec (in[0])->axes[k]->size, at = 0, most;
  blocks b = { .n = 0 };
  fnx_status s;
  double u[2];
  call c;

  rng_api.uniform (seed, 0, 0, u, 2);
  most = seed ? longest[(size_t)(u[0] * 6)] : total;
  if (most * 1000 < total)
    most = total / 1000 + 1;
  if (call_begin (&c, &t_session, m->desc->name, "test", t_session.seed, f) != FNX_OK)
    return f->code;
  s = call_end (&c, x->start ? x->start (&c.api, m->step, most) : FNX_OK);
  for (uint64_t i = 1; s == FNX_OK && (at < total || (i == 1 && k < 0)); i++) {
    const fnx_buf *part[MAX_PORTS];
    int64_t n = total - at;

    rng_api.uniform (seed, i, 0, u, 1);
    if (seed && n > 1 + (int64_t)(u[0] * (double)most))
      n = 1 + (int64_t)(u[0] * (double)most);
    memcpy (part, in, sizeof part);
    part[0] = k < 0 ? buffer_ref (in[0]) : buffer_slice (in[0], k, at, n, f);
    s = part[0] ? made_push (m, x, part, false, &b, 0, f) : f->code;
    buffer_unref (part[0]);
    at += n;
    if (k < 0)
      break;
  }
  if (s == FNX_OK)
    s = made_push (m, x, NULL, true, &b, 0, f);
  *out = blocks_join (&b, s == FNX_OK ? f : NULL);
  return s;
}

static fnx_status
run_made (made *m, const fnx_buf *const *in, uint64_t blocks_seed, const fnx_buf **out, fault *f)
{
  const fnx_ext_estimator *est = made_extension (m, FNX_ESTIMATOR);
  const fnx_ext_stream *x = made_extension (m, FNX_STREAM);
  const fnx_buf *all[MAX_PORTS] = { NULL };
  fnx_status s = made_negotiate (m, in, f);
  fnx_model *model = NULL;
  call c;

  if (s != FNX_OK)
    return s;
  if (blocks_seed && !x)
    t_die ("%s does not stream", m->desc->name);
  if (!est && x && (blocks_seed || !m->desc->run))
    return stream (m, x, in, blocks_seed, out, f);
  if (call_begin (&c, &t_session, m->desc->name, "test", t_session.seed, f) != FNX_OK)
    return f->code;
  if (est) {
    s = est->fit (&c.api, m->step, in, NULL, &model);
    if (s == FNX_OK) {
      const fnx_buf *no_targets[MAX_PORTS];

      memcpy (no_targets, in, sizeof no_targets);
      for (int i = 0; i < n_ports (m->desc->inputs); i++)
        if (m->desc->inputs[i]->flags & FNX_PORT_TARGET)
          no_targets[i] = NULL;
      s = est->apply (&c.api, m->step, model, no_targets, all);
    }
    if (model)
      est->model_free (model);
  } else
    s = m->desc->run (&c.api, m->step, in, all);
  *out = all[0];
  for (int i = 1; i < MAX_PORTS; i++)
    buffer_unref (all[i]);
  return call_end (&c, s);
}

static const fnx_buf *
run_line (const char *line, const fnx_buf *in, const fnx_buf *second, uint64_t seed)
{
  const fnx_buf *ports[MAX_PORTS] = { in, second }, *out = NULL;
  fault f = FAULT_INIT;
  made m;

  t_session.outputs = output_new (); /* what a sink writes appears when it has succeeded */
  if (made_new (&m, line, &f) != FNX_OK || run_made (&m, ports, seed, &out, &f) != FNX_OK
      || output_commit (t_session.outputs, &f) != FNX_OK)
    t_die_of (line, &f);
  output_free (t_session.outputs);
  t_session.outputs = NULL;
  made_free (&m);
  fault_clear (&f);
  return out;
}

const fnx_buf *
t_run (const char *line, const fnx_buf *in)
{
  return run_line (line, in, NULL, 0);
}

const fnx_buf *
t_run2 (const char *line, const fnx_buf *in, const fnx_buf *second)
{
  return run_line (line, in, second, 0);
}

const fnx_buf *
t_run_blocks (const char *line, const fnx_buf *in, uint64_t seed)
{
  return run_line (line, in, NULL, seed ? seed : 1);
}

const char *
t_fail2 (const char *line, const fnx_buf *in, const fnx_buf *second, fnx_status *code)
{
  static char text[2048];
  const fnx_buf *ports[MAX_PORTS] = { in, second }, *out = NULL;
  fault f = FAULT_INIT;
  made m;
  fnx_status s = made_new (&m, line, &f);

  if (s == FNX_OK && in)
    s = run_made (&m, ports, 0, &out, &f);
  else if (s == FNX_OK) /* a source: negotiation opens the file */
    s = made_read (&m, 0, 0, &out, &f);
  if (s == FNX_OK)
    t_ok (false, "%s should fail", line);
  snprintf (text, sizeof text, "%s", f.text ? f.text : "");
  if (code)
    *code = s;
  buffer_unref (out);
  made_free (&m);
  fault_clear (&f);
  return text;
}

const char *
t_fail (const char *line, const fnx_buf *in, fnx_status *code)
{
  return t_fail2 (line, in, NULL, code);
}
