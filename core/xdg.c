/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user's folders: $XDG_DATA_HOME and $XDG_CACHE_HOME.  The specification
 * says that relative paths in them are to be ignored.
 */
#include "core/xdg.h"

#include <stdio.h>
#include <stdlib.h>

static char *
folder (const char *variable, const char *below_home, const char *rest)
{
  char *path = NULL;
  const char *base = getenv (variable), *home = getenv ("HOME");

  if (base && base[0] == '/')
    return asprintf (&path, "%s/%s", base, rest) < 0 ? NULL : path;
  if (home && home[0] == '/')
    return asprintf (&path, "%s/%s/%s", home, below_home, rest) < 0 ? NULL : path;
  return NULL;
}

char *
xdg_data (const char *rest)
{
  return folder ("XDG_DATA_HOME", ".local/share", rest);
}

char *
xdg_cache (const char *rest)
{
  return folder ("XDG_CACHE_HOME", ".cache", rest);
}
