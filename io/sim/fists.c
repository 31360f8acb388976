/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:fists: EEG of a subject who imagines closing the left or right fist.
 *
 * Current sources sit inside a unit sphere: 48 with a 1/f spectrum all over,
 * two occipital alpha rhythms, and under C3 and C4 a mu and a beta rhythm.
 * All are radial dipoles in a homogeneous conductor, whose potential at the
 * surface is known in closed form (Brody, Terry and Ideker, IEEE Trans Biomed
 * Eng 20:141, 1973), so every electrode sees all of them: volume conduction.
 * During imagery the rhythm opposite to the hand loses amplitude
 * (event-related desynchronisation, Pfurtscheller and Lopes da Silva 1999).
 * That loss is the only difference between left and right.
 *
 * Samples are made in tiles at fixed positions of the recording and handed out
 * in whatever blocks are asked for, so block sizes cannot change them.
 */
#include "io/sim/sim.h"

#include <math.h>
#include <stdio.h>

#include "plugins/common/electrodes.h"

enum { BACKGROUND = 48, ALPHA = 2, SIDES = 2, SOURCES = BACKGROUND + ALPHA + SIDES, POLES = 10, TILE = 1024 };

#define DEPTH 0.7 /* distance of the sources from the centre */
#define TRIAL_S 6 /* 2 s before the cue, 3 s of imagery, 1 s after */
#define CUE_S 2
#define IMAGERY_S 3
#define BACKGROUND_UV 10.0 /* root mean square over the electrodes */
#define ALPHA_UV 6.0       /* of each alpha source at its own electrode */
#define SENSOR_UV 2.0      /* white noise of each electrode */
#define LOSS 0.4           /* amplitude lost by the rhythm, mean and ... */
#define LOSS_SD 0.15       /* ... spread over trials */

static const char *const names22[] = { "Fz", "FC3", "FC1", "FCz", "FC2", "FC4", "C5",  "C3", "C1", "Cz", "C2",
                                       "C4", "C6",  "CP3", "CP1", "CPz", "CP2", "CP4", "P1", "Pz", "P2", "POz" };
static const char *const names64[]
    = { "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "C5",  "C3",  "C1",  "Cz",  "C2",  "C4",  "C6",  "CP5", "CP3",
        "CP1", "CPz", "CP2", "CP4", "CP6", "Fp1", "Fpz", "Fp2", "AF7", "AF3", "AFz", "AF4", "AF8", "F7",  "F5",  "F3",
        "F1",  "Fz",  "F2",  "F4",  "F6",  "F8",  "FT7", "FT8", "T7",  "T8",  "T9",  "T10", "TP7", "TP8", "P7",  "P5",
        "P3",  "P1",  "Pz",  "P2",  "P4",  "P6",  "P8",  "PO7", "PO3", "POz", "PO4", "PO8", "O1",  "Oz",  "O2",  "Iz" };

static const char *const *
names_of (const settings *s)
{
  return s->n_channel == 22 ? names22 : names64;
}

/* A resonance at f Hz, `width` Hz wide: x = a1 x1 + a2 x2 + gain w, of unit
 * variance (the stationary variance of an AR(2) process). */
typedef struct resonance {
  double a1, a2, gain, x1, x2;
} resonance;

static resonance
resonance_of (double f, double width, double rate)
{
  double r = exp (-M_PI * width / rate), a1 = 2 * r * cos (2 * M_PI * f / rate), a2 = -r * r;
  double var = (1 - a2) / ((1 + a2) * ((1 - a2) * (1 - a2) - a1 * a1));
  return (resonance){ .a1 = a1, .a2 = a2, .gain = 1 / sqrt (var) };
}

static double
resonate (resonance *r, double w)
{
  double x = r->a1 * r->x1 + r->a2 * r->x2 + r->gain * w;
  r->x2 = r->x1;
  r->x1 = x;
  return x;
}

