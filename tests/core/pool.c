/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pool: every job once, a worker's number never twice at a time, the
 * lowest failing index whatever the threads, nested work serial.
 */
#include <sched.h>
#include <stdatomic.h>

#include "core/pool.h"
#include "tests/harness.h"

enum { JOBS = 2000, MOST = 8 };

/* Uneven work, so that threads overtake each other. */
static void
dawdle (size_t i)
{
  volatile double x = 1;

  for (size_t k = 0; k < i * 7919 % 997; k++)
    x = x * 1.0000001;
  if (i % 13 == 0)
    sched_yield ();
}

/* ---- every job once, workers apart -------------------------------------------- */

typedef struct counted {
  _Atomic int times[JOBS];
  _Atomic int inside[MOST];
  _Atomic int clashes;
  unsigned n_workers;
} counted;

static fnx_status
count (void *arg, size_t i, uint32_t worker)
{
  counted *c = arg;

  if (worker >= c->n_workers || atomic_fetch_add (&c->inside[worker], 1) != 0)
    atomic_fetch_add (&c->clashes, 1);
  atomic_fetch_add (&c->times[i], 1);
  dawdle (i);
  if (worker < c->n_workers)
    atomic_fetch_sub (&c->inside[worker], 1);
  return FNX_OK;
}

static void
once_each (unsigned threads)
{
  counted *c = calloc (1, sizeof *c);
  bool once = true;

  c->n_workers = pool_size ();
  t_ok (pool_run (JOBS, count, c) == FNX_OK, "%u threads: all jobs succeed", threads);
  for (size_t i = 0; i < JOBS; i++)
    once = once && c->times[i] == 1;
  t_ok (once, "%u threads: each job ran once", threads);
  t_ok (c->clashes == 0, "%u threads: no worker ran twice at once, none beyond the limit", threads);
  t_ok (pool_job () == 0, "%u threads: outside jobs again", threads);
  free (c);
}

/* ---- the lowest failure ----------------------------------------------------------- */

typedef struct failing {
  size_t lowest, step;
  _Atomic int ran_below, ran;
} failing;

static fnx_status
fail_some (void *arg, size_t i, uint32_t worker)
{
  failing *f = arg;

  (void)worker;
  atomic_fetch_add (&f->ran, 1);
  if (i < f->lowest) {
    dawdle (997 * i + 1); /* the failing ones are quicker than those before them */
    atomic_fetch_add (&f->ran_below, 1);
  }
  return i >= f->lowest && (i - f->lowest) % f->step == 0 ? (fnx_status)(-100 - (fnx_status)i) : FNX_OK;
}

static void
lowest_failure (unsigned threads)
{
  static const size_t lowest[] = { 0, 1, 17, 500, JOBS - 1 };
  bool right = true, all = true, stops = true;

  for (size_t k = 0; k < sizeof lowest / sizeof *lowest; k++)
    for (size_t step = 1; step <= 3; step++) {
      failing f = { .lowest = lowest[k], .step = step };
      fnx_status s = pool_run (JOBS, fail_some, &f);

      right = right && s == (fnx_status)(-100 - (fnx_status)lowest[k]);
      all = all && f.ran_below == (int)lowest[k];
      stops = stops && (threads > 1 || f.ran == (int)lowest[k] + 1);
    }
  t_ok (right, "%u threads: the status is that of the lowest failing job", threads);
  t_ok (all, "%u threads: all jobs below it have run", threads);
  t_ok (stops, "%u threads: one thread alone stops there", threads);
}

/* ---- nested ---------------------------------------------------------------------------- */

typedef struct nested {
  _Atomic int inner, out_of_order, strangers;
} nested;

typedef struct inner_work {
  nested *n;
  size_t next;
  size_t outer_job;
} inner_work;

static fnx_status
inner (void *arg, size_t i, uint32_t worker)
{
  inner_work *w = arg;

  (void)worker;
  if (i != w->next++)
    atomic_fetch_add (&w->n->out_of_order, 1);
  if (pool_job () != w->outer_job)
    atomic_fetch_add (&w->n->strangers, 1);
  atomic_fetch_add (&w->n->inner, 1);
  return FNX_OK;
}

