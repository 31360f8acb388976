/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What cannot work is refused in words that help: every step that takes
 * covariances or epochs, on the command line, on files in which one trial (or
 * all) has an average reference, a flat channel, two that are the same, too few
 * samples, NaN, infinity, 1e300 or 1e-300.  Either a result without NaN comes
 * out, or exit 6 with one sentence that names trial and recording; and then the
 * remedy that it states is typed and must work.
 */
#include <ctype.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness.h"

enum { K = 24, C = 6, T = 120, FEW = 5, BAD = 16 };
static const char *const names[C] = { "Fz", "Cz", "C3", "C4", "O1", "O2" };
static double x[K][C][T];
static char folder[4096];

/* ---- files ------------------------------------------------------------------- */

static void
put_npy (const char *path, const double *v, const char *shape, size_t n)
{
  char head[128];
  int used = snprintf (head, sizeof head, "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", shape);
  FILE *f = fopen (path, "wb");
  if (!f || used < 0 || used > 116)
    exit (99);
  memset (head + used, ' ', sizeof head - (size_t)used);
  head[117] = '\n';
  fwrite ("\x93NUMPY\x01\x00\x76\x00", 1, 10, f);
  fwrite (head, 1, 118, f);
  fwrite (v, sizeof *v, n, f);
  if (fclose (f))
    exit (99);
}

/* Classes a and b in turn (or `lone` b's), the first half from s1. */
static void
put_json (const char *path, bool cov, int trials, int samples, int lone)
{
  char file[4200], channels[600];
  int at = snprintf (channels, sizeof channels, "{\"name\":\"channel\",\"size\":%d,\"labels\":[", C);
  for (int c = 0; c < C; c++)
    at += snprintf (channels + at, sizeof channels - (size_t)at, "%s\"%s\"", c ? "," : "", names[c]);
  at += snprintf (channels + at, sizeof channels - (size_t)at, "],\"columns\":[{\"name\":\"band\",\"texts\":[");
  for (int c = 0; c < C; c++)
    at += snprintf (channels + at, sizeof channels - (size_t)at, "%s\"%s\"", c ? "," : "",
                    c < 3 ? "8-12Hz" : "12-16Hz");
  snprintf (channels + at, sizeof channels - (size_t)at, "]}]}");
  snprintf (file, sizeof file, "%s.json", path);
  FILE *f = fopen (file, "w");
  if (!f)
    exit (99);
  fprintf (f, "{\"kind\":\"%s\",\"unit\":\"%s\",\"axes\":[{\"name\":\"trial\",\"size\":%d,\"columns\":[",
           cov ? "cov" : "epochs", cov ? "uV2" : "uV", trials);
  fprintf (f, "{\"name\":\"target\",\"texts\":[");
  for (int k = 0; k < trials; k++)
    fprintf (f, "%s\"%s\"", k ? "," : "", lone >= 0 ? (k < lone ? "b" : "a") : k % 2 ? "a" : "b");
  fprintf (f, "]},{\"name\":\"subject\",\"texts\":[");
  for (int k = 0; k < trials; k++)
    fprintf (f, "%s\"s%d\"", k ? "," : "", k < trials / 2 ? 1 : 2);
  fprintf (f, "]}]},%s,", channels);
  if (cov)
    fprintf (f, "%s]}\n", channels);
  else
    fprintf (f, "{\"name\":\"time\",\"unit\":\"s\",\"size\":%d,\"rate\":[160,1],\"start\":0,\"origin\":0.0}]}\n",
             samples);
  if (fclose (f))
    exit (99);
}

