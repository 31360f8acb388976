/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * select: the k features that say most about the classes, scikit-learn 1.2's
 * SelectKBest with mutual_info_classif (Ross 2014: nearest neighbours in the
 * class against neighbours in all) or f_classif (one-way analysis of variance).
 */
#include "plugins/learn/learn.h"

#include <math.h>
#include <stdio.h>

enum { BY_MUTUAL_INFO, BY_ANOVA };

struct fnx_step {
  int64_t k;
  int by, neighbours;
};

struct fnx_model {
  size_t p, k;
  double *at;    /* k: which of the p features, ascending */
  double *order; /* k: the same, best first */
  double *score; /* k, as at */
  char **name;   /* k, as order; "feature7" where they have no names */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = learn_alloc (c, 1, sizeof *s);
  if (!s)
    return FNX_E_NOMEM;
  s->k = c->param->integer (p, "k");
  s->by = (int)c->param->integer (p, "by");
  s->neighbours = (int)c->param->integer (p, "neighbours");
  *out = s;
  return FNX_OK;
}

static void
model_free (fnx_model *m)
{
  for (size_t i = 0; m && m->name && i < m->k; i++)
    free (m->name[i]);
  if (m) {
    free (m->name);
    free (m->order);
    free (m->at);
    free (m->score);
  }
  free (m);
}

static fnx_status
too_many (fnx_call *c, const fnx_step *s, int64_t p)
{
  return c->fail (c, FNX_E_PARAM, "k=%lld is more than the %lld features of %s\nuse k=%lld or fewer", (long long)s->k,
                  (long long)p, c->recording, (long long)p);
}

/* The kept features: labels NULL and score NULL where they are not known yet. */
static const fnx_spec *
kept_spec (fnx_call *c, const fnx_spec *in, int64_t k, const char *const *labels, const double *score)
{
  fnx_axis *feature = c->scratch (c, sizeof *feature);
  fnx_column *column = c->scratch (c, sizeof *column);
  const fnx_column **columns = c->scratch (c, 2 * sizeof *columns);
  if (!feature || !column || !columns)
    return NULL;
  *column = (fnx_column){ .struct_size = sizeof *column, .type = FNX_COL_REAL, .name = "score", .reals = score };
  columns[0] = column;
  *feature = (fnx_axis){
    .struct_size = sizeof *feature, .name = "feature", .size = k, .labels = labels, .columns = columns
  };
  return rows_spec (c, in, feature);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  int64_t p = in[0]->axes[1]->size;
  if (p != FNX_UNKNOWN && s->k > p)
    return too_many (c, s, p);
  out[0] = kept_spec (c, in[0], s->k, NULL, NULL);
  return out[0] ? FNX_OK : FNX_E_NOMEM;
}

/* ---- scores ------------------------------------------------------------------ */

typedef struct value {
  double x;
  int32_t code;
} value;

typedef struct plan {
  const fnx_step *s;
  const rows *x;
  const size_t *trial; /* n of x that count */
  const int32_t *code;
  size_t n;
  int32_t n_class;
  const double *psi; /* psi[i] = digamma (i), i = 1 .. n */
  double *score;     /* p */
  value *values;     /* 2 n for each worker */
  size_t *counts;    /* 2 n_class for each worker */
} plan;

static int
by_value (const void *a, const void *b)
{
  const value *u = a, *v = b;
  return (u->x > v->x) - (u->x < v->x);
}

/* Distance of own[i] to its k-th nearest among the n sorted values. */
static double
kth (const value *own, size_t n, size_t i, size_t k)
{
  size_t left = i, right = i; /* [left, right] are the nearest so far */
  double d = 0;
  while (k-- > 0) {
    double l = left > 0 ? own[i].x - own[left - 1].x : INFINITY;
    double r = right + 1 < n ? own[right + 1].x - own[i].x : INFINITY;
    d = l < r ? l : r;
    left -= l < r;
    right += l >= r;
  }
  return d;
}

/* How many of the n sorted values lie nearer than r to x, which is one of them;
 * at r = 0: how many equal it. */
static size_t
within (const value *all, size_t n, double x, double r)
{
  size_t low[2]; /* first value that is not too far left, first that is too far right */
  for (int side = 0; side < 2; side++) {
    size_t a = 0, b = n;
    while (a < b) {
      size_t mid = (a + b) / 2;
      double d = side ? all[mid].x - x : x - all[mid].x;
      bool before = side ? r > 0 ? d < r : d <= 0 : r > 0 ? d >= r : d > 0;
      if (before)
        a = mid + 1;
      else
        b = mid;
    }
    low[side] = a;
  }
  return low[1] - low[0];
}

