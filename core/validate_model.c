/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Models under test: fitted, applied, saved, loaded, and loaded from bytes
 * that are none.
 */
#include <stdlib.h>
#include <string.h>

#include "core/learned.h"
#include "core/validate_impl.h"

typedef struct bytes {
  unsigned char *p;
  size_t n;
} bytes;

static fnx_status
put (void *to, const void *from, size_t n)
{
  bytes *b = to;
  unsigned char *more = realloc (b->p, b->n + n + 1);

  if (!more)
    return FNX_E_NOMEM;
  if (n)
    memcpy (more + b->n, from, n);
  b->p = more;
  b->n += n;
  return FNX_OK;
}

static fnx_status
save (subject *s, const fnx_ext_estimator *e, const fnx_model *m, bytes *b, fault *f)
{
  fnx_status status;
  call c;

  *b = (bytes){ NULL, 0 };
  status = call_begin (&c, &s->p->ses, s->p->d->name, "made-up", 42, f);
  return status == FNX_OK ? call_end (&c, e->save (&c.api, m, put, b)) : status;
}

static fnx_status
load (subject *s, const fnx_ext_estimator *e, uint32_t version, const bytes *b, fnx_model **m, fault *f)
{
  /* exactly as long as the bytes are, so that reading on is found by tools */
  unsigned char *copy = malloc (b->n ? b->n : 1);
  fnx_status status = FNX_E_NOMEM;
  call c;

  *m = NULL;
  if (copy && b->n)
    memcpy (copy, b->p, b->n);
  if (copy && call_begin (&c, &s->p->ses, s->p->d->name, "made-up", 42, f) == FNX_OK)
    status = call_end (&c, e->load (&c.api, s->step, version, copy, b->n, m));
  free (copy);
  return status;
}

/* These bytes are no model: load must say FNX_E_STATE, and why. */
static bool
must_refuse (probe *p, subject *s, const fnx_ext_estimator *e, uint32_t version, const bytes *b, const char *what)
{
  fault f = FAULT_INIT;
  fnx_model *m = NULL;
  fnx_status status = load (s, e, version, b, &m, &f);
  bool ok = false;

  if (status == FNX_OK || m)
    probe_fail (p, "load accepts %s (%zu bytes)", what, b->n);
  else if (status != FNX_E_STATE)
    probe_fail (p, "load answers %s (%zu bytes) with %d instead of FNX_E_STATE", what, b->n, (int)status);
  else if (!f.text || strstr (f.text, "without saying why"))
    probe_fail (p, "load refuses %s without saying why", what);
  else
    ok = true;
  if (m)
    e->model_free (m);
  fault_clear (&f);
  return ok;
}

static bool
refuses_damage (probe *p, subject *s, const fnx_ext_estimator *e, const bytes *good)
{
  dice x = { p->opt->seed };
  unsigned char *noise = malloc (good->n + 1);
  bytes empty = { noise, 0 }, cut = *good;
  bool ok = noise && must_refuse (p, s, e, e->state_version, &empty, "no bytes at all");

  for (size_t step = good->n / 300 + 1, n = 0; ok && n < good->n; n += step) {
    cut.n = good->n - 1 - n;
    ok = must_refuse (p, s, e, e->state_version, &cut, "truncated bytes");
  }
  for (int i = 0; i < 200 && ok; i++) {
    bytes random = { noise, i ? dice_below (&x, good->n + 1) : good->n };
    for (size_t k = 0; k < random.n; k++)
      noise[k] = (unsigned char)dice_next (&x);
    ok = must_refuse (p, s, e, e->state_version, &random, "random bytes");
  }
  ok = ok && must_refuse (p, s, e, e->state_version + 1, good, "a state version of the future");
  free (noise);
  return ok;
}