/* NAME.npy of epochs, NAME-cov.npy of their X X^T / T. */
static void
put (const char *name, int trials, int samples, int lone)
{
  static double cut[K * C * T], cov[K * C * C];
  char path[4180], shape[64];
  for (int k = 0; k < trials; k++)
    for (int i = 0; i < C; i++) {
      memcpy (cut + (k * C + i) * samples, x[k][i], (size_t)samples * sizeof *cut);
      for (int j = 0; j < C; j++) {
        double sum = 0;
        for (int t = 0; t < samples; t++)
          sum += x[k][i][t] * x[k][j][t] / samples;
        cov[(k * C + i) * C + j] = sum;
      }
    }
  snprintf (path, sizeof path, "%s/%s.npy", folder, name);
  snprintf (shape, sizeof shape, "%d, %d, %d", trials, C, samples);
  put_npy (path, cut, shape, (size_t)(trials * C * samples));
  put_json (path, false, trials, samples, lone);
  snprintf (path, sizeof path, "%s/%s-cov.npy", folder, name);
  snprintf (shape, sizeof shape, "%d, %d, %d", trials, C, C);
  put_npy (path, cov, shape, (size_t)(trials * C * C));
  put_json (path, true, trials, samples, lone);
}

static void
fresh (void)
{
  t_random (&x[0][0][0], K * C * T, 3);
  for (int k = 0; k < K; k++)
    for (int c = 0; c < C; c++)
      for (int t = 0; t < T; t++)
        x[k][c][t] *= c == k % 2 ? 30 : 10;
}

/* ---- causes -------------------------------------------------------------------- */

static void
average (double (*trial)[T])
{
  for (int t = 0; t < T; t++) {
    double mean = 0;
    for (int c = 0; c < C; c++)
      mean += trial[c][t] / C;
    for (int c = 0; c < C; c++)
      trial[c][t] -= mean;
  }
}

static void
flat (double (*trial)[T])
{
  memset (trial[3], 0, sizeof trial[3]);
}

static void
same (double (*trial)[T])
{
  memcpy (trial[4], trial[1], sizeof trial[4]);
}

static void
combined (double (*trial)[T])
{
  for (int t = 0; t < T; t++)
    trial[5][t] = trial[0][t] + 2 * trial[1][t];
}

static void
missing (double (*trial)[T])
{
  trial[2][7] = NAN;
}

static void
infinite (double (*trial)[T])
{
  trial[2][7] = INFINITY;
}

static void
large (double (*trial)[T])
{
  for (int t = 0; t < T; t++)
    trial[2][t] *= 1e306;
}

static void
small (double (*trial)[T])
{
  for (int c = 0; c < C; c++)
    for (int t = 0; t < T; t++)
      trial[c][t] *= 1e-308;
}

/* What is said of trial 17, of epochs and of covariances. */
static const struct cause {
  const char *name;
  void (*spoil) (double (*trial)[T]);
  const char *said, *of_cov; /* NULL: as another, not run */
  bool mend, all;            /* type the remedy; spoil all trials too */
} causes[] = {
  { "average", average, "average reference", "average reference", true, true },
  { "flat", flat, "channel C4 is flat", "channel C4 is flat", true, true },
  { "same", same, "channels Cz and O1 are the same", "channels Cz and O1 are the same", true, true },
  { "combined", combined, "channel O2 is a combination of others", NULL, true, false },
  { "missing", missing, "sample 8 of channel C3 is missing (NaN)", "not numbers", true, false },
  { "infinite", infinite, "sample 8 of channel C3 is infinite", NULL, false, false },
  { "large", large, "too large to work with", "not numbers", false, false },
  { "small", small, "channel ", NULL, false, false },
};
enum { N_CAUSE = sizeof causes / sizeof *causes };

/* ---- chains ---------------------------------------------------------------------- */

/* Those that refuse every spoilt trial of their kind; `able` ones may also give
 * a result, as oas does of all that has a covariance. */