/* psi(n) + <psi(k_i)> - <psi(N_i)> - <psi(m_i)>: N_i trials in the class of i,
 * m_i of all nearer than the k_i-th of its class.  Ross 2014, equation 2; a
 * class of one trial does not count. */
static double
mutual_info (const plan *p, value *all, value *own, size_t *counts)
{
  size_t *first = counts + p->n_class, n = 0, at = 0;
  double sum = 0;
  memset (counts, 0, (size_t)p->n_class * sizeof *counts);
  for (size_t i = 0; i < p->n; i++)
    counts[all[i].code]++;
  for (size_t i = 0; i < p->n; i++)
    if (counts[all[i].code] > 1)
      all[n++] = all[i];
  qsort (all, n, sizeof *all, by_value);
  for (int32_t c = 0; c<p->n_class; at += counts[c]> 1 ? counts[c] : 0, c++)
    first[c] = at;
  for (size_t i = 0; i < n; i++) /* class by class, sorted in each */
    own[first[all[i].code]++] = all[i];
  for (size_t i = 0, start = 0; i < n; i++) {
    size_t size = counts[own[i].code], k = (size_t)p->s->neighbours < size - 1 ? (size_t)p->s->neighbours : size - 1;
    start = i > 0 && own[i].code != own[i - 1].code ? i : start;
    double r = kth (own + start, size, i - start, k);
    sum += p->psi[k] - p->psi[size] - p->psi[within (all, n, own[i].x, r)];
  }
  return n ? fmax (0, p->psi[n] + sum / (double)n) : 0;
}

/* F of a one-way analysis of variance; of a constant feature 0. */
static double
anova (const plan *p, const value *all, size_t *counts)
{
  double total = 0, between = 0, inside = 0, size = 0;
  int32_t seen = 0;
  for (size_t i = 0; i < p->n; i++)
    total += all[i].x / (double)p->n;
  for (int32_t c = 0; c < p->n_class; c++) {
    double mean = 0, squares = 0;
    counts[c] = 0;
    for (size_t i = 0; i < p->n; i++)
      if (all[i].code == c) {
        mean += all[i].x;
        counts[c]++;
      }
    if (!counts[c])
      continue;
    seen++;
    mean /= (double)counts[c];
    for (size_t i = 0; i < p->n; i++)
      squares += all[i].code == c ? (all[i].x - mean) * (all[i].x - mean) : 0;
    inside += squares;
    between += (double)counts[c] * (mean - total) * (mean - total);
    size = fmax (size, fabs (mean));
  }
  double df = (double)p->n - seen;
  if (seen < 2 || !(between > 1e-28 * size * size * (double)p->n))
    return 0;
  return inside > 0 && df > 0 ? between / (seen - 1) / (inside / df) : INFINITY;
}

static fnx_status
score_one (void *arg, size_t j, uint32_t worker)
{
  const plan *p = arg;
  value *all = p->values + 2 * p->n * worker;
  size_t *counts = p->counts + 2 * (size_t)p->n_class * worker;
  for (size_t i = 0; i < p->n; i++)
    all[i] = (value){ p->x->at[p->trial[i]][j], p->code[p->trial[i]] };
  p->score[j] = p->s->by == BY_ANOVA ? anova (p, all, counts) : mutual_info (p, all, all + p->n, counts);
  return FNX_OK;
}

/* A score for each feature; trials of weight 0 are left out. */
static fnx_status
scores (fnx_call *c, const fnx_step *s, const rows *x, const double *w, const int32_t *code, int32_t n_class,
        double *score)
{
  size_t workers = c->max_threads > 0 ? c->max_threads : 1, *trial = c->scratch (c, x->n * sizeof *trial);
  double *psi = c->scratch (c, (x->n + 2) * sizeof *psi);
  plan p = { .s = s, .x = x, .trial = trial, .code = code, .n_class = n_class, .psi = psi, .score = score };
  p.values = c->scratch (c, workers * 2 * x->n * sizeof *p.values);
  p.counts = c->scratch (c, workers * 2 * (size_t)n_class * sizeof *p.counts);
  if (!trial || !psi || !p.values || !p.counts)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < x->n; i++)
    if (!w || w[i] > 0)
      trial[p.n++] = i;
  psi[1] = -0.57721566490153286061; /* Euler's constant */
  for (size_t i = 1; i < p.n; i++)
    psi[i + 1] = psi[i] + 1 / (double)i;
  return c->parallel (c, x->p, score_one, &p);
}

