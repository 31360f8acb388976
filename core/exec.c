/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Running what was planned.  Where a source and the steps behind it stream, the
 * recording passes through them block by block and only what the last of them
 * gives is kept; all other steps get whole buffers.  Users never see which.
 */
#include "core/exec_impl.h"
#include "core/provenance.h"

fnx_status
scope_stopped (const scope *s, fault *f)
{
  if (!s->ses->cancelled)
    return FNX_OK;
  return fault_set (f, EXIT_INTERRUPTED, FNX_E_CANCELLED, "stopped");
}

bool
scope_wants (const scope *s, int i, int from)
{
  if (s->slots[i].name || i == s->main)
    return true;
  for (int k = from; k < s->n_nodes; k++)
    for (int p = 0; p < s->nodes[k].n_in; p++)
      if (s->nodes[k].from[p] == i)
        return true;
  return false;
}

static void
release_unused (scope *s, int next)
{
  for (int i = 0; i < s->n_slots; i++)
    if (s->slots[i].value && !scope_wants (s, i, next))
      scope_give (s, i, NULL);
}

fnx_status
scope_run (scope *s, int first, int n, fault *f)
{
  fnx_status st = FNX_OK;

  for (int i = first; i < first + n && st == FNX_OK;) {
    node *x = &s->nodes[i];
    const fnx_buf *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
    int len = river_length (s, i);

    if (len > first + n - i)
      len = first + n - i;
    if (len > 1 || (len == 1 && !x->desc->run)) {
      st = river_run (s, i, len, f);
      i += len;
    } else {
      for (int p = 0; p < x->n_in; p++)
        in[p] = x->from[p] < 0 ? NULL : s->slots[x->from[p]].value;
      st = node_run (s, x, in, out, f);
      for (int p = 0; p < x->n_out && st == FNX_OK; p++) {
        if (x->n_in == 0) /* fresh from a source: nobody else holds it */
          st = provenance_put ((fnx_buf *)(uintptr_t)out[p], s->provenance, f);
        scope_give (s, x->first_slot + p, out[p]);
      }
      i++;
    }
    if (st == FNX_OK)
      release_unused (s, i);
  }
  return st;
}
