/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csp, trcsp and spoc: MNE's numbers, their formulas, planted truth, permuted
 * labels, the CSP space, models through bytes, refusals.
 *
 * The tables were computed on the formula of golden.h by MNE 1.3.0
 * (mne.decoding.CSP, SPoC), and where they say so by numpy and scipy 1.10 from
 * the equations of pyRiemann 0.9 and of MOABB's TRCSP; the joint diagonaliser
 * there is MNE's _ajd_pham with max_iter=100.
 */
#include "core/pool.h"
#include "plugins/common/linalg.h"
#include "tests/riemann/golden.h"

enum { K = 120, C = 6, T = 100, TRAIN = 80 };

/* ---- the peers' numbers ---- */

static const struct peer {
  const char *line;
  int classes; /* 2, 3, or 0 for the continuous target */
  bool scm;    /* through cov estimator=scm */
  size_t n;
  double want[9];
} peers[] = {
  { "csp nfilter=2 peer=mne",
    2,
    false,
    6,
    { -0.268346403411901, -1.51390094877686, -1.4908803226138, -0.233317436625967, -0.307751278588612,
      -1.38513406922199 } },
  { "csp nfilter=2 peer=mne cov=epoch",
    2,
    false,
    6,
    { -0.282371878766405, -1.52792642413137, -1.50490579796831, -0.247342911980473, -0.321776753943116,
      -1.39915954457649 } },
  { "csp nfilter=3 peer=mne order=alternate",
    2,
    false,
    6,
    { -0.268346403411901, -1.51390094877686, -0.701642585459859, -1.4908803226138, -0.233317436625967,
      -0.734684868765077 } },
  { "csp nfilter=2 peer=mne log=no",
    2,
    false,
    6,
    { 1.00538695883575, -1.07606958263734, -1.03337200294624, 1.13297026404863, 0.893731538979017,
      -0.959252481092141 } },
  { "csp nfilter=3 peer=mne",
    3,
    false,
    9,
    { -0.73396676759097, 0.365366971779491, -0.0299268103410371, 0.527632166876302, -0.831780259499107,
      -0.0757968133248217, -0.598729995967714, 0.322852222691532, 0.0565353909536109 } },
  { "csp nfilter=3 peer=mne cov=epoch",
    3,
    false,
    9,
    { -0.758084179144101, 0.362323110004624, -0.0406572493007049, 0.503514755323171, -0.834824121273975,
      -0.0865272522844898, -0.622847407520845, 0.319808360916664, 0.045804951993943 } },
  { "spoc nfilter=2 peer=mne",
    0,
    false,
    6,
    { -0.494400075399273, -0.152633491985101, 0.362013116659172, -0.0670852003127289, -0.360582865302838,
      -0.0476481951397853 } },
  /* numpy and scipy from here on */
  { "trcsp nfilter=2",
    2,
    true,
    6,
    { -1.01620615000163, 0.224163966457511, 0.268916705268137, -1.00670291482422, -0.878319685766159,
      0.191386416804435 } },
  { "trcsp nfilter=2 alpha=0.1",
    2,
    true,
    6,
    { -0.241736861804063, 1.02713371000372, 1.04316245013634, -0.199678211415165, -0.110576317883422,
      0.988972395597366 } },
  { "spoc nfilter=2",
    0,
    true,
    6,
    { -0.469345014297035, -0.143135840554874, 0.374626620157143, -0.041544065214583, -0.333599838683028,
      -0.0396036229436218 } },
  { "csp nfilter=3",
    3,
    true,
    9,
    { 0.370210249811995, -0.0261116097277568, -0.730458495779071, -0.825900387169845, -0.070571572061992,
      0.532637559711882, 0.32738253298727, 0.0611450245306405, -0.594197270360594 } },
};

