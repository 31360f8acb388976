/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the table reader.  The first byte chooses the suffix and how
 * the header is taken.  Every cell of what is accepted is read as a number.
 */
#include "io/text/text.h"
#include "tests/fuzz/calls.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  static const char *const names[] = { "x.1D", "x.tsv", "x.csv", "x.txt" };
  call c;
  fault f;
  sheet s;
  double v, sum = 0;
  if (n == 0)
    return 0;
  char *bytes = malloc (n); /* one byte for the NUL in place of the first */
  if (!bytes)
    exit (1);
  memcpy (bytes, data + 1, n - 1);
  bytes[n - 1] = 0;
  fuzz_begin (&c, &f);
  fnx_status e = sheet_parse (&c.api, names[data[0] % 4], bytes, n - 1, (sheet_header)(data[0] / 4 % 3), &s);
  for (int64_t i = 0; !e && i < s.rows * s.cols; i++) {
    const char *x = s.cell[i];
    if (x < s.bytes || x > s.bytes + n)
      abort ();
    if (cell_number (x, &v))
      sum += v;
    else
      sum += cell_comma (x) + cell_missing (x);
  }
  for (int64_t i = 0; !e && s.name && i < s.cols; i++)
    sum += (double)strlen (s.name[i]);
  for (int64_t i = 1; !e && i < s.rows; i++)
    if (s.line[i] <= s.line[i - 1])
      abort ();
  if (sum == 0x1.23456789p300) /* keep it */
    puts ("");
  if (!e)
    sheet_free (&s);
  fuzz_end (&c, &f, e);
  return 0;
}
