/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A spec as JSON and back: kept in model files, shown by `inspect --json`.
 * Columns keep their names, units and types, not their values.
 */
#ifndef FNX_CORE_SPEC_JSON_H
#define FNX_CORE_SPEC_JSON_H

#include "core/spec.h"

/* Canonical (sorted keys, no white space), allocated; NULL: no memory. */
char *spec_to_json (const fnx_spec *);
/* In one allocation, as spec_copy; NULL and a fault (EXIT_INPUT) when malformed. */
fnx_spec *spec_from_json (const char *json, const char *name, fault *f);

#endif
