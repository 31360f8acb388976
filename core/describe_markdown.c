/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A step's page as Markdown, which lowdown makes into a man page or HTML.  The
 * descriptor's texts are plain: every character that Markdown knows is
 * escaped, and lowdown in turn escapes what roff knows.
 */
#include "core/describe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The pages carry the date of the release, not of the clock. */
#define PAGE_DATE "2026-11-22"

/* Plain text up to `n` bytes; line breaks become spaces, so that no line can
 * begin with something that Markdown takes for a list or a heading. */
static void
plain (FILE *to, const char *s, size_t n)
{
  for (size_t i = 0; i < n && s[i]; i++) {
    if (s[i] == '\n' || s[i] == '\t') {
      fputc (' ', to);
      continue;
    }
    if ((unsigned char)s[i] < 0x20)
      continue;
    if (strchr ("\\`*_{}[]()#+-.!:|&<>^~=\"$", s[i]))
      fputc ('\\', to);
    fputc (s[i], to);
  }
}

static void
text (FILE *to, const char *s)
{
  plain (to, s, strlen (s));
}

/* Paragraphs parted by blank lines stay apart. */
static void
paragraphs (FILE *to, const char *s)
{
  while (*(s += strspn (s, "\n"))) {
    const char *end = strstr (s, "\n\n");
    size_t n = end ? (size_t)(end - s) : strlen (s);
    plain (to, s + strspn (s, " "), n);
    fputs ("\n\n", to);
    s += n;
  }
}

/* Length of a sentence without its full stop. */
static size_t
without_stop (const char *s)
{
  size_t n = strlen (s);

  return n && s[n - 1] == '.' ? n - 1 : n;
}

static void
heading (FILE *to, const char *name)
{
  fprintf (to, "# %s\n\n", name);
}

/* "**band** range=LOW..HIGH \[method=fir|iir\]": required first. */
static void
synopsis (FILE *to, const fnx_step_desc *d)
{
  heading (to, "SYNOPSIS");
  fputs ("... \\! **", to);
  text (to, d->name);
  fputs ("**", to);
  for (int required = 1; required >= 0; required--)
    for (const fnx_param_desc *const *p = d->params; p && *p; p++) {
      char *values = describe_values (*p);
      if (values && !((*p)->flags & FNX_P_REQUIRED) == !required) {
        fputs (required ? " **" : " \\[**", to);
        text (to, (*p)->name);
        fputs ("**=", to);
        text (to, values);
        fputs (required ? "" : "\\]", to);
      }
      free (values);
    }
  fputs ("\n\n", to);
}

static void
ports (FILE *to, const char *word, const fnx_port_desc *const *list)
{
  for (; *list; list++) {
    fprintf (to, "%s **", word);
    text (to, (*list)->name);
    fputs ("**: ", to);
    text (to, (*list)->what);
    if ((*list)->flags & FNX_PORT_OPTIONAL)
      fputs (" (optional)", to);
    if ((*list)->flags & FNX_PORT_TARGET)
      fputs (" (to learn from; not wanted afterwards)", to);
    if ((*list)->doc) {
      fputs (" \\- ", to);
      text (to, (*list)->doc);
    }
    fputs ("\n\n", to);
  }
}

static void
files (FILE *to, const fnx_step_desc *d)
{
  fnx_ext_reader r;
  fnx_ext_writer w;
  bool reads = step_extension (d, NULL, FNX_READER, &r, sizeof r);
  bool writes = step_extension (d, NULL, FNX_WRITER, &w, sizeof w);
  char *names = reads ? describe_takes (d) : writes ? describe_gives (d) : NULL;

  if (names && *names) {
    fputs (reads ? "Reads " : "Writes ", to);
    text (to, names);
    fputs ("\n\n", to);
  }
  free (names);
}

static void
params (FILE *to, const fnx_step_desc *d)
{
  if (!d->params || !d->params[0])
    return;
  heading (to, "PARAMETERS");
  for (const fnx_param_desc *const *p = d->params; *p; p++) {
    char *values = describe_values (*p), *need = describe_need (*p);
    if (values && need) {
      fputs ("**", to);
      text (to, (*p)->name);
      fputs ("**=", to);
      text (to, values);
      fputs ("\n:   ", to);
      plain (to, (*p)->doc, without_stop ((*p)->doc));
      fputs ("\\. (", to);
      text (to, need);
      if ((*p)->when) {
        fprintf (to, "; %s", describe_when (*p));
        text (to, (*p)->when + (*(*p)->when == '!'));
      }
      if ((*p)->flags & FNX_P_TUNABLE)
        fputs ("; may be searched with try\\:", to);
      fputs (")\n\n", to);
    }
    free (values);
    free (need);
  }
}

static void
notes (FILE *to, const fnx_step_desc *d, const module_info *from)
{
  bool supervised, learns = describe_learns (d, &supervised);

  heading (to, "NOTES");
  fputs ("Id ", to);
  text (to, d->id);
  fprintf (to, ", revision %u", (unsigned)d->revision);
  if (from && from->module) {
    fputs (", in module ", to);
    text (to, from->module->name);
    fputc (' ', to);
    text (to, from->module->version);
  }
  fprintf (to, "\\. Threads: %s", describe_threads (d));
  if (d->flags & FNX_S_DETERMINISTIC)
    fputs (", and the same bytes for any number of them", to);
  fputs (describe_streams (d) ? "\\. It works block by block, in bounded memory\\."
                              : "\\. It needs the whole recording at once\\.",
         to);
  if (learns)
    fputs (supervised ? " It learns from targets, so it stands inside evaluate or train, which refit it in each fold\\."
                      : " It learns from the data, and inside evaluate it is refitted in each fold\\.",
           to);
  if (d->flags & FNX_S_COHORT)
    fputs (" It takes all recordings, joined\\.", to);
  fputs ("\n\n", to);
}

void
describe_markdown (FILE *to, const fnx_step_desc *d, const module_info *from)
{
  fprintf (to, "title: fornix-%s\nsection: 7\ndate: %s\nsource: Fornix %s\nvolume: Fornix steps\n\n", d->name,
           PAGE_DATE, PACKAGE_VERSION);
  heading (to, "NAME");
  fputs ("fornix\\-", to);
  text (to, d->name);
  fputs (" \\- ", to);
  text (to, d->title);
  fputs ("\n\n", to);
  synopsis (to, d);
  heading (to, "DESCRIPTION");
  paragraphs (to, d->doc ? d->doc : d->title);
  heading (to, "INPUT AND OUTPUT");
  files (to, d);
  ports (to, "takes", d->inputs);
  ports (to, "gives", d->outputs);
  params (to, d);
  if (d->example) {
    heading (to, "EXAMPLE");
    describe_example (to, d, 4);
    fputc ('\n', to);
  }
  if (d->equals) {
    heading (to, "NUMBERS");
    fputs ("Equals ", to);
    text (to, d->equals);
    fputs ("\n\n", to);
  }
  if (d->cite) {
    heading (to, "REFERENCES");
    paragraphs (to, d->cite);
  }
  notes (to, d, from);
}
