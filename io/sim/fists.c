/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:fists: EEG of a subject who imagines closing the left or right fist.
 *
 * Under C3 and C4 sit a mu and a beta rhythm.  During imagery the rhythm
 * opposite to the hand loses amplitude (event-related desynchronisation,
 * Pfurtscheller and Lopes da Silva 1999).  That loss is the only difference
 * between left and right.
 */
#include "io/sim/eeg.h"

#include <math.h>
#include <stdio.h>

#define IMAGERY_S 3
#define LOSS 0.4     /* amplitude lost by the rhythm, mean and ... */
#define LOSS_SD 0.15 /* ... spread over trials */

typedef struct rhythms {
  resonance mu[SIDES], beta[SIDES];
} rhythms;

static void
start (const settings *s, void *state)
{
  rhythms *r = state;
  for (int i = 0; i < SIDES; i++) {
    r->mu[i] = resonance_of (11, 2, sim_rate (s));
    r->beta[i] = resonance_of (21, 4, sim_rate (s));
  }
}

/* Amplitude of the rhythm of one side (0: C3, 1: C4) over a tile. */
static void
envelope (fnx_call *c, const settings *s, int side, int64_t first, double *env)
{
  double rate = sim_rate (s), lost = 0;
  int64_t known = -1;
  for (int64_t i = 0; i < SIM_TILE; i++) {
    double t = (double)(first + i) / rate;
    int64_t trial = (int64_t)(t / s->period);
    env[i] = 1;
    if (trial >= s->n_trial)
      continue;
    if (trial != known) {
      double z;
      c->rng->normal (s->seed, ITEM_DEPTH, (uint64_t)trial, &z, 1);
      /* the right hand moves from the left side of the brain */
      lost = sim_second (c, s, trial) == !side ? fmin (0.95, fmax (0.1, LOSS + LOSS_SD * z)) : 0;
      known = trial;
    }
    double cue = t - (double)trial * s->period - s->cue;
    env[i] = 1 - lost * (sim_ramp (cue, 0, 0.5) - sim_ramp (cue, IMAGERY_S, IMAGERY_S + 0.5));
  }
}

static void
rhythm (fnx_call *c, const settings *s, void *state, int side, int64_t first, double *x)
{
  rhythms *r = state;
  double env[SIM_TILE], w[SIM_TILE];
  envelope (c, s, side, first, env);
  c->rng->normal (s->seed, ITEM_MU + (uint64_t)side, (uint64_t)first, x, SIM_TILE);
  c->rng->normal (s->seed, ITEM_BETA + (uint64_t)side, (uint64_t)first, w, SIM_TILE);
  /* power 4 : 1, so that the sum has unit variance before the cue */
  for (int i = 0; i < SIM_TILE; i++)
    x[i] = env[i] * (sqrt (0.8) * resonate (&r->mu[side], x[i]) + sqrt (0.2) * resonate (&r->beta[side], w[i]));
}

static const char *
label (fnx_call *c, const settings *s, int64_t trial)
{
  return sim_second (c, s, trial) ? "right" : "left";
}

static void
truth (const eeg *e, const settings *s, char *json, size_t room)
{
  (void)e;
  snprintf (json, room,
            "{\"rhythms\": [\"C3\", \"C4\"], \"mu_hz\": 11, \"beta_hz\": 21, \"amplitude_lost\": %g, \"snr\": %.17g, "
            "\"seed\": %llu}",
            LOSS, s->snr, (unsigned long long)s->said);
}

const paradigm fists_paradigm = { .task = "\"imagined fists, simulated\"",
                                  .duration = IMAGERY_S,
                                  .n_source = SIDES,
                                  .at = rhythm_at,
                                  .state = sizeof (rhythms),
                                  .start = start,
                                  .amplitude = rhythm_amplitude,
                                  .source = rhythm,
                                  .label = label,
                                  .truth = truth };
