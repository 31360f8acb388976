/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A folder of its own for a test that writes files, gone when it ends.
 */
#ifndef FNX_TESTS_SCRATCH_H
#define FNX_TESTS_SCRATCH_H

#include <dirent.h>
#include <unistd.h>

#include "tests/harness.h"

static char scratch_dir[4096];

static inline void
scratch_begin (void)
{
  const char *tmp = getenv ("TMPDIR");
  snprintf (scratch_dir, sizeof scratch_dir, "%s/fornix-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  if (!mkdtemp (scratch_dir))
    t_skip ("no folder can be made for temporary files");
}

/* The path of a file in it; each call reuses one of four places. */
static inline const char *
scratch_path (const char *name)
{
  static char path[4][4200];
  static int at;
  at = (at + 1) % 4;
  snprintf (path[at], sizeof path[at], "%s/%s", scratch_dir, name);
  return path[at];
}

static inline const char *
scratch_file (const char *name, const void *bytes, size_t n)
{
  const char *path = scratch_path (name);
  FILE *f = fopen (path, "wb");
  if (!f || fwrite (bytes, 1, n, f) != n || fclose (f) != 0) {
    printf ("Bail out! cannot write %s\n", path);
    exit (99);
  }
  return path;
}

/* All bytes of a file, malloc'ed. */
static inline unsigned char *
scratch_bytes (const char *path, size_t *n)
{
  FILE *f = fopen (path, "rb");
  unsigned char *p = malloc (1 << 22);
  *n = f && p ? fread (p, 1, 1 << 22, f) : 0;
  if (f)
    fclose (f);
  return p;
}

static inline void
scratch_clear (void)
{
  DIR *d = opendir (scratch_dir);
  for (struct dirent *e; d && (e = readdir (d));)
    if (e->d_name[0] != '.')
      unlink (scratch_path (e->d_name));
  if (d)
    closedir (d);
}

static inline void
scratch_end (void)
{
  scratch_clear ();
  rmdir (scratch_dir);
}

/* The line "STEP path=FILE MORE". */
static inline const char *
scratch_line (const char *step, const char *path, const char *more)
{
  static char line[4352];
  snprintf (line, sizeof line, "%s path=%s%s%s", step, path, *more ? " " : "", more);
  return line;
}

#endif
