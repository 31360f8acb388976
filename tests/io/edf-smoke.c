/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fuzz target without a fuzzer: seeds made by hand, thousands of seeded
 * mutations, and each seed cut at every byte; and headers that promise what
 * the file does not hold, refused before anything is allocated.
 */
#include <sys/resource.h>
#include <time.h>

#include "io/edf/edf.h"
#include "tests/harness.h"
#include "tests/io/edf-make.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

static const make_signal plus[] = { { "Fc5.", "uV", "-100", "100", "-2048", "2047", "16" },
                                    { "EDF Annotations", "", "-1", "1", "-32768", "32767", "20" },
                                    { "Resp", "", "-1", "1", "-2048", "2047", "4" } };
static const make_signal bdf[] = { { "A1", "uV", "-100", "100", "-8388608", "8388607", "8" },
                                   { "Status", "Boolean", "-8388608", "8388607", "-8388608", "8388607", "8" } };

static made_file
seed_plus (const char *kind, const char *const *tals, int records)
{
  made_file f = { 0 };
  char count[16];
  snprintf (count, sizeof count, "%d", records);
  put_header (&f, "0", kind, count, "0.5", plus, 3);
  for (int r = 0; r < records; r++) {
    for (int i = 0; i < 16; i++)
      put_sample (&f, 2, 100 * r + i);
    put_tal (&f, tals[r], 40);
    for (int i = 0; i < 4; i++)
      put_sample (&f, 2, -i);
  }
  return f;
}

static made_file
seed_bdf (void)
{
  made_file f = { 0 };
  put_header (&f, "\377BIOSEMI", "24BIT", "6", "1", bdf, 2);
  for (int r = 0; r < 6; r++)
    for (int c = 0; c < 2; c++)
      for (int i = 0; i < 8; i++)
        put_sample (&f, 3, c ? (i / 2 + r) % 5 : 1000 * r - i);
  return f;
}

