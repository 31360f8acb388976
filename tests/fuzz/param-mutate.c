/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Settings, mutated: see mutate.h and param.c.
 */
#include "tests/fuzz/mutate.h"

#define SEED(s)                                                                                                        \
  {                                                                                                                    \
    s, sizeof s - 1                                                                                                    \
  }

int
main (int argc, char **argv)
{
  static const mutate_seed seeds[] = {
    SEED ("\0yes"),
    SEED ("\1"
          "12"),
    SEED ("\1"
          "1,2,5..8"),
    SEED ("\2"
          "250ms"),
    SEED ("\2"
          "-1.5e3 us,2s"),
    SEED ("\3"
          "50%"),
    SEED ("\4text, any"),
    SEED ("\5iir"),
    SEED ("\6"
          "8..32Hz"),
    SEED ("\6"
          "8Hz..0.032kHz"),
    SEED ("\6"
          "..40Hz"),
    SEED ("\7"
          "1,2.5,3mm"),
    SEED ("\7"
          "1..9um"),
    SEED ("\10"
          "-3..3,7"),
    SEED ("\11T1,T2"),
    SEED ("\12"
          "fir,iir"),
    SEED ("\13/a/b.edf"),
    SEED ("\5*"),
    SEED ("\2"
          "1 \xc2\xb5s"),
    SEED ("\2"
          "3V2/Hz"),
  };
  return mutate_main (argc, argv, seeds, sizeof seeds / sizeof *seeds);
}
