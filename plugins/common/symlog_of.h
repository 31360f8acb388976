/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The logarithm of symlog.c in one precision: included twice, with REAL, WIDE (of them
 * in a vector), TINY and NAME() set.
 *
 * Matrices are lower triangles of rows `ld` apart, with whole blocks of WIDE x WIDE
 * on the diagonal, and rows and vectors padded to a multiple of WIDE: so no loop
 * has a remainder.  What a vector holds beyond its end is zero.
 */

typedef REAL NAME (wide) __attribute__ ((vector_size (32), aligned (sizeof (REAL))));

/* By halves: lane by lane would take as long as a short row does. */
static inline __attribute__ ((always_inline)) REAL
NAME (total) (const NAME (wide) * a)
{
#if WIDE == 8
  typedef REAL half __attribute__ ((vector_size (16)));
  half x = __builtin_shufflevector (*a, *a, 0, 1, 2, 3) + __builtin_shufflevector (*a, *a, 4, 5, 6, 7);
  return (x[0] + x[2]) + (x[1] + x[3]);
#else
  return ((*a)[0] + (*a)[2]) + ((*a)[1] + (*a)[3]);
#endif
}

/* ---- reflectors --------------------------------------------------------------- */

/* The leading m rows: a -= v z^T + z v^T, and y = a x with what a then is.  Both in
 * one walk over memory, which is what a reduction is slow by: LAPACK reads the
 * matrix for each product and again for each update. */
CLONES (NAME (sweep),
        (REAL *restrict a, size_t ld, size_t m, const REAL *restrict v, const REAL *restrict z, const REAL *restrict x,
         REAL *restrict y),
        (a, ld, m, v, z, x, y))
{
  typedef NAME (wide) wide;
  const wide *V = (const void *)v, *Z = (const void *)z, *X = (const void *)x;
  wide *Y = (void *)y;
  memset (y, 0, (m + WIDE - 1) / WIDE * sizeof *Y);
  for (size_t j = 0; j < m; j += ROWS) { /* rows from m on have zeros in v, z and x */
    REAL *row = a + j * ld;
    size_t blocks = j / WIDE;
    wide s[ROWS] = { { 0 } };
    for (size_t i = 0; i < blocks; i++) {
      wide y_i = Y[i];
#pragma GCC unroll 4
      for (size_t r = 0; r < ROWS; r++) {
        wide *at = (wide *)(void *)(row + r * ld) + i, t = *at - v[j + r] * Z[i] - z[j + r] * V[i];
        *at = t;
        s[r] += t * X[i];
        y_i += t * x[j + r];
      }
      Y[i] = y_i;
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < ROWS; r++) {
      wide *at = (wide *)(void *)(row + r * ld) + blocks, t = *at - v[j + r] * Z[blocks] - z[j + r] * V[blocks];
      *at = t;
      s[r] += t * X[blocks];
      y[j + r] += NAME (total) (&s[r]);
    }
  }
  for (size_t j = m; j % ROWS; j++)
    y[j] = 0;
}

static REAL
NAME (dot) (const REAL *x, const REAL *y, size_t m)
{
  const NAME (wide) *X = (const void *)x, *Y = (const void *)y;
  NAME (wide) sum = { 0 };
  for (size_t i = 0; i < (m + WIDE - 1) / WIDE; i++)
    sum += X[i] * Y[i];
  return NAME (total) (&sum);
}

/* y = by y + a x */
static void
NAME (axpby) (REAL a, const REAL *x, REAL by, REAL *y, size_t m)
{
  const NAME (wide) *X = (const void *)x;
  NAME (wide) *Y = (void *)y;
  for (size_t i = 0; i < (m + WIDE - 1) / WIDE; i++)
    Y[i] = by * Y[i] + a * X[i];
}

/* H = I - tau x x^T, x[m-1] = 1, takes row[m] to (0, .., beta); row becomes x. */
static REAL
NAME (reflector) (REAL *row, size_t m, REAL *tau)
{
  REAL alpha = row[m - 1];
  row[m - 1] = 0;
  REAL square = NAME (dot) (row, row, m), norm = (REAL)sqrt (alpha * alpha + square), beta = alpha > 0 ? -norm : norm;
  *tau = square > 0 ? (beta - alpha) / beta : 0;
  if (square > 0)
    NAME (axpby) (0, row, 1 / (alpha - beta), row, m);
  row[m - 1] = 1;
  return square > 0 ? beta : alpha;
}

/* y = tau (y - (tau/2) (x.y) x): what H a H is short of a, with v = x. */
static void
NAME (update_of) (const REAL *x, REAL tau, REAL *y, size_t m)
{
  NAME (axpby) ((REAL)-0.5 * tau * tau * NAME (dot) (x, y, m), x, tau, y, m);
}

