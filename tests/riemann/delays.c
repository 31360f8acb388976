/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Delayed copies at unequal distances, against rows that are stacked one by
 * one as the definitions of the peers say: AugmentedDataset_NonUniform of the
 * method's authors (copies advanced, T - (max + 1) samples) and pyRiemann's
 * TimeDelayCovariances (copies rolled, T samples).
 */
#include "tests/harness.h"

enum { K = 3, C = 2, T = 40, MOST = 4 };

/* Covariance over t of the rows x[c, (t + sign d_b) mod T], t < L. */
static void
stacked (const double *x, const int *d, int order, int L, int sign, double *out)
{
  int n = order * C;
  double y[MOST * C][T], mean[MOST * C] = { 0 };
  for (int b = 0; b < order; b++)
    for (int c = 0; c < C; c++)
      for (int t = 0; t < L; t++) {
        y[b * C + c][t] = x[c * T + (t + sign * d[b] + T) % T];
        mean[b * C + c] += y[b * C + c][t] / L;
      }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      out[i * n + j] = 0;
      for (int t = 0; t < L; t++)
        out[i * n + j] += (y[i][t] - mean[i]) * (y[j][t] - mean[j]) / (L - 1);
    }
}

static void
as_stacked (const char *line, const fnx_buf *x, const int *d, int order, int L, int sign)
{
  double want[K * MOST * C * MOST * C];
  size_t q = (size_t)(order * C * order * C);
  for (int k = 0; k < K; k++)
    stacked (t_values (x) + k * C * T, d, order, L, sign, want + (size_t)k * q);
  const fnx_buf *got = t_run (line, x);
  t_near (t_values (got), want, K * q, 1e-12, line);
  buffer_unref (got);
}

static void
says (const char *line, const fnx_buf *x, const char *part)
{
  fnx_status code;
  const char *said = t_fail (line, x, &code);
  t_ok (strstr (said, part) != NULL, "%s: %.100s", line, said);
}

int
main (void)
{
  double v[K * C * T];
  t_begin ();
  t_random (v, K * C * T, 5);
  fnx_buf *x = t_buf ("epochs[trial,channel,time]", v, (long)K, (long)C, (long)T);
  t_labels (&x, "channel", "C3,C4");
  as_stacked ("augcov delays=0,3,7", x, (const int[]){ 0, 3, 7 }, 3, T - 8, 1);
  as_stacked ("augcov delays=7,3", x, (const int[]){ 0, 7, 3 }, 3, T - 8, 1);
  as_stacked ("augcov delays=0", x, (const int[]){ 0 }, 1, T, 1);
  as_stacked ("augcov order=3 lag=2", x, (const int[]){ 0, 2, 4 }, 3, T - 6, 1);
  as_stacked ("augcov delays=1,4,6 peer=timedelay", x, (const int[]){ 0, 1, 4, 6 }, 4, T, -1);
  as_stacked ("augcov order=4 lag=1 peer=timedelay", x, (const int[]){ 0, 1, 2, 3 }, 4, T, -1);
  const fnx_buf *got = t_run ("augcov delays=0,3,7", x);
  t_ok (!strcmp (spec_axis (buffer_spec (got), "channel")->labels[5], "C4+7"), "the last row is C4 7 samples on");
  buffer_unref (got);
  says ("augcov delays=0,3,3", x, "has 3 twice");
  says ("augcov delays=3,0", x, "leave out the 0");
  says ("augcov delays=0,3 lag=2", x, "leave out lag=2, or leave out delays=0,3");
  says ("augcov delays=0,39", x, "leaves 0 of the 40 samples");
  says ("augcov delays=0,1000000", x, "leaves 0 of the 40 samples");
  buffer_unref (x);
  return t_end ();
}
