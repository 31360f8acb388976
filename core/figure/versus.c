/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scores of compare: a row a pipeline, a dot a subject (or group, or fold)
 * and a thin line between the dots that are the same one; the means; and below
 * what the statistics of each pair say.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_report.h"
#include "core/figure/scored.h"

enum { PANEL = 300, ONE_PANEL = 440, GAP = 90, TOP = 86, ROW = 54, MOST_PAIRS = 10 };

typedef struct versus {
  scored_list l;
  const char **pipeline;
  size_t n_pipelines;
  bool groups; /* several: their means are the dots, else the folds */
} versus;

static bool
begin (versus *v, const fnx_buf *table, fault *f)
{
  *v = (versus){ .pipeline = NULL };
  if (!scored_read (&v->l, table, f))
    return false;
  v->pipeline = calloc (v->l.n + 1, sizeof *v->pipeline);
  if (!v->pipeline) {
    fault_memory (f);
    return false;
  }
  for (size_t i = 0; i < v->l.n; i++) {
    const char *name = v->l.line[i].pipeline ? v->l.line[i].pipeline : "";
    size_t k = 0;

    while (k < v->n_pipelines && strcmp (v->pipeline[k], name))
      k++;
    if (k == v->n_pipelines)
      v->pipeline[v->n_pipelines++] = name;
    v->groups |= v->l.line[i].of_groups;
  }
  return true;
}

/* The line of a pipeline whose folds are the dots: where there are groups that
 * of their mean. */
static const scored *
line_of (const versus *v, const char *name, size_t k)
{
  for (size_t i = 0; i < v->l.n; i++) {
    const scored *x = &v->l.line[i];

    if (!strcmp (x->metric, name) && x->of_groups == v->groups
        && !strcmp (x->pipeline ? x->pipeline : "", v->pipeline[k]))
      return x;
  }
  return NULL;
}

/* Equal scores must not hide each other: dot i of n stands a little off the line. */
static double
offset (size_t i)
{
  return 3.2 * ((double)(i * 2 % 5) - 2);
}

static void
draw_lines (svg *to, const versus *v, const char *name, const scale *s)
{
  const scored *first = line_of (v, name, 0);
  size_t n = first ? first->n_folds : 0;
  double *xy = calloc (2 * v->n_pipelines + 2, sizeof *xy);

  to->body.failed |= !xy;
  for (size_t i = 0; xy && i < n; i++) {
    for (size_t k = 0; k < v->n_pipelines; k++) {
      const scored *x = line_of (v, name, k);

      xy[2 * k] = x && i < x->n_folds ? scale_at (s, x->fold[i]) : NAN;
      xy[2 * k + 1] = TOP + ROW * ((double)k + 0.5) + offset (i);
    }
    svg_lines (to, xy, v->n_pipelines, (svg_style){ .stroke = "#9aa0a6", .width = 1, .opacity = n > 60 ? 0.3 : 0.6 });
  }
  free (xy);
}

static void
draw_row (svg *to, const versus *v, const char *name, size_t k, const scale *s)
{
  const scored *x = line_of (v, name, k);
  double y = TOP + ROW * ((double)k + 0.5);
  char number[32];

  if (x && !isnan (x->mean)) { /* behind the dots: it must hide none */
    svg_line (to, scale_at (s, x->mean), y - 18, scale_at (s, x->mean), y + 18,
              (svg_style){ .stroke = "#000000", .width = 3.5, .tip = "mean" });
    snprintf (number, sizeof number, "%.3f", x->mean);
    svg_text (to, s->to + 12, y + 4, (svg_font){ .bold = true }, number);
  }
  for (size_t i = 0; x && i < x->n_folds; i++)
    if (!isnan (x->fold[i]))
      svg_circle (to, scale_at (s, x->fold[i]), y + offset (i), 3.6,
                  (svg_style){ .fill = palette (k), .stroke = "#ffffff", .width = 0.8, .opacity = 0.9 });
}

