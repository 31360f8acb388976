/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tests of `fornix check` on one step, but for models (validate_model.c).
 * Each runs in a process of its own.
 */
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/output.h"
#include "core/pool.h"
#include "core/validate_impl.h"

/* ---- what most tests begin with ------------------------------------------------------------ */

/* Usual settings and a sound input. */
typedef struct bench {
  settings set;
  inputs in;
} bench;

/* A reader of files reads a copy of the given recording; false: none is given. */
static bool
copy_recording (const probe *p)
{
  char path[200], block[65536];
  fnx_ext_reader r;
  FILE *from, *to;

  if (!step_extension (p->d, NULL, FNX_READER, &r, sizeof r) || r.scheme)
    return true;
  if (!p->opt->file || !(from = fopen (p->opt->file, "rbe")))
    return false;
  snprintf (path, sizeof path, "%s/read%s", p->folder, r.suffixes && r.suffixes[0] ? r.suffixes[0] : "");
  to = fopen (path, "wbe");
  for (size_t n; to && (n = fread (block, 1, sizeof block, from));)
    fwrite (block, 1, n, to);
  fclose (from);
  return to && !fclose (to);
}

static bool
bench_open (bench *b, probe *p, bool large, int64_t n_time)
{
  dice x = { p->opt->seed };
  fault f = FAULT_INIT;

  memset (b, 0, sizeof *b);
  if (!copy_recording (p))
    return probe_skip (p, "it reads files: give it one with --file RECORDING");
  if (settings_usual (&b->set, p) && inputs_make (&b->in, p->d, &x, MAKE_SOUND, large, n_time, &f))
    return true;
  settings_free (&b->set);
  fault_clear (&f);
  return probe_skip (p, "no input could be made: memory");
}

static void
bench_close (bench *b)
{
  inputs_free (&b->in);
  settings_free (&b->set);
}

/* A run that fails although settings and input are sound: the plugin's fault
 * when it is not honest about it; otherwise the input did not suit. */
static bool
not_run (probe *p, fnx_status status, fault *f)
{
  const char *why;

  if (refusal_honest (status, f, &why))
    probe_skip (p, "the made-up input does not suit: %.*s", (int)strcspn (f->text, "\n"), f->text);
  else
    probe_fail (p, "%s", why);
  fault_clear (f);
  return false;
}

static bool
no_damage (probe *p)
{
  return guard_damage () ? probe_fail (p, "%s", guard_damage ()) : true;
}

/* ---- descriptor and settings ------------------------------------------------------------------ */

/* Readers and writers are found by the file's name: examples need not say theirs. */
static bool
reads_or_writes (const fnx_step_desc *d)
{
  fnx_ext_reader r;
  fnx_ext_writer w;

  return step_extension (d, NULL, FNX_READER, &r, sizeof r) || step_extension (d, NULL, FNX_WRITER, &w, sizeof w);
}

bool
test_descriptor (probe *p)
{
  const fnx_step_desc *d = p->d;

  if (!d->revision)
    return probe_fail (p, "revision is 0; begin with 1");
  if (!d->doc || !d->doc[0])
    return probe_fail (p, "it has no doc: say in a paragraph what it does");
  if (!d->example || (!reads_or_writes (d) && !strstr (d->example, d->name)))
    return probe_fail (p, "its example does not show %s: give a line that runs", d->name);
  if (strlen (d->title) > 72)
    return probe_fail (p, "its title has %zu characters; 72 fit on a line", strlen (d->title));
  return true;
}

/* One setting must be parsed, and create must take it or refuse it honestly. */
static bool
try_settings (probe *p, const settings *s, bool must)
{
  subject sub;
  fault f = FAULT_INIT;
  const char *why = NULL;
  bool ok = subject_open (&sub, p, s, &f);
  char *text = settings_text (s);

  if (ok)
    subject_close (&sub);
  else if (must)
    probe_fail (p, "%s: %s", text ? text : "", f.text ? f.text : "refused");
  else if (!(ok = refusal_honest (f.code, &f, &why)))
    probe_fail (p, "%s: %s", text ? text : "", why);
  free (text);
  fault_clear (&f);
  return ok;
}

