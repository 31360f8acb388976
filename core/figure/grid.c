/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a search over try: reached: a heat map, or dots where one setting was
 * tried.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/figure/figure.h"

/* One search, over the settings that are drawn. */
typedef struct panel {
  const search *s;
  size_t kx, ky; /* settings; ky == n_settings: one axis */
  size_t nx, ny;
  double *mean;   /* [candidate], over folds and groups */
  double *value;  /* [y][x]: the best of the candidates there */
  size_t *best;   /* [y][x]: which one */
  size_t *chosen; /* [y][x]: by how many folds */
  size_t n_folds; /* of all groups */
  double low, high;
  double wide, high_px; /* what it takes of the page, set by layout */
  double left, cell_w, cell_h;
} panel;

/* ---- numbers ------------------------------------------------------------------- */

/* The setting with the most values, of equals the first, but not `other`. */
static size_t
longest (const search *s, size_t other)
{
  size_t at = s->n_settings;

  for (size_t k = 0; k < s->n_settings; k++)
    if (k != other && s->setting[k].n > 1 && (at == s->n_settings || s->setting[k].n > s->setting[at].n))
      at = k;
  return at;
}

static void
average (panel *p)
{
  const search *s = p->s;

  for (size_t c = 0; c < s->n_candidates; c++) {
    double sum = 0;
    size_t n = 0;

    for (size_t g = 0; g < s->n_groups; g++)
      for (size_t o = 0; o < s->group[g].n_folds; o++)
        if (!isnan (s->group[g].score[o * s->n_candidates + c])) {
          sum += s->group[g].score[o * s->n_candidates + c];
          n++;
        }
    p->mean[c] = n ? sum / (double)n : NAN;
  }
}

static size_t
place (const panel *p, size_t c)
{
  size_t y = p->ky < p->s->n_settings ? search_index (p->s, c, p->ky) : 0;

  return y * p->nx + search_index (p->s, c, p->kx);
}

static void
fill (panel *p)
{
  const search *s = p->s;

  for (size_t i = 0; i < p->nx * p->ny; i++)
    p->value[i] = NAN;
  for (size_t c = 0; c < s->n_candidates; c++) {
    size_t at = place (p, c);
    double v = p->mean[c];

    if (!isnan (v) && (isnan (p->value[at]) || (s->higher_is_better ? v > p->value[at] : v < p->value[at]))) {
      p->value[at] = v;
      p->best[at] = c;
    }
  }
  for (size_t g = 0; g < s->n_groups; g++)
    for (size_t o = 0; o < s->group[g].n_folds; o++, p->n_folds++)
      p->chosen[place (p, s->group[g].chosen[o])]++;
  p->low = INFINITY;
  p->high = -INFINITY;
  for (size_t i = 0; i < p->nx * p->ny; i++) {
    p->low = fmin (p->low, p->value[i]); /* fmin and fmax leave NaN out */
    p->high = fmax (p->high, p->value[i]);
  }
}

static void
panel_end (panel *p)
{
  free (p->mean);
  free (p->value);
  free (p->best);
  free (p->chosen);
}

static bool
panel_begin (panel *p, const search *s)
{
  *p = (panel){ .s = s };
  p->kx = longest (s, s->n_settings);
  if (p->kx == s->n_settings)
    p->kx = 0;
  p->ky = longest (s, p->kx);
  p->nx = s->setting[p->kx].n;
  p->ny = p->ky < s->n_settings ? s->setting[p->ky].n : 1;
  p->mean = calloc (s->n_candidates, sizeof *p->mean);
  p->value = calloc (p->nx * p->ny, sizeof *p->value);
  p->best = calloc (p->nx * p->ny, sizeof *p->best);
  p->chosen = calloc (p->nx * p->ny, sizeof *p->chosen);
  if (!p->mean || !p->value || !p->best || !p->chosen)
    return false;
  average (p);
  fill (p);
  return true;
}

/* ---- words ------------------------------------------------------------------------ */

/* "svm.c=1 svm.kernel=rbf": the settings of candidate c that are no axis. */
static void
put_others (text_buf *t, const panel *p, size_t c)
{
  for (size_t k = 0; k < p->s->n_settings; k++)
    if (k != p->kx && k != p->ky)
      text_addf (t, " %s=%s", p->s->setting[k].name, p->s->setting[k].value[search_index (p->s, c, k)]);
}

