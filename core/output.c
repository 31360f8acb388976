/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Output files, all or nothing: see output.h.  What survives a crash at any
 * moment is the old file or the new one: data are synced before the rename,
 * the folder after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/output.h"

typedef struct entry {
  char *path;   /* as the user typed it */
  char *folder; /* absolute, without links */
  char *target; /* folder/name; NULL: copied into path at commit */
  char *temp;   /* the hidden name */
  int slot;     /* in live[], or -1 */
} entry;

typedef struct identity {
  dev_t device;
  ino_t inode;
  char *path;
} identity;

struct output_set {
  pthread_mutex_t mutex;
  entry *entries;
  size_t n, n_done; /* entries before n_done are committed or discarded */
  identity *inputs;
  size_t n_inputs;
};

/* ---- temporaries that a dying process must remove ---------------------------- */

/* Whoever takes a name out of its slot owns it: a signal handler unlinks it and
 * lets the memory go, everybody else puts it back into an entry first. */
#define SLOTS 512
static _Atomic (char *) live[SLOTS];
static atomic_uint serial;

static int
live_add (char *temp)
{
  for (int i = 0; i < SLOTS; i++) {
    char *none = NULL;
    if (atomic_compare_exchange_strong (&live[i], &none, temp))
      return i;
  }
  return -1; /* hundreds of outputs: a killed process leaves some behind */
}

static void
live_remove (entry *e)
{
  char *mine = e->temp;
  if (e->slot >= 0 && !atomic_compare_exchange_strong (&live[e->slot], &mine, NULL))
    e->temp = NULL; /* a signal handler has it */
  e->slot = -1;
}

void
output_panic (void)
{
  for (int i = 0; i < SLOTS; i++) {
    char *temp = atomic_exchange (&live[i], NULL);
    if (temp)
      unlink (temp);
  }
}

/* ---- opening ------------------------------------------------------------------ */

output_set *
output_new (void)
{
  output_set *set = calloc (1, sizeof *set);
  if (set && pthread_mutex_init (&set->mutex, NULL)) {
    free (set);
    return NULL;
  }
  return set;
}

fnx_status
output_protect (output_set *set, const char *path, fault *f)
{
  struct stat st;
  fnx_status status = FNX_OK;
  if (stat (path, &st) || !S_ISREG (st.st_mode))
    return FNX_OK; /* "sim:fists", or its reader will say what is wrong */
  pthread_mutex_lock (&set->mutex);
  identity *grown = realloc (set->inputs, (set->n_inputs + 1) * sizeof *grown);
  char *copy = strdup (path);
  if (grown)
    set->inputs = grown;
  if (grown && copy) {
    identity *input = &set->inputs[set->n_inputs++];
    input->device = st.st_dev;
    input->inode = st.st_ino;
    input->path = copy;
  } else {
    free (copy);
    status = fault_memory (f);
  }
  pthread_mutex_unlock (&set->mutex);
  return status;
}

/* Standard output, devices and pipes are written to, never replaced; so is
 * whatever stands under /dev and /proc, such as /dev/stdout on a file. */
static bool
is_stream (const char *path, const struct stat *st)
{
  return !strcmp (path, "-") || !strncmp (path, "/dev/", 5) || !strncmp (path, "/proc/", 6)
         || (st && !S_ISREG (st->st_mode) && !S_ISDIR (st->st_mode));
}

/* Refuse what would destroy an input or an earlier output of the same run. */
static fnx_status
check_target (const output_set *set, const entry *e, const struct stat *st, fault *f)
{
  int code = fault_exit_of (FNX_E_IO);
  if (st && S_ISDIR (st->st_mode))
    return output_fault (e->path, EISDIR, NULL, f);
  if (st && access (e->target, W_OK))
    return fault_set (f, code, FNX_E_IO, "%s: this file may not be changed; nothing was written\nchmod u+w %s", e->path,
                      e->path);
  for (size_t i = 0; st && i < set->n_inputs; i++)
    if (set->inputs[i].device == st->st_dev && set->inputs[i].inode == st->st_ino)
      return fault_set (f, code, FNX_E_IO,
                        "%s: this is the recording %s itself; nothing was written\nchoose another name", e->path,
                        set->inputs[i].path);
  for (size_t i = set->n_done; i < set->n; i++)
    if (set->entries[i].target && !strcmp (set->entries[i].target, e->target))
      return fault_set (f, code, FNX_E_IO, "%s: written twice in one run; nothing was written\nchoose another name",
                        e->path);
  return FNX_OK;
}

