/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What has a value of its own: each fold, or, where a protocol says so, each
 * session of the subject that a fold tests (MOABB's CrossSubjectEvaluation).
 */
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_impl.h"

void
parts_free (parts *p)
{
  for (size_t i = 0; p->name && i < p->n; i++)
    free (p->name[i]);
  free (p->name);
  free (p->fold);
  free (p->offset);
  *p = (parts){ 0 };
}

/* Items of a test set ordered by code, those of one code as they were. */
static void
by_code (int64_t *test, int64_t n, const int32_t *code, int32_t n_code, int64_t *room)
{
  int64_t at = 0;

  for (int32_t c = -1; c < n_code; c++)
    for (int64_t i = 0; i < n; i++)
      if (code[test[i]] == c)
        room[at++] = test[i];
  memcpy (test, room, (size_t)n * sizeof *test);
}

/* One more part, of `n` items; its name is "left/inner", or what there is of it. */
static fnx_status
add_part (parts *p, size_t fold, int64_t n, const char *left, const char *inner)
{
  char *name = NULL;

  if (left && asprintf (&name, "%s%s%s", left, inner ? "/" : "", inner ? inner : "") < 0)
    return FNX_E_NOMEM;
  p->fold[p->n] = fold;
  p->offset[p->n + 1] = p->offset[p->n] + n;
  p->name[p->n++] = name;
  return FNX_OK;
}

static fnx_status
parts_of_fold (parts *p, size_t fold, const item_set *s, const int32_t *code, const char *const *inner,
               const char *left)
{
  int64_t first = 0;
  fnx_status st = FNX_OK;

  for (int64_t i = 1; i <= s->n_test && st == FNX_OK; i++)
    if (i == s->n_test || (code && code[s->test[i]] != code[s->test[first]])) {
      int32_t k = code ? code[s->test[first]] : -1;

      st = add_part (p, fold, i - first, left, k < 0 ? NULL : inner[k]);
      first = i;
    }
  return st;
}

fnx_status
parts_make (parts *p, const fold_set *folds, const item_set *sets, const char *const *left, const int32_t *code,
            int32_t n_code, const char *const *inner, fault *f)
{
  size_t most = folds->n;
  int64_t *room = calloc ((size_t)folds->n_trials + 1, sizeof *room);
  fnx_status st = FNX_OK;

  if (code) /* no fold has more parts than items, nor than codes and those without */
    for (size_t i = 0; i < folds->n; i++)
      most += (size_t)(sets[i].n_test < n_code + 1 ? sets[i].n_test : n_code + 1);
  p->fold = calloc (most + 1, sizeof *p->fold);
  p->offset = calloc (most + 1, sizeof *p->offset);
  p->name = calloc (most + 1, sizeof *p->name);
  if (!room || !p->fold || !p->offset || !p->name)
    st = FNX_E_NOMEM;
  for (size_t i = 0; i < folds->n && st == FNX_OK; i++) {
    int32_t out = folds->fold[i].group;

    if (code)
      by_code ((int64_t *)(uintptr_t)sets[i].test, sets[i].n_test, code, n_code, room);
    st = parts_of_fold (p, i, &sets[i], code, inner, left && out >= 0 ? left[out] : NULL);
  }
  free (room);
  return st == FNX_OK ? st : fault_memory (f);
}