static void
peers_near (void)
{
  double three[GOLD_K], z[GOLD_K];
  for (int k = 0; k < GOLD_K; k++) {
    three[k] = k % 3;
    z[k] = cos (1.3 * k) + 0.1 * k;
  }
  for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
    const struct peer *p = &peers[i];
    fnx_buf *x = gold_epochs ();
    if (p->classes != 2)
      t_reals (&x, "trial", "target", p->classes ? three : z);
    const fnx_buf *s = p->scm ? t_run ("cov estimator=scm", x) : buffer_ref (x);
    fnx_buf *train = t_part (s, 0, p->classes == 3 ? GOLD_K - 1 : GOLD_K); /* classes of unequal size */
    t_model *m = t_fit (p->line, train, NULL, NULL);
    const fnx_buf *out = t_apply (m, s);
    t_near (t_values (out), p->want, p->n, 1e-9, p->line);
    buffer_unref (out);
    buffer_unref (train);
    buffer_unref (s);
    buffer_unref (x);
    t_model_free (m);
  }
  static const double space[]
      = { 0.0217185376327904, 0.785741427818536, 1.2084367410532, 0.278625361207394, 0.576820193232816 };
  double got[5];
  fnx_buf *x = gold_epochs ();
  const fnx_buf *out = t_run ("csp nfilter=1 peer=mne gives=space", x);
  for (int t = 0; t < 5; t++)
    got[t] = fabs (t_values (out)[t]);
  t_near (got, space, 5, 1e-9, "MNE's csp_space, up to sign");
  buffer_unref (out);
  buffer_unref (x);
}

/* ---- planted truth ---- */

