/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Trying a module in a child process before it is let into this one: its
 * constructors are code that may crash, hang or exit.  What passed is noted in
 * a cache, so that only new files cost a process (GStreamer's plugin scanner
 * does the same).
 */
#include "core/load.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/xdg.h"

/* ---- the child ----------------------------------------------------------- */

/* What the child sends: a length, then that many bytes of a sentence. */
enum { VERDICT_MAX = 2000 };

static void
quiet_child (void)
{
  static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM, SIGALRM };
  struct rlimit none = { 0, 0 };
  int null = open ("/dev/null", O_RDWR);

  setpgid (0, 0); /* so that its own children can be ended with it */
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
    signal (fatal[i], SIG_DFL);
  setrlimit (RLIMIT_CORE, &none);
  for (int fd = 0; fd <= 2 && null >= 0; fd++)
    dup2 (null, fd);
}

static void
child (const char *path, int to)
{
  module_info *info;
  const char *why;
  uint32_t n;

  quiet_child ();
  info = module_open (path, true);
  why = !info ? "no memory left" : info->refused ? info->refused : "";
  n = (uint32_t)strnlen (why, VERDICT_MAX);
  if (write (to, &n, sizeof n) != sizeof n || write (to, why, n) != (ssize_t)n)
    _exit (1);
  _exit (0);
}

/* ---- the parent ---------------------------------------------------------- */

/* Read n bytes before `deadline`: 1, or 0 at the end of file, or -1 in time out. */
static int
read_all (int fd, void *to, size_t n, int64_t deadline)
{
  for (size_t have = 0; have < n;) {
    struct pollfd p = { fd, POLLIN, 0 };
    int64_t left = deadline - clock_ms ();
    ssize_t got;
    int ready = left > 0 ? poll (&p, 1, (int)left) : 0;
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return -1;
    got = read (fd, (char *)to + have, n - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return 0;
    have += (size_t)got;
  }
  return 1;
}

static char *
died (int status)
{
  char *why = NULL;
  int n;

  if (WIFSIGNALED (status))
    n = asprintf (&why, "it crashes when it is loaded (%s)", strsignal (WTERMSIG (status)));
  else
    n = asprintf (&why, "it ends the process when it is loaded (exit status %d)", WEXITSTATUS (status));
  return n < 0 ? NULL : why;
}

char *
module_probe (const char *path)
{
  int ends[2], status = 0, seconds = clock_limit ("FORNIX_LOAD_SECONDS", 10), got;
  int64_t deadline = clock_ms () + 1000 * (int64_t)seconds;
  char text[VERDICT_MAX + 1], *why = NULL;
  uint32_t n = 0;
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC))
    return strdup (strerror (errno));
  fflush (NULL); /* the child must not write our pending output again */
  if ((pid = fork ()) < 0) {
    why = strdup (strerror (errno));
    close (ends[0]);
    close (ends[1]);
    return why;
  }
  if (!pid) {
    close (ends[0]);
    child (path, ends[1]);
  }
  close (ends[1]);
  got = read_all (ends[0], &n, sizeof n, deadline);
  if (got > 0 && n > VERDICT_MAX) /* not ours: the module found the pipe */
    n = 0, why = strdup ("it writes to file descriptors that are not its own");
  if (got > 0 && n)
    got = read_all (ends[0], text, n, deadline);
  close (ends[0]);
  if (got != 0) /* else it is dead: its own status tells how */
    kill (pid, SIGKILL);
  kill (-pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (got < 0 && asprintf (&why, "it does not finish loading (limit %d s)", seconds) < 0)
    return NULL;
  if (got == 0)
    return died (status);
  if (got > 0 && n)
    why = strndup (text, n);
  return why;
}

/* ---- the cache ------------------------------------------------------------ */

/* Lines "mtime in ns, size, inode, path" under a head that names the host's
 * version: another host asks again.  Read at the first question, rewritten by
 * probe_save when something was added. */
