/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim:tempo: EEG whose classes differ in time alone.
 *
 * Under C3 and C4 sits a rhythm of 12 Hz.  After the cue slow it has 10 Hz for 3
 * s, after the cue fast 14 Hz, with the same power and the same width, so that
 * the covariance of the channels is the same: what is found lies in how the
 * samples follow each other.
 */
#include "io/sim/eeg.h"

#include <math.h>
#include <stdio.h>

enum { REST, SLOW, FAST, TEMPI };

#define LASTS_S 3
#define WIDTH_HZ 2
static const double hz[TEMPI] = { [REST] = 12, [SLOW] = 10, [FAST] = 14 };

typedef struct rhythms {
  resonance of[SIDES][TEMPI];
} rhythms;

static void
start (const settings *s, void *state)
{
  rhythms *r = state;
  for (int i = 0; i < SIDES; i++)
    for (int k = 0; k < TEMPI; k++)
      r->of[i][k] = resonance_of (hz[k], WIDTH_HZ, sim_rate (s));
}

/* Three rhythms run on; angles fade from one to another, so that the power
 * stays. */
static void
rhythm (fnx_call *c, const settings *s, void *state, int side, int64_t first, double *x)
{
  rhythms *r = state;
  double of[TEMPI][SIM_TILE], rate = sim_rate (s);
  for (int k = 0; k < TEMPI; k++) {
    c->rng->normal (s->seed, ITEM_MU + (uint64_t)(side + 10 * k), (uint64_t)first, of[k], SIM_TILE);
    for (int i = 0; i < SIM_TILE; i++)
      of[k][i] = resonate (&r->of[side][k], of[k][i]);
  }
  for (int i = 0; i < SIM_TILE; i++) {
    double t = (double)(first + i) / rate, angle = 0;
    int64_t trial = (int64_t)(t / s->period);
    int tempo = SLOW;
    if (trial < s->n_trial) {
      double cue = t - (double)trial * s->period - s->cue;
      angle = M_PI / 2 * (sim_ramp (cue, -0.25, 0) - sim_ramp (cue, LASTS_S, LASTS_S + 0.25));
      tempo = sim_second (c, s, trial) ? FAST : SLOW;
    }
    x[i] = cos (angle) * of[REST][i] + sin (angle) * of[tempo][i];
  }
}

static const char *
label (fnx_call *c, const settings *s, int64_t trial)
{
  return sim_second (c, s, trial) ? "fast" : "slow";
}

static void
truth (const eeg *e, const settings *s, char *json, size_t room)
{
  (void)e;
  snprintf (json, room,
            "{\"rhythms\": [\"C3\", \"C4\"], \"slow_hz\": %g, \"fast_hz\": %g, \"rest_hz\": %g, \"snr\": %.17g, "
            "\"seed\": %llu}",
            hz[SLOW], hz[FAST], hz[REST], s->snr, (unsigned long long)s->said);
}

const paradigm tempo_paradigm = { .task = "\"rhythms, simulated\"",
                                  .duration = LASTS_S,
                                  .n_source = SIDES,
                                  .at = rhythm_at,
                                  .state = sizeof (rhythms),
                                  .start = start,
                                  .amplitude = rhythm_amplitude,
                                  .source = rhythm,
                                  .label = label,
                                  .truth = truth };
