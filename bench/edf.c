/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading EDF: 64 channels of 1 h at 256 Hz (118 MB), streamed and into one
 * double array, beside libedf and what this machine can do in the same run.
 * The file is made in $TMPDIR and removed.
 */
#include <edflib.h>
#include <time.h>
#include <unistd.h>

#include "core/chain.h"
#include "core/param.h"
#include "tests/harness.h"
#include "tests/io/edf-make.h"

enum { CHANNELS = 64, RATE = 256, SECONDS = 3600, BLOCK = 4096 };

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
make_file (const char *path)
{
  static char label[CHANNELS][16];
  make_signal s[CHANNELS];
  made_file head = { 0 };
  int16_t record[CHANNELS * RATE];
  uint32_t x = 1;
  FILE *f = fopen (path, "wb");
  for (int i = 0; i < CHANNELS; i++) {
    snprintf (label[i], sizeof label[i], "EEG %d", i + 1);
    s[i] = (make_signal){ label[i], "uV", "-3276.8", "3276.7", "-32768", "32767", "256" };
  }
  put_header (&head, "0", "", "3600", "1", s, CHANNELS);
  if (!f || fwrite (head.bytes, 1, head.n, f) != head.n)
    abort ();
  for (int r = 0; r < SECONDS; r++) {
    for (size_t i = 0; i < CHANNELS * RATE; i++) {
      x = x * 1664525 + 1013904223;
      record[i] = (int16_t)((int)(x >> 22) - 512);
    }
    if (fwrite (record, sizeof record, 1, f) != 1)
      abort ();
  }
  if (fclose (f) != 0)
    abort ();
  made_free (&head);
}

/* The step, as a host drives it. */
typedef struct reader {
  const fnx_step_desc *desc;
  const fnx_ext_stream *stream;
  fnx_step *step;
  session ses;
  fault f;
} reader;

static void
check (fnx_status s, reader *r)
{
  if (s != FNX_OK) {
    fprintf (stderr, "%s\n", r->f.text ? r->f.text : "failed");
    exit (1);
  }
}

static void
reader_open (reader *r, const char *path)
{
  char word[4096];
  char *words[] = { (char *)"-", (char *)"!", (char *)"edf", word };
  call c;
  *r = (reader){ .ses = { .threads = 1, .seed = 1 }, .f = FAULT_INIT };
  snprintf (word, sizeof word, "path=%s", path);
  chain *line = chain_from_words (4, words, &r->f);
  r->desc = registry_step ("edf");
  fnx_params *p = line && r->desc ? params_parse (r->desc, &line->steps[0], &r->f) : NULL;
  if (!p)
    check (FNX_E_BUG, r);
  const fnx_spec *out[1];
  call_begin (&c, &r->ses, "edf", "bench", 1, &r->f);
  check (call_end (&c, r->desc->create (&c.api, p, &r->step)), r);
  call_begin (&c, &r->ses, "edf", "bench", 1, &r->f);
  check (call_end (&c, r->desc->negotiate (&c.api, r->step, NULL, out)), r);
  r->stream = r->desc->extension (r->step, FNX_STREAM);
  params_free (p);
  chain_free (line);
}

static double
streamed (const char *path)
{
  const double t = cpu ();
  int64_t n = 0;
  reader r;
  call c;
  reader_open (&r, path);
  call_begin (&c, &r.ses, "edf", "bench", 1, &r.f);
  check (call_end (&c, r.stream->start (&c.api, r.step, BLOCK)), &r);
  for (;;) {
    const fnx_buf *out[1] = { NULL };
    call_begin (&c, &r.ses, "edf", "bench", 1, &r.f);
    check (call_end (&c, r.stream->push (&c.api, r.step, NULL, out)), &r);
    if (!out[0])
      break;
    n += buffer_spec (out[0])->axes[1]->size;
    buffer_unref (out[0]);
  }
  r.desc->destroy (r.step);
  return n == (int64_t)RATE * SECONDS ? cpu () - t : NAN;
}

static double
whole (const char *path)
{
  const double t = cpu ();
  const fnx_buf *out[1] = { NULL };
  reader r;
  call c;
  reader_open (&r, path);
  call_begin (&c, &r.ses, "edf", "bench", 1, &r.f);
  check (call_end (&c, r.desc->run (&c.api, r.step, NULL, out)), &r);
  buffer_unref (out[0]);
  r.desc->destroy (r.step);
  return cpu () - t;
}

