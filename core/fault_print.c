/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fault as people see it: the cause, the user's own words with carets under
 * the ones it is about, the remedy, and what was not done.  One screen at most.
 */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/chain.h"

/* Columns for the quoted words, without their indent. */
#define WIDE 96
#define INDENT "  "
#define DOTS "... "

/* A shell-quoted word, cut where it alone would fill the line. */
static char *
display (const char *word)
{
  text_buf t = { 0 }, clean = { 0 };
  char *s;
  for (size_t i = 0, k; word[i]; i += k ? k : 1) { /* no escape sequence reaches the terminal */
    k = utf8_span (word + i);
    if (k == 0 || (unsigned char)word[i] < 0x20 || word[i] == 0x7f)
      text_add (&clean, "?");
    else
      text_addn (&clean, word + i, k);
  }
  s = text_take (&clean);
  text_shell (&t, s ? s : "?");
  free (s);
  s = text_take (&t);
  if (s && utf8_columns (s, strlen (s)) > WIDE - 2 * strlen (DOTS)) {
    size_t n = 0, columns = 0;
    for (size_t k; s[n] && columns < WIDE - 3 * strlen (DOTS); n += k) {
      k = utf8_span (s + n);
      k = k ? k : 1;
      columns += utf8_columns (s + n, k);
    }
    strcpy (s + n, strlen (s + n) > 3 ? "..." : "");
  }
  return s;
}

static void
carets (FILE *to, size_t before, size_t n)
{
  fprintf (to, "%s%*s", INDENT, (int)before, "");
  for (size_t i = 0; i < (n ? n : 1); i++)
    fputc ('^', to);
  fputc ('\n', to);
}

/* The chain's words, as many round word `at` as fit the line. */
static void
print_words (FILE *to, const chain_text *text, int at)
{
  char **shown_words = calloc ((size_t)text->n_words, sizeof *shown_words);
  if (!shown_words)
    return;
  size_t *columns = calloc ((size_t)text->n_words, sizeof *columns), used, before = 0;
  int first = at, last = at; /* inclusive */
  for (int i = 0; columns && i < text->n_words; i++) {
    if (!(shown_words[i] = display (text->words[i])))
      goto out;
    columns[i] = utf8_columns (shown_words[i], strlen (shown_words[i]));
  }
  if (!columns)
    goto out;
  /* Grow to both sides in turn.  Reserve both dots: they cost little. */
  used = columns[at] + 2 * strlen (DOTS);
  for (bool left = true, right = true; left || right;) {
    if ((left = left && first > 0 && used + columns[first - 1] + 1 <= WIDE))
      used += columns[--first] + 1;
    if ((right = right && last < text->n_words - 1 && used + columns[last + 1] + 1 <= WIDE))
      used += columns[++last] + 1;
  }
  fputs (INDENT, to);
  if (first > 0)
    before += (size_t)fprintf (to, DOTS);
  for (int i = first; i <= last; i++) {
    fprintf (to, "%s%s", i > first ? " " : "", shown_words[i]);
    if (i < at)
      before += columns[i] + 1;
  }
  fprintf (to, "%s\n", last < text->n_words - 1 ? " ..." : "");
  carets (to, before, columns[at]);
out:
  for (int i = 0; i < text->n_words; i++)
    free (shown_words[i]);
  free (shown_words);
  free (columns);
}

/* Bytes of the YAML or JSON token at s: a quoted text, or up to what ends a
 * plain one. */
static size_t
token_span (const char *s)
{
  size_t n = 1;
  if (*s == '"' || *s == '\'') {
    while (s[n] && s[n] != *s)
      n += s[n] == '\\' && *s == '"' && s[n + 1] ? 2 : 1;
    return s[n] ? n + 1 : n;
  }
  if (strchr ("[]{},", *s))
    return 1;
  while (s[n] && !strchr ("[]{},\r\n", s[n]) && !(s[n] == ':' && strchr (" \r\n", s[n + 1]))
         && !(s[n] == '#' && s[n - 1] == ' '))
    n++;
  while (n > 1 && s[n - 1] == ' ')
    n--;
  return n;
}

