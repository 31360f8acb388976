/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a pipeline would score if the targets meant nothing: the group again and
 * again with its targets in random order.
 */
#include <stdlib.h>

#include "core/evaluate_impl.h"
#include "core/rng.h"

/* idx[n] in random order (Fisher and Yates), a function of `key` and `number`. */
static void
shuffle (int64_t *idx, int64_t n, uint64_t key, uint64_t number)
{
  for (int64_t i = n - 1; i > 0; i--) {
    double u;
    int64_t j, t = idx[i];

    rng_api.uniform (key, number, (uint64_t)i, &u, 1);
    j = (int64_t)(u * (double)(i + 1));
    idx[i] = idx[j];
    idx[j] = t;
  }
}

/* The group again with the targets of its items in random order. */
static fnx_status
run_permuted (const group *g, uint64_t number, double *value, fault *f)
{
  group q = *g;
  const fnx_column *target = buffer_column (g->input[0], buffer_spec (g->input[0])->axes[0]->name, "target");
  int64_t *idx = malloc ((size_t)g->n * sizeof *idx);
  int32_t *codes = malloc ((size_t)g->n * sizeof *codes);
  const char **texts = calloc ((size_t)g->n, sizeof *texts);
  double *reals = calloc ((size_t)g->n, sizeof *reals), *y = calloc ((size_t)g->n, sizeof *y);
  fnx_column c = *target;
  fnx_buf *view = NULL;
  fnx_status st = FNX_E_NOMEM;

  if (!idx || !codes || !texts || !reals || !y)
    goto out;
  for (int64_t i = 0; i < g->n; i++)
    idx[i] = i;
  view = buffer_pick (g->input[0], idx, g->n, f);
  shuffle (idx, g->n, hash_bytes (g->s->ses->seed ^ (uint64_t)g->e->set.seed, "permute", 7), number);
  for (int64_t i = 0; i < g->n; i++) {
    codes[i] = g->codes ? g->codes[idx[i]] : 0;
    y[i] = g->number ? g->number[idx[i]] : 0;
    if (c.texts)
      texts[i] = target->texts[idx[i]];
    else
      reals[i] = target->reals[idx[i]];
  }
  c.texts = c.texts ? texts : NULL;
  c.reals = c.reals ? reals : NULL;
  st = view ? buffer_set_column (view, buffer_spec (view)->axes[0]->name, &c, f) : f->code;
  if (st == FNX_OK) {
    const fnx_buf *keep = q.input[0];
    struct memo *common = q.pipe->memo;

    q.pipe->memo = NULL; /* what it holds carries the real targets */
    q.input[0] = view;
    q.codes = g->codes ? codes : NULL;
    q.number = g->number ? y : NULL;
    st = run_group (&q, NULL, value, f);
    q.input[0] = keep;
    q.pipe->memo = common;
  }
out:
  buffer_unref (view);
  free (idx);
  free (codes);
  free (texts);
  free (reals);
  free (y);
  return st == FNX_E_NOMEM ? fault_memory (f) : st;
}

fnx_status
evaluate_permuted (group *g, report *r, double value, fault *f)
{
  size_t n = (size_t)g->e->set.permutations;
  double *null = calloc (n + 1, sizeof *null);
  fnx_status st = null ? FNX_OK : fault_memory (f);

  for (size_t i = 0; i < n && st == FNX_OK; i++) {
    session_stage (g->s->ses, STAGE_PERMUTATION, "permutation", i + 1, n);
    st = run_permuted (g, i + 1, &null[i], f);
  }
  if (st == FNX_OK)
    report_permutation_p (r, g->e->set.metric[0], score_permutation_p (g->e->set.metric[0], value, null, n), n);
  free (null);
  return st;
}
