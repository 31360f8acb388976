/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For fuzz targets of plugin code: a call to hand in, and what must hold of it
 * afterwards.  A refusal without a sentence is a bug.
 */
#ifndef FNX_TESTS_FUZZ_CALLS_H
#define FNX_TESTS_FUZZ_CALLS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

static inline void
fuzz_begin (call *c, fault *f)
{
  static session ses;
  ses.threads = 1;
  *f = (fault)FAULT_INIT;
  if (call_begin (c, &ses, "fuzz", "fuzz", 1, f) != FNX_OK)
    exit (1);
}

static inline void
fuzz_end (call *c, fault *f, fnx_status e)
{
  if (e && (!f->text || !*f->text)) {
    fprintf (stderr, "refused with %d, without a sentence\n", (int)e);
    abort ();
  }
  if (!e && f->text) {
    fprintf (stderr, "accepted, but: %s\n", f->text);
    abort ();
  }
  call_end (c, e);
  fault_clear (f);
}

#endif
