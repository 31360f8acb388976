/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Faults as people see them: the words, the carets, the neighbourhood of a
 * long line, files with their line, and columns that are no bytes.
 */
#include <unistd.h>

#include "core/chain.h"
#include "tests/harness.h"

/* Cut at blanks; ~ stands for a blank inside a word.  `words` points into
 * `copy`. */
static chain_text
cut (const char *line, char copy[2000], char *words[200])
{
  chain_text t = { .words = words };
  snprintf (copy, 2000, "%s", line);
  for (char *w = strtok (copy, " "); w && t.n_words < 200; w = strtok (NULL, " ")) {
    for (char *c = w; *c; c++)
      if (*c == '~')
        *c = ' ';
    words[t.n_words++] = w;
  }
  return t;
}

static void
prints (const fault *f, const chain_text *text, const char *done, const char *expected, const char *what)
{
  char *got = NULL;
  size_t n = 0;
  FILE *to = open_memstream (&got, &n);
  fault_print (to, f, text, done);
  fclose (to);
  bool ok = strcmp (got, expected) == 0;
  t_ok (ok, "%s", what);
  if (!ok)
    printf ("---- got\n%s---- not\n%s----\n", got, expected);
  free (got);
}

/* A fault at a word of a line. */
static void
at_word (const char *line, int word, const char *step, const char *cause, const char *expected, const char *what)
{
  char copy[2000], *words[200];
  chain_text t = cut (line, copy, words);
  fault f = FAULT_INIT;
  fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "%s", cause);
  fault_at (&f, (where){ .word = word }, step);
  prints (&f, &t, "nothing was read", expected, what);
  fault_clear (&f);
}

static void
lines (void)
{
  at_word ("S001R04.edf ! bnad range=8..32Hz ! epoch on=T1", 3, NULL, "no step called \"bnad\"; did you mean \"band\"?",
           "fornix: no step called \"bnad\"; did you mean \"band\"?\n"
           "  S001R04.edf ! bnad range=8..32Hz ! epoch on=T1\n"
           "                ^^^^\n"
           "nothing was read\n",
           "an unknown step");
  at_word ("S001R04.edf ! band range=8..32", 4, "band", "range=8..32 has no unit\nwrite range=8..32Hz",
           "fornix: band: range=8..32 has no unit\n"
           "  S001R04.edf ! band range=8..32\n"
           "                     ^^^^^^^^^^^\n"
           "write range=8..32Hz\n"
           "nothing was read\n",
           "a setting and its remedy");
  at_word ("a ! band ! evaluate begin cov end", 5, "evaluate", "evaluate wants trials: epochs[trial,channel,time]",
           "fornix: evaluate wants trials: epochs[trial,channel,time]\n"
           "  a ! band ! evaluate begin cov end\n"
           "             ^^^^^^^^\n"
           "nothing was read\n",
           "a cause that names its step is not prefixed by it");
  at_word ("it's.edf ~two~words.edf ! x c=try:* y=$HOME", 5, "x", "c is wrong",
           "fornix: x: c is wrong\n"
           "  'it'\\''s.edf' ' two words.edf' ! x 'c=try:*' 'y=$HOME'\n"
           "                                     ^^^^^^^^^\n"
           "nothing was read\n",
           "words as a shell takes them");
  at_word ("\xc3\xa4\xc2\xb5\xe4\xb8\xad.edf a\xcc\x88.edf ! x", 4, NULL, "y",
           "fornix: y\n"
           "  \xc3\xa4\xc2\xb5\xe4\xb8\xad.edf a\xcc\x88.edf ! x\n"
           "                   ^\n" /* 8 columns, 5 columns, "!", three blanks, the indent */
           "nothing was read\n",
           "columns, not bytes");
  at_word ("a\x1b[31m.edf ! x", 1, NULL, "y",
           "fornix: y\n"
           "  'a?[31m.edf' ! x\n"
           "  ^^^^^^^^^^^^\n"
           "nothing was read\n",
           "no escape sequence reaches the terminal");
}

