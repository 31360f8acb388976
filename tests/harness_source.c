/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sources: a step without inputs, read whole or in blocks.
 */
#include "tests/harness_made.h"

fnx_status
made_read (made *m, int port, int64_t max, const fnx_buf **out, fault *f)
{
  const fnx_buf *none[MAX_PORTS] = { NULL }, *all[MAX_PORTS] = { NULL };
  fnx_status s = made_negotiate (m, none, f);
  call c;

  if (s != FNX_OK)
    return s;
  const fnx_ext_stream *x = made_extension (m, FNX_STREAM); /* it may depend on what the file holds */
  if (max && !x)
    t_die ("%s does not stream", m->desc->name);
  call_begin (&c, &t_session, m->desc->name, "test", t_session.seed, f);
  if (!max && m->desc->run) {
    s = call_end (&c, m->desc->run (&c.api, m->step, none, all));
    for (int i = 0; i < MAX_PORTS; i++)
      if (i == port && s == FNX_OK)
        *out = all[i];
      else
        buffer_unref (all[i]);
    return s;
  }
  blocks b = { .n = 0 };
  s = call_end (&c, x->start ? x->start (&c.api, m->step, max ? max : 1 << 20) : FNX_OK);
  for (size_t before = 1; s == FNX_OK && before != b.n;) {
    before = b.n;
    s = made_push (m, x, NULL, false, &b, port, f);
  }
  *out = blocks_join (&b, s == FNX_OK ? f : NULL);
  if (s != FNX_OK) {
    buffer_unref (*out);
    *out = NULL;
  }
  return s;
}

static const fnx_buf *
read_source (const char *line, int port, int64_t max, bool may_fail)
{
  const fnx_buf *out = NULL;
  fault f = FAULT_INIT;
  made m;

  if (made_new (&m, line, &f) == FNX_OK)
    made_read (&m, port, max, &out, &f);
  if (!out && !may_fail)
    t_die_of (line, &f);
  made_free (&m);
  fault_clear (&f);
  return out;
}

const fnx_buf *
t_read (const char *line, int port)
{
  return read_source (line, port, 0, false);
}

const fnx_buf *
t_read_blocks (const char *line, int port, int64_t max)
{
  return read_source (line, port, max, false);
}

const fnx_buf *
t_read_try (const char *line, int port)
{
  return read_source (line, port, 0, true);
}
