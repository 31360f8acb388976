/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * align, recentre and rescale are one estimator with three kinds of
 * statistics.  Each domain (domains.h) has its own, learned without targets;
 * what adapt.c settles is whose they are for a trial that apply is given.
 */
#ifndef FNX_RIEMANN_ADAPT_H
#define FNX_RIEMANN_ADAPT_H

#include "plugins/common/trials.h"
#include "plugins/riemann/domains.h"
#include "plugins/riemann/riemann.h"

/* Where the statistics of a domain come from when it is applied; the order of
 * the choices of from=. */
enum { FROM_AUTO, FROM_FIT, FROM_BATCH, FROM_RUNNING };
extern const fnx_param_desc from_param;

/* x->x[i] is the trial: n x n of cov, n x x->samples of epochs. */
typedef struct adapt_ops {
  const char *name;
  bool unitless; /* what comes out has no unit */
  fnx_status (*open) (fnx_call *, const fnx_step *, const fnx_buf *, size_t need, matrices *x);
  size_t (*size) (int n);     /* numbers of one domain */
  size_t (*prepared) (int n); /* numbers that apply makes of them */
  size_t (*work) (const matrices *x);
  /* Of the trials of code k, with weights w (NULL: equal). */
  fnx_status (*learn) (fnx_call *, const fnx_step *, const matrices *x, const double *w, const int32_t *code, int32_t k,
                       double *v);
  /* Of all domains together, from theirs: where from=running begins. */
  fnx_status (*pool) (fnx_call *, const fnx_step *, int n, const double *v, size_t count, double *to);
  /* v moves a part t in (0, 1) of the way to trial i.  Non-zero: that cannot be. */
  int (*move) (const fnx_step *, const matrices *x, size_t i, double t, double *v, double *work);
  int (*prepare) (const fnx_step *, int n, const double *v, double *p, double *work);
  int (*transform) (const fnx_step *, const matrices *x, size_t i, const double *p, double *out, double *work);
  bool (*sound) (int n, const double *v); /* statistics read from a file */
} adapt_ops;

struct fnx_step {
  const adapt_ops *ops;
  domain_by by;
  int from;
  spd_metric metric; /* recentre */
  bool peer;
  cov_kind kind;     /* align */
  double dispersion; /* rescale: wanted */
  bool centred;
};

struct fnx_model {
  int n;
  size_t count; /* domains */
  size_t size;  /* numbers of each */
  char **name;
  double *v; /* count x size, then size of all together */
};

fnx_status adapt_create (fnx_call *, const fnx_params *, const adapt_ops *, fnx_step **out);
void adapt_destroy (fnx_step *);
fnx_status adapt_fit (fnx_call *, const fnx_step *, const fnx_buf *const *in, const fnx_model *start, fnx_model **out);
fnx_status adapt_apply (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in, const fnx_buf **out);
void adapt_free (fnx_model *);
fnx_status adapt_save (fnx_call *, const fnx_model *, fnx_status (*put) (void *, const void *, size_t), void *to);
fnx_status adapt_load (fnx_call *, const fnx_step *, uint32_t version, const void *bytes, size_t n, fnx_model **out);
/* The input's spec with another unit; scratch memory. */
const fnx_spec *adapt_spec (fnx_call *, const fnx_spec *in, const char *unit);
fnx_status adapt_unitless (fnx_call *, fnx_step *, const fnx_spec *const *in, const fnx_spec **out);

#define ADAPT_ESTIMATOR(what)                                                                                          \
  {                                                                                                                    \
    .struct_size = sizeof (fnx_ext_estimator), .fit = adapt_fit, .apply = adapt_apply, .model_free = adapt_free,       \
    .state_version = 1, .save = adapt_save, .load = adapt_load, .learns = what                                         \
  }

#endif
