/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A step type as JSON: every field of its descriptor under the descriptor's
 * own names, for programs that build on it (completion, forms, other
 * languages).
 */
#include "core/describe.h"
#include "core/param.h"

#include <math.h>

/* A number that may be infinite, which JSON has no word for. */
static json_t *
limit (double v)
{
  return isfinite (v) ? json_real (v) : json_null ();
}

static json_t *
texts (const char *const *list)
{
  json_t *a = json_array ();

  for (; list && *list; list++)
    json_array_append_new (a, json_string (*list));
  return a;
}

static json_t *
param_json (const fnx_param_desc *p)
{
  static const struct {
    uint32_t bit;
    const char *name;
  } flags[] = { { FNX_P_REQUIRED, "required" }, { FNX_P_TUNABLE, "tunable" }, { FNX_P_LOG, "log" },
                { FNX_P_LIVE, "live" },         { FNX_P_NEUTRAL, "neutral" }, { FNX_P_MAIN, "main" } };
  json_t *j = json_pack ("{s:s, s:s, s:s?, s:s?, s:s?, s:s?}", "name", p->name, "type", param_type_name (p->type),
                         "unit", p->unit, "doc", p->doc, "default", p->fallback, "when", p->when);

  if (j && (p->min != 0 || p->max != 0)) {
    json_object_set_new (j, "min", limit (p->min));
    json_object_set_new (j, "max", limit (p->max));
  }
  if (j && p->choices)
    json_object_set_new (j, "choices", texts (p->choices));
  for (size_t i = 0; j && i < sizeof flags / sizeof *flags; i++)
    json_object_set_new (j, flags[i].name, json_boolean (p->flags & flags[i].bit));
  return j;
}

static json_t *
ports_json (const fnx_port_desc *const *ports)
{
  json_t *a = json_array ();

  for (; ports && *ports; ports++)
    json_array_append_new (a, json_pack ("{s:s, s:s, s:s?, s:b, s:b}", "name", (*ports)->name, "what", (*ports)->what,
                                         "doc", (*ports)->doc, "optional", !!((*ports)->flags & FNX_PORT_OPTIONAL),
                                         "target", !!((*ports)->flags & FNX_PORT_TARGET)));
  return a;
}

static void
add_extensions (json_t *j, const fnx_step_desc *d)
{
  bool supervised, learns = describe_learns (d, &supervised);
  fnx_ext_reader r;
  fnx_ext_writer w;

  json_object_set_new (j, "streams", json_boolean (describe_streams (d)));
  json_object_set_new (j, "learns", json_boolean (learns));
  json_object_set_new (j, "supervised", json_boolean (supervised));
  if (step_extension (d, NULL, FNX_READER, &r, sizeof r))
    json_object_set_new (j, "reads", json_pack ("{s:o, s:s?}", "suffixes", texts (r.suffixes), "scheme", r.scheme));
  if (step_extension (d, NULL, FNX_WRITER, &w, sizeof w))
    json_object_set_new (j, "writes", json_pack ("{s:o}", "suffixes", texts (w.suffixes)));
}

json_t *
describe_json (const fnx_step_desc *d, const module_info *from)
{
  static const char *const threads[] = { "serial-all", "serial-step", "parallel" };
  const fnx_module *m = from ? from->module : NULL;
  json_t *j = json_pack ("{s:s, s:s, s:i, s:s, s:s?, s:s?, s:s?, s:s?}", "name", d->name, "id", d->id, "revision",
                         (int)d->revision, "title", d->title, "doc", d->doc, "cite", d->cite, "equals", d->equals,
                         "example", d->example);

  if (!j)
    return NULL;
  json_object_set_new (j, "threads", json_string (d->threads < 3 ? threads[d->threads] : "?"));
  json_object_set_new (j, "deterministic", json_boolean (d->flags & FNX_S_DETERMINISTIC));
  json_object_set_new (j, "source", json_boolean (d->flags & FNX_S_SOURCE));
  json_object_set_new (j, "sink", json_boolean (d->flags & FNX_S_SINK));
  json_object_set_new (j, "cohort", json_boolean (d->flags & FNX_S_COHORT));
  add_extensions (j, d);
  json_object_set_new (j, "inputs", ports_json (d->inputs));
  json_object_set_new (j, "outputs", ports_json (d->outputs));
  json_object_set_new (j, "params", json_array ());
  for (const fnx_param_desc *const *p = d->params; p && *p; p++)
    json_array_append_new (json_object_get (j, "params"), param_json (*p));
  if (m)
    json_object_set_new (j, "module",
                         json_pack ("{s:s, s:s, s:s?, s:s?, s:s}", "name", m->name, "version", m->version, "licence",
                                    m->licence, "url", m->url, "path", from->path));
  return j;
}