/* a = H_n-1 .. H_1 T H_1 .. H_n-1, reflector k being the first k numbers of row k
 * of a, and zeros after them.  four: 4 x ld zeros. */
static void
NAME (reduce) (REAL *a, size_t n, size_t ld, double *d, double *e, REAL *tau, REAL *four)
{
  REAL *v = four, *z = v + ld, *x = z + ld, *y = x + ld;
  for (size_t k = n; k-- > 0;) {
    REAL *row = a + k * ld, *spare = v;
    NAME (axpby) (-v[k], z, 1, row, k + 1);
    NAME (axpby) (-z[k], v, 1, row, k + 1);
    d[k] = (double)row[k];
    v[k] = z[k] = x[k] = 0;
    memset (row + k, 0, (WIDE - k % WIDE) * sizeof *row);
    if (k == 0)
      break;
    e[k - 1] = (double)NAME (reflector) (row, k, &tau[k]);
    memcpy (x, row, k * sizeof *x);
    NAME (sweep) (a, ld, k, v, z, x, y);
    NAME (update_of) (x, tau[k], y, k);
    v = x, x = spare;
    spare = z, z = y, y = spare;
  }
}

/* Row j times H_1 .. H_j, for the four rows from j on. */
CLONES (NAME (side), (REAL *restrict f, const REAL *restrict h, const REAL *tau, size_t n, size_t ld, size_t j),
        (f, h, tau, n, ld, j))
{
  typedef NAME (wide) wide;
  wide *r0 = (void *)(f + j * ld), *r1 = (void *)(f + (j + 1) * ld), *r2 = (void *)(f + (j + 2) * ld),
       *r3 = (void *)(f + (j + 3) * ld);
  for (size_t k = 2; k <= j + 3 && k < n; k++) { /* H_1 = I */
    const wide *x = (const void *)(h + k * ld);
    size_t blocks = (k + WIDE - 1) / WIDE;
    wide s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
    for (size_t i = 0; i < blocks; i++) {
      s0 += x[i] * r0[i];
      s1 += x[i] * r1[i];
      s2 += x[i] * r2[i];
      s3 += x[i] * r3[i];
    }
    /* a row whose own reflector is behind takes no more */
    REAL t0 = k > j ? 0 : tau[k] * NAME (total) (&s0), t1 = k > j + 1 ? 0 : tau[k] * NAME (total) (&s1);
    REAL t2 = k > j + 2 ? 0 : tau[k] * NAME (total) (&s2), t3 = tau[k] * NAME (total) (&s3);
    for (size_t i = 0; i < blocks; i++) {
      r0[i] -= t0 * x[i];
      r1[i] -= t1 * x[i];
      r2[i] -= t2 * x[i];
      r3[i] -= t3 * x[i];
    }
  }
}

/* f <- Q f Q^T for the reflectors that are the rows of h: what stands below a
 * reflector is turned from the right alone, and then the growing square above from
 * both sides.  four: 4 x ld zeros. */
static void
NAME (back) (REAL *f, const REAL *h, const REAL *tau, size_t n, size_t ld, REAL *four)
{
  REAL *v = four, *z = v + ld, *x = z + ld, *y = x + ld;
  for (size_t j = 0; j < n; j += 4)
    NAME (side) (f, h, tau, n, ld, j);
  for (size_t i = 0; i < n; i++) /* the blocks on the diagonal */
    for (size_t j = i - i % WIDE; j < i; j++)
      f[j * ld + i] = f[i * ld + j];
  for (size_t k = 2; k < n; k++) {
    REAL *spare = v;
    memcpy (x, h + k * ld, k * sizeof *x);
    NAME (sweep) (f, ld, k, v, z, x, y);
    NAME (update_of) (x, tau[k], y, k);
    v = x, x = spare;
    spare = z, z = y, y = spare;
  }
  memset (x, 0, ld * sizeof *x);
  NAME (sweep) (f, ld, n, v, z, x, y);
}

/* ---- the logarithm of T --------------------------------------------------------- */

/* Pivots of T + s from both ends for POLES poles at once: diag[i] receives
 * w (T+s)^-1_ii, ratio[j] the factor from entry (j-1, i) to (j, i), i < j. */
