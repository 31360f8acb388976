/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which scores are paired, and the statistics of each pair of pipelines.
 *
 * As MOABB: a subject's score is the mean of its sessions', theirs the mean of
 * their folds'; within a data set subjects are tested with Wilcoxon's test or,
 * below 20, with all sign flips; data sets are put together by Stouffer's
 * method, weighted with the square root of their subjects.  Folds of one
 * cross-validation are not independent: they get the corrected t test.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/paired.h"

const char *const pair_unit_names[] = { "subjects", "groups", "folds" };
const char pair_all_datasets[] = "all";

/* What one subject, group or fold scored with each pipeline. */
typedef struct unit {
  const char *dataset, *name; /* NULL or borrowed */
  size_t fold;
  double *sum;   /* [pipeline]: of the groups' means */
  size_t *count; /* [pipeline] */
} unit;

typedef struct gathering {
  const report *r;
  const metric *m;
  const char **pipeline;
  size_t n_pipelines;
  pair_unit kind;
  unit *units;
  size_t n_units;
  double test_by_train;
} gathering;

static bool
same (const char *a, const char *b)
{
  return a == b || (a && b && !strcmp (a, b));
}

static const places *
places_of (const report *r, const char *group)
{
  for (size_t i = 0; i < r->n_places; i++)
    if (!strcmp (r->places[i].group, group))
      return &r->places[i];
  return NULL;
}

/* ---- units ---------------------------------------------------------------------- */

static pair_unit
kind_of (const report *r)
{
  const places *p = r->places;
  bool all = r->n_places > 0, several = false;

  for (size_t i = 0; i < r->n_places; i++)
    for (size_t k = 0; k < p[i].n_folds; k++) {
      all = all && p[i].subject[k];
      several = several || !same (p[i].subject[k], p[0].subject[0]) || !same (p[i].dataset[k], p[0].dataset[0]);
    }
  return all && several ? PAIR_SUBJECTS : r->n_places > 1 ? PAIR_GROUPS : PAIR_FOLDS;
}

enum { NO_UNIT = -1 };

/* Its number; NO_UNIT without memory. */
static long
unit_of (gathering *g, const char *dataset, const char *name, size_t fold)
{
  unit *more, *u;

  for (size_t i = 0; i < g->n_units; i++)
    if (same (g->units[i].dataset, dataset) && same (g->units[i].name, name) && g->units[i].fold == fold)
      return (long)i;
  more = realloc (g->units, (g->n_units + 1) * sizeof *more);
  if (!more)
    return NO_UNIT;
  g->units = more;
  u = &more[g->n_units++];
  *u = (unit){ .dataset = dataset, .name = name, .fold = fold };
  u->sum = calloc (g->n_pipelines, sizeof *u->sum);
  u->count = calloc (g->n_pipelines, sizeof *u->count);
  return u->sum && u->count ? (long)g->n_units - 1 : NO_UNIT;
}

/* The unit that value `k` of a line belongs to: of a fold, or of a part of one. */
static long
unit_of_value (gathering *g, const line *l, const places *p, size_t k)
{
  size_t fold = (size_t)l->fold[k] - 1;

  if (g->kind == PAIR_SUBJECTS)
    return unit_of (g, p->dataset[fold], p->subject[fold], 0);
  if (g->kind == PAIR_GROUPS)
    return unit_of (g, p->dataset[fold], l->group, 0);
  return unit_of (g, NULL, NULL, fold + 1);
}

