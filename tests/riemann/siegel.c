/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Block-Toeplitz covariances and the Siegel disk: closed forms (partial
 * autocorrelations of AR processes, a VAR(1) whose later coefficients vanish),
 * the coefficients' definition with inverses written out, isometries, maps that
 * undo each other, mdm and tangent where the order is 1, and classes that
 * differ in time alone.
 */
#include "plugins/riemann/siegel.h"
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { N = 4, Q = N * N, P = 5 };

/* A point of the disk. */
static void
point (double *x, uint64_t seed)
{
  double work[2000], size;
  t_random (x, Q, seed);
  size = siegel_size (x, N, work);
  for (int i = 0; i < Q; i++)
    x[i] *= (0.5 + 0.1 * (double)(seed % 5)) / size;
}

/* Orthogonal: the eigenvectors of a random symmetric matrix. */
static void
rotation (double *u, uint64_t seed)
{
  double a[Q], w[N], work[2000];
  t_random (a, Q, seed);
  la_gram (u, a, N, N, 1, 0);
  memcpy (a, u, sizeof a);
  la_eig (a, N, u, w, work);
}

static double
dist2 (const double *x, const double *y)
{
  double ref[5 * Q], work[4000], d2 = NAN;
  if (siegel_work (N) > 4000 || siegel_ref (y, N, ref, work) || siegel_dist2 (x, ref, N, &d2, work))
    t_ok (false, "two points of the disk have a distance");
  return d2;
}

static void
disk (void)
{
  double x[Q], y[Q], ref[5 * Q], zero[5 * Q], z[Q], back[Q], u[Q], v[Q], t[Q], xr[Q], yr[Q], work[4000];
  double nil[Q] = { 0 };
  point (x, 11);
  point (y, 23);
  siegel_ref (y, N, ref, work);
  siegel_ref (nil, N, zero, work);
  t_ok (siegel_log (x, ref, N, z, work) == 0 && siegel_exp (z, ref, N, back, work) == 0, "there and back");
  t_near (back, x, Q, 1e-12, "exp undoes log");
  siegel_log (y, ref, N, z, work);
  t_near (z, nil, Q, 1e-14, "the log of the reference is 0");
  siegel_log (x, zero, N, z, work);
  double norm = la_dot (z, z, Q), d = dist2 (x, nil), there = dist2 (x, y), again = dist2 (y, x);
  t_near (&d, &norm, 1, 1e-12, "from the origin the distance is the length of the log");
  t_near (&there, &again, 1, 1e-12, "the distance is the same both ways");
  rotation (u, 3);
  rotation (v, 4);
  la_mul (t, u, x, N, N, N, 1, 0);
  la_mul (xr, t, v, N, N, N, 1, 0);
  la_mul (t, u, y, N, N, N, 1, 0);
  la_mul (yr, t, v, N, N, N, 1, 0);
  again = dist2 (xr, yr);
  t_near (&again, &there, 1, 1e-12, "rotations of both sides keep it");
  double far[Q];
  siegel_log (x, ref, N, z, work);
  for (int i = 0; i < Q; i++)
    z[i] *= 0.5;
  siegel_exp (z, ref, N, far, work);
  again = 4 * dist2 (far, y);
  t_near (&again, &there, 1, 1e-12, "half the vector leads half the way");
  for (int i = 0; i < Q; i++)
    far[i] = x[i] / siegel_size (x, N, work) * 1.001;
  t_ok (siegel_ref (far, N, ref, work) != 0, "a point outside is refused");
}

/* Partial autocorrelations by Levinson and Durbin. */
static void
levinson (const double *r, int order, double *pacf)
{
  double a[P] = { 0 }, old[P], error = r[0];
  for (int k = 1; k < order; k++) {
    double sum = r[k];
    for (int j = 1; j < k; j++)
      sum -= a[j] * r[k - j];
    pacf[k] = sum / error;
    memcpy (old, a, sizeof a);
    for (int j = 1; j < k; j++)
      a[j] = old[j] - pacf[k] * old[k - j];
    a[k] = pacf[k];
    error *= 1 - pacf[k] * pacf[k];
  }
}

