/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix new NAME: a folder with a plugin that works, to be changed.  It is a
 * copy of the template, with its name in place of the template's.
 */
#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPLATE "sharpen"
/* Stands in the line that the author is to change first. */
#define MARK "your own idea goes here"

static const char *const files[] = { TEMPLATE ".c", "Makefile", "test.sh", "README.md" };
enum { N_FILES = sizeof files / sizeof *files };

static int complain (int code, const char *format, ...) FNX_PRINTF (2, 3);

static int
complain (int code, const char *format, ...)
{
  va_list ap;

  fputs ("fornix: ", stderr);
  va_start (ap, format);
  vfprintf (stderr, format, ap);
  va_end (ap);
  fputc ('\n', stderr);
  return code;
}

/* A step name that is also a C comment, a file name and part of an id. */
static bool
is_name (const char *s)
{
  size_t n = strspn (s, "abcdefghijklmnopqrstuvwxyz0123456789-_");

  return n && n < 40 && !s[n] && s[0] >= 'a' && s[0] <= 'z';
}

/* $FORNIX_SDK/template, as the wrapper of the build tree sets it, else what
 * was installed. */
static char *
template_path (const char *file)
{
  const char *sdk = getenv ("FORNIX_SDK");
  char *path = NULL;

  if (sdk && *sdk && asprintf (&path, "%s/template/%s", sdk, file) >= 0 && !access (path, R_OK))
    return path;
  free (path);
  return asprintf (&path, PKGDATADIR "/template/%s", file) < 0 ? NULL : path;
}

/* Copy with every TEMPLATE replaced by name.  Returns the number of lines, -1
 * on failure (errno); *marked is the line that holds MARK. */
static int
copy_renamed (FILE *from, FILE *to, const char *name, int *marked)
{
  char *line = NULL;
  size_t room = 0;
  int n = 0;

  while (getline (&line, &room, from) > 0) {
    const char *at = line, *hit;
    n++;
    if (strstr (line, MARK))
      *marked = n;
    for (; (hit = strstr (at, TEMPLATE)); at = hit + strlen (TEMPLATE))
      fprintf (to, "%.*s%s", (int)(hit - at), at, name);
    fputs (at, to);
  }
  free (line);
  return ferror (from) || ferror (to) ? -1 : n;
}

static int
make_file (const char *file, const char *name, int *lines, int *marked)
{
  char *path = template_path (file), *target = NULL;
  const char *ending = strchr (file, '.');
  FILE *from = path ? fopen (path, "re") : NULL, *to = NULL;
  int code = EXIT_OK;

  if (!from)
    code = complain (EXIT_INTERNAL, "%s: %s\nis Fornix installed in full?", path ? path : file, strerror (errno));
  else if (asprintf (&target, "%s/%s%s", name, !strncmp (file, TEMPLATE, strlen (TEMPLATE)) ? name : "",
                     !strncmp (file, TEMPLATE, strlen (TEMPLATE)) ? ending : file)
               < 0
           || !(to = fopen (target, "wxe")) || (*lines = copy_renamed (from, to, name, marked)) < 0)
    code = complain (EXIT_DATA, "%s: %s", target ? target : name, strerror (errno));
  if (to && fclose (to) && code == EXIT_OK)
    code = complain (EXIT_DATA, "%s: %s", target, strerror (errno));
  if (code == EXIT_OK && !strcmp (file, "test.sh"))
    chmod (target, 0755);
  if (from)
    fclose (from);
  free (path);
  free (target);
  return code;
}

int
cmd_new (int argc, char **argv)
{
  const char *name = argc == 2 ? argv[1] : NULL;
  int code = EXIT_OK, lines = 0, marked = 0;

  if (cmd_opt.help || !name || name[0] == '-') {
    fputs ("usage: fornix new NAME\nWrites a folder with a plugin that works, to be changed.\n",
           cmd_opt.help ? stdout : stderr);
    return cmd_opt.help ? EXIT_OK : EXIT_USAGE;
  }
  if (!is_name (name))
    return complain (EXIT_USAGE,
                     "\"%s\" cannot be the name of a step: a lower-case letter, then letters, digits, - and _", name);
  if (mkdir (name, 0777))
    return errno == EEXIST ? complain (EXIT_USAGE, "%s is there already; nothing was changed", name)
                           : complain (EXIT_DATA, "%s: %s", name, strerror (errno));
  for (size_t i = 0; i < N_FILES && code == EXIT_OK; i++) {
    int n = 0, at = 0;
    code = make_file (files[i], name, &n, &at);
    if (at) {
      lines = n;
      marked = at;
    }
  }
  if (code == EXIT_OK)
    printf ("%s/ : %s.c (%d lines, change line %d), Makefile, test.sh, README.md\n", name, name, lines, marked);
  return code;
}