/* The values of one group and pipeline: each unit's mean over its own. */
static bool
add_line (gathering *g, const line *l, size_t number)
{
  const places *p = places_of (g->r, l->group);

  for (size_t k = 0; p && k < l->n_folds; k++) {
    long u = unit_of_value (g, l, p, k);
    double sum = 0;
    size_t n = 0;
    bool first = true;

    if (u == NO_UNIT)
      return false;
    for (size_t j = 0; j < l->n_folds; j++)
      if (unit_of_value (g, l, p, j) == u) {
        first = first && j >= k;
        if (!isnan (l->value[j])) {
          sum += l->value[j];
          n++;
        }
      }
    if (first && l->sum.pooled) /* no fold has a value; all together do */
      sum = l->sum.mean, n = 1;
    if (first && n) {
      g->units[u].sum[number] += sum / (double)n;
      g->units[u].count[number]++;
    }
  }
  return p != NULL;
}

static bool
gather (gathering *g)
{
  double test = 0, train = 0;

  for (size_t i = 0; i < g->r->n; i++) {
    const line *l = &g->r->lines[i];

    if (l->metric != g->m || l->mean_of_groups)
      continue;
    for (size_t k = 0; k < g->n_pipelines; k++)
      if (l->pipeline == g->pipeline[k] && !add_line (g, l, k))
        return false;
    for (size_t k = 0; k < l->n_folds; k++) {
      test += (double)l->n_test[k];
      train += (double)l->n_train[k];
    }
  }
  g->test_by_train = test / train;
  return true;
}

static void
gathering_end (gathering *g)
{
  for (size_t i = 0; i < g->n_units; i++) {
    free (g->units[i].sum);
    free (g->units[i].count);
  }
  free (g->units);
}

/* ---- one pair --------------------------------------------------------------------- */

static double
score_of (const unit *u, size_t number)
{
  return u->count[number] ? u->sum[number] / (double)u->count[number] : NAN;
}

/* One-sided p of n differences, and how it was found. */
static double
p_of (const gathering *g, const double *d, size_t n, const char **test)
{
  if (g->kind == PAIR_FOLDS) {
    *test = "corrected t";
    return paired_corrected_t (d, n, g->test_by_train);
  }
  *test = n < PAIRED_WILCOXON_FROM ? "permutation" : "Wilcoxon";
  return n < PAIRED_WILCOXON_FROM ? paired_permutation (d, n) : paired_wilcoxon (d, n);
}

/* Pipelines a and b on the units of one data set; `any` takes all of them. */
static bool
compare_two (const gathering *g, size_t a, size_t b, bool any, const char *dataset, pair *x)
{
  double *d = calloc (g->n_units + 1, sizeof *d), sign = g->m->higher_is_better ? 1 : -1;

  *x = (pair){ .pipeline = g->pipeline[a],
               .versus = g->pipeline[b],
               .dataset = dataset,
               .metric = g->m,
               .unit = g->kind,
               .p_holm = NAN };
  for (size_t i = 0; d && i < g->n_units; i++) {
    double va = score_of (&g->units[i], a), vb = score_of (&g->units[i], b);

    if (isnan (va) || isnan (vb) || (!any && !same (g->units[i].dataset, dataset)))
      continue;
    x->value += va;
    x->versus_value += vb;
    d[x->n++] = sign * (va - vb);
  }
  x->value /= (double)x->n;
  x->versus_value /= (double)x->n;
  x->difference = sign * (x->value - x->versus_value);
  if (d) {
    x->effect = paired_effect (d, x->n);
    x->p = p_of (g, d, x->n, &x->test);
    for (size_t i = 0; i < x->n; i++)
      d[i] = -d[i];
    x->p_reverse = p_of (g, d, x->n, &x->test);
  }
  free (d);
  return d != NULL;
}

/* ---- data sets ----------------------------------------------------------------------- */

typedef struct pair_list {
  pair *x;
  size_t n;
} pair_list;

static pair *
add_pair (pair_list *l)
{
  pair *more = realloc (l->x, (l->n + 1) * sizeof *more);

  if (!more)
    return NULL;
  l->x = more;
  return &more[l->n++];
}

/* A p of 0 or 1 cannot come out of n sign flips but by rounding: MOABB keeps it
 * one step away, so that z stays finite. */
