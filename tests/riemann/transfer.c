/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * align, recentre and rescale: what must hold of the domains afterwards, the
 * numbers of the peers' formulas, one subject's classifier on another, and
 * that nobody's targets are looked at.
 */
#include "core/pool.h"
#include "core/rng.h"
#include "plugins/common/linalg.h"
#include "plugins/common/spd.h"
#include "tests/harness.h"

enum { K = 60, C = 5, T = 80, Q = C * C };

/* ---- two subjects ----------------------------------------------------------- */

/* K trials of subject 1 and K of subject 2; white sources through one mixing,
 * source k mod 2 twice as strong in class k mod 2; the channels of subject 2
 * mixed once more by w (NULL: not).  `blind`: targets that mean nothing. */
static fnx_buf *
two_subjects (const double *w, bool blind, uint64_t seed)
{
  double *x = malloc (sizeof (double) * 2 * K * C * T), mixing[Q], s[C * T], y[C * T], shuffle[2 * K];
  const char *target[2 * K], *subject[2 * K];
  t_random (mixing, Q, seed);
  t_random (shuffle, 2 * K, seed + 1000);
  for (int k = 0; k < 2 * K; k++) {
    double *to = x + (size_t)k * C * T;
    t_random (s, C * T, seed + 2 + (uint64_t)k);
    la_scale (s + (k % 2) * T, 2, T);
    la_mul (to, mixing, s, C, T, C, 1, 0);
    subject[k] = k < K ? "S1" : "S2";
    if (w && k >= K) {
      memcpy (y, to, sizeof y);
      la_mul (to, w, y, C, T, C, 1, 0);
    }
    target[k] = (blind ? shuffle[k] > 0 : k % 2) ? "right" : "left";
  }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", x, (long)2 * K, (long)C, (long)T);
  t_texts (&b, "trial", "target", target);
  t_texts (&b, "trial", "subject", subject);
  free (x);
  return b;
}

/* Train `line` and mdm on subject 1, answer for subject 2. */
static double
across (const char *line, const fnx_buf *covs)
{
  fnx_buf *train = t_part (covs, 0, K), *test = t_part (covs, K, 2 * K);
  t_model *m = line ? t_fit (line, train, NULL, NULL) : NULL;
  const fnx_buf *a = m ? t_apply (m, train) : buffer_ref (train), *b = m ? t_apply (m, test) : buffer_ref (test);
  t_model *mdm = t_fit ("mdm", a, NULL, NULL);
  const fnx_buf *out = t_apply (mdm, b);
  double right = t_accuracy (out, test);
  t_model_free (mdm);
  if (m)
    t_model_free (m);
  buffer_unref (out);
  buffer_unref (a);
  buffer_unref (b);
  buffer_unref (train);
  buffer_unref (test);
  return right;
}

/* A congruence that sets two subjects far apart, and that recentring undoes
 * without a rotation: w = b m^-1/2, b any SPD matrix and m the mean. */
static void
far_apart (const fnx_buf *covs, double *w)
{
  double b[Q], g[Q], root[Q], work[2000];
  fnx_buf *second = t_part (covs, K, 2 * K);
  const fnx_buf *m = t_run ("mean", second);
  t_random (g, Q, 99);
  la_gram (b, g, C, C, 1, 0);
  for (int i = 0; i < C; i++)
    b[i * (C + 1)] += 0.1 * (i + 1);
  if (spd_invsqrt (t_values (m), C, root, work))
    t_ok (false, "a mean without a root");
  la_mul (w, b, root, C, C, C, 1, 0);
  buffer_unref (m);
  buffer_unref (second);
}

