/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a descriptor promises: its own fields, settings, types.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/validate_impl.h"

/* ---- descriptor and settings --------------------------------------------------------- */

/* Readers and writers are found by the file's name: examples need not say theirs. */
static bool
reads_or_writes (const fnx_step_desc *d)
{
  fnx_ext_reader r;
  fnx_ext_writer w;

  return step_extension (d, NULL, FNX_READER, &r, sizeof r) || step_extension (d, NULL, FNX_WRITER, &w, sizeof w);
}

bool
test_descriptor (probe *p)
{
  const fnx_step_desc *d = p->d;

  if (!d->revision)
    return probe_fail (p, "revision is 0; begin with 1");
  if (!d->doc || !d->doc[0])
    return probe_fail (p, "it has no doc: say in a paragraph what it does");
  if (!d->example || (!reads_or_writes (d) && !strstr (d->example, d->name)))
    return probe_fail (p, "its example does not show %s: give a line that runs", d->name);
  if (strlen (d->title) > 72)
    return probe_fail (p, "its title has %zu characters; 72 fit on a line", strlen (d->title));
  return true;
}

/* One setting must be parsed, and create must take it or refuse it honestly. */
static bool
try_settings (probe *p, const settings *s, bool must)
{
  subject sub;
  fault f = FAULT_INIT;
  const char *why = NULL;
  bool ok = subject_open (&sub, p, s, &f);
  char *text = settings_text (s);

  if (ok)
    subject_close (&sub);
  else if (must)
    probe_fail (p, "%s: %s", text ? text : "", f.text ? f.text : "refused");
  else if (!(ok = refusal_honest (f.code, &f, &why)))
    probe_fail (p, "%s: %s", text ? text : "", why);
  free (text);
  fault_clear (&f);
  return ok;
}

bool
test_settings (probe *p)
{
  settings s;
  bool ok = settings_usual (&s, p) && try_settings (p, &s, true);

  settings_free (&s);
  for (const fnx_param_desc *const *d = p->d->params; *d && ok; d++)
    for (size_t i = 0; i < settings_edges (*d) && ok; i++) {
      ok = settings_edge (&s, p, *d, i) && try_settings (p, &s, false);
      settings_free (&s);
    }
  for (uint64_t i = 0; i < 200 && ok && p->d->params[0]; i++) {
    dice x = { p->rep->seed = p->opt->seed + i };
    ok = settings_random (&s, p, &x) && try_settings (p, &s, false);
    settings_free (&s);
  }
  if (ok)
    p->rep->seed = 0;
  return ok && probe_no_damage (p);
}

/* ---- types --------------------------------------------------------------------------- */

/* What came is what was promised: kind, type, axes, and all sizes that were known. */
static bool
keeps_promise (probe *p, const fnx_spec *promised, const fnx_spec *given, const char *port)
{
  char a[250], b[250];

  spec_text (promised, a, sizeof a);
  spec_text (given, b, sizeof b);
  if (strcmp (promised->kind, given->kind) || promised->ndim != given->ndim
      || memcmp (&promised->dtype, &given->dtype, sizeof given->dtype))
    return probe_fail (p, "output %s: it negotiates %s %s and gives %s %s", port, a, dtype_name (promised->dtype), b,
                       dtype_name (given->dtype));
  for (int i = 0; i < given->ndim; i++) {
    const fnx_axis *x = promised->axes[i], *y = given->axes[i];
    if (strcmp (x->name, y->name))
      return probe_fail (p, "output %s: it negotiates %s and gives %s", port, a, b);
    if (x->size != FNX_UNKNOWN && x->size != y->size)
      return probe_fail (p, "output %s: it negotiates %lld %ss and gives %lld", port, (long long)x->size, x->name,
                         (long long)y->size);
  }
  return true;
}

static bool
fits_port (probe *p, const fnx_spec *given, const fnx_port_desc *port)
{
  const char *column = NULL;
  char text[250];

  if (!strncmp (port->what, "the same", 8) || what_accepts (port->what, given, &column))
    return true;
  return probe_fail (p, "output %s is declared as %s; it gives %s%s%s", port->name, port->what,
                     spec_text (given, text, sizeof text), column ? " without the column " : "", column ? column : "");
}

bool
types_hold (probe *p, fnx_spec *const *promised, const outputs *o)
{
  bool ok = true;

  for (size_t i = 0; i < MAX_PORTS && p->d->outputs[i] && ok; i++) {
    if (!o->out[i])
      continue;
    ok = fits_port (p, buffer_spec (o->out[i]), p->d->outputs[i])
         && (!promised[i] || keeps_promise (p, promised[i], buffer_spec (o->out[i]), p->d->outputs[i]->name));
  }
  return ok;
}

/* The spec with all sizes unknown, as it is before any file was opened. */
static fnx_spec *
unknown_sizes (const fnx_spec *s)
{
  fnx_axis axes[FNX_MAX_DIM];
  const fnx_axis *list[FNX_MAX_DIM];
  fnx_spec copy = *s;

  for (int i = 0; i < s->ndim; i++) {
    axes[i] = *s->axes[i];
    axes[i].size = FNX_UNKNOWN;
    axes[i].labels = NULL;
    axes[i].columns = NULL;
    axes[i].values = NULL;
    list[i] = &axes[i];
  }
  copy.axes = list;
  return spec_copy (&copy);
}

static bool
negotiate_unknown (probe *p, bench *b)
{
  fnx_spec *specs[MAX_PORTS] = { NULL }, *promised[MAX_PORTS] = { NULL };
  const fnx_spec *given[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  const char *why;
  fnx_status status;
  subject s;
  bool ok = true;

  for (size_t i = 0; i < MAX_PORTS && b->in.in[i]; i++)
    given[i] = specs[i] = unknown_sizes (buffer_spec (b->in.in[i]));
  if (subject_open (&s, p, &b->set, &f)) {
    status = subject_negotiate (&s, given, promised, &f);
    ok = status == FNX_OK || refusal_honest (status, &f, &why) || probe_fail (p, "with unknown sizes: %s", why);
    subject_close (&s);
  }
  specs_free (specs);
  specs_free (promised);
  fault_clear (&f);
  return ok;
}

bool
test_types (probe *p)
{
  fnx_spec *promised[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  outputs o;
  bench b;
  fnx_status status;
  bool ok;

  if (!bench_open (&b, p, false, 0))
    return false;
  status = probe_run_once (p, &b.set, &b.in, &o, promised, &f);
  ok = status == FNX_OK ? types_hold (p, promised, &o) : bench_failed (p, status, &f);
  ok = ok && (!b.in.in[0] || negotiate_unknown (p, &b));
  outputs_free (&o);
  specs_free (promised);
  bench_close (&b);
  return ok && probe_no_damage (p);
}
