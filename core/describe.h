/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is shown of a step type: a screen of text, JSON, or the Markdown that
 * becomes its man page.  All of it comes from the descriptor, so that there is
 * nothing that could disagree with it.
 */
#ifndef FNX_CORE_DESCRIBE_H
#define FNX_CORE_DESCRIBE_H

#include <jansson.h>

#include "core/registry.h"

/* `from` is the module that brings it, or NULL. */
void describe_text (FILE *to, const fnx_step_desc *, const module_info *from);
void describe_markdown (FILE *to, const fnx_step_desc *, const module_info *from);
json_t *describe_json (const fnx_step_desc *, const module_info *from); /* NULL: no memory */

/* Parts of the above.  All results are allocated; NULL: no memory. */
char *describe_values (const fnx_param_desc *); /* "LOW..HIGH", "fir|iir", "1..16" */
char *describe_need (const fnx_param_desc *);   /* "Hz, needed", "default fir" */
char *describe_takes (const fnx_step_desc *);   /* "signal[channel,time] or epochs" */
char *describe_gives (const fnx_step_desc *);   /* "the same" */
const char *describe_threads (const fnx_step_desc *);
bool describe_learns (const fnx_step_desc *, bool *supervised);
bool describe_streams (const fnx_step_desc *);

/* The lines of the example, each behind `indent` blanks; may have none. */
void describe_example (FILE *to, const fnx_step_desc *, int indent);
/* Words of `text` from column `indent` on, wrapped before column `width`; the
 * cursor stands at column `at` already. */
void describe_wrap (FILE *to, const char *text, size_t indent, size_t at, size_t width);
/* "only when " or "only without ", before the name in p->when; "" without one. */
const char *describe_when (const fnx_param_desc *);

#endif
