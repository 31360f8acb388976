/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libsvm's C-SVC, one against one, apart from what its kernel is of: vectors
 * (svm) or matrices (ksvm).
 *
 * Pairs of classes come as (0,1) (0,2) .. (1,2) ..; the decision of a pair is
 * sum_s coef[pair][s] K(sv_s, x) - rho[pair], positive for its first class.
 */
#ifndef FNX_COMMON_MACHINE_H
#define FNX_COMMON_MACHINE_H

#include "plugins/common/trials.h"

/* ---- products.c ---- */
/* out[i * b->n + j] = (a_i - mean) . (b_j - mean); mean may be NULL.  The same
 * rows twice (a == b) make the exactly symmetric Gram matrix.  Fixed tiles:
 * the same bits for any number of threads. */
fnx_status products (fnx_call *c, const rows *a, const rows *b, const double *mean, double *out);

/* ---- machine.c ---- */
/* libsvm says nothing of its own: call it from the load() of every module that
 * trains with it. */
void machine_load (void);

typedef struct machine {
  size_t n_pair, n_sv;
  double *rho;  /* n_pair */
  double *coef; /* n_pair x n_sv */
  size_t *sv;   /* n_sv numbers of training rows */
} machine;

/* The trials sorted by class, in their order within each, and their classes in
 * y[x->n]: this makes libsvm's class order ours.  Scratch memory. */
fnx_status machine_sort (fnx_call *c, const int32_t *code, int32_t n_class, const rows *x, rows *sorted, double *y);

/* How to train: the price of a trial on the wrong side, when to stop. */
typedef struct machine_how {
  double c, tol;
} machine_how;
/* The settings c= and tol=, in create(). */
extern const fnx_param_desc machine_c_param, machine_tol_param;
machine_how machine_how_of (fnx_call *, const fnx_params *);

/* From the kernel k[n,n] of sorted trials. */
fnx_status machine_of_kernel (fnx_call *c, const machine_how *, const double *k, size_t n, double *y, machine *);
/* From sorted trials themselves: linear, or exp (-gamma |a - b|^2) if gamma > 0. */
fnx_status machine_of_rows (fnx_call *c, const machine_how *, const rows *x, double gamma, double *y, machine *);
void machine_free (machine *);

/* Of a linear kernel: sum_s coef[pair][s] x_s in w[n_pair, p], of a model's
 * own; NULL: fail() was called. */
double *machine_planes (fnx_call *c, const machine *, const rows *x);

/* scores[trial,class] of decisions dec[trial, pair]. */
fnx_status machine_scores (fnx_call *c, const fnx_buf *in, const classes *, const double *dec, size_t n,
                           const fnx_buf **out);

#endif
