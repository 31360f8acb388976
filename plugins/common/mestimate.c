/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Covariances that weigh each sample by its Mahalanobis distance: the fixed
 * point C = (1/T) sum_t w(d_t^2) x_t x_t^T, d_t^2 = x_t^T C^-1 x_t, iterated
 * from the sample covariance until it moves by less than a hundredth of its
 * norm, as pyRiemann 0.9 does (covariance_mest).  Weights: those of
 * Ollila et al. 2012 for Huber and for Student's t with 5 degrees of freedom,
 * of Tyler 1987.
 */
#include "plugins/common/mestimate.h"
#include "plugins/common/distribution.h"
#include "plugins/common/linalg.h"

#include <math.h>
#include <string.h>

enum { PASSES = 50 };
#define TOL 1e-2

typedef struct weighing {
  double p;     /* channels */
  double c2, b; /* Huber: the knee, and the scale that keeps the trace of normal samples */
  double (*weight) (const struct weighing *, double d2);
} weighing;

#define HUBER_Q 0.9 /* share of normal samples below the knee */
#define STUDENT_NU 5.0

static double
huber (const weighing *h, double d2)
{
  return (d2 > h->c2 ? h->c2 / d2 : 1) / h->b;
}

static double
student (const weighing *h, double d2)
{
  return (2 * h->p + STUDENT_NU) / (STUDENT_NU + 2 * d2);
}

/* A sample at the origin says nothing about directions. */
static double
tyler (const weighing *h, double d2)
{
  return d2 > 0 ? h->p / d2 : 0;
}

/* row[t] = sqrt (w (d_t^2)); rows and square are spent. */
static int
weigh (const weighing *h, const double *s, size_t p, size_t T, const double *xc, double *rows, double *row,
       double *square)
{
  memcpy (square, s, p * p * sizeof *s);
  if (la_chol (square, (int)p))
    return -1;
  memcpy (rows, xc, p * T * sizeof *rows);
  la_lower_solve (square, rows, (int)p, (int)T);
  memset (row, 0, T * sizeof *row);
  for (size_t i = 0; i < p; i++)
    for (size_t t = 0; t < T; t++)
      row[t] += rows[i * T + t] * rows[i * T + t];
  for (size_t t = 0; t < T; t++)
    row[t] = sqrt (h->weight (h, row[t]));
  return 0;
}

static int
iterate (const weighing *h, double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square)
{
  for (int k = 0; k < PASSES; k++) {
    if (weigh (h, s, p, T, xc, rows, row, square))
      return -1;
    for (size_t i = 0; i < p; i++)
      for (size_t t = 0; t < T; t++)
        rows[i * T + t] = row[t] * xc[i * T + t];
    la_gram (square, rows, (int)p, (int)T, 1 / (double)T, 0);
    double norm = la_norm (s, p * p);
    la_axpy (s, -1, square, p * p);
    double moved = la_norm (s, p * p);
    memcpy (s, square, p * p * sizeof *s);
    if (!(moved > TOL * norm))
      break;
  }
  return 0;
}

int
mestimate_huber (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square)
{
  weighing h = { .p = (double)p, .c2 = chi2_inverse (HUBER_Q, (double)p) / 2, .weight = huber };
  h.b = chi2_cdf (2 * h.c2, h.p + 1) + h.c2 * (1 - HUBER_Q) / h.p;
  return iterate (&h, s, p, T, xc, rows, row, square);
}

int
mestimate_student (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square)
{
  weighing h = { .p = (double)p, .weight = student };
  return iterate (&h, s, p, T, xc, rows, row, square);
}

/* Tyler's has no scale of its own: the trace becomes p. */
int
mestimate_tyler (double *s, size_t p, size_t T, const double *xc, double *rows, double *row, double *square)
{
  weighing h = { .p = (double)p, .weight = tyler };
  if (iterate (&h, s, p, T, xc, rows, row, square))
    return -1;
  double trace = 0;
  for (size_t i = 0; i < p; i++)
    trace += s[i * p + i];
  if (!(trace > 0))
    return -1;
  la_scale (s, (double)p / trace, p * p);
  return 0;
}
