/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The EEG steps on 64 channels x 1 h x 256 Hz of doubles (472 MB), whole and in
 * blocks: CPU seconds and peak memory, beside what the machine can do.
 *
 *   bench/eeg [seconds of recording]
 */
#define _GNU_SOURCE
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/call.h"
#include "core/param.h"
#include "core/pool.h"
#include "core/registry.h"
#include "core/rng.h"

enum { CHANNELS = 64, RATE = 256, BLOCK = 16384 };

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
peak_mb (void)
{
  struct rusage u;
  getrusage (RUSAGE_SELF, &u);
  return (double)u.ru_maxrss / 1024;
}

static void
die (fault *f)
{
  fprintf (stderr, "bench: %s\n", f->text ? f->text : "failed");
  exit (1);
}

/* ---- a step by its chain words ------------------------------------------------- */

static session ses = { .seed = 1 };

typedef struct ready {
  const fnx_step_desc *desc;
  fnx_params *params;
  chain *line;
  fnx_step *step;
} ready;

static ready
prepare (const char *line)
{
  ready r = { 0 };
  char text[256], *words[16] = { (char *)"-", (char *)"!" }, *save = NULL;
  int n = 2;
  fault f = FAULT_INIT;
  call c;
  snprintf (text, sizeof text, "%s", line);
  for (char *p = strtok_r (text, " ", &save); p; p = strtok_r (NULL, " ", &save))
    words[n++] = p;
  r.line = chain_from_words (n, words, &f);
  r.desc = r.line ? registry_step (r.line->steps[0].name) : NULL;
  r.params = r.desc ? params_parse (r.desc, &r.line->steps[0], &f) : NULL;
  if (!r.params)
    die (&f);
  call_begin (&c, &ses, r.desc->name, "bench", 1, &f);
  if (call_end (&c, r.desc->create (&c.api, r.params, &r.step)) != FNX_OK)
    die (&f);
  return r;
}

static void
done (ready *r)
{
  r->desc->destroy (r->step);
  params_free (r->params);
  chain_free (r->line);
}

static fnx_buf *
recording (int64_t start, int64_t n)
{
  const fnx_axis channel = { .struct_size = sizeof channel, .name = "channel", .size = CHANNELS };
  const fnx_axis time = { .struct_size = sizeof time,
                          .flags = FNX_AXIS_REGULAR,
                          .name = "time",
                          .unit = "s",
                          .size = n,
                          .start = start,
                          .rate_num = RATE,
                          .rate_den = 1 };
  const fnx_axis *const axes[] = { &channel, &time };
  const fnx_spec s
      = { .struct_size = sizeof s, .ndim = 2, .kind = "signal", .unit = "uV", .dtype = FNX_F8, .axes = axes };
  fault f = FAULT_INIT;
  fnx_buf *b = buffer_new (&s, &f);
  if (!b)
    die (&f);
  double *x = buffer_write (b, NULL), noise[4096];
  rng_api.normal (1, 0, 0, noise, 4096);
  for (int64_t i = 0; i < CHANNELS * n; i++)
    x[i] = noise[i % 4093];
  return b;
}

/* The whole recording at once.  Twice: the first time also pays for the
 * machine's first touch of the memory. */
static void
whole (const char *line, int64_t n, double limit)
{
  ready r = prepare (line);
  fnx_buf *in = recording (0, n);
  const fnx_buf *const ins[] = { in };
  double least = INFINITY;
  for (int k = 0; k < 2; k++) {
    const fnx_buf *out = NULL;
    fault f = FAULT_INIT;
    call c;
    double t = cpu ();
    call_begin (&c, &ses, r.desc->name, "bench", 1, &f);
    if (call_end (&c, r.desc->run (&c.api, r.step, ins, &out)) != FNX_OK)
      die (&f);
    least = fmin (least, cpu () - t);
    buffer_unref (out);
  }
  printf ("%-44s %8.3f %8.0f   must reach %.2f\n", line, least, peak_mb (), limit);
  buffer_unref (in);
  done (&r);
}

/* In blocks; making a block is not counted. */
static void
blocks (const char *line, int64_t n)
{
  ready r = prepare (line);
  const fnx_ext_stream *x = r.desc->extension (r.step, FNX_STREAM);
  double t = 0;
  fault f = FAULT_INIT;
  char label[128];
  call c;
  call_begin (&c, &ses, r.desc->name, "bench", 1, &f);
  if (call_end (&c, x->start (&c.api, r.step, BLOCK)) != FNX_OK)
    die (&f);
  for (int64_t at = 0; at <= n; at += BLOCK) {
    const fnx_buf *in = at < n ? recording (at, n - at < BLOCK ? n - at : BLOCK) : NULL, *out = NULL;
    double from = cpu ();
    call_begin (&c, &ses, r.desc->name, "bench", 1, &f);
    if (call_end (&c, in ? x->push (&c.api, r.step, &in, &out) : x->drain (&c.api, r.step, &out)) != FNX_OK)
      die (&f);
    buffer_unref (out);
    t += cpu () - from;
    buffer_unref (in);
    if (!in)
      break;
  }
  snprintf (label, sizeof label, "%s, in blocks", line);
  printf ("%-44s %8.3f %8.0f\n", label, t, peak_mb ());
  done (&r);
}