static char *
tip (const panel *p, size_t x, size_t y)
{
  const search *s = p->s;
  size_t at = y * p->nx + x;
  text_buf t = { 0 };
  char number[32];

  text_addf (&t, "%s=%s", s->setting[p->kx].name, s->setting[p->kx].value[x]);
  if (p->ky < s->n_settings)
    text_addf (&t, " %s=%s", s->setting[p->ky].name, s->setting[p->ky].value[y]);
  if (!isnan (p->value[at]))
    put_others (&t, p, p->best[at]);
  text_addf (&t, ": %s %s", s->metric, short_number (p->value[at], 4, number));
  if (p->chosen[at])
    text_addf (&t, ", chosen by %zu of %zu folds", p->chosen[at], p->n_folds);
  return text_take (&t);
}

static char *
caption (const panel *p)
{
  const search *s = p->s;
  text_buf t = { 0 };
  bool others = false;

  text_addf (&t, "Inner %s, the mean of %zu outer fold%s", s->metric, p->n_folds, p->n_folds == 1 ? "" : "s");
  if (s->n_groups > 1)
    text_addf (&t, " in %zu groups", s->n_groups);
  for (size_t k = 0; k < s->n_settings; k++)
    if (k != p->kx && k != p->ky && s->setting[k].n > 1) {
      text_addf (&t, "%s%s", others ? " and " : "; of each cell the best over ", s->setting[k].name);
      others = true;
    }
  text_addf (&t, ". %s: chosen, with the number of folds, of %zu.", p->ky < s->n_settings ? "Framed" : "Ringed",
             p->n_folds);
  return text_take (&t);
}

/* ---- drawing ------------------------------------------------------------------------- */

enum { BAR_ROOM = 84, DOTS_HEIGHT = 260, LABEL_ROOM = 46 };

static void
layout (panel *p)
{
  double labels = 0;

  p->cell_w = fmin (fmax (560.0 / (double)p->nx, 18), p->nx < 5 ? 90 : 66);
  p->cell_h = fmin (fmax (440.0 / (double)p->ny, 18), 40);
  for (size_t y = 0; p->ky < p->s->n_settings && y < p->ny; y++)
    labels = fmax (labels, svg_text_width (p->s->setting[p->ky].value[y], 12));
  p->left = p->ky < p->s->n_settings ? labels + 34 : 62;
  if (p->ky == p->s->n_settings)
    p->cell_w = fmin (fmax (560.0 / (double)p->nx, 14), 90);
  p->wide = fmax (p->left + p->cell_w * (double)p->nx + (p->ky < p->s->n_settings ? BAR_ROOM : 10), 340);
  p->high_px = (p->ky < p->s->n_settings ? p->cell_h * (double)p->ny : DOTS_HEIGHT) + LABEL_ROOM;
}

/* How often a fold chose it, on a small disk. */
static void
badge (svg *to, double x, double y, size_t n)
{
  char text[24];

  snprintf (text, sizeof text, "%zu", n);
  svg_circle (to, x, y, n > 99 ? 11 : 8, (svg_style){ .fill = "#ffffff", .stroke = "#000000", .width = 1.2 });
  svg_text (to, x, y + 3.6, (svg_font){ .size = 10, .anchor = "middle", .bold = true, .colour = "#000000" }, text);
}

static void
draw_cell (svg *to, const panel *p, size_t x, size_t y, double x0, double y0, const scale *colours)
{
  size_t at = y * p->nx + x;
  double px = x0 + p->cell_w * (double)x, py = y0 + p->cell_h * (double)(p->ny - 1 - y);
  char hex[8], number[32], *says = tip (p, x, y);

  colour_sequential ((p->value[at] - colours->low) / (colours->high - colours->low), hex);
  svg_rect (to, px + 0.75, py + 0.75, p->cell_w - 1.5, p->cell_h - 1.5, (svg_style){ .fill = hex, .tip = says });
  if (p->cell_w >= 34 && p->cell_h >= 18) {
    if (isnan (p->value[at]) || fabs (p->value[at]) >= 10)
      short_number (p->value[at], 3, number);
    else
      snprintf (number, sizeof number, "%.*f", p->cell_w >= 44 ? 3 : 2, p->value[at]);
    svg_text (to, px + p->cell_w / 2, py + p->cell_h / 2 + 4,
              (svg_font){ .size = 11, .anchor = "middle", .colour = isnan (p->value[at]) ? SVG_SOFT : colour_on (hex) },
              number);
  }
  to->body.failed |= !says;
  free (says);
}

