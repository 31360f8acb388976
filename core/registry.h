/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What there is to chain: built-in steps and those of all plugins found.  The
 * registry is filled once at start and is read-only afterwards.
 */
#ifndef FNX_CORE_REGISTRY_H
#define FNX_CORE_REGISTRY_H

#include <stdbool.h>

#include "core/fault.h"

typedef struct module_info {
  char *path;                        /* absolute; "built in" for preloaded ones and the host's own */
  const fnx_module *module;          /* NULL when refused */
  char *refused;                     /* one sentence why; or NULL */
  const fnx_step_desc *const *steps; /* the module's, each copied to today's struct size; never NULL */
  char *notes;                       /* lines: steps that another module brought first; or NULL */
  void *memory;                      /* of the copies */
} module_info;

typedef struct registry_options {
  const char *plugin_path; /* --plugin-path, colon-separated; or NULL */
  bool no_user_plugins;    /* only what is in the program or installed, whatever else is said */
  /* Modules inside the program, NULL-terminated, or NULL: they come before the
   * installed folder and after what the user names. */
  const fnx_module *const *built_in;
} registry_options;

/* Scan and load everything.  Modules that are refused are listed with their
 * reason; only lack of memory fails. */
fnx_status registry_open (const registry_options *, fault *f);
void registry_close (void);

/* By short name or id; NULL if unknown. */
const fnx_step_desc *registry_step (const char *name);
const module_info *registry_module_of (const fnx_step_desc *);
size_t registry_n_modules (void);
const module_info *registry_module (size_t i);
/* All steps, sorted by name; NULL-terminated. */
const fnx_step_desc *const *registry_steps (void);
/* All short names, sorted; NULL-terminated: for nearest(). */
const char *const *registry_names (void);
/* The folders that were looked in, for "looked in ..."; NULL-terminated. */
const char *const *registry_folders (void);
/* The source that reads `path` or "scheme:rest" (*rest then points behind the
 * colon, else at path).  NULL: fault says why (absent, unreadable, unknown). */
const fnx_step_desc *registry_reader (const char *path, const char **rest, fault *f);
/* Length of the suffix that `name` has of all that readers know, 0: none; 7 of
 * "x.nii.gz". */
size_t registry_suffix (const char *name);
/* The sink that writes files named like `path`; NULL if none (no fault). */
const fnx_step_desc *registry_writer (const char *path);

/* The table of extension `id`, copied to today's size (`copy` has `size` bytes,
 * what an older plugin lacks is zero); false if there is none.  `step` may be
 * NULL: what this type can do at all. */
bool step_extension (const fnx_step_desc *, const fnx_step *step, const char *id, void *copy, size_t size);

/* Load one module by path for `fornix check` and `fornix inspect x.so`,
 * whatever the search path: tried in a child first.  NULL: the fault says why
 * it is refused.  The caller frees it with module_free (load.h). */
module_info *module_load (const char *path, fault *f);

/* The host's own steps (compare, evaluate, train, write, table): builtin.c */
extern const fnx_module builtin_module;

#endif
