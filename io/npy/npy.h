/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NumPy's .npy files (format 1 to 3), with a JSON file beside each that
 * holds what an array cannot say: kind, axes, labels, columns, unit, events.
 */
#ifndef FNX_IO_NPY_H
#define FNX_IO_NPY_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "fornix/plugin.h"

typedef struct npy_header {
  char type;    /* f i u b */
  int size;     /* bytes of one value */
  bool swapped; /* big-endian */
  bool fortran; /* the first axis runs fastest */
  int ndim;     /* 1..FNX_MAX_DIM */
  int64_t n[FNX_MAX_DIM];
  int64_t count;  /* of values */
  int64_t offset; /* of the first one */
} npy_header;

/* Parse the front of `f` and compare the size it promises with the file's. */
fnx_status npy_header_read (fnx_call *, FILE *f, const char *name, npy_header *);
/* All values as float64 or float32 in C order. */
fnx_status npy_values (fnx_call *, FILE *f, const char *name, const npy_header *, bool f4, void *out);

/* ---- spec.c: a spec as JSON and back ---------------------------------------- */
json_t *npy_spec_json (const fnx_spec *, const fnx_events *); /* NULL: no memory */
/* A spec in scratch memory, checked against the shape of the array. */
const fnx_spec *npy_spec_read (fnx_call *, const json_t *, const char *name, const npy_header *);
fnx_status npy_events_read (fnx_call *, const json_t *, const char *name, fnx_buf *);
/* "dir/x.npy" to "dir/x.npy.json", in scratch memory: "x.json" may belong to
 * an x.tsv beside it. */
char *npy_sidecar_name (fnx_call *, const char *path);

extern const fnx_step_desc npy_reader, npy_writer;

#endif
