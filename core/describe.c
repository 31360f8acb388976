/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A step type on one screen, as `fornix inspect band` shows it: what it takes
 * and gives, its settings in aligned columns, a line that runs, and the peer
 * whose numbers it equals.
 */
#include "core/describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/param.h"

enum { WIDTH = 100, ID_COLUMN = 56, LEFT_MAX = 26, MIDDLE_MAX = 20 };

/* Columns on a terminal, not bytes: "µV" takes two. */
static size_t
columns (const char *s)
{
  size_t n = 0;

  for (; *s; s++)
    n += (*s & 0xc0) != 0x80;
  return n;
}

static void
spaces (FILE *to, size_t n)
{
  fprintf (to, "%*s", (int)n, "");
}

void
describe_wrap (FILE *to, const char *text, size_t indent, size_t at, size_t width)
{
  bool first = true;

  while (*(text += strspn (text, " \n\t"))) {
    size_t n = strcspn (text, " \n\t"), wide = 0;
    for (size_t i = 0; i < n; i++)
      wide += (text[i] & 0xc0) != 0x80;
    if (!first && at + 1 + wide > width) {
      fputc ('\n', to);
      spaces (to, indent);
      at = indent;
    } else if (!first) {
      fputc (' ', to);
      at++;
    }
    fwrite (text, 1, n, to);
    at += wide;
    text += n;
    first = false;
  }
  fputc ('\n', to);
}

/* ---- settings --------------------------------------------------------------- */

static void
print_choices (FILE *to, const char *const *choices, const char *between)
{
  for (size_t i = 0; choices && choices[i]; i++)
    fprintf (to, "%s%s", i ? between : "", choices[i]);
}

static void
print_limits (FILE *to, const fnx_param_desc *p, const char *otherwise)
{
  char low[32], high[32];

  if (p->min == 0 && p->max == 0)
    fputs (otherwise, to);
  else
    fprintf (to, "%s..%s", isinf (p->min) ? "" : number_text (p->min, low),
             isinf (p->max) ? "" : number_text (p->max, high));
}

char *
describe_values (const fnx_param_desc *p)
{
  /* what stands for a value of each type; choices and limits stand for themselves */
  static const char *const names[]
      = { "?", "yes|no", "N", "X", "TEXT", "", "LOW..HIGH", "X,Y,..", "N,M..", "TEXT,..", "", "PATH" };
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream (&text, &n);

  if (!to)
    return NULL;
  if (p->type == FNX_T_ENUM || p->type == FNX_T_ENUMS)
    print_choices (to, p->choices, p->type == FNX_T_ENUM ? "|" : ",");
  else if (p->type == FNX_T_INT || p->type == FNX_T_REAL)
    print_limits (to, p, names[p->type]);
  else
    fputs (p->type < sizeof names / sizeof *names ? names[p->type] : "?", to);
  fclose (to);
  return text;
}

/* "default 250ms" names the unit itself; "default 4" does not. */
char *
describe_need (const fnx_param_desc *p)
{
  char *text = NULL;
  const char *unit = p->unit && strcmp (p->unit, "1") != 0 ? p->unit : "";
  const char *rest = p->fallback ? p->fallback : "";
  int n;

  if (p->fallback && strstr (p->fallback, unit))
    unit = "";
  n = asprintf (&text, "%s%s%s%s", unit, *unit ? ", " : "",
                p->fallback                   ? "default "
                : (p->flags & FNX_P_REQUIRED) ? "needed"
                                              : "optional",
                p->fallback && !*rest ? "empty" : rest);
  return n < 0 ? NULL : text;
}

/* What stands before the name in `when`. */
const char *
describe_when (const fnx_param_desc *p)
{
  return !p->when ? "" : *p->when == '!' ? "only without " : "only when ";
}

/* "only when method=iir; the order of the filter" */
static char *
remark (const fnx_param_desc *p)
{
  char *text = NULL;
  char limits[80] = "";
  bool list = p->type == FNX_T_RANGE || p->type == FNX_T_REALS || p->type == FNX_T_INTS;

  if (list && (p->min != 0 || p->max != 0)) { /* the values' column has no room for them */
    char low[32], high[32];
    snprintf (limits, sizeof limits, " (%s to %s)", number_text (p->min, low), number_text (p->max, high));
  }
  return asprintf (&text, "%s%s%s%s%s%s", describe_when (p), p->when ? p->when + (*p->when == '!') : "",
                   p->when ? "; " : "", p->doc, limits, p->flags & FNX_P_LIVE ? "; may change while streaming" : "")
                 < 0
             ? NULL
             : text;
}

typedef struct row {
  char *left, *middle, *right;
} row;

static row
row_of (const fnx_param_desc *p)
{
  row r = { NULL, describe_need (p), remark (p) };
  char *values = describe_values (p);

  if (values && asprintf (&r.left, "%s=%s", p->name, values) < 0)
    r.left = NULL;
  free (values);
  return r;
}

