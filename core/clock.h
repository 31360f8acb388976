/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time limits of children that open or try somebody's module.
 */
#ifndef FNX_CORE_CLOCK_H
#define FNX_CORE_CLOCK_H

#include <stdint.h>

/* Milliseconds that only grow, from some moment on. */
int64_t clock_ms (void);
/* Whole seconds out of the environment, 1 to 3599; else `usual`. */
int clock_limit (const char *variable, int usual);

#endif
