/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CPU seconds of the Riemannian steps on simulated trials (288 x 22 channels x
 * 1000 samples at 250 Hz, band-limited sources mixed into the channels),
 * beside what the machine's LAPACK and BLAS reach in the same run.  Peer
 * figures: pyRiemann 0.9 on the reference machine.
 */
#include <cblas.h>
#include <lapacke.h>
#include <time.h>

#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"
#include "tests/harness.h"

enum { K = 288, C = 22, T = 1000 };

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sources are resonances between 8 and 32 Hz driven by noise; their strength
 * differs by class and drifts from trial to trial. */
static fnx_buf *
trials (void)
{
  double *x = malloc (sizeof (double) * K * C * T), *noise = malloc (sizeof (double) * C * (T + 200)), mixing[C * C];
  double *s = malloc (sizeof (double) * C * T), y[K];
  t_random (mixing, C * C, 1);
  for (int k = 0; k < K; k++) {
    double gain[C];
    y[k] = k % 2;
    t_random (noise, C * (T + 200), 100 + (uint64_t)k);
    t_random (gain, C, 1000 + (uint64_t)k);
    for (int c = 0; c < C; c++) {
      double f = 8 + 24.0 * c / C, r = 0.97, a1 = 2 * r * cos (2 * M_PI * f / 250), a2 = -r * r, p = 0, q = 0;
      double g = exp (0.3 * gain[c] + (c == 3 ? 0.4 * y[k] : 0));
      for (int t = 0; t < T + 200; t++) {
        double v = a1 * p + a2 * q + noise[c * (T + 200) + t];
        q = p;
        p = v;
        if (t >= 200)
          s[c * T + t - 200] = g * v;
      }
    }
    la_mul (x + (size_t)k * C * T, mixing, s, C, T, C, 1, 0);
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_reals (&b, "trial", "target", y);
  free (x);
  free (noise);
  free (s);
  return b;
}

static void
row (const char *what, double seconds, const char *peer)
{
  printf ("%-52s %9.4f %9s\n", what, seconds, peer);
}

static void
machine (int n, int reps)
{
  size_t s = (size_t)n, q = s * s;
  double *a = malloc (q * 8), *b = malloc (q * 8), *c = malloc (q * 8), *w = malloc (s * 8);
  double *work = malloc ((1 + 6 * s + 2 * q) * 8), t;
  lapack_int *iw = malloc ((3 + 5 * s) * sizeof *iw);
  char text[80];
  t_random (b, q, 7);
  la_gram (a, b, n, n, 1, 0);
  t = cpu ();
  for (int r = 0; r < reps; r++) {
    memcpy (b, a, q * 8);
    LAPACKE_dsyevd_work (LAPACK_COL_MAJOR, 'V', 'L', n, b, n, w, work, (lapack_int)(1 + 6 * s + 2 * q), iw, 3 + 5 * n);
  }
  snprintf (text, sizeof text, "machine: dsyevd of %d x %d, microseconds", n, n);
  row (text, (cpu () - t) / reps * 1e6, "");
  double *la = malloc (spd_work (n) * 8);
  t = cpu ();
  for (int r = 0; r < reps; r++)
    la_eig (a, n, b, w, la);
  snprintf (text, sizeof text, "ours: the same by la_eig");
  row (text, (cpu () - t) / reps * 1e6, "");
  t = cpu ();
  for (int r = 0; r < reps; r++)
    spd_log (a, n, b, la);
  row ("ours: its logarithm by spd_log", (cpu () - t) / reps * 1e6, "");
  t = cpu ();
  for (int r = 0; r < reps; r++)
    la_mul (c, a, a, n, n, n, 1, 0);
  snprintf (text, sizeof text, "machine: dgemm of %d x %d, GFLOP/s", n, n);
  row (text, 2e-9 * n * n * n * reps / (cpu () - t), "");
  free (a);
  free (b);
  free (c);
  free (w);
  free (work);
  free (iw);
  free (la);
}

static const fnx_buf *
timed (const char *line, const fnx_buf *in, const char *what, const char *peer)
{
  double t = cpu ();
  const fnx_buf *out = t_run (line, in);
  row (what, cpu () - t, peer);
  return out;
}

/* cov, tangent and svm refitted in each of five folds, as evaluate does. */
static void
folds (const fnx_buf *x)
{
  double t = cpu ();
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  for (int f = 0; f < 5; f++) {
    int64_t in[K], out[K], n_in = 0, n_out = 0;
    for (int64_t k = 0; k < K; k++)
      if (k / 2 % 5 == f)
        out[n_out++] = k;
      else
        in[n_in++] = k;
    fnx_buf *train = buffer_pick (s, in, n_in, NULL), *test = buffer_pick (s, out, n_out, NULL);
    t_model *m = t_fit ("tangent", train, NULL, NULL);
    const fnx_buf *a = t_apply (m, train), *b = t_apply (m, test);
    t_model *v = t_fit ("svm", a, NULL, NULL);
    const fnx_buf *scores = t_apply (v, b);
    buffer_unref (scores);
    buffer_unref (a);
    buffer_unref (b);
    buffer_unref (train);
    buffer_unref (test);
    t_model_free (m);
    t_model_free (v);
  }
  buffer_unref (s);
  row ("5 folds of oas + tangent + svm", cpu () - t, "1.45");
}

int
main (void)
{
  t_begin ();
  la_serial ();
  printf ("%-52s %9s %9s\n", "CPU seconds, 288 trials of 22 channels, 1000 samples", "ours", "peer");
  const fnx_buf *s;
  fnx_buf *x = trials ();
  machine (C, 2000);
  machine (8 * C, 20);
  static const char *const kinds[][2] = { { "scm", "0.033" }, { "oas", "0.067" }, { "lwf", "0.153" }, { "sch", "" } };
  char line[64];
  for (size_t i = 0; i < 4; i++) {
    snprintf (line, sizeof line, "cov estimator=%s", kinds[i][0]);
    buffer_unref (timed (line, x, line, kinds[i][1]));
  }
  s = t_run ("cov estimator=oas", x);
  buffer_unref (timed ("mean", s, "mean of 288 22x22", "0.220"));
  buffer_unref (timed ("mean peer=exact", s, "mean of 288 22x22, peer=exact", "0.220"));
  buffer_unref (timed ("mean metric=logeuclid", s, "mean of 288 22x22, logeuclid", "0.024"));
  buffer_unref (timed ("tangent", s, "tangent, fit and apply", "0.273"));
  buffer_unref (timed ("mdm", s, "mdm, fit and apply", "0.259"));
  buffer_unref (timed ("fgmdm", s, "fgmdm, fit and apply", "0.432"));
  buffer_unref (timed ("csp nfilter=6", s, "csp, fit and apply", ""));
  folds (x);
  buffer_unref (s);
  s = timed ("augcov order=8 lag=8", x, "augcov order=8 lag=8", "1.609");
  buffer_unref (timed ("mean", s, "mean of 288 176x176, lag 8", "17.5"));
  buffer_unref (timed ("tangent", s, "tangent, fit and apply, 176x176", ""));
  buffer_unref (s);
  s = timed ("augcov order=8 lag=1", x, "augcov order=8 lag=1", "1.609");
  buffer_unref (timed ("mean", s, "mean of 288 176x176, lag 1", "82.8"));
  buffer_unref (s);
  buffer_unref (x);
  return t_end ();
}
