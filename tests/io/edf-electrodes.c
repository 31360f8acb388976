/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Electrode names in one spelling, and their places: those of the oracle to
 * 1e-12, all on the unit sphere, mirrored left to right.
 */
#include <jansson.h>

#include "plugins/common/electrodes.h"
#include "tests/harness.h"

static const struct {
  const char *label, *name;
  electrode_kind kind;
} labels[] = {
  { "Fc5.", "FC5", ELECTRODE_SCALP },
  { "Fcz.", "FCz", ELECTRODE_SCALP },
  { "EEG Fp1", "Fp1", ELECTRODE_SCALP },
  { "EEG T3-REF", "T7", ELECTRODE_SCALP },
  { "POL c3", "C3", ELECTRODE_SCALP },
  { "T5", "P7", ELECTRODE_SCALP },
  { "FP2-LE", "Fp2", ELECTRODE_SCALP },
  { "C4-A1", "C4", ELECTRODE_SCALP },
  { "AFF5h", "AFF5h", ELECTRODE_SCALP },
  { "OI1H", "OI1h", ELECTRODE_SCALP },
  { "A2", "A2", ELECTRODE_REFERENCE },
  { "EEG M1", "M1", ELECTRODE_REFERENCE },
  { "EEG Fpz-Cz", "Fpz-Cz", ELECTRODE_BIPOLAR },
  { "EEG A2-A1", NULL, ELECTRODE_UNKNOWN },
  { "ECG ECG", NULL, ELECTRODE_UNKNOWN },
  { "Status", NULL, ELECTRODE_UNKNOWN },
  { "X1", NULL, ELECTRODE_UNKNOWN },
  { "", NULL, ELECTRODE_UNKNOWN },
  { "EEG ", NULL, ELECTRODE_UNKNOWN },
  { "C", NULL, ELECTRODE_UNKNOWN },
  { "z", NULL, ELECTRODE_UNKNOWN },
  { "-", NULL, ELECTRODE_UNKNOWN },
  { "C11", NULL, ELECTRODE_UNKNOWN },
  { "Fp3", NULL, ELECTRODE_UNKNOWN },
  { "C9", NULL, ELECTRODE_UNKNOWN },
};

static void
check_oracle (void)
{
  const char *list = t_shared ("oracles/eeg_features.json");
  json_error_t e;
  json_t *root = list ? json_load_file (list, 0, &e) : NULL, *at;
  const char *name;
  double worst = 0;
  size_t n = 0;
  if (!root) {
    printf ("# oracles/eeg_features.json is not here\n");
    return;
  }
  json_object_foreach (json_object_get (json_object_get (json_object_get (root, "items"), "positions_10_10"), "value"),
                       name, at)
  {
    double p[3] = { NAN, NAN, NAN };
    electrode_position (name, p);
    for (size_t k = 0; k < 3; k++)
      worst = fmax (worst, isnan (p[k]) ? INFINITY : fabs (p[k] - json_number_value (json_array_get (at, k))));
    n++;
  }
  t_ok (n == 89 && worst <= 1e-12, "%zu positions, worst difference %.2g", n, worst);
  json_decref (root);
}

int
main (void)
{
  static const char *const pairs[][2]
      = { { "Fp1", "Fp2" }, { "AFp7h", "AFp8h" }, { "FTT9h", "FTT10h" }, { "C3h", "C4h" },
          { "T9", "T10" },  { "CCP1", "CCP2" },   { "OI1", "OI2" },      { "I1h", "I2h" } };
  t_begin ();
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
    electrode e;
    const bool known = electrode_read (labels[i].label, &e);
    t_ok (known == (labels[i].name != NULL) && e.kind == labels[i].kind
              && (!known || strcmp (e.name, labels[i].name) == 0),
          "\"%s\" is %s", labels[i].label, known ? e.name : "unknown");
  }
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    double a[3], b[3];
    const bool both = electrode_position (pairs[i][0], a) && electrode_position (pairs[i][1], b);
    t_ok (both && a[0] < 0 && fabs (a[0] + b[0]) + fabs (a[1] - b[1]) + fabs (a[2] - b[2]) < 1e-14
              && fabs (a[0] * a[0] + a[1] * a[1] + a[2] * a[2] - 1) < 1e-14,
          "%s and %s mirror each other on the sphere", pairs[i][0], pairs[i][1]);
  }
  check_oracle ();
  return t_end ();
}
