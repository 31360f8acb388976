/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Electrode names of the 10-20 system and its 10-10 and 10-05 extensions
 * (Jasper 1958; Chatrian 1985; Oostenveld and Praamstra 2001): one spelling for
 * each place, and where that place is on a unit sphere.  No global state.
 */
#ifndef FNX_COMMON_ELECTRODES_H
#define FNX_COMMON_ELECTRODES_H

#include <stdbool.h>

#define ELECTRODE_NAME_MAX 16

typedef enum electrode_kind {
  ELECTRODE_UNKNOWN,   /* no name of these systems */
  ELECTRODE_SCALP,     /* has a position */
  ELECTRODE_REFERENCE, /* A1 A2 M1 M2: ear lobes and mastoids, off the sphere */
  ELECTRODE_BIPOLAR    /* two scalp names joined by a hyphen, "Fpz-Cz": no one position */
} electrode_kind;

/* What reading a label took. */
#define ELECTRODE_DRESSED 1u /* case, dots or the word EEG: nothing that could be wrong */
#define ELECTRODE_REF_CUT 2u /* a trailing reference was cut: "C3-A2" */
#define ELECTRODE_OLD 4u     /* T3 T4 T5 T6, now T7 T8 P7 P8 */

typedef struct electrode {
  char name[ELECTRODE_NAME_MAX]; /* "FC5"; empty when unknown */
  electrode_kind kind;
  unsigned took;
} electrode;

/* Read a label as recorders write it: "Fc5.", "EEG T3-REF", "POL c3".  True
 * when it is known. */
bool electrode_read (const char *label, electrode *out);

/* The place of a scalp name in any case, on the unit sphere: x to the right, y
 * to the nose, z up.  False when it has none. */
bool electrode_position (const char *name, double xyz[3]);

#endif
