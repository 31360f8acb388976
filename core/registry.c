/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The registry: which folders are searched for plugins, in what order, and
 * what steps they bring.  First id wins, so what stands earlier in the search
 * path can replace what stands later, and the host's own steps nobody.
 */
#include "core/registry.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "core/load.h"
#include "core/xdg.h"

typedef struct entry {
  const fnx_step_desc *desc;
  const module_info *from;
  size_t order; /* in which it was found */
} entry;

static struct {
  module_info **modules;
  size_t n_modules;
  entry *entries; /* sorted by name once filled */
  size_t n_entries;
  const fnx_step_desc **steps;
  const char **names;
  char **folders;
  size_t n_folders;
} reg;

/* Room for one more in a NULL-terminated array of pointers. */
static void *
grow (void *array, size_t n, size_t size)
{
  return realloc (array, (n + 2) * size);
}

/* ---- folders --------------------------------------------------------------- */

/* Takes `path`, a folder of the search path; once each. */
static bool
add_folder (char *path)
{
  char *real, **more;

  if (!path)
    return false;
  if ((real = realpath (path, NULL))) {
    free (path);
    path = real;
  }
  for (size_t i = 0; i < reg.n_folders; i++)
    if (!strcmp (reg.folders[i], path)) {
      free (path);
      return true;
    }
  if (!(more = grow (reg.folders, reg.n_folders, sizeof *more))) {
    free (path);
    return false;
  }
  reg.folders = more;
  reg.folders[reg.n_folders++] = path;
  reg.folders[reg.n_folders] = NULL;
  return true;
}

/* The folders of a colon-separated path; may be NULL. */
static bool
add_path (const char *path)
{
  while (path && *path) {
    size_t n = strcspn (path, ":");
    if (n && !add_folder (strndup (path, n)))
      return false;
    path += n + (path[n] == ':');
  }
  return true;
}

static bool
add_folders (const registry_options *opt)
{
  char *user;

  if (!opt || !opt->no_user_plugins) {
    if (!add_path (opt ? opt->plugin_path : NULL) || !add_path (getenv ("FORNIX_PLUGIN_PATH")))
      return false;
    user = xdg_data ("fornix/plugins-1");
    if (user && !add_folder (user))
      return false;
  }
  return add_folder (strdup (PLUGINDIR));
}

/* ---- modules ---------------------------------------------------------------- */

static const entry *
find_entry (const char *name, bool by_id)
{
  for (size_t i = 0; i < reg.n_entries; i++)
    if (!strcmp (by_id ? reg.entries[i].desc->id : reg.entries[i].desc->name, name))
      return &reg.entries[i];
  return NULL;
}

/* "org.lab.denoise is in /x/y.so already\n" behind what the notes hold. */
static bool
note_earlier (module_info *m, const char *what, const entry *first)
{
  char *text = NULL;

  if (asprintf (&text, "%s%s is in %s already\n", m->notes ? m->notes : "", what, first->from->path) < 0)
    return false;
  free (m->notes);
  m->notes = text;
  return true;
}

/* Takes m.  A step whose id is there already is left out; one whose short name
 * is taken by another id can be had by its id. */
static bool
add_module (module_info *m)
{
  module_info **more;

  if (!m)
    return false;
  if (!(more = grow (reg.modules, reg.n_modules, sizeof *more))) {
    module_free (m);
    return false;
  }
  reg.modules = more;
  reg.modules[reg.n_modules++] = m;
  for (size_t i = 0; m->steps[i]; i++) {
    const entry *first = find_entry (m->steps[i]->id, true);
    entry *es;
    if (first) {
      if (!note_earlier (m, m->steps[i]->id, first))
        return false;
      continue;
    }
    if ((first = find_entry (m->steps[i]->name, false)) && !note_earlier (m, m->steps[i]->name, first))
      return false;
    if (!(es = grow (reg.entries, reg.n_entries, sizeof *es)))
      return false;
    reg.entries = es;
    es[reg.n_entries] = (entry){ m->steps[i], m, reg.n_entries };
    reg.n_entries++;
  }
  return true;
}

/* Takes nothing.  What has not been tried yet is tried in a child first;
 * what was installed with the host is trusted. */