static fnx_status
outer (void *arg, size_t i, uint32_t worker)
{
  inner_work w = { .n = arg, .outer_job = i + 1 };
  fnx_status s;

  (void)worker;
  if (pool_job () != i + 1)
    atomic_fetch_add (&w.n->strangers, 1);
  s = pool_run (20, inner, &w);
  return s == FNX_OK && pool_job () == i + 1 ? FNX_OK : FNX_E_BUG;
}

static void
nested_is_serial (unsigned threads)
{
  nested n = { .inner = 0 };

  t_ok (pool_run (100, outer, &n) == FNX_OK && n.inner == 2000, "%u threads: nested jobs all run", threads);
  t_ok (n.out_of_order == 0 && n.strangers == 0, "%u threads: in order, inside the job that asked", threads);
}

/* ---- through a call: workers of nested parallel() ----------------------------------------- */

typedef struct workers {
  call *c;
  _Atomic int inside[MOST];
  _Atomic int clashes;
} workers;

static fnx_status
use_worker (void *arg, size_t i, uint32_t worker)
{
  workers *w = arg;

  if (worker >= w->c->api.max_threads || atomic_fetch_add (&w->inside[worker], 1) != 0)
    atomic_fetch_add (&w->clashes, 1);
  dawdle (i + 1);
  if (worker < MOST)
    atomic_fetch_sub (&w->inside[worker], 1);
  return FNX_OK;
}

static fnx_status
use_nested (void *arg, size_t i, uint32_t worker)
{
  workers *w = arg;

  (void)i, (void)worker;
  return w->c->api.parallel (&w->c->api, 20, use_worker, w);
}

/* A call that is itself made inside a job: a fold. */
static fnx_status
call_in_job (void *arg, size_t i, uint32_t worker)
{
  session ses = { .threads = pool_size () };
  workers w = { .clashes = 0 };
  call c;
  fnx_status s = call_begin (&c, &ses, "step", "test", 1, NULL);

  (void)i, (void)worker;
  w.c = &c;
  if (s == FNX_OK)
    s = call_end (&c, c.api.parallel (&c.api, 20, use_worker, &w));
  if (w.clashes || s != FNX_OK)
    atomic_fetch_add ((_Atomic int *)arg, 1);
  return FNX_OK;
}

static void
work_space (unsigned threads)
{
  session ses = { .threads = pool_size () };
  workers w = { .clashes = 0 };
  _Atomic int wrong = 0;
  call c;

  call_begin (&c, &ses, "step", "test", 1, NULL);
  w.c = &c;
  t_ok (c.api.parallel (&c.api, 100, use_nested, &w) == FNX_OK && w.clashes == 0,
        "%u threads: work space by worker is safe in nested parallel() of one call", threads);
  call_end (&c, FNX_OK);
  pool_run (100, call_in_job, &wrong);
  t_ok (wrong == 0, "%u threads: and in calls made inside a job", threads);
}

/* ---- messages ------------------------------------------------------------------------------ */

static fnx_status
say (void *arg, size_t i, uint32_t worker)
{
  fnx_call *c = arg;

  (void)worker;
  dawdle (JOBS - i);
  return i >= 30 && i % 2 == 0 ? c->fail (c, FNX_E_DATA, "trial %zu", i) : FNX_OK;
}

static void
lowest_message (unsigned threads)
{
  session ses = { .threads = pool_size () };
  bool right = true;

  for (int k = 0; k < 50; k++) {
    fault f = FAULT_INIT;
    call c;

    call_begin (&c, &ses, "step", "test", 1, &f);
    call_end (&c, c.api.parallel (&c.api, 200, say, &c.api));
    right = right && f.text && !strcmp (f.text, "trial 30") && f.code == FNX_E_DATA;
    fault_clear (&f);
  }
  t_ok (right, "%u threads: the message that is kept is that of the lowest job", threads);
}

int
main (void)
{
  static const unsigned threads[] = { 1, 2, 4, MOST };

  for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
    t_ok (pool_start (threads[i]) == FNX_OK && pool_size () == threads[i], "a pool of %u", threads[i]);
    once_each (threads[i]);
    lowest_failure (threads[i]);
    nested_is_serial (threads[i]);
    work_space (threads[i]);
    lowest_message (threads[i]);
  }
  t_ok (pool_run (0, count, NULL) == FNX_OK, "no jobs at all succeed");
  pool_stop ();
  return t_end ();
}
