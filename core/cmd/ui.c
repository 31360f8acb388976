/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"
#include "core/output.h"
#include "core/pool.h"
#include "core/progress.h"
#include "core/table_text.h"

cmd_options cmd_opt;

/* ---- notes ------------------------------------------------------------------- */

static struct {
  progress *bar;
  pthread_mutex_t mutex;
  char **told;
  size_t n_told, n_hushed;
  struct timespec begun;
} ui = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* Do they differ in their numbers alone? */
static bool
alike (const char *a, const char *b)
{
  static const char digits[] = "0123456789", number[] = "0123456789.e+-";

  while (*a && *b)
    if (strchr (digits, *a) && strchr (digits, *b)) {
      a += strspn (a, number);
      b += strspn (b, number);
    } else if (*a++ != *b++)
      return false;
  return *a == *b;
}

enum { ALIKE = 8 }; /* lines that are told of those; a search has hundreds */

/* Equal lines are told once, whatever the number of recordings. */
static bool
told_already (const char *line)
{
  char **more;
  size_t same = 0;

  for (size_t i = 0; i < ui.n_told; i++) {
    if (!strcmp (ui.told[i], line))
      return true;
    same += alike (ui.told[i], line);
  }
  if (same >= ALIKE && !cmd_opt.verbose) {
    ui.n_hushed++;
    return true;
  }
  if (ui.n_told >= 1000 || !(more = realloc (ui.told, (ui.n_told + 1) * sizeof *more)))
    return false;
  ui.told = more;
  ui.told[ui.n_told] = strdup (line);
  ui.n_told += ui.told[ui.n_told] != NULL;
  return false;
}

static void
on_log (void *arg, uint32_t level, const char *step, const char *line)
{
  char text[1200];

  (void)arg, (void)level;
  if (step)
    snprintf (text, sizeof text, "%s: %s", step, line);
  else
    snprintf (text, sizeof text, "%s", line);
  pthread_mutex_lock (&ui.mutex);
  if (!told_already (text)) {
    progress_clear (ui.bar);
    fprintf (stderr, "%s\n", text);
  }
  pthread_mutex_unlock (&ui.mutex);
}

static void
on_progress (void *arg, const char *recording_id, const char *step, uint64_t done, uint64_t total)
{
  (void)arg;
  progress_report (ui.bar, recording_id, step, done, total);
}

static void
on_stage (void *arg, unsigned level, const char *name, uint64_t at, uint64_t total)
{
  (void)arg;
  progress_stage (ui.bar, level, name, at, total);
}

/* ---- Ctrl-C ------------------------------------------------------------------- */

static session *running;

static void
on_signal (int number)
{
  (void)number;
  if (!running || running->cancelled) { /* asked twice: at once, but tidily */
    output_panic ();
    _exit (EXIT_INTERRUPTED);
  }
  running->cancelled = 1;
}

static void
watch_signals (session *ses)
{
  struct sigaction a = { .sa_handler = on_signal };

  running = ses;
  sigaction (SIGINT, &a, NULL);
  sigaction (SIGTERM, &a, NULL);
  a.sa_handler = SIG_IGN;
  sigaction (SIGPIPE, &a, NULL); /* a reader that left, a file that may not grow: */
  sigaction (SIGXFSZ, &a, NULL); /* write() says so, and the sentence is ours */
}

/* ---- beginning and end ---------------------------------------------------------- */

int
ui_begin (session *ses, fault *f)
{
  long n = cmd_opt.threads ? (long)cmd_opt.threads : sysconf (_SC_NPROCESSORS_ONLN);

  clock_gettime (CLOCK_MONOTONIC, &ui.begun);
  *ses = (session){ .verbose = cmd_opt.verbose, .quiet = cmd_opt.quiet, .seed = cmd_opt.seed };
  if (pool_start (n > 0 ? (unsigned)n : 1) != FNX_OK)
    return fault_memory (f), f->exit;
  ses->threads = pool_size ();
  if (registry_open (&cmd_plugin_options, f) != FNX_OK)
    return f->exit;
  ses->outputs = output_new ();
  if (!ses->outputs)
    return fault_memory (f), f->exit;
  ui.bar = progress_new (stderr, cmd_opt.quiet);
  if (!cmd_opt.quiet)
    ses->on_log = on_log;
  ses->on_progress = on_progress;
  ses->on_stage = on_stage;
  watch_signals (ses);
  return EXIT_OK;
}