static void
congruence (void)
{
  double w[Q];
  fnx_buf *plain = two_subjects (NULL, false, 10);
  const fnx_buf *covs = t_run ("cov", plain);
  far_apart (covs, w);
  fnx_buf *mixed = two_subjects (w, false, 10), *blind = two_subjects (w, true, 10);
  const fnx_buf *apart = t_run ("cov", mixed), *none = t_run ("cov", blind);
  double before = across (NULL, apart);
  t_ok (before < 0.75, "subject 2 by the means of subject 1: %.2f", before);
  static const char *const lines[]
      = { "recentre", "recentre metric=logeuclid", "recentre from=batch", "recentre from=running" };
  for (size_t i = 0; i < 4; i++) {
    double after = across (lines[i], apart), chance = across (lines[i], none);
    t_ok (after > (i == 3 ? 0.85 : 0.95), "%s: %.2f", lines[i], after);
    t_ok (fabs (chance - 0.5) < 0.2, "%s: %.2f of targets that mean nothing", lines[i], chance);
  }
  /* w X w^T recentred is X recentred */
  const fnx_buf *a = t_run ("recentre", covs), *b = t_run ("recentre", apart);
  t_near (t_values (b), t_values (a), (size_t)2 * K * Q, 1e-6, "recentring undoes the congruence");
  /* ... of any mixing, up to a rotation: distances within the subject stay */
  double d[2], g[Q], work[2000];
  t_random (g, Q, 5);
  fnx_buf *turned = two_subjects (g, false, 10);
  const fnx_buf *s = t_run ("cov", turned), *r = t_run ("recentre", s);
  const double *va = t_values (a), *vr = t_values (r);
  for (int i = 0; i < 2; i++) {
    const double *v = i ? vr : va;
    if (spd_dist (SPD_RIEMANN, v + (K + 1) * Q, v + (K + 8) * Q, C, &d[i], work))
      t_ok (false, "a distance");
  }
  t_near (&d[1], &d[0], 1, 1e-7, "and any other up to a rotation");
  const fnx_buf *all[] = { a, b, s, r, covs, apart, none, plain, mixed, blind, turned };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    buffer_unref (all[i]);
}

/* ---- what holds of each domain ------------------------------------------------ */

static void
by_domain (void)
{
  double one[Q] = { 0 }, w[Q], mean[Q], work[2000];
  for (int i = 0; i < C; i++)
    one[i * (C + 1)] = 1;
  t_random (w, Q, 21);
  fnx_buf *x = two_subjects (w, false, 20);
  const fnx_buf *covs = t_run ("cov", x), *aligned = t_run ("align", x), *again = t_run ("cov estimator=cov", aligned);
  const fnx_buf *centred = t_run ("recentre", covs), *scaled = t_run ("rescale dispersion=3", covs);
  t_ok (!strcmp (buffer_spec (aligned)->unit, "1") && buffer_column (aligned, "trial", "target") != NULL,
        "aligned epochs have no unit, and keep their columns");
  for (int d = 0; d < 2; d++) {
    fnx_buf *c = t_part (centred, d * K, (d + 1) * K), *s = t_part (scaled, d * K, (d + 1) * K);
    fnx_buf *raw = t_part (covs, d * K, (d + 1) * K);
    const fnx_buf *mc = t_run ("mean", c), *ms = t_run ("mean", s), *mr = t_run ("mean", raw);
    double sum = 0, wanted = 3;
    t_near (t_values (mc), one, Q, 1e-7, "the mean of a recentred domain is the identity");
    t_near (t_values (ms), t_values (mr), Q, 1e-6, "rescaling keeps the mean of a domain");
    for (int k = 0; k < K; k++) {
      double dist;
      if (spd_dist (SPD_RIEMANN, t_values (s) + k * Q, t_values (ms), C, &dist, work))
        t_ok (false, "a distance");
      sum += dist * dist / K;
    }
    t_near (&sum, &wanted, 1, 1e-6, "and gives it the dispersion that is asked for");
    memset (mean, 0, sizeof mean);
    for (int k = 0; k < K; k++)
      la_axpy (mean, 1.0 / K, t_values (again) + (d * K + k) * Q, Q);
    t_near (mean, one, Q, 1e-10, "the mean covariance of an aligned domain is the identity");
    const fnx_buf *all[] = { c, s, raw, mc, ms, mr };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
      buffer_unref (all[i]);
  }
  const fnx_buf *both = t_run ("rescale centred=yes", centred), *alone = t_run ("rescale", centred);
  t_near (t_values (both), t_values (alone), (size_t)2 * K * Q, 1e-6, "centred=yes is the same behind recentre");
  const fnx_buf *all[] = { x, covs, aligned, again, centred, scaled, both, alone };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    buffer_unref (all[i]);
}

/* ---- the peers' formulas --------------------------------------------------------
 * The constants are numpy's (1.24): with mean() pyRiemann's fixed point run 200
 * times and f(M) by eigh, TLCenter is M^-1/2 X M^-1/2, TLScale
 * M^1/2 (M^-1/2 X M^-1/2)^sqrt(final / mean d^2) M^1/2, alignment
 * f(mean of numpy.cov)^-1/2 @ X. */

static double
entry (int k, double d, int i, int j)
{
  return i != j ? 0.5 * k - 0.4 * d : i ? 1 + k * k / 4.0 + 0.3 * d : 2 + k + d;
}

