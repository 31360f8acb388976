/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What cannot work is refused with its trial, its cause and the remedy, and no
 * NaN ever leaves a step.
 */
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { K = 20, C = 8, T = 50, BAD = 16 };
static double x[K * C * T], s[K * C * C];

static double *
row (int trial, int channel)
{
  return x + ((size_t)trial * C + (size_t)channel) * T;
}

static fnx_buf *
epochs (long samples)
{
  double y[K];
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, samples);
  for (int k = 0; k < K; k++)
    y[k] = k % 2;
  t_unit (&b, "uV");
  t_reals (&b, "trial", "target", y);
  t_labels (&b, "channel", "Fz,Cz,Pz,C3,C4,O1,O2,T7");
  return b;
}

static void
says (const char *line, const fnx_buf *b, fnx_status want, const char *const *words)
{
  fnx_status code = FNX_OK;
  const char *text = t_fail (line, b, &code);
  bool all = code == want;
  for (size_t i = 0; words[i]; i++)
    all = all && strstr (text, words[i]);
  if (!t_ok (all, "%s is refused as it should be", line))
    printf ("# code %d: %s\n", (int)code, text);
}
#define SAYS(line, b, code, ...) says (line, b, code, (const char *const[]){ __VA_ARGS__, NULL })

static void
fresh (void)
{
  t_random (x, K * C * T, 4);
}

static void
causes (void)
{
  fnx_buf *b;
  fresh ();
  for (int t = 0; t < T; t++) { /* average reference in one trial */
    double mean = 0;
    for (int c = 0; c < C; c++)
      mean += row (BAD, c)[t] / C;
    for (int c = 0; c < C; c++)
      row (BAD, c)[t] -= mean;
  }
  b = epochs (T);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 17 of", "not positive definite: rank 7 of 8, smallest eigenvalue", "uV2\n",
        "average reference", "estimator=oas", "! pick");
  SAYS ("tangent estimator=scm", b, FNX_E_NUMERIC, "trial 17 of", "rank 7 of 8");
  SAYS ("potato estimator=scm", b, FNX_E_NUMERIC, "trial 17 of", "rank 7 of 8", "average reference");
  const char *names[K];
  for (int k = 0; k < K; k++)
    names[k] = k < 10 ? "a.edf" : "b.edf";
  t_texts (&b, "trial", "recording", names);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 7 of b.edf is not positive definite");
  const fnx_buf *good = t_run ("cov estimator=oas", b);
  t_ok (isfinite (la_norm (t_values (good), K * C * C)), "and oas takes it");
  buffer_unref (good);
  buffer_unref (b);
  fresh ();
  memset (row (BAD, 3), 0, T * sizeof *x);
  b = epochs (T);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 17 of", "rank 7 of 8", "channel C3 is flat");
  SAYS ("cov estimator=sch", b, FNX_E_NUMERIC, "trial 17 of", "channel C3 is flat");
  SAYS ("cov estimator=corr", b, FNX_E_NUMERIC, "trial 17 of", "channel C3 is flat");
  buffer_unref (b);
  fresh ();
  memcpy (row (BAD, 5), row (BAD, 1), T * sizeof *x);
  b = epochs (T);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 17 of", "channels Cz and O1 are the same", "! pick drop=O1");
  SAYS ("augcov order=2 lag=3", b, FNX_E_NUMERIC, "trial 17 of", "rank 14 of 16", "channels Cz and O1 are the same");
  buffer_unref (b);
  fresh ();
  for (int t = 0; t < T; t++)
    row (BAD, 5)[t] = row (BAD, 1)[t] + 2 * row (BAD, 2)[t];
  b = epochs (T);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 17 of", "rank 7 of 8", "channel O1 is a combination of others", "estimator=oas",
        "! pick drop=O1");
  buffer_unref (b);
  fresh ();
  b = epochs (6);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 1 of", "rank 5 of 8", "6 samples a trial are too few for 8 channels");
  SAYS ("augcov order=3 lag=2", b, FNX_E_SPEC, "lag=2", "6 samples", "smaller order or lag");
  buffer_unref (b);
  b = epochs (30);
  SAYS ("augcov order=4 lag=2", b, FNX_E_NUMERIC, "trial 1 of", "22 samples a trial are too few for 32 rows");
  buffer_unref (b);
  fresh ();
  row (BAD, 3)[7] = NAN;
  b = epochs (T);
  SAYS ("cov estimator=oas", b, FNX_E_DATA, "trial 17 of", "sample 8 of channel C3 is missing (NaN)");
  SAYS ("tangent", b, FNX_E_DATA, "trial 17 of", "channel C3");
  SAYS ("augcov estimator=lwf", b, FNX_E_DATA, "trial 17 of", "channel C3");
  row (BAD, 3)[7] = 1e200; /* its square overflows */
  buffer_unref (b);
  b = epochs (T);
  fnx_status code = FNX_OK;
  t_fail ("cov estimator=oas", b, &code);
  t_ok (code == FNX_E_DATA || code == FNX_E_NUMERIC, "a sample of 1e200 is refused, not turned into infinity");
  buffer_unref (b);
}