static void
scalars (void)
{
  const double phi1 = 0.9, phi2 = -0.6;
  double r[P] = { 2, 0 }, out[P], size, want[P] = { 2 }, work[4000];
  r[1] = r[0] * phi1 / (1 - phi2);
  for (int k = 2; k < P; k++)
    r[k] = phi1 * r[k - 1] + phi2 * r[k - 2];
  t_ok (siegel_coefficients (r, 1, P, out, &size, work) == 0, "an AR(2) process has coefficients");
  want[1] = phi1 / (1 - phi2);
  want[2] = phi2;
  t_near (out, want, P, 1e-14, "AR(2): phi1 / (1 - phi2), phi2, 0, 0");
  const double other[P] = { 3, 1.5, -0.3, 0.2, 0.1 };
  siegel_coefficients (other, 1, P, out, &size, work);
  want[0] = 3;
  levinson (other, P, want);
  t_near (out, want, P, 1e-14, "partial autocorrelations by Levinson and Durbin");
  const double none[P] = { 1, 0.9, 0.2, 0.2, 0.2 };
  t_ok (siegel_coefficients (none, 1, P, out, &size, work) == 2 && fabs (size - (0.81 - 0.2) / 0.19) < 1e-12,
        "what is no autocovariance leaves the disk at coefficient 2, at %.4f", size);
}

/* R_0, R_1 ... of x_(t+1) = A x_t + e: R_d = R_0 (A^T)^d. */
static void
var1 (const double *A, double *r)
{
  double t[Q];
  memset (r, 0, Q * sizeof *r);
  for (int k = 0; k < 400; k++) {
    la_mul (t, A, r, N, N, N, 1, 0);
    la_mul_nt (r, t, A, N, N, N, 1, 0);
    for (int i = 0; i < N; i++)
      r[i * N + i] += 1;
  }
  la_mirror (r, N);
  for (int d = 1; d < P; d++)
    la_mul_nt (r + d * Q, r + (d - 1) * Q, A, N, N, N, 1, 0);
}

/* L^-1/2 (R_(l+1) - M) K^-1/2 with the inverse of the leading l blocks. */
static void
by_definition (const double *r, int l, double *omega)
{
  enum { MOST = P * N };
  int n = l * N;
  static double R[MOST * MOST], row[N * MOST], col[N * MOST], t[N * MOST], work[4000];
  double L[Q], K[Q], M[Q], a[Q], b[Q];
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      int d = j / N - i / N;
      R[i * n + j] = d >= 0 ? r[d * Q + i % N * N + j % N] : r[-d * Q + j % N * N + i % N];
    }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < n; j++) {
      row[i * n + j] = r[(1 + j / N) * Q + i * N + j % N];
      col[i * n + j] = r[(l - j / N) * Q + j % N * N + i];
    }
  la_spd_inv (R, n);
  memcpy (L, r, sizeof L);
  memcpy (K, r, sizeof K);
  memcpy (M, r + (l + 1) * Q, sizeof M);
  la_mul (t, row, R, N, n, n, 1, 0);
  la_mul_nt (L, t, row, N, N, n, -1, 1);
  la_mul_nt (M, t, col, N, N, n, -1, 1);
  la_mul (t, col, R, N, n, n, 1, 0);
  la_mul_nt (K, t, col, N, N, n, -1, 1);
  la_mirror (L, N);
  la_mirror (K, N);
  spd_invsqrt (L, N, a, work);
  spd_invsqrt (K, N, b, work);
  la_mul (t, a, M, N, N, N, 1, 0);
  la_mul (omega, t, b, N, N, N, 1, 0);
}

