/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The main job as a user runs it: 288 trials of 22 channels and 1000 samples,
 * in five folds through oas ! tangent ! svm, from a file to scores.  CPU
 * seconds and peak memory of the program, in all and by phase, beside numpy and
 * scikit-learn on the same file where they are installed (main-job-peer.py).
 */
#include <string.h>

#include "bench/child.h"

static char folder[2000], trials[2100], covariances[2100];

#define FOLDS "evaluate", "cv=stratified", "folds=5", "seed=42", "metric=auc,accuracy"
#define JOB "tangent", "!", "svm", "kernel=linear", "end", "--json", "--quiet"

static const struct {
  const char *what, *peer;
  const char *words[32];
} rows[] = {
  { "start: every plugin loaded (fornix steps)", "", { "fornix", "steps", NULL } },
  { "read 50 MB of trials, covariances",
    "",
    { "fornix", "run", trials, "!", "cov", "estimator=oas", "!", "write", covariances, "--quiet", NULL } },
  { "tangent and svm in 5 folds, from covariances",
    "",
    { "fornix", "run", covariances, "!", FOLDS, "begin", JOB, NULL } },
  { "the main job, all of it",
    "1.45",
    { "fornix", "run", trials, "!", FOLDS, "begin", "cov", "estimator=oas", "!", JOB, NULL } },
  { "the main job, one thread",
    "1.45",
    { "fornix", "run", trials, "!", FOLDS, "begin", "cov", "estimator=oas", "!", JOB, "--threads", "1", NULL } },
};

static bool
make_trials (void)
{
  static const char *const words[]
      = { "fornix", "run",           "sim:fists", "trials=288", "rate=250Hz", "!",     "band", "range=8..32Hz", "!",
          "epoch",  "on=left,right", "from=0s",   "to=3.996s",  "!",          "write", trials, "--quiet",       NULL };
  cost c;

  snprintf (folder, sizeof folder, "%s/fornix-bench-XXXXXX", scratch_folder ());
  if (!mkdtemp (folder))
    return false;
  snprintf (trials, sizeof trials, "%s/trials.npy", folder);
  snprintf (covariances, sizeof covariances, "%s/cov.npy", folder);
  return child_run (words, &c);
}

/* It prints its own rows: time without that of its imports. */
static void
peer (void)
{
  const char *top = getenv ("top_srcdir");
  char command[5000];

  fflush (stdout);
  snprintf (command, sizeof command, "/usr/bin/python3 '%s/bench/main-job-peer.py' '%s'", top ? top : ".", trials);
  if (system (command))
    printf ("%-46s not installed here\n", "numpy and scikit-learn");
}

int
main (void)
{
  bool done = make_trials ();
  char command[2100];

  printf ("%-46s %7s %9s %7s\n", "288 trials of 22 channels, 1000 samples", "CPU s", "peak MB", "peer");
  for (size_t i = 0; i < sizeof rows / sizeof *rows && done; i++) {
    cost c;

    done = child_best (rows[i].words, 3, &c);
    if (done)
      printf ("%-46s %7.3f %9.1f %7s\n", rows[i].what, c.cpu, c.mb, rows[i].peer);
  }
  if (done)
    peer ();
  else
    fprintf (stderr, "fornix failed; is it on PATH? (./run bench/main-job)\n");
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  return system (command) || !done;
}
