/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a recording comes from: a file read by place (pread, so threads share
 * one descriptor), or memory for tests and the fuzzer.
 */
#include "io/edf/edf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct edf_bytes {
  int fd; /* -1: memory, or a file at rest */
  const uint8_t *data;
  int64_t size;
  char *path; /* NULL: memory */
  struct stat seen;
};

edf_bytes *
edf_bytes_file (const char *path)
{
  struct stat st;
  edf_bytes *b = NULL;
  /* O_NONBLOCK: a pipe by that name must not hang us. */
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) < 0)
    goto out;
  if (!S_ISREG (st.st_mode)) {
    errno = S_ISDIR (st.st_mode) ? EISDIR : ESPIPE;
    goto out;
  }
  b = calloc (1, sizeof *b);
  if (!b)
    goto out;
  b->path = strdup (path);
  if (!b->path) {
    free (b);
    b = NULL;
    goto out;
  }
  b->fd = fd;
  b->size = st.st_size;
  b->seen = st;
  return b;
out:
  close (fd);
  return NULL;
}

void
edf_bytes_rest (edf_bytes *b)
{
  if (b->path && b->fd >= 0) {
    close (b->fd);
    b->fd = -1;
  }
}

bool
edf_bytes_wake (edf_bytes *b)
{
  struct stat st;
  if (!b->path || b->fd >= 0)
    return true;
  b->fd = open (b->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (b->fd >= 0 && fstat (b->fd, &st) == 0 && st.st_size == b->seen.st_size && st.st_ino == b->seen.st_ino
      && st.st_dev == b->seen.st_dev && st.st_mtime == b->seen.st_mtime)
    return true;
  edf_bytes_rest (b);
  return false;
}

edf_bytes *
edf_bytes_memory (const void *data, size_t n)
{
  edf_bytes *b = calloc (1, sizeof *b);
  if (!b)
    return NULL;
  b->fd = -1;
  b->data = data;
  b->size = (int64_t)n;
  return b;
}

int64_t
edf_bytes_size (const edf_bytes *b)
{
  return b->size;
}

bool
edf_bytes_read (const edf_bytes *b, int64_t at, void *to, size_t n)
{
  uint8_t *p = to;
  if (at < 0 || at > b->size || n > (uint64_t)(b->size - at))
    return false;
  if (b->path && b->fd < 0)
    return false;
  if (!b->path) {
    if (n > 0)
      memcpy (to, b->data + at, n);
    return true;
  }
  while (n > 0) {
    const ssize_t got = pread (b->fd, p, n, (off_t)at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false; /* an error, or the file became shorter */
    p += got;
    at += got;
    n -= (size_t)got;
  }
  return true;
}

void
edf_bytes_free (edf_bytes *b)
{
  if (!b)
    return;
  if (b->fd >= 0)
    close (b->fd);
  free (b->path);
  free (b);
}
