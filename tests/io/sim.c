/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim: what it says it plants must be there, and nothing else: the spectrum,
 * the rhythm and its loss, modules, weights; and blocks must not show.
 */
#include "core/pool.h"
#include "tests/harness.h"

enum { RATE = 160, TRIAL = 6 * RATE, C3 = 7, C4 = 11 };

/* Power of n samples within [low, high] Hz by DFT of 2 s pieces (Hann). */
static double
power (const double *x, int64_t n, double low, double high)
{
  enum { M = 2 * RATE };
  double sum = 0;
  int64_t pieces = n / M;
  for (int64_t p = 0; p < pieces; p++)
    for (int k = (int)(low * 2); k <= (int)(high * 2); k++) {
      double re = 0, im = 0;
      for (int t = 0; t < M; t++) {
        double w = 1 - cos (2 * M_PI * t / M), a = 2 * M_PI * k * t / M;
        re += w * x[p * M + t] * cos (a);
        im += w * x[p * M + t] * sin (a);
      }
      sum += 2 * (re * re + im * im) / (1.5 * M * M);
    }
  return sum / (double)pieces;
}

static void
shape (void)
{
  const fnx_buf *x = t_read ("sim fists", 0);
  const fnx_spec *s = buffer_spec (x);
  const fnx_events *e = buffer_events (x);
  size_t right = 0;
  bool paired = true, timed = true;
  for (size_t i = 0; i < e->n; i++) {
    bool r = strcmp (e->label[i], "right") == 0;
    right += r;
    paired = paired && (i % 2 == 0 || strcmp (e->label[i], e->label[i - 1]));
    timed = timed && e->onset[i] == 6. * (double)i + 2 && e->duration[i] == 3;
  }
  t_ok (e->n == 40 && right == 20 && paired && timed, "40 cues, left and right in pairs, 2 s into each 6 s");
  t_ok (s->axes[0]->size == 22 && s->axes[1]->size == 40 * TRIAL && strcmp (s->axes[0]->labels[C3], "C3") == 0
            && strcmp (s->unit, "uV") == 0 && s->axes[1]->rate_num == RATE && s->axes[1]->rate_den == 1,
        "22 named channels at 160 Hz in uV");
  buffer_unref (x);
  x = t_read ("sim fists channels=64 rate=256Hz duration=20s", 0);
  s = buffer_spec (x);
  t_ok (s->axes[0]->size == 64 && s->axes[1]->size == 5120 && buffer_events (x)->n == 3,
        "64 channels, 256 Hz, as many trials as fit 20 s");
  buffer_unref (x);
}

/* Power of 1/f is equal in every octave; alpha and the rhythms lie between. */
static void
spectrum (void)
{
  const fnx_buf *x = t_read ("sim fists snr=0 trials=100", 0);
  const double *v = t_values (x);
  int64_t n = 100 * TRIAL;
  double a = power (v, n, 2, 3.5), b = power (v, n, 4, 7.5), d = power (v, n, 16, 31.5) - 2 * 2 * 16. / (RATE / 2);
  t_ok (a / b > 0.7 && a / b < 1.4 && a / d > 0.6 && a / d < 1.7,
        "background is 1/f: %.3g, %.3g and %.3g uV2 in 2..4, 4..8 and 16..32 Hz", a, b, d);
  buffer_unref (x);
}

/* The same seed without the rhythms is the same background: the difference is
 * what was planted. */
static void
rhythm (void)
{
  const fnx_buf *with = t_read ("sim fists trials=200 snr=0.7", 0), *none = t_read ("sim fists trials=200 snr=0", 0);
  const fnx_events *e = buffer_events (with);
  int64_t n = 200 * TRIAL;
  const double *x = t_values (with), *y = t_values (none);
  double rest = 0, opposite = 0, same = 0, elsewhere = 0;
  for (int side = 0; side < 2; side++) {
    const double *a = x + (side ? C4 : C3) * n, *b = y + (side ? C4 : C3) * n;
    for (int64_t k = 0; k < 200; k++) {
      double *part = (e->label[k][0] == 'r') == (side == 0) ? &opposite : &same;
      for (int64_t t = 0; t < 2 * RATE; t++) {
        double r = a[k * TRIAL + t] - b[k * TRIAL + t],
               i = a[k * TRIAL + 2 * RATE + RATE / 2 + t] - b[k * TRIAL + 2 * RATE + RATE / 2 + t];
        rest += r * r / (400 * 2 * RATE);
        *part += i * i / (200 * 2 * RATE);
      }
    }
  }
  double background = (power (y + C3 * n, n, 8, 31.5) + power (y + C4 * n, n, 8, 31.5)) / 2;
  for (int64_t t = 0; t < n; t++)
    elsewhere += pow (x[8 * n + t] - y[8 * n + t], 2) / (double)n;
  t_ok (fabs (rest / background / 0.7 - 1) < 0.15, "snr=0.7: rhythm over background in 8..32 Hz is %.3f",
        rest / background);
  t_ok (fabs (same / rest - 1) < 0.1, "on the side of the hand the rhythm stays (%.3f of its power)", same / rest);
  t_ok (fabs (opposite / rest - (0.6 * 0.6 + 0.15 * 0.15)) < 0.06, "opposite the hand it keeps %.3f of its power",
        opposite / rest);
  t_ok (elsewhere > 0.05 * rest && elsewhere < 0.8 * rest, "C1 sees %.3f of it: volume conduction", elsewhere / rest);
  buffer_unref (with);
  buffer_unref (none);
}

