/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which files belong together: a bare list (one recording a file), or a table
 * that says so.  What BIDS writes into file names becomes columns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"

/* A recording is called what its file is called, so that every name shown can
 * be pasted back. */
static char *
id_of (const char *path)
{
  const char *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;

  return strdup (*base ? base : path);
}

static fnx_status
add_column (recording *r, const char *name, const char *value, size_t len)
{
  char **c = realloc (r->column, (r->n_columns + 1) * sizeof *c), **v;

  if (!c)
    return FNX_E_NOMEM;
  r->column = c;
  v = realloc (r->value, (r->n_columns + 1) * sizeof *v);
  if (!v)
    return FNX_E_NOMEM;
  r->value = v;
  c[r->n_columns] = strdup (name);
  v[r->n_columns] = strndup (value, len);
  if (!c[r->n_columns] || !v[r->n_columns])
    return FNX_E_NOMEM;
  r->n_columns++;
  return FNX_OK;
}

static bool
has_column (const recording *r, const char *name)
{
  for (size_t i = 0; i < r->n_columns; i++)
    if (!strcmp (r->column[i], name))
      return true;
  return false;
}

/* sub-01_ses-2_task-mi_run-3_eeg.edf */
static fnx_status
bids_columns (recording *r, const char *path)
{
  static const struct {
    const char *key, *column;
  } keys[] = { { "sub-", "subject" }, { "ses-", "session" }, { "task-", "task" }, { "run-", "run" } };
  const char *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;

  if (strncmp (base, "sub-", 4))
    return FNX_OK;
  for (const char *p = base; p && *p; p = strchr (p, '_') ? strchr (p, '_') + 1 : NULL)
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
      if (!strncmp (p, keys[k].key, strlen (keys[k].key)) && !has_column (r, keys[k].column)) {
        const char *v = p + strlen (keys[k].key);

        if (add_column (r, keys[k].column, v, strcspn (v, "_.")) != FNX_OK)
          return FNX_E_NOMEM;
      }
  return FNX_OK;
}

/* A generator may be told whose recording it makes: sim:fists subject=2. */
static fnx_status
said_columns (recording *r, const chain_step *in)
{
  static const char *const keys[] = { "subject", "session" };

  for (size_t i = 0; i < in->n_args; i++)
    for (size_t k = 0; k < 2; k++)
      if (in->args[i].name && !strcmp (in->args[i].name, keys[k]) && !has_column (r, keys[k])
          && add_column (r, keys[k], in->args[i].value, strlen (in->args[i].value)) != FNX_OK)
        return FNX_E_NOMEM;
  return FNX_OK;
}

/* Recordings of one name are told apart by their settings, where there are any. */
static fnx_status
tell_apart (recording *all, const chain *c)
{
  for (size_t i = 0; i < c->n_inputs; i++) {
    const chain_step *in = &c->inputs[i];
    bool again = false;

    for (size_t k = 0; k < c->n_inputs; k++)
      again = again || (k != i && !strcmp (in->name, c->inputs[k].name));
    for (size_t a = 0; again && a < in->n_args; a++) {
      char *more;

      if (asprintf (&more, "%s %s%s%s", all[i].id, in->args[a].name ? in->args[a].name : "",
                    in->args[a].name ? "=" : "", in->args[a].value)
          < 0)
        return FNX_E_NOMEM;
      free (all[i].id);
      all[i].id = more;
    }
  }
  return FNX_OK;
}

static fnx_status
add_source (recording *r, const char *path, const char *as, const chain_step *args, where at)
{
  chain_step *s = realloc (r->sources, (r->n_sources + 1) * sizeof *s);

  if (!s)
    return FNX_E_NOMEM;
  r->sources = s;
  s += r->n_sources;
  *s = (chain_step){ .name = strdup (path), .as = as ? strdup (as) : NULL, .at = at };
  if (args) { /* borrowed from the chain */
    s->args = args->args;
    s->n_args = args->n_args;
  }
  r->n_sources++;
  return s->name && (!as || s->as) ? FNX_OK : FNX_E_NOMEM;
}

