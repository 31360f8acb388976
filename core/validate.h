/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The validator behind `fornix check`: what the contract in plugin.h promises,
 * tried on a module's steps with made-up inputs, each test in a process of its
 * own.
 */
#ifndef FNX_CORE_VALIDATE_H
#define FNX_CORE_VALIDATE_H

#include "core/registry.h"

typedef struct check_options {
  uint64_t seed;     /* of all that is random */
  bool one_seed;     /* repeat only the case of this seed */
  bool in_process;   /* for a debugger: no child, the first crash ends all */
  const char *only;  /* name of one test; or NULL */
  const char *step;  /* name of one step; or NULL */
  const char *file;  /* a recording that readers can read; or NULL */
  unsigned n_random; /* random inputs a step; 0: 2000 */
} check_options;

/* NOT_TRIED: no input could be made that it takes.  NO_MATTER: it promises no
 * such thing (it does not stream, it learns nothing). */
enum { CHECK_PASSED, CHECK_FAILED, CHECK_NOT_TRIED, CHECK_NO_MATTER };

typedef struct check_result {
  const char *test;  /* "outside": what --only takes */
  const char *title; /* "no writes outside" */
  const fnx_step_desc *step;
  int state;
  char *text;    /* why it failed or was not tried; or a remark; or NULL */
  uint64_t seed; /* of the failed case, if `seeded` */
  bool seeded;
} check_result;

/* Run all tests on all steps.  NULL without memory; check_free frees. */
check_result *check_module (const module_info *, const check_options *, size_t *n);
void check_free (check_result *, size_t n);
/* Does the allocator tell how much of the heap is used?  Those of valgrind and
 * the sanitizers do not, and find leaks by themselves. */
bool check_sees_heap (void);
/* Names of all tests, NULL-terminated. */
const char *const *check_names (void);

#endif