enum { CZ = 9, PZ = 19, SOA = 8 * RATE / 10, SHOWN = 2000 };

/* Difference of the same seed with and without the P300, about all stimuli of
 * a class: mean[RATE] at a channel. */
static void
mean_wave (const fnx_buf *with, const fnx_buf *none, int channel, const char *label, double *mean)
{
  const fnx_events *e = buffer_events (with);
  int64_t n = buffer_spec (with)->axes[1]->size;
  double count = 0;
  memset (mean, 0, RATE * sizeof *mean);
  for (size_t k = 0; k < e->n; k++)
    if (strcmp (e->label[k], label) == 0) {
      int64_t at = channel * n + llround (e->onset[k] * RATE);
      for (int t = 0; t < SOA; t++)
        mean[t] += t_values (with)[at + t] - (none ? t_values (none)[at + t] : 0);
      count++;
    }
  for (int t = 0; t < SOA; t++)
    mean[t] /= count;
}

static void
oddball (void)
{
  const fnx_buf *with = t_read ("sim p300 snr=0.8 stimuli=2000", 0), *none = t_read ("sim p300 snr=0 stimuli=2000", 0);
  const fnx_events *e = buffer_events (with);
  size_t target = 0, in_five = 0;
  bool timed = e->n == SHOWN, rare = true;
  for (size_t i = 0; i < e->n; i++) {
    bool is = strcmp (e->label[i], "target") == 0;
    target += is;
    in_five = (i % 5 ? in_five : 0) + is;
    rare = rare && (i % 5 < 4 || in_five == 1);
    timed = timed && fabs (e->onset[i] - (0.8 * (double)i + 0.4)) < 1e-9;
  }
  t_ok (timed && rare && target == SHOWN / 5, "%zu stimuli, one in each five a target (%zu)", e->n, target);
  double m[RATE], rest[RATE], peak = 0, power_of = 0;
  int64_t n = buffer_spec (with)->axes[1]->size, at = 0;
  mean_wave (with, none, PZ, "target", m);
  for (int t = 0; t < SOA; t++)
    if (m[t] > peak)
      peak = m[at = t];
  power_of = power (t_values (none) + PZ * n, n, 1, 20);
  /* latencies that vary by 20 ms widen the mean of 70 ms: its square peaks at 70^2 / (70^2 + 20^2) of each one's */
  t_ok (fabs (peak * peak / power_of / (0.8 * 4900 / 5300) - 1) < 0.15 && fabs ((double)at / RATE - 0.35) < 0.02,
        "the P300 at Pz: %.2f uV at %d ms, squared over 1..20 Hz %.2f", peak, (int)(1000 * at / RATE),
        peak * peak / power_of);
  mean_wave (with, none, PZ, "nontarget", rest);
  double most = 0;
  for (int t = 0; t < SOA; t++) /* what is left of a target before it */
    most = fmax (most, fabs (rest[t]));
  t_ok (most < 0.02 * peak, "other stimuli evoke none (%.3f uV)", most);
  mean_wave (none, NULL, CZ, "nontarget", m);
  t_ok (fabs (m[RATE / 10] - m[0] + 5) < 1.5 && fabs (m[18 * RATE / 100] - m[0] - 4) < 1.5,
        "all evoke N1 and P2: %.1f uV at 100 ms, %.1f uV at 180 ms", m[RATE / 10] - m[0], m[18 * RATE / 100] - m[0]);
  buffer_unref (with);
  buffer_unref (none);
}

