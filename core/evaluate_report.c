/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_lines.h"
#include "core/learned.h"

report *
report_new (const char *step, fault *f)
{
  report *r = calloc (1, sizeof *r);

  if (r)
    r->step = step;
  else
    fault_memory (f);
  return r;
}

static void
places_free (places *p, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < p[i].n_folds; k++) {
      if (p[i].subject)
        free (p[i].subject[k]);
      if (p[i].dataset)
        free (p[i].dataset[k]);
    }
    free (p[i].subject);
    free (p[i].dataset);
    free (p[i].group);
  }
  free (p);
}

void
report_free (report *r)
{
  for (size_t i = 0; r && i < r->n; i++) {
    line *l = &r->lines[i];

    for (size_t k = 0; l->chosen && k < l->n_folds; k++)
      free (l->chosen[k]);
    for (size_t k = 0; l->tested && k < l->n_folds; k++)
      free (l->tested[k]);
    free (l->chosen);
    free (l->tested);
    free (l->group);
    free (l->value);
    free (l->fold);
    free (l->n_train);
    free (l->n_test);
  }
  if (r) {
    free (r->lines);
    searches_free (r->searches, r->n_searches);
    places_free (r->places, r->n_places);
  }
  free (r);
}

void
report_pipeline (report *r, const char *name)
{
  r->pipeline = name;
}

static bool
copy_names (char **to, const char *const *from, size_t n)
{
  for (size_t i = 0; to && i < n; i++)
    if (from[i] && !(to[i] = strdup (from[i])))
      return false;
  return to != NULL;
}

fnx_status
report_places (report *r, const char *group, size_t n_folds, const char *const *subject, const char *const *dataset,
               fault *f)
{
  places *more = realloc (r->places, (r->n_places + 1) * sizeof *more), *p;

  if (!more)
    return fault_memory (f);
  r->places = more;
  p = &more[r->n_places++];
  *p = (places){ .group = strdup (group), .n_folds = n_folds };
  p->subject = calloc (n_folds + 1, sizeof *p->subject);
  p->dataset = calloc (n_folds + 1, sizeof *p->dataset);
  if (p->group && copy_names (p->subject, subject, n_folds) && copy_names (p->dataset, dataset, n_folds))
    return FNX_OK;
  return fault_memory (f);
}

static line *
new_line (report *r, const char *group, size_t n_folds)
{
  line *more = realloc (r->lines, (r->n + 1) * sizeof *more), *l;

  if (!more)
    return NULL;
  r->lines = more;
  l = &more[r->n++];
  *l = (line){ .pipeline = r->pipeline, .group = strdup (group), .n_folds = n_folds };
  l->value = calloc (n_folds + 1, sizeof *l->value);
  l->fold = calloc (n_folds + 1, sizeof *l->fold);
  l->n_train = calloc (n_folds + 1, sizeof *l->n_train);
  l->n_test = calloc (n_folds + 1, sizeof *l->n_test);
  return l->group && l->value && l->fold && l->n_train && l->n_test ? l : NULL;
}

fnx_status
report_add (report *r, const char *group, const metric *m, const score_summary *sum, const fold_set *folds,
            const parts *of, const double *values, const pipeline *p, const size_t *best, char *const *learned,
            int64_t n_tested, fault *f)
{
  line *l = new_line (r, group, of->n);
  bool any = p->n_candidates > 1;

  if (!l)
    return fault_memory (f);
  l->metric = m;
  l->sum = *sum;
  l->n = n_tested;
  for (size_t i = 0; i < folds->n; i++)
    any = any || learned[i];
  if (any)
    l->chosen = calloc (of->n, sizeof *l->chosen);
  if (of->n && of->name[0])
    l->tested = calloc (of->n, sizeof *l->tested);
  for (size_t i = 0; i < of->n; i++) {
    size_t fold = of->fold[i];

    l->value[i] = values[i];
    l->fold[i] = (int64_t)fold + 1;
    l->n_train[i] = folds->fold[fold].n_train;
    l->n_test[i] = of->offset[i + 1] - of->offset[i];
    if (l->chosen) {
      l->chosen[i] = strdup (learned[fold] ? learned[fold] : "");
      pipeline_settings (p, best[fold], learned_append, &l->chosen[i]);
      if (!l->chosen[i])
        return fault_memory (f);
    }
    if (l->tested && of->name[i])
      l->tested[i] = strdup (of->name[i]);
  }
  return FNX_OK;
}