/* Power of the resonance per Hz at f. */
static double
resonance_power (const resonance *r, double f, double rate)
{
  double w = 2 * M_PI * f / rate;
  double re = 1 - r->a1 * cos (w) - r->a2 * cos (2 * w), im = r->a1 * sin (w) + r->a2 * sin (2 * w);
  return 2 / rate * r->gain * r->gain / (re * re + im * im);
}

/* One white noise through one-pole low-passes an octave apart from 0.5 Hz,
 * weighted f^-1/2: power falls as 1/f from there up. */
typedef struct pink {
  int n;
  double a[POLES], gain[POLES];
} pink;

static double
pink_power (const pink *p, double f, double rate)
{
  double w = 2 * M_PI * f / rate, re = 0, im = 0;
  for (int k = 0; k < p->n; k++) {
    double dr = 1 - p->a[k] * cos (w), di = p->a[k] * sin (w), d = dr * dr + di * di;
    re += p->gain[k] * dr / d;
    im -= p->gain[k] * di / d;
  }
  return 2 / rate * (re * re + im * im);
}

static pink
pink_of (double rate)
{
  pink p = { 0 };
  double var = 0;
  for (double f = 0.5; f < 0.45 * rate && p.n < POLES; f *= 2, p.n++) {
    p.a[p.n] = exp (-2 * M_PI * f / rate);
    p.gain[p.n] = (1 - p.a[p.n]) / sqrt (f);
  }
  /* unit variance: the sum of geometric series over all pairs of poles */
  for (int i = 0; i < p.n; i++)
    for (int j = 0; j < p.n; j++)
      var += p.gain[i] * p.gain[j] / (1 - p.a[i] * p.a[j]);
  for (int k = 0; k < p.n; k++)
    p.gain[k] /= sqrt (var);
  return p;
}

struct fists {
  settings s;
  pink pink;
  double pole[BACKGROUND][POLES]; /* state of the 1/f filters */
  resonance alpha[ALPHA], mu[SIDES], beta[SIDES];
  double *gain;   /* n_channel x SOURCES, uV */
  double *source; /* SOURCES x TILE */
  double *tile;   /* n_channel x TILE */
  int64_t made;   /* samples made; the tile holds the last TILE of them */
  int64_t given;  /* samples handed out */
};

void
fists_free (fists *f)
{
  if (!f)
    return;
  free (f->gain);
  free (f->source);
  free (f->tile);
  free (f);
}

/* Potential at angle gamma (cos = u) of a radial dipole at depth d:
 * sum_n (2n+1) d^(n-1) P_n(u) = ((1 - d^2) / |r|^3 - 1) / d. */
static double
potential (const double e[3], const double q[3])
{
  double u = e[0] * q[0] + e[1] * q[1] + e[2] * q[2];
  double r2 = 1 + DEPTH * DEPTH - 2 * DEPTH * u;
  return ((1 - DEPTH * DEPTH) / (r2 * sqrt (r2)) - 1) / DEPTH;
}

/* Directions of the sources: a spiral over the cap above z = -0.4, then the
 * electrodes above the rhythms. */
static void
source_places (double q[SOURCES][3])
{
  static const char *const at[] = { "O1", "O2", "C3", "C4" };
  for (int i = 0; i < BACKGROUND; i++) {
    double z = 1 - 1.4 * (i + 0.5) / BACKGROUND, r = sqrt (1 - z * z), phi = i * M_PI * (3 - sqrt (5));
    q[i][0] = r * cos (phi);
    q[i][1] = r * sin (phi);
    q[i][2] = z;
  }
  for (int i = 0; i < ALPHA + SIDES; i++)
    electrode_position (at[i], q[BACKGROUND + i]);
}

/* Power of all but the rhythms in 8..32 Hz, at an electrode that sees the
 * background with squared gain `g2` and the alpha sources with `a2`. */