/* ---- learning ---------------------------------------------------------------- */

static fnx_status
name_features (fnx_call *c, const fnx_axis *feature, fnx_model *m)
{
  if (!(m->name = learn_alloc (c, m->k, sizeof *m->name)))
    return FNX_E_NOMEM;
  for (size_t i = 0; i < m->k; i++) {
    char text[32];
    snprintf (text, sizeof text, "feature%zu", (size_t)m->order[i] + 1);
    if (!(m->name[i] = strdup (feature->labels ? feature->labels[(size_t)m->order[i]] : text)))
      return c->fail (c, FNX_E_NOMEM, "no memory for the names of %zu features", m->k);
  }
  return FNX_OK;
}

/* The k largest; of equals the later one, as SelectKBest. */
static fnx_status
choose (fnx_call *c, const fnx_step *s, const fnx_axis *feature, double *score, fnx_model *m)
{
  char *kept = c->scratch (c, m->p);
  m->k = (size_t)s->k;
  m->at = learn_alloc (c, m->k, sizeof *m->at);
  m->order = learn_alloc (c, m->k, sizeof *m->order);
  m->score = learn_alloc (c, m->k, sizeof *m->score);
  if (!kept || !m->at || !m->order || !m->score) {
    m->k = 0;
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < m->k; i++) {
    size_t best = SIZE_MAX;
    for (size_t j = 0; j < m->p; j++)
      if (!kept[j] && (best == SIZE_MAX || score[j] >= score[best]))
        best = j;
    kept[best] = 1;
    m->order[i] = (double)best;
  }
  for (size_t j = 0, i = 0; j < m->p; j++)
    if (kept[j]) {
      m->at[i] = (double)j;
      m->score[i++] = score[j];
    }
  return name_features (c, feature, m);
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *start, fnx_model **out)
{
  rows x;
  const double *w;
  const int32_t *code;
  classes cls = { 0, NULL };
  (void)start;
  fnx_status st = rows_of (c, in[0], 2, &x);
  if (st == FNX_OK && s->k > (int64_t)x.p)
    st = too_many (c, s, (int64_t)x.p);
  if (st == FNX_OK)
    st = rows_weights (c, in[0], &w);
  if (st == FNX_OK)
    st = classes_of (c, in[0], &code, &cls);
  double *score = st == FNX_OK ? c->scratch (c, x.p * sizeof *score) : NULL;
  fnx_model *m = score ? learn_alloc (c, 1, sizeof *m) : NULL;
  if (st == FNX_OK)
    st = m ? scores (c, s, &x, w, code, cls.n, score) : FNX_E_NOMEM;
  classes_free (&cls);
  if (st == FNX_OK) {
    m->p = x.p;
    st = choose (c, s, c->buf->spec (in[0])->axes[1], score, m);
  }
  return fitted (st, m, model_free, out);
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  rows x;
  (void)s;
  fnx_status st = rows_of (c, in[0], 0, &x);
  if (st || (st = rows_fit (c, &x, m->p)))
    return st;
  const fnx_spec *from = c->buf->spec (in[0]);
  const char **labels = c->scratch (c, m->k * sizeof *labels);
  if (!labels)
    return FNX_E_NOMEM;
  for (size_t i = 0; from->axes[1]->labels && i < m->k; i++)
    labels[i] = from->axes[1]->labels[(size_t)m->at[i]];
  const fnx_spec *spec = kept_spec (c, from, (int64_t)m->k, from->axes[1]->labels ? labels : NULL, m->score);
  fnx_buf *o = spec ? c->buf->like (c, in[0], spec) : NULL;
  double *v = o ? c->buf->write (c, o) : NULL;
  if (!v) {
    c->buf->unref (o);
    return FNX_E_NOMEM;
  }
  for (size_t i = 0; i < x.n; i++)
    for (size_t k = 0; k < m->k; k++)
      v[i * m->k + k] = x.at[i][(size_t)m->at[k]];
  *out = o;
  return FNX_OK;
}

/* Blanks and "=" would part what a result shows. */
static fnx_status
report (fnx_call *c, const fnx_model *m, fnx_status (*put_to) (void *, const char *, const char *), void *to)
{
  char *text = c->scratch (c, strlen (m->name[0]) + 1);
  if (!text)
    return FNX_E_NOMEM;
  for (size_t i = 0; m->name[0][i]; i++)
    text[i] = strchr (" =\t\r\n", m->name[0][i]) ? '_' : m->name[0][i];
  return put_to (to, "best", text);
}

