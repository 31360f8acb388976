/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Results as SVG.  Every function returns the whole file, malloc'ed, or NULL
 * and a fault.
 */
#ifndef FNX_CORE_FIGURE_FIGURE_H
#define FNX_CORE_FIGURE_FIGURE_H

#include "core/figure/scale.h"
#include "core/search.h"

/* The cells that stand in a figure's page. */
enum { FIGURE_MARGIN = 24 };

/* Title and one line below it, at the upper left. */
void figure_head (svg *, const char *title, const char *line);
/* A small text that takes the `width` it has in as many lines as it needs;
 * returns the y behind the last. */
double figure_note (svg *, double x, double y, double width, const char *text);

/* What a search reached: one setting as dots, two as a heat map; of more the
 * two with the most values, and the best over the others in each cell. */
char *figure_search (const search *, size_t n, fault *f);
/* The scores of evaluate or compare: a table with the columns metric and value,
 * and the summary among its metadata. */
char *figure_scores (const fnx_buf *table, fault *f);
char *figure_compare (const fnx_buf *table, fault *f);
/* A matrix over one set of things, or any two axes; a spectrum or signals. */
char *figure_matrix (const fnx_buf *, fault *f);
char *figure_lines (const fnx_buf *, fault *f);

#endif
