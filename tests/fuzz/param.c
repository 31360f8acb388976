/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of settings: the first byte chooses a type, the rest is what the
 * user typed.  What is accepted must be JSON that reads as such; candidates
 * must each be accepted; a refusal has a sentence that names the parameter.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/param.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

#define PARAM(var, ...) static const fnx_param_desc var = { .struct_size = sizeof var, .name = #var, __VA_ARGS__ }
static const char *const choices[] = { "fir", "iir", NULL };
PARAM (b, .type = FNX_T_BOOL, .flags = FNX_P_TUNABLE);
PARAM (i, .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .min = -5, .max = 1000);
PARAM (r, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .unit = "s");
PARAM (p, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .min = 0, .max = 1);
PARAM (t, .type = FNX_T_TEXT, .flags = FNX_P_TUNABLE);
PARAM (e, .type = FNX_T_ENUM, .flags = FNX_P_TUNABLE, .choices = choices);
PARAM (g, .type = FNX_T_RANGE, .flags = FNX_P_TUNABLE, .unit = "Hz", .min = 0, .max = 500);
PARAM (rs, .type = FNX_T_REALS, .flags = FNX_P_TUNABLE, .unit = "mm");
PARAM (is, .type = FNX_T_INTS, .flags = FNX_P_TUNABLE);
PARAM (ts, .type = FNX_T_TEXTS, .flags = FNX_P_TUNABLE);
PARAM (es, .type = FNX_T_ENUMS, .flags = FNX_P_TUNABLE, .choices = choices);
PARAM (f, .type = FNX_T_PATH, .flags = FNX_P_TUNABLE);
static const fnx_param_desc *const params[] = { &b, &i, &r, &p, &t, &e, &g, &rs, &is, &ts, &es, &f, NULL };
static const fnx_step_desc desc = { .struct_size = sizeof desc, .name = "step", .params = params };

static void
demand (int ok, const char *what)
{
  if (ok)
    return;
  fprintf (stderr, "%s\n", what);
  abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  if (n == 0)
    return 0;
  const fnx_param_desc *d = params[data[0] % 12];
  char *text = malloc (n);
  demand (text != NULL, "out of memory");
  memcpy (text, data + 1, n - 1);
  text[n - 1] = '\0';
  chain_arg arg = { .name = (char *)(uintptr_t)d->name, .value = text };
  chain_step step = { .name = (char *)(uintptr_t)desc.name, .args = &arg, .n_args = 1 };
  fault why = FAULT_INIT;
  fnx_params *got = params_parse (&desc, &step, &why);
  demand (got || (why.text && why.param && why.step && why.exit == EXIT_CHAIN && strcmp (why.param, d->name) == 0),
          "refused without a reason");
  fault_clear (&why);
  if (got) {
    char *json = params_json (got);
    json_t *j = json ? json_loads (json, JSON_REJECT_DUPLICATES, NULL) : NULL;
    demand (j && json_object_get (j, d->name), "settings that are no JSON");
    json_decref (j);
    free (json);
  }
  params_free (got);

  arg.tried = true;
  size_t n_texts;
  char **texts = params_candidates (&desc, &step, &arg, &n_texts, &why);
  demand ((texts && n_texts > 0) || why.text, "no candidates and no reason");
  fault_clear (&why);
  for (size_t k = 0; texts && k < n_texts && k < 100; k++) {
    chain_arg one = { .name = arg.name, .value = texts[k] };
    step.args = &one;
    got = params_parse (&desc, &step, &why);
    demand (got != NULL, "a candidate is refused");
    params_free (got);
  }
  if (texts)
    texts_free (texts, n_texts);
  free (text);
  return 0;
}
