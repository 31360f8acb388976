/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/param.h"
#include "core/search.h"

/* More numbers than any search that could have run. */
enum { MOST_SCORES = 1 << 28 };

/* ---- making one ------------------------------------------------------------------ */

search_setting *
search_add_setting (search *s, const char *name)
{
  search_setting *more = realloc (s->setting, (s->n_settings + 1) * sizeof *more);
  char *copy = strdup (name);

  if (more)
    s->setting = more;
  if (!more || !copy) {
    free (copy);
    return NULL;
  }
  more[s->n_settings] = (search_setting){ .name = copy };
  return &more[s->n_settings++];
}

bool
search_add_value (search_setting *s, const char *value)
{
  char **more = realloc (s->value, (s->n + 1) * sizeof *more);

  if (!more)
    return false;
  s->value = more;
  more[s->n] = strdup (value);
  return more[s->n] && ++s->n;
}

search_group *
search_add_group (search *s, const char *name, size_t n_folds)
{
  search_group *more = realloc (s->group, (s->n_groups + 1) * sizeof *more), *g;

  if (!more)
    return NULL;
  s->group = more;
  g = &more[s->n_groups++];
  *g = (search_group){ .name = strdup (name), .n_folds = n_folds };
  g->chosen = calloc (n_folds + 1, sizeof *g->chosen);
  g->score = calloc (n_folds * s->n_candidates + 1, sizeof *g->score);
  return g->name && g->chosen && g->score ? g : NULL;
}

void
search_clear (search *s)
{
  for (size_t k = 0; k < s->n_settings; k++) {
    for (size_t i = 0; i < s->setting[k].n; i++)
      free (s->setting[k].value[i]);
    free (s->setting[k].value);
    free (s->setting[k].name);
  }
  for (size_t g = 0; g < s->n_groups; g++) {
    free (s->group[g].name);
    free (s->group[g].chosen);
    free (s->group[g].score);
  }
  free (s->setting);
  free (s->group);
  free (s->pipeline);
  free (s->metric);
  *s = (search){ 0 };
}

void
searches_free (search *s, size_t n)
{
  for (size_t i = 0; s && i < n; i++)
    search_clear (&s[i]);
  free (s);
}

size_t
search_index (const search *s, size_t c, size_t k)
{
  for (size_t j = s->n_settings; j-- > k + 1;)
    c /= s->setting[j].n;
  return c % s->setting[k].n;
}

/* ---- JSON ------------------------------------------------------------------------- */

static void
put_setting (text_buf *t, const search_setting *s)
{
  text_add (t, "{\"name\":");
  text_json (t, s->name);
  text_add (t, ",\"values\":[");
  for (size_t i = 0; i < s->n; i++) {
    text_add (t, i ? "," : "");
    text_json (t, s->value[i]);
  }
  text_add (t, "]}");
}

static void
put_group (text_buf *t, const search *s, const search_group *g)
{
  text_add (t, "{\"group\":");
  text_json (t, g->name);
  text_add (t, ",\"chosen\":[");
  for (size_t o = 0; o < g->n_folds; o++)
    text_addf (t, "%s%zu", o ? "," : "", g->chosen[o]);
  text_add (t, "],\"scores\":[");
  for (size_t o = 0; o < g->n_folds; o++) {
    text_add (t, o ? ",[" : "[");
    for (size_t c = 0; c < s->n_candidates; c++) {
      text_add (t, c ? "," : "");
      text_json_number (t, g->score[o * s->n_candidates + c]);
    }
    text_add (t, "]");
  }
  text_add (t, "]}");
}

void
search_put_json (text_buf *t, const search *all, size_t n)
{
  text_add (t, "[");
  for (size_t i = 0; i < n; i++) {
    const search *s = &all[i];

    text_add (t, i ? ",{" : "{");
    if (s->pipeline) {
      text_add (t, "\"pipeline\":");
      text_json (t, s->pipeline);
      text_add (t, ",");
    }
    text_add (t, "\"metric\":");
    text_json (t, s->metric);
    text_addf (t, ",\"higher_is_better\":%s,\"settings\":[", s->higher_is_better ? "true" : "false");
    for (size_t k = 0; k < s->n_settings; k++) {
      text_add (t, k ? "," : "");
      put_setting (t, &s->setting[k]);
    }
    text_add (t, "],\"groups\":[");
    for (size_t g = 0; g < s->n_groups; g++) {
      text_add (t, g ? "," : "");
      put_group (t, s, &s->group[g]);
    }
    text_add (t, "]}");
  }
  text_add (t, "]");
}