void
report_permutation_p (report *r, const metric *m, double p, size_t n)
{
  for (size_t i = r->n; i-- > 0;)
    if (r->lines[i].metric == m) {
      r->lines[i].sum.p = p;
      r->lines[i].sum.p_by = n ? "permutation" : r->lines[i].sum.p_by;
      return;
    }
}

/* Same pipeline, same metric: lines that differ in their group alone. */
static bool
alike (const line *a, const line *b)
{
  return a->metric == b->metric && a->pipeline == b->pipeline;
}

/* The mean of lines that are alike over their groups. */
static fnx_status
add_mean (report *r, size_t n, size_t first, size_t n_groups, fault *f)
{
  line *l = new_line (r, "mean", n_groups);
  const line *like = &r->lines[first];
  double sum = 0, squares = 0, chance = 0;
  size_t k = 0;

  if (!l)
    return fault_memory (f);
  for (size_t j = 0; j < n; j++)
    if (alike (&r->lines[j], like)) {
      l->value[k] = r->lines[j].sum.mean;
      chance += r->lines[j].sum.chance;
      sum += l->value[k++];
      l->n += r->lines[j].n;
    }
  sum /= (double)k;
  for (size_t j = 0; j < k; j++)
    squares += (l->value[j] - sum) * (l->value[j] - sum);
  l->pipeline = like->pipeline;
  l->mean_of_groups = true;
  l->metric = like->metric;
  l->sum = (score_summary){ .mean = sum,
                            .sd = sqrt (squares / (double)(k - 1)),
                            .n_valued = k,
                            .low = NAN,
                            .high = NAN,
                            .chance = chance / (double)k,
                            .p = NAN };
  return FNX_OK;
}

fnx_status
report_mean (report *r, fault *f)
{
  size_t n = r->n;
  fnx_status st = FNX_OK;

  for (size_t i = 0; i < n && st == FNX_OK; i++) {
    size_t n_groups = 0;
    bool first = true;

    for (size_t j = 0; j < n; j++)
      if (alike (&r->lines[j], &r->lines[i])) {
        first = first && j >= i;
        n_groups++;
      }
    if (first && n_groups > 1)
      st = add_mean (r, n, i, n_groups, f);
  }
  return st;
}

/* ---- searches -------------------------------------------------------------------------- */

static bool
name_search (search *s, const char *pipeline_name, const metric *m, const pipeline *p)
{
  s->n_candidates = p->n_candidates;
  s->higher_is_better = m->higher_is_better;
  if (!(s->metric = strdup (m->name)) || (pipeline_name && !(s->pipeline = strdup (pipeline_name))))
    return false;
  for (int k = 0; k < p->sub.n_nodes; k++)
    for (size_t j = 0; j < p->tried[k].n_tried; j++) {
      char name[256];
      search_setting *to;

      snprintf (name, sizeof name, "%s.%s", p->sub.nodes[k].desc->name, p->tried[k].arg[j]->name);
      if (!(to = search_add_setting (s, name)))
        return false;
      for (size_t i = 0; i < p->tried[k].n_values[j]; i++)
        if (!search_add_value (to, p->tried[k].value[j][i]))
          return false;
    }
  return true;
}

/* The search of the pipeline that is being reported. */
static search *
search_of (report *r, const metric *m, const pipeline *p)
{
  search *more;

  for (size_t i = 0; i < r->n_searches; i++)
    if (!r->pipeline || !strcmp (r->searches[i].pipeline, r->pipeline))
      return &r->searches[i];
  more = realloc (r->searches, (r->n_searches + 1) * sizeof *more);
  if (!more)
    return NULL;
  r->searches = more;
  more[r->n_searches] = (search){ 0 };
  return name_search (&more[r->n_searches++], r->pipeline, m, p) ? &more[r->n_searches - 1] : NULL;
}

fnx_status
report_search (report *r, const char *group, const metric *m, const pipeline *p, size_t n_folds, size_t inner,
               const double *score, const size_t *best, fault *f)
{
  search *s = search_of (r, m, p);
  search_group *g = s ? search_add_group (s, group, n_folds) : NULL;

  if (!g)
    return fault_memory (f);
  for (size_t o = 0; o < n_folds; o++) {
    g->chosen[o] = best[o];
    for (size_t c = 0; c < s->n_candidates; c++) {
      double sum = 0;

      for (size_t i = 0; i < inner; i++)
        sum += score[c * n_folds * inner + o * inner + i];
      g->score[o * s->n_candidates + c] = sum / (double)inner;
    }
  }
  return FNX_OK;
}
