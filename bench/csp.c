/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spatial filters, evoked responses and classifiers of matrices as a user runs
 * them: 288 trials of 22 channels and 1000 samples (fbcsp: of six bands), five
 * folds, from a file to scores.  CPU seconds and peak memory of the program, and
 * without reading, beside MNE, numpy and scikit-learn on the same file where
 * they are installed (csp-peer.py).
 */
#include <string.h>

#include "bench/child.h"

static char folder[2000], trials[2100], bands[2100], covs[2100], evoked[2100], copy[2100];

#define FOLDS "!", "evaluate", "cv=stratified", "folds=5", "seed=42", "metric=auc", "begin"
#define END "end", "--json", "--quiet", NULL

static const struct {
  const char *what, *peer; /* peer: pyRiemann 0.9, of its steps alone (without reading) */
  const char *file, *steps[24];
} rows[] = {
  { "read 50 MB of trials, covariances", "", trials, { "!", "cov", "!", "write", copy, "--quiet", NULL } },
  { "oas, csp(6), lda", "0.451", trials, { FOLDS, "cov", "estimator=oas", "!", "csp", "nfilter=6", "!", "lda", END } },
  { "csp peer=mne, lda", "", trials, { FOLDS, "csp", "peer=mne", "nfilter=6", "!", "lda", END } },
  { "fbcsp of 6 bands (304 MB), select 10, svm",
    "",
    bands,
    { FOLDS, "fbcsp", "!", "select", "k=10", "!", "svm", "kernel=linear", END } },
  { "xdawncov, tangent, logistic (300 of 22 x 113)",
    "",
    evoked,
    { FOLDS, "xdawncov", "estimator=oas", "!", "tangent", "!", "logistic", END } },
  { "btacm order=3 lag=8, siegelmdm",
    "",
    trials,
    { FOLDS, "btacm", "order=3", "lag=8", "estimator=oas", "!", "siegelmdm", END } },
  { "from covariances: mdm", "", covs, { FOLDS, "mdm", END } },
  { "from covariances: potato, mdm", "", covs, { FOLDS, "potato", "!", "mdm", END } },
  { "from covariances: knn k=5", "", covs, { FOLDS, "knn", END } },
  { "from covariances: ksvm", "", covs, { FOLDS, "ksvm", END } },
};

static bool
make (const char *file, const char *const *words)
{
  cost c;
  bool done = child_run (words, &c);
  if (!done)
    fprintf (stderr, "could not make %s\n", file);
  return done;
}

static bool
make_files (void)
{
#define SIM "fornix", "run", "sim:fists", "trials=288", "rate=250Hz", "!"
#define CUT "!", "epoch", "on=left,right", "from=0s", "to=3.996s", "!"
  static const char *const of_trials[]
      = { SIM, "band", "range=8..32Hz", CUT, "write", trials, "--quiet", NULL },
      *const of_covs[] = { SIM,     "band", "range=8..32Hz", CUT, "cov", "estimator=oas", "!",
                           "write", covs,   "--quiet",       NULL },
             *const of_bands[] = { SIM,          "filterbank", "8..12Hz,12..16Hz,16..20Hz,20..24Hz,24..28Hz,28..32Hz",
                                   "method=iir", CUT,          "write",
                                   bands,        "--quiet",    NULL },
             *const of_evoked[] = {
               "fornix",  "run",     "sim:p300", "!",     "band", "range=1..20Hz", "!", "epoch", "on=target,nontarget",
               "from=0s", "to=0.7s", "!",        "write", evoked, "--quiet",       NULL
             };

  snprintf (folder, sizeof folder, "%s/fornix-bench-XXXXXX", scratch_folder ());
  if (!mkdtemp (folder))
    return false;
  snprintf (trials, sizeof trials, "%s/trials.npy", folder);
  snprintf (bands, sizeof bands, "%s/bands.npy", folder);
  snprintf (covs, sizeof covs, "%s/cov.npy", folder);
  snprintf (evoked, sizeof evoked, "%s/evoked.npy", folder);
  snprintf (copy, sizeof copy, "%s/copy.npy", folder);
  return make (trials, of_trials) && make (covs, of_covs) && make (bands, of_bands) && make (evoked, of_evoked);
}

static bool
run_row (size_t i)
{
  const char *words[32] = { "fornix", "run", rows[i].file };
  size_t n = 3;
  cost c;

  for (size_t k = 0; rows[i].steps[k]; k++)
    words[n++] = rows[i].steps[k];
  bool done = child_best (words, 2, &c);
  if (done)
    printf ("%-46s %7.3f %9.1f %7s\n", rows[i].what, c.cpu, c.mb, rows[i].peer);
  return done;
}

/* It prints its own rows: time without that of its imports. */
static void
peer (void)
{
  const char *top = getenv ("top_srcdir");
  char command[9000];

  fflush (stdout);
  snprintf (command, sizeof command, "/usr/bin/python3 '%s/bench/csp-peer.py' '%s' '%s' '%s'", top ? top : ".", trials,
            bands, covs);
  if (system (command))
    printf ("%-46s not installed here\n", "MNE, numpy and scikit-learn");
}

int
main (void)
{
  bool done = make_files ();
  char command[2100];

  printf ("%-46s %7s %9s %7s\n", "288 trials of 22 channels, 5 folds", "CPU s", "peak MB", "peer");
  for (size_t i = 0; i < sizeof rows / sizeof *rows && done; i++)
    done = run_row (i);
  if (done)
    peer ();
  else
    fprintf (stderr, "fornix failed; is it on PATH? (./run bench/csp)\n");
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  return system (command) || !done;
}