static char *
joined (const char *folder, const char *name)
{
  size_t n = strlen (folder) + strlen (name) + 2;
  char *s = malloc (n);
  if (s)
    snprintf (s, n, "%s%s%s", folder, strcmp (folder, "/") ? "/" : "", name);
  return s;
}

/* Folder and target without links, so that one file has one name. */
static fnx_status
resolve (entry *e, bool exists, fault *f)
{
  char folder[PATH_MAX];
  const char *path = e->path, *slash, *name;
  char *real = exists ? realpath (path, NULL) : NULL;
  if (real)
    path = real;
  slash = strrchr (path, '/');
  name = slash ? slash + 1 : path;
  if (slash)
    snprintf (folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  else
    strcpy (folder, ".");
  e->folder = realpath (folder, NULL);
  e->target = e->folder ? joined (e->folder, name) : NULL;
  int error = errno;
  free (real);
  if (!*e->path || (!exists && (!*name || !strcmp (name, ".") || !strcmp (name, ".."))))
    return output_fault (e->path, *e->path ? EISDIR : ENOENT, NULL, f);
  if (!e->folder)
    return output_fault (e->path, error, NULL, f);
  return e->target ? FNX_OK : fault_memory (f);
}

/* Make the hidden file.  It keeps the end of the name, as libraries look at
 * suffixes, and the permissions of the file that it will replace. */
static fnx_status
make_temp (entry *e, const struct stat *st, fault *f)
{
  const char *folder = e->folder, *name = e->target ? strrchr (e->target, '/') + 1 : "stream";
  size_t skip = strlen (name) > 200 ? strlen (name) - 200 : 0;
  char hidden[256];
  int fd = -1;
  if (!folder)
    folder = getenv ("TMPDIR") && *getenv ("TMPDIR") ? getenv ("TMPDIR") : "/tmp";
  for (int attempt = 0; fd < 0 && attempt < 1000; attempt++) {
    free (e->temp);
    snprintf (hidden, sizeof hidden, ".fornix-%ld-%u-%s", (long)getpid (), atomic_fetch_add (&serial, 1), name + skip);
    if (!(e->temp = joined (folder, hidden)))
      return fault_memory (f);
    fd = open (e->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, e->target ? 0666 : 0600);
    if (fd < 0 && errno != EEXIST)
      break;
  }
  if (fd < 0) {
    int error = errno;
    free (e->temp);
    e->temp = NULL;
    return output_fault (e->target ? e->path : folder, error, NULL, f);
  }
  if (st && e->target && fchmod (fd, st->st_mode & 0777))
    errno = 0; /* some file systems have no permissions */
  close (fd);
  e->slot = live_add (e->temp);
  return FNX_OK;
}

static void
entry_clear (entry *e)
{
  free (e->path);
  free (e->folder);
  free (e->target);
  free (e->temp);
}

const char *
output_open (output_set *set, const char *path, fault *f)
{
  struct stat st, *known = NULL;
  entry e = { .path = strdup (path), .slot = -1 };
  const char *temp = NULL;
  if (!e.path) {
    fault_memory (f);
    return NULL;
  }
  if (!stat (path, &st))
    known = &st;
  else if (errno == ELOOP || errno == ENAMETOOLONG || errno == ENOTDIR || errno == EACCES) {
    output_fault (path, errno, NULL, f);
    entry_clear (&e);
    return NULL;
  }
  pthread_mutex_lock (&set->mutex);
  entry *grown = realloc (set->entries, (set->n + 1) * sizeof *grown);
  if (!grown) {
    fault_memory (f);
    goto out;
  }
  set->entries = grown;
  if (!is_stream (path, known)
      && (resolve (&e, known != NULL, f) != FNX_OK || check_target (set, &e, known, f) != FNX_OK))
    goto out;
  if (make_temp (&e, known, f) != FNX_OK)
    goto out;
  set->entries[set->n++] = e;
  temp = e.temp;
out:
  pthread_mutex_unlock (&set->mutex);
  if (!temp)
    entry_clear (&e);
  return temp;
}

/* ---- the end -------------------------------------------------------------------- */

static int
sync_path (const char *path, int flags)
{
  int fd = open (path, flags | O_RDONLY | O_CLOEXEC), error = 0;
  if (fd < 0)
    return errno;
  if (fsync (fd) && errno != EINVAL && errno != ENOTSUP) /* some file systems cannot */
    error = errno;
  close (fd);
  return error;
}

static int
write_all (int fd, const char *bytes, size_t n)
{
  while (n > 0) {
    ssize_t wrote = write (fd, bytes, n);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return errno;
    bytes += wrote;
    n -= (size_t)wrote;
  }
  return 0;
}

/* Copy a finished file to standard output, a device or a pipe. */
static int
copy_out (const entry *e)
{
  static const size_t room = 65536;
  int from = open (e->temp, O_RDONLY | O_CLOEXEC), error = 0;
  int to = strcmp (e->path, "-") ? open (e->path, O_WRONLY | O_CLOEXEC) : STDOUT_FILENO;
  char *bytes = malloc (room);
  ssize_t n = 0;
  if (from < 0 || to < 0 || !bytes)
    error = errno;
  while (!error && (n = read (from, bytes, room)) > 0)
    error = write_all (to, bytes, (size_t)n);
  if (!error && n < 0)
    error = errno;
  free (bytes);
  if (from >= 0)
    close (from);
  if (to >= 0 && to != STDOUT_FILENO && close (to) && !error)
    error = errno;
  if (!error && unlink (e->temp))
    error = errno;
  return error;
}

static int
put_in_place (entry *e)
{
  int error = e->target ? (rename (e->temp, e->target) ? errno : 0) : copy_out (e);
  if (!error)
    live_remove (e);
  return error;
}

/* "a.tsv, b.tsv were written": what a failed commit leaves behind. */
static const char *
written (const output_set *set, size_t from, size_t to, char *text, size_t room)
{
  size_t n = 0;
  text[0] = 0;
  for (size_t i = from; i < to && n < room; i++)
    n += (size_t)snprintf (text + n, room - n, "%s%s", i > from ? ", " : "", set->entries[i].path);
  if (n < room)
    snprintf (text + n, room - n, "%s",
              to - from > 1 ? " were written"
              : to > from   ? " was written"
                            : "nothing was written");
  return text;
}

static void
discard (output_set *set)
{
  for (; set->n_done < set->n; set->n_done++) {
    entry *e = &set->entries[set->n_done];
    if (e->temp)
      unlink (e->temp);
    live_remove (e);
  }
}

fnx_status
output_commit (output_set *set, fault *f)
{
  char done[512];
  int error = 0;
  fnx_status status = FNX_OK;
  fflush (stdout);
  pthread_mutex_lock (&set->mutex);
  size_t first = set->n_done, i;
  for (i = first; i < set->n && !error; i++)
    if (set->entries[i].target && (error = sync_path (set->entries[i].temp, 0)))
      status = output_fault (set->entries[i].path, error, NULL, f);
  for (; set->n_done < set->n && !error; set->n_done++)
    if ((error = put_in_place (&set->entries[set->n_done]))) {
      status = output_fault (set->entries[set->n_done].path, error,
                             written (set, first, set->n_done, done, sizeof done), f);
      break;
    }
  /* A folder is synced once, after its last file. */
  for (i = first; i < set->n_done; i++) {
    bool again = !set->entries[i].target;
    for (size_t j = i + 1; j < set->n_done && !again; j++)
      again = set->entries[j].target && !strcmp (set->entries[i].folder, set->entries[j].folder);
    int late = again ? 0 : sync_path (set->entries[i].folder, O_DIRECTORY);
    if (late && !error && (error = late))
      status = output_fault (set->entries[i].path, error, "it is written, but may not survive a power cut", f);
  }
  discard (set);
  pthread_mutex_unlock (&set->mutex);
  return status;
}

bool
output_has_files (const output_set *set)
{
  bool any = false;
  for (size_t i = 0; i < set->n; i++)
    any = any || set->entries[i].target;
  return any;
}

void
output_discard (output_set *set)
{
  pthread_mutex_lock (&set->mutex);
  discard (set);
  pthread_mutex_unlock (&set->mutex);
}

void
output_free (output_set *set)
{
  if (!set)
    return;
  output_discard (set);
  for (size_t i = 0; i < set->n; i++)
    entry_clear (&set->entries[i]);
  for (size_t i = 0; i < set->n_inputs; i++)
    free (set->inputs[i].path);
  free (set->entries);
  free (set->inputs);
  pthread_mutex_destroy (&set->mutex);
  free (set);
}
