/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all figures have: a head and notes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/figure/figure.h"

void
figure_head (svg *p, const char *title, const char *line)
{
  svg_text (p, FIGURE_MARGIN, 30, (svg_font){ .size = 16, .bold = true }, title);
  if (line)
    svg_text (p, FIGURE_MARGIN, 49, (svg_font){ .size = 12, .colour = SVG_SOFT }, line);
}

double
figure_note (svg *p, double x, double y, double width, const char *text)
{
  const svg_font font = { .size = 11, .colour = SVG_SOFT };
  char *words = strdup (text), *rest = NULL, *line = calloc (strlen (text) + 2, 1);

  for (char *w = words && line ? strtok_r (words, " ", &rest) : NULL; w; w = strtok_r (NULL, " ", &rest)) {
    size_t n = strlen (line);

    if (n && svg_text_width (line, font.size) + svg_text_width (w, font.size) + 4 > width) {
      svg_text (p, x, y, font, line);
      y += 15;
      n = 0;
    }
    strcpy (line + n, n ? " " : "");
    strcat (line + n, w);
  }
  if (line && *line) {
    svg_text (p, x, y, font, line);
    y += 15;
  }
  p->body.failed |= !words || !line;
  free (words);
  free (line);
  return y;
}
