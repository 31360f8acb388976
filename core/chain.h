/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A chain: inputs and steps, as written.  One model with three spellings:
 * words of the command line (chain_line.c), YAML (chain_yaml.c) and canonical
 * JSON (chain_json.c).  Nothing here knows what a step does; settings are
 * texts, typed later by the step's own descriptor (param.h).
 */
#ifndef FNX_CORE_CHAIN_H
#define FNX_CORE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/fault.h"

typedef struct chain chain;

/* name=value.  `try:a,b,c` makes several candidates of it. */
typedef struct chain_arg {
  char *name;  /* NULL: the first word without a name, for the FNX_P_MAIN parameter */
  char *value; /* without the "try:" */
  bool tried;
  where at;
  bool searched; /* `value` is one of the candidates of a tried argument */
} chain_arg;

typedef struct chain_step {
  char *name; /* as typed: short name or id; for an input: the path or scheme:rest */
  char *as;   /* name of the output without the @; or NULL */
  chain_arg *args;
  size_t n_args;
  chain *sub; /* begin ... end, the first of them; or NULL */
  where at;
  const fnx_step_desc *desc; /* filled by plan.c; borrowed from the registry */
} chain_step;

/* What the user wrote, kept for the caret under errors. */
typedef struct chain_text {
  char *file;   /* of a chain file; or NULL */
  char **words; /* of a command line; or NULL */
  int n_words;
} chain_text;

struct chain {
  chain_step *inputs; /* recordings, each with the arguments of its reader */
  size_t n_inputs;
  chain_step *steps;
  size_t n_steps;
  bool has_seed;
  uint64_t seed;
  chain_text text; /* of the outermost chain only */
  /* Of begin ... end only: what it is called, or NULL; the next one of the
   * same step, or NULL. */
  char *label;
  chain *next;
};

/* All parsers: NULL with `f` filled on failure (exit code 3, or 4 when a chain
 * file cannot be read).  chain_free (NULL) is allowed. */
chain *chain_from_words (int n, char *const *words, fault *f);
chain *chain_from_yaml (const char *bytes, size_t n, const char *file_name, fault *f);
chain *chain_from_json (const char *bytes, size_t n, const char *file_name, fault *f);
/* What `fornix run` takes: words, the first of which may be a .yaml/.yml/.json
 * chain file; recordings that follow the file replace those it names. */
chain *chain_read (int n, char *const *words, fault *f);
void chain_free (chain *);

/* Allocated texts, YAML and JSON with a newline at the end.  YAML reads back to the same model;
 * JSON has sorted keys and no white space, so that equal chains have equal
 * bytes, however they were written. */
char *chain_to_yaml (const chain *);
char *chain_to_json (const chain *);
/* One line as a shell would take it: "a.edf ! band range=8..32Hz ! epoch on=T1";
 * the words read back to the same model.  The seed is not in it: --seed. */
char *chain_to_line (const chain *);

/* First argument of that name, or NULL. */
const chain_arg *chain_arg_find (const chain_step *, const char *name);

/* Print a fault for people on `to`:
 *   fornix: band: range=8..32 has no unit
 *     S001R04.edf ! band range=8..32
 *                        ^^^^^^^^^^^
 *   write range=8..32Hz
 * `done` is what was not done ("nothing was read") or NULL; `text` may be NULL.
 * A place in a file is shown with its line; the file is text->file, or else
 * the first word, which is where a chain file stands. */
void fault_print (FILE *to, const fault *, const chain_text *text, const char *done);

#endif
