/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recordings table: TSV with a column id, a column of paths for each named
 * input, and whatever else is known of the recordings.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording.h"

enum { MAX_FIELDS = 256 };

static size_t
split (char *line, char **field)
{
  size_t n = 0;

  line[strcspn (line, "\r\n")] = 0;
  for (char *p = line; p && n < MAX_FIELDS; n++) {
    field[n] = p;
    p = strchr (p, '\t');
    if (p)
      *p++ = 0;
  }
  return n;
}

bool
is_recordings_table (const char *path)
{
  size_t n = strlen (path);
  char head[4] = "";
  FILE *in;

  if (n < 4 || strcmp (path + n - 4, ".tsv") || !(in = fopen (path, "r")))
    return false;
  n = fread (head, 1, 3, in);
  fclose (in);
  return n == 3 && !strncmp (head, "id\t", 3);
}

/* A column holds paths if the first row's entry is a file beside the table or a
 * generator: it is then an input of that name. */
static bool
is_source (const char *folder, const char *value)
{
  fault f = FAULT_INIT;
  const char *rest;
  char *path = NULL;
  bool is;

  if (strchr (value, ':') && registry_reader (value, &rest, &f))
    return true;
  fault_clear (&f);
  if (!strchr (value, '.') || asprintf (&path, "%s%s", value[0] == '/' ? "" : folder, value) < 0)
    return false;
  is = registry_reader (path, &rest, &f) != NULL;
  fault_clear (&f);
  free (path);
  return is;
}

static fnx_status
table_row (recording *r, const char *folder, char **head, const bool *source, char **field, size_t n)
{
  for (size_t k = 0; k < n; k++) {
    char *path = NULL;
    fnx_status s = FNX_OK;

    if (k == 0)
      r->id = strdup (field[0]);
    else if (source[k] && strcmp (field[k], "n/a")) {
      bool whole = field[k][0] == '/' || strchr (field[k], ':');

      if (asprintf (&path, "%s%s", whole ? "" : folder, field[k]) < 0)
        return FNX_E_NOMEM;
      s = recording_add_source (r, path, head[k], NULL, (where){ 0 });
    } else if (!source[k])
      s = recording_add_column (r, head[k], field[k], strlen (field[k]));
    free (path);
    if (s != FNX_OK)
      return s;
  }
  return r->id ? FNX_OK : FNX_E_NOMEM;
}

/* Why none of a line's entries is a recording: what is wrong with the one that
 * looks like a file. */
static void
no_source (const char *table, size_t line, const char *folder, char **field, size_t n, fault *f)
{
  for (size_t k = 1; k < n; k++) {
    fault why = FAULT_INIT;
    const char *rest;
    char *path = NULL;
    double number;

    if (strchr (field[k], '.') && !number_parse (field[k], &number)
        && asprintf (&path, "%s%s", field[k][0] == '/' ? "" : folder, field[k]) >= 0
        && !registry_reader (path, &rest, &why))
      fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s: line %zu: %s", table, line, why.text ? why.text : path);
    free (path);
    fault_clear (&why);
  }
  fault_set (f, EXIT_INPUT, FNX_E_DATA,
             "%s: line %zu names no file that can be read\n"
             "a column of files stands beside the column id, with paths from the table's folder",
             table, line);
}

/* Files are named after ids, and what is known of a recording hangs on its id. */
static fnx_status
check_id (const char *table, size_t line, const recording *r, fault *f)
{
  if (!*r->id)
    return fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s: line %zu has no id\ngive each recording an id of its own", table,
                      line);
  if (strchr (r->id, '/'))
    return fault_set (f, EXIT_INPUT, FNX_E_DATA,
                      "%s: line %zu: the id %s has a / in it; files are named after ids\n"
                      "write another sign instead, such as -",
                      table, line, r->id);
  return FNX_OK;
}

typedef struct known {
  const char *id;
  size_t line;
} known;

static int
by_id (const void *a, const void *b)
{
  const known *x = a, *y = b;
  int k = strcmp (x->id, y->id);

  return k ? k : (x->line > y->line) - (x->line < y->line);
}

