/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The main job on real recordings: fold scores of nine pipelines for six
 * subjects against those of MNE, pyRiemann and scikit-learn
 * (oracles/eeg_mi.json), from the command line as a user types it.
 */
#include <jansson.h>

#include "tests/harness.h"

static const struct {
  const char *name, *scores, *steps;
} pipelines[] = {
  { "oas+mdm", "scores", "cov estimator=oas ! mdm" },
  { "oas+fgmdm", "scores", "cov estimator=oas ! fgmdm" },
  { "oas+ts+lr", "scores", "cov estimator=oas ! tangent ! logistic" },
  { "oas+ts+svm-linear", "scores", "cov estimator=oas ! tangent ! svm kernel=linear" },
  { "oas+csp6+lda", "scores", "cov estimator=oas ! csp nfilter=6 ! lda solver=lsqr shrinkage=auto" },
  { "acm2x4+ts+svm-linear", "scores17", "augcov order=2 lag=4 ! tangent ! svm kernel=linear" },
  { "acm3x4+mdm", "scores17", "augcov order=3 lag=4 ! mdm" },
  { "acm4x2+ts+svm-linear", "scores17", "augcov order=4 lag=2 ! tangent ! svm kernel=linear" },
  { "oas+mdm-17", "scores17", "cov estimator=oas ! mdm" },
};

static const char *
joined (const json_t *list, const char *before, const char *between, char *text, size_t n)
{
  size_t at = 0, i;
  json_t *v;

  text[0] = 0;
  json_array_foreach (list, i, v) at
      += (size_t)snprintf (text + at, n - at, "%s%s%s", i ? between : "", before, json_string_value (v));
  return text;
}

/* Lines of JSON that the command prints: one a metric. */
static json_t *
result (const char *command)
{
  FILE *in = popen (command, "r");
  json_t *all = json_array ();
  char *line = NULL;
  size_t room = 0;

  while (in && getline (&line, &room, in) > 0) {
    json_t *o = json_loads (line, 0, NULL);

    if (o)
      json_array_append_new (all, o);
  }
  free (line);
  if (!in || pclose (in) != 0)
    t_ok (false, "%s", command);
  return all;
}

static void
compare (const json_t *got, const json_t *want, const char *subject, const char *pipeline, const char *metric)
{
  const json_t *folds = json_object_get (got, "folds");
  bool same = json_array_size (folds) == json_array_size (want);

  for (size_t k = 0; same && k < json_array_size (want); k++)
    same = fabs (json_number_value (json_array_get (folds, k)) - json_number_value (json_array_get (want, k))) < 1e-9;
  t_ok (same, "%s, %s: %s of every fold is the peers'", subject, pipeline, metric);
}

static void
run_subject (const char *subject, const json_t *oracle, const char *data)
{
  char folder[4200], files[14000], channels[1000], command[20000];

  snprintf (folder, sizeof folder, "%s/%s/", data, subject);
  joined (json_object_get (oracle, "files"), folder, " ", files, sizeof files);
  joined (json_object_get (oracle, "channels17"), "", ",", channels, sizeof channels);
  for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
    bool few = !strcmp (pipelines[i].scores, "scores17");
    const json_t *want = json_object_get (json_object_get (oracle, pipelines[i].scores), pipelines[i].name);
    json_t *got;

    snprintf (command, sizeof command,
              "fornix run %s ! band range=8..32Hz method=iir %s%s ! epoch on=T1,T2 from=0s to=3s ! evaluate "
              "cv=stratified folds=5 seed=42 metric=auc,accuracy begin %s end --json --quiet",
              files, few ? "! pick " : "", few ? channels : "", pipelines[i].steps);
    got = result (command);
    compare (json_array_get (got, 0), json_object_get (want, "auc"), subject, pipelines[i].name, "auc");
    compare (json_array_get (got, 1), json_object_get (want, "acc"), subject, pipelines[i].name, "accuracy");
    json_decref (got);
  }
}

int
main (void)
{
  const char *path = t_shared ("oracles/eeg_mi.json"), *subject;
  char data[4096];
  json_t *all, *oracle;

  if (getenv ("FORNIX_VALGRIND"))
    t_skip ("54 runs of minutes each under valgrind; transcripts.sh runs one there");
  if (!path)
    t_skip ("the shared recordings are not here");
  all = json_load_file (path, 0, NULL);
  path = t_shared ("data/eeg/eegmmidb/S001/S001R04.edf");
  if (!all || !path)
    t_skip ("the shared recordings are not here");
  snprintf (data, sizeof data, "%.*s", (int)(strstr (path, "/S001/") - path), path);
  json_object_foreach (all, subject, oracle) if (subject[0] == 'S') run_subject (subject, oracle, data);
  json_decref (all);
  return t_end ();
}
