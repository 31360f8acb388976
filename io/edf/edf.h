/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of this folder share: EDF and BDF recordings (Kemp 1992;
 * EDF+, Kemp and Olivan 2003; BDF, BioSemi) as values, from bytes that may be a
 * file or memory.  Only spec.c, reader.c and writer.c know of the host, so that
 * tests and the fuzzer drive the same code.
 *
 *   bytes -> header -> (damage, annotations, status) -> edf_file -> edf_view
 *
 * An edf_file is one opened recording; an edf_view is the choice of channels
 * of one rate out of it, with the time axis that they live on.
 */
#ifndef FNX_EDF_H
#define FNX_EDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fornix/plugin.h"

/* ---- bytes.c: where a recording comes from ------------------------------- */
typedef struct edf_bytes edf_bytes;
/* NULL with errno set.  Only regular files: a recording is read by place. */
edf_bytes *edf_bytes_file (const char *path);
edf_bytes *edf_bytes_memory (const void *data, size_t n); /* borrows data */
int64_t edf_bytes_size (const edf_bytes *);
/* All n bytes at `at`, or false (they are not there, or an error).  [any] */
bool edf_bytes_read (const edf_bytes *, int64_t at, void *to, size_t n);
void edf_bytes_free (edf_bytes *);
/* Give the descriptor back until it is needed: a chain over thousands of
 * recordings types them all first.  wake: false if it is another file now. */
void edf_bytes_rest (edf_bytes *);
bool edf_bytes_wake (edf_bytes *);

/* ---- say.c: refusals, repairs and notes ----------------------------------- */
typedef struct edf_say {
  bool strict;
  fnx_status code; /* of the first refusal; 0 if none */
  char text[1024]; /* its sentences, without the name of the file */
  struct edf_line {
    uint32_t level; /* FNX_LOG_* */
    bool repair;
    char *text;
  } * lines;
  size_t n_lines;
} edf_say;
fnx_status edf_refuse (edf_say *, fnx_status code, const char *format, ...) FNX_PRINTF (3, 4);
/* A deviation from the format that can be read all the same: refused when
 * strict, listed when tolerant. */
fnx_status edf_repair (edf_say *, const char *format, ...) FNX_PRINTF (2, 3);
void edf_note (edf_say *, uint32_t level, const char *format, ...) FNX_PRINTF (3, 4);
void edf_say_clear (edf_say *);
/* Part of a text that is safe to show: printable ASCII, at most n bytes. */
const char *edf_shown (const void *bytes, size_t n, char *out, size_t size);

/* ---- field.c: the texts and numbers of a header ---------------------------- */
/* value = mantissa / 10^scale, exactly as written. */
typedef struct edf_decimal {
  int64_t mantissa;
  int scale; /* 0..18 */
} edf_decimal;
double edf_decimal_value (edf_decimal);
/* "12", "-3.5", "1e3", with blanks round it.  *odd collects what had to be
 * forgiven. */
#define EDF_ODD_COMMA 1u /* 382,999 */
#define EDF_ODD_NUL 2u   /* padded with zero bytes */
bool edf_decimal_read (const void *field, size_t n, edf_decimal *out, unsigned *odd);
bool edf_integer_read (const void *field, size_t n, int64_t *out, unsigned *odd);
/* Trimmed, as UTF-8 (bytes that are not are taken as Latin-1); out has 2 n + 1 bytes. */
void edf_text_read (const void *field, size_t n, char *out, unsigned *odd);
bool edf_utf8_valid (const void *bytes, size_t n);

/* ---- unit.c ----------------------------------------------------------------- */
/* Factor from a unit as written to microvolts: exact for all spellings of uV,
 * mV, nV and V; 0 for anything else.  Nothing is guessed. */
double edf_unit_factor (const char *unit);

/* ---- header.c: the header as written ---------------------------------------- */
typedef struct edf_signal {
  char label[33], transducer[161], unit[17], prefilter[161];
  double phys_min, phys_max, dig_min, dig_max;
  int64_t n;            /* samples in a record */
  int64_t at;           /* byte in a record where they begin */
  bool annotations;     /* texts, no samples */
  bool status;          /* BioSemi's trigger and status bits */
  double gain, offset;  /* value = gain * digital + offset, in uV or the unit as written */
  bool volts;           /* values are in uV */
  const char *unusable; /* why it cannot be read; or NULL */
} edf_signal;

typedef struct edf_header {
  int width; /* bytes of a sample: 2 EDF, 3 BDF */
  bool plus, discontinuous;
  const char *format; /* "EDF", "EDF+C", "EDF+D", "BDF", "BDF+C", "BDF+D" */
  bool dated;
  int year, month, day, hour, minute, second;
  int64_t size;         /* bytes of the header */
  int64_t n_records;    /* as written, may be -1 */
  int64_t record_bytes; /* > 0 unless there are no signals with samples */
  int64_t ticks;        /* duration of a record in units of 1/EDF_TICKS s */
  int n_signals;
  edf_signal *signals;
} edf_header;
#define EDF_TICKS INT64_C (10000000000)
fnx_status edf_header_read (const edf_bytes *, edf_header *, edf_say *);
void edf_header_free (edf_header *);

/* ---- damage.c ------------------------------------------------------------------ */
/* Copies through text mode: refused with what happened.  `expected` is the size
 * that the header promises, or -1 if it does not say. */
fnx_status edf_damage_check (const edf_bytes *, const edf_header *, int64_t expected, edf_say *);

