/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The summary that scores carry among their metadata, read back.
 */
#ifndef FNX_CORE_FIGURE_SCORED_H
#define FNX_CORE_FIGURE_SCORED_H

#include <jansson.h>

#include "core/figure/figure.h"

/* One group and metric, and with compare pipeline. */
typedef struct scored {
  const char *pipeline, *group, *metric; /* of the JSON; pipeline may be NULL */
  double mean, low, high, chance;
  const double *fold;
  size_t n_folds;
  bool of_groups; /* the mean over groups: its folds are they */
} scored;

typedef struct scored_list {
  scored *line;
  size_t n;
  const char **metric; /* each once, in their order */
  size_t n_metrics;
  json_t *json; /* holds the texts */
  double *folds;
} scored_list;

/* False with a fault where a table has no scores; scored_free in any case. */
bool scored_read (scored_list *, const fnx_buf *table, fault *f);
void scored_free (scored_list *);
/* Where a metric is drawn: its values, intervals and chance, and no more room
 * above 1 than a perfect score needs. */
scale scored_scale (const scored_list *, const char *name, double from, double to);
/* Chance of a metric, the mean of what its lines say; NaN if none does. */
double scored_chance (const scored_list *, const char *name);
/* The axis of a panel between y and `end`, the metric's name above, the line
 * at chance. */
void scored_axis (svg *, const scale *, double y, double end, const char *name, double chance);

#endif
