/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What most tests of `fornix check` begin and end with.
 */
#include <stdlib.h>
#include <string.h>

#include "core/validate_impl.h"

/* A reader of files reads a copy of the given recording; false: none is given. */
static bool
copy_recording (const probe *p)
{
  char path[200], block[65536];
  fnx_ext_reader r;
  FILE *from, *to;

  if (!step_extension (p->d, NULL, FNX_READER, &r, sizeof r) || r.scheme)
    return true;
  if (!p->opt->file || !(from = fopen (p->opt->file, "rbe")))
    return false;
  snprintf (path, sizeof path, "%s/read%s", p->folder, r.suffixes && r.suffixes[0] ? r.suffixes[0] : "");
  to = fopen (path, "wbe");
  for (size_t n; to && (n = fread (block, 1, sizeof block, from));)
    fwrite (block, 1, n, to);
  fclose (from);
  return to && !fclose (to);
}

bool
bench_open (bench *b, probe *p, bool large, int64_t n_time)
{
  dice x = { p->opt->seed };
  fault f = FAULT_INIT;

  memset (b, 0, sizeof *b);
  if (!copy_recording (p))
    return probe_skip (p, "it reads files: give it one with --file RECORDING");
  if (settings_usual (&b->set, p) && inputs_make (&b->in, p->d, &x, MAKE_SOUND, large, n_time, &f))
    return true;
  settings_free (&b->set);
  fault_clear (&f);
  return probe_skip (p, "no input could be made: memory");
}

void
bench_close (bench *b)
{
  inputs_free (&b->in);
  settings_free (&b->set);
}

bool
bench_failed (probe *p, fnx_status status, fault *f)
{
  const char *why;

  if (refusal_honest (status, f, &why))
    probe_skip (p, "the made-up input does not suit: %.*s", (int)strcspn (f->text, "\n"), f->text);
  else
    probe_fail (p, "%s", why);
  fault_clear (f);
  return false;
}

bool
probe_no_damage (probe *p)
{
  return guard_damage () ? probe_fail (p, "%s", guard_damage ()) : true;
}
