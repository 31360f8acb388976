/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a chain to its results.
 *
 *   resolve.c     names to descriptors
 *   plan.c        steps opened (node.c), wired by slots (scope.c) and negotiated (negotiate.c), before data is read
 *   exec.c        runs a scope: whole buffers (node_run.c), or blocks where steps stream (river.c)
 *   recordings.c  which recordings there are           recording.c  one of them opened
 *   cohort.c      all of them through the steps before the first cohort step, then joined (join.c)
 *   pipeline.c    the steps of begin ... end; pipeline_walk.c on training and test items, for all settings
 *   evaluate.c    folds, nested search, scores         train.c  fit once and save; load and apply
 *   builtin.c     descriptors of the host's own steps
 */
#ifndef FNX_CORE_EXEC_H
#define FNX_CORE_EXEC_H

#include <pthread.h>

#include "core/call.h"
#include "core/chain.h"
#include "core/param.h"
#include "core/registry.h"

enum { MAX_PORTS = 16 };

typedef struct node node;
typedef struct scope scope;

/* A value on its way: what a step gave, by number and perhaps by name. */
typedef struct slot {
  const char *name; /* borrowed; NULL if it has none */
  const char *from; /* step or recording it comes from, for messages; borrowed */
  fnx_spec *spec;   /* owned */
  const fnx_buf *value;
} slot;

/* The host's own steps run inside the host: this is their code. */
typedef struct builtin_ops {
  const fnx_step_desc *desc;
  fnx_status (*negotiate) (scope *, node *, const fnx_spec *const *in, const fnx_spec **out, fault *);
  fnx_status (*run) (scope *, node *, const fnx_buf *const *in, const fnx_buf **out, fault *);
  void (*done) (node *); /* frees node->own; may be NULL */
  bool several;          /* takes more than one begin ... end */
} builtin_ops;

/* One step made ready. */
struct node {
  chain_step line; /* a shallow copy: tried arguments may be settled */
  chain_arg *args; /* the copy's arguments; owned */
  const fnx_step_desc *desc;
  const builtin_ops *builtin; /* NULL for steps of plugins */
  fnx_params *params;
  fnx_step *step;
  pthread_mutex_t *lock;              /* of FNX_THREADS_SERIAL_STEP: calls on `step` take turns; else NULL */
  const fnx_ext_stream *stream;       /* NULL if it does not stream with these settings */
  const fnx_ext_estimator *estimator; /* NULL if it learns nothing */
  const fnx_ext_prepare *prepare;     /* of an estimator; or NULL */
  fnx_model *model;                   /* of an estimator, once fitted */
  int from[MAX_PORTS];                /* slot that feeds each input port; -1: none */
  fnx_dtype want[MAX_PORTS];          /* element type it is given */
  int n_in, n_out, first_slot;        /* outputs are slots first_slot ... */
  void *own;                          /* of a built-in step */
};

/* The steps of one level: of a recording, of the cohort, of a begin ... end. */
struct scope {
  session *ses;
  const char *recording; /* for messages and seeds; never NULL */
  uint64_t fold;         /* for seeds: 0 outside folds */
  bool fits_allowed;     /* inside evaluate or train */
  const scope *outer;    /* its named slots are visible; or NULL */
  slot *slots;
  int n_slots;
  node *nodes;
  int n_nodes;
  int main;         /* slot that the next step reads; -1: none */
  char *provenance; /* JSON that goes onto what sources give; owned; or NULL */
};

/* ---- resolve.c --------------------------------------------------------------- */

/* Find every step's descriptor, in sub-chains too.  All absent plugins are
 * listed in one fault (exit 5); an unknown short name gets the nearest one. */
fnx_status chain_resolve (chain *, fault *f);

/* ---- scope.c ----------------------------------------------------------------- */

void scope_begin (scope *, session *, const char *id, const scope *outer);
void scope_end (scope *);
/* Add a slot that holds nothing yet but a spec (copied); returns its number, -1
 * without memory. */
int scope_slot (scope *, const char *name, const char *from, const fnx_spec *, fault *f);
/* A slot's spec anew (copied). */
fnx_status scope_respec (scope *, int slot, const fnx_spec *, fault *f);
/* Give a slot its value (one reference is taken over). */
void scope_give (scope *, int slot, const fnx_buf *value);
/* The slot of this scope called `name`; -1 if there is none. */
int scope_find (const scope *, const char *name);

/* ---- node.c ------------------------------------------------------------------ */

/* Make node->step, or make it anew with other settings: `line` has the same name. */
fnx_status node_open (scope *, node *, const chain_step *line, fault *f);
void node_close (node *);
/* Seed and call of a node. */
fnx_status node_call (const scope *, const node *, call *c, fault *f);
/* What a fault that a step raised is about: step, place, parameter. */
fnx_status node_fault (const node *, fault *f, fnx_status s);

