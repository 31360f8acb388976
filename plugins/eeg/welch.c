/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See welch.h.
 *
 * Two segments of one channel go through one complex transform, as its real
 * and imaginary part: with Z = FFT(a + ib), |A_k|^2 + |B_k|^2 =
 * (|Z_k|^2 + |Z_{N-k}|^2) / 2, so sums of |Z_k|^2 need to be folded only once.
 * Pairs are segments 2j and 2j + 1 of the recording, however it arrives.
 */
#include "plugins/eeg/welch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/clones.h"

bool
welch_init (welch *w, int64_t n, int64_t hop, double rate, int window, int detrend)
{
  *w = (welch){ .n = n, .hop = hop, .detrend = detrend };
  w->window = malloc ((size_t)n * sizeof *w->window);
  w->fft = fft_pairs_new ((size_t)n);
  if (!w->window || !w->fft)
    return false;
  double a = window == WELCH_HANN ? 0.5 : 0.54, sum = 0;
  for (int64_t i = 0; i < n; i++) {
    w->window[i] = a - (1 - a) * cos (2 * M_PI * (double)i / (double)n);
    sum += w->window[i] * w->window[i];
  }
  w->scale = 1 / (rate * sum);
  return true;
}

void
welch_clear (welch *w)
{
  fft_pairs_free (w->fft);
  free (w->window);
  *w = (welch){ 0 };
}

int64_t
welch_complete (const welch *w, int64_t end)
{
  return end < w->n ? 0 : (end - w->n) / w->hop + 1;
}

size_t
welch_room (const welch *w)
{
  return (4 * (size_t)w->n + 7) / 8 * 8; /* a pair of segments, one as it came, its power */
}

/* z[i][part] = windowed, detrended x[i]; *check becomes NaN if a sample is
 * missing, and the part is left as it was: zero. */
CLONES (put_segment, (const double *x, const double *window, int64_t n, int detrend, double *z, double *check),
        (x, window, n, detrend, z, check))
{
  double s[4] = { 0 }, mean = 0, slope = 0;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int k = 0; k < 4; k++)
      s[k] += x[i + k];
  for (; i < n; i++)
    s[0] += x[i];
  double sum = (s[0] + s[2]) + (s[1] + s[3]), middle = 0.5 * (double)(n - 1);
  *check = sum * 0;
  if (!(*check == 0))
    return;
  if (detrend != WELCH_AS_IS)
    mean = sum / (double)n;
  if (detrend == WELCH_LINEAR) {
    double xy = 0, xx = 0;
    for (i = 0; i < n; i++) {
      double t = (double)i - middle;
      xy += t * (x[i] - mean);
      xx += t * t;
    }
    slope = xy / xx;
  }
  if (slope == 0)
    for (i = 0; i < n; i++)
      z[2 * i] = (x[i] - mean) * window[i];
  else
    for (i = 0; i < n; i++)
      z[2 * i] = (x[i] - mean - slope * ((double)i - middle)) * window[i];
}

CLONES (add_power, (const double *z, int64_t n, double *power), (z, n, power))
{
  for (int64_t k = 0; k < n; k++)
    power[k] += z[2 * k] * z[2 * k] + z[2 * k + 1] * z[2 * k + 1];
}

/* Where a segment lies: in the newest block, or copied out of the tape. */
static const double *
segment (const welch *w, const tape *t, size_t row, int64_t i, double *space)
{
  int64_t at = i * w->hop, skip = at - t->first - t->kept;
  if (skip >= 0)
    return t->block + row * (size_t)t->n + skip;
  tape_read (t, row, at, w->n, space);
  return space;
}

int64_t
welch_add (const welch *w, const tape *t, size_t row, int64_t from, int64_t to, double *power, double *work)
{
  double *z = work, *copy = z + 2 * w->n, bad;
  int64_t good = 0;
  for (int64_t i = from; i < to; i += 2) {
    memset (z, 0, 2 * (size_t)w->n * sizeof *z);
    for (int64_t j = i; j < i + 2 && j < to; j++) {
      put_segment (segment (w, t, row, j, copy), w->window, w->n, w->detrend, z + (j - i), &bad);
      good += bad == 0;
    }
    fft_pairs_forward (w->fft, z);
    add_power (z, w->n, power);
  }
  return good;
}

double
welch_density (const welch *w, const double *power, int64_t k, double n_segments)
{
  double p = 0.5 * (power[k] + power[(w->n - k) % w->n]) * w->scale / n_segments;
  return k == 0 || 2 * k == w->n ? p : 2 * p;
}

static int
ascending (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median of n exponential variables, over their mean (scipy's _median_bias). */
static double
median_bias (int64_t n)
{
  double sum = 1;
  for (int64_t k = 1; k <= (n - 1) / 2; k++)
    sum += 1 / (2 * (double)k + 1) - 1 / (2 * (double)k);
  return sum;
}

int64_t
welch_median (const welch *w, const tape *t, size_t row, int64_t to, int64_t low, int64_t high, double *out,
              double *each, double *work)
{
  double *power = work + 3 * w->n;
  int64_t n = 0;
  for (int64_t i = 0; i < to; i++) {
    double *z = work, *copy = z + 2 * w->n, bad;
    memset (z, 0, 2 * (size_t)w->n * sizeof *z);
    put_segment (segment (w, t, row, i, copy), w->window, w->n, w->detrend, z, &bad);
    if (bad != 0)
      continue;
    memset (power, 0, (size_t)w->n * sizeof *power);
    fft_pairs_forward (w->fft, z);
    add_power (z, w->n, power);
    for (int64_t b = low; b <= high; b++)
      each[(b - low) * to + n] = welch_density (w, power, b, 1);
    n++;
  }
  for (int64_t b = low; n && b <= high; b++) {
    double *v = each + (b - low) * to;
    qsort (v, (size_t)n, sizeof *v, ascending);
    out[b - low] = 0.5 * (v[(n - 1) / 2] + v[n / 2]) / median_bias (n);
  }
  return n;
}
