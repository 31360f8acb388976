/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fnx_call that a plugin sees.  Everything behind it may be used from the
 * jobs of parallel(), hence the lock; a fault keeps the message of the lowest
 * job, so that what the user reads does not depend on the threads.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"
#include "core/output.h"
#include "core/param.h"
#include "core/pool.h"
#include "core/rng.h"

struct scratch {
  struct scratch *next;
  void *memory;
};

struct call_lock {
  pthread_mutex_t mutex;
};

/* ---- what plugins call ------------------------------------------------------ */

static fnx_status call_fail (fnx_call *, fnx_status, const char *, ...) FNX_PRINTF (3, 4);

static fnx_status
call_fail (fnx_call *api, fnx_status code, const char *format, ...)
{
  call *c = (call *)api;
  size_t job = pool_job ();
  va_list ap;

  if (code >= 0)
    code = FNX_E_BUG;
  pthread_mutex_lock (&c->lock->mutex);
  if (c->f && (!c->f->text || !job || !c->fail_index || job < c->fail_index)) {
    fault_clear (c->f);
    va_start (ap, format);
    fault_vset (c->f, fault_exit_of (code), code, format, ap);
    va_end (ap);
    c->fail_index = job;
  }
  pthread_mutex_unlock (&c->lock->mutex);
  return code;
}

static void call_log (fnx_call *, uint32_t, const char *, ...) FNX_PRINTF (3, 4);

static void
call_log (fnx_call *api, uint32_t level, const char *format, ...)
{
  call *c = (call *)api;
  char line[1024];
  va_list ap;

  if (!c->ses->on_log || (level > FNX_LOG_NOTE && !c->ses->verbose))
    return;
  va_start (ap, format);
  vsnprintf (line, sizeof line, format, ap);
  va_end (ap);
  c->ses->on_log (c->ses->on_arg, level, c->step, line);
}

static int32_t
call_progress (fnx_call *api, uint64_t done, uint64_t total)
{
  call *c = (call *)api;

  if (c->ses->on_progress)
    c->ses->on_progress (c->ses->on_arg, strcmp (api->recording, COHORT_NAME) ? api->recording : "", c->step, done,
                         total);
  return c->ses->cancelled;
}

typedef struct lone_job {
  fnx_status (*f) (void *, size_t, uint32_t);
  void *arg;
} lone_job;

static fnx_status
run_alone (void *arg, size_t i, uint32_t worker)
{
  const lone_job *j = arg;

  (void)worker;
  return j->f (j->arg, i, 0);
}

/* A call made inside a job was promised one worker: it is number 0, whichever
 * thread that is. */
static fnx_status
call_parallel (fnx_call *api, size_t n, fnx_status (*f) (void *, size_t, uint32_t), void *arg)
{
  return api->max_threads > 1 ? pool_run (n, f, arg) : pool_run (n, run_alone, &(lone_job){ f, arg });
}

static void *
call_scratch (fnx_call *api, size_t bytes)
{
  call *c = (call *)api;
  struct scratch *s = malloc (sizeof *s);
  size_t room = bytes < 64 ? 64 : (bytes + 63) / 64 * 64;
  void *p = s && room >= bytes ? aligned_alloc (64, room) : NULL;

  if (!p) {
    free (s);
    call_fail (api, FNX_E_NOMEM, "not enough memory for %.1f MiB", (double)bytes / 1048576.0);
    return NULL;
  }
  memset (p, 0, room);
  s->memory = p;
  pthread_mutex_lock (&c->lock->mutex);
  s->next = c->scratch;
  c->scratch = s;
  pthread_mutex_unlock (&c->lock->mutex);
  return p;
}

static const char *
call_output (fnx_call *api, const char *path)
{
  call *c = (call *)api;
  fault f = FAULT_INIT;
  const char *name = NULL;

  if (!c->ses->outputs)
    call_fail (api, FNX_E_UNSUPPORTED, "%s: nothing is written here", path);
  else if (!(name = output_open (c->ses->outputs, path, &f)))
    call_fail (api, f.code, "%s", f.text);
  fault_clear (&f);
  return name;
}