/* A pipe whose reader left: stdio forgets which error it was. */
static int
stdout_error (void)
{
  struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

  return poll (&out, 1, 0) > 0 && (out.revents & POLLERR) ? EPIPE : EIO;
}

int
ui_end (session *ses, fault *f, const chain_text *text)
{
  int code;

  progress_free (ui.bar);
  ui.bar = NULL;
  if (ui.n_hushed)
    fprintf (stderr, "%zu more notes like these; --verbose shows them\n", ui.n_hushed);
  ui.n_hushed = 0;
  if (!f->text && ses->outputs)
    output_commit (ses->outputs, f);
  if (!f->text && (fflush (stdout) || ferror (stdout)))
    output_fault ("-", stdout_error (), "the results are not complete", f);
  if (ses->cancelled && f->text) {
    fprintf (stderr, "stopped; nothing half-written\n");
    code = EXIT_INTERRUPTED;
  } else if (f->text && f->exit == EXIT_NO_READER && !output_has_files (ses->outputs))
    code = f->exit; /* "| head": who left knows it */
  else if (f->text) {
    /* The remedy is the last line where there is one. */
    bool remedy = strchr (f->text, '\n') != NULL;

    fault_print (stderr, f, text,
                 f->exit == EXIT_NO_READER          ? "no file was written"
                 : f->exit == EXIT_CHAIN && !remedy ? "nothing was read"
                                                    : NULL);
    code = f->exit;
  } else
    code = EXIT_OK;
  running = NULL;
  output_free (ses->outputs);
  free (ses->fitted_on_all);
  for (size_t i = 0; i < ui.n_told; i++)
    free (ui.told[i]);
  free (ui.told);
  ui.told = NULL;
  ui.n_told = 0;
  fault_clear (f);
  registry_close ();
  pool_stop ();
  return code;
}

/* ---- results ---------------------------------------------------------------------- */

enum { SMALL = 20000 };

fnx_status
ui_print (const fnx_buf *b, const char *id, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  fnx_buf *t;
  fnx_status st;
  char text[256];

  progress_clear (ui.bar);
  if (!strcmp (s->kind, "table"))
    return table_print (stdout, b, cmd_opt.json ? TABLE_JSON : TABLE_AUTO, f);
  if (spec_count (s) <= SMALL && s->ndim >= 1) {
    t = table_of (b, f);
    if (!t)
      return f->code;
    st = table_print (stdout, t, cmd_opt.json ? TABLE_JSON : TABLE_AUTO, f);
    buffer_unref (t);
    return st;
  }
  printf ("%s: %s", id, spec_text (s, text, sizeof text));
  for (int i = 0; i < s->ndim; i++)
    printf ("%s%" PRId64, i ? " x " : "  ", s->axes[i]->size);
  printf ("  %s; keep it with  ! write FILE, see it with  ! table\n", s->unit ? s->unit : "unit unknown");
  return FNX_OK;
}

fnx_status
ui_print_scores (const evaluation *e, fault *f)
{
  bool people = !cmd_opt.quiet && !cmd_opt.json && isatty (STDOUT_FILENO) && isatty (STDERR_FILENO);
  struct timespec now;
  double took;
  fnx_status s = FNX_OK;

  progress_clear (ui.bar);
  if (people && ui.n_told)
    fputs ("\n", stderr); /* between the notes and the table */
  for (size_t i = 0; cmd_opt.json && i < e->n_json; i++)
    puts (e->json[i]);
  if (!cmd_opt.json)
    s = evaluation_print (stdout, e, f);
  if (s != FNX_OK || !people)
    return s;
  fflush (stdout);
  clock_gettime (CLOCK_MONOTONIC, &now);
  took = (double)(now.tv_sec - ui.begun.tv_sec) + (double)(now.tv_nsec - ui.begun.tv_nsec) * 1e-9;
  fprintf (stderr, took < 60 ? "%.2f s\n" : "%.0f s\n", took);
  return FNX_OK;
}
