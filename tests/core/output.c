/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Output files appear whole or not at all, and every way of failing is one
 * sentence that says what was (not) written.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/output.h"
#include "tests/harness.h"

static char folder[] = "/tmp/fornix-output-XXXXXX";

static void
put (const char *path, const char *text)
{
  FILE *to = fopen (path, "w");
  if (!to || fputs (text, to) < 0 || fclose (to))
    printf ("Bail out! %s: %s\n", path, strerror (errno)), exit (99);
}

static bool
holds (const char *path, const char *text)
{
  char bytes[256] = "";
  FILE *from = fopen (path, "r");
  size_t n = from ? fread (bytes, 1, sizeof bytes - 1, from) : 0;
  if (from)
    fclose (from);
  return from && n == strlen (text) && !strcmp (bytes, text);
}

/* Hidden files of ours that stand in a folder. */
static int
left_over (const char *path)
{
  int n = 0;
  DIR *d = opendir (path);
  for (struct dirent *e; d && (e = readdir (d));)
    n += !strncmp (e->d_name, ".fornix-", 8);
  closedir (d);
  return n;
}

static void
refused (output_set *set, const char *path, const char *sentence)
{
  fault f = FAULT_INIT;
  const char *temp = output_open (set, path, &f);
  if (!t_ok (!temp && f.code == FNX_E_IO && f.text && !strcmp (f.text, sentence), "%s is refused",
             *path ? path : "an empty name"))
    printf ("# %s\n", f.text ? f.text : "no fault");
  fault_clear (&f);
}

static void
check_all_or_nothing (void)
{
  fault f = FAULT_INIT;
  struct stat st;
  output_set *set = output_new ();
  put ("old.tsv", "old");
  chmod ("old.tsv", 0640);
  symlink ("old.tsv", "link.tsv");
  const char *a = output_open (set, "link.tsv", &f), *b = output_open (set, "new.tsv", &f);
  t_ok (a && b && !f.text, "two files are opened");
  put (a, "new a");
  put (b, "new b");
  t_ok (holds ("old.tsv", "old") && access ("new.tsv", F_OK), "before the end nothing is to be seen");
  t_ok (output_commit (set, &f) == FNX_OK, "commit");
  t_ok (holds ("old.tsv", "new a") && holds ("new.tsv", "new b"), "after it everything is");
  t_ok (!lstat ("link.tsv", &st) && S_ISLNK (st.st_mode), "a link still points to the file");
  t_ok (!stat ("old.tsv", &st) && (st.st_mode & 0777) == 0640, "and the file keeps its permissions");
  put (output_open (set, "old.tsv", &f), "newer");
  output_discard (set);
  t_ok (holds ("old.tsv", "new a") && left_over (".") == 0, "discard leaves the old file and nothing else");
  output_open (set, "old.tsv", &f);
  output_free (set);
  t_ok (left_over (".") == 0, "so does output_free");
  fault_clear (&f);
}

static void
check_refusals (void)
{
  fault f = FAULT_INIT;
  char name[320] = "";
  output_set *set = output_new ();
  put ("rec.edf", "data");
  symlink ("rec.edf", "alias.edf");
  t_ok (output_protect (set, "alias.edf", &f) == FNX_OK && output_protect (set, "sim:fists", &f) == FNX_OK, "protect");
  mkdir ("dir", 0777);
  refused (set, "rec.edf", "rec.edf: this is the recording alias.edf itself; nothing was written\nchoose another name");
  refused (set, "dir", "dir: this is a folder; nothing was written\nadd the name of a file");
  refused (set, "dir/", "dir/: this is a folder; nothing was written\nadd the name of a file");
  refused (set, "none/", "none/: this is a folder; nothing was written\nadd the name of a file");
  refused (set, "none/x.tsv", "none/x.tsv: there is no folder none; nothing was written\nmkdir -p none");
  refused (set, "rec.edf/x.tsv",
           "rec.edf/x.tsv: rec.edf is a file, not a folder; nothing was written\nwrite to another folder");
  t_ok (output_open (set, "dir/x.tsv", &f) != NULL, "a file in a folder");
  refused (set, "./dir/../dir/x.tsv",
           "./dir/../dir/x.tsv: written twice in one run; nothing was written\nchoose another name");
  memset (name, 'n', 300);
  t_ok (!output_open (set, name, &f) && strstr (f.text, "the name is too long"), "a name of 300 letters is refused");
  fault_clear (&f);
  if (geteuid () != 0) {
    mkdir ("locked", 0555);
    refused (set, "locked/x.tsv",
             "locked/x.tsv: no permission to write in locked; nothing was written\nwrite to a folder of your own");
    chmod ("rec.edf", 0444);
    put ("ro.tsv", "");
    chmod ("ro.tsv", 0444);
    refused (set, "ro.tsv", "ro.tsv: this file may not be changed; nothing was written\nchmod u+w ro.tsv");
  }
  output_free (set);
  t_ok (left_over ("dir") == 0, "nothing is left in the folder");
}

