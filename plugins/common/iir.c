/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See iir.h.  Eight rows are interleaved in short pieces that stay in the
 * first-level cache; two sections at a time run over a piece with their states
 * in registers.  The forward result lies in y, which the backward pass then
 * filters in place: nothing else of the size of the recording is needed.
 */
#include "plugins/common/iir.h"

#include <complex.h>
#include <math.h>
#include <string.h>

#include "plugins/common/clones.h"

#define PIECE 256 /* samples: 16 KB of 8 rows */

typedef double complex cpx;

/* ---- design --------------------------------------------------------------- */

/* Analog prototype, frequency transform, bilinear map: scipy's zpk functions
 * in their order of operations. */
typedef struct zpk {
  int n; /* poles, and as many zeros: all at -1 or +1 */
  cpx p[2 * IIR_ORDER];
  double z[2 * IIR_ORDER];
  double k;
} zpk;

static double
warp (double f)
{
  return 4 * tan (M_PI * f / 2);
}

static void
butterworth (zpk *f, int order, double low, double high)
{
  bool has_low = low > 0, has_high = high < 1;
  cpx analog[2 * IIR_ORDER];
  int n = order, n_plus = 0; /* zeros at +1, that is at 0 Hz */
  double k = 1;
  for (int i = 0; i < order; i++)
    analog[i] = 2 * i + 1 == order ? -1 : -cexp (I * M_PI * (2 * i + 1 - order) / (2 * order));
  if (has_low && has_high) {
    double bw = warp (high) - warp (low), wo = sqrt (warp (low) * warp (high));
    for (int i = 0; i < order; i++) {
      cpx p = analog[i] * bw / 2, root = csqrt (p * p - wo * wo);
      analog[i] = p + root;
      analog[order + i] = p - root;
    }
    k = pow (bw, order);
    n = 2 * order, n_plus = order;
  } else if (has_low) {
    cpx product = 1;
    for (int i = 0; i < order; i++) {
      product *= -analog[i];
      analog[i] = warp (low) / analog[i];
    }
    k = creal (1 / product);
    n_plus = order;
  } else {
    for (int i = 0; i < order; i++)
      analog[i] *= warp (high);
    k = pow (warp (high), order);
  }
  cpx above = 1, below = 1;
  for (int i = 0; i < n; i++) {
    f->p[i] = (4 + analog[i]) / (4 - analog[i]);
    f->z[i] = i < n_plus ? 1 : -1;
    below *= 4 - analog[i];
    if (i < n_plus)
      above *= 4;
  }
  f->n = n;
  f->k = k * creal (above / below);
}

static bool
is_real (cpx p)
{
  return cimag (p) == 0;
}

/* One of each conjugate pair, those with positive imaginary part, sorted by
 * real part, then the real ones (scipy's _cplxreal, whose tolerance decides
 * what counts as real). */
static int
halve (cpx *p, int n)
{
  cpx pairs[2 * IIR_ORDER] = { 0 }, reals[2 * IIR_ORDER] = { 0 };
  int n_pairs = 0, n_reals = 0;
  const double tol = 100 * 2.220446049250313e-16;
  for (int i = 0; i < n; i++) {
    bool real = fabs (cimag (p[i])) <= tol * cabs (p[i]);
    if (!real && cimag (p[i]) < 0)
      continue;
    cpx *to = real ? reals : pairs, v = real ? creal (p[i]) : p[i];
    int *count = real ? &n_reals : &n_pairs, j = (*count)++;
    for (; j > 0 && creal (to[j - 1]) > creal (v); j--)
      to[j] = to[j - 1];
    to[j] = v;
  }
  memcpy (p, pairs, (size_t)n_pairs * sizeof *p);
  memcpy (p + n_pairs, reals, (size_t)n_reals * sizeof *p);
  return n_pairs + n_reals;
}

static cpx
take (cpx *p, int *n, int i)
{
  cpx v = p[i];
  memmove (p + i, p + i + 1, (size_t)(--*n - i) * sizeof *p);
  return v;
}

