/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From values to pixels and colours: axes with round numbers, palettes that
 * colour-blind readers can tell apart.
 */
#ifndef FNX_CORE_FIGURE_SCALE_H
#define FNX_CORE_FIGURE_SCALE_H

#include "core/figure/svg.h"

/* low .. high of the values lies on from .. to, in pixels. */
typedef struct scale {
  double low, high, from, to;
  double step; /* between ticks */
  bool log;    /* low, high and step are exponents of ten */
} scale;

/* An axis of about `n` ticks at 1, 2 or 5 times a power of ten that holds low
 * .. high; its ends are ticks. */
scale scale_round (double low, double high, int n, double from, double to);
/* A logarithmic axis that holds low .. high, which are above zero, with ticks at
 * powers of ten. */
scale scale_powers (double low, double high, double from, double to);
double scale_at (const scale *, double value);
/* Tick i, and how it is written; false behind the last. */
bool scale_tick (const scale *, int i, double *value, char text[32]);
/* A number with so many digits that count, "n/a" for NaN: 0.873, 12.5, 3e-05. */
char *short_number (double value, int digits, char text[32]);

/* A UCUM unit as people write it: uV2/Hz is µV²/Hz. */
char *unit_shown (const char *unit, char text[64]);

/* Okabe & Ito (2008): eight colours, the darkest first where lines are drawn. */
const char *palette (size_t i);
enum { PALETTE_COLOURS = 7 };
/* 0 .. 1 as #rrggbb: viridis (dark to light), and blue-white-red around 0.5.
 * What is outside ends at the end; NaN is grey. */
char *colour_sequential (double t, char hex[8]);
char *colour_diverging (double t, char hex[8]);
/* Black or white, whichever can be read on `hex`. */
const char *colour_on (const char *hex);

/* A bar of the colours with ticks at its right, from (x, y) down. */
void colour_bar (svg *, double x, double y, double height, const scale *, char *(*colour) (double, char *),
                 const char *label);

#endif