/* ---- negotiate.c ------------------------------------------------------------- */

/* The specs of its inputs against its ports; what it promises into its slots.
 * Asked again when sizes are known, or its settings have changed. */
fnx_status node_negotiate (scope *, node *, fault *f);

/* ---- plan.c ------------------------------------------------------------------ */

/* Open, wire and negotiate one more step behind the others. */
fnx_status scope_add (scope *, const chain_step *, fault *f);
fnx_status scope_add_all (scope *, const chain_step *, size_t n, fault *f);

/* ---- node_run.c -------------------------------------------------------------- */

/* One node on whole inputs: converts types, fits estimators on what they get. */
fnx_status node_run (const scope *, node *, const fnx_buf *const *in, const fnx_buf **out, fault *f);
/* `rows`: what node_prepare gave for these items; or NULL. */
fnx_status node_fit (const scope *, const node *, const fnx_buf *const *in, const fnx_buf *rows, fnx_model **model,
                     fault *f);
/* What a node with ->prepare works out of each item alone. */
fnx_status node_prepare (const scope *, const node *, const fnx_buf *const *in, const fnx_buf **rows, fault *f);
fnx_status node_apply (const scope *, const node *, const fnx_model *, const fnx_buf *const *in, const fnx_buf **out,
                       fault *f);

/* ---- exec.c ------------------------------------------------------------------ */

/* Run nodes [first, first + n).  Values go as soon as no later node wants them;
 * named ones and that of scope->main stay. */
fnx_status scope_run (scope *, int first, int n, fault *f);

/* ---- recordings.c -------------------------------------------------------------- */

/* A recording: its sources and what is known about it. */
typedef struct recording {
  char *id;            /* file name without its folder, or the table's id */
  chain_step *sources; /* name: path or scheme:rest; as: name of the input */
  size_t n_sources;
  char **column, **value; /* "subject", "session", "run", "target" ...: from BIDS names or the table */
  size_t n_columns;
} recording;

/* What the chain's inputs name: files, or one recordings table (TSV with a
 * column `id`, one column of paths for each named input, further columns). */
recording *recordings_of (const session *, const chain *, size_t *n, fault *f);
void recordings_free (recording *, size_t n);

/* ---- recording.c --------------------------------------------------------------- */

/* Open a recording's sources in a fresh scope and plan steps[0..n) behind them. */
fnx_status recording_open (session *, const recording *, const chain_step *steps, size_t n, scope *out, fault *f);

/* ---- join.c -------------------------------------------------------------------- */

/* The axis that counts independent samples: trial, subject, row, else the time of
 * what an encoding model takes; -1. */
int sample_axis (const fnx_spec *);
/* What a recording gave, with a sample axis and the recording's columns on it.
 * Consumes b: the last reference is written, not copied. */
fnx_buf *recording_labelled (const fnx_buf *b, const recording *, fault *f);
/* With the column item: the number of each trial within its recording, from 1 on,
 * by which a message names it wherever a fold puts it.  Consumes b; NULL of NULL. */
fnx_buf *recording_numbered (fnx_buf *b, fault *f);
/* recording_labelled for the value of a slot that has a sample axis; nothing if it has none. */
fnx_status recording_label (const recording *, scope *, int slot, fault *f);
/* The joined spec as far as one recording tells it: columns by name, a sample
 * axis of unknown length. */
fnx_spec *joined_spec (const fnx_spec *, const recording *);

/* ---- cohort.c ------------------------------------------------------------------ */

typedef struct cohort {
  session *ses;
  chain *chain;
  recording *recordings;
  size_t n_recordings;
  size_t n_before; /* steps before the first cohort step */
  scope all;       /* of the cohort's steps; empty without one */
  /* Without a cohort step: called with what the last step gave for each recording. */
  fnx_status (*on_result) (void *, const recording *, const fnx_buf *, fault *f);
  void *on_arg;
} cohort;

/* Resolve, then negotiate everything with the first recording: after this the
 * chain is known to be right.  cohort_close frees (the chain is borrowed). */
fnx_status cohort_open (cohort *, session *, chain *, fault *f);
fnx_status cohort_run (cohort *, fault *f);
void cohort_close (cohort *);

/* ---- builtin.c ---------------------------------------------------------------- */

const builtin_ops *builtin_find (const fnx_step_desc *);
extern const builtin_ops compare_ops, evaluate_ops, train_ops, write_ops, table_ops;
extern const fnx_step_desc compare_desc, evaluate_desc, train_desc, write_desc, table_desc, svg_desc;

/* write.c: does every recording get a file of its own?  Asked before any is read. */
fnx_status write_check (const chain_step *, const recording *, size_t n, fault *f);

/* table.c: any buffer as a table; scores as predictions. */
fnx_buf *table_of (const fnx_buf *, fault *f);
fnx_buf *predictions_of (const fnx_buf *scores, const char *name_of_recording, fault *f);

#endif
