/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What people are told while an evaluation runs: on whom, what is fitted where,
 * and which settings a search goes without.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_report.h"
#include "core/learned.h"
#include "core/param.h"

/* "0.17 to 0.99" of many numbers; false: some name is no number. */
static bool
span_text (char *text, size_t n, const char *const *names, int32_t k)
{
  double v, low = INFINITY, high = -INFINITY;

  for (int32_t i = 0; i < k; i++) {
    if (!number_parse (names[i], &v))
      return false;
    low = fmin (low, v);
    high = fmax (high, v);
  }
  snprintf (text, n, " (targets %g to %g)", low, high);
  return true;
}

static void
count_text (char *text, size_t n, const call *c, const fnx_buf *b, const char *axis, const char *column, bool list)
{
  int32_t k = 0;
  const char *const *names;
  const int32_t *codes = c->api.buf->classes ((fnx_call *)(uintptr_t)&c->api, b, axis, column, &k, &names);
  size_t at = strlen (text);

  if (!codes)
    return;
  if (!list) {
    snprintf (text + at, n - at, "%d %s%s, ", k, column, k == 1 ? "" : "s");
    return;
  }
  if (k > 8 && span_text (text + at, n - at, names, k))
    return;
  at += (size_t)snprintf (text + at, n - at, " (");
  for (int32_t i = 0; i < k && i < 8 && at < n; i++) {
    int64_t m = 0;

    for (int64_t t = 0; t < spec_axis (buffer_spec (b), axis)->size; t++)
      m += codes[t] == i;
    at += (size_t)snprintf (text + at, n - at, "%s%" PRId64 " %s", i ? ", " : "", m, names[i]);
  }
  if (at < n)
    snprintf (text + at, n - at, "%s)", k > 8 ? ", ..." : "");
}

/* Does an earlier pipeline have that step, too? */
static bool
listed (const pipeline *p, size_t k, int i)
{
  for (size_t j = 0; j < k; j++)
    for (int l = 0; l < p[j].sub.n_nodes; l++)
      if (p[j].sub.nodes[l].estimator && p[j].sub.nodes[l].desc == p[k].sub.nodes[i].desc)
        return true;
  return false;
}

static void
list_fitted (char *text, size_t n, const pipeline *p, size_t n_pipes)
{
  bool any = false;

  for (size_t k = 0; k < n_pipes; k++)
    for (int i = 0; i < p[k].sub.n_nodes; i++) {
      const node *x = &p[k].sub.nodes[i];
      size_t at = strlen (text);

      if (!x->estimator || listed (p, k, i))
        continue;
      if (x->estimator->learns)
        snprintf (text + at, n - at, "%s%s (%s)", any ? ", " : "", x->desc->name, x->estimator->learns);
      else
        snprintf (text + at, n - at, "%s%s", any ? ", " : "", x->desc->name);
      any = true;
    }
  if (!any)
    snprintf (text + strlen (text), n - strlen (text), "nothing");
}

void
report_tell_items (const scope *s, const node *n, const fnx_buf *b, const pipeline *p, size_t n_pipes)
{
  const fnx_spec *spec = buffer_spec (b);
  const fnx_axis *items = spec->axes[sample_axis (spec)], *channel = spec_axis (spec, "channel"),
                 *time = spec_axis (spec, "time");
  char text[1024] = "";
  size_t at;
  fault quiet = FAULT_INIT;
  call c;

  if (!s->ses->on_log || node_call (s, n, &c, &quiet) != FNX_OK)
    return;
  count_text (text, sizeof text, &c, b, items->name, "recording", false);
  at = strlen (text);
  snprintf (text + at, sizeof text - at, "%" PRId64 " %s%s", items->size, items == time ? "sample" : items->name,
            items->size == 1 ? "" : "s");
  count_text (text, sizeof text, &c, b, items->name, "target", true);
  at = strlen (text);
  if (channel)
    at += (size_t)snprintf (text + at, sizeof text - at, ", %" PRId64 " channels", channel->size);
  if (time && axis_rate (time) > 0)
    snprintf (text + at, sizeof text - at, ", %g Hz", axis_rate (time));
  call_end (&c, FNX_OK);
  s->ses->on_log (s->ses->on_arg, FNX_LOG_NOTE, NULL, text);
  snprintf (text, sizeof text, "fitted inside each fold: ");
  list_fitted (text, sizeof text, p, n_pipes);
  at = strlen (text);
  snprintf (text + at, sizeof text - at, "      on all data: %s",
            s->ses->fitted_on_all ? s->ses->fitted_on_all : "nothing");
  s->ses->on_log (s->ses->on_arg, FNX_LOG_NOTE, NULL, text);
}

void
report_tell_lost (const pipeline *p, const losses *l)
{
  const session *ses = p->sub.ses;
  char *first = NULL, *text = NULL;
  int cause = (int)strcspn (l->why.text, "\n");

  pipeline_settings (p, l->first, learned_append, &first);
  if (ses->on_log && first
      && asprintf (
             &text, "%zu of %zu settings cannot be computed and are left out of the search; the first, %s: %s%s%.*s",
             l->n, p->n_candidates, first, l->why.step ? l->why.step : "", l->why.step ? ": " : "", cause, l->why.text)
             >= 0)
    ses->on_log (ses->on_arg, FNX_LOG_NOTE, NULL, text);
  free (first);
  free (text);
}