static void
coefficients (void)
{
  static double r[P * Q], mixed[P * Q], out[P * Q], turned[P * Q], work[8000];
  double A[Q], W[Q], t[Q], size, omega[Q], nil[(P - 2) * Q] = { 0 };
  point (A, 7);
  var1 (A, r);
  t_ok (siegel_coefficients_work (N, P) <= 8000 && siegel_coefficients (r, N, P, out, &size, work) == 0,
        "a VAR(1) process has coefficients");
  t_near (out + 2 * Q, nil, (P - 2) * Q, 1e-12, "beyond the first they vanish");
  /* two such processes added are no VAR(1) */
  point (A, 8);
  var1 (A, mixed);
  la_axpy (r, 1, mixed, P * Q);
  siegel_coefficients (r, N, P, out, &size, work);
  for (int l = 1; l + 1 < P; l++) {
    by_definition (r, l, omega);
    t_near (out + (l + 1) * Q, omega, Q, 1e-10, "as the definition with an inverse");
  }
  t_random (W, Q, 31);
  for (int d = 0; d < P; d++) {
    la_mul (t, W, r + d * Q, N, N, N, 1, 0);
    la_mul_nt (mixed + d * Q, t, W, N, N, N, 1, 0);
  }
  la_mirror (mixed, N);
  siegel_coefficients (mixed, N, P, turned, &size, work);
  for (int d = 1; d < P; d++) {
    double was = siegel_size (out + d * Q, N, work), is = siegel_size (turned + d * Q, N, work);
    t_near (&is, &was, 1, 1e-9, "mixing the channels turns a coefficient and keeps its singular values");
  }
}

/* ---- the steps ------------------------------------------------------------------- */

enum { K = 40, C = 3, T = 400 };

/* Trials of C mixed AR(2) rhythms of unit variance: at 0.06 cycles a sample for
 * target 0, at `other` for target 1. */
