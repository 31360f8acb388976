/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A head that several simulated recordings share, see eeg.h.
 *
 * Current sources sit inside a unit sphere: 48 with a 1/f spectrum all over,
 * two occipital alpha rhythms, and those of the paradigm.  All are radial
 * dipoles in a homogeneous conductor, whose potential at the surface is known
 * in closed form (Brody, Terry and Ideker, IEEE Trans Biomed Eng 20:141,
 * 1973), so every electrode sees all of them: volume conduction.
 *
 * Another subject has another head: its electrodes see a fixed mixture of what
 * these would see.
 *
 * Samples are made in tiles at fixed positions of the recording and handed out
 * in whatever blocks are asked for, so block sizes cannot change them.
 */
#include "io/sim/eeg.h"
#include "plugins/common/give.h"

#include <math.h>
#include <stdio.h>

#include "plugins/common/electrodes.h"

enum { BACKGROUND = 48, ALPHA = 2, COMMON = BACKGROUND + ALPHA, MOST = COMMON + PARADIGM_SOURCES };

#define DEPTH 0.7          /* distance of the sources from the centre */
#define BACKGROUND_UV 10.0 /* root mean square over the electrodes */
#define ALPHA_UV 6.0       /* of each alpha source at its own electrode */
#define SENSOR_UV 2.0      /* white noise of each electrode */
#define HEAD 0.5           /* how much a subject's head mixes the channels ... */
#define CAP 0.1            /* ... and a session's cap */

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

resonance
resonance_of (double f, double width, double rate)
{
  double r = exp (-M_PI * width / rate), a1 = 2 * r * cos (2 * M_PI * f / rate), a2 = -r * r;
  double var = (1 - a2) / ((1 + a2) * ((1 - a2) * (1 - a2) - a1 * a1));
  return (resonance){ .a1 = a1, .a2 = a2, .gain = 1 / sqrt (var) };
}

double
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

enum { POLES = 10 };

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

struct eeg {
  settings s;
  const paradigm *of;
  int n_source; /* COMMON and those of the paradigm */
  pink pink;
  double pole[BACKGROUND][POLES]; /* state of the 1/f filters */
  resonance alpha[ALPHA];
  void *state;    /* of the paradigm's sources */
  double *gain;   /* n_channel x n_source, uV */
  double *source; /* n_source x SIM_TILE */
  double *tile;   /* n_channel x SIM_TILE */
  int64_t made;   /* samples made; the tile holds the last SIM_TILE of them */
  int64_t given;  /* samples handed out */
};