static double
band_power (const fists *f, double g2, double a2)
{
  double rate = sim_rate (&f->s), sum = 0, high = fmin (32, rate / 2);
  for (double hz = 8; hz < high; hz += 0.05)
    sum += 0.05 * (g2 * pink_power (&f->pink, hz, rate) + a2 * resonance_power (&f->alpha[0], hz, rate));
  return sum + SENSOR_UV * SENSOR_UV * 2 / rate * fmax (0, high - 8);
}

/* Gains in uV.  snr is the power of the rhythm before the cue over that of all
 * else in 8..32 Hz, both at the electrode above it. */
static void
set_gains (fists *f)
{
  double q[SOURCES][3], e[3], g2 = 0;
  int64_t n = f->s.n_channel;
  source_places (q);
  for (int64_t c = 0; c < n; c++) {
    electrode_position (names_of (&f->s)[c], e);
    for (int s = 0; s < SOURCES; s++)
      f->gain[c * SOURCES + s] = potential (e, q[s]);
    for (int s = 0; s < BACKGROUND; s++)
      g2 += f->gain[c * SOURCES + s] * f->gain[c * SOURCES + s] / (double)n;
  }
  double peak = potential (q[0], q[0]), scale[SOURCES];
  for (int s = 0; s < SOURCES; s++) {
    double b2 = 0, a2 = 0;
    scale[s] = s < BACKGROUND ? BACKGROUND_UV / sqrt (g2) : ALPHA_UV / peak;
    if (s < BACKGROUND + ALPHA)
      continue;
    for (int k = 0; k < BACKGROUND + ALPHA; k++) {
      double v = potential (q[s], q[k]) * scale[k];
      *(k < BACKGROUND ? &b2 : &a2) += v * v;
    }
    scale[s] = sqrt (f->s.snr * band_power (f, b2, a2)) / peak;
  }
  for (int64_t c = 0; c < n; c++)
    for (int s = 0; s < SOURCES; s++)
      f->gain[c * SOURCES + s] *= scale[s];
}

fists *
fists_new (fnx_call *c, const settings *s)
{
  double rate = sim_rate (s);
  fists *f = calloc (1, sizeof *f);
  if (!f) {
    c->fail (c, FNX_E_NOMEM, "no memory for a simulated recording");
    return NULL;
  }
  size_t n = (size_t)s->n_channel;
  f->s = *s;
  f->gain = calloc (n * SOURCES, sizeof *f->gain);
  f->source = calloc ((size_t)SOURCES * TILE, sizeof *f->source);
  f->tile = calloc (n * TILE, sizeof *f->tile);
  if (!f->gain || !f->source || !f->tile) {
    fists_free (f);
    c->fail (c, FNX_E_NOMEM, "no memory for a simulated recording of %zu channels", n);
    return NULL;
  }
  f->pink = pink_of (rate);
  for (int i = 0; i < ALPHA; i++)
    f->alpha[i] = resonance_of (10, 1, rate);
  for (int i = 0; i < SIDES; i++) {
    f->mu[i] = resonance_of (11, 2, rate);
    f->beta[i] = resonance_of (21, 4, rate);
  }
  set_gains (f);
  return f;
}

/* Trials come in pairs of one left and one right, the first drawn at random. */
static int
is_right (fnx_call *c, const settings *s, int64_t trial)
{
  double u;
  c->rng->uniform (s->seed, ITEM_ORDER, (uint64_t)(trial / 2), &u, 1);
  return (int)(trial & 1) ^ (u < 0.5);
}

/* Half a cosine from 0 at a to 1 at b. */
static double
ramp (double t, double a, double b)
{
  return t <= a ? 0 : t >= b ? 1 : 0.5 - 0.5 * cos (M_PI * (t - a) / (b - a));
}

