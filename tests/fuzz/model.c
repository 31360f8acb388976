/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of model files: the bytes as they are, and again with length and
 * checksum put right, so that the parser behind the checksum is reached.  A
 * model that is accepted must be written to the same meaning again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model_file.h"
#include "core/sha256.h"
#include "core/spec_json.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

static void
demand (int ok, const char *what)
{
  if (ok)
    return;
  fprintf (stderr, "%s\n", what);
  abort ();
}

static void
try_one (const uint8_t *data, size_t n)
{
  fault f = FAULT_INIT;
  void *bytes = NULL, *again = NULL;
  size_t n_bytes = 0, n_again = 0;
  model_file *m = model_file_parse (data, n, "fuzz", &f);
  if (!m) {
    demand (f.text && f.exit == EXIT_INPUT && f.code == FNX_E_STATE, "refused without a reason");
    fault_clear (&f);
    return;
  }
  demand (model_file_bytes (m, &bytes, &n_bytes, &f) == FNX_OK, "not written");
  model_file *back = model_file_parse (bytes, n_bytes, "again", &f);
  demand (back != NULL, "what was written is refused");
  demand (model_file_bytes (back, &again, &n_again, &f) == FNX_OK && n_again == n_bytes
              && !memcmp (bytes, again, n_bytes),
          "what was written reads back otherwise");
  fnx_spec *spec = spec_from_json (m->input, "fuzz", &f);
  demand (spec != NULL || f.text != NULL, "a spec is refused without a reason");
  char *json = spec ? spec_to_json (spec) : NULL;
  demand (!spec || json, "a spec that was read is not written");
  fault_clear (&f);
  free (json);
  free (spec);
  free (bytes);
  free (again);
  model_file_free (back);
  model_file_free (m);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  sha256 sha;
  try_one (data, n);
  if (n < 56)
    return 0;
  uint8_t *b = malloc (n);
  demand (b != NULL, "out of memory");
  memcpy (b, data, n);
  for (int i = 0; i < 8; i++)
    b[16 + i] = (uint8_t)(n >> 8 * i);
  sha256_begin (&sha);
  sha256_add (&sha, b, n - 32);
  sha256_end (&sha, b + n - 32);
  try_one (b, n);
  free (b);
  return 0;
}
