/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a file is called, whatever the case and whatever the locale.
 */
#ifndef FNX_IO_SUFFIX_H
#define FNX_IO_SUFFIX_H

#include <stdbool.h>
#include <string.h>

/* Does `name` end with `suffix`, which is in lower case? */
static inline bool
suffixed (const char *name, const char *suffix)
{
  size_t n = strlen (name), k = strlen (suffix);
  if (n < k)
    return false;
  for (size_t i = 0; i < k; i++) {
    char a = name[n - k + i];
    if ((a >= 'A' && a <= 'Z' ? a + 32 : a) != suffix[i])
      return false;
  }
  return true;
}

#endif
