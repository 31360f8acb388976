/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The NumPy reader on mutated files: see mutate.h and npy.c.
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
    SEED ("\0\223NUMPY\1\0\73\0{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n"
          "\1\0\2\0\3\0\4\0\5\0\6\0"),
    SEED ("\0\223NUMPY\2\0\72\0\0\0{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n"
          "\0\0\0\0\1\1\1\1"),
    SEED ("\1{\"kind\": \"series\", \"unit\": \"uV\", \"axes\": [{\"name\": \"region\", \"size\": 2, \"labels\": "
          "[\"a\", \"b\"], "
          "\"columns\": [{\"name\": \"x\", \"numbers\": [1, null]}, {\"name\": \"t\", \"texts\": [\"u\", null]}]}, "
          "{\"name\": \"time\", \"size\": 3, \"unit\": \"s\", \"rate\": [1000, 3], \"start\": 0, \"origin\": 0.5}], "
          "\"affine\": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], \"space\": \"scanner\"}"),
  };
  return mutate_main (argc, argv, seeds, sizeof seeds / sizeof *seeds);
}