/* Index of the pole next to the unit circle; among real ones only if asked. */
static int
worst (const cpx *p, int n, bool real)
{
  int best = -1;
  for (int i = 0; i < n; i++)
    if ((!real || is_real (p[i])) && (best < 0 || fabs (1 - cabs (p[i])) < fabs (1 - cabs (p[best]))))
      best = i;
  return best;
}

static double
take_zero (double *z, int *n, cpx p)
{
  int best = 0;
  for (int i = 1; i < *n; i++)
    if (cabs (p - z[i]) < cabs (p - z[best]))
      best = i;
  double v = z[best];
  memmove (z + best, z + best + 1, (size_t)(--*n - best) * sizeof *z);
  return v;
}

/* scipy's zpk2sos with pairing "nearest": from the last section to the first,
 * the pole nearest to the unit circle with the zeros nearest to it. */
static void
pair (zpk *f, iir *out)
{
  int n_z = f->n, n_p;
  if (f->n % 2) { /* a pole and a zero at the origin cancel each other */
    f->p[f->n] = 0;
    f->z[n_z++] = 0;
  }
  out->n = (f->n + 1) / 2;
  n_p = halve (f->p, f->n + f->n % 2);
  for (int s = out->n; s-- > 0;) {
    cpx p1 = take (f->p, &n_p, worst (f->p, n_p, false)), p2 = conj (p1);
    if (is_real (p1))
      p2 = take (f->p, &n_p, worst (f->p, n_p, true));
    double z1 = take_zero (f->z, &n_z, p1), z2 = take_zero (f->z, &n_z, p1);
    double b[3] = { 1, -(z1 + z2), z1 * z2 }, a[3] = { 1, -creal (p1 + p2), creal (p1 * p2) };
    memcpy (out->b[s], b, sizeof b);
    memcpy (out->a[s], a, sizeof a);
  }
  for (int i = 0; i < 3; i++)
    out->b[0][i] *= f->k;
}

bool
iir_butter (iir *out, int order, double low, double high)
{
  zpk f;
  memset (out, 0, sizeof *out);
  butterworth (&f, order, low, high);
  pair (&f, out);
  double scale = 1;
  for (int s = 0; s < out->n; s++) { /* scipy's lfilter_zi of each, times the gain before it */
    const double *a = out->a[s], *b = out->b[s];
    double z = (b[1] - a[1] * b[0] + b[2] - a[2] * b[0]) / (1 + a[1] + a[2]);
    out->zi[s][0] = scale * z;
    out->zi[s][1] = scale * ((1 + a[1]) * z - (b[1] - a[1] * b[0]));
    scale *= (b[0] + b[1] + b[2]) / (1 + a[1] + a[2]);
    if (!isfinite (z) || !isfinite (scale) || !(a[2] < 1) || !(fabs (a[1]) < 1 + a[2]))
      return false; /* unstable in double precision */
  }
  return true;
}

int64_t
iir_ringing (const iir *f)
{
  enum { CHUNK = 1000, MOST = 100 };
  double z[IIR_SECTIONS][2] = { 0 }, threshold = 0, h[CHUNK];
  int64_t last = CHUNK;
  for (int c = 0; c < MOST; c++) {
    double peak = 0;
    for (int i = 0; i < CHUNK; i++) {
      double x = c == 0 && i == 0;
      for (int s = 0; s < f->n; s++) {
        double y = f->b[s][0] * x + z[s][0];
        z[s][0] = f->b[s][1] * x - f->a[s][1] * y + z[s][1];
        z[s][1] = f->b[s][2] * x - f->a[s][2] * y;
        x = y;
      }
      h[i] = fabs (x);
      peak = fmax (peak, h[i]);
    }
    threshold = fmax (threshold, 0.001 * peak);
    int i = CHUNK - 1;
    while (i >= 0 && !(h[i] > threshold))
      i--;
    if (i < 0)
      return (int64_t)(c - 1) * CHUNK + last;
    last = i;
  }
  return (int64_t)CHUNK * MOST;
}

/* ---- filtering ------------------------------------------------------------ */

