/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NIfTI-1 and -2 (and ANALYZE 7.5) by our own header parser over zlib.
 * libniftiio accepts truncated files silently and both NIfTI libraries export
 * the same names with different structs, so a host that loads either can
 * corrupt a plugin that brings the other; 300 lines are the safer dependency.
 *
 * The network module links these files too, to read a mask.
 */
#ifndef FNX_IO_NIFTI_H
#define FNX_IO_NIFTI_H

#include <stdbool.h>
#include <stdio.h>

#include "fornix/plugin.h"

/* ---- feed.c: bytes of a plain or gzip file, front to back --------------- */
typedef struct feed feed;
/* Takes f over, also on failure; `name` is for messages and must outlive it. */
feed *feed_open (fnx_call *, FILE *f, const char *name);
void feed_close (feed *); /* NULL is allowed */
/* Exactly n bytes, or a sentence about a truncated or damaged file. */
fnx_status feed_read (fnx_call *, feed *, void *to, size_t n);
/* At most n bytes, fewer only at the end. */
fnx_status feed_some (fnx_call *, feed *, void *to, size_t n, size_t *got);
fnx_status feed_skip (fnx_call *, feed *, int64_t n);
/* Bytes that the file can hold at most, from its size on disk: an upper bound
 * that is exact for a plain file; -1 if unknown (a pipe). */
int64_t feed_limit (const feed *);
bool feed_packed (const feed *);
/* Read to the end, so that gzip's CRC is checked; says how much was left. */
fnx_status feed_rest (fnx_call *, feed *, int64_t *left);

/* ---- header.c ----------------------------------------------------------- */
typedef struct nifti_header {
  int version;      /* 1, 2; 0: ANALYZE 7.5 */
  bool swapped;     /* of the other byte order than this machine */
  bool pair;        /* values are in a .img file */
  int64_t n[4];     /* x y z time; 1 where absent */
  int64_t parts;    /* components behind the time axis (dim[5]); 1 if none */
  int32_t datatype; /* DT_ code */
  int64_t offset;   /* of the first voxel in its file */
  bool scaled;      /* value = raw * slope + inter */
  double slope, inter;
  double affine[16];  /* index to mm */
  const char *space;  /* static; NULL if the header does not say */
  double tr;          /* pixdim[4] in seconds; 0 if absent or of unknown unit */
  double tr_raw;      /* pixdim[4] as written */
  const char *t_unit; /* "s", "ms", "us" as declared; NULL if none is */
  double t_origin;    /* toffset in seconds */
} nifti_header;

/* Read the header at the front of `from`.  Repairs and oddities are told with
 * NOTE.  Afterwards the feed stands behind the header. */
fnx_status nifti_header_read (fnx_call *, feed *from, const char *name, nifti_header *out);
/* Bytes of one value; 0 if the datatype is not read. */
size_t nifti_size_of (int32_t datatype);
/* Bytes of one volume and all of them; fails on overflow. */
fnx_status nifti_bytes (fnx_call *, const char *name, const nifti_header *, size_t *volume, size_t *all);

/* ---- image.c: header and values together -------------------------------- */
typedef struct nifti_file {
  const char *name; /* as the user wrote it; borrowed */
  nifti_header h;
  feed *values; /* stands at the first voxel after nifti_open */
  size_t volume_bytes;
  void *raw; /* work space for `slab` volumes */
  int64_t slab;
} nifti_file;

/* Open `path` (any of .nii .nii.gz .hdr .img and their .gz). */
fnx_status nifti_open (fnx_call *, const char *path, nifti_file *);
void nifti_close (nifti_file *);
/* The next `count` volumes into out[x][y][z][time], C order, time axis of
 * `stride` values, at time `at`; elements are float32 if `f4`, else float64. */
fnx_status nifti_volumes (fnx_call *, nifti_file *, int64_t count, int64_t at, int64_t stride, bool f4, void *out);
/* After the last volume: checks the gzip CRC and what stands behind. */
fnx_status nifti_end (fnx_call *, nifti_file *);
/* A whole 3-D image as float64, malloc'ed: masks.  n[3] receives the shape. */
fnx_status nifti_load3 (fnx_call *, const char *path, double **values, int64_t n[3], double affine[16]);

/* ---- sidecar.c: the JSON file beside an image ---------------------------- */
typedef struct nifti_sidecar {
  char *name; /* its path; NULL if there is none */
  double tr;  /* RepetitionTime in s; 0 if absent */
  void *json; /* json_t *; NULL if there is none */
} nifti_sidecar;
fnx_status nifti_sidecar_read (fnx_call *, const char *path, nifti_sidecar *);
fnx_status nifti_sidecar_meta (fnx_call *, const nifti_sidecar *, fnx_buf *);
void nifti_sidecar_free (nifti_sidecar *);

extern const fnx_step_desc nifti_reader, nifti_writer;

#endif
