/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:effort: EEG of a subject who grips with more or less force.
 *
 * Under C3 and C4 sits a rhythm of 11 Hz.  Each cue bears a force between 0.1
 * and 1 as its name, and for 3 s the power of the rhythm under C3 is that share
 * of what it is at rest.  The other rhythm goes on as it was: only power under
 * C3 tells the number.
 */
#include "io/sim/eeg.h"

#include <math.h>
#include <stdio.h>

#define GRIP_S 3
#define LEAST 0.1

typedef struct rhythms {
  resonance mu[SIDES];
} rhythms;

static void
start (const settings *s, void *state)
{
  rhythms *r = state;
  for (int i = 0; i < SIDES; i++)
    r->mu[i] = resonance_of (11, 2, sim_rate (s));
}

/* In hundredths, as the label says it. */
static double
force (fnx_call *c, const settings *s, int64_t trial)
{
  double u;
  c->rng->uniform (s->seed, ITEM_DEPTH, (uint64_t)trial, &u, 1);
  return rint (100 * (LEAST + (1 - LEAST) * u)) / 100;
}

static void
rhythm (fnx_call *c, const settings *s, void *state, int side, int64_t first, double *x)
{
  rhythms *r = state;
  double rate = sim_rate (s), share = 1;
  int64_t known = -1;
  c->rng->normal (s->seed, ITEM_MU + (uint64_t)side, (uint64_t)first, x, SIM_TILE);
  for (int64_t i = 0; i < SIM_TILE; i++) {
    double t = (double)(first + i) / rate, power = 1;
    int64_t trial = (int64_t)(t / s->period);
    if (side == 0 && trial < s->n_trial) {
      double cue = t - (double)trial * s->period - s->cue;
      if (trial != known)
        share = force (c, s, trial);
      known = trial;
      power = 1 + (share - 1) * (sim_ramp (cue, -0.25, 0) - sim_ramp (cue, GRIP_S, GRIP_S + 0.25));
    }
    x[i] = sqrt (power) * resonate (&r->mu[side], x[i]);
  }
}

static const char *
label (fnx_call *c, const settings *s, int64_t trial)
{
  char *text = c->scratch (c, 8);
  if (text)
    snprintf (text, 8, "%.2f", force (c, s, trial));
  return text;
}

static void
truth (const eeg *e, const settings *s, char *json, size_t room)
{
  (void)e;
  snprintf (json, room,
            "{\"rhythms\": [\"C3\", \"C4\"], \"hz\": 11, \"follows\": \"C3\", \"snr\": %.17g, \"seed\": %llu}", s->snr,
            (unsigned long long)s->said);
}

const paradigm effort_paradigm = { .task = "\"grips, simulated\"",
                                   .duration = GRIP_S,
                                   .n_source = SIDES,
                                   .at = rhythm_at,
                                   .state = sizeof (rhythms),
                                   .start = start,
                                   .amplitude = rhythm_amplitude,
                                   .source = rhythm,
                                   .label = label,
                                   .truth = truth };
