/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:p300: EEG of a subject who counts rare targets among frequent stimuli
 * (the oddball paradigm, Sutton et al. 1965).
 *
 * Every stimulus evokes N1 and P2 under Cz (Naatanen and Picton 1987).  A
 * target also evokes P3b, which the field calls P300, under Pz (Polich 2007),
 * with an amplitude and a latency of its own.  That wave is the only difference
 * between target and nontarget.
 */
#include "io/sim/eeg.h"

#include <math.h>
#include <stdio.h>

enum { SHARE = 5, VERTEX = 0, PARIETAL = 1, SOURCES = 2 };

#define SHOWN_S 0.1
#define LASTS_S 1.0 /* after this nothing of a response is left */
#define P300_S 0.35
#define P300_WIDTH_S 0.07
#define JITTER_S 0.02 /* spread of its latency over targets ... */
#define SPREAD 0.25   /* ... and of all amplitudes */

/* One target in each five stimuli, anywhere among them. */
static bool
is_target (fnx_call *c, const settings *s, int64_t trial)
{
  double u;
  c->rng->uniform (s->seed, ITEM_ORDER, (uint64_t)(trial / SHARE), &u, 1);
  return trial % SHARE == (int64_t)(u * SHARE);
}

static double
bump (double t, double at, double width)
{
  double z = (t - at) / width;
  return exp (-0.5 * z * z);
}

/* What source k adds at t seconds after a stimulus: its size and delay vary
 * with the stimulus. */
static double
response (int k, double size, double delay, double t)
{
  if (k == VERTEX)
    return size * (4 * bump (t, 0.18, 0.03) - 5 * bump (t, 0.1, 0.02));
  return size * bump (t, P300_S + delay, P300_WIDTH_S);
}

static void
evoke (fnx_call *c, const settings *s, void *state, int k, int64_t first, double *x)
{
  double rate = sim_rate (s), from = (double)first / rate, to = (double)(first + SIM_TILE) / rate, z[2];
  int64_t trial = (int64_t)fmax (0, floor ((from - LASTS_S - s->cue) / s->period));
  (void)state;
  memset (x, 0, SIM_TILE * sizeof *x);
  for (; trial < s->n_trial && sim_onset (s, trial) < to; trial++) {
    if (k == PARIETAL && !is_target (c, s, trial))
      continue;
    c->rng->normal (s->seed, k == VERTEX ? ITEM_N1 : ITEM_DEPTH, 2 * (uint64_t)trial, z, 2);
    double size = fmax (0, 1 + SPREAD * z[0]), delay = JITTER_S * z[1];
    for (int i = 0; i < SIM_TILE; i++) {
      double t = (double)(first + i) / rate - sim_onset (s, trial);
      if (t >= 0 && t < LASTS_S)
        x[i] += response (k, size, delay, t);
    }
  }
}

/* snr is the squared peak of the P300 over the power of all else in 1..20 Hz,
 * both at Pz; N1 and P2 have their size whatever it is. */
static double
amplitude (const eeg *e, const settings *s, int k, const double common2[2])
{
  return k == VERTEX ? 1 : sqrt (s->snr * eeg_power (e, common2, 1, 20));
}

static const char *
label (fnx_call *c, const settings *s, int64_t trial)
{
  return is_target (c, s, trial) ? "target" : "nontarget";
}

static void
truth (const eeg *e, const settings *s, char *json, size_t room)
{
  (void)e;
  snprintf (json, room,
            "{\"p300\": \"Pz\", \"latency_s\": %g, \"width_s\": %g, \"n1_p2\": \"Cz\", \"targets\": %g, "
            "\"snr\": %.17g, \"seed\": %llu}",
            P300_S, P300_WIDTH_S, 1.0 / SHARE, s->snr, (unsigned long long)s->said);
}

static const char *const above[SOURCES] = { [VERTEX] = "Cz", [PARIETAL] = "Pz" };
const paradigm p300_paradigm = { .task = "\"oddball, simulated\"",
                                 .duration = SHOWN_S,
                                 .n_source = SOURCES,
                                 .at = above,
                                 .amplitude = amplitude,
                                 .source = evoke,
                                 .label = label,
                                 .truth = truth };