/* Some bytes overwritten: it may be accepted, but nothing may crash. */
static bool
survives_damage (probe *p, subject *s, const fnx_ext_estimator *e, const bytes *good, const inputs *in)
{
  for (uint64_t i = 0; i < 100 && good->n; i++) {
    dice x = { p->rep->seed = p->opt->seed + i };
    bytes bad = { malloc (good->n), good->n };
    fault f = FAULT_INIT;
    outputs o = { { NULL } };
    fnx_model *m = NULL;
    if (!bad.p)
      break;
    memcpy (bad.p, good->p, good->n);
    for (uint64_t k = 1 + dice_below (&x, 4); k; k--)
      bad.p[dice_below (&x, bad.n)] = (unsigned char)dice_next (&x);
    if (load (s, e, e->state_version, &bad, &m, &f) == FNX_OK && m)
      subject_apply (s, e, m, in, &o, &f);
    if (m)
      e->model_free (m);
    outputs_free (&o);
    fault_clear (&f);
    free (bad.p);
  }
  p->rep->seed = 0;
  return true;
}

/* The loaded model gives the same results, and saves to the same bytes. */
static bool
comes_back (probe *p, subject *s, const fnx_ext_estimator *e, const bytes *saved, const inputs *in, const outputs *was)
{
  fault f = FAULT_INIT;
  fnx_model *m = NULL;
  outputs now = { { NULL } };
  bytes again = { NULL, 0 };
  char *difference = NULL;
  bool ok = false;

  if (load (s, e, e->state_version, saved, &m, &f) != FNX_OK)
    probe_fail (p, "load refuses what save wrote: %s", f.text ? f.text : "no reason");
  else if (save (s, e, m, &again, &f) != FNX_OK)
    probe_fail (p, "the loaded model cannot be saved: %s", f.text ? f.text : "no reason");
  else if (again.n != saved->n || memcmp (again.p, saved->p, saved->n))
    probe_fail (p, "save (load (save (model))) gives %zu bytes that differ from the first %zu", again.n, saved->n);
  else if (subject_apply (s, e, m, in, &now, &f) != FNX_OK)
    probe_fail (p, "the loaded model cannot be applied: %s", f.text ? f.text : "no reason");
  else if ((difference = outputs_difference (was, &now)))
    probe_fail (p, "the model and the same model loaded: %s", difference);
  else
    ok = true;
  free (difference);
  outputs_free (&now);
  free (again.p);
  if (m)
    e->model_free (m);
  fault_clear (&f);
  return ok;
}

/* fit leaves the step as it is, and takes a model to start from. */
static bool
fits_again (probe *p, subject *s, const fnx_ext_estimator *e, const fnx_model *first, const bytes *saved,
            const inputs *in)
{
  fault f = FAULT_INIT;
  fnx_model *second = NULL, *third = NULL;
  bytes b = { NULL, 0 };
  bool ok = false;

  if (subject_fit (s, e, in, NULL, &second, &f) != FNX_OK || save (s, e, second, &b, &f) != FNX_OK)
    probe_fail (p, "the second fit of the same step fails: %s", f.text ? f.text : "no reason");
  else if (b.n != saved->n || memcmp (b.p, saved->p, b.n))
    probe_fail (p, "two fits on the same data give different models: fit must leave the step as it is");
  else if (subject_fit (s, e, in, first, &third, &f) != FNX_OK)
    probe_fail (p, "fit with a model to start from fails: %s", f.text ? f.text : "no reason");
  else
    ok = true;
  if (second)
    e->model_free (second);
  if (third)
    e->model_free (third);
  free (b.p);
  fault_clear (&f);
  return ok;
}

/* fit_prepared on what prepare gives makes the bytes that fit makes. */
static bool
fits_prepared (probe *p, subject *s, const fnx_ext_estimator *e, const bytes *saved, const inputs *in)
{
  fnx_ext_prepare x;
  fault f = FAULT_INIT;
  fnx_model *m = NULL;
  bytes b = { NULL, 0 };
  bool ok = false;

  if (!step_extension (p->d, s->step, FNX_PREPARE, &x, sizeof x))
    return true;
  if (subject_fit_prepared (s, &x, in, &m, &f) != FNX_OK || save (s, e, m, &b, &f) != FNX_OK)
    probe_fail (p, FNX_PREPARE " fails where fit does not: %s", f.text ? f.text : "no reason");
  else if (b.n != saved->n || memcmp (b.p, saved->p, b.n))
    probe_fail (p, "fit_prepared makes another model of what prepare gives than fit does");
  else
    ok = true;
  if (m)
    e->model_free (m);
  free (b.p);
  fault_clear (&f);
  return ok;
}