/* ---- limits of the machine ------------------------------------------------------- */

static void
fft_rate (const char *what, int n, double windows, int both)
{
  double *a = fftw_alloc_real ((size_t)n + 2), *b = fftw_alloc_real ((size_t)n + 2);
  fftw_plan there = fftw_plan_dft_r2c_1d (n, a, (fftw_complex *)b, FFTW_ESTIMATE);
  fftw_plan back = fftw_plan_dft_c2r_1d (n, (fftw_complex *)b, a, FFTW_ESTIMATE);
  memset (a, 0, (size_t)n * sizeof *a);
  double t = cpu ();
  long k, m = (long)(windows / 8);
  for (k = 0; k < m; k++) {
    fftw_execute (there);
    if (both)
      fftw_execute (back);
  }
  printf ("%-44s %8.3f\n", what, (cpu () - t) * windows / (double)m);
  fftw_destroy_plan (there);
  fftw_destroy_plan (back);
  fftw_free (a);
  fftw_free (b);
}

static void
limits (int64_t n)
{
  size_t bytes = (size_t)n * CHANNELS * sizeof (double);
  char *a = malloc (bytes), *b = malloc (bytes);
  long sum = 0;
  if (!a || !b)
    exit (1);
  double t = cpu ();
  memset (a, 1, bytes);
  memset (b, 1, bytes);
  printf ("%-44s %8.3f\n", "limit: first touch of the memory", (cpu () - t) / 2);
  t = cpu ();
  memcpy (a, b, bytes);
  printf ("%-44s %8.3f\n", "limit: memcpy of the recording", cpu () - t);
  for (size_t i = 0; i < bytes; i += 4096) /* so that none of it can be left out */
    sum += a[i] + b[i];
  if (sum == 0)
    printf ("nothing was copied\n");
  free (a);
  free (b);
  fft_rate ("limit: FFTs of a 423-tap FIR (4096)", 4096, CHANNELS * (double)n / 3674, 1);
  fft_rate ("limit: FFTs of Welch (512, half overlap)", 512, CHANNELS * (double)n / 256, 0);
}

/* Each in a process of its own, so that its peak memory is its own. */
static void
alone (void (*f) (const char *, int64_t, double), void (*g) (const char *, int64_t), const char *line, int64_t n,
       double limit)
{
  fflush (stdout);
  pid_t p = fork ();
  if (p == 0) {
    fault e = FAULT_INIT;
    pool_start (ses.threads = 2);
    if (registry_open (&(registry_options){ 0 }, &e) != FNX_OK)
      die (&e);
    if (f)
      f (line, n, limit);
    else
      g (line, n);
    registry_close ();
    pool_stop ();
    exit (0);
  }
  waitpid (p, NULL, 0);
}

static void
peer (int64_t n)
{
  char command[2048];
  snprintf (
      command, sizeof command,
      "/usr/bin/python3 -c 'import time, numpy as np, mne; mne.set_log_level(\"ERROR\")\n"
      "x = np.random.default_rng(1).standard_normal((%d, %lld))\n"
      "def f(name, g):\n"
      "    t = time.process_time(); g(); print(\"%%-44s %%8.3f\" %% (name, time.process_time() - t))\n"
      "f(\"peer: MNE FIR 8..32 Hz\", lambda: mne.filter.filter_data(x, %d., 8, 32, copy=False))\n"
      "f(\"peer: MNE Butterworth 4\", lambda: mne.filter.filter_data(x, %d., 8, 32, method=\"iir\", copy=False))\n"
      "f(\"peer: MNE Welch 512/256\", lambda: mne.time_frequency.psd_array_welch(x, %d., n_fft=512, n_overlap=256))\n"
      "' 2>/dev/null",
      CHANNELS, (long long)n, RATE, RATE, RATE);
  fflush (stdout);
  if (system (command) != 0)
    printf ("peer: MNE is not installed\n");
}

int
main (int argc, char **argv)
{
  int64_t n = (argc > 1 ? atoll (argv[1]) : 3600) * RATE;
  printf ("%-44s %8s %8s\n", "64 channels x 256 Hz", "CPU s", "peak MB");
  alone (whole, NULL, "band range=8..32Hz", n, 0.60);
  alone (NULL, blocks, "band range=8..32Hz", n, 0);
  alone (NULL, blocks, "band range=8..32Hz phase=causal", n, 0);
  alone (whole, NULL, "band range=8..32Hz method=iir", n, 0.80);
  alone (NULL, blocks, "band range=8..32Hz method=iir phase=causal", n, 0);
  alone (whole, NULL, "psd samples=512", n, 0.60);
  alone (NULL, blocks, "psd samples=512", n, 0);
  alone (NULL, blocks, "notch freq=50Hz", n, 0);
  alone (NULL, blocks, "resample rate=100Hz", n, 0);
  alone (NULL, blocks, "reref to=average", n, 0);
  limits (n);
  peer (n);
  return 0;
}
