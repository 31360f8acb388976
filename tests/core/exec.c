/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains through the executor: blocks of any size give what the whole gives,
 * also where a step holds samples back or drops some, where the length is
 * unknown, and where a failure or Ctrl-C comes in the middle.
 */
#include <unistd.h>

#include "core/exec.h"
#include "core/pool.h"
#include "tests/harness.h"

enum { CHANNELS = 2 };

/* ---- one chain ------------------------------------------------------------------ */

typedef struct outcome {
  const fnx_buf *out; /* of the last recording; NULL if it failed */
  int results;
  fault f;
} outcome;

static fnx_status
take_result (void *arg, const recording *r, const fnx_buf *b, fault *f)
{
  outcome *o = arg;

  (void)r, (void)f;
  buffer_unref (o->out);
  o->out = buffer_ref (b);
  o->results++;
  return FNX_OK;
}

static outcome
run_in (session *ses, const char *line)
{
  outcome o = { .f = FAULT_INIT };
  cohort c = { .on_result = take_result, .on_arg = &o };
  char *copy = strdup (line), *save = NULL, *words[128];
  chain *ch;
  int n = 0;

  for (char *p = strtok_r (copy, " ", &save); p && n < 128; p = strtok_r (NULL, " ", &save))
    words[n++] = p;
  ch = chain_from_words (n, words, &o.f);
  if (ch && cohort_open (&c, ses, ch, &o.f) == FNX_OK)
    cohort_run (&c, &o.f);
  if (ch)
    cohort_close (&c);
  chain_free (ch);
  free (copy);
  return o;
}

static outcome
run (const char *line)
{
  session ses = { .threads = pool_size (), .seed = 1 };

  return run_in (&ses, line);
}

static void
done (outcome *o)
{
  buffer_unref (o->out);
  fault_clear (&o->f);
}

/* ---- what must come out, from its definition ---------------------------------------- */

static double
value_of (int64_t i, int64_t k)
{
  return (double)((i * 7919 + k * 104729) % 1009 - 504);
}

static double
sum_of (int64_t i, int64_t k, int64_t n, int64_t half)
{
  double sum = 0;

  for (int64_t j = i - half; j <= i + half; j++)
    sum += j >= 0 && j < n ? value_of (j, k) : 0;
  return sum;
}

/* Sum over 2 half + 1 samples twice, then every second one. */
static double
long_chain (int64_t i, int64_t k, int64_t n, int64_t one, int64_t two)
{
  double sum = 0;

  for (int64_t j = 2 * i - two; j <= 2 * i + two; j++)
    sum += j >= 0 && j < n ? sum_of (j, k, n, one) : 0;
  return sum;
}

static bool
is_long_chain (const fnx_buf *b, int64_t n)
{
  int64_t m = (n + 1) / 2;
  bool same = b && buffer_spec (b)->ndim == 2 && buffer_spec (b)->axes[1]->size == m;

  for (int64_t k = 0; k < CHANNELS && same; k++)
    for (int64_t i = 0; i < m && same; i++)
      same = t_values (b)[k * m + i] == long_chain (i, k, n, 3, 10);
  return same;
}

/* ---- streams ------------------------------------------------------------------------ */

static void
any_blocks (void)
{
  static const int blocks[] = { 1, 2, 3, 7, 64, 999, 1000 };
  const fnx_buf *first = NULL;

  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    for (int known = 0; known <= 1; known++) {
      char line[256];
      outcome o;

      snprintf (line, sizeof line, "count:x samples=1000 block=%d known=%s ! t-sum width=7 ! t-sum width=21 ! t-half",
                blocks[i], known ? "yes" : "no");
      o = run (line);
      t_ok (is_long_chain (o.out, 1000), "blocks of up to %d, length %s: four steps give their definition%s%s",
            blocks[i], known ? "known" : "unknown", o.f.text ? ": " : "", o.f.text ? o.f.text : "");
      if (!first)
        first = buffer_ref (o.out);
      t_ok (o.out && first && buffer_equal (o.out, first), "and all that belongs to it");
      done (&o);
    }
  t_ok (first && buffer_spec (first)->axes[1]->rate_num == 50
            && !strcmp (buffer_spec (first)->axes[0]->labels[1], "C4"),
        "rate and names came through");
  buffer_unref (first);
}