typedef double lanes __attribute__ ((vector_size (IIR_LANES * sizeof (double))));
typedef double four __attribute__ ((vector_size (32), may_alias));
typedef double loose __attribute__ ((vector_size (32), may_alias, aligned (8)));

/* One section on half of the lanes; only the two products that hold y lie on
 * the loop-carried path.  Transposed direct form II. */
static inline __attribute__ ((always_inline)) void
section (const double *b, const double *a, four *v, four *z0, four *z1)
{
  four x = *v, y = b[0] * x + *z0;
  *z0 = (b[1] * x + *z1) - a[1] * y;
  *z1 = b[2] * x - a[2] * y;
  *v = y;
}

/* Sections s and, if `both`, s + 1 over n samples, v += step each.  Lanes are
 * two vectors of four, which gcc keeps in registers (it does not keep eight). */
CLONES (sections, (const iir *f, int s, bool both, lanes *restrict state, lanes *v, int64_t n, ptrdiff_t step),
        (f, s, both, state, v, n, step))
{
  const double *b = f->b[s], *a = f->a[s];
  four z[8] = { 0 }, *at = (four *)v;
  int m = both ? 8 : 4;
  memcpy (z, state, (size_t)m * sizeof *z);
  step *= 2;
  const double *d = f->b[s + both], *c = f->a[s + both];
  for (int64_t i = 0; i < n; i++, at += step) {
    four x = at[0], y = at[1];
    section (b, a, &x, &z[0], &z[2]);
    section (b, a, &y, &z[1], &z[3]);
    if (both) {
      section (d, c, &x, &z[4], &z[6]);
      section (d, c, &y, &z[5], &z[7]);
    }
    at[0] = x, at[1] = y;
  }
  memcpy (state, z, (size_t)m * sizeof *z);
}

static void
cascade (const iir *f, lanes *state, lanes *v, int64_t n, ptrdiff_t step)
{
  for (int s = 0; s < f->n; s += 2)
    sections (f, s, f->n - s > 1, state + 2 * s, v, n, step);
}

/* The state in which the constant *x has lasted for ever. */
static void
steady (const iir *f, lanes *state, const lanes *x)
{
  for (int s = 0; s < f->n; s++) {
    state[2 * s] = f->zi[s][0] * *x;
    state[2 * s + 1] = f->zi[s][1] * *x;
  }
}

/* to[k][r] = from[r][k], four by four. */
static inline __attribute__ ((always_inline)) void
transpose (const double *const from[4], double *const to[4])
{
  loose p = *(const loose *)from[0], q = *(const loose *)from[1];
  loose r = *(const loose *)from[2], s = *(const loose *)from[3];
  loose a = __builtin_shufflevector (p, q, 0, 4, 2, 6), b = __builtin_shufflevector (p, q, 1, 5, 3, 7);
  loose c = __builtin_shufflevector (r, s, 0, 4, 2, 6), d = __builtin_shufflevector (r, s, 1, 5, 3, 7);
  *(loose *)to[0] = __builtin_shufflevector (a, c, 0, 1, 4, 5);
  *(loose *)to[1] = __builtin_shufflevector (b, d, 0, 1, 4, 5);
  *(loose *)to[2] = __builtin_shufflevector (a, c, 2, 3, 6, 7);
  *(loose *)to[3] = __builtin_shufflevector (b, d, 2, 3, 6, 7);
}

/* v[i][r] = x[r][at + i]; lanes beyond m are zero. */
CLONES (gather, (const double *const *x, int m, int64_t at, int64_t n, lanes *v), (x, m, at, n, v))
{
  double *to = (double *)v;
  for (int r = 0; r < IIR_LANES; r += 4) {
    int64_t i = 0;
    if (r + 4 <= m)
      for (; i + 4 <= n; i += 4) {
        double *v0 = to + i * IIR_LANES + r;
        const double *const in[4] = { x[r] + at + i, x[r + 1] + at + i, x[r + 2] + at + i, x[r + 3] + at + i };
        transpose (in, (double *[4]){ v0, v0 + IIR_LANES, v0 + 2 * IIR_LANES, v0 + 3 * IIR_LANES });
      }
    for (; i < n; i++)
      for (int k = r; k < r + 4; k++)
        to[i * IIR_LANES + k] = k < m ? x[k][at + i] : 0;
  }
}