/* Channels of sixteen dimensions in time: eight of them are independent, and
 * three copies of each cannot be. */
static void
narrow (void)
{
  double w[K * C * 16];
  t_random (w, K * C * 16, 5);
  for (int i = 0; i < K * C; i++)
    for (int t = 0; t < T; t++) {
      x[i * T + t] = 0;
      for (int f = 0; f < 8; f++)
        x[i * T + t] += w[i * 16 + f] * cos (0.3 * (f + 1) * t) + w[i * 16 + 8 + f] * sin (0.3 * (f + 1) * t);
    }
  fnx_buf *b = epochs (T);
  SAYS ("augcov order=3 lag=2", b, FNX_E_NUMERIC, "trial 1 of", "delayed copies of the channels",
        "use estimator=oas, or fewer copies");
  const fnx_buf *good = t_run ("augcov order=3 lag=2 estimator=oas", b);
  t_ok (good != NULL, "which it is");
  buffer_unref (good);
  good = t_run ("augcov order=1", b);
  t_ok (good != NULL, "as are fewer copies");
  buffer_unref (good);
  for (int i = 0; i < K; i++)
    memcpy (row (i, 6), row (i, 2), T * sizeof *x);
  buffer_unref (b);
  b = epochs (T);
  SAYS ("augcov order=3 lag=2", b, FNX_E_NUMERIC, "channels Pz and O2 are the same");
  buffer_unref (b);
}

/* Blocks that are no covariance once they are averaged: the remedy is one that
 * is not yet taken. */
static void
disk (void)
{
  fnx_status code;
  fresh ();
  fnx_buf *b = epochs (T);
  SAYS ("btacm order=4 lag=2", b, FNX_E_NUMERIC, "leaves the Siegel disk", "use estimator=lwf, a smaller order=");
  const fnx_buf *good = t_run ("btacm order=4 lag=2 estimator=lwf", b);
  t_ok (good != NULL, "which helps");
  buffer_unref (good);
  const char *why = t_fail ("btacm order=4 lag=2 estimator=hub", b, &code);
  t_ok (strstr (why, "use estimator=lwf") != NULL, "%s", why);
  buffer_unref (b);
}

/* The steps that learn responses: the covariance of all trials, and each
 * stack, by name. */
