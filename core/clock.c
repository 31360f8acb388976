/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time limits of children that open or try somebody's module.
 */
#include "core/clock.h"

#include <stdlib.h>
#include <time.h>

int64_t
clock_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
clock_limit (const char *variable, int usual)
{
  const char *text = getenv (variable);
  long s = text ? strtol (text, NULL, 10) : 0;

  return s > 0 && s < 3600 ? (int)s : usual;
}
