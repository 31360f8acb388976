/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffers: life, values, metadata and events.  How one is made from others
 * (picked, sliced, joined) is in buffer_make.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/buffer_impl.h"

/* Above this size values come straight from the kernel, zeroed when first
 * touched, in huge pages where it has them (a quarter of the faults' time), and
 * are given back at once.  Below it malloc keeps what was freed, so that the
 * blocks of a stream do not fault in afresh each time. */
#define MAP_FROM ((size_t)32 << 20)

fnx_status
no_memory (fault *f, size_t bytes)
{
  return fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory for %.1f MiB", (double)bytes / 1048576.0);
}

values_source buffer_values;

static void *
values_alloc (size_t bytes)
{
  void *p;

  if (buffer_values.alloc)
    return buffer_values.alloc (bytes);
  if (bytes >= MAP_FROM) {
    p = mmap (NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef MADV_HUGEPAGE
    if (p != MAP_FAILED)
      madvise (p, bytes, MADV_HUGEPAGE);
#endif
    return p == MAP_FAILED ? NULL : p;
  }
  bytes = (bytes + 63) / 64 * 64;
  p = aligned_alloc (64, bytes ? bytes : 64);
  if (p)
    memset (p, 0, bytes);
  return p;
}

static void
values_free (void *p, size_t bytes)
{
  if (buffer_values.release)
    buffer_values.release (p, bytes);
  else if (p && bytes >= MAP_FROM)
    munmap (p, bytes);
  else
    free (p);
}

fnx_buf *
buffer_shell (fnx_spec *spec, fault *f)
{
  fnx_buf *b;
  size_t n;

  if (!spec) {
    fault_memory (f);
    return NULL;
  }
  n = spec_count (spec);
  if (n == SIZE_MAX || dtype_size (spec->dtype) == 0 || n > (SIZE_MAX >> 1) / dtype_size (spec->dtype)) {
    char text[256];

    fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "%s: a buffer of unknown or impossible size was asked for",
               spec_text (spec, text, sizeof text));
    free (spec);
    return NULL;
  }
  b = calloc (1, sizeof *b);
  if (!b) {
    free (spec);
    no_memory (f, sizeof *b);
    return NULL;
  }
  atomic_init (&b->refs, 1);
  pthread_mutex_init (&b->gather, NULL);
  b->spec = spec;
  b->bytes = n * dtype_size (spec->dtype);
  b->tensor = (fnx_tensor){
    .device = { 1, 0 }, .ndim = spec->ndim, .dtype = spec->dtype, .shape = b->shape, .strides = b->strides
  };
  for (int64_t i = spec->ndim - 1, step = 1; i >= 0; i--) {
    b->shape[i] = spec->axes[i]->size;
    b->strides[i] = step;
    step *= b->shape[i];
  }
  b->item_bytes = spec->ndim ? (size_t)b->strides[0] * dtype_size (spec->dtype) : b->bytes;
  return b;
}

fnx_status
buffer_alloc (fnx_buf *b, fault *f)
{
  b->data = b->tensor.data = values_alloc (b->bytes);
  return b->data ? FNX_OK : no_memory (f, b->bytes);
}

/* Before anything looks at the axes. */
static bool
too_many_axes (const fnx_spec *s, fault *f)
{
  if (s->ndim >= 0 && s->ndim <= FNX_MAX_DIM)
    return false;
  fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "a buffer of %d axes was asked for; %d is the limit", s->ndim, FNX_MAX_DIM);
  return true;
}

fnx_buf *
buffer_new (const fnx_spec *spec, fault *f)
{
  fnx_buf *b = too_many_axes (spec, f) ? NULL : buffer_shell (spec_copy (spec), f);

  if (b && buffer_alloc (b, f) != FNX_OK) {
    buffer_unref (b);
    b = NULL;
  }
  return b;
}

const fnx_buf *
buffer_ref (const fnx_buf *b)
{
  if (b)
    atomic_fetch_add (&((fnx_buf *)(uintptr_t)b)->refs, 1);
  return b;
}

