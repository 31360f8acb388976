/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps against pyRiemann 0.9: estimators, means, tangent space, mdm,
 * fgmdm, csp and the augmented covariance.
 */
#include "golden.h"
#include "plugins/common/cov.h"
#include "plugins/common/distribution.h"

static void
steps_near (const json_t *all, const fnx_buf *x)
{
  static const char *const kinds[] = { "scm", "cov", "corr", "oas", "lwf", "sch" };
  static const char *const metrics[]
      = { "riemann", "logeuclid", "euclid", "harmonic", "logdet", "wasserstein", "kullback_sym", "logchol" };
  char line[128], key[64];
  for (size_t i = 0; i < 6; i++) {
    snprintf (line, sizeof line, "cov estimator=%s", kinds[i]);
    snprintf (key, sizeof key, "cov_%s", kinds[i]);
    const fnx_buf *s = t_run (line, x);
    gold_near (all, key, t_values (s), 1e-12);
    buffer_unref (s);
  }
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  for (size_t i = 0; i < 8; i++) {
    snprintf (line, sizeof line, "mean metric=%s", metrics[i]);
    snprintf (key, sizeof key, "mean_%s", metrics[i]);
    const fnx_buf *m = t_run (line, s);
    /* The peer stops where its gradient is below 1e-8, ours below 1e-9. */
    gold_near (all, key, t_values (m), i == 0 ? 1e-8 : 1e-12);
    buffer_unref (m);
  }
  const fnx_buf *m = t_run ("mean peer=exact", s);
  gold_near (all, "mean_riemann", t_values (m), 1e-12);
  buffer_unref (m);
  m = t_run ("tangent peer=exact", s);
  gold_near (all, "tangent_first2", t_values (m), 1e-12);
  buffer_unref (m);
  buffer_unref (s);
}

static void
distances_near (const json_t *all, const fnx_buf *s, const char *line, const char *key)
{
  size_t n;
  double d[2 * GOLD_K];
  const fnx_buf *m = t_run (line, s);
  gold (all, key, &n);
  for (size_t i = 0; i < n; i++)
    d[i] = sqrt (-t_values (m)[i]);
  gold_near (all, key, d, 1e-12);
  buffer_unref (m);
}

static void
potato_near (const json_t *all, const fnx_buf *s)
{
  double p[GOLD_K];
  const fnx_buf *out = t_run ("potato threshold=2 peer=exact", s);
  const double *z = buffer_column (out, "trial", "z")->reals, *w = buffer_column (out, "trial", "weight")->reals;
  gold_near (all, "potato_z_thr2", z, 1e-9);
  for (int i = 0; i < GOLD_K; i++)
    t_ok (w[i] == (z[i] < 2), "trial %d: z %.2f has weight %g", i + 1, z[i], w[i]);
  buffer_unref (out);
  out = t_run ("potato threshold=2 peer=exact gives=scores", s);
  for (int i = 0; i < GOLD_K; i++) /* pyRiemann's probability of a clean trial */
    p[i] = normal_tail (2 - (t_values (out)[2 * i + 1] - t_values (out)[2 * i]));
  gold_near (all, "potato_proba", p, 1e-9);
  buffer_unref (out);
}

/* Filters have no sign of their own: rows 0 and 2, 1 and 3 may turn together. */
static void
responses_near (const json_t *all, const fnx_buf *x)
{
  enum { ROWS = 3 * GOLD_C };
  size_t n;
  double v[16], stack[ROWS * ROWS];
  fnx_status code;
  const char *said = t_fail ("erpcov", x, &code);
  t_ok (strstr (said, "rank 8 of 9"), "the peer's matrix is singular, ours is refused: %s", said);
  memcpy (stack, gold (all, "erpcov_first", &n), sizeof stack);
  t_ok (n == ROWS * ROWS && cov_from_scm (COV_OAS, stack, ROWS, GOLD_T) == 0, "shrunk, it has full rank");
  const fnx_buf *s = t_run ("erpcov estimator=oas", x);
  t_near (t_values (s), stack, ROWS * ROWS, 1e-12, "erpcov_first, shrunk");
  buffer_unref (s);
  s = t_run ("xdawncov nfilter=1", x);
  const double *want = gold (all, "xdawncov_nf1_first", &n);
  double sign = want[1] * t_values (s)[1] < 0 ? -1 : 1;
  for (int i = 0; i < 16; i++)
    v[i] = t_values (s)[i] * (i / 4 % 2 == i % 2 ? 1 : sign);
  t_near (v, want, n, 1e-12, "xdawncov_nf1_first");
  buffer_unref (s);
  /* its lower right block is the covariance of the filtered trial */
  const fnx_buf *y = t_run ("xdawn nfilter=1", x);
  s = t_run ("cov", y);
  const double block[] = { want[10], sign * want[11], sign * want[14], want[15] };
  t_near (t_values (s), block, 4, 1e-12, "the xdawn part of it");
  buffer_unref (s);
  buffer_unref (y);
}

int
main (void)
{
  t_begin ();
  json_t *all = gold_open ();
  fnx_buf *x = gold_epochs ();
  steps_near (all, x);
  responses_near (all, x);
  const fnx_buf *s = t_run ("cov estimator=oas", x);
  distances_near (all, s, "mdm peer=exact", "mdm_dist");
  distances_near (all, s, "fgmdm peer=exact", "fgmdm_dist");
  const fnx_buf *f = t_run ("csp nfilter=2", s);
  gold_near (all, "csp_feat", t_values (f), 1e-12);
  buffer_unref (f);
  potato_near (all, s);
  buffer_unref (s);
  s = t_run ("augcov order=3 lag=2", x);
  gold_near (all, "acm_order3_lag2_cov_first", t_values (s), 1e-12);
  const fnx_buf *m = t_run ("mean", s);
  gold_near (all, "acm_order3_lag2_mean_riemann", t_values (m), 1e-9);
  buffer_unref (m);
  buffer_unref (s);
  buffer_unref (x);
  json_decref (all);
  return t_end ();
}