/* Amplitude of the rhythm of one side (0: C3, 1: C4) over a tile. */
static void
envelope (fnx_call *c, const fists *f, int side, int64_t first, double *env)
{
  double rate = sim_rate (&f->s), lost = 0;
  int64_t known = -1;
  for (int64_t i = 0; i < TILE; i++) {
    double t = (double)(first + i) / rate;
    int64_t trial = (int64_t)(t / TRIAL_S);
    env[i] = 1;
    if (trial >= f->s.n_trial)
      continue;
    if (trial != known) {
      double z;
      c->rng->normal (f->s.seed, ITEM_DEPTH, (uint64_t)trial, &z, 1);
      /* the right hand moves from the left side of the brain */
      lost = is_right (c, &f->s, trial) == !side ? fmin (0.95, fmax (0.1, LOSS + LOSS_SD * z)) : 0;
      known = trial;
    }
    double cue = t - (double)trial * TRIAL_S - CUE_S;
    env[i] = 1 - lost * (ramp (cue, 0, 0.5) - ramp (cue, IMAGERY_S, IMAGERY_S + 0.5));
  }
}

typedef struct job {
  fnx_call *c;
  fists *f;
  int64_t first;
} job;

static void
rhythm (const job *j, int side, double *x)
{
  fists *f = j->f;
  double env[TILE], w[TILE];
  envelope (j->c, f, side, j->first, env);
  j->c->rng->normal (f->s.seed, ITEM_MU + (uint64_t)side, (uint64_t)j->first, x, TILE);
  j->c->rng->normal (f->s.seed, ITEM_BETA + (uint64_t)side, (uint64_t)j->first, w, TILE);
  /* power 4 : 1, so that the sum has unit variance before the cue */
  for (int i = 0; i < TILE; i++)
    x[i] = env[i] * (sqrt (0.8) * resonate (&f->mu[side], x[i]) + sqrt (0.2) * resonate (&f->beta[side], w[i]));
}

static fnx_status
make_source (void *arg, size_t s, uint32_t worker)
{
  const job *j = arg;
  fists *f = j->f;
  double *x = f->source + s * TILE;
  (void)worker;
  if (s >= BACKGROUND + ALPHA) {
    rhythm (j, (int)s - BACKGROUND - ALPHA, x);
    return FNX_OK;
  }
  uint64_t item = s < BACKGROUND ? ITEM_BACKGROUND + s : ITEM_ALPHA + s - BACKGROUND;
  j->c->rng->normal (f->s.seed, item, (uint64_t)j->first, x, TILE);
  if (s >= BACKGROUND) {
    for (int i = 0; i < TILE; i++)
      x[i] = resonate (&f->alpha[s - BACKGROUND], x[i]);
    return FNX_OK;
  }
  double *y = f->pole[s];
  for (int i = 0; i < TILE; i++) {
    double sum = 0;
    for (int k = 0; k < f->pink.n; k++) {
      y[k] = f->pink.a[k] * y[k] + f->pink.gain[k] * x[i];
      sum += y[k];
    }
    x[i] = sum;
  }
  return FNX_OK;
}

static fnx_status
mix (void *arg, size_t ch, uint32_t worker)
{
  const job *j = arg;
  fists *f = j->f;
  double *t = f->tile + ch * TILE;
  (void)worker;
  j->c->rng->normal (f->s.seed, ITEM_SENSOR + ch, (uint64_t)j->first, t, TILE);
  for (int i = 0; i < TILE; i++)
    t[i] *= SENSOR_UV;
  for (size_t s = 0; s < SOURCES; s++) {
    double g = f->gain[ch * SOURCES + s];
    const double *x = f->source + s * TILE;
    for (int i = 0; i < TILE; i++)
      t[i] += g * x[i];
  }
  return FNX_OK;
}

static fnx_status
next_tile (fnx_call *c, fists *f)
{
  job j = { c, f, f->made };
  fnx_status st = c->parallel (c, SOURCES, make_source, &j);
  if (st == FNX_OK)
    st = c->parallel (c, (size_t)f->s.n_channel, mix, &j);
  f->made += TILE;
  return st;
}

