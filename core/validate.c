/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The validator's frame: which tests there are, and how one runs in a process
 * of its own, so that a plugin that crashes, hangs or exits is a result and
 * not the end.  (clap-validator works like this.)
 */
#include "core/validate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/pool.h"
#include "core/validate_impl.h"

static const struct {
  const char *name, *title;
  test_fn *run;
  bool seeded; /* a failure can be repeated by its seed alone */
} tests[] = {
  { "descriptor", "descriptor", test_descriptor, false },
  { "settings", "settings", test_settings, true },
  { "outside", "no writes outside", test_outside, false },
  { "types", "gives what it negotiates", test_types, false },
  { "random", "random inputs, 0 crashes", test_random, true },
  { "twice", "run twice, the same bits", test_twice, false },
  { "threads", "1 thread = 4 threads, bit for bit", test_threads, false },
  { "blocks", "blocks 1, 7, 4096 = whole", test_blocks, false },
  { "model", "fit, save, load, apply", test_model, true },
  { "cancel", "cancelled at every progress call", test_cancel, false },
  { "meta", "metadata kept", test_meta, false },
  { "leaks", "no leaks", test_leaks, false },
};
enum { N_TESTS = sizeof tests / sizeof *tests };

const char *const *
check_names (void)
{
  static const char *names[N_TESTS + 1];

  for (size_t i = 0; i < N_TESTS; i++)
    names[i] = tests[i].name;
  return names;
}

/* ---- what a test says -------------------------------------------------------------------- */

static bool
say (probe *p, int state, const char *format, va_list ap)
{
  size_t n = strlen (p->folder);
  char *at;

  if (p->rep->done)
    return false;
  p->rep->state = state;
  vsnprintf (p->rep->text, sizeof p->rep->text, format, ap);
  while (n && (at = strstr (p->rep->text, p->folder))) /* a name that is new each time tells nobody anything */
    memmove (at, at + n + (at[n] == '/'), strlen (at + n + (at[n] == '/')) + 1);
  return false;
}

bool
probe_fail (probe *p, const char *format, ...)
{
  va_list ap;

  va_start (ap, format);
  say (p, CHECK_FAILED, format, ap);
  va_end (ap);
  return false;
}

bool
probe_skip (probe *p, const char *format, ...)
{
  va_list ap;

  va_start (ap, format);
  say (p, CHECK_NOT_TRIED, format, ap);
  va_end (ap);
  return false;
}

bool
probe_none (probe *p, const char *why)
{
  p->rep->state = CHECK_NO_MATTER;
  snprintf (p->rep->text, sizeof p->rep->text, "%s", why);
  return false;
}

/* ---- the child ---------------------------------------------------------------------------- */

/* A plugin must not write where results go: catch what it prints. */
static int
catch_output (void)
{
  int fd = memfd_create ("fornix-check", MFD_CLOEXEC);

  fflush (stdout);
  if (fd >= 0)
    dup2 (fd, STDOUT_FILENO);
  return fd;
}

/* A long case that reports progress does not hang. */
static void
alive (void *arg, const char *recording, const char *step, uint64_t done, uint64_t total)
{
  report *rep = arg;

  (void)recording;
  (void)step;
  (void)done;
  (void)total;
  rep->beat++;
}

static void
run_test (probe *p, test_fn *test)
{
  p->ses = (session){ .threads = 1, .seed = p->opt->seed, .on_progress = alive, .on_arg = p->rep };
  p->rep->state = CHECK_PASSED;
  if (test (p))
    p->rep->state = CHECK_PASSED;
  else if (p->rep->state == CHECK_PASSED)
    probe_fail (p, "no memory left");
}

static void __attribute__ ((noreturn)) child (probe *p, test_fn *test)
{
  struct rlimit none = { 0, 0 };
  struct stat st;
  int fd, null = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  setpgid (0, 0);
  setrlimit (RLIMIT_CORE, &none);
  fd = catch_output ();
  if (null >= 0)
    dup2 (null, STDERR_FILENO);
  guard_begin (p->rep);
  pool_start (1);
  run_test (p, test);
  fflush (stdout);
  if (p->rep->state == CHECK_PASSED && fd >= 0 && !fstat (fd, &st) && st.st_size > 0)
    probe_fail (p, "it prints to standard output, which belongs to results: use c->log");
  p->rep->done = 1;
  _exit (0);
}

