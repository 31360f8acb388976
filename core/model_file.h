/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file of a fitted chain, NAME.fnx.  All integers little-endian:
 *
 *   0   8   89 46 4E 58 0D 0A 1A 0A  ("\x89FNX\r\n\x1a\n": a text-mode copy is seen at once)
 *   8   4   format version, 1
 *   12  4   number of fitted steps
 *   16  8   bytes of the whole file
 *   24      sections: a tag of 4 letters, 4 bytes of zero, 8 bytes of length, the bytes
 *   -32 32  SHA-256 of everything before
 *
 * Sections stand in this order: CHN chain, INP input and PRV provenance, each
 * JSON in UTF-8; then for each fitted step STP, {"id","path","revision",
 * "state"}, and MDL, what its model saved.
 */
#ifndef FNX_CORE_MODEL_FILE_H
#define FNX_CORE_MODEL_FILE_H

#include "core/output.h"

typedef struct model_step {
  char *id;   /* "org.fornix.riemann.tangent" */
  char *path; /* where it stands in the chain: "5/1" is sub-step 1 of step 5, from 1 */
  uint32_t revision;
  uint32_t state_version;
  void *bytes; /* what the estimator's save() put; n may be 0 */
  size_t n;
} model_step;

typedef struct model_file {
  char *chain;      /* canonical JSON of the chain (chain_to_json) */
  char *input;      /* JSON of the spec that the chain was fitted on (spec_to_json) */
  char *provenance; /* a JSON object; or NULL for {} */
  model_step *steps;
  size_t n_steps;
} model_file;

/* The file's bytes, allocated; the same model gives the same bytes. */
fnx_status model_file_bytes (const model_file *, void **bytes, size_t *n, fault *f);
/* `name` is for messages.  Every length is checked against n before it is
 * believed.  NULL: the fault says whether the file is foreign, of a newer
 * Fornix, cut short or damaged (EXIT_INPUT). */
model_file *model_file_parse (const void *bytes, size_t n, const char *name, fault *f);

/* Write through `outputs`: it is there after output_commit. */
fnx_status model_file_save (const model_file *, output_set *outputs, const char *path, fault *f);
model_file *model_file_load (const char *path, fault *f);
void model_file_free (model_file *);

/* Does this file begin like a model?  False also when it cannot be read. */
bool model_file_is (const char *path);

#endif
