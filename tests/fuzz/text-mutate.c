/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table reader on mutated tables: see mutate.h and text.c.
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
    SEED ("\4#1\t#2\t#30\n1.5\t-2e3\t.5\n4\t5\t6\n"),
    SEED ("\4# <matrix\n# ColumnLabels = \"a ; b#1 ; c[0]\"\n# >\n 1 2 3\n 4 5 6\n"),
    SEED ("\1onset\tduration\ttrial_type\r\n0.5\tn/a\tgo\r\n1\t2\tstop\r\n"),
    SEED ("\2\xef\xbb\xbf\"a, \"\"b\"\"\",c;d\n\"1\",2\nNaN,-inf\n\n"),
    SEED ("\6a;b\n1,5;2\n3;4e-5\n"),
    SEED ("\3 1, 2\n3, 4.25\n"),
    SEED ("\7"
          "123456789012345678901234567890 0.000000000000000000000000000001\n1e308 1e-320\n"),
    SEED ("\2timestamps,TP9,AF7,Right AUX,Marker0\n149958.124,34.6,-3,,0\n149958.128,30,29.2,,1\n"
          "149958.132,27.3,1e2,,1\n149958.131,3,39,,2\n149959.5,24,39.5,,0\n149959.504,2,4,,0\n"),
    SEED ("\16Time (ms);Fz (mV);stim;event\n0;1;-1;\n4;2;-1;go\n8;3;-1;n/a\n12;4;1;go\n"),
    SEED ("\62a,b\n1,0\n2,5\n3,5\n"),
  };
  return mutate_main (argc, argv, seeds, sizeof seeds / sizeof *seeds);
}
