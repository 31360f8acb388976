/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cospectra and coherences against sums written out as the formulas stand
 * (slow Fourier transforms), against pyRiemann 0.9, and on planted delays.
 */
#include <complex.h>

#include "core/pool.h"
#include "golden.h"
#include "plugins/common/linalg.h"

static const char *const methods[] = { "cospectrum", "coherence", "instantaneous", "imaginary", "lagged" };

/* S_ij = sum over windows of conj (F_i) F_j / (windows |hann|^2), one-sided. */
static void
slow (const double *x, int C, int T, int window, int step, int f, double complex *s)
{
  double power = 0, hann[256];
  int n = (T - window) / step + 1;
  for (int t = 0; t < window; t++) {
    hann[t] = 0.5 - 0.5 * cos (2 * M_PI * t / (window - 1));
    power += hann[t] * hann[t];
  }
  memset (s, 0, (size_t)(C * C) * sizeof *s);
  for (int w = 0; w < n; w++) {
    double complex F[8] = { 0 };
    for (int c = 0; c < C; c++)
      for (int t = 0; t < window; t++)
        F[c] += x[c * T + w * step + t] * hann[t] * cexp (-2 * M_PI * I * f * t / window);
    for (int i = 0; i < C; i++)
      for (int j = 0; j < C; j++)
        s[i * C + j] += conj (F[i]) * F[j] / (n * power) * (f == 0 || f == window / 2 ? 1 : 2);
  }
}

static double
expected (int method, const double complex *s, int C, int i, int j, bool real)
{
  double d = creal (s[i * C + i]) * creal (s[j * C + j]), re = creal (s[i * C + j]), im = cimag (s[i * C + j]);
  switch (method) {
  case 0:
    return re;
  case 1:
    return (re * re + im * im) / d;
  case 2:
    return re * re / d;
  case 3:
    return im * im / d;
  default:
    return real || i == j ? 0 : im * im / (d - re * re);
  }
}

static void
formulas (void)
{
  enum { K = 2, C = 5, T = 300, W = 64, F = W / 2 + 1 };
  static double x[K * C * T], want[K * F * C * C];
  double complex s[C * C];
  t_random (x, K * C * T, 3);
  for (int k = 0; k < K; k++) /* some of a channel in the next one, two samples later */
    for (int c = 1; c < C; c++)
      for (int t = 2; t < T; t++)
        x[(k * C + c) * T + t] += 0.7 * x[(k * C + c - 1) * T + t - 2];
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_rate (&b, 128, 1);
  for (int m = 0; m < 5; m++) {
    char line[96];
    for (int k = 0; k < K; k++)
      for (int f = 0; f < F; f++) {
        slow (x + k * C * T, C, T, W, W / 4, f, s);
        for (int i = 0; i < C; i++)
          for (int j = 0; j < C; j++)
            want[((k * F + f) * C + i) * C + j] = expected (m, s, C, i, j, f == 0 || f == W / 2);
      }
    snprintf (line, sizeof line, "crossspec %s window=50", methods[m]);
    const fnx_buf *y = t_run (line, b);
    t_near (t_values (y), want, K * F * C * C, 1e-12, line);
    const fnx_axis *a = buffer_spec (y)->axes[1];
    t_ok (a->size == F && a->rate_num == 64 && a->rate_den == 128 && a->start == 0, "%s: bins of 2 Hz from 0", line);
    buffer_unref (y);
    /* the mean over a range is the mean of those matrices */
    double mean[C * C] = { 0 };
    for (int f = 4; f <= 16; f++)
      for (int q = 0; q < C * C; q++)
        mean[q] += want[f * C * C + q] / 13;
    snprintf (line, sizeof line, "crossspec %s window=64 range=8..32Hz gives=mean", methods[m]);
    y = t_run (line, b);
    t_near (t_values (y), mean, C * C, 1e-12, line);
    t_ok (strcmp (buffer_spec (y)->kind, m < 3 ? "cov" : "connectivity") == 0, "%s gives %s", line,
          buffer_spec (y)->kind);
    buffer_unref (y);
  }
  buffer_unref (b);
}

