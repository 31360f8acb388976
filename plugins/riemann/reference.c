/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A matrix that stands beside the trials: named with @m by an earlier step,
 * given as to=@m or reference=@m.
 */
#include "plugins/riemann/riemann.h"

#include <stdio.h>
#include <string.h>

/* Labels of the channels of cov[...,channel,channel]. */
static const char *const *
labels_of (const fnx_spec *s)
{
  return s->axes[s->ndim - 1]->labels;
}

fnx_status
reference_fits (fnx_call *c, const fnx_spec *ref, const fnx_spec *trials, const char *port)
{
  int64_t n = ref->axes[ref->ndim - 1]->size, rows = ref->axes[ref->ndim - 2]->size;
  if (n != FNX_UNKNOWN && rows != FNX_UNKNOWN && n != rows)
    return c->fail (c, FNX_E_SPEC, "%s= is a matrix of %lld x %lld; covariances are square", port, (long long)rows,
                    (long long)n);
  int64_t of = trials ? trials->axes[trials->ndim - 1]->size : n;
  if (n == FNX_UNKNOWN || of == FNX_UNKNOWN)
    return FNX_OK;
  if (n != of)
    return c->fail (c, FNX_E_SPEC,
                    "%s= has %lld channels; the trials of %s have %lld\n"
                    "give the mean of such trials:  ! mean @m",
                    port, (long long)n, c->recording, (long long)of);
  const char *const *one = labels_of (ref), *const *two = trials ? labels_of (trials) : NULL;
  for (int64_t i = 0; one && two && i < n; i++)
    if (strcmp (one[i], two[i]) != 0)
      return c->fail (
          c, FNX_E_SPEC,
          "%s= has %s as channel %lld; in the trials of %s it is %s\nbring them into one order with  ! pick", port,
          one[i], (long long)i + 1, c->recording, two[i]);
  return FNX_OK;
}

fnx_status
reference_of (fnx_call *c, const fnx_buf *b, const char *port, bool spd, matrices *m)
{
  const fnx_spec *s = c->buf->spec (b);
  int64_t n = s->axes[1]->size;
  fnx_status status = reference_fits (c, s, NULL, port);
  if (status != FNX_OK)
    return status;
  if (n < 1 || n > 20000)
    return c->fail (c, FNX_E_SPEC, "%s= has %lld channels; this step takes 1 to 20000", port, (long long)n);
  const double **x = c->scratch (c, sizeof *x);
  if (!x)
    return FNX_E_NOMEM;
  x[0] = c->buf->read (b)->data;
  *m = (matrices){ .n = (int)n, .count = 1, .x = x, .of = b };
  size_t bad = 1;
  char what[40];
  snprintf (what, sizeof what, "%s=", port);
  status = matrices_test (c, m, spd, &bad);
  return bad == 0 ? matrices_refuse (c, m, x[0], what) : status;
}