/* Line `number` of a file, without its end; NULL if there is none. */
static char *
line_of (const char *path, int number)
{
  char *s = NULL;
  size_t room = 0;
  FILE *from = fopen (path, "rb");
  if (!from)
    return NULL;
  for (int i = 0; i < number; i++)
    if (getline (&s, &room, from) < 0) {
      free (s);
      s = NULL;
      break;
    }
  fclose (from);
  if (s)
    s[strcspn (s, "\r\n")] = '\0';
  return s;
}

/* mine.yaml:7:12 and that line, with carets under what stands at column 12. */
static void
print_file (FILE *to, const char *path, where at)
{
  text_buf t = { 0 };
  char *line = line_of (path, at.line), *cut = NULL;
  size_t byte = 0, blanks = 0, before;
  fprintf (to, "%s%s:%d:%d", INDENT, path, at.line, at.column);
  if (!line || strlen (line) > 10000)
    goto out;
  for (char *s = line; *s; s++)
    if ((unsigned char)*s < 0x20 || *s == 0x7f)
      *s = ' ';
  for (int i = 1; i < at.column && line[byte]; i++) {
    size_t k = utf8_span (line + byte);
    byte += k ? k : 1;
  }
  blanks = strspn (line, " ");
  if (line[blanks] == '\0')
    goto out;
  if (blanks > byte)
    blanks = byte;
  /* the neighbourhood: nothing left of the indent, and 40 bytes before a far token */
  size_t from = blanks, token = line[byte] ? token_span (line + byte) : 1;
  if (byte - from > WIDE / 2) {
    from = byte - WIDE / 2;
    while (((unsigned char)line[from] & 0xc0) == 0x80)
      from++;
    text_add (&t, DOTS);
  }
  text_addn (&t, line + from, byte - from);
  before = utf8_columns (t.s, t.n);
  text_add (&t, line + byte);
  if (!(cut = text_take (&t)))
    goto out;
  size_t n = 0, columns = 0;
  for (size_t k; cut[n] && columns < WIDE; n += k) {
    k = utf8_span (cut + n);
    k = k ? k : 1;
    columns += utf8_columns (cut + n, k);
  }
  size_t wide = utf8_columns (line + byte, token);
  fprintf (to, "\n%s%.*s%s\n", INDENT, (int)n, cut, cut[n] ? " ..." : "");
  if (before + wide > WIDE)
    wide = before < WIDE ? WIDE - before : 1;
  carets (to, before, wide);
  free (cut);
  free (line);
  return;
out:
  fputc ('\n', to);
  free (cut);
  free (line);
}

/* Does the sentence name the step already?  "evaluate wants trials: ..." */
static bool
begins_with (const char *s, const char *word)
{
  size_t n = strlen (word);
  return strncmp (s, word, n) == 0 && (s[n] == ' ' || s[n] == ':' || s[n] == '\0');
}

void
fault_print (FILE *to, const fault *f, const chain_text *text, const char *done)
{
  const char *cause = f->text && *f->text ? f->text : "out of memory";
  size_t first = strcspn (cause, "\n");
  const char *remedy = cause[first] == '\n' ? cause + first + 1 : "";
  const char *file = text && text->file ? text->file : text && text->words && text->n_words > 0 ? text->words[0] : NULL;
  fputs ("fornix: ", to);
  if (f->step && !begins_with (cause, f->step))
    fprintf (to, "%s: ", f->step);
  fprintf (to, "%.*s\n", (int)first, cause);
  if (f->at.word > 0 && text && text->words && f->at.word <= text->n_words)
    print_words (to, text, f->at.word - 1);
  else if (f->at.line > 0 && file)
    print_file (to, file, f->at);
  while (*remedy) {
    size_t n = strcspn (remedy, "\n");
    fprintf (to, "%.*s\n", (int)n, remedy);
    remedy += n + (remedy[n] == '\n');
  }
  if (done && *done)
    fprintf (to, "%s\n", done);
}
