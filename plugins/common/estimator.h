/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every estimator of ours says alike: its models are saved as a list of
 * fields (state.h) and read back into zeroed memory, what follows from the
 * fields is computed again, and nothing damaged comes through.
 */
#ifndef FNX_COMMON_ESTIMATOR_H
#define FNX_COMMON_ESTIMATOR_H

#include "plugins/common/trials.h"

typedef struct saved {
  const char *step; /* its name, for messages */
  size_t size;      /* of a model */
  uint32_t version;
  void (*put) (state_out *, const fnx_model *);
  /* false: bad bytes or no memory (then in->bad is not set). */
  bool (*get) (state_in *, const fnx_step *, fnx_model *);
  /* What is not saved; NULL: all is. */
  fnx_status (*complete) (fnx_call *, fnx_model *);
  void (*free) (fnx_model *); /* NULL is allowed */
} saved;

fnx_status saved_load (fnx_call *, const fnx_step *, const saved *, uint32_t version, const void *bytes, size_t n,
                       fnx_model **out);

/* End of a fit: the model goes to *out, or away. */
fnx_status fitted (fnx_status, fnx_model *, void (*away) (fnx_model *), fnx_model **out);

/* End of a create() whose step is one block of memory: it goes to *out, or away. */
fnx_status made (fnx_status, fnx_step *, fnx_step **out);

/* destroy() of a step that is one block of memory. */
void step_free (fnx_step *);

/* The functions save, load and extension of a file whose fit and model_free
 * are `fit_` and `free_`; then further fields of fnx_ext_estimator:
 *   ESTIMATOR ("scale", 1, put, get, NULL, fit, model_free, .apply = apply, .learns = "means") */
#define ESTIMATOR(step_, version_, put_, get_, complete_, fit_, free_, ...)                                            \
  ESTIMATOR_TABLE (step_, version_, put_, get_, complete_, fit_, free_, __VA_ARGS__);                                  \
  static const void *extension (const fnx_step *s, const char *id)                                                     \
  {                                                                                                                    \
    (void)s;                                                                                                           \
    return strcmp (id, FNX_ESTIMATOR) == 0 ? &estimator : NULL;                                                        \
  }                                                                                                                    \
  _Static_assert(sizeof step_ > 1, "a step has a name")

/* The same without extension(), for a step that has a further one. */
#define ESTIMATOR_TABLE(step_, version_, put_, get_, complete_, fit_, free_, ...)                                      \
  static const saved saved_fields = { step_, sizeof (struct fnx_model), version_, put_, get_, complete_, free_ };      \
  static fnx_status save (fnx_call *c, const fnx_model *m, fnx_status (*put_to) (void *, const void *, size_t),        \
                          void *to)                                                                                    \
  {                                                                                                                    \
    state_out o = { put_to, to, FNX_OK };                                                                              \
    (void)c;                                                                                                           \
    put_ (&o, m);                                                                                                      \
    return o.status;                                                                                                   \
  }                                                                                                                    \
  static fnx_status load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n,               \
                          fnx_model **out)                                                                             \
  {                                                                                                                    \
    return saved_load (c, s, &saved_fields, version, bytes, n, out);                                                   \
  }                                                                                                                    \
  static const fnx_ext_estimator estimator = { .struct_size = sizeof estimator,                                        \
                                               .fit = fit_,                                                            \
                                               .model_free = free_,                                                    \
                                               .state_version = version_,                                              \
                                               .save = save,                                                           \
                                               .load = load,                                                           \
                                               __VA_ARGS__ }

#endif