typedef struct chain {
  const char *line;
  bool able;
} chain;
#define FOLDS(line) "evaluate folds=4 begin " line " end"
#define TRANSFER(line) "evaluate cv=cross-subject calibration=3 begin " line " end"
static const chain of_epochs[] = {
  { "cov", false },
  { "cov estimator=lwf", true },
  { "augcov order=2 lag=1", false },
  { "btacm order=2 lag=1", false },
  { "crossspec window=32 gives=mean", false },
  { "crossspec window=32 method=coherence", true },
  { FOLDS ("crossspec window=32 ! tangent ! svm"), false },
  { "potato estimator=scm", false },
  { "potato", true },
  { "potatofield estimator=scm 'potatoes=*,Fz+Cz'", false },
  { FOLDS ("tangent estimator=scm ! svm"), false },
  { FOLDS ("ksvm estimator=scm"), false },
  { FOLDS ("csp estimator=scm ! lda"), false },
  { FOLDS ("csp peer=mne ! lda"), true },
  { FOLDS ("trcsp estimator=scm ! lda"), false },
  { FOLDS ("fbcsp estimator=scm ! lda"), true },
  { "evaluate folds=4 metric=r begin spoc estimator=scm ! regress end", false },
  { FOLDS ("xdawn nfilter=2 ! cov estimator=oas ! mdm"), true },
  { FOLDS ("xdawncov nfilter=2 estimator=oas ! mdm"), true },
  { FOLDS ("erpcov ! mdm"), false },
  { FOLDS ("delaycov method=ami max-delay=3 order=2 ! mdm"), true },
  { FOLDS ("btacm order=2 lag=1 estimator=oas ! siegelmdm"), true },
  { FOLDS ("btacm order=2 lag=1 estimator=oas ! siegeltangent ! svm"), true },
  { FOLDS ("align ! cov estimator=oas ! mdm"), true },
};
static const chain of_cov[] = {
  { "mean", false },
  { "mean metric=wasserstein", false },
  { "mean metric=power", false },
  { FOLDS ("mdm"), false },
  { FOLDS ("mdm metric=euclid"), false },
  { FOLDS ("fgmdm"), false },
  { FOLDS ("knn"), false },
  { FOLDS ("meanfield"), false },
  { FOLDS ("ksvm"), false },
  { FOLDS ("tangent ! svm"), false },
  { FOLDS ("csp ! lda"), false },
  { FOLDS ("trcsp ! lda"), false },
  { "potato", false },
  { "potatofield 'potatoes=*,Fz+Cz'", false },
  { "evaluate cv=cross-subject begin recentre ! mdm end", false },
  { "evaluate cv=cross-subject begin rescale ! mdm end", false },
  { TRANSFER ("rotate ! mdm"), false },
  { TRANSFER ("mdwm"), false },
  { TRANSFER ("recentre ! tangent ! tangentrotate ! lda"), false },
};

/* ---- running -------------------------------------------------------------------- */

static char out[1 << 16], err[1 << 14];

static void
slurp (const char *name, char *to, size_t room)
{
  char path[4180];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen (path, "r");
  size_t n = f ? fread (to, 1, room - 1, f) : 0;
  to[n] = 0;
  if (f)
    fclose (f);
}

static int
run (const char *file, const char *before, const char *line)
{
  char command[9000];
  snprintf (command, sizeof command, "cd %s && fornix run %s ! %s%s >out 2>err </dev/null", folder, file, before, line);
  int rc = system (command);
  slurp ("out", out, sizeof out);
  slurp ("err", err, sizeof err);
  return WIFEXITED (rc) ? WEXITSTATUS (rc) : -1;
}

/* Is a word of the results nan or inf? */
static bool
holds_nan (void)
{
  for (const char *p = out; *p; p++) {
    const char *word = *p == '-' ? p + 1 : p;
    bool first = p == out || isspace ((unsigned char)p[-1]);
    if (first && (strncasecmp (word, "nan", 3) == 0 || strncasecmp (word, "inf", 3) == 0)
        && !isalpha ((unsigned char)word[3]))
      return true;
  }
  return false;
}

static bool
one_sentence (void)
{
  const char *first = strstr (err, "fornix: ");
  return first && !strstr (first + 1, "\nfornix: ") && !out[0] && !strstr (err, "of : ") && !strstr (err, "of  ");
}

