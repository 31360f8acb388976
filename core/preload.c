/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The modules inside the program, which configure --enable-preload links with
 * libtool's -dlpreopen; without it this file is not compiled.
 *
 * libtool leaves a table of their symbols.  It is read here and not by
 * lt_dlpreload_open, which opens each entry by its bare name: a file of that
 * name in LD_LIBRARY_PATH or LTDL_LIBRARY_PATH would come first.
 */
#include <ltdl.h>
#include <string.h>

#include "core/cmd/cmd.h"

const fnx_module *const *
preloaded_modules (void)
{
  enum { MOST = 64 };
  static const fnx_module *list[MOST + 1];
  static const char end[] = "_LTX_fnx_module_v1";
  size_t n = 0;

  for (const lt_dlsymlist *s = lt_preloaded_symbols; s->name && n < MOST; s++) {
    size_t length = strlen (s->name);
    if (length >= sizeof end && !strcmp (s->name + length + 1 - sizeof end, end))
      list[n++] = s->address;
  }
  return list;
}