/* White sources, one stronger in trials of its class, mixed into channels. */
static fnx_buf *
planted (int classes, bool blind, uint64_t seed)
{
  static const char *const words[] = { "feet", "left", "right", "tongue" };
  double *x = malloc (sizeof (double) * K * C * T), mixing[C * C], s[C * T], shuffle[K];
  const char *names[K];
  t_random (mixing, C * C, seed);
  t_random (shuffle, K, seed + 1);
  for (int k = 0; k < K; k++) {
    t_random (s, C * T, seed + 2 + (uint64_t)k);
    la_scale (s + k % classes * T, 2, T);
    la_mul (x + (size_t)k * C * T, mixing, s, C, T, C, 1, 0);
    names[k] = words[blind ? (int)(fabs (shuffle[k]) * 1e6) % classes : k % classes];
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_texts (&b, "trial", "target", names);
  t_rate (&b, 100, 1);
  free (x);
  return b;
}

/* Share of the last trials that `line ! then` fitted on the first gets right. */
static double
accuracy (const char *line, const char *between, const char *then, const fnx_buf *x)
{
  fnx_buf *train = t_part (x, 0, TRAIN), *test = t_part (x, TRAIN, K);
  t_model *m = t_fit (line, train, NULL, NULL);
  const fnx_buf *f = t_apply (m, train), *g = t_apply (m, test);
  if (between) {
    const fnx_buf *f2 = t_run (between, f), *g2 = t_run (between, g);
    buffer_unref (f);
    buffer_unref (g);
    f = f2;
    g = g2;
  }
  t_model *n = t_fit (then, f, NULL, NULL);
  const fnx_buf *out = t_apply (n, g);
  double right = t_accuracy (out, test);
  buffer_unref (out);
  buffer_unref (f);
  buffer_unref (g);
  buffer_unref (train);
  buffer_unref (test);
  t_model_free (m);
  t_model_free (n);
  return right;
}

static const struct {
  const char *line, *between, *then;
  int most; /* classes */
} chains[] = { { "csp nfilter=4", NULL, "lda", 4 },
               { "csp nfilter=4 peer=mne", NULL, "lda", 4 },
               { "csp nfilter=2 classes=ovr", NULL, "lda", 4 },
               { "csp nfilter=2 classes=ovr peer=mne order=alternate", NULL, "lda", 4 },
               { "csp nfilter=3 gives=space", "cov", "mdm", 4 },
               { "csp nfilter=2 classes=ovr gives=space", "cov estimator=oas", "mdm", 4 },
               { "trcsp", NULL, "lda", 2 },
               { "trcsp nfilter=2 alpha=100", NULL, "lda", 2 },
               { "spoc nfilter=2", NULL, "lda", 2 },
               { "spoc nfilter=2 peer=mne", NULL, "lda", 2 } };
enum { N_CHAINS = sizeof chains / sizeof *chains };

static void
truth_and_chance (void)
{
  for (int classes = 2; classes <= 4; classes++) {
    fnx_buf *x = planted (classes, false, 10), *blind = planted (classes, true, 10);
    for (size_t i = 0; i < N_CHAINS; i++) {
      if (chains[i].most < classes)
        continue;
      double a = accuracy (chains[i].line, chains[i].between, chains[i].then, x);
      double b = accuracy (chains[i].line, chains[i].between, chains[i].then, blind);
      t_ok (a > 0.9, "%s, %d classes: %.2f of planted trials", chains[i].line, classes, a);
      t_ok (fabs (b - 1.0 / classes) < 0.25, "%s, %d classes: %.2f with labels that mean nothing", chains[i].line,
            classes, b);
    }
    buffer_unref (x);
    buffer_unref (blind);
  }
}

static double
correlation (const double *a, size_t stride, const double *b, size_t n)
{
  double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < n; i++) {
    ma += a[i * stride] / (double)n;
    mb += b[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    aa += (a[i * stride] - ma) * (a[i * stride] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
    ab += (a[i * stride] - ma) * (b[i] - mb);
  }
  return ab / sqrt (aa * bb);
}

/* A source whose power is the target, behind filters of the other trials. */
static void
comodulation (void)
{
  double *x = malloc (sizeof (double) * K * C * T), mixing[C * C], s[C * T], y[2][K];
  t_random (mixing, C * C, 40);
  t_random (y[0], K, 41);
  t_random (y[1], K, 42);
  for (int k = 0; k < K; k++) {
    y[0][k] = fabs (y[0][k]);
    t_random (s, C * T, 43 + (uint64_t)k);
    la_scale (s + 3 * T, sqrt (0.2 + y[0][k]), T);
    la_mul (x + (size_t)k * C * T, mixing, s, C, T, C, 1, 0);
  }
  static const char *const lines[] = { "spoc nfilter=1", "spoc nfilter=1 peer=mne" };
  for (int blind = 0; blind < 2; blind++)
    for (int l = 0; l < 2; l++) {
      fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
      t_reals (&b, "trial", "target", y[blind]);
      fnx_buf *train = t_part (b, 0, TRAIN), *test = t_part (b, TRAIN, K);
      t_model *m = t_fit (lines[l], train, NULL, NULL);
      const fnx_buf *out = t_apply (m, test);
      double r = correlation (t_values (out), 1, y[blind] + TRAIN, K - TRAIN);
      t_ok (blind ? fabs (r) < 0.4 : r > 0.7, "%s: r = %.2f with %s targets", lines[l], r,
            blind ? "meaningless" : "planted");
      buffer_unref (out);
      buffer_unref (train);
      buffer_unref (test);
      buffer_unref (b);
      t_model_free (m);
    }
  free (x);
}

/* ---- by definition ---- */

/* Filters of one class against the others are those of two classes. */
static void
one_against_rest (void)
{
  fnx_buf *x = planted (3, false, 20);
  const fnx_buf *all = t_run ("csp nfilter=2 classes=ovr", x);
  const fnx_column *y = buffer_column (x, "trial", "target");
  const char *const *labels = buffer_spec (all)->axes[1]->labels;
  t_ok (!strcmp (labels[0], "feet.csp1") && !strcmp (labels[5], "right.csp2"), "features are called %s to %s",
        labels[0], labels[5]);
  static const char *const classes[] = { "feet", "left", "right" };
  for (int k = 0; k < 3; k++) {
    const char *two[K];
    double got[2 * K];
    for (int i = 0; i < K; i++) {
      two[i] = strcmp (y->texts[i], classes[k]) ? "a rest" : "own";
      got[2 * i] = t_values (all)[6 * i + 2 * k];
      got[2 * i + 1] = t_values (all)[6 * i + 2 * k + 1];
    }
    fnx_buf *b = t_part (x, 0, K);
    t_texts (&b, "trial", "target", two);
    const fnx_buf *own = t_run ("csp nfilter=2", b);
    t_near (got, t_values (own), 2 * K, 1e-10, classes[k]);
    buffer_unref (own);
    buffer_unref (b);
  }
  buffer_unref (all);
  buffer_unref (x);
}

/* The power of the CSP space is the feature. */
static void
space (void)
{
  static const char *const lines[][2] = { { "csp estimator=scm", "csp estimator=scm gives=space" },
                                          { "csp peer=mne", "csp peer=mne gives=space" },
                                          { "spoc peer=mne", "spoc peer=mne gives=space" },
                                          { "trcsp estimator=scm", "trcsp estimator=scm gives=space" } };
  fnx_buf *x = planted (2, false, 30);
  for (size_t l = 0; l < 4; l++) {
    const fnx_buf *f = t_run (lines[l][0], x), *s = t_run (lines[l][1], x);
    const fnx_spec *spec = buffer_spec (s);
    double *power = malloc (sizeof (double) * K * 4);
    for (int i = 0; i < K * 4; i++) {
      double sum = 0, mean = 0;
      for (int t = 0; t < T; t++)
        mean += t_values (s)[i * T + t] / T;
      for (int t = 0; t < T; t++) {
        double d = t_values (s)[i * T + t] - (strstr (lines[l][0], "scm") ? mean : 0);
        sum += d * d / T;
      }
      power[i] = log (sum);
    }
    t_near (t_values (f), power, K * 4, 1e-10, lines[l][1]);
    t_ok (!strcmp (spec->kind, "epochs") && spec->axes[2]->rate_num == 100 && buffer_column (s, "trial", "target")
              && !strcmp (spec->axes[1]->labels[0], l == 2 ? "spoc1" : "csp1"),
          "epochs of %s go on with their rate and target", spec->axes[1]->labels[0]);
    free (power);
    buffer_unref (f);
    buffer_unref (s);
  }
  buffer_unref (x);
}

static void
models (void)
{
  fnx_buf *x = planted (2, false, 50);
  static const char *const lines[]
      = { "csp peer=mne log=no", "csp gives=space", "csp classes=ovr", "trcsp", "spoc", "spoc peer=mne log=no" };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    uint64_t one = 0;
    bool same = true;
    for (unsigned n = 1; n <= 4; n *= 2) {
      pool_start (n);
      const fnx_buf *out = t_run (lines[i], x);
      one = n == 1 ? buffer_hash (out) : one;
      same = same && buffer_hash (out) == one;
      buffer_unref (out);
    }
    t_ok (same, "%s: the same bytes with 1, 2 and 4 threads", lines[i]);
    t_model *m = t_fit (lines[i], x, NULL, NULL), *again = t_save_load (m);
    const fnx_buf *a = t_apply (m, x), *b = t_apply (again, x);
    t_ok (buffer_equal (a, b), "%s: a saved model gives the same answers", lines[i]);
    buffer_unref (a);
    buffer_unref (b);
    t_model_free (m);
    t_model_free (again);
  }
  buffer_unref (x);
}

/* A trial of weight 2 is that trial twice; one of weight 0 is none. */
static void
weights (void)
{
  static const struct {
    const char *line;
    int classes;
  } lines[] = { { "csp", 3 },
                { "csp classes=ovr", 3 },
                { "csp peer=mne", 3 },
                { "csp peer=mne cov=epoch log=no", 3 },
                { "trcsp", 2 },
                { "spoc", 2 },
                { "spoc peer=mne log=no", 2 } };
  for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
    double w[K];
    int64_t twice[2 * K], n = 0;
    fnx_buf *x = planted (lines[l].classes, false, 70), *weighted = t_part (x, 0, K);
    for (int64_t k = 0; k < K; k++) {
      w[k] = (double)(k / 2 % 3);
      for (int64_t r = 0; r < k / 2 % 3; r++)
        twice[n++] = k;
    }
    fnx_buf *repeated = buffer_pick (x, twice, n, NULL);
    t_reals (&weighted, "trial", "weight", w);
    t_model *a = t_fit (lines[l].line, repeated, NULL, NULL), *b = t_fit (lines[l].line, weighted, NULL, NULL);
    const fnx_buf *u = t_apply (a, x), *v = t_apply (b, x);
    t_near (t_values (v), t_values (u), spec_count (buffer_spec (u)), 1e-8, lines[l].line);
    buffer_unref (u);
    buffer_unref (v);
    buffer_unref (repeated);
    buffer_unref (weighted);
    buffer_unref (x);
    t_model_free (a);
    t_model_free (b);
  }
}