static void
draw_axis (svg *to, const panel *p, double x0, double y0)
{
  const search_setting *sx = &p->s->setting[p->kx], *sy = &p->s->setting[p->ky < p->s->n_settings ? p->ky : p->kx];
  double bottom = y0 + p->high_px - LABEL_ROOM;
  size_t every = 1;

  for (size_t x = 0; x < p->nx; x++) /* labels must not run into each other */
    while (svg_text_width (sx->value[x], 12) + 6 > p->cell_w * (double)every && every < p->nx)
      every++;
  for (size_t x = 0; x < p->nx; x += every)
    svg_text (to, x0 + p->cell_w * ((double)x + 0.5), bottom + 17, (svg_font){ .anchor = "middle" }, sx->value[x]);
  svg_text (to, x0 + p->cell_w * (double)p->nx / 2, bottom + 37, (svg_font){ .anchor = "middle", .colour = SVG_SOFT },
            sx->name);
  if (p->ky == p->s->n_settings)
    return;
  for (size_t y = 0; y < p->ny; y++)
    svg_text (to, x0 - 7, y0 + p->cell_h * ((double)(p->ny - 1 - y) + 0.5) + 4, (svg_font){ .anchor = "end" },
              sy->value[y]);
  svg_text (to, x0 - p->left + 12, y0 + p->cell_h * (double)p->ny / 2,
            (svg_font){ .anchor = "middle", .colour = SVG_SOFT, .upwards = true }, sy->name);
}

static void
draw_map (svg *to, const panel *p, double x0, double y0)
{
  scale colours = scale_round (p->low, p->high, 4, 0, 1);
  double height = p->cell_h * (double)p->ny;

  for (size_t y = 0; y < p->ny; y++)
    for (size_t x = 0; x < p->nx; x++)
      draw_cell (to, p, x, y, x0, y0, &colours);
  for (size_t i = 0; i < p->nx * p->ny; i++) {
    double px = x0 + p->cell_w * (double)(i % p->nx), py = y0 + p->cell_h * (double)(p->ny - 1 - i / p->nx);

    if (!p->chosen[i])
      continue;
    svg_rect (to, px + 2.5, py + 2.5, p->cell_w - 5, p->cell_h - 5, (svg_style){ .stroke = "#ffffff", .width = 4 });
    svg_rect (to, px + 1.75, py + 1.75, p->cell_w - 3.5, p->cell_h - 3.5,
              (svg_style){ .stroke = "#000000", .width = 2 });
  }
  for (size_t i = 0; i < p->nx * p->ny; i++) /* above all frames */
    if (p->chosen[i])
      badge (to, x0 + p->cell_w * (double)(i % p->nx + 1) - 3, y0 + p->cell_h * (double)(p->ny - 1 - i / p->nx) + 3,
             p->chosen[i]);
  colour_bar (to, x0 + p->cell_w * (double)p->nx + 26, y0 + 6, fmax (fmin (height - 6, 200), 70), &colours,
              colour_sequential, p->s->metric);
}

/* The mean of the group's or fold's candidates at x, the best over the other
 * settings, for one fold. */
static double
of_fold (const panel *p, const search_group *g, size_t o, size_t x)
{
  double best = NAN;

  for (size_t c = 0; c < p->s->n_candidates; c++) {
    double v = g->score[o * p->s->n_candidates + c];

    if (place (p, c) == x && !isnan (v) && (isnan (best) || (p->s->higher_is_better ? v > best : v < best)))
      best = v;
  }
  return best;
}

static void
fold_range (const panel *p, double *low, double *high)
{
  for (size_t g = 0; g < p->s->n_groups; g++)
    for (size_t o = 0; o < p->s->group[g].n_folds; o++)
      for (size_t x = 0; x < p->nx; x++) {
        double v = of_fold (p, &p->s->group[g], o, x);

        *low = fmin (*low, v);
        *high = fmax (*high, v);
      }
}