/* Whatever the length: at most 100 columns, carets under the right word. */
static void
long_lines (void)
{
  char line[2000] = "", copy[2000], *words[200];
  int n_long = 0, n_wrong = 0, n_dots = 0;
  for (int i = 0; i < 120; i++)
    sprintf (line + strlen (line), "%sw%0*d", i ? " " : "", 1 + i % 9, i);
  chain_text t = cut (line, copy, words);
  for (int at = 1; at <= t.n_words; at++) {
    char *got = NULL, *shown, *carets, *end;
    size_t n = 0;
    FILE *to = open_memstream (&got, &n);
    fault f = FAULT_INIT;
    fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "x");
    fault_at (&f, (where){ .word = at }, NULL);
    fault_print (to, &f, &t, NULL);
    fault_clear (&f);
    fclose (to);
    shown = strchr (got, '\n') + 1;
    end = strchr (shown, '\n');
    carets = end + 1;
    size_t column = strspn (carets, " "), width = strspn (carets + column, "^");
    n_long += end - shown > 100;
    n_dots += strncmp (shown, "  ... ", 6) == 0;
    n_wrong += width != strlen (words[at - 1]) || strncmp (shown + column, words[at - 1], width) != 0;
    free (got);
  }
  t_ok (n_long == 0, "120 words: never wider than 100 columns");
  t_ok (n_wrong == 0, "120 words: the carets stand under the right one");
  t_ok (n_dots > 90 && n_dots < 119, "120 words: dots where something is left out on the left (%d)", n_dots);

  char one[1000];
  memset (one, 'x', sizeof one - 1);
  one[sizeof one - 1] = '\0';
  snprintf (line, sizeof line, "a ! b c=%s d", one);
  t = cut (line, copy, words);
  char *got = NULL;
  size_t n = 0;
  FILE *to = open_memstream (&got, &n);
  fault f = FAULT_INIT;
  fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "x");
  fault_at (&f, (where){ .word = 4 }, NULL);
  fault_print (to, &f, &t, NULL);
  fault_clear (&f);
  fclose (to);
  bool short_lines = true;
  for (char *s = got; *s; s += strcspn (s, "\n") + 1)
    short_lines = short_lines && strcspn (s, "\n") <= 100;
  t_ok (short_lines, "one word of 1000 letters is cut");
  free (got);
}

static void
chain_files (void)
{
  char path[] = "/tmp/fornix-fault-XXXXXX.yaml", expected[1000];
  int fd = mkstemps (path, 5);
  FILE *to = fd >= 0 ? fdopen (fd, "w") : NULL;
  fault f = FAULT_INIT;
  if (!to)
    exit (1);
  fputs ("fornix: 1\nchain:\n  - band: {note: \"\xc2\xb5V, here\", range: 8..32, method: iir}\n\n", to);
  fclose (to);
  chain_text t = { .file = path };
  fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "range=8..32 has no unit\nwrite range=8..32Hz");
  fault_at (&f, (where){ .line = 3, .column = 37 }, "band");
  snprintf (expected, sizeof expected,
            "fornix: band: range=8..32 has no unit\n"
            "  %s:3:37\n"
            "  - band: {note: \"\xc2\xb5V, here\", range: 8..32, method: iir}\n"
            "                                    ^^^^^\n"
            "write range=8..32Hz\n",
            path);
  prints (&f, &t, NULL, expected, "a place in a chain file, in characters");
  char *words[] = { path };
  chain_text line = { .words = words, .n_words = 1 };
  prints (&f, &line, NULL, expected, "the file is the first word where the chain could not be read");
  f.at = (where){ .line = 3, .column = 18 };
  snprintf (expected, sizeof expected,
            "fornix: band: range=8..32 has no unit\n"
            "  %s:3:18\n"
            "  - band: {note: \"\xc2\xb5V, here\", range: 8..32, method: iir}\n"
            "                 ^^^^^^^^^^\n"
            "write range=8..32Hz\n",
            path);
  prints (&f, &t, NULL, expected, "carets under a quoted text");
  unlink (path);
  snprintf (expected, sizeof expected, "fornix: band: range=8..32 has no unit\n  %s:3:18\nwrite range=8..32Hz\n", path);
  prints (&f, &t, NULL, expected, "the file is gone: its place is still said");
  fault_clear (&f);
}

static void
rules (void)
{
  fault f = FAULT_INIT, g = FAULT_INIT;
  fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "range=%d is wrong", 3);
  fault_set (&f, EXIT_DATA, FNX_E_DATA, "later");
  t_ok (f.exit == EXIT_CHAIN && strcmp (f.text, "range=3 is wrong") == 0, "the first fault wins");
  t_ok (f.param && strcmp (f.param, "range") == 0, "a cause that begins with NAME= is about that parameter");
  fault_at (&f, (where){ .word = 2 }, "a");
  fault_at (&f, (where){ .word = 3 }, "b");
  t_ok (f.at.word == 2 && strcmp (f.step, "a") == 0, "the first place wins");
  fault_move (&g, &f);
  t_ok (g.code == FNX_E_PARAM && f.code == 0 && !f.text, "moved");
  fault_set (&f, EXIT_DATA, FNX_E_DATA, "trial 3: bad");
  t_ok (!f.param, "\"trial 3:\" is no parameter");
  fault_move (&g, &f);
  t_ok (g.code == FNX_E_PARAM && f.code == 0, "a move keeps what is there");
  fault_clear (&g);
  fault_set (NULL, EXIT_DATA, FNX_E_DATA, "nobody listens");
  t_ok (fault_exit_of (FNX_E_SPEC) == 3 && fault_exit_of (FNX_E_IO) == 4 && fault_exit_of (FNX_E_NUMERIC) == 6
            && fault_exit_of (FNX_E_CANCELLED) == 130 && fault_exit_of (-999) == 1,
        "exit codes");
}

int
main (void)
{
  lines ();
  long_lines ();
  chain_files ();
  rules ();
  return t_end ();
}
