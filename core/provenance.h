/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a result comes from: program, chain, steps with their revisions, input
 * files with their digests.  It travels as the metadata "Provenance" from the
 * source on and ends in sidecars and model files.
 */
#ifndef FNX_CORE_PROVENANCE_H
#define FNX_CORE_PROVENANCE_H

#include "core/exec.h"

/* Does the chain keep anything?  Only then are its inputs digested. */
bool chain_keeps (const chain *);
/* A JSON object, allocated; NULL: no memory.  Files are named without their
 * folders, which are nobody's business.  `c` may be NULL. */
char *provenance_of (const chain *c, uint64_t seed, const recording *, size_t n);
/* Put it on a buffer that nobody else holds yet. */
fnx_status provenance_put (fnx_buf *, const char *json, fault *f);

#endif
