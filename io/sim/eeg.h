/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Simulated EEG: a head with a background that every recording has, and what a
 * paradigm adds to it: a few sources of its own, and when what was shown.
 */
#ifndef FNX_SIM_EEG_H
#define FNX_SIM_EEG_H

#include "io/sim/sim.h"

enum { PARADIGM_SOURCES = 4, SIM_TILE = 1024 };

/* Filled with a, b and unit variance: x = a1 x1 + a2 x2 + gain w, a resonance
 * at f Hz, `width` Hz wide (the stationary variance of an AR(2) process). */
typedef struct resonance {
  double a1, a2, gain, x1, x2;
} resonance;
resonance resonance_of (double f, double width, double rate);
double resonate (resonance *, double w);

/* Power in low..high Hz of all that is not the paradigm's, in uV2, at an
 * electrode that sees the background and the alpha sources with these squared
 * gains. */
double eeg_power (const eeg *, const double common2[2], double low, double high);

struct paradigm {
  const char *task;                              /* JSON */
  double duration;                               /* of an event, s */
  int n_source;                                  /* at most PARADIGM_SOURCES */
  const char *const *at;                         /* the electrodes above them */
  size_t state;                                  /* bytes, zeroed; source k touches its own part only */
  void (*start) (const settings *, void *state); /* or NULL */
  /* Of source k at its own electrode, uV. */
  double (*amplitude) (const eeg *, const settings *, int k, const double common2[2]);
  /* The next SIM_TILE samples of source k from sample `first` on; in order. */
  void (*source) (fnx_call *, const settings *, void *state, int k, int64_t first, double *x);
  const char *(*label) (fnx_call *, const settings *, int64_t trial);
  void (*truth) (const eeg *, const settings *, char *json, size_t room);
};

/* Rhythms of the two hands' areas: fists.c, tempo.c, effort.c. */
enum { SIDES = 2 };                        /* 0: C3, 1: C4 */
extern const char *const rhythm_at[SIDES]; /* a paradigm's `at` */
/* A paradigm's amplitude(): snr is the power of the rhythm, undisturbed, over
 * that of all else in 8..32 Hz, both at the electrode above it. */
double rhythm_amplitude (const eeg *, const settings *, int side, const double common2[2]);

/* Onset of a cue, s: the same expression wherever it is asked for. */
static inline double
sim_onset (const settings *s, int64_t trial)
{
  return (double)trial * s->period + s->cue;
}

/* Trials come in pairs, one of each class, the first drawn at random: is this
 * one of the second class? */
int sim_second (fnx_call *, const settings *, int64_t trial);
/* Half a cosine from 0 at a to 1 at b. */
double sim_ramp (double t, double a, double b);

#endif
