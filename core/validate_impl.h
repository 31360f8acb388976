/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the validate_*.c files share.  Nobody else includes this.
 */
#ifndef FNX_CORE_VALIDATE_IMPL_H
#define FNX_CORE_VALIDATE_IMPL_H

#include "core/call.h"
#include "core/chain.h"
#include "core/param.h"
#include "core/validate.h"

enum { MAX_PORTS = 16, REPORT_MAX = 1500 };

/* What a test tells the parent, in memory that both share: it survives a crash. */
typedef struct report {
  volatile uint64_t seed; /* of the case that runs now; 0: none */
  volatile uint64_t beat; /* counts cases: a standstill is a hang */
  volatile int state;
  volatile int done;
  char text[REPORT_MAX];
} report;

/* One test of one step. */
typedef struct probe {
  const fnx_step_desc *d;
  const check_options *opt;
  report *rep;
  session ses;
  char folder[64]; /* for files, removed afterwards */
} probe;

bool probe_fail (probe *, const char *format, ...) FNX_PRINTF (2, 3); /* false */
bool probe_skip (probe *, const char *format, ...) FNX_PRINTF (2, 3); /* false; not tried */
bool probe_none (probe *, const char *why);                           /* false; does not matter */

/* ---- random decisions: splitmix64, one stream a case --------------------- */
typedef struct dice {
  uint64_t state;
} dice;
uint64_t dice_next (dice *);
uint64_t dice_below (dice *, uint64_t n); /* 0..n-1; n > 0 */
double dice_real (dice *);                /* [0, 1) */
double dice_normal (dice *);

/* ---- made-up inputs and settings (validate_make.c, validate_settings.c) --- */
enum { MAKE_SOUND, MAKE_WILD };
typedef struct inputs {
  const fnx_buf *in[MAX_PORTS];
} inputs;
/* For every input port something that its `what` accepts.  Sound: of the usual
 * size and complete; `large` for work worth several threads; the time axis has
 * `n_time` samples if that is not 0.  Wild: any size from 0, any values,
 * missing rates, labels and columns. */
bool inputs_make (inputs *, const fnx_step_desc *, dice *, int how, bool large, int64_t n_time, fault *f);
void inputs_free (inputs *);
/* The values of a new buffer (validate_values.c).  `triangles`: features are those of
 * tangent matrices, of no unit and near 0. */
void values_make (fnx_buf *, dice *, int how, bool triangles);

typedef struct settings {
  chain_step step; /* owns name-value texts of args */
} settings;
/* As the example has it, else defaults and made-up values where needed. */
bool settings_usual (settings *, const probe *);
/* The usual ones, some replaced by others within what the descriptor allows. */
bool settings_random (settings *, const probe *, dice *);
/* The usual ones with one param at its min (0), max (1) or choice number. */
bool settings_edge (settings *, const probe *, const fnx_param_desc *, size_t which);
/* How many of these a param has. */
size_t settings_edges (const fnx_param_desc *);
void settings_free (settings *);
char *settings_text (const settings *); /* "order=4 method=iir" */

/* ---- a step in use (validate_run.c) ---------------------------------------- */
typedef struct subject {
  probe *p;
  fnx_params *params;
  fnx_step *step;
} subject;
/* Parse and create; false: `f` says why. */
bool subject_open (subject *, probe *, const settings *, fault *f);
void subject_close (subject *);

typedef struct outputs {
  const fnx_buf *out[MAX_PORTS];
} outputs;
void outputs_free (outputs *);

/* Types first, then the data: whole with run, or pushed as one block, or
 * fitted and applied.  `promised` receives copies of the negotiated specs, or
 * is NULL. */
fnx_status subject_run (subject *, const inputs *, outputs *, fnx_spec **promised, fault *f);
fnx_status subject_negotiate (subject *, const fnx_spec *const *in, fnx_spec **promised, fault *f);
/* The same in blocks of `size` samples; size 0: of random sizes.  *streams is
 * false when it does not stream with these settings. */
fnx_status subject_stream (subject *, const inputs *, int64_t size, dice *, outputs *, bool *streams, fault *f);
bool subject_estimator (const subject *, fnx_ext_estimator *);
fnx_status subject_fit (subject *, const fnx_ext_estimator *, const inputs *, const fnx_model *start, fnx_model **,
                        fault *f);
fnx_status subject_fit_prepared (subject *, const fnx_ext_prepare *, const inputs *, fnx_model **, fault *f);
fnx_status subject_apply (subject *, const fnx_ext_estimator *, const fnx_model *, const inputs *, outputs *, fault *f);
/* Open, run, close with the usual settings on sound inputs. */
fnx_status probe_run_once (probe *, const settings *, const inputs *, outputs *, fnx_spec **promised, fault *f);
void specs_free (fnx_spec **promised);
/* Has every output the type that negotiation promised, and one of its port? */
bool types_hold (probe *, fnx_spec *const *promised, const outputs *);
/* Where two results differ, in words; NULL: nowhere, bit for bit. */
char *outputs_difference (const outputs *a, const outputs *b);
/* Is this an honest refusal: a code for somebody else than the plugin's
 * author, and a sentence?  Otherwise false and *why. */
bool refusal_honest (fnx_status, const fault *, const char **why);

/* ---- usual settings and a sound input (validate_bench.c) ------------------- */
typedef struct bench {
  settings set;
  inputs in;
} bench;
/* False: there is none, and that is said. */
bool bench_open (bench *, probe *, bool large, int64_t n_time);
void bench_close (bench *);
/* A run that fails on these: the plugin's fault when it is not honest about it;
 * otherwise the input did not suit.  False. */
bool bench_failed (probe *, fnx_status, fault *);
bool probe_no_damage (probe *); /* to what lies around guarded memory */

/* ---- guarded memory (validate_guard.c) -------------------------------------- */
/* From here on values of buffers and scratch memory lie between guard pages,
 * and a crash is put into words. */
void guard_begin (report *);
void guard_call (call *); /* give this call guarded scratch memory */
void guard_call_end (call *);
void guard_read_only (const fnx_buf *, bool on); /* whoever writes crashes */
size_t guard_live (void);                        /* buffers that nobody released */
const char *guard_damage (void);                 /* what was found overwritten; or NULL */

/* ---- the tests (validate_types.c, _wild.c, _again.c, _model.c) ----------------------- */
typedef bool test_fn (probe *);
test_fn test_descriptor, test_settings, test_types, test_random, test_outside, test_twice, test_threads, test_blocks,
    test_model, test_cancel, test_meta, test_leaks;

#endif
