/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Guarded memory for the validator.  Each region ends at a page that nobody
 * may touch, so that the first byte behind the end is a crash at a known
 * address; the few bytes that alignment leaves over, and those before the
 * beginning, hold a pattern that is looked at when the region is released.
 * (Electric Fence, 1987, did the same.)
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buffer_impl.h"
#include "core/pool.h"
#include "core/validate_impl.h"

enum { PATTERN = 0xc5, ALIGN = 64 };

typedef struct region {
  struct region *next;
  unsigned char *base; /* of the mapping: guard, pages, guard */
  size_t mapped;
  unsigned char *data;
  size_t bytes;
  bool scratch, read_only;
  const call *of; /* scratch only */
} region;

static struct {
  pthread_mutex_t lock;
  region *all;
  size_t page;
  report *rep;
  char damage[300];
} guard = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *
region_new (size_t bytes, bool scratch, const call *of)
{
  region *r = calloc (1, sizeof *r);
  size_t room = (bytes + ALIGN - 1) / ALIGN * ALIGN;
  size_t pages = (room + guard.page - 1) / guard.page * guard.page;

  if (!r || room < bytes || pages < room)
    goto failed;
  r->mapped = pages + 2 * guard.page;
  r->base = mmap (NULL, r->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (r->base == MAP_FAILED)
    goto failed;
  if (pages && mprotect (r->base + guard.page, pages, PROT_READ | PROT_WRITE)) {
    munmap (r->base, r->mapped);
    goto failed;
  }
  r->data = r->base + guard.page + pages - room;
  r->bytes = bytes;
  r->scratch = scratch;
  r->of = of;
  memset (r->base + guard.page, PATTERN, pages - room);
  memset (r->data + bytes, PATTERN, room - bytes);
  pthread_mutex_lock (&guard.lock);
  r->next = guard.all;
  guard.all = r;
  pthread_mutex_unlock (&guard.lock);
  return r->data;
failed:
  free (r);
  return NULL;
}

static const char *
kind_of (const region *r)
{
  return r->scratch ? "its scratch memory" : r->read_only ? "its input" : "an output";
}

/* The pattern around the data is as it was? */
static void
inspect (const region *r)
{
  const unsigned char *first = r->base + guard.page, *end = r->base + r->mapped - guard.page;

  for (const unsigned char *p = first; p < end && !guard.damage[0]; p++) {
    if (p == r->data)
      p += r->bytes;
    if (p < end && *p != PATTERN)
      snprintf (guard.damage, sizeof guard.damage, "it wrote byte %td %s of %s of %zu bytes",
                p < r->data ? r->data - p : p - (r->data + r->bytes) + 1,
                p < r->data ? "before the start" : "behind the end", kind_of (r), r->bytes);
  }
}

static void
region_free (region *r)
{
  inspect (r);
  munmap (r->base, r->mapped);
  free (r);
}

/* Unlink and free the region of `data`, or all scratch of `of`. */
static void
release (const void *data, const call *of)
{
  region **at = &guard.all;

  pthread_mutex_lock (&guard.lock);
  while (*at) {
    region *r = *at;
    if (of ? r->of == of : r->data == data && !r->scratch) {
      *at = r->next;
      region_free (r);
      if (!of)
        break;
    } else
      at = &r->next;
  }
  pthread_mutex_unlock (&guard.lock);
}

static void *
values_alloc (size_t bytes)
{
  return region_new (bytes, false, NULL);
}

static void
values_release (void *data, size_t bytes)
{
  (void)bytes;
  if (data)
    release (data, NULL);
}

static void *
scratch (fnx_call *api, size_t bytes)
{
  void *p = region_new (bytes, true, (const call *)api);

  if (!p)
    api->fail (api, FNX_E_NOMEM, "not enough memory for %zu bytes", bytes);
  return p;
}

void
guard_call (call *c)
{
  c->api.scratch = scratch;
}

void
guard_call_end (call *c)
{
  release (NULL, c);
}

void
guard_read_only (const fnx_buf *b, bool on)
{
  for (region *r = guard.all; b && r; r = r->next)
    if (r->data == b->data && !r->scratch) {
      mprotect (r->base + guard.page, r->mapped - 2 * guard.page, on ? PROT_READ : PROT_READ | PROT_WRITE);
      r->read_only = on;
    }
}

size_t
guard_live (void)
{
  size_t n = 0;

  for (const region *r = guard.all; r; r = r->next)
    n += !r->scratch;
  return n;
}

const char *
guard_damage (void)
{
  return guard.damage[0] ? guard.damage : NULL;
}

/* ---- crashes --------------------------------------------------------------------- */

/* What stands at the address of a fault.  No locks: this process is lost. */
static void
name_address (const unsigned char *at, char *text, size_t n)
{
  for (const region *r = guard.all; r; r = r->next) {
    if (at < r->base || at >= r->base + r->mapped)
      continue;
    if (at >= r->data && at < r->data + r->bytes)
      snprintf (text, n, "it writes to %s, which is borrowed", kind_of (r));
    else
      snprintf (text, n, "it touches byte %td %s of %s of %zu bytes",
                at < r->data ? r->data - at : at - (r->data + r->bytes) + 1,
                at < r->data ? "before the start" : "behind the end", kind_of (r), r->bytes);
    return;
  }
  snprintf (text, n, "it crashes (segmentation fault at address %p)", (const void *)at);
}

static void
on_fault (int sig, siginfo_t *info, void *context)
{
  (void)context;
  if (guard.rep && !guard.rep->done) {
    if (sig == SIGSEGV || sig == SIGBUS)
      name_address (info->si_addr, guard.rep->text, sizeof guard.rep->text);
    else
      snprintf (guard.rep->text, sizeof guard.rep->text, "it crashes (%s)", strsignal (sig));
    guard.rep->state = CHECK_FAILED;
    guard.rep->done = 1;
  }
  _exit (1);
}

/* Deep recursion leaves no stack to handle its own crash on. */
static void
catch_faults (void)
{
  static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
  struct sigaction how = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
  size_t room = 1 << 16;
  stack_t own
      = { .ss_sp = mmap (NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = room };

  if (own.ss_sp != MAP_FAILED)
    sigaltstack (&own, NULL);
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
    sigaction (fatal[i], &how, NULL);
}

void
guard_begin (report *rep)
{
  guard.page = (size_t)sysconf (_SC_PAGESIZE);
  guard.rep = rep;
  guard.damage[0] = 0;
  buffer_values = (values_source){ values_alloc, values_release };
  if (rep)
    catch_faults ();
}