static fnx_status
hear (void *to, const char *name, const char *value)
{
  if (learned_sound (name, value))
    return FNX_OK;
  return fault_set (to, EXIT_INTERNAL, FNX_E_BUG, "\"%s\", \"%s\" is not two words", name ? name : "NULL",
                    value ? value : "NULL");
}

/* What a model says of itself stands in result tables. */
static bool
reports (probe *p, subject *s, const fnx_ext_estimator *e, const fnx_model *m)
{
  fault f = FAULT_INIT;
  call c;
  fnx_status status = FNX_OK;

  if (e->report && (status = call_begin (&c, &s->p->ses, s->p->d->name, "made-up", 42, &f)) == FNX_OK)
    status = call_end (&c, e->report (&c.api, m, hear, &f));
  if (status != FNX_OK)
    probe_fail (p, "report: %s", f.text ? f.text : "no reason");
  fault_clear (&f);
  return status == FNX_OK;
}

static bool
try_model (probe *p, subject *s, const fnx_ext_estimator *e, const inputs *in)
{
  fault f = FAULT_INIT;
  fnx_model *m = NULL;
  outputs o = { { NULL } };
  bytes saved = { NULL, 0 };
  const char *why = NULL;
  bool ok = false;
  fnx_status status = subject_fit (s, e, in, NULL, &m, &f);

  if (status != FNX_OK && refusal_honest (status, &f, &why))
    probe_skip (p, "the made-up input does not suit: %.*s", (int)strcspn (f.text, "\n"), f.text);
  else if (status != FNX_OK)
    probe_fail (p, "fit: %s", why);
  else if (subject_apply (s, e, m, in, &o, &f) != FNX_OK)
    probe_fail (p, "apply to what it was fitted on fails: %s", f.text ? f.text : "no reason");
  else if (save (s, e, m, &saved, &f) != FNX_OK)
    probe_fail (p, "save fails: %s", f.text ? f.text : "no reason");
  else
    ok = reports (p, s, e, m) && comes_back (p, s, e, &saved, in, &o) && fits_again (p, s, e, m, &saved, in)
         && fits_prepared (p, s, e, &saved, in) && refuses_damage (p, s, e, &saved)
         && survives_damage (p, s, e, &saved, in);
  if (m)
    e->model_free (m);
  free (saved.p);
  outputs_free (&o);
  fault_clear (&f);
  return ok;
}

bool
test_model (probe *p)
{
  fnx_ext_estimator e;
  dice x = { p->opt->seed };
  fault f = FAULT_INIT;
  settings set;
  inputs in = { { NULL } };
  subject s;
  bool ok = false;

  if (!step_extension (p->d, NULL, FNX_ESTIMATOR, &e, sizeof e))
    return probe_none (p, "it learns nothing");
  if (!settings_usual (&set, p) || !inputs_make (&in, p->d, &x, MAKE_SOUND, false, 0, &f))
    probe_skip (p, "no input could be made: memory");
  else if (!subject_open (&s, p, &set, &f))
    probe_fail (p, "its usual settings are refused: %s", f.text ? f.text : "no reason");
  else {
    const fnx_spec *specs[MAX_PORTS] = { NULL };
    for (size_t i = 0; i < MAX_PORTS; i++)
      specs[i] = in.in[i] ? buffer_spec (in.in[i]) : NULL;
    if (!subject_estimator (&s, &e))
      probe_none (p, "with its usual settings it learns nothing");
    else if (subject_negotiate (&s, specs, NULL, &f) != FNX_OK)
      probe_skip (p, "the made-up input does not suit: %.*s", (int)strcspn (f.text ? f.text : "", "\n"),
                  f.text ? f.text : "");
    else
      ok = try_model (p, &s, &e, &in);
    subject_close (&s);
  }
  inputs_free (&in);
  settings_free (&set);
  fault_clear (&f);
  if (ok && guard_damage ())
    ok = probe_fail (p, "%s", guard_damage ());
  return ok;
}