/* Three matrices of domain A, three of B. */
static fnx_buf *
small (void)
{
  double v[24];
  const char *domain[6];
  for (int t = 0; t < 6; t++) {
    domain[t] = t < 3 ? "A" : "B";
    for (int i = 0; i < 4; i++)
      v[4 * t + i] = entry (t % 3, t < 3 ? 0 : 2, i / 2, i % 2);
  }
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", v, 6L, 2L, 2L);
  t_texts (&b, "trial", "session", domain);
  return b;
}

static void
peers (void)
{
  static const double centre[] = { 1.36473530350039, 0.221569495223776, 0.221569495223776, 1.4376591702096,
                                   1.25234085879409, 0.226484155708633, 0.226484155708633, 1.36787870019132 };
  static const double scale[] = { 1.04658664641867, -0.356566119132874, -0.356566119132874, 0.597280429656126,
                                  13.0242730764215, 4.8184693758926,    4.8184693758926,    6.94011599648299 };
  static const double run[] = { 1.42612819643681, 0.13301609968279, 0.13301609968279, 1.48614174559882 };
  static const double ea[]
      = { 1.36441270230553,   -0.364850303892101, -0.766065088998487, 1.64887397208089, -0.978081677025906,
          -0.292803342639847, 0.670291097672368,  0.711020054012751,  1.41349260004087, 1.82852089605576 };
  fnx_buf *x = small (), *known = t_part (x, 0, 3), *other = t_part (x, 3, 6);
  const fnx_buf *c = t_run ("recentre peer=exact", x), *s = t_run ("rescale dispersion=2", x);
  t_near (t_values (c) + 8, centre, 4, 1e-8, "TLCenter of the first domain");
  t_near (t_values (c) + 20, centre + 4, 4, 1e-8, "and of the second");
  t_near (t_values (s), scale, 4, 1e-7, "TLScale of the first domain");
  t_near (t_values (s) + 20, scale + 4, 4, 1e-7, "and of the second");
  t_model *m = t_fit ("recentre from=running", known, NULL, NULL);
  const fnx_buf *r = t_apply (m, other);
  t_near (t_values (r) + 8, run, 4, 1e-8, "a running mean, step by step on the geodesic");
  double e[3 * 2 * 5];
  for (int k = 0; k < 3; k++)
    for (int t = 0; t < 5; t++) {
      e[k * 10 + t] = sin (1 + k + 2 * t * (k + 1));
      e[k * 10 + 5 + t] = cos (2 * k + 3 * t) + 0.5 * t;
    }
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", e, 3L, 2L, 5L);
  const fnx_buf *aligned = t_run ("align", b);
  t_near (t_values (aligned) + 10, ea, 10, 1e-12, "Euclidean alignment");
  t_model_free (m);
  const fnx_buf *all[] = { x, known, other, c, s, r, b, aligned };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    buffer_unref (all[i]);
}

/* ---- whose statistics -------------------------------------------------------------- */

static const char *const steps[] = { "align", "recentre", "rescale" };

static void
whose (void)
{
  fnx_buf *x = two_subjects (NULL, false, 30), *first = t_part (x, 0, K), *second = t_part (x, K, 2 * K);
  for (size_t i = 0; i < 3; i++) {
    char line[64];
    const fnx_buf *in = i ? t_run ("cov", first) : buffer_ref (first),
                  *new = i ? t_run ("cov", second) : buffer_ref (second);
    fnx_buf *one = t_part (in, 7, 8), *other = t_part (new, 7, 8), *some = t_part (new, 0, 9);
    size_t item = spec_count (buffer_spec (one));
    t_model *m = t_fit (steps[i], in, NULL, NULL);
    const fnx_buf *all = t_apply (m, in), *single = t_apply (m, one);
    t_near (t_values (single), t_values (all) + 7 * item, item, 0, "a domain of the training keeps its statistics");
    snprintf (line, sizeof line, "%s from=running", steps[i]);
    t_model *r = t_fit (line, in, NULL, NULL);
    const fnx_buf *whole = t_apply (r, new), *start = t_apply (r, some), *alone = t_apply (r, other);
    t_near (t_values (start), t_values (whole), 9 * item, 0, "running: no later trial is looked at");
    bool finite = true;
    for (size_t k = 0; k < item; k++)
      finite = finite && isfinite (t_values (alone)[k]);
    t_ok (finite, "%s: one trial is enough", line);
    fnx_status code;
    const char *said = t_fail (steps[i], other, &code);
    t_ok (code == FNX_E_DATA && strstr (said, "at least 2"), "%s of one trial: %s", steps[i], said);
    const fnx_buf *free_us[] = { in, new, one, other, some, all, single, whole, start, alone };
    for (size_t k = 0; k < sizeof free_us / sizeof *free_us; k++)
      buffer_unref (free_us[k]);
    t_model_free (m);
    t_model_free (r);
  }
  buffer_unref (x);
  buffer_unref (first);
  buffer_unref (second);
}

