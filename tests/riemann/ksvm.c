/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ksvm: scikit-learn's SVC on the kernels that pyRiemann's hands to it, and
 * tangent ! svm where the two are one machine.
 */
#include "plugins/common/linalg.h"
#include "tests/harness.h"

enum { K = 18, TRAIN = 12, C = 3, T = 12 };

/* G G^T / T + 0.05 I with g_ct = sin (1.3 k + 0.7 c t + 0.2 t), and
 * 0.8 cos (0.9 t + k) more in channel c of trials of class c = k mod classes. */
static fnx_buf *
formula (int classes)
{
  static const char *const names[] = { "a", "b", "c" };
  double x[K * C * C], g[C * T];
  const char *target[K];
  for (int k = 0; k < K; k++) {
    for (int c = 0; c < C; c++)
      for (int t = 0; t < T; t++)
        g[c * T + t] = sin (1.3 * k + 0.7 * c * t + 0.2 * t) + (c == k % classes ? 0.8 * cos (0.9 * t + k) : 0);
    la_gram (x + k * C * C, g, C, T, 1.0 / T, 0);
    for (int c = 0; c < C; c++)
      x[k * C * C + c * (C + 1)] += 0.05;
    target[k] = names[k % classes];
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", x, (long)K, (long)C, (long)C);
  t_texts (&b, "trial", "target", target);
  return b;
}

static fnx_buf *
part (const fnx_buf *b, int64_t from, int64_t to)
{
  int64_t idx[K];
  for (int64_t i = from; i < to; i++)
    idx[i - from] = i;
  return buffer_pick (b, idx, to - from, NULL);
}

/* Scores of the last trials from a machine of the first. */
static const fnx_buf *
held_out (const char *line, const fnx_buf *x)
{
  fnx_buf *train = part (x, 0, TRAIN), *test = part (x, TRAIN, K);
  t_model *m = t_fit (line, train, NULL, NULL);
  const fnx_buf *s = t_apply (m, test);
  t_model_free (m);
  buffer_unref (train);
  buffer_unref (test);
  return s;
}

static const char *const metrics[] = { "riemann", "logeuclid", "euclid" };

/* scikit-learn 1.2.1 SVC (kernel='precomputed', C=1.5).decision_function of
 * trials 12 to 17, kernels and means by their formulas in numpy and scipy. */
static void
peer (void)
{
  static const double two[3][K - TRAIN] = { { -1.1656103930262256, -1.2560517432085052, -0.5940402843527548,
                                              -3.5102688329890208, -0.10775681818831095, -2.7147824144628507 },
                                            { -1.1688982703112574, -1.2727908857876471, -0.57096006482635009,
                                              -3.5932323463779143, -0.038825957957499137, -2.7748580304800581 },
                                            { -0.99175682145575772, -0.94242776605971246, -0.51554868489460204,
                                              -1.4628992938352909, -0.19351250197558445, -1.3067196949661501 } };
  static const double three[3][3 * (K - TRAIN)]
      = { { 2.2041146489117303, 0.89328886629761273, -0.17526027062716512, 2.1868012178106748, -0.22844978846466688,
            1.1582001922005156, 2.1147021084667164, -0.099558017841137034, 0.97003706781612731, 2.1243082822798534,
            0.91490882340377655, -0.067077829813576365, 1.2461711831373001, -0.28928945374107595, 2.2630679572104406,
            2.1840742738329268, 0.89208859518603756, -0.14335056154935996 },
          { 2.2052574937293068, 0.88655712422391342, -0.17359287738560952, 2.1889109955706432, -0.23030852176237629,
            1.1603906655249114, 2.1242981280568918, -0.10625035301513677, 0.96250657207827628, 2.1233698917103423,
            0.90470671965652549, -0.052573275698978753, 1.2481025990027594, -0.29069715362321202, 2.2654050213135526,
            2.1885115467369056, 0.88490171331096201, -0.14546309903012175 },
          { 2.1857477063447317, -0.1733965792681666, 0.95049503153345971, 1.1431830251090733, -0.20060341514262942,
            2.1437634273140569, 1.0905042449599036, -0.14578072737298459, 2.0960130379746365, 1.1017203417267396,
            -0.14023404364214223, 2.074342187336641, 1.1316659240414289, -0.2262202235608575, 2.1977817609345389,
            2.1472476303299008, -0.1621004118995123, 1.0448271734784329 } };
  fnx_buf *x2 = formula (2), *x3 = formula (3);
  for (int i = 0; i < 3; i++) {
    char line[64];
    double d[K - TRAIN];
    snprintf (line, sizeof line, "ksvm metric=%s c=1.5", metrics[i]);
    const fnx_buf *s = held_out (line, x2);
    for (int k = 0; k < K - TRAIN; k++)
      d[k] = t_values (s)[2 * k + 1] - t_values (s)[2 * k];
    t_near (d, two[i], K - TRAIN, 1e-7, line);
    buffer_unref (s);
    s = held_out (line, x3);
    t_near (t_values (s), three[i], 3 * (K - TRAIN), 1e-7, line);
    buffer_unref (s);
  }
  buffer_unref (x2);
  buffer_unref (x3);
}

/* tr (phi (X) phi (Y)) is the product of tangent vectors where phi is the
 * tangent map; that of logeuclid is another. */
static void
as_tangent (void)
{
  fnx_buf *x = formula (3);
  for (int i = 0; i < 3; i++) {
    char line[64];
    snprintf (line, sizeof line, "tangent metric=%s", metrics[i]);
    const fnx_buf *v = t_run (line, x), *want = t_run ("svm c=2", v);
    snprintf (line, sizeof line, "ksvm metric=%s c=2", metrics[i]);
    const fnx_buf *s = t_run (line, x);
    double most = 0;
    for (int k = 0; k < 3 * K; k++)
      most = fmax (most, fabs (t_values (s)[k] - t_values (want)[k]));
    t_ok (i == 1 ? most > 1e-4 : most < 1e-6, "%s: %g from tangent ! svm", line, most);
    buffer_unref (v);
    buffer_unref (want);
    buffer_unref (s);
  }
  buffer_unref (x);
}

/* Trials of weight 0 are as if they were not there. */
static void
left_out (void)
{
  double w[K];
  fnx_buf *x = formula (3), *some = part (x, 0, TRAIN);
  for (int k = 0; k < K; k++)
    w[k] = k < TRAIN;
  t_reals (&x, "trial", "weight", w);
  t_model *all = t_fit ("ksvm", x, NULL, NULL), *few = t_fit ("ksvm", some, NULL, NULL);
  const fnx_buf *a = t_apply (all, x), *b = t_apply (few, x);
  t_near (t_values (a), t_values (b), 3 * K, 1e-7, "trials of weight 0 do not count");
  t_model_free (all);
  t_model_free (few);
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (x);
  buffer_unref (some);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  peer ();
  as_tangent ();
  left_out ();
  return t_end ();
}
