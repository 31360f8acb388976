/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See polyphase.h.
 */
#include "plugins/common/polyphase.h"

#include <stdlib.h>

#include "plugins/common/clones.h"
#include "plugins/common/fir.h"

int64_t
polyphase_first (const polyphase *p, int64_t m)
{
  int64_t lowest = m * p->down - p->half; /* at the high rate */
  return lowest >= 0 ? (lowest + p->up - 1) / p->up : -(-lowest / p->up);
}

bool
polyphase_init (polyphase *p, int64_t up, int64_t down)
{
  int64_t most = up > down ? up : down, n = 20 * most + 1;
  *p = (polyphase){ .up = up, .down = down, .half = 10 * most, .n_taps = (n / up + 2 + 3) / 4 * 4 };
  double *h = malloc ((size_t)n * sizeof *h);
  p->phase = calloc ((size_t)(up * p->n_taps), sizeof *p->phase);
  if (!h || !p->phase) {
    free (h);
    return false;
  }
  fir_kaiser (h, n, 1 / (double)most, 5.0);
  for (int64_t m = 0; m < up; m++) /* phases of outputs 0 .. up - 1 are all there are */
    for (int64_t i = 0, k = polyphase_first (p, m); i < p->n_taps; i++, k++) {
      int64_t at = p->half + m * down - k * up;
      if (at >= 0 && at < n)
        p->phase[m * p->n_taps + i] = h[at] * (double)up;
    }
  free (h);
  return true;
}

void
polyphase_clear (polyphase *p)
{
  free (p->phase);
  *p = (polyphase){ 0 };
}

int64_t
polyphase_ready (const polyphase *p, int64_t end)
{
  int64_t m = (int64_t)(((__int128)(end - p->n_taps) * p->up + p->half) / p->down);
  while (m >= 0 && polyphase_first (p, m) + p->n_taps > end)
    m--;
  return m + 1;
}

CLONES (run, (const polyphase *p, int64_t from, int64_t to, const double *x, double *out), (p, from, to, x, out))
{
  int64_t first = polyphase_first (p, from);
  for (int64_t m = from; m < to; m++) {
    const double *a = x + (polyphase_first (p, m) - first), *b = p->phase + m % p->up * p->n_taps;
    double s[4] = { 0 };
    for (int64_t i = 0; i < p->n_taps; i += 4)
      for (int k = 0; k < 4; k++)
        s[k] += a[i + k] * b[i + k];
    out[m - from] = (s[0] + s[2]) + (s[1] + s[3]);
  }
}

void
polyphase_run (const polyphase *p, int64_t from, int64_t to, const double *x, double *out)
{
  run (p, from, to, x, out);
}
