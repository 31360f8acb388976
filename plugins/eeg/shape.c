/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Specs as the EEG steps read and change them.  See eeg.h.
 */
#include <stdio.h>
#include <string.h>

#include "plugins/eeg/eeg.h"

void
shape_of (shape *s, const fnx_spec *from)
{
  s->spec = *from;
  for (int i = 0; i < from->ndim; i++) {
    s->axis[i] = *from->axes[i];
    s->list[i] = &s->axis[i];
  }
  s->spec.axes = s->list;
}

shape *
shape_new (fnx_call *c, const fnx_spec *from)
{
  shape *s = c->scratch (c, sizeof *s);
  if (s)
    shape_of (s, from);
  return s;
}

double
shape_rate (fnx_call *c, const fnx_spec *s)
{
  const fnx_axis *t = s->ndim > 0 ? s->axes[s->ndim - 1] : NULL;
  if (!t || strcmp (t->name, "time") || !(t->flags & FNX_AXIS_REGULAR) || t->rate_num <= 0 || t->rate_den <= 0) {
    c->fail (c, FNX_E_SPEC, "the samples of %s have no regular rate", c->recording);
    return 0;
  }
  return (double)t->rate_num / (double)t->rate_den;
}

int64_t
shape_rows (const fnx_spec *s)
{
  int64_t n = 1;
  for (int i = 0; i + 1 < s->ndim; i++)
    n *= s->axes[i]->size;
  return n;
}

int64_t
shape_samples (const fnx_spec *s)
{
  return s->axes[s->ndim - 1]->size;
}

double
shape_second (const fnx_axis *t, int64_t i)
{
  return t->origin + (double)(t->start + i) * (double)t->rate_den / (double)t->rate_num;
}

int
shape_axis (const fnx_spec *s, const char *name)
{
  for (int i = 0; i < s->ndim; i++)
    if (strcmp (s->axes[i]->name, name) == 0)
      return i;
  return -1;
}

int64_t
gcd_of (int64_t a, int64_t b)
{
  while (b) {
    int64_t t = a % b;
    a = b;
    b = t;
  }
  return a;
}

const char *
shape_row_name (const fnx_spec *s, int64_t row, char *text, size_t n)
{
  int k = shape_axis (s, "channel");
  int64_t n_channel = k >= 0 && s->axes[k]->size > 0 ? s->axes[k]->size : 1;
  const char *const *labels = k >= 0 ? s->axes[k]->labels : NULL;
  char name[64], trial[32] = "";
  if (labels)
    snprintf (name, sizeof name, "%.60s", labels[row % n_channel]);
  else
    snprintf (name, sizeof name, "channel %lld", (long long)(row % n_channel) + 1);
  if (k > 0)
    snprintf (trial, sizeof trial, "trial %lld, ", (long long)(row / n_channel) + 1);
  snprintf (text, n, "%s%s", trial, name);
  return text;
}

fnx_status
fail_missing (fnx_call *c, const fnx_spec *s, int64_t row, double second, const char *step)
{
  char name[128];
  return c->fail (c, FNX_E_DATA,
                  "%s of %s has missing samples, the first at %.10g s: %s cannot reach across a gap\n"
                  "cut it into trials first, which leaves gaps out:  ! epoch on=... ! %s ...",
                  shape_row_name (s, row, name, sizeof name), c->recording, second, step, step);
}

double
unit_microvolt (const char *unit)
{
  static const struct {
    const char *unit;
    double factor;
  } units[] = { { "uV", 1 }, { "\xc2\xb5V", 1 }, { "\xce\xbcV", 1 }, { "nV", 1e-3 }, { "mV", 1e3 }, { "V", 1e6 } };
  for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
    if (strcmp (units[i].unit, unit) == 0)
      return units[i].factor;
  return 0;
}
