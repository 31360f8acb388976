/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The same results again: twice, on more threads, in blocks, cancelled on the
 * way; and with what was known of the data.
 */
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "core/validate_impl.h"

/* ---- the same again, threads, blocks ------------------------------------------------- */

static bool
same_results (probe *p, const outputs *a, const outputs *b, const char *what)
{
  char *difference = outputs_difference (a, b);

  if (!difference)
    return true;
  probe_fail (p, "%s: %s", what, difference);
  free (difference);
  return false;
}

bool
test_twice (probe *p)
{
  fault f = FAULT_INIT;
  outputs one = { { NULL } }, two = { { NULL } };
  bench b;
  fnx_status status;
  bool ok;

  if (!bench_open (&b, p, false, 0))
    return false;
  status = probe_run_once (p, &b.set, &b.in, &one, NULL, &f);
  if (status == FNX_OK)
    status = probe_run_once (p, &b.set, &b.in, &two, NULL, &f);
  ok = status == FNX_OK ? same_results (p, &one, &two, "run twice") : bench_failed (p, status, &f);
  outputs_free (&one);
  outputs_free (&two);
  bench_close (&b);
  return ok;
}

bool
test_threads (probe *p)
{
  fault f = FAULT_INIT;
  outputs one = { { NULL } };
  bench b;
  fnx_status status;
  bool ok;

  if (!(p->d->flags & FNX_S_DETERMINISTIC))
    return probe_none (p, "it does not promise it (FNX_S_DETERMINISTIC)");
  if (!bench_open (&b, p, true, 0))
    return false;
  pool_start (1);
  status = probe_run_once (p, &b.set, &b.in, &one, NULL, &f);
  ok = status == FNX_OK || bench_failed (p, status, &f);
  pool_start (4);
  for (int i = 0; i < 5 && ok; i++) {
    outputs four = { { NULL } };
    status = probe_run_once (p, &b.set, &b.in, &four, NULL, &f);
    ok = status == FNX_OK ? same_results (p, &one, &four, "1 and 4 threads") : bench_failed (p, status, &f);
    outputs_free (&four);
  }
  pool_start (1);
  outputs_free (&one);
  bench_close (&b);
  return ok;
}

/* Events of blocks are the host's business: it knows them all. */
static void
drop_events (outputs *o)
{
  static const fnx_events none = { .struct_size = sizeof none };

  for (size_t i = 0; i < MAX_PORTS; i++)
    if (o->out[i])
      buffer_set_events ((fnx_buf *)(uintptr_t)o->out[i], &none);
}

/* Whole, then in blocks: with the usual settings or those of `set`. */
static bool
blocks_agree (probe *p, bench *b, bool *streams)
{
  static const int64_t size[] = { 1, 7, 4096, 0, 0 };
  fault f = FAULT_INIT;
  outputs whole = { { NULL } };
  fnx_status status;
  char what[60];
  subject s;
  bool ok = true;

  *streams = true;
  status = probe_run_once (p, &b->set, &b->in, &whole, NULL, &f);
  if (status != FNX_OK)
    ok = bench_failed (p, status, &f);
  drop_events (&whole);
  for (size_t i = 0; i < sizeof size / sizeof *size && ok && *streams; i++) {
    outputs parts = { { NULL } };
    dice x = { p->opt->seed + i };
    if (!subject_open (&s, p, &b->set, &f)) {
      ok = bench_failed (p, f.code, &f);
      break;
    }
    status = subject_stream (&s, &b->in, size[i], &x, &parts, streams, &f);
    subject_close (&s);
    drop_events (&parts);
    snprintf (what, sizeof what, size[i] ? "blocks of %lld and whole" : "random blocks and whole", (long long)size[i]);
    if (status != FNX_OK)
      ok = probe_fail (p, "%s: %s", what, f.text ? f.text : "it fails");
    else if (*streams)
      ok = same_results (p, &whole, &parts, what);
    outputs_free (&parts);
    fault_clear (&f);
  }
  outputs_free (&whole);
  return ok;
}

bool
test_blocks (probe *p)
{
  fnx_ext_stream x;
  bool ok, streams, once = false;
  bench b;

  if (!step_extension (p->d, NULL, FNX_STREAM, &x, sizeof x))
    return probe_none (p, "it does not stream");
  if (!bench_open (&b, p, false, 4500))
    return false;
  ok = blocks_agree (p, &b, &once);
  /* every choice of every enum too: one of them may not stream, or wrongly */
  for (const fnx_param_desc *const *d = p->d->params; *d && ok; d++)
    for (size_t i = 0; (*d)->type == FNX_T_ENUM && i < settings_edges (*d) && ok; i++) {
      settings_free (&b.set);
      if (!settings_edge (&b.set, p, *d, i))
        break;
      ok = blocks_agree (p, &b, &streams);
      once = once || (ok && streams);
      if (!ok && p->rep->state == CHECK_NOT_TRIED)
        ok = true; /* a choice that this input does not suit */
    }
  bench_close (&b);
  if (ok && !once)
    return probe_none (p, "it does not stream with these settings");
  return ok;
}

