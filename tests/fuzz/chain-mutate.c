/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The chain parsers on mutated chains: see mutate.h and chain.c.
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
    SEED ("\0a.edf\0mode=strict\0!\0band\0range=8..32Hz\0!\0evaluate\0folds=5\0begin\0augcov\0order=try:1..10\0@z\0!"
          "\0mdm\0end"),
    SEED ("\0!\0read\0x\0@a\0!\0encode\0y=@a\0lags=1,2"),
    SEED ("\0!\0compare\0begin\0a+b:\0cov\0!\0mdm\0end\0begin\0lda\0end"),
    SEED ("\1fornix: 1\nchain: [compare: {pipelines: [{name: a, chain: [b]}, [c]]}, compare: {pipelines: {d: [e], f: "
          "[g]}}]\n"),
    SEED ("\1fornix: 1\nseed: 42\ninput:\n  - a.edf\n  - {path: b.edf, mode: strict}\nchain:\n"
          "  - band: {range: 8..32Hz, on: [T1, T2]}\n  - evaluate:\n      chain:\n        - svm: {c: {try: [0.1, 1]}, "
          "as: z}\n"
          "        - mdm\n  - write: scores.tsv\n"),
    SEED ("\1fornix: 1\nchain: [\"a\": {x: 'it''s', y: \"\\u00e4\\n\", _: |\n  block\n}]\n"),
    SEED ("\2{\"chain\":[{\"band\":{\"range\":\"8..32Hz\",\"_\":1.5}},\"cov\",{\"evaluate\":{\"chain\":[{\"svm\":{"
          "\"c\":{\"try\":[1,2]"
          "}}}],\"as\":\"z\"}}],\"fornix\":1,\"input\":[{\"path\":\"a\"},\"b\"],\"seed\":7}"),
  };
  return mutate_main (argc, argv, seeds, sizeof seeds / sizeof *seeds);
}
