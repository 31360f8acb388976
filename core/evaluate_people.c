/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The summary of an evaluation for people: two decimals, the interval as one
 * thing, how p was found.  Programs get the table as it is.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/evaluate_people.h"

/* The summary's columns, by name; those that it lacks are NULL. */
typedef struct summary {
  int64_t rows;
  const char *const *pipeline, *const *group, *const *metric, *const *p_by, *const *split, *const *chosen;
  const double *value, *sd, *low, *high, *chance, *p;
} summary;

static summary
summary_of (const fnx_buf *b)
{
  const fnx_axis *a = spec_axis (buffer_spec (b), "row");
  summary s = { .rows = a->size };
  const struct {
    const char *name;
    const char *const **texts;
    const double **reals;
  } want[] = {
    { "group", &s.group, NULL }, { "metric", &s.metric, NULL },    { "p_by", &s.p_by, NULL },
    { "value", NULL, &s.value }, { "train/test", &s.split, NULL }, { "chosen", &s.chosen, NULL },
    { "sd", NULL, &s.sd },       { "low95", NULL, &s.low },        { "high95", NULL, &s.high },
    { "p", NULL, &s.p },         { "chance", NULL, &s.chance },    { "pipeline", &s.pipeline, NULL },
  };

  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    const fnx_column *c = axis_column (a, want[i].name);

    if (c && want[i].texts)
      *want[i].texts = c->texts;
    else if (c)
      *want[i].reals = c->reals;
  }
  return s;
}

/* ---- cells ----------------------------------------------------------------------- */

static void
put_text (text_buf *t, const char *text)
{
  text_add (t, text ? text : "n/a");
}

void
people_put_score (text_buf *t, double v)
{
  if (isnan (v))
    text_add (t, "n/a");
  else
    text_addf (t, "%.2f", fabs (v) < 0.005 ? 0.0 : v); /* no -0.00 */
}

void
people_put_p (text_buf *t, double p)
{
  if (isnan (p))
    text_add (t, "n/a");
  else
    text_addf (t, p >= 0.0995 ? "%.2f" : "%.2g", p);
}

/* The one method by which every p was found; NULL if there are several. */
static const char *
one_method (const summary *s)
{
  const char *one = NULL;

  for (int64_t i = 0; i < s->rows; i++)
    if (s->p_by[i]) {
      if (one && strcmp (one, s->p_by[i]))
        return NULL;
      one = s->p_by[i];
    }
  return one;
}

enum { PIPELINE, GROUP, METRIC, VALUE, SD, INTERVAL, CHANCE, P, SPLIT, COLUMNS };

/* What stands in a column of row `i`; of the heading if i < 0. */
static char *
cell (const summary *s, int column, int64_t i, const char *method)
{
  static const char *const heading[COLUMNS]
      = { "pipeline", "group", "metric", "value", "sd", "95 % interval", "chance", "p", "train/test" };
  text_buf t = { 0 };

  if (i < 0 && column == P && method)
    text_addf (&t, "p (%s)", method);
  else if (i < 0)
    text_add (&t, heading[column]);
  else
    switch (column) {
    case PIPELINE:
      put_text (&t, s->pipeline[i]);
      break;
    case GROUP:
      put_text (&t, s->group[i]);
      break;
    case METRIC:
      put_text (&t, s->metric[i]);
      break;
    case VALUE:
      people_put_score (&t, s->value[i]);
      break;
    case SD:
      people_put_score (&t, s->sd[i]);
      break;
    case INTERVAL:
      people_put_score (&t, s->low[i]);
      if (!isnan (s->low[i])) {
        text_add (&t, " .. ");
        people_put_score (&t, s->high[i]);
      }
      break;
    case CHANCE:
      people_put_score (&t, s->chance[i]);
      break;
    case P:
      people_put_p (&t, s->p[i]);
      if (!method && s->p_by[i])
        text_addf (&t, " (%s)", s->p_by[i]);
      break;
    default:
      put_text (&t, s->split[i]);
    }
  return text_take (&t);
}

/* What a search chose stands below: it may be long.  All metrics of a group
 * and pipeline come from the same choice. */
static void
put_chosen (text_buf *t, const summary *s)
{
  for (int64_t i = 0; s->chosen && i < s->rows; i++) {
    const char *group = s->group ? s->group[i] : NULL, *pipeline = s->pipeline ? s->pipeline[i] : NULL;
    bool told = false;

    for (int64_t j = 0; j < i && !told; j++)
      told = (!group || (s->group[j] && !strcmp (s->group[j], group)))
             && (!pipeline || !strcmp (s->pipeline[j], pipeline));
    if (!s->chosen[i] || told)
      continue;
    text_add (t, "chosen");
    if (group || pipeline)
      text_addf (t, " for %s%s%s", pipeline ? pipeline : "", group && pipeline ? ", " : "", group ? group : "");
    text_addf (t, ": %s\n", s->chosen[i]);
  }
}

/* The means over groups say what a comparison says; its groups are in files. */
static bool
is_shown (const summary *s, int64_t i)
{
  return !s->pipeline || !s->group || (s->group[i] && !strcmp (s->group[i], "mean"));
}

static void
put_people (text_buf *t, const summary *s)
{
  bool right[COLUMNS];
  int shown_columns[COLUMNS];
  size_t n = 0, height = 1, at = 0;
  const char *method = one_method (s);
  char **cells;

  for (int64_t i = 0; i < s->rows; i++)
    height += is_shown (s, i);
  for (int c = 0; c < COLUMNS; c++)
    if ((c != GROUP || (s->group && !s->pipeline)) && (c != PIPELINE || s->pipeline)) {
      right[n] = c > METRIC;
      shown_columns[n++] = c;
    }
  cells = calloc (n * height, sizeof *cells);
  t->failed |= !cells;
  for (int64_t i = -1; i < s->rows && !t->failed; i++)
    for (size_t c = 0; c < n && (i < 0 || is_shown (s, i)); c++, at++) {
      cells[at] = cell (s, shown_columns[c], i, method);
      t->failed |= !cells[at];
    }
  if (!t->failed)
    cells_align (t, cells, height, n, right);
  for (size_t i = 0; cells && i < n * height; i++)
    free (cells[i]);
  free (cells);
  put_chosen (t, s);
}

fnx_status
evaluation_print (FILE *to, const evaluation *e, fault *f)
{
  text_buf t = { 0 };
  summary s;
  char *text;

  if (!isatty (fileno (to))) {
    fnx_status st = table_print (to, e->summary, TABLE_TSV, f);

    if (st == FNX_OK && e->pairs) {
      fputs ("\n", to);
      st = table_print (to, e->pairs, TABLE_TSV, f);
    }
    return st;
  }
  s = summary_of (e->summary);
  put_people (&t, &s);
  if (e->pairs)
    pairs_put_people (&t, e->pairs);
  text = text_take (&t);
  if (!text)
    return fault_memory (f);
  fputs (text, to);
  free (text);
  return FNX_OK;
}
