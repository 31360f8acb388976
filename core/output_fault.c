/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What errno means for somebody whose result could not be written.
 */
#include <errno.h>
#include <string.h>

#include "core/output.h"

/* %s stands for the folder. */
static const struct reason {
  int error;
  const char *cause, *remedy;
} reasons[] = {
  { ENOSPC, "no space left on the disk", "free some space there, or write to another disk" },
  { EDQUOT, "your share of the disk is full", "free some space there, or write to another disk" },
  { EFBIG, "larger than files may be here (ulimit -f)", "raise the limit, or write to another disk" },
  { EACCES, "no permission to write in %s", "write to a folder of your own" },
  { EPERM, "no permission to write in %s", "write to a folder of your own" },
  { EROFS, "%s can only be read, not written", "write to another disk" },
  { ENOENT, "there is no folder %s", "mkdir -p %s" },
  { ENOTDIR, "%s is a file, not a folder", "write to another folder" },
  { EISDIR, "this is a folder", "add the name of a file" },
  { ENAMETOOLONG, "the name is too long", "choose a shorter one" },
  { ELOOP, "its links lead in a circle", "write to another folder" },
  { EIO, "the disk failed", "write to another disk, and have this one looked at" },
  { EMFILE, "too many files are open", "ulimit -n 4096" },
  { EPIPE, "nobody reads what is written there", NULL },
};

static void
folder_of (const char *path, char *text, size_t n)
{
  const char *slash = strrchr (path, '/');
  if (!slash)
    snprintf (text, n, ".");
  else
    snprintf (text, n, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

fnx_status
output_fault (const char *path, int error, const char *done, fault *f)
{
  char folder[512], cause[640], remedy[640] = "";
  folder_of (path, folder, sizeof folder);
  snprintf (cause, sizeof cause, "%s", strerror (error));
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (reasons[i].error == error) {
      snprintf (cause, sizeof cause, reasons[i].cause, folder);
      if (reasons[i].remedy)
        snprintf (remedy, sizeof remedy, reasons[i].remedy, folder);
    }
  bool left = error == EPIPE && !strcmp (path, "-");
  return fault_set (f, left ? EXIT_NO_READER : fault_exit_of (FNX_E_IO), FNX_E_IO, "%s: %s; %s%s%s",
                    strcmp (path, "-") ? path : "standard output", cause, done ? done : "nothing was written",
                    *remedy ? "\n" : "", remedy);
}
