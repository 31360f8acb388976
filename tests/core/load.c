/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loader refuses every kind of broken module with its reason, and the host
 * lives.  The modules are made from tests/sdk/bad_load.c.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/load.h"
#include "tests/harness.h"

/* Substrings of the reason. */
static const struct {
  const char *module, *reason;
} bad[] = {
  { "bad_symbol", "no symbol fnx_module_v1" },
  { "bad_abi", "ABI 7.0" },
  { "bad_magic", "FNX_MODULE_HEAD" },
  { "bad_undefined", "fnx_test_function_that_nobody_defines" },
  { "bad_crash", "crashes when it is loaded" },
  { "bad_hang", "does not finish loading (limit 1 s)" },
  { "bad_exit", "exit status 3" },
  { "bad_step_size", "struct_size of number 1 of its steps is 40" },
  { "bad_name", "has no title" },
  { "bad_port", "signal[channel,time" },
  { "bad_default", "default is not valid" },
  { "bad_duplicate", "both called" },
  { "bad_twice", "two params are called width" },
  { "bad_load", "load function failed" },
};

static const char *
built (const char *module)
{
  static char path[4096];
  const char *top = getenv ("abs_top_builddir");

  snprintf (path, sizeof path, "%s/tests/sdk/.libs/%s.so", top ? top : ".", module);
  return path;
}

/* Loading `path` fails, and the reason holds `reason`. */
static void
refused (const char *path, const char *reason, const char *name)
{
  fault f = FAULT_INIT;
  module_info *m = module_load (path, &f);

  t_ok (!m && f.text && strstr (f.text, reason), "%s is refused: %s", name, f.text ? f.text : "it was loaded");
  module_free (m);
  fault_clear (&f);
}

/* A copy of good.so with its own permissions. */
static void
copy_good (const char *to, mode_t mode)
{
  char command[9000];

  snprintf (command, sizeof command, "cp '%s' '%s'", built ("good"), to);
  if (system (command) || chmod (to, mode))
    t_ok (false, "cannot make %s", to);
}

static void
writable_by_all (void)
{
  char folder[] = "/tmp/fornix-load-XXXXXX", path[64];

  if (!mkdtemp (folder))
    t_skip ("no temporary folder");
  snprintf (path, sizeof path, "%s/open.so", folder);
  copy_good (path, 0666);
  refused (path, "writable by everybody", "a file that everybody may write");
  chmod (path, 0644);
  chmod (folder, 0777);
  refused (path, "its folder", "a module in a folder that everybody may write");
  unlink (path);
  rmdir (folder);
}

static void
not_modules (void)
{
  refused ("/nowhere/x.so", "No such file", "an absent file");
  refused ("/", "no regular file", "a folder");
  refused (getenv ("abs_top_srcdir") ? "Makefile" : "/etc/passwd", "cannot be opened", "a text file");
}

static void
sound (void)
{
  fault f = FAULT_INIT;
  module_info *m = module_load (built ("good"), &f);
  const fnx_step_desc *d = m ? m->steps[0] : NULL;

  t_ok (d && !strcmp (d->name, "test-pass"), "a sound module is loaded: %s", f.text ? f.text : "yes");
  t_ok (d && d->params[0] && !d->params[1] && d->struct_size == sizeof *d, "its descriptors are copied");
  module_free (m);
  fault_clear (&f);
  m = module_load (built ("bad_noise"), &f);
  t_ok (m != NULL, "a module that prints when it is loaded is not refused for that");
  module_free (m);
  fault_clear (&f);
}

int
main (void)
{
  setenv ("FORNIX_LOAD_SECONDS", "1", 1);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refused (built (bad[i].module), bad[i].reason, bad[i].module);
  writable_by_all ();
  not_modules ();
  setenv ("FORNIX_LOAD_SECONDS", "20", 1);
  sound ();
  return t_end ();
}