static void
peer (void)
{
  if (!t_shared ("oracles/riemann_golden.json")) {
    printf ("# skipped: no oracles/riemann_golden.json\n");
    return;
  }
  json_t *all = gold_open ();
  fnx_buf *x = gold_epochs ();
  t_rate (&x, 64, 1);
  const fnx_buf *y = t_run ("crossspec imaginary window=32 overlap=0.5 range=2..20Hz", x);
  gold_near (all, "imag_coh2_f0", t_values (y), 1e-12);
  t_ok (buffer_spec (y)->axes[1]->size == 10 && buffer_spec (y)->axes[1]->start == 1,
        "ten frequencies from 2 to 20 Hz");
  buffer_unref (y);
  buffer_unref (x);
  json_decref (all);
}

/* b is a and noise, e as much of a but 4 samples later: all of a wave at 16 of
 * 128 Hz leads by a quarter of its cycle when it is 2 samples late. */
static void
delays (void)
{
  enum { T = 40000 };
  static double x[3 * T], noise[2 * T + 8];
  t_random (noise, 2 * T, 8);
  for (int t = 0; t < T; t++) {
    x[t] = noise[t + 2];
    x[T + t] = 3 * x[t];
    x[2 * T + t] = noise[t] + 1e-3 * noise[T + t]; /* two samples later */
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, 1L, 3L, (long)T);
  t_rate (&b, 128, 1);
  const fnx_buf *im = t_run ("crossspec imaginary range=16Hz..16Hz", b),
                *lag = t_run ("crossspec lagged range=16Hz..16Hz", b),
                *at = t_run ("crossspec instantaneous range=16Hz..16Hz", b);
  const double *i = t_values (im), *l = t_values (lag), *p = t_values (at);
  t_ok (i[1] < 1e-20 && l[1] == 0 && fabs (p[1] - 1) < 1e-12, "a copy of another size is coherent at once, not later");
  t_ok (i[2] > 0.95 && l[2] > 0.95 && p[2] < 0.02, "a quarter of a cycle: %.3f imaginary, %.3f lagged, %.3f at once",
        i[2], l[2], p[2]);
  buffer_unref (im);
  buffer_unref (lag);
  buffer_unref (at);
  buffer_unref (b);
}

static void
refusals (void)
{
  enum { K = 3, C = 4, T = 200 };
  static double x[K * C * T];
  fnx_status code;
  t_random (x, K * C * T, 5);
  memset (x + (C + 2) * T, 0, T * sizeof *x);
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_labels (&b, "channel", "Fz,Cz,Pz,Oz");
  t_rate (&b, 128, 1);
  const char *why = t_fail ("crossspec coherence window=64", b, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (why, "trial 2 of") && strstr (why, "channel Pz has no power at 0 Hz"), "%s",
        why);
  why = t_fail ("crossspec window=64 gives=mean", b, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (why, "trial 2 of") && strstr (why, "rank 3 of 4")
            && strstr (why, "Pz is flat"),
        "%s", why);
  why = t_fail ("crossspec coherence window=256", b, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "0 windows"), "%s", why);
  why = t_fail ("crossspec coherence window=128 overlap=0.1", b, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "1 window of 128"), "%s", why);
  why = t_fail ("crossspec range=80..90Hz", b, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "range="), "%s", why);
  buffer_unref (b);
  x[0] = NAN;
  b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_rate (&b, 128, 1);
  for (int m = 0; m < 5; m++) {
    char line[64];
    snprintf (line, sizeof line, "crossspec %s window=64", methods[m]);
    why = t_fail (line, b, &code);
    t_ok (code == FNX_E_DATA && strstr (why, "trial 1 of test: sample 1 of channel 1 is missing (NaN)"), "%s", why);
  }
  buffer_unref (b);
}

