/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A matrix that stands beside the trials: named with @m by an earlier step,
 * given as to=@m or reference=@m.  Of spectra there is one at each frequency.
 */
#include "plugins/riemann/riemann.h"

#include <stdio.h>
#include <string.h>

/* The last axis called channel; NULL: there is none (features). */
static const fnx_axis *
channels (const fnx_spec *s)
{
  for (int k = s->ndim - 1; k >= 0; k--)
    if (strcmp (s->axes[k]->name, "channel") == 0)
      return s->axes[k];
  return NULL;
}

/* Both in one order? */
static fnx_status
same_labels (fnx_call *c, const fnx_axis *ref, const fnx_axis *trials, const char *port)
{
  for (int64_t i = 0; ref->labels && trials->labels && i < ref->size; i++)
    if (strcmp (ref->labels[i], trials->labels[i]) != 0)
      return c->fail (
          c, FNX_E_SPEC,
          "%s= has %s as channel %lld; in the trials of %s it is %s\nbring them into one order with  ! pick", port,
          ref->labels[i], (long long)i + 1, c->recording, trials->labels[i]);
  return FNX_OK;
}

fnx_status
reference_fits (fnx_call *c, const fnx_spec *ref, const fnx_spec *trials, const char *port)
{
  const fnx_axis *row = ref->axes[ref->ndim - 2], *one = ref->axes[ref->ndim - 1];
  const fnx_axis *two = trials ? channels (trials) : NULL;
  if (one->size != row->size)
    return c->fail (c, FNX_E_SPEC, "%s= is a matrix of %lld x %lld; covariances are square", port, (long long)row->size,
                    (long long)one->size);
  if (two && (ref->ndim == 3) != (trials->ndim == 4))
    return c->fail (c, FNX_E_SPEC, "%s= is %s; the trials of %s are %s\ngive what was made of the same trials", port,
                    ref->ndim == 3 ? "a spectrum" : "one matrix", c->recording,
                    trials->ndim == 4 ? "spectra" : "single matrices");
  if (two && ref->ndim == 3 && ref->axes[0]->size != FNX_UNKNOWN && trials->axes[1]->size != FNX_UNKNOWN
      && ref->axes[0]->size != trials->axes[1]->size)
    return c->fail (c, FNX_E_SPEC, "%s= has %lld frequencies; the trials of %s have %lld", port,
                    (long long)ref->axes[0]->size, c->recording, (long long)trials->axes[1]->size);
  if (!two || one->size == FNX_UNKNOWN || two->size == FNX_UNKNOWN)
    return FNX_OK;
  if (one->size != two->size)
    return c->fail (c, FNX_E_SPEC,
                    "%s= has %lld channels; the trials of %s have %lld\n"
                    "give the mean of such trials:  ! mean @m",
                    port, (long long)one->size, c->recording, (long long)two->size);
  return same_labels (c, one, two, port);
}

fnx_status
reference_of (fnx_call *c, const fnx_buf *b, const char *port, bool spd, matrices *m)
{
  const fnx_spec *s = c->buf->spec (b);
  int64_t n = s->axes[s->ndim - 1]->size, sets = s->ndim == 3 ? s->axes[0]->size : 1;
  fnx_status status = reference_fits (c, s, NULL, port);
  if (status != FNX_OK)
    return status;
  if (n < 1 || n > 20000 || sets < 1)
    return c->fail (c, FNX_E_SPEC, "%s= has %lld matrices of %lld channels; this step takes 1 to 20000 channels", port,
                    (long long)sets, (long long)n);
  const double **x = c->scratch (c, (size_t)sets * sizeof *x), *v = c->buf->read (b)->data;
  if (!x)
    return FNX_E_NOMEM;
  for (int64_t k = 0; k < sets; k++)
    x[k] = v + k * n * n;
  *m = (matrices){ .n = (int)n, .count = (size_t)sets, .x = x, .of = b };
  size_t bad = m->count;
  char what[40];
  snprintf (what, sizeof what, "%s=", port);
  status = matrices_test (c, m, spd, &bad);
  return bad < m->count ? matrices_refuse (c, m, x[bad], what) : status;
}
