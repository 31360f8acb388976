/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_report.h"
#include "core/figure/scored.h"

static double
number (const json_t *line, const char *key)
{
  const json_t *v = json_object_get (line, key);

  return json_is_number (v) ? json_number_value (v) : NAN;
}

static bool
known_metric (const scored_list *l, const char *name)
{
  for (size_t i = 0; i < l->n_metrics; i++)
    if (!strcmp (l->metric[i], name))
      return true;
  return false;
}

/* One line into the list, its folds behind those before. */
static bool
read_line (scored_list *l, const json_t *from, double **folds)
{
  scored *s = &l->line[l->n];
  const json_t *list = json_object_get (from, "folds"), *v;
  size_t i;

  *s = (scored){ .pipeline = json_string_value (json_object_get (from, "pipeline")),
                 .group = json_string_value (json_object_get (from, "group")),
                 .metric = json_string_value (json_object_get (from, "metric")),
                 .mean = number (from, "mean"),
                 .low = number (from, "low95"),
                 .high = number (from, "high95"),
                 .chance = number (from, "chance"),
                 .fold = *folds,
                 .n_folds = json_array_size (list) };
  if (!s->group || !s->metric)
    return false;
  json_array_foreach (list, i, v) { *(*folds)++ = json_is_number (v) ? json_number_value (v) : NAN; }
  s->of_groups = json_is_true (json_object_get (from, "mean_of_groups"));
  if (!known_metric (l, s->metric))
    l->metric[l->n_metrics++] = s->metric;
  l->n++;
  return true;
}

bool
scored_read (scored_list *l, const fnx_buf *table, fault *f)
{
  const char *json = buffer_meta (table, SCORES_META);
  size_t n_folds = 0, n;
  double *at;
  bool ok;

  *l = (scored_list){ .json = json ? json_loads (json, 0, NULL) : NULL };
  n = json_array_size (l->json);
  if (!n) {
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
               "a picture of a table is one of scores, and this table has none\nput it behind evaluate or compare");
    return false;
  }
  for (size_t i = 0; i < n; i++)
    n_folds += json_array_size (json_object_get (json_array_get (l->json, i), "folds"));
  l->line = calloc (n, sizeof *l->line);
  l->metric = calloc (n, sizeof *l->metric);
  l->folds = at = calloc (n_folds + 1, sizeof *l->folds);
  ok = l->line && l->metric && l->folds;
  if (!ok)
    fault_memory (f);
  for (size_t i = 0; ok && i < n; i++)
    if (!(ok = read_line (l, json_array_get (l->json, i), &at)))
      fault_set (f, EXIT_DATA, FNX_E_DATA, "the metadata \"" SCORES_META "\" are no summary of scores");
  return ok;
}

void
scored_free (scored_list *l)
{
  json_decref (l->json);
  free (l->line);
  free (l->metric);
  free (l->folds);
}

double
scored_chance (const scored_list *l, const char *name)
{
  double sum = 0;
  size_t n = 0;

  for (size_t i = 0; i < l->n; i++)
    if (!strcmp (l->line[i].metric, name) && !isnan (l->line[i].chance)) {
      sum += l->line[i].chance;
      n++;
    }
  return n ? sum / (double)n : NAN;
}

scale
scored_scale (const scored_list *l, const char *name, double from, double to)
{
  double low = INFINITY, high = -INFINITY, chance = scored_chance (l, name);
  scale s;

  for (size_t i = 0; i < l->n; i++) {
    const scored *x = &l->line[i];

    if (strcmp (x->metric, name))
      continue;
    low = fmin (fmin (low, x->mean), fmin (x->low, x->high));
    high = fmax (fmax (high, x->mean), fmax (x->low, x->high));
    for (size_t k = 0; k < x->n_folds; k++) {
      low = fmin (low, x->fold[k]);
      high = fmax (high, x->fold[k]);
    }
  }
  low = fmin (low, chance);
  high = fmax (high, chance);
  s = scale_round (low, high, 8, from, to);
  if (s.high > 1 && high <= 1) {
    s.high = 1;
    s.low = 1 - ceil ((1 - s.low) / s.step - 1e-9) * s.step;
  }
  return s;
}

void
scored_axis (svg *to, const scale *s, double y, double end, const char *name, double chance)
{
  double v;
  char text[32];

  svg_text (to, s->from, y - 12, (svg_font){ .size = 13, .bold = true }, name);
  for (int i = 0; scale_tick (s, i, &v, text); i++) {
    svg_line (to, scale_at (s, v), y, scale_at (s, v), end, (svg_style){ .stroke = SVG_RULE });
    svg_text (to, scale_at (s, v), end + 16, (svg_font){ .size = 11, .anchor = "middle", .colour = SVG_SOFT }, text);
  }
  if (isnan (chance))
    return;
  svg_line (to, scale_at (s, chance), y - 4, scale_at (s, chance), end,
            (svg_style){ .stroke = SVG_SOFT, .width = 1.5, .dash = "5 4", .tip = "chance" });
  svg_text (to, scale_at (s, chance), end + 30, (svg_font){ .size = 11, .anchor = "middle", .colour = SVG_SOFT },
            "chance");
}
