/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a run (), apply () or push () ends that made one buffer.
 */
#ifndef FNX_COMMON_GIVE_H
#define FNX_COMMON_GIVE_H

#include "fornix/plugin.h"

/* The buffer (NULL is allowed) goes to *out, or away where something failed. */
static inline fnx_status
give (fnx_call *c, fnx_status status, fnx_buf *b, const fnx_buf **out)
{
  if (status == FNX_OK)
    *out = b;
  else
    c->buf->unref (b);
  return status;
}

#endif