static void
draw_dots (svg *to, const panel *p, double x0, double y0)
{
  double low = p->low, high = p->high, v, *xy = calloc (2 * p->nx, sizeof *xy), width = p->cell_w * (double)p->nx;
  scale s;
  char text[32];

  if (!xy) {
    to->body.failed = true;
    return;
  }
  fold_range (p, &low, &high);
  s = scale_round (low, high, 5, y0 + DOTS_HEIGHT, y0);
  for (int i = 0; scale_tick (&s, i, &v, text); i++) {
    svg_line (to, x0, scale_at (&s, v), x0 + width, scale_at (&s, v), (svg_style){ .stroke = SVG_RULE });
    svg_text (to, x0 - 8, scale_at (&s, v) + 4, (svg_font){ .size = 11, .anchor = "end", .colour = SVG_SOFT }, text);
  }
  svg_text (to, x0 - 50, y0 + DOTS_HEIGHT / 2.0, (svg_font){ .anchor = "middle", .colour = SVG_SOFT, .upwards = true },
            p->s->metric);
  for (size_t g = 0; g < p->s->n_groups; g++)
    for (size_t o = 0; o < p->s->group[g].n_folds; o++) {
      for (size_t x = 0; x < p->nx; x++) {
        xy[2 * x] = x0 + p->cell_w * ((double)x + 0.5);
        xy[2 * x + 1] = scale_at (&s, of_fold (p, &p->s->group[g], o, x));
      }
      svg_lines (to, xy, p->nx, (svg_style){ .stroke = "#9aa0a6", .width = 1, .opacity = 0.7 });
    }
  for (size_t x = 0; x < p->nx; x++)
    xy[2 * x + 1] = scale_at (&s, p->value[x]);
  svg_lines (to, xy, p->nx, (svg_style){ .stroke = palette (0), .width = 2.5 });
  for (size_t x = 0; x < p->nx; x++) {
    char *says = tip (p, x, 0);

    if (!isnan (xy[2 * x + 1])) {
      if (p->chosen[x])
        svg_circle (to, xy[2 * x], xy[2 * x + 1], 8.5, (svg_style){ .stroke = "#000000", .width = 2 });
      svg_circle (to, xy[2 * x], xy[2 * x + 1], 4.5, (svg_style){ .fill = palette (0), .tip = says });
      if (p->chosen[x])
        badge (to, xy[2 * x] + 11, xy[2 * x + 1] - 11, p->chosen[x]);
    }
    to->body.failed |= !says;
    free (says);
  }
  free (xy);
}

/* The panel below y; returns where it ends. */
static double
draw (svg *to, const panel *p, double y)
{
  double x0 = FIGURE_MARGIN + p->left;
  char *note = caption (p);

  if (p->s->pipeline) {
    svg_text (to, FIGURE_MARGIN, y + 18, (svg_font){ .size = 13, .bold = true }, p->s->pipeline);
    y += 38;
  }
  y += 12;
  (p->ky < p->s->n_settings ? draw_map : draw_dots) (to, p, x0, y);
  draw_axis (to, p, x0, y);
  y += p->high_px + 16;
  if (note)
    y = figure_note (to, FIGURE_MARGIN, y, p->wide, note);
  to->body.failed |= !note;
  free (note);
  return y + 8;
}

static char *
title_of (const panel *p)
{
  text_buf t = { 0 };

  text_addf (&t, "Search over %s", p->s->setting[p->kx].name);
  if (p->ky < p->s->n_settings)
    text_addf (&t, " and %s", p->s->setting[p->ky].name);
  return text_take (&t);
}

char *
figure_search (const search *s, size_t n, fault *f)
{
  svg to = { { 0 } };
  double y = 40, wide = 0;
  char *title = NULL, *about = NULL, *whole = NULL;
  bool ok = true;

  for (size_t i = 0; ok && i < n; i++) {
    panel p;

    ok = panel_begin (&p, &s[i]);
    if (ok)
      layout (&p);
    if (ok && !i) {
      title = n == 1 ? title_of (&p) : strdup ("Searches");
      about = caption (&p);
      if (title)
        figure_head (&to, title, NULL);
    }
    if (ok)
      y = draw (&to, &p, y);
    wide = fmax (wide, p.wide);
    if (title)
      wide = fmax (wide, svg_text_width (title, 18)); /* it is bold */
    panel_end (&p);
  }
  whole = svg_end (&to, wide + 2 * FIGURE_MARGIN, y, title ? title : "", about ? about : "");
  if (!ok || !title || !about) {
    free (whole);
    whole = NULL;
  }
  free (title);
  free (about);
  if (!whole)
    fault_memory (f);
  return whole;
}
