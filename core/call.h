/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One call into a plugin: the fnx_call that it sees, its scratch memory, the
 * fault it reports, and the host's side of parallel().
 */
#ifndef FNX_CORE_CALL_H
#define FNX_CORE_CALL_H

#include "core/buffer.h"

typedef struct output_set output_set; /* output.h */

/* What calls share over a whole run.  One in the program. */
typedef struct session {
  unsigned threads; /* of the pool */
  uint64_t seed;
  bool verbose, quiet;
  volatile int cancelled;    /* set by the signal handler */
  const struct chain *chain; /* the outermost, for model files and provenance; borrowed */
  output_set *outputs;       /* files to be committed at the end; may be NULL */
  char *fitted_on_all;       /* steps outside evaluate that learned from all data, for the result; or NULL */
  /* Called about ten times a second with what the innermost call reports. */
  void (*on_progress) (void *, const char *recording, const char *step, uint64_t done, uint64_t total);
  /* What the host itself walks, as progress_stage (progress.h) takes it. */
  void (*on_stage) (void *, unsigned level, const char *name, uint64_t at, uint64_t total);
  void (*on_log) (void *, uint32_t level, const char *step, const char *line);
  void *on_arg;
} session;

/* The levels that evaluate tells; the at-th of total is under way, from 1 on; name NULL: over. */
enum { STAGE_GROUP, STAGE_PIPELINE, STAGE_PERMUTATION, STAGE_SEARCH };
void session_stage (session *, unsigned level, const char *name, uint64_t at, uint64_t total);

extern const fnx_host the_host; /* what plugins see as call->host */

#define COHORT_NAME "the cohort" /* what recordings are called together */

/* Begin a call; the caller holds the memory.  step and recording may be NULL.
 * Only lack of memory fails; then no call_end is needed. */
typedef struct call {
  fnx_call api; /* first: a fnx_call * is a call * */
  session *ses;
  const char *step;
  fault *f;
  struct scratch *scratch;
  struct call_lock *lock;
  size_t fail_index;
} call;
fnx_status call_begin (call *, session *, const char *step, const char *recording, uint64_t seed, fault *f);

/* Frees the scratch memory.  Returns status, after making sure that a fault
 * explains it (a plugin that fails silently gets a sentence of ours). */
fnx_status call_end (call *, fnx_status status);

/* Seed of a step in a recording and fold: a hash of all five, so that none of them
 * shares random numbers with another. */
uint64_t seed_of (uint64_t chain_seed, const char *step_id, uint32_t revision, const char *recording, uint64_t fold);

#endif