void
buffer_unref (const fnx_buf *shared)
{
  fnx_buf *b = (fnx_buf *)(uintptr_t)shared;

  if (!b || atomic_fetch_sub (&b->refs, 1) != 1)
    return;
  values_free (b->data, b->bytes);
  for (size_t i = 0; i < b->n_meta; i++) {
    free (b->meta[i].key);
    free (b->meta[i].json);
  }
  free (b->meta);
  free (b->events);
  free (b->index);
  free (b->spec);
  buffer_unref (b->parent);
  pthread_mutex_destroy (&b->gather);
  free (b);
}

void
buffers_unref (const fnx_buf **b, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    buffer_unref (b[i]);
    b[i] = NULL;
  }
}

const fnx_spec *
buffer_spec (const fnx_buf *b)
{
  return b->spec;
}

const void *
buffer_item (const fnx_buf *b, int64_t i)
{
  if (b->parent) /* always the owner: views of views are flattened */
    return (const char *)b->parent->data + (size_t)b->index[i] * b->item_bytes;
  return (const char *)b->data + (size_t)i * b->item_bytes;
}

const fnx_tensor *
buffer_read (const fnx_buf *shared)
{
  fnx_buf *b = (fnx_buf *)(uintptr_t)shared;

  if (b->parent) {
    pthread_mutex_lock (&b->gather);
    if (!b->data && buffer_alloc (b, NULL) == FNX_OK)
      for (int64_t i = 0; i < b->shape[0]; i++)
        memcpy ((char *)b->data + (size_t)i * b->item_bytes, buffer_item (b, i), b->item_bytes);
    pthread_mutex_unlock (&b->gather);
  }
  return b->data ? &b->tensor : NULL;
}

size_t
buffer_bytes (const fnx_buf *b)
{
  return b->data ? b->bytes : 0;
}

void *
buffer_write (fnx_buf *b, fault *f)
{
  if (atomic_load (&b->refs) != 1 || b->parent) {
    fault_set (f, EXIT_INTERNAL, FNX_E_BUG, "a buffer that is shared was to be written; use own() first");
    return NULL;
  }
  return b->data;
}

fnx_buf *
buffer_own (const fnx_buf *shared, fault *f)
{
  fnx_buf *b = (fnx_buf *)(uintptr_t)shared, *copy;
  const fnx_tensor *t;

  if (atomic_load (&b->refs) == 1 && !b->parent)
    return b;
  copy = buffer_like (b, NULL, f);
  t = copy ? buffer_read (b) : NULL;
  if (t)
    memcpy (copy->data, t->data, b->bytes);
  else if (copy) {
    buffer_unref (copy);
    copy = NULL;
    no_memory (f, b->bytes);
  }
  buffer_unref (b);
  return copy;
}

/* ---- metadata and events --------------------------------------------------- */

static size_t
meta_place (const fnx_buf *b, const char *key, bool *found)
{
  size_t i = 0;
  int d = 1;

  while (i < b->n_meta && (d = strcmp (b->meta[i].key, key)) < 0)
    i++;
  *found = i < b->n_meta && d == 0;
  return i;
}

const char *
buffer_meta (const fnx_buf *b, const char *key)
{
  bool found;
  size_t i = meta_place (b, key, &found);

  return found ? b->meta[i].json : NULL;
}

fnx_status
buffer_set_meta (fnx_buf *b, const char *key, const char *json)
{
  bool found;
  size_t i = meta_place (b, key, &found);
  char *k = strdup (key), *j = strdup (json);
  meta_entry *m;

  if (!k || !j)
    goto nomem;
  if (found) {
    free (b->meta[i].json);
    b->meta[i].json = j;
    free (k);
    return FNX_OK;
  }
  m = realloc (b->meta, (b->n_meta + 1) * sizeof *m);
  if (!m)
    goto nomem;
  b->meta = m;
  memmove (m + i + 1, m + i, (b->n_meta - i) * sizeof *m);
  m[i] = (meta_entry){ k, j };
  b->n_meta++;
  return FNX_OK;
nomem:
  free (k);
  free (j);
  return FNX_E_NOMEM;
}

const char *
buffer_meta_key (const fnx_buf *b, size_t i)
{
  return i < b->n_meta ? b->meta[i].key : NULL;
}

const fnx_events *
buffer_events (const fnx_buf *b)
{
  static const fnx_events none = { .struct_size = sizeof none };

  return b->events ? b->events : &none;
}

