/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MOABB's search for augmented covariances: 144 trials of 22 channels and 1000
 * samples, five outer folds, three inner ones, order x lag x six SVMs.  CPU
 * seconds and peak memory for one outer fold (115 trials): some points of the
 * search, and with the argument `whole` all 600 candidates.  A point alone pays
 * for the refit on the outer fold too, of which the search has one in all.
 * Peer: pyRiemann 0.9 with scikit-learn, whose 18 inner fits of a point (six
 * candidates, three folds) took 18 times what one was measured to take.
 */
#include <string.h>

#include "bench/child.h"

enum { FOLDS = 5 };
static char folder[2000], trials[2100];

static const struct {
  const char *order, *lag, *peer;
} points[]
    = { { "2", "1", "11" }, { "2", "8", "5.8" }, { "4", "1", "20" },  { "4", "8", "21" },   { "6", "1", "207" },
        { "6", "8", "54" }, { "8", "1", "425" }, { "8", "8", "103" }, { "10", "1", "702" }, { "10", "8", "203" } };

static bool
make_trials (void)
{
  static const char *const words[]
      = { "fornix",     "run",     "sim:fists", "trials=144",    "rate=250Hz", "!",         "band", "range=8..32Hz",
          "method=iir", "!",       "epoch",     "on=left,right", "from=0s",    "to=3.996s", "!",    "write",
          trials,       "--quiet", NULL };
  cost c;

  snprintf (folder, sizeof folder, "%s/fornix-bench-XXXXXX", scratch_folder ());
  if (!mkdtemp (folder))
    return false;
  snprintf (trials, sizeof trials, "%s/trials.npy", folder);
  return child_run (words, &c);
}

static bool
search (const char *what, const char *order, const char *lag, const char *peer)
{
  char o[40], l[40];
  const char *const words[] = { "fornix",
                                "run",
                                trials,
                                "!",
                                "evaluate",
                                "folds=5",
                                "metric=auc",
                                "begin",
                                "augcov",
                                o,
                                l,
                                "!",
                                "tangent",
                                "!",
                                "svm",
                                "c=try:0.5,1,1.5",
                                "kernel=try:rbf,linear",
                                "end",
                                "--quiet",
                                NULL };
  cost c;

  snprintf (o, sizeof o, "order=%s", order);
  snprintf (l, sizeof l, "lag=%s", lag);
  if (!child_run (words, &c))
    return false;
  printf ("%-46s %9.2f %9.1f %9s\n", what, c.cpu / FOLDS, c.mb, peer);
  fflush (stdout);
  return true;
}

int
main (int argc, char **argv)
{
  bool whole = argc > 1 && strcmp (argv[1], "whole") == 0, done = make_trials ();
  char command[2100], what[80];

  printf ("%-46s %9s %9s %9s\n", "one outer fold: 115 trials of 22 x 1000", "CPU s", "peak MB", "peer");
  for (size_t i = 0; i < sizeof points / sizeof *points && done; i++) {
    snprintf (what, sizeof what, "order %s, lag %s, six SVMs, refit", points[i].order, points[i].lag);
    done = search (what, points[i].order, points[i].lag, points[i].peer);
  }
  if (done && whole)
    done = search ("order 1..10 x lag 1..10 x six SVMs", "try:1..10", "try:1..10", "10100");
  else if (done)
    printf ("all 600 candidates (peer 10100): bench/grid whole\n");
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  if (system (command) || !done)
    printf ("%s\n", done ? folder : "failed: is fornix on PATH?");
  return done ? 0 : 1;
}