/* ---- tal.c: time-stamped annotation lists ---------------------------------------- */
typedef struct edf_event {
  int64_t ticks;    /* onset as written; or that of its record, for status events */
  int64_t record;   /* it stands in */
  int64_t sample;   /* of the status channel in that record; -1 for annotations */
  int64_t n_record; /* samples of the status channel in a record */
  double duration;  /* s; NaN if not given */
  char *label;      /* UTF-8 */
  char *channel;    /* or NULL */
} edf_event;
typedef struct edf_events {
  edf_event *all;
  size_t n, room;
  size_t not_utf8; /* texts that had to be taken as Latin-1 */
} edf_events;
typedef enum { EDF_TAL_EMPTY, EDF_TAL_GOOD, EDF_TAL_BAD, EDF_TAL_NOMEM } edf_tal_state;
/* One annotation signal of one record.  `first`: it keeps the time of the
 * record, whose onset goes to *onset (unchanged if it has none). */
edf_tal_state edf_tal_read (const void *bytes, size_t n, int64_t record, bool first, edf_events *to, int64_t *onset,
                            bool *timed);
bool edf_event_add (edf_events *, edf_event); /* takes label and channel over; false: no memory */
void edf_events_free (edf_events *);

/* ---- file.c: an opened recording --------------------------------------------------- */
/* Records that follow each other without a gap. */
typedef struct edf_piece {
  int64_t first, n;
  int64_t ticks; /* onset of the first, after the beginning of the recording */
} edf_piece;

typedef struct edf_file {
  edf_bytes *bytes;
  edf_header header;
  int64_t n_records; /* that are there */
  int64_t origin;    /* ticks of the first record after the header's start time */
  edf_piece *pieces;
  size_t n_pieces, room_pieces;
  edf_events events; /* in the order of the file */
} edf_file;

typedef struct edf_open_options {
  bool strict, allow_truncated, status_events;
} edf_open_options;
/* Takes `bytes` over, also on failure. */
fnx_status edf_file_open (edf_bytes *bytes, const edf_open_options *, edf_file *, edf_say *);
void edf_file_close (edf_file *);

/* ---- view.c: channels of one rate ---------------------------------------------------- */
enum { EDF_GAPS_NAN, EDF_GAPS_JOIN, EDF_GAPS_ERROR };
enum { EDF_STATUS_EVENTS, EDF_STATUS_CHANNEL, EDF_STATUS_BOTH, EDF_STATUS_NONE };

typedef struct edf_view_options {
  const char *const *channels; /* canonical or original names, in this order; or NULL */
  size_t n_channels;
  double rate; /* Hz; 0: that of most signals */
  bool original;
  int gaps, status;
} edf_view_options;

typedef struct edf_channel {
  int signal;
  char name[40];
  const char *kind;
  bool placed;
  double xyz[3];
} edf_channel;

/* names.c.  Every signal that is not annotations, named; freed by the caller;
 * NULL without memory. */
edf_channel *edf_name_all (const edf_header *, const edf_view_options *, int *n, edf_say *);
/* By name as delivered, by label, or by any spelling of the place; -1. */
int edf_find_channel (const edf_header *, const edf_channel *, int n, const char *want);
/* "FC5 FC3 FC1 ..." of the channels that `pick` marks (all if NULL). */
const char *edf_list_names (const edf_channel *, int n, const bool *pick, char *out, size_t size);

/* One stretch of the time axis: samples of consecutive records, or a gap. */
typedef struct edf_span {
  int64_t start, n; /* on the axis */
  int64_t record;   /* first record; -1: a gap */
} edf_span;

typedef struct edf_view {
  const edf_file *file;
  int n_channels;
  edf_channel *channels;
  int64_t n_record; /* samples of a channel in a record */
  int64_t rate_num, rate_den;
  int64_t n_samples;
  edf_span *spans;
  size_t n_spans;
  int64_t *starts;   /* of each piece of the file, on the axis */
  fnx_events events; /* on the view's axis, ascending */
  double *onset, *duration;
  const char **label, **channel;
} edf_view;

fnx_status edf_view_make (const edf_file *, const edf_view_options *, edf_view *, edf_say *);
void edf_view_free (edf_view *);
/* Samples [first, first + n) of all channels to out[channel * stride + i], as
 * float64, gaps as NaN.  `work` has edf_work_size () bytes.  Ranges may be read
 * at the same time from several threads.  False: the file did not give them. */
size_t edf_work_size (void);
bool edf_view_read (const edf_view *, int64_t first, int64_t n, double *out, int64_t stride, void *work);
/* Events whose onset lies in the range; before the first sample counts as in
 * it, and so does after the last. */
void edf_view_events (const edf_view *, int64_t first, int64_t n, fnx_events *out);

/* ---- demux.c ----------------------------------------------------------------------------- */
/* out[i] = gain * raw[i] + offset for n little-endian integers of `width` bytes.
 * Reads up to 16 bytes beyond the last. */
void edf_scale (const uint8_t *raw, int width, size_t n, double gain, double offset, double *out);
int32_t edf_sample (const uint8_t *raw, int width);
#define EDF_SLACK 16

/* ---- spec.c: a view as the host sees it ----------------------------------------------------- */
/* Samples [first, first + n), in scratch memory; NULL: fail() was called. */
const fnx_spec *edf_spec (fnx_call *, const edf_view *, int64_t first, int64_t n);
/* `repairs` is a JSON list or NULL. */
fnx_status edf_set_meta (fnx_call *, const edf_view *, const char *repairs, fnx_buf *);

extern const fnx_step_desc edf_reader_desc, edf_writer_desc;

#endif