/* libedf, channel after channel into one array, or a record at a time. */
static double
libedf (const char *path, bool records)
{
  const size_t n = (size_t)RATE * SECONDS;
  static struct edf_hdr_struct h;
  const double t = cpu ();
  double *x = records ? malloc (RATE * sizeof *x) : malloc (CHANNELS * n * sizeof *x);
  if (!x || edfopen_file_readonly (path, &h, EDFLIB_DO_NOT_READ_ANNOTATIONS) != 0)
    return NAN;
  if (records) {
    for (int r = 0; r < SECONDS; r++)
      for (int c = 0; c < CHANNELS; c++)
        if (edfread_physical_samples (h.handle, c, RATE, x) != RATE)
          return NAN;
  } else {
    for (size_t c = 0; c < CHANNELS; c++)
      if (edfread_physical_samples (h.handle, (int)c, (int)n, x + c * n) != (int)n)
        return NAN;
  }
  edfclose_file (h.handle);
  free (x);
  return cpu () - t;
}

/* The limits: the file's bytes from the page cache, and memory to memory. */
static double
read_only (const char *path)
{
  static char buffer[524288];
  const double t = cpu ();
  FILE *f = fopen (path, "rb");
  setvbuf (f, NULL, _IONBF, 0);
  while (fread (buffer, 1, sizeof buffer, f) == sizeof buffer)
    continue;
  fclose (f);
  return cpu () - t;
}

static double
memory (bool touched, double *gb)
{
  const size_t bytes = (size_t)CHANNELS * RATE * SECONDS * sizeof (double);
  char *to = malloc (bytes), *from = calloc (1, 1 << 20);
  double t;
  if (touched)
    memset (to, 1, bytes);
  t = cpu ();
  for (size_t at = 0; at + (1 << 20) <= bytes; at += 1 << 20)
    memcpy (to + at, from, 1 << 20);
  t = cpu () - t;
  *gb = (double)bytes / 1e9;
  if (to[bytes / 2] == 7)
    puts ("");
  free (to);
  free (from);
  return t;
}

static double
best (double (*f) (const char *), const char *path)
{
  double least = INFINITY;
  for (int i = 0; i < 3; i++)
    least = fmin (least, f (path));
  return least;
}

static double
libedf_records (const char *path)
{
  return libedf (path, true);
}

static double
libedf_whole (const char *path)
{
  return libedf (path, false);
}

int
main (void)
{
  const char *tmp = getenv ("TMPDIR");
  char path[4096];
  double gb, warm, cold, mb = (double)CHANNELS * RATE * SECONDS * 2 / 1e6;
  snprintf (path, sizeof path, "%s/fornix-bench-%ld.edf", tmp ? tmp : "/tmp", (long)getpid ());
  setenv ("FORNIX_TEST_THREADS", "1", 0);
  t_begin ();
  make_file (path);
  printf ("EDF, %d channels, %d s at %d Hz: %.0f MB     CPU s     MB/s     must reach\n", CHANNELS, SECONDS, RATE, mb);
  const struct {
    const char *what;
    double (*f) (const char *);
    const char *goal;
  } rows[] = { { "fornix, streamed in blocks of 4096", streamed, "0.15" },
               { "fornix, into one double array", whole, "0.50" },
               { "libedf, record by record", libedf_records, "" },
               { "libedf, into one double array", libedf_whole, "" },
               { "limit: its bytes from the page cache", read_only, "" } };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const double t = best (rows[i].f, path);
    printf ("%-44s %9.3f %8.0f     %s\n", rows[i].what, t, mb / t, rows[i].goal);
  }
  warm = memory (true, &gb);
  cold = memory (false, &gb);
  printf ("%-44s %9.3f %8.0f\n", "limit: memcpy of the 472 MB, pages touched", warm, 1000 * gb / warm);
  printf ("%-44s %9.3f %8.0f\n", "limit: memcpy of the 472 MB, fresh pages", cold, 1000 * gb / cold);
  unlink (path);
  registry_close ();
  return 0;
}