/* ---- the parent ----------------------------------------------------------------------------- */

/* How long a case may take before it counts as a hang. */
static int
limit_seconds (void)
{
  return clock_limit ("FORNIX_CHECK_SECONDS", 30);
}

/* Wait for the end of the child, which closes `fd`; false: it stands still. */
static bool
wait_end (int fd, const report *rep)
{
  struct pollfd p = { fd, POLLIN, 0 };
  int64_t last = clock_ms ();
  uint64_t beat = rep->beat;

  for (;;) {
    int ready = poll (&p, 1, 200);
    if (ready > 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return true;
    if (rep->beat != beat) {
      beat = rep->beat;
      last = clock_ms ();
    }
    if (clock_ms () - last > 1000 * (int64_t)limit_seconds ())
      return false;
  }
}

static void
explain_end (report *rep, int status, bool ended)
{
  if (rep->done)
    return;
  rep->state = CHECK_FAILED;
  if (!ended)
    snprintf (rep->text, sizeof rep->text, "it hangs (nothing for %d s)", limit_seconds ());
  else if (WIFSIGNALED (status))
    snprintf (rep->text, sizeof rep->text, "it crashes (%s)", strsignal (WTERMSIG (status)));
  else
    snprintf (rep->text, sizeof rep->text, "it ends the process (exit status %d)", WEXITSTATUS (status));
}

static void
run_apart (probe *p, test_fn *test)
{
  int ends[2], status = 0;
  bool ended;
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC)) {
    probe_skip (p, "%s", strerror (errno));
    return;
  }
  fflush (NULL);
  pid = fork ();
  if (!pid) {
    close (ends[0]);
    child (p, test);
  }
  close (ends[1]);
  if (pid < 0)
    probe_skip (p, "%s", strerror (errno));
  else {
    ended = wait_end (ends[0], p->rep);
    if (!ended)
      kill (pid, SIGKILL);
    kill (-pid, SIGKILL); /* children of its own */
    while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
      ;
    explain_end (p->rep, status, ended);
  }
  close (ends[0]);
}

/* Remove the flat folder of one test. */
static void
remove_folder (const char *folder)
{
  DIR *d = opendir (folder);

  for (struct dirent *e; d && (e = readdir (d));)
    unlinkat (dirfd (d), e->d_name, 0);
  if (d)
    closedir (d);
  rmdir (folder);
}

static void
run_one (const fnx_step_desc *d, size_t t, const check_options *opt, report *rep, check_result *r)
{
  probe p = { .d = d, .opt = opt, .rep = rep };

  memset (rep, 0, sizeof *rep);
  snprintf (p.folder, sizeof p.folder, "/tmp/fornix-check-XXXXXX");
  if (!mkdtemp (p.folder))
    snprintf (p.folder, sizeof p.folder, "/nowhere");
  if (opt->in_process) {
    guard_begin (NULL);
    run_test (&p, tests[t].run);
  } else
    run_apart (&p, tests[t].run);
  remove_folder (p.folder);
  *r = (check_result){ .test = tests[t].name,
                       .title = tests[t].title,
                       .step = d,
                       .state = rep->state,
                       .text = rep->text[0] ? strdup (rep->text) : NULL,
                       .seed = rep->seed,
                       .seeded = tests[t].seeded && rep->seed };
}

static bool
is_asked (const char *only, const char *name)
{
  return !only || !strcmp (only, name);
}

check_result *
check_module (const module_info *m, const check_options *opt, size_t *n)
{
  size_t n_steps = 0;
  check_result *all;
  report *rep = mmap (NULL, sizeof *rep, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  while (m->steps[n_steps])
    n_steps++;
  all = calloc (n_steps * N_TESTS + 1, sizeof *all);
  *n = 0;
  for (size_t s = 0; s < n_steps && all && rep != MAP_FAILED; s++)
    for (size_t t = 0; t < N_TESTS; t++)
      if (is_asked (opt->only, tests[t].name) && is_asked (opt->step, m->steps[s]->name))
        run_one (m->steps[s], t, opt, rep, &all[(*n)++]);
  if (rep != MAP_FAILED)
    munmap (rep, sizeof *rep);
  return all;
}

void
check_free (check_result *all, size_t n)
{
  for (size_t i = 0; all && i < n; i++)
    free (all[i].text);
  free (all);
}
