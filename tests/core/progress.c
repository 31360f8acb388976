/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The progress line on a terminal of our own making (a pseudo-terminal):
 * silence for a second, then one line that never wraps, then nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* posix_openpt */
#endif
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "core/progress.h"
#include "tests/harness.h"

static int master;
static char seen[4096];

static const char *
read_all (void)
{
  ssize_t n;
  size_t at = 0;
  while (at < sizeof seen - 1 && (n = read (master, seen + at, sizeof seen - 1 - at)) > 0)
    at += (size_t)n;
  seen[at] = '\0';
  return seen;
}

/* The line as it stands, without the blanks round it. */
static const char *
last_line (void)
{
  char *line = strrchr ((char *)read_all (), '\r');
  line = line ? line + 1 : seen;
  for (size_t n = strlen (line); n > 0 && line[n - 1] == ' '; n--)
    line[n - 1] = '\0';
  return line;
}

int
main (void)
{
  struct winsize size = { .ws_row = 24, .ws_col = 80 };
  struct termios raw;
  setenv ("TERM", "xterm", 1);
  master = posix_openpt (O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt (master) || unlockpt (master))
    t_skip ("no pseudo-terminals here");
  FILE *to = fopen (ptsname (master), "w");
  if (!to || tcgetattr (fileno (to), &raw))
    t_skip ("no pseudo-terminals here");
  cfmakeraw (&raw);
  tcsetattr (fileno (to), TCSANOW, &raw);
  ioctl (fileno (to), TIOCSWINSZ, &size);
  fcntl (master, F_SETFL, O_NONBLOCK);

  t_ok (!progress_new (to, true), "no line with --quiet");
  FILE *file = tmpfile ();
  t_ok (file && !progress_new (file, false), "no line in a file");
  setenv ("TERM", "dumb", 1);
  t_ok (!progress_new (to, false), "no line on a dumb terminal");
  setenv ("TERM", "xterm", 1);
  progress_total (NULL, 3);
  progress_report (NULL, "x", "y", 1, 2);
  progress_clear (NULL);

  progress *p = progress_new (to, false);
  progress_total (p, 1747);
  for (int i = 0; i < 1204; i++)
    progress_finished (p, i < 3);
  progress_stage (p, 0, "fold", 3, 5);
  progress_stage (p, 1, "grid", 212, 600);
  progress_report (p, "sub-0713", "evaluate", 1, 2);
  t_ok (!*read_all (), "nothing in the first second");
  usleep (1050000);
  progress_report (p, "sub-0713", "evaluate", 1, 2);
  const char *line = last_line ();
  t_ok (!strncmp (line, "sub-0713  evaluate fold 3/5  grid 212/600  ", 43), "what is under way");
  t_ok (strstr (line, "1204/1747   3 failed   ") && strstr (line, " s left"), "how far it is");
  t_ok (strlen (line) == 79 && !strchr (seen, '\n') && !strchr (seen, 27), "one line, no wider than the terminal");

  usleep (110000);
  progress_stage (p, 0, NULL, 0, 0);
  line = last_line ();
  t_ok (!strstr (line, "fold") && !strstr (line, "grid"), "a stage that ends takes those inside along");
  size.ws_col = 30;
  ioctl (fileno (to), TIOCSWINSZ, &size);
  progress_clear (p);
  read_all ();
  progress_report (p, "sub-with-a-very-long-name-indeed", "evaluate", 1, 2);
  t_ok (strlen (last_line ()) <= 29, "a narrow terminal gets a short line");
  progress_free (p);
  line = last_line ();
  t_ok (!*line, "at the end the line is gone");
  if (file)
    fclose (file);
  fclose (to);
  close (master);
  return t_end ();
}
