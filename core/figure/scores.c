/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scores of evaluate: a row a group, a dot a fold, the mean, its interval
 * and what chance gives.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/figure/scored.h"

enum { PANEL = 250, GAP = 84, TOP = 86 };

/* The row of a line: groups in the order of the lines. */
static size_t
row_of (const scored_list *l, const scored *x)
{
  size_t row = 0;

  for (const scored *y = l->line; y < x; y++)
    if (!strcmp (y->metric, l->metric[0]) && strcmp (y->group, x->group))
      row++;
    else if (!strcmp (y->metric, l->metric[0]))
      return row;
  return row;
}

static size_t
count_rows (const scored_list *l)
{
  size_t n = 0;

  for (size_t i = 0; i < l->n; i++)
    n += !strcmp (l->line[i].metric, l->metric[0]);
  return n;
}

static void
draw_row (svg *to, const scored *x, const scale *s, double y, double height)
{
  char tip[256], number[32];
  double mean = scale_at (s, x->mean);

  snprintf (tip, sizeof tip, "%s %s %s", x->group, x->metric, short_number (x->mean, 4, number));
  if (!isnan (x->low))
    svg_rect (to, scale_at (s, x->low), y - 3, scale_at (s, x->high) - scale_at (s, x->low), 6,
              (svg_style){ .fill = palette (4), .opacity = 0.55, .tip = "95 % interval" });
  for (size_t k = 0; k < x->n_folds; k++)
    if (!isnan (x->fold[k])) /* equal folds stand beside each other */
      svg_circle (to, scale_at (s, x->fold[k]), y + fmin (2.4, height / 10) * ((double)(k % 5) - 2),
                  height < 16 ? 1.6 : 2.8, (svg_style){ .fill = palette (0), .opacity = 0.75 });
  if (isnan (x->mean))
    return;
  svg_line (to, mean, y - fmin (height * 0.36, 11), mean, y + fmin (height * 0.36, 11),
            (svg_style){ .stroke = palette (1), .width = 3, .tip = tip });
  snprintf (number, sizeof number, "%.3f", x->mean);
  svg_text (to, s->to + 16, y + 4, (svg_font){ .size = fmin (12, height * 0.8), .bold = x->of_groups }, number);
}

char *
figure_scores (const fnx_buf *table, fault *f)
{
  scored_list l;
  svg to = { { 0 } };
  size_t rows;
  double height, labels = 20, end, wide;
  char *whole;
  const char *note;

  if (!scored_read (&l, table, f)) {
    scored_free (&l);
    return NULL;
  }
  rows = count_rows (&l);
  note = rows == 1 ? "Dots: folds. Orange: mean. Blue bar: 95 % interval."
                   : "Dots: folds; in the row of the mean they are the groups. Orange: mean. Blue bar: 95 % interval.";
  height = rows <= 14 ? 34 : rows <= 45 ? 20 : 12;
  for (size_t i = 0; i < l.n; i++)
    labels = fmax (labels, svg_text_width (l.line[i].group, fmin (12, height * 0.8)));
  end = TOP + height * (double)rows;
  figure_head (&to, rows == 1 ? "Scores of the folds" : "Scores of the groups", NULL);
  for (size_t m = 0; m < l.n_metrics; m++) {
    double x0 = FIGURE_MARGIN + labels + 14 + (double)m * (PANEL + GAP);
    scale s = scored_scale (&l, l.metric[m], x0, x0 + PANEL);

    scored_axis (&to, &s, TOP - 4, end, l.metric[m], scored_chance (&l, l.metric[m]));
    for (size_t i = 0; i < l.n; i++) {
      double y = TOP + height * ((double)row_of (&l, &l.line[i]) + 0.5);

      if (strcmp (l.line[i].metric, l.metric[m]))
        continue;
      if (l.line[i].of_groups)
        svg_line (&to, x0, y - height / 2, x0 + PANEL, y - height / 2, (svg_style){ .stroke = SVG_SOFT });
      draw_row (&to, &l.line[i], &s, y, height);
      if (!m)
        svg_text (&to, x0 - 12, y + 4,
                  (svg_font){ .size = fmin (12, height * 0.8), .anchor = "end", .bold = l.line[i].of_groups },
                  l.line[i].group);
    }
  }
  wide = fmax (2 * FIGURE_MARGIN + labels + 14 + (double)l.n_metrics * (PANEL + GAP) - 30, 420);
  end = figure_note (&to, FIGURE_MARGIN, end + 56, wide - 2 * FIGURE_MARGIN, note);
  whole = svg_end (&to, wide, end + 2, rows == 1 ? "Scores of the folds" : "Scores of the groups", note);
  scored_free (&l);
  if (!whole)
    fault_memory (f);
  return whole;
}