static void
blocks (const char *line)
{
  char second[64];
  const fnx_buf *all = t_read (line, 0);
  static const int64_t sizes[] = { 7, 160, 1000, 1024, 4960 };
  snprintf (second, sizeof second, "%s seed=2", line);
  for (size_t i = 0; i < 5; i++) {
    const fnx_buf *b = t_read_blocks (line, 0, sizes[i]);
    t_ok (buffer_equal (all, b), "blocks of %d give the same bytes and events", (int)sizes[i]);
    buffer_unref (b);
  }
  for (unsigned n = 1; n <= 4; n *= 4) {
    pool_start (n);
    const fnx_buf *b = t_read (line, 0), *other = t_read (second, 0);
    t_ok (buffer_equal (all, b), "%u threads give the same bytes", n);
    t_ok (!buffer_equal (all, other), "another seed gives others");
    buffer_unref (b);
    buffer_unref (other);
  }
  pool_start (2);
  buffer_unref (all);
}

static double
correlation (const double *a, const double *b, int64_t n)
{
  double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  for (int64_t i = 0; i < n; i++) {
    ma += a[i] / (double)n;
    mb += b[i] / (double)n;
  }
  for (int64_t i = 0; i < n; i++) {
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
    ab += (a[i] - ma) * (b[i] - mb);
  }
  return ab / sqrt (aa * bb);
}

static void
modules (void)
{
  const fnx_buf *x = t_read ("sim rest volumes=4000 regions=12 modules=3 snr=1.5", 0);
  const fnx_axis *r = buffer_spec (x)->axes[0], *t = buffer_spec (x)->axes[1];
  const double *m = axis_column (r, "module")->reals, *v = t_values (x);
  double within = 0, between = 0;
  for (int64_t i = 0; i < 12; i++)
    for (int64_t j = 0; j < i; j++)
      *(m[i] == m[j] ? &within : &between) += correlation (v + i * 4000, v + j * 4000, 4000) / (m[i] == m[j] ? 18 : 48);
  t_ok (fabs (within - 0.6) < 0.03, "regions of one module correlate by snr / (1 + snr) = 0.6: %.3f", within);
  t_ok (fabs (between) < 0.02, "regions of two do not: %.3f", between);
  t_ok (m[3] == 1 && m[4] == 2 && m[11] == 3 && t->rate_num == 1 && t->rate_den == 2, "the column module; TR 2 s");
  buffer_unref (x);
  x = t_read ("sim rest form=image volumes=300 tr=750ms", 0);
  const fnx_spec *s = buffer_spec (x);
  v = t_values (x);
  int64_t middle = (5 * 14 + 7) * 12 + 6;
  t_ok (s->ndim == 4 && s->affine && s->affine[0] == 4 && s->axes[3]->rate_num == 4 && s->axes[3]->rate_den == 3,
        "an image of 4 mm with its affine, TR exact");
  t_ok (v[0] == 0 && fabs (v[middle * 300] - 1000) < 200, "0 outside the brain, 1000 inside");
  double c = correlation (v + middle * 300, v + (middle + 1) * 300, 300);
  t_ok (fabs (c - 0.5) < 0.2, "neighbours in a slab correlate (%.2f)", c);
  buffer_unref (x);
}

static void
linear_map (void)
{
  const char *line = "sim encoding volumes=2000 features=6 voxels=30 snr=3";
  const fnx_buf *x = t_read (line, 0), *y = t_read (line, 1), *w = t_read (line, 2);
  const double *xv = t_values (x), *yv = t_values (y), *wv = t_values (w);
  double noise = 0, signal = 0, n = 30 * 2000;
  for (int v = 0; v < 30; v++)
    for (int t = 0; t < 2000; t++) {
      double s = 0;
      for (int k = 0; k < 6; k++)
        s += xv[t * 6 + k] * wv[v * 6 + k];
      signal += s * s / n;
      noise += pow (yv[v * 2000 + t] - s, 2) / n;
    }
  t_ok (fabs (noise - 1) < 0.02, "voxels less features times weights are noise of variance %.3f", noise);
  t_ok (fabs (signal - 3) < 1, "snr=3: the features drive a variance of %.2f", signal);
  buffer_unref (x);
  buffer_unref (y);
  buffer_unref (w);
}

static void
refusals (void)
{
  fnx_status code;
  const char *why = t_fail ("sim rest regions=3 modules=4", NULL, &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "modules=4 is more than the 3 regions"), "%s", why);
  why = t_fail ("sim fist", NULL, &code);
  t_ok (strstr (why, "fists") != NULL, "%s", why);
}

int
main (void)
{
  t_begin ();
  shape ();
  spectrum ();
  rhythm ();
  blocks ("sim fists duration=31s");
  blocks ("sim p300 duration=31s");
  oddball ();
  modules ();
  linear_map ();
  refusals ();
  return t_end ();
}