/* LINE with SETTING behind the step that failed, instead of what it was. */
static bool
with_setting (const char *line, const char *setting, char *to, size_t room)
{
  char step[32];
  size_t key = strcspn (setting, "=") + 1;
  if (sscanf (strstr (err, "fornix: "), "fornix: %31[a-z0-9]:", step) != 1)
    return false;
  const char *at = line;
  size_t n = strlen (step);
  while ((at = strstr (at, step)) && ((at > line && at[-1] != ' ') || (at[n] && at[n] != ' ')))
    at++;
  if (!at)
    return false;
  at += n;
  const char *end = strstr (at, " !"), *stop = strstr (at, " end"), *old;
  end = end ? end : stop ? stop : at + strlen (at);
  old = strstr (at, setting);
  for (old = strstr (at, " "); old && old < end && strncmp (old + 1, setting, key) != 0;)
    old = strstr (old + 1, " ");
  if (old && old < end)
    snprintf (to, room, "%.*s %s%s", (int)(old - line), line, setting, old + 1 + strcspn (old + 1, " "));
  else
    snprintf (to, room, "%.*s %s%s", (int)(at - line), line, setting, at);
  return true;
}

/* What the sentence says is typed: it works, or at least that step now does. */
static void
remedies (const char *file, const char *line)
{
  char said[sizeof err], drop[64] = "", setting[64] = "", again[1000], before[100];
  memcpy (said, err, sizeof said);
  char *at = strstr (said, "! pick drop=");
  if (at)
    sscanf (at, "! pick drop=%63[^ \n]", drop);
  if ((at = strstr (said, "use estimator=oas")) || (at = strstr (said, "use shrinkage=0.1")))
    sscanf (at, "use %63[a-z0-9.=]", setting);
  if (drop[0]) {
    snprintf (before, sizeof before, "pick drop=%s ! ", drop);
    int rc = run (file, before, line);
    if (!t_ok (rc == 0 && !holds_nan (), "  pick drop=%s mends %s ! %s", drop, file, line))
      printf ("# %s\n", err);
    memcpy (err, said, sizeof err);
  }
  if (setting[0] && with_setting (line, setting, again, sizeof again)) {
    int rc = run (file, "", again);
    if (!t_ok (rc == 0 && !holds_nan (), "  %s mends it: %s ! %s", setting, file, again))
      printf ("# %s\n", err);
  }
}

static void
try (const char *name, const chain *c, const char *said, bool one, bool cov, bool remedy)
{
  char file[64], trial[100];
  snprintf (file, sizeof file, "%s%s.npy", name, cov ? "-cov" : "");
  snprintf (trial, sizeof trial, "trial 17 of %s", file);
  int rc = run (file, "", c->line);
  bool good = rc == 0 ? c->able && !holds_nan () : rc == 6 && one_sentence () && !strstr (err, "nan ");
  /* delaycov looks at signals, not at covariances, and has words of its own. */
  if (rc == 6 && !strstr (c->line, "delaycov") && !strstr (c->line, "align") && !strstr (c->line, "coherence"))
    good = good && strstr (err, said);
  if (rc == 6 && one)
    good = good && (strstr (err, trial) || strstr (err, "covariance of all 18 trials") || strstr (err, "of s1"));
  if (!t_ok (good, "%s ! %s: %s", file, c->line, rc ? "refused" : "a result"))
    printf ("# exit %d, %s expected: %s\n", rc, said, err);
  else if (rc && !cov && remedy)
    remedies (file, c->line);
}