/* ---- cancelling ---------------------------------------------------------------------- */

typedef struct stopper {
  session *ses;
  uint64_t calls, stop_at; /* stop_at 0: never */
} stopper;

static void
count_call (void *arg, const char *recording, const char *step, uint64_t done, uint64_t total)
{
  stopper *s = arg;
  uint64_t k = __atomic_add_fetch (&s->calls, 1, __ATOMIC_RELAXED);

  (void)recording;
  (void)step;
  (void)done;
  (void)total;
  if (s->stop_at && k >= s->stop_at)
    s->ses->cancelled = 1;
}

bool
test_cancel (probe *p)
{
  stopper stop = { &p->ses, 0, 0 };
  fault f = FAULT_INIT;
  fnx_status status;
  outputs o;
  bench b;
  uint64_t total;
  size_t live;
  bool ok = true;

  if (!bench_open (&b, p, false, 0))
    return false;
  live = guard_live ();
  p->ses.on_progress = count_call;
  p->ses.on_arg = &stop;
  status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
  outputs_free (&o);
  if (status != FNX_OK)
    ok = bench_failed (p, status, &f);
  total = stop.calls;
  for (uint64_t k = 1, step = total / 40 + 1; k <= total && ok; k += step) {
    stop = (stopper){ &p->ses, 0, k };
    p->ses.cancelled = 0;
    p->rep->beat++;
    status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
    outputs_free (&o);
    fault_clear (&f);
    if (status != FNX_E_CANCELLED)
      ok = probe_fail (p, "progress() asked to stop at call %llu of %llu; it returned %d instead of FNX_E_CANCELLED",
                       (unsigned long long)k, (unsigned long long)total, (int)status);
    else if (guard_live () != live)
      ok = probe_fail (p, "stopped at progress call %llu, it leaves %zu buffers behind", (unsigned long long)k,
                       guard_live () - live);
  }
  bench_close (&b);
  if (ok && !total)
    snprintf (p->rep->text, sizeof p->rep->text, "it reports no progress");
  return ok;
}

/* ---- metadata ------------------------------------------------------------------------ */

/* An axis that went through as it was keeps its labels and columns. */
static bool
axis_kept (probe *p, const fnx_axis *in, const fnx_axis *out)
{
  if (in->size != out->size)
    return true;
  if (in->labels && !out->labels)
    return probe_fail (p, "the names of the %s axis are lost: make outputs with like (c, in[0], ...)", in->name);
  for (const fnx_column *const *c = in->columns; c && *c; c++)
    if (!axis_column (out, (*c)->name))
      return probe_fail (p, "the column %s of the %s axis is lost: make outputs with like (c, in[0], ...)", (*c)->name,
                         in->name);
  return true;
}

static bool
all_kept (probe *p, const fnx_buf *in, const fnx_buf *out, const char *port)
{
  const fnx_spec *a = buffer_spec (in), *b = buffer_spec (out);
  bool same_time
      = spec_axis (a, "time") && spec_axis (b, "time") && spec_axis (a, "time")->size == spec_axis (b, "time")->size;

  if (!buffer_meta (out, "TaskName"))
    return probe_fail (p, "output %s: metadata is lost: make outputs with like (c, in[0], ...)", port);
  if (same_time && buffer_events (in)->n && !buffer_events (out)->n)
    return probe_fail (p, "output %s: all events are lost", port);
  for (int i = 0; i < b->ndim; i++) {
    const fnx_axis *x = spec_axis (a, b->axes[i]->name);
    if (x && !axis_kept (p, x, b->axes[i]))
      return false;
  }
  return true;
}

bool
test_meta (probe *p)
{
  fault f = FAULT_INIT;
  fnx_status status;
  outputs o;
  bench b;
  bool ok = true;

  if (!p->d->inputs[0] || !p->d->outputs[0])
    return probe_none (p, "it has no input or no output");
  if (!bench_open (&b, p, false, 0))
    return false;
  status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
  if (status != FNX_OK)
    ok = bench_failed (p, status, &f);
  for (size_t i = 0; i < MAX_PORTS && p->d->outputs[i] && ok; i++)
    if (o.out[i])
      ok = all_kept (p, b.in.in[0], o.out[i], p->d->outputs[i]->name);
  outputs_free (&o);
  bench_close (&b);
  return ok;
}
