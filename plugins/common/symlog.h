/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FNX_COMMON_SYMLOG_H
#define FNX_COMMON_SYMLOG_H

#include <stddef.h>

/* From this size on it beats la_eig and a product (bench/riemann prints both). */
#define SYMLOG_MIN 40

/* out = log a for an SPD matrix a[n,n] without its eigen-decomposition; out may
 * be a.  work: symlog_work (n) doubles.  Non-zero: a is not positive definite,
 * or so nearly not (condition above 1e15) that only eigenvalues can tell. */
size_t symlog_work (int n);
int symlog (const double *a, int n, double *out, double *work);
/* In single precision, in half the time: the error of an eigenvalue's logarithm is
 * 1e-7 times the ratio of the largest to it.  Refuses ratios from 3e5 on. */
int symlog_single (const double *a, int n, double *out, double *work);

/* Its quadrature, for fourlog too: log x = log c + sum_k w_k (1/(s_k+c) - 1/(s_k+x)) for
 * x and c in [a, b].  The nodes that b / a takes (NULL: more than there are), and the
 * pole s and weight w that a node becomes. */
enum { SYMLOG_NODES = 96 };
typedef struct symlog_rule {
  size_t nodes;
  double node[SYMLOG_NODES], weight[SYMLOG_NODES];
} symlog_rule;
const symlog_rule *symlog_rule_of (double ratio);
void symlog_pole (double a, double b, double node, double weight, double *s, double *w);

#endif