void
recordings_free (recording *r, size_t n)
{
  for (size_t i = 0; r && i < n; i++) {
    for (size_t k = 0; k < r[i].n_sources; k++) {
      free (r[i].sources[k].name);
      free (r[i].sources[k].as);
    }
    for (size_t k = 0; k < r[i].n_columns; k++) {
      free (r[i].column[k]);
      free (r[i].value[k]);
    }
    free (r[i].sources);
    free (r[i].column);
    free (r[i].value);
    free (r[i].id);
  }
  free (r);
}

/* ---- a recordings table ----------------------------------------------------------- */

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

static bool
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
      s = add_source (r, path, head[k], NULL, (where){ 0 });
    } else if (!source[k])
      s = add_column (r, head[k], field[k], strlen (field[k]));
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

static recording *
read_table (const session *ses, const char *path, size_t *n, fault *f)
{
  FILE *in = fopen (path, "r");
  char *line = NULL, *head_line = NULL, *head[MAX_FIELDS], *field[MAX_FIELDS];
  char *folder = strdup (path);
  bool source[MAX_FIELDS] = { false };
  size_t room = 0, n_head = 0, row = 0, *at = NULL;
  recording *all = NULL;

  if (!in || !folder) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    goto out;
  }
  folder[strrchr (folder, '/') ? strrchr (folder, '/') + 1 - folder : 0] = 0;
  for (; getline (&line, &room, in) > 0; row++) {
    recording *more;
    size_t k, *more_at;

    if (ses->cancelled)
      break;
    if (row == 0) {
      head_line = strdup (line);
      n_head = head_line ? split (head_line, head) : 0;
      continue;
    }
    k = split (line, field);
    if (k == 1 && !*field[0])
      continue;
    if (k != n_head) {
      fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s: line %zu has %zu fields, the header %zu", path, row + 1, k, n_head);
      goto out;
    }
    for (size_t i = 1; row == 1 && i < k; i++)
      source[i] = is_source (folder, field[i]);
    more_at = realloc (at, (*n + 1) * sizeof *at);
    at = more_at ? more_at : at;
    more = more_at ? realloc (all, (*n + 1) * sizeof *all) : NULL;
    if (!more) {
      fault_memory (f);
      goto out;
    }
    all = more;
    at[*n] = row + 1;
    all[(*n)++] = (recording){ 0 };
    if (table_row (&all[*n - 1], folder, head, source, field, k) != FNX_OK) {
      fault_memory (f);
      goto out;
    }
    if (check_id (path, row + 1, &all[*n - 1], f) != FNX_OK)
      goto out;
    if (!all[*n - 1].n_sources) {
      no_source (path, row + 1, folder, field, k, f);
      goto out;
    }
  }
  if (ses->cancelled)
    fault_set (f, EXIT_INTERRUPTED, FNX_E_CANCELLED, "stopped");
  else if (ferror (in))
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
  else if (!*n)
    fault_set (f, EXIT_INPUT, FNX_E_DATA, "%s: a recordings table without rows", path);
  else
    check_twice (path, all, at, *n, f);
out:
  if (in)
    fclose (in);
  free (line);
  free (head_line);
  free (folder);
  free (at);
  if (f->text) {
    recordings_free (all, *n);
    all = NULL;
  }
  return all;
}

recording *
recordings_of (const session *ses, const chain *c, size_t *n, fault *f)
{
  recording *all;

  *n = 0;
  if (!c->n_inputs) {
    fault_set (f, EXIT_USAGE, FNX_E_PARAM, "no recording is named\nfornix run RECORDING... ! STEP ...");
    return NULL;
  }
  if (c->n_inputs == 1 && is_recordings_table (c->inputs[0].name))
    return read_table (ses, c->inputs[0].name, n, f);
  all = calloc (c->n_inputs, sizeof *all);
  for (size_t i = 0; all && i < c->n_inputs; i++) {
    const chain_step *in = &c->inputs[i];

    all[i].id = id_of (in->name);
    *n = i + 1;
    if (!all[i].id || add_source (&all[i], in->name, in->as, in, in->at) != FNX_OK
        || bids_columns (&all[i], in->name) != FNX_OK || said_columns (&all[i], in) != FNX_OK) {
      recordings_free (all, *n);
      all = NULL;
    }
  }
  if (all && tell_apart (all, c) != FNX_OK) {
    recordings_free (all, *n);
    all = NULL;
  }
  if (!all)
    fault_memory (f);
  return all;
}
