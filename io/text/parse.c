/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text to cells.  BIDS .tsv has no quoting; .csv quotes as RFC 4180; .1D and
 * .txt are parted by white space, or by commas if the first row has them.
 * What cannot be told from damage is refused with its line: ragged rows, empty
 * lines inside, binary bytes, decimal commas.
 */
#include <stdlib.h>
#include <string.h>

#include "io/suffix.h"
#include "io/text/text.h"

/* ---- bytes ------------------------------------------------------------------ */
fnx_status
text_slurp (fnx_call *c, FILE *f, const char *name, char **bytes, size_t *n)
{
  size_t room = 1 << 16, have = 0;
  char *p = malloc (room);
  *bytes = NULL;
  while (p) {
    have += fread (p + have, 1, room - 1 - have, f);
    if (have < room - 1)
      break;
    char *more = room > SIZE_MAX / 2 ? NULL : realloc (p, room *= 2);
    if (!more)
      free (p);
    p = more;
  }
  if (!p)
    return c->fail (c, FNX_E_NOMEM, "%s: out of memory", name);
  if (ferror (f)) {
    free (p);
    return c->fail (c, FNX_E_IO, "%s: cannot be read", name);
  }
  p[have] = 0;
  *bytes = p, *n = have;
  return FNX_OK;
}

static bool
utf8 (const unsigned char *p, size_t n)
{
  for (size_t i = 0; i < n;) {
    unsigned char b = p[i++];
    int more = b < 0x80 ? 0 : b >= 0xc2 && b < 0xe0 ? 1 : b >= 0xe0 && b < 0xf0 ? 2 : b >= 0xf0 && b < 0xf5 ? 3 : -1;
    if (more < 0)
      return false;
    for (; more > 0; more--, i++)
      if (i >= n || (p[i] & 0xc0) != 0x80)
        return false;
  }
  return true;
}

static fnx_status
legible (fnx_call *c, const char *name, const char *p, size_t n)
{
  if (n >= 2 && (!memcmp (p, "\xff\xfe", 2) || !memcmp (p, "\xfe\xff", 2)))
    return c->fail (c, FNX_E_IO, "%s: UTF-16 text\nmake it UTF-8:  iconv -f UTF-16 -t UTF-8", name);
  const char *zero = memchr (p, 0, n);
  if (zero)
    return c->fail (c, FNX_E_IO, "%s: not text: byte %zu is 0", name, (size_t)(zero - p));
  if (!utf8 ((const unsigned char *)p, n))
    return c->fail (c, FNX_E_IO, "%s: not UTF-8 text\nif it is Latin-1:  iconv -f LATIN1 -t UTF-8", name);
  return FNX_OK;
}

/* ---- cells ------------------------------------------------------------------- */
typedef struct cutter {
  fnx_call *c;
  const char *name;
  char *p;      /* next byte */
  int64_t line; /* of p, 1-based */
  char part;    /* '\t', ',', ';'; ' ' for white space */
  bool quotes, comments;
  char **cell;
  size_t n, room;
} cutter;

static bool
add (cutter *k, char *cell)
{
  if (k->n == k->room) {
    size_t room = k->room ? 2 * k->room : 1024;
    char **more = realloc (k->cell, room * sizeof *more);
    if (!more)
      return false;
    k->cell = more, k->room = room;
  }
  k->cell[k->n++] = cell;
  return true;
}

static bool
blank (char ch)
{
  return ch == ' ' || ch == '\t';
}

/* Step over one line end (LF, CRLF or CR) at p; the byte becomes 0. */
static char *
over_end (cutter *k, char *p)
{
  if (*p == '\r' && p[1] == '\n')
    *p++ = 0;
  if (*p)
    *p++ = 0;
  k->line++;
  return p;
}

/* A quoted cell: unescape in place; returns the byte behind the quote. */
static char *
unquote (cutter *k, char *p, char **cell)
{
  char *w = ++p;
  *cell = w;
  for (; *p; p++) {
    if (*p == '"' && p[1] != '"')
      break;
    p += *p == '"';
    k->line += *p == '\n';
    *w++ = *p;
  }
  char *behind = *p ? p + 1 : p;
  *w = 0;
  return behind;
}