/* y[r][at + i] = v[i][r]. */
CLONES (scatter, (double *const *y, int m, int64_t at, int64_t n, const lanes *v), (y, m, at, n, v))
{
  const double *from = (const double *)v;
  for (int r = 0; r < m; r += 4) {
    int64_t i = 0;
    if (r + 4 <= m)
      for (; i + 4 <= n; i += 4) {
        const double *v0 = from + i * IIR_LANES + r;
        const double *const in[4] = { v0, v0 + IIR_LANES, v0 + 2 * IIR_LANES, v0 + 3 * IIR_LANES };
        transpose (in, (double *[4]){ y[r] + at + i, y[r + 1] + at + i, y[r + 2] + at + i, y[r + 3] + at + i });
      }
    for (; i < n; i++)
      for (int k = r; k < r + 4 && k < m; k++)
        y[k][at + i] = from[i * IIR_LANES + k];
  }
}

size_t
iir_room (int64_t pad)
{
  return ((size_t)pad + PIECE + IIR_SECTIONS * 2 + 2) * IIR_LANES;
}

/* v[i] = 2 x[pivot] - x[from + i * step] of all rows. */
static void
reflect (const double *const *x, int m, int64_t pivot, int64_t from, int64_t step, int64_t n, lanes *v)
{
  double *to = (double *)v;
  for (int64_t i = 0; i < n; i++)
    for (int r = 0; r < IIR_LANES; r++)
      to[i * IIR_LANES + r] = r < m ? 2 * x[r][pivot] - x[r][from + i * step] : 0;
}

void
iir_zero_phase (const iir *f, const double *const *x, double *const *y, int m, int64_t n, int64_t pad, double *work)
{
  lanes *state = (lanes *)work, *piece = state + 2 * IIR_SECTIONS, *tail = piece + PIECE;
  /* The samples after the end go first, as y may lie over x. */
  reflect (x, m, n - 1, n - 2, -1, pad, tail);
  for (int64_t i = 0; i < pad; i += PIECE) { /* 2 x[0] - x[pad], ..., 2 x[0] - x[1] */
    int64_t k = pad - i < PIECE ? pad - i : PIECE;
    reflect (x, m, 0, pad - i, -1, k, piece);
    if (i == 0)
      steady (f, state, piece);
    cascade (f, state, piece, k, 1);
  }
  for (int64_t i = 0; i < n; i += PIECE) {
    int64_t k = n - i < PIECE ? n - i : PIECE;
    gather (x, m, i, k, piece);
    if (i == 0 && pad == 0)
      steady (f, state, piece);
    cascade (f, state, piece, k, 1);
    scatter (y, m, i, k, piece);
  }
  cascade (f, state, tail, pad, 1);
  if (pad > 0) {
    lanes last = tail[pad - 1];
    steady (f, state, &last);
    cascade (f, state, tail + pad - 1, pad, -1);
  }
  for (int64_t i = (n - 1) / PIECE * PIECE; i >= 0; i -= PIECE) {
    int64_t k = n - i < PIECE ? n - i : PIECE;
    gather ((const double *const *)y, m, i, k, piece);
    if (pad == 0 && i + k == n) {
      lanes last = piece[k - 1];
      steady (f, state, &last);
    }
    cascade (f, state, piece + k - 1, k, -1);
    scatter (y, m, i, k, piece);
  }
}

void
iir_forward (const iir *f, double *state_memory, bool begin, const double *const *x, double *const *y, int m, int64_t n,
             double *work)
{
  lanes *piece = (lanes *)work, *state = (lanes *)state_memory;
  for (int64_t i = 0; i < n; i += PIECE) {
    int64_t k = n - i < PIECE ? n - i : PIECE;
    gather (x, m, i, k, piece);
    if (begin && i == 0)
      steady (f, state, piece);
    cascade (f, state, piece, k, 1);
    scatter (y, m, i, k, piece);
  }
}
