/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the buffer_*.c files share.  Besides them only
 * validate_guard.c includes this.
 */
#ifndef FNX_CORE_BUFFER_IMPL_H
#define FNX_CORE_BUFFER_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/buffer.h"

typedef struct meta_entry {
  char *key, *json;
} meta_entry;

struct fnx_buf {
  _Atomic int refs;
  fnx_spec *spec; /* one block; axes always complete */
  fnx_tensor tensor;
  int64_t shape[FNX_MAX_DIM], strides[FNX_MAX_DIM];
  void *data; /* own values; NULL in a view that was not read yet */
  size_t bytes;
  size_t item_bytes; /* of one index of the first axis */
  /* A view: item i is item index[i] of parent, which owns its values. */
  const fnx_buf *parent;
  int64_t *index;
  pthread_mutex_t gather;
  meta_entry *meta; /* sorted by key */
  size_t n_meta;
  fnx_events *events; /* NULL: none */
  bool own_events;    /* set_events was called on this buffer */
};

/* Where values come from; unset: the heap and mmap.  Set by the plugin
 * validator alone, which puts them between guard pages.  alloc gives zeros,
 * release takes NULL too. */
typedef struct values_source {
  void *(*alloc) (size_t bytes);
  void (*release) (void *, size_t bytes);
} values_source;
extern values_source buffer_values;

/* A buffer without values: spec is taken over (freed on failure too). */
fnx_buf *buffer_shell (fnx_spec *, fault *f);
fnx_status buffer_alloc (fnx_buf *, fault *f);
/* Metadata and events of src for a new buffer. */
fnx_status buffer_carry (fnx_buf *dst, const fnx_buf *src, fault *f);
fnx_status no_memory (fault *f, size_t bytes);
size_t axis_n_columns (const fnx_axis *);
/* The spec of src with axis number k replaced; NULL without memory. */
fnx_spec *spec_with_axis (const fnx_spec *src, int k, const fnx_axis *);

#endif