static size_t
n_edges (const fnx_param_desc *d)
{
  size_t n = 0;

  if (d->type == FNX_T_ENUM)
    while (d->choices[n])
      n++;
  else if ((d->type == FNX_T_INT || d->type == FNX_T_REAL) && (d->min != 0 || d->max != 0) && isfinite (d->min)
           && isfinite (d->max))
    n = 2;
  return n;
}

bool
test_settings (probe *p)
{
  settings s;
  bool ok = settings_usual (&s, p) && try_settings (p, &s, true);

  settings_free (&s);
  for (const fnx_param_desc *const *d = p->d->params; *d && ok; d++)
    for (size_t i = 0; i < n_edges (*d) && ok; i++) {
      ok = settings_edge (&s, p, *d, i) && try_settings (p, &s, false);
      settings_free (&s);
    }
  for (uint64_t i = 0; i < 200 && ok && p->d->params[0]; i++) {
    dice x = { p->rep->seed = p->opt->seed + i };
    ok = settings_random (&s, p, &x) && try_settings (p, &s, false);
    settings_free (&s);
  }
  if (ok)
    p->rep->seed = 0;
  return ok && no_damage (p);
}

/* ---- types ---------------------------------------------------------------------------------- */

/* What came is what was promised: kind, type, axes, and all sizes that were known. */
static bool
keeps_promise (probe *p, const fnx_spec *promised, const fnx_spec *given, const char *port)
{
  char a[250], b[250];

  spec_text (promised, a, sizeof a);
  spec_text (given, b, sizeof b);
  if (strcmp (promised->kind, given->kind) || promised->ndim != given->ndim
      || memcmp (&promised->dtype, &given->dtype, sizeof given->dtype))
    return probe_fail (p, "output %s: it negotiates %s %s and gives %s %s", port, a, dtype_name (promised->dtype), b,
                       dtype_name (given->dtype));
  for (int i = 0; i < given->ndim; i++) {
    const fnx_axis *x = promised->axes[i], *y = given->axes[i];
    if (strcmp (x->name, y->name))
      return probe_fail (p, "output %s: it negotiates %s and gives %s", port, a, b);
    if (x->size != FNX_UNKNOWN && x->size != y->size)
      return probe_fail (p, "output %s: it negotiates %lld %ss and gives %lld", port, (long long)x->size, x->name,
                         (long long)y->size);
  }
  return true;
}

static bool
fits_port (probe *p, const fnx_spec *given, const fnx_port_desc *port)
{
  const char *column = NULL;
  char text[250];

  if (!strncmp (port->what, "the same", 8) || what_accepts (port->what, given, &column))
    return true;
  return probe_fail (p, "output %s is declared as %s; it gives %s%s%s", port->name, port->what,
                     spec_text (given, text, sizeof text), column ? " without the column " : "", column ? column : "");
}

static bool
types_hold (probe *p, fnx_spec *const *promised, const outputs *o)
{
  bool ok = true;

  for (size_t i = 0; i < MAX_PORTS && p->d->outputs[i] && ok; i++) {
    if (!o->out[i])
      continue;
    ok = fits_port (p, buffer_spec (o->out[i]), p->d->outputs[i])
         && (!promised[i] || keeps_promise (p, promised[i], buffer_spec (o->out[i]), p->d->outputs[i]->name));
  }
  return ok;
}

/* The spec with all sizes unknown, as it is before any file was opened. */
static fnx_spec *
unknown_sizes (const fnx_spec *s)
{
  fnx_axis axes[FNX_MAX_DIM];
  const fnx_axis *list[FNX_MAX_DIM];
  fnx_spec copy = *s;

  for (int i = 0; i < s->ndim; i++) {
    axes[i] = *s->axes[i];
    axes[i].size = FNX_UNKNOWN;
    axes[i].labels = NULL;
    axes[i].columns = NULL;
    axes[i].values = NULL;
    list[i] = &axes[i];
  }
  copy.axes = list;
  return spec_copy (&copy);
}

