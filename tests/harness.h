/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the C tests share: make buffers, run one step by its chain words, and
 * report in TAP.  Everything aborts the test with a message on trouble, so
 * tests read as the behaviour that they check.
 */
#ifndef FNX_TESTS_HARNESS_H
#define FNX_TESTS_HARNESS_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "core/call.h"
#include "core/registry.h"

/* Start: pool of $FORNIX_TEST_THREADS (2), registry from FORNIX_PLUGIN_PATH. */
void t_begin (void);
int t_end (void); /* prints the plan; exit status */
/* One TAP line. */
bool t_ok (bool ok, const char *format, ...) FNX_PRINTF (2, 3);
/* |a - b| <= tol * max(1, |b|), elementwise; prints the worst place. */
bool t_near (const double *a, const double *b, size_t n, double tol, const char *what);
/* Skip the whole program (exit 77) with a reason. */
void t_skip (const char *why) __attribute__ ((noreturn));

/* A float64 buffer "kind[axis,axis]" with the sizes given: t_buf ("cov[trial,channel,channel]", data, 12L, 3L, 3L).
 * Values are copied; NULL leaves zeros.  Sizes are longs. */
fnx_buf *t_buf (const char *what, const double *values, ...);
void t_rate (fnx_buf **b, long num, long den); /* the time axis becomes regular, in s */
void t_unit (fnx_buf **b, const char *unit);   /* of the values */
void t_labels (fnx_buf **b, const char *axis, const char *comma_separated);
void t_texts (fnx_buf **b, const char *axis, const char *column, const char *const *texts);
void t_reals (fnx_buf **b, const char *axis, const char *column, const double *reals);
const double *t_values (const fnx_buf *);
/* The first-axis items from .. to - 1. */
fnx_buf *t_part (const fnx_buf *, int64_t from, int64_t to);
/* Share of right answers in scores[trial,class]; `truth` has the column target. */
double t_accuracy (const fnx_buf *scores, const fnx_buf *truth);
void t_random (double *out, size_t n, uint64_t seed); /* standard normal, from our Philox */

/* Run one step: t_run ("band range=8..32Hz method=iir", x).  An estimator is
 * fitted and applied on the same input.  Further inputs by t_run2. */
const fnx_buf *t_run (const char *line, const fnx_buf *in);
const fnx_buf *t_run2 (const char *line, const fnx_buf *in, const fnx_buf *second);
/* The same pushed in random blocks along time, sizes drawn from seed. */
const fnx_buf *t_run_blocks (const char *line, const fnx_buf *in, uint64_t seed);
/* An estimator in two acts.  The model keeps its step. */
typedef struct t_model t_model;
t_model *t_fit (const char *line, const fnx_buf *in, const fnx_buf *second, const t_model *start);
const fnx_buf *t_apply (const t_model *, const fnx_buf *in);
t_model *t_save_load (const t_model *); /* through its bytes; checks that they repeat */
void t_model_free (t_model *);
/* A source: t_read ("edf path=x.edf") whole, output port `port`. */
const fnx_buf *t_read (const char *line, int port);
/* The same; NULL where it fails. */
const fnx_buf *t_read_try (const char *line, int port);
/* The same, streamed in blocks of at most `max` samples and joined. */
const fnx_buf *t_read_blocks (const char *line, int port, int64_t max);
/* The sentence that a run (or create, or negotiate) fails with; a test fails if
 * it does not.  *code receives the status. */
const char *t_fail (const char *line, const fnx_buf *in, fnx_status *code);
const char *t_fail2 (const char *line, const fnx_buf *in, const fnx_buf *second, fnx_status *code);

/* Path of a file under ../shared (or $FORNIX_SHARED); NULL where it is absent. */
const char *t_shared (const char *path);

#endif