fnx_status
buffer_set_events (fnx_buf *b, const fnx_events *e)
{
  fnx_events *copy = events_copy (e);

  if (!copy)
    return FNX_E_NOMEM;
  free (b->events);
  b->events = copy;
  b->own_events = true;
  return FNX_OK;
}

bool
buffer_events_are_own (const fnx_buf *b)
{
  return b->own_events;
}

const fnx_column *
buffer_column (const fnx_buf *b, const char *axis, const char *name)
{
  const fnx_column *c = axis_column (spec_axis (b->spec, axis), name);

  return c && (c->reals || c->texts) ? c : NULL;
}

fnx_status
buffer_carry (fnx_buf *dst, const fnx_buf *src, fault *f)
{
  for (size_t i = 0; i < src->n_meta; i++)
    if (buffer_set_meta (dst, src->meta[i].key, src->meta[i].json) != FNX_OK)
      return fault_memory (f);
  if (src->events && buffer_set_events (dst, src->events) != FNX_OK)
    return fault_memory (f);
  dst->own_events = false;
  return FNX_OK;
}

/* ---- like ------------------------------------------------------------------- */

/* The axis of src that `a` continues: same name, same size; a repeated name
 * (channel,channel) continues the first one. */
static const fnx_axis *
same_axis (const fnx_spec *src, const fnx_axis *a)
{
  for (int i = 0; i < src->ndim; i++)
    if (src->axes[i]->size == a->size && !strcmp (src->axes[i]->name, a->name))
      return src->axes[i];
  return NULL;
}

/* Columns of `a`, then those of `from` that `a` does not have; a column that
 * is only a name (from negotiation) gives way to the values of `from`. */
static const fnx_column **
merged_columns (const fnx_axis *a, const fnx_axis *from)
{
  size_t n = 0;
  const fnx_column **cols;

  for (const fnx_column *const *c = a->columns; c && *c; c++)
    n++;
  for (const fnx_column *const *c = from ? from->columns : NULL; c && *c; c++)
    n++;
  cols = calloc (n + 1, sizeof *cols);
  if (!cols)
    return NULL;
  n = 0;
  for (const fnx_column *const *c = a->columns; c && *c; c++)
    if ((*c)->reals || (*c)->texts)
      cols[n++] = *c;
  for (const fnx_column *const *c = from ? from->columns : NULL; c && *c; c++) {
    const fnx_column *own = axis_column (a, (*c)->name);

    if (!own || (!own->reals && !own->texts))
      cols[n++] = *c;
  }
  return cols;
}

fnx_buf *
buffer_like (const fnx_buf *src, const fnx_spec *spec, fault *f)
{
  fnx_axis axes[FNX_MAX_DIM];
  const fnx_axis *list[FNX_MAX_DIM];
  const fnx_column **cols[FNX_MAX_DIM] = { NULL };
  fnx_spec s;
  fnx_buf *b = NULL;

  if (!spec)
    spec = src->spec;
  if (!src)
    return buffer_new (spec, f);
  if (too_many_axes (spec, f))
    return NULL;
  s = (fnx_spec){ 0 };
  memcpy (&s, spec, spec->struct_size < sizeof s ? spec->struct_size : sizeof s);
  s.struct_size = sizeof s;
  for (int i = 0; i < s.ndim; i++) {
    const fnx_axis *from = same_axis (src->spec, spec->axes[i]);

    axes[i] = (fnx_axis){ 0 };
    memcpy (&axes[i], spec->axes[i],
            spec->axes[i]->struct_size < sizeof axes[i] ? spec->axes[i]->struct_size : sizeof axes[i]);
    axes[i].struct_size = sizeof axes[i];
    cols[i] = merged_columns (&axes[i], from);
    if (!cols[i]) {
      fault_memory (f);
      goto out;
    }
    axes[i].columns = cols[i][0] ? cols[i] : NULL;
    if (!axes[i].labels && from)
      axes[i].labels = from->labels;
    list[i] = &axes[i];
  }
  s.axes = list;
  b = buffer_new (&s, f);
  if (b && buffer_carry (b, src, f) != FNX_OK) {
    buffer_unref (b);
    b = NULL;
  }
out:
  for (int i = 0; i < s.ndim; i++)
    free (cols[i]);
  return b;
}
