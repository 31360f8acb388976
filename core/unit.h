/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What error sentences say about units; unit_parse and unit_factor are
 * declared in param.h.
 */
#ifndef FNX_CORE_UNIT_H
#define FNX_CORE_UNIT_H

#include <locale.h>
#include "core/param.h"

bool unit_known (const char *text);
/* "a time", "a frequency"; NULL if unknown or without a name. */
const char *unit_dimension (const char *text);
/* "Hz" for "hz" or "hertz"; NULL if nothing is near. */
const char *unit_nearest (const char *text);
/* Length of the decimal number at the start of a text; 0 if none. */
size_t number_span (const char *text);

/* The C locale, for printing numbers with a point; 0 without memory (number.c). */
locale_t number_locale (void);

#endif