/* A window longer than the recording: everything comes with the drain. */
static void
all_late (void)
{
  outcome o = run ("count:x samples=20 block=3 ! t-sum width=201 ! t-sum width=3");
  bool same = o.out && buffer_spec (o.out)->axes[1]->size == 20;
  double total[CHANNELS] = { 0 };

  for (int64_t k = 0; k < CHANNELS; k++)
    for (int64_t i = 0; i < 20; i++)
      total[k] += value_of (i, k);
  for (int64_t i = 0; i < 20 && same; i++)
    same = t_values (o.out)[20 + i] == (i == 0 || i == 19 ? 2 : 3) * total[1];
  t_ok (same, "what a step gives only at the end still passes through the next%s%s", o.f.text ? ": " : "",
        o.f.text ? o.f.text : "");
  done (&o);
}

static void
between_whole_steps (void)
{
  outcome o = run ("count:x samples=1000 block=64 ! t-sum width=7 ! t-whole ! t-sum width=21 ! t-half");

  t_ok (is_long_chain (o.out, 1000), "a step that needs the whole recording gets it in the middle");
  done (&o);
  o = run ("count:x samples=1000 block=64 ! t-sum width=7 @a ! t-sum width=21 ! t-half @b ! t-whole in=@a ! t-sum "
           "width=21 ! t-half");
  t_ok (is_long_chain (o.out, 1000), "a named value inside a stream is kept for later%s%s", o.f.text ? ": " : "",
        o.f.text ? o.f.text : "");
  done (&o);
}

static void
second_output (void)
{
  outcome o = run ("count:x samples=300 block=17 two=yes ! t-sum width=3 ! t-whole in=@index");
  bool same = o.out && buffer_spec (o.out)->axes[1]->size == 300;

  for (int64_t i = 0; i < 300 && same; i++)
    same = t_values (o.out)[300 + i] == (double)i;
  t_ok (same, "a second output of a streaming source is kept%s%s", o.f.text ? ": " : "", o.f.text ? o.f.text : "");
  done (&o);
}

static void
nothing (void)
{
  outcome o = run ("count:x samples=0 ! t-sum width=3 ! t-half");

  t_ok (!o.out && o.f.exit == EXIT_DATA && strstr (o.f.text, "too short"), "no samples at all: %s",
        o.f.text ? o.f.text : "it gave something");
  done (&o);
}

/* ---- events ------------------------------------------------------------------------------ */

/* 20 events of the source at 0, 0.5, ... s and one mark every 0.3 s. */
static bool
right_events (const fnx_buf *b)
{
  const fnx_events *e = b ? buffer_events (b) : NULL;
  size_t marks = 0, even = 0, odd = 0;
  bool ordered = e != NULL;

  for (size_t i = 0; e && i < e->n; i++) {
    ordered = ordered && (!i || e->onset[i] >= e->onset[i - 1]);
    marks += !strcmp (e->label[i], "mark");
    even += !strcmp (e->label[i], "even") && fabs (remainder (e->onset[i], 1)) < 1e-9;
    odd += !strcmp (e->label[i], "odd") && fabs (fabs (remainder (e->onset[i], 1)) - 0.5) < 1e-9;
  }
  return ordered && even == 10 && odd == 10 && marks == 34 && e->n == 54;
}

static void
events (void)
{
  static const int blocks[] = { 1, 13, 64, 1000 };

  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    for (int all = 0; all <= 1; all++) {
      char line[256];
      outcome o;

      snprintf (line, sizeof line, "count:x samples=1000 block=%d all-events=%s ! t-sum width=9 ! t-mark every=30",
                blocks[i], all ? "yes" : "no");
      o = run (line);
      t_ok (right_events (o.out), "blocks of up to %d that carry %s events: each once, in order", blocks[i],
            all ? "all" : "their own");
      done (&o);
    }
}

/* ---- ends in the middle ---------------------------------------------------------------------- */

static void
failures (void)
{
  outcome o = run ("count:x samples=100000 block=100 ! t-sum width=5 ! t-stop after=700 fail=yes ! t-half");

  t_ok (!o.out && o.f.exit == EXIT_DATA && o.f.step && !strcmp (o.f.step, "t-stop") && o.f.param
            && !strcmp (o.f.param, "after"),
        "a failure inside a stream names its step and setting: %s", o.f.text ? o.f.text : "it did not fail");
  done (&o);
  o = run ("count:x samples=1000 block=100 skip=3 ! t-sum width=5 ! t-half");
  t_ok (!o.out && o.f.code == FNX_E_BUG, "a source that leaves a sample out is found: %s",
        o.f.text ? o.f.text : "it was not");
  done (&o);
  o = run ("count:x samples=1000 block=100 skip=3");
  t_ok (!o.out && o.f.code == FNX_E_BUG, "also when nothing stands behind it: %s", o.f.text ? o.f.text : "it was not");
  done (&o);
}

