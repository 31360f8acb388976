/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every writer of files says alike, those of io/ and the host's of
 * pictures: a step that holds the path as the user gave it, the suffixes that
 * `write` finds it by, and the sentence for a file that cannot be written.
 * What is written goes to the name that c->output () gives for that path.
 */
#ifndef FNX_IO_WRITER_H
#define FNX_IO_WRITER_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_step {
  char *path;
  int64_t option; /* a writer's one further setting, set by its own create () */
};

static inline fnx_status
writer_create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s || !(s->path = strdup (c->param->text (p, "path")))) {
    free (s);
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  }
  *out = s;
  return FNX_OK;
}

static inline void
writer_destroy (fnx_step *s)
{
  free (s->path);
  free (s);
}

static inline bool
writer_path_ends (const char *path, const char *suffix)
{
  size_t n = strlen (path), k = strlen (suffix);
  return n > k && !strcmp (path + n - k, suffix);
}

/* Closes f (NULL: it could not be opened): what was put into it is written only
 * when that succeeds too.  errno is that of the first failure. */
static inline bool
writer_close (FILE *f, bool ok)
{
  int why = errno;
  if (f && fclose (f) != 0 && ok)
    ok = false, why = errno;
  errno = why;
  return f && ok;
}

/* FNX_OK, or why the file that the user calls `path` is not there. */
static inline fnx_status
writer_done (fnx_call *c, const char *path, bool ok)
{
  return ok ? FNX_OK : c->fail (c, FNX_E_IO, "%s: cannot be written: %s", path, strerror (errno));
}

/* The main setting `path` of a descriptor. */
#define WRITER_PATH(doc_)                                                                                              \
  {                                                                                                                    \
    .struct_size = sizeof (fnx_param_desc), .type = FNX_T_PATH, .flags = FNX_P_REQUIRED | FNX_P_MAIN, .name = "path",  \
    .doc = doc_                                                                                                        \
  }

/* The function extension () of a file:  WRITER (".nii", ".nii.gz"); */
#define WRITER(...)                                                                                                    \
  static const char *const suffixes[] = { __VA_ARGS__, NULL };                                                         \
  static const fnx_ext_writer ext_writer = { .struct_size = sizeof ext_writer, .suffixes = suffixes };                 \
  static const void *extension (const fnx_step *s, const char *id)                                                     \
  {                                                                                                                    \
    (void)s;                                                                                                           \
    return !strcmp (id, FNX_WRITER) ? &ext_writer : NULL;                                                              \
  }                                                                                                                    \
  _Static_assert(sizeof suffixes > sizeof *suffixes, "a writer has a suffix")

#endif