static double
number (const json_t *x, const char *key)
{
  return json_is_number (json_object_get (x, key)) ? json_number_value (json_object_get (x, key)) : NAN;
}

static const char *
text (const json_t *x, const char *key)
{
  const char *t = json_string_value (json_object_get (x, key));

  return t ? t : "";
}

/* "ts+svm over mdm: auc +0.031, effect 0.73, p 0.17, Holm 1 (permutation, 9 subjects)" */
static double
draw_pairs (svg *to, const fnx_buf *table, double y, double width)
{
  const char *meta = buffer_meta (table, PAIRS_META);
  json_t *list = meta ? json_loads (meta, 0, NULL) : NULL, *x;
  size_t i, n = json_array_size (list);

  json_array_foreach (list, i, x)
  {
    char line[600], a[32], b[32], c[32];
    const char *dataset = text (x, "dataset");

    if (i == MOST_PAIRS && n > MOST_PAIRS + 1) {
      snprintf (line, sizeof line, "and %zu more pairs:  ! write pairs.tsv in=@pairs", n - i);
      y = figure_note (to, FIGURE_MARGIN, y, width, line);
      break;
    }
    snprintf (line, sizeof line, "%s over %s%s%s: %s %+.3f, effect %s, p %s, two-sided by Holm %s (%s, %.0f %s)",
              text (x, "pipeline"), text (x, "versus"), *dataset ? ", data set " : "", dataset, text (x, "metric"),
              number (x, "difference"), short_number (number (x, "effect"), 2, a), short_number (number (x, "p"), 2, b),
              short_number (number (x, "p_holm"), 2, c), text (x, "test"), number (x, "n"), text (x, "unit"));
    y = figure_note (to, FIGURE_MARGIN, y, width, line);
  }
  json_decref (list);
  return y;
}

static char *
draw (const versus *v, const fnx_buf *table)
{
  svg to = { { 0 } };
  double panel = v->l.n_metrics == 1 ? ONE_PANEL : PANEL, labels = 20, end = TOP + ROW * (double)v->n_pipelines, wide;
  const char *note = v->groups ? "Dots: groups, joined by lines. Black: mean. Below: p is one-sided."
                               : "Dots: folds, joined by lines. Black: mean. Below: p is one-sided.";

  for (size_t k = 0; k < v->n_pipelines; k++)
    labels = fmax (labels, svg_text_width (v->pipeline[k], 14.5));
  figure_head (&to, "Pipelines on the same folds", NULL);
  for (size_t m = 0; m < v->l.n_metrics; m++) {
    double x0 = FIGURE_MARGIN + labels + 18 + (double)m * (panel + GAP);
    scale s = scored_scale (&v->l, v->l.metric[m], x0, x0 + panel);

    scored_axis (&to, &s, TOP - 4, end, v->l.metric[m], scored_chance (&v->l, v->l.metric[m]));
    draw_lines (&to, v, v->l.metric[m], &s);
    for (size_t k = 0; k < v->n_pipelines; k++) {
      draw_row (&to, v, v->l.metric[m], k, &s);
      if (!m)
        svg_text (&to, x0 - 16, TOP + ROW * ((double)k + 0.5) + 4,
                  (svg_font){ .size = 13, .anchor = "end", .colour = palette (k), .bold = true }, v->pipeline[k]);
    }
  }
  wide = fmax (2 * FIGURE_MARGIN + labels + 18 + (double)v->l.n_metrics * (panel + GAP) - 30, 640);
  end = figure_note (&to, FIGURE_MARGIN, end + 58, wide - 2 * FIGURE_MARGIN, note);
  end = draw_pairs (&to, table, end + 6, wide - 2 * FIGURE_MARGIN);
  return svg_end (&to, wide, end + 2, "Pipelines on the same folds", note);
}

char *
figure_compare (const fnx_buf *table, fault *f)
{
  versus v;
  char *whole = NULL;

  if (begin (&v, table, f)) {
    whole = draw (&v, table);
    if (!whole)
      fault_memory (f);
  }
  free (v.pipeline);
  scored_free (&v.l);
  return whole;
}
