/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Units of voltage, in all the spellings that recorders write.  A table, since
 * a rule would guess: mv, MV and "." are left unknown.  Texts are UTF-8 here; a
 * Latin-1 micro sign has become U+00B5 on the way in.
 */
#include "io/edf/edf.h"

#include <string.h>

static const struct {
  const char *unit;
  double factor;
} volts[] = {
  { "uV", 1 },
  { "\302\265V", 1 },
  { "\316\274V", 1 },         /* U+00B5, U+03BC */
  { "\303\202\302\265V", 1 }, /* U+00B5 encoded twice */
  { "uVolt", 1 },
  { "uVolts", 1 },
  { "microV", 1 },
  { "uv", 1 },
  { "mV", 1e3 },
  { "mVolt", 1e3 },
  { "nV", 1e-3 },
  { "V", 1e6 },
  { "Volt", 1e6 },
  { "Volts", 1e6 },
  { "volt", 1e6 },
  { "volts", 1e6 },
};

double
edf_unit_factor (const char *unit)
{
  for (size_t i = 0; i < sizeof volts / sizeof *volts; i++)
    if (strcmp (unit, volts[i].unit) == 0)
      return volts[i].factor;
  return 0;
}