/* line: of the table, by recording. */
static fnx_status
check_twice (const char *table, const recording *r, const size_t *line, size_t n, fault *f)
{
  known *k = calloc (n + 1, sizeof *k);

  if (!k)
    return fault_memory (f);
  for (size_t i = 0; i < n; i++)
    k[i] = (known){ r[i].id, line[i] };
  qsort (k, n, sizeof *k, by_id);
  for (size_t i = 1; i < n; i++)
    if (!strcmp (k[i - 1].id, k[i].id)) {
      fault_set (f, EXIT_INPUT, FNX_E_DATA,
                 "%s: lines %zu and %zu have the same id, %s\ngive each recording an id of its own", table,
                 k[i - 1].line, k[i].line, k[i].id);
      break;
    }
  free (k);
  return f->text ? f->code : FNX_OK;
}

/* ---- read ----------------------------------------------------------------------------- */

typedef struct table {
  const char *path;
  char *folder;            /* with its /; "": where the program runs */
  char *head[MAX_FIELDS];  /* in one block, at head[0] */
  bool source[MAX_FIELDS]; /* the column holds paths */
  size_t n_head, n, *line; /* of each recording: its line, from 1 on */
  recording *all;
} table;

static fnx_status
take_head (table *t, const char *line, fault *f)
{
  char *own = strdup (line);

  t->n_head = own ? split (own, t->head) : 0;
  return own ? FNX_OK : fault_memory (f);
}

static fnx_status
take_line (table *t, char **field, size_t line, fault *f)
{
  size_t *lines = realloc (t->line, (t->n + 1) * sizeof *lines);
  recording *all, *r;

  if (!lines)
    return fault_memory (f);
  t->line = lines;
  all = realloc (t->all, (t->n + 1) * sizeof *all);
  if (!all)
    return fault_memory (f);
  t->all = all;
  for (size_t k = 1; t->n == 0 && k < t->n_head; k++)
    t->source[k] = is_source (t->folder, field[k]);
  t->line[t->n] = line;
  r = &t->all[t->n++];
  *r = (recording){ 0 };
  if (table_row (r, t->folder, t->head, t->source, field, t->n_head) != FNX_OK)
    return fault_memory (f);
  if (check_id (t->path, line, r, f) == FNX_OK && !r->n_sources)
    no_source (t->path, line, t->folder, field, t->n_head, f);
  return f->text ? f->code : FNX_OK;
}

static fnx_status
take_lines (const session *ses, table *t, FILE *in, fault *f)
{
  char *line = NULL, *field[MAX_FIELDS];
  size_t room = 0;
  fnx_status st = FNX_OK;

  for (size_t at = 1; st == FNX_OK && !ses->cancelled && getline (&line, &room, in) > 0; at++) {
    size_t k;

    if (at == 1) {
      st = take_head (t, line, f);
      continue;
    }
    k = split (line, field);
    if (k == 1 && !*field[0])
      continue;
    st = k == t->n_head ? take_line (t, field, at, f)
                        : fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s: line %zu has %zu fields, the header %zu", t->path,
                                     at, k, t->n_head);
  }
  free (line);
  return st;
}

recording *
recordings_of_table (const session *ses, const char *path, size_t *n, fault *f)
{
  FILE *in = fopen (path, "r");
  table t = { .path = path, .folder = strdup (path) };

  if (!in || !t.folder)
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
  else {
    t.folder[strrchr (t.folder, '/') ? strrchr (t.folder, '/') + 1 - t.folder : 0] = 0;
    if (take_lines (ses, &t, in, f) == FNX_OK) {
      if (ses->cancelled)
        fault_set (f, EXIT_INTERRUPTED, FNX_E_CANCELLED, "stopped");
      else if (ferror (in))
        fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
      else if (!t.n)
        fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s: a recordings table without rows", path);
      else
        check_twice (path, t.all, t.line, t.n, f);
    }
  }
  if (in)
    fclose (in);
  free (t.folder);
  free (t.head[0]);
  free (t.line);
  if (f->text) {
    recordings_free (t.all, t.n);
    t.all = NULL;
    t.n = 0;
  }
  *n = t.n;
  return t.all;
}
