/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Building chains: what the three parsers share.
 */
#ifndef FNX_CORE_CHAIN_MAKE_H
#define FNX_CORE_CHAIN_MAKE_H

#include "core/chain.h"

/* Sub-chains may stand inside sub-chains this deep. */
#define CHAIN_DEPTH 32
/* More settings than any step has. */
#define CHAIN_ARGS 1000

/* NULL: no memory, and the fault says so.  Pointers to steps and arguments are
 * good until the next one is added beside them. */
chain *chain_new (fault *f);
chain_step *chain_add_input (chain *, const char *name, where at, fault *f);
chain_step *chain_add_step (chain *, const char *name, where at, fault *f);

/* An argument; `name` NULL for the word without one.  Faults: the name stands
 * there already, a second word without a name, an empty search. */
fnx_status step_add_arg (chain_step *, const char *name, const char *value, bool tried, where at, fault *f);
/* One more begin ... end, called `label` (NULL: without a name).  NULL: the
 * fault says that the name is none, or stands there already. */
chain *step_add_sub (chain_step *, const char *label, where at, fault *f);
/* Name the step's output `as`, which is given without its @. */
fnx_status step_set_as (chain_step *, const char *as, where at, fault *f);

/* Copy what the user wrote into c->text. */
fnx_status chain_keep_words (chain *, int n, char *const *words, fault *f);

/* A chain is wrong at `at`: exit 3, and the place. */
fnx_status chain_fault (fault *f, where at, const char *format, ...) FNX_PRINTF (3, 4);

/* Letters, digits, "_", "-", "."; a letter or "_" first. */
bool is_name (const char *s, size_t n);
/* A name or id, and no word of the grammar. */
bool is_step_name (const char *s);
/* What a begin ... end may be called: a name in which "+" may stand. */
bool is_label (const char *s, size_t n);
/* The key of YAML and JSON for the word without a name; and the keys that
 * therefore no parameter can have. */
#define KEY_WORD "_"
extern const char *const step_keys[]; /* as chain pipelines _ */

#endif
