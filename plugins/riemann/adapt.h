/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * align, recentre and rescale are one estimator with three kinds of
 * statistics.  Each domain (domains.h) has its own, learned without targets;
 * what adapt.c settles is whose they are for a trial that apply is given.
 */
#ifndef FNX_RIEMANN_ADAPT_H
#define FNX_RIEMANN_ADAPT_H

#include "plugins/common/estimator.h"
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
  /* Of the trials of domain k, with weights w (NULL: equal). */
  fnx_status (*learn) (fnx_call *, const fnx_step *, const matrices *x, const double *w, const domains *d, int32_t k,
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
fnx_status adapt_fit (fnx_call *, const fnx_step *, const fnx_buf *const *in, const fnx_model *start, fnx_model **out);
fnx_status adapt_apply (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in, const fnx_buf **out);
void adapt_free (fnx_model *);
void adapt_put (state_out *, const fnx_model *);
bool adapt_get (state_in *, const fnx_step *, fnx_model *);
/* The input's spec with another unit; scratch memory. */
const fnx_spec *adapt_spec (fnx_call *, const fnx_spec *in, const char *unit);
fnx_status adapt_unitless (fnx_call *, fnx_step *, const fnx_spec *const *in, const fnx_spec **out);

/* Statistics that are one matrix of n x n, and are prepared as its inverse root. */
size_t adapt_square (int n);
int adapt_whitener (const fnx_step *, int n, const double *v, double *p, double *work);
bool adapt_symmetric (int n, const double *v);
/* pool() of matrices of n x n, `size` numbers apart: their mean. */
fnx_status adapt_pool (fnx_call *, spd_metric, int n, const double *v, size_t size, size_t count, double *to);
/* "the mean covariance of s1/2" for a message, WHAT being what comes before the domain; scratch memory. */
const char *adapt_called (fnx_call *, const char *what, const char *domain);
/* open() of what takes covariances. */
fnx_status adapt_matrices (fnx_call *, const fnx_step *, const fnx_buf *, size_t need, matrices *x);

#define ADAPT_ESTIMATOR(step_, what)                                                                                   \
  ESTIMATOR (step_, 1, adapt_put, adapt_get, NULL, adapt_fit, adapt_free, .apply = adapt_apply, .learns = what)

#endif
