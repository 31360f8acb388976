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

/* What each trial of epochs[trial,channel,time] says alone: features[trial,
 * feature], to be read by delays_settle. */
fnx_status delays_listen (fnx_call *, const delay_rules *, const fnx_buf *epochs, const fnx_buf **said);
/* What they say together. */
fnx_status delays_settle (fnx_call *, const delay_rules *, const fnx_buf *epochs, const fnx_buf *said, delays *out);

#endif