static double
inside (double p, size_t n)
{
  double step = fmax (ldexp (1, -(int)(n < 60 ? n : 60)), 1e-15);

  return fmin (fmax (p, step), 1 - step);
}

/* The rows of the data sets first .. end, combined into `all`. */
static void
combine (const pair *first, const pair *end, pair *all)
{
  double p[64], reverse[64], weight[64], effect = 0, weights = 0;
  size_t k = 0;

  for (const pair *x = first; x < end && k < 64; x++) {
    if (x->n == 0)
      continue;
    weight[k] = sqrt ((double)x->n);
    p[k] = inside (x->p, x->n);
    reverse[k] = inside (x->p_reverse, x->n);
    if (!isnan (x->effect)) {
      effect += weight[k] * x->effect;
      weights += weight[k];
    }
    k++;
  }
  all->p = k ? paired_stouffer (p, weight, k) : NAN;
  all->p_reverse = k ? paired_stouffer (reverse, weight, k) : NAN;
  all->effect = weights > 0 ? effect / weights : NAN;
  all->test = "Stouffer";
}

static size_t
datasets_of (const gathering *g, const char *names[64])
{
  size_t n = 0;

  for (size_t i = 0; i < g->n_units; i++) {
    size_t k = 0;

    while (k < n && !same (names[k], g->units[i].dataset))
      k++;
    if (k == n && n < 64)
      names[n++] = g->units[i].dataset;
  }
  return n;
}

static bool
add_pairs (const gathering *g, size_t a, size_t b, pair_list *to)
{
  const char *names[64];
  size_t n = datasets_of (g, names);
  pair all, *x;

  if (!compare_two (g, a, b, true, NULL, &all))
    return false;
  if (all.difference < 0) {
    size_t t = a;

    a = b;
    b = t;
    if (!compare_two (g, a, b, true, NULL, &all))
      return false;
  }
  for (size_t i = 0; n > 1 && i < n; i++)
    if (!(x = add_pair (to)) || !compare_two (g, a, b, false, names[i], x))
      return false;
  if (n > 1) {
    combine (to->x + to->n - n, to->x + to->n, &all);
    all.dataset = pair_all_datasets;
  }
  if (!(x = add_pair (to)))
    return false;
  *x = all;
  return true;
}

/* Of the pairs [first, n): one family for each data set. */
static void
adjust (pair_list *l, size_t first)
{
  double *p = calloc (l->n + 1, sizeof *p);

  for (size_t i = first; p && i < l->n; i++) {
    size_t k = 0;
    bool seen = false;

    for (size_t j = first; j < i; j++)
      seen = seen || same (l->x[j].dataset, l->x[i].dataset);
    if (seen)
      continue;
    for (size_t j = i; j < l->n; j++)
      if (same (l->x[j].dataset, l->x[i].dataset))
        p[k++] = fmin (1, 2 * fmin (l->x[j].p, l->x[j].p_reverse));
    paired_holm (p, k);
    k = 0;
    for (size_t j = i; j < l->n; j++)
      if (same (l->x[j].dataset, l->x[i].dataset))
        l->x[j].p_holm = p[k++];
  }
  free (p);
}

pair *
pairs_of (const report *r, size_t *n, fault *f)
{
  gathering g = { .r = r, .kind = kind_of (r) };
  pair_list l = { NULL, 0 };
  bool ok;

  g.pipeline = calloc (r->n + 1, sizeof *g.pipeline);
  ok = g.pipeline != NULL;
  for (size_t i = 0; ok && i < r->n; i++) {
    size_t k = 0;

    while (k < g.n_pipelines && g.pipeline[k] != r->lines[i].pipeline)
      k++;
    if (k == g.n_pipelines)
      g.pipeline[g.n_pipelines++] = r->lines[i].pipeline;
  }
  for (size_t i = 0; ok && i < r->n && (i == 0 || r->lines[i].metric != r->lines[0].metric); i++) {
    size_t first = l.n;

    g.m = r->lines[i].metric;
    ok = gather (&g);
    for (size_t a = 0; ok && a < g.n_pipelines; a++)
      for (size_t b = a + 1; ok && b < g.n_pipelines; b++)
        ok = add_pairs (&g, a, b, &l);
    if (ok)
      adjust (&l, first);
    gathering_end (&g);
    g.units = NULL;
    g.n_units = 0;
  }
  free (g.pipeline);
  *n = l.n;
  if (ok)
    return l.x;
  free (l.x);
  fault_memory (f);
  return NULL;
}

