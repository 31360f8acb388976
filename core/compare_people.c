/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pairs of pipelines as people read them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_people.h"

enum { BETTER, THAN, DATASET, METRIC, DIFFERENCE, EFFECT, P, HOLM, N, TEST, COLUMNS };
static const char *const heading[COLUMNS]
    = { "better", "than", "dataset", "metric", "difference", "effect", "p", "Holm, two-sided", "n", "test" };

static const fnx_column *
column (const fnx_buf *b, const char *name)
{
  return buffer_column (b, "row", name);
}

static double
real (const fnx_buf *b, const char *name, int64_t i)
{
  return column (b, name)->reals[i];
}

static const char *
text (const fnx_buf *b, const char *name, int64_t i)
{
  const char *t = column (b, name)->texts[i];

  return t ? t : "n/a";
}

static char *
cell (const fnx_buf *b, int k, int64_t i)
{
  text_buf t = { 0 };

  if (i < 0)
    text_add (&t, heading[k]);
  else
    switch (k) {
    case BETTER:
      text_add (&t, text (b, "pipeline", i));
      break;
    case THAN:
      text_add (&t, text (b, "versus", i));
      break;
    case DATASET:
      text_add (&t, text (b, "dataset", i));
      break;
    case METRIC:
      text_add (&t, text (b, "metric", i));
      break;
    case DIFFERENCE:
      people_put_score (&t, real (b, "difference", i));
      break;
    case EFFECT:
      people_put_score (&t, real (b, "effect", i));
      break;
    case P:
      people_put_p (&t, real (b, "p", i));
      break;
    case HOLM:
      people_put_p (&t, real (b, "p_holm", i));
      break;
    case N:
      text_addf (&t, "%.0f %s", real (b, "n", i), text (b, "unit", i));
      break;
    default:
      text_add (&t, text (b, "test", i));
    }
  return text_take (&t);
}

void
pairs_put_people (text_buf *t, const fnx_buf *b)
{
  int64_t rows = spec_axis (buffer_spec (b), "row")->size;
  bool right[COLUMNS], datasets = column (b, "dataset"), of_folds = false;
  int shown_columns[COLUMNS];
  size_t n = 0, height = (size_t)rows + 1;
  char **cells;

  for (int k = 0; k < COLUMNS; k++)
    if (k != DATASET || datasets) {
      right[n] = k >= DIFFERENCE && k < N;
      shown_columns[n++] = k;
    }
  cells = calloc (n * height, sizeof *cells);
  t->failed |= !cells;
  for (size_t i = 0; i < n * height && !t->failed; i++) {
    cells[i] = cell (b, shown_columns[i % n], (int64_t)(i / n) - 1);
    t->failed |= !cells[i];
  }
  text_add (t, "\n");
  if (!t->failed)
    cells_align (t, cells, height, n, right);
  for (size_t i = 0; cells && i < n * height; i++)
    free (cells[i]);
  free (cells);
  for (int64_t i = 0; i < rows; i++)
    of_folds |= !strcmp (text (b, "unit", i), "folds");
  if (of_folds)
    text_add (t, "folds share training items: the t test is corrected for that, and speaks of these recordings only\n");
}
