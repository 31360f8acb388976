/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The values on their way at one level of a chain: numbered slots, some with
 * names, each with the spec of what it holds or will hold.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

void
scope_begin (scope *s, session *ses, const char *id, const scope *outer)
{
  *s = (scope){ .ses = ses, .recording = id ? id : "", .outer = outer, .main = -1 };
  if (outer) {
    s->fold = outer->fold;
    s->fits_allowed = outer->fits_allowed;
  }
}

void
scope_end (scope *s)
{
  for (int i = s->n_nodes - 1; i >= 0; i--) {
    node_close (&s->nodes[i]);
    free (s->nodes[i].args);
  }
  for (int i = 0; i < s->n_slots; i++) {
    buffer_unref (s->slots[i].value);
    free (s->slots[i].spec);
  }
  free (s->nodes);
  free (s->slots);
  free (s->provenance);
  *s = (scope){ .main = -1 };
}

int
scope_slot (scope *s, const char *name, const char *from, const fnx_spec *spec, fault *f)
{
  slot *more = realloc (s->slots, (size_t)(s->n_slots + 1) * sizeof *more);
  fnx_spec *copy = spec ? spec_copy (spec) : NULL;

  if (more)
    s->slots = more;
  if (!more || (spec && !copy)) {
    free (copy);
    fault_memory (f);
    return -1;
  }
  s->slots[s->n_slots] = (slot){ .name = name, .from = from, .spec = copy };
  return s->n_slots++;
}

fnx_status
scope_respec (scope *s, int i, const fnx_spec *spec, fault *f)
{
  fnx_spec *copy = spec_copy (spec);

  free (s->slots[i].spec);
  s->slots[i].spec = copy;
  return copy ? FNX_OK : fault_memory (f);
}

void
scope_give (scope *s, int i, const fnx_buf *value)
{
  buffer_unref (s->slots[i].value);
  s->slots[i].value = value;
}

int
scope_find (const scope *s, const char *name)
{
  for (int i = s->n_slots - 1; i >= 0; i--)
    if (s->slots[i].name && !strcmp (s->slots[i].name, name))
      return i;
  return -1;
}
