/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A begin ... end planned, its settings put into force, and fitted as it stands.
 */
#include <stdlib.h>

#include "core/pipeline.h"

fnx_status
pipeline_settle (pipeline *p, int k, size_t i, fault *f)
{
  node *n = &p->sub.nodes[k];
  chain_step line;
  fnx_status s = tried_line (&p->tried[k], &p->steps->steps[k], i, &line, f);

  if (s == FNX_OK)
    s = node_open (&p->sub, n, &line, f);
  if (s == FNX_OK)
    s = node_negotiate (&p->sub, n, f);
  free (line.args);
  return s;
}

fnx_status
pipeline_open (pipeline *p, const scope *outer, const chain *steps, fault *f)
{
  int main_slot;

  *p = (pipeline){ .steps = steps, .n_candidates = 1 };
  scope_begin (&p->sub, outer->ses, outer->recording, outer);
  p->sub.fits_allowed = true;
  p->tried = calloc (steps->n_steps + 1, sizeof *p->tried);
  if (!p->tried)
    return fault_memory (f);
  main_slot = scope_slot (&p->sub, NULL, outer->slots[outer->main].from, outer->slots[outer->main].spec, f);
  if (main_slot < 0)
    return f->code;
  /* Named values of the outer scope come first, so that inputs are the slots
   * below n_inputs. */
  for (int i = 0; i < outer->n_slots; i++)
    if (outer->slots[i].name
        && scope_slot (&p->sub, outer->slots[i].name, outer->slots[i].from, outer->slots[i].spec, f) < 0)
      return f->code;
  p->n_inputs = p->sub.n_slots;
  p->sub.main = main_slot;
  for (size_t k = 0; k < steps->n_steps; k++) {
    chain_step line;
    fnx_status s = tried_of (&p->tried[k], &steps->steps[k], f);

    if (s != FNX_OK || (s = tried_line (&p->tried[k], &steps->steps[k], 0, &line, f)) != FNX_OK)
      return s;
    s = scope_add (&p->sub, &line, f);
    free (line.args);
    p->sub.nodes[p->sub.n_nodes - 1].line = steps->steps[k];
    if (s != FNX_OK)
      return s;
    if (__builtin_mul_overflow (p->n_candidates, p->tried[k].n, &p->n_candidates))
      return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "too many settings are to be tried");
  }
  return FNX_OK;
}

void
pipeline_close (pipeline *p)
{
  for (size_t k = 0; p->tried && k < p->steps->n_steps; k++)
    tried_free (&p->tried[k]);
  free (p->tried);
  scope_end (&p->sub);
  *p = (pipeline){ .n_candidates = 0 };
}

void
pipeline_settings (const pipeline *p, size_t c, void (*f) (void *, const char *, const char *, const char *), void *arg)
{
  size_t rest = p->n_candidates;

  for (int k = 0; k < p->sub.n_nodes; k++) {
    const settings *s = &p->tried[k];
    size_t i;

    rest /= s->n;
    i = c / rest % s->n;
    for (size_t j = 0; j < s->n_tried; j++)
      f (arg, p->sub.nodes[k].desc->name, s->arg[j]->name, tried_value (s, i, j));
  }
}

const fnx_buf *
items_of (const fnx_buf *b, int64_t n_items, const int64_t *idx, int64_t n, fault *f)
{
  int k = sample_axis (buffer_spec (b));

  if (k < 0 || buffer_spec (b)->axes[k]->size != n_items)
    return buffer_ref (b);
  return k == 0 ? buffer_pick (b, idx, n, f) : buffer_take (b, k, idx, n, f);
}

fnx_status
pipeline_fit (pipeline *p, const fnx_buf *const *input, fault *f)
{
  fnx_status st = FNX_OK;

  for (int i = 0; i < p->n_inputs; i++)
    scope_give (&p->sub, i, buffer_ref (input[i]));
  for (int k = 0; k < p->sub.n_nodes && st == FNX_OK; k++) {
    node *n = &p->sub.nodes[k];
    const fnx_buf *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };

    for (int i = 0; i < n->n_in; i++)
      in[i] = n->from[i] < 0 ? NULL : p->sub.slots[n->from[i]].value;
    st = node_negotiate (&p->sub, n, f);
    if (st == FNX_OK && n->estimator) {
      st = node_fit (&p->sub, n, in, NULL, &n->model, f);
      if (st == FNX_OK)
        st = node_apply (&p->sub, n, n->model, in, out, f);
    } else if (st == FNX_OK)
      st = node_run (&p->sub, n, in, out, f);
    for (int i = 0; i < n->n_out && st == FNX_OK; i++)
      scope_give (&p->sub, n->first_slot + i, out[i]);
  }
  return st;
}
