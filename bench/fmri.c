/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The network of all voxels: degree, weight sum and degree by distance of about
 * 28,000 voxels x 200 volumes, CPU seconds beside the matrix products alone.
 *
 *   bench/fmri [share of the voxels, 1]
 *
 * The recording is that of specs: an ellipsoid of grey matter at 4 mm, twenty
 * networks of two foci with courses of their own, and noise.
 */
#define _GNU_SOURCE
#include <cblas.h>
#include <sys/resource.h>
#include <time.h>

#include "core/pool.h"
#include "tests/harness.h"

enum { NX = 49, NY = 58, NZ = 47, T = 200, NETS = 20 };

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
wall (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the recording ------------------------------------------------------------------ */
static bool
inside (int x, int y, int z, double share)
{
  double a = (x - 24) / 21.5, b = (y - 28.5) / 25.5, c = (z - 23) / 20.5;
  return a * a + b * b + c * c < pow (share * 0.594, 2. / 3);
}

static fnx_buf *
recording (double share, long *n)
{
  static double course[NETS][T], foci[NETS * 6];
  *n = 0;
  for (int x = 0; x < NX; x++)
    for (int y = 0; y < NY; y++)
      for (int z = 0; z < NZ; z++)
        *n += inside (x, y, z, share);
  fnx_buf *b = t_buf ("voxels[voxel,time]", NULL, *n, (long)T);
  double *v = buffer_write (b, NULL), *xyz[3];
  for (int k = 0; k < 3; k++)
    xyz[k] = malloc ((size_t)*n * sizeof **xyz);
  t_random (foci, NETS * 6, 1);
  for (int m = 0; m < NETS; m++) {
    t_random (course[m], T, 100 + (uint64_t)m);
    for (int k = 1; k < T; k++)
      course[m][k] += 0.5 * course[m][k - 1];
  }
  long i = 0;
  for (int z = 0; z < NZ; z++)
    for (int y = 0; y < NY; y++)
      for (int x = 0; x < NX; x++) {
        if (!inside (x, y, z, share))
          continue;
        double *s = v + i * T, noise[T];
        t_random (noise, T, 1000 + (uint64_t)i);
        for (int k = 0; k < T; k++)
          s[k] = 0.6 * noise[k];
        for (int m = 0; m < NETS; m++)
          for (int f = 0; f < 2; f++) {
            const double *p = foci + 6 * m + 3 * f;
            double d = pow (x - 24 - 9 * p[0], 2) + pow (y - 28 - 11 * p[1], 2) + pow (z - 23 - 9 * p[2], 2);
            double w = exp (-d / (2 * 6 * 6));
            for (int k = 0; w > 1e-3 && k < T; k++)
              s[k] += w * course[m][k];
          }
        xyz[0][i] = x, xyz[1][i] = y, xyz[2][i] = z;
        i++;
      }
  const double affine[16] = { -4, 0, 0, 96, 0, 4, 0, -112, 0, 0, 4, -92, 0, 0, 0, 1 };
  for (int k = 0; k < 3; k++) {
    t_reals (&b, "voxel", (const char *[]){ "x", "y", "z" }[k], xyz[k]);
    free (xyz[k]);
  }
  fnx_spec spec = *buffer_spec (b);
  spec.affine = affine;
  fault e = FAULT_INIT;
  fnx_buf *out = buffer_like (b, &spec, &e);
  memcpy (buffer_write (out, NULL), v, (size_t)(*n * T) * sizeof *v);
  buffer_unref (b);
  return out;
}

static int
falling (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return x > y ? -1 : x < y;
}

/* The r that a share `density` of pairs exceeds, from a sample of pairs. */
static double
tau_at (const fnx_buf *b, long n, double density)
{
  enum { SAMPLE = 200000 };
  double *r = malloc (SAMPLE * sizeof *r);
  const double *v = t_values (b);
  uint64_t seed = 88172645463325252u;
  for (long k = 0; k < SAMPLE; k++) {
    long ij[2];
    for (int a = 0; a < 2; a++) {
      seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
      ij[a] = (long)(seed % (uint64_t)n);
    }
    const double *x = v + ij[0] * T, *y = v + ij[1] * T;
    double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
    for (int t = 0; t < T; t++)
      sx += x[t], sy += y[t], xx += x[t] * x[t], yy += y[t] * y[t], xy += x[t] * y[t];
    r[k] = (xy - sx * sy / T) / sqrt ((xx - sx * sx / T) * (yy - sy * sy / T));
  }
  qsort (r, SAMPLE, sizeof *r, falling);
  double tau = r[(long)(density * SAMPLE)];
  free (r);
  return tau;
}

/* ---- the machine ---------------------------------------------------------------------- */
/* Billions of operations a second of one thread, at tiles of the kernel's shape. */
static double
rate (bool f4)
{
  enum { B = 512 };
  void *a = calloc (B * T, 8), *b = calloc (B * T, 8), *c = calloc (B * B, 8);
  double from = 0;
  int runs = 60;
  for (int k = -5; k < runs; k++) {
    if (k == 0)
      from = cpu ();
    if (f4)
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, B, B, T, 1, a, T, b, T, 0, c, B);
    else
      cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, B, B, T, 1, a, T, b, T, 0, c, B);
  }
  double s = cpu () - from;
  free (a);
  free (b);
  free (c);
  return 2. * B * B * T * runs / s * 1e-9;
}

static void
measure (const fnx_buf *b, long n, double tau, const char *density, bool f4, bool bins, double gflops)
{
  char line[256];
  snprintf (line, sizeof line, "degree tau=%.6f precision=%s%s", tau, f4 ? "f4" : "f8",
            bins ? " bins=20mm,40mm,60mm,80mm,100mm,120mm,140mm,160mm" : "");
  double c0 = cpu (), w0 = wall (), edges = 0;
  const fnx_buf *d = t_run (line, b);
  double c1 = cpu () - c0, w1 = wall () - w0;
  int64_t cols = buffer_spec (d)->axes[1]->size;
  for (long i = 0; i < n; i++)
    edges += t_values (d)[i * cols] / 2;
  struct rusage u;
  getrusage (RUSAGE_SELF, &u);
  printf ("%-7s %-4s %-5s %8.2f %8.2f %8.2f %12.0f %8.0f\n", density, f4 ? "f4" : "f8", bins ? "yes" : "no", c1, w1,
          (double)n * (double)n * T / gflops * 1e-9, edges, (double)u.ru_maxrss / 1024);
  buffer_unref (d);
}

int
main (int argc, char **argv)
{
  double share = argc > 1 ? atof (argv[1]) : 1;
  long n;
  t_begin ();
  openblas_set_num_threads (1);
  fnx_buf *b = recording (share, &n);
  double g8 = rate (false), g4 = rate (true);
  printf ("%ld voxels x %d volumes, %u threads; dgemm %.1f, sgemm %.1f GF/s a thread\n", n, T, pool_size (), g8, g4);
  printf ("%-7s %-4s %-5s %8s %8s %8s %12s %8s\n", "density", "type", "bins", "CPU s", "wall s", "gemm s", "edges",
          "MB");
  const double densities[] = { 0.02, 0.1 };
  for (int k = 0; k < 2; k++) {
    double tau = tau_at (b, n, densities[k]);
    for (int f4 = 0; f4 < 2; f4++)
      for (int bins = 0; bins < 2; bins++)
        measure (b, n, tau, k ? "10 %" : "2 %", f4, bins, f4 ? g4 : g8);
  }
  buffer_unref (b);
  t_end ();
  return 0;
}