static void
responses (void)
{
  fnx_status code;
  fnx_buf *b;
  fresh ();
  for (int k = 0; k < K; k++)
    for (int t = 0; t < T; t++) {
      double mean = 0;
      for (int c = 0; c < C; c++)
        mean += row (k, c)[t] / C;
      for (int c = 0; c < C; c++)
        row (k, c)[t] -= mean;
    }
  b = epochs (T);
  SAYS ("xdawn", b, FNX_E_NUMERIC, "the covariance of all 20 trials of", "rank 7 of 8", "average reference",
        "estimator=oas", "! pick");
  SAYS ("xdawncov", b, FNX_E_NUMERIC, "the covariance of all 20 trials of", "rank 7 of 8", "average reference",
        "use filter-estimator=oas");
  const fnx_buf *shrunk = t_run ("xdawncov nfilter=2 estimator=oas filter-estimator=oas", b);
  t_ok (isfinite (t_values (shrunk)[0]), "which helps");
  buffer_unref (shrunk);
  buffer_unref (b);
  fresh ();
  for (int k = 0; k < K; k++)
    memset (row (k, 5), 0, T * sizeof *x);
  b = epochs (T);
  SAYS ("xdawn", b, FNX_E_NUMERIC, "rank 7 of 8", "channel O1 is flat");
  SAYS ("erpcov", b, FNX_E_NUMERIC, "trial 1 of", "rank 7 of 8", "O1 is flat");
  buffer_unref (b);
  fresh ();
  b = epochs (T);
  const fnx_buf *good = t_run ("xdawn", b);
  t_ok (isfinite (la_norm (t_values (good), K * C * T)), "and what is sound passes");
  SAYS ("xdawncov nfilter=6", b, FNX_E_NUMERIC, "12 filters of 8 channels", "use nfilter=4 or less, or estimator=oas");
  buffer_unref (good);
  memcpy (row (BAD, 5), row (BAD, 1), T * sizeof *x); /* in one trial alone */
  buffer_unref (b);
  b = epochs (T);
  SAYS ("erpcov", b, FNX_E_NUMERIC, "trial 17 of", "rank 7 of 8", "channels Cz and O1 are the same");
  buffer_unref (b);
  fresh ();
  row (BAD, 3)[7] = NAN;
  b = epochs (T);
  const char *why = t_fail ("xdawn", b, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "trial 17 of test: sample 8 of channel C3 is missing (NaN)"), "%s", why);
  why = t_fail ("erpcov", b, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "trial 17 of test: sample 8 of channel C3 is missing (NaN)"), "%s", why);
  buffer_unref (b);
}

static void
matrices (void)
{
  double y[K], z[C * C];
  for (int k = 0; k < K; k++) {
    t_random (z, C * C, (uint64_t)k + 1);
    la_gram (s + k * C * C, z, C, C, 1, 0);
    y[k] = k % 2;
  }
  static const char *const lines[]
      = { "mean", "mean metric=logdet", "tangent", "mdm", "fgmdm", "csp", "knn", "meanfield", "potato" };
  double *bad = s + BAD * C * C, keep = bad[9];
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    bad[9] = -1; /* a negative variance */
    fnx_buf *b = t_buf ("cov[trial,channel,channel]", s, (long)K, (long)C, (long)C);
    t_reals (&b, "trial", "target", y);
    SAYS (lines[i], b, FNX_E_NUMERIC, "trial 17 of", "not positive definite");
    buffer_unref (b);
    bad[9] = NAN;
    b = t_buf ("cov[trial,channel,channel]", s, (long)K, (long)C, (long)C);
    t_reals (&b, "trial", "target", y);
    SAYS (lines[i], b, FNX_E_DATA, "trial 17 of", "not numbers");
    buffer_unref (b);
    bad[9] = keep;
    double was = bad[1];
    bad[1] += 1;
    b = t_buf ("cov[trial,channel,channel]", s, (long)K, (long)C, (long)C);
    t_reals (&b, "trial", "target", y);
    SAYS (lines[i], b, FNX_E_DATA, "trial 17 of", "not symmetric");
    buffer_unref (b);
    bad[1] = was;
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", s, (long)K, (long)C, (long)C);
  static const char *const one[K]
      = { "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a" };
  t_texts (&b, "trial", "target", one);
  SAYS ("mdm", b, FNX_E_DATA, "one class");
  SAYS ("fgmdm", b, FNX_E_DATA, "one class");
  SAYS ("csp", b, FNX_E_DATA, "one class");
  buffer_unref (b);
  static const char *const gap[K]
      = { "a", "b", "a", "b", NULL, "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b" };
  b = t_buf ("cov[trial,channel,channel]", s, (long)K, (long)C, (long)C);
  t_texts (&b, "trial", "target", gap);
  SAYS ("mdm", b, FNX_E_DATA, "trial 5 of", "no target");
  SAYS ("fgmdm", b, FNX_E_DATA, "trial 5 of", "no target");
  SAYS ("csp", b, FNX_E_DATA, "trial 5 of", "no target");
  buffer_unref (b);
  b = t_buf ("cov[trial,channel,channel]", s, 0L, (long)C, (long)C);
  SAYS ("mean", b, FNX_E_DATA, "0 trials");
  SAYS ("tangent", b, FNX_E_DATA, "0 trials");
  buffer_unref (b);
}