static void
put (state_out *o, const fnx_model *m)
{
  state_put_u64 (o, m->p);
  state_put_u64 (o, m->k);
  state_put_f64s (o, m->at, m->k);
  state_put_f64s (o, m->order, m->k);
  state_put_f64s (o, m->score, m->k);
  for (size_t i = 0; i < m->k; i++)
    state_put_text (o, m->name[i]);
}

static bool
indices_get (state_in *in, size_t k, size_t p, double **to)
{
  *to = state_matrix (in, 1, k);
  for (size_t i = 0; *to && !in->bad && i < k; i++)
    in->bad |= !((*to)[i] >= 0 && (*to)[i] < (double)p && (*to)[i] == floor ((*to)[i]));
  return *to && !in->bad;
}

static bool
get (state_in *in, const fnx_step *s, fnx_model *m)
{
  (void)s;
  m->p = state_count (in, 0, INT32_MAX);
  size_t k = state_count (in, 24, m->p);
  in->bad |= k == 0;
  bool ok = !in->bad && indices_get (in, k, m->p, &m->at) && indices_get (in, k, m->p, &m->order);
  ok = ok && (m->score = state_matrix (in, 1, k)) && (m->name = calloc (k, sizeof *m->name));
  m->k = ok ? k : 0;
  for (size_t i = 0; ok && i < k; i++)
    ok = (m->name[i] = state_text (in)) != NULL;
  return ok;
}

ESTIMATOR ("select", 1, put, get, NULL, fit, model_free, .flags = FNX_EST_SUPERVISED, .apply = apply,
           .learns = "best features", .report = report);

static const fnx_param_desc k_param = { .struct_size = sizeof k_param,
                                        .type = FNX_T_INT,
                                        .flags = FNX_P_TUNABLE | FNX_P_MAIN,
                                        .name = "k",
                                        .doc = "features to keep",
                                        .fallback = "10",
                                        .min = 1,
                                        .max = 1000000 };
static const char *const scores_by[] = { "mutual_info", "anova", NULL };
static const fnx_param_desc by_param = { .struct_size = sizeof by_param,
                                         .type = FNX_T_ENUM,
                                         .flags = FNX_P_TUNABLE,
                                         .name = "by",
                                         .doc = "mutual_info: any dependence, by nearest neighbours; anova: differing"
                                                " means, by the F statistic",
                                         .fallback = "mutual_info",
                                         .choices = scores_by };
static const fnx_param_desc neighbours_param = { .struct_size = sizeof neighbours_param,
                                                 .type = FNX_T_INT,
                                                 .flags = FNX_P_TUNABLE,
                                                 .name = "neighbours",
                                                 .doc = "of a trial in its class; few: less bias, many: less variance",
                                                 .fallback = "3",
                                                 .min = 1,
                                                 .max = 1000,
                                                 .when = "by=mutual_info" };
static const fnx_param_desc *const params[] = { &k_param, &by_param, &neighbours_param, NULL };

static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port,
        .name = "out",
        .what = "features[trial,feature]",
        .doc = "the k best features in the order in which they came; their column score" };
static const fnx_port_desc *const inputs[] = { &learn_in_target, NULL };
static const fnx_port_desc *const outputs[] = { &out_port, NULL };

const fnx_step_desc select_step = {
  .struct_size = sizeof select_step,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.learn.select",
  .name = "select",
  .title = "the features that say most about the classes",
  .doc
  = "Each feature is judged by itself, on the training trials alone: inside evaluate every fold makes its own choice,"
    " of which the results name the best.\n\n"
    "by=mutual_info estimates psi(n) + <psi(k)> - <psi(N)> - <psi(m)> in nats, never below 0: for each of the n trials"
    " the distance to its k-th nearest neighbour among the N of its class (k = neighbours, or N - 1), and m trials of"
    " any class within less than that. A class of a single trial is left out. by=anova is the F statistic of one-way"
    " analysis of variance. Of features with equal scores the later ones are kept.\n\n"
    "scikit-learn adds noise of 1e-10 from a random seed to part equal values; here nothing is added. Scores differ"
    " only where values of a feature are equal, as counts are; a trial whose k nearest in its class equal it counts the"
    " trials that equal it.\n\n"
    "Trials of weight 0 are left out; other weights make no difference.",
  .cite = "Ross, PLoS ONE 9:e87357, 2014; scikit-learn 1.2 SelectKBest, mutual_info_classif, f_classif",
  .equals = "scikit-learn 1.2 SelectKBest (mutual_info_classif) on values that differ",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin tangent ! select k=10 ! svm kernel=linear end",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = step_free,
  .negotiate = negotiate,
  .extension = extension,
};
