/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a search over try: settings found: the inner score of every candidate
 * in every outer fold of every group, and which one was chosen.  Candidates
 * count through the settings like digits, the last setting fastest.
 */
#ifndef FNX_CORE_SEARCH_H
#define FNX_CORE_SEARCH_H

#include "core/buffer.h"
#include "core/text.h"

typedef struct search_setting {
  char *name; /* "augcov.order" */
  char **value;
  size_t n;
} search_setting;

typedef struct search_group {
  char *name; /* "" where all items are one group */
  size_t n_folds;
  size_t *chosen; /* candidate of each fold */
  double *score;  /* [fold][candidate]: mean over the inner folds */
} search_group;

typedef struct search {
  char *pipeline; /* of compare; or NULL */
  char *metric;
  bool higher_is_better;
  search_setting *setting;
  size_t n_settings, n_candidates;
  search_group *group;
  size_t n_groups;
} search;

/* Under this key the scores of evaluate carry their searches. */
#define SEARCH_META "Search"

/* A setting, and its values one after the other; a group with room for its
 * scores.  NULL: no memory. */
search_setting *search_add_setting (search *, const char *name);
bool search_add_value (search_setting *, const char *value);
search_group *search_add_group (search *, const char *name, size_t n_folds);
void search_clear (search *);
/* The value of setting `k` in candidate `c`, as an index. */
size_t search_index (const search *, size_t c, size_t k);

/* Searches as one JSON array, and back: NULL and a fault where it is none. */
void search_put_json (text_buf *, const search *, size_t n);
search *search_read_json (const char *json, size_t *n, fault *f);
void searches_free (search *, size_t n);
/* A row a group, fold and candidate: its settings, its score, whether it was
 * chosen. */
fnx_buf *search_table (const search *, size_t n, fault *f);

#endif
