/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which step reads a file, and which writes one: by scheme, suffix and content.
 * What cannot be read is told in a sentence, with what was perhaps meant.
 */
#include "core/registry.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/param.h"

/* Not alphasort: that follows the locale. */
static int
by_bytes (const struct dirent **a, const struct dirent **b)
{
  return strcmp ((*a)->d_name, (*b)->d_name);
}

/* Length of the longest of `suffixes` that `path` ends with, whatever the
 * case; 0 if none: ".nii.gz" beats ".gz". */
static size_t
suffix_length (const char *path, const char *const *suffixes)
{
  size_t n = strlen (path), best = 0;

  for (; suffixes && *suffixes; suffixes++) {
    size_t m = strlen (*suffixes);
    if (m > best && m < n && !strcasecmp (path + n - m, *suffixes))
      best = m;
  }
  return best;
}

static bool
reader_of (const fnx_step_desc *d, fnx_ext_reader *r)
{
  return (d->flags & FNX_S_SOURCE) && step_extension (d, NULL, FNX_READER, r, sizeof *r);
}

size_t
registry_suffix (const char *name)
{
  size_t best = 0;

  for (const fnx_step_desc *const *d = registry_steps (); *d; d++) {
    fnx_ext_reader r;
    size_t n = reader_of (*d, &r) ? suffix_length (name, r.suffixes) : 0;
    best = n > best ? n : best;
  }
  return best;
}

/* "sim:fists" names the source with scheme "sim". */
static const fnx_step_desc *
by_scheme (const char *path, const char **rest)
{
  size_t n = strcspn (path, ":/");
  fnx_ext_reader r;

  for (const fnx_step_desc *const *d = registry_steps (); *d && path[n] == ':'; d++)
    if (reader_of (*d, &r) && r.scheme && strlen (r.scheme) == n && !strncmp (r.scheme, path, n)) {
      *rest = path + n + 1;
      return *d;
    }
  return NULL;
}

/* The longest suffix wins; among equals the one that likes the bytes best.
 * Without any suffix only those that like the bytes come into question. */
static const fnx_step_desc *
by_content (const char *path, const void *head, size_t n)
{
  const fnx_step_desc *best = NULL;
  size_t best_suffix = 0;
  int32_t best_score = 0;

  for (const fnx_step_desc *const *d = registry_steps (); *d; d++) {
    fnx_ext_reader r;
    size_t suffix;
    int32_t score;
    if (!reader_of (*d, &r))
      continue;
    suffix = suffix_length (path, r.suffixes);
    score = r.probe ? r.probe (path, head, n) : 0;
    if (suffix > best_suffix || (suffix == best_suffix && score > best_score)) {
      best = *d;
      best_suffix = suffix;
      best_score = score;
    }
  }
  return best;
}

/* ".bdf .edf .nii sim:", as far as it fits. */
static void
list_readable (char *text, size_t room)
{
  size_t n = 0;

  text[0] = 0;
  for (const fnx_step_desc *const *d = registry_steps (); *d; d++) {
    fnx_ext_reader r;
    if (!reader_of (*d, &r))
      continue;
    for (const char *const *s = r.suffixes; s && *s && n < room; s++)
      n += (size_t)snprintf (text + n, room - n, "%s%s", n ? " " : "", *s);
    if (r.scheme && n < room)
      n += (size_t)snprintf (text + n, room - n, "%s%s:", n ? " " : "", r.scheme);
  }
}

/* Absent: the nearest name in the same folder is what was meant, often. */
static void
absent_fault (const char *path, fault *f)
{
  const char *slash = strrchr (path, '/'), *near = NULL;
  char *folder = slash ? strndup (path, (size_t)(slash - path) + 1) : strdup ("./");
  struct dirent **list = NULL;
  int n = folder ? scandir (folder, &list, NULL, by_bytes) : -1;
  const char **names = n > 0 && n < 5000 ? calloc ((size_t)n + 1, sizeof *names) : NULL;

  for (int i = 0; i < n && names; i++)
    names[i] = list[i]->d_name;
  if (names)
    near = nearest (slash ? slash + 1 : path, names);
  if (near)
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: there is no such file; did you mean %s%s?", path, slash ? folder : "",
               near);
  else if (n < 0 && slash)
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: there is no folder %.*s", path, (int)strlen (folder) - 1, folder);
  else
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: there is no such file", path);
  for (int i = 0; i < n; i++)
    free (list[i]);
  free (list);
  free (names);
  free (folder);
}

/* The first bytes of a file that can be read; -1 and a fault otherwise. */
static ssize_t
read_head (const char *path, void *head, size_t n, fault *f)
{
  struct stat st;
  FILE *in;
  size_t got;

  if (stat (path, &st)) {
    if (errno == ENOENT || errno == ENOTDIR)
      absent_fault (path, f);
    else
      fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    return -1;
  }
  if (S_ISDIR (st.st_mode)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s is a folder\nname the files in it", path);
    return -1;
  }
  if (!(in = fopen (path, "rbe"))) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    return -1;
  }
  /* bytes taken from a pipe would be missing afterwards */
  got = S_ISREG (st.st_mode) ? fread (head, 1, n, in) : 0;
  if (ferror (in)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    fclose (in);
    return -1;
  }
  fclose (in);
  if (!got && S_ISREG (st.st_mode)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s is empty", path);
    return -1;
  }
  return (ssize_t)got;
}

const fnx_step_desc *
registry_reader (const char *path, const char **rest, fault *f)
{
  const fnx_step_desc *d = by_scheme (path, rest);
  char head[4096], readable[400];
  ssize_t n;

  if (d)
    return d;
  *rest = path;
  if ((n = read_head (path, head, sizeof head, f)) < 0)
    return NULL;
  if (!(d = by_content (path, head, (size_t)n))) {
    list_readable (readable, sizeof readable);
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: no reader knows this format\nwhat can be read: %s", path,
               readable[0] ? readable : "nothing, as no plugin with a reader is installed");
  }
  return d;
}

const fnx_step_desc *
registry_writer (const char *path)
{
  const fnx_step_desc *best = NULL;
  size_t best_suffix = 0;

  for (const fnx_step_desc *const *d = registry_steps (); *d; d++) {
    fnx_ext_writer w;
    size_t n = 0;
    if (((*d)->flags & FNX_S_SINK) && step_extension (*d, NULL, FNX_WRITER, &w, sizeof w))
      n = suffix_length (path, w.suffixes);
    if (n > best_suffix) {
      best = *d;
      best_suffix = n;
    }
  }
  return best;
}
