/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A day of 64 channels at 256 Hz (2.8 GB) through read ! band ! psd: CPU
 * seconds and peak memory, beside those of one hour and beside reading the
 * file's bytes.  Memory must not grow with the recording.  The files are made
 * in $TMPDIR and removed.
 *
 *   bench/day [hours]
 */
#include <stddef.h>
#include <string.h>

#include "bench/child.h"
#include "tests/io/edf-make.h"

enum { CHANNELS = 64, RATE = 256 };

static char path[2][3000];

static void
file_of (const char *name, int hours)
{
  static char label[CHANNELS][16];
  static int16_t record[CHANNELS * RATE];
  make_signal s[CHANNELS];
  made_file head = { 0 };
  char records[16];
  uint64_t x = 88172645463325252u;
  FILE *f = fopen (name, "wb");

  for (int i = 0; i < CHANNELS; i++) {
    snprintf (label[i], sizeof label[i], "EEG %d", i + 1);
    s[i] = (make_signal){ label[i], "uV", "-3276.8", "3276.7", "-32768", "32767", "256" };
  }
  snprintf (records, sizeof records, "%d", hours * 3600);
  put_header (&head, "0", "", records, "1", s, CHANNELS);
  if (!f || fwrite (head.bytes, 1, head.n, f) != head.n)
    goto failed;
  for (int r = 0; r < hours * 3600; r++) {
    for (size_t i = 0; i < CHANNELS * RATE; i++) { /* xorshift64 */
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      record[i] = (int16_t)((int)(x >> 54) - 512);
    }
    if (fwrite (record, sizeof record, 1, f) != 1)
      goto failed;
  }
  if (fclose (f))
    goto failed;
  made_free (&head);
  return;
failed:
  perror (name);
  for (int i = 0; i < 2; i++)
    unlink (path[i]);
  exit (1);
}

/* CPU seconds of read(2) over all of it. */
static double
only_read (const char *name)
{
  static char buffer[1 << 20];
  double before = clock_of (CLOCK_PROCESS_CPUTIME_ID);
  int fd = open (name, O_RDONLY);

  while (fd >= 0 && read (fd, buffer, sizeof buffer) > 0)
    continue;
  close (fd);
  return clock_of (CLOCK_PROCESS_CPUTIME_ID) - before;
}

static void
row (const char *what, double hours, double cpu, double wall, double mb)
{
  double bytes = hours * 3600 * CHANNELS * RATE * 2 / 1e6;

  printf ("%-34s %8.2f %8.2f %8.0f", what, cpu, wall, bytes / cpu);
  if (mb > 0)
    printf (" %9.1f", mb);
  printf ("\n");
}

int
main (int argc, char **argv)
{
  const int hours[2] = { 1, argc > 1 ? atoi (argv[1]) : 24 };
  char result[3000];
  cost c[2];
  bool done = true;

  snprintf (result, sizeof result, "%s/fornix-bench-%ld.npy", scratch_folder (), (long)getpid ());
  for (int i = 0; i < 2; i++)
    snprintf (path[i], sizeof path[i], "%s/fornix-bench-%ld-%d.edf", scratch_folder (), (long)getpid (), hours[i]);
  printf ("EDF, %d channels at %d Hz              CPU s   wall s  MB/CPU s  peak MB\n", CHANNELS, RATE);
  for (int i = 0; i < 2 && done; i++) {
    const char *const words[]
        = { "fornix", "run", path[i], "!", "band", "range=8..32Hz", "!", "psd", "!", "write", result, "--quiet", NULL };
    char what[64];
    double t, reading;

    file_of (path[i], hours[i]);
    t = clock_of (CLOCK_MONOTONIC);
    snprintf (what, sizeof what, "limit: read(2) of %d h", hours[i]);
    reading = only_read (path[i]);
    row (what, hours[i], reading, clock_of (CLOCK_MONOTONIC) - t, 0);
    done = child_run (words, &c[i]);
    snprintf (what, sizeof what, "fornix, %d h ! band ! psd ! write", hours[i]);
    if (done)
      row (what, hours[i], c[i].cpu, c[i].wall, c[i].mb);
    unlink (path[i]);
    unlink (result);
    strcat (result, ".json");
    unlink (result);
    result[strlen (result) - 5] = 0;
  }
  if (!done)
    fprintf (stderr, "fornix failed; is it on PATH? (./run bench/day)\n");
  else
    printf ("peak memory: must stay below 100 MB, %s; %+.1f MB from %d to %d h\n", c[1].mb <= 100 ? "does" : "DOES NOT",
            c[1].mb - c[0].mb, hours[0], hours[1]);
  return done && c[1].mb <= 100 ? 0 : 1;
}