static bool
add_file (const char *path, bool installed)
{
  module_info *m;
  char *bad = NULL;

  if (!installed && !probe_known (path) && !(bad = module_file_fault (path))) {
    if (!(bad = module_probe (path)))
      probe_passed (path);
  }
  if (!bad)
    return add_module (module_open (path, false));
  if ((m = calloc (1, sizeof *m)) && (m->path = strdup (path))) {
    static const fnx_step_desc *const none[] = { NULL };
    m->steps = none;
    m->refused = bad;
    return add_module (m);
  }
  free (m);
  free (bad);
  return false;
}

static int
is_module_name (const struct dirent *e)
{
  size_t n = strlen (e->d_name);

  return e->d_name[0] != '.' && n > 3 && !strcmp (e->d_name + n - 3, ".so");
}

/* Not alphasort: that follows the locale. */
static int
by_bytes (const struct dirent **a, const struct dirent **b)
{
  return strcmp ((*a)->d_name, (*b)->d_name);
}

static bool
scan (const char *folder)
{
  struct dirent **list = NULL;
  int n = scandir (folder, &list, is_module_name, by_bytes);
  char *own = realpath (PLUGINDIR, NULL);
  bool ok = true, installed = own && !strcmp (folder, own);

  for (int i = 0; i < n; i++) {
    char *path = NULL;
    ok = ok && asprintf (&path, "%s/%s", folder, list[i]->d_name) >= 0 && add_file (path, installed);
    free (path);
    free (list[i]);
  }
  free (own);
  free (list);
  return ok; /* a folder that is not there has no modules */
}

static int
by_name (const void *a, const void *b)
{
  const entry *x = a, *y = b;
  int c = strcmp (x->desc->name, y->desc->name);

  /* equal names: the first found stays first */
  return c ? c : (x->order > y->order) - (x->order < y->order);
}

/* The sorted views. */
static bool
index_steps (void)
{
  size_t n = 0;

  reg.steps = calloc (reg.n_entries + 1, sizeof *reg.steps);
  reg.names = calloc (reg.n_entries + 1, sizeof *reg.names);
  if (!reg.steps || !reg.names)
    return false;
  if (reg.n_entries)
    qsort (reg.entries, reg.n_entries, sizeof *reg.entries, by_name);
  for (size_t i = 0; i < reg.n_entries; i++) {
    reg.steps[i] = reg.entries[i].desc;
    if (!n || strcmp (reg.names[n - 1], reg.steps[i]->name))
      reg.names[n++] = reg.steps[i]->name;
  }
  return true;
}

static bool
add_built_in (const registry_options *opt)
{
  bool ok = true;

  for (const fnx_module *const *m = opt ? opt->built_in : NULL; m && *m && ok; m++)
    ok = add_module (module_wrap (*m, "built in", false));
  return ok;
}

fnx_status
registry_open (const registry_options *opt, fault *f)
{
  bool ok = add_module (module_wrap (&builtin_module, "built in", false)) && add_folders (opt);

  for (size_t i = 0; i < reg.n_folders && ok; i++)
    ok = (i + 1 < reg.n_folders || add_built_in (opt)) && scan (reg.folders[i]);
  probe_save ();
  if (ok && index_steps ())
    return FNX_OK;
  registry_close ();
  return fault_memory (f);
}

void
registry_close (void)
{
  for (size_t i = 0; i < reg.n_modules; i++)
    module_free (reg.modules[i]);
  for (size_t i = 0; i < reg.n_folders; i++)
    free (reg.folders[i]);
  free (reg.modules);
  free (reg.entries);
  free (reg.steps);
  free (reg.names);
  free (reg.folders);
  memset (&reg, 0, sizeof reg);
}

/* ---- questions ---------------------------------------------------------------- */

static const void *const nothing[] = { NULL };

const fnx_step_desc *
registry_step (const char *name)
{
  const entry *e = find_entry (name, false);

  if (!e)
    e = find_entry (name, true);
  return e ? e->desc : NULL;
}

const module_info *
registry_module_of (const fnx_step_desc *d)
{
  for (size_t i = 0; i < reg.n_entries; i++)
    if (reg.entries[i].desc == d)
      return reg.entries[i].from;
  return NULL;
}

size_t
registry_n_modules (void)
{
  return reg.n_modules;
}

const module_info *
registry_module (size_t i)
{
  return reg.modules[i];
}

const fnx_step_desc *const *
registry_steps (void)
{
  return reg.steps ? reg.steps : (const fnx_step_desc *const *)nothing;
}

const char *const *
registry_names (void)
{
  return reg.names ? reg.names : (const char *const *)nothing;
}

const char *const *
registry_folders (void)
{
  return reg.folders ? (const char *const *)reg.folders : (const char *const *)nothing;
}
