/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Domains: trials that were recorded alike, as those of one session of one
 * subject.  Columns of the trials say which are.
 */
#ifndef FNX_RIEMANN_DOMAINS_H
#define FNX_RIEMANN_DOMAINS_H

#include "plugins/common/state.h"

enum { DOMAIN_COLUMNS = 8 };

/* The columns that name a domain together; none: subject and session, where
 * these are absent recording, where that is absent all trials are one. */
typedef struct domain_by {
  const char *column[DOMAIN_COLUMNS]; /* they live as long as the step */
  size_t n;
} domain_by;

typedef struct domains {
  int32_t n;
  const char *const *name; /* [n] "S1/2", in the order of their first trials; scratch memory */
  const int32_t *of;       /* of each trial */
  const int64_t *count;    /* [n] trials */
} domains;

/* The setting domain=, in create(). */
extern const fnx_param_desc domain_param;
fnx_status domain_by_of (fnx_call *, const fnx_params *, domain_by *);

/* The domains of the trials of b. */
fnx_status domains_of (fnx_call *, const fnx_buf *b, const domain_by *, domains *);

/* Names of domains that a model keeps: saved, read (false: bad bytes or no
 * memory; *name and *count are then to be freed all the same) and freed. */
void domain_names_put (state_out *, char *const *name, size_t count);
bool domain_names_get (state_in *, char ***name, size_t *count);
void domain_names_free (char **name, size_t count);
/* The number of the one called `wanted`; count: none is. */
size_t domain_names_find (char *const *name, size_t count, const char *wanted);

#endif
