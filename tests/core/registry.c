/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The registry: the first id wins along the search path, readers are found by
 * scheme, suffix and content, and what is not found is told in a sentence.
 */
#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/load.h"
#include "tests/harness.h"

static char folder[] = "/tmp/fornix-registry-XXXXXX";

static const char *
in_folder (const char *name)
{
  static char path[4][200];
  static int turn;

  turn = (turn + 1) % 4;
  snprintf (path[turn], sizeof path[turn], "%s/%s", folder, name);
  return path[turn];
}

static void
put_file (const char *name, const char *bytes)
{
  FILE *to = fopen (in_folder (name), "w");

  if (!to || fputs (bytes, to) < 0 || fclose (to))
    t_ok (false, "cannot write %s", name);
}

static void
copy_module (const char *module, const char *to)
{
  char command[9000];
  const char *top = getenv ("abs_top_builddir");

  snprintf (command, sizeof command, "cp '%s/tests/sdk/.libs/%s.so' '%s' && chmod 644 '%s'", top ? top : ".", module,
            in_folder (to), in_folder (to));
  if (system (command))
    t_ok (false, "cannot copy %s", module);
}

/* Open with `path`, look at what came of modules a/good.so, b/good.so, b/bad_abi.so. */
static void
first_wins (void)
{
  registry_options o = { .plugin_path = NULL };
  fault f = FAULT_INIT;
  char path[500];
  const module_info *from;
  size_t refused = 0, notes = 0;

  mkdir (in_folder ("a"), 0755);
  mkdir (in_folder ("b"), 0755);
  copy_module ("good", "a/good.so");
  copy_module ("good", "b/again.so");
  copy_module ("bad_abi", "b/bad_abi.so");
  put_file ("b/notes.txt", "no module");
  snprintf (path, sizeof path, "%s:%s", in_folder ("a"), in_folder ("b"));
  o.plugin_path = path;
  t_ok (registry_open (&o, &f) == FNX_OK, "opened");
  from = registry_step ("test-pass") ? registry_module_of (registry_step ("test-pass")) : NULL;
  t_ok (from && !strcmp (from->path, in_folder ("a/good.so")), "the first folder's step is taken");
  t_ok (registry_step ("org.fornix.test.pass") == registry_step ("test-pass"), "by id and by name");
  for (size_t i = 0; i < registry_n_modules (); i++) {
    refused += registry_module (i)->refused != NULL;
    notes += registry_module (i)->notes && strstr (registry_module (i)->notes, "org.fornix.test.pass is in ");
  }
  t_ok (refused == 1 && notes == 1, "the second is noted, and the other ABI is refused: %zu %zu", notes, refused);
  t_ok (!strcmp (registry_folders ()[0], in_folder ("a")), "the folders that were searched, in order");
  registry_close ();
  o.no_user_plugins = true;
  registry_open (&o, &f);
  t_ok (!registry_step ("test-pass"), "not with --no-user-plugins");
  registry_close ();
  fault_clear (&f);
}

/* A file that has changed since it passed is tried again. */
static void
cache (void)
{
  registry_options o = { .plugin_path = in_folder ("a") };
  struct timespec times[2] = { { 1, 0 }, { 1, 5 } };
  const char *so = in_folder ("a/good.so");

  t_ok (probe_known (so), "what passed is known afterwards");
  probe_save ();
  utimensat (AT_FDCWD, so, times, 0);
  t_ok (!probe_known (so), "but not when the file has changed");
  probe_save ();
  t_ok (registry_open (&o, NULL) == FNX_OK && probe_known (so), "and it is once it was tried again");
  probe_save ();
  registry_close ();
  probe_forget ();
  t_ok (!probe_known (so), "nothing is after probe_forget");
  probe_save ();
}

static void
no_reader (const char *path, const char *says)
{
  const char *rest;
  fault f = FAULT_INIT;
  const fnx_step_desc *d = registry_reader (path, &rest, &f);

  t_ok (!d && f.exit == EXIT_INPUT && f.text && strstr (f.text, says), "%s: %s", path, f.text ? f.text : "read");
  fault_clear (&f);
}

static void
reads (const char *path, const char *step, const char *rest_is)
{
  const char *rest = NULL;
  fault f = FAULT_INIT;
  const fnx_step_desc *d = registry_reader (path, &rest, &f);

  t_ok (d && !strcmp (d->name, step) && !strcmp (rest, rest_is), "%s is read by %s: %s", path, step,
        f.text ? f.text : "yes");
  fault_clear (&f);
}

static void
readers (void)
{
  char head[700];

  snprintf (head, sizeof head, "0       %-160s%-16s%-8d%-44s%-8d%-8s%-4d", "x", "01.01.0101.01.01", 512, "", 0, "1", 1);
  registry_open (&(registry_options){ 0 }, NULL);
  if (!registry_step ("edf") || !registry_step ("sim"))
    t_skip ("the readers are not built");
  put_file ("empty.edf", "");
  put_file ("strange.xyz", "\001\002 nothing that anybody knows");
  put_file ("S001R04.edf", head);
  put_file ("renamed.dat", head);
  reads ("sim:fists", "sim", "fists");
  reads (in_folder ("S001R04.edf"), "edf", in_folder ("S001R04.edf"));
  reads (in_folder ("renamed.dat"), "edf", in_folder ("renamed.dat"));
  no_reader (in_folder ("S001R05.edf"), "did you mean");
  no_reader (in_folder ("nowhere/x.edf"), "no folder");
  no_reader (in_folder ("empty.edf"), "is empty");
  no_reader (in_folder ("strange.xyz"), "no reader knows");
  no_reader (folder, "is a folder");
  if (geteuid ()) {
    chmod (in_folder ("S001R04.edf"), 0);
    no_reader (in_folder ("S001R04.edf"), "Permission denied");
  }
  t_ok (registry_writer ("out.edf") && !registry_writer ("out.xyz"), "writers go by the suffix");
  registry_close ();
}

int
main (void)
{
  char command[200];
  int code;

  if (!mkdtemp (folder))
    t_skip ("no temporary folder");
  setenv ("XDG_CACHE_HOME", in_folder ("cache"), 1);
  setenv ("XDG_DATA_HOME", in_folder ("data"), 1);
  first_wins ();
  cache ();
  readers ();
  code = t_end ();
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  return system (command) ? 1 : code;
}
