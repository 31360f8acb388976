/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the last steps gave for test items, laid out item after item for the
 * metrics: scores of classes, numbers, or several numbers an item.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_impl.h"

static const char *
label_of (const fnx_axis *a, int64_t i, char text[32])
{
  return a->labels ? a->labels[i] : number_text (axis_position (a, i), text);
}

/* A NaN among predictions would be neither right nor wrong. */
static fnx_status
no_number (const group *g, const item_set *set, int64_t i, fault *f)
{
  return fault_set (f, EXIT_DATA, FNX_E_NUMERIC,
                    "item %" PRId64
                    " of %s: what is predicted is not a number\nlook for values that are not numbers, or "
                    "as large as 1e300, in its features:  ! write features.tsv",
                    set->test[i] + 1, *g->name ? g->name : g->s->recording);
}

/* The class scores of one fold into rows, columns matched by class name. */
static fnx_status
take_scores (predictions *p, const item_set *set, int64_t row, const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis *classes = s->axes[s->ndim - 1];
  const double *v = buffer_read (b)->data;
  int32_t k = p->g->n_class;
  char text[32];

  for (int64_t i = 0; i < set->n_test; i++) {
    p->truth[row + i] = p->g->codes[set->test[i]];
    for (int32_t c = 0; c < k; c++)
      p->scores[(row + i) * k + c] = -INFINITY;
  }
  for (int64_t j = 0; j < classes->size; j++) {
    const char *name = label_of (classes, j, text);
    int32_t c = 0;

    while (c < k && strcmp (p->g->classes[c], name))
      c++;
    if (c == k)
      return fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "the scores name a class \"%s\" that no item has", name);
    for (int64_t i = 0; i < set->n_test; i++) {
      p->scores[(row + i) * k + c] = v[i * classes->size + j];
      if (isnan (v[i * classes->size + j]))
        return no_number (p->g, set, i, f);
    }
  }
  return FNX_OK;
}

/* [n, n_target] of a buffer whose sample axis is `k`. */
static void
by_item (const fnx_buf *b, int k, int64_t row, double *to)
{
  const fnx_spec *s = buffer_spec (b);
  const double *v = buffer_read (b)->data;
  int64_t n = s->axes[k]->size, outer = 1, inner = 1;

  for (int i = 0; i < s->ndim; i++)
    *(i < k ? &outer : &inner) *= i == k ? 1 : s->axes[i]->size;
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < inner; j++)
        to[((row + i) * outer + o) * inner + j] = v[(o * n + i) * inner + j];
}

int
target_slot (const pipeline *p)
{
  for (int k = p->sub.n_nodes - 1; k >= 0; k--) {
    const node *n = &p->sub.nodes[k];

    for (int i = 0; i < n->n_in; i++)
      if (n->desc->inputs[i]->flags & FNX_PORT_TARGET && n->from[i] >= 0 && n->from[i] < p->n_inputs)
        return n->from[i];
  }
  return -1;
}

bool
predicts_numbers (const pipeline *p)
{
  return p->sub.main >= 0 && !strcmp (p->sub.slots[p->sub.main].spec->kind, "predictions");
}

/* One number for each test item. */
static fnx_status
take_numbers (predictions *p, const item_set *set, int64_t row, const fnx_buf *b, fault *f)
{
  by_item (b, 0, row, p->predicted);
  for (int64_t i = 0; i < set->n_test; i++) {
    p->y[row + i] = p->g->number[set->test[i]];
    if (isnan (p->predicted[row + i]))
      return no_number (p->g, set, i, f);
  }
  return FNX_OK;
}

fnx_status
take_prediction (predictions *p, const item_set *set, int64_t row, const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  int k = sample_axis (s);
  int target = target_slot (p->g->pipe);
  const fnx_buf *y;

  if (!strcmp (s->kind, "scores") && p->g->codes)
    return take_scores (p, set, row, b, f);
  if (!strcmp (s->kind, "predictions") && p->g->number && (int64_t)spec_count (s) == set->n_test)
    return take_numbers (p, set, row, b, f);
  if (target < 0 || k < 0 || s->axes[k]->size != set->n_test)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "the last step of begin ... end gives %s, which cannot be scored\nend with a classifier, as in"
                      "  ! svm  , or a regression, as in  ! regress  or  ! ridge voxels=@voxels",
                      s->kind);
  y = items_of (p->g->input[target], p->g->n, set->test, set->n_test, f);
  if (!y)
    return f->code;
  if (spec_count (buffer_spec (y)) != spec_count (s))
    fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "predictions and targets differ in shape");
  else {
    by_item (b, k, row, p->predicted);
    by_item (y, sample_axis (buffer_spec (y)), row, p->y);
  }
  buffer_unref (y);
  return f->text ? f->code : FNX_OK;
}

void
predictions_free (predictions *p)
{
  free (p->offset);
  free (p->truth);
  free (p->scores);
  free (p->y);
  free (p->predicted);
}

fnx_status
predictions_begin (predictions *p, const group *g, const item_set *sets, size_t n_sets, fault *f)
{
  int target = target_slot (g->pipe);
  int64_t n = 0;

  *p = (predictions){ .g = g };
  p->offset = calloc (n_sets + 1, sizeof *p->offset);
  for (size_t i = 0; p->offset && i < n_sets; i++)
    p->offset[i + 1] = n += sets[i].n_test;
  if (g->codes) {
    p->truth = calloc ((size_t)n + 1, sizeof *p->truth);
    p->scores = calloc ((size_t)(n * g->n_class) + 1, sizeof *p->scores);
  } else if (g->number || target >= 0) {
    p->n_target = g->number ? 1 : (int64_t)(spec_count (buffer_spec (g->input[target])) / (size_t)(g->n ? g->n : 1));
    p->y = calloc ((size_t)(n * p->n_target) + 1, sizeof *p->y);
    p->predicted = calloc ((size_t)(n * p->n_target) + 1, sizeof *p->predicted);
  }
  if (!p->offset || (g->codes && (!p->truth || !p->scores)) || (p->n_target && (!p->y || !p->predicted)))
    return fault_memory (f);
  return FNX_OK;
}

score_data
predictions_data (const predictions *p, size_t n_sets)
{
  return (score_data){ .n = p->offset[n_sets],
                       .n_class = p->g->codes ? p->g->n_class : 0,
                       .truth = p->truth,
                       .scores = p->scores,
                       .n_target = p->n_target,
                       .y = p->y,
                       .predicted = p->predicted };
}