/* Three trials of which one is alone in its domain, and one that has none. */
static void
refused (void)
{
  static const char *const lone[] = { "S1", "S1", "S2" }, *const gap[] = { "S1", "S1", NULL };
  double v[3 * 4] = { 1, 0, 0, 1, 2, 0, 0, 1, 3, 0, 0, 1 };
  fnx_status code;
  fnx_buf *b = t_buf ("cov[trial,channel,channel]", v, 3L, 2L, 2L);
  t_texts (&b, "trial", "subject", lone);
  const char *said = t_fail ("recentre", b, &code);
  t_ok (code == FNX_E_DATA && !strncmp (said, "S2 has 1 trial here", 19), "%s", said);
  said = t_fail ("recentre domain=site", b, &code);
  t_ok (code == FNX_E_DATA && !strncmp (said, "domain=site: ", 13), "%s", said);
  said = t_fail ("recentre from=running metric=harmonic", b, &code);
  t_ok (code == FNX_E_PARAM && !strncmp (said, "from=running", 12), "%s", said);
  buffer_unref (b);
  b = t_buf ("cov[trial,channel,channel]", v, 3L, 2L, 2L);
  t_texts (&b, "trial", "subject", gap);
  said = t_fail ("recentre domain=subject", b, &code);
  t_ok (code == FNX_E_DATA && !strncmp (said, "domain=subject: trial 3", 23), "%s", said);
  buffer_unref (b);
  double same[3 * 4] = { 2, 1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2 };
  b = t_buf ("cov[trial,channel,channel]", same, 3L, 2L, 2L);
  said = t_fail ("rescale", b, &code);
  t_ok (code == FNX_E_DATA && strstr (said, "the same"), "%s", said);
  buffer_unref (b);
  double flat[2 * 2 * 3] = { 1, 2, 3, 2, 4, 6, 3, 1, 2, 6, 2, 4 };
  b = t_buf ("epochs[trial,channel,time]", flat, 2L, 2L, 3L);
  said = t_fail ("align", b, &code);
  t_ok (code == FNX_E_NUMERIC && strstr (said, "estimator=oas"), "%s", said);
  buffer_unref (b);
}

/* No byte of what comes out depends on anybody's targets; nor on the number of
 * threads, nor on a model's way through a file. */
static void
bytes (void)
{
  fnx_buf *x = two_subjects (NULL, false, 40), *y = two_subjects (NULL, true, 40);
  const fnx_buf *cx = t_run ("cov", x), *cy = t_run ("cov", y);
  for (size_t i = 0; i < 3; i++)
    for (int running = 0; running < 2; running++) {
      char line[64];
      uint64_t one = 0;
      bool same = true;
      fnx_buf *train = t_part (i ? cx : x, 0, K + 4), *test = t_part (i ? cx : x, K, 2 * K);
      fnx_buf *train2 = t_part (i ? cy : y, 0, K + 4), *test2 = t_part (i ? cy : y, K, 2 * K);
      snprintf (line, sizeof line, "%s from=%s", steps[i], running ? "running" : "batch");
      for (unsigned n = 1; n <= 4; n *= 2) {
        pool_start (n);
        t_model *m = t_fit (line, n == 4 ? train2 : train, NULL, NULL), *again = t_save_load (m);
        const fnx_buf *a = t_apply (m, test), *b = t_apply (again, test2);
        size_t count = spec_count (buffer_spec (a));
        uint64_t h = hash_bytes (0, t_values (a), count * sizeof (double));
        one = n == 1 ? h : one;
        same = same && h == one && !memcmp (t_values (a), t_values (b), count * sizeof (double));
        buffer_unref (a);
        buffer_unref (b);
        t_model_free (m);
        t_model_free (again);
      }
      t_ok (same, "%s: the same bytes with other targets, 1, 2 and 4 threads, and saved", line);
      buffer_unref (train);
      buffer_unref (test);
      buffer_unref (train2);
      buffer_unref (test2);
    }
  buffer_unref (x);
  buffer_unref (y);
  buffer_unref (cx);
  buffer_unref (cy);
}

int
main (void)
{
  t_begin ();
  la_serial ();
  congruence ();
  by_domain ();
  peers ();
  whose ();
  refused ();
  bytes ();
  return t_end ();
}