static inline __attribute__ ((always_inline)) void
NAME (pivots) (const double *restrict d, const double *restrict e, size_t n, const double *restrict s,
               const double *restrict w, REAL (*restrict diag)[POLES], REAL (*restrict ratio)[POLES])
{
  double forth[POLES], back[POLES];
  for (size_t k = 0; k < POLES; k++)
    forth[k] = back[k] = 1;
  for (size_t i = 0; i < n; i++) {
    double c = i ? e[i - 1] : 0;
    for (size_t k = 0; k < POLES; k++) {
      forth[k] = d[i] + s[k] - c * c / forth[k];
      diag[i][k] = (REAL)(forth[k] - d[i] - s[k]);
    }
  }
  for (size_t i = n; i-- > 0;) {
    double c = i ? e[i - 1] : 0, after = i + 1 < n ? e[i] : 0;
    for (size_t k = 0; k < POLES; k++) {
      back[k] = d[i] + s[k] - after * after / back[k];
      diag[i][k] = (REAL)(w[k] / (diag[i][k] + back[k]));
      ratio[i][k] = (REAL)(-c / back[k]);
    }
  }
}

/* f -= sum of w (T+s)^-1 over POLES poles, lower triangle; what is written right of
 * the diagonal is without meaning. */
CLONES (NAME (subtract),
        (const double *d, const double *e, size_t n, size_t ld, const double *s, const double *w, REAL *restrict f,
         REAL *restrict work),
        (d, e, n, ld, s, w, f, work))
{
  typedef NAME (wide) wide;
  REAL (*restrict diag)[POLES] = (void *)work, (*restrict ratio)[POLES] = diag + n;
  wide (*restrict g)[POLES] = (void *)(work + 2 * POLES * ld); /* WIDE columns each */
  NAME (pivots) (d, e, n, s, w, diag, ratio);
  memset (g, 0, POLES * ld * sizeof (REAL));
  for (size_t j = 0, from = 0; j < n; j++) {
    wide *restrict row = (wide *)(void *)(f + j * ld);
    const REAL *r = ratio[j];
    for (size_t i = from; i <= j / WIDE; i++) {
      wide *x = g[i], a = (x[0] *= r[0]) + (x[1] *= r[1]), b = (x[2] *= r[2]) + (x[3] *= r[3]);
      wide c = (x[4] *= r[4]) + (x[5] *= r[5]), h = (x[6] *= r[6]) + (x[7] *= r[7]);
      row[i] -= (a + b) + (c + h);
    }
    REAL own = 0, most = 0;
    for (size_t k = 0; k < POLES; k++) {
      g[j / WIDE][k][j % WIDE] = diag[j][k];
      own += diag[j][k];
      for (size_t l = 0; l < WIDE; l++) {
        REAL size = g[from][k][l] < 0 ? -g[from][k][l] : g[from][k][l];
        most = size > most ? size : most;
      }
    }
    row[j / WIDE][j % WIDE] -= own;
    from += most < (REAL)TINY && from < j / WIDE;
  }
}

/* log (a), a scaled by `scale` first. */
static int
NAME (symlog) (const double *a, size_t n, double scale, double *out, double *work)
{
  size_t ld = padded (n);
  double *d = work, *e = d + ld, s[SYMLOG_NODES + POLES], w[SYMLOG_NODES + POLES], low, high;
  REAL *h = (REAL *)(void *)(e + ld), *f = h + ld * ld, *tau = f + ld * ld, *rest = tau + ld;
  memset (h, 0, ld * ld * sizeof *h);
  for (size_t i = 0; i < n; i++) {
    size_t end = i - i % WIDE + WIDE;
    for (size_t j = 0; j < n && j < end; j++)
      h[i * ld + j] = (REAL)(scale * a[i * n + j]);
  }
  memset (rest, 0, 4 * ld * sizeof *rest);
  NAME (reduce) (h, n, ld, d, e, tau, rest);
  const symlog_rule *rule = bounds (d, e, n, &low, &high) ? NAME (rule) (high / low) : NULL;
  if (!rule)
    return -1;
  memset (f, 0, ld * ld * sizeof *f);
  double centre = sqrt (low * high), whole = log (centre);
  size_t count = rule->nodes;
  for (size_t k = 0; k < count; k++) {
    symlog_pole (low, high, rule->node[k], rule->weight[k], &s[k], &w[k]);
    whole += w[k] / (s[k] + centre);
  }
  for (size_t k = count; k % POLES; k++) { /* a pole that weighs nothing */
    s[k] = high;
    w[k] = 0;
  }
  for (size_t i = 0; i < n; i++)
    f[i * ld + i] = (REAL)whole;
  for (size_t k = 0; k < count; k += POLES)
    NAME (subtract) (d, e, n, ld, s + k, w + k, f, rest);
  memset (rest, 0, 4 * ld * sizeof *rest);
  NAME (back) (f, h, tau, n, ld, rest);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++)
      out[i * n + j] = out[j * n + i] = (double)f[i * ld + j];
    out[i * n + i] = (double)f[i * ld + i] - log (scale);
  }
  return 0;
}