static fnx_buf *
trials (double other, uint64_t seed, bool permuted)
{
  static double v[K * C * T], noise[C * (T + 200)];
  double y[K];
  for (int k = 0; k < K; k++) {
    double f = k % 2 ? other : 0.06, rho = 0.95;
    double a1 = 2 * rho * cos (2 * M_PI * f), a2 = -rho * rho;
    double var = (1 - a2) / ((1 + a2) * ((1 - a2) * (1 - a2) - a1 * a1));
    y[k] = permuted ? (k / 2) % 2 : k % 2;
    t_random (noise, C * (T + 200), seed * 1000 + (uint64_t)k);
    memset (v + k * C * T, 0, C * T * sizeof *v);
    for (int s = 0; s < C; s++) {
      double x1 = 0, x2 = 0;
      for (int t = 0; t < T + 200; t++) {
        double x = a1 * x1 + a2 * x2 + noise[s * (T + 200) + t] / sqrt (var);
        x2 = x1;
        x1 = x;
        for (int c = 0; c < C && t >= 200; c++)
          v[(k * C + c) * T + t - 200] += x * (c == s ? 1 : 0.4);
      }
    }
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", v, (long)K, (long)C, (long)T);
  t_reals (&b, "trial", "target", y);
  return b;
}

/* Share of right answers on new trials. */
static double
answers (const char *first, const char *then, const fnx_buf *train, const fnx_buf *test)
{
  const fnx_buf *a = t_run (first, train), *b = t_run (first, test);
  t_model *m = t_fit (then, a, NULL, NULL);
  const fnx_buf *s = t_apply (m, b);
  const double *y = buffer_column (test, "trial", "target")->reals;
  int right = 0;
  for (int k = 0; k < K; k++)
    right += (t_values (s)[2 * k + 1] > t_values (s)[2 * k]) == (y[k] > 0.5);
  buffer_unref (s);
  t_model_free (m);
  buffer_unref (a);
  buffer_unref (b);
  return (double)right / K;
}

static void
planted (void)
{
  fnx_buf *train = trials (0.10, 1, false), *test = trials (0.10, 2, false), *mixed = trials (0.10, 1, true),
          *other = trials (0.10, 2, true);
  static const char *const acm[] = { "btacm order=3 lag=2", "augcov order=3 lag=2" }, *const mdm[]
                                                                                      = { "siegelmdm", "mdm" };
  for (int i = 0; i < 2; i++) {
    double found = answers (acm[i], mdm[i], train, test), luck = answers (acm[i], mdm[i], mixed, other);
    t_ok (found > 0.9, "%s finds rhythms of another frequency: %.2f", acm[i], found);
    t_ok (luck >= 0.25 && luck <= 0.75, "%s of permuted targets finds nothing: %.2f", acm[i], luck);
  }
  double exact = answers (acm[0], "siegelmdm peer=exact", train, test), plain = answers ("cov", "mdm", train, test);
  t_ok (exact > 0.9, "and so does the authors' sum: %.2f", exact);
  t_ok (plain >= 0.25 && plain <= 0.75, "a plain covariance does not: %.2f", plain);
  buffer_unref (train);
  buffer_unref (test);
  buffer_unref (mixed);
  buffer_unref (other);
}

static void
order_one (void)
{
  fnx_buf *x = trials (0.10, 5, false);
  const fnx_buf *b = t_run ("btacm order=1", x), *s = t_run ("cov estimator=cov", x);
  const fnx_buf *one = t_run ("siegelmdm", b), *two = t_run ("mdm", s);
  t_near (t_values (one), t_values (two), 2 * K, 1e-9, "of order 1 siegelmdm is mdm");
  buffer_unref (one);
  buffer_unref (two);
  one = t_run ("siegeltangent", b);
  two = t_run ("tangent", s);
  double full[K * C * C];
  for (int k = 0; k < K; k++)
    spd_unvec (t_values (two) + k * C * (C + 1) / 2, C, full + k * C * C);
  t_near (t_values (one), full, K * C * C, 1e-9, "and siegeltangent is tangent");
  buffer_unref (one);
  buffer_unref (two);
  buffer_unref (b);
  buffer_unref (s);
  /* around a mean the vectors add up to nothing */
  b = t_run ("btacm order=3 lag=3", x);
  one = t_run ("siegeltangent", b);
  double sum[3 * C * C] = { 0 }, nil[3 * C * C] = { 0 };
  for (int k = 0; k < K; k++)
    la_axpy (sum, 1.0 / K, t_values (one) + k * 3 * C * C, 3 * C * C);
  t_near (sum, nil, 3 * C * C, 1e-7, "tangent vectors at the mean add up to 0");
  t_model *m = t_fit ("siegeltangent", b, NULL, NULL), *again = t_save_load (m);
  two = t_apply (again, b);
  t_near (t_values (two), t_values (one), K * 3 * C * C, 0, "a saved model gives the same");
  t_model_free (m);
  t_model_free (again);
  m = t_fit ("siegelmdm", b, NULL, NULL);
  again = t_save_load (m);
  t_model_free (m);
  t_model_free (again);
  buffer_unref (one);
  buffer_unref (two);
  buffer_unref (b);
  buffer_unref (x);
}

/* The same curve three times, the second time sqrt 2 times as large: variances
 * 1, 2, 1 and covariances sqrt 2 average to R_0 = 4/3 and R_1 = sqrt 2. */
static void
refusals (void)
{
  enum { L = 20 };
  double v[2 * 4 * L];
  fnx_status code;
  for (int t = 0; t < 2 * 4 * L; t++)
    v[t] = sin (0.9 * (t % L)) * ((t / L) % 4 == 1 ? M_SQRT2 : 1) + 1e-3 * cos (1.7 * t * t);
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", v, 2L, 1L, 4L * L);
  const char *said = t_fail ("btacm order=3 lag=20", b, &code);
  const char *at = strstr (said, "singular value ");
  t_ok (code == FNX_E_NUMERIC && strstr (said, "trial 1 of ") && strstr (said, "order=3 lag=20: coefficient 1 ")
            && strstr (said, "use estimator=lwf, a smaller order=, another lag="),
        "%s", said);
  t_ok (at && fabs (strtod (at + 15, NULL) - 3 * M_SQRT2 / 4) < 1e-2, "it is 3 sqrt 2 / 4");
  buffer_unref (b);
  double outside[2 * 2] = { 1, 1.5, 1, 0.5 };
  b = t_buf ("siegel[trial,block,channel,channel]", outside, 2L, 2L, 1L, 1L);
  said = t_fail ("siegeltangent", b, &code);
  t_ok (strstr (said, "block 1 is not inside the Siegel disk") != NULL, "%s", said);
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  disk ();
  scalars ();
  coefficients ();
  order_one ();
  planted ();
  refusals ();
  return t_end ();
}