/* Few windows of many channels: singular, until it is shrunk. */
static void
shrinkage (void)
{
  enum { C = 40, T = 192 };
  static double x[C * T];
  fnx_status code;
  t_random (x, C * T, 6);
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, 1L, (long)C, (long)T);
  t_rate (&b, 128, 1);
  const char *why = t_fail ("crossspec window=128 range=10..16Hz gives=mean overlap=0.5", b, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (why, "of 40") && strstr (why, "shrinkage=0.1"), "%s", why);
  const fnx_buf *a = t_run ("crossspec window=128 range=10..16Hz gives=mean overlap=0.5 shrinkage=0.1", b);
  t_ok (buffer_spec (a)->ndim == 3, "shrinkage=0.1 mends it");
  buffer_unref (a);
  buffer_unref (b);
}

static void
threads (void)
{
  enum { K = 5, C = 20, T = 4000 };
  double *x = malloc (sizeof *x * K * C * T);
  uint64_t one = 0;
  bool same = true;
  t_random (x, K * C * T, 7);
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_rate (&b, 256, 1);
  for (unsigned n = 1; n <= 4; n *= 2) {
    pool_start (n);
    const fnx_buf *y = t_run ("crossspec lagged", b);
    uint64_t h = buffer_hash (y);
    one = n == 1 ? h : one;
    same = same && h == one;
    buffer_unref (y);
  }
  t_ok (same, "the same bytes with 1, 2 and 4 threads");
  buffer_unref (b);
  free (x);
}

/* A reference for each frequency: the features of one alone, side by side. */
static void
tangents (const char *metric)
{
  enum { K = 12, C = 3, T = 400, F = 4, EACH = C * (C + 1) / 2 };
  static double x[K * C * T], one[K * C * C];
  char line[64];
  fnx_status code;
  t_random (x, K * C * T, 11);
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_rate (&b, 64, 1);
  t_labels (&b, "channel", "Fz,Cz,Pz");
  const fnx_buf *s = t_run ("crossspec window=32 range=6..12Hz", b);
  snprintf (line, sizeof line, "tangent metric=%s", metric);
  t_model *m = t_fit (line, s, NULL, NULL), *again = t_save_load (m);
  const fnx_buf *all = t_apply (again, s);
  t_ok (buffer_spec (all)->axes[1]->size == F * EACH, "%s of %d frequencies: %d features", line, F, F * EACH);
  bool same = true;
  for (int f = 0; f < F; f++) {
    for (int k = 0; k < K; k++)
      memcpy (one + k * C * C, t_values (s) + (k * F + f) * C * C, C * C * sizeof *one);
    fnx_buf *slice = t_buf ("cov[trial,channel,channel]", one, (long)K, (long)C, (long)C);
    const fnx_buf *y = t_run (line, slice);
    for (int k = 0; k < K; k++)
      same = same && memcmp (t_values (y) + k * EACH, t_values (all) + (k * F + f) * EACH, EACH * sizeof (double)) == 0;
    buffer_unref (y);
    buffer_unref (slice);
  }
  t_ok (same, "%s: each as it is alone", line);
  buffer_unref (all);
  buffer_unref (s);
  t_model_free (m);
  t_model_free (again);
  memcpy (x + (5 * C + 2) * T, x + (5 * C + 1) * T, T * sizeof *x);
  fnx_buf *twin = t_buf ("epochs[trial,channel,time]", x, (long)K, (long)C, (long)T);
  t_rate (&twin, 64, 1);
  t_labels (&twin, "channel", "Fz,Cz,Pz");
  s = t_run ("crossspec window=32 range=6..12Hz", twin);
  const char *why = t_fail (line, s, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (why, "trial 6 of") && strstr (why, "at 6 Hz") && strstr (why, "rank 2 of 3")
            && strstr (why, "Cz and Pz are the same") && strstr (why, "crossspec shrinkage=0.1"),
        "%s", why);
  buffer_unref (s);
  buffer_unref (twin);
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  formulas ();
  peer ();
  delays ();
  refusals ();
  shrinkage ();
  tangents ("riemann");
  tangents ("logeuclid");
  tangents ("euclid");
  threads ();
  return t_end ();
}
