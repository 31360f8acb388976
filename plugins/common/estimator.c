/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See estimator.h.
 */
#include "plugins/common/estimator.h"

fnx_status
saved_load (fnx_call *c, const fnx_step *s, const saved *what, uint32_t version, const void *bytes, size_t n,
            fnx_model **out)
{
  state_in in = { bytes, n, version != what->version };
  fnx_model *m = learn_alloc (c, 1, what->size);
  if (!m)
    return FNX_E_NOMEM;
  bool ok = what->get (&in, s, m);
  fnx_status status = learn_state (c, what->step, &in, ok);
  if (status == FNX_OK && what->complete && what->complete (c, m) != FNX_OK)
    status = FNX_E_STATE;
  return fitted (status, m, what->free, out);
}

fnx_status
fitted (fnx_status status, fnx_model *m, void (*away) (fnx_model *), fnx_model **out)
{
  if (status == FNX_OK)
    *out = m;
  else
    away (m);
  return status;
}

fnx_status
made (fnx_status status, fnx_step *s, fnx_step **out)
{
  if (status == FNX_OK)
    *out = s;
  else
    free (s);
  return status;
}

void
step_free (fnx_step *s)
{
  free (s);
}
