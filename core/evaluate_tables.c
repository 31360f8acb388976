/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A report as tables and as JSON, for files and for standard output.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_lines.h"

/* ---- tables ---------------------------------------------------------------------------- */

/* A table is filled column by column from a function of the row. */
typedef struct filler {
  fnx_buf *b;
  int64_t rows;
  fault *f;
} filler;

static void
add_reals (filler *t, const char *name, const char *unit, const double *v)
{
  const fnx_column c = { .struct_size = sizeof c, .type = FNX_COL_REAL, .name = name, .unit = unit, .reals = v };

  if (t->b && buffer_set_column (t->b, "row", &c, t->f) != FNX_OK) {
    buffer_unref (t->b);
    t->b = NULL;
  }
}

static void
add_texts (filler *t, const char *name, const char *const *v)
{
  const fnx_column c = { .struct_size = sizeof c, .type = FNX_COL_TEXT, .name = name, .texts = v };

  if (t->b && buffer_set_column (t->b, "row", &c, t->f) != FNX_OK) {
    buffer_unref (t->b);
    t->b = NULL;
  }
}

/* Columns under construction: up to 8 of numbers and 6 of texts. */
enum { REALS = 8, TEXTS = 6 };
typedef struct columns {
  double *real[REALS];
  const char **text[TEXTS];
} columns;

static bool
columns_begin (columns *c, int64_t rows)
{
  bool ok = true;

  for (int i = 0; i < REALS; i++)
    ok = (c->real[i] = calloc ((size_t)rows + 1, sizeof **c->real)) && ok;
  for (int i = 0; i < TEXTS; i++)
    ok = (c->text[i] = calloc ((size_t)rows + 1, sizeof **c->text)) && ok;
  return ok;
}

static void
columns_end (columns *c)
{
  for (int i = 0; i < REALS; i++)
    free (c->real[i]);
  for (int i = 0; i < TEXTS; i++)
    free (c->text[i]);
}

static bool
several_groups (const report *r)
{
  for (size_t i = 0; i < r->n; i++)
    if (*r->lines[i].group)
      return true;
  return false;
}

static bool
searched (const report *r)
{
  return r->n_searches > 0;
}

static bool
names_choices (const report *r)
{
  for (size_t i = 0; i < r->n; i++)
    if (r->lines[i].chosen)
      return true;
  return false;
}

static bool
names_tested (const report *r)
{
  return r->n && r->lines[0].tested;
}

static bool
several_pipelines (const report *r)
{
  return r->n && r->lines[0].pipeline;
}

static fnx_buf *
scores_table (const report *r, fault *f)
{
  filler t = { .f = f };
  columns c = { { NULL }, { NULL } };
  int64_t at = 0;

  for (size_t i = 0; i < r->n; i++)
    t.rows += r->lines[i].mean_of_groups ? 0 : (int64_t)r->lines[i].n_folds;
  t.b = buffer_table (t.rows, f);
  if (!columns_begin (&c, t.rows) && t.b) {
    buffer_unref (t.b);
    t.b = NULL;
    fault_memory (f);
  }
  for (size_t i = 0; t.b && i < r->n; i++) {
    const line *l = &r->lines[i];

    for (size_t k = 0; k < l->n_folds && !l->mean_of_groups; k++, at++) {
      c.text[0][at] = *l->group ? l->group : NULL;
      c.text[3][at] = l->pipeline;
      c.text[1][at] = l->metric->name;
      c.text[2][at] = l->chosen ? l->chosen[k] : NULL;
      c.text[4][at] = l->tested ? l->tested[k] : NULL;
      c.real[0][at] = (double)l->fold[k];
      c.real[1][at] = l->value[k];
      c.real[2][at] = (double)l->n_train[k];
      c.real[3][at] = (double)l->n_test[k];
    }
  }
  if (several_pipelines (r))
    add_texts (&t, "pipeline", c.text[3]);
  if (several_groups (r))
    add_texts (&t, "group", c.text[0]);
  add_reals (&t, "fold", "1", c.real[0]);
  if (names_tested (r))
    add_texts (&t, "tested", c.text[4]);
  add_texts (&t, "metric", c.text[1]);
  add_reals (&t, "value", "1", c.real[1]);
  add_reals (&t, "n_train", "1", c.real[2]);
  add_reals (&t, "n_test", "1", c.real[3]);
  if (names_choices (r))
    add_texts (&t, "chosen", c.text[2]);
  columns_end (&c);
  return t.b;
}

/* "36", or "35..36" where folds differ. */
static int
range_text (char *text, size_t room, const int64_t *v, size_t n)
{
  int64_t least = v[0], most = v[0];

  for (size_t i = 1; i < n; i++) {
    least = v[i] < least ? v[i] : least;
    most = v[i] > most ? v[i] : most;
  }
  return least == most ? snprintf (text, room, "%" PRId64, least)
                       : snprintf (text, room, "%" PRId64 "..%" PRId64, least, most);
}