void
eeg_free (eeg *e)
{
  if (!e)
    return;
  free (e->state);
  free (e->gain);
  free (e->source);
  free (e->tile);
  free (e);
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
source_places (const eeg *e, double q[MOST][3])
{
  static const char *const alpha[ALPHA] = { "O1", "O2" };
  for (int i = 0; i < BACKGROUND; i++) {
    double z = 1 - 1.4 * (i + 0.5) / BACKGROUND, r = sqrt (1 - z * z), phi = i * M_PI * (3 - sqrt (5));
    q[i][0] = r * cos (phi);
    q[i][1] = r * sin (phi);
    q[i][2] = z;
  }
  for (int i = 0; i < ALPHA; i++)
    electrode_position (alpha[i], q[BACKGROUND + i]);
  for (int i = 0; i < e->of->n_source; i++)
    electrode_position (e->of->at[i], q[COMMON + i]);
}

double
eeg_power (const eeg *e, const double common2[2], double low, double high)
{
  double rate = sim_rate (&e->s), sum = 0;
  high = fmin (high, rate / 2);
  for (double hz = low; hz < high; hz += 0.05)
    sum += 0.05
           * (common2[0] * pink_power (&e->pink, hz, rate) + common2[1] * resonance_power (&e->alpha[0], hz, rate));
  return sum + SENSOR_UV * SENSOR_UV * 2 / rate * fmax (0, high - low);
}

const char *const rhythm_at[SIDES] = { "C3", "C4" };

double
rhythm_amplitude (const eeg *e, const settings *s, int side, const double common2[2])
{
  (void)side;
  return sqrt (s->snr * eeg_power (e, common2, 8, 32));
}

/* Gains in uV; those of the paradigm's sources are its own amplitudes at the
 * electrode above each. */
static void
set_gains (eeg *e)
{
  double q[MOST][3], at[3], g2 = 0;
  int64_t n = e->s.n_channel;
  int m = e->n_source;
  source_places (e, q);
  for (int64_t c = 0; c < n; c++) {
    electrode_position (names_of (&e->s)[c], at);
    for (int s = 0; s < m; s++)
      e->gain[c * m + s] = potential (at, q[s]);
    for (int s = 0; s < BACKGROUND; s++)
      g2 += e->gain[c * m + s] * e->gain[c * m + s] / (double)n;
  }
  double peak = potential (q[0], q[0]), scale[MOST];
  for (int s = 0; s < m; s++) {
    double common2[2] = { 0, 0 };
    scale[s] = s < BACKGROUND ? BACKGROUND_UV / sqrt (g2) : ALPHA_UV / peak;
    if (s < COMMON)
      continue;
    for (int k = 0; k < COMMON; k++) {
      double v = potential (q[s], q[k]) * scale[k];
      common2[k >= BACKGROUND] += v * v;
    }
    scale[s] = e->of->amplitude (e, &e->s, s - COMMON, common2) / peak;
  }
  for (int64_t c = 0; c < n; c++)
    for (int s = 0; s < m; s++)
      e->gain[c * m + s] *= scale[s];
}

/* gain <- D (I + a G / sqrt n) gain, G standard normal, D diagonal with entries
 * exp (2 a z): the electrodes of another head, or of a cap that sits otherwise,
 * see other mixtures through other skin. */
static fnx_status
mix_channels (fnx_call *c, eeg *e, uint64_t seed, uint64_t item, double a)
{
  size_t n = (size_t)e->s.n_channel, m = (size_t)e->n_source;
  double *old = c->scratch (c, n * m * sizeof *old), *g = c->scratch (c, (n + 1) * sizeof *g);
  if (!old || !g)
    return FNX_E_NOMEM;
  memcpy (old, e->gain, n * m * sizeof *old);
  for (size_t i = 0; i < n; i++) {
    double *to = e->gain + i * m;
    c->rng->normal (seed, item + i, 0, g, n + 1);
    for (size_t j = 0; j < n; j++)
      for (size_t s = 0; s < m; s++)
        to[s] += a / sqrt ((double)n) * g[j] * old[j * m + s];
    for (size_t s = 0; s < m; s++)
      to[s] *= exp (2 * a * g[n]);
  }
  return FNX_OK;
}

eeg *
eeg_new (fnx_call *c, const settings *s, const paradigm *of)
{
  double rate = sim_rate (s);
  eeg *e = calloc (1, sizeof *e);
  if (!e) {
    c->fail (c, FNX_E_NOMEM, "no memory for a simulated recording");
    return NULL;
  }
  size_t n = (size_t)s->n_channel, m = (size_t)(COMMON + of->n_source);
  e->s = *s;
  e->of = of;
  e->n_source = (int)m;
  e->gain = calloc (n * m, sizeof *e->gain);
  e->source = calloc (m * SIM_TILE, sizeof *e->source);
  e->tile = calloc (n * SIM_TILE, sizeof *e->tile);
  e->state = calloc (1, of->state + 1);
  if (!e->gain || !e->source || !e->tile || !e->state) {
    eeg_free (e);
    c->fail (c, FNX_E_NOMEM, "no memory for a simulated recording of %zu channels", n);
    return NULL;
  }
  e->pink = pink_of (rate);
  for (int i = 0; i < ALPHA; i++)
    e->alpha[i] = resonance_of (10, 1, rate);
  if (of->start)
    of->start (s, e->state);
  set_gains (e);
  fnx_status st = s->subject ? mix_channels (c, e, s->subject, ITEM_HEAD, HEAD) : FNX_OK;
  if (st == FNX_OK && s->session)
    st = mix_channels (c, e, s->subject * 1000003 + s->session, ITEM_CAP, CAP);
  if (st != FNX_OK) {
    eeg_free (e);
    return NULL;
  }
  return e;
}

typedef struct job {
  fnx_call *c;
  eeg *e;
  int64_t first;
} job;

static fnx_status
make_source (void *arg, size_t s, uint32_t worker)
{
  const job *j = arg;
  eeg *e = j->e;
  double *x = e->source + s * SIM_TILE;
  (void)worker;
  if (s >= COMMON) {
    e->of->source (j->c, &e->s, e->state, (int)s - COMMON, j->first, x);
    return FNX_OK;
  }
  uint64_t item = s < BACKGROUND ? ITEM_BACKGROUND + s : ITEM_ALPHA + s - BACKGROUND;
  j->c->rng->normal (e->s.seed, item, (uint64_t)j->first, x, SIM_TILE);
  if (s >= BACKGROUND) {
    for (int i = 0; i < SIM_TILE; i++)
      x[i] = resonate (&e->alpha[s - BACKGROUND], x[i]);
    return FNX_OK;
  }
  double *y = e->pole[s];
  for (int i = 0; i < SIM_TILE; i++) {
    double sum = 0;
    for (int k = 0; k < e->pink.n; k++) {
      y[k] = e->pink.a[k] * y[k] + e->pink.gain[k] * x[i];
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
  eeg *e = j->e;
  double *t = e->tile + ch * SIM_TILE;
  size_t m = (size_t)e->n_source;
  (void)worker;
  j->c->rng->normal (e->s.seed, ITEM_SENSOR + ch, (uint64_t)j->first, t, SIM_TILE);
  for (int i = 0; i < SIM_TILE; i++)
    t[i] *= SENSOR_UV;
  for (size_t s = 0; s < m; s++) {
    double g = e->gain[ch * m + s];
    const double *x = e->source + s * SIM_TILE;
    for (int i = 0; i < SIM_TILE; i++)
      t[i] += g * x[i];
  }
  return FNX_OK;
}

static fnx_status
next_tile (fnx_call *c, eeg *e)
{
  job j = { c, e, e->made };
  fnx_status st = c->parallel (c, (size_t)e->n_source, make_source, &j);
  if (st == FNX_OK)
    st = c->parallel (c, (size_t)e->s.n_channel, mix, &j);
  e->made += SIM_TILE;
  return st;
}

const fnx_spec *
eeg_spec (fnx_call *c, const settings *s, int64_t start, int64_t size)
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
add_events (fnx_call *c, const eeg *e, fnx_buf *b, int64_t start, int64_t n)
{
  const settings *s = &e->s;
  double rate = sim_rate (s), from = (double)start / rate, to = (double)(start + n) / rate;
  int64_t k = (int64_t)fmax (0, floor ((from - s->cue) / s->period) - 1), end;
  while (k < s->n_trial && sim_onset (s, k) < from)
    k++;
  for (end = k; end < s->n_trial && sim_onset (s, end) < to;)
    end++;
  size_t m = (size_t)(end - k);
  double *onset = c->scratch (c, (2 * m + 1) * sizeof *onset);
  const char **label = c->scratch (c, (m + 1) * sizeof *label);
  if (!onset || !label)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < m; i++) {
    onset[i] = sim_onset (s, k + (int64_t)i);
    onset[m + i] = e->of->duration;
    label[i] = e->of->label (c, s, k + (int64_t)i);
  }
  fnx_events events = { .struct_size = sizeof events, .n = m, .onset = onset, .duration = onset + m, .label = label };
  return c->buf->set_events (c, b, &events);
}

static fnx_status
add_truth (fnx_call *c, const eeg *e, fnx_buf *b)
{
  char json[512], whose[96];
  e->of->truth (e, &e->s, json, sizeof json);
  snprintf (whose, sizeof whose, ", \"subject\": %llu, \"session\": %llu}", (unsigned long long)e->s.subject,
            (unsigned long long)e->s.session);
  if (*json && strlen (json) + strlen (whose) < sizeof json)
    strcpy (json + strlen (json) - 1, whose); /* in place of its last brace */
  fnx_status st = c->buf->set_meta (c, b, "TaskName", e->of->task);
  return st ? st : c->buf->set_meta (c, b, "SimulatedTruth", json);
}

fnx_status
eeg_next (fnx_call *c, eeg *e, int64_t n, const fnx_buf **out)
{
  int64_t start = e->given, done = 0;
  fnx_status st = FNX_OK;
  if (n > e->s.n_sample - start)
    n = e->s.n_sample - start;
  if (n <= 0) {
    *out = NULL;
    return FNX_OK;
  }
  const fnx_spec *spec = eeg_spec (c, &e->s, start, n);
  fnx_buf *b = spec ? c->buf->like (c, NULL, spec) : NULL;
  double *v = b ? c->buf->write (c, b) : NULL;
  if (!v)
    st = FNX_E_NOMEM;
  while (st == FNX_OK && done < n) {
    if (e->given == e->made && (st = next_tile (c, e)))
      break;
    int64_t at = e->given % SIM_TILE, m = SIM_TILE - at < n - done ? SIM_TILE - at : n - done;
    for (int64_t ch = 0; ch < e->s.n_channel; ch++)
      memcpy (v + ch * n + done, e->tile + ch * SIM_TILE + at, (size_t)m * sizeof *v);
    done += m;
    e->given += m;
    if (c->progress (c, (uint64_t)e->given, (uint64_t)e->s.n_sample))
      st = FNX_E_CANCELLED;
  }
  if (st == FNX_OK)
    st = add_events (c, e, b, start, n);
  if (st == FNX_OK)
    st = add_truth (c, e, b);
  return give (c, st, b, out);
}

int
sim_second (fnx_call *c, const settings *s, int64_t trial)
{
  double u;
  c->rng->uniform (s->seed, ITEM_ORDER, (uint64_t)(trial / 2), &u, 1);
  return (int)(trial & 1) ^ (u < 0.5);
}

double
sim_ramp (double t, double a, double b)
{
  return t <= a ? 0 : t >= b ? 1 : 0.5 - 0.5 * cos (M_PI * (t - a) / (b - a));
}
