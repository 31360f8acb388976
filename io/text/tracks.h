/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table whose rows are the samples of a recording: a column of time stamps,
 * columns of markers, and the rest channels, as programs for headsets write.
 * All memory is the call's scratch memory.
 */
#ifndef FNX_IO_TRACKS_H
#define FNX_IO_TRACKS_H

#include "io/text/table.h"

enum { GAPS_NAN, GAPS_JOIN, GAPS_ERROR };

typedef struct tracks_options {
  const char *time;           /* column of time stamps, or "none"; NULL: known by its name */
  const char *const *markers; /* columns of markers, or "none"; NULL: known by their names */
  size_t n_markers;
  const char *unit; /* of all channels; NULL: what the names say */
  int64_t gaps;
  bool original; /* no 10-20 names */
} tracks_options;

/* ---- roles.c: which column is what ------------------------------------------ */
typedef struct roles {
  int64_t time; /* -1: no time stamps */
  int64_t *marker, *channel;
  size_t n_marker, n_channel;
  bool electrode; /* some channel bears the name of one */
  char left[160]; /* names of columns without a number, which are none of them */
} roles;

/* Without time=: a column of numbers with a usual name, or none. */
fnx_status roles_find (fnx_call *, const table *, const tracks_options *, roles *);
/* What stands in brackets behind a name, "Cz (uV)"; false: nothing does. */
bool bracketed (const char *name, char *plain, char *unit, size_t room);

/* ---- stamps.c: where the rows lie in time ------------------------------------- */
typedef struct stamps {
  int64_t *at; /* [rows] sample of each row */
  int64_t n;   /* samples, missing ones included */
  int64_t rate_num, rate_den;
  bool rated;                           /* the rate was given, not taken from the stamps */
  double measured;                      /* Hz by the stamps; 0 without any */
  double stray;                         /* s: the most that one is off that rate */
  const char *guess;                    /* unit that the stamps were taken to have, if not s; or NULL */
  int64_t n_gaps, n_missing, first_gap; /* row behind it */
  int64_t n_back, first_back;
} stamps;

/* col -1: no stamps, the rate is the table's. */
fnx_status stamps_read (fnx_call *, const table *, int64_t col, int64_t gaps, stamps *);

/* ---- marks.c: markers as events -------------------------------------------------- */
fnx_status marks_read (fnx_call *, const table *, const roles *, const stamps *, fnx_events *);

/* ---- tracks.c: the recording as the host sees it ----------------------------------- */
typedef struct track {
  const char *original;
  char name[64];
  const char *unit; /* "uV", or as written if that is no voltage */
  double factor;    /* to it */
  bool placed;
  double xyz[3];
} track;

typedef struct tracks {
  roles is;
  stamps when;
  track *all; /* [is.n_channel] */
} tracks;

/* Tells what it guesses. */
fnx_status tracks_of (fnx_call *, const table *, const tracks_options *, tracks *);
const fnx_spec *tracks_spec (fnx_call *, const table *, const tracks *); /* NULL: fail() was called */
fnx_status tracks_fill (fnx_call *, const table *, const tracks *, double *values);
fnx_status tracks_describe (fnx_call *, const table *, const tracks *, fnx_buf *); /* events, metadata */

#endif