static bool
read_settings (search *s, json_t *list)
{
  size_t i, k;
  json_t *item, *value;

  s->n_candidates = 1;
  json_array_foreach (list, i, item)
  {
    const char *name = json_string_value (json_object_get (item, "name"));
    search_setting *to = name ? search_add_setting (s, name) : NULL;

    if (!to)
      return false;
    json_array_foreach (json_object_get (item, "values"), k, value)
    {
      if (!json_is_string (value) || !search_add_value (to, json_string_value (value)))
        return false;
    }
    if (!to->n || __builtin_mul_overflow (s->n_candidates, to->n, &s->n_candidates) || s->n_candidates > MOST_SCORES)
      return false;
  }
  return s->n_settings > 0;
}

static bool
read_fold (const search *s, json_t *chosen, json_t *scores, size_t *best, double *to)
{
  size_t c;
  json_t *v;

  if (!json_is_integer (chosen) || json_integer_value (chosen) < 0
      || (size_t)json_integer_value (chosen) >= s->n_candidates || json_array_size (scores) != s->n_candidates)
    return false;
  *best = (size_t)json_integer_value (chosen);
  json_array_foreach (scores, c, v) { to[c] = json_is_number (v) ? json_number_value (v) : NAN; }
  return true;
}

static bool
read_groups (search *s, json_t *list)
{
  size_t i, o;
  json_t *item, *fold;

  json_array_foreach (list, i, item)
  {
    json_t *scores = json_object_get (item, "scores"), *chosen = json_object_get (item, "chosen");
    const char *name = json_string_value (json_object_get (item, "group"));
    size_t n = json_array_size (scores);
    search_group *g = name && n && n <= MOST_SCORES / s->n_candidates && n == json_array_size (chosen)
                          ? search_add_group (s, name, n)
                          : NULL;

    if (!g)
      return false;
    json_array_foreach (scores, o, fold)
    {
      if (!read_fold (s, json_array_get (chosen, o), fold, &g->chosen[o], &g->score[o * s->n_candidates]))
        return false;
    }
  }
  return s->n_groups > 0;
}

static bool
read_one (search *s, json_t *from)
{
  const char *metric = json_string_value (json_object_get (from, "metric")),
             *pipeline = json_string_value (json_object_get (from, "pipeline"));

  s->higher_is_better = json_is_true (json_object_get (from, "higher_is_better"));
  return metric && (s->metric = strdup (metric)) && (!pipeline || (s->pipeline = strdup (pipeline)))
         && read_settings (s, json_object_get (from, "settings")) && read_groups (s, json_object_get (from, "groups"));
}

search *
search_read_json (const char *json, size_t *n, fault *f)
{
  json_t *list = json ? json_loads (json, 0, NULL) : NULL;
  search *all;
  bool ok;

  *n = json_array_size (list);
  all = *n ? calloc (*n, sizeof *all) : NULL;
  ok = all != NULL;
  for (size_t i = 0; ok && i < *n; i++)
    ok = read_one (&all[i], json_array_get (list, i));
  json_decref (list);
  if (ok)
    return all;
  searches_free (all, *n);
  fault_set (f, EXIT_DATA, FNX_E_DATA, "the metadata \"" SEARCH_META "\" are no search, or memory is short");
  return NULL;
}

/* ---- a table ----------------------------------------------------------------------- */

typedef struct maker {
  const search *all;
  size_t n;
  int64_t rows;
  double *real;
  const char **text;
  fnx_buf *b;
  fault *f;
} maker;

/* Where a row stands. */
typedef struct place {
  const search *s;
  const search_group *g;
  size_t fold, candidate;
} place;

static bool
put (maker *m, const char *name, bool texts)
{
  const fnx_column c = { .struct_size = sizeof c,
                         .type = texts ? FNX_COL_TEXT : FNX_COL_REAL,
                         .name = name,
                         .unit = texts ? NULL : "1",
                         .reals = texts ? NULL : m->real,
                         .texts = texts ? m->text : NULL };

  return buffer_set_column (m->b, "row", &c, m->f) == FNX_OK;
}