/* ---- refusals ---- */

static void
refused (const char *line, const fnx_buf *x, fnx_status want, const char *words)
{
  fnx_status code;
  const char *said = t_fail (line, x, &code);
  t_ok (code == want && strstr (said, words), "%s: %s", line, said);
}

static void
refusals (void)
{
  fnx_buf *x = planted (3, false, 60), *two = planted (2, false, 60), *few = t_part (two, 0, 1),
          *same = t_part (two, 0, K);
  const char *one[K];
  double equal[K];
  for (int i = 0; i < K; i++) {
    one[i] = "left";
    equal[i] = 7;
  }
  t_texts (&same, "trial", "target", one);
  const fnx_buf *s = t_run ("cov", two);
  refused ("csp gives=space", s, FNX_E_SPEC, "put csp before  cov");
  refused ("csp peer=mne", s, FNX_E_PARAM, "leave  cov  out");
  refused ("csp", few, FNX_E_DATA, "at least 2");
  refused ("csp peer=mne", few, FNX_E_DATA, "at least 2");
  refused ("csp", same, FNX_E_DATA, "of one class, left");
  refused ("csp peer=mne order=alternate", x, FNX_E_PARAM, "classes=ovr");
  refused ("trcsp", x, FNX_E_DATA, "trcsp tells two apart");
  refused ("trcsp nfilter=5", two, FNX_E_PARAM, "use nfilter=6");
  refused ("spoc", x, FNX_E_DATA, "for 3 classes use  csp");
  t_reals (&same, "trial", "target", equal);
  refused ("spoc", same, FNX_E_DATA, "have the target 7");
  equal[4] = NAN;
  t_reals (&same, "trial", "target", equal);
  refused ("spoc", same, FNX_E_DATA, "trial 5 of test");
  /* average reference: channels sum to zero */
  double *v = malloc (sizeof (double) * K * C * T);
  memcpy (v, t_values (two), sizeof (double) * K * C * T);
  for (int i = 0; i < K; i++)
    for (int t = 0; t < T; t++) {
      double sum = 0;
      for (int c = 0; c < C; c++)
        sum += v[(i * C + c) * T + t] / C;
      for (int c = 0; c < C; c++)
        v[(i * C + c) * T + t] -= sum;
    }
  fnx_buf *car = t_buf ("epochs[trial,channel,time]", v, (long)K, (long)C, (long)T);
  t_texts (&car, "trial", "target", buffer_column (two, "trial", "target")->texts);
  refused ("csp peer=mne", car, FNX_E_NUMERIC, "peer=pyriemann estimator=oas");
  refused ("csp estimator=scm", car, FNX_E_NUMERIC, "average reference");
  refused ("spoc peer=mne", car, FNX_E_NUMERIC, "rank 5 of 6");
  v[5] = NAN;
  fnx_buf *gap = t_buf ("epochs[trial,channel,time]", v, (long)K, (long)C, (long)T);
  t_texts (&gap, "trial", "target", buffer_column (two, "trial", "target")->texts);
  refused ("csp peer=mne", gap, FNX_E_DATA, "trial 1 of test");
  refused ("csp", gap, FNX_E_DATA, "sample 6");
  free (v);
  buffer_unref (gap);
  buffer_unref (car);
  buffer_unref (s);
  buffer_unref (same);
  buffer_unref (few);
  buffer_unref (two);
  buffer_unref (x);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  peers_near ();
  truth_and_chance ();
  comodulation ();
  one_against_rest ();
  space ();
  models ();
  weights ();
  refusals ();
  return t_end ();
}
