/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Settings of one step: the texts of a chain_step, parsed by the types and
 * units of the step's descriptor.  fnx_params is what a plugin's create() sees
 * through fnx_param_api.
 */
#ifndef FNX_CORE_PARAM_H
#define FNX_CORE_PARAM_H

#include "core/chain.h"

/* Parse all arguments of `step` for `desc`.  Every error is a fault with exit
 * 3, a place, the nearest name, and the remedy.  Arguments whose names are
 * input ports of `desc` beyond the first (value "@x") are left out: they are
 * wiring.  Tried arguments are refused here (expand them first).  NULL on failure. */
fnx_params *params_parse (const fnx_step_desc *desc, const chain_step *step, fault *f);
void params_free (fnx_params *);

/* The candidates of a tried argument, each as a text that params_parse takes:
 * 1..10 of an integer, a,b,c, all choices for "try:*" of an enum.  *n = 0 and a
 * fault when the parameter is unknown or not FNX_P_TUNABLE. */
char **params_candidates (const fnx_step_desc *desc, const chain_step *step, const chain_arg *arg, size_t *n, fault *f);
void texts_free (char **texts, size_t n);

/* All settings that can change results (not FNX_P_NEUTRAL), defaults included,
 * in base units, as a canonical JSON object.  Allocated. */
char *params_json (const fnx_params *);

/* Table handed to plugins as call->param. */
extern const fnx_param_api params_api;

/* One parameter by value: for built-in steps, which have no plugin around them. */
const fnx_param_desc *param_desc_find (const fnx_step_desc *, const char *name);
/* "range" for FNX_T_RANGE; "?" for a type that does not exist. */
const char *param_type_name (uint32_t type);

/* A quantity "250ms" in the unit `want` ("s"): false if it is malformed or of
 * another dimension; *had_unit says whether a unit stood there (unit.c).
 * Decimal point only, whatever the locale. */
bool unit_parse (const char *text, const char *want, double *value, bool *had_unit);
/* Factor from unit `from` to unit `to`; 0 if they do not convert.  All
 * spellings of micro (u, U+00B5, U+03BC) are one. */
double unit_factor (const char *from, const char *to);
/* Locale-proof strtod / shortest round-trip formatting with a point. */
bool number_parse (const char *text, double *value);
char *number_text (double value, char text[32]);

/* The nearest of NULL-terminated `names` to `word`, or NULL if none is near. */
const char *nearest (const char *word, const char *const *names);

#endif
