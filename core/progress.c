/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The progress line: see progress.h.  It is made of plain text and carriage
 * returns only, so NO_COLOR has nothing to take away, and it is never wider
 * than the terminal, which would wrap it into many lines.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/progress.h"
#include "core/text.h"

#define LEVELS 4
#define QUIET_FOR 1.0 /* seconds before the first line */
#define EVERY 0.1     /* seconds between two lines */

typedef struct stage {
  char name[24];
  uint64_t at, total; /* the at-th of total is under way */
} stage;

struct progress {
  pthread_mutex_t mutex;
  FILE *to;
  double began, drawn; /* seconds */
  size_t width;        /* columns that the line takes now; 0: no line */
  uint64_t recordings, finished, failed;
  stage stages[LEVELS];
  char recording[64], step[32];
  uint64_t done, total; /* of the innermost call */
};

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

progress *
progress_new (FILE *to, bool quiet)
{
  const char *term = getenv ("TERM");
  if (quiet || !isatty (fileno (to)) || !term || !strcmp (term, "dumb"))
    return NULL;
  progress *p = calloc (1, sizeof *p);
  if (!p || pthread_mutex_init (&p->mutex, NULL)) {
    free (p); /* no line, no harm */
    return NULL;
  }
  p->to = to;
  p->began = now ();
  p->recordings = 1;
  return p;
}

/* ---- what the line says ------------------------------------------------------- */

/* Share of the recording under way that is done: stage by stage inwards. */
static double
share_of_recording (const progress *p)
{
  double share = 0, whole = 1;
  for (int i = 0; i < LEVELS; i++)
    if (p->stages[i].total > 0) {
      share += whole * (double)(p->stages[i].at > 0 ? p->stages[i].at - 1 : 0) / (double)p->stages[i].total;
      whole /= (double)p->stages[i].total;
    }
  if (p->total > 0 && p->done <= p->total)
    share += whole * (double)p->done / (double)p->total;
  return share < 1 ? share : 1;
}

static void
add_left (text_buf *t, const progress *p)
{
  double share = ((double)p->finished + share_of_recording (p)) / (double)p->recordings, elapsed = now () - p->began;
  if (p->finished >= p->recordings || share < 0.01)
    return; /* nothing is known yet */
  double left = elapsed * (1 - share) / share;
  if (left < 90)
    text_addf (t, "   %.0f s left", left);
  else if (left < 5400)
    text_addf (t, "   %.0f min left", left / 60);
  else
    text_addf (t, "   %d h %02d min left", (int)(left / 3600), (int)(left / 60) % 60);
}

static size_t
columns_of (const text_buf *t)
{
  return t->s ? utf8_columns (t->s, t->n) : 0;
}

/* Take characters off the end until it fits. */
static void
shorten (text_buf *t, size_t columns)
{
  while (t->n > 0 && columns_of (t) > columns) {
    while (t->n > 1 && ((unsigned char)t->s[t->n - 1] & 0xc0) == 0x80)
      t->n--;
    t->s[--t->n] = '\0';
  }
}

static size_t
terminal_width (FILE *to)
{
  struct winsize w;
  return ioctl (fileno (to), TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

/* Caller holds the mutex. */
static void
erase (progress *p)
{
  if (p->width > 0)
    fprintf (p->to, "\r%*s\r", (int)p->width, "");
  p->width = 0;
}

/* What is under way on the left, how far the whole is on the right. */
static void
draw (progress *p)
{
  text_buf what = { 0 }, far = { 0 };
  double t = now ();
  if (t - p->began < QUIET_FOR || t - p->drawn < EVERY)
    return;
  p->drawn = t;
  text_addf (&what, "%s%s%s", p->recording, *p->recording && *p->step ? "  " : "", p->step);
  for (int i = 0; i < LEVELS; i++)
    if (*p->stages[i].name)
      text_addf (&what, "%s%s %llu/%llu", i ? "  " : " ", p->stages[i].name, (unsigned long long)p->stages[i].at,
                 (unsigned long long)p->stages[i].total);
  text_add (&far, "");
  if (p->recordings > 1)
    text_addf (&far, "   %llu/%llu", (unsigned long long)p->finished, (unsigned long long)p->recordings);
  if (p->failed > 0)
    text_addf (&far, "   %llu failed", (unsigned long long)p->failed);
  add_left (&far, p);
  if (!what.failed && !far.failed) {
    /* The last column stays free: some terminals wrap when it is filled. */
    size_t width = terminal_width (p->to) - 1, before = p->width;
    shorten (&far, width);
    shorten (&what, width - columns_of (&far));
    size_t most = width < 90 ? width : 90; /* on a wide terminal the eye need not travel */
    size_t used = columns_of (&what) + columns_of (&far), gap = used < most ? most - used : 0;
    size_t now_wide = used + gap;
    fprintf (p->to, "\r%s%*s%s%*s", what.s, (int)gap, "", far.s, before > now_wide ? (int)(before - now_wide) : 0, "");
    p->width = before > now_wide ? before : now_wide;
    fflush (p->to);
  }
  free (what.s);
  free (far.s);
}

/* ---- what happens ---------------------------------------------------------------- */

void
progress_free (progress *p)
{
  if (!p)
    return;
  progress_clear (p);
  pthread_mutex_destroy (&p->mutex);
  free (p);
}

void
progress_total (progress *p, uint64_t recordings)
{
  if (!p)
    return;
  pthread_mutex_lock (&p->mutex);
  p->recordings = recordings > 0 ? recordings : 1;
  pthread_mutex_unlock (&p->mutex);
}

void
progress_finished (progress *p, bool failed)
{
  if (!p)
    return;
  pthread_mutex_lock (&p->mutex);
  p->finished++;
  p->failed += failed;
  p->done = p->total = 0;
  memset (p->stages, 0, sizeof p->stages);
  draw (p);
  pthread_mutex_unlock (&p->mutex);
}

void
progress_stage (progress *p, unsigned level, const char *name, uint64_t at, uint64_t total)
{
  if (!p || level >= LEVELS)
    return;
  pthread_mutex_lock (&p->mutex);
  memset (&p->stages[level], 0, (LEVELS - level) * sizeof *p->stages);
  p->done = p->total = 0;
  if (name) {
    snprintf (p->stages[level].name, sizeof p->stages[level].name, "%s", name);
    p->stages[level].at = at;
    p->stages[level].total = total;
  }
  draw (p);
  pthread_mutex_unlock (&p->mutex);
}

void
progress_report (void *progress_or_null, const char *recording, const char *step, uint64_t done, uint64_t total)
{
  progress *p = progress_or_null;
  if (!p)
    return;
  pthread_mutex_lock (&p->mutex);
  snprintf (p->recording, sizeof p->recording, "%s", recording ? recording : "");
  snprintf (p->step, sizeof p->step, "%s", step ? step : "");
  p->done = done;
  p->total = total;
  draw (p);
  pthread_mutex_unlock (&p->mutex);
}

void
progress_clear (progress *p)
{
  if (!p)
    return;
  pthread_mutex_lock (&p->mutex);
  erase (p);
  fflush (p->to);
  p->drawn = 0; /* the line comes back with the next report */
  pthread_mutex_unlock (&p->mutex);
}
