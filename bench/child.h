/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a command costs: CPU seconds and peak memory of a child process.
 */
#ifndef FNX_BENCH_CHILD_H
#define FNX_BENCH_CHILD_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct cost {
  double cpu, wall, mb; /* seconds, seconds, peak of resident memory */
} cost;

static inline double
clock_of (clockid_t id)
{
  struct timespec t;

  clock_gettime (id, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double
seconds_of (struct timeval t)
{
  return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

/* Run words[] (NULL-terminated; found on PATH) without its output; false if it
 * could not be run or failed. */
static inline bool
child_run (const char *const *words, cost *c)
{
  double before = clock_of (CLOCK_MONOTONIC);
  struct rusage u;
  int status;
  pid_t pid = fork ();

  if (pid == 0) {
    int null = open ("/dev/null", O_RDWR);

    dup2 (null, 1);
    dup2 (null, 2);
    execvp (words[0], (char *const *)(uintptr_t)words);
    _exit (127);
  }
  if (pid < 0 || wait4 (pid, &status, 0, &u) != pid)
    return false;
  c->wall = clock_of (CLOCK_MONOTONIC) - before;
  c->cpu = seconds_of (u.ru_utime) + seconds_of (u.ru_stime);
  c->mb = (double)u.ru_maxrss / 1024;
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* The same, the quickest of n times. */
static inline bool
child_best (const char *const *words, int n, cost *c)
{
  cost one;

  for (int i = 0; i < n; i++) {
    if (!child_run (words, &one))
      return false;
    if (i == 0 || one.cpu < c->cpu)
      *c = one;
  }
  return true;
}

static inline const char *
scratch_folder (void)
{
  const char *tmp = getenv ("TMPDIR");

  return tmp ? tmp : "/tmp";
}

#endif