/* Fill m->real and m->text from a function of the row. */
static void
fill (maker *m, void (*cell) (const place *, const void *arg, double *, const char **), const void *arg)
{
  size_t at = 0;

  for (size_t i = 0; i < m->n; i++)
    for (size_t g = 0; g < m->all[i].n_groups; g++)
      for (size_t o = 0; o < m->all[i].group[g].n_folds; o++)
        for (size_t c = 0; c < m->all[i].n_candidates; c++, at++) {
          const place p = { &m->all[i], &m->all[i].group[g], o, c };

          m->real[at] = NAN;
          m->text[at] = NULL;
          cell (&p, arg, &m->real[at], &m->text[at]);
        }
}

static void
cell_pipeline (const place *p, const void *arg, double *real, const char **text)
{
  (void)arg, (void)real;
  *text = p->s->pipeline;
}

static void
cell_group (const place *p, const void *arg, double *real, const char **text)
{
  (void)arg, (void)real;
  *text = *p->g->name ? p->g->name : NULL;
}

static void
cell_fold (const place *p, const void *arg, double *real, const char **text)
{
  (void)arg, (void)text;
  *real = (double)p->fold + 1;
}

static void
cell_setting (const place *p, const void *name, double *real, const char **text)
{
  for (size_t k = 0; k < p->s->n_settings; k++)
    if (!strcmp (p->s->setting[k].name, name)) {
      *text = p->s->setting[k].value[search_index (p->s, p->candidate, k)];
      if (!number_parse (*text, real))
        *real = NAN;
    }
}

static void
cell_metric (const place *p, const void *arg, double *real, const char **text)
{
  (void)arg, (void)real;
  *text = p->s->metric;
}

static void
cell_score (const place *p, const void *arg, double *real, const char **text)
{
  (void)arg, (void)text;
  *real = p->g->score[p->fold * p->s->n_candidates + p->candidate];
}

static void
cell_chosen (const place *p, const void *arg, double *real, const char **text)
{
  (void)arg, (void)text;
  *real = p->g->chosen[p->fold] == p->candidate;
}

/* All values numbers? */
static bool
numeric (const maker *m)
{
  for (int64_t i = 0; i < m->rows; i++)
    if (m->text[i] && isnan (m->real[i]))
      return false;
  return true;
}

static bool
seen_before (const maker *m, size_t i, size_t k)
{
  for (size_t j = 0; j < i; j++)
    for (size_t l = 0; l < m->all[j].n_settings; l++)
      if (!strcmp (m->all[j].setting[l].name, m->all[i].setting[k].name))
        return true;
  return false;
}

static bool
put_columns (maker *m)
{
  bool groups = false, pipelines = false, ok = true;

  for (size_t i = 0; i < m->n; i++) {
    pipelines |= m->all[i].pipeline != NULL;
    for (size_t g = 0; g < m->all[i].n_groups; g++)
      groups |= *m->all[i].group[g].name != 0;
  }
  if (pipelines)
    fill (m, cell_pipeline, NULL), ok = put (m, "pipeline", true);
  if (groups && ok)
    fill (m, cell_group, NULL), ok = put (m, "group", true);
  fill (m, cell_fold, NULL);
  ok = ok && put (m, "fold", false);
  for (size_t i = 0; i < m->n; i++)
    for (size_t k = 0; k < m->all[i].n_settings && ok; k++)
      if (!seen_before (m, i, k)) {
        fill (m, cell_setting, m->all[i].setting[k].name);
        ok = put (m, m->all[i].setting[k].name, !numeric (m));
      }
  fill (m, cell_metric, NULL);
  ok = ok && put (m, "metric", true);
  fill (m, cell_score, NULL);
  ok = ok && put (m, "value", false);
  fill (m, cell_chosen, NULL);
  return ok && put (m, "chosen", false);
}

fnx_buf *
search_table (const search *s, size_t n, fault *f)
{
  maker m = { .all = s, .n = n, .f = f };

  for (size_t i = 0; i < n; i++)
    for (size_t g = 0; g < s[i].n_groups; g++)
      m.rows += (int64_t)(s[i].group[g].n_folds * s[i].n_candidates);
  m.real = calloc ((size_t)m.rows + 1, sizeof *m.real);
  m.text = calloc ((size_t)m.rows + 1, sizeof *m.text);
  m.b = m.real && m.text ? buffer_table (m.rows, f) : NULL;
  if (!m.real || !m.text)
    fault_memory (f);
  if (m.b && !put_columns (&m)) {
    buffer_unref (m.b);
    m.b = NULL;
  }
  free (m.real);
  free (m.text);
  return m.b;
}
