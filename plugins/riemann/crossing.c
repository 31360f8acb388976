/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See crossing.h.  Spectra are kept as the two real matrices a and b with a
 * row for each window, bin by bin, so that the sums over windows are dsyrk and
 * dgemm; tiles of windows bound the memory whatever the length of the signal.
 */
#include "plugins/riemann/crossing.h"
#include "plugins/common/linalg.h"

#include <math.h>

enum { BLOCK = 8, ROOM = 1 << 20 }; /* channels a job: one cache line; doubles of a tile */

fnx_status
crossing_make (fnx_call *c, crossing *p)
{
  size_t window = (size_t)p->window, row = 2 * (size_t)p->n_freq * (size_t)p->n_channel;
  size_t tile = ROOM / row < 8 ? 8 : ROOM / row, each = window + fft_room (window) + BLOCK * fft_room (window);
  p->n_tile = tile < (size_t)p->n_window ? (int)tile : p->n_window;
  p->taper = c->scratch (c, window * sizeof *p->taper);
  p->z = c->scratch (c, row * (size_t)p->n_tile * sizeof *p->z);
  p->work = c->scratch (c, c->max_threads * each * sizeof *p->work);
  if (!p->taper || !p->z || !p->work)
    return FNX_E_NOMEM;
  for (int t = 0; t < p->window; t++)
    p->taper[t] = p->window == 1 ? 1 : 0.5 - 0.5 * cos (2 * M_PI * t / (p->window - 1));
  p->plan = fft_new (window);
  return p->plan ? FNX_OK : c->fail (c, FNX_E_NOMEM, "no memory for spectra of %d samples", p->window);
}

typedef struct sweep {
  const crossing *p;
  const double *x;
  int64_t T;
  int first, n; /* windows of this tile */
  double *re, *half;
  fnx_status (*done) (void *arg, int bin);
  void *arg;
} sweep;

/* Spectra of BLOCK channels. */
static fnx_status
spectra (void *arg, size_t block, uint32_t worker)
{
  const sweep *s = arg;
  const crossing *p = s->p;
  size_t window = (size_t)p->window, room = fft_room (window), C = (size_t)p->n_channel, c0 = block * BLOCK;
  size_t m = C - c0 < BLOCK ? C - c0 : BLOCK;
  double *in = p->work + worker * (window + (BLOCK + 1) * room), *out = in + room;
  for (size_t w = 0; w < (size_t)s->n; w++) {
    for (size_t c = 0; c < m; c++) {
      const double *x = s->x + (c0 + c) * (size_t)s->T + ((size_t)s->first + w) * (size_t)p->step;
      for (size_t t = 0; t < window; t++)
        in[t] = x[t] * p->taper[t];
      fft_forward (p->plan, in, out + c * room);
    }
    for (size_t f = 0; f < (size_t)p->n_freq; f++) {
      double *a = p->z + (f * 2 * (size_t)s->n + w) * C + c0, *b = a + (size_t)s->n * C;
      const double *from = out + 2 * (f + (size_t)p->low);
      for (size_t c = 0; c < m; c++) {
        a[c] = from[c * room];
        b[c] = from[c * room + 1];
      }
    }
  }
  return FNX_OK;
}

static fnx_status
sums (void *arg, size_t f, uint32_t worker)
{
  const sweep *s = arg;
  int C = s->p->n_channel, n = s->n;
  size_t q = (size_t)C * (size_t)C;
  const double *a = s->p->z + f * 2 * (size_t)n * (size_t)C, *b = a + (size_t)n * (size_t)C;
  double beta = s->first ? 1 : 0;
  (void)worker;
  la_gram_t (s->re + f * q, a, C, 2 * n, 1, beta);
  if (s->half)
    la_mul_tn (s->half + f * q, a, b, C, C, n, 1, beta);
  return s->first + n < s->p->n_window ? FNX_OK : s->done (s->arg, (int)f);
}

fnx_status
crossing_sums (fnx_call *c, const crossing *p, const double *x, int64_t T, double *re, double *half,
               fnx_status (*done) (void *, int), void *arg)
{
  sweep s = { .p = p, .x = x, .T = T, .re = re, .half = half, .done = done, .arg = arg };
  fnx_status status = FNX_OK;
  for (; s.first < p->n_window && status == FNX_OK; s.first += s.n) {
    s.n = p->n_window - s.first < p->n_tile ? p->n_window - s.first : p->n_tile;
    status = c->parallel (c, ((size_t)p->n_channel + BLOCK - 1) / BLOCK, spectra, &s);
    if (status == FNX_OK)
      status = c->parallel (c, (size_t)p->n_freq, sums, &s);
  }
  return status;
}