/* Files that no remedy mends but other recordings. */
static void
lonely (void)
{
  static const struct {
    const char *file, *line, *said;
  } rows[] = {
    { "single.npy", FOLDS ("cov ! mdm"), "two classes are needed" },
    { "single.npy", "potato", "has 1 trial; at least 3 are needed" },
    { "single-cov.npy", FOLDS ("knn"), "two classes are needed" },
    { "oneclass.npy", FOLDS ("csp ! lda"), "all 24 items are of one class, a" },
    { "oneclass-cov.npy", FOLDS ("mdm"), "all 24 items are of one class, a" },
    { "lone.npy", FOLDS ("xdawncov ! mdm"), "\"b\" has only 1" },
    { "lone.npy", "evaluate folds=4 metric=r begin spoc ! regress end", "two classes" },
    { "lone-cov.npy", FOLDS ("fgmdm"), "\"b\" has only 1" },
    { "lone-cov.npy", "evaluate cv=cross-subject begin recentre ! mdm end", "add recordings that have more of \"b\"" },
    { "lone-cov.npy", TRANSFER ("rotate ! mdm"), "add recordings that have more of it" },
    { "two-cov.npy", "evaluate cv=cross-subject begin recentre ! mdm end", "use cv=stratified folds=2" },
    { "two-cov.npy", FOLDS ("mdm"), "use folds=2" },
    { "few.npy", "cov", "5 samples a trial are too few for 6 channels: use estimator=oas, or longer epochs" },
    { "few.npy", "augcov order=2 lag=1", "3 samples a trial are too few for 12 rows" },
    { "few.npy", FOLDS ("crossspec window=32 gives=mean ! mdm"), "use window=8, or longer epochs" },
    { "few.npy", FOLDS ("erpcov ! mdm"), "5 samples a trial are too few" },
    { "few.npy", FOLDS ("delaycov ! mdm"), "use longer epochs" },
    { "few-cov.npy", FOLDS ("mdm"), "or too few samples): use cov estimator=oas" },
  };
  fresh ();
  put ("single", 1, T, -1);
  put ("oneclass", K, T, 0);
  put ("lone", K, T, 1);
  put ("two", K, T, 2);
  put ("few", K, FEW, -1);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int rc = run (rows[i].file, "", rows[i].line);
    if (!t_ok ((rc == 6 || rc == 3) && one_sentence () && strstr (err, rows[i].said), "%s ! %s", rows[i].file,
               rows[i].line))
      printf ("# exit %d, %s expected: %s\n", rc, rows[i].said, err);
  }
  t_ok (run ("few.npy", "", "cov estimator=oas") == 0, "  estimator=oas mends it");
  t_ok (run ("two-cov.npy", "", "evaluate cv=stratified folds=2 begin recentre ! mdm end") == 0,
        "  cv=stratified folds=2 works");
}

/* One trial, or all of them, which only some chains see otherwise. */
static void
spoilt (const struct cause *cause, bool all)
{
  char name[32];
  snprintf (name, sizeof name, "%s%s", cause->name, all ? "-all" : "");
  fresh ();
  for (int i = 0; i < K; i++)
    if (all || i == BAD)
      cause->spoil (x[i]);
  put (name, K, T, -1);
  for (size_t i = 0; i < sizeof of_epochs / sizeof *of_epochs; i++)
    if (!all || of_epochs[i].able)
      try (name, &of_epochs[i], cause->said, !all, false, cause->mend);
  for (size_t i = 0; i < sizeof of_cov / sizeof *of_cov && !all && cause->of_cov; i++)
    try (name, &of_cov[i], cause->of_cov, true, true, false);
}

static void
sound (void)
{
  fresh ();
  put ("sound", K, T, -1);
  for (size_t i = 0; i < sizeof of_cov / sizeof *of_cov; i++)
    t_ok (run ("sound-cov.npy", "", of_cov[i].line) == 0 && !holds_nan (), "sound-cov ! %s", of_cov[i].line);
}

int
main (void)
{
  const char *tmp = getenv ("TMPDIR");
  if (getenv ("FORNIX_VALGRIND"))
    t_skip ("some 500 runs; tests/riemann/refuse runs there");
  snprintf (folder, sizeof folder, "%s/fornix-causes-XXXXXX", tmp ? tmp : "/tmp");
  t_begin ();
  if (!mkdtemp (folder))
    return 99;
  sound ();
  for (int k = 0; k < N_CAUSE; k++)
    for (int all = 0; all <= causes[k].all; all++)
      spoilt (&causes[k], all);
  lonely ();
  char command[4200];
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  if (system (command))
    return 99;
  return t_end ();
}