static void
check_full_disk (void)
{
  fault f = FAULT_INIT;
  output_set *set = output_new ();
  const char *a = output_open (set, "first.tsv", &f), *b = output_open (set, "/dev/full", &f),
             *c = output_open (set, "third.tsv", &f);
  t_ok (a && b && c, "a full device can be opened");
  put (a, "a");
  put (b, "b");
  put (c, "c");
  t_ok (output_commit (set, &f) == FNX_E_IO && f.exit == EXIT_INPUT
            && !strcmp (f.text,
                        "/dev/full: no space left on the disk; first.tsv was written\nfree some space there, or "
                        "write to another disk"),
        "the disk is full");
  t_ok (holds ("first.tsv", "a") && access ("third.tsv", F_OK) && left_over (".") == 0 && access (b, F_OK),
        "what came before is whole, what comes after is not there");
  fault_clear (&f);
  output_fault ("x.tsv", ENOSPC, NULL, &f);
  t_ok (!strcmp (f.text, "x.tsv: no space left on the disk; nothing was written\nfree some space there, or write to "
                         "another disk"),
        "the sentence for writers");
  fault_clear (&f);
  output_free (set);
}

/* "-" and pipes get the whole text at the end, or nothing. */
static void
check_stream (void)
{
  fault f = FAULT_INIT;
  int kept = dup (STDOUT_FILENO), ends[2];
  char bytes[64] = "", path[64];
  output_set *set = output_new ();
  fflush (stdout);
  if (kept < 0 || pipe (ends))
    printf ("Bail out! no pipe\n"), exit (99);
  dup2 (ends[1], STDOUT_FILENO);
  put (output_open (set, "-", &f), "to stdout\n");
  fnx_status status = output_commit (set, &f);
  dup2 (kept, STDOUT_FILENO);
  close (kept);
  ssize_t n = read (ends[0], bytes, sizeof bytes - 1);
  t_ok (status == FNX_OK && n == 10 && !strcmp (bytes, "to stdout\n"), "- is standard output");
  snprintf (path, sizeof path, "/dev/fd/%d", ends[1]);
  put (output_open (set, path, &f), "pipe\n");
  t_ok (output_commit (set, &f) == FNX_OK && read (ends[0], bytes, sizeof bytes) == 5 && !strncmp (bytes, "pipe\n", 5),
        "a pipe is written to, not replaced");
  close (ends[0]);
  close (ends[1]);
  output_free (set);
}

/* A process that is told to end takes its temporaries along. */
static void
on_signal (int sig)
{
  (void)sig;
  output_panic ();
  _exit (7);
}

static void
check_signal (void)
{
  int status = 0;
  fflush (stdout);
  pid_t child = fork ();
  if (child == 0) {
    fault f = FAULT_INIT;
    output_set *set = output_new ();
    signal (SIGTERM, on_signal);
    for (int i = 0; i < 20; i++) {
      char path[32];
      snprintf (path, sizeof path, "many-%d.tsv", i);
      put (output_open (set, path, &f), "half");
    }
    raise (SIGTERM);
    _exit (1);
  }
  waitpid (child, &status, 0);
  t_ok (WIFEXITED (status) && WEXITSTATUS (status) == 7 && left_over (".") == 0 && access ("many-0.tsv", F_OK),
        "a terminated process leaves nothing");
}

int
main (void)
{
  const char *remove[]
      = { "old.tsv", "link.tsv", "new.tsv", "rec.edf", "alias.edf", "first.tsv", "ro.tsv", "locked", "dir" };
  if (!mkdtemp (folder) || chdir (folder))
    printf ("Bail out! no temporary folder\n"), exit (99);
  check_all_or_nothing ();
  check_refusals ();
  check_full_disk ();
  check_stream ();
  check_signal ();
  for (size_t i = 0; i < sizeof remove / sizeof *remove; i++)
    (void)!(unlink (remove[i]) && rmdir (remove[i]));
  t_ok (rmdir (folder) == 0, "the folder is empty at last");
  return t_end ();
}