/* Splitmix64: the mutations repeat. */
static uint64_t
next (uint64_t *s)
{
  uint64_t z = *s += UINT64_C (0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* The common mutator moves bytes about, which ends every header at once; this
 * one mostly keeps the fields where they are: bits flipped, digits and marks of
 * the format set, whole fields swapped for odd numbers; now and then a part is
 * cut, doubled or taken out. */
static size_t
mutate (const made_file *f, uint8_t *to, size_t room, uint64_t *s)
{
  static const uint8_t marks[] = "0123456789-+. ,eE\024\025\000\377\n\r";
  static const char *const numbers[] = { "0       ", "1       ", "-1      ", "99999999", "2       ", "1e3     ",
                                         "0.000001", "32768   ", "-32768  ", "3       ", "        ", "7,5     " };
  const bool moving = next (s) % 8 == 0;
  size_t n = f->n;
  memcpy (to, f->bytes, n);
  for (uint64_t k = next (s) % 4 + 1; k > 0 && n > 0; k--) {
    const size_t at = next (s) % 3 ? next (s) % n : 168 + next (s) % 88;
    const size_t len = next (s) % 16 + 1;
    if (at >= n)
      continue;
    switch (moving ? next (s) % 6 : next (s) % 3) {
    case 0:
      to[at] ^= (uint8_t)(1u << next (s) % 8);
      break;
    case 1:
      to[at] = marks[next (s) % (sizeof marks - 1)];
      break;
    case 2:
      if ((at & ~(size_t)7) + 8 <= n)
        memcpy (to + (at & ~(size_t)7), numbers[next (s) % (sizeof numbers / sizeof *numbers)], 8);
      break;
    case 3:
      n = at;
      break;
    case 4:
      if (n + len < room) {
        memmove (to + at + len, to + at, n - at);
        n += len;
      }
      break;
    default:
      if (at + len < n) {
        memmove (to + at, to + at + len, n - at - len);
        n -= len;
      }
      break;
    }
  }
  return n;
}

static void
check_seed (const char *name, made_file *f, int rounds)
{
  uint64_t s = 1;
  uint8_t *to = malloc (f->n + 256), *exact;
  for (size_t n = 0; n <= f->n && n <= 4096; n++) {
    exact = malloc (n ? n : 1); /* so that a read behind the end is seen */
    memcpy (exact, f->bytes, n);
    LLVMFuzzerTestOneInput (exact, n);
    free (exact);
  }
  t_ok (true, "%s: cut at each of its %zu bytes", name, f->n);
  for (int i = 0; i < rounds; i++) {
    const size_t n = mutate (f, to, f->n + 256, &s);
    exact = malloc (n ? n : 1);
    memcpy (exact, to, n);
    LLVMFuzzerTestOneInput (exact, n);
    free (exact);
  }
  t_ok (true, "%s: %d mutations", name, rounds);
  free (to);
}

/* A cut file opens only with a repair listed, or not at all. */
static void
check_cuts (const made_file *f)
{
  int opened = 0, silent = 0;
  for (size_t n = 0; n < f->n; n++) {
    const edf_open_options o = { 0 };
    edf_say say = { 0 };
    edf_file file;
    if (edf_file_open (edf_bytes_memory (f->bytes, n), &o, &file, &say) == FNX_OK) {
      bool listed = false;
      for (size_t i = 0; i < say.n_lines; i++)
        listed = listed || say.lines[i].repair;
      opened++;
      silent += !listed;
      edf_file_close (&file);
    }
    edf_say_clear (&say);
  }
  t_ok (opened > 0 && silent == 0, "of %zu cuts %d open, none without saying so", f->n, opened);
}

static void
check_bombs (void)
{
  static const struct {
    const char *records, *duration, *n;
  } bombs[] = { { "99999999", "1", "99999999" }, { "-1", "1", "99999999" },    { "99999999", "99999999", "1" },
                { "1", "1e-9", "99999999" },     { "99999999", "1e30", "16" }, { "99999999", "0.000001", "99999" } };
  struct timespec a, b;
  struct rusage before, after;
  int refused = 0;
  getrusage (RUSAGE_SELF, &before);
  clock_gettime (CLOCK_MONOTONIC, &a);
  for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
    make_signal s = { "C3", "uV", "-1", "1", "-100", "100", bombs[i].n };
    const edf_open_options o = { 0 };
    edf_say say = { 0 };
    made_file f = { 0 };
    edf_file file;
    put_header (&f, "0", "", bombs[i].records, bombs[i].duration, &s, 1);
    put (&f, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 44);
    if (edf_file_open (edf_bytes_memory (f.bytes, f.n), &o, &file, &say) == FNX_OK)
      edf_file_close (&file);
    else
      refused++;
    edf_say_clear (&say);
    made_free (&f);
  }
  clock_gettime (CLOCK_MONOTONIC, &b);
  getrusage (RUSAGE_SELF, &after);
  t_ok (refused == sizeof bombs / sizeof *bombs && after.ru_maxrss - before.ru_maxrss < 16384,
        "%d headers that promise too much refused, %ld KiB more memory, %.1f ms", refused,
        after.ru_maxrss - before.ru_maxrss,
        1e3 * (double)(b.tv_sec - a.tv_sec) + 1e-6 * (double)(b.tv_nsec - a.tv_nsec));
}

int
main (void)
{
  static const char *const even[]
      = { "+0\2\2\3+0.2\0011\2go\2", "+0.5\2\2", "+1\2\2\3+1\2\316\261@@Fc5.\2", "+1.5\2\2" };
  static const char *const apart[] = { "+0\2\2", "+4\2\2\3+3\2x\2", "+4.5\2\2", "+9\2\2" };
  const char *more = getenv ("FORNIX_FUZZ_ROUNDS");
  const int rounds = more ? atoi (more) : 4000;
  made_file seeds[3];
  check_bombs ();
  seeds[0] = seed_plus ("EDF+C", even, 4);
  seeds[1] = seed_plus ("EDF+D", apart, 4);
  seeds[2] = seed_bdf ();
  check_cuts (&seeds[0]);
  check_cuts (&seeds[2]);
  check_seed ("EDF+C", &seeds[0], rounds);
  check_seed ("EDF+D", &seeds[1], rounds);
  check_seed ("BDF", &seeds[2], rounds);
  for (int i = 0; i < 3; i++)
    made_free (&seeds[i]);
  t_begin ();
  return t_end ();
}
