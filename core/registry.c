/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The registry: which folders are searched for plugins, in what order, and
 * what steps they bring.  First id wins, so what stands earlier in the search
 * path can replace what stands later, and the host's own steps nobody.
 */
#include "core/registry.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/load.h"
#include "core/param.h"
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

fnx_status
registry_open (const registry_options *opt, fault *f)
{
  bool ok = add_module (module_wrap (&builtin_module, "built in", false)) && add_folders (opt);

  for (size_t i = 0; i < reg.n_folders && ok; i++)
    ok = scan (reg.folders[i]);
  probe_save ();
  if (ok && index_steps ())
    return FNX_OK;
  registry_close ();
  return fault_set (f, EXIT_INTERNAL, FNX_E_NOMEM, "no memory left while plugins were looked for");
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

/* ---- readers and writers -------------------------------------------------------- */

/* Length of the longest of `suffixes` that `path` ends with, whatever the
 * case; 0 if none: ".nii.gz" beats ".gz". */
static size_t
suffix_length (const char *path, const char *const *suffixes)
{
  size_t n = strlen (path), best = 0;

  for (; suffixes && *suffixes; suffixes++) {
    size_t m = strlen (*suffixes);
    if (m > best && m < n && !strcasecmp (path + n - m, *suffixes))
      best = m;
  }
  return best;
}

static bool
reader_of (const fnx_step_desc *d, fnx_ext_reader *r)
{
  return (d->flags & FNX_S_SOURCE) && step_extension (d, NULL, FNX_READER, r, sizeof *r);
}

/* "sim:fists" names the source with scheme "sim". */
static const fnx_step_desc *
by_scheme (const char *path, const char **rest)
{
  size_t n = strcspn (path, ":/");
  fnx_ext_reader r;

  for (size_t i = 0; i < reg.n_entries && path[n] == ':'; i++)
    if (reader_of (reg.entries[i].desc, &r) && r.scheme && strlen (r.scheme) == n && !strncmp (r.scheme, path, n)) {
      *rest = path + n + 1;
      return reg.entries[i].desc;
    }
  return NULL;
}

/* The longest suffix wins; among equals the one that likes the bytes best.
 * Without any suffix only those that like the bytes come into question. */
static const fnx_step_desc *
by_content (const char *path, const void *head, size_t n)
{
  const fnx_step_desc *best = NULL;
  size_t best_suffix = 0;
  int32_t best_score = 0;

  for (size_t i = 0; i < reg.n_entries; i++) {
    fnx_ext_reader r;
    size_t suffix;
    int32_t score;
    if (!reader_of (reg.entries[i].desc, &r))
      continue;
    suffix = suffix_length (path, r.suffixes);
    score = r.probe ? r.probe (path, head, n) : 0;
    if (suffix > best_suffix || (suffix == best_suffix && score > best_score)) {
      best = reg.entries[i].desc;
      best_suffix = suffix;
      best_score = score;
    }
  }
  return best;
}

/* ".bdf .edf .nii sim:", as far as it fits. */
static void
list_readable (char *text, size_t room)
{
  size_t n = 0;

  text[0] = 0;
  for (size_t i = 0; i < reg.n_entries; i++) {
    fnx_ext_reader r;
    if (!reader_of (reg.entries[i].desc, &r))
      continue;
    for (const char *const *s = r.suffixes; s && *s && n < room; s++)
      n += (size_t)snprintf (text + n, room - n, "%s%s", n ? " " : "", *s);
    if (r.scheme && n < room)
      n += (size_t)snprintf (text + n, room - n, "%s%s:", n ? " " : "", r.scheme);
  }
}

/* Absent: the nearest name in the same folder is what was meant, often. */
static void
absent_fault (const char *path, fault *f)
{
  const char *slash = strrchr (path, '/'), *near = NULL;
  char *folder = slash ? strndup (path, (size_t)(slash - path) + 1) : strdup ("./");
  struct dirent **list = NULL;
  int n = folder ? scandir (folder, &list, NULL, by_bytes) : -1;
  const char **names = n > 0 && n < 5000 ? calloc ((size_t)n + 1, sizeof *names) : NULL;

  for (int i = 0; i < n && names; i++)
    names[i] = list[i]->d_name;
  if (names)
    near = nearest (slash ? slash + 1 : path, names);
  if (near)
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: there is no such file; did you mean %s%s?", path, slash ? folder : "",
               near);
  else if (n < 0 && slash)
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: there is no folder %.*s", path, (int)strlen (folder) - 1, folder);
  else
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: there is no such file", path);
  for (int i = 0; i < n; i++)
    free (list[i]);
  free (list);
  free (names);
  free (folder);
}

/* The first bytes of a file that can be read; -1 and a fault otherwise. */
static ssize_t
read_head (const char *path, void *head, size_t n, fault *f)
{
  struct stat st;
  FILE *in;
  size_t got;

  if (stat (path, &st)) {
    if (errno == ENOENT || errno == ENOTDIR)
      absent_fault (path, f);
    else
      fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    return -1;
  }
  if (S_ISDIR (st.st_mode)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s is a folder\nname the files in it", path);
    return -1;
  }
  if (!(in = fopen (path, "rbe"))) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    return -1;
  }
  /* bytes taken from a pipe would be missing afterwards */
  got = S_ISREG (st.st_mode) ? fread (head, 1, n, in) : 0;
  if (ferror (in)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    fclose (in);
    return -1;
  }
  fclose (in);
  if (!got && S_ISREG (st.st_mode)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s is empty", path);
    return -1;
  }
  return (ssize_t)got;
}

const fnx_step_desc *
registry_reader (const char *path, const char **rest, fault *f)
{
  const fnx_step_desc *d = by_scheme (path, rest);
  char head[4096], readable[400];
  ssize_t n;

  if (d)
    return d;
  *rest = path;
  if ((n = read_head (path, head, sizeof head, f)) < 0)
    return NULL;
  if (!(d = by_content (path, head, (size_t)n))) {
    list_readable (readable, sizeof readable);
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: no reader knows this format\nwhat can be read: %s", path,
               readable[0] ? readable : "nothing, as no plugin with a reader is installed");
  }
  return d;
}

const fnx_step_desc *
registry_writer (const char *path)
{
  const fnx_step_desc *best = NULL;
  size_t best_suffix = 0;

  for (size_t i = 0; i < reg.n_entries; i++) {
    const fnx_step_desc *d = reg.entries[i].desc;
    fnx_ext_writer w;
    size_t n = 0;
    if ((d->flags & FNX_S_SINK) && step_extension (d, NULL, FNX_WRITER, &w, sizeof w))
      n = suffix_length (path, w.suffixes);
    if (n > best_suffix) {
      best = d;
      best_suffix = n;
    }
  }
  return best;
}