/* ---- a table, JSON ------------------------------------------------------------------- */

fnx_buf *
pairs_table (const pair *x, size_t n, fault *f)
{
  enum { TEXTS = 6, REALS = 8 };
  static const char *const names[]
      = { "pipeline",     "versus",     "dataset", "metric", "unit",      "test",   "value",
          "versus_value", "difference", "effect",  "p",      "p_reverse", "p_holm", "n" };
  static const int order[] = { 0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 5, 13, 4 };
  const char **text = calloc (TEXTS * (n + 1), sizeof *text);
  double *real = calloc (REALS * (n + 1), sizeof *real);
  fnx_buf *b = text && real ? buffer_table ((int64_t)n, f) : NULL;
  bool ok = b, datasets = false;

  for (size_t i = 0; ok && i < n; i++) {
    const char *const t[]
        = { x[i].pipeline, x[i].versus, x[i].dataset, x[i].metric->name, pair_unit_names[x[i].unit], x[i].test };
    const double v[] = { x[i].value, x[i].versus_value, x[i].difference, x[i].effect,
                         x[i].p,     x[i].p_reverse,    x[i].p_holm,     (double)x[i].n };

    datasets |= x[i].dataset != NULL;
    for (size_t k = 0; k < TEXTS; k++)
      text[k * n + i] = t[k];
    for (size_t k = 0; k < REALS; k++)
      real[k * n + i] = v[k];
  }
  for (size_t k = 0; ok && k < sizeof order / sizeof *order; k++) {
    size_t at = (size_t)order[k];
    const fnx_column c = { .struct_size = sizeof c,
                           .type = at < TEXTS ? FNX_COL_TEXT : FNX_COL_REAL,
                           .name = names[at],
                           .unit = at < TEXTS ? NULL : "1",
                           .texts = at < TEXTS ? text + at * n : NULL,
                           .reals = at < TEXTS ? NULL : real + (at - TEXTS) * n };

    ok = (at == 2 && !datasets) || buffer_set_column (b, "row", &c, f) == FNX_OK;
  }
  if (!text || !real)
    fault_memory (f);
  free (text);
  free (real);
  if (ok)
    return b;
  buffer_unref (b);
  return NULL;
}

void
pair_put_json (text_buf *to, const report *r, const pair *x)
{
  const struct {
    const char *key, *text;
  } texts[] = { { "step", r->step },       { "pipeline", x->pipeline },   { "versus", x->versus },
                { "dataset", x->dataset }, { "metric", x->metric->name }, { "unit", pair_unit_names[x->unit] },
                { "test", x->test } };
  const struct {
    const char *key;
    double v;
  } reals[] = { { "n", (double)x->n },           { "value", x->value },   { "versus_value", x->versus_value },
                { "difference", x->difference }, { "effect", x->effect }, { "p", x->p },
                { "p_reverse", x->p_reverse },   { "p_holm", x->p_holm } };

  text_add (to, "{\"result\":\"pair\"");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i].text) {
      text_addf (to, ",\"%s\":", texts[i].key);
      text_json (to, texts[i].text);
    }
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    text_addf (to, ",\"%s\":", reals[i].key);
    text_json_number (to, reals[i].v);
  }
  text_add (to, "}");
}
