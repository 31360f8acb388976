/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inputs that nobody expects, and memory that must not be touched or kept.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/output.h"
#include "core/validate_impl.h"

/* ---- random inputs ------------------------------------------------------------------- */

/* For readers: a file of random bytes, or the given recording with some bytes
 * overwritten and its end cut off. */
static bool
write_file (probe *p, dice *x)
{
  unsigned char *bytes = malloc (1 << 20);
  size_t n = 0;
  char path[200];
  fnx_ext_reader r;
  FILE *to = NULL, *from = p->opt->file ? fopen (p->opt->file, "rbe") : NULL;

  if (!step_extension (p->d, NULL, FNX_READER, &r, sizeof r) || r.scheme || !bytes)
    goto out;
  if (from) {
    n = fread (bytes, 1, 1 << 20, from);
    for (uint64_t k = dice_below (x, 20); k && n; k--)
      bytes[dice_below (x, dice_below (x, 2) ? n : n < 512 ? n : 512)] = (unsigned char)dice_next (x);
    if (n && dice_below (x, 3) == 0)
      n = dice_below (x, n);
  } else
    for (n = dice_below (x, 3000); n && dice_below (x, 2); n /= 2)
      ;
  for (size_t i = 0; !from && i < n; i++)
    bytes[i] = (unsigned char)(dice_below (x, 3) ? ' ' + dice_below (x, 95) : dice_next (x));
  snprintf (path, sizeof path, "%s/read%s", p->folder, r.suffixes && r.suffixes[0] ? r.suffixes[0] : "");
  if ((to = fopen (path, "wbe")))
    fwrite (bytes, 1, n, to);
out:
  if (to)
    fclose (to);
  if (from)
    fclose (from);
  free (bytes);
  return true;
}

/* One random case; false: the report says what is wrong. */
static bool
random_case (probe *p, uint64_t seed)
{
  dice x = { seed };
  settings set;
  inputs in = { { NULL } };
  outputs o = { { NULL } };
  fnx_spec *promised[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  const char *why;
  bool ok = false;
  fnx_status status;

  if ((dice_below (&x, 2) ? settings_random (&set, p, &x) : settings_usual (&set, p)) && write_file (p, &x)
      && inputs_make (&in, p->d, &x, MAKE_WILD, false, 0, &f)) {
    status = probe_run_once (p, &set, &in, &o, promised, &f);
    if (status == FNX_OK)
      ok = types_hold (p, promised, &o);
    else if (!(ok = refusal_honest (status, &f, &why)))
      probe_fail (p, "%s", why);
  }
  outputs_free (&o);
  specs_free (promised);
  inputs_free (&in);
  settings_free (&set);
  fault_clear (&f);
  return ok && probe_no_damage (p);
}

bool
test_random (probe *p)
{
  uint64_t n = p->opt->one_seed ? 1 : p->opt->n_random ? p->opt->n_random : 2000;

  for (uint64_t i = 0; i < n; i++) {
    p->rep->seed = p->opt->seed + i;
    p->rep->beat++;
    if (!random_case (p, p->rep->seed))
      return false;
  }
  p->rep->seed = 0;
  return true;
}

/* ---- memory -------------------------------------------------------------------------- */

static const size_t odd_sizes[] = { 800, 1, 2, 3, 7, 63, 65, 127, 1000 };

/* Sound inputs of many lengths, so that the last value ends at the guard page. */
bool
test_outside (probe *p)
{
  bool ok = true, ran = false;

  for (size_t i = 0; i < sizeof odd_sizes / sizeof *odd_sizes && ok; i++) {
    fault f = FAULT_INIT;
    outputs o;
    bench b;
    fnx_status status;
    if (!bench_open (&b, p, i % 2, (int64_t)odd_sizes[i]))
      return false;
    status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
    if (status != FNX_OK && !i)
      ok = bench_failed (p, status, &f);
    ran = ran || status == FNX_OK;
    outputs_free (&o);
    bench_close (&b);
    fault_clear (&f);
    ok = ok && probe_no_damage (p);
  }
  return ok && ran;
}

/* Bytes that the heap holds; 0 where the allocator does not tell. */
static size_t
heap_bytes (void)
{
  struct mallinfo2 m = mallinfo2 ();

  return m.uordblks + m.hblkhd;
}

bool
check_sees_heap (void)
{
  size_t before = heap_bytes (), during;
  void *volatile p = malloc (5000);

  during = heap_bytes ();
  free (p);
  return during >= before + 5000;
}

/* The same again and again, until the heap has stood still for some rounds or
 * has grown to the end.  (glibc puts up to seven freed blocks of each size
 * aside and counts them as used, so the first rounds always grow.) */
bool
test_leaks (probe *p)
{
  enum { MOST = 60, STEADY = 8 };
  size_t live, heap = 0, half = 0;
  int steady = 0, grown = 0; /* rounds without growth at the end; with, in the second half */
  bench b;
  bool ok = true;

  if (!bench_open (&b, p, false, 0))
    return false;
  live = guard_live ();
  for (int i = 0; i < MOST && ok && steady < STEADY; i++) {
    fault f = FAULT_INIT;
    outputs o;
    fnx_status status = probe_run_once (p, &b.set, &b.in, &o, NULL, &f);
    if (status != FNX_OK)
      ok = bench_failed (p, status, &f);
    outputs_free (&o);
    fault_clear (&f);
    if (ok && guard_live () != live)
      ok = probe_fail (p, "%zu buffers are never released", guard_live () - live);
    steady = i && heap_bytes () <= heap ? steady + 1 : 0;
    grown += i > MOST / 2 && !steady;
    heap = heap_bytes ();
    if (i == MOST / 2)
      half = heap;
  }
  /* a leak grows every time; an allocator that settles late does not */
  if (ok && steady < STEADY && grown > MOST * 3 / 8)
    ok = probe_fail (p, "each run leaves %zu bytes behind", (heap - half) / (MOST / 2 - 1));
  bench_close (&b);
  if (ok && !check_sees_heap ())
    snprintf (p->rep->text, sizeof p->rep->text, "of buffers; this allocator does not tell about the rest");
  return ok;
}
