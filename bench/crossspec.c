/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CPU seconds of coherences of 64 channels at 256 Hz, windows of 256 that
 * overlap by half: 100 trials of 4 s, and one of an hour.  Peer figures:
 * pyRiemann 0.9 on the reference machine.
 */
#include <time.h>

#include "tests/harness.h"

enum { C = 64, RATE = 256 };

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
row (const char *line, const fnx_buf *x, const char *what, const char *peer)
{
  double t = cpu ();
  buffer_unref (t_run (line, x));
  printf ("%-60s %9.3f %9s\n", what, cpu () - t, peer);
}

int
main (void)
{
  t_begin ();
  printf ("%-60s %9s %9s\n", "CPU seconds, 64 channels, 256 Hz, windows of 256, half over", "ours", "peer");
  for (long seconds = 4; seconds <= 3600; seconds *= 900) {
    long trials = seconds == 4 ? 100 : 1, T = seconds * RATE;
    double *x = malloc (sizeof *x * (size_t)(trials * C * T));
    if (!x)
      return 1;
    t_random (x, (size_t)(trials * C * T), 1);
    fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, trials, (long)C, T);
    t_rate (&b, RATE, 1);
    free (x);
    for (int again = 0; again < 2; again++)
      row ("crossspec imaginary window=256 overlap=0.5", b,
           again          ? "  again, in memory that the kernel has given already"
           : seconds == 4 ? "imaginary coherence, 100 trials of 4 s, each frequency"
                          : "imaginary coherence, an hour",
           again          ? ""
           : seconds == 4 ? "1.034"
                          : "6.531");
    row ("crossspec imaginary window=256 overlap=0.5 range=8..32Hz gives=mean", b, "  its mean over 8..32 Hz", "");
    row ("crossspec window=256 overlap=0.5 shrinkage=0.1", b, "  cospectra", "");
    buffer_unref (b);
  }
  return t_end ();
}
