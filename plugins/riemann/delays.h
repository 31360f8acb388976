/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The delays of an augmented covariance, learned from trials without targets.
 */
#ifndef FNX_RIEMANN_DELAYS_H
#define FNX_RIEMANN_DELAYS_H

#include "plugins/riemann/riemann.h"
#include "plugins/riemann/takens.h"

enum { MAX_DELAY = 1000 };
typedef enum delay_method { MDOP, CAO, FNN, AMI } delay_method;

typedef struct delay_rules {
  delay_method method;
  int order;                /* of AMI */
  int max_delay, max_order; /* looked at */
  double share;             /* of false neighbours that FNN accepts */
  bool unequal;             /* MDOP: the delays themselves instead of their mean */
} delay_rules;

typedef struct delays {
  window w;              /* its list of delays is `at`, or NULL */
  int at[ACM_MAX_ORDER]; /* so it is not copied */
} delays;

/* From epochs[trial,channel,time]. */
fnx_status delays_learn (fnx_call *, const delay_rules *, const fnx_buf *, delays *out);

#endif
