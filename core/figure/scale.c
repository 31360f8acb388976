/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/figure/scale.h"

/* ---- axes ------------------------------------------------------------------------ */

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double
round_step (double least)
{
  double power = pow (10, floor (log10 (least) + 1e-9));

  return power * (least <= power * 1.0001 ? 1 : least <= 2.0001 * power ? 2 : least <= 5.0001 * power ? 5 : 10);
}

/* The same, at most `most`. */
static double
round_down (double most)
{
  double power = pow (10, floor (log10 (most) + 1e-9));

  return power * (most >= 4.9999 * power ? 5 : most >= 1.9999 * power ? 2 : 1);
}

scale
scale_round (double low, double high, int n, double from, double to)
{
  scale s = { .from = from, .to = to };

  if (!isfinite (low) || !isfinite (high) || low > high)
    low = 0, high = 1;
  if (high - low < 1e-9 * fmax (1e-300, fmax (fabs (low), fabs (high)))) { /* one value stands in the middle */
    double room = low != 0 ? fabs (low) * 0.1 : 1;

    low -= room;
    high += room;
  }
  s.step = round_step ((high - low) / n);
  s.low = floor (low / s.step + 1e-9) * s.step;
  s.high = ceil (high / s.step - 1e-9) * s.step;
  return s;
}

scale
scale_powers (double low, double high, double from, double to)
{
  scale s = { .from = from, .to = to, .log = true };

  if (!(low > 0) || !isfinite (high) || low > high)
    low = 0.1, high = 1;
  s.low = log10 (round_down (low));
  s.high = log10 (round_step (high));
  if (floor (s.high + 1e-9) - ceil (s.low - 1e-9) < 1) { /* two ticks at least */
    s.low = floor (s.low + 1e-9);
    s.high = fmax (ceil (s.high - 1e-9), s.low + 1);
  }
  s.step = fmax (1, ceil ((s.high - s.low) / 8));
  return s;
}

double
scale_at (const scale *s, double v)
{
  if (s->log)
    v = v > 0 ? log10 (v) : NAN;
  return s->from + (v - s->low) / (s->high - s->low) * (s->to - s->from);
}

bool
scale_tick (const scale *s, int i, double *value, char text[32])
{
  double at = (s->log ? ceil (s->low - 1e-9) : s->low) + i * s->step;
  int decimals = (int)-floor (log10 (s->step) + 1e-9);

  if (at > s->high + s->step * 1e-6 || i > 100)
    return false;
  if (s->log) {
    *value = pow (10, at);
    if (at >= -3 && at <= 4)
      snprintf (text, 32, "%.*f", at < 0 ? (int)-at : 0, *value);
    else
      snprintf (text, 32, "1e%.0f", at);
    return true;
  }
  *value = at;
  if (fabs (at) < s->step * 1e-6)
    snprintf (text, 32, "0");
  else if (decimals > 5 || fabs (at) >= 1e6)
    snprintf (text, 32, "%.3g", at);
  else
    snprintf (text, 32, "%.*f", decimals > 0 ? decimals : 0, at);
  return true;
}

char *
short_number (double v, int digits, char text[32])
{
  if (isnan (v))
    return strcpy (text, "n/a");
  snprintf (text, 32, "%.*g", digits, fabs (v) < 1e-12 ? 0.0 : v);
  return text;
}

char *
unit_shown (const char *unit, char text[64])
{
  size_t at = 0;

  for (const char *u = unit && strcmp (unit, "1") ? unit : ""; *u && at + 4 < 64; u++)
    if (*u == 'u' && (u == unit || strchr ("/.", u[-1])))
      at += (size_t)snprintf (text + at, 64 - at, "\u00b5");
    else if (*u == '2' && u > unit && !strchr ("0123456789.-", u[-1]))
      at += (size_t)snprintf (text + at, 64 - at, "\u00b2");
    else
      text[at++] = *u;
  text[at] = 0;
  return text;
}

/* ---- colours ------------------------------------------------------------------------ */

const char *
palette (size_t i)
{
  static const char *const colours[PALETTE_COLOURS]
      = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000" };

  return colours[i % PALETTE_COLOURS];
}

/* Between the colours of a ramp, in equal steps. */
static char *
ramp (const unsigned char (*c)[3], int n, double t, char hex[8])
{
  double at = fmin (fmax (t, 0), 1) * (n - 1);
  int k = (int)fmin (floor (at), n - 2), rgb[3];

  if (isnan (t))
    return strcpy (hex, "#e8eaed");
  for (int i = 0; i < 3; i++)
    rgb[i] = (int)lround (c[k][i] + (at - k) * (c[k + 1][i] - c[k][i]));
  snprintf (hex, 8, "#%02x%02x%02x", (unsigned)rgb[0] & 255, (unsigned)rgb[1] & 255, (unsigned)rgb[2] & 255);
  return hex;
}

/* Van der Walt & Smith's viridis (CC0), every tenth of it. */
char *
colour_sequential (double t, char hex[8])
{
  static const unsigned char c[][3]
      = { { 68, 1, 84 },    { 72, 36, 117 },  { 65, 68, 135 },  { 53, 95, 141 },  { 42, 120, 142 }, { 33, 145, 140 },
          { 34, 168, 132 }, { 68, 191, 112 }, { 122, 209, 81 }, { 189, 223, 38 }, { 253, 231, 37 } };

  return ramp (c, sizeof c / sizeof *c, t, hex);
}

/* Brewer's RdBu, turned round. */
char *
colour_diverging (double t, char hex[8])
{
  static const unsigned char c[][3] = { { 5, 48, 97 },     { 33, 102, 172 },  { 67, 147, 195 },  { 146, 197, 222 },
                                        { 209, 229, 240 }, { 247, 247, 247 }, { 253, 219, 199 }, { 244, 165, 130 },
                                        { 214, 96, 77 },   { 178, 24, 43 },   { 103, 0, 31 } };

  return ramp (c, sizeof c / sizeof *c, t, hex);
}

const char *
colour_on (const char *hex)
{
  unsigned long rgb = strtoul (hex + 1, NULL, 16);
  double light = 0.299 * (double)(rgb >> 16 & 255) + 0.587 * (double)(rgb >> 8 & 255) + 0.114 * (double)(rgb & 255);

  return light > 140 ? "#000000" : "#ffffff";
}

void
colour_bar (svg *p, double x, double y, double height, const scale *values, char *(*colour) (double, char *),
            const char *label)
{
  enum { PIECES = 64 };
  const double width = 12;
  scale s = *values;
  double v;
  char text[32], hex[8];

  s.from = y + height;
  s.to = y;
  for (int i = 0; i < PIECES; i++) /* each a little longer, so that no gap shines through */
    svg_rect (p, x, y + height * (PIECES - 1 - i) / PIECES, width, height / PIECES + (i ? 0.5 : 0),
              (svg_style){ .fill = colour ((i + 0.5) / PIECES, hex) });
  for (int i = 0; scale_tick (&s, i, &v, text); i++) {
    double at = scale_at (&s, v);

    svg_line (p, x + width, at, x + width + 4, at, (svg_style){ .stroke = SVG_SOFT });
    svg_text (p, x + width + 7, at + 4, (svg_font){ .size = 11, .colour = SVG_SOFT }, text);
  }
  svg_text (p, x, y - 9, (svg_font){ .size = 11, .colour = SVG_SOFT }, label);
}