/* ---- buffers ----------------------------------------------------------------- */

/* Take a fault of the host's own functions for the call's. */
static fnx_status
adopt (fnx_call *api, fault *f)
{
  fnx_status code = f->code ? f->code : FNX_E_NOMEM;

  call_fail (api, code, "%s", f->text ? f->text : "not enough memory");
  fault_clear (f);
  return code;
}

static fnx_buf *
api_like (fnx_call *api, const fnx_buf *src, const fnx_spec *spec)
{
  fault f = FAULT_INIT;
  fnx_buf *b;

  if (!src && !spec) {
    call_fail (api, FNX_E_BUG, "like() needs a buffer or a spec");
    return NULL;
  }
  b = src ? buffer_like (src, spec, &f) : buffer_new (spec, &f);
  if (!b)
    adopt (api, &f);
  return b;
}

static void *
api_write (fnx_call *api, fnx_buf *b)
{
  fault f = FAULT_INIT;
  void *p = buffer_write (b, &f);

  if (!p)
    adopt (api, &f);
  return p;
}

static fnx_buf *
api_own (fnx_call *api, const fnx_buf *b)
{
  fault f = FAULT_INIT;
  fnx_buf *o = buffer_own (b, &f);

  if (!o)
    adopt (api, &f);
  return o;
}

static fnx_status
api_set_meta (fnx_call *api, fnx_buf *b, const char *key, const char *json)
{
  return buffer_set_meta (b, key, json) == FNX_OK ? FNX_OK : call_fail (api, FNX_E_NOMEM, "not enough memory");
}