const fnx_spec *
fists_spec (fnx_call *c, const settings *s, int64_t start, int64_t size)
{
  fnx_axis *a = c->scratch (c, 2 * sizeof *a);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *o = c->scratch (c, sizeof *o);
  if (!a || !axes || !o)
    return NULL;
  a[0] = (fnx_axis){ .struct_size = sizeof *a, .name = "channel", .size = s->n_channel, .labels = names_of (s) };
  a[1] = (fnx_axis){ .struct_size = sizeof *a,
                     .flags = FNX_AXIS_REGULAR,
                     .name = "time",
                     .unit = "s",
                     .size = size,
                     .start = start,
                     .rate_num = s->rate_num,
                     .rate_den = s->rate_den };
  axes[0] = &a[0];
  axes[1] = &a[1];
  *o = (fnx_spec){ .struct_size = sizeof *o, .ndim = 2, .kind = "signal", .unit = "uV", .dtype = FNX_F8, .axes = axes };
  return o;
}

/* The cues that fall into samples [start, start + n). */
static fnx_status
add_events (fnx_call *c, const fists *f, fnx_buf *b, int64_t start, int64_t n)
{
  double rate = sim_rate (&f->s), from = (double)start / rate, to = (double)(start + n) / rate;
  int64_t k = (int64_t)fmax (0, ceil ((from - CUE_S) / TRIAL_S)), end = k;
  while (end < f->s.n_trial && (double)(end * TRIAL_S + CUE_S) < to)
    end++;
  size_t m = (size_t)(end - k);
  double *onset = c->scratch (c, (2 * m + 1) * sizeof *onset);
  const char **label = c->scratch (c, (m + 1) * sizeof *label);
  if (!onset || !label)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < m; i++) {
    onset[i] = (double)((k + (int64_t)i) * TRIAL_S + CUE_S);
    onset[m + i] = IMAGERY_S;
    label[i] = is_right (c, &f->s, k + (int64_t)i) ? "right" : "left";
  }
  fnx_events e = { .struct_size = sizeof e, .n = m, .onset = onset, .duration = onset + m, .label = label };
  return c->buf->set_events (c, b, &e);
}

static fnx_status
add_truth (fnx_call *c, const fists *f, fnx_buf *b)
{
  char json[256];
  snprintf (json, sizeof json,
            "{\"rhythms\": [\"C3\", \"C4\"], \"mu_hz\": 11, \"beta_hz\": 21, \"amplitude_lost\": %g, \"snr\": %.17g, "
            "\"seed\": %llu}",
            LOSS, f->s.snr, (unsigned long long)f->s.seed);
  fnx_status st = c->buf->set_meta (c, b, "TaskName", "\"imagined fists, simulated\"");
  return st ? st : c->buf->set_meta (c, b, "SimulatedTruth", json);
}

fnx_status
fists_next (fnx_call *c, fists *f, int64_t n, const fnx_buf **out)
{
  int64_t start = f->given, done = 0;
  fnx_status st = FNX_OK;
  if (n > f->s.n_sample - start)
    n = f->s.n_sample - start;
  if (n <= 0) {
    *out = NULL;
    return FNX_OK;
  }
  const fnx_spec *spec = fists_spec (c, &f->s, start, n);
  fnx_buf *b = spec ? c->buf->like (c, NULL, spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (!v)
    st = FNX_E_NOMEM;
  while (st == FNX_OK && done < n) {
    if (f->given == f->made && (st = next_tile (c, f)))
      break;
    int64_t at = f->given % TILE, m = TILE - at < n - done ? TILE - at : n - done;
    for (int64_t ch = 0; ch < f->s.n_channel; ch++)
      memcpy (v + ch * n + done, f->tile + ch * TILE + at, (size_t)m * sizeof *v);
    done += m;
    f->given += m;
    if (c->progress (c, (uint64_t)f->given, (uint64_t)f->s.n_sample))
      st = FNX_E_CANCELLED;
  }
  if (st == FNX_OK)
    st = add_events (c, f, b, start, n);
  if (st == FNX_OK)
    st = add_truth (c, f, b);
  if (st) {
    c->buf->unref (b);
    return st;
  }
  *out = b;
  return FNX_OK;
}
