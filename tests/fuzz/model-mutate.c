/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Model files, mutated: see mutate.h and model.c.
 */
#include <stdlib.h>
#include <stdio.h>

#include "core/model_file.h"
#include "tests/fuzz/mutate.h"

int
main (int argc, char **argv)
{
  static unsigned char weights[40] = { 1, 2, 3, 0, 255 };
  model_step steps[] = { { (char *)"org.fornix.riemann.tangent", (char *)"5/1", 3, 1, weights, sizeof weights },
                         { (char *)"org.fornix.learn.svm", (char *)"5/2", 1, 2, NULL, 0 } };
  model_file m = { .chain = (char *)"{\"chain\":[\"cov\",\"tangent\",{\"svm\":{\"c\":\"1\"}}],\"fornix\":1}",
                   .input = (char *)"{\"affine\":[2,0,0,-90,0,2,0,-126,0,0,2,-72,0,0,0,1],\"axes\":[{\"columns\":[{"
                                    "\"name\":\"target\",\"type\":\"text\"}],\"name\":\"trial\",\"size\":null},{"
                                    "\"labels\":[\"C3\",\"Cz\"],\"name\":\"channel\",\"size\":2},{\"name\":\"time\","
                                    "\"origin\":-0.2,\"rate\":[1000,3],\"size\":9,\"start\":5,\"unit\":\"s\"},{"
                                    "\"name\":\"freq\",\"size\":3,\"values\":[0.3,null,\"inf\"]}],\"dtype\":\"f8\","
                                    "\"kind\":\"epochs\",\"unit\":\"uV\"}",
                   .provenance = (char *)"{\"version\":\"0.1.0\"}",
                   .steps = steps,
                   .n_steps = 2 };
  void *bytes = NULL;
  size_t n = 0;
  if (model_file_bytes (&m, &bytes, &n, NULL) != FNX_OK) {
    printf ("Bail out! no model\n");
    return 99;
  }
  mutate_seed seed = { bytes, n };
  int rc = mutate_main (argc, argv, &seed, 1);
  free (bytes);
  return rc;
}
