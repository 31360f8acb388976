/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the NumPy reader: the first byte says whether the rest is a
 * .npy file or its sidecar.
 */
#include "io/npy/npy.h"
#include "tests/fuzz/calls.h"

enum { MOST = 1 << 20 };

static fnx_status
array (fnx_call *c, const uint8_t *data, size_t n)
{
  npy_header h;
  FILE *f = fmemopen ((void *)(uintptr_t)data, n, "rb");
  if (!f)
    exit (1);
  fnx_status e = npy_header_read (c, f, "x.npy", &h);
  if (!e && h.count <= MOST) {
    double *out = malloc ((size_t)h.count * sizeof *out);
    if (!out)
      exit (1);
    e = npy_values (c, f, "x.npy", &h, false, out);
    free (out);
  }
  fclose (f);
  return e;
}

static fnx_status
sidecar (fnx_call *c, const uint8_t *data, size_t n)
{
  npy_header h = { .ndim = 2, .n = { 2, 3 } };
  json_t *j = json_loadb ((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);
  if (!j)
    return FNX_OK;
  const fnx_spec *s = npy_spec_read (c, j, "x.json", &h);
  if (s) {
    json_t *again = npy_spec_json (s, NULL);
    if (!again)
      abort ();
    json_decref (again);
  }
  json_decref (j);
  return s ? FNX_OK : FNX_E_IO;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  call c;
  fault f;
  if (n < 2)
    return 0;
  fuzz_begin (&c, &f);
  fuzz_end (&c, &f, (data[0] & 1 ? sidecar : array) (&c.api, data + 1, n - 1));
  return 0;
}
