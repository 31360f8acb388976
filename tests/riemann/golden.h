/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The golden vectors of ../shared/oracles/riemann_golden.json, computed with
 * pyRiemann 0.9 on an input that a formula defines.
 */
#ifndef FNX_TESTS_GOLDEN_H
#define FNX_TESTS_GOLDEN_H

#include <jansson.h>

#include "tests/harness.h"

enum { GOLD_K = 12, GOLD_C = 3, GOLD_T = 60 };

/* epochs[trial,channel,time], target 0 and 1 in turn. */
static inline fnx_buf *
gold_epochs (void)
{
  static double x[GOLD_K * GOLD_C * GOLD_T], y[GOLD_K];
  for (int k = 0; k < GOLD_K; k++) {
    y[k] = k % 2;
    for (int c = 0; c < GOLD_C; c++)
      for (int t = 0; t < GOLD_T; t++) {
        double v = sin (0.7 * t * (c + 1) + 0.9 * k) + 0.5 * cos (0.31 * t * (k % 5 + 1) + c)
                   + 0.2 * sin (1.7 * t * t / 60 + 2.3 * k + c);
        x[(k * GOLD_C + c) * GOLD_T + t] = v * (c == 1 ? 1 + 0.8 * y[k] : c == 2 ? 1.8 - 0.8 * y[k] : 1);
      }
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)GOLD_K, (long)GOLD_C, (long)GOLD_T);
  t_reals (&b, "trial", "target", y);
  return b;
}

static inline json_t *
gold_open (void)
{
  const char *path = t_shared ("oracles/riemann_golden.json");
  if (!path)
    t_skip ("no oracles/riemann_golden.json");
  json_t *all = json_load_file (path, 0, NULL);
  if (!all)
    t_ok (false, "%s is readable", path);
  return all;
}

static inline void
gold_flatten (const json_t *j, double *out, size_t *n)
{
  if (json_is_array (j))
    for (size_t i = 0; i < json_array_size (j); i++)
      gold_flatten (json_array_get (j, i), out, n);
  else
    out[(*n)++] = json_number_value (j);
}

/* All numbers of a key, in order. */
static inline const double *
gold (const json_t *all, const char *key, size_t *n)
{
  static double values[4096];
  const json_t *j = json_object_get (all, key);
  *n = 0;
  if (!j)
    t_ok (false, "the oracle has %s", key);
  gold_flatten (j, values, n);
  return values;
}

static inline void
gold_near (const json_t *all, const char *key, const double *v, double tol)
{
  size_t n;
  const double *want = gold (all, key, &n);
  t_near (v, want, n, tol, key);
}

#endif
