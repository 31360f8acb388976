/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See fft.h.
 */
#include "plugins/common/fft.h"

#include <fftw3.h>
#include <stdlib.h>

#define MOST ((size_t)1 << 30)

struct fft {
  fftw_plan there, back;
};

struct fft_pairs {
  fftw_plan there;
};

void
fft_load (void)
{
  fftw_make_planner_thread_safe ();
}

size_t
fft_room (size_t n)
{
  return (n + 2 + 7) / 8 * 8;
}

fft *
fft_new (size_t n)
{
  if (n == 0 || n > MOST)
    return NULL;
  fft *f = calloc (1, sizeof *f);
  double *a = fftw_alloc_real (fft_room (n)), *b = fftw_alloc_real (fft_room (n));
  if (f && a && b) {
    f->there = fftw_plan_dft_r2c_1d ((int)n, a, (fftw_complex *)b, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    f->back = fftw_plan_dft_c2r_1d ((int)n, (fftw_complex *)b, a, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
  }
  fftw_free (a);
  fftw_free (b);
  if (f && (!f->there || !f->back)) {
    fft_free (f);
    f = NULL;
  }
  return f;
}

void
fft_free (fft *f)
{
  if (!f)
    return;
  if (f->there)
    fftw_destroy_plan (f->there);
  if (f->back)
    fftw_destroy_plan (f->back);
  free (f);
}

void
fft_forward (const fft *f, double *in, double *spectrum)
{
  fftw_execute_dft_r2c (f->there, in, (fftw_complex *)spectrum);
}

void
fft_backward (const fft *f, double *spectrum, double *out)
{
  fftw_execute_dft_c2r (f->back, (fftw_complex *)spectrum, out);
}

fft_pairs *
fft_pairs_new (size_t n)
{
  if (n == 0 || n > MOST)
    return NULL;
  fft_pairs *f = calloc (1, sizeof *f);
  fftw_complex *z = fftw_alloc_complex (n);
  if (f && z)
    f->there = fftw_plan_dft_1d ((int)n, z, z, FFTW_FORWARD, FFTW_ESTIMATE);
  fftw_free (z);
  if (f && !f->there) {
    free (f);
    f = NULL;
  }
  return f;
}

void
fft_pairs_free (fft_pairs *f)
{
  if (f)
    fftw_destroy_plan (f->there);
  free (f);
}

void
fft_pairs_forward (const fft_pairs *f, double *z)
{
  fftw_execute_dft (f->there, (fftw_complex *)z, (fftw_complex *)z);
}
