/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fixed set of threads that take job numbers from one counter.  Job numbers
 * are handed out in ascending order and only those above a known failure are
 * skipped, so the failure that is reported is always that of the lowest index,
 * whatever the number of threads.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/pool.h"

typedef struct batch {
  size_t n;
  fnx_status (*f) (void *, size_t, uint32_t);
  void *arg;
  _Atomic size_t next;
  size_t failed; /* lowest failed index, n if none; under mutex */
  fnx_status status;
  unsigned running; /* workers inside; under mutex */
} batch;

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t work, done;
  pthread_t *threads;
  unsigned n; /* with the caller */
  uint64_t generation;
  batch *current;
  bool stop;
} pool = {
  .mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER, .n = 1
};

static _Thread_local size_t job_of_thread; /* index + 1; 0 outside jobs */
static _Thread_local uint32_t worker_of_thread;
static pthread_mutex_t one_batch = PTHREAD_MUTEX_INITIALIZER;

size_t
pool_job (void)
{
  return job_of_thread;
}

unsigned
pool_size (void)
{
  return pool.n;
}

static size_t
failed_below (batch *b)
{
  size_t f;

  pthread_mutex_lock (&pool.mutex);
  f = b->failed;
  pthread_mutex_unlock (&pool.mutex);
  return f;
}

static void
take_jobs (batch *b, uint32_t worker)
{
  size_t i;

  worker_of_thread = worker;
  while ((i = atomic_fetch_add (&b->next, 1)) < b->n) {
    fnx_status s;

    if (i > failed_below (b))
      break;
    job_of_thread = i + 1;
    s = b->f (b->arg, i, worker);
    job_of_thread = 0;
    if (s != FNX_OK) {
      pthread_mutex_lock (&pool.mutex);
      if (i < b->failed) {
        b->failed = i;
        b->status = s;
      }
      pthread_mutex_unlock (&pool.mutex);
    }
  }
}

static void *
work (void *arg)
{
  uint32_t worker = (uint32_t)(uintptr_t)arg;
  uint64_t seen = 0;

  pthread_mutex_lock (&pool.mutex);
  for (;;) {
    batch *b;

    while (!pool.stop && (pool.generation == seen || !pool.current))
      pthread_cond_wait (&pool.work, &pool.mutex);
    if (pool.stop)
      break;
    seen = pool.generation;
    b = pool.current;
    b->running++;
    pthread_mutex_unlock (&pool.mutex);
    take_jobs (b, worker);
    pthread_mutex_lock (&pool.mutex);
    if (--b->running == 0)
      pthread_cond_signal (&pool.done);
  }
  pthread_mutex_unlock (&pool.mutex);
  return NULL;
}

fnx_status
pool_start (unsigned n)
{
  pool_stop ();
  if (n < 1)
    n = 1;
  pool.threads = n > 1 ? calloc (n - 1, sizeof *pool.threads) : NULL;
  if (n > 1 && !pool.threads)
    return FNX_E_NOMEM;
  pool.stop = false;
  pool.n = 1;
  for (unsigned i = 1; i < n; i++) {
    /* Fewer threads than asked for is slower, not wrong. */
    if (pthread_create (&pool.threads[i - 1], NULL, work, (void *)(uintptr_t)i))
      break;
    pool.n = i + 1;
  }
  return FNX_OK;
}

void
pool_stop (void)
{
  pthread_mutex_lock (&pool.mutex);
  pool.stop = true;
  pthread_cond_broadcast (&pool.work);
  pthread_mutex_unlock (&pool.mutex);
  for (unsigned i = 1; i < pool.n; i++)
    pthread_join (pool.threads[i - 1], NULL);
  free (pool.threads);
  pool.threads = NULL;
  pool.n = 1;
}

static fnx_status
run_serially (size_t n, fnx_status (*f) (void *, size_t, uint32_t), void *arg)
{
  size_t outer = job_of_thread;

  for (size_t i = 0; i < n; i++) {
    fnx_status s;

    if (!outer)
      job_of_thread = i + 1;
    s = f (arg, i, outer ? worker_of_thread : 0);
    job_of_thread = outer;
    if (s != FNX_OK)
      return s;
  }
  return FNX_OK;
}

fnx_status
pool_run (size_t n, fnx_status (*f) (void *, size_t, uint32_t), void *arg)
{
  batch b = { .n = n, .f = f, .arg = arg, .failed = n };

  if (n <= 1 || pool.n <= 1 || job_of_thread)
    return run_serially (n, f, arg);
  pthread_mutex_lock (&one_batch);
  pthread_mutex_lock (&pool.mutex);
  pool.current = &b;
  pool.generation++;
  pthread_cond_broadcast (&pool.work);
  pthread_mutex_unlock (&pool.mutex);
  take_jobs (&b, 0);
  pthread_mutex_lock (&pool.mutex);
  pool.current = NULL; /* late wakers find nothing */
  while (b.running)
    pthread_cond_wait (&pool.done, &pool.mutex);
  pthread_mutex_unlock (&pool.mutex);
  pthread_mutex_unlock (&one_batch);
  return b.status;
}