/* Cut the line at k->p into cells; returns false without memory. */
static bool
cut_line (cutter *k)
{
  char *p = k->p;
  for (;;) {
    while (blank (*p) && (k->part == ' ' || *p != k->part))
      p++;
    if (k->part == ' ' && (*p == '\n' || *p == '\r' || !*p))
      break;
    char *cell = p, *end;
    if (k->quotes && *p == '"') {
      p = unquote (k, p, &cell);
      end = NULL;
      while (*p && *p != k->part && *p != '\n' && *p != '\r')
        p++;
    } else {
      while (*p && *p != '\n' && *p != '\r' && (k->part == ' ' ? !blank (*p) : *p != k->part))
        p++;
      end = p;
      while (end > cell && blank (end[-1]))
        end--;
    }
    if (!add (k, cell))
      return false;
    char at = *p;
    bool cut = at == k->part || (k->part == ' ' && blank (at));
    if (!cut) {
      k->p = *p ? over_end (k, p) : p;
      if (end)
        *end = 0;
      return true;
    }
    *p++ = 0;
    if (end)
      *end = 0;
  }
  k->p = *p ? over_end (k, p) : p;
  return true;
}

static char *
line_end (char *p)
{
  return p + strcspn (p, "\r\n");
}

/* What parts the cells, from the suffix and the first row. */
static char
parting (const char *name, const char *row, size_t n)
{
  size_t commas = 0, semis = 0, tabs = 0, decimal = 0, words = 0;
  for (size_t i = 0; i < n; i++) {
    commas += row[i] == ',', semis += row[i] == ';', tabs += row[i] == '\t';
    words += !blank (row[i]) && (i == 0 || blank (row[i - 1]));
    decimal += row[i] == ',' && i > 0 && i + 1 < n && row[i - 1] >= '0' && row[i - 1] <= '9' && row[i + 1] >= '0'
               && row[i + 1] <= '9';
  }
  if (suffixed (name, ".tsv"))
    return '\t';
  if (suffixed (name, ".csv"))
    return semis && (commas == 0 || (commas == decimal && commas <= semis + 1)) ? ';' : tabs && !commas ? '\t' : ',';
  /* "1,5 2,5": every comma stands inside a word of its own, a decimal comma */
  return commas && !(words > 1 && commas == decimal) ? ',' : ' ';
}

/* ---- names of columns ----------------------------------------------------------- */
/* ColumnLabels = "a ; b ; c" of an AFNI 1D header: cells parted by " ; ". */
static bool
afni_labels (cutter *k, char *line)
{
  char *p = strstr (line, "ColumnLabels");
  char *q = p ? strchr (p, '"') : NULL, *end = q ? strchr (q + 1, '"') : NULL;
  if (!end)
    return true;
  k->n = 0;
  *end = 0;
  for (p = q + 1; p;) {
    char *next = strchr (p, ';'), *stop = next ? next : end;
    while (blank (*p))
      p++;
    while (stop > p && blank (stop[-1]))
      stop--;
    *stop = 0;
    if (!add (k, p))
      return false;
    p = next ? next + 1 : NULL;
  }
  return true;
}

/* A comment that names columns: "#1  #2  #3", every word with a #. */
static bool
hash_labels (cutter *k, char *line)
{
  size_t had = k->n;
  char *save = NULL;
  if (strstr (line, "ColumnLabels"))
    return afni_labels (k, line);
  if (had) /* the first one counts */
    return true;
  for (char *w = line; *w;) {
    while (blank (*w))
      w++;
    if (*w && *w != '#')
      return true;
    w += strcspn (w, " \t");
  }
  for (char *w = strtok_r (line, " \t", &save); w; w = strtok_r (NULL, " \t", &save))
    if (w[1] && !add (k, w + 1))
      return false;
  return true;
}

/* A header row has no number in it, and something that is no missing value. */
static bool
is_header (char *const *cell, int64_t n)
{
  double v;
  bool word = false;
  for (int64_t i = 0; i < n; i++) {
    if (cell_missing (cell[i]))
      continue;
    if (cell_number (cell[i], &v) || cell_comma (cell[i]))
      return false;
    word = true;
  }
  return word;
}

/* ---- the whole ------------------------------------------------------------------- */
void
sheet_free (sheet *s)
{
  free (s->bytes);
  free (s->cell);
  free (s->name);
  free (s->line);
  memset (s, 0, sizeof *s);
}

/* A program that was stopped leaves half a line behind. */
static fnx_status
ragged (const cutter *k, const sheet *s, int64_t line, int64_t cols)
{
  bool half = cols < s->cols && !*k->p && k->line == line;
  char remedy[96] = "";
  if (half)
    snprintf (remedy, sizeof remedy, "\nthe file ends within it; what is before it:  head -n %lld",
              (long long)line - 1);
  return k->c->fail (k->c, FNX_E_IO, "%s: line %lld has %lld cell%s, the lines before have %lld%s", k->name,
                     (long long)line, (long long)cols, cols == 1 ? "" : "s", (long long)s->cols, remedy);
}

