/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One line a channel along frequency or time: a spectrum on a logarithmic
 * scale, signals one below the other.  What is longer than the picture is
 * drawn as the least and the largest value of each pixel column.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/figure/figure.h"
#include "core/spec.h"

enum { WIDTH = 640, HEIGHT = 340, NAMED = 8, TRACES = 96 };

/* x, y of one line: at most two points for each pixel column. */
static size_t
points (const fnx_axis *a, const double *v, int64_t n, const scale *sx, const scale *sy, double *xy)
{
  size_t k = 0;
  int64_t block = n / WIDTH > 1 ? n / WIDTH : 1;

  for (int64_t i = 0; i < n; i += block) {
    double low = NAN, high = NAN, x = scale_at (sx, axis_position (a, i));

    for (int64_t j = i; j < i + block && j < n; j++) {
      low = fmin (low, v[j]);
      high = fmax (high, v[j]);
    }
    xy[2 * k] = x;
    xy[2 * k++ + 1] = scale_at (sy, low);
    if (high > low) {
      xy[2 * k] = x;
      xy[2 * k++ + 1] = scale_at (sy, high);
    }
  }
  return k;
}

/* The whole axis from its first to its last position, ticks at round numbers. */
static scale
along_of (const fnx_axis *a, double from, double to)
{
  double first = axis_position (a, 0), last = axis_position (a, a->size - 1);

  return (scale){ .low = first, .high = last > first ? last : first + 1, .from = from, .to = to };
}

static void
draw_x (svg *to, const fnx_axis *a, const scale *s, double y, double end)
{
  scale ticks = scale_round (s->low, s->high, 8, s->from, s->to);
  double v;
  char text[64];

  for (int i = 0; scale_tick (&ticks, i, &v, text); i++) {
    if (scale_at (s, v) < s->from - 0.01 || scale_at (s, v) > s->to + 0.01)
      continue;
    svg_line (to, scale_at (s, v), y, scale_at (s, v), end, (svg_style){ .stroke = SVG_RULE });
    svg_text (to, scale_at (s, v), end + 16, (svg_font){ .size = 11, .anchor = "middle", .colour = SVG_SOFT }, text);
  }
  snprintf (text, sizeof text, a->unit ? "%s (%s)" : "%s", !strcmp (a->name, "freq") ? "frequency" : a->name,
            a->unit ? a->unit : "");
  svg_text (to, (s->from + s->to) / 2, end + 34, (svg_font){ .anchor = "middle", .colour = SVG_SOFT }, text);
}

static void
draw_y (svg *to, const scale *s, double x, double end, const char *unit)
{
  double v;
  char text[32], name[64];

  for (int i = 0; scale_tick (s, i, &v, text); i++) {
    svg_line (to, x, scale_at (s, v), end, scale_at (s, v), (svg_style){ .stroke = SVG_RULE });
    svg_text (to, x - 8, scale_at (s, v) + 4, (svg_font){ .size = 11, .anchor = "end", .colour = SVG_SOFT }, text);
  }
  svg_text (to, x, s->to - 10, (svg_font){ .size = 11, .colour = SVG_SOFT }, unit_shown (unit, name));
}

/* The mean over lines at each place; 0 and less are no powers. */
static void
mean_line (const double *v, int64_t lines, int64_t n, double *mean)
{
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    int64_t k = 0;

    for (int64_t c = 0; c < lines; c++)
      if (!isnan (v[c * n + i])) {
        sum += v[c * n + i];
        k++;
      }
    mean[i] = k ? sum / (double)k : NAN;
  }
}

static void
spectrum (svg *to, const fnx_buf *b, double *xy, double *mean, double *end)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis *names = s->axes[0], *along = s->axes[1];
  const double *v = buffer_read (b)->data;
  int64_t lines = names->size, n = along->size;
  double low = INFINITY, high = 0, x0 = FIGURE_MARGIN + 56, y0 = 76;
  scale sx = along_of (along, x0, x0 + WIDTH), sy;

  for (int64_t i = 0; i < lines * n; i++)
    if (v[i] > 0 && isfinite (v[i])) {
      low = fmin (low, v[i]);
      high = fmax (high, v[i]);
    }
  low = fmax (low, high * 1e-8); /* a zero at 0 Hz must not flatten the rest */
  sy = scale_powers (low, high, y0 + HEIGHT, y0);
  draw_x (to, along, &sx, y0, y0 + HEIGHT);
  draw_y (to, &sy, x0, x0 + WIDTH, s->unit);
  for (int64_t c = 0; c < lines; c++) {
    const char *name = names->labels ? names->labels[c] : NULL;
    size_t k;

    for (int64_t i = 0; i < n; i++)
      mean[i] = v[c * n + i] >= low ? v[c * n + i] : NAN;
    k = points (along, mean, n, &sx, &sy, xy);
    svg_lines (to, xy, k,
               lines <= NAMED ? (svg_style){ .stroke = palette ((size_t)c), .width = 1.8, .tip = name }
                              : (svg_style){ .stroke = "#8fa8bd", .width = 1, .opacity = 0.6, .tip = name });
    if (lines <= NAMED) {
      svg_line (to, x0 + WIDTH + 14, y0 + 10 + 18 * (double)c, x0 + WIDTH + 32, y0 + 10 + 18 * (double)c,
                (svg_style){ .stroke = palette ((size_t)c), .width = 2.5 });
      svg_text (to, x0 + WIDTH + 38, y0 + 14 + 18 * (double)c, (svg_font){ .size = 12 }, name ? name : "");
    }
  }
  if (lines > NAMED) {
    mean_line (v, lines, n, mean);
    for (int64_t i = 0; i < n; i++)
      mean[i] = mean[i] >= low ? mean[i] : NAN;
    svg_lines (to, xy, points (along, mean, n, &sx, &sy, xy), (svg_style){ .stroke = palette (0), .width = 2.5 });
  }
  *end = y0 + HEIGHT + 54;
}

