/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the NIfTI reader: any bytes as a .nii or .nii.gz file.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "io/nifti/nifti.h"
#include "tests/fuzz/calls.h"

enum { MOST = 1 << 20 }; /* values to make room for */

static fnx_status
read_all (fnx_call *c, const char *path)
{
  nifti_file f;
  fnx_status e = nifti_open (c, path, &f);
  if (e)
    return e;
  int64_t n = 1, times = f.h.n[3] * f.h.parts;
  for (int k = 0; k < 3; k++)
    n *= f.h.n[k];
  if (n <= MOST && times <= MOST / n) {
    double *out = malloc ((size_t)(n * times) * sizeof *out);
    if (!out)
      exit (1);
    e = nifti_volumes (c, &f, f.h.n[3], 0, times, false, out);
    if (!e)
      e = nifti_end (c, &f);
    free (out);
  }
  nifti_close (&f);
  return e;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  char path[64];
  call c;
  fault f;
  int fd = memfd_create ("nifti", 0);
  if (fd < 0 || write (fd, data, n) != (ssize_t)n)
    exit (1);
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  fuzz_begin (&c, &f);
  fuzz_end (&c, &f, read_all (&c.api, path));
  close (fd);
  return 0;
}
