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

/* Labelled trials on two sides: of the domain that a model is for (the target:
 * what the setting target= names, or the column calibration marks), and all
 * others (the sources).  Class codes, -1 on the other side; scratch memory. */
typedef struct sides {
  const int32_t *source, *target;
  size_t n_source, n_target;
} sides;
extern const fnx_param_desc target_param;
fnx_status sides_of (fnx_call *, const fnx_buf *b, const domains *, const char *target, const int32_t *code, sides *);
/* Are there labelled trials of each of n_class classes on both sides?  Else the
 * sentence of step `name`. */
fnx_status sides_check (fnx_call *, const sides *, size_t count, const char *name, int32_t n_class,
                        const char *const *class_name);
/* The *n source domains, for step `step`: their numbers, and copies of their
 * names, for which there is room.  One that has trials of both sides is refused. */
fnx_status sides_sources (fnx_call *, const sides *, const domains *, size_t count, const char *step, int32_t *domain,
                          char **name, size_t *n);

#endif
