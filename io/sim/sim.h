/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source `sim`: recordings with a known truth.  What is drawn depends on
 * the setting seed and on the index of the item alone, never on a thread, a
 * block or the chain around it.
 */
#ifndef FNX_SIM_H
#define FNX_SIM_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

enum { SIM_FISTS, SIM_REST, SIM_ENCODING, SIM_P300, SIM_TEMPO, SIM_EFFORT };

typedef struct settings {
  int what;
  uint64_t seed; /* of what is drawn: follows from said, subject and session */
  uint64_t said; /* seed=, as the user wrote it */
  double snr;
  /* fists, p300, tempo, effort */
  uint64_t subject, session;
  int64_t n_channel, n_trial, n_sample;
  double period, cue;         /* s from one trial to the next, and from its begin to its cue */
  int64_t rate_num, rate_den; /* Hz, reduced */
  /* rest, encoding */
  bool image;
  double tr; /* s */
  int64_t n_volume, n_region, n_module, n_feature, n_voxel;
} settings;

static inline double
sim_rate (const settings *s)
{
  return (double)s->rate_num / (double)s->rate_den;
}

/* Streams of random numbers: rng->normal (seed, item, ...). */
enum {
  ITEM_BACKGROUND = 0, /* + source */
  ITEM_ALPHA = 100,    /* + source */
  ITEM_MU = 200,       /* + side */
  ITEM_BETA = 300,     /* + side */
  ITEM_ORDER = 400,
  ITEM_DEPTH = 401,
  ITEM_N1 = 402,
  ITEM_WEIGHT = 500,
  ITEM_HEAD = 600,      /* + channel; seed: the subject */
  ITEM_CAP = 700,       /* + channel; seed: the subject and session */
  ITEM_SENSOR = 1000,   /* + channel */
  ITEM_MODULE = 10000,  /* + module */
  ITEM_REGION = 1000000 /* + region, voxel, feature */
};

/* ---- eeg.c: one recording while it streams; fists.c, p300.c, tempo.c, effort.c: what is in it ---- */
typedef struct eeg eeg;
typedef struct paradigm paradigm;
extern const paradigm fists_paradigm, p300_paradigm, tempo_paradigm, effort_paradigm;
const fnx_spec *eeg_spec (fnx_call *, const settings *, int64_t start, int64_t size); /* scratch memory */
eeg *eeg_new (fnx_call *, const settings *, const paradigm *);
void eeg_free (eeg *);
/* The next n samples of signal[channel,time], with their events; NULL after the last. */
fnx_status eeg_next (fnx_call *, eeg *, int64_t n, const fnx_buf **out);

/* ---- rest.c, encoding.c: whole recordings ---- */
const fnx_spec *rest_spec (fnx_call *, const settings *);
fnx_status rest_run (fnx_call *, const settings *, const fnx_buf **out);
/* spec of output 0 features, 1 voxels, 2 weights */
const fnx_spec *encoding_spec (fnx_call *, const settings *, int port);
fnx_status encoding_run (fnx_call *, const settings *, const fnx_buf **out);

/* "prefix1" .. "prefixN" as labels; scratch memory. */
const char *const *sim_labels (fnx_call *, const char *prefix, int64_t n);
/* A time axis of n volumes. */
fnx_axis sim_volumes (const settings *);

#endif
