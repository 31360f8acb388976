/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Labelled trials on two sides: of the domain that a model is for (the target:
 * what the setting target= names, or the column calibration marks), and of all
 * others (the sources).
 */
#ifndef FNX_RIEMANN_SIDES_H
#define FNX_RIEMANN_SIDES_H

#include "plugins/common/trials.h"
#include "plugins/riemann/domains.h"

/* The settings domain= and target=, in create(). */
typedef struct sides_by {
  domain_by domain;
  const char *target; /* NULL: those that are marked */
} sides_by;
extern const fnx_param_desc target_param;
fnx_status sides_by_of (fnx_call *, const fnx_params *, sides_by *);

typedef struct sides {
  domains d;
  const int32_t *source, *target; /* class codes, -1 on the other side; scratch memory */
  size_t n_source, n_target;
} sides;

/* The sides of the trials of b, whose classes are code; the sentence of step
 * `name` unless each class has a trial on both. */
fnx_status sides_of (fnx_call *, const fnx_buf *b, const sides_by *, const char *name, const classes *,
                     const int32_t *code, sides *);
/* The *n source domains, for step `name`: their numbers, and copies of their
 * names, for which there is room.  One that has trials of both sides is refused. */
fnx_status sides_sources (fnx_call *, const sides *, size_t count, const char *name, int32_t *domain, char **names,
                          size_t *n);

#endif