#define CACHE_HEAD "fornix-modules\t" PACKAGE_VERSION "\n"

static struct {
  char *path; /* of the file; NULL: there is nowhere to keep it */
  char **lines;
  size_t n;
  bool read, changed;
} cache;

/* The line of a file as it is now; NULL if it cannot be written down. */
static char *
line_of (const char *path)
{
  struct stat st;
  char *line = NULL;

  if (strpbrk (path, "\t\n") || stat (path, &st))
    return NULL;
  return asprintf (&line, "%lld%09ld\t%lld\t%llu\t%s\n", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                   (long long)st.st_size, (unsigned long long)st.st_ino, path)
                 < 0
             ? NULL
             : line;
}

/* Takes the line. */
static void
add_line (char *line)
{
  char **more = realloc (cache.lines, (cache.n + 1) * sizeof *more);

  if (!more) {
    free (line);
    return;
  }
  cache.lines = more;
  cache.lines[cache.n++] = line;
}

static void
cache_read (void)
{
  FILE *in;
  char *line = NULL;
  size_t room = 0;

  if (cache.read)
    return;
  cache.read = true;
  if (!(cache.path = xdg_cache ("fornix/modules.tsv")) || !(in = fopen (cache.path, "re")))
    return;
  if (getline (&line, &room, in) > 0 && !strcmp (line, CACHE_HEAD))
    while (cache.n < 4096 && getline (&line, &room, in) > 0) {
      char *copy = strdup (line);
      if (copy)
        add_line (copy);
    }
  free (line);
  fclose (in);
}

bool
probe_known (const char *path)
{
  char *line;
  bool known = false;

  cache_read ();
  if (!cache.n || !(line = line_of (path)))
    return false;
  for (size_t i = 0; i < cache.n && !known; i++)
    known = !strcmp (cache.lines[i], line);
  free (line);
  return known;
}

void
probe_passed (const char *path)
{
  char *line = line_of (path);
  size_t kept = 0;

  if (!line)
    return;
  cache_read ();
  for (size_t i = 0; i < cache.n; i++) { /* an older state of the same file goes */
    const char *tab = strrchr (cache.lines[i], '\t');
    if (tab && !strcmp (tab, strrchr (line, '\t')))
      free (cache.lines[i]);
    else
      cache.lines[kept++] = cache.lines[i];
  }
  cache.n = kept;
  add_line (line);
  cache.changed = true;
}

/* Make all folders above `path`.  Failure shows when the file is opened. */
static void
make_folders (char *path)
{
  for (char *slash = strchr (path + 1, '/'); slash; slash = strchr (slash + 1, '/')) {
    *slash = 0;
    mkdir (path, 0700);
    *slash = '/';
  }
}

/* Under another name, then renamed: two hosts that start at once never read
 * half a file.  Failure is silent: the next start probes again. */
static void
cache_write (void)
{
  char *temp = NULL;
  FILE *out;
  int fd;
  bool good;

  make_folders (cache.path);
  if (asprintf (&temp, "%s.XXXXXX", cache.path) < 0)
    return;
  if ((fd = mkstemp (temp)) >= 0 && (out = fdopen (fd, "w"))) {
    good = fputs (CACHE_HEAD, out) >= 0;
    for (size_t i = 0; i < cache.n && good; i++)
      good = fputs (cache.lines[i], out) >= 0;
    if (fclose (out) || !good || rename (temp, cache.path))
      unlink (temp);
  }
  free (temp);
}

void
probe_save (void)
{
  if (cache.changed && cache.path)
    cache_write ();
  for (size_t i = 0; i < cache.n; i++)
    free (cache.lines[i]);
  free (cache.lines);
  free (cache.path);
  memset (&cache, 0, sizeof cache);
}

void
probe_forget (void)
{
  char *path = xdg_cache ("fornix/modules.tsv");

  if (path)
    unlink (path);
  free (path);
}