/* Traces one below the other, each about its own median line, all of one scale. */
static void
traces (svg *to, const fnx_buf *b, double *xy, double *end)
{
  const fnx_spec *s = buffer_spec (b);
  const fnx_axis *names = s->axes[0], *along = s->axes[1];
  const double *v = buffer_read (b)->data;
  int64_t lines = names->size < TRACES ? names->size : TRACES, n = along->size;
  double x0 = FIGURE_MARGIN + 56, y0 = 76, room = fmin (fmax (420.0 / (double)lines, 11), 48), most = 0;
  scale sx = along_of (along, x0, x0 + WIDTH);
  char text[128], number[32], unit[64];

  for (int64_t c = 0; c < lines; c++) {
    double sum = 0, squares = 0;

    for (int64_t i = 0; i < n; i++) {
      sum += isnan (v[c * n + i]) ? 0 : v[c * n + i];
      squares += isnan (v[c * n + i]) ? 0 : v[c * n + i] * v[c * n + i];
    }
    most = fmax (most, sqrt (fmax (0, squares / (double)n - sum / (double)n * sum / (double)n)));
  }
  most = most > 0 ? most : 1;
  draw_x (to, along, &sx, y0, y0 + room * (double)lines);
  for (int64_t c = 0; c < lines; c++) {
    double mean = 0, y = y0 + room * ((double)c + 0.5);
    scale sy;

    for (int64_t i = 0; i < n; i++)
      mean += isnan (v[c * n + i]) ? 0 : v[c * n + i] / (double)n;
    sy = (scale){ .low = mean, .high = mean + 5 * most, .from = y, .to = y - room };
    svg_lines (to, xy, points (along, v + c * n, n, &sx, &sy, xy), (svg_style){ .stroke = palette (0), .width = 0.8 });
    if (names->labels)
      svg_text (to, x0 - 8, y + 4, (svg_font){ .size = fmin (12, room), .anchor = "end" }, names->labels[c]);
  }
  snprintf (text, sizeof text, "%s %s", short_number (5 * most, 2, number), unit_shown (s->unit, unit));
  svg_line (to, x0 + WIDTH + 14, y0, x0 + WIDTH + 14, y0 + room, (svg_style){ .stroke = SVG_INK, .width = 2 });
  svg_text (to, x0 + WIDTH + 20, y0 + room / 2 + 4, (svg_font){ .size = 11 }, text);
  *end = y0 + room * (double)lines + 58;
}

char *
figure_lines (const fnx_buf *b, fault *f)
{
  const fnx_spec *s = buffer_spec (b);
  bool frequencies = !strcmp (s->axes[1]->name, "freq");
  int64_t n = s->axes[1]->size;
  double *xy = calloc ((size_t)n * 4 + 8, sizeof *xy), *mean = calloc ((size_t)n + 1, sizeof *mean), end = 0;
  svg to = { { 0 } };
  char title[160], note[200], *whole = NULL;

  snprintf (title, sizeof title, "%s of %lld %s%s", frequencies ? "Spectrum" : "Signals", (long long)s->axes[0]->size,
            s->axes[0]->name, s->axes[0]->size == 1 ? "" : "s");
  snprintf (note, sizeof note, "%s",
            !frequencies && s->axes[0]->size > TRACES ? "only the first 96 are drawn"
            : frequencies && s->axes[0]->size > NAMED ? "Grey: each of them. Blue: their mean."
                                                      : "");
  figure_head (&to, title, NULL);
  if (xy && mean && frequencies)
    spectrum (&to, b, xy, mean, &end);
  else if (xy && mean)
    traces (&to, b, xy, &end);
  if (xy && mean) {
    end = figure_note (&to, FIGURE_MARGIN, end, WIDTH, note);
    whole = svg_end (&to, WIDTH + 2 * FIGURE_MARGIN + 56 + (frequencies && s->axes[0]->size > NAMED ? 10 : 100),
                     end + 2, title, note);
  }
  free (xy);
  free (mean);
  if (!whole)
    fault_memory (f);
  return whole;
}