static size_t
smaller (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* A cell that is wider than its column pushes the next one to a line of its own. */
static size_t
cell (FILE *to, const char *text, size_t start, size_t wide)
{
  size_t at = start + columns (text);

  fputs (text, to);
  if (at > start + wide) {
    fputc ('\n', to);
    at = 0;
  }
  spaces (to, start + wide + 1 - at);
  return start + wide + 1;
}

static void
print_params (FILE *to, const fnx_step_desc *d)
{
  size_t n = 0, left = 0, middle = 0;
  row *rows;

  while (d->params && d->params[n])
    n++;
  if (!n || !(rows = calloc (n, sizeof *rows)))
    return;
  for (size_t i = 0; i < n; i++) {
    rows[i] = row_of (d->params[i]);
    if (!rows[i].left || !rows[i].middle || !rows[i].right)
      goto out;
    if (columns (rows[i].left) <= LEFT_MAX)
      left = left > columns (rows[i].left) ? left : columns (rows[i].left);
    if (columns (rows[i].middle) <= MIDDLE_MAX)
      middle = middle > columns (rows[i].middle) ? middle : columns (rows[i].middle);
  }
  left = left ? left : LEFT_MAX;
  middle = smaller (middle ? middle : MIDDLE_MAX, MIDDLE_MAX);
  fputc ('\n', to);
  for (size_t i = 0; i < n; i++) {
    size_t at;
    spaces (to, 2);
    at = cell (to, rows[i].left, 2, left);
    at = cell (to, rows[i].middle, at, middle) + 1;
    fputc (' ', to);
    describe_wrap (to, rows[i].right, at, at, WIDTH);
  }
out:
  for (size_t i = 0; i < n; i++) {
    free (rows[i].left);
    free (rows[i].middle);
    free (rows[i].right);
  }
  free (rows);
}

/* ---- what it takes and gives -------------------------------------------------- */

/* A port's `what` without its element types, which no user chooses. */
static void
print_what (FILE *to, const char *what)
{
  size_t n = strcspn (what, ";");

  while (n && what[n - 1] == ' ')
    n--;
  fwrite (what, 1, n, to);
}

static void
print_ports (FILE *to, const fnx_port_desc *const *ports)
{
  for (size_t i = 0; ports[i]; i++) {
    if (i)
      fprintf (to, ", %s: ", ports[i]->name);
    print_what (to, ports[i]->what);
    if (ports[i]->flags & FNX_PORT_OPTIONAL)
      fputs (" (optional)", to);
    if (ports[i]->flags & FNX_PORT_TARGET)
      fputs (" (to learn from)", to);
  }
}

static void
print_files (FILE *to, const char *const *suffixes, const char *scheme)
{
  for (size_t i = 0; suffixes && suffixes[i]; i++)
    fprintf (to, "%s%s", i ? " " : "files ", suffixes[i]);
  if (scheme)
    fprintf (to, "%s%s:...", suffixes && suffixes[0] ? " and " : "", scheme);
}

char *
describe_takes (const fnx_step_desc *d)
{
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream (&text, &n);
  fnx_ext_reader r;

  if (!to)
    return NULL;
  if (step_extension (d, NULL, FNX_READER, &r, sizeof r))
    print_files (to, r.suffixes, r.scheme);
  else
    print_ports (to, d->inputs);
  fclose (to);
  return text;
}

char *
describe_gives (const fnx_step_desc *d)
{
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream (&text, &n);
  fnx_ext_writer w;

  if (!to)
    return NULL;
  if (step_extension (d, NULL, FNX_WRITER, &w, sizeof w))
    print_files (to, w.suffixes, NULL);
  else
    print_ports (to, d->outputs);
  fclose (to);
  return text;
}

const char *
describe_threads (const fnx_step_desc *d)
{
  return d->threads == FNX_THREADS_SERIAL_ALL ? "one call at a time" : "any number of threads";
}

bool
describe_learns (const fnx_step_desc *d, bool *supervised)
{
  fnx_ext_estimator e;
  bool learns = step_extension (d, NULL, FNX_ESTIMATOR, &e, sizeof e);

  *supervised = learns && (e.flags & FNX_EST_SUPERVISED);
  return learns;
}

bool
describe_streams (const fnx_step_desc *d)
{
  fnx_ext_stream s;

  return step_extension (d, NULL, FNX_STREAM, &s, sizeof s);
}

static void
print_contract (FILE *to, const fnx_step_desc *d)
{
  char *takes = describe_takes (d), *gives = describe_gives (d), *line = NULL;
  bool supervised, learns = describe_learns (d, &supervised);

  if (takes && gives
      && asprintf (&line, "%s%s%s%s%s%s%s%s%s", *takes ? "takes " : "", takes, *takes && *gives ? "; " : "",
                   *gives ? "gives " : "", gives, describe_streams (d) ? "; streams" : "",
                   !learns      ? ""
                   : supervised ? "; learns from targets"
                                : "; learns from the data",
                   ", ", describe_threads (d))
             >= 0) {
    fputs ("  ", to);
    describe_wrap (to, line, 4, 2, WIDTH);
  }
  free (takes);
  free (gives);
  free (line);
}

void
describe_example (FILE *to, const fnx_step_desc *d, int indent)
{
  size_t n;

  for (const char *line = d->example; line && *line; line += n + (line[n] == '\n')) {
    n = strcspn (line, "\n");
    fprintf (to, "%*s%.*s\n", indent, "", (int)n, line);
  }
}

void
describe_text (FILE *to, const fnx_step_desc *d, const module_info *from)
{
  size_t at = columns (d->name) + 3 + columns (d->title);
  char *page = NULL;

  (void)from;
  fprintf (to, "%s - %s", d->name, d->title);
  spaces (to, at + 2 > ID_COLUMN ? 2 : ID_COLUMN - at);
  fprintf (to, "%s, revision %u\n", d->id, (unsigned)d->revision);
  print_contract (to, d);
  print_params (to, d);
  fputc ('\n', to);
  describe_example (to, d, 2);
  if (asprintf (&page, "man fornix-%s", d->name) < 0)
    return;
  at = d->equals ? columns ("  equals ") + columns (d->equals) : 0;
  if (d->equals)
    fprintf (to, "  equals %s", d->equals);
  if (at > 60) { /* no room left for the page beside it */
    fputc ('\n', to);
    at = 0;
  }
  spaces (to, at < 2 ? 2 : at + 2 > 44 ? 2 : 44 - at);
  fprintf (to, "%s\n", page);
  free (page);
}