/* Steps for several people: trials that are sound by themselves, whose means
 * are of no use. */
static fnx_buf *
people (double channel, double all)
{
  double y[K], mark[K], z[C * C];
  const char *who[K];
  for (int k = 0; k < K; k++) {
    double *m = s + k * C * C;
    t_random (z, C * C, (uint64_t)k + 1);
    la_gram (m, z, C, C, all, 0);
    for (int i = 0; i < C; i++) {
      m[2 * C + i] *= channel;
      m[i * C + 2] *= channel;
    }
    y[k] = k % 2;
    mark[k] = k < K / 2;
    who[k] = k < K / 2 ? "ann" : "bob";
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", s, (long)K, (long)C, (long)C);
  t_reals (&b, "trial", "target", y);
  t_reals (&b, "trial", "calibration", mark);
  t_texts (&b, "trial", "subject", who);
  return b;
}

static void
domains (void)
{
  /* A channel in another unit; whose mean rounding leaves singular is a matter of luck. */
  fnx_buf *b = people (1e-10, 1);
  SAYS ("recentre metric=euclid", b, FNX_E_NUMERIC, "the mean covariance of ", "is too ill-conditioned",
        "the variance of channel 3 is", "of the largest one", "cov estimator=oas");
  SAYS ("recentre metric=logeuclid", b, FNX_E_NUMERIC, "of test is too ill-conditioned", "channel 3");
  SAYS ("mdwm metric=logeuclid", b, FNX_E_NUMERIC, "is too ill-conditioned", "channel 3");
  buffer_unref (b);
  b = people (1, 1e300);
  SAYS ("rotate", b, FNX_E_NUMERIC, "a class mean of", "has eigenvalues from", "bring the channels to a usual unit");
  SAYS ("mdwm metric=euclid", b, FNX_E_NUMERIC, "trial 1 of test has eigenvalues from", "usual unit");
  buffer_unref (b);
  b = people (1, 1);
  static const char *const lines[] = { "recentre metric=euclid", "rotate", "mdwm metric=euclid", "rescale" };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const fnx_buf *good = t_run (lines[i], b);
    t_ok (isfinite (t_values (good)[0]), "%s takes what is sound", lines[i]);
    buffer_unref (good);
  }
  buffer_unref (b);
}

/* A fold holds some trials in an order of its own; the column item says which. */
static void
numbering (void)
{
  double item[K];
  const char *of[K];
  fresh ();
  memset (row (BAD, 3), 0, T * sizeof *x);
  fnx_buf *b = epochs (T);
  for (int k = 0; k < K; k++) {
    item[k] = 100 - k;
    of[k] = k % 2 ? "a.edf" : "b.edf";
  }
  t_reals (&b, "trial", "item", item);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 84 of test is not");
  t_texts (&b, "trial", "recording", of);
  SAYS ("cov", b, FNX_E_NUMERIC, "trial 84 of b.edf is not", "! pick drop=C3");
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  causes ();
  narrow ();
  disk ();
  responses ();
  matrices ();
  domains ();
  numbering ();
  return t_end ();
}
