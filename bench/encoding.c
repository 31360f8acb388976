/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ridge with an alpha a voxel, cross-validated, beside the machine's matrix
 * products.  himalaya's KernelRidgeCV took 225 CPU seconds for n 3000, p 4000,
 * 20,000 voxels, 20 alphas, 5 folds in float (its own, on the reference
 * machine).
 *
 *   bench/encoding [times 3000] [features 4000] [voxels 20000]
 */
#define _GNU_SOURCE
#include <cblas.h>
#include <time.h>

#include "tests/harness.h"

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* GF/s of one product of m x m, on one thread. */
static double
rate (bool single)
{
  enum { M = 1200 };
  double *a = calloc (3 * M * M, sizeof *a), *b = a + M * M, *c = b + M * M, t;
  openblas_set_num_threads (1);
  t_random (a, 2 * M * M, 1);
  t = cpu ();
  if (single)
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, M, M, M, 1, (float *)a, M, (float *)b, M, 0, (float *)c, M);
  else
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, M, M, M, 1, a, M, b, M, 0, c, M);
  t = cpu () - t;
  free (a);
  return 2e-9 * M * M * M / t;
}

int
main (int argc, char **argv)
{
  long n = argc > 1 ? atol (argv[1]) : 3000, p = argc > 2 ? atol (argv[2]) : 4000,
       t = argc > 3 ? atol (argv[3]) : 20000;
  char line[600] = "ridge alpha=", *end = line + strlen (line);
  t_begin ();
  for (int a = 0; a < 20; a++)
    end += sprintf (end, "%s%.6g", a ? "," : "", pow (10, 6 * a / 19.));
  fnx_buf *x = t_buf ("features[time,feature]", NULL, n, p), *y = t_buf ("voxels[voxel,time]", NULL, t, n);
  double *xv = buffer_write (x, NULL), *yv = buffer_write (y, NULL);
  t_random (xv, (size_t)(n * p), 1);
  t_random (yv, (size_t)(n * t), 2);
  for (long v = 0; v < t; v++) /* a signal of 20 features each, so that alphas differ */
    for (long i = 0; i < n; i++)
      for (long j = 0; j < 20; j++)
        yv[v * n + i] += (double)(v % 4) * 0.2 * xv[i * p + (v + 37 * j) % p];
  printf ("dgemm %.0f, sgemm %.0f GF/s a thread; %ld times, %ld features, %ld voxels, 20 alphas, 5 folds\n",
          rate (false), rate (true), n, p, t);
  /* products that no way around exists for: predictions of all folds, refit */
  double m = 0.8 * (double)n < (double)p ? 0.8 * (double)n : (double)p;
  double tf = 1e-12 * (double)t * (20 * 2 * (double)n * m + 2 * (double)n * (double)(n < p ? n + p : 2 * p));
  printf ("%-10s %10s %10s\n", "precision", "CPU s", "TF/CPU s");
  for (int single = 1; single >= 0; single--) {
    sprintf (end, " precision=%s", single ? "single" : "double");
    double t0 = cpu ();
    t_model *model = t_fit (line, x, y, NULL);
    double used = cpu () - t0;
    printf ("%-10s %10.1f %10.3f\n", single ? "single" : "double", used, tf / used);
    t_model_free (model);
  }
  buffer_unref (x);
  buffer_unref (y);
  return 0;
}
