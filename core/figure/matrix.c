/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A matrix as a heat map: connectivity, a mean covariance.  Signed values get
 * a diverging map with zero in its middle; large matrices are shown as the
 * means of square blocks.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/figure/figure.h"

enum { MOST_CELLS = 160, SIDE = 520, LABELLED = 48 };

static const char *
label_of (const fnx_axis *a, int64_t i, char text[32])
{
  if (a->labels)
    return a->labels[i];
  snprintf (text, 32, "%lld", (long long)i + 1);
  return text;
}

/* The mean of block (i, j), `block` a side, of v[rows][columns]; NaN are left
 * out. */
static double
block_mean (const double *v, int64_t rows, int64_t columns, int64_t block, int64_t i, int64_t j)
{
  double sum = 0;
  int64_t n = 0;

  for (int64_t a = i * block; a < (i + 1) * block && a < rows; a++)
    for (int64_t b = j * block; b < (j + 1) * block && b < columns; b++)
      if (!isnan (v[a * columns + b])) {
        sum += v[a * columns + b];
        n++;
      }
  return n ? sum / (double)n : NAN;
}

/* What the colours span: the diagonal of a matrix of each with each is left
 * out, as it would hide the rest. */
static void
range_of (const double *cell, int64_t rows, int64_t columns, bool square, double *low, double *high)
{
  *low = INFINITY;
  *high = -INFINITY;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      if ((!square || i != j) && isfinite (cell[i * columns + j])) {
        *low = fmin (*low, cell[i * columns + j]);
        *high = fmax (*high, cell[i * columns + j]);
      }
}

static void
draw_labels (svg *to, const fnx_axis *a, bool down, double x, double y, double side)
{
  int64_t every = 1;
  double size = fmin (12, fmax (7, side * 0.8));
  char text[32];

  while ((double)every * side < 9 || a->size / every > LABELLED)
    every++;
  for (int64_t i = 0; i < a->size; i += every) {
    double at = ((double)i + 0.5) * side;

    if (down)
      svg_text (to, x - 6, y + at + size * 0.35, (svg_font){ .size = size, .anchor = "end" }, label_of (a, i, text));
    else
      svg_text (to, x + at + size * 0.35, y - 6, (svg_font){ .size = size, .upwards = true }, label_of (a, i, text));
  }
}

static double
widest_label (const fnx_axis *a)
{
  double most = 0;
  char text[32];

  for (int64_t i = 0; i < a->size; i++)
    most = fmax (most, svg_text_width (label_of (a, i, text), 12));
  return fmin (most, 120);
}

static void
draw_cells (svg *to, const double *cell, int64_t rows, int64_t columns, double x0, double y0, double side,
            const scale *s, bool diverging)
{
  char hex[8];

  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0, k; j < columns; j = k) { /* a run of one colour is one rectangle */
      char first[8];
      double t = (cell[i * columns + j] - s->low) / (s->high - s->low);

      strcpy (first, diverging ? colour_diverging (t, hex) : colour_sequential (t, hex));
      for (k = j + 1; k < columns; k++) {
        t = (cell[i * columns + k] - s->low) / (s->high - s->low);
        if (strcmp (first, diverging ? colour_diverging (t, hex) : colour_sequential (t, hex)))
          break;
      }
      /* each a little larger, so that no gap shines through */
      svg_rect (to, x0 + (double)j * side, y0 + (double)i * side, (double)(k - j) * side + (k < columns ? 0.4 : 0),
                side + (i + 1 < rows ? 0.4 : 0), (svg_style){ .fill = first });
    }
}

char *
figure_matrix (const fnx_buf *b, fault *f)
{
  const fnx_spec *spec = buffer_spec (b);
  const fnx_axis *down = spec->axes[0], *across = spec->axes[1];
  bool square = !strcmp (down->name, across->name) && down->size == across->size, diverging;
  int64_t longest = down->size > across->size ? down->size : across->size,
          block = (longest + MOST_CELLS - 1) / MOST_CELLS, rows, columns;
  const double *v = buffer_read (b)->data;
  double *cell, low, high, side, x0, y0, wide, end;
  svg to = { { 0 } };
  char title[160], note[200], unit[64], *whole;
  scale s;

  block = block < 1 ? 1 : block;
  rows = (down->size + block - 1) / block;
  columns = (across->size + block - 1) / block;
  cell = calloc ((size_t)(rows * columns) + 1, sizeof *cell);
  if (!cell) {
    fault_memory (f);
    return NULL;
  }
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      cell[i * columns + j] = block_mean (v, down->size, across->size, block, i, j);
  range_of (cell, rows, columns, square, &low, &high);
  diverging = low < 0 && high > 0;
  if (diverging) {
    high = fmax (-low, high);
    low = -high;
  }
  s = scale_round (low, high, 4, 0, 1);
  side = fmin (fmax (SIDE / (double)(rows > columns ? rows : columns), 1), 40);
  x0 = FIGURE_MARGIN + widest_label (down) + 8;
  y0 = 48 + widest_label (across) + 8;
  snprintf (title, sizeof title, "%s, %s by %s", spec->kind, down->name, across->name);
  title[0] = (char)(title[0] >= 'a' && title[0] <= 'z' ? title[0] - 32 : title[0]);
  figure_head (&to, title, NULL);
  draw_cells (&to, cell, rows, columns, x0, y0, side, &s, diverging);
  draw_labels (&to, down, true, x0, y0, side / (double)block);
  draw_labels (&to, across, false, x0, y0, side / (double)block);
  colour_bar (&to, x0 + side * (double)columns + 26, y0 + 12, fmax (fmin (side * (double)rows - 12, 220), 70), &s,
              diverging ? colour_diverging : colour_sequential, unit_shown (spec->unit, unit));
  wide = fmax (x0 + side * (double)columns + 96 + FIGURE_MARGIN, 320);
  snprintf (note, sizeof note, "%lld x %lld%s%s", (long long)down->size, (long long)across->size,
            block > 1 ? ", shown as means of blocks" : "", square ? "; the diagonal does not set the colours" : "");
  end = figure_note (&to, FIGURE_MARGIN, y0 + side * (double)rows + 24, wide - 2 * FIGURE_MARGIN, note);
  whole = svg_end (&to, wide, end + 2, title, note);
  free (cell);
  if (!whole)
    fault_memory (f);
  return whole;
}