static bool
negotiate_unknown (probe *p, bench *b)
{
  fnx_spec *specs[MAX_PORTS] = { NULL }, *promised[MAX_PORTS] = { NULL };
  const fnx_spec *given[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  const char *why;
  fnx_status status;
  subject s;
  bool ok = true;

  for (size_t i = 0; i < MAX_PORTS && b->in.in[i]; i++)
    given[i] = specs[i] = unknown_sizes (buffer_spec (b->in.in[i]));
  if (subject_open (&s, p, &b->set, &f)) {
    status = subject_negotiate (&s, given, promised, &f);
    ok = status == FNX_OK || refusal_honest (status, &f, &why) || probe_fail (p, "with unknown sizes: %s", why);
    subject_close (&s);
  }
  specs_free (specs);
  specs_free (promised);
  fault_clear (&f);
  return ok;
}

bool
test_types (probe *p)
{
  fnx_spec *promised[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  outputs o;
  bench b;
  fnx_status status;
  bool ok;

  if (!bench_open (&b, p, false, 0))
    return false;
  status = probe_run_once (p, &b.set, &b.in, &o, promised, &f);
  ok = status == FNX_OK ? types_hold (p, promised, &o) : not_run (p, status, &f);
  ok = ok && (!b.in.in[0] || negotiate_unknown (p, &b));
  outputs_free (&o);
  specs_free (promised);
  bench_close (&b);
  return ok && no_damage (p);
}

/* ---- random inputs ------------------------------------------------------------------------------ */

/* For readers: a file of random bytes, or the given recording with some bytes
 * overwritten and its end cut off. */
static bool
write_file (probe *p, dice *x)
{
  unsigned char *bytes = malloc (1 << 20);
  size_t n = 0;
  char path[200];
  fnx_ext_reader r;
  FILE *to = NULL, *from = p->opt->file ? fopen (p->opt->file, "rbe") : NULL;

  if (!step_extension (p->d, NULL, FNX_READER, &r, sizeof r) || r.scheme || !bytes)
    goto out;
  if (from) {
    n = fread (bytes, 1, 1 << 20, from);
    for (uint64_t k = dice_below (x, 20); k && n; k--)
      bytes[dice_below (x, dice_below (x, 2) ? n : n < 512 ? n : 512)] = (unsigned char)dice_next (x);
    if (n && dice_below (x, 3) == 0)
      n = dice_below (x, n);
  } else
    for (n = dice_below (x, 3000); n && dice_below (x, 2); n /= 2)
      ;
  for (size_t i = 0; !from && i < n; i++)
    bytes[i] = (unsigned char)(dice_below (x, 3) ? ' ' + dice_below (x, 95) : dice_next (x));
  snprintf (path, sizeof path, "%s/read%s", p->folder, r.suffixes && r.suffixes[0] ? r.suffixes[0] : "");
  if ((to = fopen (path, "wbe")))
    fwrite (bytes, 1, n, to);
out:
  if (to)
    fclose (to);
  if (from)
    fclose (from);
  free (bytes);
  return true;
}

/* One random case; false: the report says what is wrong. */
static bool
random_case (probe *p, uint64_t seed)
{
  dice x = { seed };
  settings set;
  inputs in = { { NULL } };
  outputs o = { { NULL } };
  fnx_spec *promised[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  const char *why;
  bool ok = false;
  fnx_status status;

  if ((dice_below (&x, 2) ? settings_random (&set, p, &x) : settings_usual (&set, p)) && write_file (p, &x)
      && inputs_make (&in, p->d, &x, MAKE_WILD, false, 0, &f)) {
    status = probe_run_once (p, &set, &in, &o, promised, &f);
    if (status == FNX_OK)
      ok = types_hold (p, promised, &o);
    else if (!(ok = refusal_honest (status, &f, &why)))
      probe_fail (p, "%s", why);
  }
  outputs_free (&o);
  specs_free (promised);
  inputs_free (&in);
  settings_free (&set);
  fault_clear (&f);
  return ok && no_damage (p);
}

bool
test_random (probe *p)
{
  uint64_t n = p->opt->one_seed ? 1 : p->opt->n_random ? p->opt->n_random : 2000;

  for (uint64_t i = 0; i < n; i++) {
    p->rep->seed = p->opt->seed + i;
    p->rep->beat++;
    if (!random_case (p, p->rep->seed))
      return false;
  }
  p->rep->seed = 0;
  return true;
}

/* ---- memory ---------------------------------------------------------------------------------------- */

static const size_t odd_sizes[] = { 800, 1, 2, 3, 7, 63, 65, 127, 1000 };

/* Sound inputs of many lengths, so that the last value ends at the guard page. */
bool
test_outside (probe *p)
{
  bool ok = true, ran = false;

  for (size_t i = 0; i < sizeof odd_sizes / sizeof *odd_sizes && ok; i++) {
    fault f = FAULT_INIT;
    outputs o;
    bench b;
    fnx_status status;
    if (!bench_open (&b, p, i % 2, (int64_t)odd_sizes[i]))
      return false;
    status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
    if (status != FNX_OK && !i)
      ok = not_run (p, status, &f);
    ran = ran || status == FNX_OK;
    outputs_free (&o);
    bench_close (&b);
    fault_clear (&f);
    ok = ok && no_damage (p);
  }
  return ok && ran;
}

/* Bytes that the heap holds; 0 where the allocator does not tell. */
static size_t
heap_bytes (void)
{
  struct mallinfo2 m = mallinfo2 ();

  return m.uordblks + m.hblkhd;
}

bool
check_sees_heap (void)
{
  size_t before = heap_bytes (), during;
  void *volatile p = malloc (5000);

  during = heap_bytes ();
  free (p);
  return during >= before + 5000;
}

/* The same again and again, until the heap has stood still for some rounds or
 * has grown to the end.  (glibc puts up to seven freed blocks of each size
 * aside and counts them as used, so the first rounds always grow.) */
bool
test_leaks (probe *p)
{
  enum { MOST = 60, STEADY = 8 };
  size_t live, heap = 0, half = 0;
  int steady = 0, grown = 0; /* rounds without growth at the end; with, in the second half */
  bench b;
  bool ok = true;

  if (!bench_open (&b, p, false, 0))
    return false;
  live = guard_live ();
  for (int i = 0; i < MOST && ok && steady < STEADY; i++) {
    fault f = FAULT_INIT;
    outputs o;
    fnx_status status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
    if (status != FNX_OK)
      ok = not_run (p, status, &f);
    outputs_free (&o);
    fault_clear (&f);
    if (ok && guard_live () != live)
      ok = probe_fail (p, "%zu buffers are never released", guard_live () - live);
    steady = i && heap_bytes () <= heap ? steady + 1 : 0;
    grown += i > MOST / 2 && !steady;
    heap = heap_bytes ();
    if (i == MOST / 2)
      half = heap;
  }
  /* a leak grows every time; an allocator that settles late does not */
  if (ok && steady < STEADY && grown > MOST * 3 / 8)
    ok = probe_fail (p, "each run leaves %zu bytes behind", (heap - half) / (MOST / 2 - 1));
  bench_close (&b);
  if (ok && !check_sees_heap ())
    snprintf (p->rep->text, sizeof p->rep->text, "of buffers; this allocator does not tell about the rest");
  return ok;
}

/* ---- the same again, threads, blocks ---------------------------------------------------------------- */

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
  ok = status == FNX_OK ? same_results (p, &one, &two, "run twice") : not_run (p, status, &f);
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
  ok = status == FNX_OK || not_run (p, status, &f);
  pool_start (4);
  for (int i = 0; i < 5 && ok; i++) {
    outputs four = { { NULL } };
    status = probe_run_once (p, &b.set, &b.in, &four, NULL, &f);
    ok = status == FNX_OK ? same_results (p, &one, &four, "1 and 4 threads") : not_run (p, status, &f);
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
    ok = not_run (p, status, &f);
  drop_events (&whole);
  for (size_t i = 0; i < sizeof size / sizeof *size && ok && *streams; i++) {
    outputs parts = { { NULL } };
    dice x = { p->opt->seed + i };
    if (!subject_open (&s, p, &b->set, &f)) {
      ok = not_run (p, f.code, &f);
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
    for (size_t i = 0; (*d)->type == FNX_T_ENUM && i < n_edges (*d) && ok; i++) {
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

/* ---- cancelling ----------------------------------------------------------------------------------------- */

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
    ok = not_run (p, status, &f);
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

/* ---- metadata --------------------------------------------------------------------------------------------- */

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
    ok = not_run (p, status, &f);
  for (size_t i = 0; i < MAX_PORTS && p->d->outputs[i] && ok; i++)
    if (o.out[i])
      ok = all_kept (p, b.in.in[0], o.out[i], p->d->outputs[i]->name);
  outputs_free (&o);
  bench_close (&b);
  return ok;
}
