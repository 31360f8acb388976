/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pen that writes SVG: shapes and real text, no scripts, no style sheets, no
 * fonts of its own.  Coordinates are pixels, written to 0.01, so that equal
 * figures are equal bytes.  Ids come from a hash of the content: several
 * figures can stand in one HTML page.
 */
#ifndef FNX_CORE_FIGURE_SVG_H
#define FNX_CORE_FIGURE_SVG_H

#include "core/text.h"

typedef struct svg {
  text_buf body;
} svg;

/* What is left out is not drawn.  A tip is shown when the pointer rests on the
 * shape, and read out. */
typedef struct svg_style {
  const char *fill, *stroke;
  double width;   /* of the stroke; 0: 1 */
  double opacity; /* 0: opaque */
  const char *dash;
  const char *tip;
} svg_style;

typedef struct svg_font {
  double size;        /* 0: 12 */
  const char *anchor; /* "start", "middle", "end"; NULL: start */
  const char *colour; /* NULL: SVG_INK */
  bool bold, upwards;
} svg_font;

#define SVG_INK "#222222"
#define SVG_SOFT "#5f6368" /* labels that stand back */
#define SVG_RULE "#d5d7da" /* grid lines */

void svg_line (svg *, double x1, double y1, double x2, double y2, svg_style);
void svg_rect (svg *, double x, double y, double w, double h, svg_style);
void svg_circle (svg *, double x, double y, double r, svg_style);
/* n points x, y, x, y ...; a NaN breaks the line. */
void svg_lines (svg *, const double *xy, size_t n, svg_style);
/* y is the base line. */
void svg_text (svg *, double x, double y, svg_font, const char *text);
/* About how wide a text will be, in the widest of the common sans-serif fonts. */
double svg_text_width (const char *text, double size);
/* The whole file, malloc'ed: a white card of that size with what was drawn on
 * it; NULL: no memory.  Frees what the pen holds. */
char *svg_end (svg *, double width, double height, const char *title, const char *description);

#endif