static fnx_status
rows (cutter *k, sheet *s, cutter *names, size_t *room)
{
  fnx_call *c = k->c;
  int64_t gap = 0; /* an empty line that something may still follow */
  while (*k->p) {
    char *end = line_end (k->p), *first = k->p;
    while (blank (*first))
      first++;
    if (first == end && (k->part == ' ' || k->part == 0 || *k->p != '\t')) {
      gap = gap ? gap : k->line;
      k->p = *end ? over_end (k, end) : end;
      continue;
    }
    if (k->comments && *first == '#') {
      char *next = *end ? over_end (k, end) : end;
      if (s->rows == 0 && !hash_labels (names, first))
        return c->fail (c, FNX_E_NOMEM, "%s: out of memory", k->name);
      k->p = next;
      continue;
    }
    if (gap && s->rows && !k->comments)
      return c->fail (c, FNX_E_IO, "%s: line %lld is empty\nwrite n/a for missing values", k->name, (long long)gap);
    gap = 0;
    if (!k->part)
      k->part = parting (k->name, k->p, (size_t)(end - k->p));
    size_t before = k->n;
    int64_t line = k->line;
    if (!cut_line (k))
      return c->fail (c, FNX_E_NOMEM, "%s: out of memory", k->name);
    int64_t cols = (int64_t)(k->n - before);
    if (s->rows == 0)
      s->cols = cols;
    else if (cols != s->cols)
      return ragged (k, s, line, cols);
    if ((size_t)s->rows == *room) {
      int64_t *more = realloc (s->line, (*room = 2 * *room + 64) * sizeof *more);
      if (!more)
        return c->fail (c, FNX_E_NOMEM, "%s: out of memory", k->name);
      s->line = more;
    }
    s->line[s->rows++] = line;
  }
  return FNX_OK;
}

/* Row 0, or the names found in comments, become s->name. */
static fnx_status
name_columns (cutter *k, sheet *s, cutter *names, sheet_header header)
{
  bool row = header == HEADER_YES || (header == HEADER_AUTO && is_header (s->cell, s->cols));
  bool comment = !row && header != HEADER_NO && (int64_t)names->n == s->cols;
  if (!row && !comment)
    return FNX_OK;
  if (!(s->name = malloc ((size_t)s->cols * sizeof *s->name)))
    return k->c->fail (k->c, FNX_E_NOMEM, "%s: out of memory", k->name);
  memcpy (s->name, row ? s->cell : names->cell, (size_t)s->cols * sizeof *s->name);
  if (!row)
    return FNX_OK;
  bool hashes = true;
  for (int64_t i = 0; i < s->cols; i++)
    hashes &= s->name[i][0] == '#' && s->name[i][1];
  for (int64_t i = 0; hashes && i < s->cols; i++)
    s->name[i]++;
  s->rows--;
  memmove (s->cell, s->cell + s->cols, (size_t)(s->rows * s->cols) * sizeof *s->cell);
  memmove (s->line, s->line + 1, (size_t)s->rows * sizeof *s->line);
  return FNX_OK;
}

fnx_status
sheet_parse (fnx_call *c, const char *name, char *text, size_t n, sheet_header header, sheet *s)
{
  memset (s, 0, sizeof *s);
  s->bytes = text;
  cutter k = { .c = c, .name = name, .p = text, .line = 1 }, names = k;
  size_t room = 0;
  fnx_status e = legible (c, name, text, n);
  if (e)
    goto out;
  if (n >= 3 && !memcmp (text, "\xef\xbb\xbf", 3))
    k.p += 3;
  k.quotes = suffixed (name, ".csv");
  k.comments = !k.quotes && !suffixed (name, ".tsv");
  e = rows (&k, s, &names, &room);
  s->cell = k.cell;
  if (e)
    goto out;
  if (s->rows == 0) {
    e = c->fail (c, FNX_E_IO, n ? "%s: no rows in it" : "%s: the file is empty", name);
    goto out;
  }
  if ((e = name_columns (&k, s, &names, header)))
    goto out;
  if (s->rows == 0)
    e = c->fail (c, FNX_E_IO, "%s: a header but no rows\nif the first line is data:  header=no", name);
out:
  free (names.cell);
  if (e)
    sheet_free (s);
  return e;
}
