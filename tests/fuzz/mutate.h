/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For every fuzz target X there are two programs: fuzz-X, built by clang with
 * libFuzzer (configure --enable-fuzzers), and X-mutate, which make check runs.
 */
#ifndef FNX_TESTS_FUZZ_MUTATE_H
#define FNX_TESTS_FUZZ_MUTATE_H

#include <stddef.h>

typedef struct mutate_seed {
  const void *bytes;
  size_t n;
} mutate_seed;

/* [RUNS [FIRST]]: run the target on the seeds and on their mutations. */
int mutate_main (int argc, char **argv, const mutate_seed *seeds, size_t n_seeds);

#endif