/* Is k the last part of its fold? */
static bool
ends_fold (const line *l, size_t k)
{
  return k + 1 == l->n_folds || l->fold[k + 1] != l->fold[k];
}

/* "augcov.order=4 augcov.lag=2 (3 of 5 folds); ...", in the order of the folds. */
static char *
choices_text (const line *l)
{
  text_buf t = { NULL, 0, 0, false };
  size_t n = 0;

  for (size_t k = 0; k < l->n_folds; k++)
    n += ends_fold (l, k);
  for (size_t k = 0; k < l->n_folds; k++) {
    size_t times = 0, first = l->n_folds;

    for (size_t j = l->n_folds; j-- > 0;)
      if (!strcmp (l->chosen[j], l->chosen[k])) {
        times += ends_fold (l, j);
        first = j;
      }
    if (first == k)
      text_addf (&t, "%s%s (%zu of %zu folds)", k ? "; " : "", l->chosen[k], times, n);
  }
  return text_take (&t);
}

static fnx_buf *
summary_table (const report *r, fault *f)
{
  filler t = { .f = f, .rows = (int64_t)r->n };
  columns c = { { NULL }, { NULL } };
  char (*split)[96] = calloc (r->n + 1, sizeof *split), **chosen = calloc (r->n + 1, sizeof *chosen);

  t.b = buffer_table (t.rows, f);
  if ((!columns_begin (&c, t.rows) || !split || !chosen) && t.b) {
    buffer_unref (t.b);
    t.b = NULL;
    fault_memory (f);
  }
  for (size_t i = 0; t.b && i < r->n; i++) {
    const line *l = &r->lines[i];

    c.text[0][i] = *l->group ? l->group : NULL;
    c.text[5][i] = l->pipeline;
    c.text[1][i] = l->metric->name;
    c.text[2][i] = l->sum.p_by;
    if (l->n_folds && l->n_train[0]) {
      size_t at = (size_t)range_text (split[i], sizeof *split, l->n_train, l->n_folds);

      split[i][at++] = '/';
      range_text (split[i] + at, sizeof *split - at, l->n_test, l->n_folds);
      c.text[3][i] = split[i];
    }
    if (l->chosen)
      c.text[4][i] = chosen[i] = choices_text (l);
    c.real[0][i] = l->sum.mean;
    c.real[1][i] = l->sum.sd;
    c.real[2][i] = l->sum.low;
    c.real[3][i] = l->sum.high;
    c.real[4][i] = l->sum.chance;
    c.real[5][i] = l->sum.p;
  }
  if (several_pipelines (r))
    add_texts (&t, "pipeline", c.text[5]);
  if (several_groups (r))
    add_texts (&t, "group", c.text[0]);
  add_texts (&t, "metric", c.text[1]);
  add_reals (&t, "value", "1", c.real[0]);
  add_reals (&t, "sd", "1", c.real[1]);
  add_reals (&t, "low95", "1", c.real[2]);
  add_reals (&t, "high95", "1", c.real[3]);
  add_reals (&t, "chance", "1", c.real[4]);
  add_reals (&t, "p", "1", c.real[5]);
  add_texts (&t, "p_by", c.text[2]);
  add_texts (&t, "train/test", c.text[3]);
  if (names_choices (r))
    add_texts (&t, "chosen", c.text[4]);
  columns_end (&c);
  for (size_t i = 0; chosen && i < r->n; i++)
    free (chosen[i]);
  free (chosen);
  free (split);
  return t.b;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* "augcov.order=4 svm.c=1" as {"augcov.order":"4","svm.c":"1"}. */
static void
put_chosen (text_buf *to, const char *chosen)
{
  size_t n;
  char *name;

  text_add (to, "{");
  for (const char *p = chosen ? chosen : ""; *p; p += n + (p[n] == ' ')) {
    const char *eq = strchr (p, '=');

    n = strcspn (p, " ");
    if (p != chosen)
      text_add (to, ",");
    name = strndup (p, (size_t)(eq - p));
    text_json (to, name ? name : "");
    free (name);
    text_add (to, ":");
    name = strndup (eq + 1, n - (size_t)(eq + 1 - p));
    text_json (to, name ? name : "");
    free (name);
  }
  text_add (to, "}");
}

static void
put_text (text_buf *to, const char *key, const char *v)
{
  text_addf (to, ",\"%s\":", key);
  text_json (to, v);
}

static void
put_number (text_buf *to, const char *key, double v)
{
  text_addf (to, ",\"%s\":", key);
  text_json_number (to, v);
}

/* One object if all folds chose alike, else one a fold. */
static void
put_params (text_buf *to, const line *l)
{
  bool same = true;

  for (size_t k = 1; l->chosen && k < l->n_folds; k++)
    same = same && !strcmp (l->chosen[k], l->chosen[0]);
  if (same) {
    put_chosen (to, l->chosen && l->n_folds ? l->chosen[0] : NULL);
    return;
  }
  for (size_t k = 0; k < l->n_folds; k++) {
    text_add (to, k ? "," : "[");
    put_chosen (to, l->chosen[k]);
  }
  text_add (to, "]");
}

/* What each of the folds left out: "S1", "S1/2". */
static void
put_tested (text_buf *to, const line *l)
{
  for (size_t k = 0; l->tested && k < l->n_folds; k++) {
    text_add (to, k ? "," : ",\"tested\":[");
    text_json (to, l->tested[k] ? l->tested[k] : "");
  }
  if (l->tested && l->n_folds)
    text_add (to, "]");
}

void
line_put_json (text_buf *to, const report *r, const line *l)
{
  text_add (to, "{\"result\":\"scores\"");
  put_text (to, "step", r->step);
  if (l->pipeline)
    put_text (to, "pipeline", l->pipeline);
  put_text (to, "group", *l->group ? l->group : "all");
  put_text (to, "metric", l->metric->name);
  if (l->mean_of_groups)
    text_add (to, ",\"mean_of_groups\":true");
  put_number (to, "mean", l->sum.mean);
  put_number (to, "sd", l->sum.sd);
  text_add (to, ",\"folds\":[");
  for (size_t k = 0; k < l->n_folds; k++) {
    text_add (to, k ? "," : "");
    text_json_number (to, l->value[k]);
  }
  text_add (to, "]");
  put_tested (to, l);
  put_number (to, "n", (double)l->n);
  put_number (to, "chance", l->sum.chance);
  put_number (to, "low95", l->sum.low);
  put_number (to, "high95", l->sum.high);
  put_number (to, "p", l->sum.p);
  if (l->sum.p_by)
    put_text (to, "p_by", l->sum.p_by);
  text_add (to, ",\"params\":");
  put_params (to, l);
  text_add (to, "}");
}

size_t
report_json (const report *r, char ***lines)
{
  *lines = calloc (r->n + 1, sizeof **lines);
  for (size_t i = 0; *lines && i < r->n; i++) {
    text_buf t = { NULL, 0, 0, false };

    line_put_json (&t, r, &r->lines[i]);
    (*lines)[i] = text_take (&t);
    if (!(*lines)[i])
      return i;
  }
  return *lines ? r->n : 0;
}

/* ---- all of it -------------------------------------------------------------------------------- */

/* A table with the metadata of what was evaluated; consumes `b`. */
static fnx_buf *
with_meta (fnx_buf *b, const fnx_buf *src, const char *scores, const char *searches, const char *pairs, fault *f)
{
  fnx_status st = FNX_OK;

  for (size_t i = 0; b && st == FNX_OK && buffer_meta_key (src, i); i++)
    st = buffer_set_meta (b, buffer_meta_key (src, i), buffer_meta (src, buffer_meta_key (src, i)));
  if (b && st == FNX_OK)
    st = buffer_set_meta (b, SCORES_META, scores);
  if (b && st == FNX_OK && searches)
    st = buffer_set_meta (b, SEARCH_META, searches);
  if (b && st == FNX_OK && pairs)
    st = buffer_set_meta (b, PAIRS_META, pairs);
  if (st == FNX_OK)
    return b;
  buffer_unref (b);
  fault_memory (f);
  return NULL;
}

/* The summary's lines as one JSON array. */
static char *
scores_meta (const report *r)
{
  text_buf t = { NULL, 0, 0, false };

  for (size_t i = 0; i < r->n; i++) {
    text_add (&t, i ? "," : "[");
    line_put_json (&t, r, &r->lines[i]);
  }
  text_add (&t, r->n ? "]" : "[]");
  return text_take (&t);
}

static char *
searches_meta (const report *r)
{
  text_buf t = { NULL, 0, 0, false };

  search_put_json (&t, r->searches, r->n_searches);
  return text_take (&t);
}

fnx_status
report_tables (const report *r, const fnx_buf *src, const char *pairs, const fnx_buf **scores, const fnx_buf **found,
               const fnx_buf **summary, fault *f)
{
  char *lines = scores_meta (r), *searches = searched (r) ? searches_meta (r) : NULL;
  bool ok = lines && (searches || !searched (r));

  if (!ok)
    fault_memory (f);
  if (ok)
    ok = (*scores = with_meta (scores_table (r, f), src, lines, searches, pairs, f));
  if (ok && searched (r))
    ok = (*found = with_meta (search_table (r->searches, r->n_searches, f), src, lines, searches, pairs, f));
  if (ok)
    ok = (*summary = summary_table (r, f));
  free (lines);
  free (searches);
  return ok ? FNX_OK : f->code;
}