static fnx_status
api_set_events (fnx_call *api, fnx_buf *b, const fnx_events *e)
{
  return buffer_set_events (b, e) == FNX_OK ? FNX_OK : call_fail (api, FNX_E_NOMEM, "not enough memory");
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static int
by_value (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Sorted distinct values of `v` (n of size bytes); returns how many. */
static size_t
distinct (void *v, size_t n, size_t size, int (*order) (const void *, const void *))
{
  size_t k = 0;
  char *p = v;

  if (n)
    qsort (p, n, size, order);
  for (size_t i = 0; i < n; i++)
    if (!i || order (p + i * size, p + (k - 1) * size))
      memmove (p + k++ * size, p + i * size, size);
  return k;
}

static const int32_t *
api_classes (fnx_call *api, const fnx_buf *b, const char *axis, const char *column, int32_t *n_class,
             const char *const **names)
{
  const fnx_column *c = buffer_column (b, axis, column);
  const fnx_axis *a = spec_axis (buffer_spec (b), axis);
  size_t n, m = 0, size, k;
  int32_t *codes;
  char *values;
  const char **text;
  int (*order) (const void *, const void *) = c && c->texts ? by_text : by_value;

  if (!c) {
    call_fail (api, FNX_E_DATA, "the %s axis has no column \"%s\"", axis, column);
    return NULL;
  }
  n = (size_t)a->size;
  size = c->texts ? sizeof (char *) : sizeof (double);
  codes = call_scratch (api, n * sizeof *codes);
  values = call_scratch (api, n * size);
  text = call_scratch (api, (n + 1) * sizeof *text);
  if (!codes || !values || !text)
    return NULL;
  for (size_t i = 0; i < n; i++)
    if (c->texts ? c->texts[i] != NULL : c->reals[i] == c->reals[i])
      memcpy (values + m++ * size, c->texts ? (const void *)&c->texts[i] : (const void *)&c->reals[i], size);
  k = distinct (values, m, size, order);
  for (size_t i = 0; i < n; i++) {
    const void *key = c->texts ? (const void *)&c->texts[i] : (const void *)&c->reals[i];
    const char *at = NULL;

    if (c->texts ? c->texts[i] != NULL : c->reals[i] == c->reals[i])
      at = bsearch (key, values, k, size, order);
    codes[i] = at ? (int32_t)((size_t)(at - values) / size) : -1;
  }
  for (size_t i = 0; i < k; i++)
    if (c->texts)
      text[i] = ((const char **)(void *)values)[i];
    else {
      char *t = call_scratch (api, 32);

      if (!t)
        return NULL;
      text[i] = number_text (((double *)(void *)values)[i], t);
    }
  *n_class = (int32_t)k;
  if (names)
    *names = text;
  return codes;
}

static const fnx_buf_api buf_api = {
  .struct_size = sizeof buf_api,
  .ref = buffer_ref,
  .unref = buffer_unref,
  .spec = buffer_spec,
  .read = buffer_read,
  .item = buffer_item,
  .like = api_like,
  .write = api_write,
  .own = api_own,
  .meta = buffer_meta,
  .set_meta = api_set_meta,
  .events = buffer_events,
  .set_events = api_set_events,
  .column = buffer_column,
  .classes = api_classes,
  .meta_key = buffer_meta_key,
};

/* ---- the host and the call ------------------------------------------------------ */

static const struct {
  const char *id;
  const void *table;
} services[] = {
  { "fnx.buf/1", &buf_api },
  { "fnx.param/1", &params_api },
  { "fnx.rng/1", &rng_api },
};

static const void *
host_service (const fnx_host *h, const char *id)
{
  (void)h;
  for (size_t i = 0; i < sizeof services / sizeof *services; i++)
    if (!strcmp (services[i].id, id))
      return services[i].table;
  return NULL;
}

const fnx_host the_host = {
  .struct_size = sizeof the_host,
  .abi_minor = FNX_ABI_MINOR,
  .name = "fornix",
  .version = PACKAGE_VERSION,
  .service = host_service,
};

fnx_status
call_begin (call *c, session *ses, const char *step, const char *recording, uint64_t seed, fault *f)
{
  *c = (call){ .ses = ses, .step = step, .f = f };
  c->api = (fnx_call){
    .struct_size = sizeof c->api,
    .max_threads = pool_job () ? 1 : pool_size (),
    .host = &the_host,
    .buf = &buf_api,
    .param = &params_api,
    .rng = &rng_api,
    .seed = seed,
    .recording = recording ? recording : "",
    .fail = call_fail,
    .log = call_log,
    .progress = call_progress,
    .parallel = call_parallel,
    .scratch = call_scratch,
    .output = call_output,
  };
  c->api.impl = c;
  c->lock = malloc (sizeof *c->lock);
  if (!c->lock)
    return fault_memory (f);
  pthread_mutex_init (&c->lock->mutex, NULL);
  return FNX_OK;
}

fnx_status
call_end (call *c, fnx_status status)
{
  for (struct scratch *s = c->scratch, *next; s; s = next) {
    next = s->next;
    free (s->memory);
    free (s);
  }
  c->scratch = NULL;
  if (c->lock)
    pthread_mutex_destroy (&c->lock->mutex);
  free (c->lock);
  c->lock = NULL;
  if (status == FNX_OK) {
    /* A plugin that called fail() and carried on has recovered. */
    if (c->f)
      fault_clear (c->f);
  } else if (c->f && !c->f->text) {
    if (status == FNX_E_CANCELLED)
      fault_set (c->f, EXIT_INTERRUPTED, status, "stopped");
    else
      fault_set (c->f, fault_exit_of (status), status,
                 "failed without saying why (status %d); this is a fault of the plugin", status);
  }
  return status;
}

uint64_t
seed_of (uint64_t chain_seed, const char *step_id, uint32_t revision, const char *recording, uint64_t fold)
{
  uint64_t h = hash_bytes (chain_seed, step_id, strlen (step_id));

  h = hash_bytes (h, &revision, sizeof revision);
  if (recording)
    h = hash_bytes (h, recording, strlen (recording));
  return hash_bytes (h, &fold, sizeof fold);
}

void
session_stage (session *ses, unsigned level, const char *name, uint64_t at, uint64_t total)
{
  if (ses->on_stage)
    ses->on_stage (ses->on_arg, level, name, at, total);
}
