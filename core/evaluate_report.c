/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/evaluate_report.h"
#include "core/learned.h"
#include "core/text.h"

/* One group and metric. */
typedef struct line {
  char *group;
  const metric *metric;
  score_summary sum;
  size_t n_folds; /* or parts of folds */
  double *value;
  int64_t *fold, *n_train, *n_test;
  char **tested; /* what each left out, NULL where that has no name; NULL if none has */
  char **chosen; /* "augcov.order=4 svm.c=1" of each fold; NULL where nothing was */
  int64_t n;     /* items tested */
} line;

struct report {
  const char *step;
  line *lines;
  size_t n;
};

report *
report_new (const char *step, fault *f)
{
  report *r = calloc (1, sizeof *r);

  if (r)
    r->step = step;
  else
    fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  return r;
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
  if (r)
    free (r->lines);
  free (r);
}

static line *
new_line (report *r, const char *group, size_t n_folds)
{
  line *more = realloc (r->lines, (r->n + 1) * sizeof *more), *l;

  if (!more)
    return NULL;
  r->lines = more;
  l = &more[r->n++];
  *l = (line){ .group = strdup (group), .n_folds = n_folds };
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
    return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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
        return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
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

fnx_status
report_mean (report *r, fault *f)
{
  size_t n = r->n, n_groups = 0;

  for (size_t i = 0; i < n; i++)
    n_groups += r->lines[i].metric == r->lines[0].metric;
  if (n_groups < 2)
    return FNX_OK;
  for (size_t i = 0; i < n && (i == 0 || r->lines[i].metric != r->lines[0].metric); i++) {
    const metric *m = r->lines[i].metric;
    line *l = new_line (r, "mean", n_groups);
    double sum = 0, squares = 0, chance = 0;
    size_t k = 0;

    if (!l)
      return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
    for (size_t j = 0; j < n; j++)
      if (r->lines[j].metric == m) {
        l->value[k] = r->lines[j].sum.mean;
        chance += r->lines[j].sum.chance;
        sum += l->value[k++];
        l->n += r->lines[j].n;
      }
    sum /= (double)k;
    for (size_t j = 0; j < k; j++)
      squares += (l->value[j] - sum) * (l->value[j] - sum);
    l->metric = m;
    l->sum = (score_summary){ .mean = sum,
                              .sd = sqrt (squares / (double)(k - 1)),
                              .n_valued = k,
                              .low = NAN,
                              .high = NAN,
                              .chance = chance / (double)k,
                              .p = NAN };
  }
  return FNX_OK;
}

/* ---- tables ---------------------------------------------------------------------------- */

/* A table is filled column by column from a function of the row. */
typedef struct filler {
  fnx_buf *b;
  int64_t rows;
  fault *f;
} filler;

static void
add_reals (filler *t, const char *name, const char *unit, const double *v)
{
  const fnx_column c = { .struct_size = sizeof c, .type = FNX_COL_REAL, .name = name, .unit = unit, .reals = v };

  if (t->b && buffer_set_column (t->b, "row", &c, t->f) != FNX_OK) {
    buffer_unref (t->b);
    t->b = NULL;
  }
}

static void
add_texts (filler *t, const char *name, const char *const *v)
{
  const fnx_column c = { .struct_size = sizeof c, .type = FNX_COL_TEXT, .name = name, .texts = v };

  if (t->b && buffer_set_column (t->b, "row", &c, t->f) != FNX_OK) {
    buffer_unref (t->b);
    t->b = NULL;
  }
}

/* Columns under construction: up to 8 of numbers and 5 of texts. */
typedef struct columns {
  double *real[8];
  const char **text[5];
} columns;

static bool
columns_begin (columns *c, int64_t rows)
{
  bool ok = true;

  for (int i = 0; i < 8; i++)
    ok = (c->real[i] = calloc ((size_t)rows + 1, sizeof **c->real)) && ok;
  for (int i = 0; i < 5; i++)
    ok = (c->text[i] = calloc ((size_t)rows + 1, sizeof **c->text)) && ok;
  return ok;
}

static void
columns_end (columns *c)
{
  for (int i = 0; i < 8; i++)
    free (c->real[i]);
  for (int i = 0; i < 5; i++)
    free (c->text[i]);
}

static bool
several_groups (const report *r)
{
  for (size_t i = 0; i < r->n; i++)
    if (*r->lines[i].group)
      return true;
  return false;
}

static bool
searched (const report *r)
{
  return r->n && r->lines[0].chosen;
}

static bool
names_tested (const report *r)
{
  return r->n && r->lines[0].tested;
}

static fnx_buf *
scores_table (const report *r, fault *f)
{
  filler t = { .f = f };
  columns c = { { NULL }, { NULL } };
  int64_t at = 0;

  for (size_t i = 0; i < r->n; i++)
    t.rows += strcmp (r->lines[i].group, "mean") ? (int64_t)r->lines[i].n_folds : 0;
  t.b = buffer_table (t.rows, f);
  if (!columns_begin (&c, t.rows) && t.b) {
    buffer_unref (t.b);
    t.b = NULL;
    fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  }
  for (size_t i = 0; t.b && i < r->n; i++) {
    const line *l = &r->lines[i];

    for (size_t k = 0; k < l->n_folds && strcmp (l->group, "mean"); k++, at++) {
      c.text[0][at] = *l->group ? l->group : NULL;
      c.text[1][at] = l->metric->name;
      c.text[2][at] = l->chosen ? l->chosen[k] : NULL;
      c.text[3][at] = l->tested ? l->tested[k] : NULL;
      c.real[0][at] = (double)l->fold[k];
      c.real[1][at] = l->value[k];
      c.real[2][at] = (double)l->n_train[k];
      c.real[3][at] = (double)l->n_test[k];
    }
  }
  if (several_groups (r))
    add_texts (&t, "group", c.text[0]);
  add_reals (&t, "fold", "1", c.real[0]);
  if (names_tested (r))
    add_texts (&t, "tested", c.text[3]);
  add_texts (&t, "metric", c.text[1]);
  add_reals (&t, "value", "1", c.real[1]);
  add_reals (&t, "n_train", "1", c.real[2]);
  add_reals (&t, "n_test", "1", c.real[3]);
  if (searched (r))
    add_texts (&t, "chosen", c.text[2]);
  columns_end (&c);
  return t.b;
}

/* "36", or "35..36" where folds differ. */
static int
range_text (char *text, size_t room, const int64_t *v, size_t n)
{
  int64_t least = v[0], most = v[0];

  for (size_t i = 1; i < n; i++) {
    least = v[i] < least ? v[i] : least;
    most = v[i] > most ? v[i] : most;
  }
  return least == most ? snprintf (text, room, "%" PRId64, least)
                       : snprintf (text, room, "%" PRId64 "..%" PRId64, least, most);
}

/* Is k the last part of its fold? */
static bool
ends_fold (const line *l, size_t k)
{
  return k + 1 == l->n_folds || l->fold[k + 1] != l->fold[k];
}

/* "augcov.order=4 augcov.lag=2 (3 of 5 folds); ...", in the order of the folds. */
static char *
choices_text (const line *l)
{
  text_buf t = { NULL, 0, 0, false };
  size_t n = 0;

  for (size_t k = 0; k < l->n_folds; k++)
    n += ends_fold (l, k);
  for (size_t k = 0; k < l->n_folds; k++) {
    size_t times = 0, first = l->n_folds;

    for (size_t j = l->n_folds; j-- > 0;)
      if (!strcmp (l->chosen[j], l->chosen[k])) {
        times += ends_fold (l, j);
        first = j;
      }
    if (first == k)
      text_addf (&t, "%s%s (%zu of %zu folds)", k ? "; " : "", l->chosen[k], times, n);
  }
  return text_take (&t);
}

static fnx_buf *
summary_table (const report *r, fault *f)
{
  filler t = { .f = f, .rows = (int64_t)r->n };
  columns c = { { NULL }, { NULL } };
  char (*split)[96] = calloc (r->n + 1, sizeof *split), **chosen = calloc (r->n + 1, sizeof *chosen);

  t.b = buffer_table (t.rows, f);
  if ((!columns_begin (&c, t.rows) || !split || !chosen) && t.b) {
    buffer_unref (t.b);
    t.b = NULL;
    fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  }
  for (size_t i = 0; t.b && i < r->n; i++) {
    const line *l = &r->lines[i];

    c.text[0][i] = *l->group ? l->group : NULL;
    c.text[1][i] = l->metric->name;
    c.text[2][i] = l->sum.p_by;
    if (l->n_folds && l->n_train[0]) {
      size_t at = (size_t)range_text (split[i], sizeof *split, l->n_train, l->n_folds);

      split[i][at++] = '/';
      range_text (split[i] + at, sizeof *split - at, l->n_test, l->n_folds);
      c.text[3][i] = split[i];
    }
    if (l->chosen)
      c.text[4][i] = chosen[i] = choices_text (l);
    c.real[0][i] = l->sum.mean;
    c.real[1][i] = l->sum.sd;
    c.real[2][i] = l->sum.low;
    c.real[3][i] = l->sum.high;
    c.real[4][i] = l->sum.chance;
    c.real[5][i] = l->sum.p;
  }
  if (several_groups (r))
    add_texts (&t, "group", c.text[0]);
  add_texts (&t, "metric", c.text[1]);
  add_reals (&t, "value", "1", c.real[0]);
  add_reals (&t, "sd", "1", c.real[1]);
  add_reals (&t, "low95", "1", c.real[2]);
  add_reals (&t, "high95", "1", c.real[3]);
  add_reals (&t, "chance", "1", c.real[4]);
  add_reals (&t, "p", "1", c.real[5]);
  add_texts (&t, "p_by", c.text[2]);
  add_texts (&t, "train/test", c.text[3]);
  if (searched (r))
    add_texts (&t, "chosen", c.text[4]);
  columns_end (&c);
  for (size_t i = 0; chosen && i < r->n; i++)
    free (chosen[i]);
  free (chosen);
  free (split);
  return t.b;
}

fnx_status
report_tables (const report *r, const fnx_buf *src, const fnx_buf **scores, const fnx_buf **summary, fault *f)
{
  fnx_buf *s = scores_table (r, f);

  for (size_t i = 0; s && buffer_meta_key (src, i); i++)
    if (buffer_set_meta (s, buffer_meta_key (src, i), buffer_meta (src, buffer_meta_key (src, i))) != FNX_OK) {
      buffer_unref (s);
      s = NULL;
      fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
    }
  *scores = s;
  *summary = s ? summary_table (r, f) : NULL;
  return *summary ? FNX_OK : f->code;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* "augcov.order=4 svm.c=1" as {"augcov.order":"4","svm.c":"1"}. */
static void
put_chosen (text_buf *to, const char *chosen)
{
  size_t n;
  char *name;

  text_add (to, "{");
  for (const char *p = chosen ? chosen : ""; *p; p += n + (p[n] == ' ')) {
    const char *eq = strchr (p, '=');

    n = strcspn (p, " ");
    if (p != chosen)
      text_add (to, ",");
    name = strndup (p, (size_t)(eq - p));
    text_json (to, name ? name : "");
    free (name);
    text_add (to, ":");
    name = strndup (eq + 1, n - (size_t)(eq + 1 - p));
    text_json (to, name ? name : "");
    free (name);
  }
  text_add (to, "}");
}

static void
put_text (text_buf *to, const char *key, const char *v)
{
  text_addf (to, ",\"%s\":", key);
  text_json (to, v);
}

static void
put_number (text_buf *to, const char *key, double v)
{
  text_addf (to, ",\"%s\":", key);
  text_json_number (to, v);
}

/* One object if all folds chose alike, else one a fold. */
static void
put_params (text_buf *to, const line *l)
{
  bool same = true;

  for (size_t k = 1; l->chosen && k < l->n_folds; k++)
    same = same && !strcmp (l->chosen[k], l->chosen[0]);
  if (same) {
    put_chosen (to, l->chosen && l->n_folds ? l->chosen[0] : NULL);
    return;
  }
  for (size_t k = 0; k < l->n_folds; k++) {
    text_add (to, k ? "," : "[");
    put_chosen (to, l->chosen[k]);
  }
  text_add (to, "]");
}

/* What each of the folds left out: "S1", "S1/2". */
static void
put_tested (text_buf *to, const line *l)
{
  for (size_t k = 0; l->tested && k < l->n_folds; k++) {
    text_add (to, k ? "," : ",\"tested\":[");
    text_json (to, l->tested[k] ? l->tested[k] : "");
  }
  if (l->tested && l->n_folds)
    text_add (to, "]");
}

static void
put_line (text_buf *to, const report *r, const line *l)
{
  text_add (to, "{\"result\":\"scores\"");
  put_text (to, "step", r->step);
  put_text (to, "group", *l->group ? l->group : "all");
  put_text (to, "metric", l->metric->name);
  put_number (to, "mean", l->sum.mean);
  put_number (to, "sd", l->sum.sd);
  text_add (to, ",\"folds\":[");
  for (size_t k = 0; k < l->n_folds; k++) {
    text_add (to, k ? "," : "");
    text_json_number (to, l->value[k]);
  }
  text_add (to, "]");
  put_tested (to, l);
  put_number (to, "n", (double)l->n);
  put_number (to, "chance", l->sum.chance);
  put_number (to, "low95", l->sum.low);
  put_number (to, "high95", l->sum.high);
  put_number (to, "p", l->sum.p);
  if (l->sum.p_by)
    put_text (to, "p_by", l->sum.p_by);
  text_add (to, ",\"params\":");
  put_params (to, l);
  text_add (to, "}");
}

size_t
report_json (const report *r, char ***lines)
{
  *lines = calloc (r->n + 1, sizeof **lines);
  for (size_t i = 0; *lines && i < r->n; i++) {
    text_buf t = { NULL, 0, 0, false };

    put_line (&t, r, &r->lines[i]);
    (*lines)[i] = text_take (&t);
    if (!(*lines)[i])
      return i;
  }
  return *lines ? r->n : 0;
}

/* ---- two lines for people ----------------------------------------------------------------------- */

static void
count_text (char *text, size_t n, const call *c, const fnx_buf *b, const char *axis, const char *column, bool list)
{
  int32_t k = 0;
  const char *const *names;
  const int32_t *codes = c->api.buf->classes ((fnx_call *)(uintptr_t)&c->api, b, axis, column, &k, &names);
  size_t at = strlen (text);

  if (!codes)
    return;
  if (!list) {
    snprintf (text + at, n - at, "%d %s%s, ", k, column, k == 1 ? "" : "s");
    return;
  }
  at += (size_t)snprintf (text + at, n - at, " (");
  for (int32_t i = 0; i < k && i < 8 && at < n; i++) {
    int64_t m = 0;

    for (int64_t t = 0; t < spec_axis (buffer_spec (b), axis)->size; t++)
      m += codes[t] == i;
    at += (size_t)snprintf (text + at, n - at, "%s%" PRId64 " %s", i ? ", " : "", m, names[i]);
  }
  if (at < n)
    snprintf (text + at, n - at, "%s)", k > 8 ? ", ..." : "");
}

static void
list_fitted (char *text, size_t n, const scope *s)
{
  bool any = false;

  for (int i = 0; i < s->n_nodes; i++) {
    const node *x = &s->nodes[i];
    size_t at = strlen (text);

    if (!x->estimator)
      continue;
    if (x->estimator->learns)
      snprintf (text + at, n - at, "%s%s (%s)", any ? ", " : "", x->desc->name, x->estimator->learns);
    else
      snprintf (text + at, n - at, "%s%s", any ? ", " : "", x->desc->name);
    any = true;
  }
  if (!any)
    snprintf (text + strlen (text), n - strlen (text), "nothing");
}

void
report_tell_items (const scope *s, const node *n, const fnx_buf *b, const pipeline *p)
{
  const fnx_spec *spec = buffer_spec (b);
  const fnx_axis *items = spec->axes[sample_axis (spec)], *channel = spec_axis (spec, "channel"),
                 *time = spec_axis (spec, "time");
  char text[1024] = "";
  size_t at;
  fault quiet = FAULT_INIT;
  call c;

  if (!s->ses->on_log || node_call (s, n, &c, &quiet) != FNX_OK)
    return;
  count_text (text, sizeof text, &c, b, items->name, "recording", false);
  at = strlen (text);
  snprintf (text + at, sizeof text - at, "%" PRId64 " %s%s", items->size, items == time ? "sample" : items->name,
            items->size == 1 ? "" : "s");
  count_text (text, sizeof text, &c, b, items->name, "target", true);
  at = strlen (text);
  if (channel)
    at += (size_t)snprintf (text + at, sizeof text - at, ", %" PRId64 " channels", channel->size);
  if (time && axis_rate (time) > 0)
    snprintf (text + at, sizeof text - at, ", %g Hz", axis_rate (time));
  call_end (&c, FNX_OK);
  s->ses->on_log (s->ses->on_arg, FNX_LOG_NOTE, NULL, text);
  snprintf (text, sizeof text, "fitted inside each fold: ");
  list_fitted (text, sizeof text, &p->sub);
  at = strlen (text);
  snprintf (text + at, sizeof text - at, "      on all data: %s",
            s->ses->fitted_on_all ? s->ses->fitted_on_all : "nothing");
  s->ses->on_log (s->ses->on_arg, FNX_LOG_NOTE, NULL, text);
}