typedef struct interrupter {
  session *ses;
  uint64_t after, last;
} interrupter;

static void
interrupt_at (void *arg, const char *id, const char *step, uint64_t n, uint64_t total)
{
  interrupter *i = arg;

  (void)id, (void)total;
  if (strcmp (step, "t-stop"))
    return;
  i->last = n;
  if (n >= i->after)
    i->ses->cancelled = 1;
}

/* What Ctrl-C does: the flag is set while samples flow. */
static void
interrupted (const char *line)
{
  session ses = { .threads = pool_size (), .seed = 1 };
  interrupter i = { &ses, 5000, 0 };
  outcome o;

  ses.on_progress = interrupt_at;
  ses.on_arg = &i;
  o = run_in (&ses, line);
  t_ok (!o.out && o.results == 0 && o.f.exit == EXIT_INTERRUPTED && o.f.code == FNX_E_CANCELLED,
        "interrupted: exit 130, no result (%s)", o.f.text ? o.f.text : "it went on");
  t_ok (i.last >= 5000 && i.last < 6000, "and soon: %lu samples in", (unsigned long)i.last);
  done (&o);
}

/* ---- a recordings table ------------------------------------------------------------- */

static void
table_interrupted (void)
{
  char path[] = "exec-XXXXXX.tsv", *words[] = { path, (char *)"!", (char *)"t-whole" };
  int fd = mkstemps (path, 4);
  FILE *out = fd < 0 ? NULL : fdopen (fd, "w");
  session ses = { .threads = 1 };
  fault f = FAULT_INIT;
  size_t n;

  for (int i = 0; out && i < 1000; i++)
    fprintf (out, i ? "S%d\tcount:x\n" : "id\tfile\n", i);
  if (out)
    fclose (out);
  chain *ch = chain_from_words (3, words, &f);
  recording *r = recordings_of (&ses, ch, &n, &f);
  t_ok (r && n == 999, "a table of 999 recordings%s%s", f.text ? ": " : "", f.text ? f.text : "");
  recordings_free (r, n);
  ses.cancelled = 1;
  r = recordings_of (&ses, ch, &n, &f);
  t_ok (!r && f.exit == EXIT_INTERRUPTED, "Ctrl-C ends the reading of it");
  fault_clear (&f);
  chain_free (ch);
  unlink (path);
}

/* ---- who may run beside whom -------------------------------------------------------- */

static fnx_status
run_job (void *arg, size_t i, uint32_t worker)
{
  outcome *o = arg;

  (void)worker;
  o[i] = run (o[i].f.text);
  return FNX_OK;
}

/* The same chain twice at a time: steps of their own in each. */
static void
beside (const char *line, const char *what)
{
  outcome o[2] = { { .f = { .text = (char *)(uintptr_t)line } }, { .f = { .text = (char *)(uintptr_t)line } } };

  pool_run (2, run_job, o);
  for (int i = 0; i < 2; i++) {
    t_ok (o[i].out != NULL, "%s%s%s", what, o[i].f.text ? ": " : "", o[i].f.text ? o[i].f.text : "");
    done (&o[i]);
  }
}

int
main (void)
{
  char path[4096];
  const char *top = getenv ("abs_top_builddir");

  snprintf (path, sizeof path, "%s/tests/core/.libs", top ? top : ".");
  setenv ("FORNIX_PLUGIN_PATH", path, 1);
  t_begin ();
  any_blocks ();
  all_late ();
  between_whole_steps ();
  second_output ();
  nothing ();
  events ();
  failures ();
  interrupted ("count:x samples=1000000 block=100 ! t-sum width=5 ! t-stop after=1 ! t-half");
  interrupted ("count:x samples=1000000 block=100 known=no ! t-stop after=1 ! t-whole");
  table_interrupted ();
  beside ("count:x samples=10 ! t-alone", "of SERIAL_ALL one runs at a time in the whole module");
  if (pool_size () > 1)
    beside ("count:x samples=10 ! t-meet", "of SERIAL_STEP two run beside each other");
  return t_end ();
}
